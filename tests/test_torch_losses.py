"""Agreement of the losses with PyTorch in float64: values, gradients, second derivatives. Needs the extra `bench`."""

import pytest

import nn
from autograd import hessian, value_and_grad
from tests.test_nn_losses import CLASSES, LOGS, ROWS, SHARES, WEIGHT

torch = pytest.importorskip("torch", reason="the extra `bench` is not installed")
functional = torch.nn.functional


def tensor(numbers):
    return torch.tensor(numbers, dtype=torch.float64)


def rows(flat):
    return [flat[k : k + 3] for k in range(0, len(flat), 3)]


def cross_entropies():
    for weight in (None, WEIGHT):
        for smoothing in (0.0, 0.1):
            for targets in (CLASSES, SHARES):
                yield (
                    f"cross_entropy {weight} {smoothing} {targets is CLASSES}", ROWS,
                    lambda x, w=weight, s=smoothing, t=targets: nn.cross_entropy(rows(x), t, w, s),
                    lambda x, w=weight, s=smoothing, t=targets: functional.cross_entropy(
                        x.view(4, 3), torch.tensor(t) if t is CLASSES else tensor(t),
                        None if w is None else tensor(w), label_smoothing=s,
                    ),
                )  # fmt: skip


FLAT = [x for row in ROWS for x in row]
SIDES = [1.0, 0.0, 0.3] * 4
CASES = [
    *cross_entropies(),
    (
        "nll", LOGS, lambda x: nn.nll_loss(rows(x), CLASSES, WEIGHT),
        lambda x: functional.nll_loss(x.view(4, 3), torch.tensor(CLASSES), tensor(WEIGHT)),
    ),
    (
        "kl_div", LOGS, lambda x: nn.kl_div(rows(x), SHARES),
        lambda x: functional.kl_div(x.view(4, 3), tensor(SHARES), reduction="batchmean"),
    ),
    (
        "kl_div of logarithms", LOGS, lambda x: nn.kl_div(rows(x), LOGS[::-1], log_target=True),
        lambda x: functional.kl_div(x.view(4, 3), tensor(LOGS[::-1]), reduction="batchmean", log_target=True),
    ),
    (
        "huber", ROWS, lambda x: nn.huber_loss(x, FLAT[::-1], delta=0.65),
        lambda x: functional.huber_loss(x, tensor(FLAT[::-1]), delta=0.65),
    ),
    ("l1", ROWS, lambda x: nn.l1_loss(x, FLAT[::-1]), lambda x: functional.l1_loss(x, tensor(FLAT[::-1]))),
    (
        "cosine", ROWS, lambda x: nn.cosine_similarity(x[:6], x[6:]),
        lambda x: functional.cosine_similarity(x[:6], x[6:], dim=0),
    ),
    (
        "cosine with a short vector", [[1e-9, 0.0, 2e-9, 1.0, 2.0, 3.0]], lambda x: nn.cosine_similarity(x[:3], x[3:]),
        lambda x: functional.cosine_similarity(x[:3], x[3:], dim=0),
    ),
    (
        "bce", ROWS, lambda x: nn.bce_with_logits(x, SIDES, pos_weight=2.5),
        lambda x: functional.binary_cross_entropy_with_logits(x, tensor(SIDES), pos_weight=tensor(2.5)),
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_values_gradients_and_second_derivatives(case) -> None:
    name, numbers, ours, theirs = case
    flat = [x for row in numbers for x in row]
    x = tensor(flat).requires_grad_()
    loss = theirs(x)
    (slopes,) = torch.autograd.grad(loss, x)
    value, found = value_and_grad(ours)(flat)
    assert value == pytest.approx(loss.item(), rel=1e-9)
    if "short" in name:
        return  # there PyTorch's slope is that of the length, though the length it divides by is fixed
    assert found == pytest.approx(slopes.tolist(), rel=1e-9, abs=1e-12)
    curvature = torch.autograd.functional.hessian(theirs, tensor(flat)).tolist()
    for mine, other in zip(hessian(ours)(flat), curvature):
        assert mine == pytest.approx(other, rel=1e-9, abs=1e-10)


def test_slopes_at_kinks_are_theirs() -> None:
    for ours, theirs in ((nn.l1_loss, functional.l1_loss), (nn.huber_loss, functional.huber_loss)):
        x = tensor([1.0, 0.5, 2.0, 3.0]).requires_grad_()
        (slopes,) = torch.autograd.grad(theirs(x, tensor([1.0, -0.5, 1.0, 1.5])), x)
        assert value_and_grad(lambda v, f=ours: f(v, [1.0, -0.5, 1.0, 1.5]))(x.tolist())[1] == slopes.tolist()
