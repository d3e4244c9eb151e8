"""A wider hunt: longer programs than the small ones, drawn and made small again by hypothesis, where it is installed.

Next: __init__.py.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from typing import Any

from autograd.classroom.hunting import Failure, first_failure
from autograd.classroom.programs import POINTS, Program, Step
from autograd.classroom.rules import Rule
from autograd.classroom.students import Student

LINES = 8
EXAMPLES = 300
SECONDS = 3.0  # for all of them


def widened(student: Student, rules: Sequence[Rule]) -> Failure | None:
    """A program of four to eight lines that goes wrong, as small as hypothesis could make it; None if none was found.

    Always the same ones are tried, so that a verdict does not depend on luck. Without hypothesis, none are.
    """
    try:
        from hypothesis import HealthCheck, Phase, find, settings
        from hypothesis.errors import Flaky, NoSuchExample
    except ImportError:
        return None
    once = settings(
        max_examples=EXAMPLES, derandomize=True, database=None, deadline=None,
        phases=[Phase.generate, Phase.shrink], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    found: list[Failure] = []
    until = time.monotonic() + SECONDS

    def fails(program: Program) -> bool:
        failure = goes_wrong(student, program) if time.monotonic() < until else None
        found.extend([failure] if failure else [])
        return failure is not None

    with contextlib.suppress(NoSuchExample, Flaky):  # an engine that is wrong now and then is wrong
        find(longer_programs(rules), fails, settings=once)
    return min(reversed(found), key=lambda failure: len(failure.program.steps), default=None)


def goes_wrong(student: Student, program: Program) -> Failure | None:
    return first_failure(student, ((program, at) for at in POINTS if program.is_smooth(at)))[0]


def longer_programs(rules: Sequence[Rule]) -> Any:
    """A strategy for programs in which everything is used: lines are drawn, and the last one keeps what it needs."""
    from hypothesis import strategies as st

    @st.composite
    def drawn(draw: Any) -> Program:
        program = Program(2, ())
        for k in range(draw(st.integers(4, LINES))):
            rule = draw(st.sampled_from(list(rules)))
            operands = tuple(1 + k - draw(st.integers(0, 1 + k)) for _ in range(rule.arity))  # the nearest first
            program = program._replace(steps=(*program.steps, Step(rule, operands)))
        return pruned(program)

    return drawn()


def pruned(program: Program) -> Program:
    """A program without the leaves and lines that its last line does not need.

    >>> from autograd.classroom.rules import by_name
    >>> add = by_name["+"]
    >>> str(pruned(Program(2, (Step(add, (0, 0)), Step(add, (1, 1)), Step(add, (3, 1))))))
    'c = a + a; d = c + a'
    """
    needed = {program.leaves + len(program.steps) - 1}
    for place in range(max(needed), program.leaves - 1, -1):
        if place in needed:
            needed |= set(program.steps[place - program.leaves].operands)
    places = {place: k for k, place in enumerate(sorted(needed))}
    leaves = sum(place < program.leaves for place in needed)
    kept = [step for k, step in enumerate(program.steps) if program.leaves + k in needed]
    return Program(leaves, tuple(Step(rule, tuple(places[k] for k in operands)) for rule, operands in kept))
