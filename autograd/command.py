"""The command line: an expression and the values of its variables go in; its value, its gradients, pictures come out.

From top to bottom: the help that a user sees; what each flag shows, as a Section; reading the arguments; and `run`,
which turns every error into one line. The expression itself is read in expression.py, where no code in it can run.
"""

from __future__ import annotations

import json
import math
import os
import re
import sys
import textwrap
import unicodedata
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TextIO

import autograd
from autograd.checking import Report, derivative_name
from autograd.expression import CONSTANTS, FUNCTIONS, Expression, near_miss, parse
from autograd.files import write_whole
from autograd.value import Value

HIGHEST_ORDER = 6
MOST_DERIVATIVES = 1000

HELP = """\
usage: autograd EXPRESSION [NAME=VALUE ...] [FLAGS]

Computes an expression and its gradient, and shows how.

  autograd 'tanh(a*b + c)' a=2 b=-3 c=10
  autograd 'a*b + sin(a)' a=pi/3 b=1e-2 --tree --explain a
  autograd 'x**3 * exp(-x)' x=1.5 --order 3 --check
  autograd 'dot([a, b], [3, 4])' a=1 b=2 --draw graph.svg --page steps.html

Put the expression in quotes, or the shell will change it. It is made of numbers, variables, + - * / **, brackets,
pi, e, lists [a, b], and the functions below; comparisons stand in where(a < b, a, b). Every variable needs a value.

flags:
  --draw FILE     save a picture of the graph; the suffix says which kind, such as .svg or .png
  --page FILE     save an .html page that steps through the graph
  --explain NAME  say how the gradient of a variable comes about
  --tree          show the graph as text
  --orders        show what a backward pass in other orders would compute
  --steps         show the forward and the backward pass, step by step
  --check         compare derivatives with differences; exit code 1 if they differ
  --order N       all derivatives up to order N, from 1 to {highest}
  --json          print one JSON object; inf and nan are the strings "inf", "-inf", "nan"
  --version, --help

`autograd class --help` tells of the classroom: exercises that build an engine, and what checks them.

functions:
{functions}

Exit codes: 0, or 1 if --check finds a difference, or 2 for a mistake, with one line that says which."""

# flag -> what it takes
FLAGS = {"--draw": "FILE", "--page": "FILE", "--explain": "NAME", "--order": "N"}
FLAGS |= dict.fromkeys(("--tree", "--orders", "--steps", "--check", "--json", "--version", "--help"), "")

# ---- what is shown -------------------------------------------------------------------------------


class Section(NamedTuple):
    """A part of the answer: as text, and under a key of the JSON object as data."""

    key: str
    text: str
    data: Any


@dataclass(frozen=True)
class Request:
    """What was asked for: an expression, its variables' values in its own order, and each flag with what it took."""

    expression: Expression
    values: dict[str, float]
    flags: Mapping[str, list[str]]

    def recorded(self) -> tuple[dict[str, Value], Value]:
        """The variables, as leaves that carry their names, and the result that was computed from them."""
        leaves = {name: Value(number, label=name) for name, number in self.values.items()}
        result = self.expression(**leaves)
        return leaves, result if isinstance(result, Value) else Value(result)

    @property
    def order(self) -> int:
        [*_, text] = self.flags.get("--order", ["1"])
        if text not in map(str, range(1, HIGHEST_ORDER + 1)):
            raise ValueError(f"--order {text!r:.30}: give it a whole number from 1 to {HIGHEST_ORDER}")
        return int(text)


def sections(request: Request) -> Iterator[Section]:
    """All that was asked for; files last, when nothing else can go wrong any more."""
    leaves, result = request.recorded()
    result.backward()
    yield from values(request, leaves, result)
    if request.order > 1 and leaves:
        yield higher_derivatives(leaves, result, request.order)
    if "--tree" in request.flags:
        text = str(autograd.tree(result, names={}))
        yield Section("tree", text, text)
    if "--explain" in request.flags:
        yield explanations(request, leaves, result)
    if "--orders" in request.flags:
        text = str(autograd.why_order(result, names={}))
        yield Section("orders", text, text)
    if "--steps" in request.flags:
        yield steps(request)
    if "--check" in request.flags:
        yield check(request)
    if "--draw" in request.flags or "--page" in request.flags:
        yield files(request, result)


def values(request: Request, leaves: Mapping[str, Value], result: Value) -> Iterator[Section]:
    text = shorten(" ".join(request.expression.text.split()))
    yield Section("value", f"{text} = {digits(result.data).strip()}", result.data)
    if leaves:
        rows = [(name, digits(leaf.data), digits(leaf.grad)) for name, leaf in leaves.items()]
        table = columns([("", " value", " gradient"), *rows])
        yield Section("gradient", table, {name: leaf.grad for name, leaf in leaves.items()})


