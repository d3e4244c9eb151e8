"""Functions of one or two numbers, on floats and Values alike: exp, log, tanh, relu, maximum, ...

Each is written as on floats, under a decorator that holds its derivative. A derivative is a formula over the functions
of this file: evaluated on floats it is a number, evaluated on Values it is a graph. Kinks take the subgradient of least
norm; shapes of formulas are chosen to stay finite and to keep small tails. Functions of many numbers: reductions.py.
"""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable
from typing import Any, Protocol, overload

from autograd.floats import as_float, ieee_result
from autograd.operands import Operands
from autograd.value import Operation, Value, record, recorded

INF, NAN = math.inf, math.nan


class Unary(Protocol):
    """A function of one number: a float for a number, a Value for a Value."""

    operation: Operation

    @overload
    def __call__(self, x: Value) -> Value: ...
    @overload
    def __call__(self, x: float) -> float: ...


class Binary(Protocol):
    """A function of two numbers: a float for two numbers, a Value as soon as one of them is a Value."""

    operation: Operation

    @overload
    def __call__(self, x: Value, y: Value | float) -> Value: ...
    @overload
    def __call__(self, x: float, y: Value) -> Value: ...
    @overload
    def __call__(self, x: float, y: float) -> float: ...


def unary(slope: Callable[[Any], Any], exceptional: Callable[[float], float] | None = None) -> Callable[[Any], Unary]:
    """Turn f on floats into f on floats and Values, with f' = `slope`, and make it a method of Value too."""

    def decorate(forward: Callable[[float], float]) -> Unary:
        operation = Operation(forward.__name__, forward, lambda g, x, _: (g * slope(x), None), exceptional)

        @functools.wraps(forward)
        def function(x: Any) -> Any:
            is_value = isinstance(x, Value)
            a = x._data if is_value else x if type(x) is float else as_float(x, operation.name)
            try:
                data = forward(a)
            except (ArithmeticError, ValueError) as error:
                data = ieee_result(operation, error, (a,), x)
            return record(data, operation, x, None, a, None) if is_value else data

        return publish(function, operation)

    return decorate


def binary(
    gradient: Callable[[Any, Any, Any], tuple[Any, Any]], exceptional: Callable[[float, float], float] | None = None
) -> Callable[[Any], Binary]:
    """Turn f on two floats into f on floats and Values; `gradient(g, a, b)` gives g * df/da and g * df/db."""

    def decorate(forward: Callable[[float, float], float]) -> Binary:
        operation = Operation(forward.__name__, forward, gradient, exceptional)
        on_values, second = recorded(operation), list(inspect.signature(forward).parameters)[1]

        @functools.wraps(forward)
        def function(x: Any, y: Any, **named: Any) -> Any:
            if named:  # elu(x, alpha=2.0)
                y = named.pop(second, y)
                if named:
                    raise TypeError(f"{operation.name} has no argument {next(iter(named))!r}\nits second is {second!r}")
            if isinstance(x, Value) or isinstance(y, Value):
                return on_values(x, y)
            return forward(as_float(x, operation.name), as_float(y, operation.name))

        function.__defaults__ = forward.__defaults__  # type: ignore[attr-defined]
        return publish(function, operation)

    return decorate


def publish(function: Any, operation: Operation) -> Any:
    """Let a function be a method of Value, and let it be known which operation it records."""
    function.operation = operation
    setattr(Value, operation.name, function)
    return function


# ---- where and how steeply: the pieces from which derivatives at kinks are made ------------------


@unary(slope=lambda x: 0.0)
def step(x: float) -> float:
    """The unit step, the derivative of relu: 0 up to and at zero, 1 above.

    >>> step(-2.0), step(0.0), step(3.0)
    (0.0, 0.0, 1.0)
    """
    return 1.0 if x > 0 else 0.0 if x <= 0 else x


@unary(slope=lambda x: 0.0)
def sign(x: float) -> float:
    """The sign of x: -1, 0 or 1.

    >>> sign(-2.5), sign(0.0), sign(3.0)
    (-1.0, 0.0, 1.0)
    """
    return 1.0 if x > 0 else -1.0 if x < 0 else 0.0 if x == 0 else x


