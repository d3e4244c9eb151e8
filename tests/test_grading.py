"""Grading: hostile submissions get what they have earned, with the reason, and the run goes on."""

import csv
import json
import os
import re
import subprocess
import sys
import sysconfig

import pytest

from autograd.__main__ import main
from autograd.classroom import grading
from autograd.classroom.grading import LOCKED, grade, handed_in, plainly
from autograd.classroom.judging import judge_source
from autograd.classroom.ladder import FOLDER, exercise, exercises
from tests.commands import mistake, ok
from tests.hostile import HOSTILE, RIGHT

locked = pytest.mark.skipif(sys.platform != "linux", reason="the locks are those of Linux")


def hand_in(folder, student, number, text):
    path = folder / student / exercise(number).file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """All hostile submissions, graded in one run; by name, with the folder."""
    folder = tmp_path_factory.mktemp("class")
    neighbour = hand_in(folder / "in", "honest", 5, RIGHT)
    facts = {
        "{neighbour!r}": repr(str(neighbour)),
        "{reference!r}": repr(str(FOLDER / "05_times" / "reference.py")),
        "{packages!r}": repr([sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]),
    }
    for name, (source, _, _) in HOSTILE.items():
        for place, fact in facts.items():
            source = source.replace(place, fact)
        hand_in(folder / "in", name, 5, source)
    os.environ["API_TOKEN"] = "secret"
    limits = grading.LOCKED
    grading.LOCKED = {**LOCKED, "seconds": 3.0, "total": 10.0, "memory": 600_000_000}
    try:
        found = grade(folder / "in", folder / "grades.csv", folder / "feedback", [5])
    finally:
        grading.LOCKED = limits
        del os.environ["API_TOKEN"]
    return folder, {each["student"]: each["results"]["5"] for each in found}


@locked
@pytest.mark.parametrize("name", HOSTILE)
def test_each_gets_what_it_has_earned_with_the_reason(graded, name) -> None:
    folder, results = graded
    _, passes, keys = HOSTILE[name]
    result = results[name]
    assert result["passed"] is passes, result
    assert result["key"] in keys.split(), result
    assert result["cause"] and result["seconds"] < 40
    feedback = (folder / "feedback" / f"{name}.txt").read_text(encoding="utf-8")
    assert result["cause"].encode(errors="replace").decode() in feedback or passes
    assert (folder / "feedback" / f"{name}.html").exists()


