"""The ladder: thirty exercises, each a folder of plain files under exercises/, put together for one student.

A folder has stub.py, what the student finds; reference.py, a solution; right_*.py, solutions in other styles; and
note.md, with the hints, the question to predict, the wrong solutions that are often seen, and a note for the teacher.
What a student gets is the stub with numbers of their own, after what the exercises before it have built. Next:
examining.py.
"""

from __future__ import annotations

import ast
import hashlib
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from autograd.classroom.speaking import written

FOLDER = Path(__file__).parent / "exercises"
RUNGS = 20
YOURS = "# ---- yours ----"
PREDICT = "# ---- predict first: a letter between the quotes, before you write anything ----"
GIVEN = "# ---- given{}: the check tries these numbers, and others ----"
SO_FAR = """\
# ---- so far: what the exercises before have built; your part begins in line {} ----
# (`class Value(Value)` is the class above it, with something more)"""


class Mistake(NamedTuple):
    """A wrong solution that is often seen: the diagnosis it must get, what teachers say about it, the code."""

    key: str
    words: str
    body: str


def draw_for(student: str, number: int) -> random.Random:
    """A generator of the numbers that a student has in an exercise: the same ones whenever and wherever it is asked."""
    return random.Random(hashlib.sha256(f"{student}/{number}".encode()).digest())


@dataclass(frozen=True)
class Exercise:
    """One rung.

    >>> exercise(5).title, exercise(5).minutes, exercise(5).writes
    ('The local gradient of *', 10, ('Value',))
    """

    folder: Path

    @property
    def number(self) -> int:
        return int(self.folder.name[:2])

    @property
    def file(self) -> str:
        """What it is called in a student's folder: "05_times.py"."""
        return f"{self.folder.name}.py"

    @cached_property
    def sections(self) -> dict[str, list[str]]:
        """The sections of note.md by their headings; what stands above the first is under ""."""
        found: dict[str, list[str]] = {"": []}
        heading = ""
        for part in re.split(r"^(## .*)$", read(self.folder / "note.md"), flags=re.M):
            if part.startswith("## "):
                heading = part[3:].strip()
            else:
                found.setdefault(heading, []).append(part.strip())
        return found

    def fact(self, name: str, otherwise: str = "") -> str:
        """What the head of note.md says: "minutes: 10"."""
        found = re.search(rf"^{name}: (.*)$", self.sections[""][0], flags=re.M)
        return found[1].strip() if found else otherwise

    @property
    def title(self) -> str:
        return self.sections[""][0].splitlines()[0].removeprefix("# ")

    @property
    def minutes(self) -> int:
        return int(self.fact("minutes"))

    @property
    def writes(self) -> tuple[str, ...]:
        """The names that the student defines."""
        return tuple(self.fact("writes").split(", "))

    @property
    def stands_on(self) -> tuple[int, ...]:
        """The exercises whose solutions stand above the student's own lines."""
        return tuple(map(int, self.fact("stands on").split()))

    @property
    def uses_engine(self) -> bool:
        """Whether it imports the engine that the first half of the ladder builds."""
        return self.fact("uses") == "engine"

    @property
    def hints(self) -> list[str]:
        return [hint.strip() for hint in re.split(r"^\d\. ", self.sections["Hints"][0], flags=re.M) if hint.strip()]

    @property
    def teacher(self) -> str:
        return self.sections["Teacher"][0]

    @property
    def discussion(self) -> str:
        return self.sections["Discuss"][0]

    @cached_property
    def reference(self) -> str:
        return body_of(read(self.folder / "reference.py"))

    @cached_property
    def rights(self) -> dict[str, str]:
        """Solutions in other styles, by the name of the style."""
        return {path.stem[6:]: body_of(read(path)) for path in sorted(self.folder.glob("right_*.py"))}

    @cached_property
    def mistakes(self) -> list[Mistake]:
        """The wrong solutions of note.md: changes of the reference, or whole."""
        texts = [
            (heading[7:], text) for heading, all_ in self.sections.items() for text in all_ if heading[:6] == "Wrong:"
        ]
        return [Mistake(key, text.partition("```")[0].strip(), self.changed(text)) for key, text in texts]

    def changed(self, text: str) -> str:
        """The solution in a section: ```python is one, ```diff changes the reference."""
        kind, _, code = text.partition("```")[2].partition("\n")
        code = code.partition("```")[0]
        return code if kind.strip() == "python" else patched(self.reference, code)

    # ---- what a student gets ---------------------------------------------------------------------

    def stub(self, student: str = "", own: Mapping[int, str] | None = None) -> str:
        """The file as a student finds it, with numbers of their own."""
        return self.file_with(body_of(read(self.folder / "stub.py")), student, own)

    def file_with(self, body: str, student: str = "", own: Mapping[int, str] | None = None) -> str:
        """The file with some solution in it: on the reference's of the exercises before, or on these of one's own."""
        from autograd.classroom.predicting import question_for

        parts = [header_of(read(self.folder / "stub.py"))]
        parts.append(f'{PREDICT}\n{question_for(self, student).comment()}\nprediction = ""')
        parts.append(self.given_part(student))
        if self.stands_on:
            bodies = [(own or {}).get(number) or exercise(number).reference for number in self.stands_on]
            so_far = "\n\n\n".join([SO_FAR, *(each.strip() for each in bodies)])
            parts.append(so_far.replace("{}", str("\n\n".join([*parts, so_far]).count("\n") + 3), 1))
        return "\n\n".join([*parts, f"{YOURS}\n\n{body.strip()}"]) + "\n"

    def foundation(self, own: Mapping[int, str]) -> dict[str, str]:
        """What this one stands on, by the name of the file: one's own where that is given, or else the reference."""
        rungs = [exercise(number) for number in self.stands_on]
        return {f"<{each.file}>": own.get(each.number, each.reference) for each in rungs}

    def given_part(self, student: str) -> str:
        """The student's own numbers as they stand in the file, with the id that they are drawn for."""
        whose = f", for {student!r}" if student else ""
        return "\n".join([GIVEN.format(whose), *(f"{name} = {written(x)}" for name, x in self.given(student).items())])

    @property
    def idea(self) -> str:
        """What the file says at its top: the idea, a picture, what is to be written."""
        return str(ast.literal_eval(header_of(read(self.folder / "stub.py")))).strip()

    def given(self, student: str) -> dict[str, Any]:
        """The numbers that are the student's own in this exercise."""
        from autograd.classroom.checks import GIVEN_NUMBERS

        return GIVEN_NUMBERS[self.number](draw_for(student, self.number))


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def header_of(text: str) -> str:
    """The docstring that a file begins with, as it is written there."""
    first = ast.parse(text).body[0]
    return "\n".join(text.splitlines()[: first.end_lineno])


