"""From a graph to the text that Graphviz draws: boxes for Values, circles for operators, small boxes for constants."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from autograd.operands import values_of
from autograd.value import Value

if TYPE_CHECKING:
    import graphviz

MOST_NODES = 400  # beyond, engines take minutes and nobody can read the picture

# Fills that colour-blind eyes tell apart (after Okabe and Ito 2008), all light: text on them is dark, on any page.
LEAF, COMPUTED, OUTPUT, CONSTANT = "#cfe6f5", "#ffffff", "#fbdcb0", "#e4e4e4"
INK, LINE = "#1b1b1b", "#808080"


def source(graph: Sequence[Value], names: Mapping[Value, str]) -> str:
    """The DOT text of a graph, given as its nodes, each after its parents."""
    if len(graph) > MOST_NODES:
        raise ValueError(
            f"draw: a graph of {len(graph)} Values is too large to be read (at most {MOST_NODES})\n"
            "draw a node further inside, or the same computation for one sample or a smaller model"
        )
    output = graph[-1]
    picture = empty_picture(f"{names.get(output) or 'output'} = {shorten(output.data)}")
    place = {node: index for index, node in enumerate(graph)}
    for node, index in place.items():
        fill = LEAF if not node.op else OUTPUT if node is output else COMPUTED
        picture.node(f"value_{index}", label=record_label(node, names), fillcolor=fill)
        if node.op:
            picture.node(f"op_{index}", label=escape(node.op), **(ROUND if len(node.op) < 5 else OVAL))
            picture.edge(f"op_{index}", f"value_{index}")
            tails = list(operands(node, index, place, picture))
            numbered = len(tails) == 2 and node.op not in COMMUTATIVE
            for position, tail in enumerate(tails, start=1):
                picture.edge(tail, f"op_{index}", headlabel=f" {position} " if numbered else None)
    return picture.source


COMMUTATIVE = {"+", "*", "dot", "sum", "mean", "prod", "maximum", "minimum", "hypot", "logaddexp", "logsumexp", "norm"}
ROUND = {"shape": "circle", "fillcolor": "#f2f2f2", "width": "0.4", "margin": "0.02"}
OVAL = {**ROUND, "shape": "ellipse"}


def empty_picture(title: str) -> graphviz.Digraph:
    try:
        import graphviz
    except ImportError:
        raise ImportError("draw needs the Python package graphviz\ninstall it: pip install graphviz") from None
    text = {"fontname": "Helvetica", "fontsize": "11"}
    return graphviz.Digraph(
        comment=title.replace("\n", " "),
        graph_attr={
            "rankdir": "LR",
            "bgcolor": "transparent",
            "nodesep": "0.15",
            "ordering": "in",
            "ranksep": "0.3",
            "tooltip": escape(title),
        },
        node_attr={"shape": "record", "style": "filled", "color": LINE, "fontcolor": INK, "height": "0.3", **text},
        edge_attr={
            "color": LINE,
            "arrowsize": "0.6",
            "labeldistance": "2.2",
            "fontname": "Helvetica",
            "fontsize": "9",
            "fontcolor": LINE,
        },
    )


def operands(node: Value, index: int, place: Mapping[Value, int], picture: graphviz.Digraph) -> Iterator[str]:
    """The ids of a node's operands, in the order they were written; constants are drawn on the way."""
    for side, operand, captured in (("a", node._left, node._a), ("b", node._right, node._b)):
        if operand is not None:
            yield from (f"value_{place[parent]}" for parent in values_of(operand))
        elif captured is not None:
            constant = f"constant_{index}{side}"
            style = {"fontsize": "9", "height": "0.2", "width": "0.3", "fillcolor": CONSTANT, "shape": "box"}
            picture.node(constant, label=escape(constant_text(captured)), **style)
            yield constant


def record_label(node: Value, names: Mapping[Value, str]) -> str:
    """The fields of a box: name, data, gradient."""
    gradient = shorten(node.grad) if node.grad_is_computed else "·"
    name = names.get(node, "")
    fields = [escape(name if len(name) <= 40 else name[:39] + "…")] if name else []
    return " | ".join([*fields, f"data {shorten(node.data)}", f"grad {gradient}"])


def constant_text(captured: Any) -> str:
    """A number, or a list of them in short."""
    if isinstance(captured, (int, float)):
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
    return "".join(character if character.isprintable() else " " for character in text)
