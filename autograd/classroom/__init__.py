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

Read rules.py, programs.py, misconceptions.py, students.py, hunting.py, verdict.py in this order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from autograd.classroom.hunting import Cause, explain, hunt
from autograd.classroom.messages import say
from autograd.classroom.rules import RULES, by_name
from autograd.classroom.students import Student, Unusable
from autograd.classroom.verdict import Verdict, of_failure

__all__ = ["Verdict", "check"]


def check(
    make: Callable[[float], Any],
    *,
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
    they are functions beside the class. Messages are in `language`, "en" or "de".
    """
    say("passed", language, tried=0)  # an error now, if there is no such language
    try:
        student = Student(make, backward, functions)
        lacking = {rule: reason for rule in RULES if (reason := student.lacks(rule))}
        for name in needs:
            if name not in by_name:
                raise ValueError(f"check: needs {name!r:.40}\nname some of {', '.join(by_name)}")
            if by_name[name] in lacking:
                raise Unusable("lacks", op=by_name[name].text.format("a", "b"), error=lacking[by_name[name]])
        rules = [rule for rule in RULES if rule not in lacking]
        failure, tried = hunt(student, rules)
        if failure is not None:
            cause = explain(student, failure, rules) if failure.yours is not None else Cause(None, False)
            return of_failure(failure, cause, language)
    except Unusable as reason:
        return Verdict(False, reason.key, say(reason.key, language, **reason.facts), language=language)
    missing = ", ".join(rule.text.format("a", "b") for rule in lacking)
    notes = (say("not_yet", language, ops=missing),) if missing else ()
    return Verdict(True, "passed", say("passed", language, tried=tried), notes=notes, language=language)
