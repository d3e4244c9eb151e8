"""Initialisations: the spread that was published, and matrices that are orthogonal."""

import math
import random
import statistics

import numpy as np
import pytest

import nn
from nn.tensors import flat
from tests.layers import numbers


@pytest.mark.parametrize(
    ("draw", "variance"),
    [
        (nn.glorot_uniform, 2 / 100),
        (nn.glorot_normal, 2 / 100),
        (nn.he_uniform, 2 / 60),
        (nn.he_normal, 2 / 60),
    ],
)
def test_initialisations_have_the_published_variance(draw, variance: float) -> None:
    rng = random.Random(0)
    drawn = [draw(60, 40, rng) for _ in range(20000)]
    assert statistics.pvariance(drawn) == pytest.approx(variance, rel=0.03)
    assert abs(statistics.fmean(drawn)) < 4 * math.sqrt(variance / 20000)
    assert (max(map(abs, drawn)) <= math.sqrt(3 * variance)) == ("uniform" in draw.__name__)
    conv = nn.Conv2d(3, 50, 4, draw=draw, rng=0)
    spread = statistics.pvariance(numbers(flat(conv.weight)))
    assert spread == pytest.approx(2 / 48 if "he" in draw.__name__ else 2 / (48 + 800), rel=0.1)


@pytest.mark.parametrize(("nout", "nin"), [(1, 1), (3, 5), (5, 3), (6, 6)])
def test_orthogonal(nout: int, nin: int) -> None:
    matrix = np.array(nn.orthogonal(nout, nin, random.Random(1), gain=3.0))
    assert matrix.shape == (nout, nin)
    product = matrix @ matrix.T if nout <= nin else matrix.T @ matrix
    assert np.allclose(product, 9.0 * np.eye(min(nout, nin)), atol=1e-13)
    assert nn.orthogonal(nout, nin, random.Random(1), gain=3.0) == matrix.tolist()
