"""Exercises about the order in which gradients go back: on paper, and by a walk of one's own."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any

from autograd.classroom.asking import Ask, Unusable
from autograd.classroom.checks.registry import Given, checks, gives
from autograd.classroom.engine_examining import examine_engine
from autograd.classroom.examining import Question, examine
from autograd.classroom.misconceptions import ORDERS, Engine, with_slopes
from autograd.classroom.predicting import random_program
from autograd.classroom.programs import Program, Step
from autograd.classroom.rules import by_name
from autograd.classroom.speaking import say
from autograd.classroom.verdict import Verdict

# ---- on paper --------------------------------------------------------------------------------------------------------


OWN_DATA = Engine("own_data", sends=with_slopes("*", lambda a, b: (a, b)), rule="*")


@gives(6)
def on_paper_numbers(draw: random.Random) -> dict[str, Any]:
    """A program whose breadth-first order is wrong, and numbers for its leaves."""
    while True:
        program = random_program(draw, lines=4)
        at = draw.randint(2, 4), draw.randint(2, 5)
        right, own_data, *others = (
            str(engine.outcome(program, at).slopes) for engine in [Engine("right"), OWN_DATA, *ORDERS[:5]]
        )
        if len({right, *others}) >= 4 and own_data != right:
            return {"PROGRAM": str(program), "AT": dict(zip("ab", at))}


def read_program(text: str) -> Program:
    """A program of sums and products, from its text."""
    lines = [line.split(" = ") for line in text.split("; ")]
    names = ["a", "b", *(name for name, _ in lines)]
    steps = []
    for _, formula in lines:
        left, sign, right = formula.split()
        steps.append(Step(by_name[sign], (names.index(left), names.index(right))))
    return Program(2, tuple(steps))


@checks(6)
def on_paper(ask: Ask, given: Given, language: str) -> Verdict:
    """Every order is right in which each line comes after all that use it; then the gradients of the leaves."""
    program, at = read_program(given["PROGRAM"]), list(given["AT"].values())
    lines = [program.name(k) for k in range(program.leaves, program.leaves + len(program.steps))]
    truth = program.truth(at).slopes
    engines = [*ORDERS, OWN_DATA]
    questions = [Question("order", "", judge=OnPaper(program, lines), secret=True)]
    for k, name in enumerate("ab"):
        wrong: dict[str, Any] = {}
        for engine in engines:
            wrong.setdefault(f"about_{engine.key}", float(engine.outcome(program, at).slopes[k]))
        shown = f"grad_{name}     # {given['PROGRAM']}; at {given['AT']}"
        question = Question(f"grad_{name}", float(truth[k]), wrong, shown=shown, otherwise="edge_by_edge", secret=True)
        questions.append(question)
    return examine(ask, questions, language)


class OnPaper:
    """Whether an order of a program's lines is one in which gradients can go back."""

    def __init__(self, program: Program, lines: Sequence[str]) -> None:
        self.program, self.lines = program, lines

    def __call__(self, answer: Any) -> str | tuple[str, dict[str, Any]]:
        if not isinstance(answer, list) or not all(isinstance(name, str) for name in answer):
            return "no_list_of_names"
        order = [name for name in answer if name not in "ab"]
        if sorted(order) != sorted(self.lines):
            missing = [name for name in self.lines if name not in order]
            return ("lines_missing", {"missing": ", ".join(missing)}) if missing else "lines_twice"
        if order[0] != self.lines[-1]:
            return "from_the_leaves" if order[0] == self.lines[0] else "not_from_the_output"
        for k, name in enumerate(order):
            place = self.program.leaves + self.lines.index(name)
            for user in self.program.users(place):
                if self.program.name(user) in order[k:]:
                    return "too_early", {"early": name, "late": self.program.name(user)}
        return ""


# ---- by a walk -------------------------------------------------------------------------------------------------------

Edges = list[list[str]]
GRAPHS: dict[str, Edges] = {
    "a": [["a"]],
    "c = a + a": [["a"], ["c", "a", "a"]],
    "c = a + b": [["a"], ["b"], ["c", "a", "b"]],
    "c = a + a; d = c + c": [["a"], ["c", "a", "a"], ["d", "c", "c"]],
    "c = a + a; d = a + c; e = c + d": [["a"], ["c", "a", "a"], ["d", "a", "c"], ["e", "c", "d"]],
    "c = a + a; d = a + c; e = d + c": [["a"], ["c", "a", "a"], ["d", "a", "c"], ["e", "d", "c"]],
    "c = a + a; d = c + a; e = a + d": [["a"], ["c", "a", "a"], ["d", "c", "a"], ["e", "a", "d"]],
    "c = a + b; d = a + c; e = b + d; f = c + e": [
        ["a"],
        ["b"],
        ["c", "a", "b"],
        ["d", "a", "c"],
        ["e", "b", "d"],
        ["f", "c", "e"],
    ],
}


