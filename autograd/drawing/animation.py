"""A picture that moves, for slides: the forward pass lights up node by node, the backward pass fills in gradients.

It is an SVG with CSS in it and no script, so it plays wherever a browser shows an image. Everything that comes and goes
is an element that is seen from one step to another; the steps go round in a loop. Who prefers no motion sees the end.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from autograd.drawing.layout import TEXT, text_width
from autograd.drawing.page import COMMON_STYLE, as_text, frugal
from autograd.drawing.picture import LINE, Picture, printable
from autograd.floats import silent
from autograd.formula import titles, written
from autograd.value import Value

SECONDS, LONGEST = 1.2, 60.0  # a step's, and a loop's
PAUSE = 3  # steps, at the end
FORWARD, BACKWARD = "#0072b2", "#d55e00"  # after Okabe and Ito (2008)
HEADING = 20  # points above the picture, for the words
FONTS = "Helvetica,Arial,sans-serif"

Gradients = list[tuple[int, Value, float]]  # from which step on which node has which gradient


def animated_svg(graph: Sequence[Value], names: Mapping[Value, str], picture: Picture, svg: str) -> str:
    """The SVG text of a moving picture: `svg` shows the picture of the graph, given as nodes with parents first.

    >>> from autograd import Value, draw
    >>> a = Value(2.0)
    >>> "@keyframes" in draw(a * a, engine="own").animated_svg  # .save("steps.svg", animated=True) writes it
    True

    Groups of the SVG have the ids of the picture's shapes: `value_3` and `op_3` are number 3 of the graph; those of
    edges are `edge_0`, ... in the order of the picture.
    """
    film = Film(graph, names, picture, svg)
    film.light_up()
    film.fill_in()
    return film.finished()


class Film:
    """The picture, and what is to happen in it: `steps` for the nodes that fire, forward and then backward."""

    def __init__(self, graph: Sequence[Value], names: Mapping[Value, str], picture: Picture, svg: str) -> None:
        self.graph, self.picture, self.root = graph, picture, frugal(svg)
        self.groups = {each.get("id", ""): each for each in self.root.iter("g")}
        for group in self.groups.values():  # their titles tell of numbers that change
            group[:] = [each for each in group if each.tag != "title"]
        self.titled = titles(graph, names)
        self.computed = [node for node in graph if node.op]
        self.turn = len(self.computed) + 1  # the step at which the output gets its gradient
        self.end = self.turn + len(self.computed) + 1 + PAUSE
        self.number = {node: index for index, node in enumerate(graph)}
        self.rules: dict[str, str] = {}

    # -- what happens

    def light_up(self) -> None:
        """Each node is dim until it is computed, and lit up when it fires, forward and backward; so are its edges."""
        for step, node in enumerate(self.computed, start=1):
            for group in [*self.shapes(node), *self.edges(node)]:
                mark(group, self.lit(step, self.end - PAUSE - step))

    def fill_in(self) -> None:
        """Gradients come into the boxes as they add up, and words above the picture say what happens."""
        history: dict[Value, list[tuple[int, str]]] = {node: [(0, "grad ·")] for node in self.graph}
        for step, node, gradient in gradients(self.graph, self.turn):
            history[node].append((step, f"grad {gradient:.4g}"))
        for node, texts in history.items():
            self.replace_gradient(node, texts)
        said = {
            0: "the leaves hold their numbers",
            self.turn: f"backward: {self.titled[self.graph[-1]]} has gradient 1",
        }
        for step, node in enumerate(self.computed, start=1):
            said[step] = f"forward: {self.words(node)}"
            said[self.end - PAUSE - step] = f"backward: {self.titled[node]} passes its gradient on"
        self.say(said)

    def words(self, node: Value) -> str:
        title, formula = self.titled[node], written(node, self.titled)
        return f"{title} = {node.data:.4g}" if title == formula else f"{title} = {formula} = {node.data:.4g}"

    # -- elements

    def shapes(self, node: Value) -> list[Element]:
        ids = (f"{kind}_{self.number[node]}" for kind in ("value", "op"))
        return [self.groups[each] for each in ids if each in self.groups]

    def edges(self, node: Value) -> list[Element]:
        operator = f"op_{self.number[node]}"
        ids = (f"edge_{index}" for index, edge in enumerate(self.picture.edges) if operator in (edge.tail, edge.head))
        return [self.groups[each] for each in ids if each in self.groups]

    def replace_gradient(self, node: Value, texts: Sequence[tuple[int, str]]) -> None:
        """Several texts in place of the last one of a box, each from its step until the next one's."""
        for group in self.shapes(node)[:1]:
            last = group.findall("text")[-1]
            for (step, text), (until, _) in zip(texts, [*texts[1:], (self.end, "")]):
                if step < until:  # not replaced at once
                    made = ElementTree.SubElement(group, "text", last.attrib)
                    made.text = text
                    squeeze(made, width_of(group) - 6)
                    mark(made, self.seen(step, until))
            group.remove(last)

    def say(self, words: Mapping[int, str]) -> None:
        """Words above the picture, which gets room for them: a strip of them, moved up behind a window."""
        x, y, width, height = map(float, self.root.attrib["viewBox"].split())
        self.root.set("viewBox", f"{x:g} {y - HEADING:g} {width:g} {height + HEADING:g}")
        self.root.set("height", f"{float(self.root.attrib['height'].removesuffix('pt')) + HEADING:g}pt")
        place = {"x": f"{x:g}", "y": f"{y - HEADING:g}", "width": f"{width:g}", "height": f"{HEADING}"}
        window = ElementTree.SubElement(self.root, "svg", place)
        letters = {"fill": LINE, "font-size": f"{TEXT:g}", "text-anchor": "start", "font-family": FONTS}
        strip = ElementTree.SubElement(window, "g", {"class": "strip", **letters})
        most, said = max(20, int(width / 6)), ""  # signs that find room
        for step in range(self.end):
            said = words.get(step, said)
            line = ElementTree.SubElement(strip, "text", {"x": "6", "y": f"{HEADING * (step + 0.75):g}"})
            line.text = printable(said if len(said) <= most else f"{said[: most - 1]}…")

    # -- rules: a class each, and the keyframes that it goes through once in a loop

    def seen(self, start: int, until: int) -> str:
        """Seen from one step until another, or to the end: this is how it stays for those who prefer no motion."""
        changes = [(start, "opacity:1"), (until, "opacity:0")][: 1 if until == self.end else 2]
        hidden = [(0, "opacity:0")] if until == self.end and start else []
        return self.rule(f"s{start}_{until}", [*hidden, *changes], "" if until == self.end else "opacity:0;")

    def lit(self, forward: int, backward: int) -> str:
        changes = [(0, "opacity:.15")]
        for step, colour in ((forward, FORWARD), (backward, BACKWARD)):
            bright = f"opacity:1;stroke:{colour};stroke-width:3"
            changes += [(step, bright), (step + 1, "opacity:1;stroke:inherit;stroke-width:1")]
        return self.rule(f"n{forward}", changes)

    def rule(self, name: str, changes: Sequence[tuple[int, str]], otherwise: str = "") -> str:
        """A class whose elements change at the given steps, at once; `otherwise` is what they are without motion."""
        frames = "".join(f"{100 * step / self.end:.4g}%{{{style}}}" for step, style in changes)
        self.rules[name] = f".{name}{{{otherwise}animation-name:{name}}}@keyframes {name}{{{frames}}}"
        return name

    def finished(self) -> str:
        seconds, moved = (
            f"{min(SECONDS * self.end, LONGEST):.3g}s",
            [f"translateY({-HEADING * k}px)" for k in range(self.end + 1)],
        )
        style = Element("style")
        style.text = "\n".join(
            [
                COMMON_STYLE,
                f"*{{animation:{seconds} step-end infinite}}",
                f".strip{{transform:{moved[-2]};animation:strip {seconds} steps({self.end}) infinite}}",
                f"@keyframes strip{{from{{transform:none}}to{{transform:{moved[-1]}}}}}",
                *self.rules.values(),
                "@media (prefers-reduced-motion:reduce){*{animation:none!important}}",
            ]
        )
        self.root.insert(0, style)
        self.root.set("xmlns", "http://www.w3.org/2000/svg")
        return as_text(self.root)


def mark(element: Element, *classes: str) -> None:
    element.set("class", " ".join([*element.get("class", "").split(), *classes]))


def width_of(group: Element) -> float:
    """How wide a box is, whoever drew it."""
    shape = next(each for each in group if each.tag in ("polygon", "rect"))
    if shape.tag == "rect":
        return float(shape.attrib["width"])
    across = [float(point.split(",")[0]) for point in shape.attrib["points"].split()]
    return max(across) - min(across)


def squeeze(text: Element, width: float) -> None:
    """Keep a text inside a box that was made for a shorter one."""
    if text_width(text.text or "", TEXT) > width:
        text.set("textLength", f"{width:g}")
        text.set("lengthAdjust", "spacingAndGlyphs")


@silent
def gradients(graph: Sequence[Value], step: int) -> Gradients:
    """The backward pass: which node has which gradient from which step on, the output's own step being given."""
    grads: dict[Value, float] = defaultdict(float, {graph[-1]: 1.0})
    found = [(step, graph[-1], 1.0)]
    for node in reversed([node for node in graph if node.op]):
        step += 1
        for parent, gain in zip(node.parents, node.local_gradients(grads[node])):
            grads[parent] += gain
            found.append((step, parent, grads[parent]))
    return found
