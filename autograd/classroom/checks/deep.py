"""Exercises about depth and time: gradients that vanish, batch normalisation, a recurrent network."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from typing import Any

from autograd.classroom.checks.registry import Given, asks, gives
from autograd.classroom.examining import Question

# ---- vanishing and dead ----------------------------------------------------------------------------------------------

MOMENTS = """
import random
draws = [he_weight({fan_in}, {fan_out}, random.Random(k)) for k in range(4000)]
[sum(draws) / 4000, sum(w * w for w in draws) / 4000]
"""


class Spread:
    """Whether draws have the mean 0 and the mean square 2 / fan_in, up to what 4,000 of them leave open."""

    def __init__(self, fan_in: int, fan_out: int) -> None:
        self.right = 2 / fan_in
        self.known = {
            "wrong_fan": 2 / fan_out,
            "no_square_root": (2 / fan_in) ** 2,
            "not_for_relu": 1 / fan_in,
            "both_fans": 2 / (fan_in + fan_out),
        }

    def __call__(self, answer: Any) -> str | tuple[str, dict[str, Any]]:
        mean, square = answer
        if square > 0 and mean * mean > 0.99 * square:
            return "constant_start"
        if mean * mean > 0.01 * square > 0:
            return "not_centred"
        if math.isclose(square, self.right, rel_tol=0.1):
            return ""
        fitting = [key for key, expected in self.known.items() if math.isclose(square, expected, rel_tol=0.1)]
        return fitting[0] if fitting else ("other_spread", {"square": f"{square:.3g}", "right": f"{self.right:.3g}"})


Table = list[list[float]]  # of activations, a row for each sample


def dead(outputs: Table) -> int:
    return sum(not any(unit) for unit in zip(*outputs))


def counted_otherwise(outputs: Table) -> dict[str, int]:
    """How many units are dead, by ways of counting that are wrong."""
    zeros = [[x == 0 for x in row] for row in outputs]
    return {
        "counts_zeros": sum(map(sum, zeros)),
        "first_sample_only": sum(zeros[0]),
        "counts_living": len(zeros[0]) - dead(outputs),
        "never_dead": 0,
        "first_unit_left_out": dead([row[1:] for row in outputs]),
        "nearly_zero": sum(sum(unit) < 1e-3 for unit in zip(*outputs)),
        "dead_samples": sum(map(all, zeros)),
        "ever_zero": sum(map(any, zip(*zeros))),
    }


MAY_AGREE = ("nearly_zero", "first_unit_left_out")  # with others, on a student's numbers


@gives(18)
def a_layer(draw: random.Random) -> dict[str, Any]:
    """A layer's size, and what it put out: outputs on which each way of counting comes to another number."""
    sizes = {"FAN_IN": draw.randint(20, 60), "FAN_OUT": draw.randint(4, 10)}
    while True:
        outputs = [[draw.choice([0.0, 0.0, 0.0, 1.0, 2.5]) for _ in range(6)] for _ in range(3)]
        counts = [n for key, n in counted_otherwise(outputs).items() if key not in MAY_AGREE] + [dead(outputs)]
        if len(set(counts)) == len(counts):
            return {**sizes, "OUTPUTS": outputs}


@asks(18)
def vanishing(given: Given) -> Iterator[Question]:
    """A start that keeps gradients alive, and a count of units that are dead."""
    for fan_in, fan_out in ((given["FAN_IN"], given["FAN_OUT"]), (50, 8), (8, 40)):
        yield Question(
            MOMENTS.format(fan_in=fan_in, fan_out=fan_out).strip(),
            [0.0, 2 / fan_in],
            judge=Spread(fan_in, fan_out),
            shown=f"ws = [he_weight({fan_in}, {fan_out}, draw) for _ in range(4000)]\n"
            "sum(ws) / 4000, sum(w * w for w in ws) / 4000",
        )
    yield Question(
        "import random\nhe_weight(8, 4, random.Random(1)) == he_weight(8, 4, random.Random(1))",
        True,
        {"ignores_draw": False},
        shown="he_weight(8, 4, random.Random(1)) == he_weight(8, 4, random.Random(1))",
    )
    yield Question(
        "gradient_ratio(he_weight) > 100 * gradient_ratio(lambda i, o, draw: draw.uniform(-0.3, 0.3))",
        True,
        otherwise="still_vanishing",
        shown="|dL/dw(1)| / |dL/dw(10)|, relu: he_weight > 100 * uniform(-0.3, 0.3)",
    )
    usual = [
        [[0.0, 1.0, 0.0], [0.0, 0.0, 2.0]],
        [[0.0, 0.0], [0.0, 0.0], [0.0, 3.0]],
        [[1.0, 2.0], [0.0, 0.0], [3.0, 0.0]],
        [[0.0, 1e-6, 1e-6, 0.0, 2.0], [0.0, 1e-6, 1e-6, 1.0, 2.0]],
    ]
    for outputs in (given["OUTPUTS"], *usual):
        yield Question(f"dead_units({outputs})", dead(outputs), counted_otherwise(outputs))


