"""Schedules against their formulas, to the letter where they can be worked out by hand; states; wrong settings."""

import json
import math
import random

import pytest

import nn
from autograd import Value


def optimizer(lr: float = 0.8, make=nn.SGD, **settings) -> nn.Optimizer:
    return make([Value(1.0)], lr=lr, **settings)


def rates(schedule, steps: int) -> list[float]:
    """The learning rates of so many steps, as the optimizer has them."""
    found = []
    for _ in range(steps):
        found.append(schedule.optimizer.lr)
        schedule.step()
    return found


SCHEDULES = {
    "step": lambda o: nn.StepLR(o, step_size=7, gamma=0.5),
    "cosine": lambda o: nn.CosineAnnealingLR(o, T_max=30, eta_min=0.1),
    "warmup": lambda o: nn.LinearWarmup(o, 10, start_factor=0.2),
    "warmup, cosine": lambda o: nn.LinearWarmup(o, 10, then=nn.CosineAnnealingLR(o, T_max=80)),
    "warmup, one cycle": lambda o: nn.LinearWarmup(o, 10, then=nn.OneCycleLR(o, max_lr=2.0, total_steps=80)),
    "one cycle": lambda o: nn.OneCycleLR(o, max_lr=2.0, total_steps=100),
    "three phases": lambda o: nn.OneCycleLR(
        o, max_lr=2.0, total_steps=100, pct_start=0.4, anneal_strategy="linear", three_phase=True
    ),
}
every_schedule = pytest.mark.parametrize("name", SCHEDULES)


def test_schedules_that_can_be_worked_out_by_hand() -> None:
    assert rates(nn.StepLR(optimizer(), 2, gamma=0.5), 6) == [0.8, 0.8, 0.4, 0.4, 0.2, 0.2]
    cosine = rates(nn.CosineAnnealingLR(optimizer(), T_max=4, eta_min=0.4), 9)
    quarter = 0.2 * math.sqrt(0.5)
    down = [0.8, 0.6 + quarter, 0.6, 0.6 - quarter, 0.4]
    assert cosine == pytest.approx([*down, *down[3::-1]])
    assert rates(nn.LinearWarmup(optimizer(), 4, start_factor=0.5), 6) == pytest.approx([0.4, 0.5, 0.6, 0.7, 0.8, 0.8])
    made = optimizer()
    both = nn.LinearWarmup(made, 2, start_factor=0.0, then=nn.StepLR(made, 1, gamma=0.5))
    assert rates(both, 5) == pytest.approx([0.0, 0.4, 0.8, 0.4, 0.2])
    cycle = nn.OneCycleLR(
        optimizer(), 1.0, 8, pct_start=0.5, anneal_strategy="linear", div_factor=4.0, final_div_factor=10.0
    )
    assert rates(cycle, 10) == pytest.approx([0.25, 0.5, 0.75, 1.0, *(1.0 - 0.975 * k / 4 for k in (1, 2, 3, 4, 4, 4))])


def test_the_three_phases_of_a_cycle() -> None:
    options = {"pct_start": 0.4, "anneal_strategy": "linear", "three_phase": True}
    found = rates(nn.OneCycleLR(optimizer(), 1.0, 10, div_factor=4.0, final_div_factor=10.0, **options), 10)
    assert found == pytest.approx([0.25, 0.5, 0.75, 1.0, 0.75, 0.5, 0.25, 0.175, 0.1, 0.025])


def test_one_cycle_takes_the_momentum_along() -> None:
    for make, momentum in (
        (nn.SGD, lambda o: o.momentum),
        (nn.RMSprop, lambda o: o.momentum),
        (nn.AdamW, lambda o: o.betas[0]),
    ):
        made = optimizer(make=make)
        schedule = nn.OneCycleLR(made, 1.0, 8, pct_start=0.5, anneal_strategy="linear")
        seen = []
        for _ in range(8):
            seen.append(momentum(made))
            schedule.step()
        assert seen[0] == 0.95 and seen[3] == pytest.approx(0.85) and seen[-1] == pytest.approx(0.95)
        assert seen[1] - seen[2] == pytest.approx(0.1 / 3) and seen[5] - seen[4] == pytest.approx(0.1 / 4)
        assert make is not nn.AdamW or made.betas[1] == 0.999
    kept = optimizer(momentum=0.5)
    nn.OneCycleLR(kept, 1.0, 8, cycle_momentum=False).step()
    assert kept.momentum == 0.5


