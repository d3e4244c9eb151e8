"""Names, letter by letter: a recurrent network and a tiny attention model learn what comes next, and invent some.

    python -m demos.names [folder]

The first names of the US census of 1990 (public domain; the PyPI package `names` carries them), each once, however
frequent; up to ten letters. A tenth is held out, another tenth decides when to stop. What is measured is the surprise
of a letter of a held-out name, -log p in nats, the name's end counted as a letter: guessing blindly costs log 27, 3.30.

The baselines count: how often does a letter follow the one before (bigram), or the two before (trigram)? To every count
something is added, so that nothing is impossible; how much is decided on the names that also decide when to stop. The
networks see all letters so far. The recurrent one (gated units, Cho et al. 2014) reads them one after the other and
keeps what it needs in 24 numbers; gradients flow back through all steps of a name. The attention model (Vaswani et al.
2017; one block, after the idea of Karpathy's microgpt) looks at all letters so far at once, and learns where to look.

A name takes some thousand operations forward and twice as many back, so both are trained compiled: names are padded to
the same length, and what is predicted there costs nothing. The first steps are taken on Values too, and must agree.
"""

from __future__ import annotations

import math
import random
import sys
import time
from collections import Counter
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import Any, NamedTuple

import nn
from autograd import Value, log_softmax, logsumexp, no_grad, softmax, step, where
from demos import pictures
from nn.classifying import chosen

LETTERS = ".abcdefghijklmnopqrstuvwxyz"  # the dot begins and ends a name
LONGEST = 10
NOTHING = -1  # a target that does not count


class Names(NamedTuple):
    """Names in three parts: to learn from, to decide by, and to report on."""

    training: list[str]
    validation: list[str]
    held_out: list[str]


def load(seed: int = 0) -> Names:
    """All names of at most ten letters, each in one part only, in an order of chance."""
    try:
        import names
    except ImportError:
        raise SystemExit(
            f"the census comes with the package names, which is not installed\n{pictures.INSTALL}"
        ) from None
    found = set()
    for sex in ("female", "male"):
        lines = (Path(names.__file__).parent / f"dist.{sex}.first").read_text(encoding="ascii").splitlines()
        found |= {line.split()[0].lower() for line in lines if line.strip()}
    chosen_names = sorted(name for name in found if len(name) <= LONGEST)
    random.Random(seed).shuffle(chosen_names)
    tenth = len(chosen_names) // 10
    return Names(chosen_names[2 * tenth :], chosen_names[tenth : 2 * tenth], chosen_names[:tenth])


def encoded(names: list[str]) -> tuple[list[list[int]], list[list[int]]]:
    """For each name what is seen, and what comes next, both padded to the same length.

    >>> seen, following = encoded(["ada"])
    >>> seen[0][:5], following[0][:5]
    ([0, 1, 4, 1, 0], [1, 4, 1, 0, -1])
    """
    numbers = [[LETTERS.index(letter) for letter in name] for name in names]
    seen = [([0, *each] + [0] * LONGEST)[: LONGEST + 1] for each in numbers]
    following = [([*each, 0] + [NOTHING] * LONGEST)[: LONGEST + 1] for each in numbers]
    return seen, following


def letters_in(names: list[str]) -> int:
    """How many letters are to be predicted, ends included."""
    return sum(len(name) + 1 for name in names)


# ---- counting ---------------------------------------------------------------------------------------


class Counts:
    """Which letters follow the `order` letters before them, with `added` added to each count."""

    def __init__(self, names: list[str], order: int, added: float) -> None:
        self.order, self.added = order, added
        self.pairs: Counter[str] = Counter()
        self.contexts: Counter[str] = Counter()
        for name in names:
            for context, letter in self.parts(name):
                self.pairs[context + letter] += 1
                self.contexts[context] += 1

    def parts(self, name: str) -> list[tuple[str, str]]:
        """Each letter of a name with those before it.

        >>> Counts([], 2, 1.0).parts("al")
        [('..', 'a'), ('.a', 'l'), ('al', '.')]
        """
        padded = "." * self.order + name + "."
        return [(padded[k : k + self.order], padded[k + self.order]) for k in range(len(name) + 1)]

    def probability(self, context: str, letter: str) -> float:
        return (self.pairs[context + letter] + self.added) / (self.contexts[context] + self.added * len(LETTERS))

    def surprise(self, names: list[str]) -> float:
        """The mean of -log p over the letters of some names, in nats."""
        return -fmean(math.log(self.probability(*part)) for name in names for part in self.parts(name))


def counted(names: Names, order: int) -> Counts:
    """Counts of the training names, with what is best added as far as the validation names tell."""
    tried = [Counts(names.training, order, added) for added in (0.01, 0.03, 0.1, 0.3, 1.0, 3.0)]
    return min(tried, key=lambda counts: counts.surprise(names.validation))


# ---- networks ---------------------------------------------------------------------------------------


