"""One step at a time: the same gradients as backward(), bit for bit, and what is said of them is true."""

import math
import random

import pytest

import autograd as ag
import nn
from autograd import Operands, Value, backward_steps, checkpoint, forward_steps
from autograd.graph import leaves, nodes
from tests.structure import CHECKS


def step_through(output: Value) -> None:
    for _ in backward_steps(output):
        pass


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_all_steps_together_are_a_backward_pass(check) -> None:
    check(step_through)


def model_loss(seed: int) -> Value:
    rng = random.Random(seed)
    model = nn.MLP(3, [4, 4, 2], activation="tanh", rng=seed)
    xs = [[Value(rng.gauss(0, 1)) for _ in range(3)] for _ in range(5)]
    return nn.cross_entropy([model(x) for x in xs], [0, 1, 1, 0, 1])


@pytest.mark.parametrize(
    "build",
    [
        model_loss,
        lambda seed: ag.softmax([Value(0.1 * seed), Value(0.2), Value(0.7)])[1] * 3,
        lambda seed: checkpoint(lambda x, y: x * ag.sin(y) + x)(Value(1.0 + seed), Value(2.0)),
        lambda seed: ag.sqrt(Value(0.0)) + ag.log(Value(2.0)),
        lambda seed: Value(3.0),
    ],
)
@pytest.mark.parametrize("seed", range(3))
def test_gradients_are_equal_to_the_last_bit(build, seed: int) -> None:
    output = build(seed)
    step_through(output)
    stepped = [node.grad for node in nodes(output)]
    for leaf in leaves(output):
        leaf.zero_grad()
    output.backward()
    assert [node.grad for node in nodes(output)] == stepped


def test_what_a_step_says_adds_up() -> None:
    """Upstream gradients times local derivatives make the amounts, and the amounts make the gradients."""
    output = model_loss(0)
    totals: dict[Value, float] = {output: 1.0}
    order, shares = [], {}
    for step in backward_steps(output):
        order.append(step.node)
        if step.node is not None:
            assert step.gradient == pytest.approx(totals[step.node], rel=1e-12)
        for each in step.contributions:
            if each.noted:
                shares[each.parent] = shares.get(each.parent, 0.0) + each.amount
                continue
            if len(each.terms) > 1:
                assert shares.pop(each.parent) == pytest.approx(each.amount, rel=1e-12)
            assert sum(up * slope for up, _, slope in each.terms) == pytest.approx(each.amount, rel=1e-9, abs=1e-15)
            totals[each.parent] = totals.get(each.parent, 0.0) + each.amount
            assert each.parent.grad == each.after
    assert all(node.grad == pytest.approx(totals[node], rel=1e-12) for node in nodes(output))
    assert {node for node in order if node is not None} == {node for node in nodes(output) if node.op}


def test_words() -> None:
    a, b = Value(2.0), Value(-3.0)
    d = a * b
    y = d + 10
    assert [str(step) for step in forward_steps(y)] == ["d = a*b = 2*-3 = -6.0", "y = d + 10 = -6 + 10 = 4.0"]
    assert [str(step) for step in backward_steps(y)] == [
        "y.grad 1.0 -> d.grad += 1.0 * 1 = 1.0",
        "d.grad 1.0 -> a.grad += 1.0 * b = -3.0\n           -> b.grad += 1.0 * a = 2.0",
    ]
    assert str(next(backward_steps(a * a))) == (
        "(a*a).grad 1.0 -> a.grad += 1.0 * a = 2.0, now -1.0\n               -> a.grad += 1.0 * a = 2.0, now 1.0"
    )
    assert repr(next(forward_steps(y))) == "d = a*b = 2*-3 = -6.0"


def test_a_shared_list_waits_for_all_that_take_it() -> None:
    w = Operands([Value(1.0, "u"), Value(2.0, "v")])
    y = ag.dot(w, [3.0, 4.0]) * ag.dot(w, [5.0, 6.0])
    told = [str(step) for step in backward_steps(y, {})]
    assert told[1] == (
        "dot([u, v], [5, 6]).grad 11.0 -> u.grad share: 11.0 * 5 = 55.0\n    -> v.grad share: 11.0 * 6 = 66.0"
    )
    assert told[-1].splitlines()[0] == "[u, v]: all shares are in -> u.grad += 55.0 + 51.0 = 106.0"
    assert [leaf.grad for leaf in w.values] == [3 * 17 + 5 * 11, 4 * 17 + 6 * 11]


def test_stopping_on_the_way_leaves_what_was_reached() -> None:
    a = Value(2.0)
    c = a * 3
    y = c * c
    steps = backward_steps(y)
    next(steps)
    assert (y.grad, c.grad, a.grad_is_computed) == (1.0, 12.0, False)
    assert not Value(1.0).grad_is_computed and not list(backward_steps(Value(1.0)))


def test_long_chains_step_too() -> None:
    x = Value(1.0)
    y = x
    for _ in range(5_000):
        y = y + 0.001
    assert sum(1 for _ in backward_steps(y)) == sum(1 for _ in forward_steps(y)) == 5_000
    assert x.grad == 1.0


@pytest.mark.parametrize("steps", [backward_steps, forward_steps])
@pytest.mark.parametrize("nonsense", [3.0, None, "y", [Value(1.0)], Value])
def test_nonsense_is_named(steps, nonsense) -> None:
    with pytest.raises(TypeError, match=f"{steps.__name__}: .* not a Value\ngive it") as caught:
        steps(nonsense)
    assert str(caught.value).count("\n") == 1


def test_nan_and_infinity_are_said_as_they_are() -> None:
    x = Value(0.0, label="x")
    assert str(next(backward_steps(ag.sqrt(x), {}))).endswith("x.grad += 1.0 * (0.5/sqrt(x)) = inf")
    assert x.grad == math.inf


def test_a_number_as_a_title_is_explained() -> None:
    x = Value(0.5, label="x")
    inner = ag.tanh(x * x + x * 3 - 0.25) * 2
    told = [str(step) for step in backward_steps(ag.exp(inner), {})]
    assert "where" not in told[0] and "where v1 = tanh(x*x + x*3 - 0.25)" in "".join(told[1:])


def test_anomalies_are_detected_here_too() -> None:
    with ag.detect_anomaly():
        y = ag.sqrt(Value(0.0)) * 2
        with pytest.raises(FloatingPointError, match="backward through sqrt"):
            list(backward_steps(y))


@pytest.mark.parametrize("names", [5, ["a"], "y.svg", Value(1.0)])
@pytest.mark.parametrize("function", [backward_steps, forward_steps, ag.draw, ag.tree, ag.why_order])
def test_names_are_a_dict(function, names) -> None:
    with pytest.raises(TypeError, match=rf"{function.__name__}: names = .* is not a dict\ngive a dict of names"):
        function(Value(1.0), names)
