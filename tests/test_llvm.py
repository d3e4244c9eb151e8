"""Machine code through LLVM computes what the interpreter computes; loops found in tapes are the tapes' own work."""

import gc
import itertools
import math
import random
import sys
import threading
from array import array
from collections.abc import Sequence

import pytest

from autograd.compiling import llvm
from autograd.compiling.llvm import code as making
from autograd.compiling.llvm import laying, rolling
from autograd.compiling.llvm.instructions import LIBRARY
from autograd.compiling.llvm.laying import Program, program
from autograd.compiling.llvm.rolling import CONSTANTS, INPUTS, LANES, OUT, SAME, SHARED, Line, Walk
from autograd.compiling.passes import EXACT
from autograd.compiling.tape import CONSTANT, DOT, ELEMENTARY, INPUT, SUM, WHERE, Builder, Tape, result, run
from tests import tapes

pytest.importorskip("llvmlite", reason="the backend 'llvm' needs the extra `jit`")

Rows = Sequence[Sequence[float]]


# ---- the three kinds as functions of lists ---------------------------------------------------------


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
        for found, row, wanted in zip(kind(tape, numbers, shared), numbers, expected):
            off = [(x, y) for x, y in zip(found, wanted) if tapes.ulps(x, y) > ulps]
            assert not off, (kind.__name__, row)
            if not ulps:
                assert tapes.bits(found) == tapes.bits(wanted)
    for total, column in zip(sums(tape, numbers, shared), zip(*expected)):
        size = sum(map(abs, column))
        if math.isfinite(size):
            assert abs(total - sum(column)) <= 1e-13 * size + 1e-305 * ulps
        elif any(x != x for x in column):
            assert total != total


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


