"""From a graph to a Picture: boxes for Values, rounds for operators, small boxes for constants, an edge for each use.

What is folded into one box is decided in folding.py. Next: dot.py, and its siblings that write a picture down.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from autograd.algebra import number
from autograd.drawing.folding import Fold, Folds, shortened
from autograd.drawing.picture import (
    COMPUTED,
    CONSTANT,
    FIRST,
    GROUP,
    INPUT,
    OPERATOR,
    OUTPUT,
    PARAMETER,
    SECOND,
    Edge,
    Picture,
    Shape,
)
from autograd.formula import local_derivatives, titles, written
from autograd.operands import Operands, is_constant, values_of
from autograd.value import Value

MOST_OUTPUTS = 20  # that are drawn even where they are folded
COMMUTATIVE = {"+", "*", "dot", "maximum", "minimum", "hypot", "logaddexp"}


class View:
    """A picture in the making, of a graph given as its nodes, each after its parents."""

    def __init__(
        self,
        graph: Sequence[Value],
        outputs: Sequence[Value],
        names: Mapping[Value, str],
        parameters: Iterable[Value] = (),
        folded: Folds | None = None,
        slopes: bool = False,
    ) -> None:
        self.graph, self.outputs, self.names = graph, dict.fromkeys(outputs), names
        self.parameters, self.folded, self.slopes = set(parameters), folded or {}, slopes
        self.titles = titles(graph, names) if slopes or not self.folded else {}
        self.place = {node: f"value_{index}" for index, node in enumerate(graph)}
        self.boxes: dict[Fold, str] = {}
        self.shapes: list[Shape] = []
        self.edges: list[Edge] = []
        self.bundles: Counter[tuple[str, str, str]] = Counter()  # edges that are drawn as one

    def picture(self) -> Picture:
        for node in self.graph:
            fold = self.folded.get(node)
            if fold is None:
                self.draw_value(node)
                self.draw_operation(node)
            else:
                self.draw_fold(fold)
                for parent in node.parents:
                    self.connect(parent, self.boxes[fold])
                if node in self.outputs and len(self.outputs) <= MOST_OUTPUTS:  # what was asked for stays in sight
                    self.draw_value(node)
                    self.edges.append(Edge(self.boxes[fold], self.place[node]))
        bundles = [
            Edge(tail, head, f"×{count:,}" if count > 1 else "", side)
            for (tail, head, side), count in self.bundles.items()
        ]
        title = ", ".join(f"{self.names.get(node) or 'output'} = {node.data}" for node in islice(self.outputs, 3))
        return Picture(title, self.described(), self.caption(), self.shapes, [*self.edges, *bundles])

    # -- shapes

    def draw_value(self, node: Value) -> None:
        leaf = PARAMETER if node in self.parameters else CONSTANT if is_constant(node) else INPUT
        kind = OUTPUT if node in self.outputs and node.op else COMPUTED if node.op else leaf
        name = self.names.get(node, "")
        lines = [shortened(name)] if name else []
        lines += [f"data {shorten(node.data)}", f"grad {shorten(node.grad) if node.grad_is_computed else '·'}"]
        exact = f"{kind}: data {node.data!r}, grad {repr(node.grad) if node.grad_is_computed else '·'}"
        self.shapes.append(Shape(self.place[node], kind, tuple(lines), exact))

    def draw_fold(self, fold: Fold) -> None:
        if fold in self.boxes:
            return
        self.boxes[fold] = f"group_{len(self.boxes)}"
        lines = list(fold.lines)
        if fold.module:
            parameters = sum(node in self.parameters for node in fold.members)
            lines.append(f"{counted(parameters, 'parameter')}, {counted(len(fold.members) - parameters, 'value')}")
        self.shapes.append(Shape(self.boxes[fold], GROUP, tuple(lines), counted(len(fold.members), "Value")))

    def draw_operation(self, node: Value) -> None:
        """The operator of a node, with an edge for every use of an operand and one to the node.

        Where their order matters, the first operand enters from the upper left and the second from the lower left,
        wherever they stand: so one can tell x - y from y - x.
        """
        if not node.op:
            return
        result = self.place[node]
        operator = result.replace("value", "op")
        self.shapes.append(Shape(operator, OPERATOR, (operator_text(node),)))
        first, second = operands(node)
        ordered = first and second and node.op not in COMMUTATIVE
        labels = iter(self.labels(node))
        for side, several in ((FIRST, first), (SECOND, second)):
            place = side if ordered else ""
            for index, operand in enumerate(several):
                if isinstance(operand, Value):
                    self.connect(operand, operator, next(labels), place)
                else:
                    constant = f"constant_{result.removeprefix('value_')}{'a' if side is FIRST else 'b'}{index}"
                    self.shapes.append(Shape(constant, CONSTANT, (operand,)))
                    self.edges.append(Edge(constant, operator, place=place))
        self.edges.append(Edge(operator, result))

    # -- edges

    def connect(self, parent: Value, head: str, label: str = "", place: str = "") -> None:
        """An edge for a use. Those from or to a fold that go the same way are one."""
        fold = self.folded.get(parent)
        tail = self.place[parent] if fold is None else self.boxes[fold]
        if fold is None and not head.startswith("group"):
            self.edges.append(Edge(tail, head, label, place))
        elif tail != head:
            self.bundles[tail, head, place] += 1

    def labels(self, node: Value) -> list[str]:
        """What stands on the edges to an operator: the local derivatives, if they are asked for."""
        if not self.slopes:
            return [""] * len(node.parents)
        found = []
        for text, slope in zip(local_derivatives(node, self.titles), node.local_gradients()):
            value = shorten(slope)
            found.append(value if text == value or len(text) > 24 else f"{text} = {value}")
        return found

    # -- words

    def caption(self) -> str:
        """What was folded, and how to see it."""
        if not self.folded:
            return ""
        drawn = {shape.id for shape in self.shapes}
        modules = sum(fold.module for fold in self.boxes)
        several = counted(len(self.boxes), "box", "es")
        remedy = "depth= opens modules" if modules else "draw a node further inside to see more"
        hidden = sum(self.place[node] not in drawn for node in self.folded)
        return f"{hidden:,} of {len(self.graph):,} Values are folded into {several}; {remedy}"

    def described(self) -> str:
        """The picture for those who cannot see it."""
        if self.folded:
            folds = "; ".join(", ".join(fold.lines) for fold in self.boxes)
            return f"A computation graph of {len(self.graph):,} Values, drawn in boxes: {folds}."
        parts = []
        for node in self.graph:
            formula = f" = {written(node, self.titles)}" if node.op and node in self.names else ""
            gradient = f", gradient {shorten(node.grad)}" if node.grad_is_computed else ""
            parts.append(f"{self.titles[node]}{formula} = {shorten(node.data)}{gradient}")
        return f"A computation graph: {'; '.join(parts)}."


# ---- operands and numbers as text ----------------------------------------------------------------


def operands(node: Value) -> tuple[list[Value | str], list[Value | str]]:
    """The first operand of a node and its second: Values and the texts of constants; empty where there is none."""
    if not node.op:
        return [], []
    first = operand(node._left, node._a)
    second = [] if is_index(node._b) else operand(node._right, node._b)
    if isinstance(node._left, Operands):  # what the other side has more is the 1 that multiplies dot's `start`
        second = second[: len(values_of(node._right)) or 1]
    return first, second


def operand(recorded: Value | Operands | None, captured: Any) -> list[Value | str]:
    """The Values of an operand and the constants after them, or the constant that it is."""
    if isinstance(recorded, Operands):
        return [*recorded.values, *map(number, captured[len(recorded.values) :])]
    if recorded is not None:
        return [recorded]
    return [] if captured is None else [constant_text(captured)]


def operator_text(node: Value) -> str:
    index: Any = node._b
    return f"{node.op}[{int(index)}]" if is_index(index) else node.op


def is_index(captured: Any) -> bool:
    """Whether a captured operand says which element of a list was taken. Numbers that one computes with are floats."""
    return isinstance(captured, int)


def constant_text(captured: Any) -> str:
    """A number, or a list of them in short."""
    if isinstance(captured, float):
        return number(captured)
    if len(captured) <= 4:
        return f"[{', '.join(map(number, captured))}]"
    return f"[{shorten(captured[0])}, {shorten(captured[1])}, …] {len(captured)} numbers"


def shorten(x: float) -> str:
    return f"{x:.4g}"


def counted(count: int, thing: str, ending: str = "s") -> str:
    return f"{count:,} {thing}{ending * (count != 1)}"
