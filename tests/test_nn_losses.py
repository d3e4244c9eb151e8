"""The losses beyond the first four: against formulas on plain floats, at their edges, and compiled as well as eager."""

import functools
import math
import random

import pytest

import nn
from autograd import Value, no_grad
from tests.test_nn_training import slopes, values


def log_softmax(logits):
    largest = max(logits)
    return [z - largest - math.log(sum(math.exp(each - largest) for each in logits)) for z in logits]


ROWS = [[0.3, -1.2, 2.0], [1.5, 0.1, -0.4], [-0.7, 0.6, 0.2], [0.0, 3.0, 1.0]]
CLASSES = [2, 0, 0, 1]
SHARES = [[0.2, 0.3, 0.5], [1.0, 0.0, 0.0], [0.0, 0.5, 0.5], [0.1, 0.8, 0.1]]
WEIGHT = [0.5, 2.0, 3.0]
LOGS = [log_softmax(row) for row in ROWS]


def mean(numbers):
    numbers = list(numbers)
    return sum(numbers) / len(numbers)


# ---- values ----------------------------------------------------------------------------------------------------------


def test_numbers_near_and_far() -> None:
    outputs = values([0.5, 3.0, -4.0, 1.0])
    loss = nn.huber_loss(outputs, [0.0, 0.0, 0.0, 1.0], delta=2.0)
    assert loss.data == (0.125 + 2 * (3 - 1) + 2 * (4 - 1)) / 4 and slopes(loss, outputs) == [0.125, 0.5, -0.5, 0.0]
    outputs = values([0.5, -4.0, 1.0])
    loss = nn.l1_loss([outputs], [[0.0, 0.0, 1.0]])
    assert loss.data == 1.5 and slopes(loss, outputs) == [1 / 3, -1 / 3, 0.0]


def test_images_and_soft_targets() -> None:
    assert nn.mse_loss([[[1.0, 2.0]], [[3.0, 5.0]]], [[[1.0, 0.0]], [[3.0, 4.0]]]) == 5 / 4
    assert nn.accuracy([-1.0, -2.0, 1.0], [0.1, 0.2, 0.9]) == 1.0


def test_an_outlier_that_is_infinite_pulls_no_harder() -> None:
    outputs = values([math.inf, 0.5])
    loss = nn.huber_loss(outputs, [0.0, 0.0])
    assert loss.data == math.inf and slopes(loss, outputs) == [0.5, 0.25]


def test_angles() -> None:
    a, b = values([3.0, 4.0]), values([4.0, 3.0])
    cosine = nn.cosine_similarity(a, b)
    assert cosine.data == pytest.approx(24 / 25)
    expected = [(4 - 24 / 25 * 3) / 25, (3 - 24 / 25 * 4) / 25]  # (b / |b| - cosine * a / |a|) / |a|
    assert slopes(cosine, a) == pytest.approx(expected)
    assert nn.cosine_similarity([0.0, 0.0], [1.0, 2.0]) == 0.0
    assert nn.cosine_similarity([1e200, 0.0], [1e200, 1e200]) == pytest.approx(math.sqrt(0.5))


@pytest.mark.parametrize("weight", [None, WEIGHT])
@pytest.mark.parametrize("smoothing", [0.0, 0.1, 1.0])
def test_cross_entropy_of_classes_and_of_probabilities(weight, smoothing) -> None:
    weights = weight or [1.0] * 3
    costs, of_shares = [], []
    for logs, which, shares in zip(LOGS, CLASSES, SHARES):
        even = mean(-w * log for w, log in zip(weights, logs))
        costs.append((1 - smoothing) * -weights[which] * logs[which] + smoothing * even)
        mixed = [(1 - smoothing) * share + smoothing / 3 for share in shares]
        of_shares.append(sum(-w * share * log for w, share, log in zip(weights, mixed, logs)))
    loss = nn.cross_entropy(ROWS, CLASSES, weight=weight, label_smoothing=smoothing)
    assert loss == pytest.approx(sum(costs) / sum(weights[which] for which in CLASSES))
    assert nn.cross_entropy(ROWS, SHARES, weight=weight, label_smoothing=smoothing) == pytest.approx(mean(of_shares))


def test_likelihoods() -> None:
    assert nn.nll_loss(LOGS, CLASSES) == pytest.approx(nn.cross_entropy(ROWS, CLASSES))
    assert nn.nll_loss(LOGS, CLASSES, weight=WEIGHT) == pytest.approx(nn.cross_entropy(ROWS, CLASSES, weight=WEIGHT))
    assert nn.nll_loss(LOGS[0], 1) == pytest.approx(-LOGS[0][1])


