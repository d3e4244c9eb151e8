"""Derivatives of functions: grad, jacobian, hessian, jvp, vjp, hvp, and their nesting to any order.

Each runs the function once on fresh Values, one for each number of the argument, and sweeps over the graph that was
recorded (sweeps.py). Reverse mode costs one sweep an output, forward mode one an input; `jacobian` takes the cheaper.
Nesting cannot confuse variables: what marks one is the identity of its node. Next: checking.py.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from autograd.calling import ONE_ARGUMENT, by_place, called, check_function, checked_argnums, is_index
from autograd.graph import older_leaves
from autograd.modes import blocks, recording, recording_paused, watcher
from autograd.structures import difference, flatten, input_names, shape
from autograd.sweeps import connect, fresh, gradients, pull_back, push_forward, unconnected
from autograd.value import Value, ages, topological_order

__all__ = ["derivative", "grad", "gradients", "hessian", "hvp", "jacobian", "jvp", "value_and_grad", "vjp"]

Function = Callable[..., Any]


class Run:
    """One run of a function on fresh variables: what was recorded, and how derivatives are handed back.

    `live` says whether Values come out: because Values came in, or because the function reaches others from outside.
    """

    def __init__(
        self,
        name: str,
        f: Function,
        args: Sequence[Any],
        argnums: Any = 0,
        kwargs: Any = None,
        instead: str = "",
        check_argument: Callable[[Any], None] = lambda argument: None,
    ) -> None:
        self.name, arguments = name, list(args)
        places = checked_argnums(name, argnums, len(args))
        self.argument = args[places[0]] if is_index(argnums) else tuple(args[place] for place in places)
        given, self.rebuild = flatten(self.argument, name)
        check_argument(self.argument)
        started = next(ages)
        with recording():
            self.variables = [unconnected(x) for x in given]
            if blocks and watcher():
                self.label_variables(f, args, places)
            fresh = self.rebuild(self.variables)
            for place, argument in zip(places, [fresh] if is_index(argnums) else fresh):
                arguments[place] = argument
            self.result = called(name, f, arguments, kwargs or {}, instead)
        self.outputs, self.rebuild_result = flatten(self.result, name, "the result")
        self.values = [each for each in self.outputs if isinstance(each, Value)]
        self.order = topological_order(*self.values)
        outside = older_leaves(self.order, self.values, started)
        self.live = any(isinstance(x, Value) for x in given) or any(True for _ in outside)
        if self.live:
            connect(self.variables, given)  # only now: all that was sorted is the function's own

    def label_variables(self, f: Function, args: Sequence[Any], places: Sequence[int]) -> None:
        """Call the variables by the function's own names for them, where somebody looks."""
        names = [
            input_names(f, tuple(args[: place + 1]))[-len(flatten(args[place], self.name)[0]) :] for place in places
        ]
        for node, label in zip(self.variables, [label for part in names for label in part]):
            node.label = node.label or label

    @property
    def on_values(self) -> bool:
        """Whether derivatives are to be graphs."""
        return self.live and not recording_paused()

    def scalar(self, instead: str) -> Value | float:
        """The result, if it is one number; TypeError with a better choice if it is not."""
        if isinstance(self.result, (list, tuple, dict)):
            raise TypeError(f"{self.name}: the function returned {shape(self.result)}, not one number\n{instead}")
        if isinstance(self.result, bool):
            raise TypeError(
                f"{self.name}: the function returned {self.result}, a comparison, not a number\n"
                "a comparison has no slope: return where(a > b, x, y), or step(a - b)"
            )
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
        if unlike := difference(v, like):
            path, its_shape, shape_of_like = unlike
            raise ValueError(
                f"{self.name}: {name}{path} is {its_shape} where {its_name}{path} is {shape_of_like}\n"
                f"give {name} the structure of {its_name}, number for number"
            )
        self.live = self.live or any(isinstance(each, Value) for each in numbers)
        return numbers


def derived(
    name: str,
    f: Function,
    argnums: Any,
    finish: Callable[[Run], Any],
    check_argument: Callable[[Any], None] = lambda argument: None,
) -> Function:
    """The function of f's arguments that runs f and gives what `finish` makes of the run."""
    check_function(name, f)

    @functools.wraps(f, assigned=("__module__",), updated=())
    def function(*args: Any, **kwargs: Any) -> Any:
        if kwargs:
            args, kwargs = by_place(f, args, kwargs, argnums)
        return finish(Run(name, f, args, argnums, kwargs, check_argument=check_argument))

    function.__name__ = function.__qualname__ = f"{name}({getattr(f, '__name__', type(f).__name__)})"
    function.recipe = name, f, argnums  # type: ignore[attr-defined]
    return function


def recipe_of(f: Function) -> Any:
    """A function as what can be pickled: how it was derived, if it was.

    >>> name, f, argnums = recipe_of(grad(abs))
    >>> name, f is abs, argnums
    ('grad', True, 0)
    """
    if not hasattr(f, "recipe"):
        return f
    name, inner, argnums = f.recipe
    return name, recipe_of(inner), argnums


