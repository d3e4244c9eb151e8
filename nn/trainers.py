"""Trainers: what takes the steps of a training, on Values or as compiled code, and measures the model after each epoch.

Both are told what is to be trained by a Task, and answer in plain numbers. Next: train.py, which writes them down.
"""

from __future__ import annotations

import functools
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple, Protocol

from autograd import Value, no_grad
from nn.classifying import accuracy, cross_entropy, nll_loss
from nn.clipping import Clipping
from nn.losses import bce_with_logits, hinge_loss
from nn.module import Module, in_mode
from nn.native import CompiledStep
from nn.optim import Optimizer
from nn.resuming import is_number
from nn.samples import data_of
from nn.tensors import is_list

Loss = Callable[[Any, Any], Any]
Metric = Callable[[list[Any], list[Any]], Any]
CLASSIFYING = (bce_with_logits, cross_entropy, hinge_loss, nll_loss)  # losses for which an accuracy makes sense


class Task(NamedTuple):
    """What is to be trained, on what, and what is to be measured."""

    model: Module
    inputs: list[Any]
    targets: list[Any]
    loss: Loss
    optimizer: Optimizer
    clipping: Clipping
    held_out: tuple[Any, Any] | None  # inputs and targets
    metrics: dict[str, Metric]

    @property
    def counting(self) -> bool:
        """Whether the accuracy is measured: if the loss is one for classes."""
        loss = self.loss
        while isinstance(loss, functools.partial):
            loss = loss.func
        return loss in CLASSIFYING and not any(map(is_list, self.targets[:1]))

    def sets(self) -> Iterator[tuple[str, tuple[Any, Any]]]:
        """The samples over which metrics are measured after an epoch, with what stands before their names."""
        yield "", (self.inputs, self.targets)
        if self.held_out is not None:
            yield "validation_", self.held_out

    def measured(self, prefix: str, outputs: list[Any], targets: Any) -> dict[str, float]:
        """Each metric of these outputs, which are numbers, or nested lists of them."""
        found = {}
        for name, metric in self.metrics.items():
            number = metric(outputs, list(targets))
            if not is_number(number):
                raise TypeError(f"fit: the metric {name!r} gave {number!r:.60}, not a number\nlet it return one number")
            found[prefix + name] = float(number)
        return found


class Trainer(Protocol):
    """What `fit` asks of whatever takes the steps."""

    def shuffle(self, order: list[int]) -> None:
        """Begin an epoch, in which the samples come in this order."""

    def step(self, begin: int, end: int) -> tuple[float, float]:
        """Train on the samples from `begin` to `end` of the order: their mean loss before, and how many were right."""

    def update_values(self) -> None:
        """Bring the model's Values up to date."""

    def read_values(self) -> None:
        """Take up what the model's Values hold by now."""

    def measure(self) -> dict[str, float]:
        """The held-out loss and accuracy, and the metrics, in evaluation mode: after `update_values()`."""

    def close(self) -> None:
        """Give back what was taken for the training."""


class Eager:
    """Training on Values."""

    def __init__(self, task: Task) -> None:
        self.task, self.counting = task, task.counting

    def shuffle(self, order: list[int]) -> None:
        self.order = order

    def step(self, begin: int, end: int) -> tuple[float, float]:
        task, batch = self.task, self.order[begin:end]
        outputs, answers = task.model.batch([task.inputs[k] for k in batch]), [task.targets[k] for k in batch]
        error = task.loss(outputs, answers)
        if not isinstance(error, Value):
            raise TypeError(f"fit: the loss gave {error!r:.60}, not a Value\nlet it return one number of the outputs")
        task.optimizer.zero_grad()
        error.backward()
        task.clipping.clip(task.optimizer.params)
        task.optimizer.step()
        return error.data, accuracy(outputs, answers) * len(batch) if self.counting else 0.0

    def update_values(self) -> None:
        """Nothing to do: it computes with the Values themselves."""

    read_values = close = update_values

    @no_grad()
    def measure(self) -> dict[str, float]:
        task, found = self.task, {}
        with in_mode(task.model, training=False):
            for prefix, (inputs, targets) in task.sets():
                if not prefix and not task.metrics:
                    continue
                outputs = task.model.batch(inputs)
                if prefix:
                    found["validation_loss"] = task.loss(outputs, targets).data
                    if self.counting:
                        found["validation_accuracy"] = accuracy(outputs, targets)
                found |= task.measured(prefix, data_of(outputs), targets)
        return found


class Native:
    """Training as compiled code. Raises CompileError where that cannot be done."""

    def __init__(self, task: Task) -> None:
        self.task, self.counting = task, task.counting
        self.training = CompiledStep(
            task.model, task.loss, task.optimizer, counting=self.counting, clipping=task.clipping
        )
        self.has_looked = False
        self.order = array("q", range(len(task.inputs)))
        self.gradient = self.training.bound_to(task.inputs, task.targets, self.order)
        with in_mode(task.model, training=False):
            self.held_out = self.training.measure(*task.held_out) if task.held_out is not None else None
            sets = list(task.sets()) if task.metrics else []
            self.outputs = [(name, self.training.outputs(inputs), targets) for name, (inputs, targets) in sets]
        self.update_values, self.read_values = self.training.update_values, self.training.read_values

    def shuffle(self, order: list[int]) -> None:
        self.order[:] = array("q", order)

    def step(self, begin: int, end: int) -> tuple[float, float]:
        loss = self.training.train(self.gradient, begin, end)
        if loss != loss:
            self.look_at(self.task.inputs[k] for k in self.order[begin:end])
        return loss, self.training.right

    @no_grad()
    def look_at(self, inputs: Iterable[Any]) -> None:
        """Where a loss is nan, ask the model itself, once: an index that is out of range is an error there."""
        if not self.has_looked:
            self.has_looked = True
            for x in inputs:
                self.task.model(x)

    def close(self) -> None:
        """Nothing to give back."""

    def measure(self) -> dict[str, float]:
        found = {}
        if self.held_out is not None:
            found["validation_loss"], right = self.held_out()
            if self.task.held_out and found["validation_loss"] != found["validation_loss"]:
                self.look_at(self.task.held_out[0])
            if self.counting:
                found["validation_accuracy"] = right
        for prefix, outputs, targets in self.outputs:
            found |= self.task.measured(prefix, outputs(), targets)
        return found


def named(metrics: Mapping[str, Metric] | Iterable[Metric]) -> dict[str, Metric]:
    """Metrics by name: as they are given, or functions under their own names. An error for what cannot be one.

    >>> list(named([accuracy]))
    ['accuracy']
    """
    if not isinstance(metrics, Mapping):
        try:
            pairs = [(getattr(metric, "__name__", repr(metric)), metric) for metric in metrics]
        except TypeError:
            raise TypeError(
                f"fit: metrics = {metrics!r:.60}\ngive a list of functions of outputs and targets, or a dict of them"
            ) from None
        metrics = dict(pairs)
        if len(metrics) < len(pairs):
            raise ValueError(
                f"fit: two metrics of one name among {', '.join(metrics)}\nname them: metrics={{'name': f}}"
            )
    for name, metric in metrics.items():
        if not callable(metric):
            raise TypeError(f"fit: the metric {name!r:.60} is {metric!r:.60}\ngive a function of outputs and targets")
        taken = name in ("loss", "lr") or str(name).startswith("validation_")
        if not isinstance(name, str) or not name.isidentifier() or taken:
            raise ValueError(f"fit: a metric of the name {name!r:.60}\nname it anew: metrics={{'my_name': function}}")
    return dict(metrics)
