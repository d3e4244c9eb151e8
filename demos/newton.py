"""Downhill three ways: gradient descent, Newton's method and Gauss-Newton on Rosenbrock's banana-shaped valley.

    python -m demos.newton [folder]

f(x, y) = (1 - x)^2 + 100 (y - x^2)^2 has its minimum 0 at (1, 1), at the end of a long curved valley. The gradient
points across the valley; the Hessian knows its shape; Gauss-Newton knows that f is a sum of squares. (Rosenbrock 1960)
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from autograd import grad, hessian, jacobian
from demos import pictures
from nn.matrices import Vector, dot, solve, times, transposed

START = (-1.2, 1.0)  # Rosenbrock's own
Path2 = list[Vector]


def residuals(p: Sequence[Any]) -> list[Any]:
    x, y = p
    return [1.0 - x, 10.0 * (y - x * x)]


def rosenbrock(p: Sequence[Any]) -> Any:
    a, b = residuals(p)
    return a * a + b * b


def descend(rule: Callable[[Vector], Vector], most: int) -> Path2:
    """The points that a rule visits, until the gradient is gone or `most` steps were taken."""
    slope, path = grad(rosenbrock), [list(START)]
    while len(path) <= most and dot(slope(path[-1]), slope(path[-1])) > 1e-24:
        path.append([x + step for x, step in zip(path[-1], rule(path[-1]))])
    return path


def gradient_descent(p: Vector) -> Vector:
    """A fixed small step against the gradient. Much more than this one, and it flies out of the valley."""
    return [-0.001 * slope for slope in grad(rosenbrock)(p)]


def newton(p: Vector) -> Vector:
    """To the minimum of the parabola that has f's gradient and Hessian here."""
    return solve(hessian(rosenbrock)(p), [-slope for slope in grad(rosenbrock)(p)])


def gauss_newton(p: Vector) -> Vector:
    """To where the residuals, taken as straight, would vanish: (JᵀJ) step = -Jᵀr."""
    columns = transposed(jacobian(residuals)(p))
    return solve([times(columns, column) for column in columns], [-each for each in times(columns, residuals(p))])


METHODS = (
    ("gradient descent", gradient_descent, 10_000),
    ("Newton", newton, 100),
    ("Gauss-Newton", gauss_newton, 100),
)


def draw(paths: dict[str, Path2], path: Path) -> Path:
    """The valley as contour lines, and the three ways through it."""
    made, axes_of = pictures.figure(len(paths), 11.0, 4.0)
    xs, ys = [-1.7 + 0.03 * k for k in range(110)], [-4.3 + 0.05 * k for k in range(135)]
    heights = [[rosenbrock((x, y)) for x in xs] for y in ys]
    for axes, (name, points), colour in zip(axes_of, paths.items(), pictures.COLOURS):
        axes.contour(xs, ys, heights, levels=[0.3, 1, 3, 10, 30, 100, 300, 1000, 3000], colors="grey", linewidths=0.5)
        axes.plot([1.0], [1.0], "k*", markersize=11)
        style = "-" if len(points) > 100 else "-o"  # over the star: the last steps are close to it
        axes.plot([x for x, _ in points], [y for _, y in points], style, color=colour, markersize=4, linewidth=1.4)
        axes.plot(*START, "kD", markersize=5)
        axes.annotate("start", START, xytext=(-2, -16), textcoords="offset points")
        axes.set(title=f"{name}: {len(points) - 1} steps", xlabel="x", xlim=(xs[0], xs[-1]), ylim=(ys[0], ys[-1]))
    axes_of[0].set_ylabel("y")
    return pictures.save(made, path)


def main(folder: str | Path = "newton") -> dict[str, Path2]:
    """Run all three from Rosenbrock's starting point, draw, and return the paths."""
    paths = {}
    for name, rule, most in METHODS:
        points = paths[name] = descend(rule, most)
        x, y = points[-1]
        print(f"{name:17} {len(points) - 1:6} steps, to ({x:.12f}, {y:.12f}), f = {rosenbrock(points[-1]):.1e}")
    try:
        print("wrote", draw(paths, Path(folder) / "newton.png"))
    except ImportError as error:
        print(f"no picture: {error}")
    return paths


if __name__ == "__main__":
    main(*sys.argv[1:2])
