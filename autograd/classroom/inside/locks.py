"""Limits on what the process may use, set before the student's code is loaded. None of them can be taken back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def lock(limits: Mapping[str, Any]) -> None:
    """Set the limits: seconds of processor time, bytes of memory, bytes of a file; where the system has them."""
    try:
        import resource
    except ImportError:  # Windows: the process is ended from outside when its time is up
        return
    for name, kind in (("cpu", "RLIMIT_CPU"), ("memory", "RLIMIT_AS"), ("file", "RLIMIT_FSIZE")):
        if name in limits:
            number = getattr(resource, kind)
            try:
                resource.setrlimit(number, (limits[name], limits[name]))
            except (ValueError, OSError):  # macOS refuses some
                continue
