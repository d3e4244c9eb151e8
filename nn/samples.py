"""Samples as flat numbers: what compiled training takes in place of nested lists. Next: native.py."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from typing import Any

from autograd import Value
from nn.tensors import as_lists


class CompileError(Exception):
    """Why a model has to be trained without the compiler, in one sentence."""


def numbers_of(sample: Any) -> Iterator[Any]:
    """The numbers of nested lists, in order.

    >>> list(numbers_of([[1, 2], [3]]))
    [1, 2, 3]
    """
    if isinstance(sample, (list, tuple)):
        for part in sample:
            yield from numbers_of(part)
    else:
        yield sample


def width(sample: Any) -> int:
    """How many numbers nested lists hold.

    >>> width([[1, 2], [3]]), width(5.0)
    (3, 1)
    """
    return sum(1 for _ in numbers_of(sample))


def data_of(x: Any) -> Any:
    """Nested lists of Values or numbers, as numbers."""
    if isinstance(x, (list, tuple)):
        return [data_of(part) for part in x]
    return x.data if isinstance(x, Value) else x


def is_in_place(samples: Any, columns: int) -> bool:
    """Whether samples are a table of float64 with so many numbers in a row, which code can read where it is."""
    try:
        view = memoryview(samples)
    except TypeError:
        return False
    shape = view.shape or ()
    rows_fit = (shape[1] if len(shape) == 2 else 1) == columns and len(shape) in (1, 2)
    return view.format == "d" and view.c_contiguous and not view.readonly and rows_fit


def as_table(samples: Any, like: Any, what: str) -> Any:
    """The samples as a table of float64: themselves, if that is what they are."""
    columns = width(like)
    if is_in_place(samples, columns):
        return samples
    numbers, nested = array("d"), outline(like) not in (None, [None] * columns)
    for place, sample in enumerate(as_lists(samples) if isinstance(samples, memoryview) else samples):
        before = len(numbers)
        numbers.extend(numbers_of(as_lists(sample)))
        if len(numbers) - before != columns:
            raise CompileError(f"{what} {place} has {len(numbers) - before} numbers, and the first has {columns}")
        if nested and outline(sample) != outline(like):
            raise CompileError(f"{what} {place} has another shape than the first")
    return memoryview(numbers).cast("B").cast("d", (len(numbers) // columns, columns)) if numbers else numbers


def outline(sample: Any) -> Any:
    """The shape of nested lists, as nested lists of nothing.

    >>> outline([[1.0, 2.0], [3.0]])
    [[None, None], [None]]
    """
    sample = as_lists(sample)
    return [outline(part) for part in sample] if isinstance(sample, (list, tuple)) else None


def copied(table: Any) -> Any:
    """The same table in memory of its own."""
    view: Any = memoryview(table)
    return memoryview(array("d", view.tobytes())).cast("B").cast("d", view.shape) if len(view) else array("d")


def spread(inputs: Any, targets: Any) -> tuple[list[Any], list[Any]]:
    """Some samples from the whole of a set: up to a hundred at equal distances, and the first of each target.

    >>> spread([[1.0], [2.0], [3.0]], [0, 0, 7])
    ([[1.0], [2.0], [3.0]], [0, 0, 7])
    """
    inputs, targets = inputs.tolist() if hasattr(inputs, "tolist") else list(inputs), as_targets(targets)
    firsts: dict[str, int] = {}
    for place, target in enumerate(targets):
        firsts.setdefault(repr(target), place)
    apart = max(1, len(targets) // 100)
    places = sorted({*range(0, len(targets), apart), *list(firsts.values())[:100]})
    places *= 1 if len(places) > 1 else 2  # a single sample, twice: a sum would show
    return [as_lists(inputs[place]) for place in places], [targets[place] for place in places]


def as_targets(targets: Any) -> list[Any]:
    """Targets as a list, with classes as ints where they come in an array of floats.

    >>> as_targets(array("d", [2.0, 0.5])), as_targets([2.0])
    ([2, 0.5], [2.0])
    """
    return whole(targets.tolist()) if hasattr(targets, "tolist") else [as_lists(each) for each in targets]


def whole(targets: Any) -> Any:
    """Targets whose whole numbers are ints, which classes have to be.

    >>> whole([2.0, 0.5])
    [2, 0.5]
    """
    if isinstance(targets, (list, tuple)):
        return [whole(each) for each in targets]
    targets = float(targets)
    return int(targets) if targets.is_integer() else targets
