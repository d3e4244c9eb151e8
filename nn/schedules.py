"""Schedules: learning rates that change as training goes on. Call `schedule.step()` after each step, or each epoch.

But for the last, each is a formula for the learning rate after so many steps, `lr_at`, which can be asked for any step
and drawn. Formulas, names and defaults are PyTorch's. Next: train.py.
"""

from __future__ import annotations

import math
from typing import Any

from nn.optim import Optimizer
from nn.resuming import (
    Resumable,
    check_above_zero,
    check_choice,
    check_flags,
    check_numbers,
    check_shares,
    check_whole,
    is_number,
)


class Schedule(Resumable):
    """A formula that sets an optimizer's learning rate. A schedule of your own is a `lr_at`:

    >>> import nn
    >>> class Halving(Schedule):
    ...     def lr_at(self, step):
    ...         return self.base_lr / 2**step
    >>> optimizer = nn.SGD(nn.MLP(2, [1]).parameters(), lr=0.8)
    >>> schedule = Halving(optimizer)
    >>> schedule.step()
    >>> optimizer.lr, schedule.lr_at(3)
    (0.4, 0.1)

    `base_lr` is the learning rate that the optimizer had when the schedule was made, `steps` the number of calls of
    `step`. To resume, make both as before and give each its `state_dict()` back.
    """

    left_out = ("optimizer",)

    def __init__(self, optimizer: Optimizer) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(
                f"{type(self).__name__}: {optimizer!r:.60} is not an optimizer\ngive it one, such as an nn.SGD"
            )
        self.optimizer = optimizer
        self.base_lr, self.steps = float(optimizer.lr), 0
        self.check()
        self.apply()

    def lr_at(self, step: int) -> float:
        """The learning rate after so many steps."""
        raise NotImplementedError(f"{type(self).__name__} has no lr_at\nwrite lr_at(self, step) in its class")

    def step(self) -> None:
        """Count a step and set the learning rate for the next."""
        self.steps += 1
        self.apply()

    def apply(self) -> None:
        """Set what this schedule is in charge of."""
        self.optimizer.lr = self.lr_at(self.steps)

    def load_state_dict(self, saved: dict[str, Any]) -> None:
        super().load_state_dict(saved)
        self.apply()

    def check(self) -> None:
        check_numbers(self, "base_lr")
        check_whole(self, "steps")


