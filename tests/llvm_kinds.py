"""The three kinds of code that LLVM makes, as functions of lists of rows, and their check by the interpreter."""

import math
from array import array
from collections.abc import Sequence

from autograd.compiling import llvm
from autograd.compiling.tape import Tape, run
from tests import tapes

Rows = Sequence[Sequence[float]]


def table_of(rows: Rows) -> array:
    return array("d", [x for row in rows for x in row] or [0.0])


def one(tape: Tape, rows: Rows, shared: Sequence[float]) -> list[list[float]]:
    row = len(rows[0])
    call = tapes.one(llvm.Code(tape, row, "one"), row, len(tape.outputs))
    return [call([*numbers, *shared]) for numbers in rows]


def rows(tape: Tape, rows: Rows, shared: Sequence[float]) -> list[list[float]]:
    width = len(tape.outputs)
    out = array("d", [5.0]) * (width * len(rows))
    code = llvm.Code(tape, len(rows[0]), "rows")
    tapes.many(code, [table_of(rows)], array("d", [*shared, 0.0]), [out], 0, len(rows))
    return [out[start : start + width].tolist() for start in range(0, len(out), width)]


def sums(tape: Tape, rows: Rows, shared: Sequence[float], code: llvm.Code | None = None) -> list[float]:
    out = array("d", [5.0]) * len(tape.outputs)
    code = code or llvm.Code(tape, len(rows[0]) if rows else len(tape.entries), "sums")
    tapes.many(code, [table_of(rows)], array("d", [*shared, 0.0]), out, 0, len(rows))
    return out.tolist()


def check(tape: Tape, numbers: Rows, shared: Sequence[float], ulps: int) -> None:
    """All kinds against the interpreter, row by row; sums to within what the order of adding may change."""
    expected = [run(tape, [*row, *shared]) for row in numbers]
    for kind in (one, rows):
        for found, row, wanted in zip(kind(tape, numbers, shared), numbers, expected, strict=True):
            off = [(x, y) for x, y in zip(found, wanted, strict=True) if tapes.ulps(x, y) > ulps]
            assert not off, (kind.__name__, row)
            if not ulps:
                assert tapes.bits(found) == tapes.bits(wanted)
    for total, column in zip(sums(tape, numbers, shared), zip(*expected), strict=True):
        size = sum(map(abs, column))
        if math.isfinite(size):
            assert abs(total - sum(column)) <= 1e-13 * size + 1e-305 * ulps
        elif any(x != x for x in column):
            assert total != total
