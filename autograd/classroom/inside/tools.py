"""What questions may use: engines to run, nodes that count how often they are looked at, a network to train."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from .engines import Engine, Unusable
from .plain import STOPS, as_number, of_error


class TooManyLooks(Exception):  # noqa: N818
    """A walk has looked at the same nodes too often."""


class Node:
    """A node to walk over, that knows its parents, and how often it was asked for them.

    >>> a = Node("a"); c = Node("c", a, a); Node.looks = 0
    >>> [parent.name for parent in c.parents], Node.looks
    (['a', 'a'], 1)
    """

    looks = 0
    most = math.inf

    def __init__(self, name: str, *parents: Node) -> None:
        self.name, self._parents = name, parents

    @property
    def parents(self) -> tuple[Node, ...]:
        Node.looks += 1
        if Node.looks > Node.most:
            raise TooManyLooks("each node is looked at again for every path that leads to it")
        return self._parents

    def __repr__(self) -> str:
        return "a node"  # who tells nodes apart by their texts is found out


def node_graph(edges: Sequence[Sequence[Any]], most: float = math.inf) -> Node:
    """The last node of a graph given as [name, parent, parent...], each line after those it names."""
    Node.looks, Node.most = 0, most
    nodes: dict[str, Node] = {}
    for name, *parents in edges:
        nodes[name] = Node(name, *(nodes[parent] for parent in parents))
    return nodes[name]


def chain(length: int) -> Node:
    """A node below a node below a node."""
    Node.looks, Node.most = 0, math.inf
    node = Node("0")
    for k in range(1, length):
        node = Node(str(k), node)
    return node


def names_of(nodes: Iterable[Any] | None) -> list[str] | None:
    """The names of nodes; what is no node is shown as it is."""
    return None if nodes is None else [node.name if isinstance(node, Node) else f"{node!r:.20}" for node in nodes]


def outcomes(engine: Engine, trials: Sequence[Sequence[Any]], times: int = 1) -> list[Any]:
    """What an engine makes of programs, each as lines, names and numbers; where it stops, why."""
    found: list[Any] = []
    for lines, names, at in trials:
        try:
            found.append(engine.run(lines, names, at, times))
        except Unusable:
            raise
        except STOPS as error:
            found.append(of_error(error))
    return found


def growth(engine: Engine) -> float:
    """How much longer a pass takes over 16 lines than over 8, in which the paths double at every line."""

    def seconds(rungs: int) -> float:
        lines = [f"x{k} = x{k - 1} + x{k - 1}" for k in range(1, rungs + 1)]
        start = time.perf_counter()
        engine.run(lines, ["x0"], [1.0])
        return time.perf_counter() - start

    return min(seconds(16) for _ in range(3)) / max(min(seconds(8) for _ in range(5)), 1e-5)


def train_xor(engine: Engine, steps: int = 200, rate: float = 0.05) -> list[float]:
    """The losses of a network with four hidden units that learns exclusive or, on a student's numbers."""
    draw = random.Random(4)
    weights = [[draw.uniform(-1, 1) for _ in range(3)] for _ in range(4)] + [[draw.uniform(-1, 1) for _ in range(5)]]
    losses = []
    for _ in range(steps + 1):
        nodes = [[engine.leaf(w) for w in row] for row in weights]
        *hidden, last = nodes
        total = engine.leaf(0.0)
        for x, y, target in ((0, 0, -0.9), (0, 1, 0.9), (1, 0, 0.9), (1, 1, -0.9)):
            units = [engine.functions["tanh"](w * x + v * y + b) for w, v, b in hidden]
            output = last[4]
            for w, unit in zip(last, units):
                output = output + w * unit
            miss = engine.functions["tanh"](output) - target
            total = total + miss * miss
        engine.backward(total)
        losses.append(as_number(getattr(total, engine.data)))
        weights = [[w - rate * engine.gradient(n) for w, n in zip(row, line)] for row, line in zip(weights, nodes)]
    return losses


def gradient_ratio(weight: Callable[..., float], layers: int = 10, width: int = 16) -> float:
    """How long the gradient at the first layer is, over that at the last, in a deep network of relus; a mean of ten."""
    ratios = []
    for seed in range(10):
        draw = random.Random(seed)
        matrices = [[[weight(width, width, draw) for _ in range(width)] for _ in range(width)] for _ in range(layers)]
        states = [[draw.gauss(0, 1) for _ in range(width)]]
        for matrix in matrices:
            states.append([max(0.0, sum(w * x for w, x in zip(row, states[-1]))) for row in matrix])
        gradient, sizes = [1.0] * width, []
        for matrix, after in reversed(list(zip(matrices, states[1:]))):
            gradient = [g * (y > 0) for g, y in zip(gradient, after)]
            sizes.append(math.sqrt(sum(g * g for g in gradient)))
            gradient = [sum(row[k] * g for row, g in zip(matrix, gradient)) for k in range(width)]
        ratios.append(sizes[-1] / max(sizes[0], 1e-300))
    return sum(ratios) / len(ratios)


def refuses(function: Callable[..., Any], *arguments: Any) -> str:
    """The name of the error that a call ends in; "" if it does not."""
    try:
        function(*arguments)
    except STOPS as error:
        return type(error).__name__
    return ""


class Tracked(float):
    """A number of which it is known how many there are at a time."""

    alive = 0
    most = 0

    def __new__(cls, number: float) -> Tracked:
        cls.alive += 1
        cls.most = max(cls.most, cls.alive)
        return super().__new__(cls, number)

    def __del__(self) -> None:
        Tracked.alive -= 1


TOOLS = {
    "Engine": Engine,
    "Node": Node,
    "Tracked": Tracked,
    "chain": chain,
    "gradient_ratio": gradient_ratio,
    "growth": growth,
    "math": math,
    "names_of": names_of,
    "node_graph": node_graph,
    "outcomes": outcomes,
    "refuses": refuses,
    "train_xor": train_xor,
}
