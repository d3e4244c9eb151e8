"""Finite differences: derivatives without the chain rule, to check it by. Next: checking.py, comparing.py.

A difference quotient has two errors: cutting off the Taylor series, which grows with the step, and rounding, which
grows as the step shrinks. Which step suits depends on the function. So a ladder of steps is tried, each an eighth of
the one before; two neighbours together cancel most of the first error (Richardson 1911), and how much neighbours differ
tells how far they can be trusted (Ridders 1982).
"""

from __future__ import annotations

import math
import sys
import warnings
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from autograd.calling import ONE_ARGUMENT, check_arguments, check_function
from autograd.floats import as_float
from autograd.modes import Watch, no_grad
from autograd.structures import flatten
from autograd.value import Value

EPSILON = sys.float_info.epsilon
RUNGS = [2.0**-k for k in range(6, 37, 3)]  # of the ladder, for numbers of size 1

Function = Callable[..., Any]
Point = list[float]


def numerical_gradient(f: Callable[..., Any], x: Any, step: float | None = None) -> Any:
    """The gradient of f at x by central differences, in the structure of x.

    >>> numerical_gradient(lambda x: x[0] * x[1], [2.0, 5.0])
    [5.0, 2.0]

    f takes one argument: a number, or a nested list, tuple or dict of numbers. By itself it tries a ladder of steps,
    some forty calls of f for each number in x, and is right to about ten digits. With a `step`, relative to numbers
    above 1 and rounded to a power of two, it makes two. Where f or its slope is not finite, nan comes out. Raises
    ValueError for a step that is not above 0 or too small to change x, TypeError if f returns anything but one number.
    """
    at, start, rebuild, _, several = on_floats("numerical_gradient", f, x, step)
    if several:
        raise TypeError("numerical_gradient: the function returned several numbers\nuse numerical_jacobian(f, x)")
    return rebuild([column[0] for column in columns_of(at, start, step, "numerical_gradient")])[0]


def numerical_jacobian(f: Callable[..., Any], x: Any, step: float | None = None) -> Any:
    """All partial derivatives of f at x by central differences: `numerical_gradient` for each number of the result.

    >>> numerical_jacobian(lambda x: [x[0] + x[1], 3.0 * x[0]], [2.0, 5.0])
    [[1.0, 1.0], [3.0, 0.0]]

    Arguments and errors as there.
    """
    at, start, rebuild, rebuild_result, _ = on_floats("numerical_jacobian", f, x, step)
    columns = columns_of(at, start, step, "numerical_jacobian")
    return rebuild_result([rebuild(row)[0] for row in zip(*columns)] if columns else [])


def columns_of(at: Callable[[Point], Point], start: Point, step: float | None, name: str) -> list[Point]:
    """How fast each output changes, for each input."""
    if step is None:
        return [[each.numeric for each in best_quotients(at, start, place)] for place in range(len(start))]
    return [central(at, start, place, step_for(start[place], step, name)) for place in range(len(start))]


def on_floats(name: str, f: Function, x: Any, step: float | None = None) -> tuple[Any, Point, Any, Any, bool]:
    """f from a list of floats to one; where it starts; how to rebuild its argument and its result; is that several?

    f is run on Values, which follow IEEE 754, unless only floats will do.
    """
    check_function(name, f)
    if step is not None:
        check_step(step, name)
    given, rebuild = flatten((x,), name)
    start = finite_numbers(given, name)
    kind: Any = Value

    def run(point: Point) -> Any:
        with trying():
            return f(*rebuild([kind(number) for number in point]))

    try:
        result = run(start)
    except TypeError:
        check_arguments(name, f, (x,), {}, ONE_ARGUMENT)
        kind = float  # math.sin and its like take nothing else
        result = run(start)
    _, rebuild_result = flatten(result, name, "the result")

    def at(point: Point) -> Point:
        return [number_in(each) for each in flatten(run(point), name, "the result")[0]]

    return at, start, rebuild, rebuild_result, isinstance(result, (list, tuple, dict))


def trying() -> ExitStack:
    """A block in which f may leave its domain: nothing is recorded, nobody looks, nothing is warned of."""
    blocks = ExitStack()
    for block in (no_grad(), Watch(), warnings.catch_warnings()):
        blocks.enter_context(block)
    warnings.simplefilter("ignore", RuntimeWarning)
    return blocks


