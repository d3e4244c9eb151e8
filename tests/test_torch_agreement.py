"""Agreement with PyTorch in float64: functions and slopes, losses, trajectories of SGD. Needs the extra `bench`."""

import itertools
import math

import pytest

import autograd as ag
import nn
from autograd import Value

torch = pytest.importorskip("torch", reason="the extra `bench` is not installed")
functional = torch.nn.functional

FUNCTIONS = {
    "exp": torch.exp,
    "log": torch.log,
    "sqrt": torch.sqrt,
    "sin": torch.sin,
    "atan": torch.atan,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "relu": torch.relu,
    "elu": functional.elu,
    "gelu": functional.gelu,
    "silu": functional.silu,
    "softplus": functional.softplus,
    "leaky_relu": functional.leaky_relu,
    "logsigmoid": functional.logsigmoid,
    "erf": torch.erf,
}


def tensor(numbers):
    return torch.tensor(numbers, dtype=torch.float64, requires_grad=True)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions(name: str) -> None:
    for x in (0.1, 0.7, 1.5, 6.0):
        ours, theirs = Value(x), tensor(x)
        y, z = getattr(ag, name)(ours), FUNCTIONS[name](theirs)
        y.backward()
        z.backward()
        assert y.data == pytest.approx(z.item(), rel=1e-9) and ours.grad == pytest.approx(theirs.grad.item(), rel=1e-9)


@pytest.mark.parametrize("scale", [1.0, 30.0, 800.0])
def test_losses(scale: float) -> None:
    logits = [[0.3 * scale, -1.0 * scale, 0.5 * scale], [-0.2 * scale, 0.9 * scale, 0.1 * scale]]
    flat = [x for row in logits for x in row]
    for ours, theirs in (
        (
            lambda v: nn.cross_entropy([v[:3], v[3:]], [2, 0]),
            lambda t: functional.cross_entropy(t.view(2, 3), torch.tensor([2, 0])),
        ),
        (
            lambda v: nn.bce_with_logits(v, [0, 1, 1, 0, 1, 0]),
            lambda t: functional.binary_cross_entropy_with_logits(
                t, torch.tensor([0.0, 1, 1, 0, 1, 0], dtype=torch.float64)
            ),
        ),
        (lambda v: nn.mse_loss(v, [1.0] * 6), lambda t: functional.mse_loss(t, torch.ones(6, dtype=torch.float64))),
        (lambda v: nn.hinge_loss(v, [1, -1] * 3), lambda t: torch.relu(1 - t * torch.tensor([1, -1] * 3)).mean()),
    ):
        values, leaf = [Value(x) for x in flat], tensor(flat)
        loss, expected = ours(values), theirs(leaf)
        loss.backward()
        expected.backward()
        assert loss.data == pytest.approx(expected.item(), rel=1e-9)
        assert [v.grad for v in values] == pytest.approx(leaf.grad.tolist(), rel=1e-9, abs=1e-12)


SETTINGS = [
    {"lr": 0.1, "momentum": m, "nesterov": n, "weight_decay": w, "dampening": d}
    for m, n, w, d in itertools.product([0.0, 0.9], [False, True], [0.0, 0.05], [0.0, 0.3])
    if not n or (m > 0 and d == 0)
]


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda s: " ".join(f"{k}={v}" for k, v in s.items()))
def test_trajectories_of_sgd(settings) -> None:
    """The same initial weights give the same losses, over 20 steps of an MLP with a cross-entropy."""
    inputs, classes = [[math.sin(i + j) for j in range(3)] for i in range(8)], [i % 2 for i in range(8)]
    ours = nn.MLP(3, [4, 2], activation="tanh", rng=0)
    theirs = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2)).double()
    with torch.no_grad():
        for layer, linear in zip(ours.layers, (theirs[0], theirs[2])):
            linear.weight[:] = tensor([[w.data for w in neuron.w] for neuron in layer.neurons])
            linear.bias[:] = tensor([neuron.b.data for neuron in layer.neurons])
    optimizers = nn.SGD(ours.parameters(), **settings), torch.optim.SGD(theirs.parameters(), **settings)
    for _ in range(20):
        loss = nn.cross_entropy([ours(x) for x in inputs], classes)
        expected = functional.cross_entropy(theirs(torch.tensor(inputs, dtype=torch.float64)), torch.tensor(classes))
        assert loss.data == pytest.approx(expected.item(), abs=1e-9)
        for optimizer, error in zip(optimizers, (loss, expected)):
            optimizer.zero_grad()
            error.backward()
            optimizer.step()
