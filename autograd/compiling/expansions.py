"""Functions that a machine does not have (relu, sigmoid, gelu, ...), written in those that it has.

Each in the same form as on floats in functions.py and activations.py, so that results are the same to the last place or
nearly so. What two of them have in common, exp(-|x|) for instance, is then computed once. Next: tracing.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from autograd.compiling.tape import WHERE, Builder, Entry


def expand(builder: Builder, entry: Entry) -> int | None:
    """A rewrite (see passes.py) that writes such functions out.

    >>> from autograd.compiling.passes import rebuilt
    >>> from autograd.compiling.tape import INPUT, Tape
    >>> for entry in rebuilt(Tape(((INPUT, 0), ("relu", 0)), (1,)), expand).entries:
    ...     print(*entry)
    input 0
    step 0
    constant 0.0
    where 1 0 2
    """
    written_out = EXPANSIONS.get(entry[0])
    return written_out(builder, *entry[1:]) if written_out else None


def relu(builder: Builder, x: int) -> int:
    return builder.add(WHERE, builder.add("step", x), x, builder.constant(0.0))


def leaky_relu(builder: Builder, x: int, slope: int) -> int:
    return builder.add(WHERE, builder.add("step", x), x, builder.add("*", slope, x))


def elu(builder: Builder, x: int, alpha: int) -> int:
    return builder.add(WHERE, builder.add("step", x), x, builder.add("*", alpha, builder.add("expm1", x)))


def small_exponential(builder: Builder, x: int) -> int:
    """exp(-|x|), which does not overflow."""
    return builder.add("exp", builder.add("neg", builder.add("abs", x)))


def sigmoid(builder: Builder, x: int) -> int:
    one, small = builder.constant(1.0), small_exponential(builder, x)
    above = builder.add(WHERE, builder.add("step", x), one, small)
    return builder.add("/", above, builder.add("+", one, small))


def logsigmoid(builder: Builder, x: int) -> int:
    below = builder.add("minimum", x, builder.constant(0.0))
    return builder.add("-", below, builder.add("log1p", small_exponential(builder, x)))


def softplus(builder: Builder, x: int) -> int:
    above = builder.add("maximum", x, builder.constant(0.0))
    return builder.add("+", above, builder.add("log1p", small_exponential(builder, x)))


def gelu(builder: Builder, x: int) -> int:
    upper = builder.add("erfc", builder.add("*", x, builder.constant(-math.sqrt(0.5))))
    return builder.add("*", builder.add("*", builder.constant(0.5), x), upper)


def silu(builder: Builder, x: int) -> int:
    return builder.add("*", x, builder.add("sigmoid", x))


def softsign(builder: Builder, x: int) -> int:
    return builder.add("/", x, builder.add("+", builder.constant(1.0), builder.add("abs", x)))


def sech(builder: Builder, x: int) -> int:
    small = small_exponential(builder, x)
    below = builder.add("+", builder.constant(1.0), builder.add("*", small, small))
    return builder.add("/", builder.add("*", builder.constant(2.0), small), below)


def exp2(builder: Builder, x: int) -> int:
    return builder.add("**", builder.constant(2.0), x)


def square(builder: Builder, x: int) -> int:
    return builder.add("*", x, x)


def reciprocal(builder: Builder, x: int) -> int:
    return builder.add("/", builder.constant(1.0), x)


def logaddexp(builder: Builder, a: int, b: int) -> int:
    largest = builder.add("maximum", a, b)
    total = builder.add(
        "+", builder.add("exp", builder.add("-", a, largest)), builder.add("exp", builder.add("-", b, largest))
    )
    return builder.add(WHERE, infinite(builder, largest), builder.add("+", largest, builder.add("log", total)), largest)


def infinite(builder: Builder, x: int) -> int:
    """A slot that is 0 exactly where |x| is infinite."""
    return builder.add("ordering", builder.add("abs", x), builder.constant(math.inf))


COMPOSITE = (relu, leaky_relu, elu, sigmoid, logsigmoid, softplus, gelu, silu, softsign, sech)
EXPANSIONS: dict[str, Callable[..., int]] = {
    function.__name__: function for function in (*COMPOSITE, exp2, square, reciprocal, logaddexp)
}
