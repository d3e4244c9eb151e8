"""Time this engine beside micrograd and PyTorch scalars on the same work, interleaved, and print medians.

    python -m tests.benchmarks [--quick] [--only NAME] [--json PATH]

The peers come with the extra `bench`. All engines are first asked for the same values and gradients. About 5 minutes;
with --quick, on smaller graphs and without the slowest peers, under a minute. How it is timed: measuring.py; the table:
table.py.
"""

from __future__ import annotations

import gc
from typing import Any

from tests.benchmarks import table, works
from tests.benchmarks.engines import DIGITS, MOONS, installed
from tests.benchmarks.measuring import (
    Target,
    Work,
    build_and_back,
    bytes_a_node,
    check_agreement,
    training_step,
)

PEERS = ("micrograd", "torch")
LAYOUT = "{:29}{:>9}{:>16}{:>7}{:>14}{:>7}  {:28}{:16}{}"


def graphs(quick: bool) -> list[Work]:
    """The works that build a graph of plain arithmetic."""
    size, length = (10_000, 100_000) if quick else (100_000, 1_000_000)
    start, program = works.random_program(size)

    def random_graph(leaf: Any) -> Any:
        return works.run_program(leaf, start, program)

    def chain(leaf: Any) -> Any:
        return works.chain(leaf, length)

    expression = build_and_back(works.expression, 1, repeat=200)
    at_defaults = build_and_back(random_graph, size, warm_up=True)
    paused = build_and_back(random_graph, size, warm_up=True, paused=True)
    full, rounds = not quick, 3 if quick else 5
    mg, torch = "micrograd", "torch"
    return [
        Work("expression", "us", 1e6, expression, 2 * rounds, [Target(3.7, mg), Target(17, torch)], Target(5, mg)),
        Work("random graph, a node", "us", 1e6, at_defaults, rounds, [Target(4, mg)], Target(7, mg), comparable=full),
        Work("  ours in collector_paused()", "us", 1e6, paused, rounds, [Target(10, mg)], Target(14, mg), {}, full),
        Work("chain", "s", 1, build_and_back(chain, 1), 3, [Target(3, torch)], Target(1.5), comparable=full),
    ]


def networks(quick: bool) -> list[Work]:
    """The works that train a network for a step."""
    moons = works.samples(100, 2, (-1, 1))
    digits = works.samples(64, 64, range(10))
    peers = {"micrograd": 0, "torch": 1} if quick else {"micrograd": 2, "torch": 2}
    return [
        Work(
            "moons step",
            "ms",
            1e3,
            training_step(MOONS, "moons_loss", *moons, {"ours": 20, "micrograd": 2}),
            2 if quick else 5,
            [Target(85, "micrograd")],
            Target(150, "micrograd"),
        ),
        Work(
            "64-32-10 step, batch 64",
            "ms",
            1e3,
            training_step(DIGITS, "digits_loss", *digits, {"ours": 15}),
            3,
            [Target(40)],
            Target(25),
            peers,
        ),
    ]


def main() -> None:
    options = table.parsed(__doc__)
    engines, missing = installed()
    for name in missing:
        print(f"{name} is not installed: .venv/bin/pip install -e '.[bench]'")
    check_agreement(engines)
    print(f"values and gradients agree to 1e-9: {', '.join(engine.name for engine in engines)}\n")
    gc.collect()
    gc.freeze()  # what the peers' imports left behind is nobody's garbage to look through
    memory = Work("bytes a node", "B", 1, bytes_a_node, 1, [Target(300)], Target(200))
    works_to_do = [*graphs(options.quick), *networks(options.quick), memory]
    table.run(works_to_do, engines, options, PEERS, LAYOUT)
    print("\na verdict of '-': a peer is missing, or --quick made the work another")


if __name__ == "__main__":
    main()
