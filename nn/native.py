"""Compiled training: the loss over a batch, its gradients and the optimizer's step as machine code on flat buffers.

One sample is recorded once, with everything that is done to it (autograd's compiler); the same code then runs for all.
So the loss over a batch must be the mean of the losses of its samples, which is tried out before anything is trained.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from autograd import Value, compile_rows, gradients, no_grad
from nn.losses import is_right
from nn.optim import SGD

Loss = Callable[[Any, Any], Any]


class CompileError(Exception):
    """Why a model has to be trained without the compiler, in one sentence."""


class CompiledStep:
    """One step of training, compiled. Made by `compile_step`, which says how to use it.

    With `counting`, `right` is the number of samples of the last batch whose class was predicted.
    """

    def __init__(
        self, model: Any, loss: Loss, optimizer: SGD, backend: str = "auto", cache: Any = False, counting: bool = False
    ) -> None:
        self.model, self.loss, self.optimizer, self.counting = model, loss, optimizer, counting
        self.options: dict[str, Any] = {"backend": backend, "cache": cache}
        self.shapes: Any = None
        self.right = 0.0
        self.bound: tuple[Any, Any, Any] | None = None

    def __call__(self, inputs: Any, targets: Any) -> float:
        """Train on a batch; its mean loss, as it was before the step."""
        if self.bound is None or self.bound[0] is not inputs or self.bound[1] is not targets:
            self.bound = self.bind(inputs, targets)
        return self.train(self.bound[2], 0, len(inputs))

    # -- making the code

    def bind(self, inputs: Any, targets: Any) -> tuple[Any, Any, Any]:
        """The batch as buffers, and the code bound to them. Lists are copied, so they are bound for one call only."""
        if self.shapes is None:
            self.prepare(inputs, targets)
        tables = self.tables(inputs, targets)
        in_place = tables[0] is inputs and tables[1] is targets
        return inputs if in_place else None, targets if in_place else None, self.gradient.bind(tables, [self.totals])

    def bound_to(self, inputs: Any, targets: Any, which: array[int] | None = None) -> Callable[[int, int], None]:
        """The code for the gradient over rows of these samples: those that `which` names, if given."""
        if self.shapes is None:
            self.prepare(inputs, targets)
        return self.gradient.bind(self.tables(inputs, targets), [self.totals], which)

    def tables(self, inputs: Any, targets: Any) -> list[Any]:
        return [as_table(inputs, self.shapes[0], "input"), as_table(targets, self.shapes[1], "target")]

    def measure(self, inputs: Any, targets: Any) -> Callable[[], tuple[float, float]]:
        """The code that tells the mean loss over held-out samples, and the share of those that are right."""
        program = compile_rows(self.sample(self.shapes, False), widths(self.shapes), shared=self.params, **self.options)
        totals, count = array("d", [0.0, 0.0]), len(inputs)
        add_up = program.bind(self.tables(inputs, targets), [totals])

        def measured() -> tuple[float, float]:
            program.shared[: len(self.params)] = array("d", self.numbers)
            add_up(0, count)
            return totals[0] / count, totals[1] / count

        return measured

    def prepare(self, inputs: Any, targets: Any) -> None:
        """Record one sample and compile what is done to it; CompileError if that is not the same for all."""
        try:
            self.record(inputs, targets)
            self.check_means(inputs, targets)
        except CompileError:
            self.shapes = None
            raise
        except Exception as error:  # the model's, the loss's, or of the compiler
            self.shapes = None
            raise CompileError(str(error).partition("\n")[0]) from error
        self.rule = Rule(self.optimizer, self.params, self.numbers, self.slopes, self.options)

    def record(self, inputs: Any, targets: Any) -> None:
        self.shapes = few(inputs)[0], whole(few(targets)[0])
        check_repeats(self.model, self.shapes[0])
        self.params = self.reached_by(self.loss([self.model(self.shapes[0])], [self.shapes[1]]))
        sample = self.sample(self.shapes, True)
        self.gradient = compile_rows(sample, widths(self.shapes), shared=self.params, **self.options)
        self.totals = array("d", bytes(8 * (2 + len(self.params))))
        self.slopes = memoryview(self.totals)[2:]
        self.numbers = memoryview(self.gradient.shared)[: len(self.params)]

    def sample(self, shapes: tuple[Any, Any], slopes: bool) -> Callable[[Any, Any], list[Any]]:
        """What is computed for one sample: its loss, whether its class is predicted, the gradient."""

        def function(x: Sequence[Any], t: Sequence[Any]) -> list[Any]:
            output, target = self.model(shaped(shapes[0], iter(x))), shaped(shapes[1], iter(t))
            error = self.loss([output], [target])
            right = is_right(output, target) if self.counting else 0.0
            return [error, right, *(gradients(error, self.params) if slopes else ())]

        return function

    def reached_by(self, error: Any) -> list[Value]:
        """The optimizer's parameters that a loss depends on: the others stay as they are."""
        seen, waiting = set(), [error]
        while waiting:
            node = waiting.pop()
            if isinstance(node, Value) and node not in seen:
                seen.add(node)
                waiting += node.parents
        return [each for each in self.optimizer.params if each in seen]

    def check_means(self, inputs: Any, targets: Any) -> None:
        """CompileError unless the loss of a few samples together is the mean of their compiled losses.

        With other parameters than the code was made with: a number that was taken from one would show.
        """
        some, kept = (few(inputs), whole(few(targets))), [parameter.data for parameter in self.params]
        try:
            for parameter, number in zip(self.params, kept):
                parameter.data = 1.01 * number + 0.001
            with no_grad():
                together = data_of(self.loss([self.model(x) for x in some[0]], some[1]))
            self.gradient.refresh()
            self.gradient.bind(self.tables(*some), [self.totals])(0, 3)
        finally:
            for parameter, number in zip(self.params, kept):
                parameter.data = number
            self.gradient.refresh()
        mean = self.totals[0] / 3
        if not (math.isclose(together, mean, rel_tol=1e-9, abs_tol=1e-12) or math.isnan(together)):
            raise CompileError(
                f"the loss of three samples together is {together:.6g}, but the mean of their losses is {mean:.6g}"
            )

    # -- running it

    def train(self, gradient: Callable[[int, int], None], begin: int, end: int) -> float:
        """One step on the rows from `begin` to `end`; their mean loss."""
        gradient(begin, end)
        self.rule.step(end - begin)
        self.right = self.totals[1]
        return self.totals[0] / (end - begin)

    def update_values(self) -> None:
        """Bring the model's Values and the optimizer's memory up to date."""
        if self.shapes is not None:
            for parameter, number in zip(self.params, self.numbers):
                parameter.data = number
            self.rule.keep_states()

    def read_values(self) -> None:
        """Take up what the model's Values hold, if they were changed by others."""
        if self.shapes is not None:
            self.gradient.refresh()


