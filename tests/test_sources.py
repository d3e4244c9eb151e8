"""The backends that write text, Python and C, against the tape's own interpreter."""

from __future__ import annotations

import ast
import gc
import linecache
import os
import random
import re
import shutil
import subprocess
import tempfile
from array import array
from collections.abc import Sequence
from pathlib import Path

import pytest

from autograd.compiling import c, python
from autograd.compiling.c_library import RESERVED
from autograd.compiling.source import WIDTH, Names
from autograd.compiling.tape import CALL, CONSTANT, DOT, ELEMENTARY, INPUT, SUM, WHERE, Builder, Tape, run
from tests.backends import needs_c
from tests.tapes import EXACT, LABELS, alone, arity, bits, many, one, own, points, random_numbers, random_tape, ulps

STRICT = ("-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic")
seeds = pytest.mark.parametrize("seed", range(20))
quietly = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of the operation of our own, where it overflows


def neuron(width: int, extra: int = 0) -> Tape:
    """relu(x . w + b), its inputs x, then w and b; and numbers that it does not use."""
    builder = Builder()
    slots = [builder.add(INPUT, number) for number in range(2 * width + 1 + extra)]
    total = builder.add(DOT, *slots[: 2 * width])
    builder.names = {total: "total"}
    return builder.tape([builder.add("relu", builder.add("+", total, slots[2 * width]))])


def labelled(labels: Sequence[str]) -> Tape:
    """x1 * x1 + x2 * x2 + ..., with the labels on the inputs, and again on what is computed from them."""
    builder, total = Builder(), 0
    for number, label in enumerate(labels):
        x = builder.add(INPUT, number)
        square = builder.add("*", x, x)
        total = builder.add("+", total, square) if number else square
        builder.names |= {x: label, square: label, total: label}
    return builder.tape([total])


# ---- names ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("plain", [False, True])
def test_names_are_identifiers_and_all_different(plain) -> None:
    names = Names(RESERVED, plain)
    given = [names.new(label) for label in [*LABELS, *LABELS, "", "²", "½", "ﬁ", "fi", "𝒙", "\n", "x_2", "x", "x"]]
    assert len(set(given)) == len(given) and not set(given) & set(RESERVED)
    assert all(name.isidentifier() and (name.isascii() or not plain) for name in given)


def test_letters_are_spelled_out_where_only_ascii_will_do() -> None:
    names = Names([], plain=True)
    assert [names.new(label) for label in ("θ", "Δw", "λ", "é", "σ̂", "x₁", "ж", "∂L/∂w", "日本")] == [
        *("theta", "Deltaw", "lambda", "e", "sigma", "x1", "zhe", "L_w", "v")
    ]


def test_many_like_names_take_no_longer_than_others() -> None:
    names = Names([])
    assert [names.new("x") for _ in range(20_000)][-1] == "x_20000"


# ---- Python --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ELEMENTARY)
def test_python_gives_what_the_interpreter_gives(name) -> None:
    code = python.Code(alone(name))
    for point in points(arity(name)):
        assert bits(code.one(point)) == bits(run(code.tape, point)), point


@quietly
@seeds
@pytest.mark.parametrize("length", [4000, 12])
def test_python_on_random_tapes(seed, length, monkeypatch) -> None:
    monkeypatch.setattr(python.PythonWriter, "part_length", length)
    rng = random.Random(seed)
    inputs = rng.randint(1, 30)
    tape = random_tape(rng, inputs, rng.randint(1, 150), calls=True)
    code = python.Code(tape)
    assert max(map(len, code.text.splitlines())) <= WIDTH + 14
    for _ in range(5):
        numbers = random_numbers(rng, inputs)
        assert bits(code.one(numbers)) == bits(run(tape, numbers))
        assert bits(code.one(array("d", numbers))) == bits(run(tape, numbers))


def test_python_does_not_fall_back_without_need(monkeypatch) -> None:
    monkeypatch.setattr(python, "run", None)
    assert python.Code(neuron(3)).one([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]) == (39.0,)
    assert python.Code(neuron(9, extra=3)).one([1.0] * 22) == (10.0,)  # more numbers than it uses


def test_python_text_is_readable() -> None:
    builder = Builder()
    a, b, c_ = (builder.add(INPUT, number) for number in range(3))
    product, shared = builder.add("*", a, b), builder.add("exp", c_)
    chosen = builder.add(WHERE, builder.add("step", a), shared, builder.add("neg", shared))
    builder.names = {a: "a", b: "b", c_: "θ", product: "area"}
    tape = builder.tape([builder.add("-", product, builder.add("-", chosen, builder.constant(-0.5))), product])
    assert python.source(tape, "f") == (
        "def f(inputs):\n"
        "    a, b, θ = inputs\n"
        "    area = a * b\n"
        "    v4 = exp(θ)\n"
        "    return (area - ((v4 if step(a) else -v4) - -0.5), area)"
    )


