"""Fit a curve by Levenberg-Marquardt: a NIST problem of "higher difficulty", against its certified answer.

    python -m demos.fit_curve [folder]

The residuals are written as plain formulas; `jacobian` differentiates them, in forward mode since there are fewer
parameters than residuals. The method is `nn.levenberg_marquardt`, in nn/second_order.py.
"""

from __future__ import annotations

import csv
import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nn
from demos import pictures

DATA = Path(__file__).parent / "data"


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


def digits(found: Sequence[float], certified: Sequence[float]) -> float:
    """How many digits of the worst parameter are right, at most the 11 that are certified."""
    worst = max(abs(a - b) / abs(b) for a, b in zip(found, certified))
    return min(11.0, -math.log10(worst)) if worst else 11.0


def draw(problem: Problem, fits: Sequence[nn.Descent], path: Path) -> Path:
    """The data, the curves at the two starting points, and the curve that both end at."""
    made, [axes] = pictures.figure(1, 6.4, 4.2)
    xs = [x for x, _ in problem.data]
    grid = [min(xs) + (max(xs) - min(xs)) * k / 300 for k in range(301)]
    for start, style, name in zip(problem.starts, ("--", ":"), ("first start", "second start")):
        axes.plot(grid, [problem.model(start, x) for x in grid], style, color="grey", label=name)
    axes.plot(grid, [problem.model(fits[0].x, x) for x in grid], color=pictures.BLUE, label="fitted")
    pictures.points(axes, xs, [y for _, y in problem.data], 1, label="data")
    axes.set(title=problem.title, xlabel="x", ylabel="y")
    axes.legend(frameon=False)
    return pictures.save(made, path)


def main(folder: str | Path = "fit_curve") -> float:
    """Fit Thurber's data from both starting points; returns the digits of the worst parameter of the worse fit."""
    problem = THURBER
    print(problem.title)
    fits = [nn.levenberg_marquardt(problem.residuals, start) for start in problem.starts]
    for place, fit in enumerate(fits, start=1):
        right = digits(fit.x, problem.certified)
        print(f"start {place}: {fit.steps} steps, {right:.1f} digits right in the worst parameter")
    print(f"sum of squares {fits[0].value:.11g}, certified {problem.residual_sum_of_squares:.11g}")
    for place, (found, certified) in enumerate(zip(fits[0].x, problem.certified), start=1):
        print(f"    b{place} = {found:<16.11g} certified {certified:.11g}")
    try:
        print("wrote", draw(problem, fits, Path(folder) / "fit_curve.png"))
    except ImportError as error:
        print(f"no picture: {error}")
    return min(digits(fit.x, problem.certified) for fit in fits)


if __name__ == "__main__":
    main(*sys.argv[1:2])
