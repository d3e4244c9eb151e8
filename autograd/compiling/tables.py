"""Tables: blocks of memory that hold rows of floats, one after another, as native code takes them.

Lists are copied into one; arrays of float64 (NumPy's, `array.array`, whatever has the buffer protocol) are used where
they are. Next: kernel.py.
"""

from __future__ import annotations

import ctypes
import functools
import operator
import sys
from array import array
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

ADDRESS, COUNT = ctypes.c_void_p, ctypes.c_int64
ONE = ctypes.CFUNCTYPE(None, ADDRESS, ADDRESS, ADDRESS)  # the kinds of code: see backends.py
MANY = ctypes.CFUNCTYPE(None, ADDRESS, ADDRESS, ADDRESS, ADDRESS, COUNT, COUNT)
PART = 4096  # rows that are added up by themselves, so that sums do not depend on the number of threads
ROW = "a row holds the numbers of the function's arguments, one after another"


@dataclass(frozen=True)
class Table:
    """Rows of floats in memory: where, how many, how wide. `owner` keeps the memory alive.

    >>> table = Table.of([[1.0, 2.0], [3.0, 4.0]], 2, "f.map")
    >>> table.count, list(table.rows(1, 2))
    (2, [3.0, 4.0])
    """

    address: int
    count: int
    width: int
    owner: Any

    @classmethod
    def of(cls, rows: Any, width: int, name: str) -> Table:
        """The rows as a table of that width; ValueError, in the name of a function, for rows of another."""
        if hasattr(rows, "__array_interface__"):
            import numpy

            if numpy.iscomplexobj(rows):
                raise TypeError(f"{name}: rows of complex numbers\ngive it real ones: rows.real, rows.imag")
            rows = numpy.ascontiguousarray(rows, dtype=float)  # itself, if that is what it is
        if isinstance(rows, (list, tuple)):
            return cls.of_lists(rows, width, name)
        try:
            view = memoryview(rows)
        except TypeError:
            raise TypeError(f"{name}: {rows!r:.60} is not a table of numbers\n{ROW}") from None
        if view.format != "d" or not view.c_contiguous:
            raise ValueError(f"{name}: rows of format {view.format!r}\ngive it C-contiguous float64: array('d', ...)")
        shape = view.shape or ()
        check_width(shape[1] if len(shape) == 2 else 1 if len(shape) == 1 else "several", width, name)
        return cls.of_view(memoryview(array("d", view.tobytes())) if view.readonly else view, shape[0], width)

    @classmethod
    def of_view(cls, view: memoryview, count: int, width: int) -> Table:
        return cls(ctypes.addressof(ctypes.c_char.from_buffer(view)) if view.nbytes else 0, count, width, view)

    @classmethod
    def of_lists(cls, rows: Iterable[Any], width: int, name: str) -> Table:
        numbers, count = array("d"), 0
        for count, row in enumerate(rows, 1):
            each = row if hasattr(row, "__len__") else (row,)
            check_width(len(each), width, name)
            try:
                numbers.extend(each)
            except TypeError:
                raise TypeError(f"{name}: {row!r:.60} is not a row of numbers\n{ROW}") from None
            if len(numbers) != count * width:
                raise ValueError(f"{name}: {row!r:.60} has another length than it says\n{ROW}")
        return cls(numbers.buffer_info()[0], count, width, numbers)

    @classmethod
    def to_write(cls, out: Any, count: int, width: int, name: str) -> Table:
        """An array of the caller's with room for that many rows, where it is."""
        try:
            view = memoryview(out)
        except TypeError:
            raise TypeError(f"{name}: out = {out!r:.60} is not an array\ngive it a NumPy array of float64") from None
        if view.readonly or view.format != "d" or not view.c_contiguous or view.nbytes != 8 * count * width:
            raise ValueError(
                f"{name}: out of format {view.format!r} and shape {view.shape} for {count} rows of {width} results\n"
                "give it a writable C-contiguous array of float64 of that size"
            )
        return cls.of_view(view, count, width)

    @classmethod
    def empty(cls, count: int, width: int) -> Table:
        """Room for that many rows."""
        numbers = array("d", bytes(8 * count * width))
        return cls(numbers.buffer_info()[0], count, width, numbers)

    @functools.cached_property
    def numbers(self) -> Any:
        """All its numbers, one after another, to read or to write."""
        return memoryview(self.owner).cast("B").cast("d") if self.count and self.width else memoryview(array("d"))

    def rows(self, begin: int, end: int) -> Any:
        """The numbers of the rows from `begin` to `end`."""
        return self.numbers[self.width * begin : self.width * end]

    def part(self, begin: int, end: int) -> Table:
        """The rows from `begin` to `end`, as a table."""
        return Table(self.address + 8 * self.width * begin, end - begin, self.width, self.rows(begin, end))

    def overlaps(self, other: Table) -> bool:
        """Whether two tables have memory in common."""
        first, second = sorted((self, other), key=lambda table: table.address)
        return first.address + 8 * first.count * first.width > second.address

    def write(self, row: int, numbers: Iterable[float]) -> None:
        self.numbers[self.width * row : self.width * (row + 1)] = array("d", numbers)


def check_width(found: int | str, width: int, name: str) -> None:
    if found != width:
        one_row = ": a single row is [[...]]" if found == 1 else ""
        raise ValueError(f"{name}: rows of {found} numbers for a function of {width}\n{ROW}{one_row}")


def pointers(*tables: Table) -> Any:
    """What native code takes: the addresses of tables, as an array."""
    return (ADDRESS * len(tables))(*[table.address for table in tables])


def in_parts(work: Callable[[int, int], Any], count: int, threads: int) -> list[Any]:
    """`work(begin, end)` for each part of the rows, on so many threads; results in order."""
    parts = [(begin, min(begin + PART, count)) for begin in range(0, count, PART)]
    if threads == 1 or len(parts) < 2:
        return [work(begin, end) for begin, end in parts]
    with ThreadPoolExecutor(threads) as executor:
        return list(executor.map(lambda part: work(*part), parts))


def added_up(parts: Iterable[Sequence[float]], width: int) -> list[float]:
    """The sums of the parts, column by column, in their order."""
    return functools.reduce(lambda total, part: list(map(operator.add, total, part)), parts, [0.0] * width)


def like(rows: Any, results: Table, rebuild: Callable[[Sequence[float]], Any]) -> Any:
    """The results in the form in which the rows came: a list of f's own structures, a NumPy array, or a memoryview."""
    if hasattr(rows, "__array_interface__"):
        found = sys.modules["numpy"].frombuffer(results.owner, dtype=float)
        one_number = isinstance(rebuild([0.0] * results.width), float)
        return found if one_number else found.reshape(results.count, results.width)
    if isinstance(rows, (list, tuple)):
        return [rebuild(results.rows(place, place + 1).tolist()) for place in range(results.count)]
    if (isinstance(rows, array) and results.width == 1) or not len(results.numbers):
        return results.owner
    return memoryview(results.owner).cast("B").cast("d", (results.count, results.width))
