"""A Picture as Mermaid text, which forges and note-taking programs draw. Next: tikz.py, for LaTeX."""

from __future__ import annotations

import json

from autograd.drawing.picture import (
    CONSTANT,
    FILLS,
    GROUP,
    INK,
    LINE,
    OPERATOR,
    PARAMETER,
    Edge,
    Picture,
    Shape,
    printable,
)

BRACKETS = {OPERATOR: ("((", "))"), GROUP: ("[[", "]]")}


def mermaid(picture: Picture) -> str:
    """A picture as a Mermaid flowchart.

    >>> from autograd.drawing.picture import Edge, Picture, Shape
    >>> shapes = [Shape("value_0", "input", ("a", "data 2")), Shape("op_1", "operator", ("*",))]
    >>> print(mermaid(Picture("a", "a alone", "", shapes, [Edge("value_0", "op_1")])))
    flowchart LR
      accTitle: a
      accDescr: a alone
      value_0["a<br/>data 2"]:::input
      op_1(("#42;")):::operator
      value_0 --> op_1
      classDef input fill:#cfe6f5,stroke:#757575,color:#1b1b1b
      classDef operator fill:#f2f2f2,stroke:#757575,color:#1b1b1b
    <BLANKLINE>
    """
    lines = []
    if picture.caption.strip():
        lines = ["---", f"title: {json.dumps(one_line(picture.caption), ensure_ascii=False)}", "---"]
    lines += ["flowchart LR", f"  accTitle: {one_line(picture.title)}"]
    lines += [f"  accDescr: {one_line(picture.description)}"]
    lines += [f"  {shape_text(shape)}" for shape in picture.shapes]
    lines += [f"  {edge_text(edge)}" for edge in picture.edges]
    for kind in dict.fromkeys(shape.kind for shape in picture.shapes):
        stroke = FILLS[kind] if kind == CONSTANT else LINE
        wide = ",stroke-width:2px" if kind in (PARAMETER, GROUP) else ""
        lines.append(f"  classDef {kind} fill:{FILLS[kind]},stroke:{stroke},color:{INK}{wide}")
    return "\n".join(lines) + "\n"


def shape_text(shape: Shape) -> str:
    left, right = BRACKETS.get(shape.kind, ("[", "]"))
    return f'{shape.id}{left}"{"<br/>".join(map(escaped, shape.lines)) or " "}"{right}:::{shape.kind}'


def edge_text(edge: Edge) -> str:
    """An arrow. It cannot be told where to enter, so first and second operands are called that."""
    label = ", ".join(filter(None, (edge.place, escaped(edge.label))))
    return f'{edge.tail} -->|"{label}"| {edge.head}' if label else f"{edge.tail} --> {edge.head}"


def escaped(text: str) -> str:
    """Text with every sign that Mermaid might read as its own, or as Markdown, by its number."""
    return "".join(
        sign if sign.isalnum() or sign in " ,=" or ord(sign) > 127 else f"#{ord(sign)};" for sign in printable(text)
    )


def one_line(text: str) -> str:
    """Text up to the end of a line, where Mermaid knows no numbers of signs."""
    return "".join(" " if sign in "#;{}" else sign for sign in printable(text)).strip() or "·"
