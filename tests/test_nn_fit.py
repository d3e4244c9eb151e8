"""What fit does beyond the plain loop, eager and compiled: metrics, schedules, clipping, early stopping, callbacks."""

import functools
import itertools
import math
import random

import pytest

import nn
from autograd import no_grad

WAYS = pytest.mark.parametrize("compile", [False, True], ids=["eager", "compiled"])


def samples(count: int = 24, noise: float = 0.0, seed: int = 3):
    rng = random.Random(seed)
    inputs = [[rng.uniform(-1, 1), rng.uniform(-1, 1)] for _ in range(count)]
    return inputs, [int(x * y + rng.gauss(0.0, noise) > 0) for x, y in inputs]


INPUTS, CLASSES = samples()
HELD_OUT = samples(12, seed=4)


def train(compile: bool, epochs: int = 6, optimizer=None, model=None, schedule=lambda optimizer: None, **settings):
    """A model after a training, and the training's history."""
    model = model or nn.MLP(2, [4, 2], rng=1)
    optimizer = (optimizer or (lambda params: nn.SGD(params, lr=0.3, momentum=0.8)))(model.parameters())
    settings = {"loss": nn.cross_entropy, "batch_size": 7, "validation": HELD_OUT, "rng": 5, **settings}
    history = nn.fit(
        *(model, INPUTS, CLASSES), optimizer=optimizer, epochs=epochs, schedule=schedule(optimizer),
        progress=False, compile=compile, **settings,
    )  # fmt: skip
    assert history.compiled == compile
    return model, history


def numbers(model) -> list[float]:
    return [parameter.data for parameter in model.parameters()]


def alike(first, second) -> None:
    """Two trainings came to the same, to 1e-9."""
    assert numbers(first[0]) == pytest.approx(numbers(second[0]), rel=1e-9)
    ours, theirs = first[1].curves(), second[1].curves()
    assert ours.keys() == theirs.keys()
    for name, curve in ours.items():
        assert curve == pytest.approx(theirs[name], rel=1e-9, abs=1e-12), name


def by_hand(epochs: int, each_step, each_epoch=lambda: None, clip=lambda params: None, optimizer=None, schedule=None):
    """The loop of fit, written out: what is called after each step, after each epoch, and before each step."""
    model = nn.MLP(2, [4, 2], rng=1)
    optimizer = (optimizer or (lambda params: nn.SGD(params, lr=0.3, momentum=0.8)))(model.parameters())
    schedule, rng, rates = schedule(optimizer) if schedule else None, random.Random(5), []
    for _ in range(epochs):
        order = rng.sample(range(24), 24)
        for batch in (order[:7], order[7:14], order[14:21], order[21:]):
            loss = nn.cross_entropy([model(INPUTS[k]) for k in batch], [CLASSES[k] for k in batch])
            optimizer.zero_grad()
            loss.backward()
            clip(model.parameters())
            optimizer.step()
            rates.append(optimizer.lr)
            each_step(schedule)
        each_epoch(schedule) if schedule else None
    return model, rates[3::4]


# ---- schedules and clipping ------------------------------------------------------------------------------------------

STEPPED = {
    "one cycle": lambda optimizer: nn.OneCycleLR(optimizer, max_lr=0.5, total_steps=24),
    "warm-up": lambda optimizer: nn.LinearWarmup(optimizer, 9, then=nn.CosineAnnealingLR(optimizer, 15)),
}


@pytest.mark.parametrize("name", STEPPED)
def test_a_schedule_may_be_stepped_after_each_step(name) -> None:
    expected, rates = by_hand(6, lambda schedule: schedule.step(), lambda schedule: None, schedule=STEPPED[name])
    model, history = train(False, schedule=STEPPED[name], schedule_each="step")
    assert numbers(model) == numbers(expected) and history.lr == rates and len(set(rates)) == 6
    alike(train(True, schedule=STEPPED[name], schedule_each="step"), (model, history))


def test_a_schedule_is_stepped_after_each_epoch() -> None:
    halving = functools.partial(nn.StepLR, step_size=2, gamma=0.5)
    expected, _ = by_hand(6, lambda schedule: None, lambda schedule: schedule.step(), schedule=halving)
    model, history = train(False, schedule=halving)
    assert numbers(model) == numbers(expected) and history.lr == [0.3, 0.3, 0.15, 0.15, 0.075, 0.075]
    alike(train(True, schedule=halving), (model, history))