def higher_derivatives(leaves: Mapping[str, Value], result: Value, order: int) -> Section:
    """Those of order 2 and up; of mixed ones, which are the same in every order of the variables, each once."""
    count = math.comb(len(leaves) + order, order) - 1
    if count > MOST_DERIVATIVES:
        raise ValueError(f"--order {order} of {len(leaves)} variables: {count} derivatives, at most {MOST_DERIVATIVES}")
    names = list(leaves)
    found: dict[tuple[str, ...], Value] = {}
    level: dict[tuple[str, ...], Value] = {(): result}
    for _ in range(order):
        level = {
            (*by, name): slope
            for by, node in level.items()
            for later in [names[names.index(by[-1]) :] if by else names]
            for name, slope in zip(later, autograd.gradients(node, [leaves[each] for each in later]))
        }
        found |= level
    above = {by: slope.data for by, slope in found.items() if len(by) > 1}
    text = columns([(derivative_name(None, list(by)), digits(slope)) for by, slope in above.items()])
    return Section("derivatives", text, [{"by": list(by), "value": slope} for by, slope in above.items()])


def explanations(request: Request, leaves: Mapping[str, Value], result: Value) -> Section:
    for name in request.flags["--explain"]:
        if name not in leaves:
            raise ValueError(f"--explain {shorten(name)}: {not_there(name, request.expression)}")
    texts = {name: str(autograd.explain(result, leaves[name], names={})) for name in request.flags["--explain"]}
    return Section("explain", "\n\n".join(texts.values()), texts)


def steps(request: Request) -> Section:
    """Both passes over a fresh graph: the backward pass computes the gradients anew."""
    _, result = request.recorded()
    forward = [str(step) for step in autograd.forward_steps(result, names={})]
    backward = [str(step) for step in autograd.backward_steps(result, names={})]
    text = "\n".join(["forward:", *forward, "", "backward:", *backward])
    return Section("steps", text, {"forward": forward, "backward": backward})


def check(request: Request) -> Section:
    if not request.values:
        raise ValueError("--check: the expression has no variables, so there is nothing to check")
    try:
        report = autograd.gradcheck(request.expression, tuple(request.values.values()), order=request.order)
    except autograd.GradcheckError as error:
        report = error.report
    return Section("check", f"{report}\n{'all agree' if report else 'THEY DIFFER'}", checked(report))


def checked(report: Report) -> dict[str, Any]:
    rows = [
        {"name": entry.name, "chain_rule": entry.analytic, "differences": entry.numeric, "agrees": entry.agrees}
        for entry in report.entries
    ]
    return {"agrees": bool(report), "derivatives": rows}


def files(request: Request, result: Value) -> Section:
    pages = request.flags.get("--page", [])
    for path in pages:
        if not path.lower().endswith(".html"):
            raise ValueError(f"--page {path!r:.60}: a page is an .html file")
    paths = [*request.flags.get("--draw", []), *pages]
    drawing = autograd.draw(result, names={})
    written = [drawing.content(path) for path in paths]  # all or none
    for path in paths:
        folder = Path(path).absolute().parent
        if not (folder.is_dir() and os.access(folder, os.W_OK)):
            raise ValueError(f"cannot write {path!r:.60}: choose a folder that exists and may be written")
    for path, content in zip(paths, written):
        write_whole(Path(path), content)
    return Section("files", "\n".join(f"wrote {path}" for path in paths), paths)


