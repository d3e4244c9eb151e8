"""Resumable: what can say in plain numbers where it stands, and go on from there. Optimizers and schedules do.

Next: optim.py.
"""

from __future__ import annotations

import copy
import math
from numbers import Integral, Real
from typing import Any, ClassVar


class Resumable:
    """An object whose public attributes are its state: numbers, flags, names, lists of them, and other such objects.

    >>> class Counter(Resumable):
    ...     def __init__(self):
    ...         self.steps = 0
    ...     def check(self):
    ...         check_whole(self, "steps")
    >>> counter = Counter()
    >>> counter.load_state_dict({"kind": "Counter", "steps": 7})
    >>> counter.state_dict()
    {'kind': 'Counter', 'steps': 7}

    A subclass names in `left_out` the attributes that are not state, and says in `check` what makes no sense.
    """

    left_out: ClassVar[tuple[str, ...]] = ()

    def state_dict(self) -> dict[str, Any]:
        """Where this object stands, in dicts, lists and plain numbers: ready for JSON."""
        return {"kind": type(self).__name__, **{name: plain(member) for name, member in self.members().items()}}

    def load_state_dict(self, saved: dict[str, Any]) -> None:
        """Go on from what `state_dict` gave. ValueError for a state of something else, and then nothing has changed."""
        for part, members in self.agreed(saved):
            vars(part).update(members)

    def check(self) -> None:
        """ValueError for a state that makes no sense."""

    def members(self) -> dict[str, Any]:
        return {name: each for name, each in vars(self).items() if name not in self.left_out and name[0] != "_"}

    def agreed(self, saved: Any) -> list[tuple[Resumable, dict[str, Any]]]:
        """What is to be set in this object and in each that it holds, after a check of all."""
        kind, members = type(self).__name__, self.members()
        found = saved.get("kind") if isinstance(saved, dict) else saved
        if found != kind:
            raise ValueError(f"{kind}: a state of {found!r:.60}\ngive it what the state_dict() of such a {kind} gave")
        for name in sorted(members.keys() ^ (saved.keys() - {"kind"})):
            raise ValueError(
                f"{kind}: {name!r} is {'missing from' if name in members else 'unknown in'} the state\n"
                "give it what state_dict() gave"
            )
        parts = {name: each for name, each in members.items() if isinstance(each, Resumable)}
        own = {name: restored(saved[name], each) for name, each in members.items() if name not in parts}
        trial = copy.copy(self)
        vars(trial).update(own)
        trial.check()
        return [(self, own), *(pair for name, part in parts.items() for pair in part.agreed(saved[name]))]


def plain(member: Any) -> Any:
    """A member as JSON knows it.

    >>> plain((0.9, (True, 3)))
    [0.9, [True, 3]]
    """
    if isinstance(member, Resumable):
        return member.state_dict()
    if isinstance(member, (list, tuple)):
        return [plain(each) for each in member]
    if isinstance(member, Integral) and not isinstance(member, bool):
        return int(member)
    if isinstance(member, Real) and not isinstance(member, bool):
        return float(member)  # of NumPy, for instance
    return member


def restored(saved: Any, like: Any) -> Any:
    """What `plain` was given, if it was something like the member that is there now.

    >>> restored([[0.9], []], [(), ()])
    [(0.9,), ()]
    """
    if isinstance(like, (list, tuple)) and isinstance(saved, (list, tuple)):
        return type(like)(tuple(each) if isinstance(each, list) else each for each in saved)
    return saved


# ---- checks of settings -----------------------------------------------------------------------------


def is_number(setting: Any) -> bool:
    return isinstance(setting, Real) and not isinstance(setting, bool)


def check_numbers(owner: Any, *names: str) -> None:
    """ValueError unless these are finite numbers from 0 up."""
    for name in names:
        number = getattr(owner, name)
        if not is_number(number) or not 0 <= number < math.inf:
            raise ValueError(f"{type(owner).__name__}: {name} = {number!r:.60}\n{name} is a number from 0 up")


def check_above_zero(owner: Any, *names: str) -> None:
    """ValueError unless these are finite numbers above 0."""
    for name in names:
        number = getattr(owner, name)
        if not is_number(number) or not 0 < number < math.inf:
            raise ValueError(f"{type(owner).__name__}: {name} = {number!r:.60}\n{name} is a number above 0")


def check_shares(owner: Any, *names: str) -> None:
    """ValueError unless these are numbers from 0 to below 1."""
    for name in names:
        number = getattr(owner, name)
        if not is_number(number) or not 0 <= number < 1:
            raise ValueError(f"{type(owner).__name__}: {name} = {number!r:.60}\n{name} is a number from 0 to below 1")


def check_whole(owner: Any, *names: str, least: int = 0) -> None:
    """ValueError unless these are whole numbers from `least` up."""
    for name in names:
        number = getattr(owner, name)
        if isinstance(number, bool) or not isinstance(number, Integral) or number < least:
            raise ValueError(
                f"{type(owner).__name__}: {name} = {number!r:.60}\n{name} is a whole number from {least} up"
            )


def check_choice(owner: Any, name: str, *choices: Any) -> None:
    """ValueError unless this is one of the choices, such as True and False."""
    setting = getattr(owner, name)
    if not any(setting is choice or (isinstance(choice, str) and setting == choice) for choice in choices):
        raise ValueError(
            f"{type(owner).__name__}: {name} = {setting!r:.60}\n{name} is {' or '.join(map(repr, choices))}"
        )


def check_flags(owner: Any, *names: str) -> None:
    for name in names:
        check_choice(owner, name, True, False)