def finite_numbers(given: Sequence[Any], name: str) -> Point:
    numbers = [number_in(each) for each in given]
    for number in numbers:
        if not math.isfinite(number):
            raise ValueError(f"{name}: a derivative at {number!r}\ngive it finite numbers: there is no step from there")
    return numbers


def number_in(x: Any) -> float:
    return x._data if isinstance(x, Value) else x


def check_step(step: Any, name: str) -> float:
    number = as_float(step, f"{name}: step")
    if not 0 < number < math.inf:
        raise ValueError(f"{name}: a step of {step!r}\nstep is a number above 0, such as 1e-5")
    return number


def step_for(x: float, step: float, name: str) -> float:
    """The step, relative to numbers above 1, as a power of two: adding it costs no more rounding than must be."""
    found = math.ldexp(1.0, round(math.log2(as_float(step, name) * max(1.0, abs(x)))))
    if x + found == x or x - found == x:
        raise ValueError(f"{name}: a step of {step!r} does not change {x!r}\nstep is best left out, or about 1e-5")
    return found


def moved(point: Point, place: int, step: float) -> Point:
    return [*point[:place], point[place] + step, *point[place + 1 :]]


def central(at: Callable[[Point], Point], point: Point, place: int, step: float) -> Point:
    """How fast each output changes with one input: (f(x + h) - f(x - h)) / 2h."""
    ahead, behind = at(moved(point, place, step)), at(moved(point, place, -step))
    return [(a - b) / (2.0 * step) for a, b in zip(ahead, behind)]


# ---- the ladder ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rung:
    """A function of one number at x - h, x and x + h."""

    step: float
    behind: float
    here: float
    ahead: float

    @property
    def left(self) -> float:
        return (self.here - self.behind) / self.step

    @property
    def right(self) -> float:
        return (self.ahead - self.here) / self.step

    @property
    def gap(self) -> float:
        return self.right - self.left

    @property
    def central(self) -> float:
        return (self.ahead - self.behind) / (2.0 * self.step)

    @property
    def rounding(self) -> float:
        """What rounding the values of f may cost a quotient."""
        sizes = [abs(value) for value in (self.behind, self.here, self.ahead) if math.isfinite(value)]
        return 4.0 * EPSILON * max(sizes, default=0.0) / self.step

    @property
    def is_flat(self) -> bool:
        return self.behind == self.here == self.ahead


NOTHING = (math.inf, -math.inf)


@dataclass(frozen=True)
class Quotient:
    """The best difference quotient of a ladder, how doubtful it is, and what kind of corner there may be."""

    numeric: float
    doubt: float
    kink: str = ""
    allowed: tuple[float, float] = NOTHING  # slopes between these are excused by a kink at x

    def excuses(self, exact: float) -> bool:
        """Whether a kink at the point makes up for a slope that differs."""
        low, high = self.allowed
        margin = 1e-3 * (abs(low) + abs(high)) if low <= high else 0.0
        return low - margin <= exact <= high + margin


def best_quotients(at: Callable[[Point], Point], start: Point, place: int) -> list[Quotient]:
    """For each output the quotient that can be trusted most, by one input.

    Near zero, as far away, two ladders make sense: one for what changes over numbers of size 1, one for what changes
    over numbers of the size of x.
    """
    x, here = start[place], at(start)
    scales = dict.fromkeys(math.ldexp(1.0, math.frexp(size)[1]) for size in (max(1.0, abs(x)), min(1.0, abs(x) or 1.0)))
    ladders: list[list[list[Rung]]] = [[] for _ in here]
    for scale in scales:
        steps = [rung * scale for rung in RUNGS if rung * scale > 64.0 * math.ulp(x)]
        sides = [(step, at(moved(start, place, -step)), at(moved(start, place, step))) for step in steps]
        for output, ladder in enumerate(ladders):
            ladder.append([Rung(step, b[output], here[output], a[output]) for step, b, a in sides])
    return [judged(each) for each in ladders]


