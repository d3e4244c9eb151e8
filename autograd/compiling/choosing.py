"""Which backend makes the code: the one that is asked for, or the fastest that is there. Next: kernel.py."""

from __future__ import annotations

from typing import Any

from autograd.compiling import c, llvm, python, x86
from autograd.compiling.backends import Backend
from autograd.compiling.cache import Cache
from autograd.compiling.tables import MANY, ONE
from autograd.compiling.tape import Tape
from autograd.modes import collector_paused

NATIVE: dict[str, Backend] = {"llvm": llvm, "x86": x86, "c": c}  # the fastest first
BACKENDS = {
    "llvm": "needs the extra 'jit'",
    "x86": "Linux and macOS on such processors",
    "c": "needs a C compiler",
    "python": "is always there",
}
LLVM_UP_TO = 2_000  # operations, from where on it takes longer than it is worth for a function of one row
ROWS_AT_ONCE = ("llvm", "c")  # those whose code runs over many rows by itself


def available() -> list[str]:
    """The backends that can be used here, the fastest first.

    >>> available()[-1]
    'python'
    """
    return [name for name in BACKENDS if name == "python" or NATIVE[name].is_present()]


def check_backend(name: str, backend: str) -> None:
    """ValueError, in the name of a function, if there is no such backend; what it raises, if it is not present."""
    if not isinstance(backend, str) or backend not in ("auto", *BACKENDS):
        choices = ", ".join(f"{each!r} ({what})" for each, what in BACKENDS.items())
        raise ValueError(f"{name}: no backend {backend!r:.60}\nuse 'auto', {choices}")
    if backend in NATIVE:
        NATIVE[backend].check_present()


def chosen(backend: str, tape: Tape, one_row: bool) -> str:
    """The backend that "auto" stands for: the fastest that is present and can do what is on the tape."""
    if backend != "auto":
        return backend
    able = [name for name in available() if name == "python" or NATIVE[name].can(tape)]
    if not one_row:
        return next(name for name in able if name in (*ROWS_AT_ONCE, "python"))
    if len(tape) > LLVM_UP_TO and "x86" in able:
        return "x86"
    return able[0]


def made(backend: str, cache: Cache, tape: Tape, width: int, kind: str, **layout: Any) -> Any:
    """The code of a kind, "one", "rows" or "sums" (see backends.py), with `call`, which runs it; or Python's."""
    with collector_paused():
        if backend == "python":
            return python.Code(tape)
        code = cache.code(NATIVE[backend], tape, width, kind, **layout)
        code.call = (ONE if kind == "one" else MANY)(code.address)
        return code
