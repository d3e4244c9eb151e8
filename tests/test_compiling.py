"""compile(f): the interpreter's results on every backend, what may be compiled and what not, rows, pickles, caches."""

import copy
import functools
import gc
import importlib.util
import itertools
import math
import pickle
import random
import warnings
from array import array
from collections import namedtuple

import numpy as np
import pytest

import autograd as ag
from autograd import (
    TracingError,
    Value,
    checkpoint,
    compile,
    compile_rows,
    custom,
    derivative,
    detect_anomaly,
    grad,
    hessian,
    hvp,
    jacobian,
    no_grad,
    value_and_grad,
)
from autograd.compiling import c, cache, compiled, kernel, tracing, x86
from tests import ops
from tests.checks import sample

needs_llvm = pytest.mark.skipif(not importlib.util.find_spec("llvmlite"), reason="the extra `jit` is not installed")
needs_c = pytest.mark.skipif(not c.compiler(), reason="there is no C compiler on this machine")
needs_x86 = pytest.mark.skipif(not (x86.is_x86() and x86.may_run_code()), reason="this is not an x86-64 processor")
BACKENDS = ["python", pytest.param("c", marks=needs_c), pytest.param("llvm", marks=needs_llvm)]
everywhere = pytest.mark.parametrize("backend", [*BACKENDS, pytest.param("x86", marks=needs_x86)])
for_batches = pytest.mark.parametrize("backend", BACKENDS)
EDGES = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    -2.0,
    3.0,
    1e-310,
    -1e-310,
    1e308,
    -1e308,
    710.0,
    -750.0,
    math.inf,
    -math.inf,
    math.nan,
]
EXACT = {"+", "-", "*", "/", "identity", "abs", "sqrt", "square", "reciprocal", "floor", "ceil", "step", "sign"}
EXACT |= {"ordering", "maximum", "minimum", "relu", "where", "dot", "sum", "mean", "prod", "leaky_relu"}


def apart(a: float, b: float) -> float:
    """How many units in the last place lie between two numbers; a unit is never below that of the smallest normal."""
    if a == b or (math.isnan(a) and math.isnan(b)):
        return 0.0
    if not (math.isfinite(a) and math.isfinite(b)):
        return math.inf
    return abs(a - b) / math.ulp(max(abs(a), abs(b), 1e-290))


def numbers(structure) -> list[float]:
    if isinstance(structure, dict):
        structure = list(structure.values())
    return [x for part in structure for x in numbers(part)] if isinstance(structure, (list, tuple)) else [structure]


def eager(f, *args):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return f(*args)


def points(row: ops.Row) -> list[list[float]]:
    """Points of the row's domain, and combinations of edges."""
    inside = [list(point) for point in sample(row, 5)]
    count = len(row.domain)
    rng = random.Random(row.name)
    edges = [list(each) for each in itertools.product(EDGES, repeat=count)] if count < 3 else []
    return inside + edges + [[rng.choice(EDGES) for _ in range(count)] for _ in range(40)]


# ---- every operation ------------------------------------------------------------------------------


@everywhere
@pytest.mark.parametrize("row", ops.ROWS, ids=lambda row: row.name)
def test_every_operation_and_its_gradient_as_the_interpreter_has_them(row, backend) -> None:
    f = value_and_grad(lambda x: row.ours(*x))
    fast = compile(f, backend=backend)
    most = 0 if row.operation.name in EXACT else 4
    for point in points(row):
        wanted, found = numbers(eager(f, point)), numbers(fast(point))
        assert all(apart(a, b) <= most for a, b in zip(wanted, found)), (point, wanted, found)


@everywhere
def test_every_operation_on_many_rows(backend) -> None:
    for row in ops.ROWS:
        fast = compile(lambda x, row=row: row.ours(*x), backend=backend)
        rows = points(row)[:130]
        fast(rows[0])
        for point, found in zip(rows, fast.map(rows)):
            wanted = eager(row.ours, *map(Value, point)).data
            assert apart(wanted, found) <= 4, (row.name, point, wanted, found)


