"""The Python call as machine code: what goes in and comes out, what is refused, and that nothing leaks."""

import ctypes
import gc
import math
import re
import sys
import threading
import tracemalloc
import weakref
from array import array
from collections import OrderedDict, namedtuple
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd.compiling.llvm import entry
from tests.backends import needs_llvm

pytestmark = [
    needs_llvm,
    pytest.mark.skipif(not entry.ordinary_build(), reason="objects are laid out differently here"),
]

MATRIX = (list, (list, None, None), (list, None, None))
MODEL = (dict, ("w", MATRIX), ("b", None))
Point = namedtuple("Point", "x y")


def one(inputs: int, outputs: int) -> str:
    """Output i is twice input i, as far as there are any, plus the shared number."""
    lines = ["define void @one(ptr %inputs, ptr %shared, ptr %outputs) {", "%s = load double, ptr %shared"]
    for i in range(outputs):
        lines += [f"%to{i} = getelementptr double, ptr %outputs, i64 {i}", f"%d{i} = fadd double 0.0, 0.0"]
        if i < inputs:
            lines[-1] = f"%from{i} = getelementptr double, ptr %inputs, i64 {i}"
            lines += [f"%x{i} = load double, ptr %from{i}", f"%d{i} = fmul double %x{i}, 2.0"]
        lines += [f"%y{i} = fadd double %d{i}, %s", f"store double %y{i}, ptr %to{i}"]
    return "\n".join([*lines, "ret void", "}", ""])


def built(arguments: tuple[Any, ...], results: Any, shared: array | None = None) -> Callable[..., Any]:
    """The entry of `one`, compiled."""
    from llvmlite import binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    shared = array("d", [0.0]) if shared is None else shared
    inputs, outputs = sum(map(entry.numbers, arguments)), entry.numbers(results)

    def compiled(text: str) -> Any:
        module = llvm.parse_assembly(text)
        module.verify()
        engine = llvm.create_mcjit_compiler(module, llvm.Target.from_default_triple().create_target_machine())
        engine.finalize_object()
        return engine

    inner = compiled(one(inputs, outputs))
    address = inner.get_function_address("one")
    outer = compiled(entry.ir(arguments, results, inputs, shared.buffer_info()[0], outputs, address))
    return entry.callable_from(outer.get_function_address("entry"), (inner, outer, arguments, results, shared))


def filled(structure: Any, numbers: Any) -> Any:
    """An object of a structure, its numbers taken from an iterator."""
    if structure is None:
        return next(numbers)
    kind, *members = structure
    if kind is dict:
        return {key: filled(member, numbers) for key, member in members}
    return kind(filled(member, numbers) for member in members)


def count_up(step: float = 1.0) -> Any:
    return (step * i for i in range(10**6))


def exactly(a: Any, b: Any) -> bool:
    """Equal, and of equal types; nan is nan, and 0.0 is not -0.0."""
    return repr(a) == repr(b)


@pytest.mark.parametrize(
    "structure",
    [
        None,
        (list,),
        (tuple,),
        (dict,),
        (list, None),
        (tuple, None, (list, None, (tuple, None, None), (tuple, None, None), None)),
        MATRIX,
        MODEL,
        (list, MODEL, MODEL, (dict, ("other", (dict, ("inner", None))))),
        (list, *[(tuple, None, None)] * 500),
        (dict, *((f"key {i}", (list, None)) for i in range(50))),
    ],
    ids=lambda structure: repr(structure).replace("<class ", "")[:40],
)
def test_every_structure_goes_in_and_comes_out(structure: Any) -> None:
    assert entry.can((structure, None), structure)
    f = built((structure, None), structure)
    result = f(filled(structure, count_up()), 7.5)
    assert exactly(result, filled(structure, count_up(2.0)))
    assert result is not f(filled(structure, count_up()), 7.5) or structure == (tuple,)  # of which there is one


leaves = st.just(None)
structures = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.tuples(st.sampled_from([list, tuple]), st.lists(inner, max_size=4)).map(lambda made: (made[0], *made[1])),
        st.dictionaries(st.sampled_from("abcd"), inner, max_size=3).map(lambda made: (dict, *made.items())),
    ),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(structures, max_size=3).map(tuple), structures)
