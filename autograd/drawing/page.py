"""The step-through: one HTML file that goes forward and backward through a user's own graph, in any browser.

The file holds the picture, the graph as tapes (replay.py), the engine that runs them (engine.js), the words of
the steps (words.js) and the controls (page.js). It asks nothing of any server.
"""

from __future__ import annotations

import dataclasses
import html
import importlib.resources
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from autograd.algebra import ATOM, PRODUCT, Text
from autograd.drawing.picture import LINE, Picture, printable
from autograd.drawing.replay import program
from autograd.formula import local_derivatives, titles, written
from autograd.value import Value

MOST_NODES = 200
LONGEST_TITLE = 80
LONGEST_SLOPE = 50  # signs of a formula; a longer one is told by its number
WIDEST = "grad -0.1234"  # what every box has room for


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
    titled = titles(graph, names)
    name = printable(titled[graph[-1]])[:LONGEST_TITLE]
    parts = {
        "title": html.escape(name),
        "style": f"{COMMON_STYLE}\n{template('page.css')}",
        "svg": inline(svg, graph, picture, name),
        "program": as_json(told(graph, titled)),
        "engine": template("engine.js"),
        "words": template("words.js"),
        "script": template("page.js"),
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], template("page.html"))


def roomy(picture: Picture) -> Picture:
    """The picture with boxes that the numbers of all steps fit in. What stands for them is overwritten, step by step.

    >>> from autograd.drawing.picture import Shape
    >>> box = Shape("value_0", "input", ("x", "data 2", "grad ·"))
    >>> roomy(Picture("x", "", "", [box], [])).shapes[0].lines
    ('x', 'data 2', 'grad -0.1234')
    """
    return dataclasses.replace(
        picture,
        shapes=[
            dataclasses.replace(shape, lines=(*shape.lines[:-1], max(shape.lines[-1], WIDEST, key=len)))
            if shape.id.startswith("value")
            else shape
            for shape in picture.shapes
        ],
    )


def told(graph: Sequence[Value], titled: Mapping[Value, Text]) -> dict[str, Any]:
    """The program of a graph, with titles and formulas for the words of its steps; what can be computed is left out."""
    told = program(graph)
    for node, entry in zip(graph, told["nodes"]):
        entry["title"] = titled[node]
        if titled[node].strength < ATOM:
            entry["loose"] = 1
        if not node.op:
            continue
        if (formula := written(node, titled)) != titled[node]:
            entry["written"] = formula
        if not told["onlyPython"]:
            del entry["value"]
        entry["slopes"] = [slope_as_json(slope) for slope in local_derivatives(node, titled)]
        if isinstance(node._b, int):  # the element of a list
            entry["index"] = int(node._b)
    return told


def slope_as_json(slope: Text) -> str | list[str]:
    """The formula of a slope, in a list if it needs brackets in a product; none if it is long."""
    if len(slope) > LONGEST_SLOPE:
        return ""
    return slope if slope.strength > PRODUCT else [slope]


