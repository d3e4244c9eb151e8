"""Optimizers against their published algorithms on plain floats; clipping; states that are saved and taken up again."""

import itertools
import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd as ag
import nn
from autograd import Value

# ---- a valley of three parameters, its gradient written out by hand ---------------------------------------------

START = (-0.7, 0.4, 1.1)


def valley(x, y, z):
    return (1 - x) ** 2 + 3 * (y - x * x) ** 2 + y * ag.cos(z)


def valley_slopes(x, y, z) -> tuple[float, float, float]:
    across = y - x * x
    return -2 * (1 - x) - 12 * x * across, 6 * across + math.cos(z), -y * math.sin(z)


# ---- the published algorithms, for one parameter and the gradients it has seen, the latest last -----------------
# Each computes its means anew from all gradients: as sums with weights, not as running means.


def mean(gradients: list[float], beta: float) -> float:
    return sum((1 - beta) * beta ** (len(gradients) - k) * g for k, g in enumerate(gradients, start=1))


def squares(gradients: list[float]) -> list[float]:
    return [g * g for g in gradients]


def rmsprop(memory, gs, *, lr=0.01, alpha=0.99, eps=1e-8, momentum=0.0, centered=False) -> float:
    variance = mean(squares(gs), alpha) - (mean(gs, alpha) ** 2 if centered else 0.0)
    memory["velocity"] = momentum * memory.get("velocity", 0.0) + gs[-1] / (math.sqrt(variance) + eps)
    return lr * memory["velocity"]


def adagrad(memory, gs, *, lr=0.01, lr_decay=0.0, initial_accumulator_value=0.0, eps=1e-10) -> float:
    total = initial_accumulator_value + sum(squares(gs))
    return lr / (1 + (len(gs) - 1) * lr_decay) * gs[-1] / (math.sqrt(total) + eps)


def adam(memory, gs, *, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, amsgrad=False) -> float:
    t = len(gs)
    first = mean(gs, betas[0]) / (1 - betas[0] ** t)
    far = max(mean(squares(gs[:k]), betas[1]) for k in range(1 if amsgrad else t, t + 1))
    return lr * first / (math.sqrt(far / (1 - betas[1] ** t)) + eps)


def nadam(memory, gs, *, lr=2e-3, betas=(0.9, 0.999), eps=1e-8, momentum_decay=4e-3) -> float:
    t = len(gs)
    mus = [betas[0] * (1 - 0.96 ** (k * momentum_decay) / 2) for k in range(1, t + 2)]
    ahead = mus[t] * mean(gs, betas[0]) / (1 - math.prod(mus)) + (1 - mus[t - 1]) * gs[-1] / (1 - math.prod(mus[:t]))
    return lr * ahead / (math.sqrt(mean(squares(gs), betas[1]) / (1 - betas[1] ** t)) + eps)


def sgd(memory, gs, *, lr=1e-3, momentum=0.0, dampening=0.0, nesterov=False) -> float:
    t = len(gs)
    velocity = sum(
        momentum ** (t - k) * (1 - dampening * (k > 1 and momentum > 0)) * g for k, g in enumerate(gs, start=1)
    )
    return lr * (gs[-1] + momentum * velocity if nesterov else velocity)


def grid(**choices) -> list[dict]:
    return [dict(zip(choices, each)) for each in itertools.product(*choices.values())]


