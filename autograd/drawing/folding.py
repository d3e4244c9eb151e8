"""What is drawn as one box, when a graph is too large to be read: modules, fan-ins, likes, and bands of operations.

`folds` gives each folded Value its Fold. Modules are any objects with `named_parameters`; a node belongs to the module
whose parameters it takes, and so does the activation that follows it. Next: view.py, which makes a picture of it.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from autograd.naming import MOST, NAMELESS, members, reachable
from autograd.value import Value

READABLE = 60  # Values, or boxes, that are drawn one by one
READABLE_EDGES = 120
MOST_BOXES = 300  # where the user has asked for a depth
NEAREST = 10  # of a graph that stays too large, the nodes before the output that are still drawn
BANDS = 8
ACTIVATIONS = {"tanh", "sigmoid", "softsign", "relu", "leaky_relu", "elu", "gelu", "silu", "softplus"}

Path = tuple[tuple[str, Any], ...]  # the modules around a node with their names, outermost first


@dataclass(eq=False)
class Fold:
    """Values that are drawn as one box, and the first lines of what it says."""

    lines: tuple[str, ...]
    members: list[Value] = field(default_factory=list)
    module: bool = False


Folds = dict[Value, Fold]


def parameters_of(thing: Any) -> int:
    """How many parameters a module names; 0 for what is not one, or is another library's."""
    if issubclass(type(thing), type) or not hasattr(type(thing), "named_parameters"):
        return 0
    try:
        return sum(isinstance(parameter, Value) for _, parameter in thing.named_parameters())
    except Exception:  # its named_parameters is not what we mean by it
        return 0


def owners(namespace: Mapping[str, Any]) -> dict[Value, Path]:
    """The modules that each parameter within reach of the namespace belongs to."""
    found: dict[Value, Path] = {}
    modules = [(count, name, thing) for name, thing in reachable(namespace) if (count := parameters_of(thing))]
    modules.sort(key=lambda module: -module[0])  # the whole before its parts
    for _, name, module in modules:
        if any(parameter not in found for _, parameter in module.named_parameters()):
            own(module, name, found)
    return found


def own(module: Any, name: str, found: dict[Value, Path]) -> None:
    """Note for each parameter inside a module the modules on the way to it."""
    stack: list[tuple[str, Any, Path]] = [(name, module, ())]
    seen: set[int] = set()
    while stack and len(seen) < MOST:
        name, thing, path = stack.pop()
        if issubclass(type(thing), Value):
            found.setdefault(thing, path)
        elif id(thing) not in seen and not issubclass(type(thing), NAMELESS):
            seen.add(id(thing))
            path = (*path, (name, thing)) if parameters_of(thing) else path
            stack += [(called, member, path) for called, member in reversed(members(name, thing))]


def folds(graph: Sequence[Value], names: Mapping[Value, str], owned: Mapping[Value, Path], depth: int | None) -> Folds:
    """What to fold of a graph, given as its nodes, each after its parents; nothing if all of it can be read.

    `depth` is the number of levels of modules that are opened, as far as that makes no more than 300 boxes; None
    chooses the deepest that can be read.
    """
    if depth is None and len(graph) <= READABLE:
        return {}
    paths = membership(graph, owned)
    deepest = max((len(path) for path in paths.values()), default=0)
    if depth is not None:  # as deep as can be drawn
        levels = (by_module(paths, level) for level in reversed(range(min(depth, deepest) + 1)))
        fitting = next((found for found in levels if boxes(graph, found) <= MOST_BOXES), None)
        return summarised(graph, names, by_module(paths, 0), MOST_BOXES) if fitting is None else fitting
    for level in reversed(range(deepest)):
        found = by_module(paths, level)
        if readable(graph, found):
            return found
    return summarised(graph, names, by_module(paths, min(1, deepest - 1)), READABLE)


def readable(graph: Sequence[Value], found: Folds) -> bool:
    """Whether few boxes remain, and few edges between them."""
    edges = {(found.get(parent, parent), found.get(node, node)) for node in graph for parent in node.parents}
    return boxes(graph, found) <= READABLE and len(edges) <= READABLE_EDGES


def summarised(graph: Sequence[Value], names: Mapping[Value, str], found: Folds, most: int) -> Folds:
    """Fold more and more until it can be drawn: what is alike, then all but the modules and the last operations."""
    for fold in (likes, bands, bands_of_all):
        if boxes(graph, found) > most:
            found = fold(graph, names, found)
    return found


def boxes(graph: Sequence[Value], found: Folds) -> int:
    return len({found.get(node, node) for node in graph})


# ---- modules -------------------------------------------------------------------------------------


