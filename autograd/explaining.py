"""The chain rule for one derivative, in words and numbers: `explain(y, x)`. Why the order matters: wrong_orders.py."""

from __future__ import annotations

import html
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autograd.floats import silent
from autograd.formula import Text, local_derivatives, number, titles
from autograd.graph import nodes
from autograd.naming import names as find_names
from autograd.naming import variables
from autograd.sweeps import pull_back
from autograd.value import Value, topological_order

MOST_PATHS, LONGEST_PATH = 8, 6  # that are written out
LONGEST_LINE = 100


@dataclass(frozen=True)
class Link:
    """A factor of the chain rule: a local derivative, or, where paths are merged, the derivative along all of them."""

    of: Text
    by: Text
    slope: float
    formula: str = ""
    use: int = 0  # which of several uses of the same operand, counted from 1
    paths: int = 1

    @property
    def fraction(self) -> str:
        return f"d{bracketed(self.of)}/d{bracketed(self.by)}"

    @property
    def latex(self) -> str:
        return rf"\frac{{\partial {latex(self.of)}}}{{\partial {latex(self.by)}}}"

    @property
    def remark(self) -> str:
        """How its number was found."""
        if self.paths > 1:
            return f"{self.fraction} = {number(self.slope)}, along {self.paths:,} paths"
        return f"{self.fraction} = {self.formula} = {number(self.slope)}"


Path = tuple[Link, ...]  # from the output to the input


