"""Operations of one's own, and checkpoints: the same numbers as without, to any order, wherever else nodes go."""

import gc
import math
import random
import tracemalloc

import pytest

from autograd import (
    Value,
    checkpoint,
    collector_paused,
    cos,
    custom,
    derivative,
    detect_anomaly,
    draw,
    exp,
    grad,
    gradcheck,
    gradients,
    hessian,
    hvp,
    jacobian,
    jvp,
    no_grad,
    sin,
    tanh,
    value_and_grad,
    vjp,
)
from autograd.graph import nodes, operations, replay

# ---- custom --------------------------------------------------------------------------------------

my_sin = custom(math.sin, lambda x: cos(x))
norm2 = custom(lambda x, y: x * x + y * y, lambda x, y: (2.0 * x, 2.0 * y), name="norm2")
volume = custom(lambda a, b, c: a * b * c, lambda a, b, c: [b * c, a * c, a * b], name="volume")


def test_custom_is_like_a_function_of_ours() -> None:
    x, y = Value(0.7, label="x"), Value(2.0, label="y")
    assert my_sin(0.7) == math.sin(0.7) and type(my_sin(1)) is float
    z = my_sin(x) * norm2(x, y)
    z.backward()
    assert math.isclose(x.grad, math.cos(0.7) * 4.49 + math.sin(0.7) * 1.4)
    assert math.isclose(y.grad, math.sin(0.7) * 4.0)
    assert operations(z) == {"sin": 1, "norm2": 1, "*": 1} and norm2(x, y).parents == (x, y)
    assert replay(z, {x: 0.1}).data == math.sin(0.1) * 4.01
    assert norm2(3.0, y).data == 13.0 and "norm2" in draw(z).source
    assert norm2.__name__ == "norm2" and my_sin.__name__ == "sin"


def test_custom_differentiates_to_any_order() -> None:
    for n, truth in enumerate([math.cos, lambda x: -math.sin(x), lambda x: -math.cos(x), math.sin], start=1):
        f = my_sin
        for _ in range(n):
            f = grad(f)
        assert math.isclose(f(0.7), truth(0.7), rel_tol=1e-12)
    assert hessian(volume, argnums=(0, 1, 2))(2.0, 3.0, 5.0) == ((0.0, 5.0, 3.0), (5.0, 0.0, 2.0), (3.0, 2.0, 0.0))
    assert jvp(lambda p: volume(*p), [2.0, 3.0, 5.0], [1.0, 0.0, 1.0]) == 21.0
    gradcheck(lambda x, y: norm2(my_sin(x), y) * volume(x, y, x), (0.7, 2.0), order=3)


@pytest.mark.parametrize(
    ("attempt", "kind", "text"),
    [
        (lambda: custom(3.0, cos), TypeError, "3.0 is not a function"),
        (
            lambda: custom(math.sin, 2.0),
            TypeError,
            r"the derivative 2.0 is not a function\nwrite custom\(f, derivative\)",
        ),
        (lambda: custom(lambda x: "3", cos)(1.0), TypeError, "'3' is a str"),
        (lambda: grad(custom(lambda x: x, lambda x: (1.0, 2.0)))(1.0), ValueError, "2 slopes for 1 operand\n"),
        (lambda: grad(custom(lambda x, y: x, lambda x, y: 1.0))(1.0, 2.0), ValueError, "1 slope for 2 operands"),
        (lambda: grad(custom(lambda x: x, lambda x: None))(1.0), TypeError, "None is a NoneType"),
        (lambda: grad(grad(custom(math.sin, math.cos)))(1.0), TypeError, "autograd.sin"),
        (lambda: my_sin("1"), TypeError, "'1' is a str"),
        (lambda: my_sin(), TypeError, "sin: no operands"),
        (lambda: custom(math.sin, cos, name=3), TypeError, "name = 3"),
    ],
)
def test_custom_says_what_is_wrong(attempt, kind, text) -> None:
    with pytest.raises(kind, match=text) as error:
        attempt()
    assert len(str(error.value).splitlines()) == 2


def test_custom_follows_ieee_754() -> None:
    reciprocal = custom(lambda x: 1 / x, lambda x: -1 / x**2, name="reciprocal")
    for attempt, data, text in (
        (lambda: custom(math.exp, exp)(Value(1000.0)).data, math.inf, r"exp\(1000.0\) is inf"),
        (lambda: reciprocal(0.0), math.inf, r"reciprocal\(0.0\) is inf"),
        (lambda: custom(math.log, lambda x: 1 / x)(Value(-1.0)).data, math.nan, r"log\(-1.0\) is nan"),
        (lambda: custom(lambda x: x**0.5, lambda x: 1.0)(-1.0), math.nan, r"custom\(-1.0\) is nan"),
    ):
        with pytest.warns(RuntimeWarning, match=text) as warned:
            found = attempt()
        assert len(warned) == 1 and (found == data or (found != found and data != data))
    x = Value(0.0)
    custom(lambda x: x, lambda x: 1 / x)(x).backward()
    assert x.grad == math.inf
    with pytest.raises(FloatingPointError, match="exp"), detect_anomaly():
        custom(math.exp, exp)(Value(1000.0))


