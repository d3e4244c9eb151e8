"""compile(f): derivatives, structures, what comes from outside, and what cannot be compiled.

Operation by operation: test_compiling_operations.py. Many rows: test_compiled_rows.py. The code: test_compiled_code.py.
"""

import functools
import importlib.util
import math
import sys
from array import array
from collections import namedtuple
from collections.abc import Callable
from typing import Any

import pytest

import autograd as ag
from autograd import (
    TracingError,
    Value,
    checkpoint,
    compile,
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
from autograd.compiling import tracing
from tests.backends import everywhere, natively
from tests.tapes import numbers_in

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
        assert numbers_in(fast(p)) == pytest.approx(numbers_in(f(p)), rel=1e-14)


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


def sinc() -> Callable[..., Any]:
    return custom(lambda x: math.sin(x) / x, lambda x: (ag.cos(x) - ag.sin(x) / x) / x, name="sinc")


def test_a_users_operation_is_called_by_python_code() -> None:
    f = value_and_grad(sinc())
    fast = compile(f)
    assert fast(2.0) == f(2.0)
    assert fast.stats.backend == "python"


@natively
def test_a_users_operation_has_no_machine_code(backend) -> None:
    with pytest.raises(ValueError, match="backend='python'"):
        compile(sinc(), backend=backend)(2.0)


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
    with pytest.raises(
        TracingError, match=r"compare Values \(.*test_compiling.py, line \d+: if x > 1:\)\nwrite maximum"
    ):
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
    monkeypatch.setitem(sys.modules, "llvmlite", None)
    with pytest.raises(ImportError, match=r"needs llvmlite\ninstall it: pip install 'scalar-autograd\[jit\]'"):
        compile(area, backend="llvm")
    assert compile(area)([1.0, 2.0]) == pytest.approx(area([1.0, 2.0]))
