"""Where a nan was born: the right node, the right line, nothing else disturbed."""

import asyncio
import inspect
import math
import threading
import warnings

import pytest

import autograd as ag
import nn
from autograd import Value, detect_anomaly, exp, grad, hessian, jvp, log, no_grad, sqrt
from autograd.modes import blocks


def line_of(text: str) -> str:
    """'line N' of the line of this file that ends with a comment."""
    source = inspect.getsource(inspect.getmodule(line_of)).splitlines()
    [number] = [n for n, line in enumerate(source, start=1) if line.endswith(f"# {text}")]
    return f"{__file__}, line {number}: {source[number - 1].strip()}"


def caught(program) -> str:
    with pytest.raises(FloatingPointError) as error:
        program()
    assert not blocks
    assert len(str(error.value).splitlines()) == 2
    return str(error.value)


def test_forward_names_operation_operands_and_line() -> None:
    def program():
        x = Value(0.0, label="x")
        with detect_anomaly():
            y = exp(x) * 2.0
            return log(y - 2.0) + y  # forward

    assert caught(program) == f"log(0.0) is -inf\nmade at {line_of('forward')}"


@pytest.mark.parametrize(
    ("program", "text"),
    [
        (lambda x: 1.0 / x, "1.0 / 0.0 [x] is inf"),
        (lambda x: x**-1, "0.0 [x] ** -1.0 is inf"),
        (lambda x: log(x), "log(0.0 [x]) is -inf"),
        (lambda x: (x + 1e308) * 10, "1e+308 * 10.0 is inf"),
        (lambda x: (x - 8.0) ** (1 / 3), "-8.0 ** 0.3333333333333333 is nan"),
        (lambda x: ag.dot([x + 1e200, x], [x + 1e200, x]), "dot(1e+200, 0.0 [x], 1e+200, 0.0 [x]) is inf"),
        (lambda x: ag.sum([x + 1e308] * 9), "sum(1e+308, 1e+308, 1e+308, 1e+308, ...) is inf"),
        (lambda x: exp(x + 800.0), "exp(800.0) is inf"),
    ],
)
def test_forward_anomalies(program, text: str) -> None:
    def inside():
        with detect_anomaly():
            program(Value(0.0, label="x"))

    assert caught(inside).startswith(f"{text}\nmade at {__file__}")


def test_a_nan_of_the_backward_pass_only() -> None:
    x, w = Value(0.0, label="x"), Value(2.0)

    def program():
        with detect_anomaly():
            root = sqrt(x)  # backward
            loss = root * w + 1.0
            assert math.isfinite(loss.data)
            loss.backward()

    assert caught(program) == (
        f"backward through sqrt(0.0 [x]): x gains inf from the gradient 2.0\nmade at {line_of('backward')}"
    )
    assert not x.grad_is_computed and not w.grad_is_computed


def test_operands_are_called_by_their_variables() -> None:
    def program():
        width, parts = Value(0.0), {"height": Value(2.0)}
        with detect_anomaly():
            return parts["height"] / width

    assert caught(program).startswith("2.0 [parts['height']] / 0.0 [width] is inf")


def test_a_nan_from_infinity_times_zero() -> None:
    def program():
        x = Value(0.0, label="x")
        with detect_anomaly():
            (sqrt(x) * x).backward()

    assert caught(program).startswith("backward through sqrt(0.0 [x]): x gains nan from the gradient 0.0")


def test_a_graph_from_outside_the_block() -> None:
    y = sqrt(Value(0.0))

    def program():
        with detect_anomaly():
            y.backward()

    assert caught(program).endswith(
        "made outside detect_anomaly(): open the block before the forward pass to see the line"
    )


@pytest.mark.parametrize(
    "derivative",
    [
        lambda: grad(sqrt)(0.0),
        lambda: jvp(sqrt, 0.0, 1.0),
        lambda: grad(grad(sqrt))(0.0),
        lambda: hessian(sqrt)(0.0),
        lambda: grad(lambda x: Value(1.0) * sqrt(x))(0.0),
        lambda: ag.gradients(sqrt(x := Value(0.0)), [x]),
        lambda: grad(ag.checkpoint(sqrt))(0.0),
    ],
)
def test_derivatives_of_functions_are_watched_too(derivative) -> None:
    def program():
        with detect_anomaly():
            derivative()

    message = caught(program)
    assert message.startswith("backward through sqrt(0.0") and f"made at {__file__}" in message


