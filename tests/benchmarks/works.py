"""The work that is timed, written once for every engine that has scalars: ours, micrograd, PyTorch.

An engine is given as a function `leaf(x)` that makes a scalar to differentiate by; the rest is ordinary arithmetic and
the method `.relu()`, which all of them have.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Sequence
from typing import Any

Leaf = Callable[[float], Any]
Program = list[tuple[str, int, int]]


def expression(leaf: Leaf) -> tuple[Any, list[Any]]:
    """The expression of micrograd's README: its output and its two leaves. (g = 24.7041, dg/da = 138.8338)"""
    a, b = leaf(-4.0), leaf(2.0)
    c = a + b
    d = a * b + b**3
    c = c + c + 1
    c = c + 1 + c + (-a)
    d = d + d * 2 + (b + a).relu()
    d = d + 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    g = g + 10.0 / f
    return g, [a, b]


def random_program(size: int, leaves: int = 100, seed: int = 0) -> tuple[list[float], Program]:
    """Operations + - * relu on earlier results, as (operation, first operand, second operand); and the leaves' numbers.

    The first operand is the last result, so that the whole graph is behind the output; the second is one of the last
    1,000, so that results are shared. What would leave [-4, 4] becomes a difference or a relu. Each operation counts as
    one node for every engine, though micrograd makes three of a difference.
    """
    rng = random.Random(seed)
    start = [rng.uniform(-1.0, 1.0) for _ in range(leaves)]
    results, program = list(start), []
    for k in range(leaves, leaves + size):
        i, j = k - 1, rng.randrange(max(0, k - 1000), k)
        a, b = results[i], results[j]
        outcomes = {"+": a + b, "-": a - b, "*": a * b, "relu": max(a, 0.0)}
        fitting = [name for name, x in outcomes.items() if abs(x) <= 4.0]
        name = rng.choices(fitting, [1 if each == "relu" else 3 for each in fitting])[0]
        results.append(outcomes[name])
        program.append((name, i, j))
    return start, program


def run_program(leaf: Leaf, start: Sequence[float], program: Program) -> tuple[Any, list[Any]]:
    """The program's last result, and its leaves."""
    values = [leaf(x) for x in start]
    leaves, add = values[:], values.append
    for name, i, j in program:
        if name == "+":
            add(values[i] + values[j])
        elif name == "-":
            add(values[i] - values[j])
        elif name == "*":
            add(values[i] * values[j])
        else:
            add(values[i].relu())
    return values[-1], leaves


def chain(leaf: Leaf, size: int) -> tuple[Any, list[Any]]:
    """A chain of `size` operations, x = x * 1.0000001 + 1e-9 again and again."""
    x = first = leaf(1.0)
    for _ in range(size // 2):
        x = x * 1.0000001 + 1e-9
    return x, [first]


def samples(count: int, width: int, classes: Sequence[int], seed: int = 0) -> tuple[list[list[float]], list[int]]:
    """Random inputs and targets: what they are does not matter to the time."""
    rng = random.Random(seed)
    inputs = [[rng.uniform(-1.0, 1.0) for _ in range(width)] for _ in range(count)]
    return inputs, [rng.choice(list(classes)) for _ in range(count)]


class ScalarMLP:
    """An MLP of plain scalars, relu between its layers, a neuron written as micrograd writes it: a sum of products."""

    def __init__(self, leaf: Leaf, weights: Sequence[float], widths: Sequence[int]) -> None:
        numbers = iter(weights)
        self.layers = [
            [([leaf(next(numbers)) for _ in range(nin)], leaf(next(numbers))) for _ in range(nout)]
            for nin, nout in itertools.pairwise(widths)
        ]

    def parameters(self) -> list[Any]:
        return [p for layer in self.layers for w, b in layer for p in (*w, b)]

    def __call__(self, x: Sequence[Any]) -> list[Any]:
        for index, layer in enumerate(self.layers):
            x = [sum((wi * xi for wi, xi in zip(w, x)), b) for w, b in layer]
            if index < len(self.layers) - 1:
                x = [v.relu() for v in x]
        return list(x)


def hinge_with_penalty(scores: Sequence[Any], sides: Sequence[int], parameters: Sequence[Any]) -> Any:
    """micrograd's loss of the two moons: max-margin, and 1e-4 times the sum of squares."""
    losses = [(1 + -side * score).relu() for side, score in zip(sides, scores)]
    return sum(losses) * (1.0 / len(losses)) + 1e-4 * sum(p * p for p in parameters)


def scalar_cross_entropy(rows: Sequence[Sequence[Any]], classes: Sequence[int], exp: Any, log: Any) -> Any:
    """The mean of log(sum(exp(z))) - z[class], in scalars."""
    losses = [log(sum(exp(z) for z in row)) + -row[which] for row, which in zip(rows, classes)]
    return sum(losses) * (1.0 / len(losses))
