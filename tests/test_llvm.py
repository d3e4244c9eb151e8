"""Machine code through LLVM computes what the interpreter computes; it can be kept, and is given back."""

import gc
import random
import sys
import threading

import pytest

from autograd.compiling import llvm
from autograd.compiling.llvm.instructions import LIBRARY
from autograd.compiling.llvm.laying import program
from autograd.compiling.tape import CONSTANT, ELEMENTARY, INPUT, Tape, run
from tests import tapes
from tests.backends import needs_llvm
from tests.llvm_kinds import check, one, rows

pytestmark = needs_llvm


# ---- each operation --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ELEMENTARY)
def test_operation_at_the_edges(name: str) -> None:
    tape = tapes.alone(name)
    # logaddexp may cancel: what its logarithm is off by weighs more then.
    ulps = 0 if name in tapes.EXACT else 64 if name == "logaddexp" else 4
    check(tape, list(tapes.points(tapes.arity(name))), [], ulps)


@pytest.mark.parametrize("name", ["where", "sum", "dot"])
def test_entries_of_many_numbers_at_the_edges(name: str) -> None:
    count = 4 if name == "dot" else 3
    tape = Tape((*((INPUT, i) for i in range(count)), (name, *range(count))), (count,))
    rng = random.Random(0)
    check(tape, [[rng.choice(tapes.EDGES) for _ in range(count)] for _ in range(500)], [], ulps=0)


@pytest.mark.parametrize("name", LIBRARY)
def test_library_functions_in_loops(name: str) -> None:
    takes = [range(place, place + tapes.arity(name)) for place in range(16)]
    tape = Tape((*((INPUT, i) for i in range(18)), *((name, *slots) for slots in takes)), tuple(range(18, 34)))
    assert [part.counts for part in program(tape, 18, "rows").each] == [(16,)]
    rng = random.Random(0)
    check(tape, [[rng.choice(tapes.EDGES) for _ in range(18)] for _ in range(11)], [], ulps=4)


def test_constants_are_exact() -> None:
    tape = Tape(tuple((CONSTANT, x) for x in tapes.EDGES), tuple(range(len(tapes.EDGES))))
    assert tapes.bits(one(tape, [[0.0]], [])[0]) == tapes.bits(tapes.EDGES)
    assert [tapes.bits(row) for row in rows(tape, [[0.0]] * 9, [])] == [tapes.bits(tapes.EDGES)] * 9


# ---- tapes -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(30))
def test_random_tape(seed: int) -> None:
    rng = random.Random(seed)
    row, shared = rng.randint(1, 5), rng.randint(0, 20)
    tape = tapes.random_tape(rng, row + shared, rng.choice([20, 100, 400]), operations=tapes.EXACT)
    numbers = [tapes.random_numbers(rng, row) for _ in range(rng.choice([1, 7, 8, 9, 40]))]
    check(tape, numbers, tapes.random_numbers(rng, shared), ulps=0)


# ---- long tapes ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [one, rows])
def test_long_tape(kind) -> None:
    rng = random.Random(0)
    entries: list[tuple] = [(INPUT, place) for place in range(20)]
    while len(entries) < 12_000:
        entries.append((rng.choice("+-*"), len(entries) - 1, rng.randrange(max(0, len(entries) - 2000), len(entries))))
        entries.append(("minimum", len(entries) - 1, rng.randrange(20)))
    tape = Tape(tuple(entries), tuple(range(len(entries) - 50, len(entries))))
    numbers = [[rng.uniform(-1.0, 1.0) for _ in range(20)] for _ in range(3)]
    expected = [tapes.bits(run(tape, each)) for each in numbers]
    assert [tapes.bits(each) for each in kind(tape, numbers, [])] == expected


# ---- Code ------------------------------------------------------------------------------------------

CUBE = Tape(((INPUT, 0), ("*", 0, 0), ("*", 1, 0)), (2,))


def test_code_may_be_looked_at() -> None:
    code = llvm.Code(CUBE, 1, "rows")
    assert code.size > 50
    assert "fmul" in code.ir
    assert "mul" in code.assembly()


def test_code_is_loaded_from_what_was_kept() -> None:
    kept = llvm.Code(CUBE, 1, "one").object_code
    again = llvm.Code(CUBE, 1, "one", object_code=kept)
    assert tapes.one(again, 1, 1)([3.0]) == [27.0]
    assert again.object_code == kept
    assert again.size == llvm.Code(CUBE, 1, "one").size


def test_what_python_must_do_is_refused() -> None:
    tape = tapes.random_tape(random.Random(0), 3, 200, calls=True)
    assert not llvm.can(tape)
    with pytest.raises(ValueError, match="own is an .* only Python can call\nuse backend='python'"):
        llvm.Code(tape, 3, "one")


def test_missing_llvmlite_is_named(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "llvmlite", None)
    with pytest.raises(ImportError) as caught:
        llvm.Code(CUBE, 1, "one")
    assert str(caught.value).splitlines() == [
        "the backend 'llvm' needs llvmlite",
        "install it: pip install 'scalar-autograd[jit]'",
    ]


on_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux says in /proc what memory is in use")


@on_linux
def test_memory_stays_flat() -> None:
    pages = []
    for count in range(601):
        llvm.Code(CUBE, 1, "one")
        if count in (300, 600):
            gc.collect()
            with open("/proc/self/statm") as statm:
                pages.append(int(statm.read().split()[1]))
    assert pages[1] - pages[0] < 200  # of 4 kB


@on_linux
def test_code_leaves_memory_with_its_owner() -> None:
    def executable() -> int:
        with open("/proc/self/maps") as maps:
            return sum(" r-xp 00000000 00:00 0" in line for line in maps)

    codes = [llvm.Code(CUBE, 1, "one") for _ in range(50)]
    held = executable()
    codes.clear()
    gc.collect()
    assert executable() <= held - 40


def test_threads_may_compile_at_once() -> None:
    found: list[list[float]] = []

    def work(power: int) -> None:
        tape = Tape(((INPUT, 0), *(("*", place, 0) for place in range(power))), (power,))
        for _ in range(5):
            found.append([power, *tapes.one(llvm.Code(tape, 1, "one"), 1, 1)([2.0])])

    threads = [threading.Thread(target=work, args=[power]) for power in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == sorted([power, 2.0 ** (power + 1)] for power in range(1, 9) for _ in range(5))
