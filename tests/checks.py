"""Checks that a row of the table of operations must pass: functions that raise AssertionError.

test_operations.py runs them on the engine; test_mutants.py on engines with a mistake, and expects them to fail.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterator, Sequence

import mpmath
from mpmath import mp

from autograd import Value
from autograd.derivatives import gradients
from tests.ops import Row


def sample(row: Row, count: int, seed: int = 0) -> Iterator[tuple[float, ...]]:
    """Random points of the row's domain at which it is smooth."""
    rng = random.Random(f"{row.name} {seed}")
    points = (tuple(rng.uniform(*interval) for interval in row.domain) for _ in itertools.count())
    return itertools.islice((point for point in points if row.smooth_at(point)), count)


def close(ours: float, truth: object, tolerance: float) -> bool:
    truth = float(truth)  # type: ignore[arg-type]
    return math.isclose(ours, truth, rel_tol=tolerance, abs_tol=tolerance)


def check_value(row: Row, point: Sequence[float]) -> None:
    """On floats and on Values the same number, and mpmath's up to rounding."""
    with mp.workdps(30):
        truth = row.reference(*map(mpmath.mpf, point))
    number, node = row.ours(*point), row.ours(*map(Value, point))
    assert isinstance(number, float) and isinstance(node, Value)
    assert number == node.data, f"{row.name}{point}: {number} on floats, {node.data} on Values"
    assert close(number, truth, 1e-14), f"{row.name}{point} = {number}, not {truth}"


def check_derivatives(row: Row, point: Sequence[float], order: int) -> None:
    """All partial derivatives of one order agree with mpmath's numerical ones, computed with 40 digits."""
    inputs = [Value(x) for x in point]
    for path in itertools.combinations_with_replacement(range(len(point)), order):
        derivative = row.ours(*inputs)
        for index in path:
            [derivative] = gradients(derivative, [inputs[index]])
        times = tuple(path.count(index) for index in range(len(point)))
        with mp.workdps(40):
            truth = mpmath.diff(row.reference, tuple(map(mpmath.mpf, point)), times)
        assert close(derivative.data, truth, 1e-9), (
            f"{row.name}{tuple(point)}, order {times}: {derivative.data}, not {truth}"
        )


def check_backward(row: Row, point: Sequence[float]) -> None:
    """backward() agrees with central differences of the function on floats, and adds to what is there."""
    inputs = [Value(x) for x in point]
    output = row.ours(*inputs)
    output.backward()
    for index, leaf in enumerate(inputs):
        step = 1e-5 * max(1.0, abs(point[index]))
        ahead, behind = list(point), list(point)
        ahead[index] += step
        behind[index] -= step
        slope = (row.ours(*ahead) - row.ours(*behind)) / (2 * step)
        message = f"{row.name}{tuple(point)}: {leaf.grad}, not {slope}"
        assert math.isclose(leaf.grad, slope, rel_tol=1e-5, abs_tol=1e-6), message
    before = [leaf.grad for leaf in inputs]
    output.backward()
    assert [leaf.grad for leaf in inputs] == [2 * grad for grad in before]


def check_row(row: Row, count: int = 3) -> None:
    """Everything, at a few points: the quick way to find a wrong rule."""
    for point in sample(row, count):
        check_value(row, point)
        check_backward(row, point)
        check_derivatives(row, point, 1)
