"""History: what a training went through, as curves. Next: train.py, which writes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass
class History:
    """What a training went through: one number an epoch in each list; lists that do not apply stay empty.

    >>> History(loss=[2.0, 1.0]).loss[-1]
    1.0

    `loss` and `accuracy` are over the training samples as they were seen, `validation_*` over the held-out ones after
    each epoch; `lr` is the learning rate of each epoch's last step. `metrics` has a list for each metric that was asked
    for: over the training samples after each epoch under its own name, and over held-out ones as `validation_` and its
    name. `interrupted` says whether Ctrl-C ended it early, `stopped_early` whether it was `early_stopping` or a
    callback, and `best_epoch` (from 1; 0 if none was looked for) when the watched number was best. `compiled` says
    whether it ran as compiled code; `why_not_compiled` why not, where that was tried and could not be done.
    """

    loss: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)
    validation_loss: list[float] = field(default_factory=list)
    validation_accuracy: list[float] = field(default_factory=list)
    lr: list[float] = field(default_factory=list)
    metrics: dict[str, list[float]] = field(default_factory=dict)
    interrupted: bool = False
    stopped_early: bool = False
    best_epoch: int = 0
    compiled: bool = False
    why_not_compiled: str = ""

    def curves(self) -> dict[str, list[float]]:
        """All lists by name, the metrics' included.

        >>> sorted(History(metrics={"f1": []}).curves())
        ['accuracy', 'f1', 'loss', 'lr', 'validation_accuracy', 'validation_loss']
        """
        return {**{name: each for name, each in vars(self).items() if isinstance(each, list)}, **self.metrics}

    def append(self, numbers: Mapping[str, float]) -> None:
        """Add an epoch: a number to each of the curves that are named."""
        curves = self.curves()
        for name, number in numbers.items():
            curves[name].append(number)

    def latest(self) -> dict[str, float]:
        """The last number of each curve that has one.

        >>> History(loss=[2.0, 1.0]).latest()
        {'loss': 1.0}
        """
        return {name: numbers[-1] for name, numbers in self.curves().items() if numbers}

    def plot(self, path: str | None = None, curves: Iterable[str] | None = None) -> Any:
        """Draw the curves with matplotlib, all but `lr` or those that are named; save them if a path is given.

        Returns the figure.
        """
        try:
            from matplotlib.figure import Figure
        except ImportError:
            raise ImportError("History.plot needs matplotlib\ninstall it: pip install matplotlib") from None
        known = self.curves()
        names = [name for name in known if name != "lr"] if curves is None else list(curves)
        if unknown := [name for name in names if name not in known]:
            raise ValueError(f"History.plot: no curve {unknown[0]!r:.60}\nthere are {', '.join(known)}")
        figure = Figure(figsize=(6, 4), layout="constrained")
        axes = figure.subplots()
        for name in names:
            if numbers := known[name]:
                axes.plot(range(1, len(numbers) + 1), numbers, label=name.replace("_", " "))
        axes.set_xlabel("epoch")
        axes.legend()
        if path is not None:
            figure.savefig(path)
        return figure
