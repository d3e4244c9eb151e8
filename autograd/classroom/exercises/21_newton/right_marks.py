"""Gradients under the identity of their nodes, in the order of an age that every node has."""

import itertools

ages = itertools.count()


class Value:
    def __init__(self, data, parents=(), pass_back=lambda gradient: []):
        self.data, self.parents, self.pass_back, self.age = data, parents, pass_back, next(ages)

    def __add__(self, other):
        other = Value.of(other)
        return Value(self.data + other.data, [self, other], lambda g: [g, g])

    def __mul__(self, other):
        other = Value.of(other)
        return Value(self.data * other.data, [self, other], lambda g: [other * g, self * g])

    def __radd__(self, other):
        return Value.of(other) + self

    def __rmul__(self, other):
        return Value.of(other) * self

    @staticmethod
    def of(x):
        return x if isinstance(x, Value) else Value(x)


def gradient(output, leaf):
    waiting, arrived = {output.age: output}, {output.age: Value(1.0)}
    while waiting:
        node = waiting.pop(max(waiting))
        if node is leaf:
            return arrived[node.age]
        for parent, gain in zip(node.parents, node.pass_back(arrived[node.age])):
            arrived[parent.age] = arrived[parent.age] + gain if parent.age in arrived else gain
            waiting[parent.age] = parent
    return Value(0.0)


def newton_step(f, x):
    v = Value(x)
    slope = gradient(f(v), v)
    return x + -1 * slope.data / gradient(slope, v).data
