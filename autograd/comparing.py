"""The gradient by three ways: compare sets reverse mode, forward mode and differences side by side."""

from __future__ import annotations

import io
import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograd.calling import ONE_ARGUMENT, check_function
from autograd.derivatives import Run
from autograd.differences import EPSILON, Quotient, best_quotients, central, moved, on_floats, trying
from autograd.files import write_whole
from autograd.structures import input_names
from autograd.sweeps import pull_back, push_forward


@dataclass(frozen=True)
class Comparison:
    """The gradient of a function by three ways, and the error of differences against their step."""

    names: list[str]
    value: float
    reverse: list[float]
    forward: list[float]
    quotients: list[Quotient]
    steps: list[float]
    one_sided_errors: list[float]
    central_errors: list[float]

    @property
    def numeric(self) -> list[float]:
        """The gradient by central differences, each of the step that can be trusted most."""
        return [each.numeric for each in self.quotients]

    @property
    def agree(self) -> bool:
        """Whether all slopes agree: both modes to 1e-9 of each, and differences to 1e-5 or what they are good for.

        At a kink any slope between those of its sides will do. What is not finite never agrees.
        """
        rows = zip(self.reverse, self.forward, self.quotients)
        return math.isfinite(self.value) and all(agreeing(*row) for row in rows)

    @property
    def verdict(self) -> str:
        """What to make of it, in a line."""
        if not all(map(math.isfinite, (self.value, *self.reverse, *self.forward))):
            return "f or its derivative is not finite here"
        kinks = [f"{name}: {each.kink}" for name, each in zip(self.names, self.quotients) if each.kink]
        kink = f" (kink: {'; '.join(kinks)})" if kinks else ""
        return ("all agree" if self.agree else "THEY DIFFER") + kink

    def __str__(self) -> str:
        width = max(12, *map(len, self.names)) if self.names else 12
        form = f"{{:<{width}}} {{:>22}} {{:>22}} {{:>22}}"
        lines = [form.format("input", "reverse mode", "forward mode", "central difference")]
        lines += [
            form.format(name, *(f"{number:.15g}" for number in numbers))
            for name, *numbers in zip(self.names, self.reverse, self.forward, self.numeric)
        ]
        lines += ["", form.format("step", "one-sided error", "central error", "").rstrip()]
        lines += [
            form.format(f"{step:.0e}", f"{one_sided:.1e}", f"{both:.1e}", "").rstrip()
            for step, one_sided, both in zip(self.steps, self.one_sided_errors, self.central_errors)
        ]
        return "\n".join([*lines, self.verdict])

    __repr__ = __str__

    def plot(self, path: str | os.PathLike[str] | None = None) -> Any:
        """Draw both errors against the step (the U curves), save the picture if a path is given, return the figure.

        Raises ValueError if there is no error to draw, or for a path without the suffix of a kind of picture.
        """
        try:
            from matplotlib.figure import Figure
        except ImportError:
            raise ImportError("Comparison.plot needs matplotlib\ninstall it: pip install matplotlib") from None
        if not any(map(math.isfinite, (*self.one_sided_errors, *self.central_errors))):
            raise ValueError("Comparison.plot: no error is finite\nmove x to where f and its derivative are")
        figure = Figure(figsize=(6, 4), layout="constrained")
        axes = figure.subplots()
        for errors, label, marker in (
            (self.one_sided_errors, "one-sided: (f(x + h) - f(x)) / h", "o"),
            (self.central_errors, "central: (f(x + h) - f(x - h)) / 2h", "s"),
        ):
            # a logarithmic axis has no place for 0
            shown = [max(error, EPSILON / 4) if math.isfinite(error) else math.nan for error in errors]
            axes.loglog(self.steps, shown, marker=marker, markersize=4, label=label)
        axes.set(xlabel="step h", ylabel="error of the difference quotient")
        axes.legend(frameon=False)
        if path is not None:
            save(figure, path)
        return figure


def agreeing(reverse: float, forward: float, quotient: Quotient) -> bool:
    size = max(abs(reverse), abs(forward))
    if not math.isfinite(size) or abs(reverse - forward) > 1e-9 * size:
        return False
    tolerance = 1e-5 * max(abs(reverse), abs(quotient.numeric)) + quotient.doubt
    return abs(reverse - quotient.numeric) <= tolerance or quotient.excuses(reverse)


def save(figure: Any, path: str | os.PathLike[str]) -> None:
    """Write a picture as its suffix says."""
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"Comparison.plot: {path!r:.60} is not a path\ngive it the name of a file: 'errors.png'")
    place = Path(path)
    kinds = sorted(figure.canvas.get_supported_filetypes())
    kind = place.suffix.lower()[1:]
    if kind not in kinds:
        raise ValueError(f"Comparison.plot: {str(path)!r} is no picture by its suffix\nuse one of .{', .'.join(kinds)}")
    picture = io.BytesIO()
    figure.savefig(picture, format=kind)
    write_whole(place, picture.getvalue())


def compare(f: Callable[..., Any], x: Any) -> Comparison:
    """The gradient of f at x by reverse mode, forward mode and differences, and how wrong differences are at each step.

    >>> from autograd import sin
    >>> compare(sin, 1.0).agree
    True

    Print it for the table, `.plot("errors.png")` it for the picture. f takes one argument: a number, or a nested list,
    tuple or dict of numbers. Raises TypeError if f returns anything but one number, ValueError where x is not finite.
    """
    check_function("compare", f)
    with trying():
        at, start, _, _, _ = on_floats("compare", f, x)
        run = Run("compare", f, (x,), instead=ONE_ARGUMENT)
        output = run.scalar("compare takes a function with one number as its result")
        reverse = pull_back(run.order, [(output, 1.0)], run.variables, on_values=False)
        sweeps = [push_forward(run.order, run.values, {each: 1.0}, on_values=False) for each in run.variables]
        forward = [rates[0] if rates else 0.0 for rates in sweeps]
    here, places = at(start)[0], range(len(start))
    steps = [10.0**-k for k in range(1, 16)]
    one_sided_errors, central_errors = [], []
    for step in steps:
        ahead = [(at(moved(start, place, step))[0] - here) / step for place in places]
        both = [central(at, start, place, step)[0] for place in places]
        one_sided_errors.append(largest(abs(a - b) for a, b in zip(ahead, reverse)))
        central_errors.append(largest(abs(a - b) for a, b in zip(both, reverse)))
    quotients = [best_quotients(at, start, place)[0] for place in places]
    names = input_names(f, (x,))
    return Comparison(names, here, reverse, forward, quotients, steps, one_sided_errors, central_errors)


def largest(numbers: Any) -> float:
    """The largest of some numbers; nan if one of them is."""
    found = list(numbers)
    return math.nan if any(map(math.isnan, found)) else max(found, default=0.0)
