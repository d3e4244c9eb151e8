"""The demo of vanishing gradients, in a short form."""

import math
import random

import pytest

from demos import penguins, vanishing
from demos.vanishing import Kind

pytest.importorskip("matplotlib", reason="the extra `plot` is not installed")


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    folder = tmp_path_factory.mktemp("vanishing")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vanishing, "TRAINED", [Kind("sigmoid"), Kind("sigmoid", 1.0, True), Kind("tanh")])
        deepest, trained = vanishing.main(folder, depths=(3, 14), seeds=1, epochs=3, trained_depth=5)
    return folder, deepest, trained


def test_gradients_vanish_explode_and_are_mended(found) -> None:
    _, deepest, _ = found
    arrives = {kind: sizes[0] / sizes[-1] for kind, sizes in deepest.items()}
    assert all(len(sizes) == 14 for sizes in deepest.values()) and len(arrives) == 15
    for kind in (Kind("sigmoid", 0.5), Kind("sigmoid"), Kind("sigmoid", 2.0), Kind("tanh", 0.5), Kind("relu", 0.5)):
        assert arrives[kind] < 1e-2
    assert arrives[Kind("sigmoid", 0.5)] < 0.25**13 * 1000, "a slope of at most 1/4 for each of 13 sigmoids"
    for kind in (Kind("tanh"), Kind("relu"), Kind("sigmoid", 1.0, True), Kind("sigmoid", 1.0, False, True)):
        assert 0.01 < arrives[kind] < 100
    assert arrives[Kind("relu", 2.0)] > 100 * arrives[Kind("relu")]


def test_a_slope_is_what_a_difference_says() -> None:
    """The gradient by a layer's outputs, against moving one bias, which moves one output of all samples."""
    data, kind = penguins.load(), Kind("tanh")
    model = vanishing.network(kind, 3, 0)
    losses = []
    for step in (1e-6, -2e-6):
        model.layers[1].linear.neurons[0].b.data += step
        outputs = model.batch(data.inputs[:64])
        logs = [z[k].data - math.log(sum(math.exp(each.data) for each in z)) for z, k in zip(outputs, data.species)]
        losses.append(-sum(logs) / 64)
    model.layers[1].linear.neurons[0].b.data += 1e-6
    signals = [data.inputs[:64]]
    for layer in model.layers:
        signals.append(layer.batch(signals[-1]))
    vanishing.nn.cross_entropy(signals[-1], data.species[:64]).backward()
    by_outputs = sum(sample[0].grad * (1 - sample[0].data ** 2) for sample in signals[2])
    assert by_outputs == pytest.approx((losses[0] - losses[1]) / 2e-6, rel=1e-5)
    sizes = vanishing.gradients(kind, 3, 0, data)
    squares = [output.grad**2 for sample in signals[2] for output in sample]
    assert sizes[1] == pytest.approx(math.sqrt(sum(squares) / len(squares)))


def test_weights_begin_as_large_as_they_are_said_to() -> None:
    for activation, variance in (("tanh", 2 / 24), ("relu", 2 / 12)):
        for scale in (0.5, 1.0):
            blocks = [vanishing.Block(12, Kind(activation, scale), random.Random(k)) for k in range(30)]
            weights = [w.data for block in blocks for neuron in block.linear.neurons for w in neuron.w]
            assert sum(w * w for w in weights) / len(weights) == pytest.approx(scale**2 * variance, rel=0.05)


def test_they_are_trained_and_drawn(found) -> None:
    folder, _, trained = found
    assert all(history.compiled != kind.normalised for kind, history in trained.items())
    assert trained[Kind("tanh")].loss[-1] < 0.5 < 1.0 < trained[Kind("sigmoid")].loss[-1]
    assert (folder / "vanishing.png").read_bytes().startswith(b"\x89PNG")
