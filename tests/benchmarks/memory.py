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


def traced() -> int:
    return tracemalloc.get_traced_memory()[0]


def resident() -> float:
    """The bytes of memory that this process occupies."""
    import resource

    statistics = Path("/proc/self/statm")
    return int(statistics.read_text().split()[1]) * resource.getpagesize() if statistics.exists() else float("nan")


def bytes_a_node(engine: Any, size: int = 20_000) -> float:
    """What a random graph of `size` operations adds to the memory in use, divided by `size`."""
    warm_up = works.run_program(engine.leaf, *works.random_program(100))
    warm_up[0].backward()  # brings what is allocated once, at first use
    start, program = works.random_program(size)
    gc.collect()
    if engine.name != "torch":
        tracemalloc.start()
    used = resident if engine.name == "torch" else traced
    before = used()
    kept = works.run_program(engine.leaf, start, program)
    kept[0].backward()
    return (used() - before) / size


if __name__ == "__main__":
    print(next(bytes_a_node(engine) for engine in installed()[0] if engine.name == sys.argv[1]))
