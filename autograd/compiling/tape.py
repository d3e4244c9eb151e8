"""The tape: a graph as a straight line of operations on numbered slots, and how it is computed.

An entry is the name of an operation followed by the slots it takes; its own slot is its place on the tape. lowering.py
writes graphs down as tapes, passes.py makes tapes shorter, python.py, c.py, x86.py and llvm/ turn them into code. The
interpreter at the foot of this file says what a tape means: passes and backends are tested against it. Next: passes.py.
"""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from autograd import activations, functions, reductions, trigonometry, value
from autograd.value import Operation

INPUT, CONSTANT, CALL, WHERE, SUM, DOT = "input", "constant", "call", "where", "sum", "dot"
LEAVES = (INPUT, CONSTANT)  # entries that compute nothing

# (INPUT, number of the input), (CONSTANT, x), (CALL, a user's operation, slots...), (WHERE, condition, x, y),
# (SUM, slots...), (DOT, the slots of one list..., those of the other...), or (name, slots...) for an operation of one
# or two numbers.
Entry = tuple[Any, ...]
Listed = TypeVar("Listed", tuple[Any, ...], list[Any])


@dataclass(frozen=True)
class Tape:
    """Entries, each of earlier slots; the slots that come out; and the user's names of some, for readers.

    >>> line = Tape(((INPUT, 0), ("*", 0, 0), (CONSTANT, 1.0), ("+", 1, 2)), (3,))
    >>> run(line, [3.0]), len(line)
    ([10.0], 2)
    """

    entries: tuple[Entry, ...]
    outputs: tuple[int, ...]
    names: dict[int, str] = field(default_factory=dict, compare=False)

    def __len__(self) -> int:
        """The number of operations: inputs and constants cost nothing."""
        return sum(entry[0] not in LEAVES for entry in self.entries)


def taken(entry: Entry) -> tuple[int, ...]:
    """The slots that an entry takes."""
    if entry[0] in LEAVES:
        return ()
    return entry[2:] if entry[0] == CALL else entry[1:]


def halves(both: Listed) -> tuple[Listed, Listed]:
    """The two lists of a DOT, whether of the slots that it takes or of what belongs to these.

    >>> halves((0, 1, 2, 7, 8, 9))
    ((0, 1, 2), (7, 8, 9))
    """
    half = len(both) // 2
    return both[:half], both[half:]


def users_operation(tape: Tape) -> Operation | None:
    """The first operation of the user's own on a tape, which only Python can call, if there is one."""
    return next((entry[1] for entry in tape.entries if entry[0] == CALL), None)


Rewrite = Callable[["Builder", Entry], "int | None"]  # the slot of something better, or None


class Builder:
    """A tape in the making. Equal entries are the same slot; `rewrites` may put something better in an entry's place.

    >>> builder = Builder()
    >>> x = builder.add(INPUT, 0)
    >>> builder.add("sin", x), builder.add("sin", x)
    (1, 1)
    """

    def __init__(self, *rewrites: Rewrite) -> None:
        self.entries: list[Entry] = []
        self.names: dict[int, str] = {}
        self.constants: dict[int, float] = {}
        self.known: dict[Entry, int] = {}
        self.rewrites = rewrites

    def add(self, *entry: Any) -> int:
        """The slot of an entry."""
        for rewrite in self.rewrites:
            slot = rewrite(self, entry)
            if slot is not None:
                return slot
        slot = self.known.get(entry)
        if slot is None:
            slot = self.known[entry] = len(self.entries)
            self.entries.append(entry)
        return slot

    def constant(self, x: float) -> int:
        key = (CONSTANT, repr(x))  # -0.0 equals 0.0, and nan nothing: they are told apart by how they are written
        slot = self.known.get(key)
        if slot is None:
            slot = self.known[key] = len(self.entries)
            self.entries.append((CONSTANT, x))
            self.constants[slot] = x
        return slot

    def tape(self, outputs: Sequence[int]) -> Tape:
        return Tape(tuple(self.entries), tuple(outputs), self.names)


# ---- what the operations mean ---------------------------------------------------------------------


def elementary() -> dict[str, Operation]:
    """The operations of one or two numbers, by the names they have on a tape."""
    found = {"+": value.ADD, "-": value.SUBTRACT, "*": value.MULTIPLY, "/": value.DIVIDE, "neg": value.NEGATE}
    found["**"] = functions.POWER
    for module in (functions, trigonometry, activations, reductions):
        for member in vars(module).values():
            operation = getattr(member, "operation", None)
            if operation is not None:
                found[operation.name] = operation
    return found


ELEMENTARY = elementary()


def evaluated(operation: Operation, *numbers: Any) -> float:
    """The result of an operation on floats, by IEEE 754 where Python raises."""
    try:
        return operation.forward(*numbers)
    except (ArithmeticError, ValueError) as error:
        if operation.exceptional is not None:
            return operation.exceptional(*numbers)
        return math.inf if isinstance(error, OverflowError) else math.nan


def added(terms: Iterable[float]) -> float:
    """((a + b) + c) + d, each sum rounded."""
    return functools.reduce(operator.add, terms)


def dot(xs: Sequence[float], ys: Sequence[float]) -> float:
    """The products of two lists, added up from left to right."""
    return added(map(operator.mul, xs, ys))


def result(entry: Entry, numbers: list[float]) -> float:
    """What an entry computes from the numbers in the slots it takes."""
    name = entry[0]
    if name == WHERE:
        return numbers[1] if numbers[0] else numbers[2]
    if name == SUM:
        return added(numbers)
    if name == DOT:
        return dot(*halves(numbers))
    if name == CALL:
        return evaluated(entry[1], numbers)
    return evaluated(ELEMENTARY[name], *numbers)


def run(tape: Tape, inputs: Sequence[float]) -> list[float]:
    """Compute a tape, entry by entry."""
    computed: list[float] = []
    for entry in tape.entries:
        if entry[0] == INPUT:
            computed.append(inputs[entry[1]])
        elif entry[0] == CONSTANT:
            computed.append(entry[1])
        else:
            computed.append(result(entry, [computed[slot] for slot in taken(entry)]))
    return [computed[slot] for slot in tape.outputs]


def listing(tape: Tape) -> str:
    """The tape as text, a line for each entry: its slot, its operation, the slots that it takes, and its name.

    >>> print(listing(Tape(((INPUT, 0), (CONSTANT, 2.0), ("*", 0, 1)), (2,), {0: "x"})))
      0  input 0         x
      1  constant 2.0
      2  * 0 1           output
    """
    lines = []
    for slot, entry in enumerate(tape.entries):
        written = " ".join(getattr(part, "name", str(part)) for part in entry)
        notes = [tape.names.get(slot, ""), "output" if slot in tape.outputs else ""]
        lines.append(f"{slot:3}  {written:14}  {' '.join(filter(None, notes))}".rstrip())
    return "\n".join(lines)
