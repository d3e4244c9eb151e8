"""The engine of the first twelve exercises, in one piece: what the exercises after them import."""

import math


class Value:
    """A number that remembers its parents, and what each of them gains when a gradient arrives."""

    def __init__(self, data, parents=(), pass_back=lambda gradient: ()):
        self.data = data
        self.grad = 0.0
        self.parents = parents
        self.pass_back = pass_back

    def __repr__(self):
        return f"Value(data={self.data}, grad={self.grad})"

    def __add__(self, other):
        return Value(self.data + as_value(other).data, (self, as_value(other)), lambda g: (g, g))

    def __sub__(self, other):
        return Value(self.data - as_value(other).data, (self, as_value(other)), lambda g: (g, -g))

    def __mul__(self, other):
        a, b = self.data, as_value(other).data
        return Value(a * b, (self, as_value(other)), lambda g: (g * b, g * a))

    def __truediv__(self, other):
        a, b = self.data, as_value(other).data
        return Value(a / b, (self, as_value(other)), lambda g: (g / b, -g * a / b**2))

    def __pow__(self, other):
        a, b = self.data, as_value(other).data
        by_base = b * a ** (b - 1) if b != 0 else 0.0
        by_exponent = a**b * math.log(a) if a > 0 else 0.0
        return Value(a**b, (self, as_value(other)), lambda g: (g * by_base, g * by_exponent))

    def __neg__(self):
        return self * -1

    def __radd__(self, other):
        return as_value(other) + self

    def __rsub__(self, other):
        return as_value(other) - self

    def __rmul__(self, other):
        return as_value(other) * self

    def __rtruediv__(self, other):
        return as_value(other) / self

    def __rpow__(self, other):
        return as_value(other) ** self

    def of_one(self, y, slope):
        return Value(y, (self,), lambda g: (g * slope,))

    def exp(self):
        y = math.exp(self.data)
        return self.of_one(y, y)

    def log(self):
        return self.of_one(math.log(self.data), 1 / self.data)

    def tanh(self):
        y = math.tanh(self.data)
        return self.of_one(y, 1 - y * y)

    def sigmoid(self):
        small = math.exp(-abs(self.data))
        y = 1 / (1 + small) if self.data > 0 else small / (1 + small)
        return self.of_one(y, y * (1 - y))

    def relu(self):
        return self.of_one(max(self.data, 0.0), 1.0 if self.data > 0 else 0.0)

    def __abs__(self):
        return self.of_one(abs(self.data), math.copysign(1.0, self.data))

    def backward(self):
        order = topological_order(self)
        for node in order:
            if node.parents:
                node.grad = 0.0
        self.grad = 1.0
        for node in reversed(order):
            for parent, gain in zip(node.parents, node.pass_back(node.grad)):
                parent.grad += gain


def as_value(x):
    """A Value as it is, and a number as a Value."""
    return x if isinstance(x, Value) else Value(x)


def topological_order(output):
    """All nodes that an output was computed from, each once, parents first."""
    order, seen, stack = [], set(), [(output, False)]
    while stack:
        node, parents_done = stack.pop()
        if parents_done:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack.extend((parent, False) for parent in node.parents)
    return order
