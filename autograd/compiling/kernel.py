"""The code for one structure of arguments: made when it is first needed, for one row, for many, or for their sum."""

from __future__ import annotations

import importlib.util
import threading
import time
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from autograd.compiling import c, entry, llvm, python
from autograd.compiling.cache import Cache
from autograd.compiling.recording import Recording
from autograd.compiling.rows import MANY, ONE, Table, added_up, in_parts, pointers
from autograd.compiling.tape import Tape

NATIVE: dict[str, Any] = {"llvm": llvm, "c": c}
BACKENDS = {"llvm": "needs the extra 'jit'", "c": "needs a C compiler", "python": "is always there"}


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
                    self.codes[kind] = self.made(kind)
                    self.seconds += time.perf_counter() - began
        return self.codes[kind]

    def made(self, kind: str) -> Any:
        if self.backend == "python":
            return python.Code(self.tape)
        code = self.cache.code(NATIVE[self.backend], self.tape, self.width, kind)
        code.call = (ONE if kind == "one" else MANY)(code.address)
        return code

    def shared(self) -> array[float]:
        """What the Values from outside hold now."""
        return array("d", [value._data for value in self.outside])

    def one(self, numbers: Sequence[float]) -> Any:
        """The results for one row, as the function returns them."""
        if self.backend == "python":
            return self.rebuild(self.code("python").one([*numbers, *self.shared()]))
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
        shared = self.shared()
        if self.backend == "python":
            self.map_in_python(rows, out, shared)
            return
        call, start = self.code("rows").call, shared.buffer_info()[0]
        given, taken = pointers(rows), pointers(out)
        in_parts(lambda begin, end: call(given, start, taken, None, begin, end), rows.count, threads)

    def map_in_python(self, rows: Table, out: Table, shared: array[float]) -> None:
        one, numbers, results = self.code("python").one, rows.numbers(), []
        for place in range(rows.count):
            results.extend(one([*numbers[self.width * place : self.width * (place + 1)], *shared]))
        out.numbers()[:] = array("d", results)

    def sum(self, rows: Table, threads: int) -> list[float]:
        """The sum of the results over all rows."""
        if self.backend == "python":
            out = Table.empty(rows.count, self.results)
            self.map(rows, out, 1)
            starts = range(0, len(out.owner), max(self.results, 1))
            return added_up([out.owner[start : start + self.results] for start in starts], self.results)
        shared, call, given = self.shared(), self.code("sums").call, pointers(rows)

        def part(begin: int, end: int) -> array[float]:
            out = array("d", bytes(8 * self.results))
            call(given, shared.buffer_info()[0], out.buffer_info()[0], None, begin, end)
            return out

        return added_up(in_parts(part, rows.count, threads), self.results)


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


def chosen(backend: str, tape: Tape) -> str:
    """The backend that "auto" stands for: the fastest that is present and can do what is on the tape."""
    if backend != "auto":
        return backend
    if importlib.util.find_spec("llvmlite") and llvm.can(tape):
        return "llvm"
    return "c" if c.compiler() and c.can(tape) else "python"
