"""What a worker does: the gradient over one piece of a batch. The other side of spreading.py, which hands it out.

Plain numbers travel. A model goes to a worker once, as a recipe from which its Values are left out; each piece of work
then brings what the Values hold by now, and the samples, and takes back a loss and a list of slopes. Next:
spreading.py.
"""

from __future__ import annotations

import hashlib
import io
import pickle
import threading
import traceback
from array import array
from typing import Any, NamedTuple

from autograd import Value
from nn.classifying import accuracy
from nn.native import CompiledStep
from nn.optim import SGD

MOST_KEPT = 4  # models that a worker remembers
kept = threading.local()  # each thread has models of its own: they hold gradients


class Work(NamedTuple):
    """A piece of a batch: which model, what its Values hold (float64 bytes), and the samples. `recipe` where asked."""

    key: str
    numbers: bytes
    inputs: list[Any]
    targets: list[Any]
    recipe: bytes | None = None


class Share(NamedTuple):
    """What a piece gives: its mean loss, how many samples were right, and the loss's slopes; None for no gradient."""

    loss: float
    right: float
    slopes: list[float | None]


class Failed(NamedTuple):
    """That the model or the loss raised an error, which is to be raised where the training runs."""

    error: BaseException | None  # None if it cannot travel
    told: str


class Unknown(NamedTuple):
    """That this worker does not have the model yet."""

    key: str


def share_of(work: Work) -> Share | Failed | Unknown:
    """The loss and the gradient over a piece. Runs at the worker; an error of the model is given back, not raised."""
    try:
        copy = copy_of(work)
        return copy.share(work) if copy is not None else Unknown(work.key)
    except Exception as error:
        told = "".join(traceback.format_exception(error))
        try:
            pickle.loads(pickle.dumps(error))
        except Exception:
            return Failed(None, told)
        return Failed(error, told)


def copy_of(work: Work) -> Copy | None:
    """This worker's copy of the model, made from the recipe if it came along; None if it is not here."""
    copies: dict[str, Copy] = vars(kept).setdefault("copies", {})
    if work.key not in copies and work.recipe is not None:
        while len(copies) >= MOST_KEPT:
            copies.pop(next(iter(copies)))
        copies[work.key] = Copy(work.recipe)
    return copies.get(work.key)


class Copy:
    """A worker's copy of a model with its loss: made from a recipe, and given numbers with each piece of work."""

    def __init__(self, recipe: bytes) -> None:
        self.values: list[Value] = []
        made = Unpacking(io.BytesIO(recipe), self.values).load()
        self.model, self.loss, self.params, self.counting, backend = made
        self.step: CompiledStep | None = None
        if backend:
            self.step = CompiledStep(self.model, self.loss, SGD(self.params, lr=0.0), backend, counting=self.counting)

    def share(self, work: Work) -> Share:
        """The loss over these samples, and its slopes by the parameters."""
        for value, number in zip(self.values, array("d", work.numbers)):
            value.data = number
        return self.compiled(work, self.step) if self.step else self.eager(work)

    def eager(self, work: Work) -> Share:
        outputs = self.model.batch(work.inputs)
        error = self.loss(outputs, work.targets)
        for parameter in self.params:
            parameter.zero_grad()
        error.backward()
        right = accuracy(outputs, work.targets) * len(work.inputs) if self.counting else 0.0
        return Share(error.data, right, [p.grad if p.grad_is_computed else None for p in self.params])

    def compiled(self, work: Work, step: CompiledStep) -> Share:
        bound, count = step.bind(work.inputs, work.targets), len(work.inputs)
        step.gradient.refresh()
        bound.gradient(0, count)
        reached = dict(zip(step.params, step.slopes))
        slopes = [reached[p] / count if p in reached else None for p in self.params]
        return Share(step.totals[0] / count, step.totals[1], slopes)


# ---- recipes ---------------------------------------------------------------------------------------------------------


class Packing(pickle.Pickler):
    """A pickler that leaves Values out: each is named by its place in a list, and its number travels apart."""

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file, protocol=4)
        self.places: dict[Value, int] = {}

    def persistent_id(self, part: Any) -> int | None:
        if not isinstance(part, Value):
            return None
        if part.op:
            raise pickle.PicklingError(f"it holds {part!r:.60}, which was computed from others")
        return self.places.setdefault(part, len(self.places))


class Unpacking(pickle.Unpickler):
    """The way back: a new Value for each that was left out."""

    def __init__(self, file: io.BytesIO, values: list[Value]) -> None:
        super().__init__(file)
        self.values = values

    def persistent_load(self, place: int) -> Value:
        while len(self.values) <= place:
            self.values.append(Value(0.0))
        return self.values[place]


def packed(*parts: Any) -> tuple[bytes, str, list[Value]]:
    """A recipe of a model and what goes with it, its key, and the Values that were left out.

    >>> import nn
    >>> recipe, key, values = packed(nn.MLP(2, [3, 1]))
    >>> len(values), len(key)
    (13, 64)

    Functions travel by name, so a lambda does not; where cloudpickle is installed, as it is with Dask, it does.
    Raises TypeError, with what cannot travel.
    """
    pickler, file = recipe_pickler()
    try:
        pickler.dump(parts)
    except Exception as error:
        reason = str(error).partition("\n")[0]
        raise TypeError(
            f"fit: the model or the loss cannot be sent to workers: {reason:.120}\n"
            "define its class and functions at the top of a module, with def"
        ) from None
    return file.getvalue(), hashlib.sha256(file.getvalue()).hexdigest(), list(pickler.places)


def recipe_pickler() -> tuple[Any, io.BytesIO]:
    file = io.BytesIO()
    try:
        import cloudpickle
    except ImportError:
        return Packing(file), file

    class CloudPacking(Packing, cloudpickle.CloudPickler):
        pass

    return CloudPacking(file), file
