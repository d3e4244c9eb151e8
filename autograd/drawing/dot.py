"""From a graph to the text that Graphviz draws: boxes for Values, rounds for operators, small grey boxes for constants.

Next: render.py makes a picture of the text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from autograd.operands import Operands, values_of
from autograd.value import Value

if TYPE_CHECKING:
    import graphviz

MOST_NODES = 400  # beyond, engines take minutes and nobody can read the picture

# Fills that colour-blind eyes tell apart (after Okabe and Ito 2008), all light: text on them is dark, on any page.
LEAF, COMPUTED, OUTPUT, OPERATOR, CONSTANT = "#cfe6f5", "#ffffff", "#fbdcb0", "#f2f2f2", "#e4e4e4"
INK, LINE = "#1b1b1b", "#808080"

ROUND = {"shape": "circle", "fillcolor": OPERATOR, "width": "0.4", "margin": "0.02", "ordering": "in"}
OVAL = {**ROUND, "shape": "ellipse"}
SMALL = {"shape": "box", "fillcolor": CONSTANT, "color": CONSTANT, "fontsize": "9", "height": "0.2", "width": "0.3"}

COMMUTATIVE = {"+", "*", "dot", "maximum", "minimum", "hypot", "logaddexp"}


def source(graph: Sequence[Value], names: Mapping[Value, str]) -> str:
    """The DOT text of a graph, given as its nodes, each after its parents."""
    if len(graph) > MOST_NODES:
        raise ValueError(
            f"draw: a graph of {len(graph)} Values is too large to be read (at most {MOST_NODES})\n"
            "draw a node further inside, or the same computation for one sample or a smaller model"
        )
    output = graph[-1]
    picture = empty_picture(f"{printable(names.get(output) or 'output')} = {output.data}")
    place = {node: f"value_{index}" for index, node in enumerate(graph)}
    for node, identity in place.items():
        fill = LEAF if not node.op else OUTPUT if node is output else COMPUTED
        label, exact = record_label(node, names), f"data {node.data!r}, {gradient_text(node, repr)}"
        picture.node(identity, label=label, id=identity, fillcolor=fill, tooltip=exact)
        if node.op:
            draw_operation(picture, node, place)
    return picture.source


def draw_operation(picture: graphviz.Digraph, node: Value, place: Mapping[Value, str]) -> None:
    """The operator of a node, with an edge for every use of an operand and one to the node.

    Where their order matters, the first operand enters from the upper left and the second from the lower left,
    wherever they stand: so one can tell x - y from y - x.
    """
    result = place[node]
    operator = result.replace("value", "op")
    text = operator_text(node)
    picture.node(operator, label=escape(text), id=operator, tooltip=" ", **(ROUND if len(text) < 5 else OVAL))
    picture.edge(operator, result)
    first, second = operands(node)
    ordered = first and second and node.op not in COMMUTATIVE
    for port, side, several in (("nw", "a", first), ("sw", "b", second)):
        head = f"{operator}:{port}" if ordered else operator
        for index, operand in enumerate(several):
            if isinstance(operand, Value):
                picture.edge(place[operand], head)
            else:
                constant = f"constant_{result.removeprefix('value_')}{side}{index}"
                picture.node(constant, label=escape(operand), id=constant, tooltip=" ", **SMALL)
                picture.edge(constant, head)


def operands(node: Value) -> tuple[list[Value | str], list[Value | str]]:
    """The first operand of a node and its second: Values and the texts of constants; empty where there is none."""
    first = operand(node._left, node._a)
    second = [] if is_index(node._b) else operand(node._right, node._b)
    if isinstance(node._left, Operands):  # what the other side has more is the 1 that multiplies dot's `start`
        second = second[: len(values_of(node._right)) or 1]
    return first, second


def operand(recorded: Value | Operands | None, captured: Any) -> list[Value | str]:
    """The Values of an operand and the constants after them, or the constant that it is."""
    if isinstance(recorded, Operands):
        return [*recorded.values, *map(shorten, captured[len(recorded.values) :])]
    if recorded is not None:
        return [recorded]
    return [] if captured is None else [constant_text(captured)]


def is_index(captured: Any) -> bool:
    """Whether a captured operand says which element of a list was taken. Numbers that one computes with are floats."""
    return isinstance(captured, int)


def operator_text(node: Value) -> str:
    return f"{node.op}[{node._b}]" if is_index(node._b) else node.op


def empty_picture(title: str) -> graphviz.Digraph:
    try:
        import graphviz
    except ImportError:
        raise ImportError("draw needs the Python package graphviz\ninstall it: pip install graphviz") from None
    page = {"rankdir": "LR", "bgcolor": "transparent", "nodesep": "0.15", "ranksep": "0.3", "tooltip": " "}
    page |= {"nslimit": "1", "nslimit1": "1"}  # iterations per node: hardly ever needed, and 20 s become 3 s
    text = {"fontname": "Helvetica", "fontsize": "11", "fontcolor": INK}
    return graphviz.Digraph(
        name=title,
        graph_attr=page,
        node_attr={"shape": "record", "style": "filled", "color": LINE, "height": "0.3", **text},
        edge_attr={"color": LINE, "arrowsize": "0.6"},
    )


def record_label(node: Value, names: Mapping[Value, str]) -> str:
    """The fields of a box: name, data, gradient."""
    name = names.get(node, "")
    fields = [escape(name if len(name) <= 40 else name[:39] + "…")] if name else []
    return " | ".join([*fields, f"data {shorten(node.data)}", gradient_text(node, shorten)])


def gradient_text(node: Value, written: Any) -> str:
    return f"grad {written(node.grad) if node.grad_is_computed else '·'}"


def constant_text(captured: Any) -> str:
    """A number, or a list of them in short."""
    if isinstance(captured, float):
        return shorten(captured)
    if len(captured) <= 4:
        return f"[{', '.join(map(shorten, captured))}]"
    return f"[{shorten(captured[0])}, {shorten(captured[1])}, …] {len(captured)} numbers"


def shorten(number: float) -> str:
    return f"{number:.4g}"


def escape(text: str) -> str:
    """Text as it is, where Graphviz would read signs: in the labels of records and circles."""
    for sign in "\\{}|<>":
        text = text.replace(sign, "\\" + sign)
    return printable(text).replace("&", "&amp;")


def printable(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)