def test_any_structures(arguments: tuple[Any, ...], results: Any) -> None:
    f = built(arguments, results, array("d", [0.5]))
    numbers = count_up()
    given_ = [filled(argument, numbers) for argument in arguments]
    taken = next(numbers)
    expected = [(2.0 * i if i < taken else 0.0) + 0.5 for i in range(entry.numbers(results))]
    assert exactly(f(*given_), filled(results, iter(expected)))


def test_numbers_pass_unchanged() -> None:
    f = built(((list, None, None, None, None),), (list, None, None, None, None), array("d", [-0.0]))
    assert exactly(f([math.inf, -0.0, math.nan, 5e-324]), [math.inf, -0.0, math.nan, 1e-323])


def test_shared_numbers_are_read_at_each_call() -> None:
    shared = array("d", [1.0])
    f = built((None,), None, shared)
    assert f(3.0) == 7.0
    shared[0] = -6.0
    assert f(3.0) == 0.0


class Float(float):
    pass


class List(list):
    pass


class Dict(dict):
    pass


MODEL_OBJECT = {"w": [[1.0, 2.0], [3.0, 4.0]], "b": 5.0}


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        (MODEL_OBJECT,),
        (MODEL_OBJECT, (1.0, 2.0), 3.0),
        (None, (1.0, 2.0)),
        (MODEL_OBJECT, 1.0),
        (MODEL_OBJECT, [1.0, 2.0]),
        (MODEL_OBJECT, (1.0,)),
        (MODEL_OBJECT, (1.0, 2.0, 3.0)),
        (MODEL_OBJECT, (1.0, 2)),
        (MODEL_OBJECT, (True, 2.0)),
        (MODEL_OBJECT, (Float(1.0), 2.0)),
        (MODEL_OBJECT, Point(1.0, 2.0)),
        ({"w": List([[1.0, 2.0], [3.0, 4.0]]), "b": 5.0}, (1.0, 2.0)),
        ({"w": [[1.0, 2.0], [3.0]], "b": 5.0}, (1.0, 2.0)),
        ({"b": 5.0, "w": [[1.0, 2.0], [3.0, 4.0]]}, (1.0, 2.0)),
        ({"w": [[1.0, 2.0], [3.0, 4.0]]}, (1.0, 2.0)),
        ({**MODEL_OBJECT, "c": 6.0}, (1.0, 2.0)),
        (Dict(MODEL_OBJECT), (1.0, 2.0)),
        (OrderedDict(MODEL_OBJECT), (1.0, 2.0)),
    ],
)
def test_anything_else_takes_the_general_path(arguments: tuple[Any, ...]) -> None:
    f = built((MODEL, (tuple, None, None)), None)
    assert f(MODEL_OBJECT, (1.0, 2.0)) == 2.0
    assert f(*arguments) is NotImplemented


@pytest.mark.parametrize("other", [{"b": 2.0, "a": 1.0}, {"a": 1.0, "c": 2.0}, {"a": 1.0, 2: 2.0}])
def test_keys_are_the_same_in_the_same_order(other: Any) -> None:
    f = built(((dict, ("a", None), ("b", None)),), None)
    assert f({"a": 1.0, "b": 2.0}) == 2.0
    assert f(other) is NotImplemented


def test_keywords_take_the_general_path() -> None:
    f = built((None,), None)
    assert f(1.0, x=1.0) is NotImplemented and f(x=1.0) is NotImplemented
    assert f(1.0, **{}) == 2.0


@pytest.mark.parametrize("structure", [(set, None), (Point, None, None), (Dict,), (dict, (0, None)), (list, (set,))])
def test_other_structures_cannot(structure: Any) -> None:
    assert not entry.can((structure,), None) and not entry.can((), structure)


@pytest.mark.parametrize(
    ("owner", "name", "other"),
    [(sys.implementation, "name", "pypy"), (sys, "maxsize", 2**31 - 1), (sys, "gettotalrefcount", lambda: 0)],
)
def test_other_builds_cannot(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, other: Any) -> None:
    entry.ordinary_build.cache_clear()
    monkeypatch.setattr(owner, name, other, raising=False)
    assert not entry.can((None,), None)
    entry.ordinary_build.cache_clear()


def test_the_numbers_have_to_be_as_many_as_the_structures_have() -> None:
    with pytest.raises(ValueError, match=re.escape("the structures have (1, 2) numbers, not (2, 2)")):
        entry.ir((None,), (list, None, None), 2, 0, 2, 0)


# ---- memory ----------------------------------------------------------------------------------------


