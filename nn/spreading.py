"""Training over several workers: `fit(..., executor=)`. Each batch is cut into pieces, whose gradients are added up.

The loss over a batch is the mean of the losses of its samples, so its gradient is the mean of theirs, and does not mind
where they are computed. The pieces and the order in which they are added depend on the batch alone: the result is the
same, bit for bit, with threads, processes or machines, and with however many of them. The other side is piecework.py.
Next: train.py.
"""

from __future__ import annotations

import itertools
import math
import operator
import warnings
from array import array
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from numbers import Integral
from typing import Any

from autograd import Value, no_grad
from nn.module import batch_through
from nn.native import check_parts, reached_from
from nn.piecework import Copy, Failed, Share, Unknown, Work, packed, share_of
from nn.samples import CompileError, as_targets, data_of, spread
from nn.state import Buffer, places_in
from nn.steady import Steady
from nn.tensors import as_lists
from nn.trainers import Eager, Native, Task

Workers = Executor | Callable[[], Executor]
TRIES = 3  # of a piece whose worker was lost, before it is computed here


class Spread:
    """A trainer that lets an executor's workers compute the gradients of pieces of each batch.

    A worker that is lost costs a retry: on the same executor, or, if that is broken, on another like it, which this
    trainer makes and closes. If no worker answers in three tries, the rest of the training runs here, with a warning.
    What the model or the loss raises is raised here.
    """

    def __init__(self, task: Task, executor: Workers, pieces: int, compiled: Native | None) -> None:
        check_separable(task)
        self.task, self.pieces, self.workers = task, pieces, executor
        self.measuring = compiled or Eager(task)
        backend = compiled.training.gradient.backend if compiled else ""
        recipe = packed(task.model, task.loss, task.optimizer.params, task.counting, backend)
        self.recipe, self.key, self.values = recipe
        check_copy(task, Copy(self.recipe), self.values)
        self.inputs, self.targets = [as_lists(x) for x in task.inputs], as_targets(task.targets)
        self.own: Executor | None = None  # one that was made here
        self.executor: Executor | None = executor if isinstance(executor, Executor) else None
        self.is_known = False  # whether the workers may have the model
        if self.executor is None:
            self.renew()

    def shuffle(self, order: list[int]) -> None:
        self.order = order

    def step(self, begin: int, end: int) -> tuple[float, float]:
        task = self.task
        pieces = cut(self.order[begin:end], self.pieces)
        numbers = array("d", [value.data for value in self.values]).tobytes()
        shares = self.gathered([self.work(piece, numbers) for piece in pieces])
        parts = [len(piece) / (end - begin) for piece in pieces]
        task.optimizer.zero_grad()
        for parameter, slopes in zip(task.optimizer.params, zip(*(share.slopes for share in shares))):
            if None not in slopes:
                parameter.grad = sum(map(operator.mul, slopes, parts))
            elif any(slope is not None for slope in slopes):  # not every piece reaches it
                parameter.grad = sum(part * slope for part, slope in zip(parts, slopes) if slope is not None)
        task.clipping.clip(task.optimizer.params)
        task.optimizer.step()
        loss = sum(part * share.loss for part, share in zip(parts, shares))
        return loss, sum(share.right for share in shares)

    def work(self, piece: list[int], numbers: bytes) -> Work:
        """What a worker is told about a piece, and what the Values hold."""
        return Work(self.key, numbers, [self.inputs[k] for k in piece], [self.targets[k] for k in piece])

    def update_values(self) -> None:
        """Nothing to do: the Values are what is moved."""

    def read_values(self) -> None:
        """Nothing to do, but for the code that measures."""
        self.measuring.read_values()

    def measure(self) -> dict[str, float]:
        return self.measuring.measure()

    def close(self) -> None:
        """Give back the workers that were made here."""
        if self.own is not None:
            self.own.shutdown(wait=False)  # what it was given is done, or cancelled

    # -- handing out

    def gathered(self, works: list[Work]) -> list[Share]:
        """The share of each piece, in order; as often as it takes."""
        shares: list[Share | None] = [None] * len(works)
        trouble: BaseException | None = None
        for _ in range(TRIES if self.executor is not None else 0):
            trouble = self.hand_out(works, shares)
            if trouble is None:
                break
            if isinstance(trouble, BrokenExecutor):
                self.renew()
        if trouble is not None:
            self.executor = None
            reason = f"{type(trouble).__name__}: {trouble}".partition("\n")[0]
            told = f"fit: the executor gives no answers ({reason:.120})\nthe training goes on without it"
            warnings.warn(told, RuntimeWarning, stacklevel=7)
        for place, work in enumerate(works):
            if shares[place] is None:
                shares[place] = answer(share_of(work._replace(recipe=self.recipe)))
        return [share for share in shares if share is not None]

    def hand_out(self, works: list[Work], shares: list[Share | None]) -> BaseException | None:
        """Ask for all shares that are missing, and fill in those that come; what went wrong, if something did."""
        futures: dict[int, Future[Any]] = {}
        answers: dict[int, Any] = {}
        trouble: BaseException | None = None
        try:
            for place, work in enumerate(works):
                if shares[place] is None:
                    futures[place] = self.submitted(work, with_recipe=not self.is_known)
            for place, future in futures.items():
                answers[place] = future.result()
                if isinstance(answers[place], Unknown):
                    answers[place] = self.submitted(works[place], with_recipe=True).result()
        except Exception as lost:  # the worker or the way to it: what the model raises comes as an answer
            trouble = lost
        finally:
            for future in futures.values():
                future.cancel()
        for place, found in answers.items():
            shares[place] = answer(found)
        self.is_known = trouble is None
        return trouble

    def submitted(self, work: Work, with_recipe: bool) -> Future[Any]:
        assert self.executor is not None
        return self.executor.submit(share_of, work._replace(recipe=self.recipe) if with_recipe else work)

    def renew(self) -> None:
        """Other workers, for those that were lost."""
        self.is_known = False
        broken = self.own or self.executor
        made = alike(self.workers) if isinstance(self.workers, Executor) else self.workers()
        if (made is not None and not isinstance(made, Executor)) or (made is None and callable(self.workers)):
            raise TypeError(
                f"fit: executor() gave {made!r:.60}\ngive an Executor, or a function that makes one each time"
            )
        if made is not None:
            if self.own is not None and broken is self.own:
                self.own.shutdown(wait=False)
            self.own = self.executor = made