def regular_tape(rng: random.Random, inputs: int, steps: int) -> Tape:
    """A tape of vectors and tables of operations on vectors that came before, as programs over arrays would be."""
    builder = Builder()
    known = [
        [builder.add(INPUT, number) for number in range(inputs)],
        [builder.constant(x) for x in (0.0, 1.5, -2.0, 3.0)],
    ]

    def walk(count: int) -> list[int]:
        source = rng.choice(known[-6:] + known[:2])
        if len(source) < count or rng.random() < 0.2:
            return [rng.choice(source)] * count
        step = rng.randint(1, max(1, (len(source) - 1) // max(count - 1, 1)))
        first = rng.randrange(len(source) - step * (count - 1))
        return source[first : first + step * count : step][:count][:: rng.choice((1, 1, 1, -1))]

    def made(count: int) -> list[int]:
        terms, other = rng.choice((1, 3, 6, 9)), rng.choice((3, 4, 8, 10))
        kind = rng.choice((DOT, SUM, WHERE, "each", "each", "pairs", "unary"))
        if kind == DOT:
            return [builder.add(DOT, *walk(terms), *walk(terms)) for _ in range(count)]
        if kind == SUM:
            return [builder.add(SUM, *walk(terms)) for _ in range(count)]
        if kind == WHERE:
            return [builder.add(WHERE, *slots) for slots in zip(walk(count), walk(count), walk(count))]
        if kind == "unary":
            name = rng.choice(("neg", "step", "abs", "sign"))
            return [builder.add(name, x) for x in walk(count)]
        name = rng.choice(("+", "-", "*", "/", "maximum"))
        pairs = zip(walk(count), walk(count)) if kind == "each" else itertools.product(walk(count), walk(other))
        return [builder.add(name, x, y) for x, y in pairs]

    for _ in range(steps):
        known.append(made(rng.choice((1, 2, 3, 5, 8, 9, 16, 19))))
    outputs = [slot for each in known[2:] if rng.random() < 0.5 for slot in each] or known[-1]
    if rng.random() < 0.3:
        rng.shuffle(outputs)
    return builder.tape(outputs)


@pytest.fixture(params=["as it is", "small pieces"])
def thresholds(request, monkeypatch) -> None:
    """Loops and pieces as they would be used, and such that there are as many of them as can be."""
    if request.param == "small pieces":
        for module, name, x in (
            (laying, "LONG", 0),
            (laying, "promising", lambda todo: True),
            (laying, "WHOLE", 3),
            (laying, "PIECE", 3),
            (rolling, "LOOP_FROM", 2),
            (rolling, "SHORT", 1),
        ):
            monkeypatch.setattr(module, name, x)


@pytest.mark.parametrize("seed", range(30))
def test_regular_tape(seed: int, thresholds) -> None:
    rng = random.Random(seed)
    row, shared = rng.randint(1, 12), rng.randint(0, 30)
    tape = regular_tape(rng, row + shared, rng.randint(2, 14))
    numbers = [tapes.random_numbers(rng, row) for _ in range(rng.choice([1, 7, 8, 9, 40]))]
    check(tape, numbers, tapes.random_numbers(rng, shared), ulps=0)


@pytest.mark.parametrize("lanes", [2, 4, 16])
@pytest.mark.parametrize("seed", range(5))
def test_other_widths_of_vectors(seed: int, lanes: int, monkeypatch) -> None:
    monkeypatch.setattr(making, "lanes", lambda quick: lanes)
    test_regular_tape(seed, None)


# ---- layout ----------------------------------------------------------------------------------------


def places(walk: Walk, counts: Sequence[int]) -> list[int]:
    """All places of a walk, round by round."""
    rounds = itertools.product(*map(range, counts))
    return [walk[0] + sum(i * step for i, step in zip(each, walk[1:])) for each in rounds]


def interpreted(laid: Program, inputs: Sequence[float], row: int, start: int, outputs: int) -> list[float]:
    """What a program computes for one row, by the simplest machine that could."""
    memory = dict(enumerate(laid.constants, CONSTANTS)) | dict(enumerate(inputs[row:], SHARED))
    memory |= dict(enumerate(inputs[:row], start))
    out = dict.fromkeys(range(OUT, OUT + outputs), 0.0)
    for part in (*laid.before, *laid.each):
        for round_ in range(math.prod(part.counts)):
            for line in part.lines:
                x = [memory[place] for walk in line.operands for place in taken(line, walk, part.counts, round_)]
                number = x[0] if line.name == SAME else result((line.name,), x)
                place = places(line.result, part.counts)[round_]
                if place in out:
                    out[place] += number
                else:
                    memory[place] = number
    return list(out.values())


def taken(line: Line, walk: Walk, counts: Sequence[int], round_: int) -> list[int]:
    """The places that an operand stands for in one round: several in a long sum or dot."""
    terms = line.terms or 1
    loops = (*counts, terms) if line.terms else counts
    return places(walk, loops)[terms * round_ : terms * (round_ + 1)]


@pytest.mark.parametrize("kind", ["one", "rows", "sums"])
@pytest.mark.parametrize("seed", range(20))
def test_a_laid_out_tape_means_the_same(seed: int, kind: str, thresholds) -> None:
    rng = random.Random(seed)
    row, shared = rng.randint(0, 12), rng.randint(1, 30)
    tape = regular_tape(rng, row + shared, rng.randint(2, 14))
    numbers = [rng.gauss(0.0, 1.0) for _ in range(row + shared)]
    laid = program(tape, row, kind)
    found = interpreted(laid, numbers, row, INPUTS if kind == "one" else LANES, len(tape.outputs))
    assert [x + 0.0 for x in found] == pytest.approx([x + 0.0 for x in run(tape, numbers)], nan_ok=True, rel=1e-15)


def test_a_layer_is_a_loop_and_its_gradients_are_two() -> None:
    tape, row = network((8, 12, 3))
    each = program(tape, row, "sums").each
    shapes = [(part.counts, [(line.name, line.terms) for line in part.lines]) for part in each if part.counts]
    assert ((12,), [("dot", 8), ("+", 0), ("step", 0), ("where", 0)]) in shapes
    assert ((8, 12), [("*", 0)]) in shapes
    assert sum(len(part.lines) for part in each) < len(tape) / 4


def test_what_is_irregular_stays_in_order() -> None:
    rng = random.Random(0)
    tape = tapes.random_tape(rng, 10, 3000)
    assert all(not part.counts for part in program(tape, 10, "one").each)


# ---- networks --------------------------------------------------------------------------------------


def network(widths: Sequence[int], penalty: float = 0.0) -> tuple[Tape, int]:
    """Loss and gradients of a multilayer perceptron, by hand: softmax cross-entropy against a class.

    A row is the inputs, then the class; parameters are shared, neuron by neuron.
    """
    builder = Builder(*EXACT)
    add, zero, one_ = builder.add, builder.constant(0.0), builder.constant(1.0)
    row = widths[0] + 1
    x, target = [add(INPUT, place) for place in range(row - 1)], add(INPUT, row - 1)
    numbers = itertools.count(row)
    layers = [
        [[add(INPUT, next(numbers)) for _ in range(nin + 1)] for _ in range(nout)]
        for nin, nout in itertools.pairwise(widths)
    ]
    activations, sums_ = [x], []
    for layer in layers:
        sums_.append([add("+", add(DOT, *neuron[:-1], *activations[-1]), neuron[-1]) for neuron in layer])
        activations.append([add(WHERE, add("step", z), z, zero) for z in sums_[-1]])
    scores = sums_[-1]
    largest = scores[0]
    for score in scores[1:]:
        largest = add("maximum", largest, score)
    powers = [add("exp", add("-", score, largest)) for score in scores]
    total = add(SUM, *powers)
    hits = [add("-", one_, add("abs", add("ordering", target, builder.constant(float(k))))) for k in range(len(scores))]
    loss = add("-", add("+", largest, add("log", total)), add(DOT, *hits, *scores))
    slopes = [add("-", add("/", power, total), hit) for power, hit in zip(powers, hits)]
    gradients: list[int] = []
    for number in reversed(range(len(layers))):
        products = [[*(add("*", g, x) for x in activations[number]), g] for g in slopes]
        gradients = [slot for neuron in products for slot in neuron] + gradients
        if number:
            back = [add(DOT, *[neuron[k] for neuron in layers[number]], *slopes) for k in range(widths[number])]
            slopes = [add("*", g, add("step", z)) for g, z in zip(back, sums_[number - 1])]
    if penalty:
        parameters = [slot for layer in layers for neuron in layer for slot in neuron]
        loss = add("+", loss, add("*", builder.constant(penalty), add(DOT, *parameters, *parameters)))
        gradients = [add("+", g, add("*", builder.constant(2 * penalty), p)) for g, p in zip(gradients, parameters)]
    return builder.tape([loss, *gradients]), row


@pytest.mark.parametrize("penalty", [0.0, 0.01])
@pytest.mark.parametrize("widths", [(1, 1, 2), (2, 16, 16, 3), (5, 7, 4), (20, 9, 10)])
def test_network(widths: Sequence[int], penalty: float) -> None:
    rng = random.Random(0)
    tape, row = network(widths, penalty)
    shared = [rng.gauss(0.0, 0.5) for _ in range(len(tape.outputs) - 1)]
    numbers = [[*(rng.gauss(0.0, 1.0) for _ in range(row - 1)), float(rng.randrange(widths[-1]))] for _ in range(21)]
    expected = [run(tape, [*each, *shared]) for each in numbers]
    for kind in (one, rows):
        for found, wanted in zip(kind(tape, numbers, shared), expected):
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
    tape, row = network((6, 9, 3))
    shared = [rng.gauss(0.0, 1.0) for _ in range(len(tape.outputs) - 1)]
    numbers = [[*(rng.gauss(0.0, 1.0) for _ in range(row - 1)), 1.0] for _ in range(50)]
    code = llvm.Code(tape, row, "sums")
    assert len({tuple(tapes.bits(sums(tape, numbers, shared, code))) for _ in range(5)}) == 1


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
    with pytest.raises(ValueError, match="written in Python\ncompile with backend='python'"):
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
