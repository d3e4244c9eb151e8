"""Losses, SGD and fit, against formulas written out on plain floats."""

import itertools
import math
import random
import signal
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from autograd import Value, no_grad
from autograd.graph import operations

# ---- losses ----------------------------------------------------------------------------------------------------


def values(numbers):
    return [Value(x) for x in numbers]


def slopes(loss, leaves) -> list[float]:
    loss.backward()
    return [leaf.grad for leaf in leaves]


def test_mse_loss() -> None:
    outputs = values([1.0, 2.0, 4.0])
    loss = nn.mse_loss(outputs, [0.0, 2.0, 1.0])
    assert loss.data == 10 / 3 and slopes(loss, outputs) == pytest.approx([2 / 3, 0, 2])
    assert nn.mse_loss([[1.0, 2.0], [3.0, 5.0]], [[1.0, 0.0], [3.0, 4.0]]) == 5 / 4
    assert nn.mse_loss(Value(3.0), 1.0).data == 4.0


def test_hinge_loss() -> None:
    scores = values([2.0, 0.5, -3.0, 1.0])
    loss = nn.hinge_loss(scores, [1, 1, 1, 1])
    assert loss.data == 4.5 / 4 and slopes(loss, scores) == [0.0, -0.25, -0.25, 0.0]


@given(st.floats(-30, 30), st.sampled_from([0.0, 1.0, 0.25]))
def test_bce_with_logits(z: float, target: float) -> None:
    p = 1 / (1 + math.exp(-z))
    q = 1 / (1 + math.exp(z))
    expected = -(target * math.log(p) + (1 - target) * math.log(q))
    logits = values([z])
    loss = nn.bce_with_logits(logits, [target])
    assert loss.data == pytest.approx(expected, rel=1e-9, abs=1e-14)
    assert slopes(loss, logits)[0] == pytest.approx(p - target, rel=1e-9, abs=1e-14)


@given(st.lists(st.floats(-30, 30), min_size=2, max_size=5), st.data())
def test_cross_entropy(logits: list[float], data) -> None:
    index = data.draw(st.integers(0, len(logits) - 1))
    total = sum(math.exp(z) for z in logits)
    leaves = values(logits)
    loss = nn.cross_entropy([leaves], [index])
    assert loss.data == pytest.approx(math.log(total) - logits[index], rel=1e-9, abs=1e-12)
    expected = [math.exp(z) / total - (k == index) for k, z in enumerate(logits)]
    assert slopes(loss, leaves) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("big", [800.0, 1e6, 1e300])
def test_losses_are_finite_at_any_logits(big: float) -> None:
    for loss in (
        lambda a, b: nn.cross_entropy([[a, b], [b, a]], [0, 0]),
        lambda a, b: nn.bce_with_logits([a, b, a, b], [0, 0, 1, 1]),
        lambda a, b: nn.hinge_loss([a, b], [-1, 1]),
    ):
        leaves = values([big, -big])
        error = loss(*leaves)
        assert math.isfinite(error.data) and all(map(math.isfinite, slopes(error, leaves)))


def test_a_single_sample_and_few_nodes() -> None:
    assert nn.cross_entropy([Value(0.0), Value(0.0)], 1).data == pytest.approx(math.log(2))
    rows = [values([1.0, 2.0, 3.0]) for _ in range(5)]
    assert operations(nn.cross_entropy(rows, [0, 1, 2, 0, 1])) == {"log_softmax": 5, "mean": 1, "-": 1}


def test_bad_targets_are_named() -> None:
    for attempt, message in (
        (lambda: nn.mse_loss([1.0], [1.0, 2.0]), "1 outputs against 2 targets"),
        (lambda: nn.mse_loss([[1.0]], [[1.0, 2.0]]), "1 outputs against 2 targets"),
        (lambda: nn.mse_loss([1.0], 2.0), "1 outputs against a single targets"),
        (lambda: nn.mse_loss([], []), "empty batch"),
        (lambda: nn.hinge_loss([1.0], [0]), "target 0\n.*-1 and 1"),
        (lambda: nn.bce_with_logits([1.0], [2]), "target 2"),
        (lambda: nn.cross_entropy([[1.0, 2.0]], [2]), "class 2 of 2 logits\n.*0 to 1"),
        (lambda: nn.cross_entropy([[1.0, 2.0]], [-1]), "class -1"),
        (lambda: nn.cross_entropy([[1.0, 2.0]], [0.0]), "class 0.0"),
        (lambda: nn.cross_entropy([1.0, 2.0], [0, 1]), "1.0 is not a list of logits"),
        (lambda: nn.bce_with_logits([1.0], [None]), "target None"),
        (lambda: nn.accuracy([], []), "empty batch"),
    ):
        with pytest.raises(ValueError, match=message):
            attempt()


