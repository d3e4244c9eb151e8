"""Expressions in text: what they compute, what they refuse, and how they say so."""

import inspect
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
from autograd import Value, grad, gradcheck, hessian
from autograd.expression import CONSTANTS, FUNCTIONS, near_miss, parse


def refusal(text: str) -> str:
    """The one line that says why a text is refused."""
    with pytest.raises(ValueError) as caught:
        parse(text)
    message = str(caught.value)
    assert type(caught.value) is ValueError and "\n" not in message and len(message) < 200
    return message


# ---- what is computed ----------------------------------------------------------------------------


def test_the_readme_expression() -> None:
    a, b = Value(2.0), Value(-3.0)
    result = parse("tanh(a*b + c)")(a=a, b=b, c=10.0)
    result.backward()
    assert result.data == math.tanh(4.0)
    assert a.grad == pytest.approx(-3.0 * (1.0 - math.tanh(4.0) ** 2))
    assert b.grad == pytest.approx(2.0 * (1.0 - math.tanh(4.0) ** 2))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 - 2 - 3", -4.0),
        ("12 / 3 / 2", 2.0),
        ("2**3**2", 512.0),
        ("-2**2", -4.0),
        ("2**-1", 0.5),
        ("+(2 - -3) * 4", 20.0),
        (" \n 1 +\n\t2\u00a0", 3.0),
        ("1_000 + 0x10 + 1.5e1", 1031.0),
        ("pi + e", math.pi + math.e),
        ("clip(5, high=1)", 1.0),
        ("elu(-1, alpha=2)", 2.0 * math.expm1(-1.0)),
        ("leaky_relu(slope=0.5, x=-2)", -1.0),
        ("dot([1, 2], [3, 4], start=0.5)", 11.5),
        ("sum([1, 2, 3]) + mean([1, 3]) + prod([2, 3]) + norm([3, 4])", 19.0),
        ("softmax([1, 1])[0] + exp(log_softmax([1, 1])[1])", 1.0),
        ("dot(softmax([0, 0]), [1, 3])", 2.0),
        ("where(1 < 2, 10, 20) + where(2 <= 2, 2, 1) + where(1 > 2, 1, 3) + where(3 >= 3, 4, 5)", 19.0),
        ("where(0, 1, 2)", 2.0),
        ("power(2, 3) + abs(-1)", 9.0),
        ("[1, 2, 3][2]", 3.0),
    ],
)
def test_values(text: str, expected: float) -> None:
    assert parse(text)() == pytest.approx(expected, rel=1e-15)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("9**9**9**9", math.inf),
        ("-9**9**9", -math.inf),
        ("1e999", math.inf),
        ("1" + "0" * 400, math.inf),
        ("1/0", math.inf),
    ],
)
def test_numbers_are_floats_before_anything_is_computed(text: str, expected: float) -> None:
    assert parse(text)() == expected
    assert math.isnan(parse("(-8)**(1/3)")()) and math.isnan(parse("0/0")())


def test_integers_given_as_values_are_floats_too() -> None:
    assert parse("a*a*a*a*a*a*a*a*a*a")(10**100) == math.inf


PARTS = st.integers(0, 9).map(str) | st.sampled_from(["x", "y", "x**2", "2**3", "x**-y**2"])


