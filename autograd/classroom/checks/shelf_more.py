"""The shelf, second half: attention, policy gradient, drawing, the birth of a nan, the sabotage hunt."""

from __future__ import annotations

import itertools
import math
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from autograd.classroom.checks.networks import NAIVE, softmax
from autograd.classroom.checks.order import edges_of, read_program
from autograd.classroom.checks.registry import Given, asks, gives
from autograd.classroom.examining import Question
from autograd.classroom.misconceptions import ORDERS, Engine, other_sign, slope_alone, with_slopes
from autograd.classroom.predicting import random_program
from autograd.classroom.programs import Outcome
from autograd.classroom.speaking import written

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


@gives(26)
def a_text(draw: random.Random) -> dict[str, Any]:
    """A text, and a query with two keys and their values."""
    numbers = [-2.0, -1.0, -0.5, 0.5, 1.0, 2.0]
    query, *keys = (draw.sample(numbers, 4) for _ in range(3))
    text = "".join(draw.choice("abc") for _ in range(8)) + "ab"
    return {"TEXT": text, "QUERY": query, "KEYS": keys, "VALUES": [[1.0, 0.0], [3.0, 5.0]]}


@asks(26)
def attention(given: Given) -> Iterator[Question]:
    """Counts of pairs; mixtures; and none of what is to come."""
    for text in (given["TEXT"], "abab", "banana", "mississippi"):
        right = bigram_loss(text)
        wrong = {kind: bigram_loss(text, kind) for kind in ("not_smoothed", "joint_chance")}
        wrong |= {"in_bits": right / math.log(2), "summed": right * (len(text) - 1)}
        wrong |= {"letters_for_pairs": right * (len(text) - 1) / len(text)}
        yield Question(f"bigram_loss({text!r})", right, wrong)
    usual = [1.0, -2.0, 0.5, 1.0], [[1.0, 0.0, 2.0, -1.0], [0.0, -1.0, 1.0, 2.0]], [[1.0, 0.0], [3.0, 5.0]]
    for q, ks, vs in ((given["QUERY"], given["KEYS"], given["VALUES"]), usual):
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
draw, pulls = random.Random(7), []
def pull(arm):
    pulls.append(arm)
    return {more}[0.2, 1.0, 0.5][arm] + draw.gauss(0, 0.1)
z = learn(pull, 3, 600, 0.2, draw)
[len(set(pulls[:60])) == 3, pulls[-100:].count(1) >= 75, math.exp(z[1]) / sum(map(math.exp, z)) > 0.8]
"""
PAYS = [1.0, 3.0, 4.0, 6.0, 5.0]
STEADY = f"""
import random
class Always(random.Random):
    def random(self): return 0.25
