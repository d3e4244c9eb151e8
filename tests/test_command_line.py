"""The command line: what it prints, its flags, its exit codes. Mistakes: test_command_mistakes.py."""

import json
import math
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import autograd
from autograd import command
from autograd.__main__ import main
from autograd.expression import FUNCTIONS
from tests.commands import mistake, ok, program

EXPRESSION = ["tanh(a*b + c)", "a=2", "b=-3", "c=10"]


# ---- what is printed -----------------------------------------------------------------------------


def test_value_and_gradient() -> None:
    done = program(*EXPRESSION)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "tanh(a*b + c) = 0.9993292997",
        "",
        "    value   gradient",
        "a   2      -0.004022852049",
        "b  -3       0.002681901366",
        "c   10      0.001340950683",
    ]


@pytest.mark.parametrize(
    ("argv", "first", "rows"),
    [
        (["2 + 3"], "2 + 3 = 5", []),
        (["x", "x=1"], "x = 1", ["x 1 1"]),
        (["-x**2", "x=3"], "-x**2 = -9", ["x 3 -6"]),
        (["--", "--x", "x=3"], "--x = 3", ["x 3 1"]),
        (["b=1/4", "a / b", "a=-pi*0"], "a / b = 0", ["a 0 4", "b 0.25 0"]),
        ([" x *\n y ", " x = 1e-2", "y=inf"], "x * y = inf", ["x 0.01 inf", "y inf 0.01"]),
        (["where(a < b, a, b)", "a=1", "b=2"], "where(a < b, a, b) = 1", ["a 1 1", "b 2 0"]),
        (["θ*fi", "θ=1", "ﬁ=2"], "θ*fi = 2", ["θ 1 2", "fi 2 1"]),
        (["+".join(["a"] * 40), "a=1"], "+".join(["a"] * 29) + "... = 40", ["a 1 40"]),
    ],
)
def test_the_forms_that_arguments_may_take(capsys, argv: list[str], first: str, rows: list[str]) -> None:
    line, *table = ok(capsys, *argv).splitlines()
    assert line == first
    assert [" ".join(row.split()) for row in table[2:]] == rows


def test_all_derivatives_up_to_an_order(capsys) -> None:
    text = ok(capsys, "x**2 * y", "x=2", "y=3", "--order", "3")
    rows = [tuple(line.rsplit(maxsplit=1)) for line in text.split("\n\n")[2].splitlines()]
    assert [(name.strip(), float(number)) for name, number in rows] == [
        ("d2f/dx dx", 6.0),
        ("d2f/dx dy", 4.0),
        ("d2f/dy dy", 0.0),
        ("d3f/dx dx dx", 0.0),
        ("d3f/dx dx dy", 2.0),
        ("d3f/dx dy dy", 0.0),
        ("d3f/dy dy dy", 0.0),
    ]


def test_the_derivatives_are_those_of_the_engine(capsys) -> None:
    printed = json.loads(ok(capsys, "exp(x) * sin(y)", "x=0.5", "y=2", "--order=2", "--json"))
    [[xx, xy], [_, yy]] = autograd.hessian(lambda v: autograd.exp(v[0]) * autograd.sin(v[1]))([0.5, 2.0])
    assert [each["by"] for each in printed["derivatives"]] == [["x", "x"], ["x", "y"], ["y", "y"]]
    assert [each["value"] for each in printed["derivatives"]] == pytest.approx([xx, xy, yy], rel=1e-14)


def test_no_variables_no_derivatives(capsys) -> None:
    assert json.loads(ok(capsys, "1 + 1", "--json", "--order", "2")) == {"value": 2.0}


def test_json_is_json_whatever_the_numbers(capsys) -> None:
    printed = json.loads(ok(capsys, "tanh(a*b)", "a=0.5", "b=-3", "--json"))
    slope = 1.0 - math.tanh(-1.5) ** 2
    assert printed["value"] == math.tanh(-1.5)  # all digits
    assert printed["gradient"] == pytest.approx({"a": -3.0 * slope, "b": 0.5 * slope}, rel=1e-14)

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    text = ok(capsys, "a * b", "a=-inf", "b=nan", "--json")
    assert json.loads(text, parse_constant=refuse) == {"value": "nan", "gradient": {"a": "nan", "b": "-inf"}}


