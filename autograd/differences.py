"""Finite differences: derivatives without the chain rule, to check it by. Next: checking.py.

A difference quotient has two errors: cutting off the Taylor series, which grows with the step, and rounding, which
grows as the step shrinks. So even the best step leaves about 1e-10 for central differences, and the chain rule 1e-16.
"""

from __future__ import annotations

import math
import sys
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from autograd.derivatives import check_function
from autograd.modes import no_grad
from autograd.structures import flatten
from autograd.value import Value

EPSILON = sys.float_info.epsilon
CENTRAL_STEP = EPSILON ** (1 / 3)  # where the two errors of a central difference balance, for numbers near 1

Function = Callable[..., Any]
Point = list[float]


def numerical_gradient(f: Function, x: Any, step: float | None = None) -> Any:
    """The gradient of f at x by central differences, in the structure of x; two calls of f for each number in x.

    >>> numerical_gradient(lambda x: x[0] * x[1], [2.0, 5.0])
    [5.0, 2.0]

    `step` is relative to numbers above 1, and rounded to a power of two; the default, 6e-6, leaves an error of about
    1e-10. Raises ValueError if it is not above 0, TypeError if f returns anything but one number.
    """
    at, start, rebuild, _ = on_floats("numerical_gradient", f, (x,))
    if isinstance(f(x), (list, tuple, dict)):
        raise TypeError("numerical_gradient: the function returned several numbers\nuse numerical_jacobian(f, x)")
    columns = [central(at, start, place, step_for(start[place], step)) for place in range(len(start))]
    return rebuild([column[0] for column in columns])[0]


def numerical_jacobian(f: Function, x: Any, step: float | None = None) -> Any:
    """All partial derivatives of f at x by central differences: `numerical_gradient` for each number of the result.

    >>> numerical_jacobian(lambda x: [x[0] + x[1], 3.0 * x[0]], [2.0, 5.0])
    [[1.0, 1.0], [3.0, 0.0]]
    """
    at, start, rebuild, rebuild_result = on_floats("numerical_jacobian", f, (x,))
    columns = [central(at, start, place, step_for(start[place], step)) for place in range(len(start))]
    return rebuild_result([rebuild(row)[0] for row in zip(*columns)] if columns else [])


def on_floats(name: str, f: Function, args: Sequence[Any]) -> tuple[Callable[[Point], Point], Point, Any, Any]:
    """f from a list of floats to a list of floats; where it starts; how to rebuild its arguments and its result."""
    check_function(name, f)
    given, rebuild = flatten(tuple(args), name)

    def at(point: Point) -> Point:
        with no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # a step may leave the domain
            return [number_in(each) for each in flatten(f(*rebuild(point)), name, "the result")[0]]

    start = [number_in(each) for each in given]
    with no_grad():
        _, rebuild_result = flatten(f(*rebuild(start)), name, "the result")
    return at, start, rebuild, rebuild_result


def number_in(x: Any) -> float:
    return x._data if isinstance(x, Value) else x


def step_for(x: float, step: float | None = None) -> float:
    """A step that suits the size of x."""
    if step is not None and not 0 < step < math.inf:
        raise ValueError(f"a step of {step!r}\nstep is a number above 0, such as 1e-5")
    return rounded((CENTRAL_STEP if step is None else step) * max(1.0, abs(x)))


def rounded(step: float) -> float:
    """The step as a power of two: adding it to x costs no more rounding than must be."""
    return math.ldexp(1.0, round(math.log2(step)))


def moved(point: Point, place: int, step: float) -> Point:
    return [*point[:place], point[place] + step, *point[place + 1 :]]


def central(at: Callable[[Point], Point], point: Point, place: int, step: float) -> Point:
    """How fast each output changes with one input: (f(x + h) - f(x - h)) / 2h."""
    ahead, behind = at(moved(point, place, step)), at(moved(point, place, -step))
    return [(a - b) / (2.0 * step) for a, b in zip(ahead, behind)]


# ---- how far a quotient can be trusted, and whether there is a kink ------------------------------


@dataclass(frozen=True)
class Quotient:
    """A central difference, how doubtful it is, and the slopes on the left and right for three growing steps."""

    numeric: float
    doubt: float
    rounding: float
    step: float
    sides: tuple[tuple[float, float], tuple[float, float], tuple[float, float]]

    def excuse(self, exact: float) -> str:
        """A few words if a kink or a jump close by makes up for a slope that differs; '' if nothing does."""
        (left, right), (left2, right2), (left4, right4) = self.sides
        if not all(map(math.isfinite, (left, right, left2, right2, left4, right4))):
            return ""
        size, jump = abs(left) + abs(right), abs(right - left)
        if size > 1.5 * (abs(left2) + abs(right2)) and size > 0.01 / self.step:
            return f"a jump within {self.step:.0g}"  # the slopes grow as the step shrinks
        steady = abs(left4 - left2) + abs(right4 - right2) < 0.3 * jump  # not just rounding, nor just curvature
        between = min(left, right) - 1e-3 * size <= exact <= max(left, right) + 1e-3 * size
        if steady and between and jump > 1e-3 * size + 4.0 * self.rounding:
            return f"slopes {left:.4g} and {right:.4g} on its sides"
        return ""


def best_quotients(at: Callable[[Point], Point], start: Point, place: int) -> list[Quotient]:
    """The central differences, by one input, of the step that agrees best with half of itself.

    Near zero, as far away, two sizes of step make sense: one for what changes over numbers of size 1, one for what
    changes over numbers of the size of x.
    """
    size = abs(start[place])
    steps = dict.fromkeys(rounded(CENTRAL_STEP * scale) for scale in (max(1.0, size), min(1.0, size or 1.0)))
    candidates = [quotients(at, start, place, step) for step in steps]

    def disagreement(candidate: list[Quotient]) -> float:
        found = max((each.doubt / max(abs(each.numeric), 1e-7) for each in candidate), default=0.0)
        return math.inf if math.isnan(found) else found

    return min(candidates, key=disagreement)


def quotients(at: Callable[[Point], Point], start: Point, place: int, step: float) -> list[Quotient]:
    here, half = at(start), central(at, start, place, step / 2.0)
    sides = [two_sides(at, start, place, factor * step, here) for factor in (1.0, 2.0, 4.0)]
    found = []
    for x, finer, near, wide, wider in zip(here, half, *sides):
        numeric = (near[0] + near[1]) / 2.0
        rounding = 8.0 * EPSILON * abs(x) / step
        rough = abs((wide[1] - wide[0]) - 2.0 * (near[1] - near[0]))  # a fourth difference: next to 0 but for noise
        found.append(
            Quotient(numeric, rounding + 2.0 * abs(numeric - finer) + rough, rounding, step, (near, wide, wider))
        )
    return found


def two_sides(
    at: Callable[[Point], Point], start: Point, place: int, step: float, here: Point
) -> list[tuple[float, float]]:
    """The slopes from x - h to x and from x to x + h, for each output."""
    ahead, behind = at(moved(start, place, step)), at(moved(start, place, -step))
    return [((x - b) / step, (a - x) / step) for x, a, b in zip(here, ahead, behind)]