@binary(gradient=lambda g, a, b: (g * 0.0, g * 0.0))
def ordering(a: float, b: float) -> float:
    """The order of two numbers: -1 if a < b, 0 if they are equal (two infinities too), 1 if a > b.

    >>> ordering(1.0, 2.0), ordering(2.0, 2.0)
    (-1.0, 0.0)
    """
    return 1.0 if a > b else -1.0 if a < b else 0.0 if a == b else NAN


@unary(slope=lambda x: 0.0)
def floor(x: float) -> float:
    """The largest whole number not above x; its derivative is 0.

    >>> floor(2.7), floor(-2.7)
    (2.0, -3.0)
    """
    return float(math.floor(x)) if math.isfinite(x) else x


@unary(slope=lambda x: 0.0)
def ceil(x: float) -> float:
    """The smallest whole number not below x; its derivative is 0.

    >>> ceil(2.2), ceil(-2.2)
    (3.0, -2.0)
    """
    return float(math.ceil(x)) if math.isfinite(x) else x


@unary(slope=lambda x: sign(x))
def abs(x: float) -> float:
    """The distance from zero; its derivative is `sign(x)`, 0 at 0.

    >>> abs(-3.0)
    3.0
    """
    return math.fabs(x)


@binary(gradient=lambda g, a, b: (g * (0.5 + 0.5 * ordering(a, b)), g * (0.5 - 0.5 * ordering(a, b))))
def maximum(a: float, b: float) -> float:
    """The larger of two numbers, nan if either is nan. The gradient goes to the larger, half to each at a tie.

    >>> maximum(2.0, 3.0)
    3.0
    """
    return a if a >= b or a != a else b


@binary(gradient=lambda g, a, b: (g * (0.5 - 0.5 * ordering(a, b)), g * (0.5 + 0.5 * ordering(a, b))))
def minimum(a: float, b: float) -> float:
    """The smaller of two numbers, nan if either is nan. The gradient goes to the smaller, half to each at a tie.

    >>> minimum(2.0, 3.0)
    2.0
    """
    return a if a <= b or a != a else b


def clip(x: Any, low: Any = -INF, high: Any = INF) -> Any:
    """x, held between `low` and `high`: `minimum(maximum(x, low), high)`, with the kinks of these two.

    >>> clip(5.0, 0.0, 1.0), clip(0.3, 0.0, 1.0)
    (1.0, 0.3)
    """
    return minimum(maximum(x, low), high)


def _where_gradient(g: Any, condition: Any, branches: Any) -> tuple[Any, Any]:
    return 0.0, (1.0, (where(condition, g, 0.0), where(condition, 0.0, g)))


WHERE = Operation("where", lambda condition, branches: branches[0 if condition else 1], _where_gradient)


def where(condition: Any, x: Any, y: Any) -> Any:
    """x where the condition holds (is not zero), else y; the gradient goes to the one that was chosen.

    >>> where(2.0 > 1.0, 10.0, 20.0)
    10.0

    A condition that is a bool or a number is settled: the branch itself is returned, and the other is out of the graph.
    A condition that is a Value is recorded, with both branches: the other one then gets a gradient of 0.
    """
    if type(condition) is type(x) is type(y) is float:  # inside a backward pass
        return x if condition else y
    if not isinstance(condition, Value):
        chosen, other = (x, y) if as_float(condition, "where") else (y, x)
        as_float(getattr(other, "_data", other), "where")
        return chosen if isinstance(chosen, Value) else _like(other, as_float(chosen, "where"))
    branches = Operands((x, y), "where")
    data = WHERE.forward(condition._data, branches.data)
    return record(data, WHERE, condition, branches if branches.values else None, condition._data, branches.data)


def _like(other: Any, number: float) -> Any:
    """The number, as a Value if `other` is one."""
    return Value(number) if isinstance(other, Value) else number


# ---- powers, exponentials, logarithms ------------------------------------------------------------


@unary(slope=lambda x: 2.0 * x)
def square(x: float) -> float:
    """x times x.

    >>> square(3.0)
    9.0
    """
    return x * x


@unary(slope=lambda x: -square(reciprocal(x)), exceptional=lambda x: math.copysign(INF, x))
def reciprocal(x: float) -> float:
    """1 / x.

    >>> reciprocal(4.0)
    0.25
    """
    return 1.0 / x


@unary(slope=lambda x: 0.5 * reciprocal(sqrt(x)))
def sqrt(x: float) -> float:
    """The square root; nan below 0, slope inf at 0.

    >>> sqrt(9.0)
    3.0
    """
    return math.sqrt(x)


