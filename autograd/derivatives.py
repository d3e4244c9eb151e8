"""Derivatives of functions: grad, jacobian, hessian, jvp, vjp, hvp, and their nesting to any order.

Each runs the function once on fresh Values, one for each number of the argument, and sweeps over the graph that was
recorded (sweeps.py). Reverse mode costs one sweep an output, forward mode one an input; `jacobian` takes the cheaper.
Nesting cannot confuse variables: what marks one is the identity of its node. Next: checking.py.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from numbers import Integral
from typing import Any

from autograd.graph import older_leaves
from autograd.modes import recording, recording_paused
from autograd.structures import flatten, same_structure, shape
from autograd.sweeps import fresh, gradients, pull_back, push_forward, variable
from autograd.value import Value, ages, topological_order

__all__ = ["derivative", "grad", "gradients", "hessian", "hvp", "jacobian", "jvp", "value_and_grad", "vjp"]

Function = Callable[..., Any]
Argnums = Any  # an int, or a tuple or list of ints


class Run:
    """One run of a function on fresh variables: what was recorded, and how derivatives are handed back.

    `live` says whether Values come out: because Values came in, or because the function reaches others from outside.
    """

    def __init__(self, name: str, f: Function, args: Sequence[Any], argnums: Any = 0, kwargs: Any = None) -> None:
        self.name, arguments = name, list(args)
        places = checked_argnums(name, argnums, len(args))
        self.argument = args[places[0]] if is_index(argnums) else tuple(args[place] for place in places)
        given, self.rebuild = flatten(self.argument, name)
        started = next(ages)
        with recording():
            self.variables = [variable(x) for x in given]
            fresh = self.rebuild(self.variables)
            for place, argument in zip(places, [fresh] if is_index(argnums) else fresh):
                arguments[place] = argument
            self.result = f(*arguments, **(kwargs or {}))
        self.outputs, self.rebuild_result = flatten(self.result, name, "the result")
        self.values = [each for each in self.outputs if isinstance(each, Value)]
        self.order = topological_order(*self.values)
        outside = older_leaves(self.order, self.values, started)
        self.live = any(isinstance(x, Value) for x in given) or any(True for _ in outside)

    @property
    def on_values(self) -> bool:
        """Whether derivatives are to be graphs."""
        return self.live and not recording_paused()

    def scalar(self, instead: str) -> Value | float:
        """The result, if it is one number; TypeError with a better choice if it is not."""
        if isinstance(self.result, (list, tuple, dict)):
            raise TypeError(f"{self.name}: the function returned {shape(self.result)}, not one number\n{instead}")
        return self.outputs[0]

    def handed_back(self, number: Any) -> Any:
        """A result as the caller gets it: a number, or a Value if Values are about."""
        if self.live:
            return fresh(number)
        return number._data if isinstance(number, Value) else number

    def like_argument(self, numbers: Sequence[Any]) -> Any:
        return self.rebuild([self.handed_back(each) for each in numbers] if self.live else numbers)

    def like_result(self, numbers: Sequence[Any]) -> Any:
        """The structure of the result, with a number for each Value in it and 0 for what did not depend on anything."""
        found: dict[Any, Any] = dict(zip(self.values, numbers))
        return self.rebuild_result([self.handed_back(found.get(each, 0.0)) for each in self.outputs])

    def slopes(self, output: Any) -> list[Any]:
        """The gradient of one output with respect to each variable, by one sweep in reverse."""
        return pull_back(self.order, [(output, 1.0)], self.variables, self.on_values)

    def recorded_slopes(self, instead: str) -> tuple[list[Any], list[Any]]:
        """The gradient as a graph, to be differentiated again, and the topological order of that."""
        with recording():
            seeds = [(self.scalar(instead), 1.0)]
            slopes = pull_back(self.order, seeds, self.variables, on_values=True)
        return slopes, topological_order(*[each for each in slopes if isinstance(each, Value)])

    def vector(self, v: Any, name: str, like: Any, its_name: str) -> list[Any]:
        """The numbers of a vector, which is to have the structure of `like`."""
        numbers, _ = flatten(v, self.name, name)
        if not same_structure(v, like):
            raise ValueError(
                f"{self.name}: {name} is {shape(v)} where {its_name} is {shape(like)}\n"
                f"give {name} the structure of {its_name}, number for number"
            )
        self.live = self.live or any(isinstance(each, Value) for each in numbers)
        return numbers


def is_index(argnums: Any) -> bool:
    return type(argnums) is int or (isinstance(argnums, Integral) and not isinstance(argnums, bool))


def checked_argnums(name: str, argnums: Any, count: int) -> list[int]:
    """The places of the arguments to differentiate by; errors for what cannot be one."""
    places = [argnums] if is_index(argnums) else argnums
    if not isinstance(places, (list, tuple)) or not places or not all(map(is_index, places)):
        raise TypeError(
            f"{name}: argnums = {argnums!r:.60}\nargnums is an argument's place, counted from 0, or a tuple of places"
        )
    for place in places:
        if not -count <= place < count:
            choices = " or ".join(map(str, range(count)))
            raise ValueError(
                f"{name}: argnums = {argnums!r} with {count} argument{'s' * (count != 1)}\n"
                + (f"use {choices}" if count else "call it with the argument to differentiate by")
            )
    settled = [place % count for place in places]
    if len(set(settled)) < len(settled):
        raise ValueError(f"{name}: argnums = {argnums!r} names an argument twice\nname each argument once")
    return settled


def derived(name: str, f: Function, argnums: Argnums, finish: Callable[[Run], Any]) -> Function:
    """The function of f's arguments that runs f and gives what `finish` makes of the run."""
    check_function(name, f)

    @functools.wraps(f, assigned=("__module__",), updated=())
    def function(*args: Any, **kwargs: Any) -> Any:
        return finish(Run(name, f, args, argnums, kwargs))

    function.__name__ = function.__qualname__ = f"{name}({getattr(f, '__name__', type(f).__name__)})"
    return function


