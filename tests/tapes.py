"""Random tapes, difficult numbers, how close results are, calling native code: what the tests of the compiler share."""

from __future__ import annotations

import inspect
import itertools
import math
import random
import re
import struct
from array import array
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from autograd import custom
from autograd.compiling.passes import EXACT as REWRITES
from autograd.compiling.tables import ADDRESS, MANY, ONE
from autograd.compiling.tape import CALL, CONSTANT, DOT, ELEMENTARY, INPUT, SUM, WHERE, Builder, Entry, Tape

TINY, HUGE = 5e-324, 1.7976931348623157e308
EDGES = (
    *(0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 3.0, -3.0, 1.5, -2.5, 1 / 3, 0.1, math.pi, 20.0, -20.0, 37.0, -37.0),
    *(TINY, -TINY, 2.2e-308, -1e-310, 1e-20, -1e-20, 1e-8, 0.9999999999999999, 1.0000000000000002, -1.0000000000000002),
    *(709.0, 710.0, -745.0, -746.0, 1e5, 1e16, -1e16, 1e22, 1e154, -1e200, HUGE, -HUGE),
    *(math.inf, -math.inf, math.nan),
)
# Operations that IEEE 754 defines to the last bit, or that only compare and choose.
EXACT = ("+", "-", "*", "/", "neg", "step", "sign", "ordering", "floor", "ceil", "abs", "maximum", "minimum", "square")
EXACT += ("reciprocal", "sqrt", "relu", "leaky_relu", "softsign")

own = custom(lambda x, y: x * x - y, lambda x, y: (2 * x, -1.0), name="own").operation  # type: ignore[attr-defined]


def arity(name: str) -> int:
    """How many numbers an operation takes."""
    return len(inspect.signature(ELEMENTARY[name].forward).parameters)


def alone(name: str) -> Tape:
    """An operation on inputs."""
    count = arity(name)
    return Tape((*((INPUT, number) for number in range(count)), (name, *range(count))), (count,))


def points(count: int, edges: Sequence[float] = EDGES) -> Iterable[tuple[float, ...]]:
    """All difficult arguments of an operation of so many numbers."""
    return itertools.product(edges, repeat=count)