@unary(slope=lambda x: exp(x))
def exp(x: float) -> float:
    """e to the power x, its own derivative.

    >>> exp(0.0)
    1.0
    """
    return math.exp(x)


@unary(slope=lambda x: exp2(x) * math.log(2.0))
def exp2(x: float) -> float:
    """2 to the power x.

    >>> exp2(10.0)
    1024.0
    """
    return math.pow(2.0, x)


@unary(slope=lambda x: exp(x))
def expm1(x: float) -> float:
    """exp(x) - 1, exact for small x too.

    >>> expm1(1e-20)
    1e-20
    """
    return math.expm1(x)


def _log_exceptional(x: float) -> float:
    return -INF if x == 0 else NAN


@unary(slope=lambda x: reciprocal(x), exceptional=_log_exceptional)
def log(x: float) -> float:
    """The natural logarithm: -inf at 0, nan below.

    >>> log(1.0)
    0.0
    """
    return math.log(x)


@unary(slope=lambda x: reciprocal(x) * (1.0 / math.log(2.0)), exceptional=_log_exceptional)
def log2(x: float) -> float:
    """The logarithm to base 2.

    >>> log2(8.0)
    3.0
    """
    return math.log2(x)


@unary(slope=lambda x: reciprocal(x) * (1.0 / math.log(10.0)), exceptional=_log_exceptional)
def log10(x: float) -> float:
    """The logarithm to base 10.

    >>> log10(1000.0)
    3.0
    """
    return math.log10(x)


@unary(slope=lambda x: reciprocal(1.0 + x), exceptional=lambda x: -INF if x == -1 else NAN)
def log1p(x: float) -> float:
    """log(1 + x), exact for small x too.

    >>> log1p(1e-20)
    1e-20
    """
    return math.log1p(x)


def _power_exceptional(a: float, b: float) -> float:
    """C99's pow where Python's raises: a root of a negative number, a pole, an overflow."""
    if a < 0 and b != math.floor(b):
        return NAN
    return -INF if math.copysign(1.0, a) < 0 and b % 2 == 1 else INF


def _base_gradient(g: Any, a: Any, b: Any) -> Any:
    return g * where(b, b * power(a, b - 1.0), 0.0)  # d(a^b)/da = b a^(b-1); a^0 is the constant 1


def _exponent_gradient(g: Any, a: Any, b: Any) -> Any:
    nonzero = where(a, a, 1.0)  # 0^b does not change with b: let the logarithm be log(1) = 0
    return g * (log(nonzero) * power(a, b))  # d(a^b)/db = log(a) a^b


def _power_operation(gradient: Callable[[Any, Any, Any], tuple[Any, Any]]) -> Operation:
    return Operation("**", math.pow, gradient, _power_exceptional)


POWER = _power_operation(lambda g, a, b: (_base_gradient(g, a, b), _exponent_gradient(g, a, b)))
POWER_OF_VALUE = _power_operation(lambda g, a, b: (_base_gradient(g, a, b), None))  # constant exponent
POWER_OF_NUMBER = _power_operation(lambda g, a, b: (None, _exponent_gradient(g, a, b)))  # constant base

_power, _power_of_value, _power_of_number = map(recorded, (POWER, POWER_OF_VALUE, POWER_OF_NUMBER))


def power(a: Any, b: Any) -> Any:
    """a to the power b, by C99's rules: `a**0` is 1, a root of a negative number is nan.

    >>> power(2.0, 10)
    1024.0
    """
    if isinstance(a, Value):
        return _power(a, b) if isinstance(b, Value) else _power_of_value(a, b)
    if isinstance(b, Value):
        return _power_of_number(a, b)
    a, b = as_float(a, "**"), as_float(b, "**")
    try:
        return math.pow(a, b)
    except (ArithmeticError, ValueError) as error:
        return ieee_result(POWER, error, (a, b))


# Python's and NumPy's own spellings of these functions.
for spelling, function in {"__abs__": abs, "fabs": abs, "__floor__": floor, "__ceil__": ceil, "clip": clip}.items():
    setattr(Value, spelling, function)
Value.__pow__ = power  # type: ignore[method-assign]
Value.__rpow__ = lambda exponent, base: power(base, exponent)  # type: ignore[method-assign]