def ladder_of_diamonds(rungs: int) -> Edges:
    """A graph in which the number of paths doubles at every rung."""
    return [["0"], *([str(k), str(k - 1), str(k - 1)] for k in range(1, rungs + 1))]


class Walked:
    """Whether a list of names is in topological order: each node once, after all its parents."""

    def __init__(self, edges: Edges) -> None:
        self.edges = edges

    def __call__(self, answer: Any) -> str | tuple[str, dict[str, Any]]:
        parents = {name: above for name, *above in self.edges}
        if not isinstance(answer, list):
            return "no_list_of_nodes"
        if len(set(answer)) < len(answer):
            return "node_twice", {"twice": next(name for name in answer if answer.count(name) > 1)}
        missing = [name for name in parents if name not in answer]
        if missing:
            return "node_missing", {"missing": missing[0]}
        place = {name: k for k, name in enumerate(answer)}
        wrong = [(name, parent) for name in answer for parent in parents.get(name, []) if place[parent] > place[name]]
        if not wrong:
            return ""
        if all(place[parent] > place[name] for name, above in parents.items() for parent in above):
            return "backwards"
        return "before_its_parent", {"early": wrong[0][0], "late": wrong[0][1]}


@gives(8)
def a_graph(draw: random.Random) -> dict[str, Any]:
    return {"PROGRAM": str(random_program(draw, lines=5))}


def edges_of(program: Program) -> Edges:
    """Leaves, and lines with what they are computed from."""
    lines = [[program.name(program.leaves + k), *map(program.name, s.operands)] for k, s in enumerate(program.steps)]
    return [*([program.name(k)] for k in range(program.leaves)), *lines]


def walks(given: Given) -> Iterator[Question]:
    own = {given["PROGRAM"]: edges_of(read_program(given["PROGRAM"]))}
    for shown, edges in {**GRAPHS, **own}.items():
        yield Question(
            f"names_of(topological_order(node_graph({edges})))",
            [name for name, *_ in edges],
            shown=f"{shown}\ntopological_order({edges[-1][0]})",
            judge=Walked(edges),
        )
    diamonds = ladder_of_diamonds(40)
    yield Question(
        f"names_of(topological_order(node_graph({diamonds}, 2000)))",
        "x0, x1, ... x40",
        shown="x1 = x0 + x0; x2 = x1 + x1; ... x40 = x39 + x39\ntopological_order(x40)",
        judge=Walked(diamonds),
    )
    yield Question(
        "len(list(topological_order(chain(100_000))))",
        100_000,
        shown="c1 = -c0; c2 = -c1; ... c99999 = -c99998\nlen(topological_order(c99999))",
    )


@checks(8)
def order(ask: Ask, given: Given, language: str) -> Verdict:
    """A function `topological_order`; or a whole engine, whose walk is hunted, and then made to go far."""
    if ask("'topological_order' in submission.names"):
        return examine(ask, walks(given), language)
    try:
        verdict = examine_engine(ask, ["+", "*"], language, [])
    except Unusable as reason:  # neither is there
        if reason.key != "no_class":
            raise
        return Verdict(
            False, "no_such_name", say("no_such_name", language, name="topological_order"), language=language
        )
    return examine(ask, engine_walks(), language) if verdict else verdict


def engine_walks() -> Iterator[Question]:
    """Whether time grows with the nodes of a graph or with its paths; whether a deep one can be walked."""
    yield Question(
        "growth(engine)",
        "~ 2",
        judge=lambda ratio: "exponential" if ratio > 30 else "",
        shown="x1 = x0 + x0; x2 = x1 + x1; ...; seconds(16) / seconds(8)",
    )
    links = ["x1 = x0 + x0", *(f"x{k} = x{k - 1} + x0" for k in range(2, 3001))]
    yield Question(
        f"engine.run({links}, ['x0'], [1.0])",
        [3001.0, 3001.0],
        shown="x1 = x0 + x0; x2 = x1 + x0; ... x3000 = x2999 + x0; x3000, dx3000/dx0",
    )
