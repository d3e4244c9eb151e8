"""Mistakes on the command line: each is one line, and nothing given to it can do harm."""

import itertools
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands import mistake


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ([], "no expression was given: see autograd --help"),
        (["a=1"], "no expression was given: see autograd --help"),
        (["x=a*b", "a=1", "b=2"], "no expression was given: if it is a*b, leave out 'x='"),
        (["a * b", "a=1", "b=2", "README.md"], "a * b and README.md: put what is one expression in quotes"),
        (["tahn(a)", "a=1"], "column 1: unknown function 'tahn', did you mean 'tanh'?"),
        (["a*b + c", "a=1", "b=2"], "c has no value: add c=1.0"),
        (["a*b + c"], "a, b, c have no values: add a=1.0 b=1.0 c=1.0"),
        (["a", "a=x"], "'a=x': its value is not a number, such as a=1.5"),
        (["a", "a="], "'a=': its value is not a number, such as a=1.5"),
        (["a", "a=1,5"], "'a=1,5': its value is not a number, such as a=1.5"),
        (["a", "a=1", "a=2"], "a is given twice, as 1 and 2"),
        (["fi", "fi=1", "ﬁ=2"], "fi is given twice, as 1 and 2"),
        (["alpha*b", "alhpa=1", "b=2"], "'alhpa' is not in the expression, did you mean 'alpha'?"),
        (["a*b", "a=1", "b=2", "q=3"], "'q' is not in the expression; its variables: a, b"),
        (["2", "q=3"], "'q' is not in the expression; its variables: none"),
        (["a*e", "a=1", "e=3"], "e is the constant 2.718281828459045: choose another name for the variable"),
        (["a", "a=1", "--tre"], "unknown flag '--tre', did you mean '--tree'?"),
        (["a", "a=1", "--qqqqqqqq"], "unknown flag '--qqqqqqqq': see autograd --help"),
        (["a", "a=1", "--tree=yes"], "--tree takes no value, and 'yes' was given"),
        (["a", "a=1", "--draw"], "--draw needs its FILE: see autograd --help"),
        (["a", "a=1", "--draw", "--tree"], "--draw needs its FILE: see autograd --help"),
        (["a", "a=1", "--order", "7"], "--order '7': give it a whole number from 1 to 6"),
        (["a", "a=1", "--order", "2.0"], "--order '2.0': give it a whole number from 1 to 6"),
        (["a", "a=1", "--explain", "b"], "--explain b: 'b' is not in the expression; its variables: a"),
        (["a", "a=1", "--page", "a.svg"], "--page 'a.svg': a page is an .html file"),
        (["2", "--check"], "--check: the expression has no variables, so there is nothing to check"),
        (["mean([])"], "mean of an empty list is not defined; give it at least one number"),
        (["dot([a], [1, 2])", "a=1"], "dot: 1 numbers against 2; give it two lists of the same length"),
        (["[a][1]", "a=1"], "[1] of a list of 1: its elements are [0] to [0]"),
    ],
)
def test_every_mistake_is_one_line(capsys, argv: list[str], message: str) -> None:
    assert mistake(capsys, *argv) == message


def test_too_many_derivatives(capsys) -> None:
    names = [f"x{k}" for k in range(20)]
    line = mistake(capsys, "*".join(names), *(f"{name}=1" for name in names), "--order", "3")
    assert line == "--order 3 of 20 variables: 1770 derivatives, at most 1000"


def test_paths_that_cannot_be_written(capsys, tmp_path: Path) -> None:
    assert "'.foo'" in mistake(capsys, "a", "a=1", "--draw", str(tmp_path / "a.foo"))
    line = mistake(capsys, "a", "a=1", "--draw", str(tmp_path / "none" / "a.dot"))
    assert line.startswith("cannot write") and "choose a folder" in line
    assert not list(tmp_path.iterdir())


def test_arguments_that_are_not_text_in_any_encoding() -> None:
    if os.name != "posix":
        return  # elsewhere arguments are always text
    for argv in ([b"\xff"], [b"a", b"a=\xff"], [b"a", b"a=1", b"--\xff"]):
        done = subprocess.run([sys.executable.encode(), b"-m", b"autograd", *argv], capture_output=True, timeout=60)
        assert (done.returncode, done.stdout, done.stderr.count(b"\n")) == (2, b"", 1)


