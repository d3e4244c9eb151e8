"""Which check belongs to which exercise, and which numbers a student is given there."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from autograd.classroom.asking import Ask
from autograd.classroom.examining import Question, examine
from autograd.classroom.verdict import Verdict

Given = Mapping[str, Any]
Check = Callable[[Ask, Given, str], Verdict]

CHECKS: dict[int, Check] = {}
GIVEN_NUMBERS: dict[int, Callable[[random.Random], dict[str, Any]]] = {}


def checks(number: int) -> Callable[[Check], Check]:
    """Make a function the check of an exercise: it asks, with the student's given numbers, and returns a verdict."""

    def registered(check: Check) -> Check:
        CHECKS[number] = check
        return check

    return registered


def asks(number: int) -> Callable[[Callable[[Given], Iterable[Question]]], Callable[[Given], Iterable[Question]]]:
    """Make a function that yields questions the check of an exercise."""

    def registered(questions: Callable[[Given], Iterable[Question]]) -> Callable[[Given], Iterable[Question]]:
        CHECKS[number] = lambda ask, given, language: examine(ask, questions(given), language)
        return questions

    return registered


def gives(number: int) -> Callable[[Callable[[random.Random], dict[str, Any]]], Any]:
    """Make a function what draws a student's numbers, which stand in the file and which the check tries."""

    def registered(draw: Callable[[random.Random], dict[str, Any]]) -> Any:
        GIVEN_NUMBERS[number] = draw
        return draw

    return registered
