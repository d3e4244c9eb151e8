"""save and load: a model's numbers in a file, as JSON to look at or as safetensors for PyTorch. Next: checkpoint.py.

A file holds numbers by name, those of `state_dict`, and nothing that could run. What it does not hold is the model: to
load, make one of the same layers, then fill it.

To PyTorch and back. `torch.nn.Sequential(Linear, Tanh, Linear)` calls its layers 0 and 2, an `nn.MLP` calls them
layers.0 and layers.1. `rename` says what the parts of our model are called in the file; the same one serves both ways:

    names = {"layers.0": "0", "layers.1": "2"}
    nn.save(model, "model.safetensors", rename=names)
    theirs.double().load_state_dict(safetensors.torch.load_file("model.safetensors"))     # in PyTorch
    safetensors.torch.save_file(theirs.state_dict(), "model.safetensors")                 # and back
    nn.load(model, "model.safetensors", rename=names)
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from nn import safetensors
from nn.files import read_whole, write_whole
from nn.state import Nested, carry_out, leaves, numbers_in, places_in, planned
from nn.strict_json import as_text, parsed


class Format(NamedTuple):
    """How tensors by name become the content of a file, and what is in a file becomes tensors by name."""

    encoded: Callable[[dict[str, Nested]], bytes]
    decoded: Callable[[bytes], Any]


FORMATS = {
    ".json": Format(lambda state: (as_text(state) + "\n").encode(), parsed),
    ".safetensors": Format(safetensors.encoded, safetensors.decoded),
}


def save(model: Any, path: str | os.PathLike[str], *, rename: Mapping[str, str] | None = None) -> None:
    """Save the parameters and buffers of a model in a file that ends in .json or .safetensors.

    >>> import nn, tempfile
    >>> model, twin = nn.MLP(2, [3, 1], rng=0), nn.MLP(2, [3, 1], rng=1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     nn.save(model, f"{folder}/model.json")
    ...     nn.load(twin, f"{folder}/model.json")
    >>> twin([1.0, 2.0]).data == model([1.0, 2.0]).data
    True

    Every float comes back as it was, to the last bit. JSON is for reading: names, and nested lists as `state_dict` has
    them. Safetensors is float64, and what PyTorch reads. `rename` maps parts of the model (whole names or their
    beginnings up to a dot; "" stands for none) to what they are called in the file.

    The file is replaced in one step: if anything fails, what was there stays. Raises ValueError for another ending, and
    for nan and inf, which would spoil a good file with the ruins of a training; OSError if the file cannot be written.
    """
    format = format_of(path)
    state = {name: numbers_in(place) for name, place in renamed(places_in(model), rename).items()}
    for name, numbers in state.items():
        if not all(map(math.isfinite, leaves(numbers))):
            raise ValueError(
                f"{str(path)!r} is not written: {name!r} holds nan or inf\nsave a model before its training diverges"
            )
    write_whole(path, format.encoded(state))


def load(model: Any, path: str | os.PathLike[str], *, rename: Mapping[str, str] | None = None) -> None:
    """Set a model's parameters and buffers to what `save`, or PyTorch's safetensors, put into a file.

    >>> import nn, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     nn.save(nn.MLP(2, [3, 1]), f"{folder}/model.json")
    ...     nn.load(nn.MLP(2, [4, 1]), f"{folder}/model.json")
    Traceback (most recent call last):
    ValueError: '...model.json': 'layers.0.weight' has the shape (3, 2), not (4, 2)
    give what was saved of a model with the same layers; this one is unchanged

    All or nothing: everything is checked before anything is set. A file can run nothing, and one that is much longer
    than the model calls for is not read. `rename` is as for `save`. Safetensors may be of float64, float32, float16 or
    bfloat16; the count of batches that PyTorch keeps with a BatchNorm is left aside.

    Raises ValueError with what is wrong with the file, OSError if it cannot be read.
    """
    format, places = format_of(path), renamed(places_in(model), rename)
    try:
        content = read_whole(path, limit=size_limit(places))
        plan = planned(places, format.decoded(content))
        check_finite(list(places), plan)
    except ValueError as error:
        raise ValueError(
            in_two_lines(path, error, "give a file that nn.save wrote for a model of these layers")
        ) from None
    carry_out(plan)


def format_of(path: str | os.PathLike[str]) -> Format:
    """What a file is written in, by the end of its name."""
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"{path!r:.60} is not a path\ngive the model, then the path: nn.save(model, 'model.json')")
    ending = Path(path).suffix.lower()
    if ending not in FORMATS:
        raise ValueError(f"{os.fspath(path)!r} ends in neither of {', '.join(FORMATS)}\nname the file so")
    return FORMATS[ending]


def renamed(places: dict[str, Any], rename: Mapping[str, str] | None) -> dict[str, Any]:
    """The tensors of a model under the names that they have in a file."""
    rename = dict(rename or {})
    found = {name_in_file(name, rename): place for name, place in places.items()}
    if len(found) < len(places):
        raise ValueError(f"rename = {rename!r:.60} gives two tensors one name\ngive each part a name of its own")
    for part in rename:
        if not any(name == part or name.startswith(f"{part}.") for name in places):
            raise ValueError(f"rename: the model has no {part!r:.60}\nits names are in model.state_dict()")
    return found


def name_in_file(name: str, rename: Mapping[str, str]) -> str:
    """
    >>> name_in_file("layers.1.weight", {"layers.1": "2"}), name_in_file("layers.10.weight", {"layers.1": "2"})
    ('2.weight', 'layers.10.weight')
    >>> name_in_file("layers.1.weight", {"layers": ""})
    '1.weight'
    """
    for part in sorted(rename, key=len, reverse=True):  # the longest says most about it
        if name == part or name.startswith(f"{part}."):
            return (rename[part] + name[len(part) :]).removeprefix(".")
    return name


def size_limit(places: Mapping[str, Any], most: int = 2**20) -> int:
    """How long a file may be, in bytes: generous, and in proportion to the model."""
    return most + 1024 * sum(1 + len(leaves(numbers_in(place))) for place in places.values())


def check_finite(names: list[str], plan: list[tuple[Any, list[float]]]) -> None:
    for name, (_, numbers) in zip(names, plan):
        for number in numbers:
            if not math.isfinite(number):
                raise ValueError(f"{name!r} holds {number}, which no sound model does")


def in_two_lines(path: str | os.PathLike[str], reason: Exception, remedy: str) -> str:
    """What is wrong with a file, and what to do, unless the reason says that itself."""
    message = f"{os.fspath(path)!r}: {reason}"
    return message if "\n" in message else f"{message}\n{remedy}"