def check_function(name: str, f: Any) -> None:
    if not callable(f):
        raise TypeError(
            f"{name}: {f!r:.60} is not a function\ngive it the function itself: {name}(f), not {name}(f(x))"
        )


# ---- the gradient, and what is built like it -----------------------------------------------------


def grad(f: Function, argnums: Argnums = 0) -> Function:
    """The function that gives the gradient of f, in the structure of f's argument.

    >>> from autograd import grad
    >>> grad(lambda x: x**3)(2.0)
    12.0
    >>> grad(grad(lambda x: x**3))(2.0)
    12.0
    >>> grad(lambda p: p["w"][0] * p["w"][1] + p["b"])({"w": [2.0, 5.0], "b": 1.0})
    {'w': [5.0, 2.0], 'b': 1.0}
    >>> grad(lambda x, y: x * y, argnums=(0, 1))(2.0, 5.0)
    (5.0, 2.0)

    Arguments: numbers, Values, and lists, tuples or dicts of them, nested. Numbers in, numbers out; if an argument is a
    Value or f reaches one from outside, Values out, connected to it. Nobody's `.grad` is touched.
    Raises TypeError if f returns anything but one number, or `argnums` is not a place or a tuple of places.
    """
    return derived("grad", f, argnums, lambda run: run.like_argument(run.slopes(run.scalar(USE_JACOBIAN))))


USE_JACOBIAN = "use jacobian(f), or let it return one of them or their sum"


def value_and_grad(f: Function, argnums: Argnums = 0) -> Function:
    """The function that gives f's value and its gradient, for the price of the gradient.

    >>> from autograd import value_and_grad
    >>> value_and_grad(lambda x: x**3)(2.0)
    (8.0, 12.0)

    Arguments, results and errors as in `grad`.
    """

    def finish(run: Run) -> tuple[Any, Any]:
        value = run.scalar(USE_JACOBIAN)
        return run.handed_back(value), run.like_argument(run.slopes(value))

    return derived("value_and_grad", f, argnums, finish)


def derivative(f: Function, n: int = 1) -> Function:
    """The n-th derivative of a function of one number. A result of several numbers is differentiated one by one.

    >>> from autograd import derivative, sin
    >>> derivative(lambda x: x**9, 9)(2.0)              # 9!
    362880.0
    >>> derivative(lambda t: [3.0 * t, t**2])(5.0)      # the velocity along a curve
    [3.0, 10.0]

    Raises ValueError for n below 1, TypeError if the argument is not one number.
    """
    if not is_index(n) or n < 1:
        raise ValueError(f"derivative: n = {n!r:.60}\nn is a whole number from 1 up; the function itself is f")

    def finish(run: Run) -> Any:
        if shape(run.argument) != "a number":
            raise TypeError(f"derivative: the argument is {shape(run.argument)}, not one number\nuse grad or jacobian")
        rates = push_forward(run.order, run.values, {run.variables[0]: 1.0}, run.on_values)
        return run.like_result(rates)

    for _ in range(n):
        f = derived("derivative", f, 0, finish)
    return f


# ---- several outputs, second derivatives ---------------------------------------------------------


