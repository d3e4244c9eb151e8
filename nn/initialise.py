"""The numbers that weights start from: each initialisation by its name, with its source. Next: dense.py.

`nin` and `nout` are the numbers of inputs and outputs that a weight stands among, its fan-in and fan-out. Everything is
drawn from an explicit `random.Random`, so every run can be repeated.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable

Initialisation = Callable[[int, int, random.Random], float]


def glorot_uniform(nin: int, nout: int, rng: random.Random) -> float:
    """One weight drawn so that signals keep their variance forward and backward, for tanh, sigmoid and linear units.

    >>> abs(glorot_uniform(3, 3, random.Random(0))) <= 1.0
    True

    Uniform in ±sqrt(6 / (nin + nout)). (Glorot and Bengio 2010, equation 16)
    """
    limit = math.sqrt(6.0 / (nin + nout))
    return rng.uniform(-limit, limit)


def glorot_normal(nin: int, nout: int, rng: random.Random) -> float:
    """The same variance as `glorot_uniform`, 2 / (nin + nout), of a normal distribution.

    >>> abs(glorot_normal(5000, 5000, random.Random(0))) < 0.1
    True

    (Glorot and Bengio 2010, equation 12)
    """
    return rng.gauss(0.0, math.sqrt(2.0 / (nin + nout)))


def he_uniform(nin: int, nout: int, rng: random.Random) -> float:
    """One weight drawn so that signals keep their variance forward, for units of the relu family.

    >>> abs(he_uniform(6, 3, random.Random(0))) <= 1.0
    True

    Uniform in ±sqrt(6 / nin), of variance 2 / nin. (He et al. 2015, equation 10)
    """
    limit = math.sqrt(6.0 / nin)
    return rng.uniform(-limit, limit)


def he_normal(nin: int, nout: int, rng: random.Random) -> float:
    """The same variance as `he_uniform`, 2 / nin, of a normal distribution.

    >>> abs(he_normal(20000, 1, random.Random(0))) < 0.1
    True

    (He et al. 2015, equation 10)
    """
    return rng.gauss(0.0, math.sqrt(2.0 / nin))


def orthogonal(nout: int, nin: int, rng: random.Random, gain: float = 1.0) -> list[list[float]]:
    """A whole weight matrix [nout][nin] that leaves lengths as they are: its rows are orthonormal, times `gain`.

    >>> a, b = orthogonal(2, 5, random.Random(0))
    >>> abs(sum(x * y for x, y in zip(a, b))) < 1e-15, round(sum(x * x for x in a), 12)
    (True, 1.0)

    With more rows than columns it is the columns that are orthonormal. Random directions, one after the other, each
    freed of what it has of those before it, as Gram and Schmidt do. (Saxe et al. 2014)
    """
    directions: list[list[float]] = []
    while len(directions) < min(nout, nin):
        direction = [rng.gauss(0.0, 1.0) for _ in range(max(nout, nin))]
        for _ in range(2):  # once leaves rounding errors that a second time removes
            for other in directions:
                shared = sum(map(float.__mul__, direction, other))
                direction = [x - shared * y for x, y in zip(direction, other)]
            length = math.hypot(*direction)
            direction = [x / length for x in direction]
        directions.append(direction)
    scaled = [[gain * x for x in direction] for direction in directions]
    return scaled if nout <= nin else [list(row) for row in zip(*scaled)]


def as_random(rng: random.Random | int) -> random.Random:
    """The generator itself, or a new one for a seed."""
    return rng if isinstance(rng, random.Random) else random.Random(rng)
