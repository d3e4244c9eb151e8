"""Checkpoints: a training in a file, so that one which was stopped goes on as if it had not been. Next: train.py.

What decides how a training goes on: the parameters, what the optimizer remembers of them, its settings, the schedule of
its learning rate, the generators of random numbers, and how far it has come. All of that is one JSON file. `fit` writes
one when it is given `checkpoint=`; a loop written by hand calls the two functions below.
"""

from __future__ import annotations

import copy
import math
import os
import random
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from numbers import Integral, Real
from pathlib import Path
from typing import Any

from nn.files import read_whole, write_whole
from nn.saving import in_two_lines, size_limit
from nn.state import as_number, carry_out, generators, numbers_in, places_in, planned, some
from nn.strict_json import as_text, parsed

FORMAT = "scalar-autograd checkpoint 2"
PARTS = ["format", "training", "epoch", "model", "optimizer", "schedule", "stopping", "random", "history"]
LONGEST = 2**24  # bytes, beside those for the numbers of the model: the curves of some 100,000 epochs
ANOTHER = "give what the training was begun with, or delete the file to begin anew"


def save_checkpoint(
    path: str | os.PathLike[str],
    model: Any,
    optimizer: Any,
    rng: random.Random,
    epoch: int,
    history: Any,
    schedule: Any = None,
    *,
    stopping: Any = None,
    training: Mapping[str, Any] | None = None,
) -> None:
    """Save all that decides how a training goes on, after `epoch` epochs of it.

    >>> import nn, random, tempfile
    >>> model, rng, history = nn.MLP(1, [1], rng=0), random.Random(0), nn.History(loss=[0.5, 0.25])
    >>> optimizer = nn.SGD(model.parameters(), lr=0.1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_checkpoint(f"{folder}/run.json", model, optimizer, rng, 2, history)
    ...     again = nn.History()
    ...     load_checkpoint(f"{folder}/run.json", model, optimizer, rng, again)
    2
    >>> again.loss
    [0.5, 0.25]

    Saved are the model's parameters, buffers and its own generators (`random.Random` under any attribute); the
    optimizer's `states` and settings, which are its public attributes that are numbers, text or tuples of them; the
    state of `rng`; the lists of the history; and of a `schedule`, and of a `stopping` such as `nn.EarlyStopping`, what
    its `state_dict()` gives. `training` may hold more names and values, which `load_checkpoint` compares. A float is
    saved exactly, nan as {"float": "nan"}: a training
    that has diverged goes on as it was.

    The file is replaced in one step, as by `nn.save`. Raises OSError if it cannot be written.
    """
    places = places_in(model)
    document = {
        "format": FORMAT,
        "training": dict(training or {}),
        "epoch": int(epoch),
        "model": {name: numbers_in(place) for name, place in places.items()},
        "optimizer": {
            "rule": type(optimizer).__name__,
            "settings": settings_of(optimizer),
            "states": optimizer.states,
        },
        "schedule": None if schedule is None else schedule.state_dict(),
        "stopping": None if stopping is None else stopping.state_dict(),
        "random": {"training": saved_state(rng), "model": {k: saved_state(g) for k, g in generators(model).items()}},
        "history": curves_of(history),
    }
    content = (as_text(document) + "\n").encode()
    if len(content) > size_limit(places, LONGEST):
        raise ValueError(f"a checkpoint of {len(content)} bytes\nbegin a new history: this one is too long to be saved")
    write_whole(path, content)


def load_checkpoint(
    path: str | os.PathLike[str],
    model: Any,
    optimizer: Any,
    rng: random.Random,
    history: Any,
    schedule: Any = None,
    *,
    stopping: Any = None,
    training: Mapping[str, Any] | None = None,
) -> int:
    """Bring everything to where `save_checkpoint` found it, and return the number of epochs done.

    A training written by hand, which goes on where it stopped if it is run again:

    >>> import nn, os, random, tempfile
    >>> def train(path, epochs):
    ...     model, rng, history, done = nn.MLP(1, [1], rng=0), random.Random(0), nn.History(), 0
    ...     optimizer = nn.SGD(model.parameters(), lr=0.1, momentum=0.9)
    ...     if os.path.exists(path):
    ...         done = nn.load_checkpoint(path, model, optimizer, rng, history)
    ...     for epoch in range(done, epochs):
    ...         x = rng.uniform(-1, 1)
    ...         loss = nn.mse_loss(model([x]), 2 * x + 1)
    ...         optimizer.zero_grad()
    ...         loss.backward()
    ...         optimizer.step()
    ...         history.loss.append(loss.data)
    ...         nn.save_checkpoint(path, model, optimizer, rng, epoch + 1, history)
    ...     return history.loss
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     stopped, whole = f"{folder}/stopped.json", f"{folder}/whole.json"
    ...     train(stopped, 5) + train(stopped, 20)[5:] == train(whole, 20)
    True

    Model, optimizer and schedule have to be of the same making. All or nothing: everything is checked before anything
    is set. Raises ValueError with what is wrong with the file or does not fit, OSError if it cannot be read.
    """
    places = places_in(model)
    try:
        document = parsed(read_whole(path, size_limit(places, LONGEST)), not_finite=True)
        check_document(document, {"schedule": schedule, "stopping": stopping}, dict(training or {}))
        numbers = planned(places, document["model"])
        steps = [
            *planned_optimizer(optimizer, document["optimizer"]),
            *planned_generators({"training": rng}, {"training": document["random"].get("training")}),
            *planned_generators(generators(model), document["random"].get("model")),
            *planned_history(history, document["history"]),
        ]
        resumed = [(part, document[name]) for part, name in ((schedule, "schedule"), (stopping, "stopping")) if part]
        before = [(part, part.state_dict()) for part, _ in resumed]
        load_all(resumed, before)  # the last that can fail
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        raise ValueError(in_two_lines(path, error, "give a file that save_checkpoint wrote")) from None
    carry_out(numbers)
    for step in steps:
        step()
    return document["epoch"]


