"""Fully connected networks: Neuron, Layer, MLP.

A layer is data plus `__call__`. A neuron's weighted sum is one node of the graph, its activation another. Next:
losses.py, or the other layers: sequential.py, conv.py, norm.py, recurrent.py, attention.py.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from autograd import Operands, Value, dot
from nn.activations import RECTIFYING, Function, as_function, name_of
from nn.initialise import Initialisation, as_random, glorot_uniform, he_uniform
from nn.module import Module, batch_through
from nn.tensors import Number, check_widths


class Neuron(Module):
    """One unit: a weighted sum of `nin` inputs plus a bias, and an activation.

    >>> neuron = Neuron(2, activation="relu", rng=0)
    >>> len(neuron.w), neuron.b.data
    (2, 0.0)
    >>> neuron([1.0, -2.0]).op
    'relu'

    `activation` is the name of one (tanh, relu, ...), any function of a Value, or None for a linear unit. `rng` is a
    seed or a `random.Random`. `draw` is the initialisation of the weights, such as `nn.he_normal`; by default it is
    `nn.he_uniform` for units of the relu family and `nn.glorot_uniform` for others. Raises ValueError for an input of
    another width than `nin`.
    """

    def __init__(
        self,
        nin: int,
        activation: str | Function | None = None,
        rng: random.Random | int = 0,
        *,
        nout: int = 1,
        draw: Initialisation | None = None,
    ) -> None:
        check_widths(nin, nout)
        rng = as_random(rng)
        draw = draw or (he_uniform if activation in RECTIFYING else glorot_uniform)
        self.w = [Value(draw(nin, nout, rng)) for _ in range(nin)]
        self.b = Value(0.0)
        self.activation = activation
        self._function = as_function(activation)
        self._parameters = Operands((*self.w, self.b))

    def __call__(self, x: Sequence[Number]) -> Value:
        """The neuron's output for an input of `nin` numbers or Values."""
        return self.respond(Operands(x, "Neuron").followed_by(1.0))

    def respond(self, x_and_one: Operands) -> Value:
        """The output for an input that is followed by a 1 for the bias: a layer makes it once for all its neurons."""
        if self._parameters.values != (*self.w, self.b):  # one was replaced
            self._parameters = Operands((*self.w, self.b))
        if len(x_and_one.data) != len(self._parameters.data):
            width = len(x_and_one.data) - 1
            raise ValueError(f"an input of {width} numbers for a neuron of {len(self.w)} weights\n{WIDTHS}")
        total = dot(self._parameters, x_and_one)
        return total if self._function is None else self._function(total)

    def __repr__(self) -> str:
        return f"Neuron({len(self.w)}, {name_of(self.activation)})"


class Layer(Module):
    """`nout` neurons that take the same `nin` inputs. Numbers or Values in, a list of `nout` Values out.

    >>> layer = Layer(2, 3, activation="tanh", rng=0)
    >>> len(layer([1.0, -2.0]))
    3
    """

    def __init__(
        self,
        nin: int,
        nout: int,
        activation: str | Function | None = None,
        rng: random.Random | int = 0,
        draw: Initialisation | None = None,
    ) -> None:
        check_widths(nin, nout)
        rng = as_random(rng)
        self.neurons = [Neuron(nin, activation, rng, nout=nout, draw=draw) for _ in range(nout)]

    def __call__(self, x: Sequence[Number]) -> list[Value]:
        x_and_one = Operands(x, "Layer").followed_by(1.0)
        return [neuron.respond(x_and_one) for neuron in self.neurons]

    def members(self) -> dict[str, Any]:
        """As in PyTorch's Linear: the neurons' weights as one matrix, [nout][nin], and their biases as a vector."""
        members = super().members()
        neurons = members.pop("neurons")
        return {"weight": [neuron.w for neuron in neurons], "bias": [neuron.b for neuron in neurons], **members}

    def __repr__(self) -> str:
        neuron = self.neurons[0]
        return f"Layer({len(neuron.w)} -> {len(self.neurons)}, {name_of(neuron.activation)})"


class MLP(Module):
    """A multilayer perceptron: layers of the widths `nouts`, with an activation between them and a linear output.

    >>> model = MLP(3, [4, 4, 1], activation="tanh", rng=0)
    >>> model
    MLP(3 -> 4 -> 4 -> 1, tanh, 41 parameters)
    >>> type(model([2.0, 3.0, -1.0])).__name__
    'Value'

    Returns a list of Values, or the Value itself where the last width is 1.
    """

    def __init__(
        self,
        nin: int,
        nouts: Sequence[int],
        activation: str | Function | None = "tanh",
        rng: random.Random | int = 0,
        draw: Initialisation | None = None,
    ) -> None:
        if not isinstance(nouts, (list, tuple)) or not nouts:
            raise ValueError(f"an MLP with nouts = {nouts!r}\ngive the width of each layer, as in MLP(2, [16, 1])")
        check_widths(nin, *nouts)
        as_function(activation)  # a wrong name is an error even where no layer is hidden
        rng = as_random(rng)
        widths = [nin, *nouts]
        hidden: list[Any] = [activation] * (len(nouts) - 1)
        self.layers = [Layer(nin, nout, f, rng, draw) for nin, nout, f in zip(widths, nouts, [*hidden, None])]

    def __call__(self, x: Sequence[Number]) -> Any:
        signal: Any = x
        for layer in self.layers:
            signal = layer(signal)
        return signal[0] if len(signal) == 1 else signal

    def batch(self, xs: Sequence[Any]) -> list[Any]:
        """The outputs for a list of samples, which go from layer to layer together."""
        return [signal[0] if len(signal) == 1 else signal for signal in batch_through(self.layers, xs)]

    def __repr__(self) -> str:
        widths = [len(self.layers[0].neurons[0].w), *(len(layer.neurons) for layer in self.layers)]
        activation = name_of(self.layers[0].neurons[0].activation)
        return f"MLP({' -> '.join(map(str, widths))}, {activation}, {len(self.parameters())} parameters)"


WIDTHS = "give as many numbers as the layer has inputs (its nin)"
