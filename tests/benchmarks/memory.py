"""Memory of a graph that has been run backward: `python -m tests.benchmarks.memory ENGINE` prints bytes a node.

A process for each engine, so that none finds the memory of another. Engines in Python are asked of tracemalloc.
PyTorch allocates outside Python: there it is the growth of the process (Linux only; nan elsewhere).
"""

from __future__ import annotations

import gc
import sys
import tracemalloc
from pathlib import Path
from typing import Any

from tests.benchmarks import works
from tests.benchmarks.engines import installed

SIZE = 20_000


def resident() -> float:
    """The bytes that this process holds in memory."""
    import resource

    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def traced() -> float:
    return tracemalloc.get_traced_memory()[0]


def run(engine: Any, size: int) -> Any:
    kept = works.run_program(engine.leaf, *works.random_program(size))
    kept[0].backward()
    return kept


def bytes_a_node(engine: Any) -> float:
    if engine.name == "torch" and not sys.platform.startswith("linux"):
        return float("nan")
    run(engine, 100)  # what is allocated once, at first use
    start, program = works.random_program(SIZE)
    gc.collect()
    used = resident if engine.name == "torch" else traced
    tracemalloc.start()
    if engine.name == "torch":
        tracemalloc.stop()
    before = used()
    kept = works.run_program(engine.leaf, start, program)
    kept[0].backward()
    return (used() - before) / SIZE


if __name__ == "__main__":
    print(next(bytes_a_node(engine) for engine in installed()[0] if engine.name == sys.argv[1]))
