"""A tape as Python source: the backend that is always there.

    def compiled(inputs):
        a, b, c = inputs
        return (a * b + tanh(c),)

Where Python raises in place of giving an IEEE result (1/0, exp(1000)), the call is computed again by the tape's own
interpreter, which never does. Next: backends.py.
"""

from __future__ import annotations

import itertools
import keyword
import linecache
import math
import weakref
from collections.abc import Callable, Sequence
from typing import Any

from autograd.compiling.c_library import C_NAMES
from autograd.compiling.expansions import EXPANSIONS
from autograd.compiling.source import ATOM, CHOICE, SIGN, WIDTH, Names, Span, Writer, Written, folded, held
from autograd.compiling.tape import CALL, ELEMENTARY, WHERE, Entry, Tape, added, dot, run
from autograd.value import Operation

# Functions of C's library that Python has too: ours, without the call around them.
DIRECT: dict[str, Callable[..., float]] = {
    name: getattr(math, symbol) for name, symbol in C_NAMES.items() if name not in EXPANSIONS
}
KNOWN: dict[str, Any] = {"nan": math.nan, "inf": math.inf, "added": added, "dot": dot}
RESERVED = (*keyword.kwlist, *ELEMENTARY, *KNOWN, "pow", "inputs", "kept", "_")


class PythonWriter(Writer):
    """Python text, and `namespace`, the functions that it calls."""

    part_length = 4_000

    def __init__(self, tape: Tape, name: str) -> None:
        super().__init__(tape, Names((*RESERVED, name)))
        self.name = name
        self.namespace = dict(KNOWN)
        self.users: dict[Operation, str] = {}
        self.inputs: dict[int, str] = {}

    def input(self, slot: int, number: int) -> str:
        if self.is_long:
            return f"inputs[{number}]"
        if self.uses[slot] and number not in self.inputs:
            self.inputs[number] = self.labels.get(slot) or self.names.new(f"x{number}")
        return self.inputs.get(number, "")

    def constant(self, x: float) -> Written:
        return repr(x), SIGN if math.copysign(1.0, x) < 0 else ATOM

    def call(self, entry: Entry, given: list[Written]) -> Written:
        if entry[0] == WHERE:
            condition, x, y = (held(each, CHOICE + 1) for each in given)
            return f"{x} if {condition} else {y}", CHOICE
        arguments = ", ".join(text for text, _ in given)
        if entry[0] == CALL:
            return f"{self.users_function(entry[1])}([{arguments}])", ATOM
        name = "pow" if entry[0] == "**" else entry[0]
        self.namespace[name] = DIRECT.get(entry[0]) or ELEMENTARY[entry[0]].forward
        return f"{name}({arguments})", ATOM

    def users_function(self, operation: Operation) -> str:
        if operation not in self.users:
            self.users[operation] = self.names.new(operation.name)
            self.namespace[self.users[operation]] = operation.forward
        return self.users[operation]

    def long_sum(self, given: list[tuple[int, ...]]) -> Written:
        texts = [sliced(span) if (span := self.span(slots)) else self.list_of(slots) for slots in given]
        return f"{'added' if len(given) == 1 else 'dot'}({', '.join(texts)})", ATOM

    def assignment(self, target: str, text: str, new: bool) -> list[str]:
        return bracketed(f"{target} = ", text)

    def list_definition(self, name: str, items: str) -> list[str]:
        return folded(f"{name} = [{items}]")

    # -- functions

    def text(self) -> str:
        self.write()
        outputs = [self.written[slot][0] for slot in self.tape.outputs]
        if not self.is_long:
            return function(self.name, "inputs", [*self.unpacked(), *self.parts[0], *returned(outputs)])
        parts = {f"{self.name}_{number}": lines for number, lines in enumerate(self.parts, 1)}
        functions = [function(name, "inputs, kept", lines) for name, lines in parts.items()]
        calls = [f"{name}(inputs, kept)" for name in parts]
        body = [f"kept = [0.0] * {len(self.places)}", *calls, *returned(outputs)]
        return "\n\n\n".join([*functions, function(self.name, "inputs", body)])

    def unpacked(self) -> list[str]:
        """Names for the inputs, a line for those next to each other: those that are only sliced need none."""
        lines = []
        for _, neighbours in itertools.groupby(enumerate(sorted(self.inputs)), key=lambda pair: pair[1] - pair[0]):
            numbers = [number for _, number in neighbours]
            first, last = numbers[0], numbers[-1]
            names = ", ".join(self.inputs[number] for number in numbers)
            place = (
                f"[{first}]" if first == last else "" if len(numbers) == self.input_count else f"[{first}:{last + 1}]"
            )
            lines += bracketed("", names, f" = inputs{place}")
        return lines


