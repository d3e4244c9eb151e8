"""Fit a curve by Levenberg-Marquardt: a NIST problem of "higher difficulty", against its certified answer.

    python -m demos.fit_curve [folder]

The residuals are written as plain formulas; `jacobian` differentiates them, in forward mode since there are fewer
parameters than residuals. (Levenberg 1944; Marquardt 1963)
"""

from __future__ import annotations

import csv
import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograd import jacobian
from demos import pictures
from demos.linear import least_squares

DATA = Path(__file__).parent / "data"
Residuals = Callable[[Sequence[Any]], list[Any]]


def rational(b: Sequence[Any], x: float) -> Any:
    """A cubic over a cubic, by Horner's rule."""
    return (b[0] + x * (b[1] + x * (b[2] + x * b[3]))) / (1 + x * (b[4] + x * (b[5] + x * b[6])))


@dataclass(frozen=True)
class Problem:
    """A curve with parameters b, its data, NIST's two starting points and certified answer."""

    name: str
    title: str
    model: Callable[[Sequence[Any], float], Any]
    starts: tuple[tuple[float, ...], tuple[float, ...]]
    certified: tuple[float, ...]
    residual_sum_of_squares: float

    @property
    def data(self) -> list[tuple[float, float]]:
        """Pairs of x and y."""
        with open(DATA / f"{self.name}.csv", encoding="utf-8", newline="") as file:
            return [(float(row["x"]), float(row["y"])) for row in csv.DictReader(file)]

    def residuals(self, b: Sequence[Any]) -> list[Any]:
        return [self.model(b, x) - y for x, y in self.data]


THURBER = Problem(
    name="thurber",
    title="Electron mobility (Thurber): a rational function of 7 parameters",
    model=rational,
    starts=((1000.0, 1000.0, 400.0, 40.0, 0.7, 0.3, 0.03), (1300.0, 1500.0, 500.0, 75.0, 1.0, 0.4, 0.05)),
    certified=(
        1.2881396800e03,
        1.4910792535e03,
        5.8323836877e02,
        7.5416644291e01,
        9.6629502864e-01,
        3.9797285797e-01,
        4.9727297349e-02,
    ),
    residual_sum_of_squares=5.6427082397e03,
)


@dataclass
class Fit:
    """Where a fit ended, the sum of squares there, and the steps it took."""

    b: list[float]
    squares: float
    steps: int


def levenberg_marquardt(
    residuals: Callable[[Sequence[Any]], list[Any]], start: Sequence[float], most: int = 2000
) -> Fit:
    """Minimize the sum of squared residuals: Gauss-Newton steps, shortened by a damping until they lead downhill.

    >>> levenberg_marquardt(lambda b: [b[0] - 3.0, b[0] * b[1] - 6.0], [1.0, 1.0]).b
    [3.0, 2.0]

    Near the end the sum of squares no longer tells a good step from a bad one, long before the parameters have settled:
    the last digits come from undamped steps, for as long as each is smaller than the one before.
    """
    slopes = jacobian(residuals)
    b, r, damping = list(start), residuals(start), 1e-3
    scales = [0.0] * len(b)
    for steps in range(1, most + 1):
        rows = slopes(b)
        scales = [max(scale, math.hypot(*column)) for scale, column in zip(scales, zip(*rows))]  # Moré 1978
        while damping < 1e12:
            step = damped_step(rows, r, [damping**0.5 * scale for scale in scales])
            tried = [p + s for p, s in zip(b, step)]
            there = residuals(tried)
            if sum_of_squares(there) < sum_of_squares(r):
                break
            damping *= 10.0
        else:
            b = polished(residuals, b)
            return Fit(b, sum_of_squares(residuals(b)), steps)
        b, r, damping = tried, there, max(damping / 10.0, 1e-15)
    return Fit(b, sum_of_squares(r), most)


def damped_step(rows: list[list[float]], r: Sequence[float], brakes: Sequence[float]) -> list[float]:
    """The step that solves J step = -r, with a row below J for each parameter that holds it back."""
    below = [[brake if k == j else 0.0 for j in range(len(brakes))] for k, brake in enumerate(brakes)]
    return least_squares([*rows, *below], [*(-each for each in r), *(0.0 for _ in brakes)])


def polished(residuals: Residuals, b: list[float]) -> list[float]:
    """Undamped steps from a point close to the minimum."""
    size = math.inf
    while True:
        step = damped_step(jacobian(residuals)(b), residuals(b), [0.0] * len(b))
        relative = max(abs(s) / max(abs(p), 1e-300) for s, p in zip(step, b))
        if not relative < min(size, 1e-3):
            return b
        b, size = [p + s for p, s in zip(b, step)], relative


def sum_of_squares(r: Sequence[float]) -> float:
    return math.fsum(each * each for each in r) if all(abs(each) < 1e150 for each in r) else math.inf


def digits(found: Sequence[float], certified: Sequence[float]) -> float:
    """How many digits of the worst parameter are right, at most the 11 that are certified."""
    worst = max(abs(a - b) / abs(b) for a, b in zip(found, certified))
    return min(11.0, -math.log10(worst)) if worst else 11.0


def draw(problem: Problem, fits: Sequence[Fit], path: Path) -> Path:
    """The data, the curves at the two starting points, and the curve that both end at."""
    made, [axes] = pictures.figure(1, 6.4, 4.2)
    xs = [x for x, _ in problem.data]
    grid = [min(xs) + (max(xs) - min(xs)) * k / 300 for k in range(301)]
    for start, style, name in zip(problem.starts, ("--", ":"), ("first start", "second start")):
        axes.plot(grid, [problem.model(start, x) for x in grid], style, color="grey", label=name)
    axes.plot(grid, [problem.model(fits[0].b, x) for x in grid], color=pictures.BLUE, label="fitted")
    pictures.points(axes, xs, [y for _, y in problem.data], 1, label="data")
    axes.set(title=problem.title, xlabel="x", ylabel="y")
    axes.legend(frameon=False)
    return pictures.save(made, path)


def main(folder: str | Path = "fit_curve") -> float:
    """Fit Thurber's data from both starting points; returns the digits of the worst parameter of the worse fit."""
    problem = THURBER
    print(problem.title)
    fits = [levenberg_marquardt(problem.residuals, start) for start in problem.starts]
    for place, fit in enumerate(fits, start=1):
        right = digits(fit.b, problem.certified)
        print(f"start {place}: {fit.steps} steps, {right:.1f} digits right in the worst parameter")
    print(f"sum of squares {fits[0].squares:.11g}, certified {problem.residual_sum_of_squares:.11g}")
    for place, (found, certified) in enumerate(zip(fits[0].b, problem.certified), start=1):
        print(f"    b{place} = {found:<16.11g} certified {certified:.11g}")
    try:
        print("wrote", draw(problem, fits, Path(folder) / "fit_curve.png"))
    except ImportError as error:
        print(f"no picture: {error}")
    return min(digits(fit.b, problem.certified) for fit in fits)


if __name__ == "__main__":
    main(*sys.argv[1:2])
