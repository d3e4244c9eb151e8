"""JSON without surprises: every float comes back exactly, and what is ambiguous is refused. Next: safetensors.py.

Python's own reader takes the last of two values with one name, and words that are no JSON (NaN). This one does not. For
the three floats that JSON has no sign for, where they are wanted, it has an object: {"float": "nan"}.
"""

from __future__ import annotations

import json
import math
from functools import partial
from typing import Any

NOT_FINITE = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def as_text(data: Any, margin: str = "") -> str:
    """Dicts, lists, numbers, text and None as JSON for people: a row of numbers on a line.

    >>> print(as_text({"weight": [[0.5, -0.0], [1e-300, float("nan")]], "bias": [0.0, 1.0]}))
    {
      "weight": [
        [0.5, -0.0],
        [1e-300, {"float": "nan"}]
      ],
      "bias": [0.0, 1.0]
    }
    """
    inner = margin + "  "
    if isinstance(data, dict):
        lines = [f"{inner}{json.dumps(str(name))}: {as_text(each, inner)}" for name, each in data.items()]
        return "{\n" + ",\n".join(lines) + f"\n{margin}}}" if lines else "{}"
    if isinstance(data, (list, tuple)):
        if any(isinstance(each, (dict, list, tuple)) for each in data):
            return "[\n" + ",\n".join(inner + as_text(each, inner) for each in data) + f"\n{margin}]"
        return f"[{', '.join(map(as_text, data))}]"
    if isinstance(data, float) and not math.isfinite(data):
        return json.dumps({"float": str(float(data))})
    return json.dumps(data, default=float)  # numbers of other kinds, such as NumPy's, are floats in a file


def parsed(content: bytes, *, not_finite: bool = False) -> Any:
    """What JSON in UTF-8 says; ValueError with the reason where it is not that, or says something twice.

    >>> parsed(b'{"bias": [0.0, -0.0]}')
    {'bias': [0.0, -0.0]}
    >>> parsed(b'{"bias": 1, "bias": 2}')
    Traceback (most recent call last):
    ValueError: the name 'bias' stands there twice

    With `not_finite`, {"float": "nan"} is a float.
    """
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"byte {error.start} is not UTF-8 text") from None
    try:
        return json.loads(text, object_pairs_hook=partial(as_dict, not_finite), parse_constant=refuse)
    except json.JSONDecodeError as error:
        raise ValueError(f"it is not JSON: {error.msg}, line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def as_dict(not_finite: bool, pairs: list[tuple[str, Any]]) -> Any:
    """An object as a dict, in which no name stands twice; or the float that it says."""
    found: dict[str, Any] = {}
    for name, each in pairs:
        if name in found:
            raise ValueError(f"the name {name!r:.60} stands there twice")
        found[name] = each
    if not_finite and list(found) == ["float"] and isinstance(found["float"], str) and found["float"] in NOT_FINITE:
        return NOT_FINITE[found["float"]]
    return found


def refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not a number in JSON")
