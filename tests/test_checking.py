"""Checks that check: they agree with what is right, and notice a wrong rule for every operation there is."""

import math

import pytest

import autograd as ag
from autograd import (
    GradcheckError,
    Value,
    compare,
    grad,
    gradcheck,
    numerical_gradient,
    numerical_jacobian,
    relu,
    sin,
    sqrt,
    tanh,
)
from tests.checks import sample
from tests.ops import ROWS
from tests.test_mutants import FLAT, distort

by_name = pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])


@by_name
def test_every_operation_passes(row) -> None:
    for point in sample(row, 2, seed=5):
        assert gradcheck(row.ours, point, order=2)
        assert compare(lambda p: row.ours(*p), list(point)).agree


@by_name
def test_a_wrong_rule_is_noticed_by_each_check(row, monkeypatch) -> None:
    point = max(sample(row, 9, seed=5), key=lambda point: max(map(abs, grad(lambda p: row.ours(*p))(list(point)))))
    right = row.operation.gradient
    wrongs = [lambda gain: gain + 0.001] if row.name in FLAT else [lambda gain: gain * 1.001, lambda gain: -gain]
    for change in wrongs:
        monkeypatch.setattr(row.operation, "gradient", distort(right, change))
        with pytest.raises(GradcheckError):
            gradcheck(row.ours, point, order=1)
        assert not compare(lambda p: row.ours(*p), list(point)).agree
        numeric = numerical_gradient(lambda p: row.ours(*p), list(point))
        assert grad(lambda p: row.ours(*p))(list(point)) != pytest.approx(numeric, rel=1e-4, abs=1e-7)


def only_once(gradient):
    """A local gradient that is right on numbers, and constant for whoever differentiates it again."""

    def cut(x):
        if isinstance(x, (list, tuple)):
            return [cut(each) for each in x]
        return x.detach() if isinstance(x, Value) else x

    return lambda g, a, b: gradient(g, cut(a), cut(b))


CURVED = [row for row in ROWS if row.name in {"square", "exp", "multiply", "divide", "power", "tanh", "softmax", "dot"}]


@pytest.mark.parametrize("row", CURVED, ids=[row.name for row in CURVED])
def test_a_rule_that_is_right_only_once_is_noticed(row, monkeypatch) -> None:
    monkeypatch.setattr(row.operation, "gradient", only_once(row.operation.gradient))
    [point] = sample(row, 1, seed=5)
    assert gradcheck(row.ours, point, order=1)
    with pytest.raises(GradcheckError, match="d2f/"):
        gradcheck(row.ours, point, order=2)


def test_the_failure_shows_the_worst_entry() -> None:
    wrong = ag.custom(lambda x, y: x * y, lambda x, y: (y, 2.0 * x), name="wrong")
    with pytest.raises(GradcheckError) as error:
        gradcheck(lambda p, k: wrong(p["a"][1], k), ({"a": [1.0, 3.0]}, 5.0), order=1)
    first, second = str(error.value).splitlines()
    assert first.startswith("gradcheck: df/dk is 6 by the chain rule, 3") and "apart (5.0e-01 of its size)" in first
    assert second == "1 of 3 derivatives differ; print(error.report) shows all"
    table = str(error.value.report)
    assert "df/dp[a][1]" in table and table.count("DIFFERS") == 1 and not error.value.report


def test_several_outputs_and_third_order() -> None:
    report = gradcheck(lambda x, y: [x * sin(y), {"z": tanh(x)}], (0.5, 2.0), order=3)
    names = [entry.name for entry in report.entries]
    assert "df[0]/dy" in names and "d3f[1]/dx dx dx" in names and len(names) == 2 * (2 + 4 + 8)
    assert all(entry.relative < 1e-6 or entry.absolute < 1e-8 for entry in report.entries)
    assert str(report) == str(gradcheck(lambda x, y: [x * sin(y), {"z": tanh(x)}], (0.5, 2.0), order=3))


@pytest.mark.parametrize("x", [1e-8, 1e-3, 0.5, 300.0, 1e6])
def test_steps_suit_the_size_of_the_input(x: float) -> None:
    assert gradcheck(ag.log, x) and gradcheck(sqrt, x) and gradcheck(lambda v: v * v + 1.0, x)


