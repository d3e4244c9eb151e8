"""Activations: the functions that may stand between layers, by name, and as a layer of their own. Next: dense.py."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import Any

import autograd
from autograd import Value
from nn.module import Module
from nn.tensors import Tensor, as_lists, elementwise

Function = Callable[[Value], Value]

SATURATING = {"tanh": autograd.tanh, "sigmoid": autograd.sigmoid, "softsign": autograd.softsign}
RECTIFYING = {
    "relu": autograd.relu,
    "leaky_relu": autograd.leaky_relu,
    "elu": autograd.elu,
    "gelu": autograd.gelu,
    "silu": autograd.silu,
    "softplus": autograd.softplus,
}
ACTIVATIONS: dict[str, Any] = {**SATURATING, **RECTIFYING}


class Activation(Module):
    """A function applied to every number of its input, of any shape.

    >>> Activation("relu")([[-1.0, 2.0], [3.0, -4.0]])
    [[0.0, 2.0], [3.0, 0.0]]

    `function` is the name of one (tanh, relu, ...) or any function of a number or Value. Raises ValueError for a name
    that is not one.
    """

    def __init__(self, function: str | Function) -> None:
        self.function = function
        self._function: Any = as_function(function)

    def __call__(self, x: Tensor) -> Tensor:
        return elementwise(self._function, as_lists(x))

    def __repr__(self) -> str:
        return f"Activation({name_of(self.function)})"


def as_function(activation: str | Function | None) -> Function | None:
    """The activation's function; ValueError with the choices for a name that is not one."""
    if activation is None or callable(activation):
        return activation
    if activation not in ACTIVATIONS:
        close = difflib.get_close_matches(str(activation).lower(), ACTIVATIONS, n=1)
        hint = f"did you mean {close[0]!r}? " if close else ""
        raise ValueError(f"unknown activation {activation!r}\n{hint}choose one of {', '.join(ACTIVATIONS)}, or None")
    return ACTIVATIONS[activation]


def name_of(activation: str | Function | None) -> str:
    return "linear" if activation is None else getattr(activation, "__name__", str(activation))
