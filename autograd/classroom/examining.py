"""Examining a solution: questions with their true answers, and for each misconception the answer that it would give.

The first question with a wrong answer is told. Which misconception is behind it, all of the questions say: the one
whose answers are most often the student's. Next: checks/.
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from autograd.classroom.asking import Ask, Stopped
from autograd.classroom.speaking import say
from autograd.classroom.verdict import KINDS, Verdict

Judge = Callable[[Any], Any]  # "" for what is right, or what is wrong with it


@dataclass(frozen=True)
class Question:
    """What is asked, what is true, and what those with a misconception answer.

    `call` is run beside the student's code and, unless `shown` replaces it, shown to the student; `given` are values
    it uses. `judge` decides where more than one answer is right. `errors` names what it means if the call ends in an
    error, by its kind or a part of its text; `otherwise` is said of a wrong answer that no misconception explains.
    """

    call: str
    truth: Any
    wrong: Mapping[str, Any] = field(default_factory=dict)
    given: Mapping[str, Any] = field(default_factory=dict)
    shown: str = ""
    judge: Judge | None = None
    errors: Mapping[str, str] = field(default_factory=dict)
    otherwise: str = "differs"
    facts: Mapping[str, Any] = field(default_factory=dict)
    tolerance: float = 1e-9
    secret: bool = False  # whether the truth would be all there is to write

    @property
    def name(self) -> str:
        """What is asked, without the remark that follows it."""
        return (self.shown or self.call).partition("     #")[0].strip().splitlines()[-1].rpartition("; ")[2]

    def agrees(self, answer: Any, other: Any) -> bool:
        return agree(answer, other, self.tolerance)

    def verdict_on(self, answer: Any) -> tuple[str, Mapping[str, Any]]:
        """What is wrong with an answer, and the facts; "" if nothing is."""
        if answer is None:
            return "gives_none" if "(" in self.call else "not_written", {}
        if isinstance(answer, list) and len(answer) == 1 and is_number(self.truth):
            return "list_of_one", {}
        if is_number(self.truth) and isinstance(answer, str) and not self.judge and answer not in self.wrong.values():
            return ("function_for_number" if answer == "<function>" else "text_for_number"), {}
        if self.judge is not None:
            found = self.judge(answer)
            return found if isinstance(found, tuple) else (found, {})
        return ("", {}) if self.agrees(answer, self.truth) else (self.otherwise, {})


def agree(one: Any, other: Any, tolerance: float = 1e-9) -> bool:
    """Whether two answers are the same, up to rounding.

    >>> agree([1, [2.0, True]], [1.0, [2.0000000000001, True]])
    True
    """
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(agree(a, b, tolerance) for a, b in zip(one, other))
    if isinstance(one, bool) or isinstance(other, bool) or not (is_number(one) and is_number(other)):
        return type(one) is type(other) and bool(one == other)
    if math.isnan(one) or math.isnan(other):
        return math.isnan(one) and math.isnan(other)
    return math.isclose(one, other, rel_tol=tolerance, abs_tol=tolerance)


def is_number(x: Any) -> bool:
    return isinstance(x, (int, float))


def examine(ask: Ask, questions: Iterable[Question], language: str = "en", mixed: bool = False) -> Verdict:
    """Ask until an answer is wrong; the verdict says which, and why.

    With `mixed`, all are asked first, in an order that nobody can know: for where counting along would be enough.
    """
    asked = list(questions)
    known: dict[int, Any] = {}
    for k in secrets.SystemRandom().sample(range(len(asked)), len(asked)) if mixed else ():
        known[k] = outcome(ask, asked[k])
    for k, question in enumerate(asked):
        answer = known[k] if mixed else outcome(ask, question)
        if isinstance(answer, Stopped):
            return of_stop(question, answer, language)
        key, facts = question.verdict_on(answer)
        if key:
            matching = [name for name, guess in question.wrong.items() if question.agrees(answer, guess)]
            key = likeliest(ask, asked, matching) if matching else key
            return of_answer(question, answer, key, {**question.facts, **facts}, language)
    return Verdict(True, "right", say("right", language, count=len(asked)), language=language)


def outcome(ask: Ask, question: Question) -> Any:
    """The answer, or the error that the student's code ended in."""
    try:
        return ask(question.call, **question.given)
    except Stopped as error:
        return error


def likeliest(ask: Ask, questions: Sequence[Question], matching: Sequence[str]) -> str:
    """Of the misconceptions that explain one answer, the one that explains most others too."""
    if len(matching) == 1:
        return matching[0]
    answers = [outcome(ask, question) for question in questions]

    def explained(key: str) -> int:
        return sum(
            question.agrees(answer, question.wrong.get(key, question.truth))
            for question, answer in zip(questions, answers)
        )

    return max(matching, key=explained)


def of_answer(question: Question, answer: Any, key: str, facts: Mapping[str, Any], language: str) -> Verdict:
    """What is said about a wrong answer."""
    said = say(key, language, **{"call": question.name, **facts})
    if key.startswith("about_"):  # what a misconception does, as half a sentence
        said = say("comes_out", language, why=said)
    return Verdict(
        passed=False, key=key, cause=said, program=question.shown or question.call, yours={"": answer},
        truth={} if question.secret else {"": question.truth}, language=language,
    )  # fmt: skip


ANYWHERE = ("KeyError", "OverflowError", "ValueError", "ZeroDivisionError", "TooManyLooks", "RecursionError")


def meaning(errors: Mapping[str, str], error: Stopped) -> str:
    """What an error means. Errors such as a TypeError inside the student's own lines may mean anything."""
    for name, key in errors.items():
        is_kind = name == error.kind and (not error.line or error.kind in ANYWHERE)
        if is_kind or (" " in name and name in error.error):
            return key
    return ""


def of_stop(question: Question, error: Stopped, language: str) -> Verdict:
    """What is said about code that ended in an error."""
    key = meaning(question.errors, error) or KINDS.get(error.kind, "stopped")
    if error.kind == "NameError" and not error.line:
        key = "no_such_name"
    line = say("at_line", language, line=error.line) if error.line else ""
    missing = error.error.partition("'")[2].partition("'")[0]
    written = error.error.partition(": ")[2] if key == "not_written" else ""
    facts = {"call": written or question.name, **question.facts, "error": error.error, "line": line}
    said = say(key, language, **facts, name=missing)
    program = "" if key == "no_such_name" else question.shown or question.call
    truth = {} if question.secret else {"": question.truth}
    return Verdict(False, key, said, program, truth=truth, traceback=error.traceback, language=language)
