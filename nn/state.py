"""A model's numbers by name: state_dict takes them out as nested lists, load_state_dict puts them back.

Names and shapes are PyTorch's: a list of Values, or of lists of them, under an attribute is one tensor, named by the
path of attributes that leads to it. A module says in `members()` what it is made of (see module.py), so nothing here
knows any layer. Next: module.py; then saving.py, which puts the numbers into files.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from numbers import Real
from typing import Any, NamedTuple

from autograd import Value

Nested = Any  # a number, or lists of numbers, or lists of lists ..., all of one shape


class Buffer(NamedTuple):
    """Plain numbers under an attribute of a module: what it remembers, and no gradient moves."""

    module: Any
    attribute: str

    @property
    def numbers(self) -> Nested:
        return getattr(self.module, self.attribute)


def state_dict(model: Any) -> dict[str, Nested]:
    """The numbers of a model by name: its parameters, and its buffers such as running statistics. A copy.

    >>> import nn
    >>> model = nn.MLP(2, [3, 1], rng=0)
    >>> for name, numbers in nn.state_dict(model).items():
    ...     print(name, shape_of(numbers))
    layers.0.weight (3, 2)
    layers.0.bias (3,)
    layers.1.weight (1, 3)
    layers.1.bias (1,)

    A tensor is nested lists of floats: a weight is [output][input], as PyTorch's are. Parameters that are used in two
    places have two names. Raises ValueError if a module's `members()` leave out one of its parameters.
    """
    return {name: numbers_in(place) for name, place in places_in(model).items()}


def load_state_dict(model: Any, state: Mapping[str, Nested]) -> None:
    """Set all numbers of a model, or none: each name has to be there, in its shape, and no other.

    >>> import nn
    >>> model, twin = nn.MLP(2, [3, 1], rng=0), nn.MLP(2, [3, 1], rng=1)
    >>> nn.load_state_dict(twin, nn.state_dict(model))
    >>> twin([1.0, 2.0]).data == model([1.0, 2.0]).data
    True

    Numbers may be in nested lists, or in tensors of PyTorch and arrays of NumPy. Raises ValueError with what does not
    fit; the model is then unchanged.
    """
    try:
        plan = planned(places_in(model), state)
    except ValueError as error:
        raise ValueError(f"load_state_dict: {error}") from None
    carry_out(plan)


# ---- where a model keeps its numbers ---------------------------------------------------------------------------------


def places_in(model: Any) -> dict[str, Any]:
    """The tensors of a model by name: nested lists of Values, or a Buffer."""
    if not is_module(model):
        raise TypeError(f"{model!r:.60} is not a Module\ngive a model, such as nn.MLP(2, [16, 1])")
    places = dict(tensors(model, ""))
    reached = {value for place in places.values() if not isinstance(place, Buffer) for value in leaves(place)}
    for name, parameter in model.named_parameters():
        if parameter not in reached:
            raise ValueError(f"the parameter {name!r} is left out\nlet the members() of its module present it")
    return places


def tensors(part: Any, path: str) -> Iterator[tuple[str, Any]]:
    """The tensors in a part of a model, with their paths."""
    if isinstance(part, Buffer) or is_tensor(part):
        yield path, part
        return
    for name, member in members_of(part):
        yield from tensors(member, f"{path}.{name}" if path else name)


def members_of(part: Any) -> Iterator[tuple[str, Any]]:
    """What a part of a model is made of, by name."""
    if is_module(part):
        yield from ((name, member) for name, member in part.members().items() if name not in part.buffers)
        yield from ((name, Buffer(part, name)) for name in part.buffers if getattr(part, name) is not None)
    elif isinstance(part, dict):
        yield from ((str(name), member) for name, member in part.items())
    elif isinstance(part, (list, tuple)):
        yield from ((str(index), member) for index, member in enumerate(part))


def is_module(part: Any) -> bool:
    return hasattr(part, "named_parameters")


def is_tensor(part: Any) -> bool:
    """Whether a part is a Value, or nested lists of nothing but Values that have a shape."""
    try:
        found = leaves(part)
    except ValueError:
        return False
    return bool(found) and all(isinstance(leaf, Value) for leaf in found)


def leaves(place: Nested) -> list[Any]:
    """What a tensor's nested lists hold, in order."""
    return flattened(place, shape_of(place), number=lambda leaf: leaf)


def numbers_in(place: Any) -> Nested:
    """The numbers of a tensor as nested lists of floats."""
    like = place.numbers if isinstance(place, Buffer) else place
    return nested([leaf.data if isinstance(leaf, Value) else float(leaf) for leaf in leaves(like)], shape_of(like))


# ---- putting numbers there -------------------------------------------------------------------------------------------


