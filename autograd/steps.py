"""One step at a time, forward and backward: what each node computes, and what it passes on to its parents.

`backward_steps` does what `Value.backward` does, with a stop after each node. Next: explaining.py, the chain rule for
one derivative.
"""

from __future__ import annotations

import math
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autograd.algebra import ATOM, PRODUCT, Text, constant, held, number
from autograd.floats import silent
from autograd.formula import definition, formula, listed, local_derivatives, titles, written
from autograd.graph import computed, nodes
from autograd.modes import watcher
from autograd.naming import names as find_names
from autograd.naming import namespace
from autograd.operands import Gain, Operands, gained, multiplied_out, values_of
from autograd.structures import a_kind_of
from autograd.value import Value, topological_order

Term = tuple[float, Text, float]
LONGEST_START = 24  # of what stands before an arrow, if arrows are to stand below each other


def told(x: float) -> str:
    """A number in full if that is short, else to six digits."""
    return full if len(full := repr(x)) <= 8 else f"{x:.6g}"


@dataclass(frozen=True)
class ForwardStep:
    """A node computes its data from that of its parents."""

    node: Value
    title: str
    formula: str
    numbers: str

    def __str__(self) -> str:
        parts = [self.title] if self.title != self.formula else []
        parts += [self.formula] + ([self.numbers] if self.numbers not in (self.formula, number(self.node.data)) else [])
        return " = ".join([*parts, told(self.node.data)])

    __repr__ = __str__


def forward_steps(output: Value, names: Mapping[str, Any] | None = None) -> Iterator[ForwardStep]:
    """What was computed on the way to a Value, operands before results.

    >>> from autograd import Value, forward_steps
    >>> a, b = Value(2.0), Value(-3.0)
    >>> c = a * b
    >>> for step in forward_steps((c + 10).tanh()):
    ...     print(step)
    c = a*b = 2*-3 = -6.0
    c + 10 = -6 + 10 = 4.0
    tanh(c + 10) = tanh(4) = 0.999329

    Raises TypeError for what is not a Value.
    """
    titled = titles_of("forward_steps", output, namespace(names, "forward_steps", sys._getframe(1)))
    return (
        ForwardStep(node, str(titled[node]), written(node, titled), with_numbers(node)) for node in computed(output)
    )


def with_numbers(node: Value) -> str:
    """The formula of a node with the data that it was computed from in the place of its parents' names."""
    captured: dict[Value, Text] = {}
    both: list[tuple[Any, Any]] = [(node._left, node._a), (node._right, node._b)]
    for operand, data in both:
        numbers = data if isinstance(operand, Operands) else [data]
        captured.update((each, constant(x)) for each, x in zip(values_of(operand), numbers))
    return str(formula(node, captured))


@dataclass(frozen=True)
class Contribution:
    """What the gradient of one parent gains: upstream gradient times local derivative.

    Where several nodes took the same list of operands, what each of them gives is a share that is only `noted`; the
    list adds the shares up when all are in, and so has several terms.
    """

    parent: Value
    title: Text
    terms: tuple[Term, ...]  # upstream gradient, local derivative as a formula and as a number
    amount: float
    after: float  # the parent's gradient after this step
    noted: bool = False

    def __str__(self) -> str:
        target = f"{held(self.title, ATOM)}.grad"
        if len(self.terms) > 1:
            shares = " + ".join(told(upstream * slope) for upstream, _, slope in self.terms)
            return f"{target} += {shares} = {told(self.amount)}{self.total}"
        [(upstream, text, _)] = self.terms
        product = f"{told(upstream)} * {held(text, PRODUCT + 1)} = {told(self.amount)}"
        return f"{target} share: {product}" if self.noted else f"{target} += {product}{self.total}"

    @property
    def total(self) -> str:
        """What the gradient is now, if it was not 0 before."""
        return f", now {told(self.after)}" if self.after != self.amount else ""


@dataclass(frozen=True)
class BackwardStep:
    """A node passes its gradient on to its parents; or a list that several nodes took does, and then `node` is None."""

    node: Value | None
    title: Text
    gradient: float
    contributions: tuple[Contribution, ...]
    definition: str = ""  # of a title such as v1

    def __str__(self) -> str:
        start = f"{held(self.title, ATOM)}.grad {told(self.gradient)}"
        start = f"{self.title}: all shares are in" if self.node is None else start
        arrow = f"\n{' ' * len(start) if len(start) <= LONGEST_START else '   '} -> "
        steps = f"{start} -> {arrow.join(map(str, self.contributions))}"
        return f"{steps}\n    where {self.definition}" if self.definition else steps

    __repr__ = __str__


