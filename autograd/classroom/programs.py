"""Programs of a few lines, such as `c = a + a; d = c + c`: all of them, the smallest first, and what each truly gives.

A program is a straight line of steps. Each step is an operation on what stands above it, so the order in which it is
written is a topological order already, and the chain rule from the last line up to the first is the whole truth. Next:
misconceptions.py.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

from autograd.classroom.rules import Number, Rule

LEAVES, LINES = "ab", "cdefghijklmnopqrstuvwxyz"  # what they are called


class Step(NamedTuple):
    """One line: an operation, and the places of its operands among the leaves and the lines above."""

    rule: Rule
    operands: tuple[int, ...]


class Program(NamedTuple):
    """Leaves, and lines that are computed from them; the last one is the output.

    >>> from autograd.classroom.rules import by_name
    >>> program = Program(1, (Step(by_name["+"], (0, 0)), Step(by_name["*"], (1, 1))))
    >>> str(program)
    'c = a + a; d = c * c'
    >>> program.truth([Fraction(2)])                # the value of d, and its slope by a
    Outcome(value=Fraction(16, 1), slopes=(Fraction(16, 1),))
    """

    leaves: int
    steps: tuple[Step, ...]

    def __str__(self) -> str:
        return "; ".join(self.lines())

    def lines(self) -> list[str]:
        """The program as it is written."""
        return [f"{self.name(self.leaves + k)} = {self.formula(k)}" for k in range(len(self.steps))]

    def formula(self, step: int) -> str:
        """What stands to the right of a line's equals sign."""
        rule, operands = self.steps[step]
        return rule.text.format(*map(self.name, operands))

    def name(self, place: int) -> str:
        return LEAVES[place] if place < self.leaves else LINES[place - self.leaves]

    def values(self, at: Sequence[Number]) -> list[Number]:
        """The number that each leaf and each line has, for leaves that have these."""
        numbers = list(at[: self.leaves])
        for rule, operands in self.steps:
            numbers.append(rule.compute(*(numbers[k] for k in operands)))
        return numbers

    def truth(self, at: Sequence[Number], arriving: Number = 1) -> Outcome:
        """The value of the output and its true slopes: the chain rule, from the last line to the first."""
        numbers = self.values(at)
        slopes: list[Number] = [0] * len(numbers)
        slopes[-1] = arriving
        for place in range(len(numbers) - 1, self.leaves - 1, -1):
            rule, operands = self.steps[place - self.leaves]
            for operand, slope in zip(operands, rule.slopes(*(numbers[k] for k in operands))):
                slopes[operand] += slopes[place] * slope
        return Outcome(numbers[-1], tuple(slopes[: self.leaves]))

    def is_smooth(self, at: Sequence[Number]) -> bool:
        """Whether every line has a value and a derivative there."""
        numbers = list(at[: self.leaves])
        for rule, operands in self.steps:
            taken = [numbers[k] for k in operands]
            if rule.kink(*taken):
                return False
            try:
                numbers.append(rule.compute(*taken))
            except (ArithmeticError, ValueError):
                return False
        return all(abs(number) < 1e6 for number in numbers)

    def users(self, place: int) -> list[int]:
        """The lines that use what stands at a place, once for each use."""
        return [self.leaves + k for k, step in enumerate(self.steps) for operand in step.operands if operand == place]


class Outcome(NamedTuple):
    """What a program came to: the value of its output, and the output's slope by each leaf."""

    value: Number
    slopes: tuple[Number, ...]


def programs(rules: Sequence[Rule], length: int, leaves: int = 2) -> Iterator[Program]:
    """All programs of so many lines in which everything is used, simple ones first.

    >>> from autograd.classroom.rules import by_name
    >>> [str(program) for program in programs([by_name["+"]], 1)]
    ['c = a + a', 'c = a + b']

    Leaves come in the order of the alphabet: `a + b` is there, and `b + a`, which is the same with other names, is not.
    """
    for count in range(1, leaves + 1) if rules else ():
        yield from lines_after(Program(count, ()), rules, length)


def lines_after(begun: Program, rules: Sequence[Rule], missing: int) -> Iterator[Program]:
    """All ways to go on with a program for so many lines more."""
    if missing == 0:
        if everything_is_used(begun) and leaves_in_order(begun):
            yield begun
        return
    places = range(begun.leaves + len(begun.steps))
    for rule in rules:
        for operands in itertools.product(places, repeat=rule.arity):
            longer = begun._replace(steps=(*begun.steps, Step(rule, operands)))
            if unused(longer) <= 1 + spare(rules, missing - 1):
                yield from lines_after(longer, rules, missing - 1)


def unused(program: Program) -> int:
    """How many leaves and lines are not used by any line."""
    used = {operand for step in program.steps for operand in step.operands}
    return program.leaves + len(program.steps) - len(used)


def spare(rules: Sequence[Rule], missing: int) -> int:
    """By how many the missing lines can lower the count of what is unused: each takes some in, and adds itself."""
    return missing * (max(rule.arity for rule in rules) - 1)


def everything_is_used(program: Program) -> bool:
    """Whether all but the output serves for something."""
    return unused(program) == 1 and not program.users(program.leaves + len(program.steps) - 1)


def leaves_in_order(program: Program) -> bool:
    """Whether the leaves are met in the order of the alphabet."""
    met = [operand for step in program.steps for operand in step.operands if operand < program.leaves]
    firsts = list(dict.fromkeys(met))
    return firsts == sorted(firsts)


# More points for programs of one line: fractions, just left of a kink, zero.
FINE_POINTS = tuple(tuple(map(Fraction, point)) for point in (("5/2", "4/3"), ("-1/1024", "5/2"), ("0", "1/2")))
POINTS = tuple(tuple(map(Fraction, point)) for point in ((2, 3), (-1, 2)))  # where programs are tried
