"""What was exported, in the tools themselves: a Jupyter kernel, nbgrader from assignment to grades, Otter-Grader."""

import csv
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autograd.classroom.ladder import exercise
from tests.commands import ok

RUNGS = (5, 8, 16)  # a class, a function, and one that imports the engine
needs_courses = pytest.mark.skipif(
    not all(map(importlib.util.find_spec, ("nbgrader", "otter", "nbclient", "ipykernel"))),
    reason="the extra `courses` is not installed",
)


def run(folder: Path, *command: str) -> str:
    """What a command of this environment prints, run in a folder, with no settings but its own."""
    place = folder / "settings"
    environment = {
        **os.environ, "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "HOME": str(place), "IPYTHONDIR": str(place), "JUPYTER_CONFIG_DIR": str(place), "JUPYTER_DATA_DIR": str(place),
    }  # fmt: skip
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, encoding="utf-8", errors="replace", timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def exported(system: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    ok(capsys, "class", "export", system, str(folder / system), "--exercises", ",".join(map(str, RUNGS)))
    return folder / system


@needs_courses
def test_a_notebook_in_a_kernel_shows_the_verdict(tmp_path, capsys) -> None:
    import nbformat

    folder = exported("notebooks", tmp_path, capsys)
    for number in RUNGS:
        rung = exercise(number)
        book = nbformat.read(folder / f"{rung.folder.name}.ipynb", as_version=4)
        nbformat.validate(book)
        for body, passes in ((None, False), (rung.reference, True)):
            if body:
                stub = next(cell for cell in book.cells if "raise NotImplementedError" in cell.source)
                stub.source = body
            nbformat.write(book, folder / "tried.ipynb")
            run(folder, "jupyter", "execute", "--inplace", *([] if passes else ["--allow-errors"]), "tried.ipynb")
            cells = nbformat.read(folder / "tried.ipynb", as_version=4).cells
            [output] = next(cell.outputs for cell in cells if cell.source.startswith("from autograd.classroom"))
            assert output.data["text/plain"].startswith("all right") is passes
            assert "<pre" in output.data["text/html"] and "Traceback" not in output.data["text/plain"]


@needs_courses
def test_nbgrader_makes_an_assignment_and_grades_it(tmp_path, capsys) -> None:
    folder = exported("nbgrader", tmp_path, capsys)
    run(folder, "nbgrader", "generate_assignment", "ladder")
    released = [path.read_text(encoding="utf-8") for path in sorted((folder / "release/ladder").glob("*.ipynb"))]
    assert len(released) == len(RUNGS)
    assert not any("BEGIN SOLUTION" in text or "HIDDEN" in text or "assert verdict" in text for text in released)
    shutil.copytree(folder / "release/ladder", folder / "submitted/beginner/ladder")
    shutil.copytree(folder / "source/ladder", folder / "submitted/expert/ladder")
    run(folder, "nbgrader", "autograde", "ladder")
    run(folder, "nbgrader", "export")
    with (folder / "grades.csv").open(encoding="utf-8", newline="") as table:
        scores = {row["student_id"]: (float(row["score"]), float(row["max_score"])) for row in csv.DictReader(table)}
    assert scores == {"beginner": (0.0, 3.0), "expert": (3.0, 3.0)}


@needs_courses
def test_otter_makes_an_assignment_and_grades_it(tmp_path, capsys) -> None:
    folder = exported("otter", tmp_path, capsys)
    name = f"{exercise(8).folder.name}.ipynb"
    run(folder, "otter", "assign", name, "dist")  # runs the solution against its tests, and fails if they do
    [grader] = (folder / "dist/autograder").glob("*.zip")
    for place, score in (("student", 0.0), ("autograder", 1.0)):
        (folder / place).mkdir()
        run(folder, "otter", "run", "-a", str(grader), "-o", place, str(folder / "dist" / place / name))
        tests = json.loads((folder / place / "results.json").read_text(encoding="utf-8"))["tests"]
        assert sum(test.get("score", 0.0) for test in tests) == score, tests