def backward_steps(output: Value, names: Mapping[str, Any] | None = None) -> Iterator[BackwardStep]:
    """`output.backward()`, one node at a time: each step says what a node's gradient adds to those of its parents.

    >>> from autograd import Value, backward_steps
    >>> a, b = Value(2.0), Value(-3.0)
    >>> c = a * b
    >>> for step in backward_steps(c + a**2):
    ...     print(step)
    (c + a**2).grad 1.0 -> c.grad += 1.0 * 1 = 1.0
                        -> (a**2).grad += 1.0 * 1 = 1.0
    (a**2).grad 1.0 -> a.grad += 1.0 * (2*a) = 4.0
    c.grad 1.0 -> a.grad += 1.0 * b = -3.0, now 1.0
               -> b.grad += 1.0 * a = 2.0

    Run to its end it leaves the same gradients as `backward()`, and adds to those of leaves as that does: call
    `zero_grad()` on them before a second pass. Stopped, it leaves what was reached. Names are labels, or the caller's
    variables, or those of `names`. Raises TypeError for what is not a Value.
    """
    titled = titles_of("backward_steps", output, namespace(names, "backward_steps", sys._getframe(1)))
    return fire_all(output, titled)


def titles_of(name: str, output: Any, namespace: Mapping[str, Any]) -> dict[Value, Text]:
    if not isinstance(output, Value):
        raise TypeError(f"{name}: {output!r:.60} is {a_kind_of(output)}, not a Value\ngive it the output itself")
    graph = nodes(output)
    return titles(graph, find_names(graph, namespace))


# ---- the backward pass, as in Value.backward, in pieces ------------------------------------------

Taken = dict[Operands, list[tuple[Gain, list[Term]]]]  # what each list has gained so far, and how to say it


def fire_all(output: Value, titled: Mapping[Value, Text]) -> Iterator[BackwardStep]:
    order = topological_order(output)
    if watch := watcher():
        watch.before_backward(output)
    for node in order:
        if isinstance(node, Value):
            node._grad = 0.0
    output._grad += 1.0
    taken: Taken = defaultdict(list)
    for group in groups(order):
        yield fire(group, titled, taken)


def groups(order: Sequence[Any]) -> Iterator[list[Any]]:
    """The reversed order in steps: a node with the lists after it that it alone has taken, or any other list."""
    takers = Counter(
        operand for node in order for operand in (node._left, node._right) if isinstance(operand, Operands)
    )
    group: list[Any] = []
    for item in reversed(order):
        its_own = bool(group) and takers[item] == 1 and item in (group[0]._left, group[0]._right)
        if group and not its_own:
            yield group
            group = []
        group.append(item)
    if group:
        yield group


@silent
def fire(group: list[Any], titled: Mapping[Value, Text], taken: Taken) -> BackwardStep:
    contributions: list[Contribution] = []
    node, own = group[0], group[1:]
    for item in group:
        if isinstance(item, Value):
            contributions += from_node(item, own, titled, taken)
        else:
            contributions += from_list(item, titled, taken)
    if isinstance(node, Value):
        return BackwardStep(node, titled[node], node._grad, tuple(contributions), definition(node, titled))
    title = Text(f"[{listed([titled[each] for each in node.values])}]")
    return BackwardStep(None, title, math.nan, tuple(contributions))


def from_node(node: Value, own: list[Operands], titled: Mapping[Value, Text], taken: Taken) -> list[Contribution]:
    """Add to the gradients of a node's operands, or note it down for those that are lists; its own come next."""
    gains = node._operation.gradient(node._grad, node._a, node._b)
    slopes = zip(local_derivatives(node, titled), node.local_gradients())
    terms = iter([(node._grad, text, slope) for text, slope in slopes])
    contributions: list[Contribution] = []
    for operand, gain in zip((node._left, node._right), gains):
        if isinstance(operand, Operands):
            told = [next(terms) for _ in operand.values]
            taken[operand].append((gain, told))
            if operand not in own:
                shares = zip(operand.values, told, multiplied_out(operand, gain))
                contributions += [
                    Contribution(value, titled[value], (term,), share, value._grad, noted=True)
                    for value, term, share in shares
                ]
        elif operand is not None:
            contributions.append(contribution(operand, [next(terms)], gain, titled))
    return contributions


def from_list(operands: Operands, titled: Mapping[Value, Text], taken: Taken) -> list[Contribution]:
    """Add to the gradients of a list's Values what all the nodes that took it give."""
    gains, told = zip(*taken.pop(operands))
    amounts = zip(gained(operands, list(gains)), zip(*told))
    return [contribution(value, terms, amount, titled) for (value, amount), terms in amounts]


def contribution(parent: Value, terms: Sequence[Term], amount: float, titled: Mapping[Value, Text]) -> Contribution:
    parent._grad += amount
    return Contribution(parent, titled[parent], tuple(terms), amount, parent._grad)
