"""Switches around the engine: no_grad (record nothing), collector_paused (build big graphs faster); blocks in general.

Both restore exactly what they found, whether the block ends or raises, nested or not, whatever other
threads do. The engine itself is next door: value.py.
"""

from __future__ import annotations

import functools
import gc
import inspect
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from types import FrameType
from typing import Any

# thread -> the blocks now open on it, innermost last, each with the frame of the generator that opened it, or None.
# Empty nearly always, so an operation pays one truth test.
blocks: dict[int, list[tuple[Block, FrameType | None]]] = {}
_lock = threading.Lock()


def innermost(*kinds: type) -> Any:
    """The last block of these kinds that was opened on this thread and is still open; None if there is none.

    A block opened by a generator (or coroutine) counts only while that generator runs: suspended, its
    frame has no caller.
    """
    for block, frame in reversed(blocks.get(threading.get_ident(), ())):
        if isinstance(block, kinds) and (frame is None or frame.f_back is not None):
            return block
    return None


def recording_paused() -> bool:
    """True inside `no_grad()`, on this thread, unless a `recording()` stands further in."""
    return isinstance(innermost(no_grad, Recording), no_grad)


def watcher() -> Any:
    """The Watch around, on this thread, or None."""
    return innermost(Watch) if blocks else None


def around() -> tuple[bool, Any]:
    """What `recording_paused` and `watcher` say, by one look at the blocks: every node that is made asks for both."""
    paused = watch = None
    for block, frame in reversed(blocks.get(threading.get_ident(), ())):
        if frame is None or frame.f_back is not None:
            if isinstance(block, Watch):
                watch = watch or block
            elif paused is None and isinstance(block, (no_grad, Recording)):
                paused = isinstance(block, no_grad)
    return bool(paused), watch


def _suspendable(frame: FrameType) -> FrameType | None:
    """The frame, if it is a generator's or coroutine's."""
    kinds = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR
    return frame if frame.f_code.co_flags & kinds else None


class Block:
    """A `with` block, or a decorator, inside which the engine does something differently, on one thread."""

    def __init__(self) -> None:
        self._opened: list[tuple[int, FrameType | None]] = []

    def __enter__(self) -> Any:
        thread, frame = threading.get_ident(), _suspendable(sys._getframe(1))
        with _lock:
            self._opened.append((thread, frame))
            blocks.setdefault(thread, []).append((self, frame))
        self.opened()
        return self

    def opened(self) -> None:
        """What a kind of block does when it begins."""

    def __exit__(self, *exception: object) -> None:
        here, frame = threading.get_ident(), _suspendable(sys._getframe(1))
        with _lock:  # a generator may be closed on another thread than the one that opened its block
            thread = next(t for t, f in reversed(self._opened) if f is frame and (frame is not None or t == here))
            self._opened.remove((thread, frame))
            blocks[thread].remove((self, frame))
            if not blocks[thread]:
                del blocks[thread]

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The same function, inside this block whenever it runs."""
        block, name = self, type(self).__name__
        if not callable(function) or inspect.isclass(function):
            raise TypeError(
                f"{name}: {function!r:.60} is not a function to decorate\nwrite `with {name}(...):`, or @{name}(...)"
            )
        if inspect.isgeneratorfunction(function):

            @functools.wraps(function)
            def generator(*args: Any, **kwargs: Any) -> Any:
                with block:
                    return (yield from function(*args, **kwargs))

            return generator
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def coroutine(*args: Any, **kwargs: Any) -> Any:
                with block:
                    return await function(*args, **kwargs)

            return coroutine

        @functools.wraps(function)
        def plain(*args: Any, **kwargs: Any) -> Any:
            with block:
                return function(*args, **kwargs)

        return plain


class no_grad(Block):  # noqa: N801 - used like a function
    """Compute without recording: results are leaves, nothing can be differentiated through them.

    >>> from autograd import Value, no_grad
    >>> x = Value(3.0)
    >>> with no_grad():
    ...     y = x * x
    >>> y, y.parents
    (Value(data=9.0), ())

    Also a decorator, `@no_grad()`, for functions, generators and coroutines. Other threads go on recording, and
    so does the code that consumes a generator which is suspended inside the block.
    """


class Recording(Block):
    """Record, even inside `no_grad()`."""


def recording() -> Any:
    """What `grad` does while it runs the function that it differentiates: a block only where one is needed."""
    return Recording() if blocks and recording_paused() else nullcontext()


class Watch(Block):
    """A block that may look at what is computed inside it; detect_anomaly in diagnosis.py is one.

    This one looks at nothing: inside it, the blocks around see nothing either. `inlining` asks of a checkpoint to
    record the graph of its function, as if it were not there.
    """

    inlining = False

    def made(self, node: Any) -> Any:
        """Look at a node that was just recorded, and return the one to use in its place."""
        return node

    def compared(self, value: Any) -> None:
        """Look at a Value whose data is about to be compared."""

    def before_backward(self, output: Any) -> None:
        """Look at a graph that is about to be run backward."""

    def differentiated(self, node: Any, gradient: Any, gains: tuple[Any, Any]) -> None:
        """Look at what a node's operands gain from its gradient."""

    def added(self, value: Any, terms: Any, total: Any) -> None:
        """Look at the sum of what a Value gained from several nodes."""


_paused_collections = 0
_collector_was_on = False


@contextmanager
def collector_paused() -> Iterator[None]:
    """Pause Python's cycle collector while a large graph is built: two to three times faster, nothing leaks.

    >>> from autograd import Value, collector_paused
    >>> with collector_paused():
    ...     total = sum(Value(k) for k in range(1000))
    >>> total.data
    499500.0

    Graphs hold no reference cycles, so they are freed without the collector, which would only walk
    them in vain. The collector is one for the whole process: it comes back when the last block ends, on whichever
    thread, and only if it was on when the first began.
    """
    global _paused_collections, _collector_was_on
    with _lock:
        if _paused_collections == 0:
            _collector_was_on = gc.isenabled()
            gc.disable()
        _paused_collections += 1
    try:
        yield
    finally:
        with _lock:
            _paused_collections -= 1
            if _paused_collections == 0 and _collector_was_on:
                gc.enable()