def test_reference_counts_stay() -> None:
    f = built((MODEL, (tuple, None, None)), MODEL)
    key, w, b, pair = "w", MODEL_OBJECT["w"], MODEL_OBJECT["b"], (1.0, 2.0)
    watched = [f, MODEL_OBJECT, w, w[0], w[0][0], b, pair, pair[0], key, NotImplemented, f.__self__]
    before = [sys.getrefcount(each) for each in watched]
    for _ in range(100):
        assert f(MODEL_OBJECT, pair)["b"] == 10.0
        assert f(MODEL_OBJECT, (1.0, 2)) is NotImplemented
    assert [sys.getrefcount(each) for each in watched] == before
    made, by_python = f(MODEL_OBJECT, pair), filled(MODEL, count_up(2.5))
    counts = [
        [sys.getrefcount(each) for each in (model, model["w"], model["w"][1], model["w"][1][1], model["b"])]
        for model in (made, by_python)
    ]
    assert counts[0] == counts[1]


@pytest.mark.parametrize("size", [3, 300])
def test_nothing_leaks(size: int) -> None:
    numbers = (list, *[None] * size)
    f = built((numbers,), (tuple, None, numbers, (dict, ("a", numbers))))
    x = [0.5] * size
    tracemalloc.start()
    for _ in range(2):  # the second time, what is kept for later use is the same before and after
        before, _ = tracemalloc.get_traced_memory()
        for _ in range(50):
            f(x)
            f(x[1:])
            f(x, x=x)
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert after - before < 1000


LONG = (list, *[None] * 300)
KEYS = (dict, *((f"key {i}", (list, (tuple, None, None), (tuple, None, None))) for i in range(50)))


@pytest.mark.parametrize("results", [LONG, KEYS, (tuple, (dict, ("a", KEYS)), LONG)], ids=["list", "dict", "both"])
def test_memory_that_runs_out(results: Any) -> None:
    """Each allocation of a call fails in its turn: a MemoryError or the general path, and nothing is lost."""
    testing = pytest.importorskip("_testcapi")
    f = built((LONG,), results)
    x = [0.5] * 300

    def call(failing: int) -> Any:
        testing.set_nomemory(failing, failing + 1)
        try:
            return f(x)
        except MemoryError:
            return MemoryError
        finally:
            testing.remove_mem_hooks()

    for _ in range(2):  # the second time, what is kept for later use is the same before and after
        gc.collect()
        blocks = sys.getallocatedblocks()
        came = [type(made) if made not in (MemoryError, NotImplemented) else made for made in map(call, range(1, 200))]
        assert set(came) <= {MemoryError, NotImplemented, results[0]} and came.count(MemoryError) > 50
    gc.collect()
    assert sys.getallocatedblocks() - blocks < 50
    assert exactly(f(x), filled(results, iter([1.0] * 300 + [0.0] * 500)))


class Something:
    """What a function can be asked to keep alive."""


NATIVE = ctypes.PYFUNCTYPE(
    ctypes.py_object, ctypes.c_void_p, ctypes.POINTER(ctypes.py_object), ctypes.c_ssize_t, ctypes.c_void_p
)(lambda own, arguments, count, names: arguments[:count])


def test_what_is_kept_alive_goes_with_the_function() -> None:
    something = Something()
    kept = weakref.ref(something)
    f = entry.callable_from(ctypes.cast(NATIVE, ctypes.c_void_p).value, something)
    del something
    gc.collect()
    assert kept() is not None and f(1, "a") == [1, "a"]
    del f
    assert kept() is None


def test_a_cycle_through_the_function_is_collected() -> None:
    something = Something()
    kept = weakref.ref(something)
    something.f = entry.callable_from(ctypes.cast(NATIVE, ctypes.c_void_p).value, something)
    del something
    gc.collect()
    assert kept() is None


def test_several_threads() -> None:
    f = built((MODEL, (list, *[None] * 400)), (tuple, MODEL, (list, *[None] * 400)))
    wrong: list[Any] = []

    def work(start: float) -> None:
        x = [start + i for i in range(400)]
        for _ in range(300):
            model, doubled = f(MODEL_OBJECT, x)
            if model["b"] != 10.0 or doubled[0] != 2.0 * x[0] or doubled[-1] != 2.0 * x[-1]:
                wrong.append(model)

    threads = [threading.Thread(target=work, args=(1000.0 * i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
