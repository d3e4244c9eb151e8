"""How demos measure time and memory, and what they make of the numbers. Used by cost.py.

Time and memory are measured in runs apart: counting bytes takes time.
"""

from __future__ import annotations

import gc
import math
import mmap
import time
import tracemalloc
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from autograd import collector_paused
from nn.matrices import solve


def medians(works: Sequence[Callable[[], Any]], rounds: int) -> list[float]:
    """The median seconds of the processor for each work, all in turn within each round, after one that warms up."""
    taken: list[list[float]] = [[] for _ in works]
    with collector_paused():
        for turn in range(rounds + 1):
            for work, seconds in zip(works, taken):
                started = time.process_time()
                work()
                if turn:
                    seconds.append(time.process_time() - started)
    return [median(seconds) for seconds in taken]


def memory(work: Callable[[], Any]) -> tuple[int, int]:
    """The bytes that what the work returns occupies, and the most that there were on the way."""
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        kept = work()
        now, most = tracemalloc.get_traced_memory()
        del kept
        return now - before, most - before
    finally:
        tracemalloc.stop()


def exponent(xs: Sequence[float], ys: Sequence[float]) -> float:
    """The p of y = c * x**p that fits best: the slope of a straight line through the logarithms, by least squares.

    >>> round(exponent([1.0, 2.0, 4.0], [5.0, 20.0, 80.0]), 12)
    2.0
    """
    xs, ys = [math.log(x) for x in xs], [math.log(y) for y in ys]
    middle = sum(xs) / len(xs)
    return sum((x - middle) * y for x, y in zip(xs, ys)) / sum((x - middle) ** 2 for x in xs)


def prices(first: Sequence[float], second: Sequence[float], totals: Sequence[float]) -> list[float]:
    """The two prices with first * price + second * price = total, as nearly as can be, in shares of the totals.

    >>> [round(price, 12) for price in prices([1, 2, 3], [10, 0, 5], [32, 4, 21])]
    [2.0, 3.0]
    """
    rows = [(a / total, b / total) for a, b, total in zip(first, second, totals)]
    square = [[sum(row[i] * row[j] for row in rows) for j in (0, 1)] for i in (0, 1)]
    return solve(square, [sum(row[i] for row in rows) for i in (0, 1)])


def resident() -> int:
    """The bytes of memory that this process occupies; 0 where the system does not tell."""
    statistics = Path("/proc/self/statm")
    return int(statistics.read_text().split()[1]) * mmap.PAGESIZE if statistics.exists() else 0