def load_all(states: list[tuple[Any, Any]], before: list[tuple[Any, Any]]) -> None:
    """Give each part its state, or none: then all have again what they had before."""
    try:
        for part, state in states:
            part.load_state_dict(state)
    except Exception:
        for part, state in before:
            part.load_state_dict(state)
        raise


def check_document(document: Any, parts: Mapping[str, Any], training: dict[str, Any]) -> None:
    """ValueError with the reason if a file is no checkpoint, or one of another training."""
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ValueError(f"it is not a checkpoint ({FORMAT!r})")
    if list(document) != PARTS:
        raise ValueError(f"it has the parts {list(document)!r:.80}, not {', '.join(PARTS)}")
    if type(document["epoch"]) is not int or document["epoch"] < 0:
        raise ValueError(f"its epoch is {document['epoch']!r:.40}, not a whole number from 0 up")
    for part in ("training", "optimizer", "random", "history"):
        if not isinstance(document[part], dict):
            raise ValueError(f"its {part} is a {type(document[part]).__name__}, not names with values")
    for name, part in parts.items():
        if (document[name] is None) != (part is None):
            has, given = ("a", "none") if part is None else ("no", "one")
            raise ValueError(f"it is of a training with {has} {name}, and {given} is given\n{ANOTHER}")
    for name, now in training.items():
        then = document["training"].get(name)
        if then != now:
            raise ValueError(f"it is of a training with {name} = {then!s:.120}, not {now!s:.120}\n{ANOTHER}")


# ---- optimizer -------------------------------------------------------------------------------------------------------


def settings_of(optimizer: Any) -> dict[str, Any]:
    """The settings of an optimizer by name: its public attributes that are numbers, text, None or tuples of those.

    >>> import nn
    >>> settings_of(nn.SGD([nn.Neuron(1).b], lr=0.5))["lr"]
    0.5
    """
    return {name: each for name, each in vars(optimizer).items() if not name.startswith("_") and is_setting(each)}


def is_setting(x: Any) -> bool:
    return all(map(is_setting, x)) if isinstance(x, tuple) else x is None or isinstance(x, (Real, str))


def planned_optimizer(optimizer: Any, saved: Mapping[str, Any]) -> Iterator[Callable[[], None]]:
    """What sets an optimizer's settings and states, once they are found to fit."""
    if saved.get("rule") != type(optimizer).__name__:
        raise ValueError(f"it is of the optimizer {saved.get('rule')!r:.40}, not {type(optimizer).__name__}\n{ANOTHER}")
    before, settings, states = settings_of(optimizer), saved.get("settings"), saved.get("states")
    if not isinstance(settings, dict) or settings.keys() != before.keys():
        raise ValueError(f"the optimizer's settings are {settings!r:.80}, not {', '.join(before)}")
    settings = {name: like(before[name], each, name) for name, each in settings.items()}
    if not isinstance(states, list) or len(states) != len(optimizer.params):
        raise ValueError(f"it has the optimizer's states {states!r:.40}, not one for each of {len(optimizer.params)}")
    trial = copy.copy(optimizer)
    vars(trial).update(settings)
    remembered = [checked_state(trial, state) for state in states]
    yield partial(vars(optimizer).update, settings)
    yield partial(optimizer.states.__setitem__, slice(None), remembered)


def like(before: Any, saved: Any, name: str) -> Any:
    """A saved setting, of the same kind as the one that it replaces."""
    if isinstance(before, tuple) and isinstance(saved, list) and len(saved) == len(before):
        return tuple(like(one, other, name) for one, other in zip(before, saved))
    number = [isinstance(each, Real) and not isinstance(each, bool) for each in (before, saved)]
    if (all(number) and math.isfinite(saved)) or (not any(number) and type(saved) is type(before)):
        return saved
    raise ValueError(f"the optimizer's {name} is {saved!r:.40}, where {before!r:.40} was")