def planned(places: dict[str, Any], state: Any) -> list[tuple[Any, list[float]]]:
    """Each place with the numbers to put there; ValueError with the reason if they do not fit."""
    if not isinstance(state, Mapping):
        raise ValueError(f"it is a {type(state).__name__}, not names with numbers\n{SAME_LAYERS}")
    check_names(places, state)
    plan, known = [], dict[Value, tuple[str, float]]()
    for name, place in places.items():
        like = place.numbers if isinstance(place, Buffer) else place
        given = state[name].tolist() if hasattr(state[name], "tolist") else state[name]
        try:
            numbers = flattened(given, shape_of(like), as_number)
        except ValueError as reason:
            raise ValueError(f"{name!r} {reason}\n{SAME_LAYERS}") from None
        plan.append((place, numbers))
        for value, number in zip([] if isinstance(place, Buffer) else leaves(place), numbers):
            first, same = known.setdefault(value, (name, number))
            if repr(number) != repr(same):  # nan is nan here, and -0.0 is not 0.0
                raise ValueError(
                    f"{first!r} and {name!r} share a parameter, given as {same} and {number}\n{SAME_LAYERS}"
                )
    return plan


def carry_out(plan: list[tuple[Any, list[float]]]) -> None:
    """Put the numbers into their places, which cannot fail."""
    for place, numbers in plan:
        if isinstance(place, Buffer):
            setattr(place.module, place.attribute, nested(numbers, shape_of(place.numbers)))
        else:
            for value, number in zip(leaves(place), numbers):
                value.data = number


SAME_LAYERS = "give what was saved of a model with the same layers; this one is unchanged"


def check_names(places: Mapping[str, Any], state: Mapping[str, Any]) -> None:
    missing = [name for name in places if name not in state]
    unknown = [name for name in state if name not in places and not is_count_of_batches(name, places)]
    wrong = [f"{verb} {some(names)}" for verb, names in (("lacks", missing), ("has an unknown", unknown)) if names]
    if wrong:
        raise ValueError(f"it {' and '.join(wrong)}\ngive it the model's own names, those in model.state_dict()")


def is_count_of_batches(name: str, places: Mapping[str, Any]) -> bool:
    """Whether a name is what PyTorch keeps beside running statistics: a count that serves for nothing here."""
    start, _, end = name.rpartition("num_batches_tracked")
    return not end and f"{start}running_mean" in places


def some(names: list[str]) -> str:
    """
    >>> some(["a", "b", "c"])
    "'a' (and 2 more)"
    """
    return f"{names[0]!r:.60}" + (f" (and {len(names) - 1} more)" if names[1:] else "")


# ---- nested lists ----------------------------------------------------------------------------------------------------


def shape_of(numbers: Nested) -> tuple[int, ...]:
    """The lengths of nested lists, from the outermost in, along the first of each; () for a single number.

    >>> shape_of([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), shape_of(7.0)
    ((2, 3), ())
    """
    shape = []
    while isinstance(numbers, (list, tuple)):
        shape.append(len(numbers))
        numbers = numbers[0] if numbers else None
    return tuple(shape)


def as_number(x: Any) -> float:
    """A number as a float. Text and truth values are none, whatever Python makes of them."""
    if isinstance(x, bool) or not isinstance(x, Real):
        raise ValueError(f"holds {x!r:.40}, a {type(x).__name__} where a number should be")
    try:
        return float(x)
    except OverflowError:
        raise ValueError("holds a whole number that is too large for a float") from None


def flattened(numbers: Nested, shape: tuple[int, ...], number: Callable[[Any], Any] = as_number) -> list[Any]:
    """The numbers in nested lists of a shape, in order; ValueError with the reason if they have another.

    >>> flattened([[1, 2], [3, 4]], (2, 2))
    [1.0, 2.0, 3.0, 4.0]
    >>> flattened([[1, 2], [3, 4]], (2, 3))
    Traceback (most recent call last):
    ValueError: has the shape (2, 2), not (2, 3)
    """
    if shape_of(numbers) != shape:
        raise ValueError(f"has the shape {shape_of(numbers)!s:.60}, not {shape}")
    level = [numbers]
    for size in shape:  # one level of lists after the other: no recursion, however deep a stranger's lists are
        if not all(isinstance(each, (list, tuple)) and len(each) == size for each in level):
            raise ValueError(f"has lists of different lengths, not the shape {shape}")
        level = [each for several in level for each in several]
    return [number(each) for each in level]


def nested(numbers: list[Any], shape: tuple[int, ...]) -> Nested:
    """Numbers in a row as nested lists of a shape, whose lengths are all from 1 up.

    >>> nested([1, 2, 3, 4, 5, 6], (2, 3))
    [[1, 2, 3], [4, 5, 6]]
    """
    for size in reversed(shape):
        numbers = [numbers[start : start + size] for start in range(0, len(numbers), size)]
    return numbers[0]


def generators(model: Any) -> dict[str, random.Random]:
    """The generators of random numbers in a model by path, in private attributes too: dropout draws from them."""
    found: dict[str, random.Random] = {}
    seen: set[int] = set()
    waiting = [("", model)]
    while waiting:
        path, part = waiting.pop()
        if isinstance(part, random.Random):
            found[path] = part  # one in two places is saved twice, and set twice to the same
        elif id(part) not in seen:
            seen.add(id(part))
            several = isinstance(part, (list, tuple))
            members = vars(part) if is_module(part) else dict(enumerate(part)) if several else part
            named = members.items() if isinstance(members, dict) else ()
            waiting += [(f"{path}.{name}" if path else str(name), each) for name, each in named]
    return found
