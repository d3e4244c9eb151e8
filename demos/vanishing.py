"""Why deep networks did not learn, and what mended it: the gradient in every layer of networks 4 to 30 deep.

    python -m demos.vanishing [folder]

On its way down through a layer the gradient is multiplied by that layer's weights and by the slope of its activation. A
product of thirty such factors is nothing if they are a little below 1, and everything if they are a little above.

- The sigmoid's slope is at most 1/4: weights that keep lengths leave a quarter of the gradient after each layer, at
  most.
- tanh has the slope 1 at 0, and relu has it wherever it is open: then the weights alone decide. With variances of
  2 / (nin + nout) for tanh (Glorot and Bengio 2010), or 2 / nin for relu, which is open half of the time (He et al.
  2015), a signal keeps its size on the way up, and the gradient on the way down. Half of that is too little; twice is
  too much.
- Batch normalisation (Ioffe and Szegedy 2015) sets the size of the signal anew in every layer, whatever the weights
  are. So the sigmoid learns too. But before training the gradient then grows from layer to layer on its way down, in
  very deep networks beyond use (Yang et al. 2019): it is a remedy with a price.
- A shortcut around each layer (He et al. 2016) lets the gradient pass unmultiplied. What the layers add to it adds up
  instead, which relu shows: there it takes a normalisation, or smaller weights, besides.

What is measured: the root mean square of the loss's slopes by the outputs of a layer, before any training, on 64
penguins, for 12 units a layer, the median over seeds. A weight's slope is that times its input; where weights
are too small, inputs vanish on the way up as the gradient does on the way down. Then networks of 16 layers are trained,
and the picture shows which of them learn.
"""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean, median
from typing import Any, NamedTuple

import nn
from autograd import collector_paused
from demos import penguins, pictures

WIDTH, SAMPLES = 12, 64


class Kind(NamedTuple):
    """A kind of network: its activation, how large its weights begin, and what else is done against vanishing."""

    activation: str
    scale: float = 1.0  # times Glorot's, or for relu He's
    normalised: bool = False
    shortcuts: bool = False

    def __str__(self) -> str:
        size = f"{self.scale:g} * " * (self.scale != 1.0) + ("He" if self.activation == "relu" else "Glorot")
        more = " + batch normalisation" * self.normalised + " + shortcuts" * self.shortcuts
        return f"{self.activation}, {size}{more}"


KINDS = [
    Kind(activation, *more)
    for activation in ("sigmoid", "tanh", "relu")
    for more in ((0.5,), (1.0,), (2.0,), (1.0, True), (1.0, False, True))
]


class Block(nn.Module):
    """One layer: weights, then perhaps a normalisation, then the activation, and perhaps a shortcut around it all."""

    def __init__(self, nin: int, kind: Kind, rng: random.Random) -> None:
        self.linear = nn.Layer(nin, WIDTH, rng=rng)
        gain = kind.scale * (math.sqrt((nin + WIDTH) / nin) if kind.activation == "relu" else 1.0)  # He's over Glorot's
        for neuron in self.linear.neurons:
            for weight in neuron.w:
                weight.data *= gain
        layers = [self.linear, *([nn.BatchNorm(WIDTH)] if kind.normalised else []), kind.activation]
        self.layers = nn.Sequential(*layers)
        self.shortcut = kind.shortcuts and nin == WIDTH

    def __call__(self, x: Any) -> Any:
        return self.batch([x])[0]

    def batch(self, xs: Sequence[Any]) -> list[Any]:
        outputs = self.layers.batch(xs)
        return [[a + b for a, b in zip(x, y)] for x, y in zip(xs, outputs)] if self.shortcut else outputs


def network(kind: Kind, depth: int, seed: int) -> nn.Sequential:
    """As many layers as its depth says, the last a score for each species."""
    rng = random.Random(seed)
    blocks = [Block(WIDTH if k else 4, kind, rng) for k in range(depth - 1)]
    return nn.Sequential(*blocks, nn.Layer(WIDTH, 3, rng=rng))


# ---- the gradient before training -------------------------------------------------------------------


def gradients(kind: Kind, depth: int, seed: int, data: penguins.Penguins) -> list[float]:
    """For each layer, the first first: the root mean square of the loss's slopes by its outputs."""
    signals: list[Any] = [data.inputs[:SAMPLES]]
    with collector_paused():
        for layer in network(kind, depth, seed).layers:
            signals.append(layer.batch(signals[-1]))
        nn.cross_entropy(signals[-1], data.species[:SAMPLES]).backward()
    return [root_mean_square([output.grad for sample in signal for output in sample]) for signal in signals[1:]]


def root_mean_square(numbers: Sequence[float]) -> float:
    """
    >>> root_mean_square([3.0, -4.0, 0.0, 0.0])
    2.5
    """
    return math.sqrt(fmean(x * x for x in numbers))


def over_seeds(kind: Kind, depth: int, seeds: int, data: penguins.Penguins) -> list[float]:
    """The median of each layer's gradient over networks that begin with other weights."""
    return [median(layer) for layer in zip(*(gradients(kind, depth, seed, data) for seed in range(seeds)))]


# ---- what becomes of it in training -----------------------------------------------------------------


