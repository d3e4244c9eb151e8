"""The commands for teachers: notes, packs, grades, likenesses, and what other systems take. Next: command.py."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Generator
from pathlib import Path

from autograd.classroom.exporting import export
from autograd.classroom.grading import grade, table
from autograd.classroom.handing import handed_in
from autograd.classroom.ladder import Exercise, exercise, exercises, ladder
from autograd.classroom.results import FORMATS, grade_folder
from autograd.classroom.similarity import alike
from autograd.classroom.speaking import say
from autograd.files import make_folder, write_whole

Told = Generator[str, None, int]
PACKS = Path(__file__).parent / "packs"


def packs() -> list[str]:
    return sorted(path.stem for path in PACKS.glob("*.md"))


def numbered(text: str) -> Exercise:
    """The exercise that a word names: "8" or "08_order.py"."""
    digits = text.partition("_")[0]
    if not digits.isdecimal():
        raise ValueError(f"{text!r:.40} is not the number of an exercise\nchoose one from 1 to {len(exercises())}")
    return exercise(int(digits))


def several(text: str) -> list[Exercise]:
    """The exercises that a list names: "1,2,5"; all if it is empty."""
    return [numbered(each.strip()) for each in text.split(",") if each.strip()] or list(ladder())


def headline(rung: Exercise) -> str:
    return f"{rung.number:2}  {rung.title}  ({rung.minutes} min, {rung.file})"


def note(given: argparse.Namespace) -> Told:
    rung = numbered(given.number)
    yield f"{headline(rung)}\n\n{rung.teacher}\n\nCommon mistakes, and the cause that is named:"
    yield "\n".join(f"- {each.words} ({each.key})" for each in rung.mistakes)
    yield f"\nTo discuss: {rung.discussion}"
    return 0


def pack(given: argparse.Namespace) -> Told:
    yield (PACKS / f"{given.pack}.md").read_text(encoding="utf-8").rstrip()
    return 0


def grading(given: argparse.Namespace) -> Told:
    if given.jobs < 0:
        raise ValueError(f"--jobs {given.jobs}\ngive it how many processes to run at a time, or 0 for one on each core")
    numbers = [rung.number for rung in several(given.exercises)]
    lines: list[str] = []
    found = grade(given.folder, given.out, given.feedback, numbers, given.language, given.jobs, lines.append)
    yield "\n".join(lines)
    yield say("wrote", given.language, path=given.out) if given.out else table(found, numbers).rstrip()
    return 0


def similar(given: argparse.Namespace) -> Told:
    if not 0 < given.least <= 1:
        raise ValueError(f"--least {given.least:g}\ngive it a number above 0, up to 1")
    pairs = list(alike(handed_in(given.folder), given.least))
    for pair in pairs:
        yield f"{pair.likeness:4.0%}  {exercise(pair.number).file:22}  {pair.one}  {pair.other}"
    yield say("pairs", count=len(pairs))
    return 0


def result(given: argparse.Namespace) -> Told:
    if not given.folder.is_dir():
        raise ValueError(f"{str(given.folder)!r:.80} is no folder\nname the one with the files of a submission")
    graded = grade_folder(given.folder, [rung.number for rung in several(given.exercises)], given.language)
    text = json.dumps(FORMATS[given.format](graded), indent=1) + "\n"
    if given.out is None:
        yield text.rstrip()
        return 0
    make_folder(given.out.parent)
    write_whole(given.out, text.encode())
    yield say("wrote", given.language, path=given.out)
    return 0


def exporting(given: argparse.Namespace) -> Told:
    written = export(given.system, given.folder, several(given.exercises), given.id)
    yield "\n".join(say("wrote", path=path) for path in written)
    yield say(f"then_{given.system}", folder=given.folder)
    return 0


COMMANDS: dict[str, Callable[[argparse.Namespace], Told]] = {
    "note": note, "pack": pack, "grade": grading, "similar": similar, "result": result, "export": exporting,
}  # fmt: skip
