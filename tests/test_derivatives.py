"""Derivatives of functions: structures, nesting, what is live, both modes, and clear errors."""

import math
import random
from collections import namedtuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd as ag
from autograd import (
    Value,
    cos,
    derivative,
    exp,
    grad,
    gradients,
    hessian,
    hvp,
    jacobian,
    jvp,
    log,
    no_grad,
    sin,
    tanh,
    value_and_grad,
    vjp,
)
from autograd.graph import computed, operations
from autograd.value import Operation

numbers = st.floats(-2.0, 2.0)


def wavy(x):
    """A function of several numbers with sharing, lists and a constant."""
    total = ag.dot(x, x) + 1.0
    return sin(x[0] * x[1]) / total + log(total) * ag.softmax(x)[-1] + 0.5 * x[0]


def curve(x):
    return [wavy(x), x[0] * exp(-x[1]), ag.sum(x)]


# ---- structures ----------------------------------------------------------------------------------

Point = namedtuple("Point", "x y")


def test_the_result_has_the_structure_of_the_argument() -> None:
    def f(p):
        return p["w"][0] * p["w"][1] + p["b"] * p["at"].y

    slopes = grad(f)({"w": (2.0, 3), "b": 4.0, "at": Point(1.0, 5.0), "none": []})
    assert slopes == {"w": (3.0, 2.0), "b": 5.0, "at": Point(0.0, 4.0), "none": []}
    assert isinstance(slopes["at"], Point) and isinstance(slopes["w"], tuple)


def test_several_arguments() -> None:
    def f(x, scale, y=1.0):
        return scale * x * y

    assert grad(f)(2.0, 3.0, y=5.0) == 15.0
    assert grad(f, argnums=1)(2.0, 3.0) == 2.0
    assert grad(f, argnums=-1)(2.0, 3.0) == 2.0
    assert grad(f, argnums=(1, 0))(2.0, 3.0) == (2.0, 3.0)
    assert hessian(f, argnums=(0, 1))(2.0, 3.0) == ((0.0, 1.0), (1.0, 0.0))
    assert grad(lambda x, how: x * x if how == "square" else x)(3.0, "square") == 6.0
    assert value_and_grad(f)(2.0, 3.0) == (6.0, 3.0)


def test_jacobian_nests_the_argument_in_the_result() -> None:
    found = jacobian(lambda p: {"sum": p[0] + p[1], "pair": (p[0] * p[1], 7.0)})([2.0, 5.0])
    assert found == {"sum": [1.0, 1.0], "pair": ([5.0, 2.0], [0.0, 0.0])}
    assert jacobian(lambda x: x * x)(3.0) == 6.0


def test_an_output_that_ignores_its_input() -> None:
    assert grad(lambda x: 3.0)(2.0) == 0.0 and grad(lambda x: x[0])([1.0, 2.0]) == [1.0, 0.0]
    assert hessian(lambda x: 3.0 * x[0])([1.0, 2.0]) == [[0.0, 0.0], [0.0, 0.0]]
    assert jacobian(lambda x: [3.0, x])(1.0) == [0.0, 1.0] and derivative(lambda x: 4, 3)(1.0) == 0.0
    assert hvp(lambda x: 3.0 * x[0], [1.0, 2.0], [1.0, 1.0]) == [0.0, 0.0] and jvp(lambda x: 2.0, 1.0, 1.0) == 0.0
    assert vjp(lambda x: [2.0, x], 1.0, [5.0, 7.0]) == 7.0


# ---- numbers or Values ---------------------------------------------------------------------------


def test_numbers_in_numbers_out() -> None:
    for found in (
        grad(lambda x: ag.dot([x, 1.0], [2.0, 3.0]))(1),  # the 1.0 becomes a leaf inside
        grad(lambda x: x * Value(3.0))(2.0),
        derivative(lambda x: x.detach() * x, 1)(2.0),
        jvp(sin, 1.0, 1.0),
        hessian(lambda x: x * x)(1.0),
        value_and_grad(sin)(1.0)[0],
    ):
        assert type(found) is float


