"""fit: the training loop that most people want.

By hand it is five lines: forward, loss, zero_grad, backward, step. This one shuffles mini-batches, shows progress,
measures held-out data, changes the learning rate, stops when it is time, keeps the best model, can be interrupted, and
goes on from a checkpoint. trainers.py takes the steps.
"""

from __future__ import annotations

import functools
import inspect
import os
import random
import sys
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.util import find_spec
from numbers import Integral
from typing import Any

from autograd import collector_paused
from nn.checkpoint import Keeper, settings_of
from nn.clipping import Clipping
from nn.history import History
from nn.initialise import as_random
from nn.module import Module, in_mode
from nn.optim import SGD, Optimizer
from nn.schedules import ReduceLROnPlateau, Schedule
from nn.spreading import Spread, Workers, checked_workers
from nn.stopping import EarlyStopping, as_stopping
from nn.trainers import Eager, Loss, Metric, Native, Task, Trainer, named

Callback = Callable[[History], Any]


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
    metrics: Mapping[str, Metric] | Iterable[Metric] = (),
    schedule: Schedule | ReduceLROnPlateau | None = None,
    schedule_each: str = "epoch",
    clip_norm: float | None = None,
    clip_value: float | None = None,
    early_stopping: EarlyStopping | int | None = None,
    callbacks: Iterable[Callback] = (),
    rng: random.Random | int = 0,
    progress: bool = True,
    compile: bool | None = None,
    executor: Workers | None = None,
    pieces: int = 8,
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
    the training and keeps what was learnt. The model trains in training mode and is measured in evaluation mode;
    afterwards it is in the mode it was in. The same call repeats itself bit for bit.

    `metrics` are functions of outputs and targets, such as `nn.accuracy`, or a dict of them by name: each is measured
    after every epoch, over all training and all held-out samples at once, on outputs that are numbers.
    `schedule` is stepped after each epoch, or with `schedule_each="step"` after each step, as warm-up and one-cycle
    want it; `nn.ReduceLROnPlateau` is shown the held-out loss, or else the loss, of each epoch. `clip_norm`
    and `clip_value` shorten gradients as `nn.clip_grad_norm` and `nn.clip_grad_value` do. `early_stopping` is a
    patience in epochs, or an `nn.EarlyStopping`; in the end the model is that of the best epoch. `callbacks` are called
    with the history after each epoch; one that returns True ends the training. They may look at the model, in either
    mode, change its parameters, and set the optimizer's `lr`; compiled code does not see other changes.

    `compile=True` trains as compiled code, with the same losses, as far as the model can be compiled; a warning says
    why, if it cannot. The default is to compile where the extra 'jit' is installed, and to say nothing. What the model
    and the loss do in plain Python is then done once (see `compile_step`); `compile=False` does it every time. The
    model's Values are brought up to date after every epoch.

    `executor` is a `concurrent.futures.Executor`, or a function that makes one: each batch is then cut into `pieces`,
    whose gradients are computed by its workers, threads, processes or, with Dask's or mpi4py's executors, machines. The
    result does not depend on how many there are. A worker that is lost costs a retry. The loss has to be a mean over
    samples that do not meet in the model, and one that needs the model's parameters an object that holds them: else
    ValueError. For when it pays see the README.

    `checkpoint="run.json"` saves the training after every epoch, or every `checkpoint_every` and the last. With
    `resume=True` it goes on from that file, if there is one, and begins anew if there is none: the same call, run again
    after whatever stopped it, ends where one that nothing stopped would have ended, bit for bit. Without it a file that
    exists is an error. The history is that of all epochs; the `rng`, the model's numbers and the optimizer's are those
    of the file. ValueError if it is of a training with other settings, another loss, or another number of samples.
    """
    check(model, inputs, targets, loss, epochs, batch_size)
    optimizer, clipping = optimizer_for(model, optimizer, sgd), Clipping(clip_norm, clip_value)
    clipping.check("fit")
    held_out = checked_validation(validation)
    task = Task(model, list(inputs), list(targets), loss, optimizer, clipping, held_out, named(metrics))
    training = Training(task, as_random(rng), batch_size, schedule, schedule_each, as_stopping(early_stopping))
    training.callbacks = checked_callbacks(callbacks)
    training.executor, training.pieces = checked_workers(executor, pieces)
    training.keeper = training.keeper_for(checkpoint, checkpoint_every, resume)
    with in_mode(model, training=True):
        training.run(epochs, progress, compile)
    return training.history


class Training:
    """One call of `fit`: what it was given, and how far it has come."""

    callbacks: list[Callback]
    keeper: Keeper
    executor: Workers | None
    pieces: int

    def __init__(
        self,
        task: Task,
        rng: random.Random,
        batch_size: int | None,
        schedule: Any,
        schedule_each: str,
        stopping: EarlyStopping,
    ) -> None:
        self.task, self.rng, self.count = task, rng, len(task.inputs)
        self.batch_size = batch_size or self.count
        self.schedule, self.each_step = schedule, schedule_each == "step"
        check_schedule(schedule, schedule_each, task.optimizer)
        held_out = task.held_out is not None
        names = [prefix + name for prefix in ("", "validation_")[: 1 + held_out] for name in task.metrics]
        self.history = History(metrics={name: [] for name in names if name not in History().curves()})
        self.stopping = stopping
        stopping.begin(task.model, self.history, held_out)

    def keeper_for(self, path: Any, every: int, resume: bool) -> Keeper:
        """What keeps the checkpoint of this training."""
        task = self.task
        return Keeper(
            path, every, resume, (task.model, task.optimizer, self.rng, self.history), self.schedule, self.stopping
        )

    def run(self, epochs: int, progress: bool, compile: bool | None) -> None:
        """Train for so many epochs in all, or until it is time to stop."""
        history, stopping = self.history, self.stopping
        trainer: Trainer | None = None
        try:
            done = self.keeper.resume(self.called_with())
            trainer = self.trainer(compile)
            trainer.read_values()
            bar = progress_bar(done, epochs, progress)
            for epoch in bar:
                if stopping.over:
                    break
                with collector_paused():
                    self.epoch(trainer)
                self.keeper.keep(epoch + 1, stopping.over or epoch + 1 == epochs)
                show(bar, history)
        except KeyboardInterrupt:
            history.interrupted = True
        finally:
            if trainer is not None:
                trainer.close()
        history.stopped_early, history.best_epoch = stopping.over, stopping.best_epoch
        stopping.finish()

    def trainer(self, compile: bool | None) -> Trainer:
        """What takes the steps."""
        alone = trainer_for(self.task, compile, self.history)
        if self.executor is None:
            return alone
        return Spread(self.task, self.executor, self.pieces, alone if isinstance(alone, Native) else None)

    def epoch(self, trainer: Trainer) -> None:
        """Show each sample to the model once, a batch at a time; then measure it, and look whether that was enough."""
        history, schedule = self.history, self.schedule
        numbers = self.steps(trainer)
        history.append({**numbers, **trainer.measure()})
        if isinstance(schedule, ReduceLROnPlateau):
            schedule.step((history.validation_loss or history.loss)[-1])
        elif schedule is not None and not self.each_step:
            schedule.step()
        self.stopping.look(history)
        with in_mode(self.task.model, training=True):  # and back in the mode it was in, if one looks at the model
            for callback in self.callbacks:
                if callback(history) is True:
                    self.stopping.over = True
        if self.callbacks:
            trainer.read_values()

    def steps(self, trainer: Trainer) -> dict[str, float]:
        """The steps of an epoch; its loss, accuracy and learning rate."""
        trainer.shuffle(self.rng.sample(range(self.count), self.count))
        total = right = lr = 0.0
        try:
            for begin in range(0, self.count, self.batch_size):
                end, lr = min(begin + self.batch_size, self.count), self.task.optimizer.lr
                error, hits = trainer.step(begin, end)
                total += error * (end - begin)
                right += hits
                if self.each_step:
                    self.schedule.step()
        finally:
            trainer.update_values()
        accuracy = {"accuracy": right / self.count} if self.task.counting else {}
        return {"loss": total / self.count, **accuracy, "lr": float(lr)}

    def called_with(self) -> dict[str, Any]:
        """What a call of fit has to have in common with the one whose checkpoint it goes on from, in plain words."""
        task, loss = self.task, self.task.loss
        name = getattr(loss, "__name__", type(loss).__name__)
        if isinstance(loss, functools.partial):
            name = in_words(loss.func, {**dict(enumerate(loss.args)), **loss.keywords}, loss.func.__name__)
        moving = ("lr", "momentum", "betas") if self.schedule or self.callbacks else ()
        settings = {name: each for name, each in settings_of(task.optimizer).items() if name not in moving}
        return {
            "samples": self.count,
            "batch_size": int(self.batch_size),
            "loss": name,
            "held out": len(task.held_out[0]) if task.held_out else 0,
            "optimizer": in_words(task.optimizer, settings),
            "schedule": in_words(self.schedule, fixed(self.schedule)) if self.schedule else "none",
            "schedule_each": "step" if self.each_step else "epoch",
            "clipping": in_words(task.clipping, task.clipping._asdict()),
            "early stopping": self.stopping.in_words(),
            "pieces": self.pieces if self.executor is not None else 0,
        }


def fixed(schedule: Any) -> dict[str, Any]:
    """The settings of a schedule that do not move as it steps."""
    moving = ("steps", "best", "bad_steps", "cooling")
    return {name: each for name, each in settings_of(schedule).items() if name not in moving}


def in_words(part: Any, settings: Mapping[Any, Any], name: str = "") -> str:
    """
    >>> in_words(Clipping(), {"norm": 1.0})
    'Clipping(norm=1.0)'
    """
    return f"{name or type(part).__name__}({', '.join(f'{name}={setting}' for name, setting in settings.items())})"


def optimizer_for(model: Module, optimizer: Optimizer | None, sgd: dict[str, Any]) -> Optimizer:
    """The optimizer that is given, or an SGD of these settings."""
    if optimizer is not None and sgd:
        raise TypeError(f"fit: {', '.join(sgd)} beside an optimizer\nset it in the optimizer")
    if optimizer is None:
        known = inspect.signature(SGD).parameters
        if unknown := [name for name in sgd if name not in known or name == "params"]:
            names = ", ".join(name for name in known if name != "params")
            raise TypeError(f"fit: what is {unknown[0]!r:.60}?\nbeside fit's own settings, SGD has {names}")
        return SGD(model.parameters(), **{"lr": 0.01, **sgd})
    if not isinstance(optimizer, Optimizer):
        raise TypeError(
            f"fit: optimizer = {optimizer!r:.60} is not an optimizer\ngive it one, such as nn.Adam(model.parameters())"
        )
    if not set(optimizer.params) & set(model.parameters()):
        told = "fit: the optimizer has none of the model's parameters\nmake it with model.parameters(), of this model"
        warnings.warn(told, RuntimeWarning, stacklevel=3)
    return optimizer


def trainer_for(task: Task, compile: bool | None, history: History) -> Trainer:
    """What takes the steps: compiled, where that is wanted and can be done."""
    if compile or (compile is None and find_spec("llvmlite")):
        try:
            trainer = Native(task)
            history.compiled = True
            return trainer
        except Exception as reason:  # whatever it is: without the compiler it shows, or does not matter
            history.why_not_compiled = str(reason).partition("\n")[0]
            if compile:
                told = f"fit trains without the compiler: {history.why_not_compiled}"
                warnings.warn(told, RuntimeWarning, stacklevel=5)
    return Eager(task)


def check(model: Any, inputs: Any, targets: Any, loss: Any, epochs: int, batch_size: int | None) -> None:
    if not isinstance(model, Module):
        raise TypeError(f"fit: {model!r:.60} is not a Module\ngive it a model, such as nn.MLP(2, [16, 1])")
    if not callable(loss):
        raise TypeError(f"fit: loss = {loss!r:.60} is not a function\ngive it a loss, such as nn.mse_loss")
    check_samples("", inputs, targets)
    for name, number in {"epochs": epochs, "batch_size": batch_size}.items():
        if number is not None and (isinstance(number, bool) or not isinstance(number, Integral) or number < 1):
            raise ValueError(f"fit: {name} = {number!r}\n{name} is a whole number from 1 up")


def check_samples(which: str, inputs: Any, targets: Any) -> None:
    for name, several in {"inputs": inputs, "targets": targets}.items():
        if not hasattr(several, "__len__"):
            raise TypeError(
                f"fit: {which}{name} = {several!r:.60} is not a list\ngive one input and one target for each sample"
            )
    if len(inputs) != len(targets):
        raise ValueError(
            f"fit: {len(inputs)} {which}inputs against {len(targets)} targets\ngive one target for each input"
        )
    if not len(inputs):
        raise ValueError(f"fit: no {which}samples\ngive it at least one input with its target")


def checked_validation(validation: Any) -> tuple[Any, Any] | None:
    """The held-out samples, if there are some."""
    if validation is None:
        return None
    if not isinstance(validation, (tuple, list)) or len(validation) != 2:
        raise ValueError(f"fit: validation = {validation!r:.60}\ngive a pair of inputs and targets")
    check_samples("validation ", *validation)
    return validation[0], validation[1]


def check_schedule(schedule: Any, each: str, optimizer: Optimizer) -> None:
    if each not in ("epoch", "step"):
        raise ValueError(f"fit: schedule_each = {each!r:.60}\nschedule_each is 'epoch' or 'step'")
    if schedule is None:
        if each == "step":
            raise ValueError("fit: schedule_each = 'step' without a schedule\ngive it one, such as an nn.OneCycleLR")
        return
    if not isinstance(schedule, (Schedule, ReduceLROnPlateau)):
        raise TypeError(f"fit: schedule = {schedule!r:.60}\ngive it one, such as an nn.StepLR")
    if schedule.optimizer is not optimizer:
        raise ValueError("fit: the schedule is of another optimizer\ngive fit the one that the schedule was made with")
    if each == "step" and isinstance(schedule, ReduceLROnPlateau):
        raise ValueError("fit: schedule_each = 'step' with ReduceLROnPlateau\nit looks at the loss of an epoch")


def checked_callbacks(callbacks: Any) -> list[Callback]:
    if callable(callbacks) or not hasattr(callbacks, "__iter__"):
        raise TypeError(f"fit: callbacks = {callbacks!r:.60}\ngive a list of functions of the history")
    callbacks = list(callbacks)
    for callback in callbacks:
        if not callable(callback):
            raise TypeError(f"fit: the callback {callback!r:.60} is no function\ngive functions of the history")
    return callbacks


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
        bar.set_postfix({name.replace("_", " "): f"{number:.4g}" for name, number in history.latest().items()})
