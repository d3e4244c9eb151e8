"""One submission's grade in the formats of Gradescope and PrairieLearn, as their documentation has them.

Gradescope: https://gradescope-autograders.readthedocs.io/en/latest/specs/. PrairieLearn: https://docs.prairielearn.com,
under "external grading".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from autograd.classroom.grading import graded_file
from autograd.classroom.handing import submission
from autograd.classroom.ladder import exercise
from autograd.classroom.speaking import say

Graded = Mapping[int, Mapping[str, Any]]  # results by exercise


def grade_folder(folder: Path, numbers: Sequence[int], language: str = "en") -> dict[int, dict[str, Any]]:
    """The grades of one submission; an exercise that was not handed in has not passed."""
    handed = submission(folder)
    missing = {
        "passed": False,
        "feedback": say("not_handed_in", language),
        "seconds": 0.0,
        "hints": 0,
        "key": "missing",
    }
    return {
        number: graded_file(exercise(number), handed, language) if number in handed.files else dict(missing)
        for number in numbers
    }


def title(number: int) -> str:
    return f"{number}  {exercise(number).title}"


def gradescope(graded: Graded) -> dict[str, Any]:
    """What belongs into /autograder/results/results.json."""
    tests = [
        {
            "name": title(number), "number": str(number), "score": float(result["passed"]), "max_score": 1.0,
            "status": "passed" if result["passed"] else "failed", "output": result["feedback"],
            "output_format": "text", "visibility": "visible",
            "extra_data": {"key": result["key"], "hints": result["hints"]},
        }
        for number, result in graded.items()
    ]  # fmt: skip
    seconds = sum(result["seconds"] for result in graded.values())
    return {"tests": tests, "execution_time": round(seconds), "visibility": "visible", "stdout_visibility": "hidden"}


def prairielearn(graded: Graded) -> dict[str, Any]:
    """What belongs into /grade/results/results.json."""
    tests = [
        {
            "name": title(number), "description": exercise(number).fact("idea"), "points": float(result["passed"]),
            "max_points": 1.0, "message": "" if result["passed"] else result["feedback"],
        }
        for number, result in graded.items()
    ]  # fmt: skip
    score = sum(bool(result["passed"]) for result in graded.values()) / max(len(tests), 1)
    return {"gradable": True, "score": score, "message": "", "tests": tests}


FORMATS: dict[str, Callable[[Graded], dict[str, Any]]] = {"gradescope": gradescope, "prairielearn": prairielearn}