def test_a_line_inside_a_module_is_the_users_own() -> None:
    model = nn.MLP(2, [3, 1], rng=0)
    model.layers[0].neurons[0].w[0].data = 1e308

    def program():
        with detect_anomaly():
            return model([1e10, 2.0])  # the model

    assert line_of("the model") in caught(program)


def test_what_is_infinite_already_is_not_an_anomaly() -> None:
    with detect_anomaly():
        x = Value(math.inf)
        y = x * 2.0 - x
        y.backward()
    assert math.isnan(y.data)


def test_no_warning_beside_the_error_and_none_lost_outside() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with detect_anomaly(), pytest.raises(FloatingPointError):
            log(Value(0.0))
    with pytest.warns(RuntimeWarning, match="log"):
        log(Value(0.0))


def test_it_ends_where_it_ends() -> None:
    x = Value(0.0)
    with pytest.raises(FloatingPointError), detect_anomaly():
        1.0 / x
    with pytest.warns(RuntimeWarning):
        assert (1.0 / x).data == math.inf
    assert not blocks and type(x * 2.0) is Value

    @detect_anomaly()
    def program():
        return 1.0 / x

    caught(program)
    with detect_anomaly(), no_grad():
        y = x * 2.0
    assert y.parents == () and not blocks


def test_other_threads_and_tasks_are_not_watched() -> None:
    found = []

    def elsewhere():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found.append((1.0 / Value(0.0)).data)

    with detect_anomaly():
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
    assert found == [math.inf]

    @detect_anomaly()
    async def watched():
        await asyncio.sleep(0)
        return 1.0 / Value(0.0)

    with pytest.raises(FloatingPointError):
        asyncio.run(watched())
    assert not blocks


def test_the_same_gradients_inside_as_outside() -> None:
    def slopes():
        model = nn.MLP(2, [4, 1], rng=3)
        nn.mse_loss([model([0.1, 0.7]), model([0.3, -1.0])], [1.0, 2.0]).backward()
        return [parameter.grad for parameter in model.parameters()]

    outside = slopes()
    with detect_anomaly():
        assert slopes() == outside


def test_gradients_that_overflow_when_they_are_added_up() -> None:
    def plain():
        v = Value(1e-10, label="v")
        with detect_anomaly():
            (v * 1e308 + v * 1e308).backward()

    def listed():
        v = ag.Operands([Value(1e-10, label="v"), Value(0.0)])
        with detect_anomaly():
            (ag.dot(v, [1e308, 1.0]) + ag.dot(v, [1e308, 1.0])).backward()

    for program in (plain, listed):
        assert caught(program).startswith("backward: what v gains adds up to inf: 1e+308 + 1e+308\n")


def test_inside_no_grad_too_the_operation_is_named() -> None:
    def program():
        x = Value(0.0, label="x")
        with detect_anomaly(), no_grad():
            return log(x)  # quietly

    assert caught(program) == f"log(0.0 [x]) is -inf\nmade at {line_of('quietly')}"
    with detect_anomaly(), no_grad():
        assert math.isnan((Value(math.nan) * 2.0).data)


def test_a_statement_of_several_lines_is_quoted_whole() -> None:
    def program():
        x, z = Value(1.0, label="x"), Value(0.0, label="z")
        with detect_anomaly():
            y = (x
                 + (x
                    / z))  # fmt: skip
            return y

    assert caught(program).endswith("y = (x + (x / z))  # fmt: skip")


def test_gradcheck_may_run_inside() -> None:
    with detect_anomaly():
        assert ag.gradcheck(sqrt, 1e-20) and ag.compare(sqrt, 1e-7).agree
        assert ag.numerical_gradient(log, 1e-6) == pytest.approx(1e6)


def test_operands_inside_a_differentiated_function_have_its_names() -> None:
    def program():
        with detect_anomaly():
            grad(lambda p, width: p["a"] * sqrt(width), argnums=1)({"a": 1.0}, 0.0)

    assert caught(program).startswith("backward through sqrt(0.0 [width]): width gains inf from the gradient 1.0")
