"""Nested lists of numbers and Values as tensors: their shapes, and the rows of parameters that operations share.

A tensor of shape [2][3] is a list of two lists of three. Next: dense.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from numbers import Integral, Real
from typing import Any

from autograd import Operands, Value

Number = Any  # a Value or a float
Tensor = Any  # nested lists of Numbers


def is_list(x: Any) -> bool:
    return hasattr(x, "__len__") and not isinstance(x, str)


def as_lists(x: Any) -> Any:
    """A tensor as nested lists, whatever array it comes in."""
    return x.tolist() if hasattr(x, "tolist") else x


def flat(x: Tensor) -> list[Number]:
    """The numbers of nested lists, in order.

    >>> flat([[1, 2], [3]])
    [1, 2, 3]
    """
    return [number for part in x for number in flat(part)] if is_list(x) else [x]


def shaped(like: Any, numbers: Iterator[Any]) -> Any:
    """Nested lists of the same shape as others, of other numbers.

    >>> shaped([[1, 2], [3]], iter("abc"))
    [['a', 'b'], ['c']]
    """
    return [shaped(part, numbers) for part in like] if is_list(like) else next(numbers)


def elementwise(f: Callable[[Number], Any], x: Tensor) -> Tensor:
    """A function applied to every number of nested lists.

    >>> elementwise(abs, [[-1, 2], [-3, 4]])
    [[1, 2], [3, 4]]
    """
    return [elementwise(f, part) for part in x] if is_list(x) else f(x)


# ---- shapes ----------------------------------------------------------------------------------------


def shape(x: Tensor) -> tuple[int | str, ...]:
    """The lengths of nested lists, from the outside in. Lists side by side whose lengths differ have a text for one.

    >>> shape([[1, 2, 3], [4, 5, 6]]), shape([[1], [2, 3]]), shape(7)
    ((2, 3), (2, '1 or 2'), ())
    """
    lengths: list[int | str] = []
    level = [x]
    while level and all(map(is_list, level)):
        sizes = sorted({len(part) for part in level})
        lengths.append(sizes[0] if len(sizes) == 1 else " or ".join(map(str, sizes)))
        level = [member for part in level for member in part]
    return tuple(lengths)


def written(lengths: Iterable[int | str]) -> str:
    """A shape as it is written in messages: (2, 'width') is '[2][width]'."""
    return "".join(f"[{length}]" for length in lengths) or "a number"


def checked(x: Tensor, wanted: tuple[int | str, ...], name: str) -> Tensor:
    """The tensor as nested lists; ValueError unless its shape is the wanted one, in which a text stands for any length.

    >>> checked([[1.0], [2.0]], (1, "width"), "Example")
    Traceback (most recent call last):
    ValueError: Example: an input of shape [2][1], where [1][width] is wanted
    give it nested lists of the shape [1][width]
    """
    x = as_lists(x)
    found = shape(x)
    fits = len(found) == len(wanted) and all(
        isinstance(length, int) and length > 0 and (length == want or isinstance(want, str))
        for length, want in zip(found, wanted)
    )
    if not fits:
        raise ValueError(
            f"{name}: an input of shape {written(found)}, where {written(wanted)} is wanted\n"
            f"give it nested lists of the shape {written(wanted)}"
        )
    return x


def is_whole(x: Any, least: int) -> bool:
    """Whether something is a whole number, and large enough. Truth values are not numbers here."""
    return isinstance(x, Integral) and not isinstance(x, bool) and int(x) >= least


def is_within(x: Any, least: float, most: float) -> bool:
    """Whether something is a number between two others."""
    return isinstance(x, Real) and not isinstance(x, bool) and least <= float(x) <= most


def check_widths(*widths: int) -> None:
    """ValueError for a width that is not a whole number from 1 up."""
    for width in widths:
        if not is_whole(width, 1):
            raise ValueError(f"a width of {width!r}\nwidths are whole numbers from 1 up")


# ---- parameters ------------------------------------------------------------------------------------


def parameters(lengths: Sequence[int], draw: Callable[[], float]) -> Any:
    """A tensor of new Values, whose numbers are drawn in order.

    >>> parameters((2, 3), lambda: 0.5)[1][2].data
    0.5
    """
    return [parameters(lengths[1:], draw) for _ in range(lengths[0])] if lengths else Value(draw())


def shared(kept: list[Operands], rows: Iterable[Iterable[Value]]) -> list[Operands]:
    """Rows of parameters as Operands: the ones kept from the last call, unless a parameter has been replaced since.

    All samples and positions then share them in the graph, and what each parameter gains comes in one sum.
    """
    wanted = [tuple(row) for row in rows]
    if [row.values for row in kept] == wanted:
        return kept
    return [Operands(row) for row in wanted]