@dataclass(frozen=True)
class Explanation:
    """A derivative as the sum, over paths through the graph, of products of local derivatives.

    `print` shows it as text, notebooks as `.html`; `.latex` is for slides, `.value` the derivative itself.
    """

    whole: Link
    terms: tuple[Path, ...]
    left_out: int = 0  # terms that are only counted
    remainder: float = 0.0  # and what they add up to

    @property
    def value(self) -> float:
        return self.whole.slope

    @property
    def parts(self) -> list[tuple[str, str, float]]:
        """The terms of the sum, each in symbols, in numbers, and as what it amounts to."""
        found = [
            (
                "*".join(link.fraction for link in path) + via(path),
                "*".join(number(link.slope) for link in path),
                product(path),
            )
            for path in self.terms
        ]
        if self.left_out:
            found.append((f"… ({self.left_out:,} more)", number(self.remainder), self.remainder))
        return found

    @property
    def formula(self) -> str:
        """One line: the derivative in symbols, in numbers, and the result."""
        sums = [" + ".join(texts) for texts in zip(*[(symbols, numbers) for symbols, numbers, _ in self.parts])]
        sides = [self.whole.fraction, *sums, number(self.value)]
        return " = ".join(side for side, before in zip(sides, ["", *sides]) if side != before)

    @property
    def remarks(self) -> list[str]:
        """A line for each factor: its formula, or how many paths it stands for."""
        if not self.terms and not self.value:
            return [f"{self.whole.of} does not depend on {self.whole.by}"]
        links = [link for path in self.terms for link in path if link.paths > 1 or link.formula != number(link.slope)]
        return list(dict.fromkeys(link.remark for link in links))

    def __str__(self) -> str:
        lines = [self.formula]
        if len(self.formula) > LONGEST_LINE:
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

    Where there are more than eight paths, those that end in the same operation on x are merged, with their number.
    Names are labels, or the caller's variables, or those of `names`. Raises TypeError for what is not a Value.
    """
    for each in (y, x):
        if not isinstance(each, Value):
            raise TypeError(f"explain: {each!r:.60} is a {type(each).__name__}, not a Value\nwrite explain(y, x)")
    graph = nodes(y)
    found = find_names([*graph, x], variables(sys._getframe(1)) if names is None else names)
    return Paths(y, x, graph, titles([*graph, *([] if x in set(graph) else [x])], found)).explanation()


class Paths:
    """The ways from y back to x: those nodes of the graph that depend on x, and the uses that join them."""

    def __init__(self, y: Value, x: Value, graph: Sequence[Value], titled: Mapping[Value, Text]) -> None:
        self.y, self.x, self.titled = y, x, titled
        self.counts: dict[Value, int] = {x: 1}  # the number of paths from each node to x
        for node in graph:
            ways = sum(self.counts.get(parent, 0) for parent in node.parents) if node is not x else 0
            if ways:
                self.counts[node] = ways
        self.lengths: dict[Value, int] = {x: 0}
        for node in self.counts:
            below = [self.lengths[parent] for parent in node.parents if parent in self.lengths and node is not x]
            self.lengths[node] = 1 + max(below) if below else self.lengths.get(node, 0)

    def explanation(self) -> Explanation:
        if self.y is self.x or self.y not in self.counts:
            return Explanation(Link(self.titled[self.y], self.titled[self.x], float(self.y is self.x)), ())
        [slope] = pull_back(topological_order(self.y), [(self.y, 1.0)], [self.x], on_values=False)
        whole = Link(self.titled[self.y], self.titled[self.x], slope)
        if self.counts[self.y] <= MOST_PATHS and self.lengths[self.y] <= LONGEST_PATH:
            return Explanation(whole, tuple(self.written_out()))
        terms = list(self.merged())
        shown, rest = terms[:MOST_PATHS], terms[MOST_PATHS:]
        return Explanation(whole, tuple(shown), len(rest), sum(product(path) for path in rest))

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
        order = topological_order(self.y)
        gradients = pull_back(order, [(self.y, 1.0)], users, on_values=False)
        ways = self.paths_from_the_output()
        for user, gradient in zip(users, gradients):
            before = Link(self.titled[self.y], self.titled[user], gradient, number(gradient), paths=ways[user])
            for parent, link in self.links(user):
                if parent is self.x:
                    yield (link,) if user is self.y else (before, link)

    def paths_from_the_output(self) -> Counter[Value]:
        ways = Counter({self.y: 1})
        for node in reversed(list(self.counts)):
            for parent in node.parents if node is not self.x else ():
                ways[parent] += ways[node]
        return ways

    @silent
    def links(self, node: Value) -> list[tuple[Value, Link]]:
        """The local derivatives of a node by those of its parents that depend on x."""
        uses: Counter[Value] = Counter()
        found = []
        for parent, formula, slope in zip(node.parents, local_derivatives(node, self.titled), node.local_gradients()):
            uses[parent] += 1
            use = uses[parent] if node.parents.count(parent) > 1 else 0
            if parent in self.counts:
                found.append((parent, Link(self.titled[node], self.titled[parent], slope, str(formula), use)))
        return found


def product(path: Path) -> float:
    result = 1.0
    for link in path:
        result *= link.slope
    return result


# ---- text and LaTeX ------------------------------------------------------------------------------


def via(path: Path) -> str:
    """' (via c)': the nodes on the way, and which use of an operand, where it has several."""
    stations = ", ".join(link.by for link in path[:-1])
    uses = ", ".join(f"use {link.use}" for link in path if link.use)
    remark = ", ".join(filter(None, (stations and f"via {stations}", uses)))
    return f" ({remark})" if remark else ""


def bracketed(title: str) -> str:
    """A name as it is, a formula in brackets."""
    return title if re.fullmatch(r"[\w.\[\]']+", title) else f"({title})"


def latex(title: str) -> str:
    """A title upright, with what LaTeX would read escaped.

    >>> latex("w[0]"), latex("a_b**2")
    ('\\\\mathrm{w[0]}', '\\\\left(\\\\mathrm{a\\\\_b**2}\\\\right)')
    """
    text = "".join(rf"\{sign}" if sign in "_&%$#{}" else SIGNS.get(sign, sign) for sign in title)
    return rf"\mathrm{{{text}}}" if bracketed(title) == title else rf"\left(\mathrm{{{text}}}\right)"


SIGNS = {"\\": r"\backslash{}", "^": r"\hat{}", "~": r"\sim{}", " ": r"\ "}


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
