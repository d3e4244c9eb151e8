"""Layers that slide a window: Conv1d and Conv2d, MaxPool1d and MaxPool2d, AvgPool1d and AvgPool2d. Next: norm.py.

A signal is [channels][length], an image [channels][height][width]; a signal is treated as an image of one row. Sizes,
strides and paddings are whole numbers, or a pair (down, across) for images.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import reduce
from typing import Any

from autograd import Operands, Value, dot, maximum, mean
from nn.initialise import Initialisation, as_random, he_uniform
from nn.module import Module
from nn.tensors import Number, Tensor, check_widths, checked, flat, is_whole, parameters, shared

Pair = tuple[int, int]  # down, across
Plane = list[list[Number]]  # one channel of an image


class Sliding(Module):
    """A window that slides over the channels of a signal or an image: what the layers below have in common."""

    dimensions = 2
    channels: int | None = None  # None: any number of them

    def __init__(self, kernel_size: int | Pair, stride: int | Pair, padding: int | Pair) -> None:
        self.kernel_size = self.pair(kernel_size, "kernel_size", 1)
        self.stride = self.pair(stride, "stride", 1)
        self.padding = self.pair(padding, "padding", 0)

    def pair(self, size: Any, what: str, least: int) -> Pair:
        """A size down and one across; that of a signal is across, in its one row."""
        if is_whole(size, least):
            return (size, size) if self.dimensions == 2 else (least, size)
        several = isinstance(size, (list, tuple)) and all(is_whole(each, least) for each in size)
        if several and len(size) == self.dimensions == 2:
            return size[0], size[1]
        form = "a whole number" if self.dimensions == 1 else "a whole number, or a pair of them,"
        raise ValueError(f"{type(self).__name__}: {what} = {size!r:.60}\n{what} is {form} from {least} up")

    def planes(self, x: Tensor) -> list[Plane]:
        """The input as images, a plane a channel; ValueError unless its shape is right and the window fits in."""
        channels = "channels" if self.channels is None else self.channels
        wanted = (channels, "length") if self.dimensions == 1 else (channels, "height", "width")
        x = checked(x, wanted, repr(self))
        planes: list[Plane] = [[row] for row in x] if self.dimensions == 1 else x
        room = [len(planes[0]) + 2 * self.padding[0], len(planes[0][0]) + 2 * self.padding[1]]
        if room[0] < self.kernel_size[0] or room[1] < self.kernel_size[1]:
            raise ValueError(
                f"{self!r}: a window of {self.sizes(self.kernel_size)} over {self.sizes(room)}, padding included\n"
                "give it a larger input, a smaller kernel_size or more padding"
            )
        return planes

    def windows(self, planes: Sequence[Plane], fill: Any) -> list[list[list[Number]]]:
        """What is seen through the window from each of its positions [down][across]: the numbers of all the planes."""
        padded = [self.padded(plane, fill) for plane in planes]
        (height, width), (down, across) = self.kernel_size, self.stride
        return [
            [
                [x for plane in padded for row in plane[top : top + height] for x in row[left : left + width]]
                for left in range(0, len(padded[0][0]) - width + 1, across)
            ]
            for top in range(0, len(padded[0]) - height + 1, down)
        ]

    def padded(self, plane: Plane, fill: Any) -> Plane:
        above, beside = self.padding
        rows = [[*[fill] * beside, *row, *[fill] * beside] for row in plane]
        empty = [[fill] * len(rows[0])] * above
        return [*empty, *rows, *empty]

    def result(self, planes: list[Plane]) -> Tensor:
        """The planes that were computed, in the form of the input."""
        return [plane[0] for plane in planes] if self.dimensions == 1 else planes

    def sizes(self, pair: Sequence[int]) -> str:
        return str(pair[1]) if self.dimensions == 1 else f"{pair[0]}x{pair[1]}"

    def details(self) -> str:
        """Sizes for a repr, those left out that are as they usually are."""
        parts = [f"kernel {self.sizes(self.kernel_size)}", f"stride {self.sizes(self.stride)}"]
        return ", ".join(parts + ([f"padding {self.sizes(self.padding)}"] if any(self.padding) else []))


class Convolution(Sliding):
    """Weighted sums of what is seen through the window: what Conv1d and Conv2d have in common."""

    weight: Any
    bias: list[Value] | None
    channels: int

    def __init__(
        self,
        channels: int,
        features: int,
        kernel_size: int | Pair,
        stride: int | Pair = 1,
        padding: int | Pair = 0,
        bias: bool = True,
        rng: random.Random | int = 0,
        *,
        draw: Initialisation = he_uniform,
    ) -> None:
        check_widths(channels, features)
        super().__init__(kernel_size, stride, padding)
        rng, size = as_random(rng), self.kernel_size[2 - self.dimensions :]
        area = self.kernel_size[0] * self.kernel_size[1]
        self.channels = channels
        self.weight = parameters((features, channels, *size), lambda: draw(channels * area, features * area, rng))
        self.bias = parameters((features,), lambda: 0.0) if bias else None
        self._kernels: list[Operands] = []

    def __call__(self, x: Tensor) -> Tensor:
        """[channels][length] or [channels][height][width] in; one such plane out for each feature."""
        self._kernels = shared(self._kernels, self.kernels())
        seen = [[Operands(window) for window in row] for row in self.windows(self.planes(x), 0.0)]
        if self.bias is not None:
            seen = [[window.followed_by(1.0) for window in row] for row in seen]
        return self.result([[[dot(kernel, each) for each in row] for row in seen] for kernel in self._kernels])

    def kernels(self) -> list[list[Value]]:
        """The weights of each feature in the order in which they meet the numbers of a window, then its bias."""
        if self.bias is None:
            return [flat(kernel) for kernel in self.weight]
        return [[*flat(kernel), b] for kernel, b in zip(self.weight, self.bias)]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.channels} -> {len(self.weight)}, {self.details()})"


class Conv1d(Convolution):
    """Features of a signal: at each position, weighted sums of the `kernel_size` numbers there, of all channels.

    >>> conv = Conv1d(1, 2, kernel_size=3, rng=0)
    >>> conv
    Conv1d(1 -> 2, kernel 3, stride 1)
    >>> [len(feature) for feature in conv([[1.0, 2.0, 3.0, 4.0, 5.0]])]
    [3, 3]

    [channels][length] in, [features][(length + 2 * padding - kernel_size) // stride + 1] out. `weight` is
    [features][channels][kernel_size], `bias` [features] or None. `padding` zeros are put at either end. `draw` is the
    initialisation of the weights. Raises ValueError for an input of another shape.
    """

    dimensions = 1


class Conv2d(Convolution):
    """Features of an image: at each position, weighted sums of what is seen through a window, in all channels.

    >>> edge = Conv2d(1, 1, kernel_size=(1, 2), bias=False)
    >>> edge.weight[0][0][0][0].data, edge.weight[0][0][0][1].data = -1.0, 1.0    # from each pixel to the next
    >>> [[pixel.data for pixel in row] for row in edge([[[0, 0, 1], [0, 1, 1]]])[0]]
    [[0.0, 1.0], [1.0, 0.0]]

    [channels][height][width] in, [features][rows][columns] out, with (height + 2 * padding - kernel_size) // stride + 1
    rows, and columns likewise. `weight` is [features][channels][down][across], `bias` [features] or None. `padding`
    zeros are put around the image. `draw` is the initialisation of the weights. Raises ValueError for an input of
    another shape. In the graph, one dot for each number that comes out. (LeCun et al. 1989)
    """


class Pooling(Sliding):
    """A summary of what is seen through the window, in each channel by itself."""

    def __init__(self, kernel_size: int | Pair, stride: int | Pair | None = None, padding: int | Pair = 0) -> None:
        super().__init__(kernel_size, kernel_size if stride is None else stride, padding)
        if any(2 * beside > size for beside, size in zip(self.padding, self.kernel_size)):
            raise ValueError(
                f"{type(self).__name__}: padding = {padding!r} for kernel_size = {kernel_size!r}\n"
                "the padding is at most half the kernel_size, so that no window is empty"
            )

    def __call__(self, x: Tensor) -> Tensor:
        """[channels][length] or [channels][height][width] in, as many channels out."""
        planes = self.planes(x)
        return self.result(
            [[[self.summary(window) for window in row] for row in self.windows([plane], self.fill)] for plane in planes]
        )

    fill: float | None = 0.0  # what the padding consists of

    def summary(self, window: list[Any]) -> Number:
        """The one number that stands for those of a window."""
        return mean(window)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.details()})"


class MaxPooling(Pooling):
    """The largest of what is seen through the window; the padding is never the largest."""

    fill = None

    def summary(self, window: list[Any]) -> Number:
        return reduce(maximum, [x for x in window if x is not None])


class MaxPool1d(MaxPooling):
    """The largest of each `kernel_size` numbers of a signal. The `stride` is the `kernel_size`, unless it is given.

    >>> MaxPool1d(2)([[1.0, 3.0, 2.0, 0.0]])
    [[3.0, 2.0]]

    [channels][length] in, [channels][(length + 2 * padding - kernel_size) // stride + 1] out. Where several numbers are
    the largest, they share the gradient, as everywhere in autograd; PyTorch gives it to the first.
    """

    dimensions = 1


class MaxPool2d(MaxPooling):
    """The largest number that is seen through a window. The `stride` is the `kernel_size`, unless it is given.

    >>> MaxPool2d(2)([[[1.0, 2.0, 5.0, 6.0], [3.0, 4.0, 7.0, 8.0]]])
    [[[4.0, 8.0]]]

    [channels][height][width] in, as many channels out. Where several numbers are the largest, they share the gradient,
    as everywhere in autograd; PyTorch gives it to the first.
    """


class AvgPool1d(Pooling):
    """The mean of each `kernel_size` numbers of a signal. The `stride` is the `kernel_size`, unless it is given.

    >>> AvgPool1d(2)([[1.0, 3.0, 2.0, 0.0]])
    [[2.0, 1.0]]

    [channels][length] in, [channels][(length + 2 * padding - kernel_size) // stride + 1] out. The zeros of the padding
    count, as in PyTorch.
    """

    dimensions = 1


class AvgPool2d(Pooling):
    """The mean of what is seen through a window. The `stride` is the `kernel_size`, unless it is given.

    >>> AvgPool2d(2)([[[1.0, 2.0, 5.0, 6.0], [3.0, 4.0, 7.0, 8.0]]])
    [[[2.5, 6.5]]]

    [channels][height][width] in, as many channels out. The zeros of the padding count, as in PyTorch.
    """
