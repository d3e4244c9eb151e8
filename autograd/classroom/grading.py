"""Grading a folder of submissions: each file is judged in a locked process of its own, and the results are kept.

A submission is a folder named after its student, with files such as 05_times.py. What was graded and has not changed
is not graded again, so a run that was interrupted goes on where it was. Next: command.py.
"""

from __future__ import annotations

import csv
import hashlib
import html
import io
import json
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograd import __version__
from autograd.classroom.asking import LIMITS
from autograd.classroom.judging import judge_source, text_of
from autograd.classroom.ladder import Exercise, exercise, exercises, ladder
from autograd.classroom.speaking import say
from autograd.files import make_folder, write_whole

LOCKED = {**LIMITS, "locked": True, "core": 0, "total": 60.0}
LARGEST = 1_000_000  # bytes of a file


@dataclass(frozen=True)
class Handed:
    """What a student has handed in: files by exercise."""

    folder: Path
    files: Mapping[int, Path]

    @property
    def student(self) -> str:
        return self.folder.name

    @property
    def told(self) -> dict[str, Any]:
        """What the student's own progress.json says: the id that numbers were drawn for, the hints that were used."""
        path = self.folder / "progress.json"
        try:
            if path.is_symlink() or not path.is_file() or path.stat().st_size > LARGEST:
                return {}
            found = json.loads(text_of(path))
            return found if isinstance(found, dict) else {}
        except (OSError, ValueError, RecursionError):
            return {}

    @property
    def id(self) -> str:
        given = self.told.get("student")
        return given if isinstance(given, str) and given and len(given) < 200 else self.student

    def hints(self, number: int) -> int:
        try:
            return min(max(int(self.told["exercises"][str(number)]["hints"]), 0), 3)
        except (KeyError, TypeError, ValueError, OverflowError):
            return 0

    def digest(self) -> str:
        """Of all that the grade depends on: this version, the id, the files, the hints."""
        found = hashlib.sha256(f"{__version__} {self.id}".encode(errors="replace"))
        for number, path in sorted(self.files.items()):
            try:
                content = path.read_bytes()[: LARGEST + 1]
            except OSError:
                content = b""
            found.update(b"%d %d %s" % (number, self.hints(number), content))
        return found.hexdigest()


def files_in(folder: Path) -> dict[int, Path]:
    """The files of exercises in a student's folder; links are none."""
    found = {int(path.name[:2]): path for path in sorted(folder.glob("[0-9][0-9]_*.py")) if not path.is_symlink()}
    return {number: path for number, path in found.items() if path.is_file() and 1 <= number <= len(exercises())}


def handed_in(folder: Path) -> list[Handed]:
    """All submissions in a folder, by name; ValueError if there is none."""
    if not folder.is_dir():
        raise ValueError(f"{str(folder)!r:.80} is no folder\nname one with a folder for each student")
    found = []
    for place in sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")):
        found.append(Handed(place, files_in(place)))
    if not found:
        raise ValueError(f"{str(folder)!r:.80} has no submissions in it\nput a folder for each student there")
    return found


def graded_file(rung: Exercise, handed: Handed, language: str) -> dict[str, Any]:
    """The grade of one file, with its reason."""
    start = time.monotonic()
    path = handed.files[rung.number]
    result: dict[str, Any] = {"passed": False, "program": "", "feedback": "", "hints": handed.hints(rung.number)}
    try:
        if path.stat().st_size > LARGEST:
            raise ValueError(f"{path.name} has more than {LARGEST:,} bytes\nhand in what you wrote yourself")
        text = text_of(path)
        if not text.strip():
            raise ValueError(f"{path.name} is empty\nwrite your solution, and save the file")
        verdict = judge_source(rung, text, handed.id, language, limits=LOCKED)
        result |= {"passed": verdict.passed, "key": verdict.key, "cause": verdict.cause, "program": verdict.program}
        result |= {"predicted": verdict.predicted, "feedback": str(verdict)}
    except Exception as error:  # whatever one submission does, the others are graded
        result |= {"key": "unreadable", "cause": " ".join(str(error).split())[:200], "predicted": None}
    return result | {"seconds": round(time.monotonic() - start, 2)}


