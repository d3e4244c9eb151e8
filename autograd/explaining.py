"""The chain rule for one derivative, in words and numbers: `explain(y, x)`. Why the order matters: wrong_orders.py."""

from __future__ import annotations

import html
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autograd.algebra import Text, number
from autograd.floats import silent
from autograd.formula import definition, local_derivatives, ordinal, titles
from autograd.graph import nodes
from autograd.latex import escaped
from autograd.naming import names as find_names
from autograd.naming import namespace
from autograd.structures import a_kind_of
from autograd.sweeps import pull_back
from autograd.value import Value, topological_order

MOST_PATHS, MOST_LINKS = 8, 48  # that are written out
LONGEST_LINE = 100


@dataclass(frozen=True)
class Link:
    """A factor of the chain rule: a local derivative, or, where paths are merged, the derivative along all of them."""

    of: Text
    by: Text
    slope: float
    formula: str = ""
    use: int = 0  # which of several uses of the same operand, counted from 1
    direct: bool = False  # the share of a use of x by y itself, where there are other ways from x to y
    paths: int = 1  # that it stands for, where they are merged
    length: int = 0  # of the path that it stands for, where that is one of several operations

    @property
    def fraction(self) -> str:
        d = "∂" if self.direct or self.use else "d"
        by = f"({ordinal(self.use)} {self.by})" if self.use else bracketed(self.by)
        return f"{d}{bracketed(self.of)}/{d}{by}"

    @property
    def latex(self) -> str:
        d = r"\partial" if self.direct or self.use else r"\mathrm{d}"
        use = rf"_{{{ordinal(self.use)}}}" if self.use else ""
        return rf"\frac{{{d} {latex(self.of)}}}{{{d} {latex(self.by)}{use}}}"

    @property
    def remark(self) -> str:
        """How its number was found."""
        if self.paths > 1:
            return f"{self.fraction} = {number(self.slope)}, along {self.paths:,} paths"
        if self.length:
            return f"{self.fraction} = {number(self.slope)}, along a path of {self.length:,} operations"
        return f"{self.fraction} = {self.formula} = {number(self.slope)}"


Path = tuple[Link, ...]  # from the output to the input


@dataclass(frozen=True)
class Explanation:
    """A derivative as the sum, over paths through the graph, of products of local derivatives.

    `print` shows it as text, notebooks as `.html`; `.latex` is for slides, `.value` the derivative itself.
    """

    whole: Link
    terms: tuple[Path, ...]
    definitions: tuple[str, ...] = ()  # what v1 and the like stand for
    left_out: int = 0  # terms that are only counted
    remainder: float = 0.0  # and what they add up to

    @property
    def value(self) -> float:
        return self.whole.slope

    @property
    def parts(self) -> list[tuple[str, str, float]]:
        """The terms of the sum, each in symbols, in numbers, and as what it amounts to."""
        found = [
            ("*".join(link.fraction for link in path), "*".join(number(link.slope) for link in path), product(path))
            for path in self.terms
        ]
        if self.left_out:
            found.append((f"… ({self.left_out:,} more)", number(self.remainder), self.remainder))
        return found

    @property
    def formula(self) -> str:
        """One line: the derivative in symbols, in numbers, and the result."""
        sides = [self.whole.fraction, number(self.value)]
        if self.parts:
            stations = [*map(via, self.terms), ""] if len(self.terms) > 1 else [""]
            symbols = " + ".join(symbols + way for (symbols, _, _), way in zip(self.parts, stations))
            sides[1:1] = [symbols, " + ".join(numbers for _, numbers, _ in self.parts)]
        return " = ".join(side for side, before in zip(sides, ["", *sides]) if side != before)

    @property
    def remarks(self) -> list[str]:
        """A line for each factor: its formula, or how many paths it stands for."""
        if not self.terms and not self.value:
            return [f"{self.whole.of} does not depend on {self.whole.by}"]
        links = [link for path in self.terms for link in path]
        told = [link.remark for link in links if link.formula != number(link.slope)]
        return list(dict.fromkeys([*told, *self.definitions]))

    def __str__(self) -> str:
        lines = [self.formula]
        if len(self.formula) > LONGEST_LINE and len(self.parts) == 1:
            [(symbols, numbers, _)] = self.parts
            lines = [f"{self.whole.fraction} = {symbols}", f"= {numbers} = {number(self.value)}"]
            lines[1] = lines[1].rjust(len(lines[1]) + len(self.whole.fraction) + 1)
        elif len(self.formula) > LONGEST_LINE:
            lines = [f"{self.whole.fraction} = {number(self.value)}, the sum of"]
            lines += [f"    {symbols} = {numbers} = {number(amount)}" for symbols, numbers, amount in self.parts]
            lines += ["where"] if self.remarks else []
        return "\n".join([*lines, *(f"    {remark}" for remark in self.remarks)])

    __repr__ = __str__

    @property
    def latex(self) -> str:
        r"""The formula for LaTeX: \frac{\partial y}{\partial a} = ..."""
        symbols = [r" \cdot ".join(link.latex for link in path) for path in self.terms]
        numbers = [r" \cdot ".join(latex_factor(link.slope) for link in path) for path in self.terms]
        if self.left_out:
            symbols.append(r"\cdots")
            numbers.append(latex_number(self.remainder))
        parts = [self.whole.latex, " + ".join(symbols), " + ".join(numbers), latex_number(self.value)]
        return " = ".join(filter(None, parts))

    @property
    def html(self) -> str:
        """The formula and its remarks as a piece of HTML."""
        remarks = "".join(f"<li><code>{html.escape(remark)}</code></li>" for remark in self.remarks)
        return f"<p><code>{html.escape(self.formula)}</code></p><ul>{remarks}</ul>"

    def _repr_html_(self) -> str:
        return self.html


