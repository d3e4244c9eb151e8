"""Formulas as text: what a node was computed from and its local derivatives, read off the closures."""

import math
import random

import pytest

import autograd as ag
from autograd import Value, checkpoint, custom, detect_anomaly, no_grad
from autograd.algebra import number
from autograd.formula import local_derivatives, titles, written
from autograd.graph import nodes
from tests.ops import ROWS

PYTHON = {name: getattr(ag, name) for name in dir(ag) if not name.startswith("_")}


def titled(output: Value, **names: Value) -> dict:
    return titles(nodes(output), {node: name for name, node in names.items()})


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_formula_means_what_was_computed(row) -> None:
    """Evaluated as Python, the formula gives the data, and those of the local derivatives the local gradients."""
    rng = random.Random(0)
    numbers = [rng.uniform(low, high) for low, high in row.domain]
    operands = [Value(x) for x in numbers]
    names = {operand: f"x{place}" for place, operand in enumerate(operands)}
    output = row.ours(*operands)
    graph = [node for node in nodes(output) if node.op]
    for node in graph:  # names for all but the formula in question, whatever its length
        calls = {**names, **{other: f"n{place}" for place, other in enumerate(graph)}}
        texts = titles(nodes(output), calls)
        values = {**PYTHON, **{name: each.data for each, name in calls.items()}}
        assert eval(written(node, texts), values) == pytest.approx(node.data, rel=1e-5)
        for text, slope in zip(local_derivatives(node, texts), node.local_gradients(), strict=True):
            assert eval(text, values) == pytest.approx(slope, rel=1e-4, abs=1e-6), text


@pytest.mark.parametrize(
    "formula",
    [
        "a - (b - a)",
        "(a - b) - a",
        "a/(b*a)",
        "(a*b)**2",
        "a**-1",
        "(-a)**2",
        "-(a + b)",
        "-(a*b)",
        "2**(a*b)",
        "(a + b)*(a - b)",
        "a**b**2",
        "(a**b)**2",
        "-3*a",
        "a - -3",
        "softmax([a, b])[1]",
        "dot([a, b], [3, 4])",
    ],
)
def test_brackets_stand_where_they_are_needed(formula: str) -> None:
    a, b = Value(1.25), Value(0.75)
    output = eval(formula, {**PYTHON, "a": a, "b": b})
    text = titled(output, a=a, b=b)[output]
    assert eval(text, {**PYTHON, "a": 1.25, "b": 0.75}) == output.data
    assert len(text) <= len(formula)


def test_titles_are_names_then_short_formulas_then_numbers() -> None:
    a, b = Value(1.0), Value(2.0)
    long = ag.tanh(a * b + a / b - 3) * ag.exp(a)
    found = titled(long, a=a, v1=b)
    assert found[a] == "a" and found[b] == "v1" and found[long] == "v2*exp(a)"
    assert len(set(found.values())) == len(found)
    assert titled(Value(3.0) * 2) and list(titled(Value(3.0) * 2).values()) == ["v1", "v1*2"]


def test_long_lists_are_cut() -> None:
    xs = [Value(float(k), label=f"x{k}") for k in range(50)]
    total = ag.sum(xs)
    names = {x: x.label for x in xs}
    assert written(total, titles(nodes(total), names)) == "sum([x0, x1, …, x49])"


def test_a_rule_that_takes_numbers_only_is_told_by_its_numbers() -> None:
    a = Value(2.0)
    mine = custom(lambda x: x * x, lambda x: 2.0 * math.fabs(x), name="mine")
    assert local_derivatives(mine(a), titled(mine(a), a=a)) == ["4"]
    segment = checkpoint(lambda x: x * x)(a)
    assert local_derivatives(segment, titled(segment, a=a)) == ["4"]


def test_formulas_are_found_anywhere_and_in_silence() -> None:
    x = Value(0.0)
    y = ag.sqrt(x)
    with no_grad():
        assert local_derivatives(y, titled(y, x=x)) == ["0.5/sqrt(x)"]
    with detect_anomaly():
        assert local_derivatives(y, titled(y, x=x)) == ["0.5/sqrt(x)"]
    assert not x.grad_is_computed


def test_numbers() -> None:
    assert [number(x) for x in (1.0, -2.5, 1e-12, math.nan, -math.inf)] == ["1", "-2.5", "1e-12", "nan", "-inf"]
