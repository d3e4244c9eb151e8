"""The operations that a student's engine may have, each with its local derivatives: what the truth is computed from.

Everything here works on plain numbers, and where a Fraction goes in and nothing but arithmetic is done, a Fraction
comes out: the truth is exact. Next: programs.py.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple

Number = Any  # a Fraction or a float


def nowhere(*operands: Number) -> bool:
    """For operations that have a derivative everywhere."""
    return False


class Rule(NamedTuple):
    """One operation: how it is written, what it computes, and its slope by each operand.

    >>> by_name["*"].slopes(Fraction(2), Fraction(3))
    (Fraction(3, 1), Fraction(2, 1))
    """

    name: str
    text: str  # with {} for each operand
    compute: Callable[..., Number]
    slopes: Callable[..., tuple[Number, ...]]
    arity: int = 1
    kink: Callable[..., bool] = nowhere  # where there is no derivative, or no value
    method: str = ""  # what a student's Value calls it, if it is not written with a sign


def tanh(x: Number) -> float:
    return math.tanh(x)


def sigmoid(x: Number) -> float:
    return 1 / (1 + math.exp(-x)) if x > -700 else 0.0


def not_positive(x: Number) -> bool:
    return x <= 0


def is_zero(*operands: Number) -> bool:
    """Whether the last operand is zero."""
    return operands[-1] == 0


BASIC = [
    Rule("+", "{} + {}", operator.add, lambda a, b: (1, 1), 2),
    Rule("*", "{} * {}", operator.mul, lambda a, b: (b, a), 2),
]
UNARY = [
    Rule("negative", "-{}", operator.neg, lambda a: (-1,)),
    Rule("**", "{} ** 3", lambda a: a**3, lambda a: (3 * a * a,)),
    Rule("** -1", "{} ** -1", lambda a: a**-1, lambda a: (-1 / (a * a),), 1, is_zero),
]
BINARY = [  # which may be built from those: a - b as a + (-b), a / b as a * b ** -1
    Rule("-", "{} - {}", operator.sub, lambda a, b: (1, -1), 2),
    Rule("/", "{} / {}", operator.truediv, lambda a, b: (1 / b, -a / (b * b)), 2, is_zero),
]
POWER = Rule(  # of two Values
    "** of two", "{} ** {}",
    operator.pow,
    lambda a, b: (float(b) * float(a) ** (float(b) - 1), float(a) ** float(b) * math.log(a)),
    2, lambda a, b: a <= 0,
)  # fmt: skip
CONSTANTS = [  # on either side of the sign
    Rule("+ number", "{} + 2.5", lambda a: a + Fraction(5, 2), lambda a: (1,)),
    Rule("number +", "2 + {}", lambda a: 2 + a, lambda a: (1,)),
    Rule("* number", "{} * 3", lambda a: a * 3, lambda a: (3,)),
    Rule("number *", "1.5 * {}", lambda a: Fraction(3, 2) * a, lambda a: (Fraction(3, 2),)),
    Rule("- number", "{} - 0.5", lambda a: a - Fraction(1, 2), lambda a: (1,)),
    Rule("number -", "1 - {}", lambda a: 1 - a, lambda a: (-1,)),
    Rule("/ number", "{} / 2", lambda a: a / 2, lambda a: (Fraction(1, 2),)),
    Rule("number /", "6.5 / {}", lambda a: Fraction(13, 2) / a, lambda a: (Fraction(-13, 2) / (a * a),), 1, is_zero),
    Rule("number **", "3 ** {}", lambda a: 3**a, lambda a: (float(3**a) * math.log(3),)),
]
FUNCTIONS = [
    Rule("relu", "relu({})", lambda a: max(a, 0), lambda a: (int(a > 0),), 1, is_zero, "relu"),
    Rule("abs", "abs({})", operator.abs, lambda a: (1 if a > 0 else -1,), 1, is_zero),
    Rule("exp", "exp({})", math.exp, lambda a: (math.exp(a),), 1, nowhere, "exp"),
    Rule("log", "log({})", math.log, lambda a: (1 / a,), 1, not_positive, "log"),
    Rule("tanh", "tanh({})", tanh, lambda a: (1 / math.cosh(a) ** 2,), 1, nowhere, "tanh"),
    Rule("sigmoid", "sigmoid({})", sigmoid, lambda a: (sigmoid(a) * sigmoid(-a),), 1, nowhere, "sigmoid"),
]
RULES = [*BASIC, *UNARY, *BINARY, *CONSTANTS, *FUNCTIONS, POWER]
by_name = {rule.name: rule for rule in RULES}
