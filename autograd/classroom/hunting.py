"""The hunt: the smallest program that a student's engine gets wrong, and the misconception that explains it.

Each operation alone comes first. Then all programs of two and three lines that only add and multiply: what is wrong
with a walk shows there, if it shows at all. Then any two operations together. The first that fails is the smallest;
but where the walk fails as well, an operation such as a - b, which may be a + (-b) inside, is not what is to blame.

Each engine of the catalogue that is wrong in the same way there is then compared with the student's on other small
programs; the likest one names the cause. Next: verdict.py.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from autograd.classroom.asking import Stopped
from autograd.classroom.misconceptions import Engine, catalogue
from autograd.classroom.programs import FINE_POINTS, POINTS, Outcome, Program, programs
from autograd.classroom.rules import Number, Rule, by_name
from autograd.classroom.students import Student, Trial

WALKING = ("+", "*")  # operations enough to show what is wrong with a walk


class Failure(NamedTuple):
    """A program that came out wrong, after so many that did not."""

    program: Program
    at: Sequence[Number]
    truth: Outcome
    yours: Outcome | None  # None if the engine stopped
    error: Stopped | None
    tried: int


class Cause(NamedTuple):
    """Why: the engine of the catalogue that is wrong in the same way, if there is one, and whether it explains all.

    All that is made of the operations of the failing program: others may be made of these in ways not known here.
    """

    engine: Engine | None
    is_all: bool


Points = Sequence[Sequence[Number]]


def trials(rules: Sequence[Rule], longest: int = 3, points: Points = POINTS) -> Iterator[Trial]:
    """Programs and where to run them, the smallest first; none stands on a kink."""
    all_points = [*points, *(point for point in POINTS if point not in points), *FINE_POINTS]
    walking = [rule for rule in rules if rule.name in WALKING]
    stages = [([rule], 1) for rule in rules] + [(walking, 2), (walking, 3), (rules, 2)]
    for chosen, length in (stage for stage in stages if stage[1] <= longest):
        for program in programs(chosen, length):
            for at in all_points if length == 1 else points:
                if program.is_smooth(at):
                    yield program, at


def hunt(
    student: Student, rules: Sequence[Rule], longest: int = 3, points: Points = POINTS
) -> tuple[Failure | None, int]:
    """The smallest program of these operations that goes wrong, and how many were tried."""
    failure, tried = first_failure(student, trials(rules, longest, points))
    first = failure.program.steps[0].rule if failure else None
    if first and longest > 1 and first.name not in WALKING and not first.method:  # it may be made of others
        walk, more = first_failure(student, trials([rule for rule in rules if rule.name in WALKING], longest, points))
        return (walk, tried + more) if walk is not None else (failure, tried)
    return failure, tried


def first_failure(student: Student, waiting: Iterator[Trial]) -> tuple[Failure | None, int]:
    """The first of these programs that goes wrong, and how many were tried."""
    tried = 0
    while batch := list(itertools.islice(waiting, 40 if tried < 200 else 400)):
        for trial, yours in zip(batch, student.outcomes(batch)):
            tried += 1
            truth = trial[0].truth(trial[1], student.arriving)
            if yours is None or not same(yours, truth):
                return Failure(*trial, truth, yours, None, tried) if yours else stop_at(student, trial, tried), tried
    return None, tried


def stop_at(student: Student, trial: Trial, tried: int) -> Failure:
    """A program at which the engine stops, run once more by itself, so that the error can be told in full."""
    truth = trial[0].truth(trial[1], student.arriving)
    try:
        return Failure(*trial, truth, student.outcome(*trial), None, tried)
    except Stopped as error:
        return Failure(*trial, truth, None, error, tried)


def same(one: Outcome, other: Outcome) -> bool:
    return all(map(close, (one.value, *one.slopes), (other.value, *other.slopes)))


def close(x: Number, y: Number) -> bool:
    return math.isclose(x, y, rel_tol=1e-9, abs_tol=1e-9)


# ---- why -------------------------------------------------------------------------------------------------------------


def explain(
    student: Student, failure: Failure, rules: Sequence[Rule], longest: int = 3, points: Points = POINTS
) -> Cause:
    """The misconception that is likest to the student's engine, on the failing program and on others."""
    probes = [trial for trial in probing(failure, rules, points[0]) if len(trial[0].steps) <= longest]
    seen = student.outcomes(probes)
    best: list[bool] = []
    found = None
    given = (
        ("no_seed", "other_seed", "subtracted", "gradient_twice") if student.arriving != 1 else ()
    )  # what arrives is not the student's
    for engine in (engine for engine in catalogue(rules) if engine.key not in given):
        if explains(engine, (failure.program, failure.at), failure.yours, student.arriving):
            explained = [explains(engine, trial, yours, student.arriving) for trial, yours in zip(probes, seen)]
            if found is None or telling(probes, explained) > telling(probes, best):
                found, best = engine, explained
    suspects = {step.rule for step in failure.program.steps}
    own = [fits for (program, _), fits in zip(probes, best) if suspects.issuperset(step.rule for step in program.steps)]
    return Cause(found, all(own))