def test_divergence() -> None:
    expected = mean(sum(t * (math.log(t) - log) for t, log in zip(*pair) if t) for pair in zip(SHARES, LOGS))
    assert nn.kl_div(LOGS, SHARES) == pytest.approx(expected)
    assert nn.kl_div(LOGS[0], SHARES[0]) == pytest.approx(nn.kl_div(LOGS[:1], SHARES[:1]))
    logs = [[math.log(t) for t in row] for row in (SHARES[0], SHARES[3])]
    ours = nn.kl_div([LOGS[0], LOGS[3]], logs, log_target=True)
    assert ours == pytest.approx(nn.kl_div([LOGS[0], LOGS[3]], [SHARES[0], SHARES[3]]))
    assert nn.kl_div([logs[0]], [SHARES[0]]) == pytest.approx(0.0, abs=1e-15)


def test_what_ones_weigh() -> None:
    logits, targets = values([0.3, -2.0, 1.0]), [1, 0, 0.25]
    loss = nn.bce_with_logits(logits, targets, pos_weight=3.0)
    costs = [
        -3.0 * t * math.log(1 / (1 + math.exp(-z.data))) - (1 - t) * math.log(1 / (1 + math.exp(z.data)))
        for z, t in zip(logits, targets)
    ]
    assert loss.data == pytest.approx(mean(costs))


@pytest.mark.parametrize("big", [800.0, 1e6, 1e150])
def test_finite_at_any_finite_output(big) -> None:
    for loss in (
        lambda a, b: nn.cross_entropy([[a, b], [b, a]], [0, 1], label_smoothing=0.1),
        lambda a, b: nn.cross_entropy([[a, b], [b, a]], [[1.0, 0.0], [0.5, 0.5]]),
        lambda a, b: nn.bce_with_logits([a, b], [1, 0.5], pos_weight=2.0),
        lambda a, b: nn.huber_loss([a, b], [b, a]),
        lambda a, b: 1 - nn.cosine_similarity([a, b], [b, b]),
    ):
        leaves = values([big, -big])
        total = loss(*leaves)
        assert math.isfinite(total.data) and all(map(math.isfinite, slopes(total, leaves)))


# ---- in training -----------------------------------------------------------------------------------------------------

INPUTS = [[random.Random(k).uniform(-1, 1), random.Random(k).gauss(0, 1)] for k in range(20)]
NUMBERS = [[x * y, x - y, 2 * x] for x, y in INPUTS]
WHICH = [int(x > 0) + int(y > 0) for x, y in INPUTS]
PROBABILITIES = [[max(0.0, x), 0.5 - 0.5 * x, 0.5 + 0.5 * x - max(0.0, x)] for x, _ in INPUTS]


class Logs(nn.MLP):
    """A model whose outputs are logarithms of probabilities."""

    def __call__(self, x):
        from autograd import log_softmax

        return log_softmax(super().__call__(x))


TRAINED = {
    "l1": (nn.l1_loss, NUMBERS, nn.MLP),
    "huber": (functools.partial(nn.huber_loss, delta=0.3), NUMBERS, nn.MLP),
    "smoothed": (functools.partial(nn.cross_entropy, label_smoothing=0.1), WHICH, nn.MLP),
    "probabilities": (nn.cross_entropy, PROBABILITIES, nn.MLP),
    "smoothed probabilities": (
        functools.partial(nn.cross_entropy, label_smoothing=0.2, weight=WEIGHT), PROBABILITIES, nn.MLP,
    ),
    "nll": (nn.nll_loss, WHICH, Logs),
    "kl": (nn.kl_div, PROBABILITIES, Logs),
    "kl of logarithms": (functools.partial(nn.kl_div, log_target=True), NUMBERS, Logs),
    "cosine": (lambda outputs, targets: 1 - mean(nn.cosine_similarity(outputs, targets)), NUMBERS, nn.MLP),
}  # fmt: skip


@pytest.mark.parametrize("name", TRAINED)
def test_compiled_training_is_the_eager_one(name) -> None:
    loss, targets, kind = TRAINED[name]
    histories, models = [], []
    for compile in (False, True):
        model = kind(2, [4, 3], rng=1)
        histories.append(
            nn.fit(
                *(model, INPUTS, targets),
                loss=loss,
                epochs=4,
                batch_size=7,
                lr=0.1,
                compile=compile,
                validation=(INPUTS[:5], targets[:5]),
                progress=False,
            )
        )
        models.append(model)
    eager, compiled = histories
    assert compiled.compiled and compiled.loss == pytest.approx(eager.loss, rel=1e-9) and eager.loss[-1] < eager.loss[0]
    assert compiled.validation_loss == pytest.approx(eager.validation_loss, rel=1e-9)
    assert compiled.accuracy == eager.accuracy and bool(eager.accuracy) == (name in ("smoothed", "nll"))
    for ours, theirs in zip(*(model.parameters() for model in models)):
        assert ours.data == pytest.approx(theirs.data, rel=1e-9)


