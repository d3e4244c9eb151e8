"""What teachers get: packs, likenesses, grades in the formats of other systems, and the exercises as their files."""

import json
import re
import subprocess
import sys
import uuid

import pytest

from autograd.classroom.exporting import SYSTEMS
from autograd.classroom.ladder import exercise, exercises, ladder
from autograd.classroom.similarity import similarity
from autograd.classroom.teaching import packs
from tests.commands import mistake, ok


def hand_in(folder, student, number, body):
    rung = exercise(number)
    (folder / student).mkdir(parents=True, exist_ok=True)
    (folder / student / rung.file).write_text(rung.file_with(body, student), encoding="utf-8")


# ---- packs -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["homework", "project", "workshop"])
def test_packs_have_exercises_that_fit_their_time_and_a_rubric(name, capsys) -> None:
    text = ok(capsys, "class", "pack", name)
    assert name in packs() and "## Rubric" in text and text.startswith("# A")
    numbers = list(map(int, re.search(r"^exercises: (.*)$", text, flags=re.M)[1].split()))
    minutes = sum(exercise(number).minutes for number in numbers)
    low, high = {"workshop": (60, 100), "homework": (150, 300), "project": (300, 500)}[name]
    assert low <= minutes <= high


def test_an_unknown_pack_is_told(capsys) -> None:
    assert "choose from" in mistake(capsys, "class", "pack", "holiday")


# ---- likenesses ------------------------------------------------------------------------------------------------------


def test_renaming_and_comments_do_not_hide_a_copy() -> None:
    one = exercise(8).reference
    other = one.replace("stack", "todo").replace("node", "n").replace("parents_done", "ready") + "\n# mine\n"
    assert similarity(one, other) == 1.0
    assert similarity(one, exercise(8).rights["counting"]) < 0.6
    assert similarity("def f(:", one) == 0.0 == similarity("", "")


def test_the_report_names_pairs(tmp_path, capsys) -> None:
    copied = exercise(8).reference.replace("stack", "todo").replace("order", "found")
    hand_in(tmp_path, "ana", 8, exercise(8).reference)
    hand_in(tmp_path, "bo", 8, copied)
    hand_in(tmp_path, "cy", 8, exercise(8).rights["counting"])
    hand_in(tmp_path, "di", 8, "def f(:")
    shown = ok(capsys, "class", "similar", str(tmp_path)).splitlines()
    assert shown[0].split() == ["100%", "08_order.py", "ana", "bo"] and shown[1].startswith("1 pairs")
    assert len(ok(capsys, "class", "similar", str(tmp_path), "--least", "0.01").splitlines()) > 2
    assert "above 0" in mistake(capsys, "class", "similar", str(tmp_path), "--least", "7")


# ---- formats of other systems ----------------------------------------------------------------------------------------


@pytest.fixture
def submission(tmp_path):
    """One right, one wrong, one that is missing."""
    hand_in(tmp_path, "ana", 5, exercise(5).reference)
    hand_in(tmp_path, "ana", 7, exercise(7).mistakes[0].body)
    return tmp_path / "ana"


def test_gradescopes_results(submission, capsys) -> None:
    """By https://gradescope-autograders.readthedocs.io/en/latest/specs/, as of 2026."""
    out = submission.parent / "results.json"
    ok(capsys, "class", "result", str(submission), "--format", "gradescope", "--exercises", "5,7,8", "--out", str(out))
    found = json.loads(out.read_text())
    assert set(found) <= {"score", "execution_time", "output", "output_format", "visibility", "stdout_visibility",
                          "tests", "extra_data", "leaderboard"}  # fmt: skip
    assert found["visibility"] in ("hidden", "after_due_date", "after_published", "visible")
    assert isinstance(found["execution_time"], int)
    allowed = {"score", "max_score", "status", "name", "name_format", "number", "output", "output_format", "tags",
               "visibility", "extra_data"}  # fmt: skip
    assert all(set(test) <= allowed and test["status"] in ("passed", "failed") for test in found["tests"])
    assert [(test["number"], test["score"], test["max_score"]) for test in found["tests"]] == [
        ("5", 1.0, 1.0), ("7", 0.0, 1.0), ("8", 0.0, 1.0),
    ]  # fmt: skip
    assert "where it must be added" in found["tests"][1]["output"] and found["tests"][2]["output"] == "not handed in"


def test_prairielearns_results(submission, capsys) -> None:
    """By https://docs.prairielearn.com, "external grading", as of 2026."""
    shown = ok(capsys, "class", "result", str(submission), "--format", "prairielearn", "--exercises", "5,7")
    found = json.loads(shown)
    assert found["gradable"] is True and found["score"] == 0.5
    allowed = {"name", "description", "points", "max_points", "message", "output", "images"}
    assert all(set(test) <= allowed for test in found["tests"])
    assert [test["points"] for test in found["tests"]] == [1.0, 0.0]
    assert "is no folder" in mistake(capsys, "class", "result", "nowhere", "--format", "gradescope")