HARD = {
    "all but flat": (lambda x: ag.exp(-1.0 / x**2), 0.1),
    "a large constant": (lambda x: 1e8 * x + sin(x), 1.0),
    "steep": (lambda x: tanh(1000.0 * x), 1e-4),
    "tiny": (lambda x: 1e-12 * sin(x), 1.0),
    "cancellation": (lambda x: (1.0 - ag.cos(x)) / x**2, 1e-3),
    "far out": (sin, 1e8),
    "next to a pole": (ag.reciprocal, 1e-9),
    "next to a branch point": (sqrt, 1e-20),
    "a power of itself": (lambda x: x**x, 1e-3),
    "oscillating": (lambda x: sin(50.0 * x), 1.0),
    "in the tail": (ag.erf, 5.5),
    "constant": (lambda x: 3.0, 1.0),
}


@pytest.mark.parametrize(("f", "x"), HARD.values(), ids=HARD)
def test_no_false_alarms(f, x) -> None:
    assert gradcheck(f, x)


@pytest.mark.parametrize(("f", "x"), HARD.values(), ids=HARD)
def test_and_none_missed_there(f, x) -> None:
    wrong = ag.custom(f, lambda x: 1.01 * grad(f)(x) + 0.01, name="wrong")
    with pytest.raises(GradcheckError):
        gradcheck(wrong, x, order=1)


EDGES = {
    "asin": (ag.asin, 0.99999),
    "acos": (ag.acos, 0.9999999),
    "log next to 0": (lambda x: ag.log(x - 1.0), 1.0 + 1e-5),
    "sqrt next to 0": (lambda x: sqrt(1.0 - x), 1.0 - 1e-5),
    "cross-entropy": (lambda p: -ag.log(p) - 0.5 * ag.log(1.0 - p), 0.999999),
    "a border": (lambda x: x**2.5, 0.0),
    "a pole": (lambda x: 1.0 / (x - 1.0), 1.0 + 1e-5),
    "fast": (lambda x: sin(1e6 * x), 0.3),
    "lost digits": (lambda x: (1.0 + x) - 1.0, 1e-20),
}


@pytest.mark.parametrize(("f", "x"), EDGES.values(), ids=EDGES)
def test_no_false_alarms_next_to_an_edge(f, x) -> None:
    assert gradcheck(f, x)
    assert gradcheck(lambda x, y: ag.log(x - y), (1.00001, 1.0))


MISSED = {
    "a jump, and nan": (ag.custom(math.floor, lambda x: math.nan), 2.0),
    "a jump, and 777": (ag.custom(math.floor, lambda x: 777.0), 2.0),
    "a jump, and -inf": (ag.custom(math.floor, lambda x: -math.inf), 2.0),
    "fast": (ag.custom(lambda x: math.sin(1e6 * x), lambda x: 2e6 * ag.cos(1e6 * x)), 0.3),
    "steep": (ag.custom(lambda x: math.exp(3e5 * x), lambda x: 0.0 * x), 0.0),
    "small": (ag.custom(lambda x: 1e-9 * x * x, lambda x: 4e-9 * x), 1.0),
}


@pytest.mark.parametrize(("f", "x"), MISSED.values(), ids=MISSED)
def test_no_excuse_for_what_is_wrong(f, x) -> None:
    with pytest.raises(GradcheckError):
        gradcheck(f, x, order=1)


def test_a_wrong_slope_of_a_jump_is_noticed() -> None:
    wrong_step = ag.custom(lambda x: float(x > 0), lambda x: 12345.0)
    with pytest.raises(GradcheckError, match="12345"):
        gradcheck(ag.custom(lambda x: max(x, 0.0), lambda x: wrong_step(x)), 0.0)


def test_what_differences_cannot_tell_is_told() -> None:
    with pytest.warns(RuntimeWarning, match="df/dx: not checked: differences too rough"):
        assert "not checked" in str(gradcheck(lambda x: 1e25 + x, 1.0, order=1))  # rounded away


def test_a_kink_of_the_slope_is_told() -> None:
    with pytest.warns(RuntimeWarning, match="d2f/dx dx: kink nearby, slopes -2 and 2"):
        assert gradcheck(lambda x: x * ag.abs(x), 0.0)


def test_gradcheck_with_parameters_from_outside() -> None:
    w = Value(3.0)
    assert gradcheck(lambda x: sin(w * x), 0.5) and not w.grad_is_computed


@pytest.mark.parametrize(
    ("f", "inputs", "text"),
    [
        (relu, 0.0, "slopes 0 and 1 on its sides"),
        (ag.abs, 0.0, "slopes -1 and 1"),
        (ag.maximum, (1.0, 1.0), "df/da: kink nearby, slopes 0 and 1"),
        (lambda x: relu(x - 1.0), 1.0 + 1e-7, "kink nearby"),
        (lambda x: ag.norm([x, 0.0]), 0.0, "slopes -1 and 1"),
    ],
)
def test_kinks_are_told(f, inputs, text) -> None:
    with pytest.warns(RuntimeWarning, match="gradcheck: .*kink") as warned:
        report = gradcheck(f, inputs, order=1)
    assert report and any(text in str(each.message) for each in warned)
    assert "kink: slopes" in str(report)


