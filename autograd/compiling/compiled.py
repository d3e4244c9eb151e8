"""`compile(f)` and what it returns: a function that computes what f computes, as code made for it.

The first call with a new structure of arguments runs f on Values (recording.py), writes down what that run computed as
a tape (lowering.py), and lets a backend turn that into code (kernel.py). Later calls only run the code.
"""

from __future__ import annotations

import functools
import inspect
import sys
import threading
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any

from autograd.calling import check_function
from autograd.compiling import c, llvm, python
from autograd.compiling.cache import Cache
from autograd.compiling.kernel import BACKENDS, NATIVE, Kernel, Stats
from autograd.compiling.recording import Recording
from autograd.compiling.rows import ROW, Table, check_width, like
from autograd.compiling.tape import listing
from autograd.compiling.tracing import tracing
from autograd.floats import as_float
from autograd.modes import blocks
from autograd.structures import flatten
from autograd.value import Value

Function = Callable[..., Any]
LANGUAGES: dict[str, Callable[[Kernel], str]] = {
    "tape": lambda kernel: listing(kernel.tape),
    "python": lambda kernel: python.source(kernel.tape),
    "c": lambda kernel: c.source(kernel.tape, kernel.width),
    "llvm": lambda kernel: llvm.Code(kernel.tape, kernel.width, "one").ir,
    "assembly": lambda kernel: llvm.Code(kernel.tape, kernel.width, "one").assembly(),
}


