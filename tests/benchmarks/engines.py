"""The engines that are timed, each with the steps of the works that need more than arithmetic."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import autograd
import nn
from tests.benchmarks import works

MOONS, DIGITS = (2, 16, 16, 1), (64, 32, 10)


class Ours:
    """scalar-autograd, as a user writes it."""

    name = "ours"
    leaf = staticmethod(autograd.Value)

    def model(self, widths: Sequence[int], weights: Sequence[float]) -> Any:
        model = nn.MLP(widths[0], widths[1:], activation="relu")
        for parameter, number in zip(model.parameters(), weights):
            parameter.data = number
        return model

    def moons_loss(self, model: Any, inputs: Any, sides: Any) -> Any:
        penalty = autograd.sum(p * p for p in model.parameters())
        return nn.hinge_loss([model(x) for x in inputs], sides) + 1e-4 * penalty

    def digits_loss(self, model: Any, inputs: Any, classes: Any) -> Any:
        return nn.cross_entropy([model(x) for x in inputs], classes)

    def updater(self, model: Any) -> Callable[[], None]:
        """A function that takes one step of descent and forgets the gradients; made once for a model."""
        optimizer = nn.SGD(model.parameters(), lr=1e-6)

        def update() -> None:
            optimizer.step()
            optimizer.zero_grad()

        return update

    def numbers(self, scalars: Sequence[Any]) -> list[float]:
        return [float(v.data) for v in scalars]

    def slopes(self, scalars: Sequence[Any]) -> list[float]:
        return [0.0 if v.grad is None else float(v.grad) for v in scalars]  # PyTorch: None where none arrived


class Micrograd(Ours):
    """micrograd 0.1.0, with its own neural network; exp and log, which it lacks, written as its Value class permits."""

    name = "micrograd"

    def __init__(self) -> None:
        from micrograd.engine import Value
        from micrograd.nn import MLP

        self.leaf, self.mlp = Value, MLP  # type: ignore[assignment]

    def model(self, widths: Sequence[int], weights: Sequence[float]) -> Any:
        model = self.mlp(widths[0], list(widths[1:]))
        for parameter, number in zip(model.parameters(), weights):
            parameter.data = number
        return model

    def moons_loss(self, model: Any, inputs: Any, sides: Any) -> Any:
        scores = [model([self.leaf(x) for x in sample]) for sample in inputs]
        return works.hinge_with_penalty(scores, sides, model.parameters())

    def function(self, x: Any, data: float, slope: float) -> Any:
        out = self.leaf(data)
        out._prev = {x}

        def backward() -> None:
            x.grad += slope * out.grad

        out._backward = backward
        return out

    def exp(self, x: Any) -> Any:
        return self.function(x, math.exp(x.data), math.exp(x.data))

    def log(self, x: Any) -> Any:
        return self.function(x, math.log(x.data), 1.0 / x.data)

    def digits_loss(self, model: Any, inputs: Any, classes: Any) -> Any:
        rows = [model([self.leaf(x) for x in sample]) for sample in inputs]
        return works.scalar_cross_entropy(rows, classes, self.exp, self.log)

    def updater(self, model: Any) -> Callable[[], None]:
        def update() -> None:
            for parameter in model.parameters():
                parameter.data -= 1e-6 * parameter.grad
            model.zero_grad()

        return update


class Torch(Ours):
    """PyTorch with 0-d float64 tensors, a neuron written as a sum of products."""

    name = "torch"

    def __init__(self) -> None:
        import torch

        torch.set_num_threads(1)
        self.torch = torch
        self.leaf = lambda x: torch.tensor(x, dtype=torch.float64, requires_grad=True)  # type: ignore[assignment]

    def model(self, widths: Sequence[int], weights: Sequence[float]) -> Any:
        return works.ScalarMLP(self.leaf, weights, widths)

    def moons_loss(self, model: Any, inputs: Any, sides: Any) -> Any:
        return works.hinge_with_penalty([model(x)[0] for x in inputs], sides, model.parameters())

    def digits_loss(self, model: Any, inputs: Any, classes: Any) -> Any:
        return works.scalar_cross_entropy([model(x) for x in inputs], classes, self.torch.exp, self.torch.log)

    def updater(self, model: Any) -> Callable[[], None]:
        parameters = model.parameters()

        def update() -> None:
            with self.torch.no_grad():
                for parameter in parameters:
                    parameter -= 1e-6 * parameter.grad
                    parameter.grad = None

        return update


def installed(kinds: Sequence[Callable[[], Any]] = (Ours, Micrograd, Torch)) -> tuple[list[Any], list[str]]:
    """The engines that are there, and the names of those that are not."""
    found, missing = [], []
    for kind in kinds:
        try:
            found.append(kind())
        except ImportError:
            missing.append(kind.name)  # type: ignore[attr-defined]
    return found, missing
