"""Exercises that build an engine, one operation and one idea at a time: the hunt finds what is wrong with it."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from autograd.classroom.asking import Ask, Unusable
from autograd.classroom.checks.registry import Check, Given, asks, checks, gives
from autograd.classroom.engine_examining import examine_engine, of_unusable
from autograd.classroom.examining import Question, agree, examine
from autograd.classroom.programs import POINTS
from autograd.classroom.rules import by_name
from autograd.classroom.verdict import Verdict

ARRIVING = (5.0, -0.25)  # gradients that show whether they were multiplied by


def two_numbers(draw: random.Random) -> dict[str, Any]:
    """Where programs are tried: numbers that neither their sum nor their product mixes up."""
    return dict(zip("AB", draw.sample([1.5, 2.0, 2.5, 3.0, 3.5, 4.0], 2)))


for rung in (3, 4, 5, 7, 9, 10, 11, 12):
    gives(rung)(two_numbers)


def points_of(given: Given) -> list[Sequence[Any]]:
    """The student's own numbers, then the usual ones."""
    return [(Fraction(given["A"]), Fraction(given["B"])), *POINTS[1:]]


def engine_with(*needs: str, longest: int = 3, arriving: Sequence[float | None] = (None,)) -> Check:
    """A check of an engine by the hunt, with these operations and no others; for each of the gradients that arrive."""

    def check(ask: Ask, given: Given, language: str) -> Verdict:
        if arriving[0] is not None and ask("submission.lacks_a_pass()"):
            return of_unusable(Unusable("no_one_step"), language)
        for gradient in arriving:
            rules, points = [by_name[name] for name in needs], points_of(given)
            verdict = examine_engine(ask, needs, language, rules, longest, gradient, points)
            if not verdict:
                break
        return verdict

    return check


def then(first: Check, questions: Any) -> Check:
    """A check, and if that passes, questions."""

    def check(ask: Ask, given: Given, language: str) -> Verdict:
        verdict = first(ask, given, language)
        return examine(ask, questions(given), language) if verdict else verdict

    return check


# ---- a number that remembers -----------------------------------------------------------------------------------------


@asks(3)
def remembering(given: Given) -> Iterator[Question]:
    """Its data, its parents as two edges in order, the sign that made it, a text."""
    a, b = given["A"], given["B"]
    nodes = f"a, b = Value({a}), Value({b})\n"
    yield Question(f"Value({a}).data", a)
    yield Question("type(Value(3).data).__name__", "float", {"not_a_float": "int"}, shown="type(Value(3).data)")
    yield Question("len(Value(2.0).parents)", 0, errors={"TypeError": "no_parents"}, otherwise="leaf_with_parents")
    stops = {f"'{kind}' object has no attribute": "no_value_from_operator" for kind in ("float", "int")}
    stops["'NoneType' object has no attribute"] = "gives_none"
    for sign, data in (("+", a + b), ("*", a * b)):
        call = f"c = a {sign} b"
        wrong = {"no_parents": [], "swapped_parents": [b, a], "last_parent_only": [b], "first_parent_only": [a]}
        yield Question(
            f"{nodes}{call}\nc.data", data, shown=f"{call}\nc.data", errors=stops, facts={"call": f"a {sign} b"}
        )
        yield Question(
            f"{nodes}{call}\n[type(parent).__name__ == type(a).__name__ for parent in c.parents]",
            [True, True],
            {"no_parents": [], "numbers_for_parents": [False, False]},
            shown=f"{call}\nc.parents",
        )
        yield Question(
            f"{nodes}d = a {sign} a\nlen(d.parents)", 2, {"set_of_parents": 1}, shown=f"d = a {sign} a\nlen(d.parents)"
        )
        yield Question(
            f"{nodes}{call}\n[parent.data for parent in c.parents]", [a, b], wrong, shown=f"{call}\nc.parents"
        )
        yield Question(
            f"{nodes}{call}\n[parent is a or parent is b for parent in c.parents]",
            [True, True],
            {"copies_for_parents": [False, False]},
            shown=f"{call}\nc.parents[0] is a",
        )
        yield Question(f"{nodes}{call}\nc.op", sign, {"no_op": ""}, shown=f"{call}\nc.op", otherwise="other_op")
    yield Question(
        f"repr(Value({a}))", f"Value({a})", judge=lambda text: "" if f"{a:g}" in str(text) else "no_number_in_text"
    )


