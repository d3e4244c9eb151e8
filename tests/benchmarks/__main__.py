"""Time this engine beside micrograd and PyTorch scalars on the same work, interleaved, and print medians.

    python -m tests.benchmarks [--quick] [--only NAME] [--json PATH]

The peers come with the extra `bench`. All engines are first asked for the same values and gradients. About 4 minutes;
with --quick, on smaller graphs and without the slowest peers, under a minute.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import json
import platform
import random
import sys
import time
import tracemalloc
from collections.abc import Callable
from contextlib import nullcontext
from statistics import median
from typing import Any

from autograd import collector_paused
from tests.benchmarks import works
from tests.benchmarks.engines import DIGITS, MOONS, installed

Timing = Callable[[Any], float]  # seconds (or bytes) that an engine takes for one unit of the work


def build_and_back(make: Callable[[Any], tuple[Any, Any]], units: int, repeat: int = 1, paused: bool = False) -> Timing:
    """Build, run backward and free, `repeat` times; the time for one of `units`."""

    def timing(engine: Any) -> float:
        gc.collect()
        with collector_paused() if paused and engine.name == "ours" else nullcontext():
            started = time.perf_counter()
            for _ in range(repeat):
                output, leaves = make(engine.leaf)
                output.backward()
                del output, leaves
            if engine.name == "micrograd" and units > 1:
                gc.collect()  # its graphs are cycles: this is what frees the last of them
            return (time.perf_counter() - started) / repeat / units

    return timing


def weights(widths: tuple[int, ...]) -> list[float]:
    rng = random.Random(1)
    pairs = list(itertools.pairwise(widths))
    return [rng.uniform(-1, 1) / nin**0.5 for nin, nout in pairs for _ in range(nout * (nin + 1))]


def training_step(widths: tuple[int, ...], loss: str, inputs: Any, targets: Any, repeat: dict[str, int]) -> Timing:
    """One step of training: forward, backward, update; several on end, since each frees the graph of the one before."""

    def timing(engine: Any) -> float:
        model = engine.model(widths, weights(widths))
        gc.collect()
        started = time.perf_counter()
        for _ in range(repeat.get(engine.name, 1)):
            error = getattr(engine, loss)(model, inputs, targets)
            error.backward()
            engine.update(model)
        return (time.perf_counter() - started) / repeat.get(engine.name, 1)

    return timing


def bytes_a_node(start: Any, program: Any) -> Timing:
    """What Python allocates for a graph that has been run backward, divided by the program's operations."""

    def timing(engine: Any) -> float:
        if engine.name == "torch":
            raise NotImplementedError("allocates outside Python")
        gc.collect()
        tracemalloc.start()
        kept = works.run_program(engine.leaf, start, program)
        kept[0].backward()
        used = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        return used / len(program)

    return timing


def rows(quick: bool) -> list[dict[str, Any]]:
    """The works: name, unit, how to time it, how often, and the goals as (peer, factor) or ("at most", number)."""
    size, length = (10_000, 100_000) if quick else (100_000, 1_000_000)
    start, program = works.random_program(size)

    def graph(leaf: Any) -> Any:
        return works.run_program(leaf, start, program)

    moons = training_step(
        MOONS, "moons_loss", *works.samples(100, 2, (-1, 1)), {"ours": 30, "micrograd": 3, "torch": 2}
    )
    digits = training_step(DIGITS, "digits_loss", *works.samples(64, 64, range(10)), {"ours": 15})
    often, seldom = (5, 3) if quick else (9, 5)
    small = works.random_program(min(size, 20_000))
    return [
        row(
            "expression",
            "us",
            1e6,
            build_and_back(works.expression, 1, 200),
            often,
            [("micrograd", 3.7), ("torch", 17)],
        ),
        row("random graph, a node", "us", 1e6, build_and_back(graph, size), seldom, [("micrograd", 4)]),
        row(
            "the same, collector paused",
            "us",
            1e6,
            build_and_back(graph, size, paused=True),
            seldom,
            [("micrograd", 10)],
        ),
        row("moons step", "ms", 1e3, moons, seldom, [("micrograd", 85)]),
        row(
            "64-32-10 step, batch 64",
            "ms",
            1e3,
            digits,
            1 if quick else 3,
            [("at most", 40)],
            {"micrograd": 0 if quick else 2},
        ),
        row("chain", "s", 1, build_and_back(lambda leaf: works.chain(leaf, length), 1), 3, [("torch", 3)]),
        row("bytes a node", "B", 1, bytes_a_node(*small), 1, [("at most", 300)]),
    ]


