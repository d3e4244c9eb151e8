"""A student's engine, whatever its style: how to make a number, run a program on it, and read what came of it.

Found by trying: the number under `data` or `value`, the gradient under `grad` or `derivative`, the backward pass as a
method or as a function that is given. Closures that add to the parents, closures that return contributions, stored
local gradients, Function and Context classes: from outside they are alike.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from types import CodeType
from typing import Any

from .plain import DATA, STOPS, as_number, of_error

GRADIENT = ("grad", "gradient", "derivative", "deriv", "adjoint", "g")
BACKWARD = ("backward", "backprop", "back")
METHODS = ("relu", "exp", "log", "tanh", "sigmoid")  # functions that may be methods


class Unusable(Exception):  # noqa: N818 (it is not the program's error)
    """Why a student's engine cannot be tried at all: a key of what is said about it, and the facts."""

    def __init__(self, key: str, **facts: Any) -> None:
        super().__init__(key)
        self.key, self.facts = key, facts


class Engine:
    """A student's engine.

    >>> from autograd import Value
    >>> Engine(Value).run(["c = a * b"], ["a", "b"], [2.0, 3.0])    # c, and its slopes by a and b
    [6.0, 3.0, 2.0]
    """

    def __init__(
        self,
        make: Callable[[float], Any],
        backward: Callable[[Any], Any] | None = None,
        functions: Mapping[str, Callable[..., Any]] | None = None,
    ) -> None:
        if not callable(make):
            raise Unusable("not_callable", given=f"{make!r:.60}")
        self.make = make
        self.functions = {name: of_method(name) for name in METHODS} | dict(functions or {})
        leaf = self.leaf(2.0)
        self.data = first_present(leaf, DATA, "no_data")
        self.backward = backward or self.own_backward(leaf)

    def leaf(self, number: float) -> Any:
        """A new number of the student's."""
        try:
            return self.make(float(number))
        except STOPS as error:
            raise Unusable("no_leaf", error=of_error(error)) from error

    def own_backward(self, leaf: Any) -> Callable[[Any], Any]:
        name = first_present(leaf, BACKWARD, "no_backward")
        seed = [1.0] * asks_for_a_seed(getattr(leaf, name))
        return lambda output: getattr(output, name)(*seed)

    def lacks(self, formula: str, names: Sequence[str]) -> str:
        """Why a formula of these names cannot be tried: an operation is not there, or not written yet. "" if it can."""
        try:
            leaves = {name: self.leaf(2.0 + k) for k, name in enumerate(names)}
            result = eval(compiled(formula), {**self.functions, **leaves})
        except (TypeError, AttributeError, NotImplementedError, NameError) as error:
            return of_error(error)
        except STOPS:  # it is there, and goes wrong
            return ""
        return "" if hasattr(result, self.data) else f"it gives {result!r:.40}"

    def run(self, lines: Sequence[str], names: Sequence[str], at: Sequence[float], times: int = 1) -> list[float]:
        """What a program comes to: its value, and the gradient of each leaf after so many backward passes."""
        nodes = {name: self.leaf(number) for name, number in zip(names, at)}
        leaves, output = list(nodes.values()), None
        for name, _, formula in (line.partition(" = ") for line in lines):
            nodes[name] = output = eval(compiled(formula), {**self.functions, **nodes})
        value = as_number(getattr(output, self.data))
        for _ in range(times):
            self.backward(output)
        first_present(output, GRADIENT, "no_gradient")
        return [value, *map(self.gradient, leaves)]

    def gradient(self, node: Any) -> float:
        """A node's gradient; one that was never set, or made, counts as 0."""
        found = next((getattr(node, name) for name in GRADIENT if hasattr(node, name)), None)
        return 0.0 if found is None else as_number(found() if callable(found) else found)


def asks_for_a_seed(method: Callable[..., Any]) -> bool:
    """Whether a backward pass has to be given the output's own gradient."""
    try:
        parameters = inspect.signature(method).parameters.values()
    except (TypeError, ValueError):
        return False
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return any(each.kind in positional and each.default is inspect.Parameter.empty for each in parameters)


def of_method(name: str) -> Callable[..., Any]:
    """`exp(a)` of a class that has a method for it."""
    return lambda node, *others: getattr(node, name)(*others)


@lru_cache(10_000)
def compiled(formula: str) -> CodeType:
    return compile(formula, "<program>", "eval")


def first_present(node: Any, names: Sequence[str], missing: str) -> str:
    for name in names:
        if hasattr(node, name):
            return name
    raise Unusable(missing, type=type(node).__name__)