def test_a_kink_excuses_only_slopes_between_its_sides() -> None:
    steep = ag.custom(lambda x: max(x, 0.0), lambda x: ag.where(x, ag.step(x), 2.0), name="steep")
    with pytest.raises(GradcheckError):
        gradcheck(steep, 0.0, order=1)


def test_a_jump_is_told() -> None:
    with pytest.warns(RuntimeWarning, match="a jump within"):
        assert gradcheck(ag.floor, 2.0, order=1)


def test_infinite_slopes_are_no_agreement() -> None:
    with pytest.raises(GradcheckError, match="df/dx is inf by .*: f or its derivative is not finite there"):
        gradcheck(sqrt, 0.0)


def test_numerical_derivatives_have_the_structure_of_the_input() -> None:
    found = numerical_gradient(lambda p: p["a"] * p["b"][0], {"a": 2.0, "b": (5.0,)})
    assert found == {"a": 5.0, "b": (2.0,)} and isinstance(found["b"], tuple)
    rows = numerical_jacobian(lambda x: {"s": x[0] + x[1], "e": ag.exp(x[0])}, [0.0, 1.0])
    assert rows["s"] == [1.0, 1.0] and rows["e"] == pytest.approx([1.0, 0.0], abs=1e-9)
    assert numerical_gradient(sin, 1.0, step=1e-2) != pytest.approx(math.cos(1.0), rel=1e-8)


def test_compare_shows_the_u_curve() -> None:
    found = compare(lambda p: tanh(p[0]) * p[1], [1.0, 2.0])
    assert found.agree and found.reverse == pytest.approx(found.forward, rel=1e-15)
    lowest = found.central_errors.index(min(found.central_errors))
    assert 1e-7 < found.steps[lowest] < 1e-4
    assert found.central_errors[0] > 1e6 * found.central_errors[lowest] < found.central_errors[-1]
    text = str(found)
    assert "reverse mode" in text and "p[1]" in text and "1e-15" in text and text.endswith("all agree")


def test_compare_draws(tmp_path) -> None:
    pytest.importorskip("matplotlib")
    compare(sin, 1.0).plot(tmp_path / "errors.png")
    assert (tmp_path / "errors.png").read_bytes().startswith(b"\x89PNG")
    assert [path.name for path in tmp_path.iterdir()] == ["errors.png"]


@pytest.mark.parametrize(
    ("path", "kind", "text"),
    [
        (5, TypeError, "5 is not a path"),
        ("errors", ValueError, "'errors' is no picture by its suffix"),
        ("errors.xyz", ValueError, "'errors.xyz' is no picture by its suffix\nuse one of .*[.]png"),
    ],
)
def test_compare_draws_only_pictures(path, kind, text, tmp_path, monkeypatch) -> None:
    pytest.importorskip("matplotlib")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(kind, match=text):
        compare(sin, 1.0).plot(path)
    with pytest.raises(ValueError, match="no error is finite"):
        compare(lambda x: x * math.nan, 1.0).plot("errors.png")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("wrong", [math.nan, math.inf, 2.0])
def test_compare_judges_each_slope_by_itself(wrong: float) -> None:
    f = ag.custom(lambda x: x, lambda x: wrong, name="wrong")
    for whole in (lambda x: x[0] + f(x[1]), lambda x: 1e6 * x[0] + f(x[1]), lambda x: 1e-9 * f(x[1])):
        assert not compare(whole, [1.0, 1.0]).agree


def test_compare_says_why() -> None:
    assert compare(ag.abs, 0.0).verdict == "all agree (kink: x: slopes -1 and 1 on its sides)"
    assert compare(relu, 0.0).verdict == "all agree (kink: x: slopes 0 and 1 on its sides)"
    steep = ag.custom(lambda x: max(x, 0.0), lambda x: 2.0, name="steep")
    assert compare(lambda x: steep(x), 0.0).verdict.startswith("THEY DIFFER (kink")
    for f in (sqrt, lambda x: x * math.nan):
        assert compare(f, 0.0).verdict == "f or its derivative is not finite here"


def test_the_columns_stand_in_line() -> None:
    lines = str(compare(lambda p: p["a rather long name"] * 2.0, {"a rather long name": 1.0})).splitlines()
    assert lines[0].startswith("input ") and len(lines[0]) == len(lines[1])


