"""Losses: how wrong a batch of outputs is, as one Value to run backward from. Here those for numbers and for two sides.

Each takes the outputs of a batch and its targets, and gives the mean over the batch, finite at any finite output. A
single sample may be given without its list. Names, defaults and slopes at kinks are PyTorch's. Next: classifying.py,
those for classes; then optim.py.
"""

from __future__ import annotations

import math
from numbers import Real
from typing import Any

from autograd import Value, clip, dot, maximum, mean, norm, relu, softplus, square, where
from nn.resuming import is_number
from nn.tensors import is_list


def mse_loss(outputs: Any, targets: Any) -> Value:
    """The mean squared error. Outputs and targets: lists of numbers, or of lists of numbers, of the same shape.

    >>> mse_loss([1.0, 2.0], [1.0, 4.0])
    2.0

    Raises ValueError if the shapes differ or the batch is empty.
    """
    return mean(square(output - target) for output, target in elements(outputs, targets, "mse_loss"))


def l1_loss(outputs: Any, targets: Any) -> Value:
    """The mean absolute error, for shapes as in `mse_loss`. Its slope is 0 where an output is its target.

    >>> l1_loss([1.0, 2.0], [1.0, 4.0])
    1.0
    """
    return mean(abs(output - target) for output, target in elements(outputs, targets, "l1_loss"))


def huber_loss(outputs: Any, targets: Any, delta: float = 1.0) -> Value:
    """Half the squared error up to an error of `delta`, and beyond that a straight line: outliers pull no harder.

    >>> huber_loss([0.5, 3.0], [0.0, 0.0])        # the mean of 0.5**2 / 2 and 3 - 1/2
    1.3125

    (Huber 1964)
    """
    if not is_number(delta) or not 0 < delta < math.inf:
        raise ValueError(f"huber_loss: delta = {delta!r:.60}\ndelta is a finite number above 0")
    errors = [output - target for output, target in elements(outputs, targets, "huber_loss")]
    held = [clip(error, -delta, delta) for error in errors]
    return mean(0.5 * square(near) + delta * (abs(error) - abs(near)) for error, near in zip(errors, held))


def cosine_similarity(a: Any, b: Any, eps: float = 1e-8) -> Any:
    """The cosine of the angle between two vectors, from -1 to 1; of two lists of vectors, a list of cosines.

    >>> cosine_similarity([1.0, 0.0], [3.0, 4.0])
    0.6
    >>> cosine_similarity([[1.0, 0.0], [0.0, 2.0]], [[2.0, 0.0], [0.0, -1.0]])
    [1.0, -1.0]

    A vector shorter than `eps` counts as being that long, so that of zeros has the cosine 0 with any other. Its slopes
    are those of this value; PyTorch's are not, for vectors shorter than `eps`. As a loss, take 1 minus its mean.
    """
    if not is_number(eps) or not eps > 0:
        raise ValueError(f"cosine_similarity: eps = {eps!r:.60}\neps is a number above 0")
    pairs = paired(a, b, "cosine_similarity")
    if is_list(pairs[0][0]):
        return [cosine_similarity(one, other, eps) for one, other in pairs]
    one, other = ([pair[side] for pair in pairs] for side in (0, 1))
    return dot(at_length_one(one, eps), at_length_one(other, eps))


def at_length_one(vector: list[Any], eps: float) -> list[Any]:
    """A vector of the same direction, without squares that leave the range of floats."""
    length = maximum(norm(vector), eps)
    return [x / length for x in vector]


def hinge_loss(scores: Any, targets: Any) -> Value:
    """The max-margin loss, mean of relu(1 - target * score), for targets of -1 and 1.

    >>> hinge_loss([2.0, 0.5], [1, -1])
    0.75

    (Cortes and Vapnik 1995)
    """
    pairs = paired(scores, targets, "hinge_loss")
    check_targets(pairs, (-1, 1), "hinge_loss")
    return mean(relu(1 - target * score) for score, target in pairs)


def bce_with_logits(logits: Any, targets: Any, pos_weight: float | None = None) -> Value:
    """The binary cross-entropy of sigmoid(logit), for targets 0 and 1 or probabilities between.

    >>> round(bce_with_logits([0.0, 100.0], [1, 1]), 6)
    0.346574

    -t log(sigmoid(z)) - (1 - t) log(1 - sigmoid(z)) is softplus(z) - t z, exact at any logit; for a target of 1 that is
    softplus(-z), which keeps the tail. `pos_weight` multiplies what targets of 1 cost: with more than 1, they are
    missed less often.
    """
    pairs = paired(logits, targets, "bce_with_logits")
    for _, target in pairs:
        if not isinstance(target, Value) and (not isinstance(target, Real) or not 0 <= float(target) <= 1):
            raise ValueError(f"bce_with_logits: target {target!r}\ntargets are 0, 1, or probabilities between")
    if pos_weight is None:
        return mean(binary_cross_entropy(z, target) for z, target in pairs)
    check_weights("bce_with_logits", "pos_weight", [pos_weight], 1)
    return mean(pos_weight * t * softplus(-z) + (1.0 - t) * softplus(z) for z, t in pairs)


def binary_cross_entropy(z: Any, target: Any) -> Any:
    if isinstance(target, Value):
        return where(1.0 - target, softplus(z) - target * z, softplus(-z))
    return softplus(-z) if target == 1 else softplus(z) - target * z


# ---- outputs and targets side by side ---------------------------------------------------------------


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


def elements(outputs: Any, targets: Any, name: str) -> list[tuple[Any, Any]]:
    """The numbers of outputs with those of targets, in lists of whatever depth."""
    pairs = paired(outputs, targets, name)
    if is_list(pairs[0][0]):
        return [pair for output, target in pairs for pair in elements(output, target, name)]
    return pairs


def check_targets(pairs: list[tuple[Any, Any]], allowed: tuple[int, ...], name: str) -> None:
    for _, target in pairs:
        if not isinstance(target, Value) and target not in allowed:
            raise ValueError(f"{name}: target {target!r}\ntargets are {' and '.join(map(str, allowed))}")


def check_weights(name: str, what: str, weights: Any, count: int) -> None:
    """ValueError unless these are so many numbers from 0 up."""
    if not is_list(weights) or len(weights) != count:
        raise ValueError(f"{name}: {what} = {weights!r:.60}\ngive {count} numbers, one for each class")
    for weight in weights:
        if not isinstance(weight, Value) and (not isinstance(weight, Real) or not float(weight) >= 0):
            raise ValueError(f"{name}: a {what} of {weight!r:.60}\nweights are numbers from 0 up")
