"""The shelf, first half: second derivatives, dual numbers, straight-through, checkpoints, convolution."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from typing import Any

from autograd.classroom.checks.registry import Given, asks, gives
from autograd.classroom.examining import Question, agree


@gives(21)
def two_variables(draw: random.Random) -> dict[str, Any]:
    return {"X": draw.choice([1.5, 2.0, 2.5, 4.0]), "Y": draw.choice([3.0, 5.0, 6.0])}


@asks(21)
def newton(given: Given) -> Iterator[Question]:
    """Derivatives of a fourth power and of two variables, and where a step goes."""
    at = given["X"]
    begin = f"x = Value({at})\ny = x * x * x * x\n"
    stops = {f"'{kind}' object has no attribute": "number_for_graph" for kind in ("float", "int")}
    yield Question(
        begin + "gradient(y, x).data",
        4 * at**3,
        {"replaced_gains": at**3},
        shown=begin + "gradient(y, x)",
        errors=stops,
    )
    twice = {"graph_was_cut": 0.0, "replaced_gains": at**2}
    yield Question(
        begin + "gradient(gradient(y, x), x).data",
        12 * at**2,
        twice,
        shown=begin + "gradient(gradient(y, x), x)",
        errors=stops,
    )
    two = f"x, y = Value({at}), Value({given['Y']})\nz = x * x * y + 5 * y\n"
    for first, second in ("xy", "yx"):
        call = f"gradient(gradient(z, {first}), {second})"
        yield Question(f"{two}{call}.data", 2 * at, {"graph_was_cut": 0.0}, shown=two + call, errors=stops)
    yield Question(
        two + "gradient(x, y).data", 0.0, shown=two + "gradient(x, y)", errors={"KeyError": "unrelated_leaf"}
    )
    yield Question(begin + "gradient(x, x).data", 1.0, shown=begin + "gradient(x, x)", errors=stops)
    for x in (at, 3.0, 2.0):
        f, slope, curvature = x**4 + x, 4 * x**3 + 1, 12 * x**2
        wrong = {
            "first_order": x - slope,
            "upside_down": x - curvature / slope,
            "for_the_root": x - f / slope,
            "uphill": x + slope / curvature,
        }
        yield Question(f"newton_step(lambda x: x * x * x * x + x, {x})", x - slope / curvature, wrong)


@gives(22)
def a_place(draw: random.Random) -> dict[str, Any]:
    return {"X": draw.choice([0.5, 1.5, 2.5, 3.0, 4.0])}


@asks(22)
def dual(given: Given) -> Iterator[Question]:
    for x in (given["X"], 2.0):
        yield from with_slopes(x)


def with_slopes(x: float) -> Iterator[Question]:
    """Products, quotients, numbers on either side, exp."""
    e = math.exp(x)
    rows: list[tuple[str, float, float, dict[str, float]]] = [  # the formula, its slope, its value, others
        ("x + x + 3", 2.0, 2 * x + 3, {}),
        ("x * (3 * x)", 6 * x, 3 * x * x, {"own_slope": x + 3 * x * x, "slopes_multiplied": 0.0}),
        ("(x + 1) * (x + 1)", 2 * (x + 1), (x + 1) ** 2, {"slopes_multiplied": 1.0}),
        ("5 - x", -1.0, 5 - x, {}),
        (
            "x / (x + 1)",
            1 / (x + 1) ** 2,
            x / (x + 1),
            {"quotient_not_squared": 1 / (x + 1), "quotient_sign": (2 * x + 1) / (x + 1) ** 2},
        ),
        ("1 / x", -1 / x**2, 1 / x, {"quotient_not_squared": -1 / x, "quotient_sign": 1 / x**2}),
        ("(2 * x).exp()", 2 * e * e, e * e, {"inner_slope": e * e}),
        ("x.exp() * x", e + x * e, x * e, {"own_slope": e * e + x, "slopes_multiplied": e}),
    ]
    for formula, slope, value, wrong in rows:
        yield Question(
            f"found = derivative(lambda x: {formula}, {x})\n"
            "found if isinstance(found, (int, float)) else type(found).__name__",
            slope,
            {**wrong, "not_seeded": 0.0, "value_for_slope": value, "dual_for_slope": "Dual"},
            shown=f"derivative(lambda x: {formula}, {x})",
        )


@gives(23)
def to_be_rounded(draw: random.Random) -> dict[str, Any]:
    return {"A": draw.choice([1.7, 2.7, 3.2, 3.7, 4.2]), "B": draw.choice([2.0, 3.0, 5.0, 7.0])}


@asks(23)
def straight_through(given: Given) -> Iterator[Question]:
    """What goes forward, and what comes back."""
    a, b = given["A"], given["B"]
    begin = f"a, b = Value({a}), Value({b})\n"
    stops = {f"'{kind}' object has no attribute": "not_a_value" for kind in ("float", "int", "NoneType")}
    yield Question(begin + "detach(a).data", a, shown=f"detach(Value({a})).data", errors=stops)
    yield Question(
        begin + "y = detach(a) * b\ny.backward()\n[a.grad, b.grad]",
        [0.0, a],
        {"same_node": [b, a]},
        shown=begin + "y = detach(a) * b; y.backward()",
        errors=stops,
    )
    yield Question(
        begin + "y = detach(a) * a\ny.backward()\na.grad",
        a,
        {"same_node": 2 * a},
        shown=begin + "y = detach(a) * a; y.backward()",
        errors=stops,
    )
    yield Question(
        begin + "straight_through(a).data",
        round(a),
        {"not_rounded": a},
        shown=f"straight_through(Value({a})).data",
        errors=stops,
    )
    yield Question(
        begin + "y = straight_through(a)\na.data",
        a,
        {"input_changed": round(a)},
        shown=begin + "y = straight_through(a); a.data",
    )
    yield Question(
        begin + "y = straight_through(a * 2) * b\ny.backward()\n[y.data, a.grad]",
        [b * round(2 * a), 2 * b],
        {"gradient_lost": [b * round(2 * a), 0.0], "not_rounded": [b * 2 * a, 2 * b]},
        errors=stops,
        shown=begin + "y = straight_through(a * 2) * b; y.backward(); y.data, a.grad",
    )


STAGES = """
calls, slopes = [], []
def slope(x):
    slopes.append(1)
    return math.cos(x) + 0.5
