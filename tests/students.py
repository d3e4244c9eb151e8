"""Engines as students write them: four right ones in different styles, each with places for mistakes.

`right()` of each style makes a fresh class. What is changed in it makes a wrong one: see test_classroom.py.
"""

from __future__ import annotations

import math
from types import SimpleNamespace

SLOPES = {  # local derivatives by operand, of the operands
    "+": lambda a, b: (1.0, 1.0),
    "*": lambda a, b: (b, a),
    "-": lambda a, b: (1.0, -1.0),
    "/": lambda a, b: (1 / b, -a / b**2),
    "**": lambda a, b: (b * a ** (b - 1), a**b * math.log(a) if a > 0 else 0.0),
    "neg": lambda a: (-1.0,),
    "relu": lambda a: (float(a > 0),),
    "exp": lambda a: (math.exp(a),),
    "log": lambda a: (1 / a,),
    "tanh": lambda a: (1 - math.tanh(a) ** 2,),
    "abs": lambda a: (math.copysign(1.0, a),),
}
FORWARD = {
    "+": lambda a, b: a + b,
    "*": lambda a, b: a * b,
    "-": lambda a, b: a - b,
    "/": lambda a, b: a / b,
    "**": lambda a, b: a**b,
    "neg": lambda a: -a,
    "relu": lambda a: max(a, 0.0),
    "exp": math.exp,
    "log": math.log,
    "tanh": math.tanh,
    "abs": abs,
}


def order_of(output, parents):
    """The nodes below an output, each after all that it was computed from, without recursion."""
    order, seen, stack = [], set(), [(output, False)]
    while stack:
        node, is_done = stack.pop()
        if is_done:
            order.append(node)
        elif id(node) not in seen:
            seen.add(id(node))
            stack.append((node, True))
            stack += [(parent, False) for parent in parents(node)]
    return order


class Operators:
    """The signs, for a class that has `combine(sign, *operands)`."""

    def __add__(self, other):
        return self.combine("+", self, other)

    def __radd__(self, other):
        return self.combine("+", other, self)

    def __mul__(self, other):
        return self.combine("*", self, other)

    def __rmul__(self, other):
        return self.combine("*", other, self)

    def __sub__(self, other):
        return self.combine("-", self, other)

    def __rsub__(self, other):
        return self.combine("-", other, self)

    def __truediv__(self, other):
        return self.combine("/", self, other)

    def __rtruediv__(self, other):
        return self.combine("/", other, self)

    def __pow__(self, other):
        return self.combine("**", self, other)

    def __rpow__(self, other):
        return self.combine("**", other, self)

    def __neg__(self):
        return self.combine("neg", self)

    def __abs__(self):
        return self.combine("abs", self)

    def relu(self):
        return self.combine("relu", self)

    def exp(self):
        return self.combine("exp", self)

    def log(self):
        return self.combine("log", self)

    def tanh(self):
        return self.combine("tanh", self)


def accumulating(slopes=SLOPES, forward=FORWARD):
    """Closures that add to the parents' gradients, as micrograd's do; parents in a set."""

    class Value(Operators):
        def __init__(self, data, parents=()):
            self.data, self.grad, self._backward, self._prev = data, 0.0, lambda: None, set(parents)

        def combine(self, sign, *operands):
            operands = [each if isinstance(each, Value) else Value(each) for each in operands]
            numbers = [each.data for each in operands]
            out = Value(forward[sign](*numbers), operands)

            def _backward():
                for operand, slope in zip(operands, slopes[sign](*numbers)):
                    operand.grad += slope * out.grad

            out._backward = _backward
            return out

        def backward(self):
            self.grad = 1.0
            for node in reversed(order_of(self, lambda node: node._prev)):
                node._backward()

    return Value


def contributing(slopes=SLOPES, forward=FORWARD):
    """Closures that return what each parent gains, as this project's do; gradients are None at first."""

    class Scalar(Operators):
        def __init__(self, value, parents=(), gives=lambda g: ()):
            self.value, self.gradient, self.parents, self.gives = value, None, parents, gives

        def combine(self, sign, *operands):
            operands = tuple(each if isinstance(each, Scalar) else Scalar(each) for each in operands)
            numbers = [each.value for each in operands]
            return Scalar(forward[sign](*numbers), operands, lambda g: tuple(g * s for s in slopes[sign](*numbers)))

        def backprop(self):
            self.gradient = 1.0
            for node in reversed(order_of(self, lambda node: node.parents)):
                for parent, share in zip(node.parents, node.gives(node.gradient)):
                    parent.gradient = (parent.gradient or 0.0) + share

    return Scalar


def storing(slopes=SLOPES, forward=FORWARD):
    """Local gradients stored as numbers beside the children, as microgpt's are."""

    class Value(Operators):
        __slots__ = ("_children", "_local_grads", "data", "grad")

        def __init__(self, data, children=(), local_grads=()):
            self.data, self.grad, self._children, self._local_grads = data, 0, children, local_grads

        def combine(self, sign, *operands):
            operands = tuple(each if isinstance(each, Value) else Value(each) for each in operands)
            numbers = [each.data for each in operands]
            return Value(forward[sign](*numbers), operands, slopes[sign](*numbers))

        def backward(self):
            self.grad = 1
            for node in reversed(order_of(self, lambda node: node._children)):
                for child, local in zip(node._children, node._local_grads):
                    child.grad += local * node.grad

    return Value


def with_contexts(slopes=SLOPES, forward=FORWARD):
    """Functions with a context, as PyTorch's and MiniTorch's; the backward pass is a function of its own."""

    class Function:
        def __init__(self, sign):
            self.sign = sign

        def apply(self, *operands):
            operands = [each if isinstance(each, Scalar) else Scalar(each) for each in operands]
            context = SimpleNamespace(saved=[each.data for each in operands], operands=operands)
            return Scalar(forward[self.sign](*context.saved), self, context)

        def backward(self, context, gradient):
            return [gradient * slope for slope in slopes[self.sign](*context.saved)]

    class Scalar(Operators):
        def __init__(self, data, function=None, context=None):
            self.data, self.derivative, self.function, self.context = data, None, function, context

        def combine(self, sign, *operands):
            return Function(sign).apply(*operands)

        def backward(self):
            gradients = {id(self): 1.0}
            for node in reversed(order_of(self, lambda node: node.context.operands if node.context else ())):
                gradient = gradients[id(node)]
                if node.function is None:
                    node.derivative = (node.derivative or 0.0) + gradient
                    continue
                for operand, share in zip(node.context.operands, node.function.backward(node.context, gradient)):
                    gradients[id(operand)] = gradients.get(id(operand), 0.0) + share

    return Scalar


STYLES = {"accumulating": accumulating, "contributing": contributing, "storing": storing, "contexts": with_contexts}
