"""Functions of many numbers, one node each: sum, mean, prod, dot, norm, logsumexp, softmax, log_softmax.

A list may hold Values, numbers or both. A list of numbers only is captured as a constant, not recorded; a number among
Values becomes a leaf. What a list gains in the backward pass is a pair: g, and the slopes it multiplies.
"""

from __future__ import annotations

import itertools
import math
import operator
from collections.abc import Iterable, Sequence
from typing import Any

from autograd.activations import sigmoid, softplus
from autograd.floats import as_float, divide
from autograd.functions import binary, where
from autograd.operands import Operands, as_operands, sum_of_products
from autograd.value import Operation, Value, record

add_up = sum  # the builtin; `sum` below is ours


def reduce(operation: Operation, values: Iterable[Any], needs_one: bool = True) -> Any:
    """Apply an operation of one list, and record it if there is a Value in the list."""
    operands = as_operands(values, operation.name)
    if needs_one and not operands.data:
        raise ValueError(f"{operation.name} of an empty list is not defined\ngive it at least one number")
    result = operation.forward(operands.data)
    return record(result, operation, operands, None, operands.data, None) if operands.values else result


# ---- sums and products ---------------------------------------------------------------------------

SUM = Operation("sum", lambda values: float(add_up(values)), lambda g, values, _: ((g, [1.0] * len(values)), None))


def sum(values: Iterable[Any]) -> Any:
    """The sum of a list, as one node. (The builtin `sum` works too, with one node for each addition.)

    >>> sum([1.0, 2.0, 3.0])
    6.0
    """
    return reduce(SUM, values, needs_one=False)


def _mean_gradient(g: Any, values: Any, _: None) -> tuple[Any, None]:
    return (g, [1.0 / len(values)] * len(values)), None


MEAN = Operation("mean", lambda values: add_up(values) / len(values), _mean_gradient)


def mean(values: Iterable[Any]) -> Any:
    """The arithmetic mean of a list.

    >>> mean([1.0, 2.0, 6.0])
    3.0
    """
    return reduce(MEAN, values)


def _prod_gradient(g: Any, values: Any, _: None) -> tuple[Any, None]:
    """Each factor's slope is the product of the others: of those before it and those after it, safe at zeros."""
    before = itertools.accumulate(values[:-1], operator.mul, initial=1.0)
    after = list(itertools.accumulate(reversed(values[1:]), operator.mul, initial=1.0))
    return (g, list(map(operator.mul, before, reversed(after)))), None


PROD = Operation("prod", math.prod, _prod_gradient)


def prod(values: Iterable[Any]) -> Any:
    """The product of a list.

    >>> prod([2.0, 3.0, 4.0])
    24.0
    """
    return reduce(PROD, values, needs_one=False)


def _dot_gradient(g: Any, xs: Any, ys: Any) -> tuple[Any, Any]:
    return (g, ys), (g, xs)


DOT = Operation("dot", sum_of_products, _dot_gradient)


def dot(xs: Iterable[Any], ys: Iterable[Any], start: Any = None) -> Any:
    """The dot product of two lists of the same length, plus `start` if given: a neuron's weighted sum, as one node.

    >>> dot([1.0, 2.0], [3.0, 4.0])
    11.0
    >>> dot([1.0, 2.0], [3.0, 4.0], start=0.5)
    11.5

    Raises ValueError if the lengths differ.
    """
    left = xs.current() if type(xs) is Operands else Operands(xs, "dot")
    right = ys.current() if type(ys) is Operands else Operands(ys, "dot")
    if isinstance(start, Value) and not left.values and not right.values:
        return dot(left, right) + start
    if start is not None:
        left, right = _with_start(left, right, start)
    a, b = left.data, right.data
    if len(a) != len(b):
        raise ValueError(f"dot: {len(a)} numbers against {len(b)}\ngive it two lists of the same length")
    data = sum_of_products(a, b)
    if left.values or right.values:
        return record(data, DOT, left if left.values else None, right if right.values else None, a, b)
    return float(data)


def _with_start(left: Operands, right: Operands, start: Any) -> tuple[Operands, Operands]:
    """One more term, start * 1, with the start after Values."""
    start = start if isinstance(start, Value) else as_float(start, "dot")
    if left.values or not right.values:
        return left.followed_by(start), right.followed_by(1.0)
    return left.followed_by(1.0), right.followed_by(start)


def _norm_gradient(g: Any, values: Any, _: None) -> tuple[Any, None]:
    length = norm(values)
    length = where(length, length, 1.0)  # slopes 0 at the origin
    return (g, [divide(value, length) for value in values]), None


NORM = Operation("norm", lambda values: math.hypot(*values), _norm_gradient)


