"""Compiled training: the loss over a batch, its gradients and the optimizer's step as compiled code on flat buffers.

One sample is recorded once, with everything that is done to it (autograd's compiler); the same code then runs for all.
So the loss over a batch must be the mean of the losses of its samples, which is tried out before anything is trained.
Next: train.py.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from autograd import Value, compile_rows, gradients, no_grad
from nn.classifying import is_right
from nn.clipping import UNCLIPPED, Clipping
from nn.compiled_rule import CompiledRule
from nn.module import Module, batch_through
from nn.optim import Optimizer
from nn.samples import CompileError, as_table, as_targets, copied, data_of, numbers_of, spread, width
from nn.steady import Steady
from nn.tensors import shaped

Loss = Callable[[Any, Any], Any]
Gradient = Callable[[int, int], None]  # the code for the gradient over rows of samples, from a first to a last


class Bound(NamedTuple):
    """The code for a gradient, with the batch that it reads: the caller's own arrays, or copies."""

    inputs: Any
    targets: Any
    gradient: Gradient


class CompiledStep:
    """One step of training, compiled. Made by `compile_step`, which shows how to use it.

    With `counting`, `right` is the number of samples of the last batch whose class was predicted.
    """

    def __init__(
        self,
        model: Any,
        loss: Loss,
        optimizer: Optimizer,
        backend: str = "auto",
        cache: Any = False,
        counting: bool = False,
        clipping: Clipping = UNCLIPPED,
    ) -> None:
        self.clipping = clipping
        self.model, self.loss, self.optimizer, self.counting = model, loss, optimizer, counting
        self.options: dict[str, Any] = {"backend": backend, "cache": cache}
        self.example: Any = None  # an input and its target
        self.right = 0.0
        self.bound: Bound | None = None
        self.copies: list[Any] | None = None  # of the last lists that were given

    def __call__(self, inputs: Any, targets: Any) -> float:
        """Train on a batch; its mean loss, as it was before the step."""
        bound = self.bound
        if bound is None or bound.inputs is not inputs or bound.targets is not targets:
            bound = self.bound = self.bind(inputs, targets)
        return self.train(bound.gradient, 0, len(inputs))

    def __repr__(self) -> str:
        return f"<compiled step of {self.model!r}>"

    # -- making the code

    def bind(self, inputs: Any, targets: Any) -> Bound:
        """Bind the code to a batch: where it is, or, of lists, to copies that serve for all batches of that size."""
        check_pairs(inputs, targets)
        self.make(inputs, targets)
        tables = self.tables(inputs, targets)
        if tables[0] is inputs and tables[1] is targets:
            return Bound(inputs, targets, self.gradient.bind(tables, [self.totals]))
        if self.copies is None or len(self.copies[0]) != len(inputs):
            self.copies = [copied(table) for table in tables]
            self.read_copies = self.gradient.bind(self.copies, [self.totals])
        for mine, table in zip(self.copies, tables):
            memoryview(mine).cast("B")[:] = memoryview(table).cast("B")
        return Bound(None, None, self.read_copies)

    def bound_to(self, inputs: Any, targets: Any, which: array[int] | None = None) -> Gradient:
        """The code for the gradient over rows of these samples: those that `which` names, if given."""
        self.make(inputs, targets)
        return self.gradient.bind(self.tables(inputs, targets), [self.totals], which)

    def tables(self, inputs: Any, targets: Any) -> list[Any]:
        """Inputs and targets as tables, after a look at all targets: code for Values takes any number."""
        check_pairs(inputs, targets)
        with no_grad():
            output = shaped(self.output, map(Value, numbers_of(self.output)))
            self.loss([output] * len(inputs), as_targets(targets))
        return [as_table(inputs, self.example[0], "input"), as_table(targets, self.example[1], "target")]

    def measure(self, inputs: Any, targets: Any) -> Callable[[], tuple[float, float]]:
        """The code that tells the mean loss over held-out samples, and the share of those that are right.

        It reads the Values, as `update_values()` leaves them.
        """
        program = self.program(self.sample(slopes=False), self.widths())
        totals, count = array("d", [0.0, 0.0]), len(inputs)
        add_up = program.bind(self.tables(inputs, targets), [totals])

        def measured() -> tuple[float, float]:
            program.refresh()
            add_up(0, count)
            return totals[0] / count, totals[1] / count

        return measured

    def outputs(self, inputs: Any) -> Callable[[], list[Any]]:
        """The code that gives the model's output for each input, in nested lists; of the Values, like `measure`."""
        columns = width(self.output)
        program = self.program(
            lambda x: list(numbers_of(self.model(shaped(self.example[0], iter(x))))),
            (width(self.example[0]),),
            outs=(columns,),
        )
        numbers, count = array("d", bytes(8 * columns * len(inputs))), len(inputs)
        fill = program.bind([as_table(inputs, self.example[0], "input")], [numbers])

        def computed() -> list[Any]:
            program.refresh()
            fill(0, count)
            following = iter(numbers)
            return [shaped(self.output, following) for _ in range(count)]

        return computed

    def program(self, function: Callable[..., Any], widths: tuple[int, ...], **options: Any) -> Any:
        """Code for something else than training, in the mode that the model is in."""
        try:
            return compile_rows(function, widths, shared=self.params, **options, **self.options)
        except Exception as error:  # in evaluation mode the model may do what in training mode it does not
            raise CompileError(str(error).partition("\n")[0]) from error

    def make(self, inputs: Any, targets: Any) -> None:
        """Record one sample and compile what is done to it; CompileError if that is not the same for all."""
        if self.example is not None:
            return
        try:
            check_parts(self.model)
            some = spread(inputs, targets)
            if not some[0]:
                raise CompileError("there are no samples")
            with Steady(self.model, some[0]):
                self.example = some[0][0], some[1][0]
                self.record()
                self.check_means(*some)
                self.rule = CompiledRule(
                    self.optimizer, self.params, self.numbers, self.slopes, self.options, self.clipping
                )
        except Exception as error:  # the model's, the loss's, or the compiler's
            self.example = None
            if isinstance(error, CompileError):
                raise
            raise CompileError(str(error).partition("\n")[0]) from error

    def record(self) -> None:
        x, target = self.example
        with no_grad():
            once, again = data_of(self.model(x)), data_of(self.model(x))
        if once != again and all(map(math.isfinite, numbers_of(once))):
            raise CompileError("the model gives other outputs when it is asked again")
        self.output = once
        x, target = (shaped(each, map(Value, numbers_of(each))) for each in self.example)  # no number settles a choice
        reached = reached_from(self.loss([self.model(x)], [target]))
        self.params = [each for each in self.optimizer.params if each in reached]  # the others stay as they are
        self.gradient = compile_rows(self.sample(slopes=True), self.widths(), shared=self.params, **self.options)
        self.totals = array("d", bytes(8 * (2 + len(self.params))))
        self.slopes = memoryview(self.totals)[2:]
        self.numbers = memoryview(self.gradient.shared)[: len(self.params)]
        self.others = list(enumerate(self.gradient.outside))[len(self.params) :]

    def widths(self) -> tuple[int, int]:
        return width(self.example[0]), width(self.example[1])

    def sample(self, slopes: bool) -> Callable[[Any, Any], list[Any]]:
        """What is computed for one sample: its loss, whether its class is predicted, the gradient."""

        def function(x: Sequence[Any], t: Sequence[Any]) -> list[Any]:
            output, target = self.model(shaped(self.example[0], iter(x))), shaped(self.example[1], iter(t))
            error = self.loss([output], [target])
            right = is_right(output, target) if self.counting else 0.0
            return [error, right, *(gradients(error, self.params) if slopes else ())]

        return function

    def check_means(self, inputs: list[Any], targets: list[Any]) -> None:
        """CompileError unless the loss of some samples together is the mean of their compiled losses.

        With other parameters than the code was made with: a number that was taken from one would show.
        """
        kept = [parameter.data for parameter in self.params]
        try:
            for parameter, number in zip(self.params, kept):
                parameter.data = 1.01 * number + 0.001
            with no_grad():
                together = data_of(self.loss(batch_through([self.model], inputs), targets))
            self.gradient.refresh()
            self.gradient.bind(self.tables(inputs, targets), [self.totals])(0, len(inputs))
        finally:
            for parameter, number in zip(self.params, kept):
                parameter.data = number
            self.gradient.refresh()
        mean = self.totals[0] / len(inputs)
        if not (math.isclose(together, mean, rel_tol=1e-9, abs_tol=1e-12) or math.isnan(together)):
            raise CompileError(
                f"the loss of {len(inputs)} samples together is {together:.6g}, the mean of their losses {mean:.6g}"
            )

    # -- running it

    def train(self, gradient: Callable[[int, int], None], begin: int, end: int) -> float:
        """One step on the rows from `begin` to `end`; their mean loss."""
        for place, value in self.others:  # what others train, or set
            self.gradient.shared[place] = value.data
        gradient(begin, end)
        self.rule.step(end - begin)
        self.right = self.totals[1]
        return self.totals[0] / (end - begin)

    def update_values(self) -> None:
        """Bring the model's Values and the optimizer's memory up to date."""
        if self.example is not None:
            for parameter, number in zip(self.params, self.numbers):
                parameter.data = number
            self.rule.keep_states()

    def read_values(self) -> None:
        """Take up what the model's Values and the optimizer hold, if others changed them: after `update_values()`."""
        if self.example is not None:
            self.gradient.refresh()
            self.rule.read_states()