def telling(probes: list[Trial], explained: list[bool]) -> list[int]:
    """How many programs of one line are explained, of two, of three: the shorter a program, the more it tells."""
    return [sum(fits for (program, _), fits in zip(probes, explained) if len(program.steps) == n) for n in (1, 2, 3)]


def probing(failure: Failure, rules: Sequence[Rule], at: Sequence[Number]) -> Iterator[Trial]:
    """Programs on which misconceptions differ: of one line, of two with the suspects, of three that only add."""
    suspects = dict.fromkeys([*(step.rule for step in failure.program.steps), *map(by_name.__getitem__, WALKING)])
    chosen = [rule for rule in suspects if rule in rules]
    adding = [rule for rule in rules if rule.name == "+"]
    for program in itertools.chain(programs(rules, 1), programs(chosen, 2), programs(adding, 3)):
        if program.is_smooth(at):
            yield program, at


def explains(engine: Engine, trial: Trial, yours: Outcome | None, arriving: float) -> bool:
    """Whether an engine of the catalogue is wrong as the student's is."""
    try:
        return yours is not None and same(engine.outcome(*trial, arriving), yours)
    except ArithmeticError:  # its wrong slope has no value there
        return False


def facts(failure: Failure, engine: Engine | None) -> dict[str, str]:
    """What is said about a failure, by name: the operation, what is used twice, who fired too early."""
    program = failure.program
    places = range(program.leaves + len(program.steps))
    twice = next((place for place in places if len(program.users(place)) > 1), 0)
    rule = by_name[engine.rule] if engine and engine.rule else program.steps[-1].rule
    told = {"op": rule.text.format("a", "b"), "twice": program.name(twice)}
    if failure.yours is not None:
        both = [float(failure.yours.value), float(failure.truth.value)]
        digits = next((n for n in (6, 12) if f"{both[0]:.{n}g}" != f"{both[1]:.{n}g}"), 17)
        told |= dict(zip(("yours", "truth"), (f"{each:.{digits}g}" for each in both)))
    if failure.error is not None:
        error = failure.error
        told |= {"error": error.error, "call": error.error.partition(": ")[2] or str(program), "line": error.line}
    if engine is not None:
        early, late = too_early(program, engine)
        told |= {"early": program.name(early), "late": program.name(late)}
    return told


def too_early(program: Program, engine: Engine) -> tuple[int, int]:
    """The first line that fires before a line that uses it, and that line; twice the output if there is none."""
    fired: list[int] = []
    for place in engine.order(program):
        waiting = [user for user in program.users(place) if user not in fired]
        if place >= program.leaves and waiting:
            return place, waiting[0]
        if place >= program.leaves and place in fired:
            return place, place
        fired.append(place)
    return program.leaves + len(program.steps) - 1, program.leaves + len(program.steps) - 1
