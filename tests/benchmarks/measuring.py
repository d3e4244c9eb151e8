"""How a work is timed: the procedure is the same for every engine. Next: __main__.py, the works with their goals.

No collection is forced inside a timed part: what a cycle collector has to free, it frees when its defaults say so, and
that time counts. Before each timed part stands one, so that an engine does not pay for the garbage of the one before.
"""

from __future__ import annotations

import gc
import itertools
import math
import random
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from autograd import collector_paused
from tests.benchmarks import works
from tests.benchmarks.engines import DIGITS, MOONS

Timing = Callable[[Any], float]  # seconds (or bytes) that an engine takes for one unit of the work


@dataclass(frozen=True)
class Target:
    """To be `factor` times as fast as a peer, or, without a peer, to need at most `factor` of the work's unit."""

    factor: float
    peer: str = ""

    def allowed(self, medians: dict[str, Any]) -> float | None:
        """What ours may take; None where there is nothing to compare."""
        if not self.peer:
            return self.factor
        theirs = medians.get(self.peer)
        return theirs / self.factor if isinstance(theirs, float) else None

    def reached(self, medians: dict[str, Any]) -> bool | None:
        """Whether it is; None where there is nothing to compare."""
        allowed = self.allowed(medians)
        return None if allowed is None else medians["ours"] <= allowed

    def written_out(self, unit: str) -> str:
        """The goal in words.

        >>> Target(3.7, "micrograd").written_out("us"), Target(25).written_out("ms")
        ('3.7x micrograd', '25 ms')
        """
        return f"{self.factor:g}x {self.peer}" if self.peer else f"{self.factor:g} {unit}"


@dataclass(frozen=True)
class Work:
    """One row of the table. `rounds_of` names the engines that take part in fewer rounds, `comparable` says whether
    goals apply: they do not to a smaller size than they were set for."""

    name: str
    unit: str
    scale: float
    timing: Timing
    rounds: int
    goals: Sequence[Target]
    stretch: Target
    rounds_of: dict[str, int] = field(default_factory=dict)
    comparable: bool = True

    def measure(self, engines: Sequence[Any]) -> dict[str, Any]:
        """The median of each engine, all in turn within each round; or why there is none."""
        found: dict[str, list[float]] = {engine.name: [] for engine in engines}
        failed: dict[str, str] = {}
        for turn in range(self.rounds):
            for engine in engines:
                if engine.name not in failed and turn < self.rounds_of.get(engine.name, self.rounds):
                    try:
                        found[engine.name].append(self.timing(engine) * self.scale)
                    except RecursionError:
                        failed[engine.name] = "RecursionError"
        return {
            name: failed.get(name) or (median(numbers) if numbers else "left out") for name, numbers in found.items()
        }

    def verdict(self, medians: dict[str, Any]) -> str:
        """'stretch', 'yes', 'no', or '-' where the goals do not apply or a peer is missing."""
        reached = [goal.reached(medians) for goal in self.goals]
        if not self.comparable or None in reached:
            return "-"
        if not all(reached):
            return "no"
        return "stretch" if self.stretch.reached(medians) else "yes"

    def missed_by(self, medians: dict[str, Any]) -> float:
        """How many times as much as the goals allow ours takes: at most 1 where they are reached."""
        allowed = [goal.allowed(medians) for goal in self.goals]
        return max((medians["ours"] / each for each in allowed if each is not None), default=0.0)


def build_and_back(
    make: Callable[[Any], tuple[Any, Any]], units: int, repeat: int = 1, warm_up: bool = False, paused: bool = False
) -> Timing:
    """Build, run backward and free, `repeat` times; the time for one of `units`.

    With `warm_up` a graph that is not timed goes before: where graphs are cycles, as micrograd's are, the collector
    frees it while the next is built, as it does in any program that makes one graph after another.
    """

    def once(engine: Any) -> None:
        output, leaves = make(engine.leaf)
        output.backward()
        del output, leaves

    def timing(engine: Any) -> float:
        gc.collect()
        with collector_paused() if paused and engine.name == "ours" else nullcontext():
            if warm_up:
                once(engine)
            started = time.perf_counter()
            for _ in range(repeat):
                once(engine)
            return (time.perf_counter() - started) / repeat / units

    return timing


def weights(widths: tuple[int, ...]) -> list[float]:
    """The numbers that all engines' networks start from."""
    rng = random.Random(1)
    pairs = list(itertools.pairwise(widths))
    return [rng.uniform(-1, 1) / nin**0.5 for nin, nout in pairs for _ in range(nout * (nin + 1))]


def training_step(widths: tuple[int, ...], loss: str, inputs: Any, targets: Any, repeat: dict[str, int]) -> Timing:
    """One step of training: forward, backward, update; several on end, since each frees the graph of the one before."""

    def timing(engine: Any) -> float:
        model = engine.model(widths, weights(widths))
        update, count = engine.updater(model), repeat.get(engine.name, 1)
        gc.collect()
        started = time.perf_counter()
        for _ in range(count):
            error = getattr(engine, loss)(model, inputs, targets)
            error.backward()
            update()
        return (time.perf_counter() - started) / count

    return timing


def bytes_a_node(engine: Any) -> float:
    """Memory of a graph, asked of a process of its own: memory.py."""
    command = [sys.executable, "-m", "tests.benchmarks.memory", engine.name]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def sampled_numbers(engine: Any) -> list[float]:
    """The values and gradients that an engine finds for small versions of all the works."""
    numbers = []
    for make in (
        works.expression,
        lambda leaf: works.run_program(leaf, *works.random_program(1000)),
        lambda leaf: works.chain(leaf, 200),
    ):
        output, leaves = make(engine.leaf)
        output.backward()
        numbers += engine.numbers([output]) + engine.slopes(leaves)
    for widths, loss, data in (
        (MOONS, "moons_loss", works.samples(4, 2, (-1, 1))),
        (DIGITS, "digits_loss", works.samples(2, 64, range(10))),
    ):
        model = engine.model(widths, weights(widths))
        error = getattr(engine, loss)(model, *data)
        error.backward()
        numbers += engine.numbers([error]) + engine.slopes(model.parameters())
    return numbers


def largest_difference(numbers: Sequence[float], others: Sequence[float]) -> float:
    """The largest difference, relative to numbers above 1; inf if there are not as many, or not all are finite."""
    if len(numbers) != len(others) or not all(map(math.isfinite, (*numbers, *others))):
        return math.inf
    return max((abs(x - y) / max(1.0, abs(y)) for x, y in zip(numbers, others)), default=0.0)


def check_agreement(engines: list[Any]) -> None:
    """Stop if two engines differ in a value or a gradient by more than 1e-9."""
    expected = sampled_numbers(engines[0])
    for engine in engines[1:]:
        worst = largest_difference(sampled_numbers(engine), expected)
        if not worst <= 1e-9:
            sys.exit(f"{engine.name} computes something else: a difference of {worst:.1e}")