class Recurrent(nn.Module):
    """Letters as vectors, gated units that read them in turn, and a score for each letter that may follow."""

    def __init__(self, hidden: int = 24, rng: int = 0) -> None:
        generator = random.Random(rng)
        self.embedding = nn.Embedding(len(LETTERS), 8, rng=generator)
        self.memory = nn.GRU(8, hidden, rng=generator)
        self.head = nn.Layer(hidden, len(LETTERS), rng=generator)

    def __call__(self, symbols: Any) -> list[list[Value]]:
        states, _ = self.memory(self.embedding(symbols))
        return [self.head(state) for state in states]


class Attentive(nn.Module):
    """Letters and places as vectors; each looks at those before it, thinks, and gives a score for each letter."""

    def __init__(self, width: int = 16, heads: int = 4, rng: int = 0) -> None:
        generator = random.Random(rng)
        self.letters = nn.Embedding(len(LETTERS), width, rng=generator)
        self.places = nn.Embedding(LONGEST + 1, width, rng=generator)
        self.before_looking, self.before_thinking = nn.LayerNorm(width), nn.LayerNorm(width)
        self.look = nn.MultiHeadAttention(width, heads, rng=generator, causal=True)
        self.think = nn.MLP(width, [2 * width, width], activation="relu", rng=generator)
        self.head = nn.Layer(width, len(LETTERS), rng=generator)

    def vectors(self, symbols: Any) -> list[list[Any]]:
        """What the letters and their places say, before any looks at another."""
        places = self.places(list(range(len(symbols))))
        return [added(letter, place) for letter, place in zip(self.letters(symbols), places)]

    def __call__(self, symbols: Any) -> list[list[Value]]:
        stream = self.vectors(symbols)
        looked = self.look([self.before_looking(x) for x in stream])
        stream = [added(x, y) for x, y in zip(stream, looked)]
        stream = [added(x, self.think(self.before_thinking(x))) for x in stream]
        return [self.head(x) for x in stream]

    def weights(self, symbols: list[int], head: int) -> list[list[float]]:
        """Where a head looks: for each letter, a probability for each up to it."""
        inputs = [self.before_looking(x) for x in self.vectors(symbols)]
        size = self.look.width // self.look.heads
        part = slice(head * size, (head + 1) * size)
        queries, keys = ([x[part] for x in self.look.projected(place, inputs)] for place in (0, 1))
        return [[float(w.data) for w in row] for row in nn.attention_weights(queries, keys, causal=True)]


def added(x: list[Any], y: list[Any]) -> list[Any]:
    return [a + b for a, b in zip(x, y)]


def name_loss(outputs: Any, targets: Any) -> Any:
    """The surprise of a name, all its letters together; the mean over the names of a batch."""
    costs = [cost(scores, which) for name, letters in zip(outputs, targets) for scores, which in zip(name, letters)]
    return sum(costs) * (1.0 / len(outputs))


def cost(scores: Any, which: Any) -> Any:
    """-log p of a letter; 0 where there is none. In compiled code the letter is a Value."""
    if isinstance(which, Value):
        return where(step(which + 0.5), logsumexp(scores) - chosen(scores, which), 0.0)
    return 0.0 if which == NOTHING else -log_softmax(scores, index=which)


def learn(model: nn.Module, names: Names, epochs: int, rng: int = 0, compile: bool = True) -> nn.History:
    """Train with Adam, keep the model that was best on the validation names; losses a letter, not a name."""
    (seen, following), check = encoded(names.training), encoded(names.validation)
    optimizer = nn.Adam(model.parameters(), lr=0.01)
    history = nn.fit(
        *(model, seen, following), loss=name_loss, optimizer=optimizer, epochs=epochs, batch_size=32, clip_norm=5.0,
        schedule=nn.CosineAnnealingLR(optimizer, T_max=epochs), early_stopping=nn.EarlyStopping(None), rng=rng,
        validation=check, compile=compile, progress=False,
    )  # fmt: skip
    for curve, part in ((history.loss, names.training), (history.validation_loss, names.validation)):
        curve[:] = [loss * len(part) / letters_in(part) for loss in curve]
    return history


@no_grad()
def surprise(model: Any, names: list[str]) -> float:
    """The mean of -log p over the letters of some names, in nats; computed on Values."""
    seen, following = encoded(names)
    total = sum(name_loss([model(x)], [t]).data for x, t in zip(seen, following))
    return total / letters_in(names)


def check_first_steps(model_of: Any, names: Names, count: int = 8) -> None:
    """ArithmeticError unless training on Values and compiled training have the same losses."""
    few = Names(names.training[:count], names.validation[:2], [])
    eager, compiled = (learn(model_of(rng=1), few, 2, compile=way).loss for way in (False, True))
    if max(abs(a - b) for a, b in zip(eager, compiled)) > 1e-9:
        raise ArithmeticError(f"compiled training has the losses {compiled}, not {eager}\nthis should not happen")