def larger(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    infix = st.builds("{}({} {} {})".format, st.sampled_from(["", "-"]), parts, st.sampled_from("+-*"), parts)
    return infix | st.builds("{} - {} * {}".format, parts, parts, parts)


@given(st.recursive(PARTS, larger, max_leaves=20))
def test_computes_what_python_does(text: str) -> None:
    expression = parse(text)
    values = {"x": 1.5, "y": -0.5}
    expected = eval(text, {}, values)
    given_values = {name: values[name] for name in expression.names}
    assert expression(**given_values) == pytest.approx(expected, rel=1e-12, abs=1e-12)
    on_values = expression(**{name: Value(number) for name, number in given_values.items()})
    assert getattr(on_values, "data", on_values) == pytest.approx(expected, rel=1e-12, abs=1e-12)


def test_every_public_function_of_numbers_is_known() -> None:
    public = {name for name in dir(autograd) if hasattr(getattr(autograd, name), "operation")}
    lists = {"sum", "mean", "prod", "dot", "norm", "logsumexp", "softmax", "log_softmax"}
    assert set(FUNCTIONS) == public | lists | {"clip", "power", "where"}
    assert all(FUNCTIONS[name] is getattr(autograd, name) for name in FUNCTIONS if name != "log_softmax")
    assert not FUNCTIONS.keys() & CONSTANTS.keys()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_is_called_as_itself(name: str) -> None:
    lists = {"values": "[a, b]", "xs": "[a, b]", "ys": "[b, a]", "condition": "a < b"}
    parameters = inspect.signature(FUNCTIONS[name]).parameters.values()
    call = f"{name}({', '.join(lists.get(each.name, 'a') for each in parameters if each.default is each.empty)})"
    call += "[0]" if "softmax" in name else ""
    values = {"a": 1.5 if name == "acosh" else 0.5, "b": 2.5}
    expression = parse(call)
    result = expression(**{each: Value(values[each]) for each in expression.names})
    assert result.data == eval(call, {**FUNCTIONS, **values})
    assert math.isfinite(result.data)


# ---- variables -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("c + a*b - a", ("c", "a", "b")),
        ("elu(alpha=k, x=y)", ("k", "y")),
        ("sin(θ) * pi", ("θ",)),
        ("ﬁ + fi", ("fi",)),
        ("e**x", ("x",)),
        ("self + text", ("self", "text")),
        ("2", ()),
    ],
)
def test_names_stand_in_the_order_of_their_first_appearance(text: str, names: tuple[str, ...]) -> None:
    expression = parse(text)
    assert expression.names == names
    assert math.isfinite(expression(**dict.fromkeys(names, 1.0)))


def test_is_a_function_like_any_other() -> None:
    expression = parse("x**2 * y")
    assert expression(2.0, 3.0) == expression(y=3.0, x=2.0) == 12.0
    assert grad(expression, argnums=(0, 1))(2.0, 3.0) == (12.0, 4.0)
    assert hessian(parse("x**3"))(2.0) == 12.0
    assert [entry.name for entry in gradcheck(expression, (2.0, 3.0), order=1).entries] == ["df/dx", "df/dy"]
    assert str(inspect.signature(expression)) == "(x, y)"
    assert repr(expression) == "Expression(text='x**2 * y', names=('x', 'y'))"


@pytest.mark.parametrize(
    ("numbers", "by_name", "message"),
    [
        ((), {"a": 1.0}, "a + b: missing a required argument: 'b'\nits variables: a, b"),
        ((1.0, 2.0, 3.0), {}, "a + b: too many positional arguments\nits variables: a, b"),
        ((1.0, 2.0), {"c": 1.0}, "a + b: got an unexpected keyword argument 'c'\nits variables: a, b"),
        ((1.0, "2"), {}, "b: '2' is a str, not a number\nwrite float(...) around text that holds a number"),
    ],
)
def test_wrong_arguments(numbers: tuple, by_name: dict, message: str) -> None:
    with pytest.raises(TypeError) as caught:
        parse("a + b")(*numbers, **by_name)
    assert str(caught.value) == message


def test_what_is_not_chosen_is_out_of_the_graph() -> None:
    a, b = Value(1.0), Value(2.0)
    assert parse("where(a < b, a, b)")(a, b) is a
    recorded = parse("where(a, a, b)")(a, b)
    assert recorded.op == "where" and b in recorded.parents


