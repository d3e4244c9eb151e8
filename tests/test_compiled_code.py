"""The code of compile(f): how it reads, where it is kept, what it costs, and which backend makes it."""

import copy
import functools
import gc
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import autograd as ag
from autograd import compile
from autograd.compiling import cache, choosing
from tests.backends import HAS_C, HAS_LLVM, HAS_X86, needs_llvm, on_disk


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


@on_disk
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
    compile(lambda a, b, c: a - b - c, backend=backend, cache=tmp_path)(1.0, 2.0, 3.0)
    [other] = set(tmp_path.iterdir()) - {file}
    file.write_bytes(other.read_bytes())  # another's code under this name
    assert call() == first
    monkeypatch.setattr(cache, "default_folder", lambda: tmp_path / "default")
    compile(lecture, backend=backend, cache=True)(2.0, 3.0, 0.5)
    assert len(list((tmp_path / "default").iterdir())) == 1


def test_nothing_is_written_unless_asked_for(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(cache, "default_folder", lambda: tmp_path)
    compile(lecture)(2.0, 3.0, 0.5)
    assert not list(tmp_path.iterdir())


STATM = Path("/proc/self/statm")


def resident() -> int:
    """In pages, mostly of 4 kB."""
    return int(STATM.read_text().split()[1])


@needs_llvm
@pytest.mark.skipif(not STATM.exists(), reason="this system does not tell its memory")
def test_a_thousand_compilations_leave_memory_as_it_was() -> None:
    def many(count: int) -> None:
        for k in range(count):
            assert compile(lambda x, k=k: ag.exp(x) * k, backend="llvm")(0.0) == k
        gc.collect()

    many(150)
    before = resident()
    many(1000)
    assert resident() - before < 3000


def test_threads_compile_once() -> None:
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

    there = {"llvm": HAS_LLVM, "x86": HAS_X86, "c": HAS_C, "python": True}
    assert choosing.BACKENDS.keys() == there.keys()
    if HAS_LLVM and HAS_X86:
        assert taken(long) == "x86"  # LLVM would take too long
    for name in filter(there.get, there):
        assert taken() == name
        if name != "python":
            monkeypatch.setattr(choosing.NATIVE[name], "is_present", lambda: False)
