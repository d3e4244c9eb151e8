"""Many rows at once: what native code is given in place of lists, and how it is called.

A table is a block of memory that holds rows of floats, one after another. Lists are copied into one; arrays (NumPy's,
`array.array`, whatever has the buffer protocol) are used where they are.
"""

from __future__ import annotations

import ctypes
import functools
import operator
import sys
from array import array
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

ADDRESS, COUNT = ctypes.c_void_p, ctypes.c_int64
ONE = ctypes.CFUNCTYPE(None, ADDRESS, ADDRESS, ADDRESS)
MANY = ctypes.CFUNCTYPE(None, ADDRESS, ADDRESS, ADDRESS, ADDRESS, COUNT, COUNT)
PART = 4096  # rows that are added up by themselves, so that sums do not depend on the number of threads


class Table:
    """Rows of floats in memory: where, how many, and how wide. `owner` keeps the memory alive.

    >>> table = Table.of([[1.0, 2.0], [3.0, 4.0]], 2, "f.map")
    >>> table.count, list(table.owner)
    (2, [1.0, 2.0, 3.0, 4.0])
    """

    def __init__(self, address: int, count: int, owner: Any) -> None:
        self.address, self.count, self.owner = address, count, owner

    def numbers(self) -> Any:
        """All its numbers, one after another, to read or to write."""
        return memoryview(self.owner).cast("B").cast("d") if self.count else memoryview(array("d"))

    def part(self, begin: int, end: int, width: int) -> Table:
        """The rows from `begin` to `end`."""
        return Table(self.address + 8 * width * begin, end - begin, self.numbers()[width * begin : width * end])

    @classmethod
    def of(cls, rows: Any, width: int, name: str) -> Table:
        """The rows as a table of that width; ValueError, in the name of a function, for rows of another."""
        if hasattr(rows, "__array_interface__"):
            import numpy

            rows = numpy.ascontiguousarray(rows, dtype=float)  # itself, if that is what it is
        try:
            view = memoryview(rows)
        except TypeError:
            return cls.of_lists(rows, width, name)
        return cls.of_view(view, width, name)

    @classmethod
    def of_view(cls, view: memoryview, width: int, name: str) -> Table:
        if view.format != "d" or not view.c_contiguous:
            raise ValueError(f"{name}: rows of format {view.format!r}\ngive it C-contiguous float64: array('d', ...)")
        shape = view.shape or ()
        check_width(shape[1] if len(shape) == 2 else 1 if len(shape) == 1 else "several", width, name)
        count = shape[0]
        if not view.nbytes:
            return cls(0, count, view)
        if view.readonly:
            view = memoryview(array("d", view.tobytes()))
        return cls(ctypes.addressof(ctypes.c_char.from_buffer(view)), count, view)

    @classmethod
    def of_lists(cls, rows: Iterable[Any], width: int, name: str) -> Table:
        numbers, count = array("d"), 0
        for count, row in enumerate(rows, 1):  # noqa: B007 - the last count is the number of rows
            each = row if hasattr(row, "__len__") else (row,)
            check_width(len(each), width, name)
            try:
                numbers.extend(each)
            except TypeError:
                raise TypeError(f"{name}: {row!r:.60} is not a row of numbers\n{ROW}") from None
        return cls(numbers.buffer_info()[0], count, numbers)

    @classmethod
    def to_write(cls, out: Any, count: int, width: int, name: str) -> Table:
        """An array of the caller's for that many results, where it is."""
        try:
            view = memoryview(out)
        except TypeError:
            raise TypeError(f"{name}: out = {out!r:.60} is not an array\ngive it a NumPy array of float64") from None
        if view.readonly or view.format != "d" or not view.c_contiguous or view.nbytes != 8 * count * width:
            raise ValueError(
                f"{name}: out of format {view.format!r} and shape {view.shape} for {count} rows of {width} results\n"
                "give it a writable C-contiguous array of float64 of that size"
            )
        return cls(ctypes.addressof(ctypes.c_char.from_buffer(view)) if view.nbytes else 0, count, view)

    @classmethod
    def empty(cls, count: int, width: int) -> Table:
        numbers = array("d", bytes(8 * count * width))
        return cls(numbers.buffer_info()[0], count, numbers)


ROW = "a row holds the numbers of the function's arguments, one after another"


def check_width(found: int | str, width: int, name: str) -> None:
    if found != width:
        raise ValueError(f"{name}: rows of {found} numbers for a function of {width}\n{ROW}")


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


def added_up(parts: Sequence[Sequence[float]], width: int) -> list[float]:
    """The sums of the parts, column by column, in their order."""
    return functools.reduce(lambda total, part: list(map(operator.add, total, part)), parts, [0.0] * width)


def like(rows: Any, results: Table, width: int, rebuild: Callable[[Sequence[float]], Any]) -> Any:
    """The results in the form in which the rows came: a list of f's own structures, a NumPy array, or a memoryview."""
    numbers = results.owner
    if hasattr(rows, "__array_interface__"):
        found = sys.modules["numpy"].frombuffer(numbers, dtype=float)
        return found if isinstance(rebuild([0.0] * width), float) else found.reshape(results.count, width)
    try:
        memoryview(rows)
    except TypeError:
        return [rebuild(numbers[width * place : width * (place + 1)]) for place in range(results.count)]
    return memoryview(numbers).cast("B").cast("d", (results.count, width)) if len(numbers) else memoryview(numbers)
