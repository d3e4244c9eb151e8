"""SVG: our own picture of a layout, and the finish that every SVG gets, whoever drew it.

The finish gives a picture a title and a description for those who cannot see it, leaves no ids in it but those of its
shapes (`value_3`, `op_3`) and of its edges (`edge_0`, `edge_1`, in the order of the picture), and makes it safe to be
put into a page. Next: render.py, which chooses who draws.
"""

from __future__ import annotations

import hashlib
import textwrap
from collections import defaultdict
from itertools import pairwise
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from autograd.drawing.layout import (
    ARROW,
    LINE_HEIGHT,
    SMALL_TEXT,
    Box,
    Route,
    arranged,
    fields,
    label_place,
    letters_of,
    text_width,
)
from autograd.drawing.picture import CONSTANT, FILLS, GROUP, INK, LINE, OPERATOR, PARAMETER, Picture, printable

NAMESPACE = "http://www.w3.org/2000/svg"
MARGIN = 6.0
FLAT = 6.0  # a rise for which a line will do
SMALLEST = 0.6  # of its own size, in a page that is narrower
CAPTION_SIGNS = 60  # in a line of a caption, or more under a wide picture


def drawn(picture: Picture) -> str:
    """A picture as SVG, drawn by ourselves.

    >>> from autograd.drawing.picture import Picture, Shape
    >>> svg = drawn(Picture("two", "a lone box", "", [Shape("value_0", "input", ("a", "data 2"))], []))
    >>> "<title>a, data 2</title>" in svg, "data 2</text>" in svg
    (True, True)
    """
    layout = arranged(picture)
    below = caption_lines(picture.caption, layout.width)
    width = max([layout.width, *(text_width(line, SMALL_TEXT) for line in below)])
    height = layout.height + LINE_HEIGHT * SMALL_TEXT * len(below) + (8 if below else 0)
    frame = {"width": f"{round(width + 2 * MARGIN)}pt", "height": f"{round(height + 2 * MARGIN)}pt"}
    root = Element("svg", {**frame, "viewBox": numbers(0, 0, width + 2 * MARGIN, height + 2 * MARGIN)})
    page = add(root, "g", {"class": "graph", "transform": f"translate({numbers(MARGIN, MARGIN)})"})
    page.set("font-family", "Helvetica,Arial,sans-serif")
    page.set("text-anchor", "middle")
    for index, route in enumerate(layout.routes):
        add_edge(page, route, index)
    for box in layout.boxes:
        add_shape(page, box)
    for index, line in enumerate(below):
        y = layout.height + 8 + LINE_HEIGHT * SMALL_TEXT * (index + 0.75)
        add_text(page, line, width / 2, y, SMALL_TEXT, LINE)
    return finished_tree(root, picture)


def caption_lines(caption: str, width: float) -> list[str]:
    return textwrap.wrap(printable(caption), max(CAPTION_SIGNS, int(width / (0.55 * SMALL_TEXT))))


def add_shape(page: Element, box: Box) -> None:
    """A round, or a box with its lines of text in fields."""
    kind, fill = box.shape.kind, FILLS[box.shape.kind]
    group = add(page, "g", {"id": box.shape.id, "class": f"node {kind}"})
    paint = {"fill": fill, "stroke": fill if kind == CONSTANT else LINE}
    if kind in (PARAMETER, GROUP):
        paint["stroke-width"] = "1.5"
    if kind == OPERATOR:
        place = zip(("cx", "cy", "rx", "ry"), (box.x, box.y, box.width / 2, box.height / 2))
        add(group, "ellipse", {name: numbers(number) for name, number in place} | paint)
    else:
        corner = (box.x - box.width / 2, box.y - box.height / 2)
        place = zip(("x", "y", "width", "height"), (*corner, box.width, box.height))
        rounded = {"rx": "6"} if kind == GROUP else {}
        add(group, "rect", {name: numbers(number) for name, number in place} | rounded | paint)
    for line, y, border in fields(box):
        add_text(group, line, box.x, y, letters_of(box.shape), INK)
        if border is not None:
            left, right = box.x - box.width / 2, box.x + box.width / 2
            add(group, "path", {"d": f"M{numbers(left, border)} H{numbers(right)}", "stroke": LINE})