# ---- operations ------------------------------------------------------------------------------------------------------


def of_no_gradient_but_what_arrives(given: Given) -> Iterator[Question]:
    """What an operand has already is none of an operation's business."""
    a, b, ask_both = given["A"], given["B"], "[engine.gradient(a), engine.gradient(b)]"
    for sign, slopes in (("+", [3.0, 3.0]), ("-", [3.0, -3.0])):
        arrive = f"submission.use_engine({{}})\nsubmission.engine.backward(a {sign} b)\n"
        yield Question(
            f"a, b = engine.leaf({a}), engine.leaf({b})\n{arrive.format(1)}{arrive.format(2)}{ask_both}",
            slopes,
            judge=Either(slopes, [2 * each / 3 for each in slopes]),  # that gradients add up comes later
            shown=f"a, b = {a}, {b}; one_step(a {sign} b, 1.0); one_step(a {sign} b, 2.0); a.grad, b.grad",
            facts={"op": f"a {sign} b"},
        )


class Either:
    """Right if it is one of two answers."""

    def __init__(self, *answers: list[float]) -> None:
        self.answers = answers

    def __call__(self, answer: Any) -> str:
        return "" if any(agree(answer, each) for each in self.answers) else "own_gradient"


@checks(4)
def plus_and_minus(ask: Ask, given: Given, language: str) -> Verdict:
    verdict = engine_with("+", "-", longest=1, arriving=ARRIVING)(ask, given, language)
    if verdict and ask("'one_step' in submission.names and 'Value' in submission.names"):
        return examine(ask, of_no_gradient_but_what_arrives(given), language)
    return verdict


checks(5)(engine_with("*", longest=2, arriving=ARRIVING))
checks(7)(engine_with("+", "*"))
OTHER_SIDE = (
    "+",
    "-",
    "*",
    "/",
    "negative",
    *(f"{sign} number" for sign in "+-*/"),
    *(f"number {sign}" for sign in "+-*/"),
)
checks(10)(engine_with(*OTHER_SIDE, longest=2))


def far_away(given: Given) -> Iterator[Question]:
    """Stable where numbers are large: no error, no nan."""
    far: Mapping[str, list[tuple[float, float, float]]] = {  # x, the value, the slope
        "tanh": [(1000.0, 1.0, 0.0), (-1000.0, -1.0, 0.0)],
        "sigmoid": [(1000.0, 1.0, 0.0), (-1000.0, 0.0, 0.0)],
        "exp": [(-1000.0, 0.0, 0.0), (700.0, 1.0142320547350045e304, 1.0142320547350045e304)],
        "log": [(1e-300, -690.7755278982137, 1e300)],
    }
    stops = dict.fromkeys(("OverflowError", "ValueError", "ZeroDivisionError"), "overflows")
    for name, x, *truth in ((name, *row) for name, rows in far.items() for row in rows):
        yield Question(
            f"engine.run(['c = {name}(a)'], ['a'], [{x}])",
            truth,
            judge=Near(truth),
            errors=stops,
            shown=f"a = {x:g}; c = {name}(a); c, dc/da",
            facts={"op": name, "x": f"{x:g}"},
        )


class Near:
    """Right where it is near enough; a nan has its own name."""

    def __init__(self, truth: list[float]) -> None:
        self.truth = truth

    def __call__(self, answer: Any) -> str:
        if agree(answer, self.truth):
            return ""
        return "becomes_nan" if has_nan(answer) else "differs"


def has_nan(answer: Any) -> bool:
    return any(x != x for x in answer)


checks(11)(then(engine_with("exp", "log", "tanh", "sigmoid", longest=2), far_away))


# How Python says that there is no real logarithm, or no real power.
LOGARITHMS = ("math domain error", "a positive input", "'complex' and", "complex is", "is a complex", "to complex")


def negative_base(given: Given) -> Iterator[Question]:
    """A power of a negative number is real where its exponent is whole, and has a slope by its base."""
    yield Question(
        "engine.run(['c = a ** b'], ['a', 'b'], [-2.0, 3.0])[:2]",
        [-8.0, 12.0],
        shown="a, b = -2, 3; c = a ** b; c, dc/da",
        judge=lambda answer: "log_of_negative" if has_nan(answer) else "",
        errors=dict.fromkeys(LOGARITHMS, "log_of_negative"),
    )


