"""A graph in the terminal, as a tree of box characters: `tree(value)`. Needs nothing installed."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from autograd.algebra import Text as Title
from autograd.drawing.picture import printable
from autograd.drawing.view import operands, shorten
from autograd.formula import titles, written
from autograd.graph import nodes
from autograd.naming import names as find_names
from autograd.naming import namespace
from autograd.structures import a_kind_of
from autograd.value import Value

MOST_LINES = 200
LONGEST_FORMULA = 24


class Text(str):
    """Text that Python's prompt shows as it is."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def tree(value: Value, names: Mapping[str, Any] | None = None, width: int | None = None) -> Text:
    """The graph that a Value was computed by, as an indented tree: the operands of a node stand below it.

    >>> from autograd import Value, tree
    >>> a, b = Value(2.0), Value(-3.0)
    >>> c = a * b
    >>> tree(c + a**2)
    c + a**2 = -2
    ├── c = a*b = -6
    │   ├── a = 2
    │   └── b = -3
    └── a**2 = 4
        ├── a ↑
        └── 2

    What was shown above already is only named, with an arrow. Gradients are shown once they are computed. Lines are cut
    at `width`, by default the terminal's; after 200 lines the rest is counted. Raises TypeError for what is no Value.
    """
    if not isinstance(value, Value):
        raise TypeError(f"tree: {value!r:.60} is {a_kind_of(value)}, not a Value\ngive it the Value to show")
    found = find_names(graph := nodes(value), namespace(names, "tree", sys._getframe(1)))
    if width is not None and not isinstance(width, int):
        raise TypeError(f"tree: width = {width!r:.60}\nwidth is a number of columns, or nothing for the terminal's")
    width = max(width or shutil.get_terminal_size().columns, 8)
    lines = list(zip(range(MOST_LINES + 1), branches(value, titles(graph, found), width)))
    if len(lines) > MOST_LINES:
        lines[-1] = MOST_LINES, f"… {len(graph):,} Values in all; look at one further inside"
    return Text("\n".join(cut(line, width) for _, line in lines))


def branches(value: Value, titled: Mapping[Value, Title], width: int) -> Iterator[str]:
    """The lines of the tree. Far from the root they are no longer indented, or nothing would be left to read."""
    shown: set[Value] = set()
    stack: list[tuple[Any, str, str]] = [(value, "", "")]
    while stack:
        node, first, rest = stack.pop()
        if not isinstance(node, Value):
            yield f"{first}{node}"
        elif node in shown:
            yield f"{first}{titled[node]} ↑"
        else:
            shown.add(node)
            yield first + described(node, titled)
            if len(rest) > width // 2:
                rest = "⋯ "
            below = [each for several in operands(node) for each in several]
            last = len(below) - 1
            stack += [
                (each, rest + ("└── " if place == last else "├── "), rest + ("    " if place == last else "│   "))
                for place, each in reversed(list(enumerate(below)))
            ]


def described(node: Value, titled: Mapping[Value, Title]) -> str:
    """'c = a*b = -6, grad 1'. Of a long formula, the operation alone."""
    formula = written(node, titled)
    how = formula if len(formula) <= LONGEST_FORMULA or formula == titled[node] else node.op
    name = "" if how == titled[node] else titled[node]
    gradient = f", grad {shorten(node.grad)}" if node.grad_is_computed else ""
    return " = ".join(filter(None, (name, how, shorten(node.data)))) + gradient


def cut(line: str, width: int) -> str:
    """One line, whatever a label holds, and no longer than that."""
    line = printable(line)
    return line if len(line) <= width else line[: width - 1] + "…"
