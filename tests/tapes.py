"""Random tapes, difficult numbers, how close results are, calling native code: what the tests of the compiler share."""

from __future__ import annotations

import ctypes
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
from autograd.compiling.tape import CALL, CONSTANT, DOT, ELEMENTARY, INPUT, SUM, WHERE, Entry, Tape

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
    entries: list[Entry] = [(INPUT, number) for number in range(inputs)]
    lists: list[tuple[int, ...]] = []
    for _ in range(size):
        entries.append(random_entry(rng, inputs, entries, lists, operations, calls))
    outputs = [len(entries) - 1, *(rng.randrange(len(entries)) for _ in range(rng.randrange(5)))]
    labelled = rng.sample(range(len(entries)), len(entries) // 4)
    return Tape(tuple(entries), tuple(outputs), {slot: rng.choice(LABELS) for slot in labelled})


def random_entry(
    rng: random.Random,
    inputs: int,
    entries: Sequence[Entry],
    lists: list[tuple[int, ...]],
    operations: Sequence[str],
    calls: bool,
) -> Entry:
    def slots(count: int) -> tuple[int, ...]:
        """Of the last few, mostly, so that there are long ways from the inputs to the outputs."""
        return tuple(
            rng.randrange(max(0, len(entries) - 12) if rng.random() < 0.7 else 0, len(entries)) for _ in range(count)
        )

    def items(count: int) -> tuple[int, ...]:
        known = [each for each in lists if len(each) == count]
        step = rng.randint(1, 3)
        if known and rng.random() < 0.3:
            return rng.choice(known)
        if (count - 1) * step < inputs and rng.random() < 0.4:
            first = rng.randrange(inputs - (count - 1) * step)
            return tuple(range(first, first + count * step, step))[:count]
        lists.append(slots(count))
        return lists[-1]

    kind = rng.choice((CONSTANT, WHERE, SUM, DOT, CALL if calls else "", *[""] * 12))
    if kind == CONSTANT:
        return CONSTANT, rng.choice((*EDGES, 1.0, -1.0, 0.0, rng.gauss(0.0, 1.0)))
    if kind == WHERE:
        return WHERE, *slots(3)
    if kind == CALL:
        return CALL, own, *slots(2)
    count = rng.choice((1, 2, 3, 8, 9, 20))
    if kind == SUM:
        return SUM, *items(count)
    if kind == DOT:
        return DOT, *items(count), *items(count)
    if rng.random() < 0.1 and len(entries) > inputs:
        return rng.choice(entries[inputs:])  # the same again
    name = rng.choice(operations)
    return name, *slots(arity(name))


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


# ---- calling native code ---------------------------------------------------------------------------

Address = ctypes.c_void_p
ONE = ctypes.CFUNCTYPE(None, *[Address] * 3)
MANY = ctypes.CFUNCTYPE(None, *[Address] * 4, ctypes.c_int64, ctypes.c_int64)


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
        return (Address * len(arrays))(*map(address, arrays))

    target = address(outs) if isinstance(outs, array) else addresses(outs)
    MANY(code.address)(addresses(tables), address(shared), target, which and address(which), begin, end)
