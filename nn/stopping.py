"""EarlyStopping: end a training when held-out samples say that it only gets worse, and keep the best model.

A network that goes on learning begins to learn its training samples by heart; what is held out shows when. Next:
train.py.
"""

from __future__ import annotations

import math
from numbers import Integral
from typing import Any

from nn.history import History
from nn.resuming import Resumable, check_choice, check_flags, check_numbers, check_whole, is_number
from nn.state import carry_out, numbers_in, places_in, planned


class EarlyStopping(Resumable):
    """Stop after more than `patience` epochs in which a watched number has not become better.

    >>> import nn
    >>> inputs, targets = [[x / 4] for x in range(-4, 5)], [abs(x) / 4 for x in range(-4, 5)]
    >>> history = nn.fit(
    ...     nn.MLP(1, [4, 1], rng=0), inputs, targets, loss=nn.mse_loss, lr=0.2, epochs=10_000, progress=False,
    ...     early_stopping=EarlyStopping(patience=3, min_delta=1e-3),
    ... )
    >>> history.stopped_early, len(history.loss) < 100, history.best_epoch + 4 == len(history.loss)
    (True, True, True)

    `watch` is the name of a curve of the history: by default "validation_loss", or "loss" where nothing is held out.
    `mode` says whether less is better ("min") or more ("max"); it is known of losses and accuracies, and has to be
    given for a metric of your own. Better means by more than `min_delta`; nan is never better. With `restore_best` the
    model has, in the end, the parameters and buffers of its best epoch, also where Ctrl-C ended it. `patience=None`
    never stops: it only keeps the best.
    (Prechelt 1998)
    """

    left_out = ("model",)

    def __init__(
        self,
        patience: int | None = 10,
        watch: str | None = None,
        mode: str | None = None,
        min_delta: float = 0.0,
        restore_best: bool = True,
    ) -> None:
        self.patience, self.watch, self.mode = patience, watch, mode
        self.min_delta, self.restore_best = min_delta, restore_best
        self.model: Any = None
        self._watched = watch or "loss"  # what is watched in the training that runs
        self.forget()
        self.check()

    def in_words(self) -> str:
        """The settings, as text."""
        names = ("patience", "mode", "min_delta", "restore_best")
        settings = [f"watch={self._watched}", *(f"{name}={getattr(self, name)}" for name in names)]
        return f"EarlyStopping({', '.join(settings)})"

    def forget(self) -> None:
        """Begin anew."""
        self.best: float | None = None  # none yet
        self.best_epoch, self.bad_epochs, self.over = 0, 0, False
        self.best_state: dict[str, Any] | None = None

    def begin(self, model: Any, history: History, held_out: bool) -> None:
        """Get ready for a training of this model; ValueError if there is nothing to watch under the name."""
        self.model = model
        self.forget()
        watched = self._watched = self.watch or ("validation_loss" if held_out else "loss")
        if watched not in history.curves():
            raise ValueError(f"EarlyStopping: watch = {watched!r:.60}\nwatch one of {', '.join(history.curves())}")
        if watched.startswith("validation_") and not held_out:
            raise ValueError(f"EarlyStopping: watch = {watched!r}, and nothing is held out\ngive fit validation=")
        if self.mode is None and watched in history.metrics:
            raise ValueError(f"EarlyStopping: is more of {watched!r:.60} better, or less?\nsay mode='max' or 'min'")

    def look(self, history: History) -> None:
        """Look at an epoch's numbers: keep the model if it is the best so far, and decide whether to go on."""
        numbers = history.curves()[self._watched]
        if not numbers:
            raise ValueError(f"EarlyStopping: watch = {self._watched!r}, which this loss has not\nwatch another number")
        self.bad_epochs += 1
        if self.is_better(numbers[-1]):
            self.best, self.best_epoch, self.bad_epochs = numbers[-1], len(numbers), 0
            if self.restore_best:
                self.best_state = {name: numbers_in(place) for name, place in places_in(self.model).items()}
        history.best_epoch = self.best_epoch
        self.over = self.over or (self.patience is not None and self.bad_epochs > self.patience)

    def is_better(self, number: float) -> bool:
        """Whether a number is better than the best so far."""
        if self.best is None:
            return not math.isnan(number)
        more = self.mode == "max" or (self.mode is None and self._watched.endswith("accuracy"))
        return (number - self.best if more else self.best - number) > self.min_delta

    def finish(self) -> None:
        """Give the model what it had in its best epoch, if that is wanted."""
        if self.best_state is not None:
            carry_out(planned(places_in(self.model), self.best_state))

    def check(self) -> None:
        if self.patience is not None:
            check_whole(self, "patience")
        check_choice(self, "mode", None, "min", "max")
        check_numbers(self, "min_delta")
        check_whole(self, "best_epoch", "bad_epochs")
        check_flags(self, "restore_best", "over")
        for name, kind in {"watch": str, "best_state": dict}.items():
            if not isinstance(getattr(self, name), (kind, type(None))):
                raise ValueError(f"EarlyStopping: {name} = {getattr(self, name)!r:.60}\n{name} is a {kind.__name__}")
        if self.best is not None and not is_number(self.best):
            raise ValueError(f"EarlyStopping: best = {self.best!r:.60}\nbest is a number, or None")
        if self.best_state is not None and self.model is not None:
            planned(places_in(self.model), self.best_state)


class Unwatched(EarlyStopping):
    """For a training in which nothing is watched: only a callback ends it early."""

    def __init__(self) -> None:
        super().__init__(patience=None, restore_best=False)

    def in_words(self) -> str:
        return "none"

    def look(self, history: History) -> None:
        """Nothing to look at."""


def as_stopping(given: EarlyStopping | int | None) -> EarlyStopping:
    """What `fit` was given as `early_stopping`: itself, a patience, or none.

    >>> as_stopping(5).patience
    5
    """
    if given is None:
        return Unwatched()
    if isinstance(given, EarlyStopping):
        return given
    if isinstance(given, bool) or not isinstance(given, Integral):
        raise TypeError(f"fit: early_stopping = {given!r:.60}\ngive it a patience in epochs, or an nn.EarlyStopping")
    return EarlyStopping(int(given))