@pytest.mark.parametrize("system", SYSTEMS)
def test_exports_are_written_once(system, tmp_path, capsys) -> None:
    folder = tmp_path / "out"
    ok(capsys, "class", "export", system, str(folder), "--exercises", "1,5,16")
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files and all(path.stat().st_size for path in files)
    assert "nothing was written" in mistake(capsys, "class", "export", system, str(folder))
    assert "cannot make the folder" in mistake(capsys, "class", "export", system, f"{files[0]}/below")
    for script in (path for path in files if path.read_bytes().startswith(b"#!")):
        assert script.stat().st_mode & 0o100
        subprocess.run(["bash", "-n", str(script)], check=True)
        for command in re.findall(r"^autograd class .*$", script.read_text(), flags=re.M):
            assert "--exercises 1,5,16" in command


def code_of(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    assert all(cell["cell_type"] in ("code", "markdown", "raw") and cell["id"] for cell in cells)
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


@pytest.mark.parametrize("rung", exercises(), ids=lambda rung: rung.folder.name)
def test_notebooks_run_from_top_to_bottom_and_judge(rung, tmp_path, capsys) -> None:
    """With the stub in place, and with the solution."""
    ok(capsys, "class", "export", "notebooks", str(tmp_path / "n"), "--id", "ana", "--exercises", str(rung.number))
    [path] = (tmp_path / "n").iterdir()
    before, own_cell, checked, after = [], "", "", []
    for cell in code_of(path):
        if cell.startswith("%%writefile"):
            (tmp_path / "engine.py").write_text(cell.partition("\n")[2], encoding="utf-8")
        elif cell.startswith("from autograd.classroom"):
            checked = cell.replace("check(globals()", "print(check(globals()").rstrip() + ")"
        else:
            (after if checked else before).append(cell)
    own_cell = before.pop()
    for own, passes in ((own_cell, False), (rung.reference, True)):
        program = "\n\n".join([*before, own, checked, *(after if passes else [])])
        done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, encoding="utf-8")
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("all right") is passes, done.stdout


def test_nbgraders_cells_have_its_marks(tmp_path, capsys) -> None:
    ok(capsys, "class", "export", "nbgrader", str(tmp_path / "n"))
    paths = sorted((tmp_path / "n/source/ladder").glob("*.ipynb"))
    assert len(paths) == len(ladder())
    for path in paths:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        marked = [cell["metadata"]["nbgrader"] for cell in cells if "nbgrader" in cell["metadata"]]
        assert all(
            each["schema_version"] == 3 and set(each) >= {"grade_id", "grade", "solution", "locked"} for each in marked
        )
        assert sum(each["solution"] for each in marked) == 1 == sum(each.get("points", 0) for each in marked)
        assert len({each["grade_id"] for each in marked}) == len(marked)
        text = "".join(code_of(path))
        assert text.count("### BEGIN SOLUTION") == 1 == text.count("### END HIDDEN TESTS")


def test_otters_cells_have_its_marks(tmp_path, capsys) -> None:
    ok(capsys, "class", "export", "otter", str(tmp_path / "n"))
    for path in (tmp_path / "n").glob("*.ipynb"):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        raw = ["".join(cell["source"]).splitlines()[0] for cell in cells if cell["cell_type"] == "raw"]
        assert raw == ["# ASSIGNMENT CONFIG", "# BEGIN QUESTION", "# BEGIN SOLUTION", "# END SOLUTION", "# BEGIN TESTS",
                       "# END TESTS", "# END QUESTION"]  # fmt: skip


def test_prairielearns_question_has_what_its_schema_asks_for(tmp_path, capsys) -> None:
    ok(capsys, "class", "export", "prairielearn", str(tmp_path / "q"), "--exercises", "1,5")
    info = json.loads((tmp_path / "q/info.json").read_text(encoding="utf-8"))
    assert uuid.UUID(info["uuid"]) and info["type"] == "v3" and {"title", "topic"} <= set(info)
    options = info["externalGradingOptions"]
    assert options["entrypoint"] == "/grade/tests/run.sh" and options["enableNetworking"]  # pip needs it
    page = (tmp_path / "q/question.html").read_text(encoding="utf-8")
    for name in ("01_by_hand.py", "05_times.py"):
        assert f'<pl-file-download file-name="{name}">' in page
        assert (tmp_path / "q/clientFilesQuestion" / name).read_text(encoding="utf-8").count("# ---- yours ----") == 1
    assert 'file-names="01_by_hand.py,05_times.py"' in page


def test_a_result_makes_its_folder(tmp_path, capsys) -> None:
    (tmp_path / "student").mkdir()
    out = tmp_path / "results" / "results.json"
    ok(capsys, "class", "result", str(tmp_path / "student"), "--format", "prairielearn", "--out", str(out))
    assert json.loads(out.read_text(encoding="utf-8"))["score"] == 0
