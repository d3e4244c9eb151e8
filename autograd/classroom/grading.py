"""Grading a folder of submissions: each file is judged in a locked process of its own, and the results are kept.

A submission is a folder named after its student, with files such as 05_times.py. What was graded and has not changed
is not graded again, so a run that was interrupted goes on where it was. Next: command.py.
"""

from __future__ import annotations

import contextlib
import csv
import html
import io
import json
import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from autograd.classroom.asking import LIMITS
from autograd.classroom.handing import Handed, handed_in
from autograd.classroom.judging import judge_source
from autograd.classroom.ladder import Exercise, exercise, ladder, only_yours, without_so_far
from autograd.classroom.speaking import say
from autograd.files import make_folder, write_whole

LOCKED = {**LIMITS, "locked": True, "core": 0, "total": 60.0}


def graded_file(rung: Exercise, handed: Handed, language: str) -> dict[str, Any]:
    """The grade of one file, with its reason."""
    start = time.monotonic()
    result: dict[str, Any] = {"passed": False, "program": "", "feedback": "", "hints": handed.hints(rung.number)}
    try:
        text = handed.text(rung.number)
        if not text.strip():
            raise ValueError(f"{handed.files[rung.number].name} is empty\nwrite your solution, and save the file")
        verdict = judge_source(rung, text, handed.id, language, limits=LOCKED)
        if not verdict and (own := own_parts(rung, handed)):
            before = rung.foundation(own)
            limits = {**LOCKED, "seconds": 2.0}
            verdict = judge_source(rung, without_so_far(text), handed.id, language, None, limits, before) or verdict
        result |= {"passed": verdict.passed, "key": verdict.key, "cause": verdict.cause, "program": verdict.program}
        result |= {"predicted": verdict.predicted, "feedback": str(verdict)}
    except Exception as error:  # whatever one submission does, the others are graded
        result |= {"key": "unreadable", "cause": " ".join(str(error).split())[:200], "predicted": None}
    return result | {"seconds": round(time.monotonic() - start, 2)}


def own_parts(rung: Exercise, handed: Handed) -> dict[int, str]:
    """What a student has written in the exercises that one stands on: their style may be another."""
    found = {}
    for each in (exercise(number) for number in rung.stands_on if number in handed.files):
        with contextlib.suppress(OSError, ValueError):  # one that cannot be read is none
            part = only_yours(handed.text(each.number))
            if part.strip() != only_yours(each.stub()).strip():
                found[each.number] = part
    return found


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
    folder: Path, out: Path | None, feedback: Path, numbers: Sequence[int] = (), language: str = "en", jobs: int = 0,
    tell: Callable[[str], None] = lambda line: None,
) -> list[dict[str, Any]]:  # fmt: skip
    """Grade all submissions, several at once; write the table after each, if anywhere, and tell of it."""
    numbers = list(numbers) or [rung.number for rung in ladder()]
    submissions = handed_in(folder)
    make_folder(feedback)
    found: list[dict[str, Any]] = []
    with ThreadPoolExecutor(jobs or os.cpu_count() or 1) as pool:
        for graded in pool.map(lambda each: grade_one(each, numbers, feedback, language), submissions):
            found.append(graded)
            if out is not None:
                write_whole(out, table(found, numbers).encode(errors="replace"))
            tell(say("graded", language, student=graded["student"], points=graded["points"], most=len(numbers)))
    for line in doubts(folder, submissions, language):
        tell(line)
    return found


def doubts(folder: Path, submissions: Iterable[Handed], language: str) -> Iterator[str]:
    """What a teacher should look at: files that are no exercise by their name, ids that are there twice."""
    by_id: dict[str, list[str]] = defaultdict(list)
    if loose := [path.name for path in sorted(folder.iterdir()) if path.is_file() and not path.name.startswith(".")]:
        yield say("loose_files", language, names=", ".join(loose)[:200])
    for handed in submissions:
        if handed.unknown:
            yield say("unknown_files", language, student=handed.student, names=", ".join(handed.unknown)[:200])
        if handed.elsewhere:
            yield say("more_inside", language, student=handed.student, names=", ".join(handed.elsewhere)[:200])
        if handed.id:
            by_id[handed.id].append(handed.student)
    for each, students in by_id.items():
        if len(students) > 1:
            yield say("same_id", language, students=", ".join(students), id=each)


def table(found: Iterable[Mapping[str, Any]], numbers: Sequence[int]) -> str:
    """Grades as comma-separated values: a row for each student, a column for each exercise."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    last = ["predicted", "hints", "seconds", "first cause"]
    rows.writerow(["student", "id", "points", "of", *map(str, numbers), *last])
    for graded in found:
        results = graded["results"]
        marks = ["" if str(n) not in results else int(results[str(n)]["passed"]) for n in numbers]
        causes = [f"{n}: {each['cause']}" for n, each in results.items() if not each["passed"]]
        predicted = sum(each["predicted"] is True for each in results.values())
        hints, seconds = (sum(each[name] for each in results.values()) for name in ("hints", "seconds"))
        ends = [predicted, hints, round(seconds, 2), causes[0] if causes else ""]
        cells = [graded["student"], graded["id"], graded["points"], len(numbers), *marks, *ends]
        rows.writerow([plainly(cell) for cell in cells])
    return text.getvalue()


def plainly(cell: Any) -> Any:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@") else cell
