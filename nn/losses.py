"""Losses: how wrong a batch of outputs is, as one Value to run backward from; and accuracy. Next: optim.py.

Each takes the outputs of a batch and its targets, and gives the mean over the batch, finite at any finite output. A
single sample may be given without its list.
"""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any

from autograd import Value, log_softmax, logsumexp, mean, minimum, ordering, relu, softplus, square, step, where
from nn.tensors import is_list


def mse_loss(outputs: Any, targets: Any) -> Value:
    """The mean squared error. Outputs and targets: lists of numbers, or of lists of numbers, of the same shape.

    >>> mse_loss([1.0, 2.0], [1.0, 4.0])
    2.0

    Raises ValueError if the shapes differ or the batch is empty.
    """
    pairs = paired(outputs, targets, "mse_loss")
    if pairs and is_list(pairs[0][0]):
        pairs = [pair for output, target in pairs for pair in paired(output, target, "mse_loss")]
    return mean(square(output - target) for output, target in pairs)


def hinge_loss(scores: Any, targets: Any) -> Value:
    """The max-margin loss, mean of relu(1 - target * score), for targets of -1 and 1.

    >>> hinge_loss([2.0, 0.5], [1, -1])
    0.75

    (Cortes and Vapnik 1995)
    """
    pairs = paired(scores, targets, "hinge_loss")
    check_targets(pairs, (-1, 1), "hinge_loss")
    return mean(relu(1 - target * score) for score, target in pairs)


def bce_with_logits(logits: Any, targets: Any) -> Value:
    """The binary cross-entropy of sigmoid(logit), for targets 0 and 1 or probabilities between.

    >>> round(bce_with_logits([0.0, 100.0], [1, 1]), 6)
    0.346574

    -t log(sigmoid(z)) - (1 - t) log(1 - sigmoid(z)) is softplus(z) - t z, exact at any logit; for a target of 1 that is
    softplus(-z), which keeps the tail.
    """
    pairs = paired(logits, targets, "bce_with_logits")
    for _, target in pairs:
        if not isinstance(target, Value) and (not isinstance(target, Real) or not 0 <= float(target) <= 1):
            raise ValueError(f"bce_with_logits: target {target!r}\ntargets are 0, 1, or probabilities between")
    return mean(binary_cross_entropy(z, target) for z, target in pairs)


def binary_cross_entropy(z: Any, target: Any) -> Any:
    if isinstance(target, Value):
        return where(1.0 - target, softplus(z) - target * z, softplus(-z))
    return softplus(-z) if target == 1 else softplus(z) - target * z


def cross_entropy(logits: Any, index: Any) -> Value:
    """The cross-entropy of softmax(logits), the mean of -log p[index]. Logits: a list a sample; index: its class.

    >>> round(cross_entropy([[0.0, 0.0], [5.0, -5.0]], [0, 0]), 6)
    0.346596

    Raises ValueError for a class that is not among the logits.
    """
    rows, classes = (logits, index) if is_list(index) else ([logits], [index])
    pairs = paired(rows, classes, "cross_entropy")
    for row, which in pairs:
        if not is_list(row):
            raise ValueError(f"cross_entropy: {row!r:.60} is not a list of logits\ngive one such list for each sample")
        if isinstance(which, Value):  # in compiled code, where classes are numbers like any others
            continue
        if isinstance(which, bool) or not isinstance(which, Integral) or not 0 <= int(which) < len(row):
            raise ValueError(f"cross_entropy: class {which!r} of {len(row)} logits\nclasses are 0 to {len(row) - 1}")
    return -mean(log_probability(row, which) for row, which in pairs)


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
    return sum(predicted(output) == (target if is_list(output) else target > 0) for output, target in pairs) / len(
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
        return 1.0 - abs(step(output) - step(target))
    best = chosen(output, target)
    ahead = [where(ordering(z, best), step(z - best), step(target - place)) for place, z in enumerate(output)]
    return 1.0 - minimum(sum(ahead), 1.0)


def paired(outputs: Any, targets: Any, name: str) -> list[tuple[Any, Any]]:
    """Outputs with their targets; ValueError if there are none or their numbers differ."""
    if not is_list(outputs) and not is_list(targets):
        outputs, targets = [outputs], [targets]
    sizes = [len(each) if is_list(each) else "a single" for each in (outputs, targets)]
    if sizes[0] != sizes[1]:
        raise ValueError(f"{name}: {sizes[0]} outputs against {sizes[1]} targets\ngive one target for each output")
    if not len(outputs):
        raise ValueError(f"{name}: an empty batch\ngive it at least one sample")
    return list(zip(outputs, targets))


def check_targets(pairs: list[tuple[Any, Any]], allowed: tuple[int, ...], name: str) -> None:
    for _, target in pairs:
        if not isinstance(target, Value) and target not in allowed:
            raise ValueError(f"{name}: target {target!r}\ntargets are {' and '.join(map(str, allowed))}")
