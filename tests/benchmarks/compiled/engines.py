"""The engines that are timed. Each makes a trainer for a task, and compiles functions with their gradients.

A trainer holds its data and its model. `compile()` gives the step: loss and gradient of all samples, and the update of
the parameters; it returns the loss as the engine has it, ours and C as a float. Whatever an engine needs is imported
when it is made. Next: measuring.py.
"""

from __future__ import annotations

import ctypes
import functools
import itertools
import shutil
import subprocess
import tempfile
from array import array
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.benchmarks.compiled.works import Function, Task, as_layers, as_numbers

Gradient = Callable[[Sequence[float]], tuple[float, list[float]]]


class Engine:
    """What engines have in common."""

    name: str
    trainer: Callable[[Task], Any]
    gradient: Callable[..., Gradient]  # of a Function: C by hand has none

    def train(self, task: Task, steps: int) -> float:
        """A whole training; the last loss."""
        step = self.trainer(task).compile()
        for _ in range(steps):
            loss = step()
        return float(loss)


# ---- ours ------------------------------------------------------------------------------------------


class Ours(Engine):
    """scalar-autograd, compiled."""

    name = "ours"

    def __init__(self) -> None:
        import autograd
        import nn

        self.autograd, self.nn = autograd, nn

    def trainer(self, task: Task) -> OurTrainer:
        return OurTrainer(self, task)

    def train(self, task: Task, steps: int) -> float:
        trainer = self.trainer(task)
        history = self.nn.fit(
            trainer.model,
            task.inputs,
            task.targets,
            loss=trainer.loss,
            lr=task.lr,
            epochs=steps,
            compile=True,
            progress=False,
        )
        return history.loss[-1]

    def compiled(self, f: Function, backend: str = "auto") -> Callable[[Sequence[float]], Any]:
        return self.autograd.compile(functools.partial(f, self.autograd), backend=backend)

    def gradient(self, f: Function, backend: str = "auto") -> Gradient:
        value_and_grad = self.autograd.value_and_grad(functools.partial(f, self.autograd))
        return self.autograd.compile(value_and_grad, backend=backend)


class OurTrainer:
    def __init__(self, engine: Ours, task: Task) -> None:
        self.engine, self.task = engine, task
        self.model = engine.nn.MLP(task.widths[0], task.widths[1:], activation="relu", rng=0)
        for parameter, number in zip(self.model.parameters(), task.start()):
            parameter.data = number
        samples, width = len(task.inputs), task.widths[0]
        flat = array("d", itertools.chain.from_iterable(task.inputs))
        self.inputs = memoryview(flat).cast("B").cast("d", (samples, width))
        self.targets = array("d", task.targets)

    def loss(self, outputs: Any, targets: Any) -> Any:
        if self.task.name == "digits":
            return self.engine.nn.cross_entropy(outputs, targets)
        penalty = self.engine.autograd.sum(p * p for p in self.model.parameters())
        return self.engine.nn.hinge_loss(outputs, targets) + 1e-4 * penalty

    def compile(self) -> Callable[[], float]:
        nn = self.engine.nn
        self.step = nn.compile_step(self.model, self.loss, nn.SGD(self.model.parameters(), lr=self.task.lr))
        return functools.partial(self.step, self.inputs, self.targets)

    def parameters(self) -> list[float]:
        self.step.update_values()
        return [p.data for p in self.model.parameters()]


# ---- C by hand -------------------------------------------------------------------------------------


BY_HAND = Path(__file__).with_name("by_hand.c")
ROWS = {"moons": (16, 16, 1), "digits": (32, 16)}  # in by_hand.c, how long the rows of each layer's matrix are


