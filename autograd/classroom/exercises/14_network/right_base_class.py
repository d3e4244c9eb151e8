"""parameters() written once, for whatever has parts."""

import random

from engine import Value


class Module:
    def parameters(self):
        return [p for part in self.parts for p in ([part] if isinstance(part, Value) else part.parameters())]


class Neuron(Module):
    def __init__(self, inputs):
        self.w = [Value(random.gauss(0, 0.5)) for _ in range(inputs)]
        self.b = Value(random.gauss(0, 0.5))
        self.parts = [*self.w, self.b]

    def __call__(self, xs):
        assert len(xs) == len(self.w), "as many inputs as weights, please"
        total = self.b
        for w, x in zip(self.w, xs):
            total = total + x * w
        return total.tanh()


class Layer(Module):
    def __init__(self, inputs, units):
        self.parts = tuple(Neuron(inputs) for _ in range(units))

    def __call__(self, xs):
        return [part(xs) for part in self.parts]


class MLP(Module):
    def __init__(self, inputs, sizes):
        self.parts = []
        for size in sizes:
            self.parts.append(Layer(inputs, size))
            inputs = size

    def __call__(self, xs):
        for part in self.parts:
            xs = part(xs)
        return xs
