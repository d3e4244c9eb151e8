"""A Picture as a LaTeX document, drawn with TikZ where layout.py put things. It needs nothing but LaTeX."""

from __future__ import annotations

from collections.abc import Iterator

from autograd.drawing.layout import (
    LINE_HEIGHT,
    SMALL_TEXT,
    TEXT,
    Box,
    Layout,
    Route,
    arranged,
    fields,
    label_place,
)
from autograd.drawing.picture import CONSTANT, FILLS, GROUP, INK, LINE, OPERATOR, PARAMETER, Picture
from autograd.latex import escaped

HEAD = r"""\documentclass[border=4pt]{standalone}
\usepackage[utf8]{inputenc}
\usepackage{tikz}
% A sign that pdflatex may not have: as it is in xelatex and lualatex, elsewhere by its number.
\providecommand{\sign}[2]{\ifdefined\Umathchar#1\else{\scriptsize U+#2}\fi}
"""
LONGEST = 14_000.0  # TeX counts no further than 16,383 points


def tikz(picture: Picture) -> str:
    r"""The LaTeX document of a picture: saved as graph.tex, `pdflatex graph.tex` prints it.

    >>> from autograd.drawing.picture import Picture, Shape
    >>> print(tikz(Picture("x = 2", "", "", [Shape("value_0", "input", ("x_1", "data 2"))], [])))
    \documentclass[border=4pt]{standalone}
    ...
    % value_0
    \filldraw[line, fill=input] (0, 0) rectangle (...);
    \node[word] at (...) {x\_1};
    ...
    \end{document}
    <BLANKLINE>

    To put it into a document of yours, take the lines from the first colour to the end of the tikzpicture.
    """
    layout = arranged(picture)
    scale = min(1.0, LONGEST / max(1.0, layout.width, layout.height))
    shrink(layout, scale)
    lines = [*colours(), r"\begin{document}", *opening(scale)]
    for route in layout.routes:
        lines += edge_lines(route)
    for box in layout.boxes:
        lines += shape_lines(box, scale)
    if picture.caption.strip():
        width, y = max(200.0, layout.width), layout.height + LINE_HEIGHT * SMALL_TEXT * scale
        style = f"[label, anchor=north, text width={numbers(width)}bp, align=center]"
        lines.append(f"\\node{style} at ({numbers(layout.width / 2, y)}) {{{in_tex(picture.caption)}}};")
    return HEAD + "\n".join([*lines, r"\end{tikzpicture}", r"\end{document}", ""])


def shrink(layout: Layout, scale: float) -> None:
    layout.width, layout.height = scale * layout.width, scale * layout.height
    for box in layout.boxes:
        box.x, box.y, box.width, box.height = (scale * each for each in (box.x, box.y, box.width, box.height))
    for route in layout.routes:
        route.points = [(scale * x, scale * y) for x, y in route.points]


def colours() -> Iterator[str]:
    for name, colour in {**FILLS, "ink": INK, "line": LINE}.items():
        yield f"\\definecolor{{{name}}}{{HTML}}{{{colour.lstrip('#').upper()}}}"


def opening(scale: float) -> Iterator[str]:
    yield r"\begin{tikzpicture}[x=1bp, y=-1bp, every node/.style={inner sep=0pt, anchor=base},"
    for name, colour, letters in (("word", "ink", TEXT), ("small", "ink", SMALL_TEXT), ("label", "line", SMALL_TEXT)):
        size = f"{0.9 * scale * letters:.3g}"
        yield f"  {name}/.style={{text={colour}, font=\\sffamily\\fontsize{{{size}}}{{{size}}}\\selectfont}},"
    yield "]"


def shape_lines(box: Box, scale: float) -> Iterator[str]:
    kind = box.shape.kind
    style = f"{kind if kind == CONSTANT else 'line'}, fill={kind}"
    if kind in (PARAMETER, GROUP):
        style += ", thick"
    left, right, half = box.x - box.width / 2, box.x + box.width / 2, box.height / 2
    yield f"% {box.shape.id}"
    if kind == OPERATOR:
        radii = f"x radius={numbers(box.width / 2)}, y radius={numbers(half)}"
        yield f"\\filldraw[{style}] ({numbers(box.x, box.y)}) ellipse [{radii}];"
    else:
        corners = f"({numbers(left, box.y - half)}) rectangle ({numbers(right, box.y + half)})"
        yield f"\\filldraw[{style}] {corners};"
    for line, y, border in fields(box, scale):
        if border is not None:
            yield f"\\draw[line] ({numbers(left, border)}) -- ({numbers(right, border)});"
        word = "small" if kind == CONSTANT else "word"
        yield f"\\node[{word}] at ({numbers(box.x, y)}) {{{in_tex(line)}}};"


def edge_lines(route: Route) -> Iterator[str]:
    """An edge: in turn a level line and a curve that is level at both ends."""
    yield f"% {route.edge.tail} -> {route.edge.head}"
    (x, y), *points = route.points
    path = [f"({numbers(x, y)})"]
    for index, (end_x, end_y) in enumerate(points):
        half = (x + end_x) / 2
        curve = f".. controls ({numbers(half, y)}) and ({numbers(half, end_y)}) .."
        path.append(f"{curve if index % 2 and y != end_y else '--'} ({numbers(end_x, end_y)})")
        x, y = end_x, end_y
    yield f"\\draw[line, -latex] {' '.join(path)};"
    if route.edge.label:
        x, y, anchor = label_place(route)
        side = {"middle": "base", "start": "base west"}[anchor]
        yield f"\\node[label, anchor={side}] at ({numbers(x, y)}) {{{in_tex(route.edge.label)}}};"


def numbers(*values: float) -> str:
    return ", ".join(f"{round(value, 1):g}" for value in values)


def in_tex(text: str) -> str:
    return escaped(text, lambda sign: f"\\sign{{{sign}}}{{{ord(sign):04X}}}")
