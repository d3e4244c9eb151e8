"""Verdict: what a student is told, as text for the terminal and as HTML for a notebook. Next: __init__.py."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from autograd.classroom.hunting import Cause, Failure, facts
from autograd.classroom.programs import Outcome, Program
from autograd.classroom.rules import Number
from autograd.classroom.speaking import say
from autograd.drawing import tree
from autograd.value import Value

# What an error of some kind means, wherever a student's code ends in it.
KINDS = {
    "NotImplementedError": "not_written",
    "RecursionError": "too_deep",
    "TooManyLooks": "again_and_again",
    "EOFError": "no_input",
}


@dataclass(frozen=True)
class Verdict:
    """Whether an engine is right, and if not, the smallest program that shows it, and why.

    `program` is text such as "c = a + a"; `at` has the number of each leaf; `yours` and `truth` what the program came
    to, by name: the value of its last line, and its slopes ("dc/da"). `cause` is one line in words, `key` its name in
    messages/. `graph` is the program's graph as it should be, in text. `traceback` is that of the student's own code,
    if that stopped, and `printed` what it printed. `predicted` says whether the answer to the exercise's first question
    is right, None if there is none, and `remark` says so in words. A verdict is true if it passed.
    """

    passed: bool
    key: str
    cause: str
    program: str = ""
    at: dict[str, float] = field(default_factory=dict)
    yours: dict[str, Any] = field(default_factory=dict)
    truth: dict[str, Any] = field(default_factory=dict)
    graph: str = ""
    notes: tuple[str, ...] = ()
    traceback: str = ""
    language: str = "en"
    printed: str = ""
    predicted: bool | None = None
    remark: str = ""

    def __bool__(self) -> bool:
        return self.passed

    def __str__(self) -> str:
        return "\n".join(self.lines())

    __repr__ = __str__

    def lines(self) -> list[str]:
        """The verdict, line by line."""
        if not self.program or self.key == "not_written":
            return [self.cause, *self.afterwards()]
        heading = [f"{self.say('smallest')}:", ""] if self.truth or not self.yours else []
        shown = [*heading, *("    " + line for line in self.program.splitlines())]
        if self.at:
            shown.append("    " + ", ".join(f"{name} = {number:g}" for name, number in self.at.items()))
        shown.append("")
        if self.yours:
            rows = [["", self.say("yours"), self.say("truth")], *self.rows()]
            shown += [*table(rows), ""]
        shown.append(f"{self.say('why')}: {self.cause}")
        if self.graph:
            shown += ["", f"{self.say('should_be')}:", *("    " + line for line in self.graph.splitlines())]
        return [*shown, *self.afterwards()]

    def afterwards(self) -> list[str]:
        """What else there is to say: notes, the prediction, what the code has printed."""
        printed = [f"{self.say('printed')}:", *("    " + line for line in self.printed.splitlines()[:10])]
        return [*self.notes, *filter(None, [self.remark]), *(printed if self.printed.strip() else [])]

    def rows(self) -> list[list[str]]:
        found = []
        for name, yours in self.yours.items():
            truth = self.truth.get(name, "")
            digits = 6 if shortly(yours) != shortly(truth) or yours == truth else 12
            found.append([name, shortly(yours, digits), shortly(truth, digits) if self.truth else ""])
        return found

    def say(self, key: str) -> str:
        return say(key, self.language)

    def _repr_html_(self) -> str:
        """The verdict for a notebook."""
        colour = "#009e73" if self.passed else "#d55e00"
        text = html.escape("\n".join(self.lines()))
        return f'<pre style="border-left: 4px solid {colour}; padding-left: 1em">{text}</pre>'


def table(rows: list[list[str]]) -> list[str]:
    """Rows of text, with a mark at those whose two numbers differ; what is too wide for a row has a line to itself."""
    if not any(truth for _, _, truth in rows[1:]):
        return [f"    {rows[0][1]}: {name} {yours}".replace(":  ", ": ") for name, yours, _ in rows[1:]]
    if all(len(yours) <= 14 and len(truth) <= 14 for _, yours, truth in rows):
        marks = ["   <--" if name and yours != truth else "" for name, yours, truth in rows]
        return [f"    {name:8}{yours:>14}{truth:>14}{mark}" for (name, yours, truth), mark in zip(rows, marks)]
    [_, yours, truth], *answers = rows
    return [f"    {who}: {name} {text}" for name, *both in answers for who, text in zip((yours, truth), both)]


def shortly(answer: Any, digits: int = 6) -> str:
    """An answer in a few signs: six digits, and no more than fits on a line.

    >>> shortly([1.0, 2 / 3, True])
    '[1, 0.666667, True]'
    """
    if isinstance(answer, (list, tuple)):
        text = f"[{', '.join(shortly(each, digits) for each in answer)}]"
    else:
        is_number = isinstance(answer, (int, float, Fraction)) and not isinstance(answer, bool)
        text = f"{float(answer):.{digits}g}" if is_number else str(answer) or "''"
    return text if len(text) <= 66 else text[:63] + "..."


def of_failure(failure: Failure, cause: Cause, language: str, arriving: float = 1) -> Verdict:
    """What is said about a program that went wrong."""
    program, engine = failure.program, cause.engine
    key = key_of(failure, cause)
    second = engine is not None and engine.rule and not cause.is_all  # walks over sets differ from run to run
    notes = (say("also", language),) if second else ()
    told = facts(failure, engine)
    told["line"] = say("at_line", language, line=told["line"]) if told.get("line") else ""
    if failure.error and "'float' object is not iterable" in failure.error.error:
        notes = (say("one_tuple" if program.steps[-1].rule.arity == 1 else "one_pair", language),)
    return Verdict(
        passed=False,
        key=key,
        cause=say(key, language, **told),
        program=str(program),
        at=where(program, failure.at, arriving),
        yours=by_name_of(program, failure.yours, arriving) if failure.yours else {},
        truth=by_name_of(program, failure.truth, arriving),
        graph=graph_of(program, failure.at) if arriving == 1 else "",
        notes=notes,
        traceback=failure.error.traceback if failure.error else "",
        language=language,
    )


def key_of(failure: Failure, cause: Cause) -> str:
    """The name of what is said."""
    if failure.yours is None:
        kind = failure.error.kind if failure.error else ""
        if kind == "RecursionError":
            return "calls_itself" if "number" in failure.program.steps[-1].rule.name else "calls_itself_inside"
        return KINDS.get(kind, "crash")
    if cause.engine is not None:
        key, rule = cause.engine.key, failure.program.steps[0].rule
        alone = cause.engine.rule and not any(
            step.rule.arity > 1 for step in failure.program.steps if step.rule.name == cause.engine.rule
        )
        return key.removesuffix("_0") if alone and rule else key
    if float(failure.yours.value) != float(failure.truth.value):
        return "value"
    return "slope" if len(failure.program.steps) == 1 else "walk"


def where(program: Program, at: Sequence[Number], arriving: float) -> dict[str, float]:
    """The numbers that a program starts from, and the gradient that arrives at its end, if that is not 1."""
    numbers = {program.name(place): float(number) for place, number in enumerate(at[: program.leaves])}
    return numbers if arriving == 1 else {**numbers, f"{output_name(program)}.grad": float(arriving)}


def output_name(program: Program) -> str:
    return program.name(program.leaves + len(program.steps) - 1)


def by_name_of(program: Program, outcome: Outcome, arriving: float) -> dict[str, float]:
    output = output_name(program)
    named = f"d{output}/d{{}}" if arriving == 1 else "{}.grad"
    slopes = {named.format(program.name(k)): float(slope) for k, slope in enumerate(outcome.slopes)}
    return {output: float(outcome.value), **slopes}


def graph_of(program: Program, at: Sequence[Number]) -> str:
    """The program's graph with its true gradients, drawn in text by the real engine."""
    nodes: list[Any] = [Value(float(number)) for number in at[: program.leaves]]
    for rule, operands in program.steps:
        taken = [nodes[k] for k in operands]
        nodes.append(getattr(taken[0], rule.method)() if rule.method else rule.compute(*taken))
    nodes[-1].backward()
    return str(tree(nodes[-1], names={program.name(place): node for place, node in enumerate(nodes)}, width=78))