def membership(graph: Iterable[Value], owned: Mapping[Value, Path]) -> dict[Value, Path]:
    """The modules around each node, for those that are in one."""
    found: dict[Value, Path] = {}
    for node in graph:
        parents = node.parents
        paths = [owned[parent] for parent in parents if parent in owned and not parent.op]
        if node in owned:
            found[node] = owned[node]
        elif paths:
            found[node] = common(paths)
        elif node.op in ACTIVATIONS and parents[0] in found:
            found[node] = found[parents[0]]
    return {node: path for node, path in found.items() if path}


def common(paths: Sequence[Path]) -> Path:
    """The modules that all are in."""
    shared = 0
    while all(len(path) > shared and path[shared][1] is paths[0][shared][1] for path in paths):
        shared += 1
    return paths[0][:shared]


def by_module(paths: Mapping[Value, Path], depth: int) -> Folds:
    """One fold for each module `depth` levels below the outermost; what lies deeper than all modules is open."""
    made: dict[int, Fold] = {}
    found: Folds = {}
    for node, path in paths.items():
        if depth < len(path) or (depth <= 0 < len(path)):
            name, module = path[max(depth, 0)]
            if id(module) not in made:
                made[id(module)] = Fold((name, described(module)), module=True)
            found[node] = made[id(module)]
            found[node].members.append(node)
    return found


def described(module: Any) -> str:
    """A module's own words for itself, unless these are an address in memory."""
    try:
        words = repr(module)
    except Exception:
        words = " at 0x"
    return type(module).__name__ if " at 0x" in words else shortened(words)


def shortened(text: str, most: int = 40) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


# ---- fan-ins and likes ---------------------------------------------------------------------------


def likes(graph: Sequence[Value], names: Mapping[Value, str], found: Folds) -> Folds:
    """Fold together what does the same to the same: '100 × -', and leaves that go to the same places."""
    codes: dict[Hashable, int] = {}
    kind: dict[Value, int] = {}
    for node in graph:
        key: Hashable = found.get(node) or (container(names.get(node, "")),)
        if node not in found and node.op:
            key = node.op, frozenset(kind[parent] for parent in node.parents)
        kind[node] = codes.setdefault(key, len(codes))
    uses: dict[Value, set[int]] = defaultdict(set)
    for node in graph:
        for parent in node.parents:
            uses[parent].add(kind[node])
    alike: dict[Hashable, list[Value]] = defaultdict(list)
    for node in graph[:-1]:
        if node not in found:
            alike[kind[node], frozenset(uses[node]) if not node.op else None].append(node)
    return {**found, **grouped([several for several in alike.values() if len(several) > 1], names)}


def container(name: str) -> str:
    """What a name is an element of: 'xs' of 'xs[3]', 'model' of 'model.b'."""
    return name.partition("[")[0].partition(".")[0]


def grouped(lists: Iterable[list[Value]], names: Mapping[Value, str]) -> Folds:
    found: Folds = {}
    for several in lists:
        made = Fold((title(several, names),), several)
        found.update(dict.fromkeys(several, made))
    return found


def title(several: Sequence[Value], names: Mapping[Value, str]) -> str:
    """'100 × -', '3 × +, 2 × *', '64 of xs', '8 leaves'."""
    counts = Counter(node.op for node in several)
    inside = {container(names.get(node, "")) for node in several}
    if set(counts) == {""}:
        name = inside.pop() if len(inside) == 1 else ""
        return f"{len(several):,} of {name}" if name else f"{len(several):,} leaves"
    parts = [f"{count:,} × {op if op.isidentifier() else f'({op})'}" for op, count in counts.most_common(4)]
    return ", ".join(parts) + (", …" if len(counts) > 4 else "")


# ---- bands ---------------------------------------------------------------------------------------


def bands(graph: Sequence[Value], names: Mapping[Value, str], found: Folds) -> Folds:
    """Fold what is in no module, but for the last operations, into a few bands by its distance from the leaves."""
    modules = {node: fold for node, fold in found.items() if fold.module}
    return {**modules, **banded([node for node in graph if node not in modules], graph, names)}


def bands_of_all(graph: Sequence[Value], names: Mapping[Value, str], _: Folds) -> Folds:
    """The same with modules not spared: there are too many."""
    return banded(graph, graph, names)


def banded(several: Sequence[Value], graph: Sequence[Value], names: Mapping[Value, str]) -> Folds:
    early = [node for node in several if node.op][:-NEAREST]
    leaves = [node for node in several if not node.op]
    levels: dict[Value, int] = {}
    for node in graph:
        if node.op:
            levels[node] = 1 + max((levels.get(parent, 0) for parent in node.parents), default=0)
    height = math.ceil(max((levels[node] for node in early), default=1) / BANDS)
    made: dict[int, list[Value]] = defaultdict(list)
    for node in early:
        made[(levels[node] - 1) // height].append(node)
    return grouped([*([leaves] if len(leaves) > NEAREST else []), *(made[band] for band in sorted(made))], names)
