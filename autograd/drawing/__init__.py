"""Pictures of a graph: `draw(value)`. What is drawn is decided in dot.py, how it becomes a picture in render.py."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from autograd.drawing.dot import source
from autograd.drawing.render import rendered
from autograd.graph import nodes
from autograd.naming import names as find_names
from autograd.naming import variables
from autograd.value import Value

SUFFIXES = (".svg", ".png", ".dot")


class Drawing:
    """A picture of a graph, made by `draw`: its DOT `source`, its `svg`, and `save(path)`. Notebooks show it."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._svg: str | None = None

    @property
    def svg(self) -> str:
        """The picture as SVG text."""
        if self._svg is None:
            self._svg = rendered(self.source, "svg").decode("utf-8")
        return self._svg

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the picture to a file, as its suffix says: .svg, .png or .dot. Returns the path.

        The file is complete or untouched: it is written beside its place, then moved there.
        """
        path = Path(path)
        suffix = path.suffix.lower()
        if suffix not in SUFFIXES:
            raise ValueError(f"cannot draw {path.name!r}: unknown suffix {suffix!r}\nuse one of {', '.join(SUFFIXES)}")
        if suffix == ".png":
            content = rendered(self.source, "png", self.svg)
        else:
            content = (self.svg if suffix == ".svg" else self.source).encode("utf-8")
        write_whole(path, content)
        return path

    def _repr_svg_(self) -> str | None:
        try:
            return self.svg
        except Exception:  # a notebook cell must not fail for want of a picture
            return None

    def __repr__(self) -> str:
        return f"<Drawing: {self.source.count('[label=')} shapes; .save('graph.svg') writes it>"


def draw(value: Value, names: Mapping[str, Any] | None = None) -> Drawing:
    """Draw the graph that a Value was computed by, from its leaves on the left to itself on the right.

    >>> from autograd import Value, draw
    >>> a, b = Value(2.0), Value(-3.0)
    >>> c = a * b
    >>> picture = draw(c)                       # picture.save("c.svg"), picture.save("c.png")
    >>> print(picture.source)                   # doctest: +ELLIPSIS
    digraph "c = -6.0" {
    ...

    Each Value is a box with its name, its data and its gradient ("·" where none has been computed). Names are labels,
    or the caller's variables, or those of `names`. Operators are circles, constants small grey boxes; every use of a
    Value is an edge. Raises TypeError for what is not a Value and ValueError for a graph too large to be read.
    """
    if not isinstance(value, Value):
        raise TypeError(f"draw: {value!r:.60} is a {type(value).__name__}, not a Value\ngive it the Value to draw")
    graph = nodes(value)
    if names is None:
        names = variables(sys._getframe(1))
    return Drawing(source(graph, find_names(graph, names)))


def write_whole(path: Path, content: bytes) -> None:
    """Replace a file by its new content in one step."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    try:
        try:
            temporary.write_bytes(content)
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise OSError(
            f"cannot write {str(path)!r}: {error.strerror}\nchoose a folder that exists and may be written"
        ) from None
