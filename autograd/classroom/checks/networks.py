"""Exercises that build on an engine: neurons, a loss, training."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from typing import Any

from autograd.classroom.checks.registry import Given, asks, gives
from autograd.classroom.examining import Question


@gives(14)
def a_neuron(draw: random.Random) -> dict[str, Any]:
    """Numbers with which the sum is below 0, so that relu is not taken for no bend at all."""
    while True:
        w, b, x = (
            draw.sample([-1.5, -1.0, -0.5, 0.5, 1.0], 2),
            draw.choice([-0.25, 0.25]),
            draw.sample([0.5, 1.0, 1.5, 2.0], 2),
        )
        if w[0] * x[0] + w[1] * x[1] + abs(b) < 0 and w[0] * x[0] + b != 0:
            return {"W": w, "B": b, "X": x}


@asks(14)
def network(given: Given) -> Iterator[Question]:
    """A neuron, a layer, a network."""
    yield from of_neuron(given["W"], given["B"], given["X"])
    yield from of_layers()
    yield from of_whole()


def of_neuron(w: Sequence[float], b: float, x: Sequence[float]) -> Iterator[Question]:
    """How many parameters, what it computes, what it refuses."""
    yield Question("len(Neuron(3).parameters())", 4, {"no_bias": 3, "bias_alone": 1}, otherwise="other_count")
    yield Question("len({w.data for w in Neuron(5).w}) > 1", True, {"all_alike": False}, shown="Neuron(5).w")
    first, total = w[0] * x[0], w[0] * x[0] + w[1] * x[1]
    yield Question(
        f"n = Neuron(2)\nn.w[0].data, n.w[1].data, n.b.data = {w[0]}, {w[1]}, {b}\nn({x})",
        math.tanh(total + b),
        {
            "no_activation": total + b,
            "bias_not_added": math.tanh(total),
            "first_input_only": math.tanh(first + b),
            "other_activation": 0.0,
        },
        shown=f"n = Neuron(2); n.w, n.b = {w}, {b}; n({x})",
    )
    yield Question(
        "refuses(Neuron(3), [1.0, 2.0])",
        "Error",
        judge=lambda name: "" if name else "zip_truncates",
        shown="Neuron(3)([1.0, 2.0])",
    )
    yield Question(
        "refuses(Neuron(2), [1.0, 2.0, 3.0])",
        "Error",
        judge=lambda name: "" if name else "takes_too_many",
        shown="Neuron(2)([1.0, 2.0, 3.0])",
    )


def of_layers() -> Iterator[Question]:
    """Lists in, lists out, and parameters that are all different Values."""
    yield Question(
        "len(Layer(2, 1)([1.0, 2.0]))", 1, errors={"has no len": "no_list_from_layer"}, otherwise="other_count"
    )
    yield Question("len(Layer(3, 2)([1.0, 2.0, 3.0]))", 2, {"sizes_swapped": 3}, errors={"ValueError": "sizes_swapped"})
    yield Question(
        "all(hasattr(p, 'grad') for p in Layer(2, 1).parameters())", True, {"no_values_in_parameters": False}
    )
    counted = "len({id(p) for p in %s.parameters()})"
    yield Question(
        counted % "Layer(3, 2)",
        8,
        {"shared_bias": 7, "one_neuron": 4, "no_bias": 6},
        shown="len(set(Layer(3, 2).parameters()))",
    )
    yield Question(
        counted % "MLP(2, [3, 1])",
        13,
        {"last_layer_only": 4, "first_layer_only": 9, "one_neuron": 7},
        shown="len(set(MLP(2, [3, 1]).parameters()))",
        otherwise="other_count",
    )


def of_whole() -> Iterator[Question]:
    """Each layer sees what the one before gives, and gradients reach every parameter."""
    model = "m = MLP(2, [2, 1])\nfor p in m.parameters(): p.data = 0.5\n"
    yield Question(
        "len(MLP(2, [2, 1])([1.0, 2.0]))", 1, {"return_after_first": 2}, errors={"has no len": "no_list_from_layer"}
    )
    hidden = math.tanh(0.5 * 1.0 + 0.5 * 2.0 + 0.5)
    yield Question(
        f"{model}m([1.0, 2.0])[0]",
        math.tanh(0.5 * hidden * 2 + 0.5),
        {"input_again": hidden},  # all parameters are alike
        shown="m = MLP(2, [2, 1]); [p.data for p in m.parameters()] = [0.5, 0.5, ...]; m([1.0, 2.0])[0]",
        errors={"is not subscriptable": "no_list_from_layer"},
    )
    yield Question(
        f"{model}m([1.0, 2.0])[0].backward()\n[p.grad != 0 for p in m.parameters()]",
        [True] * 9,
        otherwise="gradient_cut",
        shown="m = MLP(2, [2, 1]); m([1, 2])[0].backward(); [p.grad != 0 for p in m.parameters()]",
    )


# ---- softmax and cross-entropy ---------------------------------------------------------------------------------------


def softmax(logits: Sequence[float]) -> list[float]:
    exps = [math.exp(z - max(logits)) for z in logits]
    return [each / sum(exps) for each in exps]


NAIVE = dict.fromkeys(("OverflowError", "ValueError", "ZeroDivisionError"), "naive_exp")


@gives(15)
def scores(draw: random.Random) -> dict[str, Any]:
    return {"Z": draw.sample([-1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 2.5], 3), "TARGET": draw.randrange(3)}


@asks(15)
def loss(given: Given) -> Iterator[Question]:
    """Probabilities, the loss and its gradient, and all of it a thousand further up."""
    for logits in (given["Z"], [1.0, 2.0, 0.5], [0.0, 0.0], [3.0, -1.0, 0.0, 2.0]):
        yield of_probabilities(logits)
        for target in (given["TARGET"],) if logits == given["Z"] else (0, 1):
            yield from of_loss(logits, target)
    far, one_high = [1000.0, 999.0, -1000.0], [1000.0, -1000.0, -1000.0, -1000.0]
    for z, call, truth in (
        (far, "softmax(z)", softmax(far)),
        (far, "cross_entropy(z, 2)", 2000.0 + math.log(1 + math.exp(-1))),
        (one_high, "softmax(z)", softmax(one_high)),
        (one_high, "cross_entropy(z, 0)", 0.0),
    ):
        shown = call.replace("z", f"[{', '.join(f'{each:g}' for each in z)}]")
        yield Question(values_of(z) + call, truth, shown=shown, errors=NAIVE, otherwise="naive_exp")


def values_of(logits: Sequence[float]) -> str:
    return f"z = [Value(x) for x in {list(logits)}]\n"


def of_probabilities(logits: Sequence[float]) -> Question:
    wrong = {
        "not_normalised": [math.exp(z) for z in logits],
        "powers_of_two": [2**z / sum(2**x for x in logits) for z in logits],
        "linear": [z / sum(logits) if sum(logits) else 0.0 for z in logits],
    }
    return Question(values_of(logits) + "softmax(z)", softmax(logits), wrong, shown=f"softmax({logits})")


def of_loss(logits: Sequence[float], target: int) -> Iterator[Question]:
    """The loss, and its gradient by each logit."""
    truth = softmax(logits)
    p = truth[target]
    wrong = {
        "highest_left_out": -math.log(p) - max(logits),
        "no_log": -p,
        "one_minus": 1 - p,
        "log_sign": math.log(p),
        "mean_of_classes": -math.log(p) / len(logits),
        "all_classes": -sum(map(math.log, truth)),
        "no_sum": -logits[target],
        "next_class": -math.log(truth[target - 1]),
    }
    call, shown = f"cross_entropy(z, {target})", f"cross_entropy({logits}, {target})"
    yield Question(values_of(logits) + call, -math.log(p), wrong, shown=shown)
    slopes = [each - (k == target) for k, each in enumerate(truth)]
    yield Question(
        f"{values_of(logits)}{call}.backward()\n[each.grad for each in z]",
        slopes,
        {"gradient_sign": [-s for s in slopes]},
        shown=f"z = {list(logits)}; cross_entropy(z, {target}).backward(); [each.grad for each in z]",
        otherwise="gradient_differs",
        errors={"AttributeError": "no_value"},
    )


# ---- training --------------------------------------------------------------------------------------------------------


@gives(16)
def a_valley(draw: random.Random) -> dict[str, Any]:
    return {
        "START": draw.choice([-1.0, -0.5, 0.5, 1.0]),
        "GOAL": draw.randint(2, 6),
        "RATE": draw.choice([0.15, 0.2, 0.3]),
    }


def descent(
    way: Sequence[float], zeroes: bool = True, sign: int = -1, late: bool = False, steps: int = 5
) -> list[float]:
    """The losses of (p - goal)**2 / 2 from a start, by loops that are right or wrong in one way."""
    (p, goal, rate), gradient, losses = way, 0.0, []
    for _ in range(steps):
        losses.append((p - goal) ** 2 / 2)
        slope = p - goal
        if late:
            p += sign * rate * gradient
            gradient = slope
        else:
            gradient = slope + (0.0 if zeroes else gradient)
            p += sign * rate * gradient
    return losses


def valleys(ways: Sequence[tuple[float, int, float]]) -> Iterator[Question]:
    """Five steps down, from a start towards a goal at a rate."""
    for way in ways:
        start, goal, rate = way
        wrong = {
            "never_zeroed": descent(way, zeroes=False),
            "uphill": descent(way, sign=1),
            "step_first": descent(way, late=True),
            "rate_unused": descent((start, goal, 1.0)),
            "no_step": descent((start, goal, 0.0)),
            "loss_after": descent(way, steps=6)[1:],
            "one_too_many": descent(way, steps=6),
            "return_in_loop": descent(way, steps=1),
        }
        yield Question(
            f"p = Value({start})\ntrain([p], lambda: (p - {goal}) ** 2 / 2, 5, {rate})",
            descent(way),
            wrong,
            errors={"OverflowError": "uphill"},
            shown=f"p = {start:g}; train([p], lambda: (p - {goal})**2 / 2, steps=5, rate={rate})",
        )


def two_ways(second: int = 1) -> list[float]:
    """The losses of (p - 3)**2 + (q - 2)**2 from 0 and 1 at the rate 0.1, where q goes so many times as far."""
    p, q, losses = 0.0, 1.0, []
    for _ in range(3):
        losses.append((p - 3) ** 2 + (q - 2) ** 2)
        p, q = p - 0.2 * (p - 3), q - 0.2 * second * (q - 2)
    return losses


@asks(16)
def training(given: Given) -> Iterator[Question]:
    """The losses of one parameter, step by step; then exclusive or, to a threshold."""
    yield from valleys([(given["START"], given["GOAL"], given["RATE"]), (0.0, 3, 0.1), (0.0, 3, 0.25)])
    yield Question(
        "[isinstance(each, (int, float)) for each in train([Value(0.0)], lambda: Value(1.0) * 2, 1, 0.1)]",
        [True],
        {"losses_are_values": [False]},
        shown="losses = train(...); [isinstance(each, float) for each in losses]",
    )
    yield Question(
        "p, q = Value(0.0), Value(1.0)\ntrain([p, q], lambda: (p - 3) ** 2 + (q - 2) ** 2, 3, 0.1)",
        two_ways(),
        {"first_parameter_only": two_ways(second=0), "backward_each": two_ways(second=2)},
        shown="p, q = 0, 1; train([p, q], lambda: (p - 3)**2 + (q - 2)**2, steps=3, rate=0.1)",
    )
    yield Question(
        XOR,
        [400, "< 0.05"],
        judge=lambda told: "stops_early" if told[0] != 400 else "" if told[1] < 0.05 else "not_learned",
        shown="losses = train(w, XOR, steps=400, rate=0.2); len(losses), losses[-1]",
    )


XOR = """
import random
draw = random.Random(4)
hidden = [[Value(draw.uniform(-1, 1)) for _ in range(3)] for _ in range(3)]
last = [Value(draw.uniform(-1, 1)) for _ in range(4)]
rows = [(0, 0, -0.9), (0, 1, 0.9), (1, 0, 0.9), (1, 1, -0.9)]

def output(x, y):
    units = [(a * x + b * y + c).tanh() for a, b, c in hidden]
    return sum((w * unit for w, unit in zip(last, units)), last[3]).tanh()

def loss():
    return sum((output(x, y) - target) ** 2 for x, y, target in rows)

losses = train([*last, *(w for unit in hidden for w in unit)], loss, 400, 0.2)
[len(losses), losses[-1]]
"""