def explain(y: Value, x: Value, names: Mapping[str, Any] | None = None) -> Explanation:
    """The derivative of y by x, path by path, in your own names and numbers.

    >>> from autograd import Value, explain
    >>> a, b = Value(2.0), Value(-3.0)
    >>> c = a * b
    >>> d = a**2
    >>> y = c + d
    >>> explain(y, a)
    dy/da = dy/dc*dc/da (via c) + dy/dd*dd/da (via d) = 1*-3 + 1*4 = 1
        dc/da = b = -3
        dd/da = 2*a = 4

    Where there are more than eight paths, or long ones, those that end in the same operation on x are merged, with
    their number. What y makes of x itself, where there are other ways too, is written ∂y/∂x. Names are labels, or the
    caller's variables, or those of `names`. Raises TypeError for what is not a Value.
    """
    for each in (y, x):
        if not isinstance(each, Value):
            raise TypeError(f"explain: {each!r:.60} is {a_kind_of(each)}, not a Value\nwrite explain(y, x)")
    graph = nodes(y)
    found = find_names([*graph, x], namespace(names, "explain", sys._getframe(1)))
    return Paths(y, x, graph, titles([*graph, *([] if x in set(graph) else [x])], found)).explanation()


class Paths:
    """The ways from y back to x: those nodes of the graph that depend on x, and the uses that join them."""

    def __init__(self, y: Value, x: Value, graph: Sequence[Value], titled: Mapping[Value, Text]) -> None:
        self.y, self.x, self.titled = y, x, titled
        self.mentioned: dict[Value, None] = {}
        self.counts: dict[Value, int] = {x: 1}  # the number of paths from each node to x
        self.lengths: dict[Value, int] = {x: 0}  # and the operations on the longest
        for node in graph:
            below = [parent for parent in node.parents if parent in self.counts]
            if below and node is not x:
                self.counts[node] = sum(map(self.counts.__getitem__, below))
                self.lengths[node] = 1 + max(map(self.lengths.__getitem__, below))

    def explanation(self) -> Explanation:
        if self.y is self.x or self.y not in self.counts:
            return Explanation(Link(self.titled[self.y], self.titled[self.x], float(self.y is self.x)), ())
        [slope] = pull_back(topological_order(self.y), [(self.y, 1.0)], [self.x], on_values=False)
        whole = Link(self.titled[self.y], self.titled[self.x], slope)
        paths = self.counts[self.y]
        short = paths <= MOST_PATHS and paths * self.lengths[self.y] <= MOST_LINKS
        terms = list(self.written_out() if short else self.merged())
        definitions = (definition(node, self.titled) for node in self.mentioned)
        shown, rest = terms[:MOST_PATHS], terms[MOST_PATHS:]
        told = tuple(filter(None, definitions)) if not rest else ()
        return Explanation(whole, tuple(shown), told, len(rest), sum(map(product, rest)))

    def written_out(self) -> Iterator[Path]:
        """Every path by itself, in the order of the operands."""
        stack: list[tuple[Value, Path]] = [(self.y, ())]
        while stack:
            node, path = stack.pop()
            if node is self.x:
                yield path
            else:
                stack += [(parent, (*path, link)) for parent, link in reversed(self.links(node))]

    def merged(self) -> Iterator[Path]:
        """For each use of x: the derivative by what used it, along all paths to there, times the local derivative."""
        users = [node for node in self.counts if node is not self.x and self.x in node.parents]
        gradients = pull_back(topological_order(self.y), [(self.y, 1.0)], users, on_values=False)
        ways, lengths = self.from_the_output()
        for user, gradient in zip(users, gradients):
            length = lengths[user] if lengths[user] > 1 else 0
            formula = "" if length else number(gradient)
            before = Link(self.titled[self.y], self.titled[user], gradient, formula, paths=ways[user], length=length)
            for parent, link in self.links(user):
                if parent is self.x:
                    yield (link,) if user is self.y else (before, link)

    def from_the_output(self) -> tuple[Counter[Value], Counter[Value]]:
        """The number of paths from the output to each node, and the length of the longest."""
        ways, lengths = Counter({self.y: 1}), Counter({self.y: 0})
        for node in reversed(list(self.counts)):
            for parent in node.parents if node is not self.x else ():
                ways[parent] += ways[node]
                lengths[parent] = max(lengths[parent], lengths[node] + 1)
        return ways, lengths

    @silent
    def links(self, node: Value) -> list[tuple[Value, Link]]:
        """The local derivatives of a node by those of its parents that depend on x."""
        parents, found = node.parents, []
        several, uses = Counter(parents), Counter[Value]()
        self.mentioned.setdefault(node)
        for parent, formula, slope in zip(parents, local_derivatives(node, self.titled), node.local_gradients()):
            uses[parent] += 1
            if parent in self.counts:
                use = uses[parent] if several[parent] > 1 else 0
                direct = node is self.y and parent is self.x and self.counts[self.y] > 1
                link = Link(self.titled[node], self.titled[parent], slope, str(formula), use, direct)
                found.append((parent, link))
        return found