@pytest.mark.parametrize("total_steps", [1, 2, 3])
@pytest.mark.parametrize("pct_start", [0.0, 1 / 3, 0.5, 1.0])
def test_one_cycle_of_few_steps(total_steps: int, pct_start: float) -> None:
    found = rates(nn.OneCycleLR(optimizer(), 1.0, total_steps, pct_start=pct_start), 5)
    assert all(0 <= lr <= 1 for lr in found) and found[total_steps - 1 :] == [found[total_steps - 1]] * (
        6 - total_steps
    )


def test_a_plateau_reduces_the_rate() -> None:
    def run(numbers, **settings) -> list[float]:
        made = optimizer(1.0)
        schedule, found = nn.ReduceLROnPlateau(made, factor=0.5, **settings), []
        for number in numbers:
            schedule.step(number)
            found.append(made.lr)
        return found

    assert run([3, 2, 2, 2, 2], patience=1) == [1, 1, 1, 0.5, 0.5]
    assert run([3, 2.9, 2.8, 2.7], patience=0, threshold=0.05) == [1, 0.5, 0.5, 0.25]
    assert run([3, 2.9, 2.8, 2.7], patience=0, threshold=0.15, threshold_mode="abs") == [1, 0.5, 0.5, 0.25]
    assert run([1, 2, 3, 3, 2], patience=0, mode="max") == [1, 1, 1, 0.5, 0.25]
    assert run([-2, -1, -1.05], patience=0, mode="max", threshold=0.1, threshold_mode="abs") == [1, 1, 0.5]
    assert run([1, 1, 1, 1, 1, 1], patience=0, cooldown=2) == [1, 0.5, 0.5, 0.5, 0.25, 0.25]
    assert run([1, 1, 1, 1], patience=0, min_lr=0.3) == [1, 0.5, 0.3, 0.3]
    assert run([1, 1, 1], patience=0, eps=0.3) == [1, 0.5, 0.5]
    assert run([1, math.nan, math.nan], patience=0) == [1, 0.5, 0.25]
    assert run([math.nan, 5.0, 4.0], patience=1) == [1, 1, 1]


@every_schedule
def test_a_schedule_goes_on_from_a_state_in_json(name: str) -> None:
    made = optimizer()
    expected = rates(SCHEDULES[name](made), 60)
    for stop in (1, 15, 40):
        made = optimizer()
        schedule = SCHEDULES[name](made)
        found = rates(schedule, stop)
        saved = json.loads(json.dumps([made.state_dict(), schedule.state_dict()], allow_nan=False))
        for in_order in (1, -1):  # the schedule may be loaded before the optimizer, or after it
            made = optimizer(lr=0.123)
            schedule = SCHEDULES[name](made)
            for part, state in list(zip((made, schedule), saved))[::in_order]:
                part.load_state_dict(state)
            assert found + rates(schedule, 60 - stop) == expected


def test_a_plateau_goes_on_from_a_state_in_json() -> None:
    def run(stop: int) -> list[float]:
        made = optimizer()
        schedule, found = nn.ReduceLROnPlateau(made, patience=1, cooldown=1, factor=0.5), []
        for turn, number in enumerate([5.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0, 3.0, 3.0, 3.0]):
            if turn == stop:
                saved = json.loads(json.dumps([made.state_dict(), schedule.state_dict()], allow_nan=False))
                made = optimizer(lr=9.0)
                schedule = nn.ReduceLROnPlateau(made)
                made.load_state_dict(saved[0])
                schedule.load_state_dict(saved[1])
            schedule.step(number)
            found.append(made.lr)
        return found

    assert all(run(stop) == run(-1) for stop in range(10)) and run(-1)[-1] == 0.1


def test_a_bad_state_is_named_and_changes_nothing() -> None:
    made = optimizer()
    schedule = nn.LinearWarmup(made, 3, then=nn.CosineAnnealingLR(made, T_max=5))
    for _ in range(4):
        schedule.step()
    before, saved = json.dumps([schedule.state_dict(), made.state_dict()]), schedule.state_dict()
    assert saved["then"]["steps"] == 1
    for bad, message in (
        ([], r"LinearWarmup: a state of \[\]"),
        (nn.StepLR(optimizer(), 3).state_dict(), "LinearWarmup: a state of 'StepLR'"),
        ({**saved, "steps": -1}, "steps = -1\nsteps is a whole number from 0 up"),
        ({**saved, "steps": 1.5}, "steps = 1.5"),
        ({**saved, "base_lr": None}, "base_lr = None"),
        ({**saved, "then": None}, "CosineAnnealingLR: a state of None"),
        ({**saved, "steps": 7, "then": {**saved["then"], "T_max": 0}}, "T_max = 0"),
        ({**saved, "steps": 7, "then": {**saved["then"], "T_min": 0}}, "'T_min' is unknown"),
    ):
        with pytest.raises(ValueError, match=message):
            schedule.load_state_dict(bad)
        assert json.dumps([schedule.state_dict(), made.state_dict()]) == before
    with pytest.raises(ValueError, match="then = "):
        nn.LinearWarmup(made, 3).load_state_dict({**saved, "then": saved["then"]})