DECAYS, EITHER = [0.0, 0.1], [False, True]
# For each optimizer: the algorithm, and settings with every option.
OPTIMIZERS = {
    "SGD": (
        sgd,
        [
            s
            for s in grid(
                lr=[0.02], momentum=[0.0, 0.9], dampening=[0.0, 0.5], weight_decay=DECAYS, nesterov=EITHER
            )
            if not s["nesterov"] or (s["momentum"] and not s["dampening"])
        ],
    ),
    "RMSprop": (
        rmsprop,
        [
            {},
            *grid(lr=[0.02], alpha=[0.9], eps=[1e-6], momentum=[0.0, 0.8], centered=EITHER, weight_decay=DECAYS),
        ],
    ),
    "Adagrad": (
        adagrad,
        [{}, *grid(lr=[0.1], lr_decay=[0.0, 0.2], initial_accumulator_value=[0.0, 0.5], weight_decay=DECAYS)],
    ),
    "Adam": (
        adam,
        [{}, *grid(lr=[0.05], betas=[(0.8, 0.9), (0.0, 0.99)], eps=[1e-6], amsgrad=EITHER, weight_decay=DECAYS)],
    ),
    "AdamW": (adam, [{}, *grid(lr=[0.05], betas=[(0.8, 0.9)], amsgrad=EITHER, weight_decay=DECAYS)]),
    "NAdam": (
        nadam,
        [
            {},
            *grid(
                lr=[0.05], betas=[(0.8, 0.9)], momentum_decay=[0.0, 0.1], weight_decay=DECAYS,
                decoupled_weight_decay=EITHER,
            ),
        ],
    ),
}  # fmt: skip
CASES = [(name, settings) for name, (_, several) in OPTIMIZERS.items() for settings in several]
every_case = pytest.mark.parametrize(
    "name, settings", CASES, ids=lambda x: x if isinstance(x, str) else " ".join(f"{k}={v}" for k, v in x.items())
)


def trajectory(name: str, settings: dict, steps: int) -> list[list[float]]:
    """Where the optimizer goes."""
    params = [Value(x) for x in START]
    optimizer, path = getattr(nn, name)(params, **settings), []
    for _ in range(steps):
        optimizer.zero_grad()
        valley(*params).backward()
        optimizer.step()
        path.append([p.data for p in params])
    return path


def published(name: str, settings: dict, steps: int) -> list[list[float]]:
    """Where the published algorithm goes."""
    algorithm, settings = OPTIMIZERS[name][0], dict(settings)
    weight_decay = settings.pop("weight_decay", 0.01 if name == "AdamW" else 0.0)
    decoupled = settings.pop("decoupled_weight_decay", name == "AdamW")
    lr = settings.get("lr", 1e-3)
    x, seen, memories, path = list(START), [[], [], []], [{}, {}, {}], []
    for _ in range(steps):
        for k, g in enumerate(valley_slopes(*x)):
            seen[k].append(g if decoupled else g + weight_decay * x[k])
        x = [p * (1 - lr * weight_decay) if decoupled else p for p in x]
        x = [p - algorithm(memory, gs, **settings) for p, memory, gs in zip(x, memories, seen)]
        path.append(x)
    return path


@every_case
def test_optimizers_follow_the_published_algorithms(name: str, settings: dict) -> None:
    for ours, theirs in zip(trajectory(name, settings, 50), published(name, settings, 50)):
        assert ours == pytest.approx(theirs, rel=1e-9, abs=1e-9)


def test_every_rule_gives_the_same_on_values() -> None:
    for name, settings in CASES:
        optimizer = getattr(nn, name)([Value(0.0)], **settings)
        on_numbers, on_values = (0.5, ()), (Value(0.5), ())
        for g in (0.3, -0.8, 0.0):
            on_numbers = optimizer.update(on_numbers[0], g, on_numbers[1], 0.1)
            on_values = optimizer.update(on_values[0], Value(g), on_values[1], Value(0.1))
        found = [each.data if isinstance(each, Value) else each for each in (on_values[0], *on_values[1])]
        assert found == pytest.approx([on_numbers[0], *on_numbers[1]], rel=1e-12)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_parameter_that_no_gradient_reached_stays(name: str) -> None:
    used, unused = Value(1.0), Value(1.0)
    optimizer = getattr(nn, name)([used, unused], lr=0.1, weight_decay=0.5)
    (used * 2).backward()
    optimizer.step()
    assert used.data != 1.0 == unused.data and optimizer.states[1] == ()


