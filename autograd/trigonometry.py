"""Trigonometric and hyperbolic functions, on floats and Values alike: sin, atan2, hypot, tanh, ...

Written like functions.py: forward on floats, derivative in the decorator.
"""

from __future__ import annotations

import math
from typing import Any

from autograd.floats import divide
from autograd.functions import INF, NAN, binary, reciprocal, sqrt, square, unary, where
from autograd.value import Value


@unary(slope=lambda x: cos(x))
def sin(x: float) -> float:
    """The sine of x radians.

    >>> sin(0.0)
    0.0
    """
    return math.sin(x)


@unary(slope=lambda x: -sin(x))
def cos(x: float) -> float:
    """The cosine of x radians.

    >>> cos(0.0)
    1.0
    """
    return math.cos(x)


@unary(slope=lambda x: 1.0 + square(tan(x)))
def tan(x: float) -> float:
    """The tangent of x radians.

    >>> tan(0.0)
    0.0
    """
    return math.tan(x)


@unary(slope=lambda x: reciprocal(sqrt(1.0 - square(x))))
def asin(x: float) -> float:
    """The angle in radians whose sine is x, for x from -1 to 1.

    >>> asin(0.0)
    0.0
    """
    return math.asin(x)


@unary(slope=lambda x: -reciprocal(sqrt(1.0 - square(x))))
def acos(x: float) -> float:
    """The angle in radians whose cosine is x, for x from -1 to 1.

    >>> acos(1.0)
    0.0
    """
    return math.acos(x)


@unary(slope=lambda x: reciprocal(1.0 + square(x)))
def atan(x: float) -> float:
    """The angle in radians whose tangent is x.

    >>> atan(0.0)
    0.0
    """
    return math.atan(x)


def _nonzero(length: Any) -> Any:
    """A length to divide by: 1 in place of 0, so that directions at the origin come out as 0."""
    return where(length, length, 1.0)


def _atan2_gradient(g: Any, y: Any, x: Any) -> tuple[Any, Any]:
    r = _nonzero(hypot(y, x))
    return g * divide(divide(x, r), r), g * -divide(divide(y, r), r)  # x / r^2, -y / r^2


@binary(gradient=_atan2_gradient)
def atan2(y: float, x: float) -> float:
    """The angle in radians of the point (x, y), seen from the origin; slopes 0 at the origin.

    >>> atan2(0.0, 1.0)
    0.0
    """
    return math.atan2(y, x)


def _hypot_gradient(g: Any, a: Any, b: Any) -> tuple[Any, Any]:
    r = _nonzero(hypot(a, b))
    return g * divide(a, r), g * divide(b, r)


@binary(gradient=_hypot_gradient)
def hypot(a: float, b: float) -> float:
    """The length of (a, b), without overflow on the way; slopes 0 at the origin.

    >>> hypot(3.0, 4.0)
    5.0
    """
    return math.hypot(a, b)


@unary(slope=lambda x: cosh(x), exceptional=lambda x: math.copysign(INF, x))
def sinh(x: float) -> float:
    """The hyperbolic sine.

    >>> sinh(0.0)
    0.0
    """
    return math.sinh(x)


@unary(slope=lambda x: sinh(x))
def cosh(x: float) -> float:
    """The hyperbolic cosine.

    >>> cosh(0.0)
    1.0
    """
    return math.cosh(x)


@unary(slope=lambda x: square(sech(x)))
def tanh(x: float) -> float:
    """The hyperbolic tangent, from -1 to 1.

    >>> tanh(0.0)
    0.0
    """
    return math.tanh(x)


@unary(slope=lambda x: -sech(x) * tanh(x))
def sech(x: float) -> float:
    """The hyperbolic secant, 1 / cosh(x), as a form that cannot overflow.

    >>> sech(0.0), sech(1000.0)
    (1.0, 0.0)
    """
    small = math.exp(-math.fabs(x))
    return 2.0 * small / (1.0 + small * small)


@unary(slope=lambda x: reciprocal(hypot(x, 1.0)))
def asinh(x: float) -> float:
    """The number whose hyperbolic sine is x.

    >>> asinh(0.0)
    0.0
    """
    return math.asinh(x)


@unary(slope=lambda x: reciprocal(sqrt(square(x) - 1.0)))
def acosh(x: float) -> float:
    """The number whose hyperbolic cosine is x, for x from 1 up.

    >>> acosh(1.0)
    0.0
    """
    return math.acosh(x)


@unary(slope=lambda x: reciprocal(1.0 - square(x)), exceptional=lambda x: math.copysign(INF, x) if x * x == 1 else NAN)
def atanh(x: float) -> float:
    """The number whose hyperbolic tangent is x, for x from -1 to 1.

    >>> atanh(0.0)
    0.0
    """
    return math.atanh(x)


# NumPy has its own names for some of these: np.arcsin(array) calls .arcsin() on each element.
for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh", "tan2"):
    setattr(Value, f"arc{name}", getattr(Value, f"a{name}"))
