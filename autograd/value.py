"""START HERE: Value, a number that remembers how it was computed, and backward(), the chain rule.

Read from top to bottom: an Operation is a function with its local gradient; a Value is a node of the graph
that operations record; `topological_order` sorts that graph; `Value.backward` walks it in reverse.
Next: functions.py (exp, tanh, dot, ...), graph.py (looking at a recorded graph).
"""

from __future__ import annotations

import itertools
import math
import operator
from collections import defaultdict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from autograd.floats import as_float, divide, divide_by_zero, ieee_result, silent
from autograd.modes import around, blocks, watcher
from autograd.operands import Gain, Operands, data_changed, distribute, multiplied_out, values_of
from autograd.protocols import Protocols

NOT_COMPUTED = float("0")  # a zero of its own, known by identity: a gradient that no backward pass has reached


class Operation:
    """A function of one or two operands with its local gradient, shared by all the nodes it makes.

    `forward(a, b)` takes floats and gives a float. `gradient(g, a, b)` is pure: given the gradient g of the
    output, it returns what the gradient of each operand gains, g times the local derivative. It is written in
    our own operations: on floats it gives numbers; on Values it gives a graph, which can be differentiated again.
    What a list of operands gains is a pair, (g, slopes), to be multiplied out.
    `exceptional(a, b)` is the IEEE 754 answer where Python raises, unless that is just inf (overflow) or nan.
    """

    __slots__ = ("exceptional", "forward", "gradient", "name")

    def __init__(
        self,
        name: str,
        forward: Callable[..., float],
        gradient: Callable[..., tuple[Any, Any]],
        exceptional: Callable[..., float] | None = None,
    ) -> None:
        self.name, self.forward, self.gradient, self.exceptional = name, forward, gradient, exceptional

    def __repr__(self) -> str:
        return f"<operation {self.name}>"


def recorded(operation: Operation) -> Callable[[Any, Any], Value]:
    """The function that computes an operation on two operands, one at least a Value, and records it.

    A number among the operands is a constant: it is captured, not recorded.
    """
    name, forward = operation.name, operation.forward

    def function(left: Any, right: Any) -> Value:
        if isinstance(left, Value):
            a = left._data
        else:
            a, left = as_float(left, name), None
        if isinstance(right, Value):
            b = right._data
        elif type(right) is not float and hasattr(right, "__array_ufunc__") and right.ndim > 0:
            return NotImplemented  # NumPy comes back with each element
        else:
            b, right = as_float(right, name), None
        try:
            data = forward(a, b)
        except (ArithmeticError, ValueError) as error:
            data = ieee_result(operation, error, (a, b), left, right)
        return record(data, operation, left, right, a, b)

    return function


def infix(operation: Operation) -> tuple[Callable[[Any, Any], Value], Callable[[Any, Any], Value]]:
    """The two methods of Value for an operator: with the Value on its left, and on its right."""
    function = recorded(operation)
    return function, lambda self, other: function(other, self)


def record(data: float, operation: Operation, left: Any, right: Any, a: Any, b: Any) -> Value:
    """Make the node of an operation on `left` and `right`, whose data are `a` and `b`.

    An operand is a Value, an Operands (a list of Values), or None (none, or a constant). Data are captured now, so that
    changing an input later cannot spoil the gradients of what was already computed.
    """
    node: Value = new(Value)
    node._data = data
    node._grad = NOT_COMPUTED
    node.label = ""
    node._operation = operation
    node._left = left
    node._right = right
    node._a = a
    node._b = b
    return as_asked(node) if blocks else node


def as_asked(node: Value) -> Any:
    """The node as the blocks around it want it: a leaf inside no_grad(), one with a memory inside detect_anomaly()."""
    paused, watch = around()
    if paused:
        node._operation, node._left, node._right, node._a, node._b = LEAF, None, None, next(ages), None
    return watch.made(node) if watch else node


new = object.__new__
ages = itertools.count()  # a leaf keeps its number as `_a`: those made while a function runs are its own affair


# ---- arithmetic: each function with its derivative -----------------------------------------------


def multiply_gradient(g: Any, a: Any, b: Any) -> tuple[Any, Any]:
    return g * b, g * a


def divide_gradient(g: Any, a: Any, b: Any) -> tuple[Any, Any]:
    g_over_b = divide(g, b)  # d(a/b)/da = 1/b
    return g_over_b, -g_over_b * divide(a, b)  # d(a/b)/db = -a/b^2


LEAF = Operation("", lambda: math.nan, lambda g, a, b: (None, None))
ADD = Operation("+", operator.add, lambda g, a, b: (g, g))
SUBTRACT = Operation("-", operator.sub, lambda g, a, b: (g, -g))
MULTIPLY = Operation("*", operator.mul, multiply_gradient)
DIVIDE = Operation("/", operator.truediv, divide_gradient, divide_by_zero)
NEGATE = Operation("-", operator.neg, lambda g, a, b: (-g, None))


# ---- the node ------------------------------------------------------------------------------------


def set_data(node: Value, x: float) -> None:
    node._data = as_float(x, ".data")
    data_changed()


