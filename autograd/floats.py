"""What counts as a number, and what a number becomes where Python's arithmetic would raise (IEEE 754)."""

from __future__ import annotations

import math
import sys
import warnings
from collections.abc import Callable
from decimal import Decimal
from numbers import Real
from types import CodeType
from typing import Any, TypeVar

from autograd.modes import watcher

F = TypeVar("F", bound=Callable[..., Any])


def as_float(x: Any, operation: str) -> float:
    """The operand as a float, or a TypeError that names the operation, the operand and the remedy."""
    if type(x) is float:
        return x
    if type(x) is not int and getattr(x, "ndim", None) == 0 and hasattr(x, "item"):
        x = x.item()  # a scalar of NumPy, PyTorch or their like
    if type(x) is int or isinstance(x, (Real, Decimal)):
        try:
            return float(x)
        except OverflowError:
            return math.inf if x > 0 else -math.inf  # type: ignore[operator]
    raise TypeError(f"{operation}: {x!r:.60} is a {type(x).__name__}, not a number\n{remedy(x)}")


def remedy(x: Any) -> str:
    if hasattr(x, "_data"):
        return "write v.data for the number that a Value holds"
    if isinstance(x, str):
        return "write float(...) around text that holds a number"
    if x is None:
        return "is a `return` missing where it was computed?"
    if isinstance(x, complex):
        return "use two Values, one for its real and one for its imaginary part"
    if hasattr(x, "__iter__"):
        return "apply the operation to each of its elements: [f(v) for v in values]"
    if callable(x):
        return "call it: the operand should be its result"
    return "use an int, a float or a Value"


def divide(a: Any, b: Any) -> Any:
    """a / b for numbers and Values, by IEEE 754 at b = 0."""
    try:
        return a / b
    except ZeroDivisionError:
        return divide_by_zero(a, b)


def divide_by_zero(a: float, b: float) -> float:
    return math.nan if a == 0 or a != a else math.copysign(math.inf, a) * math.copysign(1.0, b)


silent_code: set[CodeType] = set()


def silent(function: F) -> F:
    """Mark a function as a backward pass: an infinite slope found inside it is an answer, not worth a warning."""
    silent_code.add(function.__code__)
    return function


def ieee_result(operation: Any, error: Exception, numbers: tuple[float, ...], *operands: Any) -> float:
    """The IEEE 754 result of an operation whose Python arithmetic raised, and one warning that says so."""
    if operation.exceptional is not None:
        data = operation.exceptional(*numbers)
    else:
        data = math.inf if isinstance(error, OverflowError) else math.nan
    if watcher() and all(map(math.isfinite, numbers)) and any(hasattr(each, "_data") for each in operands):
        return data  # detect_anomaly() has more to say
    level, frame = 1, sys._getframe()
    while frame.f_back and frame.f_globals.get("__name__", "").partition(".")[0] == "autograd":
        if frame.f_code in silent_code:
            return data
        level, frame = level + 1, frame.f_back
    infix = len(numbers) == 2 and not operation.name.isidentifier()
    text = (
        f" {operation.name} ".join(map(repr, numbers)) if infix else f"{operation.name}{numbers!r}".replace(",)", ")")
    )
    labels = [operand.label for operand in operands if getattr(operand, "label", "")]
    warnings.warn(f"{text} is {data}" + (f" [{', '.join(labels)}]" if labels else ""), RuntimeWarning, stacklevel=level)
    return data