# ---- batch normalisation ---------------------------------------------------------------------------------------------


def normalised(xs: Sequence[float], eps: float, less: int = 0) -> list[float]:
    mean = sum(xs) / len(xs)
    variance = sum((x - mean) ** 2 for x in xs) / (len(xs) - less)
    return [(x - mean) / math.sqrt(variance + eps) for x in xs]


def back_through_norm(
    xs: Sequence[float], gs: Sequence[float], eps: float, mean: bool = True, variance: bool = True, less: int = 0
) -> list[float]:
    """The gradient by each x (Ioffe and Szegedy 2015); or without a part of it."""
    n, ys = len(xs), normalised(xs, eps, less)
    centre = sum(xs) / n
    deviation = math.sqrt(sum((x - centre) ** 2 for x in xs) / (n - less) + eps)
    through_mean = sum(gs) / n if mean else 0.0
    through_variance = sum(g * y for g, y in zip(gs, ys)) / (n - less) if variance else 0.0
    return [(g - through_mean - y * through_variance) / deviation for g, y in zip(gs, ys)]


def undivided(xs: Sequence[float], gs: Sequence[float], eps: float) -> list[float]:
    """The gradient by each x, but for the division by the deviation."""
    ys, n = normalised(xs, eps), len(xs)
    return [g - sum(gs) / n - y * sum(g * y for g, y in zip(gs, ys)) / n for g, y in zip(gs, ys)]


def sums_for_means(xs: Sequence[float], gs: Sequence[float], eps: float) -> list[float]:
    """The gradient by each x, but for two divisions by n."""
    ys, centre = normalised(xs, eps), sum(xs) / len(xs)
    deviation = math.sqrt(sum((x - centre) ** 2 for x in xs) / len(xs) + eps)
    along = sum(g * y for g, y in zip(gs, ys))
    return [(g - sum(gs) - y * along) / deviation for g, y in zip(gs, ys)]


@gives(19)
def a_batch(draw: random.Random) -> dict[str, Any]:
    xs, gs = draw.sample([-2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 5.0], 3), draw.sample([-1.0, 0.0, 0.5, 1.0, 2.0], 3)
    return {"XS": xs, "GS": gs, "EPS": draw.choice([0.01, 0.1, 0.2])}


@asks(19)
def batch_norm(given: Given) -> Iterator[Question]:
    """Forward with the variance over n, backward through the mean and the variance."""
    own = given["XS"], given["GS"], given["EPS"]
    usual = ([1.0, 2.0, 4.0], [1.0, 0.0, 0.0], 1e-5), ([3.0, -1.0, 0.5, 2.0], [0.5, -1.0, 2.0, 1.0], 0.1)
    for xs, gs, eps in (own, *usual):
        mean = sum(xs) / len(xs)
        truth = normalised(xs, eps)
        wrong: dict[str, Any] = {
            "bessel": normalised(xs, eps, 1),
            "no_eps": normalised(xs, 0.0),
            "not_centred_norm": [x / math.sqrt(sum((x - mean) ** 2 for x in xs) / len(xs) + eps) for x in xs],
            "variance_for_deviation": [(x - mean) / (sum((x - mean) ** 2 for x in xs) / len(xs) + eps) for x in xs],
            "only_centred": [x - mean for x in xs],
            "eps_outside": [(x - mean) / (math.sqrt(sum((x - mean) ** 2 for x in xs) / len(xs)) + eps) for x in xs],
        }
        yield Question(f"batch_norm({xs}, {eps})", truth, wrong, tolerance=1e-10)
        wrong = {
            "mean_constant": back_through_norm(xs, gs, eps, mean=False),
            "variance_constant": back_through_norm(xs, gs, eps, variance=False),
            "both_constant": back_through_norm(xs, gs, eps, False, False),
            "bessel": back_through_norm(xs, gs, eps, less=1),
            "passed_on": gs,
            "sums_for_means": sums_for_means(xs, gs, eps),
            "not_divided_by_deviation": undivided(xs, gs, eps),
            "no_eps": back_through_norm(xs, gs, 0.0),
        }
        yield Question(
            f"batch_norm_backward({xs}, {gs}, {eps})", back_through_norm(xs, gs, eps), wrong, tolerance=1e-10
        )
    yield Question("batch_norm([2.0, 2.0], 0.01)", [0.0, 0.0], errors={"ZeroDivisionError": "no_eps"})


