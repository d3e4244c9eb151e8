"""The step-through: one HTML file that goes forward and backward through a user's own graph, in any browser.

The file holds the picture, the graph as tapes (replay.py), the engine that runs them (engine.js) and the controls
(page.js). It asks nothing of any server.
"""

from __future__ import annotations

import html
import importlib.resources
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

from autograd.drawing.picture import Picture
from autograd.drawing.replay import program
from autograd.formula import PRODUCT, held, local_derivatives, titles, written
from autograd.value import Value

MOST_NODES = 200


def page(graph: Sequence[Value], names: Mapping[Value, str], picture: Picture, svg: str) -> str:
    """The HTML text of a step-through: `svg` shows the picture of the graph, given as nodes with parents first.

    Groups of the SVG have the ids of the picture's shapes: `value_3` and `op_3` are number 3 of the graph. Shapes that
    were folded away are stepped through all the same. Raises ValueError for a graph of more than 200 Values.
    """
    if len(graph) > MOST_NODES:
        raise ValueError(
            f"a graph of {len(graph)} Values has too many steps to follow (at most {MOST_NODES})\n"
            "step through one sample, a smaller model, or a node further inside"
        )
    name = names.get(graph[-1]) or picture.title
    parts = {
        "title": html.escape(name),
        "style": template("page.css"),
        "svg": inline(svg, name),
        "program": as_json(told(graph, names)),
        "engine": template("engine.js"),
        "script": template("page.js"),
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], template("page.html"))


def told(graph: Sequence[Value], names: Mapping[Value, str]) -> dict[str, Any]:
    """The program of a graph, with names and formulas for the words of its steps."""
    told = program(graph)
    titled = titles(graph, names)
    for node, entry in zip(graph, told["nodes"]):
        entry["title"] = titled[node]
        if node.op:
            entry["written"] = written(node, titled)
            entry["slopes"] = [held(slope, PRODUCT) for slope in local_derivatives(node, titled)]
        if isinstance(node._b, int):  # the element of a list
            entry["index"] = int(node._b)
    return told


def as_json(data: Any) -> str:
    """JSON that can stand inside a script element, whatever the texts in it."""
    return json.dumps(data, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")


def template(name: str) -> str:
    return importlib.resources.files("autograd.drawing").joinpath(name).read_text(encoding="utf-8").strip()


# ---- the picture inside the page -------------------------------------------------------------------------------------


def inline(svg: str, name: str) -> str:
    """An SVG for the inside of a page, with a mark on each edge: what it joins, as `data-tail` and `data-head`.

    Titles go: they tell of numbers that will change.
    """
    root = frugal(svg)
    for parent in list(root.iter()):
        for title in [each for each in parent if each.tag in ("title", "desc")]:
            parent.remove(title)
            tail, arrow, head = (title.text or "").partition("->")
            if arrow and parent.get("class") == "edge":
                parent.attrib.pop("id", None)
                parent.set("data-tail", tail)
                parent.set("data-head", head)
    root.attrib.pop("aria-labelledby", None)
    root.set("role", "group")
    root.set("aria-label", f"The graph of {name}")
    return ElementTree.tostring(root, encoding="unicode")


def frugal(svg: str) -> ElementTree.Element:
    """The elements of an SVG, in fewer signs: without namespaces, with tenths of a point at most.

    Texts hear of the lines of shapes, so let there be a style for them: `text { stroke: none }`.
    """
    root = ElementTree.fromstring(svg)
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        element.tail = None
        if not (element.text or "").strip():
            element.text = None
        for name in {"d", "points"} & element.attrib.keys():
            element.set(name, re.sub(r"(\.\d)\d+", r"\1", element.attrib[name]))
    hoist(root)
    return root


SHAPES = {"polygon", "polyline", "path", "ellipse", "rect"}


def hoist(root: ElementTree.Element) -> None:
    """Say once, at the root, what most texts say of their letters and most shapes of their lines."""
    texts, shapes = list(root.iter("text")), [each for each in root.iter() if each.tag in SHAPES]
    letters = [(name, texts) for name in ("font-family", "font-size", "text-anchor")]
    for name, hearers in [*letters, ("fill", [*texts, *shapes]), ("stroke", shapes)]:
        said = Counter(each.get(name) for each in hearers)
        usual = said.most_common(1)[0][0] if said else None
        if usual is None or None in said:  # what says nothing now would hear it
            continue
        root.set(name, usual)
        for each in hearers:
            if each.get(name) == usual:
                del each.attrib[name]
