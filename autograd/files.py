"""Writing files: complete or untouched."""

from __future__ import annotations

import os
import threading
from pathlib import Path


def write_whole(path: Path, content: bytes) -> None:
    """Replace a file by its new content in one step."""
    temporary = path.with_name(f".{os.getpid()}.{threading.get_ident()}.part")
    try:
        try:
            temporary.write_bytes(content)
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
    except (OSError, ValueError) as error:  # a ValueError is of a sign that no path may hold
        reason = getattr(error, "strerror", None) or error
        raise OSError(f"cannot write {str(path)!r}: {reason}\nchoose a folder that exists and may be written") from None


def make_folder(path: Path) -> None:
    """Make a folder, and those above it, where they are not there yet."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise OSError(f"cannot make the folder {str(path)!r}: {reason}\nchoose a place that may be written") from None
