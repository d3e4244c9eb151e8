"""The names a user gave to Values: labels, variables, and paths like `model.layers[0].neurons[2].b`.

Names are looked for when a picture is drawn, never while computing: `c = a * b` costs nothing, and shows `c`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from types import FrameType, MemberDescriptorType, ModuleType
from typing import Any

from autograd.value import Value

MOST = 20_000  # things looked into before the search is given up
MOST_MEMBERS = 1_000  # of one list or object: longer ones hold data, not names
NAMELESS = (ModuleType, type, str, bytes, int, float, complex, type(None))


def names(nodes: Iterable[Value], namespace: Mapping[str, Any]) -> dict[Value, str]:
    """What each node is called: its label, or else the shortest way to it from the variables of `namespace`.

    >>> from autograd import Value
    >>> a, w = Value(1.0), [Value(2.0), Value(3.0, label="slope")]
    >>> list(names([a, *w], {"a": a, "w": w}).values())
    ['a', 'w[0]', 'slope']

    Nodes without a name are left out. Names that begin with an underscore are private, and are not used.
    """
    nodes = list(nodes)
    found = {node: printable(str(node.label)) for node in nodes if node.label}
    missing = {node for node in nodes if not node.label}
    for name, node in search(namespace):
        if not missing:
            break
        if node in missing:
            missing.remove(node)
            found[node] = printable(name)
    return {node: found[node] for node in nodes if node in found}


def printable(text: str) -> str:
    """Text without signs that cannot be shown, such as line breaks: a space stands for each."""
    return "".join(sign if sign.isprintable() else " " for sign in text)


def search(namespace: Mapping[str, Any]) -> Iterator[tuple[str, Value]]:
    """Every Value within reach of the namespace with a name for it, nearest first."""
    return ((name, thing) for name, thing in reachable(namespace) if issubclass(type(thing), Value))


def reachable(namespace: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Every Value, list, dict and object within reach of the namespace with a name for it, nearest first."""
    queue: deque[tuple[str, Any]] = deque(public(namespace, ""))
    seen: set[int] = set()
    while queue and len(seen) < MOST:
        name, thing = queue.popleft()
        kind = type(thing)  # not isinstance: proxies may raise errors of their own when they are asked
        if issubclass(kind, Value):
            yield name, thing
        elif not issubclass(kind, NAMELESS) and not ours(thing) and id(thing) not in seen:
            seen.add(id(thing))
            yield name, thing
            queue.extend(members(name, thing))


def ours(thing: Any) -> bool:
    """Whether it is a drawing, a step, or the like: what it knows of a graph are not the user's names."""
    return type(thing).__module__.partition(".")[0] == "autograd"


def members(name: str, thing: Any) -> list[tuple[str, Any]]:
    """What a list, a dict or an object holds, with names for it, as far as it is not too long."""
    try:
        return list(islice(inside(name, thing), MOST_MEMBERS))
    except Exception:  # it raises errors of its own, as proxies and strange lists do
        return []


def inside(name: str, thing: Any) -> Iterator[tuple[str, Any]]:
    if issubclass(type(thing), (list, tuple)):
        return ((f"{name}[{index}]", each) for index, each in enumerate(thing))
    if issubclass(type(thing), dict):
        return ((f"{name}[{key!r}]", each) for key, each in list(thing.items()) if isinstance(key, (str, int)))
    return public(attributes(thing), f"{name}.")


def attributes(thing: Any) -> dict[str, Any]:
    """What an object holds, in slots too, and the Values that its class holds."""
    found = dict(getattr(thing, "__dict__", {}))
    for kind in type(thing).__mro__[:-1]:
        for name, member in vars(kind).items():
            if isinstance(member, MemberDescriptorType) and hasattr(thing, name):
                found.setdefault(name, getattr(thing, name))
            elif isinstance(member, Value):
                found.setdefault(name, member)
    return found


def public(namespace: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    return (
        (prefix + name, each)
        for name, each in list(namespace.items())
        if isinstance(name, str) and name.isidentifier() and not name.startswith("_")
    )


def namespace(given: Any, name: str, frame: FrameType) -> Mapping[str, Any]:
    """The names that a function is to use: those that it was given, or those of the code that called it."""
    if given is None:
        return variables(frame)
    if not isinstance(given, Mapping):
        several = "; several Values are drawn as draw([a, b])" if name == "draw" else ""
        raise TypeError(
            f"{name}: names = {given!r:.60} is not a dict\ngive a dict of names and Values, or nothing{several}"
        )
    return given


def variables(frame: FrameType) -> dict[str, Any]:
    """What the code of a frame can name: its local variables, then the global ones."""
    return {**frame.f_locals, **{name: each for name, each in frame.f_globals.items() if name not in frame.f_locals}}