@WAYS
def test_a_plateau_is_one_of_the_held_out_loss(compile) -> None:
    def plateau(optimizer):
        return nn.ReduceLROnPlateau(optimizer, factor=0.5, patience=0, threshold=0.5)  # nearly nothing is good enough

    _, history = train(compile, schedule=plateau)
    assert history.lr == [0.3, 0.3, 0.15, 0.075, 0.0375, 0.01875]
    _, history = train(compile, schedule=plateau, validation=None, epochs=3)
    assert history.lr == [0.3, 0.3, 0.15]


@WAYS
def test_a_plateau_is_shown_the_held_out_loss(compile) -> None:
    class Recording(nn.ReduceLROnPlateau):
        def step(self, metric):
            seen.append(metric)

    seen: list = []
    _, history = train(compile, schedule=Recording)
    assert seen == history.validation_loss != history.loss


CLIPPED = {
    "norm": ({"clip_norm": 0.05}, lambda params: nn.clip_grad_norm(params, 0.05)),
    "value": ({"clip_value": 0.01}, lambda params: nn.clip_grad_value(params, 0.01)),
    "a norm never reached": ({"clip_norm": 1e9}, lambda params: None),
    "nothing left": ({"clip_norm": 0.0}, lambda params: nn.clip_grad_norm(params, 0.0)),
}


@pytest.mark.parametrize("how", CLIPPED)
@pytest.mark.parametrize("optimizer", ["SGD", "Adam"])
def test_gradients_are_clipped_before_each_step(how, optimizer) -> None:
    def made(params):
        return nn.SGD(params, lr=0.3, momentum=0.8) if optimizer == "SGD" else nn.Adam(params, lr=0.02)

    settings, clip = CLIPPED[how]
    expected, _ = by_hand(6, lambda schedule: None, clip=clip, optimizer=made)
    model, history = train(False, optimizer=made, **settings)
    assert numbers(model) == numbers(expected)
    free = train(False, optimizer=made)
    assert (numbers(free[0]) == numbers(model)) == (how == "a norm never reached")
    if (how, optimizer) == ("nothing left", "Adam"):
        return  # which divides 0 by 0 and what is added to that
    alike(train(True, optimizer=made, **settings), (model, history))


@pytest.mark.parametrize(("size", "limit"), [(1e200, 1.0), (1e-200, 1e-7)])
def test_gradients_beyond_the_squares_of_floats_are_clipped_too(size, limit) -> None:
    def loss(outputs, targets):
        return size * nn.mse_loss(outputs, targets)

    moves = []
    for compile in (False, True):
        model = nn.MLP(1, [1], rng=0)
        for parameter in model.parameters():
            parameter.data = 0.0
        settings = {"lr": 1 / min(size, limit), "epochs": 1, "clip_norm": limit, "compile": compile}
        nn.fit(model, [[1.0], [2.0]], [3.0, 9.0], loss=loss, **settings)
        moves.append(numbers(model))
    assert moves[0] == pytest.approx(moves[1], rel=1e-9)
    whole = math.hypot(21, 12)  # of the gradient of the mean squared error
    assert math.hypot(*moves[0]) == pytest.approx(1.0 if size > 1 else 0.1 * whole)  # a millionth is added to a length


@WAYS
def test_a_step_is_clipped_as_fit_clips(compile) -> None:
    model = nn.MLP(2, [4, 2], rng=1)
    step = nn.compile_step(model, nn.cross_entropy, nn.SGD(model.parameters(), lr=0.3), clip_norm=0.05)
    for _ in range(3):
        step(INPUTS, CLASSES)
    step.update_values()
    twin = nn.MLP(2, [4, 2], rng=1)
    nn.fit(twin, INPUTS, CLASSES, loss=nn.cross_entropy, lr=0.3, epochs=3, clip_norm=0.05, compile=compile)
    assert numbers(model) == pytest.approx(numbers(twin), rel=1e-9)


# ---- metrics ---------------------------------------------------------------------------------------------------------


def errors(outputs, targets) -> int:
    """How many are wrong: over all samples at once, not a mean."""
    return sum(nn.predicted(output) != target for output, target in zip(outputs, targets))


