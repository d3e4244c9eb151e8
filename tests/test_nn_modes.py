"""Modes and batches, and what training, compiling and copying make of networks of many kinds of layers."""

import copy
import math
import pickle
import random
from operator import itemgetter

import pytest

import autograd as ag
import nn
from autograd import Value
from tests.layers import RNG, numbers, random_numbers


@pytest.fixture(autouse=True)
def same_numbers_in_any_order_of_tests(request) -> None:
    RNG.seed(request.node.name)


class Net(nn.Module):
    def __init__(self) -> None:
        self.parts = {"first": [nn.Dropout(0.5)], "second": nn.Sequential(nn.BatchNorm(2))}


def test_modes_reach_every_part() -> None:
    net = Net()
    assert [type(part).__name__ for part in net.modules()] == ["Net", "Dropout", "Sequential", "BatchNorm"]
    assert all(part.training for part in net.modules())
    assert net.eval() is net and not any(part.training for part in net.modules())
    net.parts["first"][0].train()
    assert [part.training for part in net.modules()] == [False, True, False, False]
    assert all(part.training for part in net.train().modules())


def test_a_batch_goes_through_the_layers_together() -> None:
    xs = random_numbers(4, 2)
    norm = nn.BatchNorm(2)
    model = nn.Sequential(norm, "tanh")
    expected = [[math.tanh(y) for y in row] for row in numbers(nn.BatchNorm(2).batch(xs))]
    assert numbers(model.batch(xs)) == expected
    mlp = nn.MLP(2, [2, 1], rng=0)
    assert numbers(mlp.batch(xs)) == numbers([mlp(x) for x in xs])
    mlp.layers.insert(1, nn.BatchNorm(2))
    assert len(mlp.batch(xs)) == 4 and isinstance(mlp.batch(xs)[0], Value)


def test_a_call_of_ones_own_counts_in_batches_too() -> None:
    class Doubled(nn.MLP):
        def __call__(self, x):
            return super().__call__(x) * 2.0

    model = Doubled(2, [1], rng=0)
    assert numbers(model.batch([[1.0, 2.0]])) == [2.0 * nn.MLP(2, [1], rng=0)([1.0, 2.0]).data]


def normalised() -> nn.Module:
    return nn.Sequential(nn.Layer(2, 4, rng=0), nn.BatchNorm(4), "tanh", nn.Layer(4, 1, rng=1), itemgetter(0))