def learn(kind: Kind, depth: int, epochs: int, data: penguins.Penguins, compile: bool = True) -> nn.History:
    """Train with gradient descent in batches; compiled, but for batch normalisation, in which samples meet."""
    model = network(kind, depth, 0)
    return nn.fit(
        *(model, data.inputs, data.species), loss=nn.cross_entropy, lr=0.05, momentum=0.9, clip_norm=1.0, batch_size=43,
        epochs=epochs, compile=compile and not kind.normalised, progress=False,
        validation=(data.held_out_inputs, data.held_out_species),
    )  # fmt: skip


def check_first_steps(data: penguins.Penguins) -> None:
    """ArithmeticError unless training on Values and compiled training have the same losses."""
    eager, compiled = (learn(Kind("tanh"), 4, 2, data, compile=way).loss for way in (False, True))
    if max(abs(a - b) for a, b in zip(eager, compiled)) > 1e-9:
        raise ArithmeticError(f"compiled training has the losses {compiled}, not {eager}\nthis should not happen")


# ---- the picture and the table ----------------------------------------------------------------------

STYLES = [
    ((0.5,), "weights half as large", {"color": pictures.ORANGE, "linestyle": ":"}),
    ((2.0,), "weights twice as large", {"color": pictures.ORANGE, "linestyle": "--"}),
    ((1.0,), "Glorot's or He's weights", {"color": pictures.BLUE}),
    ((1.0, True), "with batch normalisation", {"color": pictures.GREEN}),
    ((1.0, False, True), "with shortcuts", {"color": "black", "linewidth": 1.0}),
]


def draw(deepest: dict[Kind, list[float]], trained: dict[Kind, nn.History], depth: int, path: Path) -> Path:
    """The gradient of each layer for the three activations, and which networks learn."""
    made, axes = pictures.figure(4, 13.0, 4.2)
    for panel, activation in zip(axes, ("sigmoid", "tanh", "relu")):
        for more, label, style in STYLES:
            sizes = deepest[Kind(activation, *more)]
            panel.plot(range(1, len(sizes) + 1), sizes, label=label, **style)
        panel.set(yscale="log", ylim=(1e-20, 1e8), xlabel="layer", title=activation)
        panel.grid(axis="y", alpha=0.3)
    axes[0].set_ylabel("slope of the loss by a layer's outputs")
    made.legend(*axes[0].get_legend_handles_labels(), loc="outside lower left", ncols=5, frameon=False, fontsize=9)
    for k, (kind, history) in enumerate(trained.items()):
        style = {"color": ("black", *pictures.COLOURS)[k // 2], "linestyle": ("-", "--")[k % 2]}
        axes[3].plot(
            range(1, len(history.loss) + 1), history.loss, label=str(kind).replace("ormalisation", "orm"), **style
        )
    axes[3].set(xlabel="epoch", ylabel="loss", ylim=(-0.05, 1.55), title=f"training networks of {depth} layers")
    axes[3].legend(frameon=False, fontsize=7.5, loc=(0.25, 0.33))
    return pictures.save(made, path)


def measure(depths: Sequence[int], seeds: int, data: penguins.Penguins) -> dict[Kind, list[float]]:
    """Print how much of the last layer's gradient arrives in the first one; the sizes in the deepest networks."""
    print("the first layer's gradient as a multiple of the last layer's, before training:\n")
    print(f"{'':40}" + "".join(f"{f'{depth} layers':>12}" for depth in depths))
    found = {}
    for kind in KINDS:
        sizes = [over_seeds(kind, depth, seeds, data) for depth in depths]
        print(f"{kind!s:40}" + "".join(f"{each[0] / each[-1]:12.1e}" for each in sizes))
        found[kind] = sizes[-1]
    return found


TRAINED = [
    Kind("sigmoid"),
    Kind("sigmoid", 1.0, True),
    Kind("tanh", 0.5),
    Kind("tanh"),
    Kind("relu", 0.5),
    Kind("relu"),
]


def main(
    folder: str | Path = "vanishing", depths: Sequence[int] = (4, 10, 30), seeds: int = 5, epochs: int = 25,
    trained_depth: int = 16,
) -> tuple[dict[Kind, list[float]], dict[Kind, nn.History]]:  # fmt: skip
    """Measure, train, print the tables and draw; the gradients in the deepest networks, and the trainings."""
    data = penguins.load()
    deepest = measure(depths, seeds, data)
    check_first_steps(data)
    print(f"\nnetworks of {trained_depth} layers after {epochs} epochs (guessing the most frequent species: 44 %):\n")
    trained = {}
    for kind in TRAINED:
        history = trained[kind] = learn(kind, trained_depth, epochs, data)
        way = "compiled" if history.compiled else "on Values"
        print(f"{kind!s:40}loss {history.loss[-1]:.3f}, held out {history.validation_accuracy[-1]:4.0%}  ({way})")
    print("(the first steps of a network of 4 layers on Values agree with the compiled ones to 1e-9)")
    try:
        print("\nwrote", draw(deepest, trained, trained_depth, Path(folder) / "vanishing.png"))
    except ImportError as error:
        print(f"no picture: {error}")
    return deepest, trained


if __name__ == "__main__":
    main(*sys.argv[1:2])