def check_pairs(inputs: Any, targets: Any) -> None:
    for several in (inputs, targets):
        if not hasattr(several, "__len__"):
            raise TypeError(f"{several!r:.60} is not a list of samples\ngive inputs and targets as lists or arrays")
    if len(inputs) != len(targets):
        raise ValueError(f"{len(inputs)} inputs against {len(targets)} targets\ngive one target for each input")


def reached_from(error: Any) -> set[Value]:
    """The Values that a loss depends on, itself included."""
    seen, waiting = set(), [error]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Value) and node not in seen:
            seen.add(node)
            waiting += node.parents
    return seen


def check_parts(model: Any) -> None:
    """CompileError if a part of the model says that it cannot be compiled in the mode it is in."""
    for part in model.modules() if isinstance(model, Module) else ():
        if part.why_not_compiled:
            raise CompileError(part.why_not_compiled)


def compile_step(
    model: Any,
    loss: Loss,
    optimizer: Optimizer,
    *,
    clip_norm: float | None = None,
    clip_value: float | None = None,
    backend: str = "auto",
    cache: Any = False,
) -> CompiledStep:
    """A training step as compiled code: forward, loss, backward and the optimizer's rule, for a batch at a time.

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
    `step.update_values()` brings the Values up to date, `step.read_values()` takes up changes made to them after that.
    Other Values that the loss reaches are read at each step. `clip_norm` and `clip_value` shorten gradients as
    `nn.clip_grad_norm` and `nn.clip_grad_value` do.

    The loss over a batch must be the mean of that over its samples. What the model and the loss do in plain Python is
    done once: what they count or look up elsewhere, or take from `.data`, is settled then. Gradients stay in the step.
    Raises CompileError, at the first call and with the reason, if that is not so, as far as trying it out on some
    samples shows, or if what is computed depends on numbers in other ways than the compiler can follow (see
    `autograd.compile`).
    """
    if not callable(model) or not callable(loss):
        raise TypeError(
            f"compile_step: {model!r:.60}, {loss!r:.60}\ngive it a model, a loss and an optimizer, in this order"
        )
    if not isinstance(optimizer, Optimizer):
        raise TypeError(
            f"compile_step: {optimizer!r:.60} is not an optimizer\ngive it one, such as nn.SGD(model.parameters())"
        )
    compile_rows(lambda: [0.0], (), backend="python" if backend == "auto" else backend)  # an error now, not at a step
    clipping = Clipping(clip_norm, clip_value)
    clipping.check("compile_step")
    return CompiledStep(model, loss, optimizer, backend, cache, clipping=clipping)
