"""Sabotage: the real engine with one mistake in it, for as long as a block lasts; find it with small programs.

>>> from autograd import Value
>>> from autograd.classroom import broken, check
>>> with broken("accumulate"):
...     a = Value(2.0)
...     c = a + a
...     c.backward()
...     a.grad
1.0
>>> c.backward(); a.grad                    # outside of the block all is well again
3.0
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import autograd
from autograd.operands import multiplied_out, values_of
from autograd.value import MULTIPLY, SUBTRACT, Operation, Value
from autograd.wrong_orders import breadth_first, naive_recursion, topological

Patch = tuple[Any, str, Any]  # of an object, an attribute, and what takes its place


def gains_of(node: Value) -> Iterator[tuple[Value, float]]:
    """What each parent of a node gains from it."""
    for operand, gain in zip((node._left, node._right), node._operation.gradient(node._grad, node._a, node._b)):
        yield from zip(values_of(operand), multiplied_out(operand, gain))


def backward_by(
    order: Callable[[Value], Iterable[Value]] = topological, adds: bool = True, seed: float = 1.0, fresh: bool = True
) -> Callable[[Value], None]:
    """A backward pass that may go in a wrong order, replace gradients, begin with another, or leave old ones."""

    def backward(self: Value) -> None:
        for node in topological(self):
            if fresh and node.op:
                node._grad = 0.0
        self._grad = seed
        for node in order(self):
            for parent, gain in list(gains_of(node)) if node.op else ():
                parent._grad = parent._grad + gain if adds else gain

    return backward


def slopes(operation: Operation, wrong: Callable[..., tuple[Any, Any]]) -> list[Patch]:
    return [(operation, "gradient", wrong)]


def walk(**how: Any) -> list[Patch]:
    return [(Value, "backward", backward_by(**how))]


SABOTAGES: dict[str, Callable[[], list[Patch]]] = {
    "accumulate": lambda: walk(adds=False),
    "too_early": lambda: walk(order=breadth_first),
    "recursion": lambda: walk(order=naive_recursion),
    "no_seed": lambda: walk(seed=0.0),
    "stale_inner": lambda: walk(fresh=False),
    "own_data": lambda: slopes(MULTIPLY, lambda g, a, b: (g * a, g * b)),
    "upstream": lambda: slopes(MULTIPLY, lambda g, a, b: (b, a)),
    "sign_1": lambda: slopes(SUBTRACT, lambda g, a, b: (g, g)),
    "no_gate": lambda: slopes(autograd.relu.operation, lambda g, a, b: (g, None)),
    "not_squared": lambda: slopes(autograd.tanh.operation, lambda g, a, b: (g * (1 - math.tanh(a)), None)),
    "half_of_it": lambda: slopes(autograd.sigmoid.operation, lambda g, a, b: (g * autograd.sigmoid(a), None)),
    "as_a_power": lambda: slopes(autograd.exp.operation, lambda g, a, b: (g * a * math.exp(a - 1), None)),
}


@dataclass(frozen=True)
class Sabotage:
    """What is broken. It is not shown before one asks for the `name`."""

    name: str

    def __repr__(self) -> str:
        return "<something is broken>"


@contextmanager
def broken(name: str | None = None, *, seed: int | None = None) -> Iterator[Sabotage]:
    """Inside the block, the engine of this very process has a mistake; without a name, one that is drawn.

    >>> from autograd import Value
    >>> from autograd.classroom import broken, check
    >>> with broken(seed=1) as secret:
    ...     print(check(Value).cause)
    ...     secret, secret.name
    the slope of sigmoid(a) has two factors, s and 1 - s; yours has the first alone
    (<something is broken>, 'half_of_it')

    Names: accumulate, too_early, recursion, no_seed, stale_inner (shows when backward is called twice), own_data,
    upstream, sign_1, no_gate, not_squared, half_of_it, as_a_power. It is mended when the block is left, whatever ends
    it. What other threads compute meanwhile is broken too. Raises ValueError for an unknown name.
    """
    name = random.Random(seed).choice(sorted(SABOTAGES)) if name is None else name
    if name not in SABOTAGES:
        raise ValueError(f"broken({name!r:.40})\nchoose one of {', '.join(SABOTAGES)}")
    patches = SABOTAGES[name]()
    before = [getattr(owner, attribute) for owner, attribute, _ in patches]
    try:
        for owner, attribute, wrong in patches:
            setattr(owner, attribute, wrong)
        yield Sabotage(name)
    finally:
        for (owner, attribute, _), right in zip(patches, before):
            setattr(owner, attribute, right)
