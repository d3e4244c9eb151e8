"""Running a function once, to see what it computes: a Trace, whose Values refuse to be looked at.

What a compiled function does is settled by one run. So a Value in that run has no number that could be compared or
printed: whatever depends on one (`if x > 0`, `x.data`) is a TracingError that says where, and what to write instead.
Next: lowering.py.
"""

from __future__ import annotations

import itertools
import linecache
from numbers import Real
from typing import TYPE_CHECKING, Any, NoReturn

from autograd.diagnosis import users_frame
from autograd.modes import Watch, watcher
from autograd.value import LEAF, Value, ages

LIMIT = 2_000_000  # nodes: a gigabyte while they are recorded


class TracingError(TypeError):
    """Something in a function to be compiled depends on the number in a Value.

    >>> from autograd import compile
    >>> compile(lambda x: x if x > 0 else -x)(2.0)
    Traceback (most recent call last):
    autograd.compiling.tracing.TracingError: a compiled function cannot compare Values (<doctest ...>, line 1: ...)
    write maximum(x, y), or where(step(x - y), a, b) for a where x > y, or mark the argument that decides as static
    """


def refuse(what: str, instead: str) -> NoReturn:
    """Raise a TracingError that names the user's line."""
    frame, _ = users_frame()
    file, number = frame.f_code.co_filename, frame.f_lineno
    text = linecache.getline(file, number).strip()
    place = f"{file}, line {number}{f': {text:.80}' if text else ''}"
    raise TracingError(f"a compiled function cannot {what} ({place})\n{instead}")


STATIC = "or mark the argument that decides as static"
BRANCH = f"write maximum(x, y), or where(step(x - y), a, b) for a where x > y, {STATIC}"
NUMBER = f"compute with the Value itself, in autograd's functions (autograd.sin), {STATIC}"


class Traced(Value):
    """A Value inside a function that is being recorded for the compiler: its number is not known yet.

    A leaf among them may stand for another node, its `_b`: see `detach`.
    """

    __slots__ = ()

    def __bool__(self) -> NoReturn:
        refuse("ask whether a Value is true", BRANCH)

    def __float__(self) -> NoReturn:
        refuse("turn a Value into a float", NUMBER)

    def __index__(self) -> NoReturn:
        refuse("use a Value as a whole number", STATIC[3:])

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Real):
            refuse("compare Values", BRANCH)
        return self is other

    __hash__ = Value.__hash__

    def __int__(self) -> NoReturn:
        refuse("turn a Value into an int", NUMBER)

    if not TYPE_CHECKING:  # its type is that of any Value's

        @property
        def data(self) -> NoReturn:
            refuse("read the .data of a Value", NUMBER)

        @data.setter
        def data(self, x: Any) -> NoReturn:
            refuse("set the .data of a Value", "return what it should be, and set it outside")

    def __format__(self, form: str) -> str:
        return repr(self)

    def __repr__(self) -> str:
        return f"(a traced Value{f' {self.label!r}' if self.label else ''})"

    def backward(self) -> NoReturn:
        refuse("call backward()", "let it return the loss, and compile grad or value_and_grad of it")

    def detach(self) -> Value:
        """A leaf that stands for this node: its number, without its history."""
        leaf = traced(Value(self._data, self.label))
        leaf._b = self  # type: ignore[assignment]
        return leaf


Traced.__name__ = Traced.__qualname__ = "Value"  # in what Python itself has to say


def traced(node: Value) -> Value:
    node.__class__ = Traced
    return node


class Trace(Watch):
    """The block around the run: every node that is recorded inside becomes a traced one.

    `inlining` lets functions that have a graph of their own, such as a checkpoint's, record it here.
    """

    inlining = True

    def __init__(self) -> None:
        super().__init__()
        self.started = next(ages)
        self.count = itertools.count(1)

    def variable(self, x: float, label: str) -> Value:
        return traced(Value(x, label))

    def is_new(self, leaf: Value) -> bool:
        """Whether a leaf was made of a number inside the function."""
        return leaf._a >= self.started and type(leaf) is Value

    def made(self, node: Any) -> Any:
        if node._operation is LEAF:
            refuse("use no_grad()", "leave it out: nothing is recorded when compiled code runs")
        if next(self.count) > LIMIT:
            refuse(f"have more than {LIMIT:,} operations", TOO_LONG)
        node.__class__ = Traced
        return node

    def compared(self, value: Any) -> None:
        """Values from outside are inputs too, so they cannot decide either."""
        if not (value._operation is LEAF and self.is_new(value)):
            refuse("compare Values", BRANCH)


TOO_LONG = "compile what one step or one sample does, and repeat it: fast.map(rows), fast.sum(rows), or a Python loop"


def tracing() -> bool:
    """Whether a function is being recorded for the compiler, on this thread."""
    return isinstance(watcher(), Trace)
