"""Ways of calling compiled functions: methods, keywords, static arguments, callable objects, pickles, recursion."""

import copy
import functools
import pickle

import numpy as np
import pytest

import autograd as ag
import nn
from autograd import TracingError, Value, compile, derivative, grad, hessian, value_and_grad
from autograd.compiling import cache, llvm
from autograd.compiling.tape import INPUT, Tape
from tests.backends import everywhere, needs_llvm


def cube(x):
    return x * x * x


class Line(nn.Module):
    def __init__(self) -> None:
        self.slope = Value(2.0)

    def __call__(self, x):
        return self.slope * x[0] + 1.0

    @compile
    def doubled(self, x):
        return self.slope * x * 2.0

    @compile(static="n")
    def times(self, x, n):
        return self.slope * x * n


def test_methods_are_compiled_for_each_instance() -> None:
    line, other = Line(), Line()
    other.slope.data = 5.0
    assert (line.doubled(3.0), other.doubled(3.0), line.times(3.0, 4), other.times(3.0, n=4)) == (12, 30, 24, 60)
    assert line.doubled is line.doubled and "doubled" in repr(line.doubled)
    assert Line.doubled.function is not None


class Tenfold(Line):
    def doubled(self, x):
        return 10.0 * super().doubled(x)


def test_methods_may_be_overridden_and_instances_copied() -> None:
    line = Tenfold()
    assert [line.doubled(1.0) for _ in range(3)] == [40.0] * 3
    other = copy.copy(line)
    other.slope = Value(5.0)
    assert (other.doubled(1.0), line.doubled(1.0), copy.deepcopy(line).doubled(1.0)) == (100.0, 40.0, 40.0)


def test_one_inside_another_is_written_out_whether_it_was_called_or_not() -> None:
    w = Value(3.0)
    inner = compile(lambda y: w * y)
    inner(2.0)
    outer = compile(lambda x: x * inner(2.0))
    assert outer(1.0) == 6.0
    w.data = 5.0
    assert outer(1.0) == 10.0


def test_callable_objects_are_compiled_like_functions() -> None:
    line = Line()
    fast = compile(line)
    assert fast([3.0]) == 7.0 and fast.map([[1.0], [2.0]]) == [3.0, 5.0] and "Line" in repr(fast)
    part = compile(functools.partial(lambda a, x: a * x, 2.0))
    assert part(3.0) == 6.0 and part.map([1.0]) == [2.0] and part.stats.operations == 1
    with pytest.raises(ValueError, match="'z' is not an argument of Line"):
        compile(line, static="z")


def test_what_is_derived_or_a_model_pickles_as_its_recipe() -> None:
    for derive in (grad, value_and_grad, hessian, derivative, lambda f: grad(grad(f)), lambda f: derivative(f, 3)):
        fast = pickle.loads(pickle.dumps(compile(derive(cube), backend="python")))
        assert fast(2.0) == derive(cube)(2.0) and fast.backend == "python"
    model = pickle.loads(pickle.dumps(compile(nn.MLP(2, [3, 1], rng=0))))
    assert model([0.5, -1.0]) == nn.MLP(2, [3, 1], rng=0)([0.5, -1.0]).data
    assert copy.deepcopy(compile(grad(cube)))(2.0) == 12.0


def test_keywords_stand_where_the_signature_has_them() -> None:
    fast = compile(lambda x, y: x - y)
    assert fast(y=1.0, x=3.0) == 2.0 == fast(3.0, y=1.0) == fast(3.0, 1.0)
    assert fast.map([[3.0, 1.0]]) == [2.0] and len(fast.kernels) == 1


def test_rows_are_taken_by_the_first_structure_that_fits() -> None:
    fast = compile(lambda p: p["w"] * 2 + p["b"] if isinstance(p, dict) else ag.sum(p))
    assert fast({"w": 1.0, "b": 2.0}) == 4.0
    assert fast({"b": 2.0, "w": 1.0}) == 4.0 and fast([1.0, 2.0, 3.0]) == 6.0
    assert fast.map([[1.0, 2.0]]) == [4.0] and fast.map([[1.0, 2.0, 3.0]]) == [6.0]


