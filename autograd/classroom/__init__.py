"""The classroom: a checker that finds the smallest program a wrong engine gets wrong, and says why.

>>> from autograd.classroom import check
>>> class Number:                                       # a student's engine, with a classic mistake
...     def __init__(self, data, parents=(), backward=lambda: None):
...         self.data, self.grad, self.parents, self.step = data, 0.0, parents, backward
...     def __add__(self, other):
...         def step():
...             self.grad = out.grad
...             other.grad = out.grad
...         out = Number(self.data + other.data, (self, other))
...         out.step = step
...         return out
...     def backward(self):
...         self.grad = 1.0
...         self.step()
>>> verdict = check(Number)
>>> verdict.program, verdict.truth, verdict.cause
('c = a + a', {'c': 4.0, 'dc/da': 2.0}, 'you replaced the gradient where it must be added: a is used twice')

Read rules.py, programs.py, misconceptions.py, inside/, asking.py, students.py, hunting.py, verdict.py in this order for
the checker; then ladder.py, examining.py, checks/, judging.py for the exercises; handing.py and grading.py for
teachers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from autograd.classroom.asking import Here
from autograd.classroom.checks.engines import twice
from autograd.classroom.checks.order import engine_walks
from autograd.classroom.engine_examining import examine_engine, of_unusable
from autograd.classroom.examining import examine
from autograd.classroom.inside.engines import Engine, Unusable
from autograd.classroom.judging import check_exercise
from autograd.classroom.predicting import Prediction, predict
from autograd.classroom.rules import by_name
from autograd.classroom.sabotage import Sabotage, broken
from autograd.classroom.speaking import texts
from autograd.classroom.verdict import Verdict

__all__ = ["Prediction", "Sabotage", "Verdict", "broken", "check", "predict"]


def check(
    make: Any,
    *,
    exercise: int | None = None,
    student: str = "",
    backward: Callable[[Any], Any] | None = None,
    functions: Mapping[str, Callable[[Any], Any]] | None = None,
    needs: Iterable[str] = ("+",),
    language: str = "en",
) -> Verdict:
    """Try a student's engine on all small programs; the verdict says what is wrong, on the smallest of them, and why.

    >>> from autograd import Value
    >>> bool(check(Value))
    True

    `make` is the student's class: called with a number it gives a leaf, which has `.data`, `.grad` and `.backward()`,
    or similar names. Operations that are not there yet are left out, but for those in `needs`, which names rules.
    `backward` is a function of the output, if the class has no such method; `functions` are exp, tanh and others, if
    they are functions beside the class. Where hypothesis is installed, longer programs follow the small ones. An engine
    that passes is then run twice over a graph, over one with many
    paths, and over one that is deep; what is to be said of that stands in the verdict's notes. Messages are in
    `language`, "en" or "de".

    With `exercise`, the number of one of the ladder's, what is given is judged as a solution of it: the class or the
    function that it asks for, a dict of names such as globals(), or the path of a file; `student` is who has solved
    it, where an exercise has numbers of one's own.

    >>> check(lambda output: [output], exercise=8).cause
    'a is missing'
    """
    texts(language)  # an error now, if there is no such language
    for name in needs:
        if name not in by_name:
            raise ValueError(f"check: needs {name!r:.40}\nname some of {', '.join(by_name)}")
    if exercise is not None:
        return check_exercise(make, exercise, student, language)
    try:
        ask = Here({})
        ask.submission.engine = Engine(make, backward, functions)
        verdict = examine_engine(ask, tuple(needs), language, wider=True)
        return replace(verdict, notes=(*verdict.notes, *drilled(ask, language))) if verdict else verdict
    except Unusable as reason:
        return of_unusable(reason, language)


DRILLED = {"stale_inner", "leaves_forgotten", "seed_adds_up", "exponential", "too_deep"}


def drilled(ask: Here, language: str) -> tuple[str, ...]:
    """What else is to be said of an engine that is right on all programs: a second pass, many paths, great depth."""
    verdicts = (examine(ask, questions, language) for questions in (twice({"A": 2.0}), engine_walks()))
    return tuple(verdict.cause for verdict in verdicts if verdict.key in DRILLED)
