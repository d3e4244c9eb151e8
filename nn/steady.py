"""Steady: a look at whether a model, when it is tried out, leaves everything as it was. Next: native.py."""

from __future__ import annotations

import random
import sys
import threading
from collections.abc import Sequence
from numbers import Real
from typing import Any

from autograd import no_grad
from nn.module import Module
from nn.samples import CompileError
from nn.state import generators


class Steady:
    """A block in which a model must draw no random numbers and change nothing: in code it would be so for ever after.

    Looks at the generators that the model holds, at `random`'s own, and at NumPy's, if it is in use, and at the model's
    attributes; and leaves them as they were. Where other threads may have drawn from the common generators, the model
    is tried again, a sample at a time.
    """

    def __init__(self, model: Any, inputs: Sequence[Any]) -> None:
        self.model, self.inputs = model, inputs
        self.own = list(generators(model).values())
        self.parts = model.modules() if isinstance(model, Module) else []
        self.numpy = getattr(sys.modules.get("numpy"), "random", None)

    def states(self) -> tuple[list[Any], list[Any]]:
        """Of the model's own generators, and of those that are everybody's."""
        common: list[Any] = [random.getstate()]
        if self.numpy:
            name, words, *rest = self.numpy.get_state()
            common.append((name, words.tobytes(), rest))
        return [generator.getstate() for generator in self.own], common

    def __enter__(self) -> None:
        self.before = self.states()
        self.of_numpy = self.numpy.get_state() if self.numpy else None
        self.members = [(part, {name: kept(each) for name, each in vars(part).items()}) for part in self.parts]

    def __exit__(self, kind: type[BaseException] | None, *exception: object) -> None:
        own, common = (now != then for now, then in zip(self.states(), self.before))
        self.put_back()
        changes = self.has_changed()
        if kind is not None and not issubclass(kind, Exception):
            return  # Ctrl-C
        if own or (common and (threading.active_count() == 1 or self.draws())):
            raise CompileError("the model draws random numbers")
        if changes and kind is None:
            raise CompileError("the model changes itself as it computes")

    def put_back(self) -> None:
        for generator, state in zip(self.own, self.before[0]):
            generator.setstate(state)
        random.setstate(self.before[1][0])
        if self.numpy:
            self.numpy.set_state(self.of_numpy)

    def has_changed(self) -> bool:
        """Whether parts of the model have other public attributes than before; then they have the old ones again."""
        changed = False
        for part, members in self.members:
            for name in vars(part).keys() - members.keys():  # made while it was tried out
                changed = changed or not name.startswith("_")
                delattr(part, name)
            for name, before in members.items():
                if not same(vars(part).get(name), before):
                    changed = changed or not name.startswith("_")
                    setattr(part, name, before)
        return changed

    def draws(self) -> bool:
        """Whether for some sample the common generators move each time that the model is asked."""
        with no_grad():
            return any(all(self.moved_by(x) for _ in range(20)) for x in self.inputs)

    def moved_by(self, x: Any) -> bool:
        before = self.states()[1]
        self.model(x)
        return self.states()[1] != before


def kept(member: Any) -> Any:
    """An attribute as it is now: lists and dicts of it are copied, what is in them is not.

    >>> kept([1.0, [2.0]])
    [1.0, [2.0]]
    """
    if type(member) is list:
        return [kept(each) for each in member]
    return {name: kept(each) for name, each in member.items()} if type(member) is dict else member


def same(now: Any, before: Any) -> bool:
    """Whether an attribute is what was kept of it: the same objects, or equal numbers."""
    if type(now) is list and type(before) is list:
        return len(now) == len(before) and all(map(same, now, before))
    if type(now) is dict and type(before) is dict:
        return now.keys() == before.keys() and all(same(now[name], before[name]) for name in now)
    return now is before or (isinstance(now, (Real, str)) and type(now) is type(before) and now == before)