def as_json(data: Any) -> str:
    """JSON that can stand inside a script element, whatever the texts in it."""
    return json.dumps(data, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")


def template(name: str) -> str:
    return importlib.resources.files("autograd.drawing").joinpath(name).read_text(encoding="utf-8").strip()


# ---- the picture inside the page -------------------------------------------------------------------------------------


def inline(svg: str, graph: Sequence[Value], picture: Picture, name: str) -> str:
    """An SVG for the inside of a page. Titles go: they tell of numbers that will change."""
    root = frugal(svg, picture)
    for parent in list(root.iter()):
        parent[:] = [each for each in parent if each.tag not in ("title", "desc")]
    for group in root.iter("g"):
        if match := re.fullmatch(r"value_(\d+)", group.get("id", "")):
            node = graph[int(match[1])]
            group.findall("text")[-1].text = f"grad {node.grad:.4g}" if node.grad_is_computed else "grad ·"
    root.attrib.pop("aria-labelledby", None)
    root.set("role", "group")
    root.set("aria-label", f"The graph of {name}")
    return as_text(root)


# What holds for the shapes and texts of every picture, and need not be said by each.
COMMON_STYLE = f"path{{fill:none}}text{{stroke:none}}.tips{{fill:{LINE}}}"
SHAPES = {"path", "ellipse", "rect"}
NUMBER = r"-?\d+\.?\d*(?:e-?\d+)?"


def frugal(svg: str, picture: Picture) -> Element:
    """The elements of an SVG in fewer signs, given COMMON_STYLE: no namespaces, no classes, tenths of a point.

    The edges of an operator, which light up together, become one group, with the operator's number as `data-op`.
    """
    root = ElementTree.fromstring(svg)
    root.attrib.pop("style", None)
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        element.tail = None
        if not (element.text or "").strip():
            element.text = None
        element.attrib = {name: text for name, text in element.items() if "}" not in name and name != "class"}
    operators = [operator_of(edge.tail, edge.head) for edge in picture.edges]
    for group in list(root.iter("g")):
        join_edges(group, operators)
        if re.match("value|op|constant", group.get("id", "")):
            move_home(group)
    hoist(root)
    return root


def operator_of(tail: str, head: str) -> str:
    """The number of the operator at one end of an edge."""
    return (tail if tail.startswith("op_") else head).partition("_")[2]


def join_edges(parent: Element, operators: Sequence[str]) -> None:
    """One group, of one path for lines and one for tips, in place of all the edges that an operator has in `parent`."""
    lines: dict[str, list[str]] = {}
    tips: dict[str, list[str]] = {}
    first: dict[str, Element] = {}
    for group in [each for each in parent if each.get("id", "").startswith("edge_")]:
        operator = operators[int(group.attrib["id"].removeprefix("edge_"))]
        lines.setdefault(operator, []).extend(each.attrib["d"] for each in group.iter("path"))
        tips.setdefault(operator, []).extend(outline(each.attrib["points"]) for each in group.iter("polygon"))
        if first.setdefault(operator, group) is not group:
            parent.remove(group)
    for operator, group in first.items():
        group.clear()
        group.set("data-op", operator)
        ElementTree.SubElement(group, "path", {"d": shorter(lines[operator])})
        ElementTree.SubElement(group, "path", {"d": shorter(tips[operator]), "class": "tips"})


def move_home(group: Element) -> None:
    """Count the coordinates of a shape from its centre, and draw all the borders inside it as one path."""
    for shape in group.iter("polygon"):
        as_rectangle(shape)
    shape = next(each for each in group if each.tag in ("rect", "ellipse"))
    x, y = (tenths(each) for each in centre(shape))
    borders = []
    for child in list(group):
        if child.tag in ("path", "polyline"):
            borders.append(child.get("d") or outline(child.attrib["points"], ""))
            group.remove(child)
        for names, home in ((("x", "cx"), x), (("y", "cy"), y)):
            for name in names:
                if name in child.attrib and (place := tenths(child.attrib.pop(name)) - home):
                    child.set(name, in_points(place))
        for name in ("width", "height", "rx", "ry", "font-size"):
            if name in child.attrib:
                child.set(name, in_points(tenths(child.attrib[name])))
    group.set("transform", f"translate({in_points(x)} {in_points(y)})")
    if borders:
        group.insert(list(group).index(shape) + 1, Element("path", {"d": shorter(borders, (x, y))}))


def as_rectangle(shape: Element) -> None:
    """A polygon as what Graphviz's boxes are, in fewer signs."""
    numbers = [float(each) for each in re.findall(NUMBER, shape.attrib.pop("points"))]
    across, down = numbers[::2], numbers[1::2]
    shape.tag = "rect"
    frame = {"x": min(across), "y": min(down), "width": max(across) - min(across), "height": max(down) - min(down)}
    shape.attrib |= {name: str(number) for name, number in frame.items()}


def centre(shape: Element) -> tuple[float, float]:
    if shape.tag == "ellipse":
        return float(shape.attrib["cx"]), float(shape.attrib["cy"])
    x, y, width, height = (float(shape.attrib[name]) for name in ("x", "y", "width", "height"))
    return x + width / 2, y + height / 2


def hoist(root: Element) -> None:
    """Say once, at the root, what most texts say of their letters and most shapes of their lines."""
    texts, shapes = list(root.iter("text")), [each for each in root.iter() if each.tag in SHAPES]
    letters = [(name, texts) for name in ("font-family", "font-size", "text-anchor", "fill")]
    for name, hearers in [*letters, ("stroke", [each for each in shapes if each.get("stroke")])]:
        said = Counter(each.get(name) for each in hearers)
        usual = said.most_common(1)[0][0] if said else None
        if usual is not None:
            root.set(name, usual)
        for each in hearers:
            if each.get(name) == usual:
                each.attrib.pop(name, None)


def as_text(root: Element) -> str:
    return ElementTree.tostring(root, encoding="unicode").replace(" />", "/>")  # in texts, > is written &gt;


# ---- paths in fewer signs --------------------------------------------------------------------------------------------


def outline(points: str, end: str = "Z") -> str:
    """The path along the points of a polygon."""
    numbers = re.findall(NUMBER, points)
    pairs = [f"{x} {y}" for x, y in zip(numbers[::2], numbers[1::2])]
    return f"M{'L'.join(dict.fromkeys(pairs))}{end}"


def shorter(paths: Iterable[str], home: tuple[int, int] = (0, 0)) -> str:
    """Paths as one, in steps from point to point, in tenths: what leads nowhere goes, what is level is a line.

    >>> shorter(["M10 20.04C11.5 20 12 20 15 20L15 20", "M1 2L2.5 2L2.5 1Z"])
    'm10 20h5m-14-18h1.5v-1z'
    """
    x, y = home
    start = home
    steps: list[tuple[str, list[int]]] = []
    for command, text in re.findall(r"([MLHCZ])([^MLHCZ]*)", "".join(paths)):
        numbers = [tenths(each) for each in re.findall(NUMBER, text)]
        if command == "Z":
            steps.append(("z", []))
            x, y = start
        if command == "H":
            numbers.append(y)
        size = 6 if command == "C" else 2
        for place in range(0, len(numbers), size):
            step = [number - (y if index % 2 else x) for index, number in enumerate(numbers[place : place + size])]
            x, y = x + step[-2], y + step[-1]
            if command == "M":
                start = x, y
            if any(step) or command == "M":
                add_step(steps, command.lower(), step)
    return "".join(command + joined(numbers) for command, numbers in steps)


def add_step(steps: list[tuple[str, list[int]]], command: str, step: list[int]) -> None:
    """Add a step to a path: a level one as h, at once with those before it, an upright one as v."""
    if command != "m" and not any(step[1::2]):
        command, step = "h", step[-2:-1]
        if steps and steps[-1][0] == "h":
            step = [step[0] + steps.pop()[1][0]]
    elif command != "m" and not any(step[::2]):
        command, step = "v", step[-1:]
    steps.append((command, step))


def tenths(number: str | float) -> int:
    return round(10 * float(number))


def in_points(tenths: int) -> str:
    """Tenths as a number in the fewest signs: '8', '-12.5', '.3'."""
    whole, rest = divmod(abs(tenths), 10)
    digits = f"{whole or ''}.{rest}" if rest else str(whole)
    return f"-{digits}" if tenths < 0 else digits


def joined(numbers: Iterable[int]) -> str:
    return " ".join(map(in_points, numbers)).replace(" -", "-")
