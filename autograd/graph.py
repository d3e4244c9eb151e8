"""Looking at a recorded graph: its nodes, leaves, operations and depth; and running it again with other leaves.

The graph itself is made in value.py; pictures of it are made in drawing/.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from autograd.floats import ieee_result
from autograd.operands import Operands
from autograd.value import LEAF, Value, record, topological_order


def nodes(*outputs: Value) -> list[Value]:
    """Every Value that an output was computed from and the outputs themselves, each after its parents.

    >>> from autograd import Value
    >>> a = Value(3.0)
    >>> [node.data for node in nodes(a * a + 1)]
    [3.0, 9.0, 10.0]
    """
    seen: dict[Value, None] = {}
    for node in computed(*outputs):
        for parent in node.parents:
            seen.setdefault(parent)
        seen[node] = None
    for output in outputs:
        seen.setdefault(output)
    return list(seen)


def count_nodes(output: Value, most: int) -> int:
    """How many Values there are in a graph. Counting stops as soon as there are more than `most`.

    >>> from autograd import Value
    >>> a = Value(3.0)
    >>> count_nodes(a * a + a, 60), count_nodes(a * a + a, 1)
    (3, 2)
    """
    seen, stack = {output}, [output]
    while stack and len(seen) <= most:
        for parent in stack.pop().parents:
            if parent not in seen and len(seen) <= most:
                seen.add(parent)
                stack.append(parent)
    return len(seen)


def computed(*outputs: Value) -> list[Value]:
    """The computed nodes of the graph, each after its parents: `nodes` without the leaves."""
    return [node for node in topological_order(*outputs) if isinstance(node, Value)]


def leaves(output: Value) -> list[Value]:
    """The Values that `output` was computed from and that were not computed themselves.

    >>> from autograd import Value
    >>> a, b = Value(2.0), Value(5.0)
    >>> [leaf.data for leaf in leaves(a * b + a)]
    [2.0, 5.0]
    """
    return [node for node in nodes(output) if node._operation is LEAF]


def older_leaves(order: Iterable[Any], outputs: Iterable[Value], age: int) -> Iterator[Value]:
    """The leaves that were there before `age`, of graphs whose topological order is known; once for each use."""
    yield from (output for output in outputs if output._operation is LEAF and output._a < age)
    for node in order:
        left, right = node._left, node._right
        if left is not None and left._operation is LEAF and left._a < age:
            yield left
        if right is not None and right._operation is LEAF and right._a < age:
            yield right
        if left is None and type(node) is Operands:
            yield from (each for each in node.values if each._operation is LEAF and each._a < age)


def operations(output: Value) -> Counter[str]:
    """How often each operation occurs in the graph.

    >>> from autograd import Value
    >>> x = Value(2.0)
    >>> dict(operations(x * x * x + 1))
    {'*': 2, '+': 1}
    """
    return Counter(node.op for node in computed(output))


def depth(output: Value) -> int:
    """The number of operations on the longest path from a leaf to `output`.

    >>> from autograd import Value
    >>> x = Value(2.0)
    >>> depth(x * x + x)
    2
    """
    levels: dict[Value, int] = {}
    for node in computed(output):
        levels[node] = 1 + max((levels.get(parent, 0) for parent in node.parents), default=0)
    return levels.get(output, 0)


def replay(output: Value, changes: Mapping[Value, Value | float] | None = None) -> Value:
    """Compute `output` again, as a new graph, from what its leaves hold now or from the `changes` given for them.

    >>> from autograd import Value
    >>> x = Value(3.0)
    >>> y = x * x + 1
    >>> replay(y, {x: 10.0}).data, y.data
    (101.0, 10.0)

    A change may be a number or a Value, for a leaf or for any node on the way.
    """
    current: dict[Value, Value] = {
        node: new if isinstance(new, Value) else Value(new, node.label) for node, new in (changes or {}).items()
    }
    for node in computed(output):
        if node not in current:
            current[node] = _rerun(node, current)
    return current.get(output, output)


def _rerun(node: Value, current: Mapping[Value, Value]) -> Value:
    left, a = _operand(node._left, node._a, current)
    right, b = _operand(node._right, node._b, current)
    arguments = (a,) if b is None else (a, b)
    try:
        data = node._operation.forward(*arguments)
    except (ArithmeticError, ValueError) as error:
        data = ieee_result(node._operation, error, arguments, left, right)
    again = record(data, node._operation, left, right, a, b)
    again.label = node.label
    return again


def _operand(operand: Any, captured: Any, current: Mapping[Value, Value]) -> tuple[Any, Any]:
    """What stands now where `operand` stood, and its data; a constant stays as it was captured."""
    if operand is None:
        return None, captured
    if isinstance(operand, Value):
        now = current.get(operand, operand)
        return now, now._data
    several = Operands(current.get(each, each) for each in operand.values)
    several.recompute = operand.recompute
    return several, [*several.data, *captured[len(several) :]]
