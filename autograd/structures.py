"""Nested lists, tuples and dicts of numbers and Values: taken apart into a flat list, and put together again."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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
        if part is None and kind != "the result":
            remedy = "give it a number"
        elif not isinstance(part, type) and hasattr(part, "parameters"):
            remedy = "give it numbers; a function of a model's parameters takes them as a list"
        elif hasattr(part, "tolist"):
            remedy = "write x.tolist(): numbers, Values, and lists, tuples or dicts of them can be differentiated"
        elif hasattr(part, "__iter__") and not isinstance(part, (str, bytes)):
            remedy = "use numbers, Values, and lists, tuples or dicts of them"
        raise TypeError(f"{name}: {part!r:.60} in {kind} is {a_kind_of(part)}, not a number\n{remedy}") from None


def a_kind_of(thing: Any) -> str:
    """The type of a thing with its article: 'an int', 'a Value', 'an MLP'."""
    name = type(thing).__name__
    spoken = "AEFHILMNORSX" if name.isupper() else "AEIOUaeiou"  # an MLP, letter by letter
    return f"{'an' if name[0] in spoken else 'a'} {name}"


def input_names(f: Callable[..., Any], args: tuple[Any, ...]) -> list[str]:
    """What to call each number of the arguments: 'x', 'x[0]', 'p[w]'."""
    try:
        parameters = list(inspect.signature(f).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    plain = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    titles = [*plain, *(f"x{place}" for place in range(len(plain), len(args)))]
    return [name for title, argument in zip(titles, args) for name in member_names(argument, title)]


def member_names(part: Any, path: str) -> Iterator[str]:
    if isinstance(part, Mapping):
        for key, member in part.items():
            yield from member_names(member, f"{path}[{key}]")
    elif isinstance(part, (list, tuple)):
        for place, member in enumerate(part):
            yield from member_names(member, f"{path}[{place}]")
    else:
        yield path


def shape(structure: Any) -> str:
    """What a structure looks like, in a few words: 'a number', 'a list of 2', "a dict of 'a', 'b'".

    >>> shape([1.0, 2.0]), shape(3)
    ('a list of 2', 'a number')
    """
    if isinstance(structure, Mapping):
        keys = ", ".join(map(repr, structure))
        return f"a dict of {keys[:40]}" if keys else "an empty dict"
    if isinstance(structure, (list, tuple)):
        return f"a {'list' if isinstance(structure, list) else 'tuple'} of {len(structure)}"
    return "a number"


def difference(first: Any, second: Any, path: str = "") -> tuple[str, str, str] | None:
    """Where two structures first differ, and the shapes of both there; None if they do not.

    >>> difference([[1.0], 2.0], [[1.0, 2.0], 3.0])
    ('[0]', 'a list of 1', 'a list of 2')

    Lists and tuples count as the same.
    """
    if same_structure(first, second):
        return None
    keys: Iterable[Any] = ()
    if isinstance(first, Mapping) and isinstance(second, Mapping) and first.keys() == second.keys():
        keys = first
    elif isinstance(first, (list, tuple)) and isinstance(second, (list, tuple)) and len(first) == len(second):
        keys = range(len(first))
    inside = (difference(first[key], second[key], f"{path}[{key!r}]") for key in keys)
    return next((found for found in inside if found), (path, shape(first), shape(second)))


def same_structure(first: Any, second: Any) -> bool:
    """Whether two structures have their numbers in the same places; lists and tuples count as the same."""
    if isinstance(first, Mapping) or isinstance(second, Mapping):
        both = isinstance(first, Mapping) and isinstance(second, Mapping)
        return both and first.keys() == second.keys() and all(same_structure(first[key], second[key]) for key in first)
    if isinstance(first, (list, tuple)) or isinstance(second, (list, tuple)):
        both = isinstance(first, (list, tuple)) and isinstance(second, (list, tuple))
        return both and len(first) == len(second) and all(map(same_structure, first, second))
    return True
