"""Nested lists, tuples and dicts of numbers and Values: taken apart into a flat list, and put together again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from autograd.floats import as_float
from autograd.value import Value

# How to put a structure together again from what stands in the places of its numbers.
Rebuild = Callable[[Sequence[Any]], Any]


def flatten(structure: Any, name: str, kind: str = "an argument", others: bool = False) -> tuple[list[Any], Rebuild]:
    """The numbers and Values of a structure in order, and the function that puts others in their places.

    >>> leaves, rebuild = flatten({"w": [1, 2.5], "b": 3}, "flatten")
    >>> leaves
    [1.0, 2.5, 3.0]
    >>> rebuild(["x", "y", "z"])
    {'w': ['x', 'y'], 'b': 'z'}

    Raises TypeError, in the name of the function `name`, for anything else inside, unless `others` lets it be.
    """
    leaves: list[Any] = []

    def leaf(part: Any) -> Any:
        return part if others or isinstance(part, Value) else _number(part, name, kind)

    return leaves, _take_apart(structure, leaves, leaf)


def _take_apart(part: Any, leaves: list[Any], leaf: Callable[[Any], Any]) -> Rebuild:
    if isinstance(part, (list, tuple)):
        make: Callable[[Iterable[Any]], Any] = getattr(type(part), "_make", list if isinstance(part, list) else tuple)
        if set(map(type, part)) <= PLAIN:  # the usual case, made fast
            start, end = len(leaves), len(leaves) + len(part)
            leaves.extend(part)
            return lambda replacements: make(replacements[start:end])
        members = [_take_apart(member, leaves, leaf) for member in part]
        return _by_turns(members, make)
    if type(part) not in PLAIN and isinstance(part, Mapping):
        keys = list(part)
        members = [_take_apart(part[key], leaves, leaf) for key in keys]
        return _by_turns(members, lambda rebuilt: dict(zip(keys, rebuilt)))
    index = len(leaves)
    leaves.append(leaf(part))
    return lambda replacements: replacements[index]


PLAIN = {float, Value}


def _by_turns(members: list[Rebuild], make: Callable[[Iterable[Any]], Any]) -> Rebuild:
    return lambda replacements: make([member(replacements) for member in members])


def _number(part: Any, name: str, kind: str) -> float:
    try:
        return as_float(part, name)
    except TypeError as error:
        remedy = str(error).partition("\n")[2]
        if hasattr(part, "tolist"):
            remedy = "write x.tolist(): numbers, Values, and lists, tuples or dicts of them can be differentiated"
        elif hasattr(part, "__iter__") and not isinstance(part, (str, bytes)):
            remedy = "use numbers, Values, and lists, tuples or dicts of them"
        raise TypeError(f"{name}: {part!r:.60} in {kind} is a {type(part).__name__}, not a number\n{remedy}") from None


def shape(structure: Any) -> str:
    """What a structure looks like, in a few words: 'a number', 'a list of 2', 'a dict of a, b'.

    >>> shape([1.0, 2.0]), shape(3)
    ('a list of 2', 'a number')
    """
    if isinstance(structure, Mapping):
        return "a dict of " + ", ".join(map(str, structure))[:40]
    if isinstance(structure, (list, tuple)):
        return f"a {'list' if isinstance(structure, list) else 'tuple'} of {len(structure)}"
    return "a number"


def same_structure(first: Any, second: Any) -> bool:
    """Whether two structures have their numbers in the same places; lists and tuples count as the same."""
    if isinstance(first, Mapping) or isinstance(second, Mapping):
        both = isinstance(first, Mapping) and isinstance(second, Mapping)
        return both and first.keys() == second.keys() and all(same_structure(first[key], second[key]) for key in first)
    if isinstance(first, (list, tuple)) or isinstance(second, (list, tuple)):
        both = isinstance(first, (list, tuple)) and isinstance(second, (list, tuple))
        return both and len(first) == len(second) and all(map(same_structure, first, second))
    return True