def test_slopes_may_be_an_array_or_a_generator() -> None:
    numpy = pytest.importorskip("numpy")
    for slopes in (lambda x, y: numpy.array([y, x]), lambda x, y: (each for each in (y, x))):
        assert grad(custom(lambda x, y: x * y, slopes), argnums=(0, 1))(2.0, 5.0) == (5.0, 2.0)


def test_a_wrong_derivative_of_ones_own_is_noticed() -> None:
    once = custom(math.sin, lambda x: 1.001 * cos(x))
    twice = custom(math.sin, lambda x: cos(x.detach() if isinstance(x, Value) else x))  # right, but only once
    with pytest.raises(AssertionError, match="df/d"):
        gradcheck(once, 0.7, order=1)
    assert gradcheck(twice, 0.7, order=1)
    with pytest.raises(AssertionError, match="d2f/d"):
        gradcheck(twice, 0.7, order=2)


# ---- checkpoint ----------------------------------------------------------------------------------

w = Value(0.8, label="w")


def segment(h, scale=1.0):
    """A few steps of a recurrence with a state of two numbers and a parameter from outside."""
    for _ in range(5):
        h = [tanh(w * h[0] + h[1] * scale), sin(h[0] * h[1]) + 0.1]
    return h


def recurrence(step):
    def f(x):
        h = [x[0], x[1]]
        for _ in range(4):
            h = step(h)
        return h[0] * h[1] + exp(h[0])

    return f


def test_a_checkpoint_changes_no_derivative() -> None:
    plain, saving, x = recurrence(segment), recurrence(checkpoint(segment)), [0.5, -0.3]
    for take in (value_and_grad, grad, hessian, jacobian):
        flat = str(take(plain)(x)), str(take(saving)(x))
        assert numbers_in(flat[0]) == pytest.approx(numbers_in(flat[1]), rel=1e-10)
    assert jvp(saving, x, [1.0, 2.0]).data == pytest.approx(jvp(plain, x, [1.0, 2.0]).data, rel=1e-12)
    assert vjp(checkpoint(segment), x, [1.0, 2.0])[0].data == pytest.approx(vjp(segment, x, [1.0, 2.0])[0].data)
    found = []
    for f in (plain, saving):
        leaves = [Value(each) for each in x]
        w.zero_grad()
        f(leaves).backward()
        found.append([w.grad, *(leaf.grad for leaf in leaves)])
    w.zero_grad()
    assert found[0] == pytest.approx(found[1], rel=1e-12)


def numbers_in(text: str) -> list[float]:
    import re

    return [float(each) for each in re.findall(r"data=([-+.\de]+)", text)]


def test_a_checkpoint_is_one_node_for_each_output() -> None:
    x = [Value(0.5), Value(-0.3)]
    h = checkpoint(segment)(x)
    assert [each.op for each in h] == ["checkpoint"] * 2 and h[0].parents == (*x, w)
    assert len(nodes(h[0] + h[1])) == 6 and "checkpoint" in draw(h[0]).source
    assert [each.data for each in h] == [each.data for each in segment(x)]
    again = replay(h[0], {x[0]: 0.1})
    assert again.data == segment([0.1, -0.3])[0].data
    again.backward()
    assert h[0].local_gradients() == pytest.approx(gradients_of(segment([Value(0.5), Value(-0.3)])[0]))


def gradients_of(output):
    from autograd.graph import leaves

    behind = [leaf for leaf in leaves(output) if leaf.data in (0.5, -0.3) or leaf is w]
    ordered = sorted(behind, key=lambda leaf: (leaf is w, -leaf.data))
    return [slope.data for slope in gradients(output, ordered)]


def test_numbers_structures_and_nesting() -> None:
    assert checkpoint(lambda x: x * x)(3.0) == 9.0
    inner = checkpoint(lambda p: {"y": sin(p["x"]), "one": 1.0})
    outer = checkpoint(lambda x: inner({"x": x * x})["y"] * 2.0)
    assert grad(outer)(0.7) == pytest.approx(4 * 0.7 * math.cos(0.49))
    assert grad(grad(outer))(0.7) == pytest.approx(4 * math.cos(0.49) - 8 * 0.49 * math.sin(0.49))
    assert inner({"x": Value(1.0)})["one"] == 1.0
    assert grad(lambda x: checkpoint(lambda a, b: a * b)(x, x))(3.0) == 6.0
    power = checkpoint(lambda x, how, times=1: x * len(how) ** times)
    assert power(Value(2.0), "abc", times=2).local_gradients() == (9.0,)
    with no_grad():
        assert checkpoint(lambda x: x * x)(Value(3.0)).parents == ()
    with detect_anomaly():
        checkpoint(lambda x: x * x)(Value(3.0)).backward()


