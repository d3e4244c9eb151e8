"""Formulas as text: what a node was computed from, and its local derivatives, in the user's names.

A derivative is read off the closure that computes it: called with symbols for operands, it records a graph, and that
graph is written down, tidied up by the rules of algebra.py. Next: steps.py and explaining.py, which use it.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from autograd.algebra import INFIX, Expression, Text, as_text, constant, infix, negated, tidied
from autograd.floats import silent
from autograd.graph import nodes
from autograd.modes import recording
from autograd.operands import Operands, is_constant, values_of
from autograd.sweeps import ONE
from autograd.value import Value

LONGEST_TITLE = 20
LONGEST_LIST = 4


def titles(graph: Iterable[Value], names: Mapping[Value, str]) -> dict[Value, Text]:
    """What to call each node of a graph, given with parents first: its name, a short formula, or else v1, v2, ...

    No two nodes get the same title; of those that the user has named alike, the second is called 'a (2nd)'.

    >>> a, b = Value(2.0), Value(-3.0)
    >>> y = (a * b + 1).tanh() * 0.03125
    >>> list(titles(nodes(y), {a: "a", b: "b"}).values())
    ['a', 'b', 'a*b', 'a*b + 1', 'tanh(a*b + 1)', 'v1']
    """
    found: dict[Value, Text] = {}
    taken, named = set(names.values()), Counter[str]()
    numbered = (f"v{count}" for count in itertools.count(1))
    for node in graph:
        if is_constant(node) and node not in names:
            found[node] = constant(node.data)
            continue
        if node in names:
            named[names[node]] += 1
            found[node] = again(names[node], named[names[node]])
            continue
        text = formula(node, found)
        if text in taken or not 0 < len(text) <= LONGEST_TITLE:
            text = Text(next(title for title in numbered if title not in taken))
        taken.add(text)
        found[node] = text
    return found


def again(name: str, count: int) -> Text:
    return Text(name) if count == 1 else Text(f"{name} ({ordinal(count)})")


def ordinal(count: int) -> str:
    """
    >>> [ordinal(count) for count in (1, 2, 3, 4, 11, 22)]
    ['1st', '2nd', '3rd', '4th', '11th', '22nd']
    """
    ending = {1: "st", 2: "nd", 3: "rd"}.get(count % 10 if count % 100 not in (11, 12, 13) else 0, "th")
    return f"{count}{ending}"


def definition(node: Value, titled: Mapping[Value, Text]) -> str:
    """What a title such as v1 stands for: 'v1 = tanh(a*b)'; nothing where there is a name, or the title says it."""
    text = written(node, titled)
    return f"{titled[node]} = {text}" if text and re.fullmatch(r"v\d+", titled[node]) else ""


def written(node: Value, titled: Mapping[Value, Text]) -> str:
    """How a node was computed, one operation deep: 'a*b', 'tanh(d)'; nothing for a leaf.

    >>> a, b = Value(2.0), Value(-3.0)
    >>> written(a - b, {a: Text("a"), b: Text("b")})
    'a - b'
    """
    return str(formula(node, titled))


def local_derivatives(node: Value, titled: Mapping[Value, Text]) -> list[Text]:
    """The derivative of a node by each of its parents, as formulas in the titles of these.

    >>> a, b = Value(2.0), Value(-3.0)
    >>> titled = {a: Text("a"), b: Text("b")}
    >>> local_derivatives(a * b, titled), local_derivatives(a.tanh(), titled)
    (['b', 'a'], ['1 - tanh(a)**2'])
    """
    try:
        return symbolic(node, titled)
    except TypeError:  # a rule that takes numbers only, or a checkpoint's: its numbers must do
        return [constant(slope) for slope in node.local_gradients()]


@silent
def symbolic(node: Value, titled: Mapping[Value, Text]) -> list[Text]:
    """The local derivatives, from the closure called with symbols and with 1 for the gradient of the output."""
    with recording():
        left, a = symbols(node._left, node._a)
        right, b = symbols(node._right, node._b)
        gains = node._operation.gradient(ONE, a, b)
        slopes = [*multiplied(node._left, gains[0]), *multiplied(node._right, gains[1])]
    names = {symbol: titled[each] for each, symbol in zip(node.parents, [*left, *right])}
    return [tidy(slope, names) for slope in slopes]


def symbols(operand: Any, captured: Any) -> tuple[list[Value], Any]:
    """Fresh Values in the place of an operand's, with the data that were captured; constants stay numbers."""
    if operand is None:
        return [], captured
    if isinstance(operand, Value):
        symbol = Value(captured)
        return [symbol], symbol
    several = [Value(data) for _, data in zip(operand.values, captured)]
    return several, (*several, *captured[len(several) :])


