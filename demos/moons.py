"""Two moons: micrograd's own demonstration. An MLP 2-16-16-1 with the max-margin loss separates 100 points.

    python -m demos.moons [folder]

Full-batch gradient descent with a penalty of 1e-4 on the squared weights and a learning rate that falls from 1.0 to
0.1. The loop is written by hand: this is all that `nn.fit` does.
"""

from __future__ import annotations

import math
import random
import sys
import time
from pathlib import Path

import autograd
import nn
from autograd import collector_paused, no_grad
from demos import pictures

Points = list[tuple[float, float]]


def make_moons(count: int = 100, noise: float = 0.1, rng: random.Random | int = 0) -> tuple[Points, list[int]]:
    """Two half circles that reach into each other: `count` points and their sides, -1 and 1.

    >>> points, sides = make_moons(4, noise=0.0)
    >>> sides
    [-1, -1, 1, 1]
    """
    rng = rng if isinstance(rng, random.Random) else random.Random(rng)
    points, sides = [], []
    for side, size in ((-1, count // 2), (1, count - count // 2)):
        for k in range(size):
            angle = math.pi * k / max(1, size - 1)
            x, y = math.cos(angle), math.sin(angle)
            x, y = (x, y) if side < 0 else (1.0 - x, 0.5 - y)
            points.append((x + rng.gauss(0.0, noise), y + rng.gauss(0.0, noise)))
            sides.append(side)
    return points, sides


def train(model: nn.MLP, points: Points, sides: list[int], steps: int) -> float:
    """Full-batch gradient descent, written by hand; returns the accuracy before the last step."""
    right = 0.0
    parameters = model.parameters()
    optimizer = nn.SGD(parameters)
    for step in range(steps):
        with collector_paused():
            scores = [model(point) for point in points]
            loss = nn.hinge_loss(scores, sides) + 1e-4 * autograd.sum(p * p for p in parameters)
            optimizer.zero_grad()
            loss.backward()
            optimizer.lr = 1.0 - 0.9 * step / steps
            optimizer.step()
            right = nn.accuracy(scores, sides)
        if step % max(1, steps // 8) == 0 or step == steps - 1:
            print(f"    step {step:3}: loss {loss.data:.4f}, accuracy {right:.0%}")
    return right


def draw(model: nn.MLP, points: Points, sides: list[int], path: Path) -> Path:
    """The side that is predicted in the plane, and the points."""
    made, [axes] = pictures.figure(1, 6.0, 4.4)

    @no_grad()
    def predict(x: float, y: float) -> int:
        return int(nn.predicted(model((x, y))))

    pictures.regions(axes, predict, (-1.6, 2.6), (-1.1, 1.6), classes=2)
    for which, side in enumerate((-1, 1)):
        chosen = [point for point, its in zip(points, sides) if its == side]
        pictures.points(axes, [x for x, _ in chosen], [y for _, y in chosen], which, label=f"side {side:+d}")
    axes.set(
        xlabel="x", ylabel="y", title=f"Two moons, told apart by {len(model.parameters())} parameters", aspect="equal"
    )
    axes.legend(loc="upper right", frameon=False)
    return pictures.save(made, path)


def main(folder: str | Path = "moons", steps: int = 100, seed: int = 1) -> float:
    """Train, draw, and return the accuracy on the training points."""
    started = time.perf_counter()
    points, sides = make_moons(rng=seed)
    model = nn.MLP(2, [16, 16, 1], activation="relu", rng=seed)
    print(f"{model}, {len(points)} points")
    right = train(model, points, sides, steps)
    print(f"training accuracy {right:.0%} in {time.perf_counter() - started:.1f} s")
    try:
        print("wrote", draw(model, points, sides, Path(folder) / "moons.png"))
    except ImportError as error:
        print(f"no picture: {error}")
    return right


if __name__ == "__main__":
    main(*sys.argv[1:2])