pays = iter({PAYS})
[abs(z) for z in learn(lambda arm: next(pays), 2, 5, 0.2, Always())]
""".strip()


class Learns:
    """Whether all arms are tried, and the best is pulled in the end, as its logit says."""

    def __call__(self, answer: Any) -> str:
        tried, pulled, sure = answer
        if tried and pulled and sure:
            return ""
        return "never_tries" if not tried else "ignores_the_policy" if sure else "does_not_learn"


@gives(27)
def a_reward(draw: random.Random) -> dict[str, Any]:
    logits = draw.sample([-1.0, -0.5, 0.0, 0.5, 1.0], 3)
    return {"Z": logits, "ACTION": draw.randrange(3), "REWARD": draw.choice([2.0, 3.0, 4.0]), "BASELINE": 0.5}


@asks(27)
def policy(given: Given) -> Iterator[Question]:
    """The gradient for rewards better and worse than expected; then three arms."""
    for logits, action, reward, baseline in (
        (given["Z"], given["ACTION"], given["REWARD"], given["BASELINE"]),
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
    yield of_learning("")
    gains = {"baseline_forgotten": "none", "baseline_with_itself": "itself", "last_for_mean": "last"}
    wrong = {key: learnt_steadily(kind) for key, kind in gains.items()}
    shown = f"z = learn(pull, 2, 5, 0.2, draw), pull() = {PAYS}; [abs(each) for each in z]"
    yield Question(STEADY, learnt_steadily("mean"), wrong, shown=shown, otherwise="does_not_learn")
    yield of_learning("3 + ")


def of_learning(more: str) -> Question:
    """Whether it finds the best of three arms; `more` is paid by all of them."""
    shown = f"z = learn(pull, 3, 600, 0.2, draw), pull(arm) = {more}[0.2, 1.0, 0.5][arm] + noise\n"
    shown += "len(set(pulls[:60])) == 3, pulls[-100:].count(1) >= 75, softmax(z)[1] > 0.8"
    return Question(LEARNING.format(more=more).strip(), [True] * 3, judge=Learns(), shown=shown)


def learnt_steadily(baseline: str) -> list[float]:
    """How far two logits move in five steps on the first arm, against some baseline."""
    logits = [0.0, 0.0]
    for step, pay in enumerate(PAYS):
        p, before = softmax(logits), PAYS[:step] or [0.0]
        expected = {
            "mean": sum(before) / len(before), "none": 0.0, "last": before[-1],
            "itself": sum(PAYS[: step + 1]) / (step + 1),
        }[baseline]  # fmt: skip
        logits = [z + 0.2 * (pay - expected) * ((k == 0) - p[k]) for k, z in enumerate(logits)]
    return [abs(z) for z in logits]


# ---- pictures --------------------------------------------------------------------------------------------------------


def longest_paths(parents: Mapping[str, Sequence[str]]) -> list[int]:
    """The layer of each node."""

    def layer(name: str) -> int:
        return max((layer(parent) + 1 for parent in parents[name]), default=0)

    return [layer(name) for name in parents]


@gives(28)
def a_graph(draw: random.Random) -> dict[str, Any]:
    """A small graph, with its names in any order."""
    edges = edges_of(random_program(draw, lines=4))
    return {"PARENTS": {name: parents for name, *parents in draw.sample(edges, len(edges))}}


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
        (given["PARENTS"], longest_paths(given["PARENTS"]), {}),
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
    wide = "['a', 'b', 'c'], ['d', 'e', 'f'], [('a', 'f'), ('b', 'd'), ('c', 'e'), ('c', 'd')]"
    yield Question(f"crossings({wide})", 3, {"counted_twice": 6, "neighbours_only": 1})


# ---- births ----------------------------------------------------------------------------------------------------------

INF, NAN = math.inf, math.nan
STEPS: list[Sequence[tuple[str, float, list[str]]]] = [  # a name, its number, what it was computed from
    [("a", 1.0, []), ("b", 2.0, []), ("c", 3.0, ["a", "b"])],
    [("a", 0.0, []), ("b", NAN, ["a"]), ("c", NAN, ["b"]), ("d", NAN, ["c", "a"])],
    [("a", 0.0, []), ("b", -INF, ["a"]), ("c", NAN, ["b", "a"])],
    [("a", NAN, []), ("b", 1.0, []), ("c", NAN, ["a", "b"])],
]


@gives(29)
def a_recording(draw: random.Random) -> dict[str, Any]:
    """Steps in which a nan or an infinity is born somewhere, and goes down to the end."""
    names, born = "abcdefg", draw.randint(2, 4)
    numbers = [draw.randint(1, 9) / 2 for _ in range(born)] + [draw.choice([INF, NAN])] + [NAN] * (6 - born)
    return {"STEPS": [(name, x, [names[k - 1]] if k else []) for k, (name, x) in enumerate(zip(names, numbers))]}


@asks(29)
def births(given: Given) -> Iterator[Question]:
    """Where the first number that is none was born."""
    for steps in (*STEPS, given["STEPS"]):
        bad = [step for step in steps if not math.isfinite(step[1])]
        name, _, parents = bad[0] if bad else (None, 0.0, [])
        wrong = {
            "infinity_overlooked": next((name for name, x, _ in bad if math.isnan(x)), None),
            "last_one": bad[-1][0] if bad else None,
            "number_for_name": next((x for _, x, _ in bad), None),
            "place_for_name": next((k for k, step in enumerate(steps) if step in bad), None),
            "blames_the_parent": parents[0] if parents else "?",
        }
        leaf = "leaves_overlooked" if bad and not parents else "compared_with_nan"
        yield Question(
            f"[first_bad({written(steps)})]",
            [name],
            {key: [guess] for key, guess in wrong.items() if guess != name},
            shown=f"first_bad({steps})",
            otherwise=leaf if bad else "finds_where_nothing_is",
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
        wrong, told = [text for text in PROGRAMS if answers[text] != right[text]], {"number": number}
        yield Question(f"shows[{number}]", wrong[0], judge=Shows(wrong), errors=missing, facts=told, secret=True)
        yield Question(
            f"bugs[{number}]", name_of(answers), otherwise="other_bug", errors=missing, facts=told, secret=True
        )
