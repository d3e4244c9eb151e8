"""A student's engine as the hunt sees it: it can do some operations, and comes to some outcome on a program.

The engine itself is beside the student's code, which may be in another process: it is asked. Next: hunting.py.
"""

from __future__ import annotations

from collections.abc import Sequence

from autograd.classroom.asking import Ask
from autograd.classroom.programs import LEAVES, Outcome, Program
from autograd.classroom.rules import Number, Rule

Trial = tuple[Program, Sequence[Number]]


class Student:
    """A student's engine, asked for by the name `engine`, with the gradient that arrives at a program's output.

    >>> from autograd import Value
    >>> from autograd.classroom.asking import Here
    >>> from autograd.classroom.inside.engines import Engine
    >>> from autograd.classroom.programs import Step
    >>> from autograd.classroom.rules import by_name
    >>> here = Here({})
    >>> here.submission.engine = Engine(Value)
    >>> Student(here).outcome(Program(1, (Step(by_name["+"], (0, 0)),)), [2.0])
    Outcome(value=4.0, slopes=(2.0,))
    """

    def __init__(self, ask: Ask, arriving: float = 1) -> None:
        self.ask, self.arriving = ask, arriving

    def lacks(self, rule: Rule) -> str:
        """Why an operation cannot be tried. "" if it can be."""
        names = LEAVES[: rule.arity]
        return str(self.ask("engine.lacks(formula, names)", formula=rule.text.format(*names), names=list(names)))[:120]

    def takes_equal_for_same(self) -> bool:
        """Whether two numbers with the same data are equal, as those of a dataclass are."""
        return bool(self.ask("engine.leaf(2.0) == engine.leaf(2.0) or len({engine.leaf(2.0), engine.leaf(2.0)}) == 1"))

    def outcome(self, program: Program, at: Sequence[Number], times: int = 1) -> Outcome:
        """What a program comes to: its value, and the gradient of each leaf after backward passes from the output."""
        lines, names, numbers = asked(program, at)
        question = "engine.run(lines, names, at, times)"
        value, *slopes = self.ask(question, lines=lines, names=names, at=numbers, times=times)
        return Outcome(value, tuple(slopes))

    def outcomes(self, trials: Sequence[Trial]) -> list[Outcome | None]:
        """What many programs come to, asked at once; None of one at which the engine stops."""
        found = self.ask("outcomes(engine, trials)", trials=[asked(*trial) for trial in trials])
        return [Outcome(each[0], tuple(each[1:])) if isinstance(each, list) else None for each in found]


def asked(program: Program, at: Sequence[Number]) -> tuple[list[str], list[str], list[float]]:
    """A program and where it runs, as they are sent."""
    return program.lines(), list(LEAVES[: program.leaves]), [float(number) for number in at[: program.leaves]]
