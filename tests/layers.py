"""Random numbers for layers, and Values read as numbers: what the tests of layers have in common."""

from __future__ import annotations

import random
from typing import Any

from autograd import Value
from nn.tensors import elementwise, parameters

RNG = random.Random(20)  # each test seeds it with its own name, so that its numbers are the same in any order of tests


def uniform() -> float:
    return RNG.uniform(-2.0, 2.0)


def random_values(*lengths: int) -> Any:
    return parameters(lengths, uniform)


def random_numbers(*lengths: int) -> Any:
    return numbers(random_values(*lengths))


def numbers(x: Any) -> Any:
    """Nested lists of Values, or of numbers, as floats."""
    return elementwise(lambda each: each.data if isinstance(each, Value) else float(each), x)


def slopes(x: Any) -> Any:
    return elementwise(lambda each: each.grad, x)


def weighted(weight: Any, x: list[float], bias: Any) -> list[float]:
    """weight x + bias, on plain floats."""
    return [sum(w * v for w, v in zip(row, x)) + b for row, b in zip(numbers(weight), numbers(bias))]