TRACE = "__import__('pathlib').Path('trace').touch()"
HOSTILE = [
    TRACE,
    "__import__(os)",
    f"eval({TRACE!r})",
    "exec(a)",
    "open(a)",
    "print(1)",
    "().__class__.__bases__[0].__subclasses__()",
    "a.__class__",
    "a.data",
    "tanh.__globals__",
    "tanh.__globals__[os]",
    "1 .__class__",
    "[].append(a)",
    "lambda: 1",
    "(lambda x: x)(1)",
    "[x for x in a]",
    "sum([x for x in [1]])",
    "sum(x for x in [1])",
    "{a: 1}",
    "{a}",
    "(x := 1)",
    "'a'",
    '"a" * 10**10',
    "b'a'",
    "f'{a}'",
    f"f'{{{TRACE}}}'",
    "tanh(*a)",
    "tanh(**a)",
    "[*a]",
    "await a",
    "yield a",
    "(yield)",
    "a[0]",
    "a[b]",
    "[1][a]",
    "[1][0:1]",
    "[1][-1]",
    "[1][True]",
    "[1][False]",
    "__debug__",
    "True",
    "None",
    "...",
    "1j",
    "a if a else a",
    "a and a",
    "not a",
    "a is a",
    "a in [a]",
    "a // a",
    "a % a",
    "a @ a",
    "a << a",
    "a | a",
    "~a",
    "import os",
    "import os; os.abort()",
    "del a",
    "a = 1",
    "a += 1",
    "a\\\n+ 1",
    "a # b",
    "1if a else 2",
    "0x1for x in a",
    "1__0",
    "'\\d'",
    "a\0b",
    "\0",
    "\ud800",
    "\u202ea",
    "(" * 100_000,
    "(" * 100_000 + "a" + ")" * 100_000,
    "[" * 60 + "]" * 60,
    "(" * 9_999,
    "tanh(" * 60 + "a" + ")" * 60,
    "-" * 9_999 + "a",
    "**".join("a" * 4_000),
    "not " * 2_000 + "a",
    "a if a else " * 800 + "a",
    "lambda " * 1_000,
    "a<" * 4_000 + "a",
    "1" * 9_999 + "a",
    "1" * 1_000_000,
    "a+" * 500_000 + "a",
    "a " * 4_000,
    " " * 100,
    "",
]


@pytest.mark.parametrize(
    "text", HOSTILE, ids=(f"{k}: {ascii(text)[:40]}" for k, text in zip(itertools.count(), HOSTILE))
)
def test_hostile_text_is_refused_and_does_nothing(capsys, text: str, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert len(mistake(capsys, "--json", text, "a=1")) < 250
    if not text.isdigit():  # a large number is a value like any other
        assert len(mistake(capsys, "a", f"a={text}")) < 250
    assert not list(tmp_path.iterdir())


def test_nothing_is_run_imported_or_opened() -> None:
    """Python tells an audit hook of whatever reaches out of the program; it cannot be evaded, nor removed again."""
    text = """if True:
        import json, sys
        from autograd.__main__ import main
        hostile = json.load(sys.stdin)
        main(["tanh(a) + 1if", "a=1"])
        forbidden = ("exec", "import", "open", "os.", "subprocess.", "socket.", "ctypes.", "shutil.", "builtins.input")
        seen = []
        sys.addaudithook(lambda event, _: seen.append(event) if event.startswith(forbidden) else None)
        codes = {main([each, "a=1"]) for each in hostile}
        print(len(hostile), codes, seen)
        """
    command_line = [sys.executable, "-c", text]
    done = subprocess.run(command_line, input=json.dumps(HOSTILE), capture_output=True, text=True, timeout=60)
    assert done.stdout == f"{len(HOSTILE)} {{2}} []\n"
    assert len(done.stderr.splitlines()) == len(HOSTILE) + 1
