"""Every operation of the engine, checked by its row in the table: values, first, second and third derivatives."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
from autograd import Value, activations, functions, reductions, sweeps, trigonometry, value
from autograd.value import LEAF, Operation
from tests.checks import check_backward, check_derivatives, check_value, sample
from tests.ops import ROWS

by_name = pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])


def operations() -> set[Operation]:
    """All operations that the engine's files define, whether by name or behind a function."""
    modules = (value, functions, trigonometry, activations, reductions, sweeps)
    members = [member for module in modules for member in vars(module).values()]
    found = [getattr(member, "operation", member) for member in members]
    return {each for each in found if isinstance(each, Operation)}


def test_every_operation_has_a_row() -> None:
    assert len(operations()) > 55
    assert operations() - {row.operation for row in ROWS} == {LEAF}


def test_every_row_records_its_operation() -> None:
    for row in ROWS:
        [point] = sample(row, 1)
        recorded = row.ours(*map(autograd.Value, point))
        assert recorded._operation is row.operation, row.name


@by_name
@given(data=st.data())
def test_value(row, data) -> None:
    point = tuple(data.draw(st.floats(*interval)) for interval in row.domain)
    if row.smooth_at(point, margin=1e-12):
        check_value(row, point)


@by_name
def test_backward_against_differences(row) -> None:
    for point in sample(row, 10):
        check_backward(row, point)


@by_name
@pytest.mark.parametrize("order", [1, 2, 3])
def test_derivatives_against_mpmath(row, order) -> None:
    for point in sample(row, 5 if order < 3 else 2):
        check_derivatives(row, point, order)


def test_a_second_argument_may_be_named() -> None:
    x = Value(-1.0)
    named, method = autograd.leaky_relu(x, slope=0.5), x.leaky_relu(slope=0.5)
    assert named.data == method.data == autograd.leaky_relu(-1.0, 0.5) == -0.5
    assert autograd.elu(-1.0, alpha=2.0) == autograd.elu(-1.0, 2.0)
    with pytest.raises(TypeError, match="elu has no argument 'beta'\nits second is 'alpha'"):
        autograd.elu(x, beta=2.0)