def random_function(seed: int):
    """A function of four numbers: random operations on random earlier results."""
    rng = random.Random(seed)
    choices = [row for row in ops.ROWS if row.operation.name not in ("**", "tan", "acosh", "log", "identity")]
    steps = []
    for k in range(4, 40):
        row = rng.choice(choices)
        steps.append((row, [rng.randrange(k) for _ in row.domain]))

    def f(x):
        results = list(x)
        for row, places in steps:
            results.append(ag.clip(row.ours(*[results[place] for place in places]), -3.0, 3.0))
        return ag.sum(results[-12:])

    return f


@everywhere
@pytest.mark.parametrize("seed", range(12))
def test_random_graphs(seed, backend) -> None:
    f = value_and_grad(random_function(seed))
    fast, rng = compile(f, backend=backend), random.Random(seed)
    for _ in range(4):
        x = [rng.uniform(-2.0, 2.0) for _ in range(4)]
        wanted, found = numbers(eager(f, x)), numbers(fast(x))
        assert all(math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9) or a != a for a, b in zip(wanted, found))


# ---- derivatives, structures, what comes from outside ------------------------------------------------


def area(p):
    return ag.exp(p[0] * p[1]) * p[0] + ag.sin(p[1])


DERIVED = {
    "grad": grad(area),
    "value_and_grad": value_and_grad(area),
    "hessian": hessian(area),
    "jacobian": jacobian(lambda p: [area(p), p[0]]),
    "hvp": lambda p: hvp(area, p, [1.0, 2.0]),
    "nested": grad(lambda p: sum(grad(area)(p))),
    "checkpoint": grad(checkpoint(area)),
    "third": lambda p: derivative(lambda t: area([t, p[1]]), 3)(p[0]),
    "inside": lambda p: [each * p[0] for each in grad(area)(p)],
}


@everywhere
@pytest.mark.parametrize("name", DERIVED)
def test_derivatives_are_compiled_like_any_function(name, backend) -> None:
    f = DERIVED[name]
    fast = compile(f, backend=backend)
    for p in ([0.3, 0.7], [1.5, -0.2]):
        assert numbers(fast(p)) == pytest.approx(numbers(f(p)), rel=1e-14)


def test_perturbations_are_not_confused() -> None:
    assert compile(grad(lambda x: x * grad(lambda y: x * y)(x)))(3.0) == 6.0


def test_detach_stops_gradients_not_numbers() -> None:
    assert compile(lambda x: x * x.detach())(3.0) == 9.0
    assert compile(grad(lambda x: x * x.detach()))(3.0) == 3.0

    def chain(x):
        h = x
        for _ in range(3000):
            h = (h * 0.5).detach() + x
        return h

    assert compile(chain, backend="python")(1.0) == 2.0


Point = namedtuple("Point", "x y")


def test_structures_come_back_as_they_are_returned() -> None:
    fast = compile(lambda p, k=1.0: {"sum": p.x + p.y, "parts": (p.x, [k, 2.0]), "same": p})
    assert fast(Point(2.0, 3)) == {"sum": 5.0, "parts": (2.0, [1.0, 2.0]), "same": Point(2.0, 3.0)}
    assert fast(Point(2.0, 3), k=4) == {"sum": 5.0, "parts": (2.0, [4.0, 2.0]), "same": Point(2.0, 3.0)}
    assert compile(lambda d: d["a"] * d["b"])({"a": 2, "b": 3}) == 6.0
    assert compile(lambda: [])() == []
    assert compile(lambda x: 7.0)(1.0) == 7.0
    assert compile(lambda x: [x, x])(1.5) == [1.5, 1.5]
    assert repr(fast) == "<compiled <lambda>, for 2 structures of arguments>"