class Rule:
    """The optimizer's rule, compiled: every parameter, and what the rule remembers of it, moved in place."""

    def __init__(
        self, optimizer: SGD, params: list[Value], numbers: memoryview, slopes: memoryview, options: dict[str, Any]
    ) -> None:
        self.optimizer, self.params, self.options = optimizer, params, options
        self.numbers, self.slopes = numbers, slopes
        places = {parameter: place for place, parameter in enumerate(optimizer.params)}
        self.places = [places[parameter] for parameter in params]
        self.settings: Any = None
        self.first = False
        self.move: Callable[[int, int], None]
        self.states: list[array[float]] = []

    def step(self, samples: int) -> None:
        if self.settings != self.optimizer.settings:
            self.compile()
        shared = self.program.shared
        shared[0], shared[1] = self.optimizer.lr, samples
        self.move(0, len(self.params))
        if self.first:
            self.first = False
            self.compile()

    def compile(self) -> None:
        """The code for the settings that the optimizer has now, and for what it remembers: nothing yet, or numbers."""
        self.settings = self.optimizer.settings
        known = [self.optimizer.states[place] for place in self.places]
        if not self.states and all(known):
            self.states = [array("d", column) for column in zip(*known)]
        before = len(self.states)
        lr, samples = Value(self.optimizer.lr), Value(1.0)

        def rule(p: Any, total: Any, *state: Any) -> list[Any]:
            moved, after = self.optimizer.update(p[0], total[0] / samples, tuple(each[0] for each in state), lr)
            return [moved, *after]

        counted = self.optimizer.update(0.0, 0.0, (0.0,) * before, 0.0)[1]
        ones = (1,) * (1 + len(counted))
        self.program = compile_rows(rule, (1, 1, *ones[1:][:before]), shared=[lr, samples], outs=ones, **self.options)
        self.first = len(counted) != before
        if self.first:
            self.states = [array("d", bytes(8 * len(self.params))) for _ in counted]
        given = [self.numbers, self.slopes, *self.states[:before]]
        self.move = self.program.bind(given, [self.numbers, *self.states])

    def keep_states(self) -> None:
        if self.settings is not None:
            for place, state in zip(self.places, zip(*self.states)):
                self.optimizer.states[place] = state


