"""Inputs and weights paired strictly; the network as a composition."""

import random
from functools import reduce

from engine import Value


class Neuron:
    def __init__(self, inputs):
        self.w, self.b = [Value(2 * random.random() - 1) for _ in range(inputs)], Value(0.1)

    def __call__(self, xs):
        return (sum(w * x for w, x in zip(self.w, xs, strict=True)) + self.b).tanh()

    def parameters(self):
        return self.w + [self.b]


class Layer:
    def __init__(self, inputs, units):
        self.units = [Neuron(inputs) for _ in range(units)]

    def __call__(self, xs):
        return [unit(xs) for unit in self.units]

    def parameters(self):
        return sum((unit.parameters() for unit in self.units), [])


class MLP:
    def __init__(self, inputs, sizes):
        widths = [inputs] + list(sizes)
        self.layers = [Layer(*pair) for pair in zip(widths[:-1], widths[1:])]

    def __call__(self, xs):
        return reduce(lambda signal, layer: layer(signal), self.layers, xs)

    def parameters(self):
        return sum((layer.parameters() for layer in self.layers), [])
