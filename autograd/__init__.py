"""A scalar reverse-mode automatic differentiation engine, small enough to read in one sitting.

>>> from autograd import Value, tanh
>>> a, b = Value(2.0), Value(-3.0)
>>> loss = tanh(a * b + 10) ** 2
>>> loss.backward()
>>> round(a.grad, 6), round(b.grad, 6)
(-0.00804, 0.00536)

Start reading at value.py. Functions: functions.py, trigonometry.py, activations.py, reductions.py. Looking at a graph:
graph.py, steps.py, explaining.py, drawing/. Neural networks on top: the package `nn`.
"""

from autograd.activations import elu, erf, erfc, gelu, leaky_relu, logsigmoid, relu, sigmoid, silu, softplus, softsign
from autograd.checking import GradcheckError, compare, gradcheck, numerical_gradient, numerical_jacobian
from autograd.compiling import TracingError, compile_rows
from autograd.compiling import compile as compile
from autograd.derivatives import derivative, grad, gradients, hessian, hvp, jacobian, jvp, value_and_grad, vjp
from autograd.diagnosis import detect_anomaly, diagnose
from autograd.drawing import draw, tree
from autograd.explaining import explain
from autograd.extending import checkpoint, custom
from autograd.functions import (
    abs,
    ceil,
    clip,
    exp,
    exp2,
    expm1,
    floor,
    log,
    log1p,
    log2,
    log10,
    maximum,
    minimum,
    ordering,
    power,
    reciprocal,
    sign,
    sqrt,
    square,
    step,
    where,
)
from autograd.modes import collector_paused, no_grad
from autograd.operands import Operands
from autograd.reductions import dot, log_softmax, logaddexp, logsumexp, mean, norm, prod, softmax, sum
from autograd.steps import backward_steps, forward_steps
from autograd.trigonometry import (
    acos,
    acosh,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    cos,
    cosh,
    hypot,
    sech,
    sin,
    sinh,
    tan,
    tanh,
)
from autograd.value import Value
from autograd.wrong_orders import why_order

__version__ = "0.1.0"

# All but `sum`, `abs` and `compile`: a star import leaves Python's own in place, which work on Values too.
__all__ = [
    "GradcheckError",
    "Operands",
    "TracingError",
    "Value",
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "backward_steps",
    "ceil",
    "checkpoint",
    "clip",
    "collector_paused",
    "compare",
    "compile_rows",
    "cos",
    "cosh",
    "custom",
    "derivative",
    "detect_anomaly",
    "diagnose",
    "dot",
    "draw",
    "elu",
    "erf",
    "erfc",
    "exp",
    "exp2",
    "explain",
    "expm1",
    "floor",
    "forward_steps",
    "gelu",
    "grad",
    "gradcheck",
    "gradients",
    "hessian",
    "hvp",
    "hypot",
    "jacobian",
    "jvp",
    "leaky_relu",
    "log",
    "log1p",
    "log2",
    "log10",
    "log_softmax",
    "logaddexp",
    "logsigmoid",
    "logsumexp",
    "maximum",
    "mean",
    "minimum",
    "no_grad",
    "norm",
    "numerical_gradient",
    "numerical_jacobian",
    "ordering",
    "power",
    "prod",
    "reciprocal",
    "relu",
    "sech",
    "sigmoid",
    "sign",
    "silu",
    "sin",
    "sinh",
    "softmax",
    "softplus",
    "softsign",
    "sqrt",
    "square",
    "step",
    "tan",
    "tanh",
    "tree",
    "value_and_grad",
    "vjp",
    "where",
    "why_order",
]