def jacobian(f: Function, argnums: Argnums = 0) -> Function:
    """The function that gives all partial derivatives: in f's result, each number is replaced by its gradient.

    >>> from autograd import jacobian
    >>> jacobian(lambda x: [x[0] * x[1], x[0] + x[1], x[0]])([2.0, 5.0])
    [[5.0, 2.0], [1.0, 1.0], [1.0, 0.0]]

    One sweep for each output or one for each input, whichever are fewer. Arguments and errors as in `grad`.
    """

    def finish(run: Run) -> Any:
        found: dict[Any, list[Any]]
        if len(run.variables) < len(run.values):
            columns = [push_forward(run.order, run.values, {each: 1.0}, run.on_values) for each in run.variables]
            found = dict(zip(run.values, map(list, zip(*columns))))
        else:
            found = {each: run.slopes(each) for each in run.values}
        nothing = [0.0] * len(run.variables)
        return run.rebuild_result([run.like_argument(found.get(each, nothing)) for each in run.outputs])

    return derived("jacobian", f, argnums, finish)


def hessian(f: Function, argnums: Argnums = 0) -> Function:
    """The function that gives all second derivatives: in each place of f's argument, a structure like the argument.

    >>> from autograd import hessian
    >>> hessian(lambda x: x[0] ** 2 * x[1])([3.0, 5.0])
    [[10.0, 6.0], [6.0, 0.0]]

    Symmetric: each pair is computed once. Costs the gradient, recorded, and a sweep over it for each row. Arguments and
    errors as in `grad`.
    """

    def finish(run: Run) -> Any:
        slopes, order = run.recorded_slopes("hessian takes a function with one number as its result")
        rows: list[list[Any]] = []
        for index, slope in enumerate(slopes):
            row = [rows[earlier][index] for earlier in range(index)]
            if isinstance(slope, Value):
                row += pull_back(order, [(slope, 1.0)], run.variables[index:], run.on_values)
            rows.append(row + [0.0] * (len(slopes) - len(row)))
        return run.rebuild([run.like_argument(row) for row in rows])

    return derived("hessian", f, argnums, finish)


# ---- products with a vector, without the matrix --------------------------------------------------


def jvp(f: Function, x: Any, v: Any) -> Any:
    """The Jacobian of f at x times v: how fast the result changes when x changes at the rate v. Forward mode.

    >>> from autograd import jvp
    >>> jvp(lambda x: [x[0] * x[1], x[0] + x[1]], [2.0, 5.0], [1.0, 0.0])
    [5.0, 1.0]

    v has the structure of x, and what comes back that of f(x). One sweep, however many outputs there are. Raises
    ValueError if the structures differ.
    """
    run = Run("jvp", f, (x,))
    rates = push_forward(run.order, run.values, dict(zip(run.variables, run.vector(v, "v", x, "x"))), run.on_values)
    return run.like_result(rates)


def vjp(f: Function, x: Any, u: Any) -> Any:
    """u times the Jacobian of f at x: the gradient of the sum of u times the results. Reverse mode.

    >>> from autograd import vjp
    >>> vjp(lambda x: [x[0] * x[1], x[0] + x[1]], [2.0, 5.0], [1.0, 0.0])
    [5.0, 2.0]

    u has the structure of f(x), and what comes back that of x. One sweep, however many inputs there are. Raises
    ValueError if the structures differ.
    """
    run = Run("vjp", f, (x,))
    weights = run.vector(u, "u", run.result, "f(x)")
    seeds = [(output, weight) for output, weight in zip(run.outputs, weights) if isinstance(output, Value)]
    return run.like_argument(pull_back(run.order, seeds, run.variables, run.on_values))


def hvp(f: Function, x: Any, v: Any) -> Any:
    """The Hessian of f at x times v: how fast the gradient changes when x changes at the rate v. (Pearlmutter 1994)

    >>> from autograd import hvp
    >>> hvp(lambda x: x[0] ** 2 * x[1], [3.0, 5.0], [1.0, 0.0])
    [10.0, 6.0]

    v and what comes back have the structure of x. Costs the gradient, recorded, and one sweep forward over it. Raises
    ValueError if the structures differ.
    """
    run = Run("hvp", f, (x,))
    tangents = dict(zip(run.variables, run.vector(v, "v", x, "x")))
    slopes, order = run.recorded_slopes("hvp takes a function with one number as its result")
    rates = push_forward(order, [each for each in slopes if isinstance(each, Value)], tangents, run.on_values)
    found = iter(rates)
    return run.like_argument([next(found) if isinstance(each, Value) else 0.0 for each in slopes])