@pytest.mark.parametrize(
    ("f", "x", "truth"),
    [
        (lambda x: x.sin(), 1.0, math.cos(1.0)),  # needs Values
        (math.sin, 1.0, math.cos(1.0)),  # needs floats
        (lambda x: 1 / x, 0.1, -100.0),
        (lambda x: x**0.5, 0.05, 0.5 / math.sqrt(0.05)),
        (ag.log, 1e-6, 1e6),
        (ag.log, 1e-5, 1e5),
        (sqrt, 1e-8, 5000.0),
        (lambda x: 1 / x, 1e-6, -1e12),
    ],
)
def test_numerical_gradients_suit_the_function(f, x: float, truth: float) -> None:
    assert numerical_gradient(f, x) == pytest.approx(truth, rel=1e-7)
    if f is not math.sin:
        assert compare(f, x).agree
    else:
        with pytest.raises(TypeError, match=r"autograd.sin"):
            compare(f, x)


def test_where_there_is_no_slope_it_is_nan() -> None:
    assert math.isnan(numerical_gradient(lambda x: 1 / x, 0.0)) and math.isnan(numerical_gradient(sqrt, 0.0))


def test_errors_inside_the_function_come_through() -> None:
    for attempt in (lambda f: numerical_gradient(f, 1.0), lambda f: compare(f, 1.0), lambda f: gradcheck(f, 1.0)):
        with pytest.raises(TypeError, match=r"has no len\(\)"):
            attempt(lambda x: len(3) * x)


@pytest.mark.parametrize(
    ("attempt", "kind", "text"),
    [
        (lambda: gradcheck(sin, 1.0, order=0), ValueError, "order = 0"),
        (lambda: gradcheck(sin, 1.0, order=1.5), ValueError, "order = 1.5"),
        (lambda: gradcheck(sin, ()), TypeError, r"gradcheck: 0 arguments for sin\(x\): missing"),
        (lambda: gradcheck(lambda: 1.0, ()), ValueError, "gradcheck: no inputs"),
        (lambda: gradcheck(3.0, 1.0), TypeError, "3.0 is not a function"),
        (
            lambda: gradcheck(lambda x: x[0], [1.0, 2.0]),
            TypeError,
            r"gradcheck: 2 arguments for <lambda>\(x\): too many",
        ),
        (lambda: gradcheck(lambda x: "a", 1.0), TypeError, "'a' in the result"),
        (lambda: gradcheck(sin, "a"), TypeError, "'a' in an argument"),
        (lambda: compare(lambda x: [x], 1.0), TypeError, "a list of 1, not one number"),
        (lambda: numerical_gradient(lambda x: [x, x], 1.0), TypeError, "use numerical_jacobian"),
        (lambda: numerical_gradient(sin, 1.0, step=0.0), ValueError, "a step of 0.0"),
        (lambda: numerical_jacobian(sin, None), TypeError, "None in an argument .*\ngive it a number"),
        (lambda: numerical_gradient(sin, 1.0, step="a"), TypeError, "numerical_gradient: step: 'a' is a str"),
        (lambda: numerical_gradient(sin, 1.0, step=1e-30), ValueError, "a step of 1e-30 does not change 1.0"),
        (lambda: numerical_gradient(sin, math.inf), ValueError, "numerical_gradient: a derivative at inf"),
        (lambda: gradcheck(sin, math.nan), ValueError, "gradcheck: a derivative at nan"),
        (lambda: gradcheck(sin, 1.0, rtol=-1), ValueError, "gradcheck: rtol = -1"),
        (lambda: gradcheck(sin, 1.0, rtol=math.nan), ValueError, "gradcheck: rtol = nan"),
        (lambda: gradcheck(sin, 1.0, rtol="a"), TypeError, "gradcheck: rtol: 'a' is a str"),
        (lambda: gradcheck(sin, 1.0, atol=None), TypeError, "gradcheck: atol: None is a NoneType"),
        (lambda: compare(None, 1.0), TypeError, "compare: None is not a function"),
        (lambda: compare(3, 1.0), TypeError, "compare: 3 is not a function"),
        (lambda: compare(lambda x, y: x * y, [1.0, 2.0]), TypeError, r"'y'\nf takes one argument here"),
        (lambda: numerical_gradient(lambda x, y: x * y, 1.0), TypeError, r"1 argument for <lambda>\(x, y\): missing"),
        (lambda: compare(sin, math.inf), ValueError, "compare: a derivative at inf"),
    ],
)
def test_bad_input_is_told_what_to_write(attempt, kind, text) -> None:
    with pytest.raises(kind, match=text) as error:
        attempt()
    assert len(str(error.value).splitlines()) == 2