def random_tape(
    rng: random.Random, inputs: int, size: int, operations: Sequence[str] = tuple(ELEMENTARY), calls: bool = False
) -> Tape:
    """A tape of `inputs` inputs and `size` other entries: constants, choices, sums and products of lists, operations.

    Entries may occur twice, and be of no use to any output. Lists of neighbouring inputs are among them.
    """
    growing = Growing(rng, inputs, operations, calls)
    for _ in range(size):
        growing.entries.append(growing.entry())
    entries = growing.entries
    outputs = [len(entries) - 1, *(rng.randrange(len(entries)) for _ in range(rng.randrange(5)))]
    labelled = rng.sample(range(len(entries)), len(entries) // 4)
    return Tape(tuple(entries), tuple(outputs), {slot: rng.choice(LABELS) for slot in labelled})


class Growing:
    """A random tape in the making, and the lists of slots that its sums and products have had."""

    def __init__(self, rng: random.Random, inputs: int, operations: Sequence[str], calls: bool) -> None:
        self.rng, self.inputs, self.operations, self.calls = rng, inputs, operations, calls
        self.entries: list[Entry] = [(INPUT, number) for number in range(inputs)]
        self.lists: list[tuple[int, ...]] = []

    def slots(self, count: int) -> tuple[int, ...]:
        """Of the last few, mostly, so that there are long ways from the inputs to the outputs."""
        rng, made = self.rng, len(self.entries)
        return tuple(rng.randrange(max(0, made - 12) if rng.random() < 0.7 else 0, made) for _ in range(count))

    def items(self, count: int) -> tuple[int, ...]:
        """The members of a list: one that was there before, inputs at equal distances, or any slots."""
        rng, known = self.rng, [each for each in self.lists if len(each) == count]
        step = rng.randint(1, 3)
        if known and rng.random() < 0.3:
            return rng.choice(known)
        if (count - 1) * step < self.inputs and rng.random() < 0.4:
            first = rng.randrange(self.inputs - (count - 1) * step)
            return tuple(range(first, first + count * step, step))
        self.lists.append(self.slots(count))
        return self.lists[-1]

    def entry(self) -> Entry:
        rng = self.rng
        kind = rng.choice((CONSTANT, WHERE, SUM, DOT, CALL if self.calls else "", *[""] * 12))
        if kind == CONSTANT:
            return CONSTANT, rng.choice((*EDGES, 1.0, -1.0, 0.0, rng.gauss(0.0, 1.0)))
        if kind == WHERE:
            return WHERE, *self.slots(3)
        if kind == CALL:
            return CALL, own, *self.slots(2)
        count = rng.choice((1, 2, 3, 8, 9, 20))
        if kind == SUM:
            return SUM, *self.items(count)
        if kind == DOT:
            return DOT, *self.items(count), *self.items(count)
        if rng.random() < 0.1 and len(self.entries) > self.inputs:
            return rng.choice(self.entries[self.inputs :])  # the same again
        name = rng.choice(self.operations)
        return name, *self.slots(arity(name))


# Names that a program may have trouble with: keywords, functions, macros, names alike, letters that it does not know.
LABELS = re.findall(
    r"\S+",
    r"""
    x loss w[0] w[1] layer.b θ σ̂ é 日本 x² v12 v12_2 2nd _ __ __x " */ \ #define i k
    inputs terms kept row shared out compiled sin exp2 pow dot added relu step whole_below
    lambda None class list nan int double restrict NAN INFINITY M_PI linux malloc main
    a_label_that_goes_on_and_on,_as_some_do,_until_it_has_reached_the_end_of_the_line
    """,
)


def numbers_in(structure: Any) -> list[float]:
    """The numbers of nested lists, tuples and dictionaries, in order."""
    if isinstance(structure, dict):
        structure = list(structure.values())
    return [x for part in structure for x in numbers_in(part)] if isinstance(structure, (list, tuple)) else [structure]


def random_numbers(rng: random.Random, count: int) -> list[float]:
    """Numbers of which some are difficult."""
    return [rng.choice(EDGES) if rng.random() < 0.2 else rng.gauss(0.0, 2.0) for _ in range(count)]


def bits(numbers: Iterable[float]) -> list[bytes]:
    """What numbers are made of, to compare them by: -0.0 is not 0.0, and every nan is the same."""
    return [struct.pack("d", math.nan if x != x else x) for x in numbers]


def ulps(a: float, b: float) -> float:
    """How many floats apart two numbers are; 0 for two nans."""
    if a == b or (a != a and b != b):
        return 0
    if not (math.isfinite(a) and math.isfinite(b)):
        return math.inf
    places = [struct.unpack("q", struct.pack("d", x))[0] for x in (a, b)]
    first, second = (place if place >= 0 else -(2**63) - place for place in places)
    return abs(first - second)


# ---- tapes with a pattern ---------------------------------------------------------------------------


def regular_tape(rng: random.Random, inputs: int, steps: int) -> Tape:
    """A tape of vectors and tables of operations on vectors that came before, as programs over arrays would be."""
    builder = Builder()
    known = [
        [builder.add(INPUT, number) for number in range(inputs)],
        [builder.constant(x) for x in (0.0, 1.5, -2.0, 3.0)],
    ]

    def walk(count: int) -> list[int]:
        source = rng.choice(known[-6:] + known[:2])
        if len(source) < count or rng.random() < 0.2:
            return [rng.choice(source)] * count
        step = rng.randint(1, max(1, (len(source) - 1) // max(count - 1, 1)))
        first = rng.randrange(len(source) - step * (count - 1))
        return source[first : first + step * count : step][:count][:: rng.choice((1, 1, 1, -1))]

    def made(count: int) -> list[int]:
        terms, other = rng.choice((1, 3, 6, 9)), rng.choice((3, 4, 8, 10))
        kind = rng.choice((DOT, SUM, WHERE, "each", "each", "pairs", "unary"))
        if kind == DOT:
            return [builder.add(DOT, *walk(terms), *walk(terms)) for _ in range(count)]
        if kind == SUM:
            return [builder.add(SUM, *walk(terms)) for _ in range(count)]
        if kind == WHERE:
            return [builder.add(WHERE, *slots) for slots in zip(walk(count), walk(count), walk(count))]
        if kind == "unary":
            name = rng.choice(("neg", "step", "abs", "sign"))
            return [builder.add(name, x) for x in walk(count)]
        name = rng.choice(("+", "-", "*", "/", "maximum"))
        pairs = zip(walk(count), walk(count)) if kind == "each" else itertools.product(walk(count), walk(other))
        return [builder.add(name, x, y) for x, y in pairs]

    for _ in range(steps):
        known.append(made(rng.choice((1, 2, 3, 5, 8, 9, 16, 19))))
    outputs = [slot for each in known[2:] if rng.random() < 0.5 for slot in each] or known[-1]
    if rng.random() < 0.3:
        rng.shuffle(outputs)
    return builder.tape(outputs)


def network(widths: Sequence[int], penalty: float = 0.0) -> tuple[Tape, int]:
    """Loss and gradients of a multilayer perceptron, by hand: softmax cross-entropy against a class.

    A row is the inputs, then the class; parameters are shared, neuron by neuron.
    """
    builder = Builder(*REWRITES)
    add, zero, one_ = builder.add, builder.constant(0.0), builder.constant(1.0)
    row = widths[0] + 1
    x, target = [add(INPUT, place) for place in range(row - 1)], add(INPUT, row - 1)
    numbers = itertools.count(row)
    layers = [
        [[add(INPUT, next(numbers)) for _ in range(nin + 1)] for _ in range(nout)]
        for nin, nout in itertools.pairwise(widths)
    ]
    activations, sums_ = [x], []
    for layer in layers:
        sums_.append([add("+", add(DOT, *neuron[:-1], *activations[-1]), neuron[-1]) for neuron in layer])
        activations.append([add(WHERE, add("step", z), z, zero) for z in sums_[-1]])
    scores = sums_[-1]
    largest = scores[0]
    for score in scores[1:]:
        largest = add("maximum", largest, score)
    powers = [add("exp", add("-", score, largest)) for score in scores]
    total = add(SUM, *powers)
    hits = [add("-", one_, add("abs", add("ordering", target, builder.constant(float(k))))) for k in range(len(scores))]
    loss = add("-", add("+", largest, add("log", total)), add(DOT, *hits, *scores))
    slopes = [add("-", add("/", power, total), hit) for power, hit in zip(powers, hits)]
    gradients: list[int] = []
    for number in reversed(range(len(layers))):
        products = [[*(add("*", g, x) for x in activations[number]), g] for g in slopes]
        gradients = [slot for neuron in products for slot in neuron] + gradients
        if number:
            back = [add(DOT, *[neuron[k] for neuron in layers[number]], *slopes) for k in range(widths[number])]
            slopes = [add("*", g, add("step", z)) for g, z in zip(back, sums_[number - 1])]
    if penalty:
        parameters = [slot for layer in layers for neuron in layer for slot in neuron]
        loss = add("+", loss, add("*", builder.constant(penalty), add(DOT, *parameters, *parameters)))
        gradients = [add("+", g, add("*", builder.constant(2 * penalty), p)) for g, p in zip(gradients, parameters)]
    return builder.tape([loss, *gradients]), row


# ---- calling native code ---------------------------------------------------------------------------


def one(code: Any, row: int, results: int) -> Callable[[Sequence[float]], list[float]]:
    """Native code of the kind "one" as a function of all its numbers, those of the row first."""

    def function(numbers: Sequence[float]) -> list[float]:
        given, out = array("d", numbers), array("d", bytes(8 * results))
        start = given.buffer_info()[0]
        ONE(code.address)(start, start + 8 * row, out.buffer_info()[0])
        return out.tolist()

    return function


def many(code: Any, tables: Any, shared: Any, outs: Any, begin: int, end: int, which: Any = None) -> None:
    """Call native code of another kind: `outs` is a list of arrays, or, for "sums", one array."""

    def address(numbers) -> int:
        return numbers.buffer_info()[0]

    def addresses(arrays):
        return (ADDRESS * len(arrays))(*map(address, arrays))

    target = address(outs) if isinstance(outs, array) else addresses(outs)
    MANY(code.address)(addresses(tables), address(shared), target, which and address(which), begin, end)
