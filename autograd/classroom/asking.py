"""Asking a student's code: in this process, for a class in a notebook, or in one of its own, for a file.

A question is a few lines of Python that run beside what the student wrote; the answer is plain numbers. What is right
is known on this side only. Next: ladder.py.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from autograd.classroom.inside.engines import Unusable
from autograd.classroom.inside.submission import FILE, Submission

LIMITS = {"seconds": 10.0, "cpu": 60, "memory": 1_500_000_000, "file": 10_000_000}
BOOTSTRAP = "import sys; sys.path.insert(0, {!r}); from inside.worker import main; main()"


class Stopped(Exception):  # noqa: N818 (it is not the program's error)
    """A student's code ended in an error: the error in one line, the line of the file, the traceback."""

    def __init__(self, error: str, line: str = "", traceback: str = "", kind: str = "") -> None:
        super().__init__(error)
        self.error, self.line, self.traceback, self.kind = error, line, traceback, kind


class Ask(Protocol):
    """Something that answers questions."""

    printed: str

    def __call__(self, question: str, **given: Any) -> Any: ...


def understood(reply: Mapping[str, Any]) -> Any:
    """The answer in a reply, or the error that it tells of."""
    if "answer" in reply:
        return reply["answer"]
    told = {name: str(reply.get(name, ""))[:5000] for name in ("error", "traceback", "kind", "unusable")}
    if told["unusable"]:
        given = reply.get("facts")
        facts = given if isinstance(given, dict) else {}
        key = told["unusable"] if told["unusable"] in REASONS else "nonsense"
        raise Unusable(key, **{name: str(facts.get(name, "?"))[:200] for name in ("given", "error", "type", "line")})
    line = reply.get("line")
    place = f"{line}"[:60] if isinstance(line, (int, str)) else ""
    raise Stopped(told["error"][:200], place, told["traceback"], told["kind"])


REASONS = ("too_long", "not_callable", "no_leaf", "no_data", "no_gradient", "no_backward", "no_class")


class Here:
    """Asking names that are here, in this process.

    >>> Here({"double": lambda x: 2 * x})("double(x)", x=4)
    8.0
    """

    printed = ""

    def __init__(self, names: Mapping[str, Any]) -> None:
        self.submission = Submission(names)

    def __call__(self, question: str, **given: Any) -> Any:
        return understood(self.submission.reply(question, given))


class Apart:
    """Asking a file's text that is loaded in a process of its own, with limits, in an empty folder.

    >>> with Apart("def double(x): return 2 * x") as ask:
    ...     ask("double(x)", x=4)
    8.0

    An answer that does not come in time raises Unusable("too_long"), a process that ends Unusable("died").
    """

    def __init__(
        self, source: str, modules: Mapping[str, Mapping[str, str]] | None = None, limits: Mapping[str, Any] = LIMITS,
        before: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        self.printed = ""
        self.limits = {**LIMITS, **limits}
        self.folder = tempfile.TemporaryDirectory(prefix="class-", ignore_cleanup_errors=True)
        code = BOOTSTRAP.format(str(Path(__file__).parent))
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-X", "utf8", "-c", code],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            cwd=self.folder.name, env=environment(), start_new_session=True,
        )  # fmt: skip
        self.lines: queue.Queue[bytes] = queue.Queue(2)  # no more: what floods it waits
        self.until = time.monotonic() + self.limits.get("total", 3600.0)
        threading.Thread(target=self.listen, daemon=True).start()
        try:
            order = {"source": source, "modules": dict(modules or {}), "before": dict(before or {})}
            self.names = understood(self.exchange({**order, "limits": self.limits}))
        except BaseException:
            self.close()
            raise

    def __call__(self, question: str, **given: Any) -> Any:
        return understood(self.exchange({"question": question, "given": given}))

    def listen(self) -> None:
        """Take in lines as they come; the last is empty."""
        assert self.process.stdout is not None
        with contextlib.suppress(ValueError, OSError):  # it was closed meanwhile
            while line := self.process.stdout.readline(MOST_BYTES):
                self.lines.put(line)
        self.lines.put(b"")

    def exchange(self, order: Mapping[str, Any]) -> dict[str, Any]:
        """Send a line, wait for the one that answers it."""
        assert self.process.stdin is not None
        mark = secrets.token_hex(8)  # which no answer that was written in advance can have
        patience = max(min(self.limits["seconds"], self.until - time.monotonic()), 0.01)
        try:
            self.process.stdin.write(json.dumps({**order, "mark": mark, "seconds": 0.9 * patience}).encode() + b"\n")
            self.process.stdin.flush()
            line = self.lines.get(timeout=patience)
        except queue.Empty:
            self.close()
            raise Unusable("too_long") from None
        except (OSError, ValueError):  # it has ended, or was ended
            line = b""
        try:
            reply = json.loads(line)
        except (ValueError, RecursionError):
            reply = None
        if not isinstance(reply, dict) or reply.get("mark") != mark:
            self.close()
            raise Unusable("died")
        self.printed = str(reply.get("printed", ""))[:4000]
        if reply.get("unusable") == "too_long":  # what was going on may be half done
            self.close()
        return reply

    def close(self) -> None:
        """End the process, and take its folder away."""
        end(self.process)
        self.folder.cleanup()

    def __enter__(self) -> Apart:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


MOST_BYTES = 20_000_000  # of one answer


def environment() -> dict[str, str]:
    """What a process needs to start, and nothing of what else is set here."""
    return {name: os.environ[name] for name in ("SYSTEMROOT", "PATH") if name in os.environ} | {"PYTHONHASHSEED": "0"}


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and all that it has started."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()
    for channel in (process.stdin, process.stdout):
        if channel is not None:
            with contextlib.suppress(OSError):
                channel.close()


__all__ = ["FILE", "LIMITS", "Apart", "Ask", "Here", "Stopped", "Unusable", "understood"]