def norm(values: Iterable[Any]) -> Any:
    """The Euclidean length of a list, without overflow on the way; slopes 0 at the origin.

    >>> norm([2.0, 3.0, 6.0])
    7.0
    """
    return reduce(NORM, values, needs_one=False)


# ---- exponentials that are added up --------------------------------------------------------------


def _logsumexp_forward(values: Sequence[float]) -> float:
    largest = max(values, default=-math.inf)
    if math.isinf(largest):
        return math.nan if any(map(math.isnan, values)) else largest
    return largest + math.log(add_up([math.exp(value - largest) for value in values]))


def _logsumexp_gradient(g: Any, values: Any, _: None) -> tuple[Any, None]:
    return (g, softmax(values)), None


LOGSUMEXP = Operation("logsumexp", _logsumexp_forward, _logsumexp_gradient)


def logsumexp(values: Iterable[Any]) -> Any:
    """log(exp(v1) + exp(v2) + ...), without overflow.

    >>> logsumexp([1000.0, 0.0])
    1000.0
    """
    return reduce(LOGSUMEXP, values)


def _logaddexp_gradient(g: Any, a: Any, b: Any) -> tuple[Any, Any]:
    return g * sigmoid(a - b), g * sigmoid(b - a)


@binary(gradient=_logaddexp_gradient)
def logaddexp(a: float, b: float) -> float:
    """log(exp(a) + exp(b)), without overflow.

    >>> logaddexp(0.0, -800.0)
    0.0
    """
    return _logsumexp_forward((a, b))


def _others(values: Sequence[Any], index: int) -> list[Any]:
    return [*values[:index], *values[index + 1 :]]


def _softmax_forward(values: Sequence[float]) -> list[float]:
    largest = max(values)
    exponentials = [math.exp(value - largest) for value in values]
    total = add_up(exponentials)
    if math.isinf(largest) and not any(map(math.isnan, values)):
        total = 1.0  # infinitely far behind: probability 0, not nan
    return [each / total for each in exponentials]


def _softmax_gradient(g: Any, values: Any, index: int) -> tuple[Any, None]:
    """dp_i/dv_j is -p_i p_j, and p_i (1 - p_i) at j = i, with 1 - p_i added up from the others to keep small tails."""
    p = softmax(values)
    slopes = [-p[index] * each for each in p]
    slopes[index] = p[index] * sum(_others(p, index))
    return (g, slopes), None


SOFTMAX = Operation("softmax", lambda values, index: _softmax_forward(values)[index], _softmax_gradient)


def softmax(values: Iterable[Any]) -> list[Any]:
    """Probabilities in proportion to exp(v): a list as long as `values`, adding up to 1.

    >>> softmax([0.0, 0.0])
    [0.5, 0.5]
    """
    operands = as_operands(values, "softmax")
    if not operands.data:
        raise ValueError("softmax of an empty list is not defined\ngive it at least one number")
    probabilities = _softmax_forward(operands.data)
    if not operands.values:
        return probabilities
    return [record(p, SOFTMAX, operands, None, operands.data, index) for index, p in enumerate(probabilities)]


def _log_softmax_forward(values: Sequence[float], index: int) -> float:
    """log p = -softplus(log of what the others have, relative to this one): exact for p close to 1 too."""
    return -softplus(_logsumexp_forward(_others(values, index)) - values[index])


def _log_softmax_gradient(g: Any, values: Any, index: int) -> tuple[Any, None]:
    p = softmax(values)
    slopes = [-each for each in p]
    slopes[index] = sum(_others(p, index))  # 1 - p
    return (g, slopes), None


LOG_SOFTMAX = Operation("log_softmax", _log_softmax_forward, _log_softmax_gradient)


def log_softmax(values: Iterable[Any], index: int | None = None) -> Any:
    """The logarithms of `softmax(values)`: all of them as a list, or the one at `index`.

    >>> log_softmax([1000.0, 0.0])
    [-0.0, -1000.0]
    >>> log_softmax([1000.0, 0.0], index=1)
    -1000.0
    """
    operands = as_operands(values, "log_softmax")
    size = len(operands)
    if not size:
        raise ValueError("log_softmax of an empty list is not defined\ngive it at least one number")
    if index is None:
        return [_log_softmax(operands, each) for each in range(size)]
    if not -size <= operator.index(index) < size:
        raise ValueError(f"log_softmax: index {index} into {size} numbers\nuse 0 to {size - 1}")
    return _log_softmax(operands, index % size)


def _log_softmax(operands: Operands, index: int) -> Any:
    result = _log_softmax_forward(operands.data, index)
    return record(result, LOG_SOFTMAX, operands, None, operands.data, index) if operands.values else result
