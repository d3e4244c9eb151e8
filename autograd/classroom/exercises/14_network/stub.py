r"""14 · Neuron, layer, network

A neuron weighs its inputs, adds a bias, and bends the sum: tanh(w1*x1 + w2*x2 + ... + b). A layer is several neurons
that see the same inputs; a multilayer perceptron (MLP) is layers one after the other.

        x1 --w1--\
                  (+)--> tanh --> output          MLP(2, [3, 1]):  2 inputs, 3 neurons, then 1
        x2 --w2--/ |
                   b

`Neuron(3)` has a list `w` of three random Values and a Value `b`; called with three numbers it gives a Value, and with
any other number of inputs an error. A layer, and an MLP, give a list of Values, also if there is only one. All three
have `parameters()`, a list of all their Values.
"""

import random

from engine import Value


class Neuron:
    def __init__(self, inputs):
        raise NotImplementedError

    def __call__(self, xs):
        raise NotImplementedError

    def parameters(self):
        raise NotImplementedError


class Layer:
    def __init__(self, inputs, units):
        raise NotImplementedError

    def __call__(self, xs):
        raise NotImplementedError

    def parameters(self):
        raise NotImplementedError


class MLP:
    def __init__(self, inputs, sizes):
        raise NotImplementedError

    def __call__(self, xs):
        raise NotImplementedError

    def parameters(self):
        raise NotImplementedError
