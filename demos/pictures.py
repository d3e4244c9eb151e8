"""What the demos' pictures share: matplotlib, imported where it is needed, and colours that all eyes tell apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

BLUE, ORANGE, GREEN = "#0072b2", "#d55e00", "#009e73"  # Okabe and Ito 2008
COLOURS = (BLUE, ORANGE, GREEN)
MARKERS = ("o", "s", "^")
INSTALL = "pip install -e '.[demos]'"


def figure(columns: int, width: float, height: float, rows: int = 1) -> tuple[Any, list[Any]]:
    """A figure with its axes, row by row. ImportError, with what to install, where there is no matplotlib."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise ImportError(f"no matplotlib to draw with\ninstall it: {INSTALL}") from None
    made = Figure(figsize=(width, height), layout="constrained", dpi=120)
    return made, list(made.subplots(rows, columns, squeeze=False).flat)


def regions(
    axes: Any, predict: Callable[[float, float], int], x: tuple[float, float], y: tuple[float, float], classes: int
) -> None:
    """Colour the plane by the class that is predicted at each point of a grid."""
    from matplotlib.colors import ListedColormap

    steps = 80
    xs = [x[0] + (x[1] - x[0]) * i / steps for i in range(steps + 1)]
    ys = [y[0] + (y[1] - y[0]) * i / steps for i in range(steps + 1)]
    grid = [[predict(a, b) for a in xs] for b in ys]
    colours = ListedColormap(list(COLOURS[:classes]))
    axes.pcolormesh(xs, ys, grid, cmap=colours, vmin=0, vmax=classes - 1, alpha=0.22, shading="nearest", linewidth=0)
    axes.set(xlim=x, ylim=y)


def points(axes: Any, xs: Sequence[float], ys: Sequence[float], which: int, **style: Any) -> None:
    """Draw the points of one class in its colour and shape."""
    style = {"s": 26, "edgecolors": "white", "linewidths": 0.6, **style}
    axes.scatter(xs, ys, c=COLOURS[which], marker=MARKERS[which], **style)


def save(made: Any, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    made.savefig(path)
    return path