@no_grad()
def invent(model: Any, rng: random.Random) -> str:
    """A name, letter after letter, each drawn with its probability."""
    name = ""
    while len(name) < LONGEST:
        scores = model([LETTERS.index(letter) for letter in "." + name])[-1]
        [letter] = rng.choices(LETTERS, softmax([z.data for z in scores]))
        if letter == ".":
            break
        name += letter
    return name


# ---- the demonstration ------------------------------------------------------------------------------


@no_grad()
def draw(
    trained: dict[str, tuple[Any, nn.History]], lines: dict[str, float], path: Path, name: str = "katherine"
) -> Path:
    """The losses as they fell, the letters as the recurrent network sees them, and where the attention model looks."""
    made, (losses, letters, looks) = pictures.figure(3, 13.0, 4.2)
    for colour, (title, (_, history)) in zip((pictures.BLUE, pictures.ORANGE), trained.items()):
        losses.plot(history.validation_loss, color=colour, label=title)
    for style, (title, level) in zip((":", "--"), lines.items()):
        losses.axhline(level, color="black", linestyle=style, linewidth=1.0, label=title)
    losses.set(xlabel="epoch", ylabel="surprise of a letter (nats), validation names", title="Learning (blindly: 3.30)")
    losses.legend(frameon=False)
    recurrent, attentive = (model for model, _ in trained.values())
    draw_letters(letters, recurrent.embedding.weight)
    name = name[:LONGEST]
    weights = attentive.weights([LETTERS.index(letter) for letter in "." + name], head=0)
    rows = [row + [math.nan] * (len(weights) - len(row)) for row in weights]
    looks.imshow(rows, cmap="Blues", vmin=0.0, vmax=1.0)
    ticks = {"ticks": range(len(name) + 1), "labels": list("." + name)}
    looks.set_xticks(**ticks)
    looks.set_yticks(**ticks)
    looks.set(xlabel="... looks at", ylabel="to say what follows, ...", title="Attention, the first of four heads")
    return pictures.save(made, path)


def draw_letters(axes: Any, vectors: list[list[Value]]) -> None:
    """The letters' vectors in the plane in which they differ most, vowels in a colour of their own."""
    import numpy as np

    table = np.array([[x.data for x in vector] for vector in vectors])
    table = table - table.mean(axis=0)
    places = table @ np.linalg.svd(table, full_matrices=False)[2][:2].T
    for letter, (x, y) in zip(LETTERS, places):
        vowel = letter in "aeiouy"
        axes.text(x, y, letter, ha="center", va="center", color=pictures.ORANGE if vowel else pictures.BLUE)
    axes.set(xlim=(places[:, 0].min() - 0.5, places[:, 0].max() + 0.5))
    axes.set(ylim=(places[:, 1].min() - 0.5, places[:, 1].max() + 0.5))
    axes.set(xticks=[], yticks=[], title="Letters as vectors (vowels in orange)")


def main(
    folder: str | Path = "names", epochs: int = 30, count: int | None = None, hidden: int = 24, width: int = 16
) -> dict[str, float]:
    """Count, train both networks, compare on held-out names, invent some, draw; the surprise of each way."""
    names = load()
    names = names._replace(training=names.training[:count], held_out=names.held_out[:count])
    known = {*names.training, *names.validation, *names.held_out}
    sizes = ", ".join(
        f"{len(part)} {title}" for title, part in zip(("to learn from", "to decide by", "held out"), names)
    )
    print(f"{sizes}; blind guessing costs {math.log(len(LETTERS)):.3f} nats a letter\n")
    counts = {title: counted(names, order) for title, order in (("bigram", 1), ("trigram", 2))}
    found = {title: each.surprise(names.held_out) for title, each in counts.items()}
    lines = {title: each.surprise(names.validation) for title, each in counts.items()}
    for title, level in found.items():
        print(f"{title:12}{level:.3f}")
    trained = {}
    for title, model_of in (("recurrent", partial(Recurrent, hidden)), ("attention", partial(Attentive, width))):
        check_first_steps(model_of, names)
        began, model = time.perf_counter(), model_of()
        trained[title] = model, learn(model, names, epochs)
        found[title] = surprise(model, names.held_out)
        rng = random.Random(7)
        invented = [invent(model, rng) for _ in range(12)]
        told = " ".join(name.capitalize() + "*" * (name in known) for name in invented)
        seconds = time.perf_counter() - began
        print(f"{title:12}{found[title]:.3f}   {len(model.parameters())} parameters, {seconds:.0f} s\n{'':12}{told}")
    print(f"{'':12}(* is in the census; the first steps on Values agree with the compiled ones to 1e-9)")
    try:
        print("wrote", draw(trained, lines, Path(folder) / "names.png"))
    except ImportError as error:
        print(f"no picture: {error}")
    return found


if __name__ == "__main__":
    main(*sys.argv[1:2])
