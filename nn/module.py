"""Module: a part of a network, whose parameters are found by walking its attributes. Next: dense.py."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
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

    `__call__` takes one sample, `batch` a list of them. Attributes whose names begin with an underscore are private and
    hold no parameters. Plain numbers are saved with the model if the class names their attributes in `buffers`.
    """

    buffers: ClassVar[tuple[str, ...]] = ()
    training: bool = True  # the mode: for parts that act differently while a network learns, such as Dropout
    __call__: Callable[..., Any]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """A class that brings its own `__call__` has a `batch` that uses it, whatever the class above it did."""
        super().__init_subclass__(**kwargs)
        if "__call__" in vars(cls) and "batch" not in vars(cls):
            cls.batch = Module.batch  # type: ignore[method-assign]

    def batch(self, xs: Sequence[Any]) -> list[Any]:
        """The outputs for a list of samples. Override it where samples meet, and where parts are that let them meet.

        >>> import nn
        >>> [len(output) for output in nn.Layer(2, 3).batch([[0.0, 1.0], [1.0, 0.0]])]
        [3, 3]
        """
        return [self(x) for x in xs]

    # -- what is in it

    def named_parameters(self) -> list[tuple[str, Value]]:
        """The parameters with the paths that lead to them ("layers.0.neurons.1.w.2"), in the order they were assigned.

        A parameter that is reached by several paths is listed once, under the first.
        """
        first: dict[Value, str] = {}
        for name, part in walk(self, ""):
            if isinstance(part, Value):
                first.setdefault(part, name)
        return [(name, parameter) for parameter, name in first.items()]

    def parameters(self) -> list[Value]:
        """The parameters, each once, in a stable order: what an optimizer is given."""
        return [parameter for _, parameter in self.named_parameters()]

    def modules(self) -> list[Module]:
        """This Module and all that it is made of, each once."""
        return list(dict.fromkeys(part for _, part in walk(self, "") if isinstance(part, Module)))

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for parameter in self.parameters():
            parameter.zero_grad()

    # -- the two modes

    def train(self, mode: bool = True) -> Module:
        """Put this Module and all that it is made of into training mode, in which a new one is; or out of it."""
        for part in self.modules():
            part.training = mode
        return self

    def eval(self) -> Module:
        """Put this Module and all that it is made of into evaluation mode.

        >>> import nn
        >>> model = nn.MLP(2, [4, 1])
        >>> model.eval().training, model.layers[1].training
        (False, False)
        """
        return self.train(False)

    @property
    def why_not_compiled(self) -> str:
        """Why this part cannot be trained as compiled code in its present mode, in one sentence; "" if it can."""
        return ""

    # -- what is kept of it

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


def walk(part: Any, path: str) -> Iterator[tuple[str, Value | Module]]:
    """Every Value and every Module in a part, itself included, with its path."""
    members: Iterable[tuple[Any, Any]] = ()
    if isinstance(part, (Value, Module)):
        yield path, part
    if isinstance(part, Module):
        members = [(name, member) for name, member in vars(part).items() if not name.startswith("_")]
    elif isinstance(part, dict):
        members = part.items()
    elif isinstance(part, (list, tuple)):
        members = enumerate(part)
    for name, member in members:
        yield from walk(member, f"{path}.{name}" if path else str(name))


@contextmanager
def in_mode(model: Module, training: bool) -> Iterator[None]:
    """A block inside which a model is in one of its modes; then each of its parts is in the mode it was in before."""
    before = [(part, part.training) for part in model.modules()]
    model.train(training)
    try:
        yield
    finally:
        for part, mode in before:
            part.training = mode


def batch_through(layers: Iterable[Any], xs: Sequence[Any]) -> list[Any]:
    """What layers, one after the other, make of a batch. A layer is a Module, or any function of one sample."""
    for layer in layers:
        xs = layer.batch(xs) if isinstance(layer, Module) else [layer(x) for x in xs]
    return list(xs)
