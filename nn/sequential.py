"""Networks as a list of layers: Sequential; and what stands between layers, Dropout and Flatten. Next: conv.py."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

from nn.activations import ACTIVATIONS, Activation, name_of
from nn.initialise import as_random
from nn.module import Module, batch_through
from nn.tensors import Number, Tensor, as_lists, elementwise, flat, is_within


class Sequential(Module):
    """Layers one after the other, each taking what the one before it gives.

    >>> from operator import itemgetter
    >>> import nn, random
    >>> rng = random.Random(0)                             # one for all, so that no two layers start alike
    >>> model = nn.Sequential(
    ...     nn.Layer(2, 4, rng=rng), "relu", nn.Dropout(0.5, rng), nn.Layer(4, 1, rng=rng), itemgetter(0)
    ... )
    >>> model
    Sequential(Layer(2 -> 4, linear), Activation(relu), Dropout(0.5), Layer(4 -> 1, linear), operator.itemgetter(0))
    >>> type(model([1.0, -2.0])).__name__                  # itemgetter(0) takes the number out of a list of one
    'Value'

    A layer is a Module, an activation (its name, or autograd's function, applied to every number), or any other
    function of one sample. Batches go from layer to layer together. Raises TypeError for what is none of these.
    """

    def __init__(self, *layers: Module | str | Callable[[Any], Any]) -> None:
        self.layers: list[Any] = []
        for layer in layers:
            if isinstance(layer, str) or layer in ACTIVATIONS.values():
                layer = Activation(layer)
            if not callable(layer) or isinstance(layer, type):
                raise TypeError(
                    f"Sequential: {layer!r:.60} is not a layer\n"
                    "give it Modules (Flatten(), not Flatten), names of activations, or functions"
                )
            self.layers.append(layer)

    def __call__(self, x: Any) -> Any:
        for layer in self.layers:
            x = layer(x)
        return x

    def batch(self, xs: Sequence[Any]) -> list[Any]:
        """The outputs for a list of samples, which go from layer to layer together."""
        return batch_through(self.layers, xs)

    def __repr__(self) -> str:
        names = [name_of(layer) if hasattr(layer, "__name__") else repr(layer) for layer in self.layers]
        return f"Sequential({', '.join(names)})"


class Flatten(Module):
    """Nested lists as one list of their numbers, in order: what a Layer takes after a Conv2d.

    >>> Flatten()([[[1, 2], [3, 4]], [[5, 6], [7, 8]]])
    [1, 2, 3, 4, 5, 6, 7, 8]
    """

    def __call__(self, x: Tensor) -> list[Number]:
        return flat(as_lists(x))

    def __repr__(self) -> str:
        return "Flatten()"


class Dropout(Module):
    """In training, each number is dropped (made 0) with probability p, and the others are divided by 1 - p to make up.

    >>> dropout = Dropout(0.5, rng=3)
    >>> dropout([1.0, 1.0, 1.0, 1.0])
    [0.0, 2.0, 0.0, 2.0]
    >>> dropout.eval()([1.0, 1.0, 1.0, 1.0])
    [1.0, 1.0, 1.0, 1.0]

    Numbers and Values of any shape. `rng` is a seed or a `random.Random`, from which each call draws anew. Raises
    ValueError unless p is from 0 to 1. (Srivastava et al. 2014)
    """

    def __init__(self, p: float = 0.5, rng: random.Random | int = 0) -> None:
        if not is_within(p, 0.0, 1.0):
            raise ValueError(f"Dropout: p = {p!r}\np is a probability from 0 to 1")
        self.p, self.rng = float(p), as_random(rng)

    def __call__(self, x: Tensor) -> Tensor:
        return elementwise(self.dropped, as_lists(x)) if self.is_active else as_lists(x)

    def dropped(self, number: Number) -> Number:
        """The number times 0, or times 1 / (1 - p)."""
        return number * (0.0 if self.rng.random() < self.p else 1.0 / (1.0 - self.p))

    @property
    def is_active(self) -> bool:
        return self.training and self.p > 0

    @property
    def why_not_compiled(self) -> str:
        return f"{self!r} drops other numbers at each call" if self.is_active else ""

    def __repr__(self) -> str:
        return f"Dropout({self.p:g})"
