"""Two methods for small problems that need few steps: L-BFGS for any smooth function, Levenberg-Marquardt for squares.

Both learn how the function curves, and so where its valley ends; plain descent only knows which way is down. They work
on lists of floats; autograd gives them the gradient, or the Jacobian. Next: train.py.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any

from autograd import Value, jacobian, no_grad, value_and_grad
from nn.line_search import Line
from nn.matrices import Matrix, Vector, dot, least_squares
from nn.resuming import is_number

Function = Callable[[list[Any]], Any]
Residuals = Callable[[list[Any]], Sequence[Any]]


@dataclass(frozen=True)
class Descent:
    """Where a descent ended: the point x, the value there, the steps it took, whether it got to a minimum, and why not.

    >>> Descent(x=[1.0], value=0.0, steps=3, converged=True, why="the gradient is 0").x
    [1.0]
    """

    x: list[float]
    value: float
    steps: int
    converged: bool
    why: str


# ---- L-BFGS -----------------------------------------------------------------------------------------


def lbfgs(
    f: Function,
    x0: Sequence[float],
    *,
    max_iter: int = 1000,
    history_size: int = 10,
    tolerance_grad: float = 1e-8,
    c2: float = 0.9,
) -> Descent:
    """Minimize a smooth function of a list of numbers, from x0 on.

    >>> found = lbfgs(lambda p: (1 - p[0]) ** 2 + 100 * (p[1] - p[0] ** 2) ** 2, [-1.2, 1.0])
    >>> [round(x, 6) for x in found.x], found.converged, found.steps < 50
    ([1.0, 1.0], True, True)

    Each direction is the gradient times a guess of the inverse Hessian, made of how the gradient changed in the last
    `history_size` steps; a line search (nn/line_search.py) decides how far to go, the more exactly the smaller `c2`.
    It has converged when no slope is larger than `tolerance_grad`. f is given floats or Values and made of autograd's
    functions. Raises ValueError if x0 is not a list of finite numbers, or f is not finite there.
    (Nocedal 1980; Nocedal and Wright 2006, algorithms 7.4 and 7.5)
    """
    check_counts("lbfgs", max_iter=max_iter, history_size=history_size)
    value_and_gradient, x = quiet(value_and_grad(f)), checked_start("lbfgs", x0)
    value, gradient = value_and_gradient(x)
    check_finite("lbfgs", "f", x, [value, *gradient])
    changes: list[tuple[Vector, Vector]] = []  # of x and of the gradient, the latest last
    steps = idle = 0
    while (steepest := max(map(abs, gradient))) > tolerance_grad and steps < max_iter:
        direction = [-each for each in inverse_hessian_times(gradient, changes)]
        line = Line(value_and_gradient, x, value, gradient, direction, c2=c2)
        place = line.search(1.0 if changes else min(1.0, 1.0 / steepest))
        if place is None and changes:  # the guess of the Hessian may be to blame: begin anew
            changes.clear()
            continue
        if place is None or idle == 10:
            return Descent(x, value, steps, False, f"no lower value is found; the steepest slope is {steepest:.3g}")
        gains = place.value < value - line.rounding or max(map(abs, place.gradient)) < steepest
        change = differences(place.x, x), differences(place.gradient, gradient)
        x, value, gradient, steps, idle = place.x, place.value, place.gradient, steps + 1, 0 if gains else idle + 1
        if line.endless:
            return Descent(x, value, steps, False, f"the value falls without end, to {value:.3g}")
        if dot(*change) > 0:  # as it is after a good step; another would make the guess lead uphill
            changes = [*changes, change][-history_size:]
    if steepest <= tolerance_grad:
        return Descent(x, value, steps, True, f"no slope is steeper than {tolerance_grad:g}")
    return Descent(x, value, steps, False, f"{steps} steps were taken; the steepest slope is {steepest:.3g}")


def inverse_hessian_times(gradient: Vector, changes: Sequence[tuple[Vector, Vector]]) -> Vector:
    """The gradient, times the inverse Hessian that fits these changes of x and of the gradient.

    >>> inverse_hessian_times([6.0, 4.0], [([1.0, 0.0], [2.0, 0.0])])         # curvature 2, as far as is known
    [3.0, 2.0]

    Two loops that never write the matrix down. (Algorithm 7.4)
    """
    q, shares = list(gradient), []
    for s, y in reversed(changes):
        shares.append(dot(s, q) / dot(s, y))
        q = [a - shares[-1] * b for a, b in zip(q, y)]
    if changes:
        s, y = changes[-1]
        q = [dot(s, y) / dot(y, y) * a for a in q]
    for (s, y), share in zip(changes, reversed(shares)):
        correction = share - dot(y, q) / dot(s, y)
        q = [a + correction * b for a, b in zip(q, s)]
    return q


# ---- Levenberg-Marquardt ----------------------------------------------------------------------------


def levenberg_marquardt(residuals: Residuals, x0: Sequence[float], *, max_iter: int = 2000) -> Descent:
    """Minimize the sum of squared residuals: Gauss-Newton steps, shortened by a damping until they lead downhill.

    >>> found = levenberg_marquardt(lambda x: [x[0] - 3.0, x[0] * x[1] - 6.0], [1.0, 1.0])
    >>> found.x, found.value, found.converged
    ([3.0, 2.0], 0.0, True)

    `residuals` takes a list of numbers and gives a list, made of autograd's functions; the result's `value` is the sum
    of squares. Near the end that no longer tells a good step from a bad one, long before x has settled: the last digits
    come from undamped steps, for as long as each is smaller than the one before. It has converged when the residuals
    are at right angles to all that x could change, or x is right to 8 digits. Raises ValueError if x0 is not a list of
    finite numbers, or a residual or a slope is not finite there.
    (Levenberg 1944; Marquardt 1963; scaled like Moré 1978)
    """
    check_counts("levenberg_marquardt", max_iter=max_iter)
    slopes, x, damping = quiet(jacobian(residuals)), checked_start("levenberg_marquardt", x0), 1e-3
    r = numbers_of(residuals, x)
    check_finite("levenberg_marquardt", "a residual", x, [*r, *(each for row in slopes(x) for each in row)])
    scales = [0.0] * len(x)
    for steps in range(1, max_iter + 1):
        rows = slopes(x)
        scales = [max(scale / 2.0, math.hypot(*column)) for scale, column in zip(scales, zip(*rows))]
        while damping < 1e12:
            step = damped_step(rows, r, [damping**0.5 * (scale or 1.0) for scale in scales])
            tried = sums(x, step)
            there = numbers_of(residuals, tried)
            if sum_of_squares(there) < sum_of_squares(r):
                break
            damping *= 10.0
        else:
            return settled(residuals, slopes, x, steps)
        x, r, damping = tried, there, max(damping / 10.0, 1e-15)
    return Descent(x, sum_of_squares(r), max_iter, False, f"{max_iter} steps were taken, and each led downhill")


def damped_step(rows: Matrix, r: Sequence[float], brakes: Sequence[float]) -> Vector:
    """The step that solves J step = -r, with a row below J for each parameter that holds it back."""
    below = [[brake if k == j else 0.0 for j in range(len(brakes))] for k, brake in enumerate(brakes)]
    return least_squares([*rows, *below], [*(-each for each in r), *(0.0 for _ in brakes)])


def settled(residuals: Residuals, slopes: Callable[[Vector], Matrix], x: Vector, steps: int) -> Descent:
    """The end, where no damped step leads downhill any more: the last digits, and whether it is a minimum."""
    x, step = polished(residuals, slopes, x)
    r, columns = numbers_of(residuals, x), list(zip(*slopes(x)))
    rounding = 1e-15 * sum(math.hypot(*column) * abs(p) for column, p in zip(columns, x))  # in residuals of this size
    if math.hypot(*r) <= rounding:
        return Descent(x, sum_of_squares(r), steps, True, "the residuals are 0, but for rounding")
    lengths = [math.hypot(*r) * math.hypot(*column) for column in columns]
    cosine = max(abs(dot(r, column)) / length if length else 0.0 for column, length in zip(columns, lengths))
    if cosine <= 1e-6 or math.hypot(*step) <= 1e-8 * (math.hypot(*x) + 1e-8):
        return Descent(x, sum_of_squares(r), steps, True, "no small change of x makes the residuals smaller")
    why = f"no smaller residuals are found, though the slopes promise some (cosine {cosine:.2g})"
    return Descent(x, sum_of_squares(r), steps, False, why)


def polished(
    residuals: Residuals, slopes: Callable[[Vector], Matrix], x: Vector, most: int = 100
) -> tuple[Vector, Vector]:
    """Where undamped steps lead from a point close to the minimum, and the first step that was not worth taking."""
    size, step = math.inf, [math.inf] * len(x)
    for _ in range(most):
        try:
            step = damped_step(slopes(x), numbers_of(residuals, x), [0.0] * len(x))
        except ZeroDivisionError:  # there is no single best step: some parameters make up for others
            break
        relative = max(abs(s) / max(abs(p), 1e-300) for s, p in zip(step, x))
        if not relative < min(size, 1e-3):
            break
        x, size = sums(x, step), relative
    return x, step


def numbers_of(residuals: Residuals, x: Vector) -> Vector:
    """The residuals as floats; on Values, so that 1 / 0 is inf."""
    with no_grad():
        found = quiet(residuals)([Value(p) for p in x])
    if not isinstance(found, (list, tuple)):
        raise TypeError(f"levenberg_marquardt: the residuals are {found!r:.60}\nreturn a list of them")
    return [each.data if isinstance(each, Value) else float(each) for each in found]


def sum_of_squares(r: Sequence[float]) -> float:
    """The sum of squares, infinite where it cannot be told."""
    return math.fsum(each * each for each in r) if all(abs(each) < 1e150 for each in r) else math.inf


# ---- both -------------------------------------------------------------------------------------------


def quiet(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function without warnings of infinities: a step that goes too far is shortened, as any other."""

    def quietly(x: Vector) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            return function(x)

    return quietly


