"""Normalisation: BatchNorm, over the samples of a batch, and LayerNorm, within one sample. Next: recurrent.py.

Both take the mean away and divide by the standard deviation; then a learnt `weight` and `bias` set the scale again.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from autograd import Operands, Value, dot, mean, reciprocal, sqrt
from nn.module import Module
from nn.tensors import (
    Number,
    Tensor,
    as_lists,
    check_widths,
    checked,
    flat,
    is_list,
    is_within,
    parameters,
    shape,
    shaped,
)


class BatchNorm(Module):
    """Each feature made to have mean 0 and variance 1 over a batch, then scaled by `weight` and shifted by `bias`.

    >>> norm = BatchNorm(1)
    >>> [[round(y.data, 4) for y in sample] for sample in norm.batch([[1.0], [2.0], [6.0]])]
    [[-0.9258], [-0.4629], [1.3887]]
    >>> [round(x, 3) for x in (*norm.running_mean, *norm.running_var)]     # a tenth of the way from 0 and 1
    [0.3, 1.6]
    >>> round(norm.eval()([1.3])[0].data, 3)                              # (1.3 - 0.3) / sqrt(1.6)
    0.791

    A sample is [features], or [features][length], or [features][height][width]: the channels of an image, each taken
    over all positions and samples. In training mode `batch` uses the mean and variance of the batch, gradients flow
    through both, and the running ones move by `momentum` towards the batch's mean and its unbiased variance; in
    evaluation mode they are what is used. `eps` is added to variances.

    Raises ValueError for a sample alone in training mode, for a batch of one number a feature, and for an input of
    another shape. (Ioffe and Szegedy 2015)
    """

    buffers = ("running_mean", "running_var")

    def __init__(self, features: int, momentum: float = 0.1, eps: float = 1e-5) -> None:
        check_widths(features)
        check_eps("BatchNorm", eps)
        if not is_within(momentum, 0.0, 1.0):
            raise ValueError(f"BatchNorm: momentum = {momentum!r}\nmomentum is a number from 0 to 1")
        self.weight = parameters((features,), lambda: 1.0)
        self.bias = parameters((features,), lambda: 0.0)
        self.momentum, self.eps = momentum, eps
        self.running_mean, self.running_var = [0.0] * features, [1.0] * features

    def __call__(self, x: Tensor) -> Tensor:
        """One sample, in evaluation mode."""
        if self.training:
            raise ValueError(
                f"{self!r} in training mode needs a batch, not a sample alone\n"
                "write model.batch(samples), or model.eval() first; a Module of your own passes on `batch` as MLP does"
            )
        output = []
        for place, part in enumerate(self.sample(x)):
            centre = [number - self.running_mean[place] for number in flat(part)]
            output.append(shaped(part, iter(self.rescaled(place, centre, self.running_var[place]))))
        return output

    def batch(self, xs: Sequence[Tensor]) -> list[Tensor]:
        """The outputs for a list of samples, normalised together in training mode."""
        if not self.training:
            return [self(x) for x in xs]
        samples = [self.sample(x) for x in xs]
        if any(shape(sample) != shape(samples[0]) for sample in samples):
            raise ValueError(f"{self!r}: samples of different shapes in a batch\ngive it samples of one shape")
        columns = [[number for sample in samples for number in flat(sample[k])] for k in range(len(self.weight))]
        if len(columns[0]) < 2:
            raise ValueError(
                f"{self!r}: a variance of {len(columns[0])} number a feature\n"
                "give batches of two or more samples; in fit, choose a batch_size that leaves no single one over"
            )
        found = [centred(column) for column in columns]
        outputs = [iter(self.rescaled(k, centre, variance)) for k, (_, centre, variance) in enumerate(found)]
        for k, (middle, _, variance) in enumerate(found):
            self.remember(k, number_of(middle), number_of(variance), len(columns[k]))
        return [[shaped(part, output) for part, output in zip(sample, outputs)] for sample in samples]

    def rescaled(self, place: int, centre: Iterable[Number], variance: Number) -> list[Number]:
        """Numbers of one feature, whose mean has been taken away, with the scale and the shift that were learnt."""
        scale = self.weight[place] / sqrt(variance + self.eps)
        return [number * scale + self.bias[place] for number in centre]

    def remember(self, place: int, middle: float, variance: float, count: int) -> None:
        """Move the running mean and variance of one feature towards those of a batch."""
        unbiased = variance * count / (count - 1)
        self.running_mean[place] += self.momentum * (middle - self.running_mean[place])
        self.running_var[place] += self.momentum * (unbiased - self.running_var[place])

    def sample(self, x: Tensor) -> Tensor:
        """A sample as nested lists; ValueError unless its shape is right."""
        x = as_lists(x)
        positions = {2: ("length",), 3: ("height", "width")}.get(len(shape(x)), ())
        return checked(x, (len(self.weight), *positions), repr(self))

    @property
    def why_not_compiled(self) -> str:
        return f"{self!r} in training mode depends on the whole batch" if self.training else ""

    def __repr__(self) -> str:
        return f"BatchNorm({len(self.weight)})"


class LayerNorm(Module):
    """The numbers of one sample made to have mean 0 and variance 1, then scaled by `weight` and shifted by `bias`.

    >>> [round(y.data, 4) for y in LayerNorm(3)([1.0, 2.0, 6.0])]
    [-0.9258, -0.4629, 1.3887]

    [width] in and out; of [time][width], or deeper lists, each innermost one by itself. The same in training and
    evaluation. `eps` is added to the variance. Raises ValueError for an input of another width. (Ba et al. 2016)
    """

    def __init__(self, width: int, eps: float = 1e-5) -> None:
        check_widths(width)
        check_eps("LayerNorm", eps)
        self.weight = parameters((width,), lambda: 1.0)
        self.bias = parameters((width,), lambda: 0.0)
        self.eps = eps

    def __call__(self, x: Tensor) -> Tensor:
        x = as_lists(x)
        if is_list(x) and len(x) and is_list(x[0]):
            return [self(part) for part in x]
        _, centre, variance = centred(checked(x, (len(self.weight),), repr(self)))
        scale = reciprocal(sqrt(variance + self.eps))
        return [number * scale * w + b for number, w, b in zip(centre, self.weight, self.bias)]

    def __repr__(self) -> str:
        return f"LayerNorm({len(self.weight)})"


def centred(numbers: Sequence[Number]) -> tuple[Number, Operands, Number]:
    """The mean of numbers, the numbers less that mean, and their variance (the mean of the squares of these).

    >>> middle, centre, variance = centred([1.0, 2.0, 6.0])
    >>> middle, list(centre), round(variance, 3)
    (3.0, [-2.0, -1.0, 3.0], 4.667)
    """
    middle = mean(numbers)
    centre = Operands([number - middle for number in numbers])
    return middle, centre, dot(centre, centre) / len(numbers)


def number_of(x: Number) -> float:
    return x.data if isinstance(x, Value) else x


def check_eps(name: str, eps: Any) -> None:
    if not is_within(eps, 0.0, math.inf):
        raise ValueError(f"{name}: eps = {eps!r}\neps is a number from 0 up, small beside the variances")