@everywhere
def test_values_from_outside_are_read_at_each_call(backend) -> None:
    w, shift = Value(2.0), Value(1.0)
    later = shift * 10  # computed before: its number counts, not how it came about
    fast = compile(lambda x: w * x + later, backend=backend)
    assert fast(3.0) == 16.0
    w.data = 5.0
    assert fast(3.0) == 25.0
    shift.data = 100.0
    assert fast(3.0) == 25.0
    penalty = compile(value_and_grad(lambda x: x * ag.sum([v * v for v in (w, shift)])), backend=backend)
    assert penalty(1.0) == (10025.0, 10025.0)


def test_given_values_the_function_itself_runs() -> None:
    fast = compile(lambda x: x * x)
    x = Value(3.0)
    y = fast(x)
    y.backward()
    assert (y.data, x.grad) == (9.0, 6.0)
    assert grad(fast)(3.0) == 6.0
    assert compile(lambda x: fast(x) + 1)(3.0) == 10.0  # one inside another


def test_a_users_operation_is_called_by_python_code() -> None:
    sinc = custom(lambda x: math.sin(x) / x, lambda x: (ag.cos(x) - ag.sin(x) / x) / x, name="sinc")
    fast = compile(value_and_grad(sinc))
    assert fast(2.0) == value_and_grad(sinc)(2.0)
    assert fast.stats.backend == "python"
    for backend in ("c", "llvm", "x86"):
        if importlib.util.find_spec("llvmlite"):
            with pytest.raises(ValueError, match="backend='python'"):
                compile(sinc, backend=backend)(2.0)


def test_static_arguments_have_code_for_each_of_their_values() -> None:
    @compile(static="n")
    def power(x, n=2):
        y = 1.0
        for _ in range(n):
            y = y * x
        return y

    assert (power(3.0), power(3.0, 3), power(3.0, n=4), power(x=2.0, n=5)) == (9.0, 27.0, 81.0, 32.0)
    assert len(power.kernels) == 4
    with pytest.raises(TypeError, match="static argument n = "):
        power(3.0, n=[1])
    with pytest.raises(ValueError, match="'m' is not an argument of power\nit has x, n"):
        compile(power.function, static="m")


# ---- what cannot be compiled ------------------------------------------------------------------------


def branch(x):
    if x > 1:
        return x
    return -x