def body_of(text: str) -> str:
    """A file without its docstring."""
    tree = ast.parse(text).body
    has_docstring = tree and isinstance(tree[0], ast.Expr) and isinstance(tree[0].value, ast.Constant)
    return "\n".join(text.splitlines()[tree[0].end_lineno if has_docstring else 0 :]).strip() + "\n"


def halves(text: str) -> tuple[str, str] | None:
    """What stands in a file above and below the line that says where one's own part begins; None if that is gone."""
    found = re.search(f"^{YOURS}$", text, flags=re.M)
    return (text[: found.start()], text[found.end() :]) if found else None


def yours(text: str) -> str:
    """What a student wrote in a file: what stands below the line that says so; all of it, if that is gone."""
    both = halves(text)
    return both[1].strip() + "\n" if both else text


def id_in(text: str) -> str | None:
    """The id that a file's numbers are drawn for, as it says itself; None if it does not say."""
    first, last = map(re.escape, GIVEN.split("{}"))
    found = re.search(f"^{first}(?:, for (.+))?{last}$", text, flags=re.M)
    try:
        return None if found is None else str(ast.literal_eval(found[1] or "''"))
    except (ValueError, SyntaxError):
        return None


def without_so_far(text: str) -> str:
    """A file without what the exercises before have built; every line stays in its place."""
    above, below = halves(text) or ("", "")
    head, begun, so_far = above.partition(SO_FAR.partition(";")[0])
    return head + "\n" * so_far.count("\n") + YOURS + below if begun else text


def only_yours(text: str) -> str:
    """What a student wrote in a file, every line in its place."""
    both = halves(text)
    return "\n" * both[0].count("\n") + both[1] if both else text


def patched(text: str, diff: str) -> str:
    """A text with a diff's lines changed: lines with - are there, and give way to those with +."""
    hunks = re.findall(r"((?:^-.*\n)+)((?:^\+.*\n?)*)", diff, flags=re.M)
    for old, new in hunks:
        before = "".join(line[1:] + "\n" for line in old.splitlines())
        after = "".join(line[1:] + "\n" for line in new.splitlines())
        if text.count(before) != 1:
            raise ValueError(f"{before.strip()!r:.60} is {text.count(before)} times in the reference\nmake it once")
        text = text.replace(before, after)
    return text


@lru_cache
def exercises() -> tuple[Exercise, ...]:
    """All exercises, in order: the ladder's and the shelf's."""
    return tuple(Exercise(folder) for folder in sorted(FOLDER.glob("[0-9][0-9]_*")))


def ladder() -> tuple[Exercise, ...]:
    """The exercises that lead from one to the next."""
    return exercises()[:RUNGS]


def shelf() -> tuple[Exercise, ...]:
    """The exercises after those, to be picked from."""
    return exercises()[RUNGS:]


def exercise(number: int) -> Exercise:
    """The exercise with a number; ValueError if there is none."""
    for each in exercises():
        if each.number == number:
            return each
    raise ValueError(f"there is no exercise {number!r:.20}\nchoose one from 1 to {exercises()[-1].number}")


def engine_text() -> str:
    """The engine that later exercises import: what the first twelve have built, in one piece."""
    return read(FOLDER / "engine.py")
