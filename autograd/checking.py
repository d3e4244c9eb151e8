"""Proof by another way: gradcheck, which sets the chain rule beside differences (differences.py).

Next: comparing.py, which shows how far differences can be trusted."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from autograd.calling import check_arguments, check_function
from autograd.comparing import compare
from autograd.derivatives import Run
from autograd.differences import (
    Function,
    Point,
    Quotient,
    best_quotients,
    finite_numbers,
    number_in,
    numerical_gradient,
    numerical_jacobian,
)
from autograd.floats import as_float
from autograd.modes import Watch, recording
from autograd.structures import flatten, input_names
from autograd.sweeps import pull_back
from autograd.value import Value, topological_order

__all__ = ["GradcheckError", "Report", "compare", "gradcheck", "numerical_gradient", "numerical_jacobian"]


class GradcheckError(AssertionError):
    """A derivative that differences do not confirm; `.report` holds all that was compared.

    >>> from autograd import GradcheckError, custom, gradcheck
    >>> wrong = custom(lambda x: x * x, lambda x: 3.0 * x)
    >>> try:
    ...     gradcheck(wrong, 2.0, order=1)
    ... except GradcheckError as error:
    ...     print(error.report.worst.analytic, error.report.worst.numeric)
    6.0 4.0
    """

    report: Report


@dataclass(frozen=True)
class Entry:
    """One derivative, by the chain rule and by differences."""

    order: int
    name: str
    analytic: float
    numeric: float
    tolerance: float
    quotient: Quotient

    @property
    def kink(self) -> str:
        """A few words if there is a kink or a jump at the point, or next to it."""
        return self.quotient.kink

    @property
    def absolute(self) -> float:
        return abs(self.analytic - self.numeric) if self.analytic != self.numeric else 0.0

    @property
    def relative(self) -> float:
        size = max(abs(self.analytic), abs(self.numeric))
        return self.absolute / size if size else 0.0

    @property
    def agrees(self) -> bool:
        close = math.isfinite(self.absolute) and self.absolute <= self.tolerance
        return close or self.quotient.excuses(self.analytic)

    @property
    def unclear(self) -> bool:
        """Whether the differences are too rough to tell right from wrong."""
        size = max(abs(self.analytic), abs(self.numeric))
        return self.agrees and not self.kink and self.quotient.doubt > max(0.1 * size, 1e-4)

    @property
    def remark(self) -> str:
        """What to say of it, beside the numbers."""
        if not self.agrees:
            return "DIFFERS"
        return f"kink: {self.kink}" if self.kink else "not checked: differences too rough" if self.unclear else ""


@dataclass(frozen=True)
class Report:
    """What gradcheck compared, as a table; true if all agrees."""

    entries: list[Entry] = field(default_factory=list)

    def __bool__(self) -> bool:
        return all(entry.agrees for entry in self.entries)

    @property
    def worst(self) -> Entry:
        """The entry that is furthest beyond its tolerance; nan is furthest."""
        return max(self.entries, key=lambda entry: _badness(entry))

    def __str__(self) -> str:
        width = max((len(entry.name) for entry in self.entries), default=10)
        lines = [f"{'derivative':{width}}  {'chain rule':>14} {'differences':>14} {'absolute':>9} {'relative':>9}"]
        for entry in self.entries:
            numbers = f"{entry.analytic:14.8g} {entry.numeric:14.8g} {entry.absolute:9.1e} {entry.relative:9.1e}"
            lines.append(f"{entry.name:{width}}  {numbers}  {entry.remark}".rstrip())
        return "\n".join(lines)


def _badness(entry: Entry) -> float:
    if entry.agrees:
        return 0.0
    return entry.absolute / entry.tolerance if math.isfinite(entry.absolute) and entry.tolerance else math.inf


def gradcheck(f: Callable[..., Any], inputs: Any, order: int = 2, rtol: float = 1e-5, atol: float = 1e-12) -> Report:
    """Check all derivatives of f up to an order against central differences; raise GradcheckError if one is wrong.

    >>> from autograd import gradcheck, sin
    >>> print(gradcheck(lambda x, y: x * sin(y), (2.0, 0.5), order=1))
    derivative     chain rule    differences  absolute  relative
    df/dx          0.47942554     0.47942554   ...
    df/dy           1.7551651      1.7551651   ...

    `inputs` is the tuple or list of f's arguments (a single number may stand without), each a number or a nested list,
    tuple or dict. Derivatives of order k are compared with differences of those of order k - 1, within
    `atol + rtol * size` and what rounding costs. At a kink any slope between those of its two sides is accepted, with a
    warning: there the check says little. Where differences are too rough to tell, a warning says so. Deterministic.
    Raises ValueError for an order below 1, a tolerance below 0 and inputs that are not finite, TypeError for inputs
    that are not f's arguments.
    """
    args = tuple(inputs) if isinstance(inputs, (list, tuple)) else (inputs,)
    check_call(f, args, order, rtol, atol)
    start = finite_numbers(flatten(args, "gradcheck")[0], "gradcheck")
    names = input_names(f, args)
    report = Report()
    with Watch(), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a step may leave the domain
        for level in range(1, order + 1):
            report.entries.extend(entries(f, args, start, names, level, rtol, atol))
    if not report:
        raise failure(report)
    for entry in report.entries:
        if entry.kink:
            warnings.warn(f"gradcheck: {entry.name}: kink nearby, {entry.kink}", RuntimeWarning, stacklevel=2)
        elif entry.unclear:
            warnings.warn(f"gradcheck: {entry.name}: {entry.remark}; scale the input", RuntimeWarning, stacklevel=2)
    return report


def failure(report: Report) -> GradcheckError:
    worst = report.worst
    wrong = sum(not entry.agrees for entry in report.entries)
    if math.isfinite(worst.absolute):
        gap = f"{worst.absolute:.2g} apart ({worst.relative:.1e} of its size)"
    else:
        gap = "f or its derivative is not finite there"
    error = GradcheckError(
        f"gradcheck: {worst.name} is {worst.analytic:.10g} by the chain rule, {worst.numeric:.10g} by differences: "
        f"{gap}\n{wrong} of {len(report.entries)} derivatives differ; print(error.report) shows all"
    )
    error.report = report
    return error


def check_call(f: Function, args: tuple[Any, ...], order: Any, rtol: Any, atol: Any) -> None:
    """Say it clearly if gradcheck cannot begin with what it was given."""
    check_function("gradcheck", f)
    if isinstance(order, bool) or not isinstance(order, int) or order < 1:
        raise ValueError(f"gradcheck: order = {order!r:.60}\norder is a whole number from 1 up")
    for name, tolerance in (("rtol", rtol), ("atol", atol)):
        if not 0.0 <= as_float(tolerance, f"gradcheck: {name}") < math.inf:
            raise ValueError(f"gradcheck: {name} = {tolerance!r}\na tolerance is a number from 0 up, such as 1e-5")
    check_arguments(
        "gradcheck", f, args, {}, "give a tuple with one input for each argument: ([1.0, 2.0],) for one list"
    )
    if not args:
        raise ValueError("gradcheck: no inputs\ngive it the arguments at which to check the function")


def entries(
    f: Function, args: tuple[Any, ...], start: Point, names: list[str], order: int, rtol: float, atol: float
) -> Iterator[Entry]:
    """All derivatives of one order beside the differences of those of the order below."""
    _, rebuild = flatten(args, "gradcheck")
    analytic, lower = derivatives_at(f, args, order), derivatives_at(f, args, order - 1)
    several = len({output for output, _ in lower}) > 1

    def below(point: Point) -> Point:
        return list(derivatives_at(f, rebuild(point), order - 1).values())

    for place in range(len(start)):
        quotients = best_quotients(below, start, place)
        for (output, path), quotient in zip(lower, quotients):
            exact, numeric = analytic[output, (*path, place)], quotient.numeric
            name = derivative_name(output if several else None, [names[each] for each in (*path, place)])
            tolerance = atol + rtol * max(abs(exact), abs(numeric)) + quotient.doubt
            yield Entry(order, name, exact, numeric, tolerance, quotient)


def derivative_name(output: int | None, by: list[str]) -> str:
    """'df/dx', 'd2f[1]/dx dy'."""
    order = "" if len(by) == 1 else str(len(by))
    return f"d{order}f{'' if output is None else f'[{output}]'}/{' '.join('d' + name for name in by)}"


def derivatives_at(f: Function, args: tuple[Any, ...], order: int) -> dict[tuple[int, tuple[int, ...]], float]:
    """All derivatives of one order: (output, the inputs it is differentiated by, in turn) -> number."""
    run = Run("gradcheck", f, args, tuple(range(len(args))))
    found: dict[Any, Any] = {(place, ()): output for place, output in enumerate(run.outputs)}
    with recording():
        for _ in range(order):
            slopes = {key: slopes_of(node, run.variables) for key, node in found.items()}
            found = {
                (output, (*path, place)): slope
                for (output, path), row in slopes.items()
                for place, slope in enumerate(row)
            }
    return {key: number_in(node) for key, node in found.items()}


def slopes_of(node: Any, variables: list[Value]) -> list[Any]:
    if not isinstance(node, Value):
        return [0.0] * len(variables)
    return pull_back(topological_order(node), [(node, 1.0)], variables, on_values=True)
