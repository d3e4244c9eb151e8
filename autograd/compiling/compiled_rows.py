"""`compile_rows(f, widths)`: a function compiled for rows that lie in memory of your own, such as training needs.

Where `compile(f).map` takes rows and gives results, this one is bound to buffers once and then called with nothing but
the range of rows, in less than a microsecond. This is the last file; nn/native.py trains networks with it.
"""

from __future__ import annotations

import ctypes
import functools
from array import array
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from autograd.calling import check_function
from autograd.compiling import llvm
from autograd.compiling.cache import Cache, Folder
from autograd.compiling.choosing import check_backend, chosen, made
from autograd.compiling.llvm import entry
from autograd.compiling.recording import Recording
from autograd.compiling.tables import Table, added_up, pointers
from autograd.value import Value

Buffer = Any  # of float64
Call = Callable[[int, int], None]


class CompiledRows:
    """A function compiled for rows of buffers. Made by `compile_rows`, which shows how to use it.

    `shared` is a buffer of what the Values hold that all rows share; it is read at each call, and may be written to.
    """

    def __init__(
        self,
        f: Callable[..., Any],
        widths: Sequence[int],
        shared: Sequence[Value],
        outs: Sequence[int] | None,
        backend: str,
        cache: Folder,
    ) -> None:
        seen = Recording(f, [[1.0] * width for width in widths], {}, shared)
        self.tape, self.outside, self.widths = seen.tape, seen.outside, tuple(widths)
        self.is_sum, results = not outs, len(self.tape.outputs)
        self.outs = tuple(outs) if outs else (results,)
        if sum(self.outs) != results:
            raise ValueError(
                f"compile_rows: outs = {self.outs} for {results} results\ngive tables with room for all of them"
            )
        self.backend = chosen(backend, self.tape, one_row=False)
        self._shared = array("d", [value._data for value in self.outside])
        self._held = memoryview(self._shared)  # so that it keeps its place
        layout = {"tables": self.widths} if self.is_sum else {"tables": self.widths, "outs": self.outs}
        kind = "sums" if self.is_sum else "rows"
        self.code = made(self.backend, Cache(cache), self.tape, sum(self.widths), kind, **layout)

    @property
    def shared(self) -> array[float]:
        """What the shared Values hold: read at each call, and to be written to."""
        return self._shared

    def refresh(self) -> None:
        """Read the shared Values again."""
        self.shared[:] = array("d", [value._data for value in self.outside])

    def bind(self, tables: Sequence[Buffer], outs: Sequence[Buffer], which: array[int] | None = None) -> Call:
        """The call for these buffers: `call(begin, end)` computes those rows, or those that `which[begin:end]` names.

        Float64 buffers are read where they are, and kept alive; anything else is copied, once, now. `outs` are written
        where they are: a table for each of the widths, or a buffer for the sums. `which` is an `array("q")` of row
        numbers; it may be filled anew between calls, with rows that are there.
        Raises ValueError for buffers that do not fit, and for a range of rows that are not there.
        """
        check_count("tables", tables, self.widths)
        check_count("outs", outs, self.outs)
        given = [Table.of(each, width, "compile_rows") for each, width in zip(tables, self.widths)]
        rows = min([table.count for table in given], default=0)
        if which is not None:
            check_which(which, rows)
            rows = len(which)
        shapes = [(1, self.outs[0])] if self.is_sum else [(rows, width) for width in self.outs]
        room = [Table.to_write(each, *shape, "compile_rows") for each, shape in zip(outs, shapes)]
        wrong = f"compile_rows: a range of rows that are not there\ngive begin and end with 0 <= begin <= end <= {rows}"
        if self.backend == "python":
            return within(rows, wrong, functools.partial(self.by_python, given, room, which), None)
        ins, out, numbers = pointers(*given), pointers(*room), which.buffer_info()[0] if which is not None else 0
        result = room[0].address if self.is_sum else ctypes.addressof(out)
        addresses = (ctypes.addressof(ins), self.shared.buffer_info()[0], result, numbers)
        kept = (self, given, room, which and memoryview(which), ins, out)  # what is held cannot be resized
        if self.backend == "llvm" and entry.ordinary_build():
            return called_directly(self.code.address, addresses, rows, wrong, kept)
        return within(rows, wrong, functools.partial(self.code.call, *addresses), kept)

    def by_python(self, given: list[Table], room: list[Table], which: Any, begin: int, end: int) -> None:
        """The same by Python's own code, row by row."""

        def results(row: int) -> Sequence[float]:
            numbers = [x for table in given for x in table.rows(row, row + 1)]
            return self.code.one([*numbers, *self.shared])

        rows = range(begin, end) if which is None else which[begin:end]
        if self.is_sum:
            room[0].write(0, added_up(map(results, rows), self.outs[0]))
            return
        for place, row in zip(range(begin, end), rows):
            numbers: Iterator[float] = iter(results(row))
            for table in room:
                table.write(place, [next(numbers) for _ in range(table.width)])


def check_count(what: str, given: Sequence[Buffer], widths: Sequence[int]) -> None:
    if len(given) != len(widths):
        raise ValueError(f"compile_rows: {len(given)} {what} for widths {tuple(widths)}\ngive one for each width")


def check_which(which: Any, rows: int) -> None:
    if not isinstance(which, array) or which.typecode != "q":
        raise ValueError(f"compile_rows: which = {which!r:.60}\ngive row numbers as array('q', ...)")
    if which and not 0 <= min(which) <= max(which) < rows:
        raise ValueError(
            f"compile_rows: which names rows {min(which)} to {max(which)} of {rows}\nrows are counted from 0"
        )


def within(rows: int, wrong: str, run: Call, kept: Any) -> Call:
    """The call, for ranges of rows that are there only; as long as it lives, so does what is kept for it."""

    def bound(begin: int, end: int) -> None:
        if not 0 <= begin <= end <= rows:
            raise ValueError(wrong)
        run(begin, end)

    bound.kept = kept  # type: ignore[attr-defined]
    return bound


def called_directly(address: int, pointers: Sequence[int], rows: int, wrong: str, kept: Any) -> Call:
    """The same as machine code itself: ctypes would take as long as a hundred operations."""
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
    cache: Folder = False,
) -> CompiledRows:
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
    `shared` Values come first in `program.shared`, a buffer from which all rows take their numbers. Backends ("x86"
    excepted, which is for one row), cache and errors as in `compile`.
    """
    check_function("compile_rows", f)
    check_backend("compile_rows", backend)
    if not isinstance(widths, Sequence):
        raise TypeError(f"compile_rows: widths = {widths!r:.60}\ngive a list with the width of each table")
    for value in shared:
        if not isinstance(value, Value):
            raise TypeError(f"compile_rows: {value!r:.60} among shared is not a Value\nnumbers are constants anyway")
    for width in (*widths, *(outs or ())):
        if type(width) is not int or width < 1:
            raise ValueError(f"compile_rows: a width of {width!r:.60}\nwidths are whole numbers from 1 up")
    if backend == "x86":
        raise ValueError("compile_rows: backend 'x86' computes one row at a time\nuse 'auto', 'llvm', 'c' or 'python'")
    return CompiledRows(f, widths, list(shared), outs, backend, cache)
