"""A graph as a tape: straight lines of operations, which page.html runs again in a browser, forward and backward.

Derivatives are written once, as closures in our own operations. Called with symbols these record a graph; a tape is
such a graph written down. So whoever knows the operations forward, and runs tapes, knows all the derivatives too:
engine.js does, in the browser.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from typing import Any

import autograd.activations as activations
import autograd.functions as functions
import autograd.reductions as reductions
import autograd.sweeps as sweeps
import autograd.trigonometry as trigonometry
import autograd.value as value
from autograd.floats import silent
from autograd.modes import Watch, recording
from autograd.operands import Operands, values_of
from autograd.value import LEAF, Operation, Value, topological_order

MODULES = (value, functions, trigonometry, activations, reductions, sweeps)
FOUND = (getattr(member, "operation", member) for module in MODULES for member in vars(module).values())
# The operations of the engine and their names on a tape. Those of users are not among them: they are Python only.
KEYS = {each: "neg" if each is value.NEGATE else each.name for each in FOUND if isinstance(each, Operation)}

Line = list[Any]  # [3.0] is a number, ["*", 0, 1] an operation on the results of earlier lines, or on inputs


class Tape:
    """Lines that compute: first come the inputs, then each line is a number, a list or an operation.

    >>> from autograd import Value
    >>> x = Value(3.0)
    >>> tape = Tape([x])
    >>> place = tape.place(2.0 * x)
    >>> tape.lines, place
    ([[2.0], ['*', 1, 0]], 2)

    Operands are given by their places: the inputs are 0, 1, ..., and the lines count on from there.
    """

    def __init__(self, inputs: Sequence[Value]) -> None:
        self.places: dict[Any, int] = {each: place for place, each in enumerate(inputs)}
        self.count = itertools.count(len(inputs))
        self.lines: list[Line] = []

    def place(self, result: Any) -> int:
        """Where a Value or a number stands, or will from now on, with all that it is computed from."""
        if not isinstance(result, Value):
            return self.number(result)
        for node in topological_order(result):
            if isinstance(node, Value):
                self.node(node)
        return self.places[result] if result in self.places else self.number(result.data)

    def node(self, node: Value) -> int:
        """The place of a computed node, whose operands have theirs."""
        if node not in self.places:
            line = [KEYS.get(node._operation, node.op), *self.operand(node._left, node._a)]
            self.places[node] = self.write([*line, *self.operand(node._right, node._b)])
        return self.places[node]

    def operand(self, operand: Value | Operands | None, captured: Any) -> list[int]:
        """The place of an operand, or none where there is no operand."""
        if isinstance(operand, Value):
            return [self.places[operand] if operand in self.places else self.number(captured)]
        if isinstance(captured, (list, tuple)):
            return [self.several(operand, captured)]
        return [] if captured is None else [self.number(captured)]

    def several(self, operand: Operands | None, captured: Sequence[float]) -> int:
        """The place of a list of Values, of constants, or of constants after Values; once for all who take it."""
        values = values_of(operand)
        members = [self.places[each] if each in self.places else self.number(each.data) for each in values]
        members += [self.number(each) for each in captured[len(values) :]]
        return self.once(tuple(members), ["list", *members])

    def number(self, number: float) -> int:
        """The place of a constant."""
        return self.once(repr(number), [as_json_number(number)])

    def once(self, key: Any, line: Line) -> int:
        if key not in self.places:
            self.places[key] = self.write(line)
        return self.places[key]

    def write(self, line: Line) -> int:
        self.lines.append(line)
        return next(self.count)


def not_ours(graph: Iterable[Value]) -> str:
    """The name of an operation of the graph that only Python can compute, or an empty text.

    >>> from autograd import Value, custom
    >>> half = custom(lambda x: x / 2, lambda x: 0.5, name="half")
    >>> not_ours([Value(1.0).tanh()]), not_ours([half(Value(1.0))])
    ('', 'half')
    """
    return next((node.op for node in graph if node._operation not in KEYS), "")


# ---- the rule of an operation ----------------------------------------------------------------------------------------


@silent
def rule(node: Value) -> dict[str, Any]:
    """The chain rule through one node as a tape: from its gradient and its operands, to what each parent gains.

    >>> from autograd import Value
    >>> rule(Value(2.0) * Value(5.0)) == {"inputs": 3, "lines": [["*", 0, 2], ["*", 0, 1]], "outputs": [3, 4]}
    True

    Constants are inputs too, so that a rule serves all nodes of its kind.
    """
    with Watch(), recording():
        g, (a, first), (b, second) = Value(1.0), symbols(node._a), symbols(node._b)
        da, db = node._operation.gradient(g, a, b)
        gains = [*multiplied(node._left, da), *multiplied(node._right, db)]
    inputs = [g, *first, *second]
    tape = Tape(inputs)
    return {"inputs": len(inputs), "outputs": [tape.place(gain) for gain in gains], "lines": tape.lines}


def frozen_rule(node: Value) -> dict[str, Any]:
    """The same for a node that only Python can compute: its slopes are numbers, as they were when it was computed."""
    inputs = [Value(1.0), *symbols(node._a)[1], *symbols(node._b)[1]]
    tape = Tape(inputs)
    outputs = [tape.write(["*", 0, tape.number(slope)]) for slope in node.local_gradients()]
    return {"inputs": len(inputs), "outputs": outputs, "lines": tape.lines}


def kind(node: Value) -> Any:
    """What nodes have in common that share a rule: the operation, and how many operands of which sort it was given."""
    sides = ((node._left, node._a), (node._right, node._b))
    return (node._operation, *((len(values_of(operand)), shape(captured)) for operand, captured in sides))


def shape(captured: Any) -> Any:
    """The length of a list, "one" for a number; an index counts as it is."""
    return len(captured) if is_list(captured) else "one" if isinstance(captured, float) else (captured,)


def symbols(captured: Any) -> tuple[Any, list[Value]]:
    """Fresh Values in place of captured data, as an argument and as a list. An index stays what it is."""
    if captured is None:
        return None, []
    if is_list(captured):
        several = [*map(Value, captured)]
        return tuple(several), several
    symbol = Value(captured)
    return symbol if isinstance(captured, float) else captured, [symbol]


def is_list(captured: Any) -> bool:
    return isinstance(captured, (list, tuple))


def multiplied(operand: Value | Operands | None, gain: Any) -> list[Any]:
    """What each Value of an operand gains."""
    if isinstance(operand, Operands):
        factor, slopes = gain
        return [factor * slope for _, slope in zip(operand.values, slopes)]
    return [] if operand is None else [gain]


# ---- a whole graph ---------------------------------------------------------------------------------------------------


def program(graph: Sequence[Value]) -> dict[str, Any]:
    """All that it takes to run a graph again, forward and backward, as lists and numbers that JSON can hold.

    >>> from autograd import Value
    >>> a = Value(3.0)
    >>> program([a, a * a])["nodes"][1]
    {'value': 9.0, 'place': 1, 'parents': [0, 0], 'rule': 0}

    `lines` compute the graph from its leaves; each of `nodes` has the place of its result, its parents by their numbers
    in the graph, and the number of its rule among `rules`. Where an operation is not ours, `onlyPython` names it, and
    the rules hold for the numbers of now.
    """
    leaves = [node for node in graph if node._operation is LEAF]
    tape, only_python = Tape(leaves), not_ours(graph)
    number = {node: index for index, node in enumerate(graph)}
    rules: dict[Any, dict[str, Any]] = {}
    nodes: list[dict[str, Any]] = []
    for node in graph:
        entry: dict[str, Any] = {"value": as_json_number(node.data), "place": tape.node(node)}
        if node._operation is not LEAF:
            key = node if only_python else kind(node)
            if key not in rules:
                rules[key] = frozen_rule(node) if only_python else rule(node)
            entry["parents"], entry["rule"] = [number[each] for each in node.parents], [*rules].index(key)
        nodes.append(entry)
    found = [*rules.values()]
    return {"inputs": len(leaves), "lines": tape.lines, "nodes": nodes, "rules": found, "onlyPython": only_python}


def as_json_number(number: float) -> float | str:
    """A number so that JSON can hold it: nan and the infinities by their names in JavaScript."""
    return number if math.isfinite(number) else str(number).replace("inf", "Infinity").replace("nan", "NaN")
