"""Operations of one's own: custom (a function with its derivative) and checkpoint (recompute instead of store)."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from autograd.calling import check_function
from autograd.floats import as_float, ieee_result
from autograd.graph import older_leaves
from autograd.modes import Watch, no_grad, recording, watcher
from autograd.operands import Operands
from autograd.reductions import reduce
from autograd.structures import Rebuild, flatten
from autograd.sweeps import check_unchanged, connect, cut, dependent, pull_back, push_forward, unconnected
from autograd.value import LEAF, Operation, Value, ages, record, topological_order

Function = Callable[..., Any]


def custom(f: Callable[..., Any], derivative: Callable[..., Any], name: str = "") -> Callable[..., Any]:
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
    Where Python's arithmetic raises, the result is inf or nan, as for autograd's own functions. Raises TypeError if f
    gives no number, ValueError if there are not as many slopes as operands.
    """
    check_function("custom", f)
    if not callable(derivative):
        raise TypeError(
            f"custom: the derivative {derivative!r:.60} is not a function\n"
            "write custom(f, derivative), as in custom(lambda x: x * x, lambda x: 2 * x)"
        )
    if not isinstance(name, str):
        raise TypeError(
            f"custom: name = {name!r:.60}\nname is text: what the operation is called in pictures and errors"
        )
    title = name or getattr(f, "__name__", type(f).__name__).replace("<lambda>", "custom")

    def forward(numbers: Sequence[float]) -> float:
        try:
            result = f(*numbers)
        except (ArithmeticError, ValueError) as error:
            return told(operation, numbers, as_float(without_errors(f, numbers, error), title))
        return told(operation, numbers, math.nan) if isinstance(result, complex) else as_float(result, title)

    def gradient(g: Any, operands: Sequence[Any], _: None) -> tuple[Any, None]:
        return (g, slopes_by(derivative, operands, title)), None

    operation = Operation(title, forward, gradient)

    def function(*operands: Value | float) -> Any:
        if not operands:
            raise TypeError(f"{title}: no operands\ngive it the numbers or Values to work on")
        return reduce(operation, operands)

    function.__name__ = function.__qualname__ = title
    function.__doc__ = f.__doc__
    function.operation = operation  # type: ignore[attr-defined]
    return function


def slopes_by(derivative: Function, operands: Sequence[Any], title: str) -> list[Any]:
    """What a user's derivative gives, as a list of one slope for each operand."""
    try:
        slopes = derivative(*operands)
    except ArithmeticError as error:
        slopes = without_errors(derivative, operands, error)
    if hasattr(slopes, "tolist") or isinstance(slopes, Iterator):  # of NumPy; a generator
        slopes = slopes.tolist() if hasattr(slopes, "tolist") else list(slopes)
    slopes = slopes if isinstance(slopes, (list, tuple)) else [slopes]
    if len(slopes) != len(operands):
        raise ValueError(
            f"{title}: {counted(len(slopes), 'slope')} for {counted(len(operands), 'operand')}\n"
            "let the derivative return one slope for each operand, in their order"
        )
    return [each if isinstance(each, Value) else as_float(each, title) for each in slopes]


def without_errors(f: Function, numbers: Sequence[Any], error: Exception) -> Any:
    """What f gives by IEEE 754 where Python's arithmetic raised: on Values, unless f takes none."""
    try:
        with no_grad(), Watch(), warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            found = f(*(Value(each) if isinstance(each, float) else each for each in numbers))
    except (TypeError, ArithmeticError, ValueError):
        return math.inf if isinstance(error, OverflowError) else math.nan
    several, rebuild = flatten(found, "custom", "the result")
    return rebuild([each._data if isinstance(each, Value) else each for each in several])


def told(operation: Operation, numbers: Sequence[float], data: float) -> float:
    """The result, with a warning as for autograd's own operations."""
    if not watcher():  # detect_anomaly() has more to say
        exceptional = Operation(operation.name, operation.forward, operation.gradient, lambda *_: data)
        ieee_result(exceptional, ValueError(), tuple(numbers))
    return data


def counted(count: int, thing: str) -> str:
    return f"{count} {thing}{'s' * (count != 1)}"


# ---- recompute instead of store ------------------------------------------------------------------


