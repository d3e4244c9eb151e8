"""Handwritten digits, read by a small convolutional network: what it learns to look for, and what it gets wrong.

    python -m demos.digits [folder]

The 1,797 digits of 8 x 8 pixels that scikit-learn carries (UCI, Alpaydin and Kaynak 1998). A fifth is held out, drawn
by chance, and looked at only to report. A dense layer has a weight from every pixel to every unit. A convolution has
one small kernel, which it moves over the picture: the same nine weights look for the same stroke everywhere, so what is
learnt about a stroke at the top is known at the bottom. Here 8 kernels of 3 x 3 with their biases are 80 parameters; a
dense layer with as many outputs from as many pixels would need 8 * 64 * 65 = 33,280. Max pooling then keeps the
strongest response of every 2 x 2, and forgets where exactly it was.

The forward pass of one digit takes some thousand operations, so the network trains compiled (`nn.fit(compile=True)`);
the first steps are taken on Values too, and have to agree to 1e-9.
"""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path
from statistics import mean
from typing import Any, NamedTuple

import nn
from autograd import no_grad, softmax
from demos import pictures

Image = list[list[list[float]]]  # [channel][row][column], from 0 to 1
CLASSES = 10


class Digits(NamedTuple):
    """Images with the digits that they show, in two parts."""

    images: list[Image]
    digits: list[int]
    held_images: list[Image]
    held_digits: list[int]


def load(seed: int = 0, share: float = 0.2) -> Digits:
    """All digits in an order of chance; the first share of them is held out."""
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise SystemExit(f"the digits come with scikit-learn, which is not installed\n{pictures.INSTALL}") from None
    found = load_digits()
    order = list(range(len(found.target)))
    random.Random(seed).shuffle(order)
    images = [[[[float(x) / 16.0 for x in row] for row in found.images[k]]] for k in order]
    digits = [int(found.target[k]) for k in order]
    held = round(share * len(order))
    return Digits(images[held:], digits[held:], images[:held], digits[:held])


def network(rng: int) -> nn.Sequential:
    """8 x 8 pixels, 8 kernels of 3 x 3, the strongest of every 2 x 2, and a score for each digit."""
    generator = random.Random(rng)
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1, rng=generator),
        "relu",
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Layer(8 * 4 * 4, CLASSES, rng=generator),
    )


def dense(rng: int) -> nn.Sequential:
    """No hidden layer at all: a score for each digit is a weighted sum of the pixels."""
    return nn.Sequential(nn.Flatten(), nn.Layer(64, CLASSES, rng=rng))


def learn(model: nn.Module, data: Digits, epochs: int, rng: int, compile: bool = True) -> nn.History:
    """Train with Adam, whose learning rate falls to nothing along a cosine."""
    optimizer = nn.Adam(model.parameters(), lr=0.01)
    return nn.fit(
        *(model, data.images, data.digits), loss=nn.cross_entropy, optimizer=optimizer, epochs=epochs, batch_size=32,
        schedule=nn.CosineAnnealingLR(optimizer, T_max=epochs), rng=rng, compile=compile, progress=False,
        validation=(data.held_images, data.held_digits),
    )  # fmt: skip


def check_first_steps(data: Digits, count: int = 64) -> list[float]:
    """The losses of a short training on Values, once it is found to be the compiled one."""
    few = Digits(data.images[:count], data.digits[:count], data.held_images[:8], data.held_digits[:8])
    eager, compiled = (learn(network(1), few, 2, 1, compile).loss for compile in (False, True))
    if max(abs(a - b) for a, b in zip(eager, compiled)) > 1e-9:
        raise ArithmeticError(f"compiled training has the losses {compiled}, not {eager}\nthis should not happen")
    return eager


@no_grad()
def probabilities(model: Any, images: list[Image]) -> list[list[float]]:
    """What the network thinks of each image: a probability for each digit."""
    model.eval()
    return [softmax([score.data for score in scores]) for scores in model.batch(images)]


# ---- pictures ---------------------------------------------------------------------------------------


def draw(model: nn.Sequential, data: Digits, history: nn.History, path: Path) -> Path:
    """The kernels with what they see in a digit, what was read wrongly, and the accuracy as it grew."""
    made = pictures.figure(1, 9.0, 6.4)[0]
    made.clear()
    top, bottom = made.subfigures(2, 1, height_ratios=[1.0, 1.1])
    draw_kernels(top, model, data.held_images[0])
    left, right = bottom.subfigures(1, 2, width_ratios=[1.9, 1.0])
    draw_mistakes(left, model, data)
    axes = right.subplots()
    axes.plot(history.accuracy, color=pictures.BLUE, label="training")
    axes.plot(history.validation_accuracy, color=pictures.ORANGE, label="held out")
    axes.set(xlabel="epoch", ylabel="accuracy", ylim=(0.85, 1.005))
    axes.set_title(f"held out: {history.validation_accuracy[-1]:.1%} right", fontsize=10)
    axes.legend(loc="lower right", frameon=False)
    return pictures.save(made, path)