def test_static_arguments_are_told_apart_by_type_too() -> None:
    kinds = compile(lambda x, n: x + {bool: 100.0, int: 1.0, float: 10.0}[type(n)], static="n")
    assert (kinds(0.0, 1), kinds(0.0, 1.0), kinds(0.0, True)) == (1.0, 10.0, 100.0)
    inside = compile(lambda x, c: x * 2.0 if isinstance(c[0], bool) else x * 3.0, static="c")
    assert (inside(1.0, (True,)), inside(1.0, (1,))) == (2.0, 3.0)
    signed = compile(lambda x, n: x * n, static="n", backend="python")
    assert str(signed(1.0, 0.0)) == "0.0" and str(signed(1.0, -0.0)) == "-0.0"
    for _ in range(3):
        signed(1.0, float("nan"))
    assert len(signed.kernels) == 3


def test_static_arguments_in_signatures_of_all_kinds() -> None:
    def star(*xs, n=2):
        return ag.sum([x * n for x in xs])

    def named(x, n=2, **others):
        return x * n + sum(others.values())

    assert compile(star, static="n")(1.0, 2.0, n=3) == 9.0 == compile(star, static=["n"])(1.5, 3.0)
    assert compile(named, static="n")(1.0, b=2.0, n=4) == 6.0


def test_values_kept_from_an_earlier_run_or_copied_are_refused() -> None:
    def keeps(x, kept=[]):  # noqa: B006 - that is the mistake
        kept.append(x)
        return ag.sum(kept)

    fast = compile(keeps, backend="python")
    fast(1.0)
    with pytest.raises(TypeError, match="kept from an earlier run"):
        fast(1.0, 2.0) if False else compile(keeps, backend="python")(1.0)
    with pytest.raises(TypeError, match="copied"):
        compile(lambda x: copy.copy(x) * 2.0)(1.0)


def test_a_function_that_needs_itself_is_refused() -> None:
    fast = compile(lambda x: fast.sum([1.0, 2.0]) * x)
    with pytest.raises(TracingError, match="without end"):
        fast(1.0)


def test_equality_is_a_comparison_too() -> None:
    for f in (lambda x: 1.0 if x == 0 else x, lambda x: 1.0 if x != 2.0 else x, lambda x: 1.0 if x in (1, 2) else x):
        with pytest.raises(TracingError, match="compare Values"):
            compile(f)(0.0)
    assert compile(lambda x, y: x * 2.0 if x == x else y)(3.0, 4.0) == 6.0  # whether it is the same node


@pytest.mark.parametrize("f", [lambda n: sum(range(n)), lambda n: [1.0, 2.0][n], lambda n: round(n)])
def test_whole_numbers_are_to_be_static(f) -> None:
    with pytest.raises(TypeError, match="static|__round__") as caught:
        compile(f)(1)
    assert "Traced" not in str(caught.value)


@everywhere
def test_results_may_be_written_over_the_rows(backend) -> None:
    fast = compile(lambda x, y: (y, x + y), backend=backend)
    rows = np.arange(12.0).reshape(6, 2)
    wanted = np.stack([rows[:, 1], rows.sum(1)], 1)
    assert (fast.map(rows, out=rows) == wanted).all()
    both = np.arange(20.0).reshape(10, 2)
    wanted = np.stack([both[:6, 1], both[:6].sum(1)], 1)
    assert (fast.map(both[:6], out=both[3:9]) == wanted).all()


@needs_llvm
def test_a_key_of_the_cache_holds_all_that_code_depends_on(monkeypatch) -> None:
    tape = Tape(((INPUT, 0), ("sin", 0)), (1,))
    keys = {
        cache.key(llvm, tape, 1, "rows", {"tables": (1,)}),
        cache.key(llvm, tape, 1, "sums", {"tables": (1,)}),
        cache.key(llvm, tape, 0, "rows", {"tables": (1,)}),
        cache.key(llvm, tape, 1, "rows", {"tables": (0, 1)}),
        cache.key(llvm, Tape(tape.entries, (0,)), 1, "rows", {"tables": (1,)}),
        cache.key(llvm, Tape(((INPUT, 0), ("cos", 0)), (1,)), 1, "rows", {"tables": (1,)}),
    }
    monkeypatch.setattr(llvm, "target", lambda: "another processor")
    keys.add(cache.key(llvm, tape, 1, "rows", {"tables": (1,)}))
    assert len(keys) == 7


def test_a_folder_that_cannot_be_written_to_is_no_folder(tmp_path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    assert compile(cube, cache=file / "inside")(2.0) == 8.0
