"""In which column a shape stands and in which order: the first half of our own layout.

Shapes go into layers, from left to right; an edge that passes layers by gets a bend in each; layers are reordered so
that fewer edges cross. Next: layout.py, which turns layers and orders into coordinates.
"""

from __future__ import annotations

import math
from bisect import bisect_right, insort
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from autograd.drawing.picture import Edge, Shape

SWEEPS = 12


@dataclass
class Grid:
    """The shapes, by their number, and after them the bends of long edges; each in a layer, which is a column.

    `chains` has for each edge the shapes and bends that it leads through from left to right. `before` and `after` are
    the neighbours of each in the layers beside its own. `order` has the nodes of each layer, from top to bottom.
    """

    shapes: Sequence[Shape]
    edges: Sequence[Edge]
    layer: list[int] = field(default_factory=list)
    chains: list[list[int]] = field(default_factory=list)
    before: defaultdict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    after: defaultdict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    order: list[list[int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        number = {shape.id: index for index, shape in enumerate(self.shapes)}
        ends = [(number[edge.tail], number[edge.head]) for edge in self.edges]
        self.layer = layers(len(self.shapes), ends)
        self.add_chains(ends)
        self.order = best_order(self)

    def add_chains(self, ends: list[tuple[int, int]]) -> None:
        """Edges of one tail share their bends, and so run as one until they part; edges of the same two ends do not."""
        bends: dict[tuple[int, int, int, bool], int] = {}
        seen: Counter[tuple[int, int]] = Counter()
        for tail, head in ends:
            copy, back = seen[tail, head], self.layer[tail] > self.layer[head]
            seen[tail, head] += 1
            low, high = (head, tail) if back else (tail, head)
            chain = [low]
            for layer in range(self.layer[low] + 1, self.layer[high]):
                bend = bends.setdefault((low, copy, layer, back), len(self.layer))
                if bend == len(self.layer):
                    self.layer.append(layer)
                    self.join(chain[-1], bend)
                chain.append(bend)
            if low != high:
                self.join(chain[-1], high)
            self.chains.append([*chain, high])

    def join(self, left: int, right: int) -> None:
        self.after[left].append(right)
        self.before[right].append(left)

    def is_bend(self, node: int) -> bool:
        return node >= len(self.shapes)


def layers(count: int, ends: list[tuple[int, int]]) -> list[int]:
    """The layer of each shape: one further than what leads to it, and leaves stand next to where they lead."""
    before, after = defaultdict(list), defaultdict(list)
    for tail, head in ends:
        after[tail].append(head)
    order = sources_first(count, after)
    rank = {node: index for index, node in enumerate(order)}
    after.clear()
    for tail, head in ends:
        if tail != head:
            low, high = sorted((tail, head), key=rank.__getitem__)
            before[high].append(low)
            after[low].append(high)
    layer = [0] * count
    for node in order:
        layer[node] = 1 + max((layer[other] for other in before[node]), default=-1)
    for node in reversed(order):
        if len(after[node]) > len(before[node]):
            layer[node] = min(layer[other] for other in after[node]) - 1
    return layer


def sources_first(count: int, after: Mapping[int, list[int]]) -> list[int]:
    """Shapes in topological order; in a loop, one edge leads back."""
    finished: list[int] = []
    state: dict[int, Iterator[int]] = {}
    for root in range(count):
        path = [] if root in state else [root]
        while path:
            node = path[-1]
            successors = state.setdefault(node, iter(after.get(node, ())))
            following = next((other for other in successors if other not in state), None)
            if following is None:
                finished.append(path.pop())
            else:
                path.append(following)
    return finished[::-1]


def walked(grid: Grid, beside: Mapping[int, list[int]]) -> list[list[int]]:
    """The nodes of each layer, as a walk to what is beside each, starting from the last shape, meets them."""
    order: list[list[int]] = [[] for _ in range(1 + max(grid.layer, default=-1))]
    seen: set[int] = set()
    for root in reversed(range(len(grid.shapes))):
        waiting = [root]
        while waiting:
            node = waiting.pop()
            if node not in seen:
                seen.add(node)
                order[grid.layer[node]].append(node)
                waiting += reversed(beside[node])
    return order


# ---- crossings ---------------------------------------------------------------------------------------------------


def best_order(grid: Grid) -> list[list[int]]:
    """The order with the fewest crossings that two searches find.

    One starts from a walk back from the results, which leaves a tree without crossings, one from a walk to and fro.
    """
    neighbours = {node: grid.before[node] + grid.after[node] for node in range(len(grid.layer))}
    best: list[list[int]] = []
    fewest = math.inf
    for beside in (grid.before, neighbours):
        grid.order = walked(grid, beside)
        for sweep in range(SWEEPS):
            if (count := crossings(grid)) < fewest:
                best, fewest = [list(layer) for layer in grid.order], count
            if fewest == 0:
                return best
            sort_layers(grid, back=sweep % 2 == 1)
            exchange_neighbours(grid)
    return best


def sort_layers(grid: Grid, back: bool) -> None:
    """Sort each layer by where the neighbours of its nodes stand in the layer before it, or after it."""
    beside, ordered = (grid.after, grid.order[::-1]) if back else (grid.before, grid.order)
    for fixed, free in pairwise(ordered):
        place = {node: index for index, node in enumerate(fixed)}
        middle = {}
        for index, node in enumerate(free):
            places = [place[other] for other in beside[node]]
            middle[node] = sum(places) / len(places) if places else index * len(fixed) / len(free)
        free.sort(key=middle.__getitem__)


def exchange_neighbours(grid: Grid) -> None:
    """Exchange neighbours in a layer wherever that leaves fewer crossings, until it does nowhere."""
    place = {node: index for layer in grid.order for index, node in enumerate(layer)}
    for _ in range(SWEEPS):
        exchanged = False
        for layer in grid.order:
            for index, (upper, lower) in enumerate(pairwise(list(layer))):
                upper = layer[index]  # it may have moved down
                if crossed(grid, place, upper, lower) > crossed(grid, place, lower, upper):
                    layer[index], layer[index + 1] = lower, upper
                    place[upper], place[lower] = index + 1, index
                    exchanged = True
        if not exchanged:
            break


def crossed(grid: Grid, place: Mapping[int, int], upper: int, lower: int) -> int:
    """How many edges of two neighbours cross if one stands above the other."""
    return sum(
        place[above] > place[below]
        for beside in (grid.before, grid.after)
        for above in beside[upper]
        for below in beside[lower]
    )


def crossings(grid: Grid) -> int:
    """How many pairs of edges cross."""
    total = 0
    for left, right in pairwise(grid.order):
        place = {node: index for index, node in enumerate(right)}
        passed: list[int] = []
        for node in left:
            ends = sorted(place[other] for other in grid.after[node])
            total += sum(len(passed) - bisect_right(passed, end) for end in ends)
            for end in ends:
                insort(passed, end)
    return total
