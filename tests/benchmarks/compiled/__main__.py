"""Time compiled code beside JAX, PyTorch and C by hand on the same work, interleaved, and print medians.

    python -m tests.benchmarks.compiled [--quick] [--only NAME] [--json PATH]

JAX and PyTorch are peers to be installed by hand, C needs gcc. Float64 and one thread for everybody. All engines are
first asked for the same losses, parameters and gradients. Some minutes; with --quick, on smaller graphs, one.

"To the first step" is timed in a process of its own, from data and model in hand; "cold" is all of a process, with its
imports. The works: works.py; the engines: engines.py; how it is timed: measuring.py; the table: ../table.py.
"""

from __future__ import annotations

import gc
from typing import Any

from tests.benchmarks import table
from tests.benchmarks.compiled.engines import ENGINES
from tests.benchmarks.compiled.measuring import (
    Limit,
    check_agreement,
    first_step,
    gradient_over_value,
    one_thread,
    time_to_compile,
    training_step,
    value_and_gradient,
    whole_training,
)
from tests.benchmarks.compiled.works import DIGITS, MOONS, mixed_program, random_graph, run_mixed
from tests.benchmarks.engines import installed
from tests.benchmarks.measuring import Work

PEERS = ("C", "jax", "torch")
ALONE = dict.fromkeys(PEERS, 0)  # works in which no peer takes part
LAYOUT = "{:34}{:>9}{:>14}{:>7}{:>14}{:>7}{:>14}{:>7}  {:28}{:31}{}"


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


def main() -> None:
    options = table.parsed(__doc__)
    one_thread()
    engines, missing = installed(tuple(ENGINES.values()))
    for name in missing:
        print(f"{name} is not installed")
    check_agreement(engines)
    print(f"losses, parameters and gradients agree to 1e-9: {', '.join(engine.name for engine in engines)}\n")
    gc.collect()
    gc.freeze()  # what imports left behind is nobody's garbage to look through
    works = [work for part in (trainings, functions, graphs) for work in part(options.quick)]
    table.run(works, engines, options, PEERS, LAYOUT)
    print("\nratios: the peer's time over ours; '-': nothing to compare")


if __name__ == "__main__":
    main()
