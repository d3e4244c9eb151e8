"""Attention: Embedding, which makes vectors of symbols; attention itself; and MultiHeadAttention. Next: native.py.

A sequence is [time][width]. Attention lets each vector of one sequence look up those of another that fit it best.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import Any

from autograd import Operands, Value, dot, ordering, softmax, where
from nn.dense import Layer
from nn.initialise import as_random, glorot_uniform
from nn.module import Module
from nn.tensors import Number, as_lists, check_widths, checked, is_list, is_whole, parameters, shared

Sequence2d = Sequence[Sequence[Number]]


class Embedding(Module):
    """A learnt vector for each of `count` symbols, which are the numbers from 0 up.

    >>> embedding = Embedding(10, 3, rng=0)
    >>> len(embedding(7)), [len(vector) for vector in embedding([7, 2])]
    (3, [3, 3])
    >>> embedding(7)[0].data == embedding.weight[7][0].data
    True

    An index in, [width] out; a list of indices in, a list of vectors out. `weight` is [count][width], drawn from a
    normal distribution of variance 1. It is multiplied by a vector of zeros with a one at the index: that takes time in
    proportion to `count`, and lets gradients of 0 reach the vectors of the other symbols, as in PyTorch. Raises
    ValueError for an index that is not one of a symbol; where an index is a Value, in compiled code, the vector is nan.
    """

    def __init__(self, count: int, width: int, rng: random.Random | int = 0) -> None:
        check_widths(count, width)
        rng = as_random(rng)
        self.weight = parameters((count, width), lambda: rng.gauss(0.0, 1.0))
        self._columns: list[Operands] = []

    def __call__(self, index: Any) -> Any:
        self._columns = shared(self._columns, zip(*self.weight))
        return self.looked_up(as_lists(index))

    def looked_up(self, index: Any) -> Any:
        """The vector at an index, or those at each of a list."""
        if is_list(index):
            return [self.looked_up(each) for each in index]
        one_hot = Operands(self.one_hot(index))
        return [dot(column, one_hot) for column in self._columns]

    def one_hot(self, index: Any) -> list[Number]:
        """A number for each symbol: 1 for the one at the index, 0 for the others."""
        count = len(self.weight)
        if isinstance(index, Value):
            ones = [where(ordering(index, place), 0.0, 1.0) for place in range(count)]
            found = dot(ones, [1.0] * count)
            return [where(found, one, math.nan) for one in ones]
        if not is_whole(index, 0) or index >= count:
            raise ValueError(f"{self!r}: index {index!r:.60}\nindices are whole numbers from 0 to {count - 1}")
        return [float(place == index) for place in range(count)]

    def __repr__(self) -> str:
        return f"Embedding({len(self.weight)}, {len(self.weight[0])})"


def attention_weights(queries: Sequence2d, keys: Sequence2d, causal: bool = False) -> list[list[Number]]:
    """How much each query attends to each key: softmax(q · k / sqrt(width)), a row of probabilities for each query.

    >>> attention_weights([[1.0, 0.0]], [[3.0, 5.0], [3.0, 7.0]])
    [[0.5, 0.5]]

    [n][width] and [m][width] in, [n][m] out. With `causal`, a query sees only the keys of its own time and before, and
    its row ends there. Raises ValueError for other shapes. (Vaswani et al. 2017, equation 1)
    """
    keys = checked(keys, ("time", "width"), "attention, the keys")
    queries = checked(queries, ("time", len(keys[0])), "attention, the queries")
    rows, scale = [Operands(key) for key in keys], 1.0 / math.sqrt(len(keys[0]))
    found = []
    for time, query in enumerate(map(Operands, queries)):
        seen = rows[: time + 1] if causal else rows
        found.append(softmax([dot(query, key) * scale for key in seen]))
    return found


def attention(queries: Sequence2d, keys: Sequence2d, values: Sequence2d, causal: bool = False) -> list[list[Number]]:
    """For each query, the mean of the values, weighted by how well their keys fit: scaled dot-product attention.

    >>> attention([[1.0, 0.0]], [[3.0, 5.0], [3.0, 7.0]], [[10.0], [20.0]])
    [[15.0]]

    [n][width], [m][width] and [m][features] in, [n][features] out. With `causal`, a query sees only what is of its own
    time and before. Raises ValueError for other shapes. (Vaswani et al. 2017, equation 1)
    """
    weights = attention_weights(queries, keys, causal)
    values = checked(values, (len(keys), "features"), "attention, the values")
    columns = {seen: [Operands(column) for column in zip(*values[:seen])] for seen in set(map(len, weights))}
    return [[dot(row, column) for column in columns[len(row)]] for row in map(Operands, weights)]


class MultiHeadAttention(Module):
    """Attention by several heads, each with a look of its own, and a layer that puts together what they saw.

    >>> attend = MultiHeadAttention(4, heads=2, rng=0)
    >>> sequence = [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]]
    >>> [len(vector) for vector in attend(sequence)]
    [4, 4, 4]

    [time][width] in and out. A sequence looks at itself, unless others are given for `keys` (and `values`, by default
    the same). With `causal`, a vector sees only what is of its own time and before. `in_proj_weight` [3 * width][width]
    and `in_proj_bias` [3 * width] make queries, keys and values, in this order and head after head; `out_proj` is the
    layer at the end. Raises ValueError if the width is no multiple of `heads`, and for inputs of another shape.
    (Vaswani et al. 2017, section 3.2.2)
    """

    def __init__(self, width: int, heads: int, rng: random.Random | int = 0, *, causal: bool = False) -> None:
        check_widths(width, heads)
        if width % heads:
            raise ValueError(f"a width of {width} for {heads} heads\nthe width is a multiple of the number of heads")
        rng = as_random(rng)
        self.width, self.heads, self.causal = width, heads, causal
        self.in_proj_weight = parameters((3 * width, width), lambda: glorot_uniform(width, width, rng))
        self.in_proj_bias = parameters((3 * width,), lambda: 0.0)
        self.out_proj = Layer(width, width, rng=rng)
        self._rows: list[Operands] = []

    def __call__(
        self, queries: Sequence2d, keys: Sequence2d | None = None, values: Sequence2d | None = None
    ) -> list[list[Value]]:
        keys = queries if keys is None else keys
        values = keys if values is None else values
        q, k, v = (self.projected(place, each) for place, each in enumerate((queries, keys, values)))
        size = self.width // self.heads
        seen: list[list[Number]] = [[] for _ in queries]
        for start in range(0, self.width, size):
            head = [[vector[start : start + size] for vector in each] for each in (q, k, v)]
            for vector, part in zip(seen, attention(head[0], head[1], head[2], self.causal)):
                vector += part
        return [self.out_proj(vector) for vector in seen]

    def projected(self, place: int, sequence: Sequence2d) -> list[list[Number]]:
        """The queries (place 0), keys (1) or values (2) of all heads, side by side."""
        self._rows = shared(self._rows, [(*row, b) for row, b in zip(self.in_proj_weight, self.in_proj_bias)])
        rows = self._rows[place * self.width : (place + 1) * self.width]
        vectors = [Operands(x).followed_by(1.0) for x in checked(sequence, ("time", self.width), repr(self))]
        return [[dot(row, x) for row in rows] for x in vectors]

    def __repr__(self) -> str:
        return f"MultiHeadAttention({self.width}, {self.heads} heads{', causal' if self.causal else ''})"
