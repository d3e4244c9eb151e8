"""Module: a part of a network, whose parameters are found by walking its attributes. Next: dense.py."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from autograd import Value
from nn.state import load_state_dict, state_dict


class Module:
    """A part of a network: attributes that are Values, Modules, or lists, tuples and dicts of them; and a `__call__`.

    >>> from autograd import Value
    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.slope, self.shift = Value(2.0), Value(1.0)
    ...     def __call__(self, x):
    ...         return self.slope * x + self.shift
    >>> line = Line()
    >>> [name for name, parameter in line.named_parameters()]
    ['slope', 'shift']
    >>> line(3.0).data
    7.0

    Attributes whose names begin with an underscore are private and hold no parameters. Plain numbers are saved with
    the model if the class names their attributes in `buffers`.
    """

    buffers: ClassVar[tuple[str, ...]] = ()

    def named_parameters(self) -> list[tuple[str, Value]]:
        """The parameters with the paths that lead to them ("layers.0.neurons.1.w.2"), in the order they were assigned.

        A parameter that is reached by several paths is listed once, under the first.
        """
        first: dict[Value, str] = {}
        for name, parameter in walk(self, ""):
            first.setdefault(parameter, name)
        return [(name, parameter) for parameter, name in first.items()]

    def parameters(self) -> list[Value]:
        """The parameters, each once, in a stable order: what an optimizer is given."""
        return [parameter for _, parameter in self.named_parameters()]

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for parameter in self.parameters():
            parameter.zero_grad()

    def members(self) -> dict[str, Any]:
        """What `state_dict` finds in this module, by name: its public attributes, as they are.

        A subclass may present them in another way. A Layer's weights are in its neurons, and it shows the matrix:

        >>> import nn
        >>> sorted(nn.Layer(2, 3).members())
        ['bias', 'weight']

        The Values have to be the parameters themselves, in nested lists; all parameters have to be there.
        """
        return {name: member for name, member in vars(self).items() if not name.startswith("_")}

    def state_dict(self) -> dict[str, Any]:
        """The numbers of the parameters and buffers by name, in nested lists: see `nn.state_dict`.

        >>> import nn
        >>> nn.Layer(1, 2, rng=0).state_dict()["bias"]
        [0.0, 0.0]
        """
        return state_dict(self)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Set all parameters and buffers to what `state_dict` gave, or none: see `nn.load_state_dict`.

        >>> import nn
        >>> nn.Layer(1, 2).load_state_dict({"weight": [[0.5], [2.0]]})
        Traceback (most recent call last):
        ValueError: load_state_dict: it lacks 'bias'
        give it the model's own names, those in model.state_dict()
        """
        load_state_dict(self, state)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self.parameters())} parameters)"


def walk(part: Any, path: str) -> Iterator[tuple[str, Value]]:
    """Every Value in a part, with its path."""
    if isinstance(part, Value):
        yield path, part
        return
    if isinstance(part, Module):
        members = [(name, member) for name, member in vars(part).items() if not name.startswith("_")]
    elif isinstance(part, dict):
        members = [(str(name), member) for name, member in part.items()]
    elif isinstance(part, (list, tuple)):
        members = [(str(index), member) for index, member in enumerate(part)]
    else:
        return
    for name, member in members:
        yield from walk(member, f"{path}.{name}" if path else name)
