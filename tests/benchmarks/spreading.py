"""What an executor is worth: a training step alone, and with each batch cut into 8 pieces for two workers.

    python -m tests.benchmarks.spreading [--quick]

Networks of different sizes, on Values and compiled, alone, with two threads, two processes, and a Dask cluster of two
worker processes on this machine (where Dask is installed). All ways take a step in turn within each round; the table
has medians, and how many times as fast as alone each way is. All must come to the same loss, to 1e-9.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from multiprocessing import get_context
from statistics import median
from typing import Any

import nn
from autograd import collector_paused
from nn.clipping import UNCLIPPED
from nn.spreading import Spread
from nn.trainers import Eager, Native, Task, Trainer

SIZES = [(2, [16, 16, 2], 100), (64, [32, 10], 64), (64, [64, 64, 10], 256)]  # inputs, widths, samples in a batch
QUICK = [(2, [4, 2], 12)]
WORKERS = 2


def task_of(nin: int, widths: list[int], samples: int) -> Task:
    """A training of an MLP on samples of chance."""
    rng = random.Random(0)
    inputs = [[rng.uniform(-1.0, 1.0) for _ in range(nin)] for _ in range(samples)]
    classes = [rng.randrange(widths[-1]) for _ in range(samples)]
    model = nn.MLP(nin, widths, rng=1)
    optimizer = nn.SGD(model.parameters(), lr=0.01)
    return Task(model, inputs, classes, nn.cross_entropy, optimizer, UNCLIPPED, None, {})


@contextmanager
def executors() -> Iterator[dict[str, Any]]:
    """The executors by name."""
    with ExitStack() as stack:
        found: dict[str, Any] = {
            "2 threads": stack.enter_context(ThreadPoolExecutor(WORKERS)),
            "2 processes": stack.enter_context(ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn"))),
        }
        if find_spec("distributed"):
            from distributed import Client, LocalCluster

            cluster = stack.enter_context(
                LocalCluster(n_workers=WORKERS, threads_per_worker=1, dashboard_address="127.0.0.1:0", host="127.0.0.1")
            )
            found["Dask, 2 workers"] = stack.enter_context(Client(cluster)).get_executor()
        yield found


def trainers(size: tuple[int, list[int], int], compiled: bool, workers: dict[str, Any]) -> dict[str, Trainer]:
    """A trainer for each way, each with a model of its own that begins alike."""
    made: dict[str, Trainer] = {"alone": (Native if compiled else Eager)(task_of(*size))}
    for name, executor in workers.items():
        task = task_of(*size)
        made[name] = Spread(task, executor, 8, Native(task) if compiled else None)
    return made


def timed(trainer: Trainer, count: int) -> tuple[float, float]:
    """The seconds of a step on the whole batch, and its loss."""
    with collector_paused():
        began = time.perf_counter()
        loss, _ = trainer.step(0, count)
        return time.perf_counter() - began, loss


def measure(size: tuple[int, list[int], int], compiled: bool, workers: dict[str, Any], seconds: float) -> list[str]:
    """A row of the table."""
    ways, count = trainers(size, compiled, workers), size[2]
    taken: dict[str, list[float]] = {name: [] for name in ways}
    until = time.perf_counter() + seconds
    for trainer in ways.values():
        trainer.shuffle(list(range(count)))
        timed(trainer, count)  # sends the model, and compiles
    while time.perf_counter() < until or len(taken["alone"]) < 3:
        losses = []
        for name, trainer in ways.items():
            duration, loss = timed(trainer, count)
            taken[name].append(duration)
            losses.append(loss)
        if max(losses) - min(losses) > 1e-9:
            raise ArithmeticError(f"the losses differ: {losses}")
    alone = median(taken["alone"])
    cells = [f"{1e3 * median(each):.3g} ms ({alone / median(each):.2g})" for each in taken.values()]
    cells[0] = f"{1e3 * alone:.3g} ms"
    name = "-".join(map(str, (size[0], *size[1])))
    return [f"MLP {name}, batch of {count}, {'compiled' if compiled else 'on Values'}", *cells]


def main(quick: bool = False) -> list[list[str]]:
    """Measure and print the table, in Markdown."""
    rows = []
    with executors() as workers:
        print(f"| a step | alone | {' | '.join(workers)} |")
        print("|" + "---|" * (2 + len(workers)))
        for size in QUICK if quick else SIZES:
            for compiled in (False, True):
                rows.append(measure(size, compiled, workers, 0.1 if quick else 5.0))
                print(f"| {' | '.join(rows[-1])} |", flush=True)
    return rows


if __name__ == "__main__":
    main("--quick" in sys.argv[1:])
