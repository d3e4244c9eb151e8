"""Training as machine code: the same losses, the same parameters, and a reason where it cannot be done."""

import math
import random
import signal
import threading
from array import array

import numpy as np
import pytest

import autograd as ag
import nn
from autograd import Value
from nn import CompileError
from tests.backends import HAS_LLVM, for_batches

RNG = random.Random(7)
INPUTS = [[RNG.uniform(-1, 1), RNG.uniform(-1, 1)] for _ in range(30)]
SIDES = [1 if x * y > 0 else -1 for x, y in INPUTS]
CLASSES = [(side + 1) // 2 for side in SIDES]


def test_a_penalty_on_all_parameters_is_part_of_the_loss() -> None:
    def run(compile: bool) -> list[float]:
        model = nn.MLP(2, [4, 1], activation="relu", rng=0)

        def loss(scores, sides):
            return nn.hinge_loss(scores, sides) + 1e-2 * ag.sum(p * p for p in model.parameters())

        return nn.fit(model, INPUTS, SIDES, loss=loss, lr=0.1, epochs=5, progress=False, compile=compile).loss

    assert run(True) == pytest.approx(run(False), rel=1e-9)


@for_batches
def test_steps_on_arrays_in_place_and_on_lists(backend) -> None:
    def losses(inputs, targets) -> list[float]:
        model = nn.MLP(2, [4, 1], rng=0)
        optimizer = nn.SGD(model.parameters(), lr=0.1, momentum=0.5)
        step = nn.compile_step(model, nn.mse_loss, optimizer, backend=backend)
        found = [step(inputs, targets) for _ in range(3)]
        optimizer.lr = 0.01
        found += [step(inputs, targets) for _ in range(2)]
        step.update_values()
        return [*found, *[p.data for p in model.parameters()]]

    model = nn.MLP(2, [4, 1], rng=0)
    optimizer, expected = nn.SGD(model.parameters(), lr=0.1, momentum=0.5), []
    for turn in range(5):
        optimizer.lr = 0.1 if turn < 3 else 0.01
        error = nn.mse_loss([model(x) for x in INPUTS], SIDES)
        optimizer.zero_grad()
        error.backward()
        optimizer.step()
        expected.append(error.data)
    expected += [p.data for p in model.parameters()]
    assert losses(INPUTS, SIDES) == pytest.approx(expected, rel=1e-9)
    assert losses(np.array(INPUTS), np.array(SIDES)) == pytest.approx(expected, rel=1e-9)
    assert losses(np.array(INPUTS), array("d", SIDES)) == pytest.approx(expected, rel=1e-9)


def test_arrays_are_read_anew_and_batches_may_differ() -> None:
    model = nn.MLP(1, [1], rng=0)
    [w, b] = model.parameters()
    step = nn.compile_step(model, nn.mse_loss, nn.SGD([w, b], lr=0.0))
    x, t = np.array([[1.0], [2.0]]), np.array([0.0, 0.0])
    first = step(x, t)
    x[:] = 0.0
    assert first == pytest.approx(2.5 * w.data**2) and step(x, t) == 0.0
    assert step([[3.0]], [0.0]) == pytest.approx(9 * w.data**2)
    w.data = 1.0
    assert step([[3.0]], [0.0]) != 9.0
    step.read_values()
    assert step([[3.0]], [0.0]) == 9.0


def test_what_others_set_is_read_at_each_step() -> None:
    model, scale = nn.MLP(1, [1], rng=0), Value(1.0)

    def loss(outputs, targets):
        return nn.mse_loss(outputs, targets) * scale

    step = nn.compile_step(model, loss, nn.SGD(model.parameters(), lr=0.0))
    once = step([[1.0]], [5.0])
    scale.data = 2.0
    assert step([[1.0]], [5.0]) == pytest.approx(2 * once)


def test_parameters_that_the_loss_does_not_reach_stay() -> None:
    model = nn.MLP(1, [1], rng=0)
    idle = Value(5.0)
    step = nn.compile_step(model, nn.mse_loss, nn.SGD([idle, *model.parameters()], lr=0.1, weight_decay=0.5))
    step([[1.0]], [2.0])
    step.update_values()
    assert idle.data == 5.0


def total(outputs, targets):
    return ag.sum(ag.square(a - b) for a, b in zip(outputs, targets))


def branching(outputs, targets):
    return nn.mse_loss(outputs, targets) * (1 if outputs[0] > 0 else 2)


class Restless(nn.MLP):
    def __call__(self, x):
        return super().__call__(x) * random.random()


class Drifting(nn.MLP):
    calls = 0

    def __call__(self, x):
        self.calls += 1
        return super().__call__(x) * self.calls


class Frozen(nn.MLP):
    def __call__(self, x):
        return super().__call__(x) * self.parameters()[0].data


WHY_NOT = {
    "the mean of their losses": (Frozen(2, [1]), nn.mse_loss),
    "samples together is": (nn.MLP(2, [1]), total),
    "cannot compare Values": (nn.MLP(2, [1]), branching),
    "draws random numbers": (Restless(2, [1]), nn.mse_loss),
    "other outputs when it is asked again": (Drifting(2, [1]), nn.mse_loss),
}


@pytest.mark.parametrize("why", WHY_NOT)
def test_what_cannot_be_compiled_is_trained_all_the_same_with_a_reason(why) -> None:
    model, loss = WHY_NOT[why]
    with pytest.warns(RuntimeWarning, match=f"^fit trains without the compiler: .*{why}"):
        history = nn.fit(model, INPUTS, SIDES, loss=loss, epochs=2, lr=1e-3, progress=False, compile=True)
    assert len(history.loss) == 2 and not history.compiled and why in history.why_not_compiled
    quiet = nn.fit(model, INPUTS, SIDES, loss=loss, epochs=2, lr=1e-3, progress=False)
    assert not quiet.compiled
    with pytest.raises(CompileError, match=why):
        nn.compile_step(model, loss, nn.SGD(model.parameters()))(INPUTS, SIDES)


def train_default(model, inputs, targets, loss, **settings):
    return nn.fit(model, inputs, targets, loss=loss, epochs=2, lr=1e-3, progress=False, compile=True, **settings)


def test_targets_beyond_the_first_are_looked_at_too() -> None:
    inputs, wrong = [[0.1 * k] for k in range(12)], "class 7 of 3 logits"
    for step_or_fit in (
        lambda: train_default(nn.MLP(1, [3]), inputs, [0, 1, 2] * 3 + [1, 1, 7], nn.cross_entropy),
        lambda: train_default(
            nn.MLP(1, [3]), inputs, [0, 1, 2] * 4, nn.cross_entropy, validation=(inputs[:5], [0, 1, 2, 0, 7])
        ),
    ):
        with pytest.raises(ValueError, match=wrong), pytest.warns(RuntimeWarning, match=wrong):
            step_or_fit()
    step = nn.compile_step(model := nn.MLP(1, [3]), nn.cross_entropy, nn.SGD(model.parameters()))
    step(inputs, [0, 1, 2] * 4)
    with pytest.raises(ValueError, match=wrong):
        step(inputs, [0, 1, 2] * 3 + [1, 1, 7])


def apart(outputs, targets):
    return ag.mean([ag.square(a - b) for a, b in zip(outputs, targets)])


def test_held_out_samples_without_targets_are_an_error_either_way() -> None:
    for compile in (False, True):
        settings = {"epochs": 1, "progress": False, "validation": (INPUTS[:2], SIDES[:3]), "compile": compile}
        with pytest.raises(ValueError, match="2 validation inputs against 3 targets"):
            nn.fit(nn.MLP(2, [1]), INPUTS, SIDES, loss=apart, **settings)


def choosy(outputs, targets):
    return ag.mean([ag.softplus(-z) if target == 1 else ag.softplus(z) for z, target in zip(outputs, targets)])


def test_data_sorted_by_class_do_not_hide_what_cannot_be_compiled() -> None:
    inputs, classes = [[0.1 * k, 1.0] for k in range(12)], [0] * 6 + [1] * 6
    with pytest.warns(RuntimeWarning, match="cannot compare Values"):
        train_default(nn.MLP(2, [1]), inputs, classes, choosy)
    same = [[0.0]] * 3 + [[1.0], [2.0]]
    with pytest.warns(RuntimeWarning, match="samples together is"):
        train_default(nn.MLP(1, [1]), same, [1.0] * 5, lambda o, t: ag.sqrt(nn.mse_loss(o, t)))


def test_other_threads_may_draw_random_numbers() -> None:
    stop = threading.Event()

    def draw():
        while not stop.wait(0.002):
            random.random()

    class Noisy(nn.MLP):
        def __call__(self, x):
            return super().__call__([each + random.random() for each in x])

    thread = threading.Thread(target=draw)
    thread.start()
    try:
        settings = {"loss": nn.mse_loss, "lr": 0.1, "epochs": 1, "progress": False, "compile": True}
        assert nn.fit(nn.MLP(2, [1]), INPUTS, SIDES, **settings).compiled
        with pytest.warns(RuntimeWarning, match="draws random numbers"):
            nn.fit(Noisy(2, [1]), INPUTS, SIDES, **settings)
    finally:
        stop.set()
        thread.join()


def test_trying_out_draws_no_random_numbers_from_the_model() -> None:
    class Noisy(nn.MLP):
        def __init__(self) -> None:
            super().__init__(2, [1], rng=0)
            self.rng = random.Random(5)

        def __call__(self, x):
            return super().__call__(x) * self.rng.random()

    def losses(compile: bool | None) -> list[float]:
        return nn.fit(Noisy(), INPUTS, SIDES, loss=nn.mse_loss, lr=0.1, epochs=3, progress=False, compile=compile).loss

    assert losses(None) == losses(False)


def test_new_targets_for_the_same_inputs_are_read() -> None:
    model = nn.MLP(1, [1], rng=0)
    step = nn.compile_step(model, nn.mse_loss, nn.SGD(model.parameters(), lr=0.0))
    x, zero, one = np.zeros((2, 1)), np.zeros(2), np.ones(2)
    assert (step(x, zero), step(x, one), step(x, zero)) == (0.0, 1.0, 0.0)
    assert (step([[0.0]] * 2, [0.0] * 2), step([[0.0]] * 2, [1.0] * 2), step(x, one)) == (0.0, 1.0, 1.0)
    assert list(x[:, 0]) == [0.0, 0.0]


@pytest.mark.parametrize("outputs", [[1.0, 1.0, 0.0], [0.0, 2.0, 2.0], [0.5, 0.1, 0.5], [3.0, 3.0, 3.0]])
def test_ties_are_decided_as_in_accuracy(outputs) -> None:
    for target in range(3):
        assert nn.classifying.is_right(outputs, Value(float(target))).data == nn.accuracy([outputs], [target])


MISUSED = {
    "optimizer": (lambda m: nn.compile_step(m, nn.mse_loss, "sgd"), "'sgd' is not an optimizer"),
    "loss": (lambda m: nn.compile_step(m, "mse", nn.SGD(m.parameters())), "give it a model, a loss"),
    "backend": (lambda m: nn.compile_step(m, nn.mse_loss, nn.SGD(m.parameters()), backend="gpu"), "no backend 'gpu'"),
    "x86": (
        lambda m: nn.compile_step(m, nn.mse_loss, nn.SGD(m.parameters()), backend="x86"),
        "one row at a time|needs x86-64",
    ),
    "no list": (lambda m: nn.compile_step(m, nn.mse_loss, nn.SGD(m.parameters()))(None, None), "not a list of samples"),
    "lengths": (
        lambda m: nn.compile_step(m, nn.mse_loss, nn.SGD(m.parameters()))([[1.0, 2.0]], [1.0, 2.0]),
        "1 inputs against 2 targets",
    ),
    "nothing": (lambda m: nn.compile_step(m, nn.mse_loss, nn.SGD(m.parameters()))([], []), "no samples"),
    "twice": (
        lambda m: nn.compile_step(m, nn.mse_loss, nn.SGD(m.parameters() * 2))(INPUTS, SIDES),
        "a parameter twice",
    ),
}


@pytest.mark.parametrize("what", MISUSED)
def test_misuse_of_a_step_is_named(what) -> None:
    attempt, message = MISUSED[what]
    with pytest.raises((TypeError, ValueError, RuntimeError, CompileError), match=message):
        attempt(nn.MLP(2, [1]))


def test_samples_of_different_shapes_are_a_reason() -> None:
    class Sum(nn.Module):
        def __init__(self) -> None:
            self.w = Value(1.0)

        def __call__(self, x):
            return self.w * ag.sum(x)

    with pytest.warns(RuntimeWarning, match="input 1 has 3 numbers, and the first has 2"):
        nn.fit(
            Sum(), [[1.0, 2.0], [1.0, 2.0, 3.0]], [1.0, 2.0], loss=nn.mse_loss, epochs=1, progress=False, compile=True
        )


def test_the_default_is_to_compile_where_the_extra_is_installed() -> None:
    history = nn.fit(nn.MLP(2, [1]), INPUTS, SIDES, loss=nn.hinge_loss, epochs=1, progress=False)
    assert history.compiled == HAS_LLVM


def test_ctrl_c_leaves_the_values_where_training_was() -> None:
    model = nn.MLP(2, [4, 1], rng=0)
    before = [p.data for p in model.parameters()]
    signal.setitimer(signal.ITIMER_REAL, 1.0)
    restore = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        history = nn.fit(model, INPUTS, SIDES, loss=nn.hinge_loss, epochs=10**9, lr=1e-6, progress=False, compile=True)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, restore)
    assert history.interrupted
    now = [p.data for p in model.parameters()]
    assert now != before and all(map(math.isfinite, now))
    with ag.no_grad():
        assert nn.hinge_loss([model(x) for x in INPUTS], SIDES).data <= history.loss[-1]


