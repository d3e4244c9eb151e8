"""Pictures made by hand, for the tests of everything that draws one."""

from __future__ import annotations

from autograd.drawing.picture import FIRST, SECOND, Edge, Picture, Shape

HOSTILE = (
    'quote " quote',
    "a|b{c}d<e>f",
    "back\\slash \\n",
    "line\nbreak\ttab\x00\x1b",
    "ünïcødé ∂σ 漢字 x₁²",
    "<b>bold</b><script>alert(1)</script>",
    "&amp; &",
    "# $x$ %% ~ ^ _ `code` **bold**",
    "end",
    "1. list",
    "#quot; -- --> ]]",
    "\\end{document}",
    "\ud800 lone",
    "",
)


def square() -> Picture:
    """y = 2 - x * x, with both edges of x, a constant, and operands that have an order."""
    shapes = [
        Shape("value_0", "input", ("x", "data 3", "grad ·"), "input: data 3.0"),
        Shape("op_1", "operator", ("*",)),
        Shape("value_1", "computed", ("data 9", "grad ·")),
        Shape("constant_2a0", "constant", ("2",)),
        Shape("op_2", "operator", ("-",)),
        Shape("value_2", "output", ("y", "data -7", "grad ·")),
    ]
    edges = [
        Edge("value_0", "op_1", "3"),
        Edge("value_0", "op_1", "3"),
        Edge("op_1", "value_1"),
        Edge("constant_2a0", "op_2", "", FIRST),
        Edge("value_1", "op_2", "-1", SECOND),
        Edge("op_2", "value_2"),
    ]
    return Picture("y = -7.0", "A graph of 3 Values.", "", shapes, edges)


def hostile(*texts: str) -> Picture:
    """A picture of which every text comes from elsewhere."""
    first, *_ = texts
    shapes = [Shape(f"value_{index}", "parameter", (text, "data 1"), text) for index, text in enumerate(texts)]
    shapes.append(Shape("op_9", "operator", (first,)))
    edges = [Edge(shape.id, "op_9", text) for shape, text in zip(shapes, texts)]
    return Picture(first, first, first, shapes, edges)


def loop() -> Picture:
    """Two folded layers that lead to each other, and to themselves."""
    shapes = [
        Shape("value_0", "input", ("x",)),
        Shape("group_0", "group", ("cell", "8 neurons")),
        Shape("group_1", "group", ("layer",)),
        Shape("value_1", "output", ("y",)),
    ]
    pairs = ["value_0 group_0", "group_0 group_1", "group_1 group_0", "group_1 group_1", "group_1 value_1"]
    return Picture("y", "Two layers.", "2 layers were folded", shapes, [Edge(*pair.split()) for pair in pairs])


def chain(length: int) -> Picture:
    """A long chain of operations, each of which uses the first value too."""
    shapes, edges = [Shape("value_0", "input", ("x", "data 1"))], []
    for index in range(1, length):
        shapes += [Shape(f"op_{index}", "operator", ("*",)), Shape(f"value_{index}", "computed", ("data 1", "grad 1"))]
        edges += [Edge(f"value_{index - 1}", f"op_{index}"), Edge("value_0", f"op_{index}")]
        edges += [Edge(f"op_{index}", f"value_{index}")]
    return Picture("chain", "", "", shapes, edges)


def network(width: int) -> Picture:
    """Two layers of neurons, each connected to all of the layer before."""
    shapes = [Shape(f"value_{index}", "input", (f"x{index}", "data 1")) for index in range(width)]
    edges = []
    for layer in (1, 2):
        for index in range(width):
            name = f"{layer}_{index}"
            shapes += [Shape(f"op_{name}", "operator", ("dot",)), Shape(f"value_{name}", "computed", ("data 1",))]
            befores = [f"value_{other}" if layer == 1 else f"value_1_{other}" for other in range(width)]
            edges += [Edge(before, f"op_{name}") for before in befores] + [Edge(f"op_{name}", f"value_{name}")]
    return Picture("network", "", "", shapes, edges)
