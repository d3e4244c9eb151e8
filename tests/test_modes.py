"""no_grad and collector_paused: what they do, and that they restore exactly what they found."""

import asyncio
import gc
import subprocess
import sys
import threading

import pytest

from autograd import Value, collector_paused, no_grad
from autograd.modes import Watch, blocks

x = Value(2.0)


def recorded() -> bool:
    return bool((x * x).parents)


def test_nothing_is_recorded_inside() -> None:
    with no_grad():
        y = x * x
        assert y.data == 4.0 and y.parents == () and y.op == "" and x.tanh().parents == ()
        with no_grad():
            assert not recorded()
        assert not recorded()
    assert recorded() and not blocks


def test_an_exception_restores() -> None:
    with pytest.raises(ZeroDivisionError), no_grad():
        1 / 0  # noqa: B018
    assert recorded()


def test_as_a_decorator() -> None:
    @no_grad()
    def evaluate(value: bool) -> bool:
        """Evaluate."""
        return value and recorded()

    assert evaluate(True) is False and evaluate.__doc__ == "Evaluate." and recorded()


def test_one_object_may_be_entered_again_and_by_several_threads() -> None:
    block = no_grad()
    seen = []

    def other() -> None:
        with block:
            seen.append(recorded())
        seen.append(recorded())

    with block, block:
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
        assert not recorded()
    assert seen == [False, True] and recorded() and not blocks


def test_other_threads_go_on_recording() -> None:
    seen = []
    with no_grad():
        thread = threading.Thread(target=lambda: seen.append(recorded()))
        thread.start()
        thread.join()
    assert seen == [True]


@pytest.mark.parametrize("decorated", [False, True])
def test_the_consumer_of_a_suspended_generator_goes_on_recording(decorated: bool) -> None:
    def inside():
        with no_grad():
            yield recorded()
            yield recorded()

    @no_grad()
    def through():
        yield recorded()
        yield recorded()

    generator = (through if decorated else inside)()
    assert next(generator) is False and recorded()
    assert next(generator) is False and recorded()
    generator.close()
    assert recorded() and not blocks
    abandoned = inside()
    next(abandoned)
    del abandoned
    gc.collect()
    assert recorded() and not blocks


def test_coroutines() -> None:
    @no_grad()
    async def quiet() -> bool:
        await asyncio.sleep(0)
        return recorded()

    async def loud() -> bool:
        await asyncio.sleep(0)
        return recorded()

    async def both() -> list[bool]:
        return await asyncio.gather(quiet(), loud(), quiet())

    assert asyncio.run(both()) == [False, True, False]


def test_the_collector_comes_back_as_it_was() -> None:
    assert gc.isenabled()
    with collector_paused():
        assert not gc.isenabled()
        with pytest.raises(KeyError), collector_paused():
            raise KeyError
        assert not gc.isenabled()
    assert gc.isenabled()
    gc.disable()
    try:
        with collector_paused():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_the_collector_with_overlapping_threads() -> None:
    entered, leave = threading.Event(), threading.Event()

    def other() -> None:
        with collector_paused():
            entered.set()
            leave.wait()

    thread = threading.Thread(target=other)
    with collector_paused():
        thread.start()
        entered.wait()
    assert not gc.isenabled()  # the other thread's block is still open
    leave.set()
    thread.join()
    assert gc.isenabled()


def test_importing_changes_nothing_global_and_needs_nothing_installed() -> None:
    program = """
import gc, sys
before = gc.get_threshold(), gc.isenabled(), sys.getrecursionlimit()
import autograd, nn
assert before == (gc.get_threshold(), gc.isenabled(), sys.getrecursionlimit())
assert not {"numpy", "graphviz", "tqdm", "matplotlib", "gc_threshold"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", program], check=True)
    subprocess.run(
        [sys.executable, "-S", "-c", "import autograd, nn; autograd.Value(1.0).tanh().backward()"], check=True
    )


@pytest.mark.parametrize("thing", [5, int])
def test_only_functions_can_be_decorated(thing) -> None:
    with pytest.raises(TypeError, match="no_grad: .* is not a function to decorate\nwrite `with no_grad"):
        no_grad()(thing)


def test_a_watch_looks_at_nothing_and_hides_the_blocks_around() -> None:
    seen = []

    class Counting(Watch):
        def made(self, node):
            seen.append(node)
            return node

    with Counting():
        x * x
        with Watch():
            (x * x).backward()
    assert len(seen) == 1