def test_check(capsys) -> None:
    text = ok(capsys, "sin(x) * y", "x=1", "y=2", "--check", "--order", "2")
    assert text.count("df/d") == 2 and text.count("d2f/d") == 3 + 4  # the list of derivatives, and the check's
    assert text.endswith("all agree\n")
    found = json.loads(ok(capsys, "sin(x)", "x=1", "--check", "--json"))["check"]
    assert found["agrees"] is True and found["derivatives"][0]["name"] == "df/dx"


def test_a_check_that_fails(capsys, monkeypatch) -> None:
    wrong = autograd.custom(lambda x: x * x, lambda x: 3.0 * x)
    monkeypatch.setitem(FUNCTIONS, "sin", lambda x: wrong(x))
    assert main(["sin(x)", "x=1", "--check"]) == 1
    printed = capsys.readouterr()
    assert "DIFFERS" in printed.out and printed.out.endswith("THEY DIFFER\n") and printed.err == ""
    assert main(["sin(x)", "x=1", "--check", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["check"]["agrees"] is False


def test_a_warning_is_one_line(capsys) -> None:
    assert main(["log(x) + 1/y", "x=0", "y=0", "--steps"]) == 0  # computed twice
    lines = capsys.readouterr().err.splitlines()
    assert lines == ["autograd: warning: log(0.0) is -inf [x]", "autograd: warning: 1.0 / 0.0 is inf [y]"]
    assert main(["relu(x)", "x=0", "--check"]) == 0
    [line] = capsys.readouterr().err.splitlines()
    assert line == "autograd: warning: gradcheck: df/dx: kink nearby, slopes 0 and 1 on its sides"


# ---- looking at the graph ------------------------------------------------------------------------


def test_tree(capsys) -> None:
    text = ok(capsys, *EXPRESSION, "--tree").split("\n\n")[2]
    assert len(text.splitlines()) == 6  # tanh, +, *, a, b, c
    assert "a = 2" in text and "└── " in text
    assert json.loads(ok(capsys, *EXPRESSION, "--tree", "--json"))["tree"] == text.rstrip("\n")


def test_explain(capsys) -> None:
    text = ok(capsys, "a*b + a*c", "a=2", "b=3", "c=7", "--explain", "a", "--explain=b")
    assert "/da = 10" in text and "/db = " in text and "/dc = " not in text.split("\n\n")[3]
    found = json.loads(ok(capsys, "a*b", "a=2", "b=3", "--explain", "b", "--json"))["explain"]
    assert list(found) == ["b"]


def test_steps(capsys) -> None:
    text = ok(capsys, "a*b + a", "a=2", "b=3", "--steps")
    forward, backward = text.split("\n\n")[2:]
    assert forward.startswith("forward:\n") and "a*b = 2*3 = 6" in forward
    assert backward.startswith("backward:\n")
    assert "a.grad += " in backward and backward.rstrip().endswith("2.0")  # the gradients start from nothing
    found = json.loads(ok(capsys, "a*b + a", "a=2", "b=3", "--steps", "--json"))
    assert len(found["steps"]["forward"]) == len(found["steps"]["backward"]) == 2
    assert found["gradient"] == {"a": 4.0, "b": 2.0}


def test_pictures_and_the_page(capsys, tmp_path: Path) -> None:
    picture, source, page = tmp_path / "a.svg", tmp_path / "a.dot", tmp_path / "steps.html"
    argv = ["--draw", str(picture), f"--draw={source}", "--page", str(page)]
    text = ok(capsys, "tanh(speed) * 2", "speed=1", *argv)
    assert text.split("\n\n")[2] == f"wrote {picture}\nwrote {source}\nwrote {page}\n"
    assert picture.read_text(encoding="utf-8").rstrip().endswith("</svg>")
    assert all("speed" in path.read_text(encoding="utf-8") for path in (picture, source, page))
    assert "<html" in page.read_text(encoding="utf-8")
    assert "result" not in source.read_text(encoding="utf-8")  # names are the user's, never the program's own


def test_files_come_last_and_only_if_all_else_went_well(capsys, tmp_path: Path) -> None:
    path = tmp_path / "a.svg"
    mistake(capsys, "x + y", "x=1", "y=2", "--draw", str(path), "--explain", "z")
    mistake(capsys, "x + y", "x=1", "y=2", "--draw", str(path), "--page", str(tmp_path / "a.txt"))
    assert not list(tmp_path.iterdir())


def test_a_long_chain_can_be_looked_at(capsys) -> None:
    text = ok(capsys, "+".join(["a"] * 500), "a=1", "--tree", "--steps", "--explain", "a", "--json")
    assert json.loads(text)["gradient"] == {"a": 500.0}


def test_files_are_written_all_or_none(tmp_path, capsys) -> None:
    good = tmp_path / "one.svg"
    assert main(["a*2", "a=1", "--draw", str(good), "--page", str(tmp_path / "none" / "z.html")]) == 2
    assert "choose a folder that exists and may be written" in capsys.readouterr().err and not good.exists()
    assert main([" + ".join(["a"] * 300), "a=1", "--draw", str(good), "--page", str(tmp_path / "z.html")]) == 2
    assert not good.exists()


def test_other_orders(capsys) -> None:
    assert main(["(a + a)*(a + a)", "a=1", "--orders"]) == 0
    assert "naive recursion:" in capsys.readouterr().out


# ---- the program ---------------------------------------------------------------------------------


def test_help_names_every_flag_and_function(capsys) -> None:
    text = ok(capsys, "--help")
    assert text == ok(capsys, "-h") == ok(capsys, *EXPRESSION, "--help")
    assert all(flag in text for flag in command.FLAGS)
    assert set(FUNCTIONS) <= set(text.replace(",", " ").split())
    assert max(map(len, text.splitlines())) <= 120


def test_the_examples_of_the_help_work(capsys, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    examples = [line for line in ok(capsys, "--help").splitlines() if line.startswith("  autograd ")]
    assert len(examples) == 4
    for line in examples:
        assert "=" in ok(capsys, *shlex.split(line)[1:])
    assert {path.name for path in tmp_path.iterdir()} == {"graph.svg", "steps.html"}


def test_version(capsys) -> None:
    assert ok(capsys, "--version") == f"scalar-autograd {autograd.__version__}\n"


def test_what_the_terminal_cannot_show_is_shown_in_ascii() -> None:
    done = program("θ + x*x", "θ=1", "x=2", "--tree", env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.isascii() and "`-- " in done.stdout and r"\u03b8" in done.stdout


def test_a_reader_that_leaves() -> None:
    command_line = [sys.executable, "-m", "autograd", *EXPRESSION]
    with subprocess.Popen(command_line, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()  # long before anything is printed
        assert process.stderr.read() == b""
        assert process.wait(timeout=60) == 141


def test_ctrl_c_ends_quietly(capsys, monkeypatch) -> None:
    def interrupted(argv: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "answer", interrupted)
    assert main(EXPRESSION) == 130
    assert capsys.readouterr() == ("", "")


def test_another_package_of_the_same_name(tmp_path: Path) -> None:
    """Its __init__.py has replaced ours; the rest of our files are still there."""
    for path in Path(autograd.__file__).parent.glob("*.py"):
        (tmp_path / "autograd").mkdir(exist_ok=True)
        text = "grad = print" if path.name == "__init__.py" else path.read_text(encoding="utf-8")
        (tmp_path / "autograd" / path.name).write_text(text, encoding="utf-8")
    done = program(*EXPRESSION, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(tmp_path)})
    assert (done.returncode, done.stdout) == (2, "")
    [line] = done.stderr.splitlines()
    assert line.startswith("autograd: another package named 'autograd' has been installed over scalar-autograd's; ")