@no_grad()
def draw_kernels(part: Any, model: nn.Sequential, image: Image) -> None:
    """Each kernel above the map of where in one digit it responds, after relu."""
    kernels = nn.state_dict(model)["layers.0.weight"]
    maps = [[[max(z.data, 0.0) for z in row] for row in channel] for channel in model.layers[0](image)]
    part.suptitle("8 kernels (purple asks for ink, orange for none), and where each responds to the digit on the left")
    axes = part.subplots(2, 9)
    limit = max(abs(w) for [kernel] in kernels for row in kernel for w in row)
    axes[0][0].axis("off")
    show(axes[1][0], image[0], "gray_r")
    for column, ([kernel], seen) in enumerate(zip(kernels, maps), 1):
        show(axes[0][column], kernel, "PuOr", -limit, limit)
        show(axes[1][column], seen, "gray_r")


def draw_mistakes(part: Any, model: nn.Sequential, data: Digits, most: int = 8) -> None:
    """The held-out digits that were read wrongly, those first of which the network was surest."""
    thoughts = probabilities(model, data.held_images)
    wrong = [k for k, p in enumerate(thoughts) if nn.predicted(p) != data.held_digits[k]]
    wrong.sort(key=lambda k: -max(thoughts[k]))
    part.suptitle(f"{len(wrong)} of {len(thoughts)} held-out digits are misread; the surest mistakes:", fontsize=10)
    axes = list(part.subplots(2, most // 2).flat)
    for each in axes:
        each.axis("off")
    for each, k in zip(axes, wrong[:most]):
        read = nn.predicted(thoughts[k])
        show(each, data.held_images[k][0], "gray_r")
        each.set_title(f"a {data.held_digits[k]}, read as {read}\n({thoughts[k][read]:.0%} sure)", fontsize=7)


def show(axes: Any, image: list[list[float]], colours: str, low: float = 0.0, high: float | None = None) -> None:
    axes.imshow(image, cmap=colours, vmin=low, vmax=high)
    axes.set(xticks=[], yticks=[])


# ---- the demonstration ------------------------------------------------------------------------------


def confusions(model: nn.Module, data: Digits, most: int = 4) -> str:
    """Which digits are taken for which, the most frequent first."""
    counts: dict[str, int] = {}
    for p, digit in zip(probabilities(model, data.held_images), data.held_digits):
        if nn.predicted(p) != digit:
            name = f"{digit} for {nn.predicted(p)}"
            counts[name] = counts.get(name, 0) + 1
    usual = sorted(counts, key=lambda name: -counts[name])[:most]
    return ", ".join(f"{name} ({counts[name]})" for name in usual) or "none"


def main(folder: str | Path = "digits", epochs: int = 30, seeds: int = 5, count: int | None = None) -> list[float]:
    """Train once for each seed of split and weights, draw the first; the held-out accuracies."""
    data = load()
    first = ", ".join(f"{loss:.6f}" for loss in check_first_steps(data))
    print(f"{len(data.digits)} digits to learn from, {len(data.held_digits)} held out, another fifth for each seed")
    print(f"the first losses on Values, and compiled, the same to 1e-9: {first}\n")
    print(f"{'seed':4}{'weighted sums':>16}{'convolution':>14}{'seconds':>10}   taken for another")
    accuracies, plain = [], []
    for seed in range(seeds):
        data = load(seed)
        data = data._replace(images=data.images[:count], digits=data.digits[:count])
        started, model = time.perf_counter(), network(seed)
        history = learn(model, data, epochs, seed)
        seconds = time.perf_counter() - started
        accuracies.append(history.validation_accuracy[-1])
        plain.append(learn(dense(seed), data, epochs, seed).validation_accuracy[-1])
        print(f"{seed:4}{plain[-1]:16.1%}{accuracies[-1]:14.1%}{seconds:10.1f}   {confusions(model, data)}")
        if seed == 0:
            kept = model, data, history
    print(f"mean{mean(plain):16.1%}{mean(accuracies):14.1%}, {len(kept[0].parameters())} parameters")
    try:
        print("wrote", draw(*kept, Path(folder) / "digits.png"))
    except ImportError as error:
        print(f"no picture: {error}")
    return accuracies


if __name__ == "__main__":
    main(*sys.argv[1:2])
