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

from autograd.drawing.picture import Picture, printable
from autograd.drawing.replay import program
from autograd.formula import PRODUCT, held, local_derivatives, titles, written
from autograd.value import Value

MOST_NODES = 200
LONGEST_TITLE = 80


def page(graph: Sequence[Value], names: Mapping[Value, str], picture: Picture, svg: str) -> str:
    """The HTML text of a step-through: `svg` shows the picture of the graph, given as nodes with parents first.

    >>> from autograd import Value, draw
    >>> a = Value(2.0)
    >>> draw(a * a, engine="own").page.html[:15]        # draw(...).save("steps.html") writes it
    '<!DOCTYPE html>'

    Groups of the SVG have the ids of the picture's shapes: `value_3` and `op_3` are number 3 of the graph. Shapes that
    were folded away are stepped through all the same. Raises ValueError for a graph of more than 200 Values.
    """
    if len(graph) > MOST_NODES:
        raise ValueError(
            f"a graph of {len(graph)} Values has too many steps to follow (at most {MOST_NODES})\n"
            "step through one sample, a smaller model, or a node further inside"
        )
    name = printable(names.get(graph[-1]) or picture.title)[:LONGEST_TITLE]
    parts = {
        "title": html.escape(name),
        "style": f"{COMMON_STYLE}\n{template('page.css')}",
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
    """An SVG for the inside of a page, with a mark on each edge: the ids of what it joins, as `data-ends`.

    Titles go: they tell of numbers that will change.
    """
    root = frugal(svg)
    for parent in list(root.iter()):
        for title in [each for each in parent if each.tag in ("title", "desc")]:
            parent.remove(title)
            if "->" in (title.text or "") and "edge" in parent.get("id", ""):
                del parent.attrib["id"]
                parent.set("data-ends", (title.text or "").replace("->", " "))
    root.attrib.pop("aria-labelledby", None)
    root.set("role", "group")
    root.set("aria-label", f"The graph of {name}")
    return as_text(root)


# What holds for the shapes and texts of every picture, and need not be said by each.
COMMON_STYLE = "path,polyline{fill:none}text{stroke:none}"
SHAPES = {"polygon", "polyline", "path", "ellipse", "rect"}
PLACES = {"d", "points", "x", "y", "cx", "cy", "rx", "ry"}


def frugal(svg: str) -> ElementTree.Element:
    """The elements of an SVG in fewer signs, given COMMON_STYLE: no namespaces, no classes, tenths of a point."""
    root = ElementTree.fromstring(svg)
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        element.tail = None
        if not (element.text or "").strip():
            element.text = None
        for name, text in list(element.items()):
            if name in PLACES:
                element.set(name, re.sub(r"\d+\.\d+", lambda found: f"{float(found[0]):.1f}".removesuffix(".0"), text))
            elif "}" in name or name == "class" or (name == "fill" and element.tag in ("path", "polyline")):
                del element.attrib[name]
    hoist(root)
    return root


def hoist(root: ElementTree.Element) -> None:
    """Say once, at the root, what most texts say of their letters and most shapes of their lines."""
    texts, shapes = list(root.iter("text")), [each for each in root.iter() if each.tag in SHAPES]
    letters = [(name, texts) for name in ("font-family", "font-size", "text-anchor", "fill")]
    for name, hearers in [*letters, ("stroke", shapes)]:
        said = Counter(each.get(name) for each in hearers)
        usual = said.most_common(1)[0][0] if said else None
        if usual is not None:
            root.set(name, usual)
        for each in hearers:
            if each.get(name) == usual:
                each.attrib.pop(name, None)


def as_text(root: ElementTree.Element) -> str:
    return ElementTree.tostring(root, encoding="unicode").replace(" />", "/>")  # in texts, > is written &gt;
