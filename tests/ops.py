"""THE table of operations: what each is called on, where it is smooth, and an independent reference for it.

Every operation of the engine has a row here (test_operations.py sees to it), and the rows drive the checks of values
and of derivatives to third order. The references are mpmath's functions, or definitions written out for mpmath.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import mpmath
from mpmath import mp

import autograd as ag
from autograd import functions, reductions, sweeps, value
from autograd.value import Operation

R = tuple[float, float]  # an interval to draw numbers from


@dataclass(frozen=True)
class Row:
    """One operation: our function of `len(domain)` numbers, mpmath's, and the numbers to try it on."""

    operation: Operation
    ours: Callable
    reference: Callable
    domain: tuple[R, ...]
    kinks: tuple[float, ...] = ()  # of a unary function; a binary one's is where its operands are equal, if `tie`
    tie: bool = False

    @property
    def name(self) -> str:
        return self.ours.__name__ if self.ours.__name__ != "<lambda>" else self.operation.name

    def smooth_at(self, point: tuple[float, ...], margin: float = 1e-3) -> bool:
        away = all(abs(x - kink) > margin for x in point for kink in self.kinks)
        return away and not (self.tie and abs(point[0] - point[1]) < margin)


def unary(name: str, reference: Callable, low: float, high: float, *kinks: float) -> Row:
    ours = getattr(ag, name)
    return Row(ours.operation, ours, reference, ((low, high),), kinks)


def several(operation: Operation, ours: Callable, reference: Callable, *domain: R) -> Row:
    return Row(operation, ours, reference, domain)


def _named(name: str, function: Callable) -> Callable:
    function.__name__ = name
    return function


def _sigmoid(x):
    return 1 / (1 + mp.exp(-x))


def _softplus(x):
    return mp.log1p(mp.exp(x))


def _leaky_relu(x, slope):
    return x if x > 0 else slope * x


def _norm(*xs):
    return mp.sqrt(mp.fsum(x * x for x in xs))


def _logsumexp(*xs):
    return mp.log(mp.fsum(mp.exp(x) for x in xs))


def _softmax(i: int) -> Callable:
    return lambda *xs: mp.exp(xs[i] - _logsumexp(*xs))


def _identity(x):
    return sweeps.variable(x) if isinstance(x, value.Value) else x


UNARY = [
    unary("step", lambda x: mp.mpf(x > 0), -3, 3, 0),
    unary("sign", mpmath.sign, -3, 3, 0),
    unary("floor", mpmath.floor, -2.9, 2.9, -2, -1, 0, 1, 2),
    unary("ceil", mpmath.ceil, -2.9, 2.9, -2, -1, 0, 1, 2),
    unary("abs", abs, -3, 3, 0),
    unary("square", lambda x: x * x, -3, 3),
    unary("reciprocal", lambda x: 1 / x, 0.2, 4),
    unary("sqrt", mpmath.sqrt, 0.1, 9),
    unary("exp", mpmath.exp, -5, 5),
    unary("exp2", lambda x: mp.mpf(2) ** x, -5, 5),
    unary("expm1", mpmath.expm1, -5, 5),
    unary("log", mpmath.log, 0.1, 9),
    unary("log2", lambda x: mp.log(x) / mp.log(2), 0.1, 9),
    unary("log10", mpmath.log10, 0.1, 9),
    unary("log1p", mpmath.log1p, -0.9, 9),
    unary("sin", mpmath.sin, -6, 6),
    unary("cos", mpmath.cos, -6, 6),
    unary("tan", mpmath.tan, -1.3, 1.3),
    unary("asin", mpmath.asin, -0.95, 0.95),
    unary("acos", mpmath.acos, -0.95, 0.95),
    unary("atan", mpmath.atan, -5, 5),
    unary("sinh", mpmath.sinh, -4, 4),
    unary("cosh", mpmath.cosh, -4, 4),
    unary("tanh", mpmath.tanh, -20, 20),
    unary("sech", mpmath.sech, -20, 20),
    unary("asinh", mpmath.asinh, -9, 9),
    unary("acosh", mpmath.acosh, 1.1, 9),
    unary("atanh", mpmath.atanh, -0.95, 0.95),
    unary("sigmoid", _sigmoid, -30, 30),
    unary("logsigmoid", lambda x: -_softplus(-x), -30, 30),
    unary("softplus", _softplus, -30, 30),
    unary("relu", lambda x: max(x, mp.mpf(0)), -3, 3, 0),
    unary("gelu", lambda x: x * mp.erfc(-x / mp.sqrt(2)) / 2, -8, 8),
    unary("silu", lambda x: x * _sigmoid(x), -20, 20),
    unary("softsign", lambda x: x / (1 + abs(x)), -9, 9, 0),
    unary("erf", mpmath.erf, -4, 4),
    unary("erfc", mpmath.erfc, -4, 4),
]

