"""The chain rule over a recorded graph, both ways: `pull_back` (reverse mode), `push_forward` (forward mode).

Neither needs anything new: the local gradients of value.py and functions.py give numbers when they are given the
data that were captured, and a graph when they are given the Values themselves. So a derivative can be differentiated
again. Functions of functions (grad, jacobian, ...) stand on these two, in derivatives.py.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from autograd.floats import silent
from autograd.modes import watcher
from autograd.operands import Gain, Operands, sum_of_products
from autograd.reductions import dot
from autograd.value import LEAF, Operation, Value, record, topological_order

Number = Any  # a float or a Value


class One(float):
    """The number 1, which leaves no trace in a graph when something is multiplied by it."""

    def __mul__(self, other: Any) -> Any:
        return other

    __rmul__ = __mul__


ONE = One(1.0)


def traceless(x: Number, on_values: bool) -> Number:
    return ONE if on_values and type(x) is float and x == 1.0 else x


def fresh(x: Number) -> Value:
    """A derivative as a node of its own, where it is a number or turned out to be one of the leaves."""
    if not isinstance(x, Value):
        return Value(x)
    return variable(x) if x._operation is LEAF else x


# Another node with the same data: the variable of a function, connected to the Value that it is called with.
IDENTITY = Operation("identity", lambda x: x, lambda g, a, _: (g, None))


def variable(x: Value | float) -> Value:
    """A fresh node with the data of x: connected to x if that is a Value, and yet another variable."""
    if not isinstance(x, Value):
        return Value(x)
    node = record(x._data, IDENTITY, x, None, x._data, None)
    node.label = x.label
    return node


def unconnected(x: Value | float) -> Value:
    """A variable that is a leaf for as long as a function runs on it: what lies behind x is not the function's."""
    return x.detach() if isinstance(x, Value) else Value(x)


def connect(variables: Iterable[Any], originals: Iterable[Value | float]) -> None:
    """Connect variables to the Values that they stand for."""
    for node, x in zip(variables, originals):
        if isinstance(x, Value):
            node._operation, node._a = IDENTITY, x._data
            node._left = x


