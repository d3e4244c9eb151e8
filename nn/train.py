"""fit: the training loop that most people want, and the History it returns.

By hand it is five lines: forward, loss, zero_grad, backward, step. This one shuffles mini-batches, shows progress,
measures held-out data, can be interrupted, and goes on from a checkpoint.
"""

from __future__ import annotations

import os
import random
import sys
import warnings
from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from numbers import Integral
from typing import Any

from autograd import collector_paused, no_grad
from nn.checkpoint import Keeper, settings_of
from nn.initialise import as_random
from nn.losses import accuracy, bce_with_logits, cross_entropy, hinge_loss
from nn.module import Module, in_mode
from nn.native import CompiledStep
from nn.optim import SGD, Optimizer

Loss = Callable[[Any, Any], Any]
CLASSIFYING = (bce_with_logits, cross_entropy, hinge_loss)  # losses for which an accuracy makes sense


@dataclass
class History:
    """What a training went through: one number an epoch in each list; lists that do not apply stay empty.

    >>> History(loss=[2.0, 1.0]).loss[-1]
    1.0

    `loss` and `accuracy` are over the training samples as they were seen, `validation_*` over the held-out ones after
    each epoch. `interrupted` says whether Ctrl-C ended it early, `compiled` whether it ran as compiled code;
    `why_not_compiled` says why not, where that was tried and could not be done.
    """

    loss: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)
    validation_loss: list[float] = field(default_factory=list)
    validation_accuracy: list[float] = field(default_factory=list)
    interrupted: bool = False
    compiled: bool = False
    why_not_compiled: str = ""

    def plot(self, path: str | None = None) -> Any:
        """Draw the curves with matplotlib, save them if a path is given, and return the figure."""
        try:
            from matplotlib.figure import Figure
        except ImportError:
            raise ImportError("History.plot needs matplotlib\ninstall it: pip install matplotlib") from None
        figure = Figure(figsize=(6, 4), layout="constrained")
        axes = figure.subplots()
        for name in ("loss", "validation_loss", "accuracy", "validation_accuracy"):
            if numbers := getattr(self, name):
                axes.plot(range(1, len(numbers) + 1), numbers, label=name.replace("_", " "))
        axes.set_xlabel("epoch")
        axes.legend()
        if path is not None:
            figure.savefig(path)
        return figure


def fit(
    model: Module,
    inputs: Sequence[Any],
    targets: Sequence[Any],
    *,
    loss: Loss,
    optimizer: Optimizer | None = None,
    epochs: int = 100,
    batch_size: int | None = None,
    validation: tuple[Sequence[Any], Sequence[Any]] | None = None,
    rng: random.Random | int = 0,
    progress: bool = True,
    compile: bool | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    checkpoint_every: int = 1,
    resume: bool = False,
    **sgd: Any,
) -> History:
    """Train a model and return the history of its losses.

    >>> import nn
    >>> model = nn.MLP(1, [1], rng=0)
    >>> history = nn.fit(model, [[0.0], [1.0]], [1.0, 3.0], loss=nn.mse_loss, lr=0.3, epochs=100, progress=False)
    >>> [round(p.data, 3) for p in model.parameters()]        # the line 2x + 1
    [2.0, 1.0]

    Give an `optimizer`, or the settings of an SGD: `lr=0.1, momentum=0.9` (the lr is 0.01, if none is given). Batches
    of `batch_size` (default: all samples at once) are drawn in an order shuffled by `rng`, a seed or a `random.Random`.
    `validation` is a pair of held-out inputs and targets. Progress shows on a terminal and in notebooks. Ctrl-C ends
    the training and keeps what was learnt. The model trains in training mode, `validation` is measured in evaluation
    mode; afterwards it is in the mode it was in.

    `compile=True` trains as compiled code, with the same losses, as far as the model can be compiled; a warning says
    why, if it cannot. The default is to compile where the extra 'jit' is installed, and to say nothing. What the model
    and the loss do in plain Python is then done once (see `compile_step`); `compile=False` does it every time. The
    model's Values are brought up to date after every epoch.

    `checkpoint="run.json"` saves the training after every epoch, or every `checkpoint_every` and the last. With
    `resume=True` it goes on from that file, if there is one, and begins anew if there is none: the same call, run again
    after whatever stopped it, ends where one that nothing stopped would have ended, bit for bit. Without it a file that
    exists is an error. The history is that of all epochs; the `rng`, the model's numbers and the optimizer's are those
    of the file. ValueError if it is of a training with other settings, another loss, or another number of samples.
    """
    check(model, inputs, targets, loss, epochs, batch_size)
    inputs, targets = list(inputs), list(targets)
    optimizer = optimizer_for(model, optimizer, sgd)
    rng, history = as_random(rng), History()
    keeper = Keeper(checkpoint, checkpoint_every, resume, model, optimizer, rng, history)
    try:
        with in_mode(model, training=True):
            trainer = trainer_for(model, inputs, targets, loss, optimizer, validation, compile, history)
            done = keeper.resume(called_with(inputs, loss, optimizer, batch_size))
            trainer.read_values()
            bar = progress_bar(done, epochs, progress)
            for epoch in bar:
                with collector_paused():
                    order = rng.sample(range(len(inputs)), len(inputs))
                    trainer.epoch(order, batch_size or len(inputs), history)
                keeper.keep(epoch + 1, epoch + 1 == epochs)
                show(bar, history)
    except KeyboardInterrupt:
        history.interrupted = True
    return history


