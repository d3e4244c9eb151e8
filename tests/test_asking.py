"""Asking a student's code in a process of its own: it can neither hang, nor end, nor fill what asks."""

import os
import signal

import pytest

from autograd.classroom.asking import Apart, Here, Stopped, Unusable
from autograd.classroom.judging import judge_source
from autograd.classroom.ladder import exercise

SOON = {"seconds": 1.0, "memory": 400_000_000}


def test_answers_are_plain() -> None:
    source = "class V:\n    data = 3\nxs = (1, True, None, 'x', {'a': 2.5}, V(), object())\nbig = 10**400\n"
    with Apart(source) as ask:
        assert ask("xs") == [1.0, True, None, "x", {"a": 2.5}, 3.0, "<object>"]
        assert ask("big") == float("inf") and ask("-big") == float("-inf")
        assert str(ask("float('nan')")) == "nan"
        assert ask("x = y + 1\nx * 2", y=3) == 8
        assert "xs" in ask.names


@pytest.mark.parametrize("where", ["apart", "here"])
def test_errors_are_told_in_one_line(where) -> None:
    source = "def f():\n    raise ValueError('a\\nb')\n"
    if where == "apart":
        ask = Apart(source)
    else:
        names: dict = {}
        exec(compile(source, "<your code>", "exec"), names)
        ask = Here(names)
    with pytest.raises(Stopped) as stopped:
        ask("f()")
    assert stopped.value.error == "ValueError: a" and stopped.value.line == "2" and stopped.value.kind == "ValueError"
    assert "Traceback" in stopped.value.traceback
    with pytest.raises(Stopped, match="NameError"):
        ask("g()")
    assert ask("1 + 1") == 2, "it goes on after an error"
    if where == "apart":
        ask.close()


ENDLESS = "def f():\n    while True:\n        pass\n"
LEAVING = "import os\ndef f():\n    os._exit(0)\n"
GREEDY = "def f():\n    return len('x' * 10**10)\n"
KILLED = "import os, signal\ndef f():\n    os.kill(os.getpid(), signal.SIGKILL)\n"


@pytest.mark.skipif(os.name == "nt", reason="limits and signals are those of POSIX")
@pytest.mark.parametrize(
    ("source", "key"),
    [(ENDLESS, "too_long"), (LEAVING, "died"), (KILLED, "died")],
    ids=["endless", "leaving", "killed"],
)
def test_what_does_not_answer_is_ended(source, key) -> None:
    with Apart(source, limits=SOON) as ask:
        with pytest.raises(Unusable) as reason:
            ask("f()")
        assert reason.value.key == key
        assert ask.process.poll() is not None and not os.path.exists(ask.folder.name)
        with pytest.raises(Unusable, match="died"):
            ask("1")


@pytest.mark.skipif(os.name == "nt", reason="limits are those of POSIX")
def test_memory_has_a_limit() -> None:
    with Apart(GREEDY, limits=SOON) as ask, pytest.raises((Unusable, Stopped)) as reason:
        ask("f()")
    assert "MemoryError" in str(reason.value) or "died" in str(reason.value)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="there is no such alarm")
def test_the_line_of_an_endless_loop_is_told() -> None:
    rung = exercise(5)
    endless = rung.file_with(
        rung.reference.replace("        return", "        while True:\n            pass\n        return")
    )
    line = 1 + endless.splitlines().index("        while True:")
    verdict = judge_source(rung, endless, limits=SOON)
    assert verdict.key == "too_long" and any(f"(line {k})" in verdict.cause for k in (line, line + 1)), verdict


def test_an_endless_file_is_ended_while_it_is_loaded() -> None:
    with pytest.raises(Unusable, match="too_long"):
        Apart("while True:\n    pass\n", limits=SOON)


def test_what_is_printed_is_kept_up_to_a_limit_and_never_taken_for_an_answer() -> None:
    source = "def f():\n    for _ in range(1000):\n        print('{\"answer\": 42}' * 1000)\n    return 1\n"
    with Apart(source) as ask:
        assert ask("f()") == 1
        assert ask.printed.startswith('{"answer": 42}') and len(ask.printed) <= 4000
    with Apart("import os\ndef f():\n    os.write(1, b'{\"answer\": 42}\\n')\n    return 1\n") as ask:
        assert ask("f()") == 1
    with Apart("import sys\ndef f():\n    return sys.stdin.read()\n") as ask:
        assert ask("f()") == ""


def test_nothing_that_is_installed_can_be_imported_and_no_secret_is_inherited(monkeypatch) -> None:
    monkeypatch.setenv("API_TOKEN", "secret")
    with Apart("import os\nsecret = os.environ.get('API_TOKEN')\nfiles = os.listdir('.')\n") as ask:
        assert ask("secret") is None and ask("files") == []
        for package in ("autograd", "numpy", "torch"):
            with pytest.raises(Stopped, match="No module named"):
                ask(f"__import__({package!r})")
