"""What happens at the edges (edges.md), row by row; and the warning that goes with a result Python would not give."""

import math
import re
import warnings
from pathlib import Path

import pytest

import autograd as ag
from autograd import Value
from autograd.derivatives import gradients

TABLE = Path(__file__).with_name("edges.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (.+?) \| (.+?) \|$", TABLE, flags=re.MULTILINE)[2:]
INFIX = {"add": lambda a, b: a + b, "mul": lambda a, b: a * b, "div": lambda a, b: a / b, "pow": lambda a, b: a**b}
AT = {
    "x**x": lambda x: x**x,
    "x/x": lambda x: x / x,
    "x-x": lambda x: x - x,
    "maximum(x,x)": lambda x: ag.maximum(x, x),
    "minimum(x,x)": lambda x: ag.minimum(x, x),
}
# Two rules overrule the table: x**0 is the constant 1, at nan too; and where the limit of x**x (1 + log x) at 0
# is -inf, the 0 and nan of the large frameworks are accepted.
BY_RULE = {
    "pow(nan, 0.0)": "1 ; 0 ; nan",
    "pow_const_exponent: nan ** 0.0": "1 ; 0 ; 0",
    "x**x at 0.0": "1 ; 0 ; nan",
}


def parse(expression: str):
    """The function of an expression of the table, and the numbers it is taken at."""
    if match := re.fullmatch(r"pow_const_exponent: (\S+) \*\* (\S+)", expression):
        return lambda x: x ** float(match[2]), [float(match[1])]
    if match := re.fullmatch(r"pow_const_base: (\S+) \*\* (\S+)", expression):
        return lambda y: float(match[1]) ** y, [float(match[2])]
    if match := re.fullmatch(r"logsumexp at (.+)", expression):
        return lambda *values: ag.logsumexp(values), [float(x) for x in match[1].split(",")]
    if match := re.fullmatch(r"(.+) at (\S+)", expression):
        return AT[match[1]], [float(match[2])]
    name, arguments = re.fullmatch(r"(\w+)\((.+)\)", expression).groups()
    return INFIX.get(name) or getattr(ag, name), [float(x) for x in arguments.split(",")]


def same(ours: float, expected: str) -> bool:
    truth = float(expected)
    return (math.isnan(ours) and math.isnan(truth)) or ours == truth or math.isclose(ours, truth, rel_tol=1e-5)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("expression", "results"), ROWS, ids=[expression for expression, _ in ROWS])
def test_edge(expression: str, results: str) -> None:
    expected = BY_RULE.get(expression, results).split(" ; ")
    function, numbers = parse(expression)
    inputs = [Value(x) for x in numbers]
    output = function(*inputs)
    slopes = gradients(output, inputs)
    found = [output, *slopes]
    if len(found) < len(expected):
        found += gradients(slopes[0], inputs)
    assert len(found) == len(expected)
    assert all(same(ours.data, truth) for ours, truth in zip(found, expected)), found
    output.backward()
    assert all(same(leaf.grad, truth) for leaf, truth in zip(inputs, expected[1:]))


def test_the_table_is_read_whole() -> None:
    assert len(ROWS) > 180


def warned(compute) -> str:
    with pytest.warns(RuntimeWarning) as caught:
        compute()
    assert len(caught) == 1
    assert caught[0].filename == __file__
    return str(caught[0].message)


def test_a_result_that_python_refuses_comes_with_one_warning_at_the_users_line() -> None:
    assert warned(lambda: ag.log(Value(0.0, label="p"))) == "log(0.0) is -inf [p]"
    assert warned(lambda: 1 / Value(0.0, label="q")) == "1.0 / 0.0 is inf [q]"
    assert warned(lambda: Value(-8.0) ** 0.5) == "-8.0 ** 0.5 is nan"
    assert warned(lambda: ag.exp(800)) == "exp(800.0) is inf"
    assert warned(lambda: Value(-10.0) ** 309) == "-10.0 ** 309.0 is -inf"
    assert warned(lambda: Value(0.0).log()) == "log(0.0) is -inf"
    assert warned(lambda: ag.sinh(-800.0)) == "sinh(-800.0) is -inf"


def test_a_backward_pass_does_not_warn() -> None:
    x = Value(0.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        y = ag.sqrt(x) + x**0.5
        y.backward()
        [slope] = gradients(y, [x])
    assert x.grad == slope.data == math.inf


def test_a_warning_may_be_made_an_error() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(RuntimeWarning, match="log"):
            Value(-1.0).log()


@pytest.mark.parametrize("big", [800.0, -800.0, 1e6, -1e6, 1e300, -1e300])
def test_saturating_functions_are_finite_with_their_slopes(big: float) -> None:
    for name in [
        "sigmoid",
        "tanh",
        "softplus",
        "logsigmoid",
        "silu",
        "gelu",
        "elu",
        "sech",
        "softsign",
        "relu",
        "leaky_relu",
        "atan",
        "erf",
    ]:
        x = Value(big)
        y = getattr(ag, name)(x)
        for _ in range(3):
            assert math.isfinite(y.data), name
            [y] = gradients(y, [x])
    a, b = Value(big), Value(-big)
    for y in (ag.logaddexp(a, b), ag.logsumexp([a, b]), *ag.softmax([a, b]), *ag.log_softmax([a, b])):
        y.backward()
        assert math.isfinite(y.data) and math.isfinite(a.grad) and math.isfinite(b.grad)


def test_small_tails_are_kept() -> None:
    for y, truth in (
        (ag.tanh, 4 * math.exp(-100)),
        (ag.sigmoid, math.exp(-50)),
        (ag.softsign, 1 / 51**2),
        (lambda x: ag.log_softmax([x, 0.0])[0], math.exp(-50)),
    ):
        x = Value(50.0)
        y(x).backward()
        assert math.isclose(x.grad, truth, rel_tol=1e-12)
    assert math.isclose(ag.log_softmax([50.0, 0.0])[0], -math.exp(-50), rel_tol=1e-12)


def test_zero_times_infinity_is_not_special_cased() -> None:
    with pytest.warns(RuntimeWarning):
        y = 0 * ag.log(Value(0.0))
    assert math.isnan(y.data)
    x = Value(0.0)
    (0.0 * ag.sqrt(x)).backward()
    assert math.isnan(x.grad)


def test_subnormals_are_kept() -> None:
    x = Value(5e-324)
    (x * 1.0).backward()
    assert (x * 1.0).data == 5e-324
    assert ag.exp(Value(-745.0)).data == 5e-324