def from_recipe(recipe: Any) -> Function:
    """The function of a recipe."""
    if not isinstance(recipe, tuple):
        return recipe
    name, inner, argnums = recipe
    f = from_recipe(inner)
    return derivative(f) if name == "derivative" else globals()[name](f, argnums)


# ---- the gradient, and what is built like it -----------------------------------------------------


def grad(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
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
    Value or f reaches one from outside, Values out, connected to it. Nobody's `.grad` is touched. What f computes from
    `x.data` is a constant: it adds nothing to the gradient. Raises TypeError if f returns anything but one number, or
    `argnums` is not a place or a tuple of places.
    """
    return derived("grad", f, argnums, lambda run: run.like_argument(run.slopes(run.scalar(USE_JACOBIAN))))


USE_JACOBIAN = "use jacobian(f), or let it return one of them or their sum"


def value_and_grad(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
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


def derivative(f: Callable[..., Any], n: int = 1) -> Callable[..., Any]:
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

    def one_number(argument: Any) -> None:
        if shape(argument) != "a number":
            raise TypeError(f"derivative: the argument is {shape(argument)}, not one number\nuse grad or jacobian")

    def finish(run: Run) -> Any:
        rates = push_forward(run.order, run.values, {run.variables[0]: 1.0}, run.on_values)
        return run.like_result(rates)

    for _ in range(n):
        f = derived("derivative", f, 0, finish, one_number)
    return f


# ---- several outputs, second derivatives ---------------------------------------------------------


def jacobian(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
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


def hessian(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """The function that gives all second derivatives: in each place of f's argument, a structure like the argument.

    >>> from autograd import hessian
    >>> hessian(lambda x: x[0] ** 2 * x[1])([3.0, 5.0])
    [[10.0, 6.0], [6.0, 0.0]]
    >>> hessian(lambda x, y: x**2 * y, argnums=(0, 1))(3.0, 5.0)     # of several arguments
    ((10.0, 6.0), (6.0, 0.0))

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


def one_argument(name: str, f: Function, x: Any) -> Run:
    """The run of a function that takes x and nothing else."""
    check_function(name, f)
    return Run(name, f, (x,), instead=ONE_ARGUMENT)


def jvp(f: Callable[..., Any], x: Any, v: Any) -> Any:
    """The Jacobian of f at x times v: how fast the result changes when x changes at the rate v. Forward mode.

    >>> from autograd import jvp
    >>> jvp(lambda x: [x[0] * x[1], x[0] + x[1]], [2.0, 5.0], [1.0, 0.0])
    [5.0, 1.0]

    f takes one argument, a list where there are several numbers. v has the structure of x, and what comes back that of
    f(x). One sweep, however many outputs there are. Raises ValueError if the structures differ.
    """
    run = one_argument("jvp", f, x)
    rates = push_forward(run.order, run.values, dict(zip(run.variables, run.vector(v, "v", x, "x"))), run.on_values)
    return run.like_result(rates)


def vjp(f: Callable[..., Any], x: Any, u: Any) -> Any:
    """u times the Jacobian of f at x: the gradient of the sum of u times the results. Reverse mode.

    >>> from autograd import vjp
    >>> vjp(lambda x: [x[0] * x[1], x[0] + x[1]], [2.0, 5.0], [1.0, 0.0])
    [5.0, 2.0]

    f takes one argument, a list where there are several numbers. u has the structure of f(x), and what comes back that
    of x. One sweep, however many inputs there are. Raises ValueError if the structures differ.
    """
    run = one_argument("vjp", f, x)
    weights = run.vector(u, "u", run.result, "f(x)")
    seeds = [(output, weight) for output, weight in zip(run.outputs, weights) if isinstance(output, Value)]
    return run.like_argument(pull_back(run.order, seeds, run.variables, run.on_values))


def hvp(f: Callable[..., Any], x: Any, v: Any) -> Any:
    """The Hessian of f at x times v: how fast the gradient changes when x changes at the rate v. (Pearlmutter 1994)

    >>> from autograd import hvp
    >>> hvp(lambda x: x[0] ** 2 * x[1], [3.0, 5.0], [1.0, 0.0])
    [10.0, 6.0]

    f takes one argument, a list where there are several numbers. v and what comes back have the structure of x. Costs
    the gradient, recorded, and one sweep forward over it. Raises ValueError if the structures differ.
    """
    run = one_argument("hvp", f, x)
    tangents = dict(zip(run.variables, run.vector(v, "v", x, "x")))
    slopes, order = run.recorded_slopes("hvp takes a function with one number as its result")
    rates = push_forward(order, [each for each in slopes if isinstance(each, Value)], tangents, run.on_values)
    found = iter(rates)
    return run.like_argument([next(found) if isinstance(each, Value) else 0.0 for each in slopes])
