"""The names a user gave to Values: labels, variables, and paths like `model.layers[0].neurons[2].b`.

Names are looked for when a picture is drawn, never while computing: `c = a * b` costs nothing, and shows `c`.
"""

from __future__ import annotations

import inspect
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from autograd.value import Value

MOST = 50_000  # things looked at before the search is given up


def names(nodes: Iterable[Value], namespace: Mapping[str, Any]) -> dict[Value, str]:
    """What each node is called: its label, or else the shortest way to it from the variables of `namespace`.

    >>> from autograd import Value
    >>> a, w = Value(1.0), [Value(2.0), Value(3.0, label="slope")]
    >>> list(names([a, *w], {"a": a, "w": w}).values())
    ['a', 'w[0]', 'slope']

    Nodes without a name are left out. Names that begin with an underscore are private, and are not used.
    """
    found: dict[Value, str] = {}
    wanted = set(nodes)
    labelled = {node: node.label for node in wanted if node.label}
    for name, node in search(namespace):
        if node in wanted:
            found.setdefault(node, name)
    return {node: labelled.get(node, found.get(node, "")) for node in nodes if node in labelled or node in found}


def search(namespace: Mapping[str, Any]) -> Iterator[tuple[str, Value]]:
    """Every Value within reach of the namespace with a name for it, nearest first."""
    queue: deque[tuple[str, Any]] = deque(public(namespace, "{}"))
    seen: set[int] = set()
    for _ in range(MOST):
        if not queue:
            return
        name, thing = queue.popleft()
        if isinstance(thing, Value):
            yield name, thing
        elif id(thing) not in seen:
            seen.add(id(thing))
            queue.extend(members(name, thing))


def members(name: str, thing: Any) -> Iterator[tuple[str, Any]]:
    """What a list, a dict or an object holds, with names for it."""
    if isinstance(thing, (list, tuple)):
        return ((f"{name}[{index}]", each) for index, each in enumerate(thing))
    if isinstance(thing, dict):
        return ((f"{name}[{key!r}]", each) for key, each in thing.items() if isinstance(key, (str, int)))
    if inspect.ismodule(thing) or isinstance(thing, type) or callable(getattr(thing, "__globals__", None)):
        return iter(())
    return public(getattr(thing, "__dict__", {}), f"{name}.{{}}")


def public(namespace: Mapping[str, Any], pattern: str) -> Iterator[tuple[str, Any]]:
    return ((pattern.format(name), each) for name, each in list(namespace.items()) if not name.startswith("_"))
