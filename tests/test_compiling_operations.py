"""compile(f) computes what the interpreter does: each operation with its gradient, and random functions of many."""

import itertools
import math
import random
import sys
import warnings

import pytest

import autograd as ag
from autograd import Value, compile, value_and_grad
from tests import ops
from tests.backends import everywhere
from tests.checks import sample
from tests.tapes import EDGES, EXACT, numbers_in, ulps

TO_THE_BIT = {*EXACT, "identity", "where", "dot", "sum", "mean", "prod"}


def eager(f, *args):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return f(*args)


def points(row: ops.Row) -> list[list[float]]:
    """Points of the row's domain, and combinations of edges."""
    inside = [list(point) for point in sample(row, 5)]
    count = len(row.domain)
    rng = random.Random(row.name)
    edges = [list(each) for each in itertools.product(EDGES, repeat=count)] if count < 3 else []
    return inside + edges + [[rng.choice(EDGES) for _ in range(count)] for _ in range(40)]


def agree(row: ops.Row, point: list[float], wanted: float, found: float) -> bool:
    """Whether a result is the interpreter's: to the bit, or within 4 units in the last place.

    What Python itself adds up it adds more exactly since 3.12, where the difference is one of rounding.
    """
    if ulps(wanted, found) <= (0 if row.operation.name in TO_THE_BIT else 4):
        return True
    if row.operation.name not in ("sum", "mean", "dot") or sys.version_info < (3, 12):
        return False
    size = eager(row.ours, *[Value(abs(x)) for x in point]).data
    return not size < math.inf or abs(wanted - found) <= 1e-15 * size


@everywhere
@pytest.mark.parametrize("row", ops.ROWS, ids=lambda row: row.name)
def test_every_operation_and_its_gradient_as_the_interpreter_has_them(row, backend) -> None:
    f = value_and_grad(lambda x: row.ours(*x))
    fast = compile(f, backend=backend)
    for point in points(row):
        wanted, found = numbers_in(eager(f, point)), numbers_in(fast(point))
        assert all(agree(row, point, a, b) for a, b in zip(wanted, found, strict=True)), (point, wanted, found)


@everywhere
def test_every_operation_on_many_rows(backend) -> None:
    for row in ops.ROWS:
        fast = compile(lambda x, row=row: row.ours(*x), backend=backend)
        rows = points(row)[:130]
        fast(rows[0])
        for point, found in zip(rows, fast.map(rows), strict=True):
            wanted = eager(row.ours, *map(Value, point)).data
            assert agree(row, point, wanted, found), (row.name, point, wanted, found)


def random_function(seed: int):
    """A function of four numbers: random operations on random earlier results."""
    rng = random.Random(seed)
    choices = [row for row in ops.ROWS if row.operation.name not in ("**", "tan", "acosh", "log", "identity")]
    steps = []
    for k in range(4, 40):
        row = rng.choice(choices)
        steps.append((row, [rng.randrange(k) for _ in row.domain]))

    def f(x):
        results = list(x)
        for row, places in steps:
            results.append(ag.clip(row.ours(*[results[place] for place in places]), -3.0, 3.0))
        return ag.sum(results[-12:])

    return f


@everywhere
@pytest.mark.parametrize("seed", range(12))
def test_random_graphs(seed, backend) -> None:
    f = value_and_grad(random_function(seed))
    fast, rng = compile(f, backend=backend), random.Random(seed)
    for _ in range(4):
        x = [rng.uniform(-2.0, 2.0) for _ in range(4)]
        wanted, found = numbers_in(eager(f, x)), numbers_in(fast(x))
        assert found == pytest.approx(wanted, rel=1e-9, abs=1e-9, nan_ok=True)
