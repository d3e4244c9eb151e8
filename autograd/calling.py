"""How a function of functions calls the user's: which arguments to differentiate by, and clear errors for wrong ones.

Used by derivatives.py and by the checks.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from numbers import Integral
from typing import Any

Function = Callable[..., Any]


def called(name: str, f: Function, args: Sequence[Any], kwargs: Mapping[str, Any], instead: str) -> Any:
    """f's result; a TypeError in the name of the caller if these are not f's arguments."""
    try:
        return f(*args, **kwargs)
    except TypeError:
        check_arguments(name, f, args, kwargs, instead)
        raise  # it came from inside f


ONE_ARGUMENT = "f takes one argument here, a list if there are several numbers: write lambda x: x[0] * x[1]"


def check_arguments(name: str, f: Function, args: Sequence[Any], kwargs: Mapping[str, Any], instead: str = "") -> None:
    """TypeError if f cannot be called with these arguments, as far as its signature tells."""
    try:
        signature = inspect.signature(f)
    except (TypeError, ValueError):
        return
    try:
        signature.bind(*args, **kwargs)
    except TypeError as error:
        count, title = len(args) + len(kwargs), getattr(f, "__name__", type(f).__name__)
        raise TypeError(
            f"{name}: {count} argument{'s' * (count != 1)} for {title}{bare(signature)}: {error}\n"
            f"{instead or 'call it with the arguments that the function takes'}"
        ) from None


def bare(signature: inspect.Signature) -> inspect.Signature:
    """A signature without its types."""
    empty = inspect.Parameter.empty
    parameters = [each.replace(annotation=empty) for each in signature.parameters.values()]
    return signature.replace(parameters=parameters, return_annotation=empty)


def by_place(f: Function, args: tuple[Any, ...], kwargs: dict[str, Any], argnums: Any) -> tuple[Any, dict[str, Any]]:
    """Arguments given by name moved to their places, if `argnums` asks for more than were given by place."""
    places = [argnums] if is_index(argnums) else argnums
    if (
        not kwargs
        or not isinstance(places, (list, tuple))
        or all(is_index(place) and -len(args) <= place < len(args) for place in places)
    ):
        return args, kwargs
    try:
        bound = inspect.signature(f).bind(*args, **kwargs)
    except (TypeError, ValueError):
        return args, kwargs
    return bound.args, bound.kwargs


def is_index(argnums: Any) -> bool:
    return type(argnums) is int or (isinstance(argnums, Integral) and not isinstance(argnums, bool))


def checked_argnums(name: str, argnums: Any, count: int) -> list[int]:
    """The places of the arguments to differentiate by; errors for what cannot be one."""
    places = [argnums] if is_index(argnums) else argnums
    if not isinstance(places, (list, tuple)) or not places or not all(map(is_index, places)):
        raise TypeError(
            f"{name}: argnums = {argnums!r:.60}\nargnums is an argument's place, counted from 0, or a tuple of places"
        )
    for place in places:
        if not -count <= place < count:
            choices = " or ".join(map(str, range(count)))
            raise ValueError(
                f"{name}: argnums = {argnums!r} with {count} argument{'s' * (count != 1)} given by place\n"
                + (
                    f"use {choices}, or give that argument by place"
                    if count
                    else "give the argument by place, not by name"
                )
            )
    settled = [place % count for place in places]
    if len(set(settled)) < len(settled):
        raise ValueError(f"{name}: argnums = {argnums!r} names an argument twice\nname each argument once")
    return settled


def check_function(name: str, f: Any) -> None:
    if not callable(f):
        raise TypeError(
            f"{name}: {f!r:.60} is not a function\ngive it the function itself: {name}(f), not {name}(f(x))"
        )
