"""Optimizers: a rule for one parameter, over plain numbers or Values, and a class that applies it to all; here SGD.

Next: adaptive.py, the rules that find a step size for each parameter; clipping.py, schedules.py; train.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from autograd import Value
from nn.resuming import Resumable, check_flags, check_numbers, is_number

State = tuple[Any, ...]


class Optimizer(Resumable):
    """A rule, the settings it is given, and what it remembers of each parameter. An optimizer of your own is a rule:

    >>> from autograd import Value, sign
    >>> def sign_rule(p, g, state, lr):                # a step of the same length, whatever the slope
    ...     return p - lr * sign(g), state
    >>> class SignDescent(Optimizer):
    ...     rule = staticmethod(sign_rule)
    >>> x = Value(1.0)
    >>> optimizer = SignDescent([x], lr=0.25)
    >>> (x * 100).backward()
    >>> optimizer.step()
    >>> x.data
    0.75

    A rule takes a parameter p, its gradient g, what is remembered of it (a tuple, empty before the first step), the
    learning rate and then the settings; it returns the new p and what is to be remembered. It is pure, and works on
    numbers and on Values alike: so the same text trains eagerly and, traced, as machine code. A zero or a flag among
    the settings may be asked for with an `if`; p, g and the state may not.
    """

    rule: ClassVar[Callable[..., tuple[Any, State]]]
    left_out = ("params",)
    also_remembered: ClassVar[tuple[int, ...]] = ()  # how many numbers the rule may keep that it does not use now

    def __init__(self, params: Iterable[Value], lr: float) -> None:
        self.params = checked_params(params)
        self.lr = lr  # may be set between steps
        check_numbers(self, "lr")
        self.states: list[State] = [()] * len(self.params)

    @property
    def settings(self) -> tuple[Any, ...]:
        """What the rule is given after the learning rate: numbers, flags, or tuples of them."""
        return ()

    def check(self) -> None:
        """ValueError for settings that make no sense, or for a loaded state that does not fit them."""
        check_numbers(self, "lr")
        states, kind = self.states, type(self).__name__
        if not isinstance(states, list) or len(states) != len(self.params):
            raise ValueError(f"{kind}: states of other than {len(self.params)} parameters\nload what was saved of them")
        size = len(self.update(0.0, 0.0, (), self.lr)[1])
        sizes = (0, size, *self.also_remembered)
        for state in states:
            if not isinstance(state, tuple) or len(state) not in sizes or not all(map(is_number, state)):
                raise ValueError(f"{kind}: a state of {state!r:.60}\nthe rule remembers {size} numbers of a parameter")

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for parameter in self.params:
            parameter.zero_grad()

    def update(self, p: Any, g: Any, state: State, lr: Any) -> tuple[Any, State]:
        """The rule for one parameter: where it moves, and what is remembered of it. On numbers, or on Values."""
        return type(self).rule(p, g, state, lr, *self.settings)

    def step(self) -> None:
        """Move every parameter against its gradient. One that no gradient has reached stays as it is."""
        for index, parameter in enumerate(self.params):
            if parameter.grad_is_computed:
                parameter.data, self.states[index] = self.update(
                    parameter.data, parameter.grad, self.states[index], self.lr
                )


def sgd_rule(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    momentum: Any = 0.0,
    dampening: Any = 0.0,
    weight_decay: Any = 0.0,
    nesterov: bool = False,
) -> tuple[Any, State]:
    """One step of stochastic gradient descent for a parameter p with gradient g: the new p, and its velocity.

    >>> sgd_rule(1.0, 0.5, (), lr=0.1)
    (0.95, ())
    >>> sgd_rule(1.0, 0.5, (2.0,), lr=0.1, momentum=0.5)
    (0.85, (1.5,))

    In PyTorch's form: the learning rate multiplies the velocity, and the first velocity is the gradient, undampened.
    (Polyak 1964; Sutskever et al. 2013)
    """
    g = decayed(p, g, weight_decay)
    if momentum == 0:
        return p - lr * g, state  # a velocity waits, as in PyTorch, until there is momentum again
    velocity = momentum * state[0] + (1.0 - dampening) * g if state else g
    return p - lr * (g + momentum * velocity if nesterov else velocity), (velocity,)


def decayed(p: Any, g: Any, weight_decay: Any) -> Any:
    """The gradient with that of the penalty weight_decay / 2 * p**2, which draws p towards 0."""
    return g if weight_decay == 0 else g + weight_decay * p


class SGD(Optimizer):
    """Stochastic gradient descent, with momentum, dampening, weight decay and Nesterov's variant as PyTorch has them.

    >>> from autograd import Value
    >>> x = Value(1.0)
    >>> optimizer = SGD([x], lr=0.1)
    >>> for _ in range(100):
    ...     optimizer.zero_grad()
    ...     ((x - 3) ** 2).backward()
    ...     optimizer.step()
    >>> round(x.data, 6)
    3.0

    `lr` and the other settings may be set between steps. Weight decay adds `weight_decay * p` to the gradient, as the
    penalty `weight_decay / 2 * p**2` in the loss would. `states` holds each parameter's velocity, if there is momentum.
    """

    rule = staticmethod(sgd_rule)
    also_remembered = (1,)

    def __init__(
        self,
        params: Iterable[Value],
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
    ) -> None:
        super().__init__(params, lr)
        self.momentum, self.dampening, self.weight_decay = momentum, dampening, weight_decay
        self.nesterov = nesterov
        self.check()

    @property
    def settings(self) -> tuple[Any, ...]:
        return self.momentum, self.dampening, self.weight_decay, self.nesterov

    def check(self) -> None:
        check_numbers(self, "momentum", "dampening", "weight_decay")
        check_flags(self, "nesterov")
        if self.nesterov and (self.momentum == 0 or self.dampening != 0):
            raise ValueError(
                f"SGD: nesterov with momentum = {self.momentum!r}, dampening = {self.dampening!r}\n"
                "Nesterov's variant needs a momentum above 0 and no dampening"
            )
        super().check()


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