outside = Value(3.0)
REFUSED = {
    "compare": branch,
    "compare inside a derivative": grad(branch),
    "compare what comes from outside": lambda x: x if outside > 1 else -x,
    "max": lambda x: max(x, 1.0),
    "truth": lambda x: x and 1.0,
    "float": lambda x: math.sin(x),
    "int": lambda x: [1.0, 2.0][int(x)],
    "data": lambda x: x.data,
    "set data": lambda x: setattr(x, "data", 1.0),
    "backward": lambda x: (x * x).backward(),
    "no_grad": no_grad()(lambda x: x * x),
    "recursion": lambda x: REFUSED["recursion"](x * 0.5),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_depends_on_a_number_is_refused(what) -> None:
    with pytest.raises(TracingError) as caught:
        compile(REFUSED[what], backend="python")(0.5)
    assert len(str(caught.value).splitlines()) == 2


def test_the_error_shows_the_line() -> None:
    with pytest.raises(TracingError, match=r"compare Values \(.*test_compiling.py, line \d+: if x > 1:\)\nwrite where"):
        compile(branch)(0.5)


def test_constants_may_be_compared_and_values_shown() -> None:
    shown = []

    def f(x):
        shown.append(f"{x} {x:.3f} {x!r}")
        return x if Value(2.0) > 1.0 else -x

    assert compile(f)(3.0) == 3.0
    assert shown == ["(a traced Value 'x') (a traced Value 'x') (a traced Value 'x')"]


def test_blocks_that_hide_the_graph_are_refused() -> None:
    def watched(x):
        with detect_anomaly():
            return x * 2 * 3

    with pytest.raises(TypeError, match="block of its own"):
        compile(watched)(1.0)
    with detect_anomaly():
        assert compile(lambda x: x * 2)(3.0) == 6.0


def test_a_graph_beyond_the_limit_is_a_clear_error(monkeypatch) -> None:
    monkeypatch.setattr(tracing, "LIMIT", 1000)
    with pytest.raises(TracingError, match=r"more than 1,000 operations .*\ncompile what one step"):
        compile(lambda x: functools.reduce(lambda y, _: y * 1.01, range(2000), x))(1.0)


NONSENSE = {
    "backend": (lambda: compile(area, backend="cuda"), "no backend 'cuda'"),
    "function": (lambda: compile(3), "3 is not a function"),
    "text out": (lambda: compile(lambda x: "text")(1.0), "'text' in the result is a str"),
    "nothing out": (lambda: compile(lambda x: None)(1.0), "None in the result"),
    "text in": (lambda: compile(area)("ab"), "'ab' in an argument is a str"),
    "arguments": (lambda: compile(lambda x, y: x)(1.0), "missing a required argument: 'y'"),
    "width": (lambda: compile(lambda x, y: x).map([[1.0, 2.0, 3.0]]), "rows of 3 numbers for a function of 2"),
    "widths": (lambda: compile(lambda x, y: x).map([[1.0, 2.0], [1.0]]), "rows of 1 numbers for a function of 2"),
    "rows": (lambda: compile(lambda x: x).map(["a"]), "'a' is not a row of numbers"),
    "threads": (lambda: compile(lambda x: x).map([1.0], threads=0), "threads = 0"),
    "mean": (lambda: compile(lambda x: x).mean([]), "mean of no rows"),
    "format": (lambda: compile(lambda x: x).map(array("f", [1.0])), "rows of format 'f'"),
    "out": (lambda: compile(lambda x: x).map([1.0], out=array("d", [])), "for 1 rows of 1 results"),
    "language": (lambda: compile(area).source("rust"), "no language 'rust'"),
    "too early": (lambda: compile(area).stats, "has not been compiled yet"),
}


@pytest.mark.parametrize("what", NONSENSE)
def test_bad_input_is_named(what) -> None:
    attempt, message = NONSENSE[what]
    with pytest.raises((TypeError, ValueError), match=message) as caught:
        attempt()
    assert len(str(caught.value).splitlines()) == 2


def test_missing_llvmlite_says_what_to_install(monkeypatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setitem(__import__("sys").modules, "llvmlite", None)
    with pytest.raises(ImportError, match=r"needs llvmlite\ninstall it: pip install 'scalar-autograd\[jit\]'"):
        compile(area, backend="llvm")
    assert compile(area)([1.0, 2.0]) == pytest.approx(area([1.0, 2.0]))


# ---- rows ------------------------------------------------------------------------------------------


def f_of_rows(x, y):
    return [ag.tanh(x * y), x - y]


@everywhere
@pytest.mark.parametrize("count", [0, 1, 7, 100])
def test_rows_in_every_form(backend, count) -> None:
    rng = random.Random(count)
    rows = [[rng.uniform(-1, 1), rng.uniform(-1, 1)] for _ in range(count)]
    wanted = [f_of_rows(*row) for row in rows]
    fast = compile(f_of_rows, backend=backend)
    assert numbers(fast.map(rows)) == pytest.approx(numbers(wanted))
    table = np.array(rows).reshape(count, 2)
    found = fast.map(table)
    assert isinstance(found, np.ndarray) and found.shape == (count, 2)
    assert found == pytest.approx(np.array(wanted).reshape(count, 2))
    assert fast.map(table[:, ::-1].copy()[:, ::-1]) == pytest.approx(found)  # another layout is copied
    assert fast.map(table.astype("float32")) == pytest.approx(found, abs=1e-6)
    out = np.empty((count, 2))
    assert fast.map(table, out=out) is out and (out == found).all()
    flat = memoryview(array("d", numbers(rows))).cast("B").cast("d", (count, 2)) if count else array("d")
    if count:
        assert fast.map(flat).tolist() == found.tolist()
    total = fast.sum(table)
    assert total == pytest.approx([sum(row[0] for row in wanted), sum(row[1] for row in wanted)])
    if count:
        assert fast.mean(rows) == pytest.approx([each / count for each in total])


@everywhere
def test_sums_do_not_depend_on_threads(backend) -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(10_000 if backend != "python" else 5_000, 2))
    fast = compile(f_of_rows, backend=backend)
    assert fast.sum(rows) == fast.sum(rows, threads=2) == fast.sum(rows, threads=7)
    assert (fast.map(rows) == fast.map(rows, threads=3)).all()


@everywhere
def test_rows_of_nan_pass_through(backend) -> None:
    fast = compile(lambda x: [x * 2, ag.exp(x)], backend=backend)
    found = fast.map([math.nan, 1.0, math.inf])
    assert [math.isnan(x) for x in found[0]] == [True, True]
    assert found[1:] == [[2.0, math.exp(1.0)], [math.inf, math.inf]]
    assert all(map(math.isnan, fast.sum([1.0, math.nan])))


@everywhere
def test_rows_share_what_comes_from_outside(backend) -> None:
    w = Value(3.0)
    fast = compile(lambda x: w * x, backend=backend)
    assert fast.map([1.0, 2.0]) == [3.0, 6.0]
    w.data = 4.0
    assert fast.map([1.0, 2.0]) == [4.0, 8.0] and fast.sum([1.0, 2.0]) == 12.0


def test_read_only_rows_and_read_only_room() -> None:
    rows = np.array([[1.0, 2.0], [3.0, 4.0]])
    rows.flags.writeable = False
    fast = compile(f_of_rows)
    assert fast.map(rows).shape == (2, 2)
    with pytest.raises(ValueError, match="writable"):
        fast.map(rows, out=rows)


@for_batches
def test_rows_in_buffers_of_ones_own(backend) -> None:
    w = Value(10.0)
    program = compile_rows(lambda p, g: p[0] - w * g[0], (1, 1), shared=[w], outs=[1], backend=backend)
    p, g = array("d", [1, 2, 3]), array("d", [0.5, 0.25, 0.0])
    step = program.bind([p, g], [p])
    step(0, 3)
    assert list(p) == [-4.0, -0.5, 3.0]
    program.shared[0] = 1.0
    step(1, 3)
    assert list(p) == [-4.0, -0.75, 3.0]
    program.refresh()
    assert program.shared[0] == 10.0
    for begin, end in ((0, 4), (-1, 2), (2, 1)):
        with pytest.raises(ValueError, match="<= begin <= end <= 3"):
            step(begin, end)
    total, which = array("d", [0.0]), array("q", [2, 0, 2])
    add_up = compile_rows(lambda x: x[0] * x[1], (2,), backend=backend)
    add_up.bind([np.arange(6.0).reshape(3, 2)], [total], which)(0, 3)
    assert total[0] == 2 * 20 + 0


# ---- looking at the code, keeping it ------------------------------------------------------------------


def lecture(a, b, c):
    return a * b + ag.tanh(c)


def test_source_is_worth_reading() -> None:
    fast = compile(lecture)
    fast(1.0, 2.0, 3.0)
    assert "return (a * b + tanh(c),)" in fast.source()
    assert "a * b + tanh(c)" in fast.source("c")
    assert fast.source("tape").splitlines()[-1].split() == ["5", "+", "3", "4", "output"]


@needs_llvm
def test_machine_code_can_be_read() -> None:
    fast = compile(lecture)
    fast(1.0, 2.0, 3.0)
    assert "fmul" in fast.source("llvm") and "@tanh" in fast.source("llvm")
    assert "mul" in fast.source("assembly")


def test_labels_are_names_in_the_source() -> None:
    def f(x, y):
        product = x * y
        product.label = "area"
        return [product * 2, product * 3]

    fast = compile(f)
    fast(1.0, 2.0)
    assert "area = x * y" in fast.source() and "area = x * y" in fast.source("c")


def test_stats_count_what_was_done() -> None:
    fast = compile(lambda x: x * 1.0 + (x * 2) * 0.5 + (x * 2))
    fast(1.0)
    assert (fast.stats.recorded, fast.stats.operations) == (6, 4)
    assert fast.stats.bytes > 0 and fast.stats.record > 0


@compile
def decorated(x):
    return x * x


def test_pickles_are_recipes() -> None:
    fast = pickle.loads(pickle.dumps(compile(lecture, backend="python", static="c")))
    assert fast(2.0, 3.0, c=0.0) == 6.0 and fast.backend == "python" and fast.static == ("c",)
    assert pickle.loads(pickle.dumps(decorated)) is decorated
    assert copy.copy(compile(lecture))(2.0, 3.0, 0.0) == 6.0


@pytest.mark.parametrize("backend", BACKENDS[1:])
def test_code_on_disk_is_used_and_damage_ignored(tmp_path, backend, monkeypatch) -> None:
    def call() -> float:
        return compile(lecture, backend=backend, cache=tmp_path)(2.0, 3.0, 0.5)

    first = call()
    [file] = tmp_path.iterdir()
    whole, when = file.read_bytes(), file.stat().st_mtime_ns
    assert call() == first and file.stat().st_mtime_ns == when
    for damaged in (b"", whole[:100], whole[:-1] + b"?", b"x" * 5000):
        file.write_bytes(damaged)
        assert call() == first and file.read_bytes() != damaged
    monkeypatch.setattr(cache, "default_folder", lambda: tmp_path / "default")
    compile(lecture, backend=backend, cache=True)(2.0, 3.0, 0.5)
    assert len(list((tmp_path / "default").iterdir())) == 1


def test_nothing_is_written_unless_asked_for(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(cache, "default_folder", lambda: tmp_path)
    compile(lecture)(2.0, 3.0, 0.5)
    assert not list(tmp_path.iterdir())


def resident() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096


@needs_llvm
@pytest.mark.skipif(not __import__("os").path.exists("/proc/self/statm"), reason="this system does not tell its memory")
def test_a_thousand_compilations_leave_memory_as_it_was() -> None:
    def many(count: int) -> None:
        for k in range(count):
            assert compile(lambda x, k=k: ag.exp(x) * k, backend="llvm")(0.0) == k
        gc.collect()

    many(150)
    before = resident()
    many(1000)
    assert resident() - before < 12e6


def test_threads_compile_once() -> None:
    from concurrent.futures import ThreadPoolExecutor

    runs = []

    def f(x):
        runs.append(x)
        return x * 2

    fast = compile(f)
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(fast, map(float, range(100)))) == [2.0 * k for k in range(100)]
    assert len(runs) == 1


def test_the_fastest_backend_that_is_there_is_taken(monkeypatch) -> None:
    def taken(f=lecture) -> str:
        fast = compile(f)
        fast(1.0, 2.0, 3.0)
        return fast.stats.backend

    def long(a, b, c):
        return functools.reduce(lambda x, _: x * a + b, range(2000), c)

    native = x86.is_x86() and x86.may_run_code()
    if importlib.util.find_spec("llvmlite"):
        assert (taken(), taken(long)) == ("llvm", "x86" if native else "llvm")
    monkeypatch.setattr(kernel.llvm, "can", lambda tape: False)
    assert taken() == ("x86" if native else "c" if c.compiler() else "python")
    monkeypatch.setattr(kernel.x86, "can", lambda tape: False)
    assert taken() == ("c" if c.compiler() else "python")
    monkeypatch.setattr(kernel.c, "compiler", lambda: None)
    assert taken() == "python"
    assert compiled.BACKENDS.keys() == {"llvm", "x86", "c", "python"}