def checkpoint(f: Callable[..., Any]) -> Callable[..., Any]:
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
        if (watch := watcher()) and watch.inlining:
            return f(*args, **kwargs)
        segment = Segment(f, args, kwargs)
        result = segment.result
        del segment.result  # its nodes hold the segment: together they would be a cycle
        return result

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
        variables, outputs, rebuild_result = self.run(self.given)
        self.outside = self.reached(variables, outputs, started)
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
            variables = [unconnected(x) if isinstance(x, Value) else x for x in arguments]
            args, kwargs = self.rebuild(variables)
            return variables, *flatten(self.f(*args, **kwargs), "checkpoint", "the result")

    def reached(self, variables: list[Any], outputs: list[Any], started: int) -> list[Value]:
        """The Values from outside that the function computed with: leaves, and nodes that were computed before.

        Leaves know their age. Of the nodes that no argument goes into, those were there before that are the same when
        the function is run again.
        """
        values = [each for each in outputs if isinstance(each, Value)]
        order = topological_order(*values)
        moving = dependent(order, [each for each in variables if isinstance(each, Value)])
        if all(node in moving or type(node) is Operands for node in order):  # the usual case, made fast
            return list(dict.fromkeys(older_leaves(order, values, started)))
        steady = dependent(order, older_leaves(order, values, started)).keys() - moving.keys()
        there = {node for node in steady if isinstance(node, Value) and node._operation is not LEAF}
        if there:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", RuntimeWarning)  # they were told the first time
                again = [each for each in self.run(self.given)[1] if isinstance(each, Value)]
            there.intersection_update(topological_order(*again))
        own = cut(order, values, there)
        used = dict.fromkeys(each for node in own for each in (node.values if type(node) is Operands else node.parents))
        nodes = [each for each in (*used, *values) if each in there]
        return list(dict.fromkeys([*older_leaves(own, values, started), *nodes]))

    def again(self, operands: Operands, on_values: bool) -> tuple[list[Value], list[Any], list[Any]]:
        """The variables that stand for the operands, the outputs, recorded anew, and the topological order of these."""
        count = len(operands.values) - len(self.outside)
        if on_values and operands.values[count:] != tuple(self.outside):
            raise TypeError(f"checkpoint: a replay of it cannot be differentiated again\n{AS_ARGUMENT}")
        for each, data in zip(self.outside, operands.data[count:]):
            check_unchanged(each, data, "checkpoint")
        for each, data in zip(operands.values, operands.data) if on_values else ():
            check_unchanged(each, data, "checkpoint")
        numbers = iter(operands.values if on_values else map(Value, operands.data))
        arguments = [next(numbers) if isinstance(x, Value) else x for x in self.given]
        variables, outputs, _ = self.run(arguments)
        self.check_same(outputs, operands)
        own = [each for each, x in zip(variables, self.given) if isinstance(x, Value)]
        values = [each for each in outputs if isinstance(each, Value)]
        order = topological_order(*values)
        if any(each._operation is not LEAF for each in self.outside):
            order = cut(order, values, set(self.outside))
        if on_values:
            connect(own, operands.values)
        return own + self.outside, outputs, order

    def check_same(self, outputs: list[Any], operands: Operands) -> None:
        """RuntimeError if the function gives other results than at first."""
        for was, now in zip(self.data, outputs) if operands.data is self.numbers else ():  # not after a replay
            found = now._data if isinstance(now, Value) else now
            if found != was == was:
                raise RuntimeError(
                    f"checkpoint: the function gave {was!r} at first and {found!r:.60} when it was run again\n"
                    "let it depend on its arguments only, not on random numbers or what it counts"
                )

    def pull_back(self, operands: Operands, gains: Iterable[tuple[Any, int]], on_values: bool) -> list[Any]:
        """What each operand gains: one run, one sweep, whatever the number of outputs."""
        inputs, outputs, order = self.again(operands, on_values)
        return pull_back(order, [(outputs[place], g) for g, place in gains], inputs, on_values)

    def push_forward(self, operands: Operands, gain: Any, rates: dict[Any, Any], on_values: bool) -> Any:
        """How fast one output changes. One run for all outputs: their rates are set down as that of the operands."""
        factor, place = gain
        if operands not in rates:
            inputs, outputs, order = self.again(operands, on_values)
            tangents: dict[Any, Any] = {}
            for own, each in zip(inputs, operands.values):
                if each in rates:
                    tangents[own] = rates[each] if own not in tangents else tangents[own] + rates[each]
            rates[operands] = push_forward(order, outputs, tangents, on_values)
        return factor * rates[operands][place]

    def forward(self, numbers: Sequence[float], place: int) -> float:
        """One output at other arguments: what a replay asks for."""
        count = len(numbers) - len(self.outside)
        if any(each._data != number for each, number in zip(self.outside, numbers[count:])):
            raise TypeError(
                f"checkpoint: it cannot be replayed with other data of what it reaches from outside\n{AS_ARGUMENT}"
            )
        given = map(Value, numbers)
        output = self.run([next(given) if isinstance(x, Value) else x for x in self.given])[1][place]
        return output._data if isinstance(output, Value) else output


AS_ARGUMENT = "give that to the function as an argument"
CHECKPOINT = Operation(
    "checkpoint",
    forward=lambda numbers, place: place.segment.forward(numbers, place),
    gradient=lambda g, numbers, place: ((g, place), None),
)
