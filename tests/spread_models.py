"""Losses and accidents for tests of training over executors: at the top of a module, so that they travel."""

from __future__ import annotations

import functools
import os
import random
import signal
import threading
import time
from pathlib import Path

import autograd as ag
import nn
from autograd import Value

smoothed = functools.partial(nn.cross_entropy, label_smoothing=0.1)


def samples(count: int = 30):
    rng = random.Random(3)
    inputs = [[rng.uniform(-1, 1), rng.uniform(-1, 1)] for _ in range(count)]
    return inputs, [int(x * y > 0) for x, y in inputs]


class Penalised:
    """A loss with Values of its own, one of which nothing trains."""

    def __init__(self, model, strength) -> None:
        self.weights, self.strength = [neuron.w[0] for neuron in model.layers[0].neurons], strength

    def __call__(self, outputs, targets):
        return nn.cross_entropy(outputs, targets) + self.strength * sum(w * w for w in self.weights)


class Deadly:
    """A loss at which the worker dies, or stops with an error, in the call that comes after so many."""

    def __init__(self, folder, calls: int, what: str, home: int) -> None:
        self.folder, self.calls, self.what, self.home = str(folder), calls, what, home

    def __call__(self, outputs, targets):
        if os.getpid() != self.home:
            Path(self.folder, f"{time.time_ns()}-{os.getpid()}").touch()
            if len(list(Path(self.folder).iterdir())) >= self.calls and (self.what == "always" or self.is_first()):
                if self.what == "error":
                    raise ZeroDivisionError("the loss divides by zero")
                os.kill(os.getpid(), signal.SIGKILL)
        return nn.cross_entropy(outputs, targets)

    def is_first(self) -> bool:
        """Whether no worker has come here before."""
        try:
            os.close(os.open(Path(self.folder, "first"), os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return False
        return True


class StubbornError(Exception):
    """An error that cannot be made anew from what pickle keeps of it."""

    def __init__(self, one, two) -> None:
        super().__init__(one)


def raising_stubbornly(outputs, targets):
    if 1 < len(outputs) < 12:
        raise StubbornError("one", "two")
    return nn.cross_entropy(outputs, targets)


def summed(outputs, targets):
    return nn.cross_entropy(outputs, targets) * len(outputs)


def plain(outputs, targets):
    """What Deadly is where nothing happens."""
    return nn.cross_entropy(outputs, targets)


class Centred(nn.MLP):
    """A model in whose batches samples meet, and which does not say so."""

    def batch(self, xs):
        outputs = super().batch(xs)
        means = [ag.mean(column) for column in zip(*outputs)]
        return [[z - middle for z, middle in zip(output, means)] for output in outputs]


FAMOUS = nn.MLP(2, [4, 2], rng=1)


def knowing(outputs, targets):
    """A loss that finds a model by its name, which in another process is the name of another model."""
    return nn.cross_entropy(outputs, targets) + 0.1 * ag.sum(p * p for p in FAMOUS.parameters())


class Gated(nn.Module):
    """Parameters for each side of -0.5, of which a sample reaches only one; and one that nothing reaches."""

    def __init__(self) -> None:
        self.left, self.right, self.idle = [Value(1.0), Value(0.5)], [Value(-1.0), Value(0.25)], Value(7.0)

    def __call__(self, x):
        slope, shift = self.left if x[0] < -0.5 else self.right
        return [slope * x[1], shift + x[0] * slope]


class Interrupting:
    """A loss during which, in a thread, somebody presses Ctrl-C."""

    calls = 0

    def __call__(self, outputs, targets):
        if threading.current_thread() is not threading.main_thread():
            Interrupting.calls += 1
            if Interrupting.calls == 40:
                os.kill(os.getpid(), signal.SIGINT)
                time.sleep(0.2)
        return nn.cross_entropy(outputs, targets)