class Value(Protocols):
    """A number that remembers how it was computed, so that derivatives can flow back through it.

    >>> from autograd import Value
    >>> a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    >>> c = a * b + a**2
    >>> c.data
    -2.0
    >>> c.backward()                # the chain rule, from c back to everything it was computed from
    >>> a.grad, b.grad              # dc/da = b + 2a,  dc/db = a
    (1.0, 2.0)

    Each operation makes a new Value that knows its `parents` and its `op`. Numbers mix freely with Values.
    `backward()` adds to the `.grad` of the leaves (the Values you made yourself), so reset them with
    `zero_grad()` before the next pass. `==` asks whether two nodes are the same; `<` and its kin compare data.
    """

    __slots__ = ("_a", "_b", "_data", "_grad", "_left", "_operation", "_right", "label")

    def __init__(self, data: float, label: str = "") -> None:
        self._data = data if type(data) is float else as_float(data, "Value")
        self._grad = NOT_COMPUTED
        self._operation = LEAF
        self._left = self._right = self._b = None
        self._a = next(ages)
        self.label = label

    if not TYPE_CHECKING:  # their types are declared in protocols.py
        data = property(
            operator.attrgetter("_data"),
            set_data,
            doc="The number itself, always a float. May be set: `p.data -= 0.1 * p.grad`.",
        )
        grad = property(
            operator.attrgetter("_grad"),
            lambda self, x: setattr(self, "_grad", NOT_COMPUTED if x is None else as_float(x, ".grad")),
            doc="d(output)/d(this), after `output.backward()`; 0.0 before. Setting None means 'not computed'.",
        )

    @property
    def grad_is_computed(self) -> bool:
        """Whether a backward pass has reached this Value since it was made, or since `zero_grad()`."""
        return self._grad is not NOT_COMPUTED

    @property
    def op(self) -> str:
        """The operation that made this Value, as it is written: '+', 'tanh'; '' for a leaf."""
        return self._operation.name

    @property
    def parents(self) -> tuple[Value, ...]:
        """The Values this one was computed from, in order: `(a * a).parents` is `(a, a)`. Constants are left out."""
        return (*values_of(self._left), *values_of(self._right))

    def local_gradients(self, g: float = 1.0) -> tuple[float, ...]:
        """What the gradient of each parent gains when the gradient of this Value is `g`: the node's closure, called.

        >>> from autograd import Value
        >>> (Value(2.0) * Value(5.0)).local_gradients()
        (5.0, 2.0)
        """
        da, db = self._operation.gradient(g, self._a, self._b)
        return (*multiplied_out(self._left, da), *multiplied_out(self._right, db))

    # -- the chain rule

    @silent
    def backward(self) -> None:
        """Compute d(self)/d(node) for every node this Value was computed from, into their `.grad`.

        >>> from autograd import Value
        >>> x = Value(3.0)
        >>> y = x * x               # one leaf, used twice: its two contributions add up
        >>> y.backward()
        >>> x.grad
        6.0

        Gradients of computed nodes start anew at each call; those of leaves accumulate. (Linnainmaa 1970)
        """
        if blocks and (watch := watcher()):
            watch.before_backward(self)
        order = topological_order(self)
        for node in order:
            if type(node) is not Operands:
                node._grad = 0.0
        self._grad += 1.0  # d(self)/d(self)
        gains: dict[Operands, list[Gain]] = defaultdict(list)
        for node in reversed(order):
            if type(node) is Operands:
                distribute(node, gains[node])
                continue
            da, db = node._operation.gradient(node._grad, node._a, node._b)
            left, right = node._left, node._right
            if type(left) is Operands:
                gains[left].append(da)
            elif left is not None:
                left._grad += da
            if type(right) is Operands:
                gains[right].append(db)
            elif right is not None:
                right._grad += db

    def zero_grad(self) -> None:
        """Forget this Value's gradient, so that the next backward pass starts from zero."""
        self._grad = NOT_COMPUTED

    def detach(self) -> Value:
        """A leaf with the same data and label: a constant, for all that is computed from it."""
        return Value(self._data, self.label)

    # -- operators

    __add__, __radd__ = infix(ADD)
    __sub__, __rsub__ = infix(SUBTRACT)
    __mul__, __rmul__ = infix(MULTIPLY)
    __truediv__, __rtruediv__ = infix(DIVIDE)

    def __neg__(self) -> Value:
        return record(-self._data, NEGATE, self, None, self._data, None)

    def __pos__(self) -> Value:
        return self


def topological_order(*outputs: Value) -> list[Any]:
    """The computed nodes behind `outputs`, and the lists they take, each after what it was made from; leaves left out.

    A depth-first search with a stack of its own, under no recursion limit: a node is set down twice, first to visit
    what it was made from, the first operand first, then, under a None, to take its place in the order.
    """
    order: list[Any] = []
    seen: set[Any] = set()
    stack: list[Any] = [output for output in outputs if output._operation is not LEAF]
    push, pop = stack.append, stack.pop
    while stack:
        node = pop()
        if node is None:
            order.append(pop())
        elif node not in seen:
            seen.add(node)
            push(node)
            push(None)
            if type(node) is Operands:
                stack += [each for each in reversed(node.values) if each._operation is not LEAF and each not in seen]
                continue
            left, right = node._left, node._right
            if right is not None and right._operation is not LEAF and right not in seen:
                push(right)
            if left is not None and left._operation is not LEAF and left not in seen:
                push(left)
    return order