def sums(xs: Sequence[float], ys: Sequence[float]) -> Vector:
    return [x + y for x, y in zip(xs, ys)]


def differences(xs: Sequence[float], ys: Sequence[float]) -> Vector:
    return [x - y for x, y in zip(xs, ys)]


def check_counts(name: str, **counts: int) -> None:
    """ValueError unless these are whole numbers from 1 up."""
    for which, count in counts.items():
        if isinstance(count, bool) or not isinstance(count, Integral) or count < 1:
            raise ValueError(f"{name}: {which} = {count!r:.60}\n{which} is a whole number from 1 up")


def checked_start(name: str, x0: Any) -> Vector:
    """The start as floats; ValueError if it is not a list of finite numbers."""
    numbers = list(x0) if hasattr(x0, "__iter__") else []
    if not numbers or not all(is_number(each) and math.isfinite(each) for each in numbers):
        raise ValueError(f"{name}: x0 = {x0!r:.60}\ngive it a list of finite numbers to start from")
    return [float(each) for each in numbers]


def check_finite(name: str, what: str, x: Vector, numbers: Sequence[float]) -> None:
    """ValueError if something is not finite where a descent is to start."""
    for each in numbers:
        if not math.isfinite(each):
            raise ValueError(f"{name}: {what} or a slope is {each} at x0 = {x!r:.60}\nstart where all are finite")
