"""What the backends that write source text share: names, expressions with the brackets they need, lines, functions.

A Writer goes along a tape once. What is used once is written where it is used, as long as that fits on a line; all else
gets a line and a name, the user's where there is one. Next: python.py.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from autograd.compiling.passes import drop
from autograd.compiling.tape import CALL, CONSTANT, DOT, INPUT, LEAVES, SUM, Entry, Tape, halves, taken

# How tightly an expression holds together, from `x if c else y` to a name.
CHOICE, ADDITION, PRODUCT, SIGN, ATOM = range(5)
INFIX = {"+": ADDITION, "-": ADDITION, "*": PRODUCT, "/": PRODUCT}

WIDTH = 96  # of a line, without the indentation of a function's body
LONGEST = 88  # of an expression
FEW = 8  # terms of a sum that are written out

Written = tuple[str, int]  # an expression, and how tightly it holds together


class Names:
    """Names for a program: each given once, none of them reserved.

    >>> names = Names(["tanh"])
    >>> names.new("w[0]"), names.new("w 0"), names.new("tanh"), names.new("2 x"), names.new("θ")
    ('w_0', 'w_0_2', 'tanh_2', '_2_x', 'θ')
    >>> Names([], plain=True).new("θ₁")                  # for languages that want ASCII
    'theta1'
    """

    def __init__(self, reserved: Iterable[str], plain: bool = False) -> None:
        self.taken, self.plain = set(reserved), plain
        self.counts: Counter[str] = Counter()

    def new(self, wanted: str) -> str:
        """A name not given yet, as like the one that is wanted as may be."""
        name = base = self.identifier(wanted)
        while name in self.taken:
            self.counts[base] += 1
            name = f"{base}_{self.counts[base] + 1}"
        self.taken.add(name)
        return name

    def identifier(self, text: str) -> str:
        normal = unicodedata.normalize("NFKC", text)  # as Python reads identifiers
        spelled = "".join(map(ascii_letters, normal)) if self.plain else normal
        signs = [sign if f"_{sign}".isidentifier() else "_" for sign in spelled]
        name = re.sub("__+", "_", "".join(signs)).strip("_")[:40] or "v"
        return name if name.isidentifier() else f"_{name}"


def ascii_letters(sign: str) -> str:
    """A letter spelled out: θ is theta, é is e. What is no letter is an underscore."""
    if sign.isascii():
        return sign
    script, _, letter = unicodedata.name(sign, "").replace("LAMDA", "LAMBDA").partition(" LETTER ")
    letter = letter.partition(" WITH ")[0].rpartition(" ")[2] or "_"
    return letter.capitalize() if script.endswith("CAPITAL") else letter.lower()


@dataclass(frozen=True)
class Span:
    """Inputs at equal distances: `first`, `first + step`, ..., `count` of them."""

    first: int
    step: int
    count: int

    @property
    def last(self) -> int:
        return self.first + self.step * (self.count - 1)


class Writer:
    """The text of a tape in the making. A language says how it writes what all have in common.

    `parts` are the lines of the functions that the text is made of: one, unless the tape is long. What a part computes
    and a later one needs is stored in an array that all of them are given, `kept`; `places` says where.
    """

    part_length = 1_000  # operations in a part: compilers take more than twice the time for twice the length

    def __init__(self, tape: Tape, names: Names, row: int = 0) -> None:
        self.tape, self.names, self.row = drop(tape), names, row
        entries = self.tape.entries
        self.labels = {
            slot: names.new(label) for slot, label in self.tape.names.items() if entries[slot][0] != CONSTANT
        }
        self.uses = Counter(self.tape.outputs)
        self.places: dict[int, int] = {}
        self.part_of: list[int] = []
        self.spans: dict[tuple[int, ...], Span | None] = {}
        self.input_count = 1 + max((entry[1] for entry in entries if entry[0] == INPUT), default=-1)
        self.look_ahead()
        self.parts: list[list[str]] = [[]]
        self.written: dict[int, Written] = {}
        self.waiting: set[int] = set()  # slots whose expression has no line so far
        self.lists: dict[tuple[int, ...], str] = {}  # those with a line in this part

    @property
    def is_long(self) -> bool:
        return bool(self.part_of) and self.part_of[-1] > 0

    # -- what one has to know before writing

    def look_ahead(self) -> None:
        """How often each slot will be written, in which part it is computed, and whether others need it."""
        listed, operations = set(), 0
        for entry in self.tape.entries:
            part = operations // self.part_length
            operations += entry[0] not in LEAVES
            self.part_of.append(part)
            for slots in lists(entry) or (taken(entry),):
                if len(slots) > FEW and entry[0] != CALL:  # a list, which is written once
                    if (part, slots) in listed or self.span(slots):
                        continue
                    listed.add((part, slots))
                self.uses.update(slots)
                self.keep(slots, part)
        if self.is_long:
            self.keep(self.tape.outputs, self.part_of[-1] + 1)

    def keep(self, slots: Iterable[int], part: int) -> None:
        """Give places to those slots that were computed in an earlier part."""
        for slot in slots:
            if self.part_of[slot] < part and self.tape.entries[slot][0] not in LEAVES:
                self.places.setdefault(slot, len(self.places))

    def span(self, slots: tuple[int, ...]) -> Span | None:
        """The inputs that a list consists of, if they lie at equal distances, all in the row or all shared."""
        if slots not in self.spans:
            self.spans[slots] = self.found_span([self.tape.entries[slot] for slot in slots])
        return self.spans[slots]

    def found_span(self, entries: Sequence[Entry]) -> Span | None:
        if any(entry[0] != INPUT for entry in entries):
            return None
        first, second, last = entries[0][1], entries[1][1], entries[-1][1]
        step = second - first
        regular = all(entry[1] == first + step * place for place, entry in enumerate(entries))
        together = (first < self.row) == (last < self.row)
        return Span(first, step, len(entries)) if step > 0 and regular and together else None

    # -- writing

    def write(self) -> None:
        for slot, entry in enumerate(self.tape.entries):
            if self.part_of[slot] == len(self.parts):
                self.parts.append([])
                self.lists.clear()
            if entry[0] == INPUT:
                self.written[slot] = self.input(slot, entry[1]), ATOM
            elif entry[0] == CONSTANT:
                self.written[slot] = self.constant(entry[1])
            else:
                self.write_operation(slot, entry)

    def write_operation(self, slot: int, entry: Entry) -> None:
        given = lists(entry)
        if given and len(given[0]) > FEW:
            self.written[slot] = self.long_sum(given)
        else:
            self.written[slot] = self.expression(entry)
        self.waiting.add(slot)
        if self.uses[slot] > 1 or slot in self.labels or slot in self.places or entry[0] == CALL:
            self.put_down(slot)

    def put_down(self, slot: int) -> None:
        """Give a slot's expression a line of its own."""
        self.waiting.discard(slot)
        new = slot not in self.places
        target = self.labels.get(slot) or self.names.new(f"v{slot}") if new else f"kept[{self.places[slot]}]"
        self.parts[-1] += self.assignment(target, self.written[slot][0], new)
        self.written[slot] = target, ATOM

    def list_of(self, slots: tuple[int, ...]) -> str:
        """The name of a list of slots, which gets a line when it is first wanted."""
        if slots not in self.lists:
            self.lists[slots] = self.names.new("terms")
            items = ", ".join(self.written[slot][0] for slot in slots)
            self.parts[-1] += self.list_definition(self.lists[slots], items)
            self.waiting.difference_update(slots)
        return self.lists[slots]

    # -- expressions

    def expression(self, entry: Entry) -> Written:
        """An operation on what has been written; where that gets too long, the longest operands get lines first."""
        slots = taken(entry)
        written = self.combined(entry, [self.written[slot] for slot in slots])
        if len(written[0]) > LONGEST:
            for slot in sorted(self.waiting.intersection(slots), key=lambda slot: -len(self.written[slot][0])):
                self.put_down(slot)
                written = self.combined(entry, [self.written[slot] for slot in slots])
                if len(written[0]) <= LONGEST:
                    break
        return written

    def combined(self, entry: Entry, given: list[Written]) -> Written:
        name = entry[0]
        if name in INFIX:
            return joined(f" {name} ", INFIX[name], given)
        if name == "neg":
            return f"-{held(given[0], ATOM)}", SIGN
        if name == SUM:
            return joined(" + ", ADDITION, given)
        if name == DOT:
            products = [joined(" * ", PRODUCT, pair) for pair in zip(*halves(given))]
            return joined(" + ", ADDITION, products)
        return self.call(entry, given)

    # -- what a language says

    def input(self, slot: int, number: int) -> str:
        raise NotImplementedError

    def constant(self, x: float) -> Written:
        raise NotImplementedError

    def call(self, entry: Entry, given: list[Written]) -> Written:
        """A function, a choice, or a user's operation."""
        raise NotImplementedError

    def long_sum(self, given: list[tuple[int, ...]]) -> Written:
        """The sum of a list, or of the products of two: each has a `span`, or gets a name from `list_of`."""
        raise NotImplementedError

    def assignment(self, target: str, text: str, new: bool) -> list[str]:
        """The line that gives a variable, perhaps a new one, what the text says."""
        raise NotImplementedError

    def list_definition(self, name: str, items: str) -> list[str]:
        raise NotImplementedError


def lists(entry: Entry) -> list[tuple[int, ...]]:
    """The lists of slots that an entry adds up, or multiplies and adds up."""
    if entry[0] == SUM:
        return [entry[1:]]
    return [*halves(entry[1:])] if entry[0] == DOT else []


def joined(sign: str, strength: int, given: Sequence[Written]) -> Written:
    """Operands with a sign between them, taken from left to right."""
    if len(given) == 1:
        return given[0]
    first, *others = given
    return sign.join([held(first, strength), *(held(each, strength + 1) for each in others)]), strength


def held(written: Written, strength: int) -> str:
    """An expression, in brackets unless it holds together as tightly as that."""
    return written[0] if written[1] >= strength else f"({written[0]})"


def folded(line: str) -> list[str]:
    """A line, or several where it is too long for one: broken after commas and before what is added.

    >>> folded("short")
    ['short']
    """
    first, *others = re.split(r"(?<=,) | (?=[-+] )", line)
    lines = [first]
    for piece in others:
        if len(lines[-1]) + 1 + len(piece) <= WIDTH:
            lines[-1] += f" {piece}"
        else:
            lines.append(f"    {piece}")
    return lines