def test_a_weighted_mean_over_classes_is_trained_eagerly_with_a_reason() -> None:
    loss = functools.partial(nn.cross_entropy, weight=WEIGHT)
    with pytest.warns(RuntimeWarning, match="the loss of .* samples together is"):
        history = nn.fit(nn.MLP(2, [3], rng=0), INPUTS, WHICH, loss=loss, epochs=2, compile=True)
    assert not history.compiled and len(history.loss) == 2


def test_targets_may_be_values_through_which_gradients_flow() -> None:
    teacher = values([0.25, 0.75])
    loss = nn.kl_div([[math.log(0.5), math.log(0.5)]], [teacher])
    expected = [math.log(t.data) + 1 - math.log(0.5) for t in teacher]
    assert slopes(loss, teacher) == pytest.approx(expected)
    with no_grad():
        assert nn.kl_div([[-1.0, -1.0]], [[Value(0.0), Value(1.0)]]).data == 1.0


# ---- mistakes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda: nn.huber_loss([1.0], [1.0], delta=0), "huber_loss: delta = 0\ndelta is a finite number above 0"),
        (lambda: nn.l1_loss([1.0], [1.0, 2.0]), "l1_loss: 1 outputs against 2 targets"),
        (lambda: nn.huber_loss([[1.0]], [[1.0, 2.0]]), "huber_loss: 1 outputs against 2 targets"),
        (lambda: nn.cosine_similarity([1.0], [1.0, 2.0]), "cosine_similarity: 1 outputs against 2"),
        (lambda: nn.cosine_similarity([1.0], [1.0], eps=0), "eps = 0\n"),
        (lambda: nn.cross_entropy([[1.0, 2.0]], [0], label_smoothing=1.5), "label_smoothing = 1.5\n.*from 0 to 1"),
        (lambda: nn.cross_entropy([[1.0, 2.0]], [0], label_smoothing="a"), "label_smoothing = 'a'"),
        (lambda: nn.cross_entropy([[1.0, 2.0]], [0], weight=[1.0]), r"weight = \[1.0\]\ngive 2 numbers, one for each"),
        (
            lambda: nn.cross_entropy([[1.0, 2.0]], [0], weight=[1.0, -1.0]),
            "a weight of -1.0\nweights are numbers",
        ),
        (lambda: nn.cross_entropy([[1.0, 2.0]], [[1.0, 0.0, 0.0]]), "cross_entropy: 2 outputs against 3"),
        (lambda: nn.cross_entropy([[1.0, 2.0]], [0], weight=[0.0, 1.0]), "classes of this batch weigh 0 in all"),
        (
            lambda: nn.cross_entropy([[1.0, 2.0]], [["a", 1.0]]),
            "'a' in a target\na target is a class, or a probability",
        ),
        (lambda: nn.cross_entropy([[1.0, 2.0]], [[-0.5, 1.5]]), "cross_entropy: -0.5 in a target"),
        (lambda: nn.cross_entropy([[1.0, 2.0]] * 2, [[0.5, 0.5], 1]), "classes and lists of probabilities as targets"),
        (lambda: nn.nll_loss([[-1.0, -2.0]], [2]), "nll_loss: class 2 of 2 logarithms"),
        (lambda: nn.nll_loss([[-1.0, -2.0]], [[0.5, 0.5]]), "nll_loss: target .*\n.*kl_div"),
        (lambda: nn.nll_loss([-1.0, -2.0], [0, 1]), "-1.0 is not a list of logarithms"),
        (lambda: nn.kl_div([[-1.0]], [[-0.5]]), "kl_div: target -0.5\n"),
        (lambda: nn.kl_div([[-1.0]], [[0.5, 0.5]]), "kl_div: 1 outputs against 2"),
        (lambda: nn.kl_div([], []), "kl_div: an empty batch"),
        (lambda: nn.bce_with_logits([1.0], [1], pos_weight=-1), "a pos_weight of -1"),
    ],
)
def test_mistakes_are_named(attempt, message) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        attempt()
    assert str(caught.value).count("\n") == 1