def optimizer_for(model: Module, optimizer: Optimizer | None, sgd: dict[str, Any]) -> Optimizer:
    """The optimizer that is given, or an SGD of these settings."""
    if optimizer is not None and sgd:
        raise TypeError(f"fit: {', '.join(sgd)} beside an optimizer\nset it in the optimizer")
    return optimizer or SGD(model.parameters(), **{"lr": 0.01, **sgd})


def called_with(inputs: list[Any], loss: Loss, optimizer: Optimizer, batch_size: int | None) -> dict[str, Any]:
    """What a call of fit has to have in common with the one whose checkpoint it goes on from, in words and numbers."""
    settings = ", ".join(f"{name}={setting}" for name, setting in settings_of(optimizer).items())
    return {
        "samples": len(inputs),
        "batch_size": int(batch_size or len(inputs)),
        "loss": getattr(loss, "__name__", type(loss).__name__),
        "optimizer": f"{type(optimizer).__name__}({settings})",
    }


def trainer_for(
    model: Module,
    inputs: list[Any],
    targets: list[Any],
    loss: Loss,
    optimizer: Optimizer,
    validation: Any,
    compile: bool | None,
    history: History,
) -> Eager | Native:
    """What trains for an epoch: compiled, where that is wanted and can be done."""
    if compile or (compile is None and find_spec("llvmlite")):
        try:
            trainer = Native(model, inputs, targets, loss, optimizer, validation)
            history.compiled = True
            return trainer
        except Exception as reason:  # whatever it is: without the compiler it shows, or does not matter
            history.why_not_compiled = str(reason).partition("\n")[0]
            if compile:
                told = f"fit trains without the compiler: {history.why_not_compiled}"
                warnings.warn(told, RuntimeWarning, stacklevel=3)
    return Eager(model, inputs, targets, loss, optimizer, validation)


class Native:
    """Training as compiled code, an epoch at a time."""

    def __init__(
        self, model: Any, inputs: list[Any], targets: list[Any], loss: Loss, optimizer: Optimizer, validation: Any
    ) -> None:
        self.training = CompiledStep(model, loss, optimizer, counting=loss in CLASSIFYING)
        self.order = array("q", range(len(inputs)))
        self.gradient = self.training.bound_to(inputs, targets, self.order)
        with in_mode(model, training=False):
            self.measure = self.training.measure(*validation) if validation is not None else None
        self.counting = self.training.counting

    def read_values(self) -> None:
        """Take up what the model's Values hold by now."""
        self.training.read_values()

    def epoch(self, order: list[int], batch_size: int, history: History) -> None:
        """Show each sample to the model once, a batch at a time; then measure it."""
        total = right = 0.0
        self.order[:] = array("q", order)
        try:
            for start in range(0, len(order), batch_size):
                end = min(start + batch_size, len(order))
                total += self.training.train(self.gradient, start, end) * (end - start)
                right += self.training.right
        finally:
            self.training.update_values()
        history.loss.append(total / len(order))
        if self.counting:
            history.accuracy.append(right / len(order))
        if self.measure is not None:
            held_out, right = self.measure()
            history.validation_loss.append(held_out)
            if self.counting:
                history.validation_accuracy.append(right)