class Compiled:
    """A compiled function: call it like the original. Made by `compile`."""

    __name__: str

    def __init__(self, f: Function, backend: str, static: tuple[str, ...], cache: Any) -> None:
        functools.update_wrapper(self, f)
        self.function, self.backend, self.static, self.cache = f, backend, static, Cache(cache)
        self.kernels: dict[Hashable, Kernel] = {}
        self.lock = threading.Lock()
        self.entry: Function = no_entry

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not kwargs and (result := self.entry(*args)) is not NotImplemented:
            return result
        if blocks and tracing():  # inside another function that is being compiled
            return self.function(*args, **kwargs)
        settled, args, kwargs = self.settled(args, kwargs) if self.static else ({}, args, kwargs)
        numbers: list[float] = []
        try:
            key = structure(args, numbers), structure(kwargs, numbers), tuple(settled.items())
        except ValueGivenError:
            return self.function(*args, **kwargs, **settled)
        kernel = self.kernels.get(key) or self.kernel(key, args, kwargs, settled, len(numbers))
        return kernel.one(numbers)

    def settled(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[dict[str, Any], tuple[Any, ...], Any]:
        """The static arguments, for each of whose values there is code of its own; and the others, by name."""
        given = dict(signature_of(self.function).bind(*args, **kwargs).arguments)
        settled = {name: hashable(name, given.pop(name)) for name in self.static if name in given}
        return settled, (), given

    def kernel(self, key: Hashable, args: Any, kwargs: Any, settled: dict[str, Any], width: int) -> Kernel:
        """Compile for a structure of arguments that is new; one at a time, whatever the threads do."""
        with self.lock:
            if key not in self.kernels:
                f = functools.partial(self.function, **settled) if settled else self.function
                kernel = Kernel(Recording(f, args, kwargs), width, self.backend, self.cache)
                self.kernels[key] = kernel
                if not kwargs and not settled:
                    self.entry = kernel.entry(args) or no_entry
            return self.kernels[key]

    # -- many rows

    def map(self, rows: Any, *, threads: int = 1, out: Any = None) -> Any:
        """The results for many rows of arguments, each the numbers of one call, in order.

        >>> from autograd import compile
        >>> compile(lambda x, y: x * y).map([[2.0, 5.0], [3.0, 4.0]])
        [10.0, 12.0]

        Lists give a list of what f returns. Arrays of float64 (NumPy's, `array.array`, memoryviews) are read where they
        are and give an array with a row of numbers for each; `out` is one to write into. Threads share the rows out.
        Raises ValueError for rows of another width than f has numbers.
        """
        kernel = self.for_rows(rows)
        table = Table.of(rows, kernel.width, f"{self.__name__}.map")
        if out is None:
            results = Table.empty(table.count, kernel.results)
            kernel.map(table, results, checked_threads(threads))
            return like(rows, results, kernel.results, kernel.rebuild)
        room = Table.to_write(out, table.count, kernel.results, f"{self.__name__}.map")
        kernel.map(table, room, checked_threads(threads))
        return out

    def sum(self, rows: Any, *, threads: int = 1) -> Any:
        """The sum of the results over many rows, in the structure that f returns: `map`, added up.

        >>> from autograd import compile, value_and_grad
        >>> compile(value_and_grad(lambda x: x**2)).sum([1.0, 2.0, 3.0])
        (14.0, 12.0)

        Sums do not depend on the number of threads.
        """
        kernel = self.for_rows(rows)
        table = Table.of(rows, kernel.width, f"{self.__name__}.sum")
        return kernel.rebuild(kernel.sum(table, checked_threads(threads)))

    def mean(self, rows: Any, *, threads: int = 1) -> Any:
        """The mean of the results over many rows: their `sum`, divided by how many there are.

        >>> from autograd import compile
        >>> compile(lambda x: [x, x**2]).mean([1.0, 2.0, 3.0])[0]
        2.0

        Raises ValueError if there are no rows.
        """
        kernel = self.for_rows(rows)
        table = Table.of(rows, kernel.width, f"{self.__name__}.mean")
        if not table.count:
            raise ValueError(f"{self.__name__}.mean of no rows is not defined\ngive it at least one row")
        return kernel.rebuild([total / table.count for total in kernel.sum(table, checked_threads(threads))])

    def for_rows(self, rows: Any) -> Kernel:
        """The code that was made last, or that for rows like the first of these: numbers, or one list of numbers."""
        if self.kernels or self.static:
            return self.latest
        takes = [each for each in signature_of(self.function).parameters.values() if each.default is each.empty]
        fixed = not any(each.kind is each.VAR_POSITIONAL for each in takes)
        width = width_of(rows, len(takes))
        if fixed and len(takes) > 1:
            check_width(width, len(takes), self.__name__)
        args = ([1.0] * width,) if fixed and len(takes) == 1 and width != 1 else (1.0,) * width
        return self.kernel((structure(args, []), structure({}, []), ()), args, {}, {}, width)

    # -- looking at it

    @property
    def latest(self) -> Kernel:
        """The code for the structure of arguments that was new last."""
        if not self.kernels:
            raise ValueError(f"{self.__name__} has not been compiled yet\ncall it once: what it computes shows then")
        return next(reversed(self.kernels.values()))

    @property
    def stats(self) -> Stats:
        """What the last compilation took and gave."""
        return self.latest.stats

    def source(self, language: str = "python") -> str:
        """The code as text, with your own names: "tape", "python", "c", "llvm" (LLVM's own language) or "assembly".

        >>> from autograd import compile, tanh
        >>> fast = compile(lambda a, b, c: a * b + tanh(c))
        >>> fast(2.0, 3.0, 0.0)
        6.0
        >>> print(fast.source())
        def compiled(inputs):
            a, b, c = inputs
            return (a * b + tanh(c),)

        For the structure of arguments that was compiled last. The last two need the extra 'jit'.
        """
        if language not in LANGUAGES:
            raise ValueError(f"source: no language {language!r:.60}\nuse one of {', '.join(map(repr, LANGUAGES))}")
        return LANGUAGES[language](self.latest)

    def __reduce__(self) -> Any:
        f = self.function
        if (
            getattr(sys.modules.get(f.__module__), f.__qualname__, None) is self
        ):  # a decorated function: found by its name
            return f.__qualname__
        cache = self.cache.folder or False
        return functools.partial(compile, backend=self.backend, static=self.static, cache=cache), (f,)

    def __repr__(self) -> str:
        return f"<compiled {self.__name__}, for {len(self.kernels)} structures of arguments>"


def no_entry(*args: Any) -> Any:
    """Nothing has been compiled that could be called directly."""
    return NotImplemented


def compile(
    f: Function | None = None, *, backend: str = "auto", static: str | Iterable[str] = (), cache: Any = False
) -> Any:
    """The same function as code: it is run once on Values, and what that run computed is compiled.

    >>> from autograd import compile, grad, sin
    >>> fast = compile(grad(lambda x: x * sin(x)))
    >>> fast(2.0) == grad(lambda x: x * sin(x))(2.0)
    True

    Numbers in, numbers out, in the structure that f returns; also a decorator. Values that f reaches from outside, a
    model's parameters, are read anew at each call. What f computes may depend on numbers only by `where`, `maximum` and
    their like: an `if` on a Value is a TracingError. Arguments named in `static` are settled, with code for each of
    their values. What f prints or changes happens when it is compiled, and not again. Given Values, f itself runs, so
    that its graph can go on.

    `backend` is "llvm" (extra 'jit'), "x86" (Linux and macOS on such processors), "c" (a C compiler), "python", or
    "auto", the first of these that is there; beyond 2,000 operations "x86" comes first, since LLVM takes its time.
    `cache=True`, or a folder, keeps native code on disk. Raises ValueError for another backend or for a static argument
    that f does not have, TypeError for what is not a function. `fast.map(rows)` and `fast.sum(rows)` run many at once;
    `fast.source()` shows the code.
    """
    names = (static,) if isinstance(static, str) else tuple(static)
    if backend != "auto" and backend not in BACKENDS:
        choices = ", ".join(f"{name!r} ({what})" for name, what in BACKENDS.items())
        raise ValueError(f"compile: no backend {backend!r:.60}\nuse 'auto', {choices}")
    if f is None:
        return functools.partial(compile, backend=backend, static=names, cache=cache)
    check_function("compile", f)
    if backend in NATIVE:
        NATIVE[backend].check_present()
    unknown = [name for name in names if name not in signature_of(f).parameters] if names else []
    if unknown:
        raise ValueError(
            f"compile: {unknown[0]!r} is not an argument of {f.__name__}\n"
            f"it has {', '.join(signature_of(f).parameters)}"
        )
    return Compiled(f, backend, names, cache)


def signature_of(f: Function) -> inspect.Signature:
    try:
        return inspect.signature(f)
    except (TypeError, ValueError):
        raise TypeError(f"compile: {f!r:.60} does not tell its arguments\ngive it a function of your own") from None


class ValueGivenError(Exception):
    """A Value is among the arguments."""


def structure(part: Any, numbers: list[float]) -> Hashable:
    """What a structure looks like, as a key; its numbers are put into the list."""
    kind = type(part)
    if kind is float:
        numbers.append(part)
        return None
    if isinstance(part, (list, tuple)):
        if set(map(type, part)) == {float}:
            numbers.extend(part)
            return kind, len(part)
        members = [structure(each, numbers) for each in part]
        return (kind, len(part)) if members.count(None) == len(part) else (kind, *members)
    if isinstance(part, Mapping):
        return (kind, *[(key, structure(part[key], numbers)) for key in part])
    if isinstance(part, Value):
        raise ValueGivenError
    if isinstance(part, str) or part is None or hasattr(part, "__len__"):
        flatten(part, "compile")  # says what is wrong
    numbers.append(as_float(part, "compile"))
    return None


def hashable(name: str, argument: Any) -> Any:
    try:
        hash(argument)
    except TypeError:
        raise TypeError(
            f"compile: the static argument {name} = {argument!r:.60} cannot be a key\ngive a number, a text or a tuple"
        ) from None
    return argument


def width_of(rows: Any, otherwise: int) -> int:
    """How many numbers a row has, if there is one."""
    shape: Sequence[int] | None = getattr(rows, "shape", None)
    if shape is None and isinstance(rows, (list, tuple)):
        return otherwise if not rows else len(rows[0]) if hasattr(rows[0], "__len__") else 1
    if shape is None:
        shape = memoryview(rows).shape or (1,)
    if len(shape) > 2:
        raise ValueError(f"rows in {len(shape)} dimensions\n{ROW}: give it a table")
    return shape[1] if len(shape) == 2 else 1


def checked_threads(threads: Any) -> int:
    if isinstance(threads, bool) or not isinstance(threads, int) or threads < 1:
        raise ValueError(f"threads = {threads!r:.60}\nthreads is a whole number from 1 up")
    return threads
