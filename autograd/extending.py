"""Operations of one's own: custom (a function with its derivative) and checkpoint (recompute instead of store)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from autograd.derivatives import check_function
from autograd.floats import as_float
from autograd.graph import older_leaves
from autograd.modes import recording
from autograd.operands import Operands
from autograd.reductions import reduce
from autograd.structures import Rebuild, flatten
from autograd.sweeps import check_unchanged, pull_back, push_forward, variable
from autograd.value import Operation, Value, ages, record, topological_order

Function = Callable[..., Any]


def custom(f: Function, derivative: Function, name: str = "") -> Function:
    """An operation of your own: f computes it on floats, `derivative` gives its slope, or one slope for each operand.

    >>> from autograd import Value, cos, custom, grad, sin
    >>> import math
    >>> sinc = custom(lambda x: math.sin(x) / x, lambda x: (cos(x) - sin(x) / x) / x, name="sinc")
    >>> sinc(Value(2.0)).op, round(grad(sinc)(2.0), 6), round(grad(grad(sinc))(2.0), 6)
    ('sinc', -0.435398, -0.019251)
    >>> area = custom(lambda x, y: x * y, lambda x, y: (y, x), name="area")
    >>> grad(area, argnums=(0, 1))(2.0, 5.0)
    (5.0, 2.0)

    On numbers it gives a number, on Values a node. Write the derivative in autograd's functions (`sin`, not `math.sin`)
    and it can be differentiated again, to any order. The name defaults to that of f. Check it: `gradcheck(sinc, 2.0)`.
    Raises TypeError if f gives no number, ValueError if there are not as many slopes as operands.
    """
    check_function("custom", f)
    check_function("custom", derivative)
    title = name or getattr(f, "__name__", type(f).__name__).replace("<lambda>", "custom")

    def forward(numbers: Sequence[float]) -> float:
        return as_float(f(*numbers), title)

    def gradient(g: Any, operands: Sequence[Any], _: None) -> tuple[Any, None]:
        slopes = derivative(*operands)
        slopes = slopes if isinstance(slopes, (list, tuple)) else [slopes]
        if len(slopes) != len(operands):
            raise ValueError(
                f"{title}: {len(slopes)} slopes for {len(operands)} operands\n"
                "let the derivative return one slope for each operand, in their order"
            )
        return (g, [each if isinstance(each, Value) else as_float(each, title) for each in slopes]), None

    operation = Operation(title, forward, gradient)

    def function(*operands: Value | float) -> Any:
        return reduce(operation, operands)

    function.__name__ = function.__qualname__ = title
    function.__doc__ = f.__doc__
    function.operation = operation  # type: ignore[attr-defined]
    return function


# ---- recompute instead of store ------------------------------------------------------------------


def checkpoint(f: Function) -> Function:
    """The same function, whose graph is not kept: the backward pass runs f again and sweeps over what it then records.

    >>> from autograd import Value, checkpoint, sin
    >>> @checkpoint
    ... def thousand_steps(x):
    ...     for _ in range(1000):
    ...         x = x + 0.001 * sin(x)
    ...     return x
    >>> x = Value(1.0)
    >>> y = thousand_steps(x)
    >>> y.parents == (x,)                       # one node in place of three thousand
    True
    >>> y.backward()

    The gradient is the same, for one more run of f. A chain of n steps in segments of sqrt(n) keeps of the order of
    sqrt(n) nodes at a time. (Griewank 1992; Chen et al. 2016) Results are numbers, Values, and lists, tuples or dicts
    of them; so are arguments, and what else there is among these is passed on as it is. Values that f reaches from
    outside get their gradients too. f must do the same each time: a second run that gives other results is a
    RuntimeError, one with operands that were changed a ValueError.
    """
    check_function("checkpoint", f)

    def function(*args: Any, **kwargs: Any) -> Any:
        return Segment(f, args, kwargs).result

    function.__name__ = function.__qualname__ = f"checkpoint({getattr(f, '__name__', type(f).__name__)})"
    return function


class Place(int):
    """The place of an output among all those of a segment."""

    segment: Segment

    def __new__(cls, place: int, segment: Segment) -> Place:
        made = super().__new__(cls, place)
        made.segment = segment
        return made


class Segment:
    """One call of a checkpointed function: its result, and the chain rule through it by running it again.

    Stands as `recompute` in the Operands of its nodes, whose values are the Values among the arguments and those that
    the function reached from outside. What these Operands gain from a node is a pair, its gradient and its place.
    """

    def __init__(self, f: Function, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        self.f = f
        self.given, self.rebuild = flatten((args, kwargs), "checkpoint", others=True)
        started = next(ages)
        outputs, rebuild_result = self.run([x.detach() if isinstance(x, Value) else x for x in self.given])[1:]
        values = [each for each in outputs if isinstance(each, Value)]
        self.outside = list(dict.fromkeys(older_leaves(topological_order(*values), values, started)))
        self.data = [each._data if isinstance(each, Value) else each for each in outputs]
        operands = Operands((*(x for x in self.given if isinstance(x, Value)), *self.outside))
        operands.recompute, self.numbers = self, operands.data
        self.result = rebuild_result(
            [
                record(each._data, CHECKPOINT, operands, None, operands.data, Place(place, self))
                if isinstance(each, Value) and operands.values
                else self.data[place]
                for place, each in enumerate(outputs)
            ]
        )

    def run(self, arguments: Sequence[Any]) -> tuple[list[Any], list[Any], Rebuild]:
        """Run the function on fresh variables; they, its outputs, and how to rebuild the result."""
        with recording():
            variables = [variable(x) if isinstance(x, Value) else x for x in arguments]
            args, kwargs = self.rebuild(variables)
            return variables, *flatten(self.f(*args, **kwargs), "checkpoint", "the result")

    def again(self, operands: Operands, on_values: bool) -> tuple[list[Value], list[Any]]:
        """The variables that stand for the operands, in their order, and the outputs, recorded anew."""
        captured = dict(zip(operands.values, operands.data))
        for each in operands.values if on_values else self.outside:
            check_unchanged(each, captured[each], "checkpoint")
        numbers = iter(operands.values if on_values else map(Value, operands.data))
        variables, outputs, _ = self.run([next(numbers) if isinstance(x, Value) else x for x in self.given])
        for was, now in zip(self.data, outputs) if operands.data is self.numbers else ():  # not after a replay
            if (now._data if isinstance(now, Value) else now) != was == was:
                raise RuntimeError(
                    f"checkpoint: the function gave {was!r} at first and {now!r:.60} when it was run again\n"
                    "let it depend on its arguments only, not on random numbers or what it counts"
                )
        return [each for each, x in zip(variables, self.given) if isinstance(x, Value)] + self.outside, outputs

    def pull_back(self, operands: Operands, gains: Iterable[tuple[Any, int]], on_values: bool) -> list[Any]:
        """What each operand gains: one run, one sweep, whatever the number of outputs."""
        inputs, outputs = self.again(operands, on_values)
        seeds = [(outputs[place], g) for g, place in gains]
        order = topological_order(*(output for output, _ in seeds))
        return pull_back(order, seeds, inputs, on_values)

    def push_forward(self, operands: Operands, gain: Any, rates: Mapping[Any, Any], on_values: bool) -> Any:
        """How fast one output changes."""
        (factor, place), (inputs, outputs) = gain, self.again(operands, on_values)
        tangents = {own: rates[each] for own, each in zip(inputs, operands.values) if each in rates}
        [rate] = push_forward(topological_order(outputs[place]), [outputs[place]], tangents, on_values)
        return factor * rate

    def forward(self, numbers: Sequence[float], place: int) -> float:
        """One output at other arguments: what a replay asks for."""
        count = len(numbers) - len(self.outside)
        if any(each._data != number for each, number in zip(self.outside, numbers[count:])):
            raise TypeError(
                "checkpoint: it cannot be replayed with other data of what it reaches from outside\n"
                "give that to the function as an argument"
            )
        given = map(Value, numbers)
        output = self.run([next(given) if isinstance(x, Value) else x for x in self.given])[1][place]
        return output._data if isinstance(output, Value) else output


CHECKPOINT = Operation(
    "checkpoint",
    forward=lambda numbers, place: place.segment.forward(numbers, place),
    gradient=lambda g, numbers, place: ((g, place), None),
)