class ByHand(Engine):
    """by_hand.c, compiled by gcc for this machine, called through ctypes. Its steps only: it has no gradients."""

    name = "C"

    def __init__(self) -> None:
        if not shutil.which("gcc"):
            raise ImportError("no gcc")

    @functools.cached_property
    def library(self) -> ctypes.CDLL:
        with tempfile.TemporaryDirectory() as folder:
            compiled, library = f"{folder}/by_hand.o", f"{folder}/by_hand.so"
            quick = ["-O3", "-march=native", "-ffast-math", "-fPIC"]
            subprocess.run(["gcc", *quick, "-c", "-o", compiled, str(BY_HAND)], check=True)
            # Linked with -ffast-math too, the library would flush subnormal numbers to zero in the whole process.
            subprocess.run(["gcc", "-shared", "-o", library, compiled, "-lm"], check=True)
            return ctypes.CDLL(library)

    def trainer(self, task: Task) -> HandTrainer:
        return HandTrainer(self, task)


class HandTrainer:
    def __init__(self, engine: ByHand, task: Task) -> None:
        self.engine, self.task = engine, task
        self.places = list(places(task.widths, ROWS[task.name]))
        self.inputs = array("d", [x for sample in task.inputs for x in (*sample, 1.0)])
        self.targets = array("d", task.targets)

    def compile(self) -> Callable[[], float]:
        library = self.engine.library
        library.aligned_numbers.restype = ctypes.POINTER(ctypes.c_double)
        self.weights = library.aligned_numbers(max(self.places) + 1)
        for place, number in zip(self.places, self.task.start()):
            self.weights[place] = number
        step = getattr(library, f"{self.task.name}_step")
        step.restype = ctypes.c_double
        buffers = [(ctypes.c_double * len(each)).from_buffer(each) for each in (self.inputs, self.targets)]
        return functools.partial(step, self.weights, *buffers, ctypes.c_double(self.task.lr))

    def parameters(self) -> list[float]:
        return [self.weights[place] for place in self.places]


def places(widths: Sequence[int], rows: Sequence[int]) -> Iterator[int]:
    """Where by_hand.c keeps each parameter, neuron by neuron: matrices with the biases in the last row."""
    start = 0
    for (nin, nout), row in zip(itertools.pairwise(widths), rows):
        yield from (start + i * row + j for j in range(nout) for i in range(nin + 1))
        start += (nin + 1) * row


# ---- JAX -------------------------------------------------------------------------------------------


class Jax(Engine):
    """JAX: the whole step in one jit, which may overwrite the parameters. Without asynchronous dispatch, which on one
    thread is slower; so a step is done when its call returns."""

    name = "jax"

    def __init__(self) -> None:
        import jax
        import jax.numpy
        import numpy

        jax.config.update("jax_enable_x64", True)
        jax.config.update("jax_cpu_enable_async_dispatch", False)
        self.jax, self.numpy = jax, numpy

    def trainer(self, task: Task) -> JaxTrainer:
        return JaxTrainer(self.jax, task)

    def gradient(self, f: Function) -> Gradient:
        """At its best: one array in, one out, and without the emitters that compute a shared result for each user."""
        jax, numpy = self.jax, self.numpy
        value_and_grad = jax.value_and_grad(lambda x: f(jax.numpy, list(x)))

        @functools.partial(jax.jit, compiler_options={"xla_cpu_use_fusion_emitters": False})
        def joined(x: Any) -> Any:
            value, slopes = value_and_grad(x)
            return jax.numpy.append(slopes, value)

        def gradient(x: Sequence[float]) -> tuple[float, list[float]]:
            *slopes, value = numpy.asarray(joined(numpy.array(x))).tolist()
            return value, slopes

        return gradient

    def usual_gradient(self, f: Function) -> Gradient:
        """With default options: numbers in and out one by one, since fused into arrays it takes 600 times as long."""
        value_and_grad = self.jax.jit(self.jax.value_and_grad(functools.partial(f, self.jax.numpy)))

        def gradient(x: Sequence[float]) -> tuple[float, list[float]]:
            value, slopes = value_and_grad(x)
            return float(value), [float(slope) for slope in slopes]

        return gradient


