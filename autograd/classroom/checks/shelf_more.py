"""The shelf, second half: attention, policy gradient, drawing, the birth of a nan, the sabotage hunt."""

from __future__ import annotations

import itertools
import math
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from autograd.classroom.checks.networks import NAIVE, softmax
from autograd.classroom.checks.order import read_program
from autograd.classroom.checks.registry import Given, asks, gives
from autograd.classroom.examining import Question
from autograd.classroom.misconceptions import ORDERS, Engine, other_sign, slope_alone, with_slopes
from autograd.classroom.programs import Outcome

# ---- text ------------------------------------------------------------------------------------------------------------


def bigram_loss(text: str, kind: str = "") -> float:
    letters, pairs = len(set(text)), list(itertools.pairwise(text))
    counts, firsts = Counter(pairs), Counter(first for first, _ in pairs)
    total = 0.0
    for pair in pairs:
        chance = (counts[pair] + 1) / (firsts[pair[0]] + letters)
        if kind == "not_smoothed":
            chance = counts[pair] / firsts[pair[0]]
        if kind == "joint_chance":
            chance = (counts[pair] + 1) / (len(pairs) + letters**2)
        total -= math.log(chance)
    return total / len(pairs)


def attend(query: Sequence[float], keys: Sequence[Any], values: Sequence[Any], scaled: bool = True) -> list[float]:
    scale = math.sqrt(len(query)) if scaled else 1.0
    weights = softmax([sum(q * k for q, k in zip(query, key)) / scale for key in keys])
    return [sum(w * value[d] for w, value in zip(weights, values)) for d in range(len(values[0]))]


@asks(26)
def attention(given: Given) -> Iterator[Question]:
    """Counts of pairs; mixtures; and none of what is to come."""
    for text in ("abab", "banana", "mississippi"):
        kinds = ("not_smoothed", "joint_chance")
        wrong = {**{kind: bigram_loss(text, kind) for kind in kinds}, "summed": bigram_loss(text) * (len(text) - 1)}
        yield Question(f"bigram_loss({text!r})", bigram_loss(text), wrong)
    q, ks, vs = [1.0, -2.0, 0.5, 1.0], [[1.0, 0.0, 2.0, -1.0], [0.0, -1.0, 1.0, 2.0]], [[1.0, 0.0], [3.0, 5.0]]
    yield Question(f"attend({q}, {ks}, {vs})", attend(q, ks, vs), {"not_scaled": attend(q, ks, vs, False)})
    qs, keys = [[1.0, 0.0], [0.5, 2.0], [-1.0, 1.0]], [[1.0, 1.0], [2.0, 0.0], [0.0, 3.0]]
    values = [[1.0], [10.0], [100.0]]
    truth = [attend(each, keys[: t + 1], values[: t + 1]) for t, each in enumerate(qs)]
    wrong_lists = {
        "sees_the_future": [attend(each, keys, values) for each in qs],
        "blind_to_itself": [attend(each, keys[: t or 1], values[: t or 1]) for t, each in enumerate(qs)],
    }
    yield Question(f"causal({qs}, {keys}, {values})", truth, wrong_lists)
    yield Question("attend([1000.0], [[1.0], [2.0]], [[1.0], [2.0]])", [2.0], errors=NAIVE, otherwise="naive_exp")


# ---- rewards ---------------------------------------------------------------------------------------------------------

LEARNING = """
import random
draw = random.Random(7)
z = learn(lambda arm: [0.2, 1.0, 0.5][arm] + draw.gauss(0, 0.1), 3, 600, 0.2, draw)
[w > 0.8 for w in [math.exp(z[1]) / sum(map(math.exp, z))]][0]
"""


@asks(27)
def policy(given: Given) -> Iterator[Question]:
    """The gradient for rewards better and worse than expected; then three arms."""
    for logits, action, reward, baseline in (
        ([0.0, 0.0], 0, 2.0, 0.5),
        ([1.0, -1.0, 0.5], 2, -1.0, 1.0),
        ([0.3, 0.1], 1, 1.0, 1.0),
    ):
        p, gain = softmax(logits), reward - baseline
        towards = [(k == action) - each for k, each in enumerate(p)]
        wrong = {
            "downhill": [-gain * each for each in towards],
            "no_baseline": [reward * each for each in towards],
            "chance_for_log": [gain * p[action] * each for each in towards],
            "action_alone": [gain * each * (k == action) for k, each in enumerate(towards)],
        }
        yield Question(
            f"policy_gradient({logits}, {action}, {reward}, {baseline})", [gain * each for each in towards], wrong
        )
    yield Question(
        LEARNING.strip(),
        True,
        otherwise="does_not_learn",
        shown="learn on arms that pay 0.2, 1.0 and 0.5, 600 steps: is the second pulled more than 8 times of 10?",
    )


# ---- pictures --------------------------------------------------------------------------------------------------------


