"""What the native backends have in common: what each is asked, and how the code that it makes is called.

Such a backend is a module, c.py or x86.py, or a package, llvm/, with what a Backend has. Its code is a C function, one
of three kinds, on floats in memory:

    one:   void f(const double *row, const double *shared, double *out)
           A row of numbers gives a row of results.
    rows:  void f(const double *const *tables, const double *shared, double *const *outs,
                  const int64_t *which, int64_t begin, int64_t end)
           Row r of the tables gives row i of the outs. Where `which` is NULL, these may be the same memory.
    sums:  void f(const double *const *tables, const double *shared, double *sums,
                  const int64_t *which, int64_t begin, int64_t end)
           The sum over all rows r of each result.

Here i runs from `begin` to `end` - 1, and r is i or, unless `which` is NULL, which[i]. The numbers of a row stand side
by side in one table, or are distributed among several; so are results among outs. What all rows have in common comes
as `shared`. Next: c.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from autograd.compiling.tape import Tape, users_operation

KINDS = ("one", "rows", "sums")


class NativeCode(Protocol):
    """A tape as machine code, at `address`, of `size` bytes: threads may call it at once, until this object is gone.

    The first `row` inputs of the tape come with each row, from tables of the widths `tables`, by default one; the
    others are shared. Results go to tables of the widths `outs`, by default one. Of its `object_code` an equal one is
    made again without compiling; it is None where that is not worth the while.
    """

    address: int
    size: int

    def __init__(
        self,
        tape: Tape,
        row: int,
        kind: str,
        tables: Sequence[int] | None = None,
        outs: Sequence[int] | None = None,
        *,
        object_code: bytes | None = None,
    ) -> None: ...

    @property
    def object_code(self) -> bytes | None: ...


class Backend(Protocol):
    """A module whose `Code` turns tapes into machine code; ValueError for one that it cannot do, or another kind."""

    @property
    def Code(self) -> type[NativeCode]: ...  # noqa: N802 - the name of a class

    def is_present(self) -> bool:
        """Whether it can make code here."""

    def check_present(self) -> None:
        """An error, with what to do, where it cannot: RuntimeError, or ImportError if something can be installed."""

    def can(self, tape: Tape) -> bool:
        """Whether it can make code of this tape, where it can make any."""

    def target(self) -> str:
        """What object code depends on, besides the tape and the system."""


def check_can(tape: Tape) -> None:
    """ValueError if a tape has an operation on it that only Python can call."""
    operation = users_operation(tape)
    if operation is not None:
        raise ValueError(
            f"{operation.name} is an operation of your own, which only Python can call\nuse backend='python'"
        )


def check_kind(kind: str) -> None:
    """ValueError for a kind of code that there is not.

    >>> check_kind("columns")
    Traceback (most recent call last):
    ValueError: there is no code of kind 'columns'
    ask for 'one', 'rows' or 'sums'
    """
    if kind not in KINDS:
        raise ValueError(f"there is no code of kind {kind!r:.60}\nask for 'one', 'rows' or 'sums'")
