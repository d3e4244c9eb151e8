"""Optimizers that find a step size for each parameter: RMSprop, Adagrad, Adam, AdamW and NAdam, rule by rule.

All divide the gradient by how large it usually is, so that steep and flat directions move at the same pace; they differ
in what "usually" is. Arguments, defaults and formulas are PyTorch's. Next: clipping.py, schedules.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from autograd import Value, maximum, sqrt
from nn.optim import Optimizer, State, decayed
from nn.resuming import check_above_zero, check_flags, check_numbers, check_shares, is_number


def rmsprop_rule(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    alpha: Any = 0.99,
    eps: Any = 1e-8,
    weight_decay: Any = 0.0,
    momentum: Any = 0.0,
    centered: bool = False,
) -> tuple[Any, State]:
    """One step of RMSprop: the gradient over the root of its mean square. (Tieleman and Hinton 2012, lecture 6.5)

    >>> p, (square, mean, velocity) = rmsprop_rule(1.0, -2.0, (), lr=0.1, alpha=0.75)
    >>> round(p, 6), square
    (1.2, 1.0)

    Means forget at the rate alpha. `centered` divides by the standard deviation instead (Graves 2013); the step, not
    the gradient, gathers momentum.
    """
    square, mean, velocity = state or (0.0, 0.0, 0.0)
    g = decayed(p, g, weight_decay)
    square = alpha * square + (1.0 - alpha) * g * g
    spread = square
    if centered:
        mean = alpha * mean + (1.0 - alpha) * g
        spread = maximum(square - mean * mean, 0.0)  # never negative, but for rounding
    step = g / (sqrt(spread) + eps)
    if momentum != 0:
        step = velocity = momentum * velocity + step
    return p - lr * step, (square, mean, velocity)


class RMSprop(Optimizer):
    """RMSprop: each gradient is divided by a running root mean square of those before it.

    >>> from autograd import Value
    >>> steep, flat = Value(1.0), Value(1.0)
    >>> optimizer = RMSprop([steep, flat], lr=0.01)
    >>> (1000 * steep + flat / 1000).backward()
    >>> optimizer.step()
    >>> round(steep.data, 4), round(flat.data, 4)             # both move the same way
    (0.9, 0.9)

    `states` holds the mean square, the mean and the velocity of each parameter; the latter two stay 0 unless asked for.
    """

    rule = staticmethod(rmsprop_rule)

    def __init__(
        self,
        params: Iterable[Value],
        lr: float = 0.01,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
    ) -> None:
        super().__init__(params, lr)
        self.alpha, self.eps, self.weight_decay = alpha, eps, weight_decay
        self.momentum, self.centered = momentum, centered
        self.check()

    @property
    def settings(self) -> tuple[Any, ...]:
        return self.alpha, self.eps, self.weight_decay, self.momentum, self.centered

    def check(self) -> None:
        check_shares(self, "alpha")
        check_above_zero(self, "eps")
        check_numbers(self, "weight_decay", "momentum")
        check_flags(self, "centered")
        super().check()


def adagrad_rule(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    lr_decay: Any = 0.0,
    weight_decay: Any = 0.0,
    initial_accumulator_value: Any = 0.0,
    eps: Any = 1e-10,
) -> tuple[Any, State]:
    """One step of Adagrad: the gradient over the root of the sum of all its squares. (Duchi et al. 2011)

    >>> p, (total, steps) = adagrad_rule(1.0, 3.0, (16.0, 1.0), lr=0.1)
    >>> round(p, 6), total, steps
    (0.94, 25.0, 2.0)

    What was moved much moves less and less; `lr_decay` slows all down: lr / (1 + steps * lr_decay).
    """
    total, steps = state or (initial_accumulator_value, 0.0)
    g = decayed(p, g, weight_decay)
    total = total + g * g
    return p - lr / (1.0 + steps * lr_decay) * g / (sqrt(total) + eps), (total, steps + 1.0)


class Adagrad(Optimizer):
    """Adagrad: each gradient is divided by the root of the sum of the squares of all before it.

    >>> from autograd import Value
    >>> x = Value(1.0)
    >>> optimizer = Adagrad([x], lr=0.5)
    >>> for _ in range(2):                                    # steps of lr / sqrt(1), lr / sqrt(2), ...
    ...     optimizer.zero_grad()
    ...     (-x).backward()
    ...     optimizer.step()
    >>> round(x.data, 6)
    1.853553

    `states` holds the sum of squares and the number of steps of each parameter.
    """

    rule = staticmethod(adagrad_rule)

    def __init__(
        self,
        params: Iterable[Value],
        lr: float = 0.01,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
    ) -> None:
        super().__init__(params, lr)
        self.lr_decay, self.weight_decay, self.eps = lr_decay, weight_decay, eps
        self.initial_accumulator_value = initial_accumulator_value
        self.check()

    @property
    def settings(self) -> tuple[Any, ...]:
        return self.lr_decay, self.weight_decay, self.initial_accumulator_value, self.eps

    def check(self) -> None:
        check_numbers(self, "lr_decay", "weight_decay", "initial_accumulator_value")
        check_above_zero(self, "eps")
        super().check()


# Running means begin at 0, which pulls the first of them towards 0. After t steps the weights of the gradients in a
# mean add up to 1 - beta**t, so that is what it is divided by; with the present beta, as in PyTorch, if it has changed.


def adam_rule(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    betas: tuple[Any, Any] = (0.9, 0.999),
    eps: Any = 1e-8,
    weight_decay: Any = 0.0,
    amsgrad: bool = False,
    decoupled_weight_decay: bool = False,
) -> tuple[Any, State]:
    """One step of Adam: the mean gradient over the root of the mean square, both unbiased. (Kingma and Ba 2015)

    >>> p, (mean, square, steps, peak) = adam_rule(1.0, 40.0, (), lr=0.25, betas=(0.75, 0.5))
    >>> round(p, 6), mean, square, steps                     # the first step has the length lr
    (0.75, 10.0, 800.0, 1.0)

    `amsgrad` divides by the largest mean square so far (Reddi et al. 2018). `decoupled_weight_decay` shrinks p itself,
    where the gradient's share would be divided like the rest of it (Loshchilov and Hutter 2019: AdamW).
    """
    mean, square, steps, peak = state or (0.0, 0.0, 0.0, 0.0)
    beta1, beta2 = betas
    if decoupled_weight_decay:
        p = p * (1.0 - lr * weight_decay)
    else:
        g = decayed(p, g, weight_decay)
    mean = beta1 * mean + (1.0 - beta1) * g
    square = beta2 * square + (1.0 - beta2) * g * g
    steps = steps + 1.0
    if amsgrad:
        peak = maximum(peak, square)
    usual = sqrt((peak if amsgrad else square) / (1.0 - beta2**steps))
    return p - lr / (1.0 - beta1**steps) * mean / (usual + eps), (mean, square, steps, peak)


class Adam(Optimizer):
    """Adam: RMSprop with momentum, and with means that are right from the first step on.

    >>> from autograd import Value
    >>> x, y = Value(-1.2), Value(1.0)
    >>> optimizer = Adam([x, y], lr=0.1)
    >>> for _ in range(2000):                                 # down Rosenbrock's valley to (1, 1)
    ...     optimizer.zero_grad()
    ...     ((1 - x) ** 2 + 100 * (y - x * x) ** 2).backward()
    ...     optimizer.step()
    >>> round(x.data, 2), round(y.data, 2)
    (1.0, 1.0)

    `states` holds of each parameter the mean gradient, the mean square, the number of steps and the largest mean square
    (0 without `amsgrad`).
    """

    rule = staticmethod(adam_rule)

    def __init__(
        self,
        params: Iterable[Value],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
        *,
        decoupled_weight_decay: bool = False,
    ) -> None:
        super().__init__(params, lr)
        self.betas, self.eps, self.weight_decay, self.amsgrad = betas, eps, weight_decay, amsgrad
        self.decoupled_weight_decay = decoupled_weight_decay
        self.check()

    @property
    def settings(self) -> tuple[Any, ...]:
        return self.betas, self.eps, self.weight_decay, self.amsgrad, self.decoupled_weight_decay

    def check(self) -> None:
        check_betas(self)
        check_above_zero(self, "eps")
        check_numbers(self, "weight_decay")
        check_flags(self, "amsgrad", "decoupled_weight_decay")
        super().check()


class AdamW(Adam):
    """Adam with a weight decay that shrinks the parameters themselves. (Loshchilov and Hutter 2019)

    >>> from autograd import Value
    >>> x = Value(1.0)
    >>> optimizer = AdamW([x], lr=0.1, weight_decay=0.5)
    >>> (x * 0).backward()
    >>> optimizer.step()
    >>> x.data                                                # 1 - lr * weight_decay
    0.95
    """

    def __init__(
        self,
        params: Iterable[Value],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.01,
        amsgrad: bool = False,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, decoupled_weight_decay=True)


def nadam_rule(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    betas: tuple[Any, Any] = (0.9, 0.999),
    eps: Any = 1e-8,
    weight_decay: Any = 0.0,
    fading: Any = 0.96**0.004,
    decoupled_weight_decay: bool = False,
) -> tuple[Any, State]:
    """One step of NAdam: Adam that already counts the next step's momentum, as Nesterov does. (Dozat 2016)

    >>> p, (mean, square, steps, faded, product) = nadam_rule(1.0, 1.0, (), lr=0.1, betas=(0.5, 0.5), fading=1.0)
    >>> round(p, 6), mean, square, steps, faded, product     # 1 - 0.1 * (1 + 0.25 * 0.5 / (1 - 0.25**2))
    (0.886667, 0.5, 0.5, 1.0, 1.0, 0.25)

    The momentum of step t is beta1 * (1 - fading**t / 2), which grows from half of beta1 to all of it; `fading` is
    0.96**momentum_decay. The product of all momenta takes the place of Adam's power of beta1.
    """
    mean, square, steps, faded, product = state or (0.0, 0.0, 0.0, 1.0, 1.0)
    beta1, beta2 = betas
    if decoupled_weight_decay:
        p = p * (1.0 - lr * weight_decay)
    else:
        g = decayed(p, g, weight_decay)
    steps, faded = steps + 1.0, fading * faded
    now, then = beta1 * (1.0 - 0.5 * faded), beta1 * (1.0 - 0.5 * faded * fading)
    product = product * now
    mean = beta1 * mean + (1.0 - beta1) * g
    square = beta2 * square + (1.0 - beta2) * g * g
    ahead = (1.0 - now) / (1.0 - product) * g + then / (1.0 - product * then) * mean
    return p - lr * ahead / (sqrt(square / (1.0 - beta2**steps)) + eps), (mean, square, steps, faded, product)


class NAdam(Optimizer):
    """Adam with Nesterov's momentum, which grows during the first steps.

    >>> from autograd import Value
    >>> x = Value(1.0)
    >>> optimizer = NAdam([x], lr=0.1)
    >>> for _ in range(300):
    ...     optimizer.zero_grad()
    ...     ((x - 3) ** 2).backward()
    ...     optimizer.step()
    >>> round(x.data, 6)
    3.0

    `states` holds of each parameter the mean gradient, the mean square, the number of steps, the power of `fading`
    (see `nadam_rule`) and the product of all momenta.
    """

    rule = staticmethod(nadam_rule)

    def __init__(
        self,
        params: Iterable[Value],
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
    ) -> None:
        super().__init__(params, lr)
        self.betas, self.eps, self.weight_decay = betas, eps, weight_decay
        self.momentum_decay, self.decoupled_weight_decay = momentum_decay, decoupled_weight_decay
        self.check()

    @property
    def settings(self) -> tuple[Any, ...]:
        fading = 0.96**self.momentum_decay
        return self.betas, self.eps, self.weight_decay, fading, self.decoupled_weight_decay

    def check(self) -> None:
        check_betas(self)
        check_above_zero(self, "eps")
        check_numbers(self, "weight_decay", "momentum_decay")
        check_flags(self, "decoupled_weight_decay")
        super().check()


def check_betas(owner: Any) -> None:
    """ValueError unless `betas` are two numbers from 0 to below 1."""
    betas = owner.betas
    if not isinstance(betas, tuple) or len(betas) != 2 or not all(is_number(beta) and 0 <= beta < 1 for beta in betas):
        raise ValueError(
            f"{type(owner).__name__}: betas = {betas!r:.60}\nbetas are a tuple of two numbers from 0 to below 1"
        )