def kinks(given: Given) -> Iterator[Question]:
    """Any slope between those to the left and to the right is right at a kink; a square is smooth at 0."""
    for name, low, high in (("relu", 0.0, 1.0), ("abs", -1.0, 1.0)):
        yield Question(
            f"engine.run(['c = {name}(a)'], ['a'], [0.0])[1]",
            f"{low:g} ... {high:g}",
            judge=Between(low, high),
            shown=f"a = 0; c = {name}(a); dc/da",
            facts={"op": f"{name}(a)"},
        )
    yield Question(
        "engine.run(['c = a ** 2'], ['a'], [0.0])",
        [0.0, 0.0],
        shown="a = 0; c = a ** 2; c, dc/da",
        facts={"op": "a ** 2"},
        errors={"ZeroDivisionError": "divides_by_zero", "ValueError": "divides_by_zero"},
    )


class Between:
    """Right from a number to another."""

    def __init__(self, low: float, high: float) -> None:
        self.low, self.high = low, high

    def __call__(self, answer: Any) -> str:
        return "" if isinstance(answer, float) and self.low <= answer <= self.high else "outside_of_the_kink"


POWERS_AND_KINKS = engine_with("**", "** -1", "** of two", "number **", "relu", "abs", longest=2)


@checks(12)
def powers_and_kinks(ask: Ask, given: Given, language: str) -> Verdict:
    ask("submission.use_engine()")
    return examine(ask, negative_base(given), language) and then(POWERS_AND_KINKS, kinks)(ask, given, language)


# ---- backward, twice -------------------------------------------------------------------------------------------------


def twice(given: Given) -> Iterator[Question]:
    """A second pass doubles the gradients of leaves, exactly, and nothing else changes."""
    a = given["A"]
    for lines, x, value, slope in (
        (["c = a * a", "d = c + c"], a, 2 * a * a, 4 * a),
        (["c = a * a", "d = c * a", "e = d * c"], 1.0, 1.0, 5.0),
    ):
        for times in (2, 3):
            last = lines[-1][0]
            yield Question(
                f"engine.run({lines}, ['a'], [{x}], {times})",
                [value, slope * times],
                {
                    "leaves_forgotten": [value, slope],
                    "stale_inner": [value, stale(lines, x, times)],
                    "seed_adds_up": [value, seeds_added(slope, times)],
                },
                shown="; ".join([f"a = {x:g}", *lines, *[f"{last}.backward()"] * times, f"{last}.data, a.grad"]),
                facts={"times": times},
            )
    yield Question(
        f"a = Value({a})\nc = a * a\nd = c + a\nc.backward()\nd.backward()\na.grad",
        4 * a + 1,
        {"stale_inner": 6 * a + 1},
        shown=f"a = {a:g}; c = a * a; d = c + a; c.backward(); d.backward(); a.grad",
        facts={"times": 2},
    )


def stale(lines: list[str], x: float, times: int) -> float:
    """What the leaf has after passes that leave the gradients of inner nodes as they are."""
    numbers = {"a": x}
    operations = [(line[0], line[4], line[6], line[8]) for line in lines]
    for name, left, sign, right in operations:
        numbers[name] = numbers[left] + numbers[right] if sign == "+" else numbers[left] * numbers[right]
    gradients = dict.fromkeys(numbers, 0.0)
    for _ in range(times):
        gradients[operations[-1][0]] = 1.0
        for name, left, sign, right in reversed(operations):
            gradients[left] += gradients[name] * (1.0 if sign == "+" else numbers[right])
            gradients[right] += gradients[name] * (1.0 if sign == "+" else numbers[left])
    return gradients["a"]


def seeds_added(slope: float, times: int) -> float:
    """What the leaf has if the output's own gradient is one more at each pass, and inner nodes start anew."""
    return slope * times * (times + 1) / 2


def of_a_leaf(given: Given) -> Iterator[Question]:
    """Something that was computed from nothing is its own output."""
    yield from twice(given)
    yield Question(
        f"a = Value({given['A']})\na.backward()\na.grad",
        1.0,
        otherwise="leaf_alone",
        shown=f"a = Value({given['A']:g}); a.backward(); a.grad",
    )


checks(9)(then(engine_with("+", "-", "*"), of_a_leaf))