@asks(28)
def drawing(given: Given) -> Iterator[Question]:
    """Layers by the longest path, and crossings."""
    graphs: list[tuple[dict[str, list[str]], list[int], dict[str, list[int]]]] = [
        ({"a": [], "c": ["a", "a"]}, [0, 1], {"leaves_at_one": [1, 2]}),
        (
            {"a": [], "b": [], "c": ["a", "b"], "d": ["c", "a"]},
            [0, 0, 1, 2],
            {"shortest_path": [0, 0, 1, 1], "leaves_at_one": [1, 1, 2, 3], "a_layer_each": [0, 1, 2, 3]},
        ),
        ({"e": ["d", "a"], "d": ["c"], "c": ["a"], "a": []}, [3, 2, 1, 0], {"shortest_path": [1, 2, 1, 0]}),
    ]
    for parents, truth, wrong in graphs:
        call = f"found = layers({parents})\n[found[name] for name in {list(parents)}]"
        yield Question(call, truth, wrong, shown=f"layers({parents})")
    rows: list[tuple[str, int, dict[str, int]]] = [
        ("[('a', 'd'), ('b', 'c')]", 1, {"counted_twice": 2}),
        ("[('a', 'c'), ('b', 'd')]", 0, {}),
        ("[('a', 'c'), ('a', 'd'), ('b', 'c')]", 1, {"touching_counted": 3, "counted_twice": 2}),
    ]
    for edges, count, wrong_counts in rows:
        yield Question(f"crossings(['a', 'b'], ['c', 'd'], {edges})", count, wrong_counts)


# ---- births ----------------------------------------------------------------------------------------------------------

STEPS = {
    "nothing bad": ("[('a', 1.0, []), ('b', 2.0, []), ('c', 3.0, ['a', 'b'])]", None, "finds_where_nothing_is"),
    "a nan from two numbers": (
        "[('a', 0.0, []), ('b', nan, ['a']), ('c', nan, ['b']), ('d', nan, ['c', 'a'])]",
        "b",
        "",
    ),
    "an infinity first": ("[('a', 0.0, []), ('b', -inf, ['a']), ('c', nan, ['b', 'a'])]", "b", ""),
    "a leaf": ("[('a', nan, []), ('b', 1.0, []), ('c', nan, ['a', 'b'])]", "a", ""),
}


@asks(29)
def births(given: Given) -> Iterator[Question]:
    """Where the first number that is none was born."""
    for steps, truth, otherwise in STEPS.values():
        wrong = {
            "an infinity first": {"infinity_overlooked": "c", "last_one": "c"},
            "a nan from two numbers": {"last_one": "d"},
        }
        name = next(name for name, row in STEPS.items() if row[0] == steps)
        judged = {**wrong.get(name, {}), "blames_the_parent": "a" if name != "a leaf" else "?"}
        call = f"first_bad({steps.replace('nan', 'math.nan').replace('inf', 'math.inf')})"
        yield Question(
            f"[{call}]",
            [truth],
            {key: [guess] for key, guess in judged.items()},
            shown=f"first_bad({steps})",
            otherwise=otherwise or ("leaves_overlooked" if name == "a leaf" else "compared_with_nan"),
        )


# ---- the hunt --------------------------------------------------------------------------------------------------------

PROGRAMS = [
    "c = a + a",
    "c = a * b",
    "c = a - b",
    "c = a * a; d = c + c",
    "c = a + a; d = c + c",
    "c = a + a; d = a + c; e = c + d",
    "c = a * b; d = a + c; e = c * d",
]
SUSPECTS = [
    *(engine for engine in (ORDERS[0], ORDERS[1], ORDERS[5]) if engine.key),
    next(engine for engine in ORDERS if engine.key == "no_seed"),
    Engine("own_data", sends=with_slopes("*", lambda a, b: (a, b)), rule="*"),
    Engine("upstream", sends=slope_alone("*"), rule="*"),
    Engine("sign_1", sends=other_sign("-", 1), rule="-"),
]


def gradients_of(outcome: Outcome) -> list[int]:
    """Those of a and of b, 0 where b is not in the program."""
    return [int(slope) for slope in (*outcome.slopes, 0)[:2]]


@gives(30)
def evidence(draw: random.Random) -> dict[str, Any]:
    """What five of the seven suspects answer."""
    chosen = draw.sample(SUSPECTS, 5)
    answers = {
        number: {text: gradients_of(engine.outcome(read_program(text), [2, 3])) for text in PROGRAMS}
        for number, engine in enumerate(chosen, 1)
    }
    return {"EVIDENCE": answers}


class Shows:
    """Whether a program is the first of those on which an engine is wrong."""

    def __init__(self, wrong: Sequence[str]) -> None:
        self.wrong = wrong

    def __call__(self, text: Any) -> str:
        if text == self.wrong[0]:
            return ""
        return "not_the_smallest" if text in self.wrong else "does_not_show"


def name_of(answers: Mapping[str, list[int]]) -> str:
    """The suspect that gives these answers."""
    programs = [(text, read_program(text)) for text in PROGRAMS]
    return next(
        engine.key
        for engine in SUSPECTS
        if all(gradients_of(engine.outcome(program, [2, 3])) == answers[text] for text, program in programs)
    )


@asks(30)
def sabotage_hunt(given: Given) -> Iterator[Question]:
    """Who each engine is, and the first program that shows it."""
    right = {text: gradients_of(read_program(text).truth([2, 3])) for text in PROGRAMS}
    missing = {"KeyError": "engine_left_out"}
    for number, answers in given["EVIDENCE"].items():
        wrong = [text for text in PROGRAMS if answers[text] != right[text]]
        yield Question(f"shows[{number}]", wrong[0], judge=Shows(wrong), errors=missing)
        yield Question(f"bugs[{number}]", name_of(answers), otherwise="other_bug", errors=missing)
