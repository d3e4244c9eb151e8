"""Examining an engine: the hunt through all small programs, and what is said about what it finds. Next: checks/."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from autograd.classroom.asking import Ask, Stopped, Unusable
from autograd.classroom.hunting import Cause, Points, explain, hunt
from autograd.classroom.programs import POINTS, Program, Step
from autograd.classroom.rules import RULES, Rule
from autograd.classroom.speaking import say
from autograd.classroom.students import Student
from autograd.classroom.verdict import Verdict, of_failure
from autograd.classroom.widening import widened

# Packages that would do the work: a solution is to be written.
ENGINES = ("autograd", "jax", "keras", "micrograd", "nn", "numpy", "tensorflow", "tinygrad", "torch")


def examine_engine(
    ask: Ask,
    needs: Sequence[str],
    language: str = "en",
    others: Sequence[Rule] = RULES,
    longest: int = 3,
    arriving: float | None = None,
    points: Points = POINTS,
    wider: bool = False,
) -> Verdict:
    """Hunt through the programs of the operations that an engine has; those in `needs` it has to have.

    `others` are the operations that are tried if they are there, `points` the numbers that programs are run at. With
    `arriving`, where the code has a function `one_step`, programs are of one line, and so much is the gradient that
    arrives at the output. `wider` goes on to longer programs, where hypothesis is installed.
    """
    single = arriving is not None and ask("'one_step' in submission.names")
    ask("submission.use_engine(arriving)", arriving=arriving if single else None)
    student = Student(ask, arriving if single and arriving else 1)
    asked = [rule for rule in RULES if rule in others or rule.name in needs]
    lacking = {rule: reason for rule in asked if (reason := student.lacks(rule))}
    lacked = [of_lack(student, rule, lacking[rule], language) for rule in lacking if rule.name in needs]
    if stopped := [verdict for verdict in lacked if verdict.key == "stopped"]:
        return stopped[0]
    rules = [rule for rule in asked if rule not in lacking]
    longest = 1 if single else longest
    failure, tried = hunt(student, rules, longest, points)
    if failure is None and wider and {"+", "*"} <= {rule.name for rule in rules}:
        failure = widened(student, rules)
    if failure is None and lacked:  # what is there is right
        return lacked[0]
    if failure is not None:
        cause = explain(student, failure, rules, longest, points) if failure.yours is not None else Cause(None, False)
        verdict = of_failure(failure, cause, language, student.arriving)
        if not (cause.engine and cause.engine.rule and cause.is_all) and student.takes_equal_for_same():
            return replace(verdict, key="equal_nodes", cause=say("equal_nodes", language), notes=())
        return verdict
    missing = ", ".join(rule.text.format("a", "b") for rule in lacking)
    notes = (say("not_yet", language, ops=missing),) if missing else ()
    return Verdict(True, "passed", say("passed", language, tried=tried), notes=notes, language=language)


def of_lack(student: Student, rule: Rule, reason: str, language: str) -> Verdict:
    """What is said about an operation that is asked for, and is not there or stops."""
    op, key, line, traceback = rule.text.format("a", "b"), "lacks", "", ""
    if reason.startswith("it gives "):
        key = "gives_none" if reason == "it gives None" else "no_value_from_operator"
        return Verdict(False, key, say(key, language, call=op), op, language=language)
    try:
        student.outcome(Program(rule.arity, (Step(rule, tuple(range(rule.arity))),)), (2, 3))
    except Stopped as error:
        reason, line, traceback = error.error, error.line, error.traceback
        key = "not_written" if error.kind == "NotImplementedError" else "stopped" if line else "lacks"
    at_line = say("at_line", language, line=line) if line else ""
    call = reason.partition(": ")[2] if key == "not_written" else op
    said = say(key, language, op=op, call=call or op, error=reason, line=at_line)
    return Verdict(False, key, said, traceback=traceback, language=language)


def of_unusable(reason: Unusable, language: str) -> Verdict:
    """What is said about code that cannot be tried."""
    line = str(reason.facts.get("line", ""))
    facts = {**reason.facts, "line": say("at_line", language, line=line) if line[:1].isdigit() else ""}
    return Verdict(False, reason.key, say(reason.key, language, **facts), language=language)


def of_stop(error: Stopped, language: str) -> Verdict:
    """What is said about code that cannot be loaded."""
    missing = error.error.partition("No module named '")[2].partition("'")[0].partition(".")[0]
    if error.kind == "ModuleNotFoundError" and missing in ENGINES:
        return Verdict(False, "borrowed", say("borrowed", language, name=missing), language=language)
    key = "cannot_load" if error.error.endswith("?)") else LOADING.get(error.kind, "cannot_load")
    line = say("at_line", language, line=error.line) if error.line else ""
    name = error.error.partition("'")[2].partition("'")[0]
    said = say(key, language, error=error.error, line=line, name=name)
    return Verdict(False, key, said, traceback=error.traceback, language=language)


# What an error means while a file is read.
LOADING = {
    **dict.fromkeys(("SyntaxError", "IndentationError", "TabError"), "not_python"),
    "EOFError": "no_input", "NameError": "cannot_load_name",
}  # fmt: skip
