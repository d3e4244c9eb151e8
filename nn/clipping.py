"""Clipping: gradients that are too long are shortened, between `backward()` and the optimizer's step.

A single steep place, as recurrent networks have them, would otherwise throw the parameters far away. Next:
schedules.py.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

from autograd import Value
from nn.optim import checked_params
from nn.resuming import is_number


def clip_grad_norm(params: Iterable[Value], max_norm: float) -> float:
    """Shorten the gradient to a length of `max_norm`, keeping its direction; returns the length it had.

    >>> from autograd import Value
    >>> x, y = Value(1.0), Value(1.0)
    >>> (30 * x + 40 * y).backward()
    >>> clip_grad_norm([x, y], max_norm=1.0)
    50.0
    >>> round(x.grad, 6), round(y.grad, 6)
    (0.6, 0.8)

    The length is the Euclidean one over all parameters together; those that no gradient reached do not count. As in
    PyTorch, one millionth is added to it, against a division by 0, and a gradient of infinite length becomes nan.
    (Pascanu, Mikolov and Bengio 2013)
    """
    check_limit("clip_grad_norm", "max_norm", max_norm)
    reached = [parameter for parameter in checked_params(params) if parameter.grad_is_computed]
    length = math.hypot(*(parameter.grad for parameter in reached))
    share = share_of(length, max_norm)
    if share != 1.0:
        for parameter in reached:
            parameter.grad = parameter.grad * share
    return length


def clip_grad_value(params: Iterable[Value], clip_value: float) -> None:
    """Hold each slope between -clip_value and clip_value.

    >>> from autograd import Value
    >>> x, y = Value(1.0), Value(1.0)
    >>> (30 * x + 0.5 * y).backward()
    >>> clip_grad_value([x, y], 1.0)
    >>> x.grad, y.grad
    (1.0, 0.5)

    The direction changes, other than with `clip_grad_norm`; nan stays nan.
    """
    check_limit("clip_grad_value", "clip_value", clip_value)
    for parameter in checked_params(params):
        if parameter.grad_is_computed and abs(parameter.grad) > clip_value:
            parameter.grad = math.copysign(clip_value, parameter.grad)


class Clipping(NamedTuple):
    """What is done to gradients before each step of a training: one of the two above, or nothing.

    >>> from autograd import Value
    >>> x = Value(1.0)
    >>> (30 * x).backward()
    >>> Clipping(value=1.0).clip([x])
    >>> x.grad
    1.0
    """

    norm: float | None = None
    value: float | None = None

    def clip(self, params: Iterable[Value]) -> None:
        """Clip the gradients of these parameters."""
        if self.norm is not None:
            clip_grad_norm(params, self.norm)
        if self.value is not None:
            clip_grad_value(params, self.value)

    def check(self, function: str) -> None:
        """ValueError for limits that make no sense, or for both."""
        for name, limit in zip(("clip_norm", "clip_value"), self):
            if limit is not None:
                check_limit(function, name, limit)
        if None not in self:
            raise ValueError(f"{function}: clip_norm = {self.norm!r} beside clip_value = {self.value!r}\ngive one")


UNCLIPPED = Clipping()


def share_of(length: float, max_norm: float) -> float:
    """What a gradient of this length is multiplied by, so that it is no longer than `max_norm`: at most 1, or nan.

    >>> share_of(0.5, 1.0), round(share_of(2.0, 1.0), 6)
    (1.0, 0.5)
    """
    share = max_norm / (length + 1e-6)
    return 1.0 if share >= 1.0 else share


def check_limit(function: str, name: str, limit: float) -> None:
    if not is_number(limit) or not limit >= 0:
        raise ValueError(f"{function}: {name} = {limit!r:.60}\n{name} is a number from 0 up")