def checked_state(optimizer: Any, state: Any) -> tuple[float, ...]:
    """What an optimizer remembers of one parameter: as many numbers as its rule takes and gives."""
    if not isinstance(state, list):
        raise ValueError(f"a state of the optimizer is {state!r:.40}, not a list of numbers")
    try:
        numbers = tuple(map(as_number, state))
        fits = not numbers or len(optimizer.update(0.0, 0.0, numbers, optimizer.lr)[1]) == len(numbers)
    except ArithmeticError:  # the rule takes so many, and a gradient of zero is too much for it
        fits = True
    except (ValueError, TypeError, IndexError):
        fits = False
    if not fits:
        raise ValueError(f"a state of the optimizer is {state!r:.40}, which {type(optimizer).__name__} does not keep")
    return numbers


# ---- random numbers and history --------------------------------------------------------------------------------------


def saved_state(rng: random.Random) -> Any:
    try:
        return rng.getstate()
    except NotImplementedError:
        raise TypeError(f"{rng!r:.60} has no state that could be saved\ngive it a random.Random(seed)") from None


def planned_generators(present: Mapping[str, random.Random], saved: Any) -> Iterator[Callable[[], None]]:
    """What sets generators of random numbers, once their states are found to be some."""
    if not isinstance(saved, dict) or saved.keys() != present.keys():
        raise ValueError(f"it has the random numbers of {some(list(saved or ['nothing']))}, not those of this model")
    for path, state in saved.items():
        checked = checked_random(state)
        yield partial(present[path].setstate, checked)


def checked_random(state: Any) -> Any:
    """The state of a generator, as `random.Random.getstate` gave it: a version, 625 whole numbers, half a pair."""
    try:
        version, words, half = state
        checked = version, tuple(words), half
        trial = random.Random()
        trial.setstate(checked)
        as_before = trial.getstate() == checked and (half is None or isinstance(half, float))
    except (ValueError, TypeError, OverflowError):
        as_before = False
    if not as_before:
        raise ValueError("its random state is not one of random.Random")
    return checked


def curves_of(history: Any) -> dict[str, list[float]]:
    """The lists of a History, or of any object that has some."""
    return (
        history.curves()
        if hasattr(history, "curves")
        else {name: numbers for name, numbers in vars(history).items() if isinstance(numbers, list)}
    )


def planned_history(history: Any, saved: Mapping[str, Any]) -> Iterator[Callable[[], None]]:
    """What sets the lists of a history."""
    curves = curves_of(history)
    if saved.keys() != curves.keys():
        raise ValueError(f"its history is of {', '.join(saved)!r:.60}, not of {', '.join(curves)}")
    for name, numbers in saved.items():
        if not isinstance(numbers, list):
            raise ValueError(f"its history of {name} is {numbers!r:.40}, not a list of numbers")
        checked = list(map(as_number, numbers))
        yield partial(curves[name].__setitem__, slice(None), checked)


# ---- in fit ----------------------------------------------------------------------------------------------------------


class Keeper:
    """The checkpoint of one training: whether there is one to go on from, and when to save the next.

    Without a path it keeps nothing.
    """

    def __init__(
        self,
        path: str | os.PathLike[str] | None,
        every: int,
        resume: bool,
        parts: tuple[Any, ...],
        schedule: Any,
        stopping: Any,
    ) -> None:
        self.path, self.every, self.parts = path, every, parts
        self.schedule, self.stopping = schedule, stopping
        if isinstance(every, bool) or not isinstance(every, Integral) or every < 1:
            raise ValueError(f"fit: checkpoint_every = {every!r}\nit is a whole number of epochs from 1 up")
        if path is None:
            if resume:
                raise TypeError("fit: resume without a checkpoint\nname the file: checkpoint='run.json'")
            return
        if Path(path).suffix.lower() != ".json":
            raise ValueError(f"fit: checkpoint = {os.fspath(path)!r}\na checkpoint is JSON: let its name end in .json")
        if not Path(path).absolute().parent.is_dir():
            raise FileNotFoundError(f"fit: checkpoint = {os.fspath(path)!r}, in no folder that exists\nmake it first")
        if Path(path).exists() and not resume:
            raise FileExistsError(
                f"fit: checkpoint = {os.fspath(path)!r} exists\n"
                "go on from it with resume=True, or delete it to begin anew"
            )

    def resume(self, training: Mapping[str, Any]) -> int:
        """Bring everything to where the file has it, if there is one; the number of epochs done."""
        self.training = training
        if self.path is None or not Path(self.path).exists():
            return 0
        parts: Any = (*self.parts, self.schedule)
        return load_checkpoint(self.path, *parts, stopping=self.stopping, training=training)

    def keep(self, epoch: int, last: bool) -> None:
        """Save, if an epoch is one of those after which that is due."""
        if self.path is not None and (last or epoch % self.every == 0):
            model, optimizer, rng, history = self.parts
            schedule, stopping, training = self.schedule, self.stopping, self.training
            save_checkpoint(
                self.path, model, optimizer, rng, epoch, history, schedule, stopping=stopping, training=training
            )