class Eager:
    """Training on Values, an epoch at a time."""

    def __init__(
        self, model: Any, inputs: list[Any], targets: list[Any], loss: Loss, optimizer: Optimizer, validation: Any
    ) -> None:
        self.model, self.inputs, self.targets = model, inputs, targets
        self.loss, self.optimizer, self.validation = loss, optimizer, validation

    def read_values(self) -> None:
        """Nothing to do: it computes with the Values themselves."""

    def epoch(self, order: list[int], batch_size: int, history: History) -> None:
        """Show each sample to the model once, a batch at a time; then measure it."""
        epoch(self.model, self.inputs, self.targets, self.loss, self.optimizer, order, batch_size, history)
        if self.validation is not None:
            validate(self.model, *self.validation, self.loss, history)


def epoch(
    model: Any,
    inputs: Sequence[Any],
    targets: Sequence[Any],
    loss: Loss,
    optimizer: Optimizer,
    order: list[int],
    batch_size: int,
    history: History,
) -> None:
    """Show each sample to the model once, a batch at a time."""
    total = right = 0.0
    for start in range(0, len(order), batch_size):
        batch = order[start : start + batch_size]
        outputs, answers = model.batch([inputs[k] for k in batch]), [targets[k] for k in batch]
        error = loss(outputs, answers)
        optimizer.zero_grad()
        error.backward()
        optimizer.step()
        total += error.data * len(batch)
        right += accuracy(outputs, answers) * len(batch) if loss in CLASSIFYING else 0.0
    history.loss.append(total / len(order))
    if loss in CLASSIFYING:
        history.accuracy.append(right / len(order))


@no_grad()
def validate(model: Any, inputs: Sequence[Any], targets: Sequence[Any], loss: Loss, history: History) -> None:
    """Measure the model on held-out samples."""
    with in_mode(model, training=False):
        outputs = model.batch(inputs)
    history.validation_loss.append(loss(outputs, targets).data)
    if loss in CLASSIFYING:
        history.validation_accuracy.append(accuracy(outputs, targets))


def check(model: Any, inputs: Any, targets: Any, loss: Any, epochs: int, batch_size: int | None) -> None:
    if not isinstance(model, Module):
        raise TypeError(f"fit: {model!r:.60} is not a Module\ngive it a model, such as nn.MLP(2, [16, 1])")
    if not callable(loss):
        raise TypeError(f"fit: loss = {loss!r:.60} is not a function\ngive it a loss, such as nn.mse_loss")
    for name, several in {"inputs": inputs, "targets": targets}.items():
        if not hasattr(several, "__len__"):
            raise TypeError(
                f"fit: {name} = {several!r:.60} is not a list\ngive one input and one target for each sample"
            )
    if len(inputs) != len(targets):
        raise ValueError(f"fit: {len(inputs)} inputs against {len(targets)} targets\ngive one target for each input")
    if not len(inputs):
        raise ValueError("fit: no samples\ngive it at least one input with its target")
    for name, number in {"epochs": epochs, "batch_size": batch_size}.items():
        if number is not None and (isinstance(number, bool) or not isinstance(number, Integral) or number < 1):
            raise ValueError(f"fit: {name} = {number!r}\n{name} is a whole number from 1 up")


def progress_bar(done: int, epochs: int, wanted: bool) -> Iterable[int]:
    """The epochs still to do, with a bar beside them where somebody is looking: in a terminal or a notebook."""
    watched = sys.stderr.isatty() or "ipykernel" in sys.modules
    if not (wanted and watched):
        return range(done, epochs)
    try:
        with warnings.catch_warnings():  # of widgets that a notebook lacks: plain text does as well
            warnings.simplefilter("ignore")
            from tqdm.auto import tqdm
    except ImportError:
        return range(done, epochs)
    return tqdm(range(done, epochs), unit="epoch", initial=min(done, epochs), total=epochs)


def show(bar: Any, history: History) -> None:
    """Put the latest numbers beside the bar."""
    if hasattr(bar, "set_postfix"):
        latest = {name: numbers[-1] for name, numbers in vars(history).items() if isinstance(numbers, list) and numbers}
        bar.set_postfix({name.replace("_", " "): f"{number:.4g}" for name, number in latest.items()})