def judged(ladders: list[list[Rung]]) -> Quotient:
    """The best estimate of all ladders, with the corner that the first one shows at x, if it does."""
    if not math.isfinite(ladders[0][0].here):
        return Quotient(math.nan, math.nan)
    moving = any(not rung.is_flat for ladder in ladders for rung in ladder)
    telling = [[rung for rung in ladder if not (moving and rung.is_flat and rung.step < 1e-12)] for ladder in ladders]
    found = [each for ladder in telling for each in estimates(ladder)]
    found = found or [each for ladder in telling for side in ("right", "left") for each in limits(ladder, side)]
    numeric, doubt = min(found, key=lambda each: each[1], default=(math.nan, math.nan))
    return next(
        (corner for ladder in ladders if (corner := corner_of(ladder, numeric, doubt))), Quotient(numeric, doubt)
    )


def estimates(ladder: list[Rung]) -> list[tuple[float, float]]:
    """What neighbouring rungs say together, and by how much that may be wrong."""
    found = []
    usable = [rung for rung in ladder if math.isfinite(rung.central)]
    for far, middle, near in zip(usable, usable[1:], usable[2:]):
        early = middle.central + (middle.central - far.central) / 63.0
        late = near.central + (near.central - middle.central) / 63.0
        noise = abs(middle.gap - 8.0 * near.gap) / 8.0  # of a smooth function next to 0
        doubt = max(abs(late - early), abs(late - near.central)) + near.rounding
        found.append((late, doubt + (noise if math.isfinite(noise) else 0.0)))
    return found


def limits(ladder: list[Rung], side: str) -> list[tuple[float, float]]:
    """The same by one side only, at the border of a domain; nothing if the slopes do not settle."""
    usable = [(slope, rung.rounding) for rung in ladder if math.isfinite(slope := getattr(rung, side))]
    found = []
    for (first, _), (second, _), (third, rounding) in zip(usable, usable[1:], usable[2:]):
        if abs(third - second) <= 0.7 * abs(second - first) + rounding:
            late = third + (third - second) / 7.0
            found.append((late, abs(late - second) + rounding))
    return found


def corner_of(ladder: list[Rung], numeric: float, doubt: float) -> Quotient | None:
    """A kink or a jump: slopes on the two sides that stay apart, or grow without end, however small the step."""
    usable = [rung for rung in ladder if math.isfinite(rung.left) and math.isfinite(rung.right)]
    return jump_of(usable, numeric) or kink_of(usable, numeric, doubt)


def jump_of(ladder: list[Rung], numeric: float) -> Quotient | None:
    """Slopes that grow eightfold where the step shrinks to an eighth; those farther out, on each side, are excused."""
    for far, middle, near in list(zip(ladder[-3:], ladder[-2:], ladder[-1:])):
        sizes = [abs(rung.left) + abs(rung.right) for rung in (near, middle, far)]
        if sizes[0] > max(6.0 * sizes[1], 8.0 * near.rounding) and sizes[1] > 6.0 * sizes[2]:
            away = far.step - middle.step
            outer = sorted(((far.ahead - middle.ahead) / away, (middle.behind - far.behind) / away))
            return Quotient(numeric, 0.0, f"a jump within {near.step:.0g}", (outer[0], outer[1]))
    return None


def kink_of(ladder: list[Rung], numeric: float, doubt: float) -> Quotient | None:
    """Slopes that stay apart over three steps; those between are excused, unless they meet at smaller steps."""
    clear = [rung for rung in ladder if abs(rung.gap) > 8.0 * rung.rounding]
    for near, middle, far in zip(clear[::-1], clear[-2::-1], clear[-3::-1]):
        gaps = [rung.gap for rung in (near, middle, far)]
        size = abs(near.left) + abs(near.right)
        if near.step < 1e-4 and abs(near.gap) > 1e-3 * size and max(gaps) - min(gaps) < 0.1 * abs(near.gap):
            words = f"slopes {near.left:.4g} and {near.right:.4g} on its sides"
            sides = sorted((near.left, near.right))
            meet = any(rung.step < near.step and 16.0 * rung.rounding < abs(near.gap) for rung in ladder)
            if meet:
                return Quotient(numeric, doubt, words)
            return Quotient(numeric, 0.0, words, (sides[0], sides[1]))
    return None
