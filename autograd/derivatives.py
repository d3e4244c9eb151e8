"""Derivatives as Values: `gradients` writes the derivative down as a graph, which can be differentiated again.

It needs nothing new: the local gradients of value.py and functions.py, given Values in place of floats, record what
they compute.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd.floats import silent
from autograd.graph import computed
from autograd.operands import Operands, multiplied_out, values_of
from autograd.value import Value


@silent
def gradients(output: Value, inputs: Sequence[Value]) -> list[Value]:
    """d(output)/d(input) for each input, as Values. Nobody's `.grad` is touched.

    >>> from autograd import Value
    >>> x = Value(2.0)
    >>> [slope] = gradients(x**3, [x])
    >>> [curvature] = gradients(slope, [x])
    >>> slope.data, curvature.data          # 3x^2, 6x
    (12.0, 12.0)

    An input may be a leaf or a computed node; one that `output` does not depend on has gradient 0.
    Raises ValueError if an operand's `.data` was changed after the graph was recorded.
    """
    order = computed(output)
    wanted = set(inputs)
    for node in order:
        if any(parent in wanted for parent in node.parents):
            wanted.add(node)
    totals: dict[Value, Value] = {output: Value(1.0)}
    for node in reversed(order):
        if node in wanted and node in totals:
            _pull_back(node, totals, wanted)
    return [_as_value(totals.get(each, 0.0)) for each in inputs]


def _pull_back(node: Value, totals: dict[Value, Value], wanted: set[Value]) -> None:
    """Add this node's contributions to the totals of those of its parents that lead to an input."""
    arguments = [_argument(node._left, node._a, node), _argument(node._right, node._b, node)]
    gained = node._operation.gradient(totals[node], *arguments)
    for operand, gains in zip((node._left, node._right), gained):
        for parent, gain in zip(values_of(operand), multiplied_out(operand, gains)):
            if parent in wanted:
                totals[parent] = totals[parent] + gain if parent in totals else gain


def _argument(operand: Any, captured: Any, node: Value) -> Any:
    """The operand as the closure is to see it: Values where they were recorded, numbers where they were constants."""
    if operand is None:
        return captured
    for each, data in zip(values_of(operand), captured if isinstance(operand, Operands) else (captured,)):
        if each._data != data and data == data:
            raise ValueError(
                f"{each!r} was {data!r} when {node.op!r} was computed from it\n"
                "compute the output again, then differentiate"
            )
    return (*operand.values, *captured[len(operand.values) :]) if isinstance(operand, Operands) else operand


def _as_value(x: Value | float) -> Value:
    return x if isinstance(x, Value) else Value(x)
