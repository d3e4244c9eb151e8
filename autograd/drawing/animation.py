"""A picture that moves, for slides: the forward pass lights up node by node, the backward pass fills in gradients.

It is an SVG with CSS in it and no script, so it plays wherever a browser shows an image. Everything that comes and goes
is an element that is seen from one step to another; the steps go round in a loop. Who prefers no motion sees the end.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from autograd.algebra import ATOM, held
from autograd.drawing.layout import TEXT, text_width
from autograd.drawing.page import COMMON_STYLE, as_text, frugal
from autograd.drawing.picture import LINE, Picture, printable
from autograd.drawing.svg import shrinking
from autograd.floats import silent
from autograd.formula import titles, written
from autograd.value import Value

SECONDS, LONGEST = 1.2, 60.0  # a step's, and a loop's
PAUSE = 3  # steps, at the end
MOST_TOLD = 3  # parents, in the words of a step
FORWARD, BACKWARD = "#0072b2", "#d55e00"  # after Okabe and Ito (2008)
HEADING = 20  # points above the picture, for the words
FONTS = "Helvetica,Arial,sans-serif"

Gains = list[tuple[Value, float, float]]  # the parents of a node that fires, what each gains, and has after it
Firing = tuple[Value, float, Gains]  # the node, and its gradient


def animated_svg(graph: Sequence[Value], names: Mapping[Value, str], picture: Picture, svg: str) -> str:
    """The SVG text of a moving picture: `svg` shows the picture of the graph, given as nodes with parents first.

    >>> from autograd import Value, draw
    >>> a = Value(2.0)
    >>> "@keyframes" in draw(a * a, engine="own").animated_svg  # .save("steps.svg", animated=True) writes it
    True

    Groups of the SVG have the ids of the picture's shapes: `value_3` and `op_3` are number 3 of the graph; the edges of
    `op_3` are a group with that number as `data-op`.
    """
    film = Film(graph, names, picture, svg)
    film.light_up()
    film.fill_in()
    return film.finished()


class Film:
    """The picture, and what is to happen in it: `steps` for the nodes that fire, forward and then backward."""

    def __init__(self, graph: Sequence[Value], names: Mapping[Value, str], picture: Picture, svg: str) -> None:
        self.graph, self.root = graph, frugal(svg, picture)
        self.groups = {each.get("id") or f"edges_{each.get('data-op')}": each for each in self.root.iter("g")}
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
            for group in self.drawn("value", "op", "edges", node=node):
                group.set("class", self.lit(step, self.end - PAUSE - step))

    def fill_in(self) -> None:
        """Numbers come into the boxes as they are computed and add up, and words above the picture say what happens."""
        output = self.graph[-1]
        history: dict[Value, list[tuple[int, str]]] = {node: [(0, "grad ·")] for node in self.graph}
        history[output].append((self.turn, "grad 1"))
        said = {0: "the leaves hold their numbers", self.turn: f"backward: {self.titled[output]} has gradient 1"}
        for step, node in enumerate(self.computed, start=1):
            said[step] = f"forward: {self.words(node)}"
            self.replace(node, -2, [(0, "data ·"), (step, f"data {node.data:.4g}")])
        for step, (node, gradient, gains) in enumerate(firings(self.graph), start=self.turn + 1):
            said[step] = f"backward: {self.titled[node]} fires with {gradient:.4g}{self.shares(gains)}"
            for parent, _, after in gains:
                history[parent].append((step, f"grad {after:.4g}"))
        for node, texts in history.items():
            self.replace(node, -1, texts)
        self.say(said)

    def words(self, node: Value) -> str:
        title, formula = self.titled[node], written(node, self.titled)
        return f"{title} = {node.data:.4g}" if title == formula else f"{title} = {formula} = {node.data:.4g}"

    def shares(self, gains: Gains) -> str:
        """What the gradient of each parent gains, for the first few."""
        texts = [f"{held(self.titled[parent], ATOM)}.grad += {gain:.4g}" for parent, gain, _ in gains[:MOST_TOLD]]
        return "".join(f"; {text}" for text in texts) + ("; …" if len(gains) > MOST_TOLD else "")

    # -- elements

    def drawn(self, *kinds: str, node: Value) -> list[Element]:
        ids = (f"{kind}_{self.number[node]}" for kind in kinds)
        return [self.groups[each] for each in ids if each in self.groups]

    def replace(self, node: Value, place: int, texts: Sequence[tuple[int, str]]) -> None:
        """Several texts in place of one of a box, each from its step until the next one's."""
        for group in self.drawn("value", node=node):
            text = group.findall("text")[place]
            at = list(group).index(text)
            group.remove(text)
            for (step, said), (until, _) in zip(texts, [*texts[1:], (self.end, "")]):
                if step < until:  # not replaced at once
                    made = Element("text", text.attrib)
                    made.text = said
                    squeeze(made, width_of(group) - 6)
                    if name := self.seen(step, until):
                        made.set("style", f"animation-name:{name}")
                    group.insert(at, made)
                    at += 1

    def say(self, words: Mapping[int, str]) -> None:
        """Words above the picture, which gets room for them: a strip of them, moved up behind a window."""
        x, y, width, height = map(float, self.root.attrib["viewBox"].split())
        self.root.set("viewBox", f"{x:g} {y - HEADING:g} {width:g} {height + HEADING:g}")
        self.root.set("height", f"{float(self.root.attrib['height'].removesuffix('pt')) + HEADING:g}pt")
        place = {"x": f"{x + 6:g}", "y": f"{y - HEADING:g}", "width": f"{width:g}", "height": f"{HEADING}"}
        window = ElementTree.SubElement(self.root, "svg", place)
        letters = {"fill": LINE, "font-size": f"{TEXT:g}", "text-anchor": "start", "font-family": FONTS}
        strip = ElementTree.SubElement(window, "g", {"class": "strip", **letters})
        most, said = max(20, int(width / 6)), ""  # signs that find room
        for step in range(self.end):
            said = words.get(step, said)
            line = ElementTree.SubElement(strip, "text", {"y": f"{HEADING * (step + 0.75):g}"})
            line.text = printable(said if len(said) <= most else f"{said[: most - 1]}…")

    # -- rules: the keyframes that elements go through once in a loop

    def seen(self, start: int, until: int) -> str:
        """Seen from one step until another, or to the end: this is how it stays for those who prefer no motion."""
        hidden = [(0, "opacity:0"), (start, "opacity:1")] if start else []
        if until == self.end:
            return self.rule(f"s{start}", hidden) if hidden else ""
        return self.rule(f"u{start}_{until}", [*hidden, (until, "opacity:0")])

    def lit(self, forward: int, backward: int) -> str:
        """Dim at first; what a step does not say again stays as it was."""
        changes = [(0, "opacity:.15")]
        for step, colour in ((forward, f"opacity:1;stroke:{FORWARD}"), (backward, f"stroke:{BACKWARD}")):
            changes += [(step, f"{colour};stroke-width:3"), (step + 1, "stroke:inherit;stroke-width:1")]
        name = self.rule(f"n{forward}", changes)
        self.rules[name] = f".{name}{{animation-name:{name}}}{self.rules[name]}"
        return name

    def rule(self, name: str, changes: Sequence[tuple[int, str]]) -> str:
        """Keyframes by which an element changes at the given steps, at once."""
        frames = "".join(f"{100 * step / self.end:.3g}%{{{style}}}" for step, style in changes)
        self.rules[name] = f"@keyframes {name}{{{frames}}}"
        return name

    def finished(self) -> str:
        seconds, moved = (
            f"{min(SECONDS * self.end, LONGEST):.3g}s",
            [f"translateY({-HEADING * k}px)" for k in range(self.end + 1)],
        )
        style = Element("style")
        self.root.set("style", shrinking(self.root.attrib["width"]))
        style.text = "\n".join(
            [
                COMMON_STYLE,
                f"*{{animation:{seconds} step-end infinite}}",
                f".strip{{transform:{moved[-2]};animation:strip {seconds} steps({self.end}) infinite}}",
                f"@keyframes strip{{from{{transform:none}}to{{transform:{moved[-1]}}}}}",
                *self.rules.values(),
                "@media (prefers-reduced-motion:reduce){*{animation:none!important}[style*=':u']{opacity:0}}",
            ]
        )
        self.root.insert(0, style)
        self.root.set("xmlns", "http://www.w3.org/2000/svg")
        return as_text(self.root)


def width_of(group: Element) -> float:
    """How wide a box is, whoever drew it."""
    return float(next(each for each in group if each.tag == "rect").attrib["width"])


def squeeze(text: Element, width: float) -> None:
    """Keep a text inside a box that was made for a shorter one."""
    if text_width(text.text or "", TEXT) > width:
        text.set("textLength", f"{width:g}")
        text.set("lengthAdjust", "spacingAndGlyphs")


@silent
def firings(graph: Sequence[Value]) -> list[Firing]:
    """The backward pass: which node fires with which gradient, and what its parents gain."""
    grads: dict[Value, float] = defaultdict(float, {graph[-1]: 1.0})
    found: list[Firing] = []
    for node in reversed([node for node in graph if node.op]):
        gains: Gains = []
        for parent, gain in zip(node.parents, node.local_gradients(grads[node])):
            grads[parent] += gain
            gains.append((parent, gain, grads[parent]))
        found.append((node, grads[node], gains))
    return found