def cut(order: Sequence[Any], outputs: Iterable[Any], ends: Collection[Any]) -> list[Any]:
    """The part of a topological order that the outputs are made of, going back no further than the `ends`."""
    needed: set[Any] = set(outputs)
    kept: list[Any] = []
    for node in reversed(order):
        if node in needed and node not in ends:
            kept.append(node)
            needed.update(node.values if type(node) is Operands else (node._left, node._right))
    return kept[::-1]


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
    Raises TypeError for what is not a Value, ValueError if the `.data` of an operand was changed since it was recorded.
    """
    if isinstance(inputs, Value) or not hasattr(inputs, "__iter__"):
        raise TypeError(f"gradients: {inputs!r:.60} is not a list of inputs\nwrite gradients(output, [x])")
    inputs = list(inputs)
    for each in (output, *inputs):
        if not isinstance(each, Value):
            raise TypeError(f"gradients: {each!r:.60} is a {type(each).__name__}, not a Value\n{DIFFERENTIATE}")
    found = pull_back(topological_order(output), [(output, 1.0)], inputs, on_values=True)
    return [fresh(each) for each in found]


DIFFERENTIATE = "gradients takes Values that were computed with; for functions of numbers there is grad"


def dependent(order: Iterable[Any], inputs: Iterable[Value]) -> dict[Any, Any]:
    """The inputs, and the nodes and lists of the order that depend on one of them, each with None beside it."""
    found: dict[Any, Any] = dict.fromkeys(inputs)
    for node in order:
        if (
            node._left in found
            or node._right in found
            or (type(node) is Operands and not found.keys().isdisjoint(node.values))
        ):
            found[node] = None
    return found


@silent
def pull_back(
    order: Sequence[Any], seeds: Iterable[tuple[Any, Number]], inputs: Sequence[Value], on_values: bool
) -> list[Number]:
    """Reverse mode: the gradient of the sum of seed * output, with respect to each input.

    `order` is the topological order of the outputs; `seeds` says how much each of them counts. Numbers come out, or,
    with `on_values`, what is connected to the graph. One sweep, however many inputs there are.
    """
    watch = watcher()
    totals = dependent(order, inputs)  # what each has gained so far; None is nothing
    for output, seed in seeds:
        _add(totals, output, traceless(seed, on_values), None)
    for node in reversed(order):
        total = totals.get(node)
        if total is None:
            continue
        if type(node) is Operands:
            _add_gains(totals, node, total, on_values, watch)
            continue
        a, b = _arguments(node) if on_values else (node._a, node._b)
        da, db = node._operation.gradient(total, a, b)
        if watch:
            watch.differentiated(node, total, (da, db))
        left, right = node._left, node._right
        if left in totals:
            so_far = totals[left]
            if type(left) is Operands:
                totals[left] = so_far or []
                totals[left].append(da)
            else:
                totals[left] = da if so_far is None else so_far + da
                if watch and so_far is not None:
                    watch.added(left, (so_far, da), totals[left])
        if right in totals:
            so_far = totals[right]
            if type(right) is Operands:
                totals[right] = so_far or []
                totals[right].append(db)
            else:
                totals[right] = db if so_far is None else so_far + db
                if watch and so_far is not None:
                    watch.added(right, (so_far, db), totals[right])
    return [0.0 if totals[each] is None else totals[each] for each in inputs]


def _add(totals: dict[Any, Any], node: Any, gain: Any, watch: Any) -> None:
    """Add to what a node has gained, if that is asked for."""
    if node in totals:
        so_far = totals[node]
        totals[node] = gain if so_far is None else so_far + gain
        if watch and so_far is not None:
            watch.added(node, (so_far, gain), totals[node])


def _add_gains(totals: dict[Any, Any], operands: Operands, gains: list[Gain], on_values: bool, watch: Any) -> None:
    """Pass on to the Values of a list what the list has gained from the nodes that took it."""
    add_up = dot if on_values else sum_of_products
    if operands.recompute is not None:
        gained = operands.recompute.pull_back(operands, gains, on_values)
    elif len(gains) == 1:
        [(factor, slopes)] = gains
        gained = [factor * slope if each in totals else 0.0 for each, slope in zip(operands.values, slopes)]
    else:
        factors, columns = [factor for factor, _ in gains], list(zip(*[slopes for _, slopes in gains]))
        gained = [add_up(factors, column) if each in totals else 0.0 for each, column in zip(operands.values, columns)]
        for each, gain, column in zip(operands.values, gained, columns) if watch else ():
            watch.added(each, [factor * slope for factor, slope in zip(factors, column)], gain)
    for each, gain in zip(operands.values, gained):
        _add(totals, each, gain, watch)


@silent
def push_forward(
    order: Sequence[Any], outputs: Iterable[Value], tangents: Mapping[Value, Number], on_values: bool
) -> list[Number]:
    """Forward mode: how fast each output changes when the inputs change at the rates that are their `tangents`.

    Goes through the order once, however many outputs there are: the rate of a node is the sum, over its parents, of
    local derivative times the parent's rate.
    """
    rates: dict[Any, Any] = {each: traceless(rate, on_values) for each, rate in tangents.items()}
    one = traceless(1.0, on_values)
    moving, watch = dependent(order, rates), watcher()
    for node in order:
        if node not in moving or node in tangents or type(node) is Operands:
            continue
        a, b = _arguments(node) if on_values else (node._a, node._b)
        gains = node._operation.gradient(one, a, b)
        if watch:
            watch.differentiated(node, one, gains)
        terms = [
            _rate(operand, gain, rates, on_values)
            for operand, gain in zip((node._left, node._right), gains)
            if operand in moving
        ]
        rates[node] = terms[0] if len(terms) == 1 else terms[0] + terms[1]
    return [rates.get(each, 0.0) for each in outputs]


def _rate(operand: Any, gain: Any, rates: dict[Any, Any], on_values: bool) -> Number:
    """What the rate of one operand contributes to that of the node."""
    if type(operand) is not Operands:
        return gain * rates[operand]
    if operand.recompute is not None:
        return operand.recompute.push_forward(operand, gain, rates, on_values)
    pairs = [(slope, rates[each]) for each, slope in zip(operand.values, gain[1]) if each in rates]
    add_up = dot if on_values else sum_of_products
    return gain[0] * add_up([slope for slope, _ in pairs], [rate for _, rate in pairs])


def _arguments(node: Value) -> tuple[Any, Any]:
    """The operands as Values, from which a local gradient makes a graph."""
    left, right, a, b = node._left, node._right, node._a, node._b
    if left is not None:
        a = left if left.__class__ is Value and left._data == a else _argument(left, a, node)
    if right is not None:
        b = right if right.__class__ is Value and right._data == b else _argument(right, b, node)
    return a, b


def _argument(operand: Any, captured: Any, node: Value) -> Any:
    """The operand itself, or the Values of a list with the constants that follow; ValueError if data were changed."""
    if type(operand) is not Operands:
        check_unchanged(operand, captured, node.op)
        return operand
    for each, data in zip(operand.values, captured):
        if each._data != data:
            check_unchanged(each, data, node.op)
    return (*operand.values, *captured[len(operand.values) :])


def check_unchanged(operand: Value, captured: float, operation: str) -> None:
    if captured == captured and operand._data != captured:  # nan is not equal to itself
        raise ValueError(
            f"{operand!r} was {captured!r} when {operation!r} was computed from it\n"
            "compute the output again, then differentiate"
        )