# ---- SGD ------------------------------------------------------------------------------------------------------


def reference_sgd(p, g, velocity, *, lr, momentum, nesterov, weight_decay, dampening):
    """The algorithm as PyTorch's documentation of torch.optim.SGD states it."""
    g = g + weight_decay * p
    if momentum != 0:
        velocity = g if velocity is None else momentum * velocity + (1 - dampening) * g
        g = g + momentum * velocity if nesterov else velocity
    return p - lr * g, velocity


SETTINGS = [
    {"lr": 0.05, "momentum": m, "nesterov": n, "weight_decay": w, "dampening": d}
    for m, n, w, d in itertools.product([0.0, 0.9], [False, True], [0.0, 0.1], [0.0, 0.5])
    if not n or (m > 0 and d == 0)
]


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda s: " ".join(f"{k}={v}" for k, v in s.items()))
def test_sgd_follows_the_published_algorithm(settings) -> None:
    """A line fitted to three points, its gradients written out by hand."""
    data = [(0.0, 1.0), (1.0, -1.0), (2.0, 0.5)]
    w, b, vw, vb = 0.3, -0.2, None, None
    ours = [Value(w), Value(b)]
    optimizer = nn.SGD(ours, **settings)
    for _ in range(20):
        loss = nn.mse_loss([ours[0] * x + ours[1] for x, _ in data], [y for _, y in data])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        errors = [w * x + b - y for x, y in data]
        assert loss.data == pytest.approx(sum(e * e for e in errors) / 3, abs=1e-12)
        gw, gb = sum(2 * e * x for e, (x, _) in zip(errors, data)) / 3, sum(2 * e for e in errors) / 3
        w, vw = reference_sgd(w, gw, vw, **settings)
        b, vb = reference_sgd(b, gb, vb, **settings)
        assert [p.data for p in ours] == pytest.approx([w, b], abs=1e-12)


def test_a_parameter_that_no_gradient_reached_stays() -> None:
    used, unused = Value(1.0), Value(1.0)
    optimizer = nn.SGD([used, unused], lr=0.1, weight_decay=0.5)
    (used * 2).backward()
    optimizer.step()
    assert used.data != 1.0 == unused.data


def test_bad_settings_are_named() -> None:
    x = Value(1.0)
    for attempt, message in (
        (lambda: nn.SGD([]), "without parameters"),
        (lambda: nn.SGD([x], lr=-1), "lr = -1"),
        (lambda: nn.SGD([x], lr=math.nan), "lr = nan"),
        (lambda: nn.SGD([x], lr="fast"), "lr = 'fast'"),
        (lambda: nn.SGD([x], momentum=-0.5), "momentum = -0.5"),
        (lambda: nn.SGD([x], nesterov=True), "Nesterov's variant needs"),
        (lambda: nn.SGD([x * 2]), "only leaves"),
    ):
        with pytest.raises(ValueError, match=message):
            attempt()
    for wrong, message in (
        ([1.0], "1.0 is a float, not a Value"),
        (3, "3 is not a list of parameters"),
        (x, "not a list"),
    ):
        with pytest.raises(TypeError, match=message):
            nn.SGD(wrong)


# ---- fit --------------------------------------------------------------------------------------------------------


def line(count: int = 12):
    rng = random.Random(0)
    xs = [[rng.uniform(-1, 1)] for _ in range(count)]
    return xs, [2 * x + 1 for [x] in xs]


