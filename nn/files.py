"""Files that are whole or untouched: written in one step, read no further than they may be long. Next: state.py."""

from __future__ import annotations

import os
import stat
import threading
from contextlib import suppress
from pathlib import Path


def write_whole(path: str | os.PathLike[str], content: bytes) -> None:
    """Replace a file in one step: whoever reads it, or is killed while it is written, finds the old or the new one.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_whole(f"{folder}/note.txt", b"whole")
    ...     Path(folder, "note.txt").read_bytes()
    b'whole'

    The content goes to a hidden file beside it, on to the disk, and only then takes the name. If that fails, OSError is
    raised and the old file stays. What a killed process leaves behind is at most that hidden file, which ends in .part.
    """
    try:
        target = Path(os.path.realpath(path))  # a link stays a link
        temporary = target.with_name(f".{os.getpid()}.{threading.get_ident()}.part")
        try:
            with open(temporary, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            if target.exists():
                os.chmod(temporary, stat.S_IMODE(target.stat().st_mode))  # who may read it stays as it was
            os.replace(temporary, target)
        finally:
            temporary.unlink(missing_ok=True)
    except (OSError, ValueError) as error:  # a ValueError is of a sign that no path may hold
        reason = getattr(error, "strerror", None) or error
        raise OSError(f"cannot write {str(path)!r}: {reason}\nchoose a folder that exists and may be written") from None
    sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    """Bring the new name to the disk too, where a folder can be asked for that."""
    with suppress(OSError):  # Windows opens no folders
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def read_whole(path: str | os.PathLike[str], limit: int) -> bytes:
    """The content of a file of at most `limit` bytes.

    Raises OSError if it cannot be read, and ValueError with the reason if it is longer, or is a device or a pipe, which
    might never end.
    """
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            raise ValueError("it is not an ordinary file")
        with open(path, "rb") as file:
            content = file.read(status.st_size + 1) if status.st_size <= limit else b""
    except OSError as error:
        reason = error.strerror or error
        raise type(error)(f"cannot read {str(path)!r}: {reason}\ngive the path of a file that was saved") from None
    size = max(status.st_size, len(content))
    if size > limit:
        raise ValueError(f"it has {size} bytes, and what is asked for needs no more than {limit}")
    return content
