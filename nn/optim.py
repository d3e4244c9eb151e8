"""Optimizers: a rule for one parameter, over plain numbers, and a class that applies it to all. Next: train.py."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Real
from typing import Any

from autograd import Value


def sgd_rule(
    p: Any, g: Any, buffer: Any, lr: float, momentum: float, nesterov: bool, weight_decay: float, dampening: float
) -> tuple[Any, Any]:
    """One step of stochastic gradient descent for a parameter p with gradient g: the new p and the new buffer.

    >>> sgd_rule(1.0, 0.5, None, lr=0.1, momentum=0.0, nesterov=False, weight_decay=0.0, dampening=0.0)
    (0.95, None)

    The buffer is the velocity, None before the first step. In PyTorch's form, where the learning rate multiplies the
    velocity and the first velocity is the gradient undampened. (Polyak 1964; Sutskever et al. 2013)
    """
    g = g + weight_decay * p
    if momentum:
        buffer = g if buffer is None else momentum * buffer + (1.0 - dampening) * g
        g = g + momentum * buffer if nesterov else buffer
    return p - lr * g, buffer


class SGD:
    """Stochastic gradient descent, with momentum, Nesterov's variant, weight decay and dampening as PyTorch has them.

    >>> from autograd import Value
    >>> x = Value(1.0)
    >>> optimizer = SGD([x], lr=0.1)
    >>> for _ in range(100):
    ...     optimizer.zero_grad()
    ...     ((x - 3) ** 2).backward()
    ...     optimizer.step()
    >>> round(x.data, 6)
    3.0

    `lr` may be set between steps. Weight decay adds `weight_decay * p` to the gradient, as the penalty
    `weight_decay / 2 * p**2` in the loss would.
    """

    def __init__(
        self,
        params: Iterable[Value],
        lr: float = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float = 0.0,
        dampening: float = 0.0,
    ) -> None:
        self.params = checked_params(params)
        for name, number in {"lr": lr, "momentum": momentum, "weight_decay": weight_decay}.items():
            if not isinstance(number, Real) or not number >= 0:
                raise ValueError(f"SGD: {name} = {number!r}\n{name} is a number from 0 up")
        if nesterov and (momentum == 0 or dampening != 0):
            raise ValueError(
                f"SGD: nesterov with momentum = {momentum!r}, dampening = {dampening!r}\n"
                "Nesterov's variant needs a momentum above 0 and no dampening"
            )
        self.lr, self.momentum, self.nesterov = lr, momentum, nesterov
        self.weight_decay, self.dampening = weight_decay, dampening
        self.states: list[tuple[float, ...]] = [()] * len(self.params)  # a parameter's velocity, once it has one

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for parameter in self.params:
            parameter.zero_grad()

    @property
    def settings(self) -> tuple[Any, ...]:
        """All but the learning rate: what the rule is made of."""
        return self.momentum, self.nesterov, self.weight_decay, self.dampening

    def update(self, p: Any, g: Any, state: tuple[Any, ...], lr: Any) -> tuple[Any, tuple[Any, ...]]:
        """The rule for one parameter: where it moves, and what is remembered of it. On numbers, or on Values."""
        p, buffer = sgd_rule(p, g, state[0] if state else None, lr, *self.settings)
        return p, () if buffer is None else (buffer,)

    def step(self) -> None:
        """Move every parameter against its gradient. One that no gradient has reached stays as it is."""
        for index, parameter in enumerate(self.params):
            if parameter.grad_is_computed:
                parameter.data, self.states[index] = self.update(
                    parameter.data, parameter.grad, self.states[index], self.lr
                )


def checked_params(params: Any) -> list[Value]:
    """The parameters as a list; an error for what cannot be optimized."""
    if isinstance(params, Value) or not hasattr(params, "__iter__"):
        raise TypeError(f"{params!r:.60} is not a list of parameters\ngive it model.parameters()")
    params = list(params)
    if not params:
        raise ValueError("an optimizer without parameters\ngive it model.parameters()")
    for parameter in params:
        if not isinstance(parameter, Value):
            raise TypeError(
                f"{parameter!r:.60} is a {type(parameter).__name__}, not a Value\ngive it model.parameters()"
            )
        if parameter.op:
            raise ValueError(f"{parameter!r:.60} was computed from others\nonly leaves can be optimized")
    return params