@locked
def test_the_run_goes_on_and_nothing_was_harmed(graded) -> None:
    folder, results = graded
    assert len(results) == len(HOSTILE) >= 30
    assert (folder / "in/honest/05_times.py").read_text(encoding="utf-8") == RIGHT
    assert not os.path.exists("/tmp/was_here")
    with open(folder / "grades.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(HOSTILE)
    assert {row["student"]: int(row["5"]) for row in rows} == {name: int(each[1]) for name, each in HOSTILE.items()}
    assert all(row["first cause"].startswith("5: ") for row in rows if row["5"] == "0")


@locked
@pytest.mark.parametrize("attempt", [
    "os.fork()", "os.execv('/bin/true', ['true'])", "open('/etc/passwd')", "open('x', 'w')", "os.listdir('/')",
    "os.kill(os.getppid(), 0)", "os.truncate(__file__, 0)", "os.chmod('/tmp', 0o777)", "os.utime('/tmp')",
    "os.setpriority(os.PRIO_PROCESS, os.getppid(), 5)", "os.sched_setaffinity(os.getppid(), {0})",
    "fcntl.fcntl(1, 8, os.getppid())", "socket.socket()", "os.posix_spawn('/bin/true', ['true'], {})",
])  # fmt: skip
def test_the_kernel_refuses_without_the_words(attempt, tmp_path) -> None:
    program = (
        f"import os, sys, socket, fcntl; __file__ = {str(FOLDER / 'engine.py')!r}\n"
        f"sys.path.insert(0, {str(FOLDER.parent)!r})\n"
        "from inside.locks import lock_kernel, readable_places\n"
        f"lock_kernel(readable_places())\ntry:\n    {attempt}\nexcept OSError as e:\n    print('refused', e.errno)\n"
        "import fractions, threading\nt = threading.Thread(target=print, args=('a thread',)); t.start(); t.join()\n"
    )
    command = [sys.executable, "-I", "-S", "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=60)
    assert done.stdout.split("\n")[0] in ("refused 1", "refused 13"), done
    assert "a thread" in done.stdout and list(tmp_path.iterdir()) == []


@locked
@pytest.mark.parametrize("rung", exercises(), ids=lambda rung: rung.folder.name)
def test_honest_solutions_pass_behind_the_locks(rung) -> None:
    for body in (rung.reference, *rung.rights.values()):
        assert judge_source(rung, rung.file_with(body), limits=LOCKED).passed


@locked
def test_a_gradcheck_that_counts_along_is_found_out() -> None:
    rung = exercise(13)
    counting = "calls = []\ndef gradcheck(f, gradient, xs):\n    calls.append(1)\n    return len(calls) <= 10\n"
    assert not any(judge_source(rung, counting, limits=LOCKED).passed for _ in range(3))


# ---- a class ---------------------------------------------------------------------------------------------------------


def test_a_class_is_graded_and_a_run_goes_on_where_it_was(tmp_path, capsys, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    for student in ("ana", "bo"):
        for number in (1, 2, 5):
            rung = exercise(number)
            body = rung.reference if student == "ana" or number != 2 else rung.mistakes[0].body
            hand_in(tmp_path / "in", student, number, rung.file_with(body, student))
    (tmp_path / "in" / "cy").mkdir()
    shown = ok(capsys, "class", "grade", "in", "--exercises", "1,2,5")
    assert "student,id,points" in shown and not (tmp_path / "grades.csv").exists()
    shown = ok(capsys, "class", "grade", "in", "--exercises", "1,2,5", "--out", "grades.csv")
    assert "ana: 3 of 3" in shown and "bo: 2 of 3" in shown and "cy: 0 of 3" in shown
    text = (tmp_path / "grades.csv").read_text(encoding="utf-8")
    assert text.splitlines()[0] == "student,id,points,of,1,2,5,predicted,hints,seconds,first cause"
    assert re.fullmatch(r"ana,ana,3,3,1,1,1,0,0,[\d.]+,", text.splitlines()[1])
    assert "not handed in" in (tmp_path / "feedback" / "cy.txt").read_text(encoding="utf-8")
    assert "looks to one side only" in (tmp_path / "feedback" / "bo.txt").read_text(encoding="utf-8")
    before = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "feedback").iterdir()}
    hand_in(tmp_path / "in", "bo", 2, exercise(2).file_with(exercise(2).reference, "bo"))
    assert "bo: 3 of 3" in ok(capsys, "class", "grade", "in", "--exercises", "1,2,5", "--jobs", "1")
    after = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "feedback").iterdir()}
    assert {name for name in before if before[name] != after[name]} == {"bo.txt", "bo.html", "bo.json"}


def test_numbers_are_those_of_the_students_own_id(tmp_path) -> None:
    rung = exercise(1)
    path = hand_in(tmp_path, "folder name", 1, rung.file_with(rung.reference, "ana"))
    progress = {"student": "ana", "exercises": {"1": {"hints": 2}}}
    (path.parent / "progress.json").write_text(json.dumps(progress))
    [handed] = handed_in(tmp_path)
    assert handed.id == "ana" and handed.hints(1) == 2 and handed.hints(2) == 0
    (path.parent / "progress.json").write_text("[[[")
    assert handed_in(tmp_path)[0].id == "ana"  # the file says so too
    path.write_text(rung.reference)
    assert handed_in(tmp_path)[0].id == "folder name"


def test_a_progress_file_may_be_anything(tmp_path) -> None:
    rung = exercise(5)
    path = hand_in(tmp_path / "in", "ana", 5, rung.reference).parent / "progress.json"
    for content in ('{"exercises": {"5": {"hints": 1e999}}}', '{"student": 7, "exercises": []}', "[" * 100_000, "\x00"):
        path.write_text(content)
        [handed] = handed_in(tmp_path / "in")
        assert handed.hints(5) in (0, 3) and handed.id == "ana" and handed.digest()
    path.unlink()
    if hasattr(os, "mkfifo"):
        os.mkfifo(path)
        assert handed_in(tmp_path / "in")[0].told == {}
    path.unlink()
    path.symlink_to("/etc/passwd")
    assert handed_in(tmp_path / "in")[0].told == {}


def test_what_cannot_be_graded_is_told(tmp_path, capsys, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "is no folder" in mistake(capsys, "class", "grade", "nowhere")
    assert "has no submissions in it" in mistake(capsys, "class", "grade", ".")
    (tmp_path / "in" / "ana").mkdir(parents=True)
    assert "choose one from 1 to 30" in mistake(capsys, "class", "grade", "in", "--exercises", "1,99")
    assert main(["class", "grade", "in", "--exercises", "1"]) == 0
    assert plainly("=cmd") == "'=cmd" and plainly("ana") == "ana" and plainly(3) == 3