# ---- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tahn(a)", "column 1: unknown function 'tahn', did you mean 'tanh'?"),
        ("1 + Tanh(a)", "column 5: unknown function 'Tanh', did you mean 'tanh'?"),
        ("θ*ln(a)", "column 3: unknown function 'ln', did you mean 'log'?"),
        ("max(a, b)", "column 1: unknown function 'max', did you mean 'maximum'?"),
        ("a(b)", "column 1: unknown function 'a'; a product needs its *, and autograd --help lists all functions"),
        ("2 * tanh", "column 5: tanh is a function; write tanh(x)"),
        ("tanh()", "column 1: tanh: missing a required argument: 'x'; write tanh(x)"),
        ("tanh(a, b)", "column 1: tanh: too many positional arguments; write tanh(x)"),
        ("elu(a, beta=1)", "column 1: elu: got an unexpected keyword argument 'beta'; write elu(x, alpha=1.0)"),
        ("elu(a, alpha=1, alpha=2)", "column 1: elu: an argument is given twice; write elu(x, alpha=1.0)"),
        ("a^2", "column 2: '^' is not understood; write ** for a power"),
        ("a − b", "column 3: '−' is not understood; write - for a minus"),
        ("c = a*b", "column 3: '=' is not understood; write what stands on its right side only"),
        ("1,5*a", "column 1: '1,5*a' is not understood; write 1.5 with a point, and a list as [a, b]"),
        ("1 + a.tanh()", "column 5: 'a.tanh()' is not understood; for x.tanh() write tanh(x)"),
        ("(a)(b)(c)", "column 1: '(a)(b)(c)' is not understood; only a function can be called; for a product write *"),
        ("1if a else 2", "column 1: '1if a else 2' is not understood; write where(condition, x, y)"),
        ("2a", "column 1: no expression can be read here; write every * and every operand"),
        ("lambda + 1", "column 8: no expression can be read here; lambda is a word of Python's, not a name"),
        ("dot(a, b)", "column 5: a number stands where a list is expected; write a list as [a, b]"),
        ("a < b", "column 1: a comparison stands where a number is expected; write where(condition, x, y)"),
        ("where(a == b, 1, 2)", "column 7: 'a == b' is not understood; compare two numbers with <, <=, > or >="),
        ("softmax([a])", "column 1: a list stands where a number is expected; "
                         "take one of its elements, as in softmax([a, b])[0]"),
        ("(a", "column 1: '(' is never closed"),
        ("a)*(b", "column 2: ')' closes nothing"),
        ("(a]", "column 3: ']' closes nothing"),
        ("", "the expression is empty: write one, such as tanh(a*b + c)"),
        (" \n", "the expression is empty: write one, such as tanh(a*b + c)"),
        ("(" * 51 + "a" + ")" * 51, "column 51: more than 50 brackets inside one another"),
        ("a" * 10_001, "an expression of 10001 characters is too long: at most 10000"),
    ],
)  # fmt: skip
def test_the_message_says_where_what_and_what_to_write(text: str, message: str) -> None:
    assert refusal(text) == message


def test_an_element_that_a_list_does_not_have() -> None:
    with pytest.raises(ValueError, match=r"^\[2\] of a list of 2: its elements are \[0\] to \[1\]$"):
        parse("softmax([1, 2])[2]")()


@given(st.text(alphabet="ab1.()[],+-*/<>= ifelsn\\'\"{}:@\n\0\ud800é²", max_size=30))
def test_any_text_is_an_expression_or_refused_in_one_line(text: str) -> None:
    try:
        expression = parse(text)
    except ValueError as error:
        assert type(error) is ValueError and "\n" not in str(error)
    else:
        assert set("".join(expression.names)) <= set("ab1ifelsné")


def test_long_chains_are_no_trouble() -> None:
    a = Value(1.0)
    total = parse("+".join(["a"] * 900))(a)
    total.backward()
    assert total.data == a.grad == 900.0
    assert parse("-" * 900 + "a")(2.0) == 2.0
    assert parse("sum([" + ",".join(["a"] * 4000) + "])")(a).data == 4000.0


def test_text_is_needed() -> None:
    with pytest.raises(TypeError, match=r"^parse: 3 is a int, not text\n"):
        parse(3)  # type: ignore[arg-type]


def test_near_misses() -> None:
    assert near_miss("lgo", FUNCTIONS) == "log"
    assert near_miss("sigmod", FUNCTIONS) == "sigmoid"
    assert near_miss("qqq", FUNCTIONS) == near_miss("x", []) == ""
