"""Time compiled code beside JAX, PyTorch and C by hand on the same work, interleaved, and print medians.

    python -m tests.benchmarks.compiled [--quick] [--only NAME] [--json PATH]

JAX and PyTorch are peers to be installed by hand, C needs gcc. Float64 and one thread for everybody. All engines are
first asked for the same losses, parameters and gradients. Some minutes; with --quick, on smaller graphs, one.

"To the first step" is timed in a process of its own, from data and model in hand; "cold" is all of a process, with its
imports. The works: compiled_works.py; the engines: compiled_engines.py; how it is timed: compiled_measuring.py.
"""

from __future__ import annotations

import argparse
import gc
import json
import platform
from typing import Any

from tests.benchmarks.__main__ import cell
from tests.benchmarks.compiled_engines import ENGINES
from tests.benchmarks.compiled_measuring import (
    Limit,
    check_agreement,
    first_step,
    gradient_over_value,
    missed_by,
    one_thread,
    random_graph,
    time_to_compile,
    training_step,
    value_and_gradient,
    whole_training,
)
from tests.benchmarks.compiled_works import DIGITS, MOONS, mixed_program, run_mixed
from tests.benchmarks.engines import installed
from tests.benchmarks.measuring import Work

PEERS = ("C", "jax", "torch")
ALONE = dict.fromkeys(PEERS, 0)  # works in which no peer takes part
LAYOUT = "{:34}{:>9}{:>14}{:>7}{:>14}{:>7}{:>14}{:>7}  {:28}{:31}{}"
HEADINGS = ("work", "ours", "C by hand", "ratio", "jax", "ratio", "torch", "ratio", "goal", "stretch", "met?")


def trainings(quick: bool) -> list[Work]:
    """Networks: a step, the time to the first one, and a whole training."""
    rounds, fresh, steps = (3, 1, 100) if quick else (15, 5, 1000)
    third, as_jax, as_both = Limit(1 / 3, "jax"), Limit(1, "jax"), Limit(1, "jax torch")
    whole = whole_training(MOONS, steps)
    return [
        Work("moons step", "us", 1e6, training_step(MOONS), rounds, [third, Limit(1.8, "C")], Limit(1.25, "C")),
        Work("moons, to the first step", "s", 1, first_step(MOONS), fresh, [as_jax], Limit(0.3)),
        Work("64-32-10 step", "us", 1e6, training_step(DIGITS), rounds, [as_jax, Limit(2, "C")], Limit(1.3, "C")),
        Work("64-32-10, to the first step", "s", 1, first_step(DIGITS), fresh, [as_jax], Limit(0.5)),
        Work(f"moons, {steps} steps, cold", "s", 1, whole, fresh, [as_both], Limit(1 / 5, "jax torch"), {}, not quick),
    ]


def functions(quick: bool) -> list[Work]:
    """Functions of numbers: value and gradient of one without any pattern, and what the gradient costs."""
    start, program = mixed_program()

    def mixed(m: Any, x: Any) -> Any:
        return run_mixed(m, x, program)

    rounds, few, sizes = (3, 2, (10, 100)) if quick else (15, 5, (10, 100, 1000))
    quickest, in_python = value_and_gradient(mixed, start), value_and_gradient(mixed, start, backend="python")
    usual, goals = value_and_gradient(mixed, start, usual=True), [Limit(1 / 50, "jax")]
    name, no_c, jax_only = "200 operations", {"C": 0, "torch": few}, {"C": 0, "torch": 0}
    return [
        Work(name, "us", 1e6, quickest, rounds, [Limit(2.1), *goals], Limit(1.3), no_c),
        Work(f"{name}, jax by default", "us", 1e6, usual, rounds, goals, Limit(1 / 100, "jax"), jax_only),
        Work(f'{name}, backend="python"', "us", 1e6, in_python, rounds, [Limit(20)], Limit(12), ALONE),
        *(
            Work(f"gradient / value, {n} inputs", "x", 1, gradient_over_value(n), few, [Limit(3)], Limit(2), ALONE)
            for n in sizes
        ),
    ]


def graphs(quick: bool) -> list[Work]:
    """Random graphs: what compiling and calling cost a node."""
    found = []
    for size in (10_000,) if quick else (10_000, 100_000):
        f, start = random_graph(size)
        compiling, calling = time_to_compile(f, start, size), value_and_gradient(f, start, size)
        name, rounds = f"{size:,} nodes", 2 if quick else 3
        found += [
            Work(f"{name}: compiling one", "us", 1e6, compiling, rounds, [Limit(30)], Limit(12), ALONE),
            Work(f"{name}: calling one", "ns", 1e9, calling, 3 * rounds, [Limit(6)], Limit(4), ALONE),
        ]
    return found


# ---- the table -------------------------------------------------------------------------------------


def verdict(work: Work, medians: dict[str, Any]) -> str:
    """Whether the goals are met, and if not, by how much they are missed."""
    met = work.verdict(medians)
    return f"no, {missed_by(work.goals, medians):.3g} times too long" if met == "no" else met


def line(work: Work, medians: dict[str, Any]) -> str:
    """A row of the table."""
    cells = [work.name, cell(medians["ours"], work.unit)]
    for peer in PEERS:
        there = medians.get(peer, "not installed")
        cells += [cell(there, work.unit), f"{there / medians['ours']:.2f}" if isinstance(there, float) else "-"]
    goal = ", ".join(each.written_out(work.unit) for each in work.goals)
    return LAYOUT.format(*cells, goal, work.stretch.written_out(work.unit), verdict(work, medians))


def report(work: Work, medians: dict[str, Any]) -> dict[str, Any]:
    """A row of the table, for the JSON file."""
    return {
        "work": work.name.strip(),
        "unit": work.unit,
        "medians": medians,
        "goal": [goal.written_out(work.unit) for goal in work.goals],
        "stretch": work.stretch.written_out(work.unit),
        "met": work.verdict(medians),
        "times_the_goal": missed_by(work.goals, medians),
    }


def run(works_to_do: list[Work], engines: list[Any]) -> list[dict[str, Any]]:
    """Measure each work and print its row as soon as it is known."""
    print(LAYOUT.format(*HEADINGS))
    reports = []
    for work in works_to_do:
        medians = work.measure(engines)
        print(line(work, medians), flush=True)
        reports.append(report(work, medians))
    return reports


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="smaller graphs, fewer rounds")
    parser.add_argument("--only", default="", metavar="NAME", help="the works whose name contains this")
    parser.add_argument("--json", default="benchmarks-compiled.json", metavar="PATH", help="where figures are written")
    options = parser.parse_args()
    one_thread()
    engines, missing = installed(tuple(ENGINES.values()))
    for name in missing:
        print(f"{name} is not installed")
    check_agreement(engines)
    print(f"losses, parameters and gradients agree to 1e-9: {', '.join(engine.name for engine in engines)}\n")
    gc.collect()
    gc.freeze()  # what imports left behind is nobody's garbage to look through
    chosen = [work for part in (trainings, functions, graphs) for work in part(options.quick)]
    reports = run([work for work in chosen if options.only in work.name], engines)
    machine = {"python": platform.python_version(), "machine": platform.platform(), "quick": options.quick}
    with open(options.json, "w", encoding="utf-8") as file:
        json.dump({**machine, "works": reports}, file, indent=1)
    print(f"\nwritten to {options.json}; ratios: the peer's time over ours; '-': nothing to compare")


if __name__ == "__main__":
    main()
