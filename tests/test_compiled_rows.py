"""Rows through compiled code: lists, arrays and buffers of one's own, with sums, on threads."""

import math
import random
from array import array

import numpy as np
import pytest

import autograd as ag
from autograd import Value, compile, compile_rows
from tests.backends import everywhere, for_batches
from tests.tapes import numbers_in


def f_of_rows(x, y):
    return [ag.tanh(x * y), x - y]


@everywhere
@pytest.mark.parametrize("count", [0, 1, 7, 100])
def test_rows_in_every_form(backend, count) -> None:
    rng = random.Random(count)
    rows = [[rng.uniform(-1, 1), rng.uniform(-1, 1)] for _ in range(count)]
    wanted = [f_of_rows(*row) for row in rows]
    fast = compile(f_of_rows, backend=backend)
    assert numbers_in(fast.map(rows)) == pytest.approx(numbers_in(wanted))
    table = np.array(rows).reshape(count, 2)
    found = fast.map(table)
    assert isinstance(found, np.ndarray) and found.shape == (count, 2)
    assert found == pytest.approx(np.array(wanted).reshape(count, 2))
    assert fast.map(table[:, ::-1].copy()[:, ::-1]) == pytest.approx(found)  # another layout is copied
    assert fast.map(table.astype("float32")) == pytest.approx(found, abs=1e-6)
    out = np.empty((count, 2))
    assert fast.map(table, out=out) is out and (out == found).all()
    flat = memoryview(array("d", numbers_in(rows))).cast("B").cast("d", (count, 2)) if count else array("d")
    if count:
        assert fast.map(flat).tolist() == found.tolist()
    total = fast.sum(table)
    assert total == pytest.approx([sum(row[0] for row in wanted), sum(row[1] for row in wanted)])
    if count:
        assert fast.mean(rows) == pytest.approx([each / count for each in total])


@everywhere
def test_sums_do_not_depend_on_threads(backend) -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(10_000 if backend != "python" else 5_000, 2))
    fast = compile(f_of_rows, backend=backend)
    assert fast.sum(rows) == fast.sum(rows, threads=2) == fast.sum(rows, threads=7)
    assert (fast.map(rows) == fast.map(rows, threads=3)).all()


@everywhere
def test_rows_of_nan_pass_through(backend) -> None:
    fast = compile(lambda x: [x * 2, ag.exp(x)], backend=backend)
    found = fast.map([math.nan, 1.0, math.inf])
    assert [math.isnan(x) for x in found[0]] == [True, True]
    assert found[1:] == [[2.0, math.exp(1.0)], [math.inf, math.inf]]
    assert all(map(math.isnan, fast.sum([1.0, math.nan])))


@everywhere
def test_rows_share_what_comes_from_outside(backend) -> None:
    w = Value(3.0)
    fast = compile(lambda x: w * x, backend=backend)
    assert fast.map([1.0, 2.0]) == [3.0, 6.0]
    w.data = 4.0
    assert fast.map([1.0, 2.0]) == [4.0, 8.0] and fast.sum([1.0, 2.0]) == 12.0


def test_read_only_rows_and_read_only_room() -> None:
    rows = np.array([[1.0, 2.0], [3.0, 4.0]])
    rows.flags.writeable = False
    fast = compile(f_of_rows)
    assert fast.map(rows).shape == (2, 2)
    with pytest.raises(ValueError, match="writable"):
        fast.map(rows, out=rows)


@for_batches
def test_rows_in_buffers_of_ones_own(backend) -> None:
    w = Value(10.0)
    program = compile_rows(lambda p, g: p[0] - w * g[0], (1, 1), shared=[w], outs=[1], backend=backend)
    p, g = array("d", [1, 2, 3]), array("d", [0.5, 0.25, 0.0])
    step = program.bind([p, g], [p])
    step(0, 3)
    assert list(p) == [-4.0, -0.5, 3.0]
    program.shared[0] = 1.0
    step(1, 3)
    assert list(p) == [-4.0, -0.75, 3.0]
    program.refresh()
    assert program.shared[0] == 10.0
    for begin, end in ((0, 4), (-1, 2), (2, 1)):
        with pytest.raises(ValueError, match="<= begin <= end <= 3"):
            step(begin, end)
    with pytest.raises(BufferError):
        program.shared.extend([1.0])
    total, which = array("d", [0.0]), array("q", [2, 0, 2])
    add_up = compile_rows(lambda x: x[0] * x[1], (2,), backend=backend)
    add_up.bind([np.arange(6.0).reshape(3, 2)], [total], which)(0, 3)
    assert total[0] == 2 * 20 + 0