def test_fit_equals_the_loop_written_by_hand() -> None:
    xs, ys = line()
    first, second = nn.MLP(1, [3, 1], rng=0), nn.MLP(1, [3, 1], rng=0)
    settings = {"lr": 0.1, "momentum": 0.5, "epochs": 3, "batch_size": 5, "rng": 4, "compile": False}
    history = nn.fit(first, xs, ys, loss=nn.mse_loss, progress=False, **settings)
    optimizer, rng, losses = nn.SGD(second.parameters(), lr=0.1, momentum=0.5), random.Random(4), []
    for _ in range(3):
        order, total = rng.sample(range(12), 12), 0.0
        for batch in (order[:5], order[5:10], order[10:]):
            loss = nn.mse_loss([second(xs[k]) for k in batch], [ys[k] for k in batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.data * len(batch)
        losses.append(total / 12)
    assert history.loss == losses and history.accuracy == history.validation_loss == []
    assert [p.data for p in first.parameters()] == [p.data for p in second.parameters()]


def test_fit_repeats_itself_and_learns() -> None:
    xs, ys = line()
    runs = []
    for _ in range(2):
        model = nn.MLP(1, [1], rng=1)
        runs.append(
            nn.fit(model, xs, ys, loss=nn.mse_loss, lr=0.2, epochs=80, batch_size=4, rng=2, validation=(xs, ys))
        )
    assert runs[0] == runs[1] and runs[0].validation_loss[-1] < 1e-6 and len(runs[0].loss) == 80
    assert not runs[0].interrupted


def test_fit_reports_accuracy_where_there_are_classes(tmp_path) -> None:
    xs, sides = [[-1.0], [-0.5], [0.5], [1.0]], [0, 0, 1, 1]
    model = nn.MLP(1, [2], rng=0)
    history = nn.fit(model, xs, sides, loss=nn.cross_entropy, lr=1.0, epochs=20, validation=(xs, sides))
    assert history.accuracy[-1] == history.validation_accuracy[-1] == 1.0
    pytest.importorskip("matplotlib", reason="the extra `plot` is not installed")
    history.plot(tmp_path / "curve.png")
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")
    labels = [line.get_label() for line in history.plot().axes[0].lines]
    assert labels == ["loss", "accuracy", "validation loss", "validation accuracy"]
    assert [line.get_label() for line in history.plot(curves=["lr"]).axes[0].lines] == ["lr"]


def test_numpy_arrays_may_be_the_data() -> None:
    xs = np.array([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    for loss, targets, widths in (
        (nn.cross_entropy, np.array([0, 1, 1]), [2]),
        (nn.bce_with_logits, np.array([0, 1, 1]), [1]),
        (nn.hinge_loss, np.array([-1, 1, 1]), [1]),
        (nn.mse_loss, np.array([0.5, 1.0, 2.0]), [1]),
    ):
        history = nn.fit(nn.MLP(2, widths, rng=0), xs, targets, loss=loss, lr=np.float64(0.1), epochs=np.int64(5))
        assert history.loss[-1] < history.loss[0] and type(history.loss[0]) is float


def test_validation_leaves_gradients_alone() -> None:
    xs, ys = line()
    model = nn.MLP(1, [1], rng=0)
    with no_grad():
        assert model(xs[0]).parents == ()
    history = nn.fit(model, xs, ys, loss=nn.mse_loss, epochs=1, validation=(xs, ys), lr=0.0)
    assert history.validation_loss == pytest.approx(history.loss)


def test_ctrl_c_keeps_what_was_learnt() -> None:
    xs, ys = line()
    model, calls = nn.MLP(1, [1], rng=0), itertools.count()

    def loss(outputs, targets):
        if next(calls) == 5:
            signal.raise_signal(signal.SIGINT)
        return nn.mse_loss(outputs, targets)

    before = [p.data for p in model.parameters()]
    history = nn.fit(model, xs, ys, loss=loss, lr=0.1, epochs=100, progress=False, compile=False)
    assert history.interrupted and len(history.loss) == 5
    assert [p.data for p in model.parameters()] != before and all(map(math.isfinite, history.loss))


def test_progress_shows_on_a_terminal_only(monkeypatch, capsys) -> None:
    xs, ys = line()

    def train() -> str:
        nn.fit(nn.MLP(1, [1], rng=0), xs, ys, loss=nn.mse_loss, lr=0.1, epochs=3)
        return capsys.readouterr().err

    assert train() == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    shown = train()
    assert "3/3" in shown and "loss=" in shown
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)  # not installed
    assert train() == ""


def test_bad_arguments_of_fit_are_named() -> None:
    model = nn.MLP(1, [1])
    for arguments, message in (
        (([[1.0]], [1.0, 2.0]), "1 inputs against 2 targets"),
        (([], []), "no samples"),
    ):
        with pytest.raises(ValueError, match=message):
            nn.fit(model, *arguments, loss=nn.mse_loss)
    for setting in ({"epochs": 0}, {"batch_size": 0}, {"epochs": 1.5}):
        with pytest.raises(ValueError, match=f"{next(iter(setting))} = "):
            nn.fit(model, [[1.0]], [1.0], loss=nn.mse_loss, **setting)
    for arguments, loss, message in (
        ((None, [[1.0]], [1.0]), nn.mse_loss, "None is not a Module"),
        ((model, [[1.0]], [1.0]), "mse", "loss = 'mse' is not a function"),
        ((model, 5, [1.0]), nn.mse_loss, "inputs = 5 is not a list"),
        ((model, [[1.0]], ["a"]), nn.mse_loss, "-: 'a' is a str, not a number"),
    ):
        with pytest.raises(TypeError, match=message):
            nn.fit(*arguments, loss=loss)
    with pytest.raises(TypeError, match="lr beside an optimizer"):
        nn.fit(model, [[1.0]], [1.0], loss=nn.mse_loss, optimizer=nn.SGD(model.parameters()), lr=0.1)