def test_python_adds_up_long_lists_by_slices_and_lists() -> None:
    builder = Builder()
    x = [builder.add(INPUT, number) for number in range(40)]
    hidden = [builder.add("tanh", each) for each in x[:9]]
    sums = [builder.add(DOT, *hidden, *x[10:19]), builder.add(DOT, *hidden, *x[19:36:2]), builder.add(SUM, *x[:9])]
    assert python.source(builder.tape(sums)) == (
        "def compiled(inputs):\n"
        "    x0, x1, x2, x3, x4, x5, x6, x7, x8 = inputs[0:9]\n"
        "    terms = [tanh(x0), tanh(x1), tanh(x2), tanh(x3), tanh(x4), tanh(x5), tanh(x6), tanh(x7),\n"
        "        tanh(x8)]\n"
        "    return (dot(terms, inputs[10:19]), dot(terms, inputs[19:36:2]), added(inputs[0:9]))"
    )


def test_python_keeps_lines_short_and_brackets_few() -> None:
    builder, x = Builder(), 0
    builder.add(INPUT, 0)
    for _ in range(300):
        x = builder.add("neg", builder.add("sin", x))
    code = python.Code(builder.tape([x]))
    assert max(map(len, code.text.splitlines())) <= 100
    assert bits(code.one([0.7])) == bits(run(code.tape, [0.7]))


def test_python_calls_an_operation_of_the_users_once_in_each_run(monkeypatch) -> None:
    calls = []
    monkeypatch.setattr(own, "forward", lambda numbers: calls.append(numbers) or 3.0)
    tape = Tape(((INPUT, 0), (CALL, own, 0, 0), (CONSTANT, 5.0), (WHERE, 0, 2, 1)), (3,))
    assert python.Code(tape).one([1.0]) == (5.0,)
    assert calls == [[1.0, 1.0]]


def test_python_compiles_long_tapes_in_parts() -> None:
    rng = random.Random(0)
    builder = Builder()
    slots = [builder.add(INPUT, number) for number in range(10)]
    while len(slots) < 50_000:
        slots.append(builder.add(rng.choice(("+", "-", "maximum")), rng.choice(slots[-3:]), rng.choice(slots[-900:])))
    code = python.Code(builder.tape([slots[-1]]))
    functions = ast.parse(code.text).body
    assert len(functions) > 10 and max(each.end_lineno - each.lineno for each in functions) <= 4_000
    numbers = random_numbers(rng, 10)
    assert bits(code.one(numbers)) == bits(run(code.tape, numbers))


def test_python_shows_its_lines_in_tracebacks_and_leaves_nothing_behind() -> None:
    before = len(linecache.cache)
    code = python.Code(alone("exp"))
    with pytest.raises(TypeError) as caught:
        code.one(["a"])
    assert str(caught.traceback[-1].statement).strip() == "return (exp(x0),)"
    del caught, code
    gc.collect()
    assert len(linecache.cache) <= before + 1  # pytest itself looked at this file


# ---- C -------------------------------------------------------------------------------------------


