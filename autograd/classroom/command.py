"""`autograd class`: start a folder of exercises, check them, get hints, watch.

Every command is a function that yields what is to be printed and returns the exit code: 0 if all that was checked has
passed, 1 if not; a mistake of use is a ValueError.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Any, NoReturn

from autograd.classroom import teaching
from autograd.classroom.certificate import certificate
from autograd.classroom.exporting import SYSTEMS
from autograd.classroom.ladder import Exercise, exercises, ladder, shelf
from autograd.classroom.results import FORMATS
from autograd.classroom.speaking import languages, say
from autograd.classroom.teaching import headline, numbered
from autograd.classroom.verdict import Verdict
from autograd.classroom.workbook import Workbook

Told = Generator[str, None, int]

HELP = """\
usage: autograd class COMMAND

Build an engine of your own, one exercise at a time, and be told what is wrong on the smallest program that shows it.

  start FOLDER    write the exercises into a new folder (--id NAME for numbers of your own; --language de, and verdicts
                  are in German; the exercises themselves, and what is said of mistyped commands, stay English)
  next            which exercise is next, and what it is about
  check [N]       check exercise N, or all from the first that has not passed (--traceback)
  watch           check again whenever a file is saved, the shelf's too, until Ctrl-C
  hint N          a hint: a question, then a pointer, then almost the line (--level K for one again)
  reset N         write exercise N as it was; your file is kept under another name
  progress        what has passed (--json for programs)
  certificate     when all have passed: a page that says so, and your own engine trains a network

These work in the current folder, or in another: autograd class check --folder FOLDER. With --own, `check` and `watch`
stand on what you have built in earlier exercises and not on the reference.