def multiplied(operand: Any, gain: Any) -> list[Any]:
    """The slope by each Value of an operand. A list gains a factor and slopes; a factor of 1 is not worth writing."""
    if not isinstance(operand, Operands):
        return [] if operand is None else [gain]
    if operand.recompute is not None:
        raise TypeError("a checkpoint has no formula")
    factor, slopes = gain
    return [slope if factor is ONE else factor * slope for _, slope in zip(operand.values, slopes)]


# ---- from a node to text -------------------------------------------------------------------------


def formula(node: Value, found: Mapping[Value, Text]) -> Text:
    """The formula of a node from those of its parents; empty for a leaf."""
    if not node.op:
        return Text("")
    if node.op == "identity":
        return found[node.parents[0]]
    first, second = argument(node._left, node._a, found), argument(node._right, node._b, found)
    if node.op in INFIX and len(first) == len(second) == 1:
        return infix(node.op, first[0], second[0])
    if node.op == "-":
        return negated(first[0])
    if isinstance(node._b, int):  # the element of a list
        return Text(f"{node.op}([{listed(first)}])[{int(node._b)}]")
    if isinstance(node._a, float):
        return Text(f"{node.op}({listed([*first, *second])})")
    return Text(f"{node.op}({', '.join(f'[{listed(each)}]' for each in (first, second) if each)})")


def argument(operand: Any, captured: Any, found: Mapping[Value, Text]) -> list[Text]:
    """The texts of an operand: one, or those of a list, or that of a constant."""
    return list(map(as_text, operand_of(operand, captured, found)))


def listed(texts: Sequence[Text]) -> str:
    return ", ".join(texts if len(texts) <= LONGEST_LIST else [texts[0], texts[1], "…", texts[-1]])


# ---- derivatives -----------------------------------------------------------------------------------

SETTLED = {"step", "sign", "ordering", "floor", "ceil"}  # constant but for jumps: told by their number


def tidy(slope: Any, names: Mapping[Value, Text]) -> Text:
    """The text of a derivative: of a number, or of a graph over the symbols that are named."""
    if not isinstance(slope, Value):
        return constant(slope)
    found: dict[Value, Expression] = dict(names)
    for node in nodes(slope):
        if node not in found:
            found[node] = expression(node, found) if node.op else node.data
    return as_text(found[slope])


def expression(node: Value, found: Mapping[Value, Expression]) -> Expression:
    """A computed node as an expression, tidied up: steps and choices are settled as they are here."""
    left: Any = node._left
    if node.op in SETTLED:
        return node.data
    if node.op == "where":
        [*branches] = operand_of(node._right, node._b, found)
        return branches[0 if node._a else 1]
    if node.op == "reciprocal":
        return tidied("/", 1.0, found[left])
    if node.op == "square":
        return tidied("**", found[left], 2.0)
    first, second = operand_of(left, node._a, found), operand_of(node._right, node._b, found)
    if len(first) == 1 and (node.op in INFIX or (node._right is None and isinstance(left, Value) and not second)):
        return tidied(node.op, *first, *second)
    return formula(node, {each: as_text(found[each]) for each in node.parents})


def operand_of(operand: Any, captured: Any, found: Mapping[Value, Expression]) -> list[Expression]:
    """The expressions of an operand: one, or those of a list, or that of a constant."""
    values = values_of(operand)
    expressions = [found[each] for each in values]
    if isinstance(captured, (list, tuple)):
        return expressions + list(captured[len(values) :])
    return expressions or ([captured] if isinstance(captured, float) else [])
