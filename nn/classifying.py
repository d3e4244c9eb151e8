"""Losses for classes: cross-entropy, likelihood and divergence; and what is counted, accuracy. Next: optim.py.

A class is given by its place among the outputs, from 0 up, and a sample of several outputs as a list of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import Any

from autograd import Value, dot, exp, log, log_softmax, logsumexp, mean, minimum, ordering, step, where
from nn.losses import check_weights, paired
from nn.resuming import is_number
from nn.tensors import as_lists, is_list


def cross_entropy(logits: Any, target: Any, weight: Any = None, label_smoothing: float = 0.0) -> Value:
    """The cross-entropy of softmax(logits): the mean of -log p[class]. Logits: a list a sample; target: its class.

    >>> round(cross_entropy([[0.0, 0.0], [5.0, -5.0]], [0, 0]), 6)
    0.346596
    >>> round(cross_entropy([[0.0, 0.0]], [[0.5, 0.5]], label_smoothing=0.1), 6)       # probabilities as the target
    0.693147

    `weight` has a number for each class; with classes as targets the mean is the weighted one, divided by the sum of
    their weights. `label_smoothing` takes that share of a target away and spreads it over all classes evenly.
    Raises ValueError for a class that is not among the logits. (Szegedy et al. 2016, section 7, for the smoothing)
    """
    rows, targets = batch_of(logits, target)
    check_smoothing(label_smoothing)
    pairs = paired(rows, targets, "cross_entropy")
    for row, which in pairs:
        check_row(row, which, "cross_entropy", "logits")
        weight = checked_weights("cross_entropy", weight, len(row))
    if any(is_list(which) != is_list(targets[0]) for which in targets):
        raise ValueError(
            "cross_entropy: classes and lists of probabilities as targets\ngive one or the other, not both"
        )
    if is_list(targets[0]):
        return mean(of_probabilities(row, which, weight, label_smoothing) for row, which in pairs)
    if not label_smoothing:
        return -weighted_mean([log_probability(row, which) for row, which in pairs], targets, weight)
    evenly = [of_probabilities(row, [1 / len(row)] * len(row), weight, 0.0) for row in rows]
    of_class = [-weight_of(which, weight) * log_probability(row, which) for row, which in pairs]
    costs = [(1.0 - label_smoothing) * one + label_smoothing * other for one, other in zip(of_class, evenly)]
    return mean(costs) * (len(costs) / weight_in_all(targets, weight))


def of_probabilities(logits: Sequence[Any], target: Sequence[Any], weight: Any, smoothing: float) -> Any:
    """The cross-entropy of one sample whose target is a probability for each class."""
    shares = [(1.0 - smoothing) * p + smoothing / len(logits) for p in target] if smoothing else target
    if weight is not None:
        shares = [each * share for each, share in zip(weight, shares)]
    return -dot(shares, log_softmax(logits))


def nll_loss(log_probabilities: Any, target: Any, weight: Any = None) -> Value:
    """The negative log-likelihood: the mean of -log p[class], for outputs that are logarithms of probabilities.

    >>> from autograd import log_softmax
    >>> round(nll_loss([log_softmax([0.0, 0.0]), log_softmax([5.0, -5.0])], [0, 0]), 6)
    0.346596

    `weight` is as for `cross_entropy`, which is this loss of `log_softmax(logits)`.
    """
    rows, targets = batch_of(log_probabilities, target)
    pairs = paired(rows, targets, "nll_loss")
    for row, which in pairs:
        check_row(row, which, "nll_loss", "logarithms")
        if is_list(which):
            raise ValueError(f"nll_loss: target {which!r:.60}\ngive a class; of probabilities, kl_div is the loss")
        weight = checked_weights("nll_loss", weight, len(row))
    return -weighted_mean([at(row, which) for row, which in pairs], targets, weight)


def kl_div(log_probabilities: Any, targets: Any, log_target: bool = False) -> Value:
    """The divergence of Kullback and Leibler, sum of t (log t - log p) over a sample's classes; the mean over samples.

    >>> from autograd import log_softmax
    >>> round(kl_div([log_softmax([0.0, 0.0])], [[1.0, 0.0]]), 6)
    0.693147

    Outputs are logarithms of probabilities, targets are probabilities, or their logarithms with `log_target`. This is
    PyTorch's `reduction="batchmean"`; its default divides by the number of classes too, which is no divergence.
    (Kullback and Leibler 1951)
    """
    samples = paired(log_probabilities, targets, "kl_div")
    costs = []
    for row, target in samples if is_list(samples[0][0]) else [(log_probabilities, targets)]:
        pairs = paired(row, target, "kl_div")
        logs = target if log_target else [logarithm(t) for t in target]
        shares = [exp(t) for t in target] if log_target else target
        costs.append(dot(shares, [log - output for (output, _), log in zip(pairs, logs)]))
    return mean(costs)


def logarithm(p: Any) -> Any:
    """The logarithm of a probability; of 0, whose share in a divergence is 0, a number that does no harm."""
    if isinstance(p, Value):
        return log(where(p, p, 1.0))
    if not is_number(p) or not p >= 0:
        raise ValueError(f"kl_div: target {p!r:.60}\ntargets are probabilities, or logarithms with log_target=True")
    return log(float(p)) if p else 0.0


# ---- the parts --------------------------------------------------------------------------------------


def batch_of(outputs: Any, target: Any) -> tuple[Any, Any]:
    """Outputs and classes as batches: a single sample gets its list."""
    return (outputs, target) if is_list(target) else ([outputs], [target])


def check_row(row: Any, which: Any, name: str, what: str) -> None:
    """ValueError unless a sample is a list of outputs and its target is a class of them, or a probability for each."""
    if not is_list(row):
        raise ValueError(f"{name}: {row!r:.60} is not a list of {what}\ngive one such list for each sample")
    if is_list(which):
        for _, p in paired(row, which, name):
            if not isinstance(p, Value) and (not is_number(p) or not p >= 0):
                raise ValueError(f"{name}: {p!r:.60} in a target\na target is a class, or a probability for each class")
        return
    if isinstance(which, Value):  # in compiled code, where classes are numbers like any others
        return
    if isinstance(which, bool) or not isinstance(which, Integral) or not 0 <= int(which) < len(row):
        raise ValueError(f"{name}: class {which!r} of {len(row)} {what}\nclasses are 0 to {len(row) - 1}")


def checked_weights(name: str, weight: Any, count: int) -> Any:
    """The weights of the classes as a list; ValueError for what are none."""
    if weight is None:
        return None
    weight = as_lists(weight)
    check_weights(name, "weight", weight, count)
    return list(weight)


def check_smoothing(share: Any) -> None:
    if not is_number(share) or not 0 <= share <= 1:
        raise ValueError(f"cross_entropy: label_smoothing = {share!r:.60}\nlabel_smoothing is a number from 0 to 1")


def weighted_mean(logs: list[Any], targets: Any, weight: Any) -> Any:
    """The mean over samples, each weighing what its class weighs."""
    if weight is None:
        return mean(logs)
    weights = [weight_of(which, weight) for which in targets]
    return dot(weights, logs) / weight_in_all(targets, weight)


def weight_in_all(targets: Any, weight: Any) -> Any:
    """The sum of what the samples' classes weigh."""
    found = sum(weight_of(which, weight) for which in targets)
    if not isinstance(found, Value) and found == 0:
        raise ValueError("the classes of this batch weigh 0 in all\nlet a batch have a class that weighs something")
    return found


