"""The tour: an expression with its gradients, its graph as a picture, and a network that learns to tell penguins apart.

    python -m demos.tour [folder]

Takes a few seconds and writes its pictures to the folder `tour`. Without Graphviz or matplotlib it skips the pictures
and says what to install.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import autograd
import nn
from autograd import Value, no_grad
from demos import pictures
from demos.penguins import MEASUREMENTS, SPECIES, Penguins, load

EXPRESSION = """
a = Value(2.0)
b = Value(-3.0)
c = Value(10.0)
d = a * b + c
y = tanh(d / 4) * a
y.backward()
y
a.grad, b.grad, c.grad
(y.parents[0].op, d.op)
"""

SEED = 7


def main(folder: str | Path = "tour", epochs: int = 60) -> float:
    """Run the tour and return the network's accuracy on held-out penguins."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    written: list[Path] = []
    print("1. An expression, and how its value changes with each input\n")
    names = repl(EXPRESSION)
    print("\n2. The graph that was recorded, with data and gradients\n")
    attempt(written, lambda: draw_expression(names, folder))
    print("\n3. A network learns to tell three species of penguins by four measurements\n")
    penguins = load(SEED)
    model, history = learn(penguins, epochs)
    right = evaluate(model, penguins)
    attempt(written, lambda: [draw_learning(model, history, penguins, right, folder / "penguins.png")])
    print(f"\nDone in {time.perf_counter() - started:.1f} s.", "Open what was drawn:" if written else "")
    for path in written:
        print(f"    {path}")
    print("Next: python -m demos.moons, then autograd/value.py, the engine in one sitting.")
    return right


def repl(text: str) -> dict[str, Any]:
    """Show each line as at Python's prompt, run it, show what it gives; return the variables."""
    names: dict[str, Any] = {"Value": Value, "tanh": autograd.tanh}
    for line in ["from autograd import Value, tanh", *text.strip().splitlines()]:
        print(f">>> {line}")
        exec(compile(line, "<tour>", "single"), names)
    return names


def attempt(written: list[Path], draw: Callable[[], list[Path]]) -> None:
    """Draw, or say why there is no picture."""
    try:
        paths = draw()
    except (ImportError, RuntimeError) as error:
        print("    no picture: " + str(error).replace("\n", "\n    "))
        return
    written += paths
    for path in paths:
        print(f"    wrote {path}")


def draw_expression(names: dict[str, Any], folder: Path) -> list[Path]:
    picture = autograd.draw(names["y"], names)
    return [picture.save(folder / "expression.svg"), picture.save(folder / "expression.png")]


def learn(penguins: Penguins, epochs: int) -> tuple[nn.MLP, nn.History]:
    """Train an MLP on the training samples; the held-out ones are only watched."""
    model = nn.MLP(4, [8, 3], activation="tanh", rng=SEED)
    total = len(penguins.inputs) + len(penguins.held_out_inputs)
    print(f"    {total} penguins ({penguins.missing} more lack a measurement and are left out):")
    print(f"    {len(penguins.inputs)} to learn from, {len(penguins.held_out_inputs)} held out")
    print(f"    {model}")
    history = nn.fit(
        model,
        penguins.inputs,
        penguins.species,
        loss=nn.cross_entropy,
        optimizer=nn.SGD(model.parameters(), lr=0.05, momentum=0.9),
        epochs=epochs,
        batch_size=16,
        validation=(penguins.held_out_inputs, penguins.held_out_species),
        rng=SEED,
    )
    for epoch in sorted({0, epochs // 8, epochs // 3, epochs - 1}):
        print(f"    epoch {epoch + 1:3}: loss {history.loss[epoch]:.4f}, held out {history.validation_loss[epoch]:.4f}")
    return model, history


def evaluate(model: nn.MLP, penguins: Penguins) -> float:
    """Print and return the accuracy on the held-out penguins."""
    with no_grad():
        outputs = [model(x) for x in penguins.held_out_inputs]
    right = nn.accuracy(outputs, penguins.held_out_species)
    print(f"    held-out accuracy: {right:.1%}")
    return right


def draw_learning(model: nn.MLP, history: nn.History, penguins: Penguins, right: float, path: Path) -> Path:
    made, (left, plane) = pictures.figure(2, 11.0, 4.6)
    epochs = range(1, len(history.loss) + 1)
    left.plot(epochs, history.loss, color=pictures.BLUE, label="training")
    left.plot(epochs, history.validation_loss, color=pictures.ORANGE, linestyle="--", label="held out")
    left.set(xlabel="epoch", ylabel="cross-entropy", yscale="log", title="Learning")
    left.legend(frameon=False)
    draw_regions(plane, model, penguins)
    plane.set_title(f"A slice through what it learnt ({right:.1%} right by all four)")
    return pictures.save(made, path)


def draw_regions(plane: Any, model: nn.MLP, penguins: Penguins, x: int = 0, y: int = 2) -> None:
    """The species predicted in the plane of two measurements, the others at their means, and the held-out penguins."""
    labels = list(MEASUREMENTS.values())

    def original(value: float, axis: int) -> float:
        return value * penguins.spreads[axis] + penguins.means[axis]

    @no_grad()
    def predict(a: float, b: float) -> int:
        sample = [0.0] * 4
        sample[x] = (a - penguins.means[x]) / penguins.spreads[x]
        sample[y] = (b - penguins.means[y]) / penguins.spreads[y]
        return nn.predicted(model(sample))

    spans = [(original(-2.6, axis), original(2.6, axis)) for axis in (x, y)]
    pictures.regions(plane, predict, *spans, classes=3)
    for which, name in enumerate(SPECIES):
        birds = [bird for bird, kind in zip(penguins.held_out_inputs, penguins.held_out_species) if kind == which]
        xs, ys = ([original(bird[axis], axis) for bird in birds] for axis in (x, y))
        pictures.points(plane, xs, ys, which, label=name)
    others = " and ".join(labels[axis].split(" (")[0] for axis in range(4) if axis not in (x, y))
    plane.set(xlabel=labels[x], ylabel=labels[y])
    plane.legend(
        loc="lower right",
        title=f"regions: {others} at their means\npoints: held-out penguins",
        fontsize=8,
        title_fontsize=8,
    )


if __name__ == "__main__":
    main(*sys.argv[1:2])
