"""Looking at a graph and replaying it; and derivatives as graphs."""

import math

import pytest

import autograd as ag
from autograd import Value, no_grad
from autograd.derivatives import gradients
from autograd.graph import depth, leaves, nodes, operations, replay
from tests.checks import sample
from tests.ops import ROWS


def test_nodes_come_after_their_parents() -> None:
    a, b = Value(1.0), Value(2.0)
    c = a * b
    d = ag.dot([c, a], [b, 3.0]) + c
    found = nodes(d)
    place = {node: index for index, node in enumerate(found)}
    assert len(place) == len(found) and found[-1] is d and set(leaves(d)) >= {a, b}
    assert all(place[parent] < place[node] for node in found for parent in node.parents)
    assert nodes(a) == leaves(a) == [a] and depth(a) == 0 and depth(d) == 3
    assert operations(d) == {"*": 1, "dot": 1, "+": 1}


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_replay_computes_the_same_operations(row) -> None:
    first, second = sample(row, 2)
    inputs = [Value(x) for x in first]
    again = replay(row.ours(*inputs), dict(zip(inputs, second)))
    assert again.data == row.ours(*second)


def test_replay_reads_what_leaves_hold_now_and_takes_values() -> None:
    x, w = Value(3.0), Value(2.0, label="w")
    inner = x * w
    y = inner + 1
    x.data = 10.0
    assert replay(y).data == 21.0 and replay(y, {inner: 5.0}).data == 6.0
    new = Value(7.0)
    again = replay(y, {x: new})
    again.backward()
    assert new.grad == 2.0 and not x.grad_is_computed and replay(x) is x


def test_gradients_touch_nobody_and_reach_any_node() -> None:
    x = Value(3.0)
    inner = x * x
    y = inner * inner + 1
    slopes = gradients(y, [inner, x, y, Value(0.0), x])
    assert [slope.data for slope in slopes] == [18.0, 108.0, 1.0, 0.0, 108.0]
    assert not (x.grad_is_computed or inner.grad_is_computed or y.grad_is_computed)


def test_nested_derivatives_are_not_confused() -> None:
    """d/dx (x * d/dy (x y)) at x = y = 3 is d/dx (x x) = 6: a marker shared by both levels would give 5 or 9."""
    x = Value(3.0)
    y = Value(3.0)
    [inner] = gradients(x * y, [y])
    [outer] = gradients(x * inner, [x])
    assert outer.data == 6.0
    [inner] = gradients(x + y, [y])
    assert gradients(x * inner, [x])[0].data == 1.0


def test_high_orders_are_exact() -> None:
    x = Value(2.0)
    y = x**9
    for n in range(9):
        [y] = gradients(y, [x])
        assert math.isclose(y.data, math.perm(9, n + 1) * 2.0 ** (8 - n), rel_tol=1e-11)


def test_gradients_of_a_changed_graph_are_refused() -> None:
    x = Value(3.0, label="x")
    y = x * x
    x.data = 4.0
    with pytest.raises(ValueError, match=r"Value\(data=4.0, label='x'\) was 3.0.*\n.*again"):
        gradients(y, [x])


def test_no_grad_gives_plain_derivatives() -> None:
    x = Value(3.0)
    y = x * x
    with no_grad():
        [slope] = gradients(y, [x])
    assert slope.data == 6.0 and slope.parents == ()
