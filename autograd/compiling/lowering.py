"""From a graph to a tape: each node's operation is written down in operations of one or two numbers, sums and dots.

The other functions of lists (norm, softmax, ...) are taken apart here, so that passes and backends need to know few
operations, and what softmax(v)[0] and softmax(v)[1] have in common is computed once. Next: recording.py.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from autograd import functions, reductions
from autograd.compiling.expansions import infinite
from autograd.compiling.passes import EXACT, drop
from autograd.compiling.tape import CALL, DOT, ELEMENTARY, INPUT, SUM, WHERE, Builder, Tape
from autograd.compiling.tracing import Traced
from autograd.operands import Operands
from autograd.sweeps import IDENTITY
from autograd.value import LEAF, Operation, Value

Slots = list[int]


def lowered(outputs: Sequence[Any], inputs: Sequence[Value], new: Callable[[Value], bool]) -> tuple[Tape, list[Value]]:
    """The tape that computes the outputs, and the Values from outside whose numbers it takes after those of the inputs.

    Traced nodes are written down. Any other node is a constant, if it is a leaf that `new` tells to be one, or else
    comes from outside. (For an example see Recording.)
    """
    writing = Lowering(inputs, new)
    writing.write([each for each in outputs if isinstance(each, Value)])
    slots = [writing.slots[each] if isinstance(each, Value) else writing.builder.constant(each) for each in outputs]
    return drop(writing.builder.tape(slots)), writing.outside


class Lowering:
    """Graphs being written down: a slot for each node, and the Values from outside that became inputs on the way."""

    def __init__(self, inputs: Sequence[Value], new: Callable[[Value], bool]) -> None:
        self.builder, self.new = Builder(*EXACT), new
        self.slots: dict[Value, int] = {node: self.builder.add(INPUT, place) for place, node in enumerate(inputs)}
        self.builder.names.update({slot: node.label for node, slot in self.slots.items() if node.label})
        self.inputs = len(inputs)
        self.outside: list[Value] = []
        self.clean: set[Value] = set()

    def write(self, outputs: Sequence[Value]) -> None:
        """Give a slot to each output and to all that it was computed from."""
        slots, names = self.slots, self.builder.names
        for node in self.order(outputs):
            slots[node] = entry(self.builder, node, slots) if isinstance(node, Traced) else self.given(node)
            if node.label:
                names.setdefault(slots[node], node.label)

    def order(self, outputs: Sequence[Value]) -> list[Value]:
        """What has to be written down, each node after those that it takes: as `topological_order`, but no further back
        than what comes from outside."""
        order: list[Value] = []
        done: set[Any] = set(self.slots)
        stack: list[Any] = list(reversed(outputs))
        push, pop = stack.append, stack.pop
        while stack:
            node = pop()
            if node is None:
                order.append(pop())
            elif node not in done:
                done.add(node)
                if type(node) is Operands:
                    stack += [each for each in reversed(node.values) if each not in done]
                    continue
                push(node)
                push(None)
                if isinstance(node, Traced):
                    stack += [each for each in (original(node), node._right, node._left) if each is not None]
        return order

    def given(self, node: Value) -> int:
        """What the function made of a number is a constant; what it reached from outside is another input."""
        if node._operation is LEAF and self.new(node):
            return self.builder.constant(node._data)
        self.check_history(node)
        self.outside.append(node)
        return self.builder.add(INPUT, self.inputs + len(self.outside) - 1)

    def check_history(self, node: Value) -> None:
        """TypeError if a node does not come from outside after all, but was made where the trace could not see it."""
        waiting = [node]
        while waiting:
            for each in waiting.pop().parents:
                if isinstance(each, Traced):
                    raise TypeError(
                        "compile: the function computes inside a block of its own, such as detect_anomaly()\n"
                        "leave the block out, or put it around the call"
                    )
                if each not in self.clean:
                    self.clean.add(each)
                    waiting.append(each)


def original(node: Value) -> Value | None:
    """The node that a traced leaf stands for."""
    return node._b if node._operation is LEAF and isinstance(node._b, Value) else None


def entry(builder: Builder, node: Value, slots: Mapping[Value, int]) -> int:
    """The slot of a node whose parents have theirs."""
    operation = node._operation
    left: Any = node._left
    right: Any = node._right
    name = NAMES.get(operation)
    if name is None:
        return special(builder, node, slots)
    if right is not None:
        return builder.add(name, slots[left] if left is not None else builder.constant(node._a), slots[right])
    if node._b is None:
        return builder.add(name, slots[left])
    return builder.add(name, slots[left], builder.constant(node._b))


def special(builder: Builder, node: Value, slots: Mapping[Value, int]) -> int:
    """The slot of a node that stands for another, or whose operation takes lists or is a user's own."""
    operation = node._operation
    if operation is IDENTITY or operation is LEAF:
        source: Any = original(node) if operation is LEAF else node._left
        if source is None:
            raise TypeError(
                "compile: a Value that was copied, or kept from an earlier run of the function\n"
                "compute with the argument itself, and keep numbers, not Values, from run to run"
            )
        return slots[source]
    first, second = argument(builder, node._left, node._a, slots), argument(builder, node._right, node._b, slots)
    if operation in LISTS:
        return LISTS[operation](builder, first) if second is None else LISTS[operation](builder, first, second)
    return builder.add(CALL, operation, *first)