def test_where_beta_changes_the_present_one_counts() -> None:
    """As in PyTorch: the mean of t gradients is divided by 1 - beta**t, with the beta that there is now."""
    x, mean = Value(0.0), 0.0
    optimizer = nn.Adam([x], lr=0.1, betas=(0.5, 0.999), eps=1e-300)
    for t, beta in enumerate((0.95, 0.9, 0.5, 0.0, 0.9), 1):
        before, optimizer.betas = x.data, (beta, 0.999)
        optimizer.zero_grad()
        (3 * x).backward()
        optimizer.step()
        mean = beta * mean + (1 - beta) * 3
        assert x.data - before == pytest.approx(-0.1 * mean / (1 - beta**t) / 3, rel=1e-9)


def test_a_velocity_waits_where_momentum_is_switched_off() -> None:
    x = Value(0.0)
    optimizer, path = nn.SGD([x], lr=1.0, momentum=0.5), []
    for momentum in (0.5, 0.5, 0.0, 0.5):
        optimizer.momentum = momentum
        optimizer.zero_grad()
        (-x).backward()
        optimizer.step()
        path.append(x.data)
    assert path == [1.0, 2.5, 3.5, 5.25]  # the last velocity is 0.5 * 1.5 + 1


def test_a_centered_rmsprop_survives_a_constant_gradient() -> None:
    """The variance is 0 but for rounding, which may leave it below: no nan."""
    x = Value(0.0)
    optimizer = nn.RMSprop([x], alpha=0.5, centered=True, lr=1e-9)
    for _ in range(200):
        optimizer.zero_grad()
        (x * 1.1).backward()
        optimizer.step()
        assert math.isfinite(x.data)


def test_bad_settings_are_named() -> None:
    x = Value(1.0)
    for name, settings, message in (
        ("SGD", {"lr": -1}, "SGD: lr = -1\nlr is a number from 0 up"),
        ("SGD", {"lr": math.inf}, "lr = inf"),
        ("SGD", {"lr": True}, "lr = True"),
        ("SGD", {"dampening": -0.1}, "dampening = -0.1"),
        ("SGD", {"nesterov": 1}, "nesterov = 1\nnesterov is True or False"),
        ("RMSprop", {"alpha": 1.0}, "RMSprop: alpha = 1.0\nalpha is a number from 0 to below 1"),
        ("RMSprop", {"eps": 0.0}, "eps = 0.0\neps is a number above 0"),
        ("RMSprop", {"centered": "yes"}, "centered = 'yes'"),
        ("Adagrad", {"lr_decay": math.nan}, "lr_decay = nan"),
        ("Adagrad", {"initial_accumulator_value": -1.0}, "initial_accumulator_value = -1.0"),
        ("Adam", {"betas": (0.9, 1.0)}, r"Adam: betas = \(0.9, 1.0\)\nbetas are a tuple of two numbers"),
        ("Adam", {"betas": 0.9}, "betas = 0.9"),
        ("AdamW", {"weight_decay": "0.1"}, "AdamW: weight_decay = '0.1'"),
        ("NAdam", {"momentum_decay": -1}, "momentum_decay = -1"),
    ):
        with pytest.raises(ValueError, match=message):
            getattr(nn, name)([x], **settings)
    assert nn.Adam([x], lr=np.float64(0.1), betas=(np.float32(0.5), 0)).state_dict()["betas"] == [0.5, 0]


# ---- states --------------------------------------------------------------------------------------------------


@every_case
def test_a_training_goes_on_from_a_state_in_json(name: str, settings: dict) -> None:
    make = getattr(nn, name)
    params = [Value(x) for x in START]
    optimizer, path = make(params, **settings), []
    for step in range(10):
        if step == 5:
            saved = json.loads(json.dumps(optimizer.state_dict(), allow_nan=False))
            optimizer = make(params, lr=99.0)
            optimizer.load_state_dict(saved)
        optimizer.zero_grad()
        valley(*params).backward()
        optimizer.step()
        path.append([p.data for p in params])
    assert path == trajectory(name, settings, 10)


