"""A neuron, a list of them, a list of those."""

import random

from engine import Value


class Neuron:
    def __init__(self, inputs):
        self.w = [Value(random.uniform(-1, 1)) for _ in range(inputs)]
        self.b = Value(0.0)

    def __call__(self, xs):
        if len(xs) != len(self.w):
            raise ValueError(f"{len(xs)} inputs for {len(self.w)} weights")
        return sum((w * x for w, x in zip(self.w, xs)), self.b).tanh()

    def parameters(self):
        return [*self.w, self.b]


class Layer:
    def __init__(self, inputs, units):
        self.neurons = [Neuron(inputs) for _ in range(units)]

    def __call__(self, xs):
        return [neuron(xs) for neuron in self.neurons]

    def parameters(self):
        return [p for neuron in self.neurons for p in neuron.parameters()]


class MLP:
    def __init__(self, inputs, sizes):
        self.layers = [Layer(i, o) for i, o in zip([inputs, *sizes], sizes)]

    def __call__(self, xs):
        for layer in self.layers:
            xs = layer(xs)
        return xs

    def parameters(self):
        return [p for layer in self.layers for p in layer.parameters()]