def test_bad_settings_are_named() -> None:
    made = optimizer()
    for attempt, message in (
        (lambda: nn.StepLR(made, 0), "StepLR: step_size = 0\nstep_size is a whole number from 1 up"),
        (lambda: nn.StepLR(made, 3, gamma=-1), "gamma = -1"),
        (lambda: nn.CosineAnnealingLR(made, 2.5), "T_max = 2.5"),
        (lambda: nn.CosineAnnealingLR(made, 5, eta_min=math.nan), "eta_min = nan"),
        (lambda: nn.LinearWarmup(made, 0), "total_iters = 0"),
        (lambda: nn.LinearWarmup(made, 3, then=nn.StepLR(optimizer(), 3)), "not a schedule of the same optimizer"),
        (lambda: nn.LinearWarmup(made, 3, then=nn.ReduceLROnPlateau(made)), "has a formula"),
        (lambda: nn.OneCycleLR(made, 1.0, 0), "total_steps = 0"),
        (lambda: nn.OneCycleLR(made, 1.0, 5, pct_start=1.5), "pct_start = 1.5"),
        (lambda: nn.OneCycleLR(made, 1.0, 5, pct_start=0.6, three_phase=True), "pct_start = 0.6"),
        (lambda: nn.OneCycleLR(made, 1.0, 5, anneal_strategy="sin"), "anneal_strategy = 'sin'\n.*'cos' or 'linear'"),
        (lambda: nn.OneCycleLR(made, 1.0, 5, div_factor=0.0), "div_factor = 0.0"),
        (lambda: nn.OneCycleLR(optimizer(make=nn.Adagrad), 1.0, 5), "Adagrad has no momentum to cycle"),
        (lambda: nn.ReduceLROnPlateau(made, mode="least"), "mode = 'least'\nmode is 'min' or 'max'"),
        (lambda: nn.ReduceLROnPlateau(made, factor=1.0), "factor = 1.0"),
        (lambda: nn.ReduceLROnPlateau(made, patience=-1), "patience = -1"),
    ):
        with pytest.raises(ValueError, match=message):
            attempt()
    for attempt, message in (
        (lambda: nn.StepLR([Value(1.0)], 3), "is not an optimizer"),
        (lambda: nn.ReduceLROnPlateau(None), "None is not an optimizer"),
        (lambda: nn.ReduceLROnPlateau(made).step("3"), "'3' is not a number"),
    ):
        with pytest.raises(TypeError, match=message):
            attempt()
    assert nn.Adagrad([Value(1.0)]).lr == 0.01


def test_a_schedule_of_ones_own_needs_a_formula() -> None:
    with pytest.raises(NotImplementedError, match="Schedule has no lr_at"):
        nn.Schedule(optimizer())


@pytest.mark.parametrize("compile", [False, True])
@pytest.mark.parametrize("make", [nn.SGD, nn.RMSprop, nn.Adagrad, nn.AdamW, nn.NAdam], ids=lambda make: make.__name__)
def test_a_training_with_a_schedule_goes_on_from_its_checkpoint(make, compile: bool, tmp_path) -> None:
    inputs, targets = [[0.1 * k, 1.0 - 0.2 * k] for k in range(8)], [0.3 * k for k in range(8)]

    def train(epochs: int, resumes: bool) -> list[float]:
        model, rng, history, done = nn.MLP(2, [3, 1], rng=0), random.Random(0), nn.History(), 0
        optimizer = make(model.parameters(), lr=0.1)
        schedule = nn.LinearWarmup(optimizer, 2, then=nn.CosineAnnealingLR(optimizer, T_max=8))
        path = tmp_path / "run.json"
        if resumes:
            done = nn.load_checkpoint(path, model, optimizer, rng, history, schedule)
        for epoch in range(done, epochs):
            settings = {"loss": nn.mse_loss, "optimizer": optimizer, "rng": rng, "epochs": 1, "compile": compile}
            history.loss += nn.fit(model, inputs, targets, batch_size=3, progress=False, **settings).loss
            schedule.step()
            nn.save_checkpoint(path, model, optimizer, rng, epoch + 1, history, schedule)
        return history.loss

    whole = train(8, False)
    assert train(3, False) == whole[:3] and train(8, True) == whole
