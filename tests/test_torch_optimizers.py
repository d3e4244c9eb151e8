"""Agreement with PyTorch in float64: trajectories of all optimizers, clipping, schedules. Needs the extra `bench`."""

import math
import warnings

import pytest

import nn
from autograd import Value
from tests.test_nn_optimizers import START, every_case, trajectory, with_gradients

torch = pytest.importorskip("torch", reason="the extra `bench` is not installed")
schedulers = torch.optim.lr_scheduler


@pytest.fixture(autouse=True)
def double():
    """NAdam's own numbers would be of single precision otherwise."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@every_case
def test_trajectories(name: str, settings: dict) -> None:
    params = [torch.tensor(x, requires_grad=True) for x in START]
    optimizer = getattr(torch.optim, name)(params, **settings)
    for ours in trajectory(name, settings, 50):
        optimizer.zero_grad()
        x, y, z = params
        ((1 - x) ** 2 + 3 * (y - x * x) ** 2 + y * torch.cos(z)).backward()
        optimizer.step()
        assert ours == pytest.approx([p.item() for p in params], rel=1e-9, abs=1e-9)


def test_defaults_are_those_of_pytorch() -> None:
    for name in ("SGD", "RMSprop", "Adagrad", "Adam", "AdamW", "NAdam"):
        ours = getattr(nn, name)([Value(1.0)])
        theirs = getattr(torch.optim, name)([torch.tensor(1.0)]).defaults
        for setting, default in ours.members().items():
            assert setting == "states" or theirs[setting] == default, (name, setting)


@pytest.mark.parametrize("gradients", [[3.0, 4.0], [0.1, -0.2, 0.3], [0.0], [1e-8, -5.0], [math.nan, 1.0]])
@pytest.mark.parametrize("limit", [0.0, 0.5, 1.0, 100.0])
def test_clipping(gradients: list[float], limit: float) -> None:
    def theirs() -> list:
        params = [torch.tensor(0.0, requires_grad=True) for _ in gradients]
        for p, g in zip(params, gradients):
            p.grad = torch.tensor(g)
        return params

    ours, others = with_gradients(gradients), theirs()
    length = torch.nn.utils.clip_grad_norm_(others, limit)
    assert nn.clip_grad_norm(ours, limit) == pytest.approx(length.item(), rel=1e-12, nan_ok=True)
    assert [p.grad for p in ours] == pytest.approx([p.grad.item() for p in others], rel=1e-9, nan_ok=True)
    ours, others = with_gradients(gradients), theirs()
    torch.nn.utils.clip_grad_value_(others, limit)
    nn.clip_grad_value(ours, limit)
    assert [p.grad for p in ours] == pytest.approx([p.grad.item() for p in others], nan_ok=True)


def both(name: str):
    """The same class of schedule here and there, of the same arguments."""
    return lambda *args, **kw: (
        lambda o: getattr(nn, name)(o, *args, **kw),
        lambda o: getattr(schedulers, name)(o, *args, **kw),
    )


def warmed_up(total_iters: int, start_factor: float, pair) -> tuple:
    def theirs(o):
        linear = schedulers.LinearLR(o, start_factor, total_iters=total_iters)
        return schedulers.SequentialLR(o, [linear, pair[1](o)], milestones=[total_iters])

    return lambda o: nn.LinearWarmup(o, total_iters, start_factor, then=pair[0](o)), theirs


step, cosine, one_cycle = both("StepLR"), both("CosineAnnealingLR"), both("OneCycleLR")
SCHEDULES = {
    "step": step(7, gamma=0.8),
    "step, defaults": step(30),
    "cosine": cosine(40, eta_min=0.01),
    "cosine, to the end": cosine(100),
    "warmup": (lambda o: nn.LinearWarmup(o, 20, 0.1), lambda o: schedulers.LinearLR(o, 0.1, total_iters=20)),
    "warmup, defaults": (nn.LinearWarmup, schedulers.LinearLR),
    "warmup, step": warmed_up(10, 0.1, step(9, gamma=0.7)),
    "warmup, cosine": warmed_up(10, 0.01, cosine(80, eta_min=0.001)),
    "one cycle": one_cycle(0.5, total_steps=100),
    "one cycle, linear": one_cycle(0.5, total_steps=100, pct_start=0.25, anneal_strategy="linear"),
    "one cycle, three phases": one_cycle(0.5, total_steps=101, three_phase=True, pct_start=0.35, max_momentum=0.9),
    "one cycle, other factors": one_cycle(
        0.5, total_steps=100, pct_start=0.0, div_factor=10.0, final_div_factor=3.0, base_momentum=0.5
    ),
    "one cycle, momentum alone": one_cycle(0.5, total_steps=100, cycle_momentum=False),
}


@pytest.mark.parametrize("make", ["SGD", "Adam"])
@pytest.mark.parametrize("name", SCHEDULES)
def test_schedules(name: str, make: str) -> None:
    ours = getattr(nn, make)([Value(1.0)], lr=0.3)
    theirs = getattr(torch.optim, make)([torch.tensor(1.0)], lr=0.3)
    with warnings.catch_warnings():  # PyTorch's own composition of schedules calls them in a way that it warns of
        warnings.simplefilter("ignore")
        schedule, other = (make_it(o) for make_it, o in zip(SCHEDULES[name], (ours, theirs)))
        for turn in range(100):
            [group] = theirs.param_groups
            assert ours.lr == pytest.approx(group["lr"], rel=1e-9, abs=1e-12), turn
            for setting in {"momentum", "betas"} & group.keys():
                assert getattr(ours, setting) == pytest.approx(group[setting], rel=1e-9)
            schedule.step()
            theirs.step()
            if turn < 99:  # its cycle has an end
                other.step()


@pytest.mark.parametrize("mode", ["min", "max"])
@pytest.mark.parametrize("threshold_mode", ["rel", "abs"])
@pytest.mark.parametrize("settings", [{}, {"patience": 2, "cooldown": 3}, {"patience": 0, "min_lr": 0.01, "eps": 1e-3}])
def test_plateaus(mode: str, threshold_mode: str, settings: dict) -> None:
    ours, theirs = nn.SGD([Value(1.0)], lr=0.3), torch.optim.SGD([torch.tensor(1.0)], lr=0.3)
    options = {"mode": mode, "threshold_mode": threshold_mode, "threshold": 0.05, "factor": 0.7, **settings}
    schedule, other = nn.ReduceLROnPlateau(ours, **options), schedulers.ReduceLROnPlateau(theirs, **options)
    for turn in range(100):
        number = math.sin(0.3 * turn) + 0.02 * turn * (1 if mode == "max" else -1)
        schedule.step(number)
        other.step(number)
        assert ours.lr == pytest.approx(theirs.param_groups[0]["lr"], rel=1e-9), turn
    assert ours.lr < 0.3


@pytest.mark.parametrize("make", ["Adam", "AdamW", "NAdam"])
@pytest.mark.parametrize("cycle", [False, True], ids=["betas set by hand", "one cycle"])
def test_trajectories_while_betas_change(make: str, cycle: bool) -> None:
    if cycle and make == "NAdam":
        cycle = False  # its momentum follows a schedule of its own
    start = [1.0, -2.0, 0.5]
    ours, theirs = [Value(x) for x in start], [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in start]
    mine, other = getattr(nn, make)(ours, lr=0.1), getattr(torch.optim, make)(theirs, lr=0.1)
    if cycle:
        schedule = nn.OneCycleLR(mine, max_lr=0.1, total_steps=70)
        its = schedulers.OneCycleLR(other, max_lr=0.1, total_steps=70)
    for turn in range(60):
        if not cycle and turn in (10, 30):
            mine.betas = other.param_groups[0]["betas"] = (0.5, 0.9) if turn == 10 else (0.95, 0.99)
        for params, optimizer in ((ours, mine), (theirs, other)):
            optimizer.zero_grad()
            x, y, z = params
            ((x - 1) ** 2 * (y + 2) ** 2 + (y - z) ** 2 + x * z).backward()
            optimizer.step()
        if cycle:
            schedule.step()
            its.step()
        assert [p.data for p in ours] == pytest.approx([p.item() for p in theirs], rel=1e-9, abs=1e-12), turn


def test_a_velocity_waits_where_momentum_is_switched_off() -> None:
    x, y = Value(1.0), torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
    mine, other = nn.SGD([x], lr=0.05, momentum=0.9), torch.optim.SGD([y], lr=0.05, momentum=0.9)
    for turn in range(60):
        mine.momentum = other.param_groups[0]["momentum"] = 0.0 if 20 <= turn < 40 else 0.9
        for leaf, optimizer in ((x, mine), (y, other)):
            optimizer.zero_grad()
            ((leaf - 3) ** 2 + leaf**4 / 10).backward()
            optimizer.step()
        assert x.data == pytest.approx(y.item(), rel=1e-9), turn
