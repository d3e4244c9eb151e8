"""Exercises about slopes of functions of plain numbers: by hand, by differences, and checking a claimed gradient."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from autograd.classroom.asking import Ask
from autograd.classroom.checks.registry import Given, asks, checks, gives
from autograd.classroom.examining import Question, agree, examine
from autograd.classroom.speaking import Phrase
from autograd.classroom.verdict import Verdict


@gives(1)
def by_hand_numbers(draw: random.Random) -> dict[str, Any]:
    """Numbers with which every misconception gives another answer."""
    while True:
        numbers = dict(zip("ABCPQR", draw.sample([-7, -6, -5, -4, -3, -2, 2, 3, 4, 5, 6, 7], 6)))
        given = {**numbers, **dict(zip(("X1", "X2", "X3"), draw.sample([-4, -3, -2, 2, 3, 4, 5], 3)))}
        answers = [[question.truth, *question.wrong.values()] for question in by_hand(given)]
        if all(len(set(each)) == len(each) for each in answers):
            return given


@asks(1)
def by_hand(given: Given) -> Iterator[Question]:
    """The slope of A x**2 + B x + C, and the three of p * q + r."""
    a, b, c = (given[name] for name in "ABC")
    for k in (1, 2, 3):
        x = given[f"X{k}"]
        elsewhere = {f"at_x{j}": 2 * a * given[f"X{j}"] + b for j in (1, 2, 3) if j != k}
        wrong = {
            **elsewhere,
            "value_for_slope": a * x * x + b * x + c,
            "keeps_the_constant": 2 * a * x + b + c,
            "forgets_the_two": a * x + b,
            "loses_b": 2 * a * x,
            "keeps_the_power": 2 * a * x * x + b,
            "other_sign": -(2 * a * x + b),
            "sign_of_b": 2 * a * x - b,
        }
        shown = f"slope_at_x{k}     # {a} * x**2 + {b} * x + {c}; x = {x}"
        yield Question(f"slope_at_x{k}", 2 * a * x + b, wrong, shown=shown, secret=True)
    p, q, r = (given[name] for name in "PQR")
    for name, truth, own in (("by_p", q, p), ("by_q", p, q), ("by_r", 1, r)):
        wrong = {"own_number": own, "keeps_the_rest": truth + r, "constant_slope": 0, "value_for_slope": p * q + r}
        wrong |= {"slope_of_a_sum": 1, "sum_of_both": p + q} if name != "by_r" else {}
        shown = f"{name}     # p*q + r; p = {p}, q = {q}, r = {r}"
        yield Question(name, truth, wrong, shown=shown, secret=True)


# ---- differences -----------------------------------------------------------------------------------------------------


@gives(2)
def places(draw: random.Random) -> dict[str, Any]:
    return {"X": draw.choice([1.5, 2.5, 3.0, 3.5, 4.0]), "H": draw.choice([0.01, 0.02, 0.05, 0.1])}


@asks(2)
def differences(given: Given) -> Iterator[Question]:
    """Both differences on a cube, where their errors are known: 3xh + h**2 of the forward, h**2 of the central one."""
    for x, h, sign in ((given["X"], given["H"], 1), (2.0, 0.01, 1), (-1.0, 0.25, -1), (1.7, 0.003, -1)):
        low, here, high = (sign * place**3 for place in (x - h, x, x + h))
        forward, central, backward = (high - here) / h, (high - low) / (2 * h), (here - low) / h
        half, slope = sign * (3 * x**2 + h**2 / 4), sign * 3 * x**2
        wrong = {
            "forward": {
                "brackets": high - here / h,
                "other_side": backward,
                "halved": forward / 2,
                "not_divided": forward * h,
                "central": central,
            },
            "central": {
                "brackets": high - low / (2 * h),
                "one_sided": forward,
                "one_sided_back": backward,
                "half_places": half,
                "doubled": central * 2,
                "not_divided": central * 2 * h,
                "wrong_way_divided": central * h * h,
            },
        }
        for name, truth in (("forward", forward), ("central", central)):
            yield Question(
                f"{name}_difference(lambda x: {sign} * x**3, x, h)",
                truth,
                {**wrong[name], "other_sign": -truth},
                {"x": x, "h": h},
                f"{name}_difference({'cube' if sign > 0 else 'minus_cube'}, {x:g}, {h:g})",
                judge=Differs(truth, slope),
                facts={
                    "op": f"{name}_difference",
                    "error": f"{abs(forward - slope):.2g}",
                    "best": f"{h * h:.2g}",
                    "h": f"{h:g}",
                },
            )


@dataclass(frozen=True)
class Differs:
    """Whether an answer is the difference, or the slope itself up to a small step of the student's own."""

    truth: float
    slope: float

    def __call__(self, answer: Any) -> str:
        if agree(answer, self.truth, 1e-7):
            return ""
        return "own_step" if agree(answer, self.slope, 1e-3) else "differs"


