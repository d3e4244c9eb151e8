"""From what a student's code gives back to what can be sent as JSON: numbers, text, lists; and errors in one line."""

from __future__ import annotations

import builtins
import difflib
import traceback
from numbers import Real
from typing import Any

DATA = ("data", "value", "val", "v", "x")  # what a number is kept under, in a class of numbers


class TooLong(BaseException):
    """The time for an answer is over; nothing in a student's code, or around it, is to catch this."""


STOPS = (Exception, SystemExit)  # what a student's code may end in; Ctrl-C is the user's own
MOST = 100_000  # things in one answer


def plain(found: Any, depth: int = 6) -> Any:
    """Numbers, text and lists of them; of a student's own number its data.

    >>> plain([1, (True, None), {"w": 2.5}])
    [1.0, [True, None], {'w': 2.5}]
    """
    if found is None or isinstance(found, (bool, str)):
        return found[:MOST] if isinstance(found, str) else found
    if isinstance(found, Real):
        return as_float(found)
    if depth and isinstance(found, (list, tuple)):
        return [plain(each, depth - 1) for each in found[:MOST]]
    if depth and isinstance(found, dict):
        return {str(key): plain(each, depth - 1) for key, each in list(found.items())[:MOST]}
    number = inner_number(found)
    return f"<{type(found).__name__}>" if number is None else as_float(number)


def as_float(number: Real) -> float:
    try:
        return float(number)
    except OverflowError:
        return float("inf") if number > 0 else float("-inf")  # type: ignore[operator]


def inner_number(found: Any) -> Real | None:
    """The number in a student's Value, if it is one."""
    for name in DATA:
        number = getattr(found, name, None)
        if isinstance(number, Real) and not isinstance(number, bool):
            return number
    return None


def as_number(found: Any) -> float:
    """What was found, as a number; TypeError if it is none."""
    if isinstance(found, (list, tuple)) and len(found) == 1:  # a tensor of one number
        [found] = found
    number = found if isinstance(found, Real) else inner_number(found)
    if isinstance(number, bool) or not isinstance(number, Real):
        raise TypeError(f"{found!r:.40} is a {type(found).__name__}, not a number")
    return as_float(number)


def of_error(error: BaseException) -> str:
    """An error in one line, whatever its own text does.

    >>> of_error(ValueError("no such thing\\nat all"))
    'ValueError: no such thing'
    """
    try:
        text = str(error).partition("\n")[0]
    except STOPS:
        text = ""
    name = type(error).__name__
    return f"{name}: {text}"[:160] if text else name


def alike(error: BaseException) -> str:
    """The name that a mistyped one was meant for, if there is one like it: " (X1?)"."""
    if not isinstance(error, NameError) or error.__traceback__ is None or not getattr(error, "name", None):
        return ""
    *_, (frame, _) = traceback.walk_tb(error.__traceback__)
    names = {name.lower(): name for name in (*dir(builtins), *frame.f_globals, *frame.f_locals)}
    close = difflib.get_close_matches(str(error.name).lower(), names, 1, 0.75)
    return f" ({names[close[0]]}?)" if close else ""


def told(error: BaseException, file: str = "") -> dict[str, Any]:
    """All that is said about an error: one line, the line in the student's file, the traceback."""
    frames = traceback.extract_tb(error.__traceback__)
    known = [frame for frame in frames if frame.filename == file or frame.filename.endswith(".py>")]
    if isinstance(error, SyntaxError):
        place = (error.filename, error.lineno)
    else:
        place = (known[-1].filename, known[-1].lineno) if known else ("", None)
    line = place[1] if place[0] in (file, "") else f"{place[1]}, {str(place[0]).strip('<>')}"
    if isinstance(error, TooLong):
        return {"unusable": "too_long", "facts": {"line": line}}
    text = "".join(traceback.format_exception(error, limit=-8))
    said = f"{type(error).__name__}: {error.msg}" if isinstance(error, SyntaxError) else of_error(error) + alike(error)
    if said == "NotImplementedError" and frames:
        said += f": {frames[-1].name}"
    return {"error": said, "line": line, "traceback": text[-4000:], "kind": type(error).__name__}
