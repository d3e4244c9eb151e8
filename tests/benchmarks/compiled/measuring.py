"""How compiled code is measured: what goals allow, agreement before any timing, and the timings.

Rounds are interleaved and medians taken by `Work` of ../measuring.py. What takes microseconds is called so often in a
row that one timing lasts some 20 ms. The collector runs as its defaults say, after one collection before each timed
part.
"""

from __future__ import annotations

import functools
import gc
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

from tests.benchmarks.compiled.engines import Engine, Ours
from tests.benchmarks.compiled.works import TASKS, Function, Task, coupled, mixed_program, run_mixed
from tests.benchmarks.measuring import Target, Timing, largest_difference


def one_thread() -> None:
    """One thread for every engine, and for the processes it starts: to be called before they are imported."""
    for library in ("OMP", "MKL", "OPENBLAS"):
        os.environ[f"{library}_NUM_THREADS"] = "1"
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


@dataclass(frozen=True)
class Limit(Target):
    """To need at most `factor` times as long as a peer, or as each of several; without one, `factor` of the unit."""

    def allowed(self, medians: dict[str, Any]) -> float | None:
        if not self.peer:
            return self.factor
        theirs = [medians.get(name) for name in self.peer.split()]
        return self.factor * min(theirs) if all(isinstance(each, float) for each in theirs) else None

    def written_out(self, unit: str) -> str:
        """The goal in words.

        >>> Limit(1 / 3, "jax").written_out("us"), Limit(1.8, "C").written_out("us"), Limit(0.3).written_out("s")
        ('3x faster than jax', '1.8x C', '0.3 s')
        """
        if not self.peer:
            return f"{self.factor:g} {unit}"
        peers = " and ".join(self.peer.split())
        if self.factor <= 1:
            return f"{1 / self.factor:g}x faster than {peers}".removeprefix("1x ")
        return f"{self.factor:g}x {peers}"


# ---- agreement -------------------------------------------------------------------------------------


def answers(engine: Engine, steps: int = 3) -> dict[str, list[float]]:
    """What an engine finds: losses and parameters of a few steps of each task, a function's value and gradient."""
    found = {}
    for task in TASKS.values():
        trainer = engine.trainer(task)
        step = trainer.compile()
        losses = [float(step()) for _ in range(steps)]
        found[f"{task.name} step"] = losses + trainer.parameters()
    start, program = mixed_program()
    for kind in ("gradient", "usual_gradient"):
        if hasattr(engine, kind):
            value, slopes = getattr(engine, kind)(lambda m, x: run_mixed(m, x, program))(start)
            found[f"200 operations, {kind}"] = [value, *slopes]
    return found


def check_agreement(engines: list[Engine]) -> None:
    """Stop if two engines differ in anything by more than 1e-9."""
    first: dict[str, tuple[str, list[float]]] = {}
    for engine in engines:
        for what, numbers in answers(engine).items():
            other, expected = first.setdefault(what, (engine.name, numbers))
            compare(what, engine.name, numbers, other, expected, 1e-9)


def compare(what: str, name: str, numbers: list[float], other: str, expected: list[float], tolerance: float) -> None:
    """Stop if the numbers of one engine and those of another differ by more than the tolerance."""
    worst = largest_difference(numbers, expected)
    if not worst <= tolerance:
        sys.exit(f"{what}: {name} and {other} differ by {worst:.1e}\nlet them compute the same before timing them")


# ---- timings ---------------------------------------------------------------------------------------


class Repeated:
    """The time of a call, divided by `units`; what is called is prepared once for each engine."""

    def __init__(self, prepare: Callable[[Engine], Callable[[], Any]], units: int = 1) -> None:
        self.prepare, self.units = prepare, units
        self.ready: dict[str, tuple[Callable[[], Any], int]] = {}

    def __call__(self, engine: Engine) -> float:
        if engine.name not in self.ready:
            call = self.prepare(engine)
            call()  # compiles
            self.ready[engine.name] = call, max(1, int(0.02 / seconds(call, 10)))
        return seconds(*self.ready[engine.name]) / self.units


def seconds(call: Callable[[], Any], count: int) -> float:
    """The time of a call, from `count` of them in a row."""
    gc.collect()
    started = time.perf_counter()
    for _ in range(count):
        call()
    return (time.perf_counter() - started) / count


def training_step(task: Task) -> Timing:
    return Repeated(lambda engine: engine.trainer(task).compile())


def value_and_gradient(
    f: Function, start: list[float], units: int = 1, usual: bool = False, **settings: Any
) -> Repeated:
    """Numbers in and out, of f(m, x). With `usual`, as an engine does it by default, if it has a better way."""

    def prepare(engine: Engine) -> Callable[[], Any]:
        compiled = getattr(engine, "usual_gradient", engine.gradient) if usual else engine.gradient
        return functools.partial(compiled(f, **settings), start)

    return Repeated(prepare, units)


def time_to_compile(f: Function, start: list[float], units: int) -> Timing:
    """Recording, compiling and the first call of f's value and gradient."""
    return lambda engine: seconds(lambda: engine.gradient(f)(start), 1) / units


def gradient_over_value(size: int) -> Timing:
    """How many times as long as the value of `coupled` its value and gradient take, both compiled."""
    x = [0.5 + 0.3 * (k % 7) for k in range(size)]
    ready: dict[str, tuple[Repeated, Repeated]] = {}

    def timing(engine: Ours) -> float:
        if engine.name not in ready:
            value = engine.compiled(coupled)
            ready[engine.name] = Repeated(lambda _: lambda: value(x)), value_and_gradient(coupled, x)
        value_alone, both = ready[engine.name]
        ratios = [both(engine) / value_alone(engine) for _ in range(3)]
        return median(ratios)

    return timing


def fresh_process(*words: str) -> float:
    """The number that fresh.py prints."""
    command = [sys.executable, "-m", "tests.benchmarks.compiled.fresh", *words]
    return float(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)


def first_step(task: Task) -> Timing:
    return lambda engine: fresh_process("first", engine.name, task.name)


def whole_training(task: Task, steps: int) -> Timing:
    """All of a process that imports its engine and trains. The last losses must agree, to 1e-6: rounding adds up."""
    first: list[tuple[str, float]] = []

    def timing(engine: Engine) -> float:
        started = time.perf_counter()
        loss = fresh_process("whole", engine.name, task.name, str(steps))
        taken = time.perf_counter() - started
        first.append((engine.name, loss))
        other, expected = first[0]
        compare(f"{steps} steps of {task.name}", engine.name, [loss], other, [expected], 1e-6)
        return taken

    return timing