# ---- a gradient that somebody claims ---------------------------------------------------------------------------------

# A function, its true gradient, where; and ways in which a claimed gradient is wrong.
TRUE_ONES = [
    ("x*x", "[2*x]", [3.0]),
    ("x**3 - 2*x", "[3*x*x - 2]", [-1.5]),
    ("x*y + y", "[y, x + 1]", [2.0, -3.0]),
    ("math.exp(x)", "[math.exp(x)]", [4.0]),
    ("math.sin(x)*y", "[math.cos(x)*y, math.sin(x)]", [0.7, 1.3]),
    ("1000000*x*x", "[2000000*x]", [1.5]),
    ("1e-5*x*x", "[2e-5*x]", [1.5]),
    ("7.0 + 0*x", "[0.0]", [2.0]),
    ("math.log(x) + 100", "[1/x]", [0.5]),
    ("x*y*z", "[y*z, x*z, x*y]", [1.0, 2.0, 3.0]),
]
WRONG_ONES = [
    ("x**3 - 2*x", "[2 - 3*x*x]", [-1.5], "how_other_sign"),
    ("x*y + y", "[x, y + 1]", [2.0, -3.0], "how_own_data"),
    ("x*x", "[2.002*x]", [3.0], "how_thousandth"),
    ("x*y*z", "[y*z, x*z, x*y*1.01]", [1.0, 2.0, 3.0], "how_last"),
    ("math.exp(x)", "[0.0]", [4.0], "how_nothing"),
    ("1e-5*x*x", "[3e-5*x]", [1.5], "how_half"),
    ("1e-5*x*x", "[0.0]", [1.5], "how_nothing_for_little"),
    ("math.log(x) + 100", "[float('nan')]", [0.5], "how_nan"),
    ("7.0 + 0*x", "[0.001]", [2.0], "how_little_for_nothing"),
    ("math.sin(x)*y", "[math.cos(x)*y]", [0.7, 1.3], "how_left_out"),
]


@gives(13)
def a_curve(draw: random.Random) -> dict[str, Any]:
    return dict(zip("ABX", (draw.randint(2, 9), draw.randint(2, 9), draw.choice([-2.5, -1.5, 1.5, 2.5, 3.5]))))


@checks(13)
def gradcheck(ask: Ask, given: Given, language: str) -> Verdict:
    return examine(ask, claims(given), language, mixed=True)


def claims(given: Given) -> Iterator[Question]:
    """It has to accept eleven right gradients, and refuse eleven wrong ones."""
    a, b, x = (given[name] for name in "ABX")
    yield claim(f"{a}*x*x + {b}*x", f"[{2 * a}*x + {b}]", [x], True, "refuses_a_right_one", "")
    yield claim(f"{a}*x*x + {b}*x", f"[{2 * a}*x - {b}]", [x], False, "accepts_a_wrong_one", "how_sign")
    for text, claimed, xs in TRUE_ONES:
        yield claim(text, claimed, xs, True, "refuses_a_right_one", "")
    for text, claimed, xs, how in WRONG_ONES:
        yield claim(text, claimed, xs, False, ACCEPTED.get(how, "accepts_a_wrong_one"), how)


ACCEPTED = {
    "how_half": "absolute_tolerance",
    "how_nothing_for_little": "absolute_tolerance",
    "how_thousandth": "too_generous",
    "how_last": "first_only",
    "how_nan": "accepts_nan",
    "how_left_out": "one_missing",
}


def claim(text: str, claimed: str, xs: list[float], truth: bool, otherwise: str, how: str) -> Question:
    names = ", ".join("xyz"[: len(xs)])
    call = f"gradcheck(lambda {names}: {text}, lambda {names}: {claimed}, xs)"
    return Question(
        f"found = {call}\nfound if found is None else bool(found)",
        truth,
        given={"xs": xs},
        shown=f"gradcheck({names} -> {text}, {names} -> {claimed}, {xs})",
        otherwise=otherwise,
        facts={"how": Phrase(how) if how else "", "slopes": claimed, "function": text},
    )