def test_values_come_out_where_values_are_about() -> None:
    w = Value(3.0, label="w")
    slope = grad(lambda x: sin(w * x))(2.0)
    slope.backward()
    assert math.isclose(slope.data, 3 * math.cos(6)) and math.isclose(w.grad, math.cos(6) - 6 * math.sin(6))
    assert isinstance(grad(lambda x: x + w)(2.0), Value) and isinstance(grad(lambda x: 2 * x)(Value(1.0)), Value)
    inner = w * w
    [slope] = jacobian(lambda x: [inner * x])(2.0)
    assert gradients(slope, [w])[0].data == 6.0
    assert isinstance(jvp(sin, 1.0, Value(2.0)), Value) and isinstance(hvp(sin, 1.0, Value(2.0)), Value)


def test_nobodys_grad_is_touched() -> None:
    w, x = Value(3.0), Value(2.0)
    for found in (grad(lambda x: w * x * x)(x), hessian(lambda x: w * x**3)(x), jvp(lambda x: w * x, x, 1.0)):
        assert isinstance(found, Value)
    assert not w.grad_is_computed and not x.grad_is_computed


def test_the_argument_is_a_variable_of_its_own() -> None:
    x = Value(3.0)
    assert grad(lambda y: x * y)(x).data == 3.0  # not 6: the x outside is another variable
    assert grad(lambda a, b: a * b)(x, x).data == 3.0
    assert [slope.data for slope in grad(lambda a, b: a * a * b, argnums=(0, 1))(x, x)] == [18.0, 9.0]
    slope = grad(lambda y: y**3)(x)
    slope.backward()
    assert x.grad == 18.0


def test_inside_no_grad() -> None:
    w = Value(3.0)
    with no_grad():
        slope = grad(lambda x: w * x * x)(2.0)
        assert grad(lambda x: x * x)(2.0) == 4.0 and hessian(lambda x: x**3)(2.0) == 12.0
        assert hvp(lambda x: x**3, 2.0, 1.0) == 12.0 and derivative(sin, 3)(0.0) == -1.0
    assert slope.data == 12.0 and slope.parents == ()


def test_the_graph_of_a_derivative_reads_as_the_formula() -> None:
    slope = grad(lambda x: x * sin(x))(Value(2.0))  # sin(x) + x cos(x)
    assert operations(slope) == {"sin": 1, "cos": 1, "*": 1, "+": 1, "identity": 1}
    w = Value(3.0, label="w")
    slope = grad(lambda x: w * x)(2.0)
    assert slope is not w and slope.data == 3.0 and gradients(slope, [w])[0].data == 1.0
    slope.data = 7.0
    assert w.data == 3.0


# ---- nesting -------------------------------------------------------------------------------------


def test_perturbations_are_not_confused() -> None:
    assert grad(lambda x: x * grad(lambda y: x * y)(x))(3.0) == 6.0
    assert grad(lambda x: x * grad(lambda y: x + y)(1.0))(5.0) == 1.0  # Siskind and Pearlmutter 2005
    assert grad(lambda x: x * grad(lambda y: x * y)(2.0))(3.0) == 6.0
    assert grad(lambda x: grad(lambda y: x * y * y)(x) * x)(2.0) == 24.0  # d/dx 2x^3
    assert derivative(lambda x: derivative(lambda y: x * y**2)(x))(3.0) == 12.0
    assert jvp(lambda x: x * jvp(lambda y: x + y, 1.0, 1.0), 5.0, 1.0) == 1.0


def test_grad_of_grad_and_mixtures() -> None:
    assert grad(grad(lambda x: x**3))(2.0) == 12.0
    assert grad(lambda x: grad(lambda y: y**3)(2.0) * x)(7.0) == 12.0
    found = hessian(lambda p: p[0] * grad(lambda y: p[1] * y**3)(2.0))([3.0, 5.0])
    assert found == [[0.0, 12.0], [12.0, 0.0]]


