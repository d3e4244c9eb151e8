"""`autograd class` as a student uses it, and what it says to what goes wrong."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from autograd.__main__ import main
from autograd.classroom.ladder import exercise, exercises, ladder
from tests.commands import mistake, ok


@pytest.fixture
def folder(tmp_path, monkeypatch, capsys):
    """A classroom folder that was just started, and is the current one."""
    ok(capsys, "class", "start", str(tmp_path / "class"), "--id", "ana")
    monkeypatch.chdir(tmp_path / "class")
    return tmp_path / "class"


def solve(folder, number, body=None):
    rung = exercise(number)
    (folder / rung.file).write_text(rung.file_with(body or rung.reference, "ana"), encoding="utf-8")


def failing(capsys, *argv):
    """What is printed where something has not passed."""
    assert main(argv) == 1
    printed = capsys.readouterr()
    assert printed.err == ""
    return printed.out


def test_a_folder_has_all_exercises_and_the_engine(folder) -> None:
    names = sorted(path.name for path in folder.iterdir())
    assert names == sorted([*(rung.file for rung in exercises()), "engine.py", "progress.json"])
    assert (folder / "05_times.py").read_text(encoding="utf-8") == exercise(5).stub("ana")


def test_an_id_may_be_anything(tmp_path, capsys, monkeypatch) -> None:
    wild = "o'Br\"ien # ---- yours ----"
    ok(capsys, "class", "start", str(tmp_path / "class"), "--id", wild)
    monkeypatch.chdir(tmp_path / "class")
    for number in (1, 4, 5):
        rung = exercise(number)
        (tmp_path / "class" / rung.file).write_text(rung.file_with(rung.reference, wild), encoding="utf-8")
        assert ok(capsys, "class", "check", str(number)).startswith("ok")
        assert ok(capsys, "class", "check", str(number), "--own").startswith("ok")


def test_the_way_through_an_exercise(folder, capsys) -> None:
    assert "1  Slope by hand" in ok(capsys, "class", "next")
    assert "slope_at_x1 is not written yet" in failing(capsys, "class", "check", "1")
    assert ok(capsys, "class", "hint", "1").startswith("1/3  If C were")
    assert ok(capsys, "class", "hint", "1").startswith("2/3")
    assert ok(capsys, "class", "hint", "1", "--level", "1").startswith("1/3")
    assert ok(capsys, "class", "hint", "2", "--level", "3").startswith("3/3 (the last hint)")
    solve(folder, 1)
    shown = ok(capsys, "class", "check", "1")
    assert shown.startswith("ok   1  Slope by hand") and "next:  2  Numeric slope" in shown
    assert "2  Numeric slope" in ok(capsys, "class", "next")
    lines = ok(capsys, "class", "progress").splitlines()
    assert lines[0].startswith("ok   1") and lines[0].endswith("hints: 2") and lines[-1] == "1 of 20"
    assert lines[20] == "on the shelf, to pick from:"
    told = json.loads(ok(capsys, "class", "progress", "--json"))
    assert told["student"] == "ana" and told["exercises"]["1"]["passed"] and told["exercises"]["1"]["hints"] == 2


def test_check_goes_on_to_the_first_that_does_not_pass(folder, capsys) -> None:
    solve(folder, 1)
    solve(folder, 2)
    solve(folder, 3, exercise(3).mistakes[0].body)
    shown = failing(capsys, "class", "check")
    assert shown.count("ok  ") == 2 and "an edge is lost" in shown and "autograd class hint 3" in shown
    shown = failing(capsys, "class", "check")
    assert "ok  " not in shown, "what has passed and was not changed is not checked again"
    solve(folder, 1, "slope_at_x1 = 0")
    assert "--   1" in failing(capsys, "class", "check")


def test_reset_keeps_what_was_there(folder, capsys) -> None:
    solve(folder, 7)
    for k in (1, 2):
        assert f"07_accumulate.old{k}" in ok(capsys, "class", "reset", "07_accumulate.py")
        assert (folder / "07_accumulate.py").read_text(encoding="utf-8") == exercise(7).stub("ana")
    assert (folder / "07_accumulate.old1").read_text(encoding="utf-8") == exercise(7).file_with(
        exercise(7).reference, "ana"
    )


def test_ones_own_engine_with_a_flag(folder, capsys) -> None:
    solve(folder, 8, exercise(8).reference.replace("return order", "return order[:-1] or order"))
    solve(folder, 9)
    assert ok(capsys, "class", "check", "9").startswith("ok")
    failing(capsys, "class", "check", "9", "--own")
    solve(folder, 12, exercise(12).reference.replace("self.data * slope, (self,)", "2 * self.data, (self,)"))
    solve(folder, 16)
    assert ok(capsys, "class", "check", "16").startswith("ok")
    failing(capsys, "class", "check", "16", "--own")
    solve(folder, 8)
    assert ok(capsys, "class", "check", "16", "--own").startswith("ok")


OTHER_STYLE = """
class Value:
    def __init__(self, data, children=()):
        self.data, self.grad, self.parents, self.children = data, 0.0, [node for node, _ in children], children

    def __add__(self, other):
        return Value(self.data + other.data, [(self, 1), (other, 1)])

    def __sub__(self, other):
        return Value(self.data - other.data, [(self, 1), (other, -1)])


