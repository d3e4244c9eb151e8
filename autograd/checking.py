"""Proof by another way: gradcheck, and compare, which shows how far differences can be trusted (differences.py)."""

from __future__ import annotations

import inspect
import math
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from autograd.derivatives import Run, check_function
from autograd.differences import (
    EPSILON,
    Function,
    Point,
    best_quotients,
    central,
    moved,
    number_in,
    numerical_gradient,
    numerical_jacobian,
    on_floats,
    step_for,
)
from autograd.modes import recording
from autograd.structures import flatten
from autograd.sweeps import pull_back, push_forward
from autograd.value import Value, topological_order

__all__ = ["GradcheckError", "Report", "compare", "gradcheck", "numerical_gradient", "numerical_jacobian"]

# ---- gradcheck -----------------------------------------------------------------------------------


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
    kink: str = ""

    @property
    def absolute(self) -> float:
        return abs(self.analytic - self.numeric) if self.analytic != self.numeric else 0.0

    @property
    def relative(self) -> float:
        size = max(abs(self.analytic), abs(self.numeric))
        return self.absolute / size if size else 0.0

    @property
    def agrees(self) -> bool:
        return bool(self.kink) or self.absolute <= self.tolerance


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
            remark = f"kink: {entry.kink}" if entry.kink else "" if entry.agrees else "DIFFERS"
            numbers = f"{entry.analytic:14.8g} {entry.numeric:14.8g} {entry.absolute:9.1e} {entry.relative:9.1e}"
            lines.append(f"{entry.name:{width}}  {numbers}  {remark}".rstrip())
        return "\n".join(lines)


def _badness(entry: Entry) -> float:
    if entry.agrees:
        return 0.0
    return math.inf if math.isnan(entry.absolute) else entry.absolute / entry.tolerance


def gradcheck(f: Function, inputs: Any, order: int = 2, rtol: float = 1e-5, atol: float = 1e-7) -> Report:
    """Check all derivatives of f up to an order against central differences; raise GradcheckError if one is wrong.

    >>> from autograd import gradcheck, sin
    >>> print(gradcheck(lambda x, y: x * sin(y), (2.0, 0.5), order=1))
    derivative     chain rule    differences  absolute  relative
    df/dx          0.47942554     0.47942554   ...
    df/dy           1.7551651      1.7551651   ...

    `inputs` is the tuple or list of f's arguments (a single number may stand without), each a number or a nested list,
    tuple or dict. Derivatives of order k are compared with differences of those of order k - 1, within
    `atol + rtol * size` and what rounding costs. At a kink any slope between those of its two sides is accepted, with a
    warning: there the check says little. Deterministic. Raises ValueError for an order below 1.
    """
    if isinstance(order, bool) or not isinstance(order, int) or order < 1:
        raise ValueError(f"gradcheck: order = {order!r:.60}\norder is a whole number from 1 up")
    args = tuple(inputs) if isinstance(inputs, (list, tuple)) else (inputs,)
    check_call(f, args)
    if not args:
        raise ValueError("gradcheck: no inputs\ngive it the arguments at which to check the function")
    start = [number_in(each) for each in flatten(args, "gradcheck")[0]]
    names = input_names(f, args)
    report = Report()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a step may leave the domain
        for level in range(1, order + 1):
            report.entries.extend(entries(f, args, start, names, level, rtol, atol))
    if not report:
        raise failure(report)
    for entry in report.entries:
        if entry.kink:
            warnings.warn(f"gradcheck: {entry.name}: kink nearby, {entry.kink}", RuntimeWarning, stacklevel=2)
    return report


def failure(report: Report) -> GradcheckError:
    worst = report.worst
    wrong = sum(not entry.agrees for entry in report.entries)
    error = GradcheckError(
        f"gradcheck: {worst.name} is {worst.analytic:.10g} by the chain rule, {worst.numeric:.10g} by differences: "
        f"{worst.absolute:.2g} apart ({worst.relative:.1e} of its size)\n"
        f"{wrong} of {len(report.entries)} derivatives differ; print(error.report) shows all"
    )
    error.report = report
    return error


def check_call(f: Function, args: tuple[Any, ...]) -> None:
    """Say it clearly if the inputs are not f's arguments."""
    check_function("gradcheck", f)
    try:
        signature = inspect.signature(f)
    except (TypeError, ValueError):
        return
    try:
        signature.bind(*args)
    except TypeError as error:
        raise TypeError(
            f"gradcheck: {len(args)} inputs for a function of {signature}: {error}\n"
            "give a tuple with one input for each argument: ([1.0, 2.0],) for a function of one list"
        ) from None