WIDE, POSITIVE = (-3.0, 3.0), (0.2, 4.0)

BINARY = [
    several(value.ADD, _named("add", lambda x, y: x + y), lambda x, y: x + y, WIDE, WIDE),
    several(value.SUBTRACT, _named("subtract", lambda x, y: x - y), lambda x, y: x - y, WIDE, WIDE),
    several(value.MULTIPLY, _named("multiply", lambda x, y: x * y), lambda x, y: x * y, WIDE, WIDE),
    several(value.DIVIDE, _named("divide", lambda x, y: x / y), lambda x, y: x / y, WIDE, POSITIVE),
    several(sweeps.IDENTITY, _named("identity", _identity), lambda x: x, WIDE),
    several(value.NEGATE, _named("negate", lambda x: -x), lambda x: -x, WIDE),
    several(functions.POWER, _named("power", ag.power), lambda x, y: mp.power(x, y), POSITIVE, WIDE),
    several(functions.POWER_OF_VALUE, _named("cube", lambda x: x**3), lambda x: x**3, WIDE),
    several(functions.POWER_OF_NUMBER, _named("two_to_the", lambda x: 2**x), lambda x: mp.mpf(2) ** x, WIDE),
    Row(ag.ordering.operation, ag.ordering, lambda x, y: mp.sign(x - y), (WIDE, WIDE), tie=True),
    Row(ag.maximum.operation, ag.maximum, lambda x, y: max(x, y), (WIDE, WIDE), tie=True),
    Row(ag.minimum.operation, ag.minimum, lambda x, y: min(x, y), (WIDE, WIDE), tie=True),
    Row(ag.atan2.operation, ag.atan2, mpmath.atan2, (WIDE, POSITIVE)),
    Row(ag.hypot.operation, ag.hypot, mpmath.hypot, (POSITIVE, POSITIVE)),
    Row(ag.logaddexp.operation, ag.logaddexp, lambda x, y: _logsumexp(x, y), (WIDE, WIDE)),
    Row(
        ag.leaky_relu.operation,
        ag.leaky_relu,
        _leaky_relu,
        (WIDE, (0.1, 1)),
        (0,),
    ),
    Row(ag.elu.operation, ag.elu, lambda x, a: x if x > 0 else a * mp.expm1(x), (WIDE, (0.5, 2)), (0,)),
]

THREE = (WIDE, WIDE, WIDE)

MANY = [
    several(reductions.SUM, _named("sum", lambda *v: ag.sum(v)), lambda *v: mp.fsum(v), *THREE),
    several(reductions.MEAN, _named("mean", lambda *v: ag.mean(v)), lambda *v: mp.fsum(v) / len(v), *THREE),
    several(reductions.PROD, _named("prod", lambda *v: ag.prod(v)), lambda *v: mpmath.fprod(v), *THREE),
    several(
        reductions.NORM,
        _named("norm", lambda *v: ag.norm(v)),
        _norm,
        *[POSITIVE] * 3,
    ),
    several(
        reductions.DOT,
        _named("dot", lambda a, b, c, d: ag.dot([a, b], [c, d], start=a)),
        lambda a, b, c, d: a * c + b * d + a,
        *THREE,
        WIDE,
    ),
    several(
        reductions.DOT,
        _named("dot_with_numbers", lambda *v: ag.dot(v, [2.0, -1.0, 0.5])),
        lambda a, b, c: 2 * a - b + c / 2,
        *THREE,
    ),
    several(reductions.LOGSUMEXP, _named("logsumexp", lambda *v: ag.logsumexp(v)), _logsumexp, *THREE),
    several(reductions.SOFTMAX, _named("softmax", lambda *v: ag.softmax(v)[1]), _softmax(1), *THREE),
    several(
        reductions.LOG_SOFTMAX,
        _named("log_softmax", lambda *v: ag.log_softmax(v)[2]),
        lambda *v: v[2] - _logsumexp(*v),
        *THREE,
    ),
    several(
        functions.WHERE,
        _named("where", lambda c, x, y: ag.where(c, x * x, y * x)),
        lambda c, x, y: x * x,
        (0.5, 3.0),
        WIDE,
        WIDE,
    ),
]

ROWS = UNARY + BINARY + MANY