def test_nan_in_the_data_shows_in_the_loss() -> None:
    history = nn.fit(
        nn.MLP(1, [1]), [[math.nan], [1.0]], [0.0, 1.0], loss=nn.mse_loss, epochs=1, progress=False, compile=True
    )
    assert history.compiled and math.isnan(history.loss[0])


class Looking(nn.Module):
    """A model that looks its input up."""

    def __init__(self):
        self.embedding, self.layer = nn.Embedding(5, 3, rng=0), nn.Layer(3, 2, rng=0)

    def __call__(self, x):
        return self.layer(self.embedding(x[0]))


@pytest.mark.parametrize("wrong", ["training", "held out"])
def test_an_index_that_is_not_there_is_an_error_in_compiled_code_too(wrong) -> None:
    inputs = [[k % 5] for k in range(250)]
    held_out = [[k % 5] for k in range(10)]
    (inputs if wrong == "training" else held_out)[7 if wrong == "training" else 3] = [9]
    for compile in (False, True):
        with pytest.raises(ValueError, match="Embedding.5, 3.: index 9"):
            nn.fit(
                *(Looking(), inputs, [0] * 250), loss=nn.cross_entropy, epochs=2, batch_size=50, compile=compile,
                validation=(held_out, [0] * 10), progress=False,
            )  # fmt: skip