def input_names(f: Function, args: tuple[Any, ...]) -> list[str]:
    """What to call each number of the arguments: 'x', 'x[0]', 'p[w]'."""
    try:
        parameters = list(inspect.signature(f).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    plain = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    titles = [*plain, *(f"x{place}" for place in range(len(plain), len(args)))]
    return [name for title, argument in zip(titles, args) for name in member_names(argument, title)]


def member_names(part: Any, path: str) -> Iterator[str]:
    if isinstance(part, Mapping):
        for key, member in part.items():
            yield from member_names(member, f"{path}[{key}]")
    elif isinstance(part, (list, tuple)):
        for place, member in enumerate(part):
            yield from member_names(member, f"{path}[{place}]")
    else:
        yield path


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
            yield Entry(order, name, exact, numeric, tolerance, quotient.excuse(exact))


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


# ---- compare -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Comparison:
    """The gradient of a function by three ways, and the error of differences against their step."""

    names: list[str]
    reverse: list[float]
    forward: list[float]
    numeric: list[float]
    steps: list[float]
    one_sided_errors: list[float]
    central_errors: list[float]

    @property
    def agree(self) -> bool:
        """Whether reverse and forward mode agree to 1e-9 of the largest slope, and differences to 1e-5 (or 1e-8)."""
        size = max(map(abs, self.reverse), default=0.0)
        both = max((abs(a - b) for a, b in zip(self.reverse, self.forward)), default=0.0)
        numeric = max((abs(a - b) for a, b in zip(self.reverse, self.numeric)), default=0.0)
        return both <= 1e-9 * size and numeric <= 1e-5 * size + 1e-8

    def __str__(self) -> str:
        form = "{:<12} {:>22} {:>22} {:>22}"
        lines = [form.format("df/d...", "reverse mode", "forward mode", "central difference")]
        lines += [
            form.format(name, *(f"{number:.15g}" for number in numbers))
            for name, *numbers in zip(self.names, self.reverse, self.forward, self.numeric)
        ]
        lines += ["", "{:<12} {:>22} {:>22}".format("step", "one-sided error", "central error")]
        lines += [
            f"{step:<12.0e} {one_sided:>22.1e} {both:>22.1e}"
            for step, one_sided, both in zip(self.steps, self.one_sided_errors, self.central_errors)
        ]
        return "\n".join([*lines, "all agree" if self.agree else "THEY DIFFER"])

    __repr__ = __str__

    def plot(self, path: str | None = None) -> Any:
        """Draw both errors against the step (the U curves), save the picture if a path is given, return the figure."""
        try:
            from matplotlib.figure import Figure
        except ImportError:
            raise ImportError("Comparison.plot needs matplotlib\ninstall it: pip install matplotlib") from None
        figure = Figure(figsize=(6, 4), layout="constrained")
        axes = figure.subplots()
        for errors, label, marker in (
            (self.one_sided_errors, "one-sided: (f(x + h) - f(x)) / h", "o"),
            (self.central_errors, "central: (f(x + h) - f(x - h)) / 2h", "s"),
        ):
            shown = [max(error, EPSILON / 4) for error in errors]  # a logarithmic axis has no place for 0
            axes.loglog(self.steps, shown, marker=marker, markersize=4, label=label)
        axes.set(xlabel="step h", ylabel="error of the difference quotient")
        axes.legend(frameon=False)
        if path is not None:
            figure.savefig(path)
        return figure


def compare(f: Function, x: Any) -> Comparison:
    """The gradient of f at x by reverse mode, forward mode and differences, and how wrong differences are at each step.

    >>> from autograd import sin
    >>> compare(sin, 1.0).agree
    True

    Print it for the table, `.plot("errors.png")` it for the picture. x: a number, or a nested list, tuple or dict of
    numbers. Raises TypeError if f returns anything but one number.
    """
    run = Run("compare", f, (x,))
    output = run.scalar("compare takes a function with one number as its result")
    nodes = run.values
    reverse = pull_back(run.order, [(output, 1.0)], run.variables, on_values=False)
    forward = [math.fsum(push_forward(run.order, nodes, {each: 1.0}, on_values=False)) for each in run.variables]
    at, start, _, _ = on_floats("compare", f, (x,))
    here, places = at(start)[0], range(len(start))
    steps = [10.0**-k for k in range(1, 16)]
    one_sided_errors, central_errors = [], []
    for step in steps:
        ahead = [(at(moved(start, place, step))[0] - here) / step for place in places]
        both = [central(at, start, place, step)[0] for place in places]
        one_sided_errors.append(max((abs(a - b) for a, b in zip(ahead, reverse)), default=0.0))
        central_errors.append(max((abs(a - b) for a, b in zip(both, reverse)), default=0.0))
    numeric = [central(at, start, place, step_for(start[place]))[0] for place in places]
    return Comparison(input_names(f, (x,)), reverse, forward, numeric, steps, one_sided_errors, central_errors)