def one_step(output, gradient=1.0):
    output.grad = gradient
    for node, slope in output.children:
        node.grad += gradient * slope
"""


def test_a_style_of_ones_own_needs_the_flag_and_is_told_so(folder, capsys) -> None:
    times = "class Value(Value):\n    def __mul__(self, other):\n"
    times += "        return Value(self.data * other.data, [(self, other.data), (other, self.data)])\n"
    solve(folder, 4, OTHER_STYLE)
    assert ok(capsys, "class", "check", "4").startswith("ok")
    solve(folder, 5)
    assert "what you wrote in exercises 4" in failing(capsys, "class", "check", "5", "--own")
    solve(folder, 5, times)
    assert "stands on what you wrote in exercises 4" in ok(capsys, "class", "check", "5")
    assert ok(capsys, "class", "check", "5", "--own").startswith("ok")
    hand_in = folder.parent / "in" / "ana"
    hand_in.parent.mkdir()
    folder.rename(hand_in)
    assert "ana: 2 of 2" in ok(capsys, "class", "grade", str(hand_in.parent), "--exercises", "4,5")


def test_a_mistake_in_an_earlier_file_is_told_with_its_own_line(folder, capsys) -> None:
    solve(folder, 4, OTHER_STYLE.replace("self.data + other.data", "self.data + other.dta"))
    solve(folder, 7)
    solve(folder, 5)
    lines = (folder / exercise(4).file).read_text(encoding="utf-8").splitlines()
    line = 1 + next(k for k, text in enumerate(lines) if "other.dta" in text)
    assert f"(line {line}): AttributeError" in failing(capsys, "class", "check", "4")
    solve(folder, 9)
    shown = failing(capsys, "class", "check", "9", "--own")
    assert f"(line {line}, 04_plus_minus.py): AttributeError" in shown
    solve(folder, 8, "def broken(:\n    pass\n")
    line = 1 + (folder / exercise(8).file).read_text(encoding="utf-8").splitlines().index("def broken(:")
    assert f"(line {line}, 08_order.py): SyntaxError" in failing(capsys, "class", "check", "9", "--own")
    solve(folder, 12, "1 / 0\n")
    solve(folder, 16)
    assert ok(capsys, "class", "check", "16").startswith("ok")
    shown = failing(capsys, "class", "check", "16", "--own")
    assert "08_order.py): SyntaxError" in shown and "Traceback" not in shown


def test_what_is_gone_or_endless_before_does_not_stop_what_comes_after(folder, capsys) -> None:
    for number in (9, 16):
        solve(folder, number)
    for content in (None, b"", b"\xff\xff", b"while True:\n    pass\n"):
        path = folder / exercise(8).file
        path.unlink(missing_ok=True)
        if content is not None:
            path.write_bytes(content)
        assert ok(capsys, "class", "check", "9").startswith("ok")
        assert ok(capsys, "class", "check", "16").startswith("ok")
    solve(folder, 9, exercise(9).reference.replace("node.grad = 0.0", "pass"))
    start = time.monotonic()
    assert "left over from the pass before" in failing(capsys, "class", "check", "9")
    assert time.monotonic() - start < 8, "an endless loop in an earlier file is not waited for as long"
    hand_in = folder.parent / "in" / "ana"
    hand_in.parent.mkdir()
    folder.rename(hand_in)
    (hand_in / exercise(8).file).write_bytes(b"x = 1\n" * 400_000)
    ok(capsys, "class", "grade", str(hand_in.parent), "--exercises", "9", "--feedback", str(folder.parent / "f"))
    assert "left over from the pass before" in (folder.parent / "f" / "ana.txt").read_text(encoding="utf-8")


def test_what_is_missing_is_called_by_its_name(folder, capsys) -> None:
    for number, name in ((2, "forward_difference"), (4, "__add__"), (5, "__mul__"), (9, "backward"), (12, "__pow__")):
        assert f"{name} is not written yet" in failing(capsys, "class", "check", str(number))


def test_an_own_engine_that_does_not_fit_together_gets_no_certificate(folder, capsys) -> None:
    for rung in ladder():
        solve(folder, rung.number)
    solve(folder, 4, OTHER_STYLE)
    ok(capsys, "class", "check")
    said = mistake(capsys, "class", "certificate")
    assert "your own engine, put together from exercises" in said and "check --own" in said
    assert "--   5" in failing(capsys, "class", "check", "--own")
    assert not (folder / "certificate.html").exists()


def test_a_traceback_is_shown_to_whom_asks(folder, capsys) -> None:
    solve(folder, 2, "def forward_difference(f, x, h):\n    return 1 / 0\n")
    shown = failing(capsys, "class", "check", "2")
    assert "ZeroDivisionError" in shown and "(line " in shown and "Traceback" not in shown
    assert "Traceback" in failing(capsys, "class", "check", "2", "--traceback")


def test_the_certificate_at_the_end(folder, capsys) -> None:
    assert "not passed yet: 1, 2, 3" in failing(capsys, "class", "certificate")
    for rung in ladder():
        solve(folder, rung.number)
    assert "all exercises have passed" in ok(capsys, "class", "check")
    assert "all exercises have passed" in ok(capsys, "class", "next")
    shown = ok(capsys, "class", "certificate")
    assert shown.startswith("ana has built") and "in 200 steps the loss went from" in shown
    page = (folder / "certificate.html").read_text(encoding="utf-8")
    assert "ana has built" in page and page.count("<li>") == 20 and "exp, log, tanh" in page


def test_the_teachers_note(capsys) -> None:
    shown = ok(capsys, "class", "note", "8")
    assert "Act it out" in shown and "(before_its_parent)" in shown and "To discuss: " in shown
    assert ok(capsys, "class", "--help") == ok(capsys, "class") and "start FOLDER" in ok(capsys, "class")
    assert ok(capsys, "class", "check", "--help") == ok(capsys, "class")


def test_in_german(tmp_path, capsys) -> None:
    shown = ok(capsys, "class", "start", str(tmp_path / "k"), "--language", "de")
    assert shown.startswith("30 Übungen sind in")
    assert "das kleinste Programm" in failing(capsys, "class", "check", "7", "--folder", str(tmp_path / "k"))


# ---- watching --------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C is sent another way there")
def test_watch_checks_what_is_saved(folder) -> None:
    command = [sys.executable, "-u", "-m", "autograd", "class", "watch"]
    hears = lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)  # noqa: E731 (a shell may have had it ignored)
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, encoding="utf-8", preexec_fn=hears) as watching:
        try:
            assert "watching" in watching.stdout.readline()
            solve(folder, 5, exercise(5).mistakes[0].body)
            assert watching.stdout.readline().startswith("--   5")
            while "autograd class hint 5" not in (line := watching.stdout.readline()):
                assert line, "it has ended"
            (folder / "02_differences.py").write_text("")
            while "is empty" not in (line := watching.stdout.readline()):
                assert line, "it has ended"
            solve(folder, 25)
            while not (line := watching.stdout.readline()).startswith("ok  25"):
                assert line, "it has ended"
            solve(folder, 5)
            assert watching.stdout.readline().startswith("ok   5")
            watching.send_signal(signal.SIGINT)
            assert watching.wait(10) == 130
        finally:
            watching.kill()
    assert json.loads((folder / "progress.json").read_text())["exercises"]["5"]["passed"]


# ---- what goes wrong -------------------------------------------------------------------------------------------------


def test_folders_that_will_not_do(folder, tmp_path, capsys) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("years of work")
    assert "go into it, and on with: autograd class next" in mistake(capsys, "class", "start", str(folder))
    assert "not empty: nothing was written" in mistake(capsys, "class", "start", str(tmp_path / "full"))
    assert "is a file" in mistake(capsys, "class", "start", str(tmp_path / "file"))
    assert "cannot make the folder" in mistake(capsys, "class", "start", str(tmp_path / "file" / "below"))
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["thesis.txt"]
    assert "is no classroom folder" in mistake(capsys, "class", "check", "--folder", str(tmp_path))


@pytest.mark.parametrize(
    "content",
    ["[]", '{"student": "a", "language": "xx", "exercises": {}}', '{"student": "a", "language": "en", "exercises": 5}']
    + [f'{{"student": "a", "language": "en", "exercises": {{"1": {entry}}}}}' for entry in ("5", '{"tries": "x"}')],
)
def test_progress_that_cannot_be_read_is_left_alone(folder, capsys, content) -> None:
    (folder / "progress.json").write_text(content, encoding="utf-8")
    for command in (["next"], ["check", "1"], ["progress"]):
        assert "progress.json cannot be read: " in mistake(capsys, "class", *command)
    assert (folder / "progress.json").read_text(encoding="utf-8") == content


def test_a_folder_in_place_of_a_file(folder, capsys) -> None:
    (folder / "01_by_hand.py").unlink()
    (folder / "01_by_hand.py").mkdir()
    assert "01_by_hand.py cannot be read" in mistake(capsys, "class", "check", "1")
    assert "01_by_hand.py is a folder" in mistake(capsys, "class", "reset", "1")


@pytest.mark.parametrize("number", ["0", "31", "x", "-1", "1.5", "99999999999999999999"])
def test_numbers_that_are_none(folder, capsys, number) -> None:
    assert "choose one from 1 to 30" in mistake(capsys, "class", "check", "--", number)


@pytest.mark.parametrize("words", [["teach"], ["hint"], ["check", "1", "2"], ["start"], ["hint", "1", "--level", "9"]])
def test_words_that_are_no_command(folder, capsys, words) -> None:
    assert "see autograd class --help" in mistake(capsys, "class", *words)


def test_files_as_editors_write_them(folder, capsys) -> None:
    text = exercise(5).file_with(exercise(5).reference, "ana")
    path = folder / "05_times.py"
    for content in (
        text.replace("\n", "\r\n").encode(),
        b"\xef\xbb\xbf" + text.encode(),
        text.replace("\n", "\r").encode(),
        text.encode("utf-16"),
    ):
        path.write_bytes(content)
        assert ok(capsys, "class", "check", "5").startswith("ok")
        assert path.read_bytes() == content
    path.write_bytes(b"x = '\xff'")
    assert "save the file as UTF-8" in mistake(capsys, "class", "check", "5")


def test_files_that_are_empty_gone_or_no_python(folder, capsys) -> None:
    path = folder / "05_times.py"
    path.write_text(" \n")
    assert "05_times.py is empty; get it back with: autograd class reset 5" in mistake(capsys, "class", "check", "5")
    path.unlink()
    assert "05_times.py is not there" in mistake(capsys, "class", "check", "5")
    path.write_text("def f(:\n    pass\n")
    assert "not Python yet (line 1)" in failing(capsys, "class", "check", "5")
    path.write_text("import nothing_like_this\n")
    assert "(line 1)" in failing(capsys, "class", "check", "5")
    path.write_text("x = 1\n")
    assert "no class Value" in failing(capsys, "class", "check", "5")


def test_a_progress_file_that_cannot_be_read_is_left_alone(folder, capsys) -> None:
    (folder / "progress.json").write_text("{")
    assert "progress.json cannot be read" in mistake(capsys, "class", "check", "1")
    assert (folder / "progress.json").read_text() == "{"
