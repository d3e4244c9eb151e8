"""A student's engine, whatever its style: how to make a number, run programs on it, and read what came of it.

Found by trying: the number under `data` or `value`, the gradient under `grad` or `derivative`, the backward pass as a
method or as a function that is given. Closures that add to the parents, closures that return contributions, stored
local gradients, Function and Context classes: from outside they are alike. Next: hunting.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from numbers import Real
from typing import Any

from autograd.classroom.programs import Outcome, Program
from autograd.classroom.rules import Number, Rule

DATA = ("data", "value", "val", "v", "x")
GRADIENT = ("grad", "gradient", "derivative", "deriv", "adjoint", "g")
BACKWARD = ("backward", "backprop", "back")


STOPS = (Exception, SystemExit)  # what a student's code may end in; Ctrl-C is the user's own


class Unusable(Exception):  # noqa: N818 (it is not the program's error)
    """Why a student's engine cannot be tried at all: a key of what is said about it, and the facts."""

    def __init__(self, key: str, **facts: Any) -> None:
        super().__init__(key)
        self.key, self.facts = key, facts


class Student:
    """A student's engine.

    >>> from autograd import Value
    >>> from autograd.classroom.programs import Step
    >>> from autograd.classroom.rules import by_name
    >>> Student(Value).outcome(Program(1, (Step(by_name["+"], (0, 0)),)), [2.0])
    Outcome(value=4.0, slopes=(2.0,))
    """

    def __init__(
        self,
        make: Callable[[float], Any],
        backward: Callable[[Any], Any] | None = None,
        functions: Mapping[str, Callable[[Any], Any]] | None = None,
    ) -> None:
        if not callable(make):
            raise Unusable("not_callable", given=f"{make!r:.60}")
        self.make, self.functions = make, dict(functions or {})
        leaf = self.leaf(2.0)
        self.data = first_present(leaf, DATA, "no_data")
        first_present(leaf, GRADIENT, "no_gradient")
        self.backward = backward or self.own_backward(leaf)

    def leaf(self, number: Number) -> Any:
        """A new number of the student's."""
        try:
            return self.make(float(number))
        except STOPS as error:
            raise Unusable("no_leaf", error=of_error(error)) from error

    def own_backward(self, leaf: Any) -> Callable[[Any], Any]:
        name = first_present(leaf, BACKWARD, "no_backward")
        return lambda output: getattr(output, name)()

    def apply(self, rule: Rule, operands: Sequence[Any]) -> Any:
        """One operation on the student's numbers."""
        if not rule.method:
            return rule.compute(*operands)
        if rule.method in self.functions:
            return self.functions[rule.method](*operands)
        return getattr(operands[0], rule.method)(*operands[1:])

    def lacks(self, rule: Rule) -> str:
        """Why an operation cannot be tried: it is not there, or not yet written. "" if it can be."""
        try:
            result = self.apply(rule, [self.leaf(2.0 + k) for k in range(rule.arity)])
        except (TypeError, AttributeError, NotImplementedError) as error:
            return of_error(error)
        except STOPS:  # it is there, and goes wrong
            return ""
        return "" if hasattr(result, self.data) else f"it gives {result!r:.40}"

    def outcome(self, program: Program, at: Sequence[Number]) -> Outcome:
        """What a program comes to: its value, and the gradient of each leaf after a backward pass from the output."""
        leaves = [self.leaf(number) for number in at[: program.leaves]]
        nodes = list(leaves)
        for rule, operands in program.steps:
            nodes.append(self.apply(rule, [nodes[k] for k in operands]))
        value = as_number(getattr(nodes[-1], self.data))
        self.backward(nodes[-1])
        return Outcome(value, tuple(self.gradient(leaf) for leaf in leaves))

    def gradient(self, node: Any) -> float:
        """A node's gradient; one that was never set counts as 0."""
        name = first_present(node, GRADIENT, "no_gradient")
        found = getattr(node, name)
        return 0.0 if found is None else as_number(found() if callable(found) else found)


def first_present(node: Any, names: Sequence[str], missing: str) -> str:
    for name in names:
        if hasattr(node, name):
            return name
    raise Unusable(missing, type=type(node).__name__)


def as_number(found: Any) -> float:
    """What was found, as a number; TypeError if it is none."""
    for name in DATA:  # a gradient that is a node itself
        if not isinstance(found, Real) and isinstance(getattr(found, name, None), Real):
            found = getattr(found, name)
    if isinstance(found, bool) or not isinstance(found, Real):
        raise TypeError(f"{found!r:.40} is a {type(found).__name__}, not a number")
    return float(found)


def of_error(error: BaseException) -> str:
    """An error in one line."""
    return f"{type(error).__name__}: {error}".splitlines()[0][:120]
