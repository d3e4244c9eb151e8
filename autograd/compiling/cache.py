"""Compiled code on disk, so that another process need not compile it again. Off unless asked for. Next: tables.py."""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import sys
from pathlib import Path
from typing import Any, Union

from autograd.compiling.tape import Tape
from autograd.files import write_whole

Folder = Union[str, "os.PathLike[str]", bool]  # where to keep code; True is the default folder, False is nowhere


class Cache:
    """A folder of compiled code, each file named by all that the code depends on; or none, and then nothing is kept.

    A file begins with the digest of what follows. One that is damaged, or not ours, is as good as none.
    """

    def __init__(self, folder: Folder) -> None:
        if not isinstance(folder, (bool, str, os.PathLike)):
            raise TypeError(f"cache = {folder!r:.60}\ncache is True, False or a folder")
        self.folder = default_folder() if folder is True else Path(folder) if folder else None

    def code(self, backend: Any, tape: Tape, width: int, kind: str, **layout: Any) -> Any:
        """The code of a tape, from the folder or compiled now."""
        if self.folder is None or not backend.target():
            return backend.Code(tape, width, kind, **layout)
        file = self.folder / f"{key(backend, tape, width, kind, layout)}.bin"
        known = contents(file, file.name)
        if known is not None:
            try:
                return backend.Code(tape, width, kind, **layout, object_code=known)
            except (OSError, RuntimeError):  # of another system: compile it here
                pass
        made = backend.Code(tape, width, kind, **layout)
        with contextlib.suppress(OSError):  # a folder that cannot be written to is as good as none
            self.folder.mkdir(parents=True, exist_ok=True)
            write_whole(file, digest(file.name, made.object_code) + made.object_code)
        return made


def default_folder() -> Path:
    """Where this system keeps what can be made again."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home())) / "scalar-autograd"
    if sys.platform == "darwin":
        return Path.home() / "Library/Caches/scalar-autograd"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "scalar-autograd"


def digest(name: str, code: bytes) -> bytes:
    """What a file of that name begins with, so that no other's content passes for it."""
    return hashlib.sha256(name.encode() + code).digest()


def contents(file: Path, name: str) -> bytes | None:
    """The code in a file, if it is whole."""
    try:
        held = file.read_bytes()
    except OSError:
        return None
    return held[32:] if digest(name, held[32:]) == held[:32] else None


def key(backend: Any, tape: Tape, width: int, kind: str, layout: Any) -> str:
    """A digest of all that code depends on: the tape, what is made of it and how, by what, for which machine."""
    from autograd import __version__

    told = (__version__, backend.__name__, backend.target(), platform.platform(), tape.entries, tape.outputs)
    return hashlib.sha256(repr((*told, width, kind, sorted(layout.items()))).encode()).hexdigest()
