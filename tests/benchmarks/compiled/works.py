"""The work that is timed: two networks in training, and functions of numbers. Next: engines.py.

Only the standard library is imported here and in engines.py, so that in a fresh process (fresh.py) no engine pays for
the imports of another. A function takes `m`, where its engine keeps sin, exp and tanh, and numbers.
"""

from __future__ import annotations

import itertools
import math
import operator
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.benchmarks.works import Program, random_program, run_program, samples

Function = Callable[[Any, Sequence[Any]], Any]  # of where an engine keeps sin and its like, and of the numbers
Layers = list[tuple[list[list[float]], list[float]]]  # for each layer a matrix, a row for each input, and the biases


@dataclass(frozen=True)
class Task:
    """A network to be trained on all samples at once: MLP of `widths`, relu, by descent at the rate `lr`.

    The loss of "moons" is the hinge loss and 1e-4 times the sum of squares, that of "digits" softmax cross-entropy.
    """

    name: str
    widths: tuple[int, ...]
    inputs: list[list[float]]
    targets: list[int]
    lr: float = 0.1

    def start(self) -> list[float]:
        """The parameters that all engines start from: neuron by neuron, each with its bias at the end."""
        rng = random.Random(1)
        pairs = itertools.pairwise(self.widths)
        return [rng.uniform(-1, 1) / nin**0.5 for nin, nout in pairs for _ in range(nout * (nin + 1))]


MOONS = Task("moons", (2, 16, 16, 1), *samples(100, 2, (-1, 1)))
DIGITS = Task("digits", (64, 32, 10), *samples(64, 64, range(10)))
TASKS = {task.name: task for task in (MOONS, DIGITS)}


def as_layers(widths: Sequence[int], numbers: Sequence[float]) -> Layers:
    """Parameters neuron by neuron as matrices and biases, for the engines that have such.

    >>> as_layers((2, 1), [1.0, 2.0, 3.0])
    [([[1.0], [2.0]], [3.0])]
    """
    layers, rest = [], iter(numbers)
    for nin, nout in itertools.pairwise(widths):
        *rows, biases = zip(*(list(itertools.islice(rest, nin + 1)) for _ in range(nout)))
        layers.append(([list(row) for row in rows], list(biases)))
    return layers


def as_numbers(layers: Layers) -> list[float]:
    """The reverse: matrices and biases as parameters neuron by neuron."""
    return [x for rows, biases in layers for neuron in zip(*rows, biases) for x in neuron]


# ---- functions of numbers --------------------------------------------------------------------------

ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {"+": operator.add, "-": operator.sub, "*": operator.mul}
FUNCTIONS: dict[str, Callable[[float], float]] = {"sin": math.sin, "exp": math.exp, "tanh": math.tanh}


def mixed_program(size: int = 200, leaves: int = 10, seed: int = 9) -> tuple[list[float], Program]:
    """Operations + - * sin exp tanh on earlier results, as random_program makes them: without any regularity.

    Results stay in [0.1, 2], so that slopes neither vanish nor explode; about one operation in eight is a function.
    """
    rng = random.Random(seed)
    start = [rng.uniform(-1.0, 1.0) for _ in range(leaves)]
    results, program = list(start), []
    for k in range(leaves, leaves + size):
        i, j = k - 1, rng.randrange(k)
        a, b = results[i], results[j]
        outcomes = {name: f(a, b) for name, f in ARITHMETIC.items()} | {name: f(a) for name, f in FUNCTIONS.items()}
        fitting = [name for name, x in outcomes.items() if 0.1 <= abs(x) <= 2.0]
        name = rng.choices(fitting, [8 if each in ARITHMETIC else 1 for each in fitting])[0]
        results.append(outcomes[name])
        program.append((name, i, j))
    return start, program


def run_mixed(m: Any, x: Sequence[Any], program: Program) -> Any:
    """The program's last result."""
    results = list(x)
    for name, i, j in program:
        known = ARITHMETIC.get(name)
        results.append(known(results[i], results[j]) if known else getattr(m, name)(results[i]))
    return results[-1]


def coupled(m: Any, x: Sequence[Any]) -> Any:
    """A function of n numbers with 36 n operations: five times, each is moved by its neighbour; then their sum."""
    for _ in range(5):
        x = [a + 0.5 * m.sin(a * b) / (2.0 + b * b) for a, b in zip(x, [*x[1:], x[0]])]
    return sum(x)


def random_graph(size: int) -> tuple[Function, list[float]]:
    """The graph of random_program as a function of its leaves, and their numbers."""
    start, program = random_program(size)
    return lambda m, x: run_program(lambda leaf: leaf, x, program)[0], start
