"""Judging: a solution of an exercise goes in, the verdict on it comes out. Next: predicting.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

from autograd.classroom.asking import LIMITS, Apart, Ask, Here, Stopped, Unusable
from autograd.classroom.checks import CHECKS
from autograd.classroom.engine_examining import of_stop, of_unusable
from autograd.classroom.ladder import Exercise, engine_text, exercise, id_in
from autograd.classroom.predicting import question_for
from autograd.classroom.speaking import say, written
from autograd.classroom.verdict import Verdict


def judge(rung: Exercise, ask: Ask, student: str = "", language: str = "en") -> Verdict:
    """The verdict on what is asked, as a solution of one exercise."""
    try:
        return CHECKS[rung.number](ask, rung.given(student), language)
    except Unusable as reason:
        return of_unusable(reason, language)
    except Stopped as error:
        return of_stop(error, language)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):  # an answer that was none
        return of_unusable(Unusable("nonsense"), language)


def judge_source(
    rung: Exercise,
    source: str,
    student: str = "",
    language: str = "en",
    engine: Mapping[str, str] | None = None,
    limits: Mapping[str, Any] = LIMITS,
    before: Mapping[str, str] | None = None,
) -> Verdict:
    """The verdict on a file's text, loaded in a process of its own after others; with what it printed and predicted."""
    modules = {"engine": engine or {"<engine.py>": engine_text()}} if rung.uses_engine else {}
    try:
        with Apart(source, modules, limits, before) as ask:
            verdict = judge(rung, ask, student, language)
            try:
                predicted = ask("submission.names.get('prediction', '')")
            except (Stopped, Unusable):
                predicted = ""
            if not verdict and has_other_numbers(rung, source, student):
                verdict = replace(verdict, notes=(*verdict.notes, say("other_numbers", language, student=student)))
            return replace(verdict, printed=ask.printed, **told_prediction(rung, student, predicted, language))
    except Unusable as reason:
        return of_unusable(reason, language)
    except Stopped as error:
        return of_stop(error, language)


def has_other_numbers(rung: Exercise, source: str, student: str) -> bool:
    """Whether the numbers that stand in a file are not those that the student has in this exercise."""
    return id_in(source) is not None and rung.given_part(student).partition("\n")[2] not in source


def told_prediction(rung: Exercise, student: str, predicted: Any, language: str) -> dict[str, Any]:
    """What is said about a prediction, if there is one."""
    if not predicted or not isinstance(predicted, str):
        return {"predicted": None}
    asked = question_for(rung, student)
    if asked.is_right(predicted):
        return {"predicted": True, "remark": say("predicted", language, answer=predicted[:20])}
    key = asked.meaning.get(predicted.strip().upper())
    why = say("predicted_as", language, why=say(f"about_{key}", language)) if key else ""
    said = say(
        "not_predicted", language, answer=predicted[:20], right=f"{asked.right}, {asked.options[asked.right]}", why=why
    )
    return {"predicted": False, "remark": said}


def text_of(path: Path) -> str:
    """A file's text, whatever its line ends, with or without a byte-order mark; OSError or ValueError in two lines."""
    content = path.read_bytes()
    for mark, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"", "utf-8-sig")):
        if content.startswith(mark):
            try:
                text = content.decode(encoding)
            except UnicodeDecodeError as error:
                raise ValueError(
                    f"{path.name}: byte {error.start} is no text in UTF-8\nsave the file as UTF-8"
                ) from None
            return text.replace("\r\n", "\n").replace("\r", "\n")
    raise AssertionError


def names_from(given: Any, rung: Exercise) -> Mapping[str, Any]:
    """What a notebook gives to be checked, by name: a class, a function, a module, a dict such as globals()."""
    if isinstance(given, Mapping):
        return given
    if isinstance(given, ModuleType):
        return vars(given)
    name = getattr(given, "__name__", "")
    if isinstance(given, type):
        return {name: given} if name in rung.writes else {"Value": given}
    return {name if name in rung.writes else rung.writes[0]: given}


def check_exercise(given: Any, number: int, student: str = "", language: str = "en") -> Verdict:
    """The verdict on a class, a function, a dict of names, or the path of a file."""
    rung = exercise(number)
    if isinstance(given, (str, Path)):
        if not Path(given).is_file():
            raise ValueError(f"check: {str(given)!r:.80} is no file\ngive a class, a function, globals(), or a path")
        return judge_source(rung, text_of(Path(given)), student, language)
    names = dict(names_from(given, rung))
    predicted = told_prediction(rung, student, names.get("prediction"), language)
    if rung.uses_engine:
        engine = {"__name__": "engine"}
        exec(compile(engine_text(), "<engine.py>", "exec"), engine)
        names.setdefault("Value", engine["Value"])
    verdict = replace(judge(rung, Here(names), student, language), **predicted)
    others = [name for name, x in rung.given(student).items() if name in names and written(names[name]) != written(x)]
    if verdict or not others:
        return verdict
    return replace(verdict, notes=(*verdict.notes, say("other_numbers", language, student=student)))
