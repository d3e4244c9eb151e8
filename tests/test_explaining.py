"""The chain rule for one derivative, path by path: the paths are all there, and what they say is the derivative."""

import itertools
import math
import random

import pytest

import autograd as ag
import nn
from autograd import Value, explain, gradients
from autograd.explaining import latex, latex_number, product


def test_the_sum_over_paths_in_names_and_numbers() -> None:
    a, b = Value(2.0), Value(-3.0)
    c = a * b
    d = a**2
    y = 4 * c + d * 3
    found = explain(y, a)
    assert found.value == -12 + 12
    c = a * 2
    y = c * d
    assert str(explain(y, a)).splitlines() == [
        "dy/da = dy/dc*dc/da (via c) + dy/dd*dd/da (via d) = 4*2 + 4*4 = 24",
        "    dy/dc = d = 4",
        "    dy/dd = c = 4",
        "    dd/da = 2*a = 4",
    ]


def test_both_uses_of_an_operand_are_paths() -> None:
    x = Value(3.0)
    y = x * x
    assert explain(y, x).formula == "dy/dx = ∂y/∂(1st x) + ∂y/∂(2nd x) = 3 + 3 = 6"


def random_graph(seed: int, size: int) -> tuple[Value, list[Value]]:
    rng = random.Random(seed)
    leaves = [Value(rng.uniform(0.5, 2.0)) for _ in range(3)]
    values = list(leaves)
    for _ in range(size):
        a, b = rng.choice(values[-4:]), rng.choice(values)
        values.append(rng.choice([lambda a, b: a * b, lambda a, b: a - b, lambda a, b: ag.tanh(a) + b])(a, b))
    return values[-1], leaves


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("size", [3, 6, 25])
def test_the_terms_add_up_to_the_derivative(seed: int, size: int) -> None:
    y, leaves = random_graph(seed, size)
    for x in leaves:
        found = explain(y, x, {})
        [right] = gradients(y, [x])
        assert found.value == pytest.approx(right.data, rel=1e-12, abs=1e-15)
        total = math.fsum(map(product, found.terms)) + found.remainder
        assert total == pytest.approx(right.data, rel=1e-9, abs=1e-12)


def test_paths_are_counted_where_they_are_merged() -> None:
    x = Value(1.0, label="x")
    y = x
    for _ in range(12):
        y = y + y
    found = explain(y, x, {})
    assert found.value == 4096.0
    assert [link.paths for path in found.terms for link in path] == [2048, 1] * 2
    assert "along 2,048 paths" in str(found)
    shared = x * 2
    y = ag.sum([shared * k for k in range(100)])
    found = explain(y, shared, {})
    assert len(found.terms) == 8 and found.left_out == 92 and found.remainder == sum(range(8, 100))
    assert "(92 more)" in str(found) and "the sum of" in str(found)


def test_every_path_is_there_once() -> None:
    a = Value(2.0)
    b, c = a + 1, a * 3
    y = b * c + b
    found = explain(y, a)
    ways = [tuple(str(link.by) for link in path) for path in found.terms]
    assert sorted(ways) == sorted([("b*c", "b", "a"), ("b*c", "c", "a"), ("b", "a")])
    assert len(set(itertools.chain(ways))) == 3


def test_nothing_and_everything() -> None:
    a, b = Value(2.0), Value(5.0)
    y = a * 1
    assert str(explain(y, b)) == "dy/db = 0\n    y does not depend on b"
    assert str(explain(y, y)) == "dy/dy = 1"
    assert explain(y, b).latex == r"\frac{\mathrm{d} \mbox{y}}{\mathrm{d} \mbox{b}} = 0"


def test_a_network_is_explained_in_the_names_of_its_parts() -> None:
    model = nn.MLP(2, [3, 1], rng=0)
    x = Value(0.5)
    loss = (model([x, 1.0]) - 1) ** 2
    text = str(explain(loss, x))
    assert "model.layers[0].neurons[2].w[0]" in text and len(explain(loss, x).terms) == 3
    assert explain(loss, x).value == pytest.approx(gradients(loss, [x])[0].data)