def argument(builder: Builder, operand: Any, captured: Any, slots: Mapping[Value, int]) -> Any:
    """The slot of an operand, or the list of slots of several; None if there is none; an index as it is."""
    if isinstance(operand, Value):
        return slots[operand]
    if isinstance(captured, (list, tuple)):
        values = operand.values if operand is not None else ()
        return [*[slots[each] for each in values], *map(builder.constant, captured[len(values) :])]
    return captured if captured is None or isinstance(captured, int) else builder.constant(captured)


# ---- functions of lists --------------------------------------------------------------------------


def chained(builder: Builder, name: str, items: Slots, empty: float) -> int:
    """f(f(f(a, b), c), d)."""
    if not items:
        return builder.constant(empty)
    return functools.reduce(lambda left, right: builder.add(name, left, right), items)


def lower_sum(builder: Builder, items: Slots) -> int:
    return builder.add(SUM, *items) if items else builder.constant(0.0)


def lower_mean(builder: Builder, items: Slots) -> int:
    return builder.add("/", lower_sum(builder, items), builder.constant(float(len(items))))


def lower_prod(builder: Builder, items: Slots) -> int:
    return chained(builder, "*", items, 1.0)


def lower_dot(builder: Builder, xs: Slots, ys: Slots) -> int:
    return builder.add(DOT, *xs, *ys) if xs else builder.constant(0.0)


def lower_norm(builder: Builder, items: Slots) -> int:
    """hypot(hypot(a, b), c): no overflow on the way."""
    if len(items) == 1:
        return builder.add("abs", items[0])
    return chained(builder, "hypot", items, 0.0)


def exponentials(builder: Builder, items: Slots) -> tuple[int, Slots, int]:
    """The largest of the items, exp(item - largest) of each, and their sum: all are at most 1, none overflows."""
    largest = chained(builder, "maximum", items, -math.inf)
    powers = [builder.add("exp", builder.add("-", item, largest)) for item in items]
    return largest, powers, lower_sum(builder, powers)


def lower_logsumexp(builder: Builder, items: Slots) -> int:
    if not items:
        return builder.constant(-math.inf)
    largest, _, total = exponentials(builder, items)
    finite = builder.add("+", largest, builder.add("log", total))
    return builder.add(WHERE, infinite(builder, largest), finite, largest)


def lower_softmax(builder: Builder, items: Slots, index: int) -> int:
    largest, powers, total = exponentials(builder, items)
    total = builder.add(WHERE, infinite(builder, largest), total, builder.constant(1.0))
    return builder.add("/", powers[index], total)


def lower_log_softmax(builder: Builder, items: Slots, index: int) -> int:
    others = lower_logsumexp(builder, [*items[:index], *items[index + 1 :]])
    return builder.add("neg", builder.add("softplus", builder.add("-", others, items[index])))


def lower_where(builder: Builder, condition: int, branches: Slots) -> int:
    return builder.add(WHERE, condition, *branches)


LISTS: dict[Operation, Callable[..., int]] = {
    reductions.SUM: lower_sum,
    reductions.MEAN: lower_mean,
    reductions.PROD: lower_prod,
    reductions.DOT: lower_dot,
    reductions.NORM: lower_norm,
    reductions.LOGSUMEXP: lower_logsumexp,
    reductions.SOFTMAX: lower_softmax,
    reductions.LOG_SOFTMAX: lower_log_softmax,
    functions.WHERE: lower_where,
}
NAMES = {operation: name for name, operation in ELEMENTARY.items()}
NAMES |= dict.fromkeys((functions.POWER_OF_VALUE, functions.POWER_OF_NUMBER), "**")
