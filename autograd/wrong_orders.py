"""Why the backward pass needs a topological order: what other orders would compute on the same graph, `why_order(y)`.

A node must not pass its gradient on before every node that uses it has added its share. The smallest programs on which
the two usual mistakes show are

    c = a + a; d = a + c; e = c + d     breadth-first: c fires before d has reached it, and a gets 3 in place of 5
    c = a + a; d = c + c                naive recursion: c fires twice, and a gets 8 in place of 4

A node fires when it passes its gradient on to what it was computed from.
"""

from __future__ import annotations

import sys
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from autograd.algebra import ATOM, Text, held, number
from autograd.floats import silent
from autograd.formula import titles
from autograd.graph import nodes
from autograd.naming import names as find_names
from autograd.naming import namespace
from autograd.structures import a_kind_of
from autograd.value import Value, topological_order

MOST_FIRINGS = 10_000  # beyond the number of nodes: naive recursion may take as many as there are paths
MOST_SHOWN = 5


def topological(output: Value) -> Iterator[Value]:
    """Each node after all that use it: the right order."""
    return (node for node in reversed(topological_order(output)) if isinstance(node, Value))


def breadth_first(output: Value) -> Iterator[Value]:
    """The output, then its parents, then theirs: each node once, when it is first met."""
    queue, seen = deque([output]), {output}
    while queue:
        node = queue.popleft()
        yield node
        for parent in node.parents:
            if parent not in seen:
                seen.add(parent)
                queue.append(parent)


def naive_recursion(output: Value) -> Iterator[Value]:
    """A node fires, then lets each parent fire in turn, once for each use, with all the gradient it has by then."""
    stack = [output]
    while stack:
        node = stack.pop()
        yield node
        stack += reversed(node.parents)


BREADTH_FIRST = "breadth-first"
ORDERS: dict[str, Callable[[Value], Iterator[Value]]] = {
    "topological": topological,
    BREADTH_FIRST: breadth_first,
    "naive recursion": naive_recursion,
}


@dataclass(frozen=True)
class Attempt:
    """What one order computes: gradients, the first mistake in words ("" if there is none), and the firings."""

    order: str
    gradients: dict[Value, float]
    mistake: str
    firings: int
    complete: bool


@dataclass(frozen=True)
class Orders:
    """The same backward pass in three orders; print it."""

    attempts: tuple[Attempt, ...]
    titled: Mapping[Value, Text]

    @property
    def right(self) -> Attempt:
        return self.attempts[0]

    def wrong_in(self, attempt: Attempt) -> list[Value]:
        """The Values whose gradients differ from the right ones, leaves first."""
        got = attempt.gradients
        wrong = [node for node, gradient in self.right.gradients.items() if not same(got.get(node, 0.0), gradient)]
        return sorted(wrong, key=lambda node: bool(node.op))

    def __str__(self) -> str:
        return "\n".join(line for attempt in self.attempts for line in self.lines(attempt))

    __repr__ = __str__

    def lines(self, attempt: Attempt) -> Iterator[str]:
        wrong = self.wrong_in(attempt)
        verdict = "right" if not wrong else f"WRONG for {len(wrong)} of {len(self.right.gradients)} Values"
        if not attempt.complete:
            so_far = "WRONG" if attempt.mistake else "nothing wrong"
            verdict = f"{so_far} so far, stopped after {attempt.firings:,} firings"
        elif attempt.mistake and not wrong:
            verdict = "right on these numbers, by luck"
        yield f"{attempt.order + ':':<17}{verdict}"
        if attempt.mistake:
            yield f"    {attempt.mistake}"
        if not attempt.complete:
            return
        for node in wrong[:MOST_SHOWN]:
            got, right = attempt.gradients.get(node, 0.0), self.right.gradients[node]
            yield f"    {held(self.titled[node], ATOM)}.grad = {number(got)}, should be {number(right)}"
        if len(wrong) > MOST_SHOWN:
            yield f"    … and {len(wrong) - MOST_SHOWN:,} more"


def same(a: float, b: float) -> bool:
    return a == b or abs(a - b) <= 1e-9 * max(abs(a), abs(b)) or (a != a and b != b)


def why_order(y: Value, names: Mapping[str, Any] | None = None) -> Orders:
    """What a backward pass over this very graph would compute in other orders, and where it first goes wrong.

    Breadth-first: the output, then its parents, then theirs, each once. Naive recursion: a node passes its gradient on
    and then makes each parent do the same, once for each use.

    >>> from autograd import Value, why_order
    >>> a = Value(1.0)
    >>> c = a + a
    >>> d = a + c
    >>> e = c + d
    >>> why_order(e)
    topological:     right
    breadth-first:   WRONG for 1 of 4 Values
        c fires with 1, before d has added its share
        a.grad = 3, should be 5
    naive recursion: WRONG for 1 of 4 Values
        c fires again with 2, of which it has passed on 1 before
        a.grad = 7, should be 5

    Names are labels, or the caller's variables, or those of `names`. Raises TypeError for what is not a Value.
    """
    if not isinstance(y, Value):
        raise TypeError(f"why_order: {y!r:.60} is {a_kind_of(y)}, not a Value\ngive it the output of the graph")
    graph = nodes(y)
    titled = titles(graph, find_names(graph, namespace(names, "why_order", sys._getframe(1))))
    return Orders(tuple(attempted(y, graph, order, titled) for order in ORDERS), titled)


@silent
def attempted(y: Value, graph: list[Value], order: str, titled: Mapping[Value, Text]) -> Attempt:
    """Run the backward pass in an order of one's own, with gradients of its own: nobody's `.grad` is touched."""
    gradients: dict[Value, float] = defaultdict(float, {y: 1.0})
    users: dict[Value, list[Value]] = defaultdict(list)
    for node in graph:
        for parent in dict.fromkeys(node.parents):
            users[parent].append(node)
    fired: dict[Value, float] = {}  # with which gradient each node fired last
    mistake, firings = "", 0
    for node in ORDERS[order](y):
        if firings == MOST_FIRINGS + len(graph):
            return Attempt(order, dict(gradients), mistake, firings, complete=False)
        firings += 1
        if node.op and not mistake:  # leaves have nothing to pass on, and may fire at any time
            mistake = mistaken(node, gradients[node], fired, users[node] if order == BREADTH_FIRST else [], titled)
        fired[node] = gradients[node]
        for parent, amount in zip(node.parents, node.local_gradients(gradients[node])):
            gradients[parent] += amount
    return Attempt(order, dict(gradients), mistake, firings, complete=True)


def mistaken(
    node: Value, gradient: float, fired: dict[Value, float], users: list[Value], titled: Mapping[Value, Text]
) -> str:
    """What is wrong with this node's firing now."""
    if fired.get(node):
        before = number(fired[node])
        return f"{titled[node]} fires again with {number(gradient)}, of which it has passed on {before} before"
    late = [user for user in users if user not in fired]
    return f"{titled[node]} fires with {number(gradient)}, before {titled[late[0]]} has added its share" if late else ""
