"""What is said to students and teachers: a key and its facts become a sentence, in the language that is asked for.

All sentences stand in messages/en.json. A translation is one more file there with the same keys, such as de.json; what
it lacks is said in English. Next: verdict.py.
"""

from __future__ import annotations

import json
import pprint
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "messages"


def languages() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.json"))


@lru_cache
def texts(language: str) -> dict[str, str]:
    """All sentences in a language, by key."""
    if language not in languages():
        raise ValueError(f"language = {language!r:.40}\nthere are {', '.join(languages())}")
    return dict(json.loads((FOLDER / f"{language}.json").read_text(encoding="utf-8")))


class Phrase(str):
    """A key that stands among the facts of a sentence, and is said in its language."""


def say(key: str, language: str = "en", **facts: Any) -> str:
    """The sentence for a key, with its facts.

    >>> say("accumulate", twice="a")
    'you replaced the gradient where it must be added: a is used twice'
    """
    facts = {name: say(fact, language) if isinstance(fact, Phrase) else fact for name, fact in facts.items()}
    return texts(language).get(key, texts("en")[key]).format(**facts)


def written(number: Any) -> str:
    """A number, or what holds numbers, as Python reads it.

    >>> written([1.5, float("nan")])
    "[1.5, float('nan')]"
    """
    text = pprint.pformat(number, width=108, compact=True, sort_dicts=False)
    return re.sub(r"\b(nan|inf)\b", r"float('\1')", text)