# ---- samples as flat numbers ------------------------------------------------------------------------


def as_lists(sample: Any) -> Any:
    """A sample as numbers in nested lists, whatever arrays it comes in."""
    return sample.tolist() if hasattr(sample, "tolist") else sample


def numbers_of(sample: Any) -> Iterator[float]:
    """The numbers of nested lists, in order.

    >>> list(numbers_of([[1, 2], [3]]))
    [1.0, 2.0, 3.0]
    """
    if isinstance(sample, (list, tuple)):
        for part in sample:
            yield from numbers_of(part)
    else:
        yield float(sample)


def shaped(like: Any, numbers: Iterator[Any]) -> Any:
    """Nested lists of the same shape as others, of other numbers.

    >>> shaped([[1, 2], [3]], iter("abc"))
    [['a', 'b'], ['c']]
    """
    return [shaped(part, numbers) for part in like] if isinstance(like, (list, tuple)) else next(numbers)


def widths(shapes: tuple[Any, Any]) -> tuple[int, int]:
    return sum(1 for _ in numbers_of(shapes[0])), sum(1 for _ in numbers_of(shapes[1]))


def as_table(samples: Any, shape: Any, what: str) -> Any:
    """The samples as a table of float64: themselves, if that is what they are."""
    width = sum(1 for _ in numbers_of(shape))
    try:
        view = memoryview(samples)
        if view.format == "d" and view.c_contiguous and view.nbytes == 8 * width * len(samples):
            return samples
    except TypeError:
        pass
    numbers = array("d")
    for place, sample in enumerate(samples):
        before = len(numbers)
        numbers.extend(numbers_of(as_lists(sample)))
        if len(numbers) - before != width:
            raise CompileError(f"{what} {place} has {len(numbers) - before} numbers, and the first has {width}")
    return memoryview(numbers).cast("B").cast("d", (len(samples), width)) if numbers else numbers


def few(samples: Any) -> list[Any]:
    """The first three samples; the first ones again, if there are not so many.

    >>> few([[1.0], [2.0]])
    [[1.0], [2.0], [1.0]]
    """
    first = samples.tolist() if isinstance(samples, memoryview) else list(samples[:3])
    return [as_lists(each) for each in (first * 3)[:3]]


def whole(targets: Any) -> Any:
    """Targets whose whole numbers are ints, which classes have to be.

    >>> whole([2.0, 0.5])
    [2, 0.5]
    """
    if isinstance(targets, (list, tuple)):
        return [whole(each) for each in targets]
    return int(targets) if float(targets).is_integer() else targets


def check_repeats(model: Any, x: Any) -> None:
    """CompileError if the model does not give the same output for the same input."""
    with no_grad():
        once, again = (list(map(data_of, flat(model(x)))) for _ in range(2))
    if once != again and all(map(math.isfinite, once)):
        raise CompileError("the model gives other outputs when it is asked again")


def flat(output: Any) -> list[Any]:
    return [each for part in output for each in flat(part)] if isinstance(output, (list, tuple)) else [output]


def data_of(x: Any) -> float:
    return x.data if isinstance(x, Value) else x


def compile_step(model: Any, loss: Loss, optimizer: SGD, *, backend: str = "auto", cache: Any = False) -> CompiledStep:
    """A training step as machine code: forward, loss, backward and the optimizer's rule, for a batch at a time.

    >>> import nn
    >>> model = nn.MLP(1, [1], rng=0)
    >>> step = nn.compile_step(model, nn.mse_loss, nn.SGD(model.parameters(), lr=0.3))
    >>> for _ in range(100):
    ...     loss = step([[0.0], [1.0]], [1.0, 3.0])
    >>> step.update_values()
    >>> [round(p.data, 3) for p in model.parameters()]        # the line 2x + 1
    [2.0, 1.0]

    `step(inputs, targets)` gives the mean loss over the batch as it was before the step. Float64 arrays of NumPy or
    `array.array` are read where they are, lists are copied each time. The parameters move in buffers of the step's own:
    `step.update_values()` brings the Values up to date, `step.read_values()` takes up changes made to them.

    The loss over a batch must be the mean of that over its samples. Raises CompileError, with the reason, if it is not,
    or if what is computed depends on numbers in other ways than the compiler can follow (see `autograd.compile`).
    """
    return CompiledStep(model, loss, optimizer, backend, cache)
