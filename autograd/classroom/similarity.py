"""How alike submissions are: what two students wrote in an exercise, as syntax trees without names and numbers.

>>> one = "def double(x):\\n    return 2 * x  # twice"
>>> similarity(one, "def f(value):\\n    return 3 * value")
1.0

The measure is the share of common pieces, a piece being a node of the tree with the kinds of its children, in five
generations (Jaccard's index of weighted sets). What the stub gave to everyone is left out of the count. Short exercises
have few good solutions, so that alike is not yet copied: a person has to look.
"""

from __future__ import annotations

import ast
import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from autograd.classroom.handing import Handed
from autograd.classroom.ladder import exercise, yours

DEPTH = 5


def pieces(text: str) -> Counter[str]:
    """The pieces of a program's tree; none of one that cannot be read."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Counter()
    nodes = (node for node in ast.walk(tree) if not isinstance(node, (ast.Module, ast.expr_context, ast.operator)))
    return Counter(shape(node, DEPTH) for node in nodes)


def shape(node: ast.AST, depth: int) -> str:
    """A node and what is below it, without names, numbers and texts."""
    if depth == 0:
        return ""
    children = [shape(child, depth - 1) for child in ast.iter_child_nodes(node)]
    return f"{type(node).__name__}({','.join(children)})"


def similarity(one: str, other: str, common: Counter[str] | None = None) -> float:
    """From 0, nothing in common, to 1, alike but for names and numbers."""
    first, second = pieces(one) - (common or Counter()), pieces(other) - (common or Counter())
    union = sum((first | second).values())
    return sum((first & second).values()) / union if union else 0.0


class Pair(NamedTuple):
    """Two students whose solutions of an exercise are alike."""

    likeness: float
    number: int
    one: str
    other: str


def alike(submissions: Sequence[Handed], least: float = 0.9) -> Iterator[Pair]:
    """All pairs that are at least so much alike, exercise by exercise, the likest first."""
    for number in sorted({number for each in submissions for number in each.files}):
        common = pieces(yours(exercise(number).stub()))
        texts: Mapping[str, str] = {
            each.student: readable(each, number) for each in submissions if number in each.files
        }
        pairs = [
            Pair(similarity(texts[one], texts[other], common), number, one, other)
            for one, other in itertools.combinations(sorted(texts), 2)
        ]
        yield from sorted((pair for pair in pairs if pair.likeness >= least), reverse=True)


def readable(handed: Handed, number: int) -> str:
    try:
        return yours(handed.text(number))
    except (OSError, ValueError):
        return ""
