"""What beginners write in a way of their own is accepted; what is wrong below is not blamed on what stands on it."""

import pytest

from autograd.classroom import check
from autograd.classroom.judging import judge_source
from autograd.classroom.ladder import exercise

RIGHT = {
    "4 minus as plus of the negative": (
        4,
        "        return Value(self.data - other.data, (self, other), lambda gradient: (gradient, -gradient))",
        "        return self + Value(-other.data, (other,), lambda gradient: (-gradient,))",
    ),
    "8 a chain of its own": (8, "def topological_order", "from itertools import chain\n\n\ndef topological_order"),
    "8 names_of of its own": (8, "def topo", "def names_of(x):\n    return x[::-1]\n\n\ndef topo"),
    "7 outcomes of its own": (7, "class Value:", "outcomes = growth = engine = submission = None\n\n\nclass Value:"),
    "24 the next segment at once": (
        24,
        "        inputs = [kept.pop()]\n        for forward, _ in segment[:-1]:\n"
        "            inputs.append(forward(inputs[-1]))\n",
        "        inputs = inputs_of(segment, kept.pop())\n",
    ),
}  # fmt: skip
INPUTS = """


def inputs_of(segment, x):
    found = [x]
    for forward, _ in segment[:-1]:
        found.append(forward(found[-1]))
    return found
"""


@pytest.mark.parametrize("name", RIGHT)
def test_a_way_of_ones_own_is_accepted(name) -> None:
    number, old, new = RIGHT[name]
    rung = exercise(number)
    assert old in rung.reference
    body = rung.reference.replace(old, new) + (INPUTS if number == 24 else "")
    verdict = judge_source(rung, rung.file_with(body, "ana"), "ana")
    assert verdict.passed, verdict


def test_names_of_the_questions_cannot_be_forged() -> None:
    rung = exercise(14)
    unchecked = rung.reference.replace("!=", "> 99 +")
    body = "refuses = lambda *a: 'an error'\n\n\n" + unchecked
    assert unchecked != rung.reference
    assert judge_source(rung, rung.file_with(body)).key in ("zip_truncates", "stopped")


# ---- engines in one piece --------------------------------------------------------------------------------------------

MICROGRAD = """
class Value:
    def __init__(self, data, parents=()):
        self.data, self.grad, self.parents, self._backward = data, 0.0, parents, lambda: None

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data + other.data, (self, other))
        def step():
            self.grad += out.grad
            other.grad += out.grad
        out._backward = step
        return out

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data * other.data, (self, other))
        def step():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad
        out._backward = step
        return out

    def __pow__(self, n):
        out = Value(self.data ** n, (self,))
        def step():
            self.grad += n * self.data ** (n - 1) * out.grad
        out._backward = step
        return out

    def __neg__(self): return self * -1
    def __sub__(self, other): return self + (-other)
    def __truediv__(self, other): return self * other ** -1
    def __radd__(self, other): return self + other
    def __rmul__(self, other): return self * other

    def backward(self):
        order, seen = [], set()
        def visit(node):
            if node not in seen:
                seen.add(node)
                for parent in node.parents: visit(parent)
                order.append(node)
        visit(self)
        self.grad = 1.0
        for node in reversed(order): node._backward()
"""
SLIPS = {
    "none": ("n * self.data", "n * self.data", ""),
    "leaves first": ("for node in reversed(order)", "for node in order", "one_step"),
    "the exponent forgotten": ("n * self.data **", "self.data **", "no_factor"),
    "nothing negative": ("self * -1", "self * 1", "value"),
}


@pytest.mark.parametrize("name", SLIPS)
def test_what_is_built_from_something_wrong_is_not_blamed(name) -> None:
    old, new, key = SLIPS[name]
    names: dict = {}
    exec(MICROGRAD.replace(old, new), names)
    verdict = check(names["Value"])
    assert verdict.passed if not key else verdict.key == key, verdict
    assert "-" not in verdict.program.replace("-a", "") and "/" not in verdict.program, verdict
