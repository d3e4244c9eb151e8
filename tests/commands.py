"""The command line as tests call it: in this process, or in one of its own."""

import subprocess
import sys

import pytest

from autograd.__main__ import main


def ok(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    """What is printed where all goes well."""
    assert main(argv) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    return printed.out


def mistake(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    """The one line on stderr, and nothing on stdout, that a mistake gives."""
    assert main(argv) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    [line] = printed.err.splitlines()
    assert line.startswith("autograd: ")
    return line.removeprefix("autograd: ")


def program(*argv: str, **options: object) -> subprocess.CompletedProcess:
    options = {"capture_output": True, "encoding": "utf-8", "timeout": 60, **options}
    return subprocess.run([sys.executable, "-m", "autograd", *argv], **options)
