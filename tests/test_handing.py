"""Handing in: files as learning platforms give them out, ids that are theirs, notebooks, and what a teacher is told."""

import json

import pytest

from autograd.classroom.grading import grade
from autograd.classroom.handing import code_of, files_in, handed_in, submission
from autograd.classroom.judging import judge_source
from autograd.classroom.ladder import exercise
from tests.commands import mistake, ok


def solved(number, student="ana"):
    rung = exercise(number)
    return rung.file_with(rung.reference, student)


def put(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize("name", ["05_times.py", "5_times.py", "05_TIMES.PY", "Copy of 05_times.py", "05_my_answer.py"])
def test_a_file_is_known_by_its_number(tmp_path, name) -> None:
    put(tmp_path / name, "x = 1")
    assert files_in(tmp_path) == {5: tmp_path / name}
    put(tmp_path / "05_times.py", "x = 2")
    put(tmp_path / "05_aaa.py", "x = 3")
    assert files_in(tmp_path) == {5: tmp_path / "05_times.py"}


def test_a_folder_inside_is_looked_into(tmp_path) -> None:
    put(tmp_path / "kim" / "my-engine" / "05_times.py", solved(5, "kim"))
    put(tmp_path / "kim" / "my-engine" / "progress.json", '{"student": "kim k."}')
    put(tmp_path / "lee" / "notes.txt", "nothing")
    kim, lee = handed_in(tmp_path)
    assert list(kim.files) == [5] and kim.id == "kim k." and kim.student == "kim"
    assert lee.files == {} and lee.id == "lee"


def test_an_id_is_found_in_the_file_and_may_be_empty(tmp_path) -> None:
    put(tmp_path / "one" / "01_by_hand.py", solved(1, "it's me"))
    put(tmp_path / "two" / "01_by_hand.py", solved(1, ""))
    put(tmp_path / "two" / "progress.json", '{"student": ""}')
    put(tmp_path / "three" / "01_by_hand.py", solved(1, ""))
    found = {each.student: each.id for each in handed_in(tmp_path)}
    assert found == {"one": "it's me", "two": "", "three": ""}
    grades = grade(tmp_path, None, tmp_path / "feedback", [1])
    assert [graded["points"] for graded in grades] == [1, 1, 1]


def test_other_numbers_are_told_of(tmp_path) -> None:
    put(tmp_path / "ana" / "01_by_hand.py", solved(1, "bo"))
    put(tmp_path / "ana" / "progress.json", '{"student": "ana"}')
    [graded] = grade(tmp_path, None, tmp_path / "feedback", [1])
    assert graded["points"] == 0 and "not those of the id 'ana'" in graded["results"]["1"]["feedback"]
    changed = solved(1).replace("P = ", "P = 1 + ", 1)
    assert any("not those of the id" in note for note in judge_source(exercise(1), changed, "ana").notes)
    assert judge_source(exercise(1), solved(1), "ana").notes == ()


def test_a_teacher_is_told_of_ids_twice_and_files_unknown(tmp_path, capsys, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    for student in ("ana", "copycat"):
        put(tmp_path / "in" / student / "05_times.py", solved(5, "ana"))
    put(tmp_path / "in" / "bo" / "final_version.py", solved(5, "bo"))
    shown = ok(capsys, "class", "grade", "in", "--exercises", "5")
    assert "ana, copycat have the same id 'ana'" in shown and "bo: no exercise is called final_version.py" in shown
    put(tmp_path / "in" / "bob_05_times.py", solved(5, "bob"))
    put(tmp_path / "in" / "ana" / "again" / "05_times.py", solved(5, "ana"))
    told = ok(capsys, "class", "grade", "in", "--exercises", "5")
    assert "not graded, for each student has a folder: bob_05_times.py" in told
    assert "ana: exercises are also in again" in told
    assert "give it how many" in mistake(capsys, "class", "grade", "in", "--jobs", "-3")
    assert "ana,ana,1,1,1," in shown and "copycat,ana,1,1,1," in shown


def test_a_notebook_is_graded_like_a_file(tmp_path, capsys, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    ok(capsys, "class", "export", "notebooks", "books", "--exercises", "5,16", "--id", "ana")
    for number in (5, 16):
        rung = exercise(number)
        path = tmp_path / "books" / f"{rung.folder.name}.ipynb"
        book = json.loads(path.read_text(encoding="utf-8"))
        stub = next(cell for cell in book["cells"] if "raise NotImplementedError" in "".join(cell["source"]))
        stub["source"] = ["!pip install nothing\n", *rung.reference.splitlines(keepends=True)]
        put(tmp_path / "in" / "ana" / path.name, json.dumps(book))
    [graded] = grade(tmp_path / "in", None, tmp_path / "feedback", [5, 16])
    assert graded["points"] == 2 and graded["id"] == "ana", graded


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"cells": [1]}', "[" * 100_000, '{"cells": [{"cell_type": "code"}]}']
)
def test_what_is_no_notebook_is_said_so(tmp_path, text) -> None:
    with pytest.raises(ValueError, match=r"^05_times.ipynb is no notebook\nsave it once more"):
        code_of(text, "05_times.ipynb")
    put(tmp_path / "in" / "ana" / "05_times.ipynb", text)
    [graded] = grade(tmp_path / "in", None, tmp_path / "feedback", [5])
    assert graded["points"] == 0 and graded["results"]["5"]["key"] == "unreadable"


def test_links_are_not_followed(tmp_path) -> None:
    put(tmp_path / "secret" / "05_times.py", solved(5))
    (tmp_path / "in" / "ana").mkdir(parents=True)
    (tmp_path / "in" / "ana" / "more").symlink_to(tmp_path / "secret")
    (tmp_path / "in" / "ana" / "05_times.py").symlink_to(tmp_path / "secret" / "05_times.py")
    assert submission(tmp_path / "in" / "ana").files == {}