def changed(saved: dict, **members) -> dict:
    return {**saved, **members}


def test_a_bad_state_is_named_and_changes_nothing() -> None:
    params = [Value(x) for x in START]
    optimizer = nn.Adam(params, lr=0.1)
    valley(*params).backward()
    optimizer.step()
    before, saved = json.dumps(optimizer.state_dict()), optimizer.state_dict()
    states = saved["states"]
    for bad, message in (
        (None, "Adam: a state of None"),
        ({}, "Adam: a state of None"),
        (nn.AdamW(params).state_dict(), "Adam: a state of 'AdamW'"),
        ({name: each for name, each in saved.items() if name != "eps"}, "'eps' is missing from the state"),
        (changed(saved, speed=1.0), "'speed' is unknown in the state"),
        (changed(saved, lr=-1.0), "lr = -1.0"),
        (changed(saved, lr="0.1"), "lr = '0.1'"),
        (changed(saved, betas=[0.9]), r"betas = \(0.9,\)"),
        (changed(saved, amsgrad=1), "amsgrad = 1"),
        (changed(saved, states=states[:2]), "states of other than 3 parameters"),
        (changed(saved, states="abc"), "states of other than 3 parameters"),
        (changed(saved, states=[*states[:2], [1.0]]), r"a state of \(1.0,\)\nthe rule remembers 4 numbers"),
        (changed(saved, states=[*states[:2], ["1"] * 4]), "a state of"),
        (changed(saved, states=[*states[:2], None]), "a state of None"),
    ):
        with pytest.raises(ValueError, match=message):
            optimizer.load_state_dict(bad)
        assert json.dumps(optimizer.state_dict()) == before


# ---- clipping ----------------------------------------------------------------------------------------------------


def with_gradients(gradients) -> list[Value]:
    params = [Value(0.0) for _ in gradients]
    ag.dot(params, list(gradients)).backward()
    return params


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=5), st.floats(0.01, 100.0))
def test_clipping_shortens_and_keeps_the_direction(gradients: list[float], limit: float) -> None:
    params = with_gradients(gradients)
    length = nn.clip_grad_norm([*params, Value(1.0)], limit)
    assert length == pytest.approx(math.sqrt(sum(g * g for g in gradients)), rel=1e-12)
    share = min(1.0, limit / (length + 1e-6))
    assert [p.grad for p in params] == pytest.approx([share * g for g in gradients], rel=1e-12, abs=1e-300)
    params = with_gradients(gradients)
    nn.clip_grad_value(params, limit)
    assert [p.grad for p in params] == [max(-limit, min(limit, g)) for g in gradients]


def test_clipping_at_the_edges() -> None:
    untouched = Value(1.0)
    assert nn.clip_grad_norm([untouched], 1.0) == 0.0 and not untouched.grad_is_computed
    nn.clip_grad_value([untouched], 1.0)
    assert not untouched.grad_is_computed
    huge = with_gradients([1e300, 1e300])
    assert nn.clip_grad_norm(huge, 1.0) == pytest.approx(math.sqrt(2) * 1e300)
    assert [p.grad for p in huge] == pytest.approx([math.sqrt(0.5)] * 2)
    mixed = with_gradients([math.nan, 5.0, -math.inf])
    nn.clip_grad_value(mixed, 2.0)
    assert math.isnan(mixed[0].grad) and [p.grad for p in mixed[1:]] == [2.0, -2.0]
    for clip in (nn.clip_grad_norm, nn.clip_grad_value):
        with pytest.raises(ValueError, match=f"^{clip.__name__}: .* = -1\n"):
            clip([Value(1.0)], -1)
        with pytest.raises(TypeError, match="not a list of parameters"):
            clip(Value(1.0), 1.0)
