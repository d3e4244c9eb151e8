"""The code for one structure of arguments: made when it is first needed, for one row, for many, or for their sum.

Next: compiled.py.
"""

from __future__ import annotations

import threading
import time
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from autograd.compiling import llvm
from autograd.compiling.cache import Cache
from autograd.compiling.choosing import ROWS_AT_ONCE, chosen, made
from autograd.compiling.llvm import entry
from autograd.compiling.recording import Recording
from autograd.compiling.tables import Table, added_up, in_parts, pointers

AT_ONCE_UP_TO = 20_000  # operations, from where on x86 code, row by row, has done its work before LLVM has begun


@dataclass(frozen=True)
class Stats:
    """What compiling took and gave, for one structure of arguments. Times are in seconds.

    >>> from autograd import compile
    >>> fast = compile(lambda x: x * 2.0 + x * 2.0)
    >>> fast(1.0), fast.stats.recorded, fast.stats.operations
    (4.0, 3, 2)

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

    def __repr__(self) -> str:
        counts = f"recorded={self.recorded}, operations={self.operations}, bytes={self.bytes}"
        times = ", ".join(f"{name}={1e3 * getattr(self, name):.2f} ms" for name in ("record", "lower", "compile"))
        return f"Stats(backend={self.backend!r}, {counts}, {times})"


class Kernel:
    """A tape as code: `one` row of numbers in and results out, `map` over many rows, or the `sum` over them.

    The first `width` inputs of the tape come with a row; the others are the data of the Values `outside`.
    """

    def __init__(self, seen: Recording, width: int, backend: str, cache: Cache) -> None:
        self.tape, self.outside, self.rebuild = seen.tape, seen.outside, seen.rebuild
        self.width, self.cache, self.seen = width, cache, seen
        self.backend = chosen(backend, self.tape, one_row=True)
        at_once = chosen(backend, self.tape, one_row=False)
        quick = len(self.tape) <= AT_ONCE_UP_TO or self.backend != "x86"
        self.rows_backend = at_once if at_once in ROWS_AT_ONCE and quick else self.backend
        self.results = len(self.tape.outputs)
        self.codes: dict[str, Any] = {}
        self.lock = threading.Lock()
        self.seconds = 0.0

    @property
    def stats(self) -> Stats:
        size, seen = sum(code.size for code in self.codes.values()), self.seen
        times = seen.seconds["record"], seen.seconds["lower"], self.seconds
        return Stats(self.backend, seen.operations, len(self.tape), size, *times)

    def code(self, kind: str) -> Any:
        """The code of a kind, "one", "rows" or "sums": made when it is first asked for."""
        if kind not in self.codes:
            with self.lock:
                if kind not in self.codes:
                    with self.timed():
                        backend = self.backend if kind == "one" else self.rows_backend
                        self.codes[kind] = made(backend, self.cache, self.tape, self.width, kind)
        return self.codes[kind]

    @contextmanager
    def timed(self) -> Iterator[None]:
        """What is done inside is a part of compiling."""
        began = time.perf_counter()
        yield
        self.seconds += time.perf_counter() - began

    def shared(self) -> array[float]:
        """What the Values from outside hold now."""
        return array("d", [value._data for value in self.outside])

    # -- one row

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
        try:
            arguments, results = tuple(map(described, args)), described(self.rebuild([None] * self.results))
            if self.backend != "llvm" or not entry.can(arguments, results):
                return None
        except RecursionError:  # lists in lists in lists
            return None
        one, shared = self.code("one"), self.shared()
        with self.timed():
            text = entry.ir(arguments, results, self.width, shared.buffer_info()[0], self.results, one.address)
            address, memory = llvm.linked(text, "entry")
        call = entry.callable_from(address, (memory, one, shared, arguments, results))
        if not self.outside:
            return call

        def with_current_data(*args: Any) -> Any:
            for place, value in enumerate(self.outside):
                shared[place] = value._data
            return call(*args)

        return with_current_data

    # -- many rows

    def map(self, rows: Table, out: Table, threads: int) -> None:
        """The results for each row, into the table `out`."""
        in_parts(self.mapper(rows, out), rows.count, threads)

    def mapper(self, rows: Table, out: Table) -> Callable[[int, int], None]:
        """What computes the results for the rows from a first to a last."""
        shared, given, taken = self.shared(), pointers(rows), pointers(out)
        code = self.code("rows" if self.rows_backend in ROWS_AT_ONCE else "one")

        def by_python(begin: int, end: int) -> None:
            for row in range(begin, end):
                out.write(row, code.one([*rows.rows(row, row + 1), *shared]))

        def one_by_one(begin: int, end: int) -> None:
            for row in range(begin, end):
                code.call(rows.part(row, row).address, shared.buffer_info()[0], out.part(row, row).address)

        def at_once(begin: int, end: int) -> None:
            code.call(given, shared.buffer_info()[0], taken, None, begin, end)

        ways = {"python": by_python, "x86": one_by_one}
        return ways.get(self.rows_backend, at_once)

    def sum(self, rows: Table, threads: int) -> list[float]:
        """The sum of the results over all rows."""
        shared, given, width = self.shared(), pointers(rows), self.results

        def at_once(begin: int, end: int) -> Sequence[float]:
            out = array("d", bytes(8 * width))
            self.code("sums").call(given, shared.buffer_info()[0], out.buffer_info()[0], None, begin, end)
            return out

        def one_by_one(begin: int, end: int) -> Sequence[float]:
            out = Table.empty(end - begin, width)
            self.mapper(rows.part(begin, end), out)(0, end - begin)
            return added_up([out.rows(row, row + 1) for row in range(out.count)], width)

        part = at_once if self.rows_backend in ROWS_AT_ONCE else one_by_one
        return added_up(in_parts(part, rows.count, threads), width)


def described(structure: Any) -> Any:
    """A structure of arguments or results in the notation of llvm/entry.py.

    >>> described([1.0, (2.0, 3.0), {"a": 4.0}])
    (<class 'list'>, None, (<class 'tuple'>, None, None), (<class 'dict'>, ('a', None)))
    """
    if isinstance(structure, (list, tuple)):
        return (type(structure), *map(described, structure))
    if isinstance(structure, dict):
        return (type(structure), *[(key, described(member)) for key, member in structure.items()])
    return None
