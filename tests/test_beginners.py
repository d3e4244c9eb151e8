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


LATE = MICROGRAD.replace("self.data, self.grad, self.parents,", "self.data, self.parents,").replace(
    "data, 0.0, parents, lambda", "data, parents, lambda"
)
UNUSUAL = {
    "a gradient that backward makes": LATE.replace(
        "        self.grad = 1.0\n", "        for node in order: node.grad = 0.0\n        self.grad = 1.0\n"
    ),
    "a seed that has to be given": MICROGRAD.replace("def backward(self):", "def backward(self, seed):").replace(
        "self.grad = 1.0", "self.grad = seed"
    ),
    "tensors of one number": """
class Value:
    def __init__(self, data, parents=(), slopes=()):
        self.data = data if isinstance(data, list) else [data]
        self.grad, self.parents, self.slopes = [0.0], parents, slopes

    def __add__(self, other):
        return Value([self.data[0] + other.data[0]], (self, other), (1.0, 1.0))

    def __mul__(self, other):
        return Value([self.data[0] * other.data[0]], (self, other), (other.data[0], self.data[0]))

    def backward(self):
        order, seen = [], set()
        def visit(node):
            if node not in seen:
                seen.add(node)
                for parent in node.parents: visit(parent)
                order.append(node)
        visit(self)
        self.grad = [1.0]
        for node in reversed(order):
            for parent, slope in zip(node.parents, node.slopes):
                parent.grad = [parent.grad[0] + slope * node.grad[0]]
""",
}


@pytest.mark.parametrize("name", UNUSUAL)
def test_an_unusual_engine_that_is_right_is_accepted(name) -> None:
    names: dict = {}
    exec(UNUSUAL[name], names)
    verdict = check(names["Value"])
    assert verdict.passed, verdict


DATACLASS = """
from dataclasses import dataclass, field

@dataclass
class Value:
    data: float
    parents: tuple = ()
    slopes: tuple = ()
    grad: float = 0.0

    def __add__(self, other): return Value(self.data + other.data, (self, other), (1.0, 1.0))
    def __mul__(self, other): return Value(self.data * other.data, (self, other), (other.data, self.data))

    def backward(self):
        order = []
        def visit(node):
            if node not in order:
                for parent in node.parents: visit(parent)
                order.append(node)
        visit(self)
        self.grad = 1.0
        for node in reversed(order):
            for parent, slope in zip(node.parents, node.slopes): parent.grad += slope * node.grad
"""


def test_nodes_that_are_equal_and_not_the_same_are_named() -> None:
    names: dict = {}
    exec(DATACLASS, names)
    verdict = check(names["Value"])
    assert not verdict.passed and verdict.key == "equal_nodes", verdict
    exec(DATACLASS.replace("(other.data, self.data)", "(self.data, other.data)"), names)
    assert check(names["Value"]).key in ("own_data", "equal_nodes")


def test_a_forward_pass_that_is_off_by_little_is_shown_with_its_digits() -> None:
    names: dict = {}
    exec(MICROGRAD.replace("self.data * other.data, (self", "self.data * other.data * (1 + 1e-8), (self"), names)
    verdict = check(names["Value"])
    assert verdict.key == "value"
    told = verdict.cause.partition("computes ")[2].replace(" is right", "").split(", and ")
    assert len(told) == 2 and told[0] != told[1], verdict
