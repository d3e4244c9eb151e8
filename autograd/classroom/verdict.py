"""Verdict: what a student is told, as text for the terminal and as HTML for a notebook. Next: __init__.py."""

from __future__ import annotations

import html
import traceback
from dataclasses import dataclass, field
from typing import Any

from autograd.classroom.hunting import Cause, Failure, facts
from autograd.classroom.messages import say
from autograd.classroom.programs import Outcome, Program
from autograd.classroom.rules import Number
from autograd.drawing import tree
from autograd.value import Value


@dataclass(frozen=True)
class Verdict:
    """Whether an engine is right, and if not, the smallest program that shows it, and why.

    `program` is text such as "c = a + a"; `at` has the number of each leaf; `yours` and `truth` what the program came
    to, by name: the value of its last line, and its slopes ("dc/da"). `cause` is one line in words, `key` its name in
    messages.py. `graph` is the program's graph as it should be, in text. `traceback` is that of the student's own
    code, if that stopped. A verdict is true if it passed.
    """

    passed: bool
    key: str
    cause: str
    program: str = ""
    at: dict[str, float] = field(default_factory=dict)
    yours: dict[str, float] = field(default_factory=dict)
    truth: dict[str, float] = field(default_factory=dict)
    graph: str = ""
    notes: tuple[str, ...] = ()
    traceback: str = ""
    language: str = "en"

    def __bool__(self) -> bool:
        return self.passed

    def __str__(self) -> str:
        return "\n".join(self.lines())

    __repr__ = __str__

    def lines(self) -> list[str]:
        """The verdict, line by line."""
        if not self.program:
            return [self.cause, *self.notes]
        at = ", ".join(f"{name} = {number:g}" for name, number in self.at.items())
        shown = [f"{self.say('smallest')}:", "", f"    {self.program}", f"    {at}", ""]
        if self.yours:
            rows = [["", self.say("yours"), self.say("truth")], *self.rows()]
            shown += [f"    {name:8}{yours:>14}{truth:>14}{mark}" for name, yours, truth, mark in marked(rows)]
            shown.append("")
        shown += [f"{self.say('why')}: {self.cause}", *self.notes]
        if self.graph:
            shown += ["", f"{self.say('should_be')}:", *("    " + line for line in self.graph.splitlines())]
        return shown

    def rows(self) -> list[list[str]]:
        return [[name, f"{self.yours[name]:.6g}", f"{truth:.6g}"] for name, truth in self.truth.items()]

    def say(self, key: str) -> str:
        return say(key, self.language)

    def _repr_html_(self) -> str:
        """The verdict for a notebook."""
        colour = "#009e73" if self.passed else "#d55e00"
        text = html.escape("\n".join(self.lines()))
        return f'<pre style="border-left: 4px solid {colour}; padding-left: 1em">{text}</pre>'


def marked(rows: list[list[str]]) -> list[tuple[str, str, str, str]]:
    """Rows of text, with a mark at the end of those whose two numbers differ."""
    return [(name, yours, truth, "   <--" if name and yours != truth else "") for name, yours, truth in rows]


def of_failure(failure: Failure, cause: Cause, language: str) -> Verdict:
    """What is said about a program that went wrong."""
    program, engine = failure.program, cause.engine
    key = key_of(failure, cause)
    second = engine is not None and engine.rule and not cause.is_all  # walks over sets differ from run to run
    notes = (say("also", language),) if second else ()
    return Verdict(
        passed=False,
        key=key,
        cause=say(key, language, **facts(failure, engine)),
        program=str(program),
        at={program.name(place): float(number) for place, number in enumerate(failure.at[: program.leaves])},
        yours=by_name_of(program, failure.yours) if failure.yours else {},
        truth=by_name_of(program, failure.truth),
        graph=graph_of(program, failure.at),
        notes=notes,
        traceback="".join(traceback.format_exception(failure.error)) if failure.error else "",
        language=language,
    )


def key_of(failure: Failure, cause: Cause) -> str:
    """The name of what is said."""
    if failure.yours is None:
        return "crash"
    if cause.engine is not None:
        key, rule = cause.engine.key, failure.program.steps[0].rule
        alone = cause.engine.rule and not any(
            step.rule.arity > 1 for step in failure.program.steps if step.rule.name == cause.engine.rule
        )
        return key.removesuffix("_0") if alone and rule else key
    if float(failure.yours.value) != float(failure.truth.value):
        return "value"
    return "slope" if len(failure.program.steps) == 1 else "walk"


def by_name_of(program: Program, outcome: Outcome) -> dict[str, float]:
    output = program.name(program.leaves + len(program.steps) - 1)
    slopes = {f"d{output}/d{program.name(k)}": float(slope) for k, slope in enumerate(outcome.slopes)}
    return {output: float(outcome.value), **slopes}


def graph_of(program: Program, at: tuple[Number, ...] | Any) -> str:
    """The program's graph with its true gradients, drawn in text by the real engine."""
    nodes: list[Any] = [Value(float(number)) for number in at[: program.leaves]]
    for rule, operands in program.steps:
        taken = [nodes[k] for k in operands]
        nodes.append(getattr(taken[0], rule.method)() if rule.method else rule.compute(*taken))
    nodes[-1].backward()
    return str(tree(nodes[-1], names={program.name(place): node for place, node in enumerate(nodes)}, width=78))
