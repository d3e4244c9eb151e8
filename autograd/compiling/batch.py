"""`compile_rows(f, widths)`: a function compiled for rows that lie in memory of your own, such as training needs.

Where `compile(f).map` takes rows and gives results, this one is bound to buffers once and then called with nothing but
the range of rows, in a microsecond.
"""

from __future__ import annotations

import ctypes
import functools
from array import array
from collections.abc import Callable, Sequence
from typing import Any

from autograd.compiling import llvm, python
from autograd.compiling.cache import Cache
from autograd.compiling.kernel import NATIVE, chosen
from autograd.compiling.llvm import entry
from autograd.compiling.recording import Recording
from autograd.compiling.rows import MANY, Table, added_up, pointers
from autograd.modes import collector_paused
from autograd.value import Value

Buffer = Any  # of float64


class Rows:
    """A function compiled for rows of buffers. Made by `compile_rows`.

    `shared` is a buffer of what the Values hold that all rows share; it is read at each call, and may be written to.
    """

    def __init__(
        self, f: Callable[..., Any], widths: Sequence[int], shared: Sequence[Value], outs: Any, backend: str, cache: Any
    ) -> None:
        seen = Recording(f, [[1.0] * width for width in widths], {}, shared)
        self.tape, self.values, self.widths = seen.tape, seen.outside, tuple(widths)
        self.outs = outs or (len(self.tape.outputs),)
        self.backend = chosen(backend, self.tape, one_row=False)
        self.shared = array("d", [value._data for value in self.values])
        kind, layout = "rows" if outs else "sums", {"tables": self.widths}
        if outs:
            layout["outs"] = self.outs
        if self.backend == "python":
            self.code: Any = python.Code(self.tape)
        else:
            with collector_paused():
                self.code = Cache(cache).code(NATIVE[self.backend], self.tape, sum(self.widths), kind, **layout)
        self.is_sum = not outs

    def refresh(self) -> None:
        """Read the shared Values again."""
        self.shared[:] = array("d", [value._data for value in self.values])

    def bind(self, tables: Sequence[Buffer], outs: Sequence[Buffer], which: Any = None) -> Callable[[int, int], None]:
        """The call for these buffers: `call(begin, end)` computes those rows, or those that `which[begin:end]` names.

        The buffers are used where they are, and kept alive. `which` is an `array("q")` of row numbers.
        """
        given = [Table.of(each, width, "compile_rows") for each, width in zip(tables, self.widths)]
        room = [Table.of(each, 1 if self.is_sum else width, "compile_rows") for each, width in zip(outs, self.outs)]
        if self.is_sum and room[0].count != self.outs[0]:
            raise ValueError(f"compile_rows: room for {room[0].count} sums\ngive a buffer of {self.outs[0]} numbers")
        counts = [table.count for table in given] if which is None else [len(which)]
        rows = min(counts if self.is_sum else [*counts, *[table.count for table in room]])
        wrong = f"compile_rows: a range of rows that are not there\ngive begin and end with 0 <= begin <= end <= {rows}"
        if self.backend == "python":
            run: Callable[[int, int], None] = self.in_python(given, room, which)
            kept: Any = None
        else:
            ins, out, numbers = pointers(*given), pointers(*room), which.buffer_info()[0] if which is not None else 0
            result = room[0].address if self.is_sum else ctypes.addressof(out)
            addresses = (ctypes.addressof(ins), self.shared.buffer_info()[0], result, numbers)
            kept = (self, given, room, which, ins, out)
            if self.backend == "llvm" and entry.ordinary_build():
                return called_directly(self.code.address, addresses, rows, wrong, kept)
            run = functools.partial(MANY(self.code.address), *addresses)

        def bound(begin: int, end: int, kept: Any = kept) -> None:
            if not 0 <= begin <= end <= rows:
                raise ValueError(wrong)
            run(begin, end)

        return bound

    def in_python(self, given: list[Table], room: list[Table], which: Any) -> Callable[[int, int], None]:
        """The same by Python's own code, row by row."""
        tables = [(table.numbers(), width) for table, width in zip(given, self.widths)]
        results = [(table.numbers(), width) for table, width in zip(room, self.outs)]

        def one(row: int) -> Sequence[float]:
            numbers = [x for table, width in tables for x in table[row * width : (row + 1) * width]]
            return self.code.one([*numbers, *self.shared])

        def run(begin: int, end: int) -> None:
            rows = range(begin, end) if which is None else which[begin:end]
            if self.is_sum:
                results[0][0][:] = array("d", added_up([one(row) for row in rows], self.outs[0]))
                return
            for place, row in zip(range(begin, end), rows):
                numbers = iter(one(row))
                for table, width in results:
                    table[place * width : (place + 1) * width] = array("d", [next(numbers) for _ in range(width)])

        return run


def called_directly(
    address: int, pointers: Sequence[int], rows: int, wrong: str, kept: Any
) -> Callable[[int, int], None]:
    """A function of begin and end that is machine code itself: ctypes would take as long as a hundred operations."""
    message = array("b", wrong.encode() + b"\0")
    text = entry.range_ir(address, pointers, rows, message.buffer_info()[0])
    start, memory = llvm.linked(text, "entry")
    return entry.callable_from(start, (memory, message, kept))


def compile_rows(
    f: Callable[..., Any],
    widths: Sequence[int],
    *,
    shared: Sequence[Value] = (),
    outs: Sequence[int] | None = None,
    backend: str = "auto",
    cache: Any = False,
) -> Rows:
    """Compile f for rows in buffers: f is given a list of `width` numbers from each of several tables.

    >>> from array import array
    >>> from autograd import Value, compile_rows
    >>> scale = Value(10.0)
    >>> program = compile_rows(lambda x, t: scale * x[0] * x[1] - t[0], widths=(2, 1), shared=[scale])
    >>> x, t, total = array("d", [1, 2, 3, 4]), array("d", [1, 1]), array("d", [0])
    >>> add_up = program.bind([memoryview(x).cast("B").cast("d", (2, 2)), t], [total])
    >>> add_up(0, 2)                                # (10*1*2 - 1) + (10*3*4 - 1)
    >>> total[0]
    138.0

    The results of f, flat, are added up over the rows; or, with `outs`, written row by row into tables of those widths.
    `shared` Values come first in `program.shared`, a buffer from which all rows take their numbers. Backends, cache and
    errors as in `compile`.
    """
    return Rows(f, widths, list(shared), tuple(outs) if outs else None, backend, cache)