class StepLR(Schedule):
    """The learning rate times `gamma` after every `step_size` steps.

    >>> import nn
    >>> schedule = StepLR(nn.SGD(nn.MLP(2, [1]).parameters(), lr=0.8), step_size=2, gamma=0.5)
    >>> [schedule.lr_at(step) for step in range(5)]
    [0.8, 0.8, 0.4, 0.4, 0.2]
    """

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1) -> None:
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer)

    def lr_at(self, step: int) -> float:
        return self.base_lr * self.gamma ** (step // self.step_size)

    def check(self) -> None:
        super().check()
        check_whole(self, "step_size", least=1)
        check_numbers(self, "gamma")


class CosineAnnealingLR(Schedule):
    """Half a wave of a cosine, from the learning rate that there is down to `eta_min` after `T_max` steps.

    >>> import nn
    >>> schedule = CosineAnnealingLR(nn.SGD(nn.MLP(2, [1]).parameters(), lr=0.8), T_max=4)
    >>> [round(schedule.lr_at(step), 4) for step in range(5)]
    [0.8, 0.6828, 0.4, 0.1172, 0.0]

    Beyond `T_max` it rises again, like the cosine. (Loshchilov and Hutter 2017, equation 5, without restarts)
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0) -> None:  # noqa: N803 (PyTorch's name)
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer)

    def lr_at(self, step: int) -> float:
        return between(self.base_lr, self.eta_min, step / self.T_max)

    def check(self) -> None:
        super().check()
        check_whole(self, "T_max", least=1)
        check_numbers(self, "eta_min")


class LinearWarmup(Schedule):
    """A straight rise to the learning rate within `total_iters` steps; then another schedule, from its beginning.

    >>> import nn
    >>> optimizer = nn.SGD(nn.MLP(2, [1]).parameters(), lr=0.8)
    >>> schedule = LinearWarmup(optimizer, 4, start_factor=0.25, then=StepLR(optimizer, step_size=1, gamma=0.5))
    >>> [round(schedule.lr_at(step), 4) for step in range(7)]
    [0.2, 0.35, 0.5, 0.65, 0.8, 0.4, 0.2]

    It rises from `start_factor` times what is to be reached: the learning rate that there is, or the first of `then`.
    Without `then` it stays there. Only the outer schedule's `step` is called. (PyTorch's LinearLR and SequentialLR)
    """

    def __init__(
        self,
        optimizer: Optimizer,
        total_iters: int = 5,
        start_factor: float = 1 / 3,
        then: Schedule | None = None,
    ) -> None:
        self.total_iters, self.start_factor, self.then = total_iters, start_factor, then
        super().__init__(optimizer)

    def lr_at(self, step: int) -> float:
        if step >= self.total_iters and self.then is not None:
            return self.then.lr_at(step - self.total_iters)
        reached = self.base_lr if self.then is None else self.then.lr_at(0)
        return reached * (self.start_factor + (1.0 - self.start_factor) * min(1.0, step / self.total_iters))

    def apply(self) -> None:
        if self.then is not None:
            self.then.steps = max(0, self.steps - self.total_iters)
            self.then.apply()
        super().apply()

    def check(self) -> None:
        super().check()
        check_whole(self, "total_iters", least=1)
        check_numbers(self, "start_factor")
        if self.then is not None and (not isinstance(self.then, Schedule) or self.then.optimizer is not self.optimizer):
            raise ValueError(
                f"LinearWarmup: then = {self.then!r:.60} is not a schedule of the same optimizer\n"
                "give it one that has a formula, such as an nn.CosineAnnealingLR"
            )


class OneCycleLR(Schedule):
    """Up from `max_lr / div_factor` to `max_lr`, then down to almost nothing; momentum goes down and up meanwhile.

    >>> import nn
    >>> optimizer = nn.SGD(nn.MLP(2, [1]).parameters(), momentum=0.9)
    >>> schedule = OneCycleLR(optimizer, max_lr=1.0, total_steps=10, anneal_strategy="linear")
    >>> [round(schedule.lr_at(step), 4) for step in range(10)]
    [0.04, 0.52, 1.0, 0.8571, 0.7143, 0.5714, 0.4286, 0.2857, 0.1429, 0.0]
    >>> optimizer.momentum
    0.95

    The first phase takes the share `pct_start` of `total_steps`; with `three_phase`, as many steps again lead back to
    where it began. `anneal_strategy` is "cos" or "linear". The end is the first learning rate over `final_div_factor`,
    and stays. With `cycle_momentum`, the optimizer's `momentum`, or else the first of its `betas`, goes from
    `max_momentum` to `base_momentum` and back. (Smith and Topin 2018)
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float,
        total_steps: int,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float = 0.85,
        max_momentum: float = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
    ) -> None:
        self.max_lr, self.total_steps, self.pct_start = max_lr, total_steps, pct_start
        self.anneal_strategy, self.three_phase = anneal_strategy, three_phase
        self.cycle_momentum, self.base_momentum, self.max_momentum = cycle_momentum, base_momentum, max_momentum
        self.div_factor, self.final_div_factor = div_factor, final_div_factor
        super().__init__(optimizer)

    def lr_at(self, step: int) -> float:
        first = self.max_lr / self.div_factor
        return self.within_phase(step, first, self.max_lr, first / self.final_div_factor)

    def momentum_at(self, step: int) -> float:
        """The momentum, or first beta, after so many steps."""
        return self.within_phase(step, self.max_momentum, self.base_momentum, self.max_momentum)

    def within_phase(self, step: int, first: float, middle: float, last: float) -> float:
        """Where a number stands that goes from the first to the middle one and on to the last."""
        step = min(step, self.total_steps - 1)
        turn = self.pct_start * self.total_steps - 1.0
        phases = [(turn, first, middle), (self.total_steps - 1.0, middle, last)]
        if self.three_phase:
            phases[1:] = [(2.0 * turn, middle, first), (self.total_steps - 1.0, first, last)]
        end, before, after = next(phase for phase in phases if step <= phase[0])
        begin = [0.0, *(end for end, _, _ in phases if end < step)][-1]
        share = (step - begin) / (end - begin) if end != begin else 1.0
        return between(before, after, share) if self.anneal_strategy == "cos" else before + (after - before) * share

    def apply(self) -> None:
        super().apply()
        if not self.cycle_momentum:
            return
        if hasattr(self.optimizer, "momentum"):
            self.optimizer.momentum = self.momentum_at(self.steps)
        elif hasattr(self.optimizer, "betas"):
            self.optimizer.betas = (self.momentum_at(self.steps), *self.optimizer.betas[1:])

    def check(self) -> None:
        super().check()
        check_numbers(self, "max_lr")
        check_whole(self, "total_steps", least=1)
        check_above_zero(self, "div_factor", "final_div_factor")
        check_shares(self, "base_momentum", "max_momentum")
        check_choice(self, "anneal_strategy", "cos", "linear")
        check_flags(self, "cycle_momentum", "three_phase")
        if not is_number(self.pct_start) or not 0 <= self.pct_start <= (0.5 if self.three_phase else 1):
            raise ValueError(
                f"OneCycleLR: pct_start = {self.pct_start!r:.60}\n"
                "pct_start is a number from 0 to 1, to 0.5 if there are three phases"
            )
        if self.cycle_momentum and not (hasattr(self.optimizer, "momentum") or hasattr(self.optimizer, "betas")):
            raise ValueError(
                f"OneCycleLR: {type(self.optimizer).__name__} has no momentum to cycle\ngive it cycle_momentum=False"
            )