@pytest.mark.parametrize("seed", range(5))
def test_hessians_by_five_ways(seed: int) -> None:
    rng = random.Random(seed)
    x = [rng.uniform(-2, 2) for _ in range(3)]
    found = hessian(wavy)(x)
    assert all(found[i][j] == found[j][i] for i in range(3) for j in range(3))
    for other in (
        jacobian(grad(wavy))(x),
        [hvp(wavy, x, [float(i == j) for j in range(3)]) for i in range(3)],
        [jvp(grad(wavy), x, [float(i == j) for j in range(3)]) for i in range(3)],
        [grad(lambda p, i=i: grad(wavy)(p)[i])(x) for i in range(3)],
    ):
        for row, other_row in zip(found, other):
            assert row == pytest.approx(other_row, abs=1e-12)


@given(st.lists(numbers, min_size=2, max_size=4), st.lists(numbers, min_size=4, max_size=4), st.data())
def test_products_with_vectors_agree_with_the_jacobian(x, v, data) -> None:
    v, u = v[: len(x)], data.draw(st.lists(numbers, min_size=3, max_size=3))
    rows = jacobian(curve)(x)
    forward, reverse = jvp(curve, x, v), vjp(curve, x, u)
    assert forward == pytest.approx([sum(a * b for a, b in zip(row, v)) for row in rows], abs=1e-9)
    assert reverse == pytest.approx([sum(a * b for a, b in zip(u, column)) for column in zip(*rows)], abs=1e-9)
    assert sum(a * b for a, b in zip(u, forward)) == pytest.approx(sum(a * b for a, b in zip(reverse, v)), abs=1e-9)


def test_high_orders() -> None:
    assert math.isclose(derivative(lambda x: x**9, 9)(1.7), math.factorial(9), rel_tol=1e-11)
    assert math.isclose(derivative(lambda x: x * x * x * x * x * x * x * x * x, 9)(1.7), 362880.0, rel_tol=1e-11)
    f = lambda x: x**9  # noqa: E731
    for _ in range(9):
        f = grad(f)
    assert math.isclose(f(1.7), 362880.0, rel_tol=1e-11)
    for n in range(1, 7):
        assert math.isclose(derivative(sin, n)(0.4), math.sin(0.4 + n * math.pi / 2), rel_tol=1e-11)
        assert math.isclose(derivative(exp, n)(0.4), math.exp(0.4), rel_tol=1e-12)
    assert derivative(lambda t: (cos(t), {"y": t**3}), 2)(2.0) == (-math.cos(2.0), {"y": 12.0})


def test_forward_mode_works_wherever_reverse_does() -> None:
    from tests.checks import sample
    from tests.ops import ROWS

    for row in ROWS:
        for point in sample(row, 3):
            reverse = grad(lambda p, row=row: row.ours(*p))(list(point))
            unit = [[float(i == j) for j in range(len(point))] for i in range(len(point))]
            forward = [jvp(lambda p, row=row: row.ours(*p), list(point), v) for v in unit]
            assert forward == pytest.approx(reverse, rel=1e-12, abs=1e-300), row.name
            second = [jvp(grad(lambda p, row=row: row.ours(*p)), list(point), v) for v in unit]
            assert [list(each) for each in second] == [
                pytest.approx(each, rel=1e-9, abs=1e-12)
                for each in hessian(lambda p, row=row: row.ours(*p))(list(point))
            ], row.name


def test_unrolled_steps_do_not_walk_back_the_whole_way(monkeypatch) -> None:
    from autograd import derivatives

    lengths = []
    sort = derivatives.topological_order
    monkeypatch.setattr(derivatives, "topological_order", lambda *outputs: [lengths.append(o := sort(*outputs)), o][1])
    x, rate = Value(1.0), Value(0.01)
    for _ in range(20):
        x = x - rate * grad(lambda z: sin(z) * z)(x)
    assert {len(order) for order in lengths} == {2}
    x.backward()
    y, total = 1.0, 0.0
    for _ in range(20):
        total, y = (
            total * (1.0 - 0.01 * (2.0 * math.cos(y) - y * math.sin(y))) - (math.sin(y) + y * math.cos(y)),
            y - 0.01 * (math.sin(y) + y * math.cos(y)),
        )
    assert rate.grad == pytest.approx(total) and x.data == pytest.approx(y)