def columns(rows: Sequence[tuple[str, ...]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows)


def digits(x: float) -> str:
    """Ten digits, with room for a sign; no zero has one."""
    return f"{x + 0.0: .10g}"


def shorten(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."


def as_json(found: Iterable[Section]) -> str:
    def finite(data: Any) -> Any:
        if isinstance(data, float) and not math.isfinite(data):
            return str(data)
        if isinstance(data, dict):
            return {key: finite(each) for key, each in data.items()}
        return [finite(each) for each in data] if isinstance(data, list) else data

    return json.dumps(finite({section.key: section.data for section in found}), allow_nan=False)


# ---- reading the arguments -----------------------------------------------------------------------


def arguments(argv: Sequence[str]) -> tuple[list[str], dict[str, list[str]]]:
    """The words among the arguments, and the flags with what they take. '-x**2' is a word; after '--' all are."""
    words: list[str] = []
    flags: dict[str, list[str]] = {}
    rest = iter(argv)
    for argument in rest:
        if argument == "--":
            words += rest
        elif argument.startswith("--") or argument == "-h":
            flag, text = flag_from(argument, rest)
            flags.setdefault(flag, []).append(text)
        else:
            words.append(argument)
    return words, flags


def flag_from(argument: str, rest: Iterator[str]) -> tuple[str, str]:
    """A flag and what it takes: '--order=2', or '--order' and the argument after it."""
    flag, separator, text = ("--help" if argument == "-h" else argument).partition("=")
    if flag not in FLAGS:
        meant = near_miss(flag, FLAGS)
        raise ValueError(f"unknown flag {shorten(flag)!r}" + (f", did you mean {meant!r}?" if meant else SEE_HELP))
    if separator and not FLAGS[flag]:
        raise ValueError(f"{flag} takes no value, and {shorten(text)!r} was given")
    if FLAGS[flag] and not separator:
        text = next(rest, "")
    if FLAGS[flag] and (not text or text.startswith("--")):
        raise ValueError(f"{flag} needs its {FLAGS[flag]}{SEE_HELP}")
    return flag, text


SEE_HELP = ": see autograd --help"
ASSIGNMENT = re.compile(r"\s*([^\W\d]\w*)\s*=(?!=)(.*)", re.DOTALL)


def request_from(words: Sequence[str], flags: Mapping[str, list[str]]) -> Request:
    texts = [word for word in words if not ASSIGNMENT.match(word)]
    if not texts:
        first = ASSIGNMENT.match(words[0]) if words else None
        meant = first and re.search(r"[^\W\d]", first[2])
        hint = f": if it is {shorten(first[2].strip())}, leave out '{first[1]}='" if first and meant else SEE_HELP
        raise ValueError(f"no expression was given{hint}")
    if len(texts) > 1:
        raise ValueError(f"{' and '.join(shorten(each) for each in texts[:2])}: put what is one expression in quotes")
    given: dict[str, str] = {}
    for name, text in (match.groups() for match in map(ASSIGNMENT.match, words) if match):
        name = unicodedata.normalize("NFKC", name)  # as Python's parser does
        if name in given:
            raise ValueError(f"{shorten(name)} is given twice, as {shorten(given[name])} and {shorten(text)}")
        given[name] = text
    expression = parse(texts[0])
    for name in given:
        if name not in expression.names:
            raise ValueError(not_there(name, expression))
    if missing := [name for name in expression.names if name not in given]:
        verb = "has no value" if len(missing) == 1 else "have no values"
        remedy = " ".join(f"{shorten(name)}=1.0" for name in missing[:3])
        raise ValueError(f"{listed(missing)} {verb}: add {remedy}")
    return Request(expression, {name: number(name, given[name]) for name in expression.names}, flags)


def number(name: str, text: str) -> float:
    """A value as it was given: '-2.5', 'inf', 'pi/4'."""
    try:
        return float(text)
    except ValueError:
        pass
    try:
        constant = parse(text)
    except ValueError:
        constant = None
    if constant is None or constant.names:
        raise ValueError(f"{shorten(f'{name}={text}')!r}: its value is not a number, such as {shorten(name)}=1.5")
    return float(constant())


def not_there(name: str, expression: Expression) -> str:
    if name in CONSTANTS:
        return f"{name} is the constant {CONSTANTS[name]}: choose another name for the variable"
    if meant := near_miss(name, expression.names):
        return f"{shorten(name)!r} is not in the expression, did you mean {shorten(meant)!r}?"
    return f"{shorten(name)!r} is not in the expression; its variables: {listed(expression.names) or 'none'}"


def listed(names: Sequence[str]) -> str:
    """'a, b and 3 more'."""
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(map(shorten, names[:5])) + more


# ---- the program ---------------------------------------------------------------------------------


def answer(argv: Sequence[str]) -> tuple[str, int]:
    """What is to be printed, and the exit code."""
    words, flags = arguments(argv)
    if "--help" in flags:
        names = textwrap.fill(", ".join(sorted(FUNCTIONS)), 100, initial_indent="  ", subsequent_indent="  ")
        return HELP.format(highest=HIGHEST_ORDER, functions=names), 0
    if "--version" in flags:
        return f"scalar-autograd {autograd.__version__}", 0
    found = list(sections(request_from(words, flags)))
    differs = any(section.key == "check" and not section.data["agrees"] for section in found)
    return as_json(found) if "--json" in flags else "\n\n".join(section.text for section in found), int(differs)


def run(argv: Sequence[str]) -> int:
    """Answer on stdout, all of it or nothing; warnings and errors go to stderr, a line each."""
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("ignore")
            warnings.simplefilter("always", RuntimeWarning)  # what the engine has to say
            if list(argv[:1]) == ["class"]:
                from autograd.classroom.command import run as run_class

                return run_class(argv[1:], lambda text: say(text, sys.stdout))
            text, code = answer(argv)
        for message in dict.fromkeys(one_line(warning.message) for warning in caught):
            say(f"autograd: warning: {message}", sys.stderr)
        say(text, sys.stdout)
        return code
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains when it flushes at exit
        return 141  # what a shell reports of a program that its reader has left
    except KeyboardInterrupt:
        return 130
    except (ArithmeticError, ImportError, OSError, RuntimeError, TypeError, ValueError) as error:
        say(f"autograd: {one_line(error)}", sys.stderr)
        return 2


def one_line(error: object) -> str:
    return "; ".join(line.strip() for line in str(error).splitlines() if line.strip()) or type(error).__name__


def say(text: str, stream: TextIO) -> None:
    """Print, in signs that the stream can take."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        text = text.translate(PLAIN).encode(encoding, "backslashreplace").decode(encoding)
    print(text, file=stream, flush=True)


PLAIN = str.maketrans({"├": "|", "└": "`", "│": "|", "─": "-", "↑": "^", "…": "...", "⋯": "...", "×": "x", "·": "-"})
