"""The code for one structure of arguments: made when it is first needed, for one row, for many, or for their sum."""

from __future__ import annotations

import importlib.util
import threading
import time
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from autograd.compiling import c, llvm, python, x86
from autograd.compiling.cache import Cache
from autograd.compiling.llvm import entry
from autograd.compiling.recording import Recording
from autograd.compiling.rows import MANY, ONE, Table, added_up, in_parts, pointers
from autograd.compiling.tape import Tape
from autograd.modes import collector_paused

NATIVE: dict[str, Any] = {"llvm": llvm, "x86": x86, "c": c}
BACKENDS = {
    "llvm": "needs the extra 'jit'",
    "x86": "Linux and macOS on such processors",
    "c": "needs a C compiler",
    "python": "is always there",
}
LONG = 2_000  # operations, from where on LLVM takes longer than it is worth for a function of one row


@dataclass(frozen=True)
class Stats:
    """What compiling took and gave, for one structure of arguments. Times are in seconds.

    `recorded` counts the nodes of the run, `operations` what is left of them on the tape; `bytes` is the size of the
    code, machine code or Python's text.
    """

    backend: str
    recorded: int
    operations: int
    bytes: int
    record: float
    lower: float
    compile: float


class Kernel:
    """A tape as code: `one` row of numbers in and results out, `map` over many rows, or the `sum` over them.

    The first `width` inputs of the tape come with a row; the others are the data of the Values `outside`.
    """

    def __init__(self, seen: Recording, width: int, backend: str, cache: Cache) -> None:
        self.tape, self.outside, self.rebuild = seen.tape, seen.outside, seen.rebuild
        self.width, self.cache, self.seen = width, cache, seen
        self.backend = chosen(backend, self.tape)
        self.results = len(self.tape.outputs)
        self.codes: dict[str, Any] = {}
        self.lock = threading.Lock()
        self.seconds = 0.0

    @property
    def stats(self) -> Stats:
        size = sum(code.size for code in self.codes.values())
        seconds = self.seen.seconds
        return Stats(
            self.backend, self.seen.operations, len(self.tape), size, seconds["record"], seconds["lower"], self.seconds
        )

    def code(self, kind: str) -> Any:
        """The code of a kind, "one", "rows" or "sums": made when it is first asked for."""
        if kind not in self.codes:
            with self.lock:
                if kind not in self.codes:
                    began = time.perf_counter()
                    with collector_paused():
                        self.codes[kind] = self.made(kind)
                    self.seconds += time.perf_counter() - began
        return self.codes[kind]

    def made(self, kind: str) -> Any:
        if self.backend == "python":
            return python.Code(self.tape)
        if self.backend == "x86":
            code: Any = x86.Code(self.tape, self.width, kind)
        else:
            code = self.cache.code(NATIVE[self.backend], self.tape, self.width, kind)
        code.call = (ONE if kind == "one" else MANY)(code.address)
        return code

    def shared(self) -> array[float]:
        """What the Values from outside hold now."""
        return array("d", [value._data for value in self.outside])

    def one(self, numbers: Sequence[float]) -> Any:
        """The results for one row, as the function returns them."""
        if self.backend == "python":
            return self.rebuild(self.code("one").one([*numbers, *self.shared()]))
        row, shared, out = array("d", numbers), self.shared(), array("d", bytes(8 * self.results))
        self.code("one").call(row.buffer_info()[0], shared.buffer_info()[0], out.buffer_info()[0])
        return self.rebuild(out.tolist())

    def entry(self, args: Sequence[Any]) -> Callable[..., Any] | None:
        """The way into the code for arguments of exactly this structure, without lists on the way, if there is one.

        It gives NotImplemented for any others.
        """
        arguments, results = tuple(map(described, args)), described(self.rebuild([None] * self.results))
        if self.backend != "llvm" or not entry.can(arguments, results):
            return None
        one, shared = self.code("one"), self.shared()
        text = entry.ir(arguments, results, self.width, shared.buffer_info()[0], self.results)
        address, memory = llvm.linked(text + SHIM.format(address=one.address), "entry")
        call = entry.callable_from(address, (memory, one, shared, arguments, results))
        if not self.outside:
            return call

        def with_current_data(*args: Any) -> Any:
            for place, value in enumerate(self.outside):
                shared[place] = value._data
            return call(*args)

        return with_current_data

    def map(self, rows: Table, out: Table, threads: int) -> None:
        """The results for each row, into the table `out`."""
        in_parts(self.mapper(rows, out), rows.count, threads)

    def mapper(self, rows: Table, out: Table) -> Callable[[int, int], None]:
        """What computes the results for the rows from a first to a last."""
        shared, width, results = self.shared(), self.width, self.results
        given, taken = pointers(rows), pointers(out)

        def by_python(begin: int, end: int) -> None:
            one, numbers, room = self.code("one").one, rows.numbers(), out.numbers()
            for place in range(begin, end):
                found = one([*numbers[width * place : width * (place + 1)], *shared])
                room[results * place : results * (place + 1)] = array("d", found)

        def one_by_one(begin: int, end: int) -> None:
            call, start = self.code("one").call, shared.buffer_info()[0]
            for place in range(begin, end):
                call(rows.address + 8 * width * place, start, out.address + 8 * results * place)

        def at_once(begin: int, end: int) -> None:
            self.code("rows").call(given, shared.buffer_info()[0], taken, None, begin, end)

        return by_python if self.backend == "python" else one_by_one if self.backend == "x86" else at_once

    def sum(self, rows: Table, threads: int) -> list[float]:
        """The sum of the results over all rows."""
        shared, width = self.shared(), self.results

        def at_once(begin: int, end: int) -> Sequence[float]:
            out = array("d", bytes(8 * width))
            self.code("sums").call(given, shared.buffer_info()[0], out.buffer_info()[0], None, begin, end)
            return out

        def one_by_one(begin: int, end: int) -> Sequence[float]:
            out = Table.empty(end - begin, width)
            self.mapper(rows.part(begin, end, self.width), out)(0, end - begin)
            return added_up([out.owner[place * width : (place + 1) * width] for place in range(out.count)], width)

        given = pointers(rows)
        part = one_by_one if self.backend in ("python", "x86") else at_once
        return added_up(in_parts(part, rows.count, threads), width)


# What entry.py calls "one" is compiled already.
SHIM = """
define internal void @one(ptr %inputs, ptr %shared, ptr %outputs) {{
  %code = inttoptr i64 {address} to ptr
  call void %code(ptr %inputs, ptr %shared, ptr %outputs)
  ret void
}}
"""


def described(structure: Any) -> Any:
    """A structure of arguments or results in the notation of entry.py."""
    if isinstance(structure, (list, tuple)):
        return (type(structure), *map(described, structure))
    if isinstance(structure, dict):
        return (type(structure), *[(key, described(member)) for key, member in structure.items()])
    return None


def chosen(backend: str, tape: Tape, one_row: bool = True) -> str:
    """The backend that "auto" stands for: the fastest that is present and can do what is on the tape."""
    if backend != "auto":
        return backend
    has_llvm = bool(importlib.util.find_spec("llvmlite")) and llvm.can(tape)
    if one_row and x86.can(tape) and (len(tape) > LONG or not has_llvm):
        return "x86"
    return "llvm" if has_llvm else "c" if c.compiler() and c.can(tape) else "python"