def sliced(span: Span) -> str:
    step = f":{span.step}" if span.step > 1 else ""
    return f"inputs[{span.first}:{span.last + 1}{step}]"


def returned(outputs: list[str]) -> list[str]:
    """The return of a tuple, on one line or with a line for each."""
    line = f"return ({', '.join(outputs)}{',' * (len(outputs) == 1)})"
    return [line] if len(line) <= WIDTH else ["return (", *(f"    {each}," for each in outputs), ")"]


def bracketed(before: str, text: str, after: str = "") -> list[str]:
    """A line, or several with brackets around the text."""
    line = f"{before}{text}{after}"
    return [line] if len(line) <= WIDTH else folded(f"{before}({text}){after}")


def function(name: str, parameters: str, lines: list[str]) -> str:
    return "\n".join([f"def {name}({parameters}):", *(f"    {line}" for line in lines)])


# ---- what the rest of the package uses -----------------------------------------------------------


def source(tape: Tape, name: str = "compiled") -> str:
    """The tape as the text of a Python function of a list of numbers, which returns a tuple.

    >>> from autograd.compiling.tape import INPUT
    >>> print(source(Tape(((INPUT, 0), (INPUT, 1), ("*", 0, 1), ("tanh", 2)), (3,), {0: "a", 1: "b"})))
    def compiled(inputs):
        a, b = inputs
        return (tanh(a * b),)

    A long tape gives several functions, called one after another. Functions are autograd's own, on floats, and `math`'s
    where they are the same; `added` and `dot` add up a list, or the products of two, from left to right.
    """
    return PythonWriter(tape, name).text()


class Code:
    """A tape as a Python function of one row of numbers.

    >>> from autograd.compiling.tape import INPUT
    >>> inverse = Code(Tape(((INPUT, 0), ("reciprocal", 0)), (1,)))
    >>> inverse.one([4.0]), inverse.one([0.0])
    ((0.25,), [inf])

    `text` is its source, `size` how many characters that has.
    """

    def __init__(self, tape: Tape) -> None:
        writer = PythonWriter(tape, "compiled")
        self.tape, self.input_count, self.text = writer.tape, writer.input_count, writer.text()
        self.size = len(self.text)
        file = f"<compiled {next(serial)}>"
        linecache.cache[file] = self.size, None, self.text.splitlines(keepends=True), file  # for tracebacks
        weakref.finalize(self, linecache.cache.pop, file, None)
        namespace: dict[str, Any] = writer.namespace
        exec(compile(self.text, file, "exec"), namespace)
        self.straight: Callable[[Sequence[float]], Sequence[float]] = namespace["compiled"]

    def one(self, numbers: Sequence[float]) -> Sequence[float]:
        """The results for one row."""
        if len(numbers) != self.input_count:  # the last ones may be of no use to anything on the tape
            numbers = numbers[: self.input_count]
        try:
            return self.straight(numbers)
        except (ArithmeticError, ValueError):
            return run(self.tape, numbers)


serial = itertools.count(1)