def row(
    name: str, unit: str, scale: float, timing: Timing, count: int, goals: Any, counts: Any = None
) -> dict[str, Any]:
    return {
        "name": name,
        "unit": unit,
        "scale": scale,
        "timing": timing,
        "count": count,
        "goals": goals,
        "counts": counts or {},
    }


def measure(work: dict[str, Any], engines: list[Any]) -> dict[str, Any]:
    """The median of each engine, all in turn within each round; or why there is none."""
    found: dict[str, list[float]] = {engine.name: [] for engine in engines}
    failed: dict[str, str] = {}
    for round_ in range(work["count"]):
        for engine in engines:
            if engine.name in failed or round_ >= work["counts"].get(engine.name, work["count"]):
                continue
            try:
                found[engine.name].append(work["timing"](engine) * work["scale"])
            except (RecursionError, NotImplementedError) as error:
                failed[engine.name] = type(error).__name__ if isinstance(error, RecursionError) else str(error)
    return {name: median(numbers) if numbers else failed.get(name, "left out") for name, numbers in found.items()}


def verdict(goals: list[tuple[str, float]], medians: dict[str, Any]) -> str:
    """Each goal with what was reached."""
    said = []
    for peer, factor in goals:
        if peer == "at most":
            said.append(f"at most {factor:g}: {'met' if medians['ours'] <= factor else 'missed'}")
        elif isinstance(medians.get(peer), float):
            ratio = medians[peer] / medians["ours"]
            said.append(f"{factor:g} x {peer}: {ratio:.1f} x, {'met' if ratio >= factor else 'missed'}")
    return "; ".join(said)


def check_agreement(engines: list[Any]) -> None:
    """Stop if two engines differ in a value or a gradient by more than 1e-9."""
    results = {}
    for engine in engines:
        numbers = []
        for make in (works.expression, lambda leaf: works.run_program(leaf, *works.random_program(300))):
            output, leaves = make(engine.leaf)
            output.backward()
            numbers += engine.numbers([output]) + list(engine.slopes(leaves[:2]))
        for widths, loss, data in (
            (MOONS, "moons_loss", works.samples(4, 2, (-1, 1))),
            (DIGITS, "digits_loss", works.samples(2, 64, range(10))),
        ):
            model = engine.model(widths, weights(widths))
            error = getattr(engine, loss)(model, *data)
            error.backward()
            numbers += engine.numbers([error]) + engine.slopes(model.parameters())
        results[engine.name] = numbers
    for name, numbers in results.items():
        worst = max(abs(x - y) / max(1.0, abs(y)) for x, y in zip(results["ours"], numbers))
        if worst > 1e-9 or len(numbers) != len(results["ours"]):
            sys.exit(f"{name} computes something else: a difference of {worst:.1e}")
    print(f"values and gradients of {', '.join(results)} agree to 1e-9\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="smaller graphs, fewer rounds")
    parser.add_argument("--only", default="", help="the works whose name contains this")
    parser.add_argument("--json", default="benchmarks.json", help="where the figures are written")
    options = parser.parse_args()
    engines, missing = installed()
    gc.collect()
    gc.freeze()  # what the peers' imports left behind is nobody's garbage to look through
    for name in missing:
        print(f"{name} is not installed: .venv/bin/pip install -e '.[bench]'")
    check_agreement(engines)
    print(f"{'':28}" + "".join(f"{engine.name:>16}" for engine in engines) + "  goals")
    report = []
    for work in rows(options.quick):
        if options.only in work["name"]:
            medians = measure(work, engines)
            cells = [f"{x:.3g} {work['unit']}" if isinstance(x, float) else x for x in medians.values()]
            print(
                f"{work['name']:28}" + "".join(f"{cell:>16.16}" for cell in cells),
                verdict(work["goals"], medians),
                sep="  ",
            )
            report.append({"work": work["name"], "unit": work["unit"], "medians": medians, "goals": work["goals"]})
    machine = {"python": platform.python_version(), "machine": platform.platform(), "quick": options.quick}
    with open(options.json, "w", encoding="utf-8") as file:
        json.dump({**machine, "works": report}, file, indent=1)
    print(f"\nwritten to {options.json}")


if __name__ == "__main__":
    main()