def grade_one(handed: Handed, numbers: Sequence[int], feedback: Path, language: str) -> dict[str, Any]:
    """The grades of one student, from the run before if nothing has changed."""
    kept, digest = feedback / f"{handed.student}.json", handed.digest()
    try:
        before = json.loads(kept.read_text(encoding="utf-8"))
        if before["digest"] == digest and before["numbers"] == list(numbers) and before["language"] == language:
            return dict(before)
    except (OSError, ValueError, KeyError, TypeError):
        pass
    results = {
        str(number): graded_file(exercise(number), handed, language) for number in numbers if number in handed.files
    }
    graded = {
        "student": handed.student, "id": handed.id, "digest": digest, "numbers": list(numbers), "language": language,
        "points": sum(each["passed"] for each in results.values()), "results": results,
    }  # fmt: skip
    text = feedback_text(graded)
    write_whole(feedback / f"{handed.student}.txt", text.encode(errors="replace"))
    write_whole(feedback / f"{handed.student}.html", page(text, language).encode(errors="replace"))
    write_whole(kept, (json.dumps(graded, indent=1) + "\n").encode())
    return graded


def feedback_text(graded: Mapping[str, Any]) -> str:
    """What the student is told."""
    parts = [say("points", graded["language"], points=graded["points"], most=len(graded["numbers"]))]
    for number in graded["numbers"]:
        result = graded["results"].get(str(number))
        title = f"{number}  {exercise(number).title}"
        if result is None:
            parts.append(f"    {title}: {say('not_handed_in', graded['language'])}")
        elif result["passed"]:
            parts.append(f"ok  {title}")
        else:
            parts.append(f"--  {title}\n\n{result['feedback'] or result['cause']}\n")
    return "\n".join(parts) + "\n"


def page(text: str, language: str) -> str:
    return f'<!DOCTYPE html>\n<html lang="{language}"><meta charset="utf-8"><pre>{html.escape(text)}</pre></html>\n'


def grade(
    folder: Path, out: Path, feedback: Path, numbers: Sequence[int] = (), language: str = "en", jobs: int = 0,
    tell: Callable[[str], None] = lambda line: None,
) -> list[dict[str, Any]]:  # fmt: skip
    """Grade all submissions, several at once; write the table after each, and tell of it."""
    numbers = list(numbers) or [rung.number for rung in ladder()]
    submissions = handed_in(folder)
    make_folder(feedback)
    found: list[dict[str, Any]] = []
    with ThreadPoolExecutor(jobs or os.cpu_count() or 1) as pool:
        for graded in pool.map(lambda each: grade_one(each, numbers, feedback, language), submissions):
            found.append(graded)
            write_whole(out, table(found, numbers).encode(errors="replace"))
            tell(say("graded", language, student=graded["student"], points=graded["points"], most=len(numbers)))
    return found


def table(found: Iterable[Mapping[str, Any]], numbers: Sequence[int]) -> str:
    """Grades as comma-separated values: a row for each student, a column for each exercise."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["student", "points", "of", *map(str, numbers), "predicted", "hints", "first cause"])
    for graded in found:
        results = graded["results"]
        marks = ["" if str(n) not in results else int(results[str(n)]["passed"]) for n in numbers]
        causes = [f"{n}: {each['cause']}" for n, each in results.items() if not each["passed"]]
        predicted = sum(each["predicted"] is True for each in results.values())
        hints = sum(each["hints"] for each in results.values())
        cells = [graded["student"], graded["points"], len(numbers), *marks, predicted, hints, *causes[:1]]
        rows.writerow([plainly(cell) for cell in cells])
    return text.getvalue()


def plainly(cell: Any) -> Any:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@") else cell