class ReduceLROnPlateau(Resumable):
    """The learning rate times `factor` when a number, such as the validation loss, has stopped getting better.

    >>> import nn
    >>> optimizer = nn.SGD(nn.MLP(2, [1]).parameters(), lr=0.8)
    >>> schedule = ReduceLROnPlateau(optimizer, factor=0.5, patience=1)
    >>> for loss in (3.0, 2.0, 2.0, 2.5):                     # the last two are no better than 2.0
    ...     schedule.step(loss)
    >>> optimizer.lr
    0.4

    Better means by more than `threshold`: of the best so far ("rel"), or outright ("abs"); less, or more if `mode` is
    "max". After more than `patience` steps that are not, the learning rate is reduced, down to `min_lr`, if by more
    than `eps`; the `cooldown` steps after that do not count. nan is never better.
    """

    left_out = ("optimizer",)

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float = 0.0,
        eps: float = 1e-8,
    ) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"ReduceLROnPlateau: {optimizer!r:.60} is not an optimizer\ngive it one, such as an nn.SGD")
        self.optimizer = optimizer
        self.mode, self.factor, self.patience = mode, factor, patience
        self.threshold, self.threshold_mode = threshold, threshold_mode
        self.cooldown, self.min_lr, self.eps = cooldown, min_lr, eps
        self.best: float | None = None  # none yet
        self.bad_steps, self.cooling = 0, 0
        self.check()

    def step(self, metric: float) -> None:
        """Look at the latest number, and reduce the learning rate if it is time."""
        if not is_number(metric):
            raise TypeError(
                f"ReduceLROnPlateau: {metric!r:.60} is not a number\ngive it loss.data, or a history's last"
            )
        self.bad_steps += 1
        if self.is_better(metric):
            self.best, self.bad_steps = float(metric), 0
        if self.cooling:
            self.cooling, self.bad_steps = self.cooling - 1, 0
        if self.bad_steps > self.patience:
            self.cooling, self.bad_steps = self.cooldown, 0
            reduced = max(self.optimizer.lr * self.factor, self.min_lr)
            if self.optimizer.lr - reduced > self.eps:
                self.optimizer.lr = reduced

    def is_better(self, metric: float) -> bool:
        """Whether a number is better than the best so far."""
        if self.best is None:
            return abs(metric) < math.inf
        margin = self.threshold * (self.best if self.threshold_mode == "rel" else 1.0)
        return metric < self.best - margin if self.mode == "min" else metric > self.best + margin

    def check(self) -> None:
        check_choice(self, "mode", "min", "max")
        check_choice(self, "threshold_mode", "rel", "abs")
        check_shares(self, "factor")
        check_whole(self, "patience", "cooldown", "bad_steps", "cooling")
        check_numbers(self, "threshold", "min_lr", "eps")
        if self.best is not None and not is_number(self.best):
            raise ValueError(f"ReduceLROnPlateau: best = {self.best!r:.60}\nbest is a number, or None")


def between(start: float, end: float, share: float) -> float:
    """On half a wave of a cosine from start to end, the point at a share of the way.

    >>> between(1.0, 3.0, 0.5)
    2.0
    """
    return end + (start - end) * (1.0 + math.cos(math.pi * share)) / 2.0