For teachers:

  note N          time, common mistakes, a question to discuss
  pack NAME       a course with its rubric, to be edited: workshop, homework or project
  grade FOLDER    grade a folder that has one for each student, each file in a locked process of its own
                  (--out grades.csv, else the table is printed; --feedback DIR, else ./feedback; --exercises 1,2,5,
                  --language, --jobs N)
  similar FOLDER  pairs of submissions that are alike but for names and numbers (--least 0.9)
  result FOLDER   one submission's grade for --format gradescope or prairielearn (--out results.json, --exercises)
  export SYSTEM FOLDER
                  the exercises as notebooks, or for nbgrader, otter, gradescope, prairielearn (--exercises, --id)"""


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ValueError(f"{message}\nsee autograd class --help")


def run(argv: Sequence[str], tell: Callable[[str], None]) -> int:
    """Do what a command line asks, and return its exit code."""
    if not argv or "-h" in argv or "--help" in argv:
        tell(HELP)
        return 0
    given = parser().parse_args(list(argv))
    telling = COMMANDS[given.command](given)
    while True:
        try:
            tell(next(telling))
        except StopIteration as end:
            return int(end.value or 0)


def parser() -> Parser:
    """What may stand on the line."""
    top = Parser(prog="autograd class", add_help=False, allow_abbrev=False)
    commands = top.add_subparsers(dest="command", required=True, parser_class=Parser)
    for name, arguments in ARGUMENTS.items():
        each = commands.add_parser(name, add_help=False, allow_abbrev=False)
        for argument in arguments.split():
            each.add_argument(argument.rstrip("?"), **KINDS.get(argument, {"action": "store_true"}))
    return top


ARGUMENTS = {
    "start": "folder --id --language", "next": "--folder", "check": "number? --folder --own --traceback",
    "watch": "--folder --own", "hint": "number --folder --level", "reset": "number --folder",
    "progress": "--folder --json", "certificate": "--folder", "note": "number", "pack": "pack",
    "grade": "folder --out --feedback --exercises --language --jobs", "similar": "folder --least",
    "result": "folder --format --out --exercises --language", "export": "system folder --exercises --id",
}  # fmt: skip
KINDS: dict[str, dict[str, Any]] = {
    "folder": {"type": Path}, "number": {}, "number?": {"nargs": "?"}, "pack": {"choices": teaching.packs()},
    "system": {"choices": list(SYSTEMS)}, "--folder": {"type": Path, "default": Path(".")}, "--id": {"default": ""},
    "--language": {"default": "en", "choices": languages()}, "--level": {"type": int, "choices": (1, 2, 3)},
    "--out": {"type": Path}, "--feedback": {"type": Path, "default": Path("feedback")},
    "--exercises": {"default": ""}, "--jobs": {"type": int, "default": 0}, "--least": {"type": float, "default": 0.9},
    "--format": {"choices": list(FORMATS), "required": True},
}  # fmt: skip


# ---- commands --------------------------------------------------------------------------------------------------------


def start(given: argparse.Namespace) -> Told:
    book = Workbook.start(given.folder, given.id, given.language)
    first = ladder()[0]
    yield say("started", book.language, folder=given.folder, count=len(exercises()), file=first.file)
    return 0


def following(given: argparse.Namespace) -> Told:
    book = Workbook(given.folder)
    rung = book.next()
    if rung is None:
        yield say("all_done", book.language)
        return 0
    yield headline(rung)
    yield rung.idea.partition("\n")[2]
    yield say("open_it", book.language, file=book.folder / rung.file, number=rung.number)
    return 0


def check(given: argparse.Namespace) -> Told:
    """One exercise; or those in order that have not passed as they stand, up to the first that does not pass."""
    book = Workbook(given.folder)
    waiting = [rung for rung in ladder() if given.own or not book.is_done(rung)]
    rungs = [numbered(given.number)] if given.number else waiting
    for rung in rungs:
        verdict = book.check(rung, given.own)
        yield from told(book, rung, verdict)
        if not verdict:
            if given.traceback and verdict.traceback:
                yield verdict.traceback
            return 1
    following = book.next()
    yield say("next_is", book.language, headline=headline(following)) if following else say("all_done", book.language)
    return 0


def told(book: Workbook, rung: Exercise, verdict: Verdict) -> Generator[str, None, None]:
    if verdict:
        yield "\n".join([f"ok  {headline(rung)}", *("    " + line for line in verdict.afterwards())])
        return
    yield f"--  {headline(rung)}\n\n{verdict}\n"
    yield say("hint_for", book.language, number=rung.number)


def watch(given: argparse.Namespace) -> Told:
    """Check what was saved, whenever something was; what has passed and was not changed is left alone."""
    book = Workbook(given.folder)
    seen = {rung.number: book.digest(rung) for rung in exercises()}
    yield say("watching", book.language, folder=book.folder)
    while True:
        time.sleep(0.3)
        for rung in exercises():
            digest = book.digest(rung)
            if digest and digest != seen[rung.number]:
                seen[rung.number] = digest
                yield from watched(book, rung, given.own)


def watched(book: Workbook, rung: Exercise, own: bool) -> Generator[str, None, None]:
    """What is said about a file that was saved, even if it was saved empty."""
    before = book.next()
    try:
        yield from told(book, rung, book.check(rung, own))
    except ValueError as error:
        yield f"--  {headline(rung)}\n\n{error}\n"
    if before is not None and book.next() is None:
        yield say("all_done", book.language)


def hint(given: argparse.Namespace) -> Told:
    book, rung = Workbook(given.folder), numbered(given.number)
    level, text = book.hint(rung, given.level)
    last = say("last_hint", book.language) if level == len(rung.hints) else ""
    yield f"{level}/{len(rung.hints)}{last}  {text}"
    return 0


def reset(given: argparse.Namespace) -> Told:
    book, rung = Workbook(given.folder), numbered(given.number)
    kept = book.reset(rung)
    yield say("reset", book.language, file=rung.file, kept=say("kept", book.language, kept=kept) if kept else "")
    return 0


def progress(given: argparse.Namespace) -> Told:
    book = Workbook(given.folder)
    if given.json:
        yield json.dumps({"student": book.student, "exercises": book.exercises})
        return 0
    for rung in exercises():
        if rung == shelf()[0]:
            yield say("on_the_shelf", book.language)
        entry = book.of(rung.number)
        mark = "ok" if book.is_done(rung) else "--" if entry.get("tries") else "  "
        hints = say("hints_used", book.language, count=entry["hints"]) if entry.get("hints") else ""
        yield f"{mark}  {rung.number:2}  {rung.title:44}  {hints}".rstrip()
    yield say("so_many", book.language, done=sum(map(book.is_done, ladder())), count=len(ladder()))
    return 0


def certify(given: argparse.Namespace) -> Told:
    book = Workbook(given.folder)
    missing = [str(rung.number) for rung in ladder() if not book.is_done(rung)]
    if missing:
        yield say("not_all_done", book.language, numbers=", ".join(missing))
        return 1
    path, text = certificate(book)
    yield text
    yield say("wrote", book.language, path=path)
    return 0


COMMANDS: dict[str, Callable[[argparse.Namespace], Told]] = {
    "start": start, "next": following, "check": check, "watch": watch, "hint": hint, "reset": reset,
    "progress": progress, "certificate": certify, **teaching.COMMANDS,
}  # fmt: skip
