"""The process that a student's code runs in: it is told what to load and what to ask, and answers in lines of JSON.

Started as `python -I -S -c "..."` with this folder's parent on the path, so that nothing that is installed can be
imported. Standard input and output are taken away from the student's code before it runs: what it prints is kept, the
first few thousand characters of it, and its input is empty.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import Any, TextIO

from . import locks
from .plain import TooLong
from .submission import Submission, load


class Kept:
    """Standard output: the beginning is kept, the rest is let go."""

    encoding = "utf-8"
    errors = "replace"

    def __init__(self, room: int = 4000) -> None:
        self.room = room
        self.parts: list[str] = []

    def write(self, text: str) -> int:
        if self.room > 0:
            self.parts.append(text[: self.room])
            self.room -= len(text)
        return len(text)

    def flush(self) -> None:
        """There is nothing to wait for."""

    def close(self) -> None:
        """Somebody may want to."""

    def isatty(self) -> bool:
        return False


def private_channels() -> tuple[TextIO, TextIO]:
    """The way in and the way out, moved from where a student's code would find them."""
    into, out = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    for channel in (0, 1, 2):
        os.dup2(nothing, channel)
    os.close(nothing)
    return os.fdopen(into, encoding="utf-8"), os.fdopen(out, "w", encoding="utf-8")


def alarm(seconds: float) -> None:
    """Stop what runs after so many seconds, where the system can; so it is known in which line. 0: do not."""
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGALRM, ring)
        signal.setitimer(signal.ITIMER_REAL, seconds)


def ring(*what: object) -> None:
    raise TooLong("the time is over")


def main() -> None:
    """Answer until there are no more questions."""
    into, out = private_channels()
    kept = Kept()
    sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115 (for as long as the process lives)
    sys.stdout = sys.stderr = kept
    submission: Submission | None = None
    for line in into:
        order = json.loads(line)
        alarm(order["seconds"])
        if "source" in order:
            locks.lock(order["limits"])
            submission, reply = load(order["source"], order["modules"], order["before"])
        elif submission is None:
            reply = {"error": "nothing is loaded"}
        else:
            reply = submission.reply(order["question"], order["given"])
        alarm(0)
        answer(out, {**reply, "mark": order["mark"]}, "".join(kept.parts))


def answer(out: TextIO, reply: dict[str, Any], printed: str) -> None:
    out.write(json.dumps({**reply, "printed": printed}) + "\n")
    out.flush()
    if "error" in reply and reply.get("kind") == "MemoryError":
        os._exit(1)