def add_edge(page: Element, route: Route, index: int) -> None:
    edge = route.edge
    group = add(page, "g", {"id": f"edge_{index}", "class": "edge"})
    add(group, "title", text=f"{edge.tail}->{edge.head}")
    *points, (x, y) = route.points
    back = ARROW if points[-1][0] < x else -ARROW
    add(group, "path", {"d": way([*points, (x - back, y)]), "fill": "none", "stroke": LINE})
    tip = f"{numbers(x, y)} {numbers(x - back, y - 2.5)} {numbers(x - back, y + 2.5)}"
    add(group, "polygon", {"points": tip, "fill": LINE})
    if edge.label:
        x, y, anchor = label_place(route)
        add_text(group, edge.label, x, y, SMALL_TEXT, LINE).set("text-anchor", anchor)


def way(points: list[tuple[float, float]]) -> str:
    """The path of a route: M to its start, then in turn a level line and a curve that is level at both ends.

    A curve that hardly rises is a line.
    """
    path = [f"M{numbers(*points[0])}"]
    for index, ((x, y), (end_x, end_y)) in enumerate(pairwise(points)):
        half = (x + end_x) / 2
        curve = f"C{numbers(half, y)} {numbers(half, end_y)} {numbers(end_x, end_y)}"
        path.append(curve if index % 2 and abs(y - end_y) > FLAT else f"L{numbers(end_x, end_y)}")
    return " ".join(path)


def add_text(page: Element, text: str, x: float, y: float, letters: float, colour: str) -> Element:
    place = {"x": numbers(x), "y": numbers(y), "font-size": numbers(letters), "fill": colour}
    return add(page, "text", place, printable(text))


def add(parent: Element, tag: str, attributes: dict[str, str] | None = None, text: str | None = None) -> Element:
    child = ElementTree.SubElement(parent, tag, attributes or {})
    child.text = text
    return child


def numbers(*values: float) -> str:
    return " ".join(f"{round(value, 1):g}" for value in values)


# ---- the finish --------------------------------------------------------------------------------------------------


def finished(svg: str, picture: Picture) -> str:
    """An SVG that Graphviz drew, with our ids, titles and description, and nothing in it that a page would stumble on.

    Comments, the prologue and links without an aim go; what is drawn stays as it is.
    """
    root = ElementTree.fromstring(svg)
    for element in root.iter():
        element.tag = element.tag.removeprefix(f"{{{NAMESPACE}}}")
    for parent in list(root.iter()):
        parent[:] = [inner for child in parent for inner in without_links(child)]
    return finished_tree(root, picture)


def without_links(element: Element) -> list[Element]:
    """The element, or what is in it if it is a link, or the group around one: Graphviz's way to give a tooltip."""
    if element.tag == "a" or (element.tag == "g" and len(element) == 1 and element[0].tag == "a"):
        return [inner for child in element for inner in without_links(child)]
    return [element]


def finished_tree(root: Element, picture: Picture) -> str:
    name_groups(root, picture)
    title, description = printable(picture.title), printable(picture.description)
    mark = hashlib.sha256(f"{title}\n{description}".encode()).hexdigest()[:8]  # another picture in a page has others
    root.set("xmlns", NAMESPACE)
    root.set("style", shrinking(root.attrib["width"]))
    root.set("role", "img")
    root.set("aria-labelledby", f"title_{mark} description_{mark}")
    for tag, name, text in (("desc", "description", description), ("title", "title", title)):
        element = Element(tag, {"id": f"{name}_{mark}"})
        element.text = text
        root.insert(0, element)
    return ElementTree.tostring(root, encoding="unicode", short_empty_elements=True)


def shrinking(width: str) -> str:
    """The style of a picture that shrinks to fit into a narrower page, as far as it can be read; then pages scroll."""
    return f"max-width:max(100%,{SMALLEST * float(width.removesuffix('pt')):.0f}pt);height:auto"


def name_groups(root: Element, picture: Picture) -> None:
    """Give the groups of shapes and edges their ids, classes and titles, which pointers show; take others away."""
    shapes = {shape.id: shape for shape in picture.shapes}
    ids = defaultdict(list)
    for index, edge in enumerate(picture.edges):
        ids[edge.tail, edge.head].append(f"edge_{index}")
    for group in root.iter("g"):
        kind, identity = group.get("class", "").split(" ")[0], group.attrib.pop("id", "")
        title = group.find("title")
        if kind == "node" and (shape := shapes.get(identity)):
            group.set("id", identity)
            group.set("class", f"node {shape.kind}")
            if title is None:
                title = Element("title")
                group.insert(0, title)
            title.text = printable(shape.tooltip.strip() or ", ".join(shape.lines))
        elif kind == "edge" and title is not None:
            tail, _, head = (title.text or "").partition("->")
            same = ids[tail.split(":")[0], head.split(":")[0]]
            title.text = f"{tail.split(':')[0]}->{head.split(':')[0]}"
            if same:
                group.set("id", same.pop(0))
        elif title is not None:
            group.remove(title)