def test_a_long_chain_is_merged_not_written_out() -> None:
    x = Value(0.5, label="x")
    y = x
    for _ in range(50_000):
        y = y + 1e-6
    found = explain(y, x, {})
    assert found.value == 1.0 and len(str(found)) < 200


def test_html_and_latex_are_safe() -> None:
    x = Value(2.0, label="<x_1> & {y}")
    y = x * x
    found = explain(y, x)
    assert "<x_1>" not in found.html and "&lt;x_1&gt; &amp; {y}" in found.html == found._repr_html_()
    assert r"\mbox{($<$x\_1$>$ \& \{y\})}" in found.latex
    assert latex("a_1") == r"\mbox{a\_1}" and latex("α") == r"\mbox{$\alpha$}" and "变" not in latex("变")
    z = x * 2
    x.label = "a\ud800\n"
    nasty = explain(z, x)
    assert nasty.formula.isprintable() and str(nasty).encode() and nasty.html.encode() and nasty.latex.encode()
    assert [latex_number(x) for x in (1e-12, -2e30, math.inf, math.nan)] == [
        "10^{-12}",
        r"-2 \cdot 10^{30}",
        r"\infty",
        r"\mathrm{nan}",
    ]


@pytest.mark.parametrize("pair", [(3.0, Value(1.0)), (Value(1.0), "x"), (None, None), (Value(1.0), [Value(2.0)])])
def test_nonsense_is_named(pair) -> None:
    with pytest.raises(TypeError, match=r"explain: .* not a Value\nwrite explain\(y, x\)"):
        explain(*pair)


def test_nobodys_gradient_is_touched() -> None:
    a = Value(2.0)
    y = a * a
    explain(y, a)
    assert not a.grad_is_computed and not y.grad_is_computed


def test_what_y_makes_of_x_itself_is_not_the_whole() -> None:
    a, b = Value(2.0), Value(-3.0)
    y = a * b + a
    assert explain(y, a).formula == "dy/da = dy/d(a*b)*d(a*b)/da (via a*b) + ∂y/∂a = 1*-3 + 1 = -2"
    found = explain(ag.softmax([a, a, b])[0], a)
    assert len({link.remark for path in found.terms for link in path}) == 2


def test_a_path_that_is_merged_says_how_long_it_is() -> None:
    x = Value(1.0, label="x")
    y = x
    for _ in range(7):
        y = ag.tanh(y)
    assert len(explain(y, x).terms[0]) == 7
    for _ in range(70):
        y = ag.tanh(y)
    assert "along a path of 76 operations" in str(explain(y, x))


def test_titles_are_defined_where_they_are_used() -> None:
    x, y = Value(0.5), Value(0.25)
    q = (ag.softplus(x - y) + abs(x - y)) * 3
    lines = str(explain(q, x)).splitlines()
    assert "    v1 = x - y" in lines and len(set(lines)) == len(lines)


def test_a_wide_sum_is_explained_at_once() -> None:
    xs = [Value(float(k)) for k in range(20_000)]
    assert explain(ag.sum([x * x for x in xs]), xs[3]).value == 6.0


def test_values_named_alike_are_told_apart() -> None:
    x = Value(1.0, label="x")
    t = x * 2
    t.label = "x"
    y = t * x
    assert explain(y, x).formula == "dy/dx = dy/d(x (2nd))*d(x (2nd))/dx (via x (2nd)) + ∂y/∂x = 1*2 + 2 = 4"
    a, b = Value(1.0, label="a"), Value(2.0, label="a")
    assert "d(v1)/da" not in str(explain(a * b, a, {})) and "= a (2nd) = 2" in str(explain(a * b, a, {}))
    assert str(ag.tree(a * b, {})).splitlines()[1:] == ["├── a = 1", "└── a (2nd) = 2"]
