"""What a picture shows, whoever draws it: shapes with lines of text, and edges between them.

Made from a graph in view.py; written as DOT in dot.py, as Mermaid in mermaid.py, as TikZ in tikz.py, as SVG in svg.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from autograd.naming import printable as printable

# The kinds of shapes. Leaves are inputs or, if a model owns them, parameters; a group stands for many Values.
INPUT, PARAMETER, COMPUTED, OUTPUT = "input", "parameter", "computed", "output"
OPERATOR, CONSTANT, GROUP = "operator", "constant", "group"

# Fills that colour-blind eyes tell apart (after Okabe and Ito 2008), all light: text on them is dark, on any page.
FILLS = {
    INPUT: "#cfe6f5",
    PARAMETER: "#d3ecd9",
    COMPUTED: "#ffffff",
    OUTPUT: "#fbdcb0",
    OPERATOR: "#f2f2f2",
    CONSTANT: "#e4e4e4",
    GROUP: "#efe3f3",
}
INK, LINE = "#1b1b1b", "#757575"  # LINE, of edges and of text outside boxes, reads as well on white as on black

FIRST, SECOND = "first", "second"  # where an edge enters an operator whose operands have an order


@dataclass(frozen=True)
class Shape:
    """A box or a round. `id` is made of letters, digits and `_`; `lines` are plain text, of any signs, one a field."""

    id: str
    kind: str
    lines: tuple[str, ...]
    tooltip: str = ""


@dataclass(frozen=True)
class Edge:
    """An arrow from shape to shape, by their ids; each use of a Value is one. `place` is "", FIRST or SECOND."""

    tail: str
    head: str
    label: str = ""
    place: str = ""


@dataclass(frozen=True)
class Picture:
    """All that is drawn. `description` is for those who cannot see it; `caption`, if any, says what was folded.

    Shapes come in topological order: every edge but those of a folded loop leads from an earlier to a later one.
    """

    title: str
    description: str
    caption: str
    shapes: Sequence[Shape]
    edges: Sequence[Edge]
