"""Training as machine code with every optimizer: the same losses, the same memory, whatever changes on the way."""

import pytest

import nn
from tests.test_native_training import CLASSES, INPUTS, SIDES

LOSSES = {
    "hinge": (nn.hinge_loss, SIDES, 1),
    "bce": (nn.bce_with_logits, CLASSES, 1),
    "soft bce": (nn.bce_with_logits, [0.1 + 0.8 * k for k in CLASSES], 1),
    "mse": (nn.mse_loss, [float(side) for side in SIDES], 1),
    "mse of lists": (nn.mse_loss, [[float(side), 1.0] for side in SIDES], 2),
    "cross-entropy": (nn.cross_entropy, CLASSES, 3),
}
OPTIMIZERS = {
    "plain": lambda params: nn.SGD(params, lr=0.1),
    "nesterov": lambda params: nn.SGD(params, lr=0.1, momentum=0.9, nesterov=True),
    "decay": lambda params: nn.SGD(params, lr=0.1, weight_decay=0.01, momentum=0.5, dampening=0.2),
    "RMSprop": lambda params: nn.RMSprop(params, weight_decay=0.01),
    "RMSprop centered": lambda params: nn.RMSprop(params, alpha=0.9, momentum=0.5, centered=True),
    "Adagrad": lambda params: nn.Adagrad(params, lr=0.1),
    "Adagrad slower": lambda params: nn.Adagrad(params, lr=0.1, lr_decay=0.1, initial_accumulator_value=0.2),
    "Adam": lambda params: nn.Adam(params, lr=0.01),
    "Adam amsgrad": lambda params: nn.Adam(params, lr=0.01, betas=(0.0, 0.9), amsgrad=True, weight_decay=0.1),
    "AdamW": lambda params: nn.AdamW(params, lr=0.01, weight_decay=0.1),
    "NAdam": lambda params: nn.NAdam(params, lr=0.01),
    "NAdam decoupled": lambda params: nn.NAdam(params, lr=0.01, weight_decay=0.1, decoupled_weight_decay=True),
}
CURVES = ("loss", "accuracy", "validation_loss", "validation_accuracy")


def trained(loss, targets, width, optimizer, compile):
    model = nn.MLP(2, [5, width], rng=1)
    held_out = INPUTS[:9], targets[:9]
    history = nn.fit(
        *(model, INPUTS, targets), loss=loss, optimizer=optimizer(model.parameters()), epochs=5, batch_size=7,
        progress=False, validation=held_out, compile=compile,
    )  # fmt: skip
    return model, history


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("name", LOSSES)
def test_compiled_training_is_the_eager_one(name, optimizer) -> None:
    model, history = trained(*LOSSES[name], OPTIMIZERS[optimizer], False)
    twin, compiled = trained(*LOSSES[name], OPTIMIZERS[optimizer], True)
    assert compiled.compiled and not history.compiled
    for curve in CURVES:
        assert getattr(compiled, curve) == pytest.approx(getattr(history, curve), rel=1e-9, abs=1e-12)
    assert [p.data for p in twin.parameters()] == pytest.approx([p.data for p in model.parameters()], rel=1e-9)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_training_goes_on_where_it_stopped_either_way(optimizer) -> None:
    def train(*ways: bool) -> list[float]:
        model = nn.MLP(2, [4, 1], rng=0)
        memory, losses = OPTIMIZERS[optimizer](model.parameters()), []
        for way in ways:
            losses += nn.fit(
                model, INPUTS, SIDES, loss=nn.hinge_loss, optimizer=memory, epochs=3, progress=False, compile=way
            ).loss
        return losses

    expected = train(False, False, False)
    assert train(True, False, True) == pytest.approx(expected, rel=1e-9)
    assert train(False, True, True) == pytest.approx(expected, rel=1e-9)


def steps_of(optimizer, changes, compile) -> list[float]:
    """The losses and parameters of six steps, before each of which something may be done to the optimizer."""
    model, found = nn.MLP(2, [3, 1], rng=0), []
    optimizer = optimizer(model.parameters())
    step = nn.compile_step(model, nn.mse_loss, optimizer)
    for turn in range(6):
        changes.get(turn, lambda optimizer: None)(optimizer)
        if compile:
            found.append(step(INPUTS, SIDES))
            continue
        error = nn.mse_loss([model(x) for x in INPUTS], SIDES)
        optimizer.zero_grad()
        error.backward()
        optimizer.step()
        found.append(error.data)
    step.update_values()
    return [*found, *[p.data for p in model.parameters()], *[x for state in optimizer.states for x in state]]


@pytest.mark.parametrize(
    "optimizer, changes",
    [
        ("Adam", {2: {"betas": (0.8, 0.99)}, 4: {"betas": (0.0, 0.99)}}),
        ("Adam", {2: {"amsgrad": True}, 3: {"weight_decay": 0.1}, 5: {"eps": 0.1}}),
        ("AdamW", {1: {"lr": 0.5}, 3: {"decoupled_weight_decay": False}}),
        ("NAdam", {0: {"momentum_decay": 0.0}, 3: {"momentum_decay": 0.1}}),
        ("decay", {2: {"momentum": 0.0}, 4: {"momentum": 0.9}}),
        ("plain", {1: {"momentum": 0.9}, 2: {"nesterov": True}, 3: {"lr": 0.01}}),
        ("RMSprop", {2: {"centered": True}, 3: {"momentum": 0.5}, 4: {"alpha": 0.5}}),
    ],
)
def test_settings_may_change_between_steps(optimizer, changes) -> None:
    acts = {turn: lambda optimizer, new=new: vars(optimizer).update(new) for turn, new in changes.items()}
    eager = steps_of(OPTIMIZERS[optimizer], acts, False)
    assert steps_of(OPTIMIZERS[optimizer], acts, True) == pytest.approx(eager, rel=1e-9, abs=1e-12)


