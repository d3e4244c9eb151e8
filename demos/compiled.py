"""What compiling is worth: one training step of the two moons, on Values and as code, beside PyTorch and JAX.

    python -m demos.compiled [folder]

The network of demos/moons.py, all 100 points at once, the same loss, the same step for all. PyTorch and JAX take part
where they are installed. All have to agree on the loss after a few steps; then each is timed.
"""

from __future__ import annotations

import sys
import time
from array import array
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

import autograd
import nn
from autograd.compiling import available
from demos import pictures
from demos.moons import Points, make_moons

Step = Callable[[], float]  # one step of training; its loss before the step
RATE, PENALTY, STEPS = 0.1, 1e-4, 5


def network() -> nn.MLP:
    return nn.MLP(2, [16, 16, 1], activation="relu", rng=1)


def loss_of(model: nn.MLP) -> Callable[[Any, Any], Any]:
    """The max-margin loss with a penalty on the squared parameters."""
    parameters = model.parameters()
    return lambda scores, sides: nn.hinge_loss(scores, sides) + PENALTY * autograd.sum(p * p for p in parameters)


# ---- the ways to take a step ------------------------------------------------------------------------


def on_values(points: Points, sides: list[int]) -> Step:
    model = network()
    loss, optimizer = loss_of(model), nn.SGD(model.parameters(), lr=RATE)

    def step() -> float:
        error = loss([model(point) for point in points], sides)
        optimizer.zero_grad()
        error.backward()
        optimizer.step()
        return error.data

    return step


def compiled(backend: str) -> Callable[[Points, list[int]], Step]:
    def prepare(points: Points, sides: list[int]) -> Step:
        model = network()
        step = nn.compile_step(model, loss_of(model), nn.SGD(model.parameters(), lr=RATE), backend=backend)
        flat = memoryview(array("d", [x for point in points for x in point])).cast("B").cast("d", (len(points), 2))
        targets = array("d", sides)
        return lambda: step(flat, targets)

    return prepare


def layers() -> list[tuple[list[list[float]], list[float]]]:
    """The weights and biases of the network, layer by layer."""
    return [
        ([[w.data for w in neuron.w] for neuron in layer.neurons], [neuron.b.data for neuron in layer.neurons])
        for layer in network().layers
    ]


def with_torch(points: Points, sides: list[int]) -> Step:
    import torch

    torch.set_num_threads(1)
    x, t = torch.tensor(points, dtype=torch.float64), torch.tensor(sides, dtype=torch.float64)
    numbers = [torch.tensor(each, dtype=torch.float64, requires_grad=True) for layer in layers() for each in layer]

    def step() -> float:
        w1, b1, w2, b2, w3, b3 = numbers
        hidden = torch.relu(torch.relu(x @ w1.T + b1) @ w2.T + b2)
        scores = (hidden @ w3.T + b3)[:, 0]
        loss = torch.relu(1 - t * scores).mean() + PENALTY * sum((p * p).sum() for p in numbers)
        slopes = torch.autograd.grad(loss, numbers)
        with torch.no_grad():
            for p, slope in zip(numbers, slopes):
                p -= RATE * slope
        return loss.item()

    return step


def with_jax(points: Points, sides: list[int]) -> Step:
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    x, t = jnp.array(points), jnp.array(sides, dtype=float)

    def loss(numbers: list[Any]) -> Any:
        w1, b1, w2, b2, w3, b3 = numbers
        hidden = jax.nn.relu(jax.nn.relu(x @ w1.T + b1) @ w2.T + b2)
        scores = (hidden @ w3.T + b3)[:, 0]
        return jax.nn.relu(1 - t * scores).mean() + PENALTY * sum((p * p).sum() for p in numbers)

    @jax.jit
    def update(numbers: list[Any]) -> Any:
        error, slopes = jax.value_and_grad(loss)(numbers)
        return error, [p - RATE * slope for p, slope in zip(numbers, slopes)]

    numbers = [jnp.array(each) for layer in layers() for each in layer]

    def step() -> float:
        nonlocal numbers
        error, numbers = update(numbers)
        return float(error)

    return step


def ways() -> dict[str, Callable[[Points, list[int]], Step]]:
    """Those that can be tried here."""
    backends = available()
    found = {"on Values": on_values, "compiled: Python": compiled("python")}
    found |= {"compiled: C": compiled("c")} if "c" in backends else {}
    found |= {"compiled: machine code": compiled("llvm")} if "llvm" in backends else {}
    found |= {"PyTorch": with_torch} if find_spec("torch") else {}
    return found | ({"JAX, jit": with_jax} if find_spec("jax") else {})


# ---- trying them ------------------------------------------------------------------------------------


def tried(prepare: Callable[[Points, list[int]], Step], seconds: float) -> tuple[list[float], float, float]:
    """The losses of the first steps, the seconds until the first was done, and the median seconds of a later one."""
    points, sides = make_moons(rng=1)
    started = time.perf_counter()
    step = prepare(points, sides)
    losses = [step()]
    first = time.perf_counter() - started
    losses += [step() for _ in range(STEPS - 1)]
    taken, until = [], time.perf_counter() + seconds
    while time.perf_counter() < until or not taken:
        began = time.perf_counter()
        step()
        taken.append(time.perf_counter() - began)
    return losses, first, median(taken)


def draw(rows: dict[str, tuple[float, float]], path: Path) -> Path:
    """A bar for each way, on a logarithmic scale: every line to the right is ten times as long."""
    made, [axes] = pictures.figure(1, 7.0, 0.9 + 0.5 * len(rows))
    names = list(rows)[::-1]
    steps = [1e6 * rows[name][1] for name in names]
    colours = [pictures.ORANGE if name.startswith(("PyTorch", "JAX")) else pictures.BLUE for name in names]
    bars = axes.barh(names, steps, color=colours)
    axes.bar_label(bars, [f"{each:,.0f} µs" for each in steps], padding=4)
    axes.set(xscale="log", xlim=(1, 6 * max(steps)), xlabel="µs, on a logarithmic scale")
    axes.set_title("A training step of an MLP 2-16-16-1 on 100 points, the loss read each time", fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
    return pictures.save(made, path)


def main(folder: str | Path = "compiled", seconds: float = 1.0) -> dict[str, tuple[float, float]]:
    """Time every way, print the table, draw the bars; the seconds of the first and of a later step of each."""
    rows: dict[str, tuple[float, float]] = {}
    expected: list[float] = []
    print(f"{network()}, 100 points, hinge loss and penalty, gradient descent\n")
    print(f"{'':24}{'first step':>14}{'a step':>14}{'times faster':>14}")
    for name, prepare in ways().items():
        losses, first, later = tried(prepare, seconds)
        expected = expected or losses
        if max(abs(a - b) for a, b in zip(losses, expected)) > 1e-9:
            raise ArithmeticError(f"{name} has losses {losses}, not {expected}\nthis should not happen: report it")
        rows[name] = first, later
        print(f"{name:24}{first:12.3f} s{1e6 * later:11,.1f} µs{rows['on Values'][1] / later:13,.1f}x")
    print(f"\nthe same losses, all of them: {', '.join(f'{loss:.6f}' for loss in expected)}")
    try:
        print("wrote", draw(rows, Path(folder) / "compiled.png"))
    except ImportError as error:
        print(f"no picture: {error}")
    return rows


if __name__ == "__main__":
    main(*sys.argv[1:2])