def test_fit_trains_in_training_mode_and_validates_in_evaluation_mode() -> None:
    xs, ys = random_numbers(8, 2), random_numbers(8)
    model, twin = normalised(), normalised()
    for each in (model, twin):
        each.eval()
        each.layers[0].train()
    settings = {"lr": 0.1, "epochs": 3, "batch_size": 4, "rng": 4, "progress": False}
    history = nn.fit(model, xs, ys, loss=nn.mse_loss, validation=(xs, ys), **settings)
    assert [part.training for part in model.modules()] == [part.training for part in twin.modules()]
    twin.train()
    optimizer, rng, losses = nn.SGD(twin.parameters(), lr=0.1), random.Random(4), []
    for _ in range(3):
        order = rng.sample(range(8), 8)
        for batch in (order[:4], order[4:]):
            loss = nn.mse_loss(twin.batch([xs[k] for k in batch]), [ys[k] for k in batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        twin.eval()
        losses.append(nn.mse_loss([twin(x) for x in xs], ys).data)
        twin.train()
    assert history.validation_loss == pytest.approx(losses, rel=1e-12)
    assert not history.compiled


def test_a_training_with_chance_and_statistics_goes_on_where_it_stopped(tmp_path) -> None:
    xs, ys = random_numbers(6, 2), random_numbers(6)

    def train(name: str, *epochs: int) -> tuple[list[float], dict]:
        for stop in epochs:
            model = normalised()
            model.layers.insert(1, nn.Dropout(0.5, rng=7))
            settings = {"lr": 0.1, "momentum": 0.9, "batch_size": 3, "epochs": stop, "progress": False}
            history = nn.fit(
                *(model, xs, ys), loss=nn.mse_loss, checkpoint=tmp_path / f"{name}.json", resume=True, **settings
            )
        return history.loss, model.state_dict()

    assert train("stopped", 2, 3, 6) == train("whole", 6)
    assert "layers.2.running_var" in train("whole", 6)[1]


def test_what_depends_on_chance_or_on_the_batch_is_not_compiled() -> None:
    xs, ys = random_numbers(6, 2), random_numbers(6)
    dropping = nn.Sequential(nn.Layer(2, 1), nn.Dropout(0.001), itemgetter(0))  # rarely drops: two calls look the same
    for model, why in (
        (normalised(), "BatchNorm(4) in training mode depends on the whole batch"),
        (dropping, "Dropout(0.001) drops other numbers at each call"),
    ):
        with pytest.warns(RuntimeWarning, match="fit trains without the compiler"):
            history = nn.fit(model, xs, ys, loss=nn.mse_loss, epochs=1, lr=0.1, progress=False, compile=True)
        assert history.why_not_compiled == why and len(history.loss) == 1
        step = nn.compile_step(model.eval(), nn.mse_loss, nn.SGD(model.parameters(), lr=0.1))
        expected = nn.mse_loss(model.batch(xs), ys).data
        assert step(xs, ys) == pytest.approx(expected, rel=1e-9)


def test_asking_whether_a_model_compiles_draws_nothing() -> None:
    def train(compile) -> list[float]:
        model, xs = nn.Sequential(nn.Layer(2, 3), nn.Dropout(0.5, rng=3), nn.Layer(3, 2)), [[0.5, -1.0], [1.0, 0.25]]
        return nn.fit(model, xs, [0, 1], loss=nn.cross_entropy, epochs=5, progress=False, compile=compile).loss

    assert train(None) == train(False)


class Whitened(nn.Module):
    """Samples meet in its batches, and it does not say so."""

    def __init__(self) -> None:
        self.w = Value(1.0)

    def __call__(self, x):
        return self.w * x[0]

    def batch(self, xs):
        middle = ag.mean([x[0] for x in xs])
        return [self.w * (x[0] - middle) for x in xs]


def test_samples_that_meet_are_found_out() -> None:
    with pytest.warns(RuntimeWarning, match="3 samples together is"):
        nn.fit(Whitened(), [[1.0], [2.0], [4.0]], [1.0, 2.0, 3.0], loss=nn.mse_loss, epochs=1, lr=0.1, compile=True)


# ---- compiling and copying -----------------------------------------------------------------------------


NETS = {
    "image": (lambda: [nn.Conv2d(1, 2, 2), "relu", nn.MaxPool2d(2, 1), nn.Flatten(), nn.Layer(4, 2)], (1, 3, 4)),
    "signal": (lambda: [nn.Conv1d(1, 2, 2), nn.AvgPool1d(2), nn.Flatten(), nn.LayerNorm(4), nn.Layer(4, 2)], (1, 5)),
    "sequence": (lambda: [nn.LSTM(2, 3), itemgetter(0), itemgetter(-1), nn.Layer(3, 2)], (4, 2)),
    "gated": (lambda: [nn.GRU(2, 3, truncate=2), itemgetter(0), itemgetter(-1), nn.Layer(3, 2)], (4, 2)),
    "attention": (lambda: [nn.MultiHeadAttention(2, 1, causal=True), nn.Flatten(), nn.Layer(6, 2)], (3, 2)),
    "one number": (lambda: [nn.Layer(2, 3), nn.LayerNorm(3), nn.Dropout(0.0), nn.Layer(3, 1), itemgetter(0)], (2,)),
}


@pytest.mark.parametrize("net", NETS)
def test_training_compiles_with_the_same_losses(net: str) -> None:
    make, lengths = NETS[net]
    inputs, classes = [random_numbers(*lengths) for _ in range(12)], [k % 2 for k in range(12)]
    loss = nn.bce_with_logits if net == "one number" else nn.cross_entropy
    settings = {"lr": 0.1, "epochs": 4, "batch_size": 5, "progress": False, "validation": (inputs[:3], classes[:3])}
    slow, fast = nn.Sequential(*make()), nn.Sequential(*make())
    eager = nn.fit(slow, inputs, classes, loss=loss, compile=False, **settings)
    compiled = nn.fit(fast, inputs, classes, loss=loss, compile=True, **settings)
    assert compiled.compiled and compiled.loss == pytest.approx(eager.loss, rel=1e-9)
    assert compiled.validation_loss == pytest.approx(eager.validation_loss, rel=1e-9)
    after = [p.data for p in slow.parameters()]
    assert [p.data for p in fast.parameters()] == pytest.approx(after, rel=1e-9, abs=1e-12)


def test_embeddings_compile() -> None:
    def train(compile: bool) -> list[float]:
        model = nn.Sequential(nn.Embedding(5, 2, rng=0), nn.Flatten(), nn.Layer(6, 5))
        words = [[RNG.randrange(5) for _ in range(3)] for _ in range(10)]
        history = nn.fit(
            *(model, words, [word[0] for word in words]), loss=nn.cross_entropy, lr=0.5, momentum=0.9, epochs=5,
            batch_size=3, progress=False, compile=compile,
        )  # fmt: skip
        assert history.compiled == compile
        return history.loss

    RNG.seed(1)
    expected = train(False)
    RNG.seed(1)
    assert train(True) == pytest.approx(expected, rel=1e-9)


class Either(nn.Module):
    """One parameter for inputs above zero, another for those below."""

    def __init__(self) -> None:
        self.above, self.below = Value(1.0), Value(2.0)

    def __call__(self, x):
        return ag.where(ag.step(x[0]), self.above, self.below) * x[0]


def test_parameters_that_only_some_samples_reach_are_trained() -> None:
    def train(compile: bool) -> list[float]:
        model = Either()
        history = nn.fit(
            *(model, [[1.0], [2.0], [-1.0]], [3.0, 6.0, -5.0]), loss=nn.mse_loss, lr=0.1, epochs=30, progress=False,
            compile=compile,
        )  # fmt: skip
        assert history.compiled == compile
        return [p.data for p in model.parameters()]

    eager = train(False)
    assert eager == pytest.approx([3.0, 5.0], abs=0.5) and train(True) == pytest.approx(eager, rel=1e-9)


@pytest.mark.parametrize("net", NETS)
@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_layers_can_be_copied_and_their_weights_changed_or_replaced(net: str, duplicate) -> None:
    make, lengths = NETS[net]
    model, x = nn.Sequential(*make()), random_numbers(*lengths)
    before = numbers(model(x))
    twin = duplicate(model)
    assert numbers(twin(x)) == before
    for parameter in twin.parameters():
        parameter.data += 0.1
    assert numbers(twin(x)) != before == numbers(model(x))
