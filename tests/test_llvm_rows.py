"""Machine code through LLVM over many rows: networks, tables, lists of rows, and sums over them."""

import math
import random
from array import array
from collections.abc import Sequence

import pytest

from autograd.compiling import llvm
from autograd.compiling.tape import CONSTANT, INPUT, Tape, run
from tests import tapes
from tests.backends import needs_llvm
from tests.llvm_kinds import Rows, one, rows, sums, table_of

pytestmark = needs_llvm


@pytest.mark.parametrize("penalty", [0.0, 0.01])
@pytest.mark.parametrize("widths", [(1, 1, 2), (2, 16, 16, 3), (5, 7, 4), (20, 9, 10)])
def test_network(widths: Sequence[int], penalty: float) -> None:
    rng = random.Random(0)
    tape, row = tapes.network(widths, penalty)
    shared = [rng.gauss(0.0, 0.5) for _ in range(len(tape.outputs) - 1)]
    numbers = [[*(rng.gauss(0.0, 1.0) for _ in range(row - 1)), float(rng.randrange(widths[-1]))] for _ in range(21)]
    expected = [run(tape, [*each, *shared]) for each in numbers]
    for kind in (one, rows):
        for found, wanted in zip(kind(tape, numbers, shared), expected, strict=True):
            assert found == pytest.approx(wanted, rel=1e-12, abs=1e-14)
    assert sums(tape, numbers, shared) == pytest.approx(
        [math.fsum(each) for each in zip(*expected)], rel=1e-12, abs=1e-12
    )


# ---- rows, tables, lists of rows -------------------------------------------------------------------

TABLES = Tape(
    (*((INPUT, i) for i in range(6)), ("-", 0, 1), ("*", 2, 3), ("+", 6, 5), ("-", 4, 7), ("sqrt", 5)),
    (6, 7, 8, 9, 10, 0),
)


def table_results(numbers: Rows, shared: Sequence[float]) -> list[list[float]]:
    return [run(TABLES, [*row, *shared]) for row in numbers]


@pytest.mark.parametrize("count", [0, 1, 7, 8, 16, 17, 100])
@pytest.mark.parametrize("listed", [False, True])
def test_tables(count: int, listed: bool) -> None:
    rng = random.Random(count)
    numbers = [[rng.gauss(0.0, 1.0) for _ in range(5)] for _ in range(110)]
    chosen = [rng.randrange(110) for _ in range(110)] if listed else list(range(110))
    given = [table_of([row[a:b] for row in numbers]) for a, b in ((0, 1), (1, 4), (4, 5))]
    outs = [array("d", [7.0]) * (110 * width) for width in (2, 1, 3)]
    begin, end = 5, 5 + count
    code = llvm.Code(TABLES, 5, "rows", (1, 3, 1), (2, 1, 3))
    tapes.many(code, given, array("d", [2.0]), outs, begin, end, array("q", chosen) if listed else None)
    expected = table_results([numbers[place] for place in chosen], [2.0])
    for place in range(110):
        wanted = expected[place] if begin <= place < end else [7.0] * 6
        found = [x for out, width in zip(outs, (2, 1, 3)) for x in out[place * width : (place + 1) * width]]
        assert tapes.bits(found) == tapes.bits(wanted), place
    code = llvm.Code(TABLES, 5, "sums", (1, 3, 1))
    out = array("d", [7.0]) * 6
    tapes.many(code, given, array("d", [2.0]), out, begin, end, array("q", chosen) if listed else None)
    assert out.tolist() == pytest.approx([sum(each) for each in zip(*expected[begin:end])] or [0.0] * 6, abs=1e-12)


def test_wide_tables() -> None:
    tape = Tape((*((INPUT, i) for i in range(23)), *(("-", i, 22 - i) for i in range(19))), tuple(range(23, 42)))
    rng = random.Random(0)
    numbers = [[rng.gauss(0.0, 1.0) for _ in range(23)] for _ in range(20)]
    given = [table_of([row[:17] for row in numbers]), table_of([row[17:] for row in numbers])]
    outs = [array("d", [7.0]) * (20 * width) for width in (8, 11)]
    tapes.many(llvm.Code(tape, 23, "rows", (17, 6), (8, 11)), given, array("d", [0.0]), outs, 0, 20)
    for place, row in enumerate(numbers):
        assert [*outs[0][8 * place : 8 * place + 8], *outs[1][11 * place : 11 * place + 11]] == run(tape, row)


def test_results_may_take_the_place_of_inputs() -> None:
    tape = Tape(((INPUT, 0), (INPUT, 1), (INPUT, 2), ("*", 1, 2), ("-", 0, 3), ("+", 0, 1)), (4, 5))
    p, g = array("d", range(100)), array("d", [x / 8 for x in range(100)])
    expected = [(x - 0.5 * y, x + y) for x, y in zip(p, g)]
    tapes.many(llvm.Code(tape, 2, "rows", (1, 1), (1, 1)), [p, g], array("d", [0.5]), [p, g], 0, 100)
    assert list(zip(p, g)) == expected


def test_nan_stays_in_its_row() -> None:
    tape = Tape(((INPUT, 0), ("*", 0, 0), ("exp", 0)), (1, 2))
    numbers = [[math.nan if place == 3 else float(place)] for place in range(11)]
    found = rows(tape, numbers, [])
    assert [place for place, row in enumerate(found) if any(x != x for x in row)] == [3]


def test_rows_left_out_of_a_block_do_not_count() -> None:
    tape = Tape(((INPUT, 0), ("*", 0, 0), ("log", 0)), (0, 1, 2))
    for count in range(1, 20):
        assert sums(tape, [[math.inf]] * count, []) == [math.inf] * 3
        assert sums(tape, [[2.0]] * count, [])[:2] == [2.0 * count, 4.0 * count]


def test_sums_of_what_is_shared() -> None:
    tape = Tape(((INPUT, 0), (INPUT, 1), (CONSTANT, 0.5), ("*", 1, 2), ("+", 0, 3), ("exp", 1)), (1, 2, 3, 4, 5, 4, 3))
    code = llvm.Code(tape, 1, "sums")
    assert sums(tape, [[1.0]] * 10, [4.0], code) == pytest.approx([40, 5, 20, 30, 10 * math.exp(4.0), 30, 20])
    assert sums(tape, [], [math.inf], code) == [0.0] * 7


def test_sums_are_the_same_each_time() -> None:
    rng = random.Random(0)
    tape, row = tapes.network((6, 9, 3))
    shared = [rng.gauss(0.0, 1.0) for _ in range(len(tape.outputs) - 1)]
    numbers = [[*(rng.gauss(0.0, 1.0) for _ in range(row - 1)), 1.0] for _ in range(50)]
    code = llvm.Code(tape, row, "sums")
    assert len({tuple(tapes.bits(sums(tape, numbers, shared, code))) for _ in range(5)}) == 1
