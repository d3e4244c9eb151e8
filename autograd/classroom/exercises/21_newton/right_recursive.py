"""By the definition: what arrives at a node is the sum over those that use it; slopes along all paths."""


class Value:
    def __init__(self, data, parents=(), slopes=lambda: ()):
        self.data, self.parents, self.slopes = data, parents, slopes

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other), lambda: (Value(1), Value(1)))

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other), lambda: (other, self))

    __radd__, __rmul__ = __add__, __mul__


def gradient(output, leaf):
    if output is leaf:
        return Value(1.0)
    total = Value(0.0)
    for parent, slope in zip(output.parents, output.slopes()):
        total = total + slope * gradient(parent, leaf)
    return total


def newton_step(f, x):
    v = Value(x)
    first = gradient(f(v), v)
    return x - first.data / gradient(first, v).data