class JaxTrainer:
    def __init__(self, jax: Any, task: Task) -> None:
        self.jax, self.task = jax, task
        self.layers = [(jax.numpy.array(w), jax.numpy.array(b)) for w, b in as_layers(task.widths, task.start())]
        self.inputs, self.targets = jax.numpy.array(task.inputs), jax.numpy.array(task.targets)

    def loss(self, layers: Any, inputs: Any, targets: Any) -> Any:
        jax, jnp = self.jax, self.jax.numpy
        *hidden, (w, b) = layers
        for each, bias in hidden:
            inputs = jax.nn.relu(inputs @ each + bias)
        z = inputs @ w + b
        if self.task.name == "digits":
            right = jnp.take_along_axis(z, targets[:, None], axis=1)[:, 0]
            return jnp.mean(jax.nn.logsumexp(z, axis=1) - right)
        penalty = sum(jnp.sum(p * p) for layer in layers for p in layer)
        return jnp.mean(jax.nn.relu(1 - targets * z[:, 0])) + 1e-4 * penalty

    def compile(self) -> Callable[[], Any]:
        jax, lr = self.jax, self.task.lr

        @functools.partial(jax.jit, donate_argnums=0)
        def descend(layers: Any, inputs: Any, targets: Any) -> Any:
            loss, slopes = jax.value_and_grad(self.loss)(layers, inputs, targets)
            return jax.tree.map(lambda p, g: p - lr * g, layers, slopes), loss

        def step() -> Any:
            self.layers, loss = descend(self.layers, self.inputs, self.targets)
            return loss

        return step

    def parameters(self) -> list[float]:
        return as_numbers([(w.tolist(), b.tolist()) for w, b in self.layers])


# ---- PyTorch ---------------------------------------------------------------------------------------


class Torch(Engine):
    """PyTorch, eager: matrices, and an update in place of all parameters at once, which is faster than torch.optim."""

    name = "torch"

    def __init__(self) -> None:
        import torch

        torch.set_num_threads(1)
        self.torch = torch

    def trainer(self, task: Task) -> TorchTrainer:
        return TorchTrainer(self.torch, task)

    def gradient(self, f: Function) -> Gradient:
        torch = self.torch

        def gradient(x: Sequence[float]) -> tuple[float, list[float]]:
            leaf = torch.tensor(x, dtype=torch.float64, requires_grad=True)
            value = f(torch, leaf.unbind())
            return value.item(), torch.autograd.grad(value, leaf)[0].tolist()

        return gradient


class TorchTrainer:
    def __init__(self, torch: Any, task: Task) -> None:
        self.torch, self.task = torch, task
        made = functools.partial(torch.tensor, dtype=torch.float64)
        layers = as_layers(task.widths, task.start())
        self.layers = [(made(w, requires_grad=True), made(b, requires_grad=True)) for w, b in layers]
        self.flat = [p for layer in self.layers for p in layer]
        self.inputs = made(task.inputs)
        self.targets = torch.tensor(task.targets) if task.name == "digits" else made(task.targets)

    def loss(self) -> Any:
        torch, x = self.torch, self.inputs
        *hidden, (w, b) = self.layers
        for each, bias in hidden:
            x = torch.addmm(bias, x, each).relu()
        z = torch.addmm(b, x, w)
        if self.task.name == "digits":
            return torch.nn.functional.cross_entropy(z, self.targets)
        penalty = sum((p * p).sum() for p in self.flat)
        return (1 - self.targets * z[:, 0]).relu().mean() + 1e-4 * penalty

    def compile(self) -> Callable[[], Any]:
        torch = self.torch

        def step() -> Any:
            loss = self.loss()
            slopes = torch.autograd.grad(loss, self.flat)
            with torch.no_grad():
                torch._foreach_add_(self.flat, slopes, alpha=-self.task.lr)
            return loss.detach()

        return step

    def parameters(self) -> list[float]:
        return as_numbers([(w.tolist(), b.tolist()) for w, b in self.layers])


ENGINES: dict[str, type[Engine]] = {kind.name: kind for kind in (Ours, ByHand, Jax, Torch)}