# ---- what it costs, counted ----------------------------------------------------------------------


@pytest.fixture
def rule_calls(monkeypatch):
    """Counts how many local gradients are asked for."""
    calls = {"count": 0}
    from autograd import functions, reductions, trigonometry, value

    for module in (value, functions, reductions, trigonometry):
        for member in list(vars(module).values()):
            operation = getattr(member, "operation", member)
            if isinstance(operation, Operation):

                def counted(*args, right=operation.gradient):
                    calls["count"] += 1
                    return right(*args)

                monkeypatch.setattr(operation, "gradient", counted)
    return calls


@pytest.mark.parametrize("n", [5, 50])
def test_each_mode_costs_a_sweep_for_each(n: int, rule_calls) -> None:
    def several(x):
        return [sin(each) * x[0] for each in x]

    x = [0.1 * k for k in range(n)]
    grad(lambda x: ag.sum(several(x)))(x)
    assert rule_calls["count"] == 2 * n + 1  # once a node, however many inputs
    rule_calls["count"] = 0
    jvp(several, x, x)
    assert rule_calls["count"] == 2 * n
    rule_calls["count"] = 0
    jacobian(lambda t: [sin(k * t) for k in range(n)])(0.3)
    assert rule_calls["count"] == 2 * n  # forward mode, one input


def test_hessian_costs_a_sweep_a_row(rule_calls) -> None:
    n = 6
    x = [Value(0.1 * k) for k in range(n)]
    slopes = gradients(wavy(x), x)
    recorded = len({node for slope in slopes for node in computed(slope)})
    rule_calls["count"] = 0
    hessian(wavy)([0.1 * k for k in range(n)])
    assert rule_calls["count"] <= (n + 1) * (recorded + n)


# ---- errors --------------------------------------------------------------------------------------