@WAYS
def test_metrics_are_measured_over_whole_sets_after_each_epoch(compile) -> None:
    model, history = train(compile, metrics={"errors": errors, "exactness": nn.accuracy}, epochs=9)
    for prefix, (inputs, classes) in {"": (INPUTS, CLASSES), "validation_": HELD_OUT}.items():
        with no_grad():
            outputs = [[z.data for z in model(x)] for x in inputs]
        assert history.metrics[f"{prefix}errors"][-1] == errors(outputs, classes)
        assert history.metrics[f"{prefix}exactness"][-1] == nn.accuracy(outputs, classes)
    assert all(len(curve) == 9 and set(map(type, curve)) == {float} for curve in history.metrics.values())
    assert history.metrics["validation_exactness"] == history.validation_accuracy
    assert history.metrics["errors"] != history.metrics["validation_errors"]


def test_metrics_change_nothing_and_may_be_a_list() -> None:
    plain, measured = train(False), train(False, metrics=[errors], validation=None)
    assert numbers(plain[0]) == numbers(measured[0]) and list(measured[1].metrics) == ["errors"]
    alike(train(True, metrics=[errors], validation=None), measured)


@WAYS
def test_an_accuracy_that_is_asked_for_is_one_of_the_curves(compile) -> None:
    model, history = train(compile, metrics=[nn.accuracy], loss=lambda z, t: nn.cross_entropy(z, t))
    assert len(history.accuracy) == len(history.validation_accuracy) == 6 and history.metrics == {}
    with no_grad():
        assert history.accuracy[-1] == nn.accuracy(model.batch(INPUTS), CLASSES)


def test_an_accuracy_is_measured_whatever_settings_a_loss_is_given() -> None:
    def same(loss):
        return train(False, loss=loss)[1].accuracy

    assert same(functools.partial(nn.cross_entropy)) == same(nn.cross_entropy) != []


# ---- early stopping --------------------------------------------------------------------------------------------------


@WAYS
def test_the_best_model_is_what_remains(compile) -> None:
    model, history = train(compile, epochs=400, early_stopping=12)
    losses = history.validation_loss
    assert history.stopped_early and len(losses) < 400
    assert losses.index(min(losses)) + 1 == history.best_epoch == len(losses) - 13
    until, short = train(compile, epochs=history.best_epoch)
    assert numbers(until) == numbers(model) and short.validation_loss == losses[: history.best_epoch]
    as_it_was, other = train(compile, epochs=400, early_stopping=nn.EarlyStopping(12, restore_best=False))
    assert other.validation_loss == losses and numbers(as_it_was) != numbers(model)
    assert numbers(as_it_was) == numbers(train(compile, epochs=len(losses))[0])


@WAYS
def test_what_is_watched_may_be_a_metric_or_the_loss(compile) -> None:
    watching = {
        "errors": ("min", {"metrics": {"errors": errors}, "validation": None}),
        "validation_accuracy": (None, {}),
        "loss": (None, {"validation": None}),
    }
    for name, (mode, settings) in watching.items():
        stopping = nn.EarlyStopping(5, watch=name, mode=mode)
        _, history = train(compile, epochs=150, early_stopping=stopping, **settings)
        curve = history.curves()[name]
        best = max(curve) if "accuracy" in name else min(curve)
        assert curve.index(best) + 1 == history.best_epoch, "the first of the best"
        assert history.stopped_early == (len(curve) < 150)


def test_better_is_better_by_more_than_the_least_that_counts() -> None:
    history, stopping = nn.History(), nn.EarlyStopping(2, min_delta=0.1, watch="loss")
    stopping.begin(nn.MLP(1, [1]), history, held_out=False)
    seen = []
    for loss in (math.nan, 1.0, 0.95, 0.89, math.nan, 0.9, 0.85, 0.1):
        history.append({"loss": loss})
        stopping.look(history)
        seen.append((stopping.best_epoch, stopping.over))
    assert seen == [(0, False), (2, False), (2, False), (4, False), (4, False), (4, False), (4, True), (8, True)]


def test_a_patience_of_none_only_keeps_the_best() -> None:
    model, history = train(False, epochs=40, early_stopping=nn.EarlyStopping(None))
    assert not history.stopped_early and len(history.loss) == 40 > history.best_epoch
    assert numbers(model) == numbers(train(False, epochs=history.best_epoch)[0])


def test_one_stopping_serves_several_trainings() -> None:
    stopping = nn.EarlyStopping(3)
    first, second = (train(False, epochs=60, early_stopping=stopping)[1] for _ in range(2))
    assert first == second and first.stopped_early
    third = train(False, epochs=60, early_stopping=stopping, validation=None)[1]
    assert third.best_epoch == third.loss.index(min(third.loss)) + 1, "what is watched is the loss then"