def forward(x):
    calls.append(1)
    return Tracked(math.sin(x) + 0.5 * x)
Tracked.alive = Tracked.most = 0
[gradient([(forward, slope)] * {n}, {start}, {every}), len(calls), Tracked.most, len(slopes)]
"""


@gives(24)
def a_chain(draw: random.Random) -> dict[str, Any]:
    return {"STAGES": draw.randint(7, 12), "X": draw.choice([0.1, 0.2, 0.4, 0.5]), "EVERY": draw.randint(2, 4)}


@asks(24)
def checkpoints(given: Given) -> Iterator[Question]:
    """The right slope, of every number of stages; few calls, few numbers at a time."""
    own = given["STAGES"], given["EVERY"], given["X"]
    for n, every, start in (own, (1, 1, 0.3), (6, 2, 0.3), (7, 3, 0.3), (5, 10, 0.3), (400, 20, 0.3)):
        inputs = [start]
        for _ in range(n):
            inputs.append(math.sin(inputs[-1]) + 0.5 * inputs[-1])
        slopes = [math.cos(x) + 0.5 for x in inputs]
        truth = math.prod(slopes[:-1])
        last = (n - 1) // every * every
        wrong = {"slopes_elsewhere": math.prod(slopes[1:]), "one_segment": math.prod(slopes[last:-1])}
        yield Question(
            STAGES.format(n=n, every=every, start=start).strip(),
            [truth, f"<= {2 * n}", f"<= {most_numbers(n, every)}", f">= {n}"],
            judge=Thrifty(truth, wrong, n, every),
            shown=f"slope = gradient([(forward, slope)] * {n}, {start}, every={every}); slope, calls, numbers, slopes",
        )


def most_numbers(n: int, every: int) -> int:
    """How many may be held: one of so many, and two segments, the one in use and the one that comes next."""
    return n // every + 2 * every + 4


class Thrifty:
    """Whether a slope is right, and was found with few calls and few numbers."""

    def __init__(self, truth: float, wrong: dict[str, float], n: int, every: int) -> None:
        self.truth, self.wrong, self.n, self.every = truth, wrong, n, every

    def __call__(self, answer: Any) -> str:
        slope, calls, most, slopes = answer
        if not agree(slope, self.truth):
            return next((key for key, other in self.wrong.items() if agree(slope, other)), "differs")
        if slopes < self.n:
            return "slopes_unused"
        if calls > 2 * self.n:
            return "computes_too_often"
        return "keeps_all" if self.n > 50 and most > most_numbers(self.n, self.every) else ""


TOTAL = "total = sum(convolve({}, ws), Value(0.0))\ntotal.backward()\n[w.grad for w in ws]"


@gives(25)
def a_signal(draw: random.Random) -> dict[str, Any]:
    weights = draw.sample([-2.0, -1.0, 1.0, 2.0, 3.0], 2)
    return {"XS": draw.sample([-3.0, -1.0, 0.5, 1.0, 2.0, 4.0, 5.0, 7.0], 5), "WS": weights}


@asks(25)
def convolution(given: Given) -> Iterator[Question]:
    """Outputs, and the gradients that weights collect."""
    usual = (
        ([1.0, 2.0, 4.0, 7.0, 11.0], [2.0, -1.0]),
        ([1.0, 0.5, -2.0, 3.0, 1.5], [1.0, 2.0, 3.0, -1.0]),
        ([5.0], [2.0]),
    )
    for xs, ws in ((given["XS"], given["WS"]), *usual):
        n = len(xs) - len(ws) + 1
        truth = [sum(w * xs[p + k] for k, w in enumerate(ws)) for p in range(n)]
        wrong = {
            "turned_round": [sum(w * xs[p + k] for k, w in enumerate(ws[::-1])) for p in range(n)],
            "one_place_short": truth[:-1],
            "only_first_weight": [ws[0] * x for x in xs[:n]],
            "hangs_over": [sum(w * x for w, x in zip(ws, xs[p:])) for p in range(len(xs))],
        }
        yield Question(f"convolve({xs}, {ws})", truth, wrong)
        collected = [sum(xs[p + k] for p in range(n)) for k in range(len(ws))]
        yield Question(
            f"ws = [Value(w) for w in {ws}]\n{TOTAL.format(xs)}",
            collected,
            {"weights_copied": [0.0] * len(ws)},
            shown=f"ws = {ws}; sum(convolve({xs}, ws)).backward(); [w.grad for w in ws]",
            otherwise="gradient_cut",
        )
