"""A Picture as the text that Graphviz draws. Next: render.py makes a picture of the text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autograd.drawing.picture import (
    CONSTANT,
    FILLS,
    FIRST,
    GROUP,
    INK,
    LINE,
    OPERATOR,
    PARAMETER,
    SECOND,
    Edge,
    Picture,
    Shape,
    printable,
)

if TYPE_CHECKING:
    import graphviz

ROUND = {"shape": "circle", "width": "0.4", "margin": "0.02", "ordering": "in"}
OVAL = {**ROUND, "shape": "ellipse"}
SMALL = {"shape": "box", "color": FILLS[CONSTANT], "fontsize": "9", "height": "0.2", "width": "0.3"}
PORTS = {FIRST: "nw", SECOND: "sw"}


def source(picture: Picture) -> str:
    """The DOT text of a picture."""
    made = empty_digraph(picture)
    for shape in picture.shapes:
        style = {
            "id": shape.id,
            "class": shape.kind,
            "fillcolor": FILLS[shape.kind],
            "tooltip": escape(shape.tooltip) or " ",
        }
        made.node(shape.id, label=" | ".join(map(escape, shape.lines)), **{**style, **outline(shape)})
    for edge in picture.edges:
        made.edge(edge.tail, head(edge), **({"label": escape(f" {edge.label} ")} if edge.label else {}))
    return str(made.source)


def outline(shape: Shape) -> dict[str, str]:
    if shape.kind == OPERATOR:
        return ROUND if len(shape.lines[0]) < 5 else OVAL
    if shape.kind == CONSTANT:
        return SMALL
    return {"penwidth": "2"} if shape.kind == GROUP else {"style": "filled,bold"} if shape.kind == PARAMETER else {}


def head(edge: Edge) -> str:
    return f"{edge.head}:{PORTS[edge.place]}" if edge.place else edge.head


def empty_digraph(picture: Picture) -> graphviz.Digraph:
    try:
        import graphviz
    except ImportError:
        raise ImportError("draw needs the Python package graphviz\ninstall it: pip install graphviz") from None
    page = {"rankdir": "LR", "bgcolor": "transparent", "nodesep": "0.15", "ranksep": "0.3", "tooltip": " "}
    page |= {"nslimit": "1", "nslimit1": "1"}  # iterations per node: hardly ever needed, and 20 s become 3 s
    text = {"fontname": "Helvetica", "fontsize": "11"}
    if picture.caption:
        page |= {"label": escape(picture.caption), "labelloc": "b", "fontcolor": LINE, **text}
    return graphviz.Digraph(
        comment=printable(picture.title),  # as a name, it could be taken for HTML
        graph_attr=page,
        node_attr={"shape": "record", "style": "filled", "color": LINE, "height": "0.3", "fontcolor": INK, **text},
        edge_attr={"color": LINE, "arrowsize": "0.6", "fontcolor": LINE, "fontname": "Helvetica", "fontsize": "9"},
    )


def escape(text: str) -> str:
    """Text as it is, where Graphviz would read signs: in the labels of records and circles."""
    for sign in "\\{}|<>":
        text = text.replace(sign, "\\" + sign)
    return printable(text).replace("&", "&amp;")