def inner_and_outer(checkpoint):
    """A function that reaches its own variable, and computed nodes, from inside nested segments."""

    def f(t):
        outer = checkpoint(lambda x: checkpoint(lambda y: sin(y * x * t) + t * t * t)(x * t) * x * (t * t))
        return outer(t * t)

    return f


@pytest.mark.parametrize("n", [1, 2, 3])
def test_segments_that_reach_computed_nodes_from_outside(n: int) -> None:
    saving, plain = inner_and_outer(checkpoint), inner_and_outer(lambda f: f)
    truth = pytest.approx(derivative(plain, n)(0.7), rel=1e-12)
    assert derivative(saving, n)(0.7) == truth
    slope = saving
    for _ in range(n):
        slope = grad(slope)
    assert slope(0.7) == truth and slope(Value(0.7)).data == truth
    x = Value(0.7)
    (grad(saving)(x) if n == 2 else grad(grad(saving))(x) if n == 3 else saving(x)).backward()
    assert x.grad == truth


def test_a_variable_from_outside_counts_once() -> None:
    def f(t):
        return checkpoint(lambda x: x * t)(t)

    v = Value(3.0)
    checkpoint(lambda x: checkpoint(lambda y: y * x)(x))(v).backward()
    assert v.grad == 6.0 and grad(f)(Value(3.0)).data == 6.0 and jvp(f, Value(3.0), 1.0).data == 6.0
    assert derivative(f, 2)(3.0) == grad(grad(f))(3.0) == hessian(f)(3.0) == hvp(f, 3.0, 1.0) == 2.0
    assert hessian(lambda p: checkpoint(lambda x: x * p[0] * p[1])(p[1] * 2))([3.0, 2.0]) == [[0.0, 8.0], [8.0, 12.0]]


def test_a_computed_node_from_outside_is_a_parent() -> None:
    w = Value(2.0)
    z, x = w * w, Value(1.0)
    y = checkpoint(lambda x: x * z + w * w)(x)
    assert set(y.parents) == {x, w, z}
    assert [each.data for each in gradients(y, [z, w, x])] == [1.0, 8.0, 4.0]
    y.backward()
    assert z.grad == 1.0 and w.grad == 8.0
    assert checkpoint(lambda: z * w)().parents == (w, z) and checkpoint(lambda: z)().local_gradients() == (1.0,)


def test_forward_mode_runs_a_segment_again_only_once() -> None:
    runs = []

    @checkpoint
    def several(x):
        runs.append(x)
        return [x * k for k in range(1, 9)]

    assert jvp(several, 2.0, 1.0) == [float(k) for k in range(1, 9)] and len(runs) == 2


def test_a_checkpoint_that_differs_when_run_again_is_refused() -> None:
    rng = random.Random(0)
    y = checkpoint(lambda x: x * rng.random())(Value(2.0))
    with pytest.raises(RuntimeError, match="when it was run again\nlet it depend on its arguments only"):
        y.backward()
    z = checkpoint(lambda x: x * w)(Value(2.0))
    w.data = 0.9
    with pytest.raises(ValueError, match="was 0.8 when 'checkpoint' was computed"):
        z.backward()
    w.data = 0.8
    with pytest.raises(TypeError, match="give that to the function as an argument"):
        replay(z, {w: 1.0})
    with pytest.raises(TypeError, match="3 is not a function"):
        checkpoint(3)


def test_a_checkpoint_saves_memory() -> None:
    def steps(x, count=200):
        for _ in range(count):
            x = x + 0.01 * sin(x)
        return x

    def peak(step) -> int:
        x = y = Value(1.0)
        tracemalloc.start()
        for _ in range(50):
            y = step(y)
        y.backward()
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert math.isclose(x.grad, 22.04, rel_tol=1) and x.grad > 0
        slopes.append(x.grad)
        return found

    slopes: list[float] = []
    assert peak(checkpoint(steps)) < peak(steps) / 10
    assert slopes[0] == pytest.approx(slopes[1], rel=1e-12)


def test_a_checkpoint_is_freed_without_the_collector() -> None:
    gc.collect()
    with collector_paused():
        x = Value(1.0)
        for _ in range(3):
            x = checkpoint(lambda y: sin(y) * y)(x)
        x.backward()
        del x
        assert gc.collect() == 0