# ---- through time ----------------------------------------------------------------------------------------------------


def last_state(w: float, u: float, xs: Sequence[float]) -> float:
    h = 0.0
    for x in xs:
        h = math.tanh(w * h + u * x)
    return h


def through_time(w: float, u: float, xs: Sequence[float], cut: bool = False, bends: bool = True) -> list[float]:
    """The last state's gradient by w and by u, in one pass forward; or what it is with something left out."""
    h, by_w, by_u = 0.0, 0.0, 0.0
    for x in xs:
        before, h = h, math.tanh(w * h + u * x)
        slope = 1 - h * h if bends else 1.0
        carried = 0.0 if cut else w
        by_w, by_u = slope * (before + carried * by_w), slope * (x + carried * by_u)
    return [by_w, by_u]


def back_in_time(
    w: float,
    u: float,
    xs: Sequence[float],
    late: bool = False,
    forgets: bool = False,
    replaces: bool = False,
    bent: bool = False,
) -> list[float]:
    """The same, step by step backward, wrong in one way: the state after each step for the one before; what arrived is
    forgotten, and w alone goes on; gradients are replaced, so that those of the first step are left; the bend is taken
    from the state before."""
    states = [0.0]
    for x in xs:
        states.append(math.tanh(w * states[-1] + u * x))
    total, gradient = [0.0, 0.0], 1.0
    for h, before, x in reversed(list(zip(states[1:], states, xs))):
        gradient *= 1 - (before if bent else h) ** 2
        gains = [gradient * (h if late else before), gradient * x]
        total = gains if replaces else [each + gain for each, gain in zip(total, gains)]
        gradient = w if forgets else gradient * w
    return total


@gives(20)
def a_sequence(draw: random.Random) -> dict[str, Any]:
    weights = {"W": draw.choice([0.4, 0.6, 0.7, 0.8]), "U": draw.choice([0.5, 0.75, 1.25])}
    return {**weights, "XS": draw.sample([-1.5, -1.0, -0.5, 0.5, 1.0, 1.5, 2.0], 3)}


@asks(20)
def recurrent(given: Given) -> Iterator[Question]:
    """The last state, its gradient through all steps, and clipping."""
    long = [0.1 * (k % 7 - 3) for k in range(200)]
    usual = (0.5, 1.0, [1.0, 2.0, -1.0]), (0.9, 0.3, [1.0, 0.5, -0.5, 2.0]), (0.95, 0.5, long)
    for w, u, xs in ((given["W"], given["U"], given["XS"]), *usual):
        shown = f"{xs}" if len(xs) < 10 else "200 numbers"
        yield Question(
            f"last_state({w}, {u}, {xs})",
            last_state(w, u, xs),
            {"last_input_only": math.tanh(u * xs[-1]), "state_swapped": last_state(u, w, xs)},
            shown=f"last_state({w}, {u}, {shown})",
        )
        wrong = {
            "cut_in_time": through_time(w, u, xs, cut=True),
            "replaced_in_time": back_in_time(w, u, xs, replaces=True),
            "no_bend": through_time(w, u, xs, bends=False),
            "w_and_u_swapped": through_time(w, u, xs)[::-1],
            "state_after": back_in_time(w, u, xs, late=True),
            "bend_before": back_in_time(w, u, xs, bent=True),
            "state_cut_short": back_in_time(w, u, xs, forgets=True),
        }
        yield Question(
            f"through_time({w}, {u}, {xs})", through_time(w, u, xs), wrong, shown=f"through_time({w}, {u}, {shown})"
        )
    yield from clipping()


def clipping() -> Iterator[Question]:
    """All by the same factor, and only what is longer than the limit."""
    clips: list[tuple[list[float], float, list[float], dict[str, Any]]] = [
        (
            [3.0, 4.0],
            1.0,
            [0.6, 0.8],
            {
                "clips_each": [1.0, 1.0],
                "not_clipped": [3.0, 4.0],
                "clips_by_sum": [3 / 7, 4 / 7],
                "clips_by_square": [3 / 25, 4 / 25],
            },
        ),
        ([0.3, 0.4], 1.0, [0.3, 0.4], {"always_scaled": [0.6, 0.8]}),
        ([3.0, 4.0], 2.0, [1.2, 1.6], {"limit_unused": [0.6, 0.8]}),
        ([0.0, 0.0], 1.0, [0.0, 0.0], {}),
    ]
    for gradients, limit, truth, wrong in clips:
        yield Question(f"clip({gradients}, {limit})", truth, wrong, errors={"ZeroDivisionError": "divides_by_no_norm"})
