"""Functions that neural networks are made of, on floats and Values alike: sigmoid, relu, gelu, softplus, erf, ...

Written like functions.py: forward on floats, derivative in the decorator. All stay finite and keep small tails at any
finite input.
"""

from __future__ import annotations

import math
from typing import Any

from autograd.functions import abs, binary, exp, expm1, minimum, reciprocal, square, step, unary, where


@unary(slope=lambda x: sigmoid(x) * sigmoid(-x))
def sigmoid(x: float) -> float:
    """The logistic function 1 / (1 + exp(-x)), from 0 to 1.

    >>> sigmoid(0.0)
    0.5
    """
    small = math.exp(-math.fabs(x))
    return (1.0 if x >= 0 else small) / (1.0 + small)


@unary(slope=lambda x: sigmoid(-x))
def logsigmoid(x: float) -> float:
    """log(sigmoid(x)), without underflow.

    >>> logsigmoid(-800.0)
    -800.0
    """
    return min(x, 0.0) - math.log1p(math.exp(-math.fabs(x)))


@unary(slope=lambda x: sigmoid(x))
def softplus(x: float) -> float:
    """log(1 + exp(x)), a smooth relu, without overflow.

    >>> softplus(800.0)
    800.0
    """
    return max(x, 0.0) + math.log1p(math.exp(-math.fabs(x)))


@unary(slope=step)
def relu(x: float) -> float:
    """The rectifier: x above zero, else 0; its slope at 0 is 0.

    >>> relu(-2.0), relu(3.0)
    (0.0, 3.0)
    """
    return 0.0 if x <= 0 else x


def _leaky_relu_gradient(g: Any, x: Any, slope: Any) -> tuple[Any, Any]:
    return g * where(step(x), 1.0, slope), g * minimum(x, 0.0)


@binary(gradient=_leaky_relu_gradient)
def leaky_relu(x: float, slope: float = 0.01) -> float:
    """x above zero, `slope * x` below; its slope at 0 is that of the left side. (Maas et al. 2013)

    >>> leaky_relu(-2.0), leaky_relu(3.0)
    (-0.02, 3.0)
    """
    return x if x > 0 else slope * x


def _elu_gradient(g: Any, x: Any, alpha: Any) -> tuple[Any, Any]:
    below = where(step(x), 0.0, x)  # exp of what is above zero is not wanted, and could overflow
    return g * where(step(x), 1.0, alpha * exp(below)), g * expm1(below)


@binary(gradient=_elu_gradient)
def elu(x: float, alpha: float = 1.0) -> float:
    """x above zero, `alpha * (exp(x) - 1)` below. (Clevert et al. 2015)

    >>> elu(3.0), elu(-800.0)
    (3.0, -1.0)
    """
    return x if x > 0 else alpha * math.expm1(x)


@unary(slope=lambda x: 0.5 * erfc(x * -math.sqrt(0.5)) + x * (exp(-0.5 * square(x)) * math.sqrt(0.5 / math.pi)))
def gelu(x: float) -> float:
    """x times the normal distribution function of x, exactly (no tanh approximation). (Hendrycks and Gimpel 2016)

    >>> gelu(0.0), gelu(10.0)
    (0.0, 10.0)
    """
    return 0.5 * x * math.erfc(x * -math.sqrt(0.5))


@unary(slope=lambda x: sigmoid(x) * (1.0 + x * sigmoid(-x)))
def silu(x: float) -> float:
    """x * sigmoid(x), also called swish. (Elfwing et al. 2017)

    >>> silu(0.0)
    0.0
    """
    return x * sigmoid(x)


@unary(slope=lambda x: square(reciprocal(1.0 + abs(x))) + 0.0 * softsign(x))  # nan where the value is nan
def softsign(x: float) -> float:
    """x / (1 + |x|), from -1 to 1.

    >>> softsign(1.0)
    0.5
    """
    return x / (1.0 + math.fabs(x))


@unary(slope=lambda x: exp(-square(x)) * (2.0 / math.sqrt(math.pi)))
def erf(x: float) -> float:
    """The error function.

    >>> erf(0.0)
    0.0
    """
    return math.erf(x)


@unary(slope=lambda x: exp(-square(x)) * (-2.0 / math.sqrt(math.pi)))
def erfc(x: float) -> float:
    """1 - erf(x), exact in the right tail too.

    >>> erfc(0.0)
    1.0
    """
    return math.erfc(x)