def answer(found: Share | Failed | Unknown) -> Share:
    """A worker's share; the error that its model or loss raised is raised here."""
    if isinstance(found, Failed):
        if found.error is None:
            raise RuntimeError(f"fit: a worker's model failed: {found.told.strip().splitlines()[-1]}\n{found.told}")
        raise found.error from RemoteError(found.told)
    assert isinstance(found, Share)
    return found


class RemoteError(Exception):
    """The traceback of an error at a worker, as text."""

    def __str__(self) -> str:
        return f"at a worker:\n{self.args[0]}"


def cut(order: list[int], pieces: int) -> list[list[int]]:
    """So many pieces of nearly the same length, the longer ones first; fewer, if there is not enough.

    >>> cut([4, 1, 3, 0, 2], 2), cut([1, 0], 8)
    ([[4, 1, 3], [0, 2]], [[1], [0]])
    """
    pieces = min(pieces, len(order))
    length, longer = divmod(len(order), pieces)
    ends = [k * length + min(k, longer) for k in range(pieces + 1)]
    return [order[begin:end] for begin, end in itertools.pairwise(ends)]


def alike(executor: Executor) -> Executor | None:
    """Another executor like one that is broken; None if it is not known how."""
    if not isinstance(executor, ProcessPoolExecutor):
        return None
    names = ["max_workers", "mp_context", "initializer", "initargs"]  # private, and there since Python 3.7
    names += ["max_tasks_per_child"] if hasattr(executor, "_max_tasks_per_child") else []  # since Python 3.11
    return ProcessPoolExecutor(**{name: getattr(executor, f"_{name}") for name in names})


def checked_workers(executor: Any, pieces: Any) -> tuple[Workers | None, int]:
    """What `fit` was given as `executor` and `pieces`; an error for what cannot be one."""
    if executor is not None and not isinstance(executor, Executor) and not callable(executor):
        raise TypeError(
            f"fit: executor = {executor!r:.60}\ngive a concurrent.futures.Executor, or a function that makes one"
        )
    if isinstance(pieces, bool) or not isinstance(pieces, Integral) or pieces < 1:
        raise ValueError(f"fit: pieces = {pieces!r:.60}\npieces is a whole number from 1 up")
    return executor, int(pieces)


def check_separable(task: Task) -> None:
    """ValueError unless the loss over a batch is the mean over its samples, each computed without the others."""
    try:
        check_parts(task.model)
        inputs, targets = spread(task.inputs, task.targets)
        with Steady(task.model, inputs), no_grad():
            before = buffers(task)
            outputs = batch_through([task.model], inputs)
            together = data_of(task.loss(outputs, targets))
            alone = [
                data_of(task.loss(batch_through([task.model], [x]), [target])) for x, target in zip(inputs, targets)
            ]
        if buffers(task) != before:
            raise CompileError("the model remembers something of each batch")
        mean = math.fsum(alone) / len(alone) if all(map(math.isfinite, alone)) else math.nan
        if not (math.isnan(mean) or math.isclose(together, mean, rel_tol=1e-9, abs_tol=1e-12)):
            raise CompileError(f"the loss of {len(alone)} samples is {together:.6g}, the mean of theirs {mean:.6g}")
    except CompileError as reason:
        raise ValueError(f"fit: no executor can share this training: {reason}\nleave the executor out") from None


def check_copy(task: Task, copy: Copy, values: list[Value]) -> None:
    """ValueError if a worker's loss would reach parameters that were not sent, but found by their name: others."""
    for mine, original in zip(copy.values, values):
        mine.data = original.data
    inputs, targets = spread(task.inputs, task.targets)
    error = copy.loss(copy.model.batch(inputs[:1]), targets[:1])
    if not reached_from(error).isdisjoint(task.optimizer.params):
        raise ValueError(
            "fit: no executor can share this training: its loss finds parameters by itself, and workers have copies\n"
            "let the loss be an object that holds the model, or leave the executor out"
        )


def buffers(task: Task) -> str:
    """What the model remembers beside its parameters, as text."""
    return repr([place.numbers for place in places_in(task.model).values() if isinstance(place, Buffer)])
