"""What is timed in a process of its own, so that nothing is warm: asked by measuring.py.

python -m tests.benchmarks.compiled.fresh first ENGINE TASK         prints the seconds to the end of the first step
python -m tests.benchmarks.compiled.fresh whole ENGINE TASK STEPS   trains, and prints the last loss
"""

from __future__ import annotations

import sys
import time

from tests.benchmarks.compiled.engines import ENGINES, Engine
from tests.benchmarks.compiled.works import TASKS, Task


def first(engine: Engine, task: Task) -> float:
    """From data and model in hand and the engine imported. What it imports only when it compiles, it pays for."""
    trainer = engine.trainer(task)
    started = time.perf_counter()
    float(trainer.compile()())
    return time.perf_counter() - started


def main(what: str, engine_name: str, task_name: str, steps: str = "1") -> None:
    engine, task = ENGINES[engine_name](), TASKS[task_name]
    print(repr(first(engine, task) if what == "first" else engine.train(task, int(steps))))


if __name__ == "__main__":
    main(*sys.argv[1:])
