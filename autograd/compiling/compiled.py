"""`compile(f)` and what it returns: a function that computes what f computes, as code made for it.

The first call with a new structure of arguments runs f on Values (recording.py), writes down what that run computed as
a tape (lowering.py), and lets a backend turn that into code (kernel.py). Later calls only run the code. Next:
compiled_rows.py.
"""

from __future__ import annotations

import functools
import inspect
import sys
import threading
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, overload

from autograd.calling import check_arguments, check_function
from autograd.compiling import c, llvm, python
from autograd.compiling.cache import Cache, Folder
from autograd.compiling.choosing import check_backend
from autograd.compiling.kernel import Kernel, Stats
from autograd.compiling.recording import Recording
from autograd.compiling.tables import Table, check_width, like
from autograd.compiling.tape import listing
from autograd.compiling.tracing import tracing
from autograd.derivatives import from_recipe, recipe_of
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
    """A compiled function: call it like the original. Made by `compile`, which says what it does.

    >>> from autograd import compile
    >>> fast = compile(lambda x: x * x)
    >>> fast(3.0), fast
    (9.0, <compiled <lambda>, for 1 structure of arguments>)
    """

    def __init__(self, f: Function, backend: str, static: tuple[str, ...], cache: Folder) -> None:
        functools.update_wrapper(self, f, updated=())  # an attribute of f is not to hide a method
        self.function, self.backend, self.static, self.cache = f, backend, static, Cache(cache)
        self.title = getattr(f, "__name__", type(f).__name__)
        self.kernels: dict[Hashable, Kernel] = {}
        self.lock = threading.RLock()
        self.entry: Function = no_entry

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if blocks and tracing():  # inside another function that is being compiled
            return self.function(*args, **kwargs)
        if not kwargs and (result := self.entry(*args)) is not NotImplemented:
            return result
        settled: dict[str, Any] = {}
        if kwargs or self.static:
            settled, args, kwargs = self.by_place(args, kwargs)
        numbers: list[float] = []
        try:
            key = structure(args, numbers), structure(kwargs, numbers), *map(told_apart, settled.values())
        except ValueGivenError:
            return self.function(*args, **kwargs, **settled)
        kernel = self.kernels.get(key) or self.kernel(key, args, kwargs, settled, len(numbers))
        return kernel.one(numbers)

    def by_place(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[dict[str, Any], tuple[Any, ...], Any]:
        """The static arguments by name, for each of whose values there is code; the others by place, where they can."""
        try:
            bound = signature_of(self.function).bind(*args, **kwargs)
        except TypeError:
            check_arguments("compile", self.function, args, kwargs)
            raise
        if self.static:
            bound.apply_defaults()
        settled = {name: hashable(name, bound.arguments.pop(name)) for name in self.static if name in bound.arguments}
        return settled, bound.args, bound.kwargs

    def kernel(self, key: Hashable, args: Any, kwargs: Any, settled: dict[str, Any], width: int) -> Kernel:
        """Compile for a structure of arguments that is new; one at a time, whatever the threads do."""
        with self.lock:
            if key not in self.kernels:
                f = functools.partial(self.function, **settled) if settled else self.function
                kernel = Kernel(Recording(f, args, kwargs), width, self.backend, self.cache)
                if not kwargs and not settled:
                    self.entry = kernel.entry(args) or no_entry
                self.kernels[key] = kernel
            return self.kernels[key]

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        """The compiled method of an instance, which is made once for each."""
        if instance is None:
            return self
        kept = getattr(instance, "__dict__", {})
        # Under a name that is no attribute: what overrides the method is found first.
        key = f"_compiled {getattr(self.function, '__qualname__', self.title)}"
        bound = kept.get(key)
        if bound is None or bound.function.__self__ is not instance:  # a copy has what was made for the original
            static = tuple(name for name in self.static if name != "self")
            bound = Compiled(self.function.__get__(instance, owner), self.backend, static, self.cache.folder or False)
            if isinstance(kept, dict):
                kept[key] = bound
        return bound

    # -- many rows

    def map(self, rows: Any, *, threads: int = 1, out: Any = None) -> Any:
        """The results for many rows of arguments, each the numbers of one call, in order.

        >>> from autograd import compile
        >>> compile(lambda x, y: x * y).map([[2.0, 5.0], [3.0, 4.0]])
        [10.0, 12.0]

        Lists give a list of what f returns. Arrays of float64 (NumPy's, `array.array`, memoryviews) are read where they
        are and give an array with a row of numbers for each; `out` is one to write into. Threads share the rows out.
        A function that was never called is taken to be of as many numbers as it has arguments, or of one list; of
        several structures with as many numbers, the first that was called counts.
        Raises ValueError for rows of another width than f has numbers.
        """
        rows, kernel, table = self.rows_for("map", rows, threads)
        if out is None:
            results = Table.empty(table.count, kernel.results)
            kernel.map(table, results, threads)
            return like(rows, results, kernel.rebuild)
        room = Table.to_write(out, table.count, kernel.results, f"{self.title}.map")
        if not room.overlaps(table):
            kernel.map(table, room, threads)
        else:  # rows must have been read before they are written over
            results = Table.empty(table.count, kernel.results)
            kernel.map(table, results, threads)
            room.numbers[:] = results.numbers
        return out

    def sum(self, rows: Any, *, threads: int = 1) -> Any:
        """The sum of the results over many rows, in the structure that f returns: `map`, added up.

        >>> from autograd import compile, value_and_grad
        >>> compile(value_and_grad(lambda x: x**2)).sum([1.0, 2.0, 3.0])
        (14.0, 12.0)

        Sums do not depend on the number of threads.
        """
        _, kernel, table = self.rows_for("sum", rows, threads)
        return kernel.rebuild(kernel.sum(table, threads))

    def mean(self, rows: Any, *, threads: int = 1) -> Any:
        """The mean of the results over many rows: their `sum`, divided by how many there are.

        >>> from autograd import compile
        >>> compile(lambda x: [x, x**2]).mean([1.0, 2.0, 3.0])[0]
        2.0

        Raises ValueError if there are no rows.
        """
        _, kernel, table = self.rows_for("mean", rows, threads)
        if not table.count:
            raise ValueError(f"{self.title}.mean of no rows is not defined\ngive it at least one row")
        return kernel.rebuild([total / table.count for total in kernel.sum(table, threads)])

    def rows_for(self, what: str, rows: Any, threads: Any) -> tuple[Any, Kernel, Table]:
        """The rows, the code for rows like the first of them, and the table that they are."""
        name = f"{self.title}.{what}"
        if isinstance(threads, bool) or not isinstance(threads, int) or threads < 1:
            raise ValueError(f"{name}: threads = {threads!r:.60}\nthreads is a whole number from 1 up")
        if not is_buffer(rows) and not isinstance(rows, (list, tuple)):
            if not hasattr(rows, "__iter__"):
                raise TypeError(f"{name}: {rows!r:.60} is not a list of rows\ngive it a list or an array of numbers")
            rows = list(rows)
        width = width_of(rows)
        fitting = [kernel for kernel in self.kernels.values() if width in (None, kernel.width)]
        kernel = fitting[0] if fitting else self.kernel_for_width(width, name)
        return rows, kernel, Table.of(rows, kernel.width, name)

    def kernel_for_width(self, width: int | None, name: str) -> Kernel:
        """The code for rows that the function was never called with: of numbers, or of one list of numbers."""
        if self.static:
            self.latest  # noqa: B018 - says that it has to be called first
            raise ValueError(
                f"{name}: rows of {width} numbers, which it was not called with\ncall it once with such a row"
            )
        takes = [each for each in signature_of(self.function).parameters.values() if each.default is each.empty]
        fixed = not any(each.kind is each.VAR_POSITIONAL for each in takes)
        width = len(takes) if width is None else width
        if fixed and len(takes) != 1:
            check_width(width, len(takes), name)
        args = ([1.0] * width,) if fixed and len(takes) == 1 and width != 1 else (1.0,) * width
        return self.kernel((structure(args, []), structure({}, [])), args, {}, {}, width)

    # -- looking at it

    @property
    def latest(self) -> Kernel:
        """The code for the structure of arguments that was new last."""
        if not self.kernels:
            raise ValueError(f"{self.title} has not been compiled yet\ncall it once: what it computes shows then")
        return next(reversed(self.kernels.values()))

    @property
    def stats(self) -> Stats:
        """What the last compilation took and gave: see Stats."""
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

        For the structure of arguments that was compiled last. The last two need the extra 'jit', and show what LLVM
        makes of it whatever backend runs.
        """
        if not isinstance(language, str) or language not in LANGUAGES:
            raise ValueError(f"source: no language {language!r:.60}\nuse one of {', '.join(map(repr, LANGUAGES))}")
        return LANGUAGES[language](self.latest)

    def __reduce__(self) -> Any:
        f = self.function
        if getattr(sys.modules.get(f.__module__), getattr(f, "__qualname__", ""), None) is self:
            return f.__qualname__  # a decorated function: found by its name
        return compiled_again, (recipe_of(f), self.backend, self.static, self.cache.folder or False)

    def __repr__(self) -> str:
        count = len(self.kernels)
        return f"<compiled {self.title}, for {count} structure{'s' * (count != 1)} of arguments>"


def compiled_again(recipe: Any, backend: str, static: tuple[str, ...], cache: Folder) -> Compiled:
    """A compiled function from what it was pickled as."""
    return compile(from_recipe(recipe), backend=backend, static=static, cache=cache)


def no_entry(*args: Any) -> Any:
    """Nothing has been compiled that could be called directly."""
    return NotImplemented


@overload
def compile(
    f: None = None, *, backend: str = "auto", static: str | Iterable[str] = (), cache: Folder = False
) -> Callable[[Function], Compiled]: ...


@overload
def compile(
    f: Function, *, backend: str = "auto", static: str | Iterable[str] = (), cache: Folder = False
) -> Compiled: ...


def compile(
    f: Function | None = None, *, backend: str = "auto", static: str | Iterable[str] = (), cache: Folder = False
) -> Any:
    """The same function as code: it is run once on Values, and what that run computed is compiled.

    >>> from autograd import compile, grad, sin
    >>> fast = compile(grad(lambda x: x * sin(x)))
    >>> fast(2.0) == grad(lambda x: x * sin(x))(2.0)
    True

    Numbers in, numbers out, in the structure that f returns; also a decorator. Values that f reaches from outside, a
    model's parameters, are read anew at each call; plain numbers, lists and whatever else it reaches are those of the
    first call. What f computes may depend on numbers only by `where`, `maximum` and their like: an `if` on a Value is a
    TracingError. Arguments named in `static` are settled, with code for each of their values. What f prints or changes
    happens when it is compiled, and not again. Given Values, f itself runs, so that its graph can go on.

    `backend` is "llvm" (extra 'jit'), "x86" (Linux and macOS on such processors), "c" (a C compiler), "python", or
    "auto", the first of these that is there; beyond 2,000 operations "x86" comes first, since LLVM takes its time.
    `cache=True`, or a folder, keeps the code of LLVM and C on disk. `fast.map(rows)` and `fast.sum(rows)` run many at
    once; `fast.source()` shows the code. Floats given by place, in the structure compiled last, are the fastest call.

    Raises ValueError for another backend or a static argument that f does not have, TypeError for what is not a
    function, ImportError or RuntimeError for a backend that is not present.
    """
    if not isinstance(static, Iterable):
        raise TypeError(f"compile: static = {static!r:.60}\nstatic is the name of an argument, or a list of names")
    names = (static,) if isinstance(static, str) else tuple(static)
    check_backend("compile", backend)
    if f is None:
        return functools.partial(compile, backend=backend, static=names, cache=cache)
    check_function("compile", f)
    unknown = [name for name in names if name not in signature_of(f).parameters] if names else []
    if unknown:
        title = getattr(f, "__name__", type(f).__name__)
        raise ValueError(
            f"compile: {unknown[0]!r} is not an argument of {title}\nit has {', '.join(signature_of(f).parameters)}"
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


def told_apart(x: Any) -> Hashable:
    """A key for a static argument: 1, 1.0 and True are equal, and so are 0.0 and -0.0, but not to a program."""
    if isinstance(x, tuple):
        return type(x), *map(told_apart, x)
    return type(x), repr(x) if isinstance(x, float) else x


def is_buffer(rows: Any) -> bool:
    try:
        memoryview(rows)
    except TypeError:
        return hasattr(rows, "__array_interface__")
    return True


def width_of(rows: Any) -> int | None:
    """How many numbers a row has; None if there are no rows."""
    if is_buffer(rows):
        shape = getattr(rows, "shape", None) or memoryview(rows).shape or (1,)
        return shape[1] if len(shape) == 2 else 1 if shape[0] else None
    return None if not rows else len(rows[0]) if hasattr(rows[0], "__len__") else 1