def weight_of(which: Any, weight: Any) -> Any:
    return 1.0 if weight is None else at(weight, which)


def at(items: Sequence[Any], which: Any) -> Any:
    """The item at a place, which may be a Value."""
    return chosen(items, which) if isinstance(which, Value) else items[which]


def log_probability(logits: Sequence[Any], which: Any) -> Any:
    """The logarithm of softmax(logits) at a class, which may be a Value."""
    if isinstance(which, Value):
        return chosen(logits, which) - logsumexp(logits)
    return log_softmax(logits, index=which)


def chosen(items: Sequence[Any], which: Value) -> Any:
    """The item at a place that is a Value: all items but that one are left out of a sum."""
    return sum(where(ordering(which, place), 0.0, item) for place, item in enumerate(items))


def accuracy(outputs: Sequence[Any], targets: Sequence[Any]) -> float:
    """The share of samples whose class is predicted: the largest of several outputs, or the sign of a single one.

    >>> accuracy([[1.0, 3.0], [2.0, 0.0]], [1, 1])
    0.5
    >>> accuracy([0.3, -4.0], [1, -1])        # targets 0 and 1, or -1 and 1
    1.0
    """
    pairs = paired(outputs, targets, "accuracy")
    return sum(predicted(output) == (target if is_list(output) else target > 0.5) for output, target in pairs) / len(
        pairs
    )


def predicted(output: Any) -> int | bool:
    """The class that an output stands for: the index of the largest, or whether a single one is above zero.

    >>> predicted([0.1, 2.0, -1.0]), predicted(-0.5)
    (1, False)
    """
    return max(range(len(output)), key=output.__getitem__) if is_list(output) else output > 0


def is_right(output: Any, target: Any) -> Any:
    """1 if `predicted` is the target, else 0, computed with Values: what an accuracy is made of in compiled code."""
    if not is_list(output):
        return 1.0 - abs(step(output) - step(target - 0.5))
    best = chosen(output, target)
    ahead = [where(ordering(z, best), step(z - best), step(target - place)) for place, z in enumerate(output)]
    return 1.0 - minimum(sum(ahead), 1.0)