def product(path: Path) -> float:
    result = 1.0
    for link in path:
        result *= link.slope
    return result


# ---- text and LaTeX ------------------------------------------------------------------------------


def via(path: Path) -> str:
    """' (via c)': the nodes on the way."""
    return f" (via {', '.join(link.by for link in path[:-1])})" if len(path) > 1 else ""


def bracketed(title: str) -> str:
    """A name as it is, anything longer in brackets."""
    return title if re.fullmatch(r"\w+", title) else f"({title})"


def latex(title: str) -> str:
    r"""A title upright, with what LaTeX would read escaped.

    >>> print(latex("w_1"), latex("a**2"))
    \mbox{w\_1} \mbox{(a$*$$*$2)}
    """
    return rf"\mbox{{{escaped(bracketed(title))}}}"


def latex_number(x: float) -> str:
    """The number with its exponent as a power of ten, nan and inf as words.

    >>> latex_number(-0.5), latex_number(1e-12)
    ('-0.5', '10^{-12}')
    """
    text = number(x)
    mantissa, e, exponent = text.partition("e")
    if not e:
        return text.replace("inf", r"\infty").replace("nan", r"\mathrm{nan}")
    power = f"10^{{{int(exponent)}}}"
    return power if mantissa == "1" else rf"{mantissa} \cdot {power}"


def latex_factor(x: float) -> str:
    return rf"\left({latex_number(x)}\right)" if x < 0 else latex_number(x)