# ---- callbacks -------------------------------------------------------------------------------------------------------


@WAYS
def test_callbacks_see_each_epoch_and_may_end_it_all(compile) -> None:
    seen = []

    def look(history):
        seen.append((len(history.loss), history.validation_loss[-1]))

    _, history = train(compile, epochs=50, callbacks=[look, lambda history: len(history.loss) == 4])
    assert seen == list(enumerate(history.validation_loss, 1)) and len(seen) == 4
    assert history.stopped_early and not history.interrupted


@WAYS
def test_callbacks_may_change_the_model_and_the_learning_rate(compile) -> None:
    model = nn.MLP(2, [4, 2], rng=1)
    optimizer = nn.SGD(model.parameters(), lr=0.3)
    held = model.layers[0].neurons[0].w[0]
    shown = []

    def change(history):
        shown.append(held.data)
        held.data, optimizer.lr = 0.25, 0.0

    history = nn.fit(
        *(model, INPUTS, CLASSES), loss=nn.cross_entropy, optimizer=optimizer, epochs=3, callbacks=[change],
        compile=compile,
    )  # fmt: skip
    assert shown[0] != 0.25 == shown[1] == shown[2] and history.lr == [0.3, 0.0, 0.0]
    assert history.loss[1] == pytest.approx(history.loss[2])


def test_callbacks_may_look_at_the_model_in_evaluation_mode() -> None:
    def run(callbacks):
        rng = random.Random(0)
        model = nn.Sequential(
            nn.Layer(2, 4, rng=rng), nn.BatchNorm(4), "tanh", nn.Dropout(0.5, rng), nn.Layer(4, 2, rng=rng)
        )
        return train(False, model=model, callbacks=callbacks)[1].loss, model

    def look(history):
        seen.append(model.eval().batch(INPUTS[:2]))

    seen: list = []
    losses, model = run([])
    assert run([lambda history: look(history)])[0] == losses and len(seen) == 6


def test_trying_it_out_leaves_the_model_as_it_was() -> None:
    class Counting(nn.Module):
        buffers = ("calls",)

        def __init__(self):
            self.layer, self.calls, self._last = nn.Layer(2, 2, rng=0), 0, [0.0]

        def __call__(self, x):
            self.calls += self.training
            self._last = x
            return self.layer(x)

    models = Counting(), Counting()
    train(False, model=models[0])
    with pytest.warns(RuntimeWarning, match="the model changes itself as it computes"):
        history = nn.fit(
            *(models[1], INPUTS, CLASSES), loss=nn.cross_entropy, epochs=6, batch_size=7, compile=True,
            optimizer=nn.SGD(models[1].parameters(), lr=0.3, momentum=0.8), rng=5,
        )  # fmt: skip
    assert models[0].calls == models[1].calls == 144 and not history.compiled
    assert numbers(models[0]) == numbers(models[1])


def test_what_trying_it_out_makes_is_taken_away_again() -> None:
    class Remembering(nn.MLP):
        def __call__(self, x):
            self.seen = [*getattr(self, "seen", []), x]
            return super().__call__(x)

    model = Remembering(2, [2], rng=0)
    with pytest.warns(RuntimeWarning, match="the model changes itself as it computes"):
        nn.fit(model, INPUTS, CLASSES, loss=nn.cross_entropy, epochs=2, batch_size=7, compile=True)
    assert len(model.seen) == 48


def test_ctrl_c_within_an_epoch_of_compiled_training_keeps_what_was_learnt(monkeypatch) -> None:
    taken = itertools.count()
    step = nn.CompiledStep.train

    def interrupted(*arguments):
        if next(taken) == 9:
            raise KeyboardInterrupt
        return step(*arguments)

    monkeypatch.setattr(nn.CompiledStep, "train", interrupted)
    model, history = train(True)
    assert history.interrupted and len(history.loss) == 2
    monkeypatch.undo()
    assert numbers(model) != numbers(train(True, epochs=2)[0]), "the third epoch's first step has been taken"


@WAYS
def test_a_callback_that_fails_leaves_what_was_learnt(compile) -> None:
    model = nn.MLP(2, [4, 2], rng=1)
    with pytest.raises(ZeroDivisionError):
        train(compile, model=model, callbacks=[lambda history: 1 / (len(history.loss) - 2)])
    assert numbers(model) == numbers(train(compile, epochs=2)[0]) and model.training