BAD = {
    "a number for a function": (lambda: grad(3.0), TypeError, "grad: 3.0 is not a function"),
    "argnums too large": (lambda: grad(sin, argnums=2)(1.0), ValueError, "argnums = 2 with 1 argument"),
    "argnums a string": (lambda: grad(sin, argnums="x")(1.0), TypeError, "argnums = 'x'"),
    "argnums a bool": (lambda: grad(sin, argnums=True)(1.0), TypeError, "argnums = True"),
    "argnums twice": (lambda: grad(sin, argnums=(0, -1))(1.0), ValueError, "names an argument twice"),
    "argnums empty": (lambda: grad(sin, argnums=())(1.0), TypeError, r"argnums = \(\)"),
    "no argument": (lambda: grad(lambda: 1.0)(), ValueError, "with 0 arguments"),
    "a string comes out": (lambda: grad(lambda x: "3")(1.0), TypeError, "'3' in the result is a str"),
    "nothing comes out": (lambda: grad(lambda x: None)(1.0), TypeError, "None in the result is a NoneType"),
    "a string goes in": (lambda: grad(sin)("1.0"), TypeError, "'1.0' in an argument is a str"),
    "a set goes in": (lambda: grad(sum)({1.0}), TypeError, "is a set, not a number"),
    "several come out": (lambda: grad(lambda x: [x, x])(1.0), TypeError, "a list of 2, not one number"),
    "hessian of several": (lambda: hessian(lambda x: (x,))(1.0), TypeError, "a tuple of 1, not one number"),
    "order 0": (lambda: derivative(sin, 0), ValueError, "derivative: n = 0"),
    "order -1": (lambda: derivative(sin, -1), ValueError, "derivative: n = -1"),
    "order 1.5": (lambda: derivative(sin, 1.5), ValueError, "derivative: n = 1.5"),
    "derivative by a list": (lambda: derivative(sum)([1.0]), TypeError, "a list of 1, not one number"),
    "a vector too short": (lambda: jvp(sum, [1.0, 2.0], [1.0]), ValueError, "v is a list of 1 where x is a list of 2"),
    "a vector too flat": (lambda: hvp(sin, 1.0, [1.0]), ValueError, "v is a list of 1 where x is a number"),
    "other keys": (lambda: vjp(lambda x: {"a": x}, 1.0, {"b": 1.0}), ValueError, "u is a dict of 'b' where"),
    "an empty dict": (lambda: grad(lambda x: {})(1.0), TypeError, "returned an empty dict, not one number"),
    "None goes in": (
        lambda: grad(sin)(None),
        TypeError,
        "None in an argument is a NoneType, not a number\ngive it a number",
    ),
    "a comparison": (
        lambda: grad(lambda x: x > 0)(1.0),
        TypeError,
        "returned True, a comparison, .*\na comparison has",
    ),
    "too many parameters": (lambda: grad(lambda x, y: x)(1.0), TypeError, r"1 argument for <lambda>\(x, y\): missing"),
    "hvp of two": (lambda: hvp(lambda x, y: x, 1.0, 1.0), TypeError, "'y'\nf takes one argument here"),
    "jvp of None": (lambda: jvp(None, 1.0, 1.0), TypeError, "jvp: None is not a function"),
    "vjp of None": (lambda: vjp(None, 1.0, 1.0), TypeError, "vjp: None is not a function"),
    "hvp of None": (lambda: hvp(None, 1.0, 1.0), TypeError, "hvp: None is not a function"),
    "derivative by a list, before it runs": (
        lambda: derivative(lambda x: x**2)([1.0]),
        TypeError,
        "use grad or jacobian",
    ),
    "by any name": (lambda: grad(lambda **k: k["x"])(x=1.0), ValueError, "by place, not by name"),
    "a vector unlike inside": (
        lambda: jvp(lambda x: x[1], [[1.0, 2.0], 3.0], [[1.0], 2.0]),
        ValueError,
        r"v\[0\] is a list of 1 where x\[0\] is a list of 2",
    ),
    "gradients by None": (lambda: gradients(Value(1.0), None), TypeError, "None is not a list of inputs"),
    "gradients of a number": (lambda: gradients(1.0, []), TypeError, "1.0 is a float, not a Value"),
    "gradients by a Value": (lambda: gradients(Value(1.0), Value(1.0)), TypeError, "is not a list of inputs"),
}


@pytest.mark.parametrize(("attempt", "kind", "text"), BAD.values(), ids=BAD)
def test_bad_input_is_told_what_to_write(attempt, kind, text) -> None:
    with pytest.raises(kind, match=text) as error:
        attempt()
    assert len(str(error.value).splitlines()) == 2


def test_errors_inside_the_function_come_through() -> None:
    with pytest.raises(TypeError, match=r"has no len\(\)"):
        grad(lambda x: len(3) * x)(1.0)


def test_arguments_by_name() -> None:
    assert grad(lambda x: x**2)(x=2.0) == 4.0 and grad(lambda x, y: x * y, argnums=1)(3.0, y=2.0) == 3.0
    assert grad(grad(lambda x: x**3))(x=2.0) == 12.0 and derivative(sin, 2)(x=0.0) == 0.0
    assert hessian(lambda x, *, scale: scale * x**2)(x=1.0, scale=3.0) == 6.0


def test_an_array_is_told_to_become_a_list() -> None:
    numpy = pytest.importorskip("numpy")
    with pytest.raises(TypeError, match=r"write x.tolist\(\)"):
        grad(sum)(numpy.array([1.0, 2.0]))
    assert grad(tanh)(numpy.float64(0.0)) == 1.0


def test_the_function_keeps_its_signature_and_says_what_it_is() -> None:
    import inspect

    def loss(w, b=2.0):
        return w * b

    assert grad(loss).__name__ == "grad(loss)" and str(inspect.signature(grad(loss))) == "(w, b=2.0)"
    assert not hasattr(grad(sin), "operation")
