"""Lists of Values as operands: their data read once, one edge of the graph however many nodes take them.

A layer's neurons all take the same inputs, and a neuron takes the same weights for every sample. Operations of many
operands (reductions.py) therefore take an `Operands`, which stands in the graph between the Values and the nodes: the
backward pass in value.py collects what it gains, and `distribute` passes it on when all is known.
"""

from __future__ import annotations

import itertools
import math
import operator
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from autograd.floats import as_float

if TYPE_CHECKING:
    from autograd.value import Value

# What a list of operands gains: a factor, and for each operand the slope that it multiplies.
Gain = tuple[Any, Sequence[Any]]

changes = itertools.count(1)
last_change = 0


def data_changed() -> None:
    """Let every Operands read its data anew before its next use. No number comes twice, whatever the threads do."""
    global last_change
    last_change = next(changes)


class Operands:
    """A list of Values to be used as an operand many times: `dot(weights, x)` for each of many x.

    >>> from autograd import Operands, Value, dot
    >>> weights = Operands([Value(2.0), Value(3.0)])
    >>> [dot(weights, x).data for x in ([1.0, 0.0], [1.0, 1.0])]
    [2.0, 5.0]

    Any list may be given where an Operands may: this one only saves time. Numbers among Values become leaves; numbers
    only are constants.
    """

    __slots__ = ("data", "read_at", "recompute", "values")

    _operation = _left = _right = None  # not a leaf, for those who walk a graph
    recompute: Any  # a checkpoint's own chain rule (extending.py); None for an ordinary list

    def __init__(self, values: Iterable[Any], operation: str = "Operands") -> None:
        if not hasattr(values, "__iter__") and not hasattr(values, "__getitem__"):
            raise TypeError(f"{operation}: {values!r:.60} is not a list\ngive it a list of numbers or Values")
        self.values: tuple[Value, ...] = values if type(values) is tuple else tuple(values)
        self.read_at, self.recompute = last_change, None
        try:
            self.data: Sequence[float] = [each._data for each in self.values]
        except AttributeError:
            self._read_mixed(operation)

    def _read_mixed(self, operation: str) -> None:
        """Numbers only are data without operands; numbers among Values become leaves."""
        from autograd.value import Value

        if not any(isinstance(each, Value) for each in self.values):
            self.data = [as_float(each, operation) for each in self.values]
            self.values = ()
        else:
            self.values = tuple(each if isinstance(each, Value) else lifted(each, operation) for each in self.values)
            self.data = [each._data for each in self.values]

    def current(self) -> Operands:
        """Itself, with data read again if any Value's has changed since. Nodes made before keep the list they have."""
        if self.read_at != last_change and self.values:
            self.read_at = last_change
            self.data = [*(each._data for each in self.values), *self.data[len(self.values) :]]
        return self

    def followed_by(self, last: Value | float) -> Operands:
        """These operands and one more: a bias after weights, and after the inputs the 1 that it is multiplied by.

        >>> from autograd import Operands, Value, dot
        >>> weights, inputs = Operands([Value(2.0)]), Operands([3.0])
        >>> dot(weights.followed_by(Value(0.5)), inputs.followed_by(1.0)).data
        6.5
        """
        if isinstance(last, (int, float)):  # a constant: it has data, but is no operand
            longer = Operands(self.values)
            longer.data = [*self.current().data, float(last)]
            return longer
        if len(self.data) > len(self.values):
            raise ValueError("a Value cannot follow constants in Operands\nput the Values first")
        return Operands((*self.values, last))

    def __iter__(self) -> Any:
        return iter((*self.values, *self.data[len(self.values) :]))

    def __len__(self) -> int:
        return len(self.data)

    def __reduce__(self) -> Any:
        return Operands, (list(self),)


def lifted(x: Any, operation: str) -> Value:
    """A number among Values, as a leaf that is marked as a constant."""
    from autograd.value import Value

    leaf = Value(as_float(x, operation))
    leaf._b = CONSTANT  # type: ignore[assignment]
    return leaf


def is_constant(node: Value) -> bool:
    """Whether a leaf is a number that was given among Values."""
    return node._b == CONSTANT and not node.op


CONSTANT = "constant"  # what a leaf's second operand, which it has no use for, says then


def _sum_of_products(xs: Sequence[float], ys: Sequence[float]) -> float:
    return sum(map(operator.mul, xs, ys))


sum_of_products = getattr(math, "sumprod", _sum_of_products)  # Python 3.12's is more exact, and faster


def as_operands(values: Iterable[Any], operation: str) -> Operands:
    return values.current() if type(values) is Operands else Operands(values, operation)


def gained(operands: Operands, gains: list[Gain]) -> Iterator[tuple[Value, Any]]:
    """The Values of a list, each with what it gains from the nodes that took the list: factors times slopes, added."""
    amounts: Iterable[Any]
    if operands.recompute is not None:
        amounts = operands.recompute.pull_back(operands, gains, False)
    elif len(gains) == 1:
        [(factor, slopes)] = gains
        amounts = map(partial(operator.mul, factor), slopes)
    else:
        factors, columns = [factor for factor, _ in gains], zip(*[slopes for _, slopes in gains])
        amounts = map(partial(sum_of_products, factors), columns)
    return zip(operands.values, amounts)


def distribute(operands: Operands, gains: list[Gain]) -> None:
    """Add to the gradient of each Value of a list what it gains."""
    for value, gain in gained(operands, gains):
        value._grad += gain


def values_of(operand: Value | Operands | None) -> tuple[Value, ...]:
    """The Values that an operand consists of."""
    if operand is None:
        return ()
    return operand.values if isinstance(operand, Operands) else (operand,)


def multiplied_out(operand: Value | Operands | None, gain: Any) -> list[Any]:
    """What each of the Values that an operand consists of gains from one node."""
    if isinstance(operand, Operands):
        return [amount for _, amount in gained(operand, [gain])]
    return [] if operand is None else [gain]
