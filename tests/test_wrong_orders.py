"""Why a topological order: the other orders do go wrong, where this says they do, and nowhere else."""

import random

import pytest

import autograd as ag
from autograd import Value, why_order
from autograd.graph import nodes
from autograd.wrong_orders import MOST_FIRINGS, ORDERS, Attempt, Orders, breadth_first, naive_recursion


def attempts(orders: Orders) -> dict[str, Attempt]:
    return {attempt.order: attempt for attempt in orders.attempts}


def naive_backward(output: Value) -> dict[Value, float]:
    """The mistake as people write it: a recursive method that fires, then calls its parents'."""
    gradients = dict.fromkeys(nodes(output), 0.0)
    gradients[output] = 1.0

    def back(node: Value) -> None:
        for parent, gain in zip(node.parents, node.local_gradients(gradients[node])):
            gradients[parent] += gain
        for parent in node.parents:
            back(parent)

    back(output)
    return gradients


def test_the_smallest_programs_on_which_they_differ() -> None:
    a = Value(1.0)
    c = a + a
    d = a + c
    e = c + d
    found = attempts(why_order(e))
    assert [found[order].gradients[a] for order in ORDERS] == [5.0, 3.0, 7.0]
    assert found["breadth-first"].mistake == "c fires with 1, before d has added its share"
    assert found["naive recursion"].mistake == "c fires again with 2, of which it has passed on 1 before"
    d = c + c
    found = attempts(why_order(d))
    assert [found[order].gradients[a] for order in ORDERS] == [4.0, 4.0, 8.0]
    assert not found["breadth-first"].mistake
    assert found["naive recursion"].mistake == "c fires again with 2, of which it has passed on 2 before"


def random_graph(seed: int) -> Value:
    rng = random.Random(seed)
    values = [Value(float(rng.randint(1, 3))) for _ in range(2)]
    for _ in range(6):
        a, b = rng.choice(values), rng.choice(values)
        values.append(a + b if rng.random() < 0.5 else a * b)
    return values[-1]


@pytest.mark.parametrize("seed", range(40))
def test_each_order_computes_what_it_would(seed: int) -> None:
    output = random_graph(seed)
    orders = why_order(output, {})
    found = attempts(orders)
    output.backward()
    assert found["topological"].gradients == {node: node.grad for node in nodes(output)}
    assert found["naive recursion"].gradients == naive_backward(output)
    for attempt in orders.attempts:
        if orders.wrong_in(attempt):
            assert attempt.mistake
    assert not orders.right.mistake


def test_a_mistake_that_does_not_show_is_called_luck() -> None:
    a = Value(0.0)
    c = a * a
    d = c + a
    e = c + d
    text = str(why_order(e))
    assert text.startswith("topological:     right\n")
    assert "right on these numbers, by luck" in text


def test_endless_recursion_is_stopped() -> None:
    x = Value(1.0)
    for _ in range(40):
        x = x + x
    found = attempts(why_order(x))["naive recursion"]
    assert not found.complete and found.firings == MOST_FIRINGS + 41
    assert "WRONG so far, stopped after 10,041 firings\n    " in str(why_order(x))


def test_a_large_graph_is_no_reason_to_stop() -> None:
    x = Value(1.0)
    y = x
    for _ in range(20_000):
        y = y * 1.0001
    orders = why_order(y + y * x)
    (y + y * x).backward()
    assert orders.right.gradients[x] == x.grad
    leaves = [Value(float(k)) for k in range(20_000)]
    assert str(why_order(ag.sum([leaf * leaf for leaf in leaves]))).count("right") == 2  # cut off, a leaf is used twice


def test_what_was_stopped_has_no_verdict() -> None:
    x = Value(1.0)
    for _ in range(30):
        x = x * 0.0 + x * 0.0
    assert "by luck" not in str(why_order(x)) and "so far, stopped after" in str(why_order(x))


def test_a_tree_is_right_in_any_order() -> None:
    a, b = Value(2.0), Value(3.0)
    assert str(why_order(a * b + 1)).count("right") == 3
    assert list(breadth_first(a)) == list(naive_recursion(a)) == [a]


def test_nobodys_gradient_is_touched_and_nonsense_is_named() -> None:
    a = Value(1.0)
    why_order(a * a)
    assert not a.grad_is_computed
    with pytest.raises(TypeError, match="why_order: 3.0 is a float, not a Value\ngive it"):
        why_order(3.0)
