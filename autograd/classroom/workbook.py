"""A student's folder: the exercise files, and progress.json, which remembers what has passed. Next: command.py."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from autograd.classroom.asking import LIMITS
from autograd.classroom.judging import judge_source, text_of
from autograd.classroom.ladder import Exercise, engine_text, exercise, exercises, ladder, only_yours, without_so_far
from autograd.classroom.speaking import say, texts
from autograd.classroom.verdict import Verdict
from autograd.files import make_folder, write_whole

PROGRESS = "progress.json"
ENGINE = "engine.py"  # what later exercises import
STOPPED = ("crash", "lacks", "stopped", "cannot_load", "cannot_load_name")  # verdicts that know little
SHORTLY = {**LIMITS, "seconds": 2.0}  # for a second look


class Workbook:
    """A folder that was started. Whatever is written replaces a file whole, and nothing of the student's is deleted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        if not (folder / PROGRESS).is_file():
            advice = "go into yours, or begin one with: autograd class start FOLDER"
            raise ValueError(f"{str(folder)!r:.80} is no classroom folder\n{advice}")
        try:
            told = json.loads(text_of(folder / PROGRESS))
            self.student, self.language = str(told["student"]), str(told["language"])
            self.exercises = {str(number): remembered(entry) for number, entry in told["exercises"].items()}
            texts(self.language)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(
                f"{PROGRESS} cannot be read: {str(error).splitlines()[0]:.100}\n"
                "take it away and begin again in another folder; your exercise files are untouched"
            ) from None

    @classmethod
    def start(cls, folder: Path, student: str, language: str) -> Workbook:
        """Write all exercise files into a folder that is new or empty."""
        if folder.exists() and not folder.is_dir():
            raise ValueError(f"{str(folder)!r:.80} is a file\nname a folder that is not there yet")
        if folder.exists() and any(folder.iterdir()):
            begun = (folder / PROGRESS).exists()
            advice = "go into it, and on with: autograd class next" if begun else "name one that is not there, or empty"
            raise ValueError(f"{str(folder)!r:.80} is there already, and not empty: nothing was written\n{advice}")
        texts(language)
        make_folder(folder)
        for each in exercises():
            write_text(folder / each.file, each.stub(student))
        write_text(folder / ENGINE, engine_text())
        write_progress(folder, student, language, {})
        return cls(folder)

    def of(self, number: int) -> dict[str, Any]:
        """What is remembered of an exercise: "passed", "digest", "hints", "predicted", "cause", "tries"."""
        return self.exercises.setdefault(str(number), {})

    def save(self) -> None:
        write_progress(self.folder, self.student, self.language, self.exercises)

    # ---- exercises -------------------------------------------------------------------------------

    def text(self, rung: Exercise) -> str:
        """The student's file; ValueError if it is gone or empty."""
        try:
            text = text_of(self.folder / rung.file)
        except FileNotFoundError:
            raise ValueError(
                f"{rung.file} is not there\nget it back with: autograd class reset {rung.number}"
            ) from None
        except OSError as error:
            raise ValueError(f"{rung.file} cannot be read: {error.strerror}\nput a file there, or reset it") from None
        if not text.strip():
            raise ValueError(f"{rung.file} is empty\nget it back with: autograd class reset {rung.number}")
        return text

    def is_done(self, rung: Exercise) -> bool:
        """Whether it has passed as it stands now."""
        return bool(self.of(rung.number).get("passed")) and self.of(rung.number).get("digest") == self.digest(rung)

    def digest(self, rung: Exercise) -> str:
        try:
            return hashlib.sha256(text_of(self.folder / rung.file).encode()).hexdigest()[:16]
        except (OSError, ValueError):
            return ""

    def is_untouched(self, rung: Exercise) -> bool:
        return self.text(rung) == rung.stub(self.student)

    def check(self, rung: Exercise, own: bool = False) -> Verdict:
        """Judge a file, and remember what came of it; with `own`, on what the student has built before."""
        text = self.text(rung)
        verdict = self.judge(rung, text, own)
        if not verdict:
            verdict = self.second_look(rung, text, own, verdict)
        entry = self.of(rung.number)
        entry |= {"passed": verdict.passed, "digest": self.digest(rung), "tries": entry.get("tries", 0) + 1}
        entry |= {"cause": verdict.key, "predicted": verdict.predicted}
        self.save()
        return verdict

    def second_look(self, rung: Exercise, text: str, own: bool, verdict: Verdict) -> Verdict:
        """The same with a note on what it stands on; or the verdict on one's own foundations, if that says more."""
        numbers = ", ".join(map(str, self.own_parts(self.foundations(rung))))
        if not numbers:
            return verdict
        if own:
            return replace(verdict, notes=(*verdict.notes, say("stands_on_own", self.language, numbers=numbers)))
        on_own = self.judge(rung, text, True, SHORTLY)
        if on_own or (verdict.key in STOPPED and on_own.key not in STOPPED):
            return replace(on_own, notes=(*on_own.notes, say("passes_on_own", self.language, numbers=numbers)))
        return verdict

    def judge(self, rung: Exercise, text: str, own: bool, limits: Mapping[str, Any] = LIMITS) -> Verdict:
        engine = self.own_engine() if own and rung.uses_engine else None
        if not (own and rung.stands_on):
            return judge_source(rung, text, self.student, self.language, engine, limits)
        before = rung.foundation(self.own_parts(rung.stands_on))
        return judge_source(rung, without_so_far(text), self.student, self.language, engine, limits, before)

    @staticmethod
    def foundations(rung: Exercise) -> tuple[int, ...]:
        """The exercises that this one stands on, if one's own are taken."""
        last = exercise(12)
        return (*last.stands_on, last.number) if rung.uses_engine else rung.stands_on

    def own_parts(self, numbers: tuple[int, ...]) -> dict[int, str]:
        """What the student has written in exercises, where it is anything."""
        found = {}
        for rung in map(exercise, numbers):
            with contextlib.suppress(ValueError):  # one that cannot be read is none
                if not self.is_untouched(rung):
                    found[rung.number] = only_yours(self.text(rung))
        return found

    def own_engine(self) -> dict[str, str]:
        """The engine that the student has built; where a part is missing, the reference's stands in."""
        parts = {number: exercise(number).reference for number in self.foundations(exercise(16))}
        parts |= self.own_parts(tuple(parts))
        return {f"<{exercise(number).file}>": part for number, part in parts.items()}

    def reset(self, rung: Exercise) -> str:
        """Write an exercise as it was; what stood there is kept in a file of its own, whose name is returned."""
        path, kept = self.folder / rung.file, ""
        if path.is_dir():
            raise ValueError(f"{rung.file} is a folder\nmove it away, then reset again")
        if path.exists() and path.read_bytes().strip():
            number = next(k for k in range(1, 10_000) if not path.with_suffix(f".old{k}").exists())
            kept = path.with_suffix(f".old{number}").name
            write_whole(path.with_suffix(f".old{number}"), path.read_bytes())
        write_text(path, rung.stub(self.student))
        self.of(rung.number).pop("passed", None)
        self.save()
        return kept

    def hint(self, rung: Exercise, level: int | None = None) -> tuple[int, str]:
        """The next hint that was not given yet, or one that is asked for again; how far one has gone is remembered."""
        entry = self.of(rung.number)
        level = level or min(int(entry.get("hints", 0)) + 1, len(rung.hints))
        entry["hints"] = max(level, int(entry.get("hints", 0)))
        self.save()
        return level, rung.hints[level - 1]

    def next(self) -> Exercise | None:
        """The first exercise that has not passed."""
        return next((rung for rung in ladder() if not self.is_done(rung)), None)


def remembered(entry: Mapping[str, Any]) -> dict[str, Any]:
    """What is remembered of an exercise; ValueError if it is nothing of the kind."""
    found = dict(entry)
    if not all(isinstance(found.get(name, 0), int) for name in ("tries", "hints", "passed")):
        raise ValueError(f"{found!r:.40} is no record of an exercise")
    return found


def write_text(path: Path, text: str) -> None:
    write_whole(path, text.encode())


def write_progress(folder: Path, student: str, language: str, exercises: Mapping[str, Any]) -> None:
    told = {"student": student, "language": language, "exercises": exercises}
    write_text(folder / PROGRESS, json.dumps(told, indent=1) + "\n")