def compiles_alone(text: str, *options: str) -> None:
    arguments = [c.compiler(), *(options or STRICT), "-x", "c", "-c", "-o", os.devnull, "-"]
    done = subprocess.run(arguments, input=text, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr + text


@needs_c
@pytest.mark.parametrize("name", ELEMENTARY)
def test_c_gives_what_the_interpreter_gives(name) -> None:
    tape, count = alone(name), arity(name)
    function = one(c.Code(tape, count, "one"), count, 1)
    for point in points(count):
        [found], [expected] = function(point), run(tape, point)
        assert ulps(found, expected) <= (0 if name in EXACT else 4), point
        assert found or bits([found]) == bits([expected]), point  # the sign of a zero


@needs_c
@seeds
@pytest.mark.parametrize("length", [1000, 12])
def test_c_on_random_tapes(seed, length, monkeypatch) -> None:
    monkeypatch.setattr(c.CWriter, "part_length", length)
    rng = random.Random(seed)
    inputs = rng.randint(1, 30)
    tape, row = random_tape(rng, inputs, rng.randint(1, 150), EXACT), rng.randint(0, inputs)
    text = c.source(tape, row)
    assert max(map(len, text.splitlines())) <= WIDTH + 14 and text.isascii()
    compiles_alone(text)
    function = one(c.Code(tape, row, "one"), row, len(tape.outputs))
    for _ in range(10):
        numbers = random_numbers(rng, inputs)
        assert bits(function(numbers)) == bits(run(tape, numbers))


@needs_c
def test_c_compiles_alone_whatever_it_calls_and_whatever_things_are_called() -> None:
    builder = Builder()
    x, y = builder.add(INPUT, 0), builder.add(INPUT, 1)
    used = [builder.add(name, x, y) if arity(name) == 2 else builder.add(name, x) for name in ELEMENTARY]
    compiles_alone(c.source(builder.tape(used), 1))
    compiles_alone(c.source(labelled([*LABELS, *ELEMENTARY, *RESERVED]), 3))
    compiles_alone(c.source(labelled([*LABELS, *ELEMENTARY, *RESERVED]), 3), "-w")  # as the compiler likes C best
    compiles_alone(c.source(Tape(((INPUT, 0), (CONSTANT, 5e-324)), (1,)), 1))
    compiles_alone(c.source(Tape((), ()), 0))


@needs_c
@pytest.mark.parametrize("options", [["-std=c99"], []])
def test_no_macro_is_taken_for_a_name(options) -> None:
    arguments = [c.compiler(), *options, "-x", "c", "-dM", "-E", "-"]
    done = subprocess.run(arguments, input="#include <math.h>\n", capture_output=True, text=True, check=True)
    macros = re.findall(r"^#define ([A-Za-z]\w*) ", done.stdout, re.MULTILINE)
    assert "INFINITY" in macros and set(macros) <= set(RESERVED)


@pytest.mark.parametrize("label", LABELS)
def test_labels_do_not_get_in_the_way(label) -> None:
    tape = labelled([label, label, "x0", "v2"])
    assert python.Code(tape).straight([1.0, 2.0, 3.0, 4.0]) == (30.0,)


def test_c_text_is_readable() -> None:
    builder = Builder()
    x = [builder.add(INPUT, number) for number in range(31)]
    total = builder.add("+", builder.add(DOT, *x[:10], *x[10:30:2]), x[30])
    score = builder.add("sigmoid", total)
    builder.names = {x[30]: "b", score: "score"}
    text = c.source(builder.tape([score, builder.add(WHERE, total, score, builder.add("neg", score))]), 10, "f")
    assert (
        text[: text.index("\n")]
        == "/* f(row, shared, out): a row of 10 numbers and 21 shared numbers in, 2 results out."
    )
    assert text[text.index("static double sigmoid") :] == (
        "static double sigmoid(double x) {\n"
        "    const double v4 = exp(-fabs(x));\n"
        "    return (step(x) != 0.0 ? 1.0 : v4) / (1.0 + v4);\n"
        "}\n"
        "\n"
        "void f(const double *row, const double *shared, double *out) {\n"
        "    const double b = shared[20];\n"
        "    const double v22 = dot(10, row, 1, shared, 2) + b;\n"
        "    const double score = sigmoid(v22);\n"
        "    out[0] = score;\n"
        "    out[1] = v22 != 0.0 ? score : -score;\n"
        "}\n"
    )


def test_c_cannot_call_an_operation_of_the_users() -> None:
    tape = Tape(((INPUT, 0), (CALL, own, 0, 0)), (1,))
    assert not c.can(tape) and c.can(alone("sin"))
    with pytest.raises(ValueError, match="own is an operation of your own, which only Python can"):
        c.source(tape, 1)


# ---- many rows in C ------------------------------------------------------------------------------


def layered(rng: random.Random) -> tuple[Tape, list[int], list[int], int]:
    """A tape, the widths of the tables it reads and writes, and how many shared numbers it takes."""
    tables, outs = [rng.randint(0, 3) for _ in range(3)], [rng.randint(0, 2) for _ in range(2)]
    shared = rng.randint(1, 12)
    tape = random_tape(rng, sum(tables) + shared, 40, EXACT)
    outputs = tuple(rng.randrange(len(tape.entries)) for _ in range(sum(outs)))
    return Tape(tape.entries, outputs, tape.names), tables, outs, shared


@needs_c
@pytest.mark.parametrize("seed", range(8))
def test_c_on_many_rows(seed) -> None:
    rng = random.Random(seed)
    tape, tables, outs, count = layered(rng)
    given = [array("d", random_numbers(rng, 7 * width)) for width in tables]
    shared = array("d", random_numbers(rng, count))
    in_rows = c.Code(tape, sum(tables), "rows", tables, outs)
    added_up = c.Code(tape, sum(tables), "sums", tables)
    for which in (None, array("q", [6, 0, 3, 3, 1])):
        numbers = which or range(7)
        results = []
        for r in numbers:
            row = [x for table, width in zip(given, tables) for x in table[r * width : (r + 1) * width]]
            results.append(run(tape, [*row, *shared]))
        for begin, end in ((0, len(numbers)), (2, 4), (3, 3)):
            room = [array("d", [9.0] * 7 * width) for width in outs]
            many(in_rows, given, shared, room, begin, end, which)
            for k, (start, width) in enumerate(zip((0, outs[0]), outs)):
                written = [x for row in results[begin:end] for x in row[start : start + width]]
                around = [9.0] * (begin * width), [9.0] * ((7 - end) * width)
                assert bits(room[k]) == bits([*around[0], *written, *around[1]])
            sums = array("d", [9.0] * len(tape.outputs))
            many(added_up, given, shared, sums, begin, end, which)
            expected = [0.0] * len(sums)
            for row in results[begin:end]:
                expected = [total + x for total, x in zip(expected, row)]
            assert bits(sums) == bits(expected)


@needs_c
def test_c_reads_a_row_before_it_writes_it() -> None:
    swap = Tape(((INPUT, 0), (INPUT, 1)), (1, 0))
    table = array("d", [1.0, 2.0, 3.0, 4.0])
    many(c.Code(swap, 2, "rows"), [table], array("d"), [table], 0, 2)
    assert table.tolist() == [2.0, 1.0, 4.0, 3.0]


@needs_c
def test_c_in_parts_on_many_rows(monkeypatch) -> None:
    monkeypatch.setattr(c.CWriter, "part_length", 20)
    tape = random_tape(random.Random(3), 6, 200, EXACT)
    numbers, sums = array("d", random_numbers(random.Random(4), 600)), array("d", [0.0] * len(tape.outputs))
    many(c.Code(tape, 6, "sums"), [numbers], array("d"), sums, 0, 100)
    expected = [0.0] * len(sums)
    for r in range(100):
        expected = [total + x for total, x in zip(expected, run(tape, numbers[6 * r : 6 * r + 6]))]
    assert bits(sums) == bits(expected)


# ---- libraries -----------------------------------------------------------------------------------


@needs_c
def test_c_code_is_made_again_from_its_bytes_without_a_compiler(monkeypatch) -> None:
    tape = neuron(10)
    made = {kind: c.Code(tape, 10, kind) for kind in ("one", "rows", "sums")}
    monkeypatch.setattr(c, "command", lambda: [])
    again = {kind: c.Code(tape, 10, kind, object_code=code.object_code) for kind, code in made.items()}
    assert all(again[kind].size == made[kind].size > 0 for kind in made)
    assert one(again["one"], 10, 1)([1.0] * 21) == [11.0]
    with pytest.raises(RuntimeError, match="cannot load a library: .*\nset TMPDIR"):
        c.Code(tape, 10, "one", object_code=b"nothing")


def libraries() -> list[str]:
    """What this process has loaded from a library of ours, as the system says."""
    return [line for line in Path("/proc/self/maps").read_text().splitlines() if "autograd-" in line]


@needs_c
@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="no /proc on this system")
def test_c_leaves_nothing_behind(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    gc.collect()
    before = len(libraries())
    tape = alone("tanh")
    code = c.Code(tape, 1, "one")
    assert not list(tmp_path.iterdir())
    assert len(libraries()) > before
    for _ in range(200):
        code = c.Code(tape, 1, "one", object_code=code.object_code)
    assert one(code, 1, 1)([0.0]) == [0.0]
    del code
    gc.collect()
    assert len(libraries()) == before and not list(tmp_path.iterdir())


def test_c_without_a_compiler(monkeypatch) -> None:
    monkeypatch.setenv("CC", "")
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert c.compiler() is None
    with pytest.raises(RuntimeError, match="there is no cc, gcc or clang\ninstall one, or use backend='python'"):
        c.Code(alone("sin"), 1, "one")
    monkeypatch.setenv("CC", "nowhere-cc -m64")
    with pytest.raises(RuntimeError, match="there is no nowhere-cc"):
        c.Code(alone("sin"), 1, "one")


@needs_c
def test_c_calls_the_compiler_that_is_asked_for(monkeypatch) -> None:
    path = c.compiler()
    monkeypatch.setenv("CC", f"{path} -DNOTHING")
    assert c.compiler() == path and "-DNOTHING" in c.target()
    assert one(c.Code(alone("exp"), 1, "one"), 1, 1)([0.0]) == [1.0]
    monkeypatch.setenv("CC", f"{path} -include nowhere.h")
    with pytest.raises(RuntimeError, match=r"failed: .*nowhere.h(?s:.*)use backend='python'") as caught:
        c.Code(alone("exp"), 1, "one")
    assert str(caught.value).count("\n") == 1