def test_what_is_remembered_of_some_parameters_only_is_kept() -> None:
    def train(compile: bool) -> list[float]:
        model = nn.MLP(2, [3, 1], rng=0)
        optimizer = nn.SGD(model.parameters(), lr=0.1, momentum=0.9)
        model.layers[0].neurons[0].w[0].grad = 1.0  # only this one moves, and has a velocity afterwards
        optimizer.step()
        return nn.fit(
            model, INPUTS, SIDES, loss=nn.mse_loss, optimizer=optimizer, epochs=4, progress=False, compile=compile
        ).loss

    assert train(True) == pytest.approx(train(False), rel=1e-9)


def test_a_loaded_state_is_taken_up() -> None:
    model = nn.MLP(2, [3, 1], rng=0)
    optimizer = nn.Adam(model.parameters(), lr=0.1)
    step = nn.compile_step(model, nn.mse_loss, optimizer)
    first = [step(INPUTS, SIDES) for _ in range(3)]
    step.update_values()
    kept, numbers = optimizer.state_dict(), [p.data for p in model.parameters()]
    expected = [step(INPUTS, SIDES) for _ in range(3)]
    optimizer.load_state_dict(kept)
    for parameter, number in zip(model.parameters(), numbers):
        parameter.data = number
    step.read_values()
    assert [step(INPUTS, SIDES) for _ in range(3)] == expected and len({*first, *expected}) == 6


class Choosy(nn.Optimizer):
    """A rule that looks at a number."""

    @staticmethod
    def rule(p, g, state, lr):
        return (p - lr if g > 0 else p + lr), state


class Clipping(nn.SGD):
    def step(self) -> None:
        for parameter in self.params:
            parameter.grad = max(-1.0, min(1.0, parameter.grad))
        super().step()


class Signs(nn.SGD):
    def update(self, p, g, state, lr):
        return p - lr * (1.0 if g > 0 else -1.0), ()


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        (Clipping, "a step or a zero_grad of its own"),
        (Signs, "cannot compare Values"),
        (Choosy, "cannot compare Values"),
    ],
    ids=["step", "update", "rule"],
)
def test_an_optimizer_of_ones_own_is_followed(kind, why) -> None:
    def losses(compile: bool) -> list[float]:
        model = nn.MLP(1, [1], rng=0)
        optimizer = kind(model.parameters(), lr=1e-3)
        settings = {"epochs": 5, "progress": False, "optimizer": optimizer, "compile": compile}
        return nn.fit(model, [[100.0], [200.0]], [1.0, 2.0], loss=nn.mse_loss, **settings).loss

    with pytest.warns(RuntimeWarning, match=why):
        compiled = losses(True)
    assert compiled == losses(False)


def test_settings_may_change_while_training() -> None:
    def losses(compile: bool) -> list[float]:
        model = nn.MLP(2, [3, 1], rng=0)
        optimizer, found = nn.SGD(model.parameters(), lr=0.1), []

        def eagerly(inputs, targets) -> float:
            error = nn.mse_loss([model(x) for x in inputs], targets)
            optimizer.zero_grad()
            error.backward()
            optimizer.step()
            return error.data

        step = nn.compile_step(model, nn.mse_loss, optimizer) if compile else eagerly
        for momentum, decay in ((0.0, 0.0), (0.9, 0.0), (0.5, 0.1)):
            optimizer.momentum, optimizer.weight_decay = momentum, decay
            found += [step(INPUTS, SIDES) for _ in range(3)]
        return found

    assert losses(True) == pytest.approx(losses(False), rel=1e-9)


class Halving(nn.SGD):
    """An `update` of one's own, which may look at the settings in any way."""

    def update(self, p, g, state, lr):
        share = 0.5 if self.momentum > 0.5 else 1.0
        return p - lr * share * g, ()


def test_an_update_of_ones_own_is_compiled_anew_where_settings_change() -> None:
    changes = {2: lambda optimizer: setattr(optimizer, "momentum", 0.9)}
    eager = steps_of(lambda params: Halving(params, lr=0.1, momentum=0.1), changes, False)
    compiled = steps_of(lambda params: Halving(params, lr=0.1, momentum=0.1), changes, True)
    assert compiled == pytest.approx(eager, rel=1e-9)


def test_a_velocity_waits_where_momentum_is_switched_off() -> None:
    ends = []
    for compile in (False, True):
        model = nn.MLP(2, [4, 1], rng=0)
        optimizer = nn.SGD(model.parameters(), lr=0.1, momentum=0.9)

        def switch(history, optimizer=optimizer):
            optimizer.momentum = 0.0 if len(history.loss) in (2, 3) else 0.9

        settings = {"loss": nn.hinge_loss, "optimizer": optimizer, "epochs": 6, "batch_size": 7, "callbacks": [switch]}
        assert nn.fit(model, INPUTS, SIDES, compile=compile, progress=False, **settings).compiled == compile
        ends.append([p.data for p in model.parameters()])
    assert ends[0] == pytest.approx(ends[1], rel=1e-9)
