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


def test_layers_take_an_initialisation_by_name() -> None:
    model = nn.MLP(200, [50, 10], activation="relu", rng=0, draw=nn.glorot_normal)
    for layer, nin, nout in zip(model.layers, (200, 50), (50, 10)):
        weights = [w.data for neuron in layer.neurons for w in neuron.w]
        assert sum(w * w for w in weights) / len(weights) == pytest.approx(2 / (nin + nout), rel=0.2)
    drawn = iter(range(100))
    assert [w.data for w in nn.Neuron(3, draw=lambda nin, nout, rng: next(drawn)).w] == [0, 1, 2]


@pytest.mark.parametrize("kind", [nn.RNN, nn.GRU, nn.LSTM, nn.RNNCell, nn.LSTMCell])
def test_the_state_may_begin_with_orthogonal_weights(kind) -> None:
    cell, plain = kind(2, 4, rng=0, is_orthogonal=True), kind(2, 4, rng=0)
    state = cell.state_dict()
    [name] = [name for name in state if name.startswith("weight_hh")]
    for gate in range(cell.gates):
        block = state[name][4 * gate : 4 * gate + 4]
        for row, one in enumerate(block):
            for column, other in enumerate(block):
                assert sum(a * b for a, b in zip(one, other)) == pytest.approx(float(row == column), abs=1e-12)
    others = {other: numbers for other, numbers in plain.state_dict().items() if other != name}
    assert {other: state[other] for other in others} == others and state[name] != plain.state_dict()[name]


@pytest.mark.parametrize("kind", [nn.RNNCell, nn.GRUCell, nn.LSTMCell])
def test_cells_begin_within_one_over_the_root_of_the_state(kind) -> None:
    weights = [abs(p.data) for p in kind(100, 4, rng=0).parameters()]
    assert 0.49 < max(weights) <= 0.5, "1 / sqrt(4), whatever the number of inputs"
