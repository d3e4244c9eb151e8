"""The instructions of LLVM for the operations of a tape, and a writer of them.

LLVM's language is an assembler with types, in which every result gets a number and is never changed (static single
assignment). Numbers may be vectors: <8 x double> is eight, computed side by side. Next: emitting.py.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from autograd.compiling.c_library import C_NAMES, OF_TWO
from autograd.compiling.expansions import EXPANSIONS

# %{0} is the result, {1}, {2}, {3} are the operands; T is the type of numbers, B that of truths, S is T in a name.
OPERATIONS = {
    "+": "%{0} = fadd T {1}, {2}",
    "-": "%{0} = fsub T {1}, {2}",
    "*": "%{0} = fmul T {1}, {2}",
    "/": "%{0} = fdiv T {1}, {2}",
    "neg": "%{0} = fneg T {1}",
    "abs": "%{0} = call T @llvm.fabs.S(T {1})",
    "sqrt": "%{0} = call T @llvm.sqrt.S(T {1})",
    # Adding 0 turns -0.0 into 0.0: whole numbers have no sign of zero in Python.
    "floor": "%f{0} = call T @llvm.floor.S(T {1})\n%{0} = fadd T %f{0}, ZERO",
    "ceil": "%f{0} = call T @llvm.ceil.S(T {1})\n%{0} = fadd T %f{0}, ZERO",
    "where": "%c{0} = fcmp une T {1}, ZERO\n%{0} = select B %c{0}, T {2}, T {3}",
    "step": """\
%p{0} = fcmp ogt T {1}, ZERO
%s{0} = select B %p{0}, T ONE, T ZERO
%n{0} = fcmp uno T {1}, ZERO
%{0} = select B %n{0}, T {1}, T %s{0}""",
    "sign": """\
%p{0} = fcmp ogt T {1}, ZERO
%m{0} = fcmp olt T {1}, ZERO
%e{0} = fcmp oeq T {1}, ZERO
%a{0} = select B %e{0}, T ZERO, T {1}
%b{0} = select B %m{0}, T -ONE, T %a{0}
%{0} = select B %p{0}, T ONE, T %b{0}""",
    "ordering": """\
%p{0} = fcmp ogt T {1}, {2}
%m{0} = fcmp olt T {1}, {2}
%e{0} = fcmp oeq T {1}, {2}
%a{0} = select B %e{0}, T ZERO, T NAN
%b{0} = select B %m{0}, T -ONE, T %a{0}
%{0} = select B %p{0}, T ONE, T %b{0}""",
    "maximum": """\
%g{0} = fcmp oge T {1}, {2}
%n{0} = fcmp uno T {1}, ZERO
%o{0} = or B %g{0}, %n{0}
%{0} = select B %o{0}, T {1}, T {2}""",
    "minimum": """\
%l{0} = fcmp ole T {1}, {2}
%n{0} = fcmp uno T {1}, ZERO
%o{0} = or B %l{0}, %n{0}
%{0} = select B %o{0}, T {1}, T {2}""",
}
# The other operations are functions of C's library, which calls them so.
LIBRARY = {name: symbol for name, symbol in C_NAMES.items() if name not in OPERATIONS and name not in EXPANSIONS}


def type_of(kind: str, lanes: int) -> str:
    """The type of numbers ("double"), integers ("i64") or truths ("i1"), so many side by side.

    >>> type_of("double", 1), type_of("double", 8)
    ('double', '<8 x double>')
    """
    return kind if lanes == 1 else f"<{lanes} x {kind}>"


def literal(x: float) -> str:
    """A float as LLVM reads it, to the last bit.

    >>> literal(1.5)
    '0x3ff8000000000000'
    """
    return f"0x{struct.pack('>d', x).hex()}"


def splat(x: str, lanes: int, kind: str = "double") -> str:
    """A literal in every lane.

    >>> splat("1.0", 1), splat("1.0", 8)
    ('1.0', 'splat (double 1.0)')
    """
    return x if lanes == 1 else f"splat ({kind} {x})"


def operations(lanes: int) -> dict[str, str]:
    """OPERATIONS for so many numbers at a time, with the functions of the library among them."""
    words = {"T": type_of("double", lanes), "B": type_of("i1", lanes), "S": "f64" if lanes == 1 else f"v{lanes}f64"}
    numbers = {"ZERO": "0.0", "ONE": "1.0", "-ONE": "-1.0", "NAN": literal(math.nan)}
    words |= {word: splat(number, lanes) for word, number in numbers.items()}
    found = dict(OPERATIONS)
    for name, symbol in LIBRARY.items():
        operands = ", ".join(f"T {{{place}}}" for place in ((1, 2) if name in OF_TWO else (1,)))
        found[name] = f"%{{0}} = call T @{symbol_for(symbol, lanes)}({operands})"
    return {name: re.sub(r"-?\b[A-Z]+\b", lambda word: words[word[0]], text) for name, text in found.items()}


def symbol_for(symbol: str, lanes: int) -> str:
    """What a function of the library is called, for so many numbers at a time."""
    return symbol if lanes == 1 else f"v_{symbol}"


class Body:
    """The lines of a function in the making; `lanes` numbers are computed at a time."""

    def __init__(self, lanes: int) -> None:
        self.lanes = lanes
        self.type, self.truth = type_of("double", lanes), type_of("i1", lanes)
        self.text: list[str] = []
        self.names = 0  # results are numbered, from 1 on: LLVM reads numbers faster than names
        self.labels = 0
        self.indices: list[str] = []  # of the loops around
        self.known: dict[Any, str] = {}  # names of what was read or computed

    def write(self, operation: str) -> str:
        """Give a name to what an operation makes."""
        self.names += 1
        name = f"%{self.names}"
        self.text.append(f"{name} = {operation}")
        return name

    def label(self) -> int:
        """A number for names of our own."""
        self.labels += 1
        return self.labels

    def spread(self, x: str, kind: str = "double") -> str:
        """A number in all lanes."""
        if self.lanes == 1:
            return x
        vector = type_of(kind, self.lanes)
        first = self.write(f"insertelement {vector} poison, {kind} {x}, i64 0")
        return self.write(f"shufflevector {vector} {first}, {vector} poison, <{self.lanes} x i32> zeroinitializer")

    @contextmanager
    def loop(self, count: int | str, by: int = 1) -> Iterator[tuple[str, str, str]]:
        """A loop, at least one round: its index, and the labels of where it comes from, before and after a round."""
        number = self.label()
        index, before, head, after, done = (f"{word}{number}" for word in ("i", "before", "head", "after", "done"))
        self.text += [f"br label %{before}", f"{before}:", f"br label %{head}", f"{head}:"]
        self.text.append(f"%{index} = phi i64 [0, %{before}], [%{index}n, %{after}]")
        outside, self.known = self.known, dict(self.known)
        yield f"%{index}", before, after
        self.known = outside  # what a round computes is not known outside
        self.text += [f"br label %{after}", f"{after}:", f"%{index}n = add nuw nsw i64 %{index}, {by}"]
        self.text.append(f"%{index}c = icmp ult i64 %{index}n, {count}")
        self.text += [f"br i1 %{index}c, label %{head}, label %{done}", f"{done}:"]
