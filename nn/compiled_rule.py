"""CompiledRule: an optimizer's rule as machine code that moves all parameters where they lie. Next: native.py."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator
from typing import Any

from autograd import Value, clip, compile_rows
from nn.clipping import UNCLIPPED, Clipping, share_of
from nn.optim import Optimizer
from nn.samples import CompileError


class CompiledRule:
    """The rule, compiled: every parameter, and what the rule remembers of it, moved in place.

    `numbers` and `slopes` are buffers of the parameters and of their gradients, summed over the samples. The learning
    rate and the numbers among the settings are shared by all parameters, so they may change between steps at no cost.
    Another flag, or a number that was 0, is other code. So is any other number, if an optimizer has an `update` of its
    own. `clipping` shortens the gradient first. Raises CompileError for an optimizer that does more than its rule says.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        params: list[Value],
        numbers: memoryview,
        slopes: memoryview,
        options: dict[str, Any],
        clipping: Clipping = UNCLIPPED,
    ) -> None:
        check_rule(optimizer)
        self.optimizer, self.options, self.clipping = optimizer, options, clipping
        self.is_plain = type(optimizer).update is Optimizer.update
        self.numbers, self.slopes = numbers, slopes
        places = {parameter: place for place, parameter in enumerate(optimizer.params)}
        self.places = [places[parameter] for parameter in params]
        if clipping.norm is not None:
            self.square = array("d", [0.0])
            self.add_squares = compile_rows(lambda g: [g[0] * g[0]], (1,), **options).bind([slopes], [self.square])
        self.compile()

    def compile(self) -> None:
        """The code for the settings that the optimizer has now."""
        self.settings = self.optimizer.settings
        self.known = False  # whether `states` holds what is remembered of every parameter
        count = len(self.optimizer.update(0.0, 0.0, (), 0.0)[1])
        self.states = [array("d", bytes(8 * len(self.places))) for _ in range(count)]
        lr, samples = Value(self.optimizer.lr), Value(1.0)
        numbers = [Value(number) for number in numbers_in(self.settings)] if self.is_plain else []

        def rule(p: Any, total: Any, *state: Any) -> list[Any]:
            given = p[0], self.held(total[0] / samples), tuple(each[0] for each in state), lr
            if self.is_plain:
                moved, after = type(self.optimizer).rule(*given, *with_numbers(self.settings, iter(numbers)))
            else:
                moved, after = self.optimizer.update(*given)
            return [moved, *after]

        ones = (1,) * count
        self.program = compile_rows(
            rule, (1, 1, *ones), shared=[lr, samples, *numbers], outs=(1, *ones), **self.options
        )
        self.move = self.program.bind([self.numbers, self.slopes, *self.states], [self.numbers, *self.states])

    def held(self, slope: Any) -> Any:
        """A slope, between the limits that clipping by value sets."""
        limit = self.clipping.value
        return slope if limit is None else clip(slope, -limit, limit)

    def shortened(self, samples: float) -> float:
        """What the summed gradient is to be divided by, so that it is the mean and no longer than clipping allows."""
        if self.clipping.norm is None:
            return samples
        self.add_squares(0, len(self.places))
        square = self.square[0]
        length = math.sqrt(square) if square < math.inf else math.hypot(*self.slopes)  # squares may leave the floats
        share = share_of(length / samples, self.clipping.norm)
        return samples / share if share else math.inf

    def step(self, samples: float) -> None:
        """Move all parameters, by the mean of the gradient over the samples."""
        samples = self.shortened(samples)
        if self.settings != self.optimizer.settings:
            self.follow_settings()
        if not self.known:
            self.read_states()
        if self.known:
            shared = self.program.shared
            shared[0], shared[1] = self.optimizer.lr, samples
            self.move(0, len(self.places))
        else:
            self.step_on_numbers(samples)

    def step_on_numbers(self, samples: float) -> None:
        """The first step, after which something is remembered of every parameter."""
        optimizer, lr = self.optimizer, self.optimizer.lr
        moved = [
            optimizer.update(p, self.held(total / samples), optimizer.states[place], lr)
            for p, total, place in zip(self.numbers, self.slopes, self.places)
        ]
        for k, (place, (number, state)) in enumerate(zip(self.places, moved)):
            self.numbers[k], optimizer.states[place] = number, state

    def follow_settings(self) -> None:
        """Take up settings that were changed: numbers into the shared ones, anything else as new code."""
        if self.is_plain and form_of(self.settings) == form_of(self.optimizer.settings):
            self.settings = self.optimizer.settings
            numbers = array("d", numbers_in(self.settings))
            self.program.shared[2 : 2 + len(numbers)] = numbers
        else:
            self.keep_states()
            self.compile()

    def read_states(self) -> None:
        """Take up what the optimizer remembers, if that is something of every parameter."""
        states = [self.optimizer.states[place] for place in self.places]
        self.known = all(len(state) == len(self.states) for state in states)
        if self.known:
            for column, numbers in zip(self.states, zip(*states)):
                column[:] = array("d", numbers)

    def keep_states(self) -> None:
        """Bring the optimizer's memory up to date."""
        if self.known:
            for place, state in zip(self.places, zip(*self.states)):
                self.optimizer.states[place] = state


def check_rule(optimizer: Optimizer) -> None:
    """CompileError for an optimizer that does more than its rule says."""
    if type(optimizer).step is not Optimizer.step or type(optimizer).zero_grad is not Optimizer.zero_grad:
        raise CompileError("the optimizer has a step or a zero_grad of its own")
    if len(set(optimizer.params)) < len(optimizer.params):
        raise CompileError("the optimizer has a parameter twice")
    if optimizer.update(1.0, 0.5, (), 0.1) != optimizer.update(1.0, 0.5, (), 0.1):
        raise CompileError("the optimizer's rule gives other results when it is asked again")


def form_of(setting: Any) -> Any:
    """What of the settings is part of the code: all but the numbers that are not 0.

    >>> form_of(((0.9, 0.0), True, 3))
    ((None, 0.0), True, None)
    """
    if isinstance(setting, tuple):
        return tuple(map(form_of, setting))
    return setting if isinstance(setting, bool) or setting == 0 else None


def numbers_in(setting: Any) -> list[float]:
    """The numbers of the settings that are not part of the code.

    >>> numbers_in(((0.9, 0.0), True, 3))
    [0.9, 3]
    """
    if isinstance(setting, tuple):
        return [number for part in setting for number in numbers_in(part)]
    return [setting] if form_of(setting) is None else []


def with_numbers(setting: Any, numbers: Iterator[Any]) -> Any:
    """The settings with others in place of these numbers.

    >>> with_numbers(((0.9, 0.0), True, 3), iter("ab"))
    (('a', 0.0), True, 'b')
    """
    if isinstance(setting, tuple):
        return tuple(with_numbers(part, numbers) for part in setting)
    return next(numbers) if form_of(setting) is None else setting
