"""L-BFGS, its line search, Levenberg-Marquardt and their linear algebra: on problems whose answers are known."""

import itertools
import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd as ag
import nn
from demos.fit_curve import THURBER, digits
from nn import matrices
from nn.line_search import Line
from nn.second_order import inverse_hessian_times


def rosenbrock(p):
    return ag.sum([100 * (y - x * x) ** 2 + (1 - x) ** 2 for x, y in itertools.pairwise(p)])


def rosenbrock_residuals(p):
    return [1.0 - p[0], 10.0 * (p[1] - p[0] * p[0])]


def quadratic(size: int, seed: int):
    """A bowl x·Qx/2 - b·x, and the x at its bottom."""
    rng = random.Random(seed)
    roots = [[rng.gauss(0, 1) for _ in range(size)] for _ in range(size)]
    q = [[matrices.dot(a, b) + (i == j) for j, b in enumerate(roots)] for i, a in enumerate(roots)]
    b = [rng.gauss(0, 1) for _ in range(size)]
    return lambda x: ag.dot(x, [ag.dot(row, x) / 2 for row in q]) - ag.dot(b, x), matrices.solve(q, b)


def test_linear_algebra() -> None:
    rng = random.Random(0)
    square = [[rng.gauss(0, 1) for _ in range(5)] for _ in range(5)]
    x = [rng.gauss(0, 1) for _ in range(5)]
    assert matrices.solve(square, matrices.times(square, x)) == pytest.approx(x)
    for scale in (1.0, 1e-170, 1e170):
        tall = [[rng.gauss(0, scale) for _ in range(3)] for _ in range(9)]
        right = [rng.gauss(0, scale) for _ in range(9)]
        found = matrices.least_squares(tall, right)
        left_over = [(a - b) / scale for a, b in zip(matrices.times(tall, found), right)]
        columns = [[each / scale for each in column] for column in zip(*tall)]
        assert matrices.times(columns, left_over) == pytest.approx([0.0] * 3, abs=1e-12)
    nearly_flat = [[1.0, 1.0], [1e-9, 0.0], [0.0, 1e-9]]
    assert matrices.least_squares(nearly_flat, [2.0, 1e-9, 1e-9]) == pytest.approx([1.0, 1.0], rel=1e-6)
    with pytest.raises(ZeroDivisionError):
        matrices.least_squares([[1.0, 0.0], [1.0, 0.0]], [1.0, 1.0])


# ---- L-BFGS --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("start", [[-1.2, 1.0], [10.0, -10.0], [-1.2, 1.0] * 5])
def test_lbfgs_goes_down_rosenbrocks_valley(start: list[float]) -> None:
    found = nn.lbfgs(rosenbrock, start)
    assert found.converged and found.x == pytest.approx([1.0] * len(start), abs=1e-7)
    assert found.value < 1e-14 and found.steps < 120 and found.why == "no slope is steeper than 1e-08"


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8])
def test_lbfgs_needs_as_many_steps_as_a_quadratic_has_variables(size: int) -> None:
    """With exact line searches and a history that is long enough. (Nocedal and Wright 2006, theorem 6.4)"""
    f, bottom = quadratic(size, size)
    found = nn.lbfgs(f, [1.0] * size, c2=1e-7, history_size=size)
    assert found.converged and found.steps <= size and found.x == pytest.approx(bottom, abs=1e-7)
    assert nn.lbfgs(f, [1.0] * size).x == pytest.approx(bottom, abs=1e-7)


def test_the_guess_of_the_hessian_is_right_in_the_directions_it_has_seen() -> None:
    """What the gradient changed by, times the inverse Hessian, is what x changed by: for the latest change, exactly."""
    rng = random.Random(3)
    f, _ = quadratic(4, 1)
    points = [[rng.gauss(0, 1) for _ in range(4)] for _ in range(4)]
    slopes = [ag.grad(f)(x) for x in points]
    changes = [
        ([b - a for a, b in zip(*points[k : k + 2])], [b - a for a, b in zip(*slopes[k : k + 2])]) for k in range(3)
    ]
    assert inverse_hessian_times(changes[-1][1], changes) == pytest.approx(changes[-1][0])
    assert inverse_hessian_times([1.0, 2.0], []) == [1.0, 2.0]


def test_lbfgs_on_functions_with_edges() -> None:
    barrier = nn.lbfgs(lambda p: p[0] - ag.log(p[0]), [100.0])  # a step too far has no value
    assert barrier.converged and barrier.x == pytest.approx([1.0])
    offset = nn.lbfgs(lambda p: 1e6 + (p[0] - 1) ** 2 + 1e4 * (p[1] + 2) ** 2, [5.0, 5.0])  # rounding hides the fall
    assert offset.converged and offset.x == pytest.approx([1.0, -2.0], abs=1e-8)
    rng = random.Random(0)
    samples = [([rng.gauss(0, 1), rng.gauss(0, 30), 1.0], rng.choice([0, 1])) for _ in range(40)]

    def cross_entropy(p):  # its minimum is near 700, where rounding hides the last thousandth of the way
        return 1e3 * nn.bce_with_logits([ag.dot(p, x) for x, _ in samples], [side for _, side in samples])

    assert nn.lbfgs(cross_entropy, [0.0, 0.0, 0.0]).converged
    flat = nn.lbfgs(lambda p: 3.0, [1.0])
    assert flat == nn.Descent([1.0], 3.0, 0, True, "no slope is steeper than 1e-08")


def test_lbfgs_says_why_it_found_no_minimum() -> None:
    for f, start, why in (
        (lambda p: p[0] + 2 * p[1], [0.0, 0.0], "the value falls without end, to -"),
        (lambda p: ag.sqrt(p[0]), [1.0], "no lower value is found; the steepest slope is "),
        (lambda p: ag.abs(p[0] - 1 / 3) + ag.abs(p[1] - 1 / 7) ** 0.5, [1.0, 1.0], "no lower value is found; "),
    ):
        found = nn.lbfgs(f, start)
        assert not found.converged and found.why.startswith(why)
    early = nn.lbfgs(rosenbrock, [-1.2, 1.0], max_iter=5)
    assert not early.converged and early.steps == 5 and early.why.startswith("5 steps were taken; the steepest")


@settings(max_examples=50, deadline=None)
@given(st.floats(-3, 3), st.floats(0.05, 20), st.floats(1e-6, 0.9), st.floats(1e-3, 1e3))
def test_steps_satisfy_the_wolfe_conditions(center: float, width: float, c2: float, first: float) -> None:
    f = ag.value_and_grad(lambda p: ag.sqrt(1 + ((p[0] - center) / width) ** 2) + 0.01 * ag.cos(5 * p[0]))
    value, gradient = f([4.0])
    line = Line(f, [4.0], value, gradient, [-gradient[0]], c2=c2)
    place = line.search(first)
    assert place is not None and place.value <= value + 1e-4 * place.distance * line.start.slope + 1e-14
    assert abs(place.slope) <= c2 * abs(line.start.slope) + 1e-14
    assert place.x == [4.0 - place.distance * gradient[0]] and place.value == f(place.x)[0]


# ---- Levenberg-Marquardt -------------------------------------------------------------------------------------


@pytest.mark.parametrize("start", THURBER.starts)
def test_a_problem_of_higher_difficulty_reaches_its_certified_answer(start) -> None:
    found = nn.levenberg_marquardt(THURBER.residuals, start)
    assert found.converged and digits(found.x, THURBER.certified) >= 9.0 and found.steps < 100
    assert found.value == pytest.approx(THURBER.residual_sum_of_squares, rel=1e-10)


def test_levenberg_marquardt_on_problems_known_by_heart() -> None:
    valley = nn.levenberg_marquardt(rosenbrock_residuals, [-1.2, 1.0])
    assert valley.converged and valley.x == pytest.approx([1.0, 1.0], abs=1e-12)
    line = nn.levenberg_marquardt(lambda b: [b[0] + k * b[1] - k * k for k in range(5)], [1e3, -1e3])
    assert line.converged and line.x == pytest.approx([-2.0, 4.0], rel=1e-12) and line.value == pytest.approx(14.0)
    growth = nn.levenberg_marquardt(lambda b: [ag.exp(b[0] * k) - 2.0**k for k in range(5)], [10.0])
    assert growth.converged and growth.x == pytest.approx([math.log(2)])
    barrier = nn.levenberg_marquardt(lambda b: [ag.log(b[0]) - 1, 0.1 * b[0] - 0.2], [50.0])
    assert (
        barrier.converged and abs(ag.grad(lambda x: (ag.log(x) - 1) ** 2 + (0.1 * x - 0.2) ** 2)(barrier.x[0])) < 1e-7
    )


def test_levenberg_marquardt_where_no_single_answer_is_best() -> None:
    either = nn.levenberg_marquardt(lambda b: [b[0] + b[1] - 1, 2 * (b[0] + b[1]) - 3], [0.0, 0.0])
    assert either.converged and sum(either.x) == pytest.approx(1.4)
    idle = nn.levenberg_marquardt(lambda b: [b[0] - 1, b[0] + 1], [3.0, 5.0])
    assert idle.converged and idle.x == pytest.approx([0.0, 5.0], abs=1e-9)
    flat = nn.levenberg_marquardt(lambda b: [2 * b[0], b[1] * b[1]], [1.0, 1.0])
    assert flat.converged and flat.value < 1e-30


def test_levenberg_marquardt_says_why_it_found_no_minimum() -> None:
    kink = nn.levenberg_marquardt(lambda b: [ag.abs(b[0] - 1) + 1], [5.0])
    assert not kink.converged and kink.why.startswith("no smaller residuals are found, though the slopes promise some")
    early = nn.levenberg_marquardt(rosenbrock_residuals, [-1.2, 1.0], max_iter=3)
    assert not early.converged and early.steps == 3 and early.why == "3 steps were taken, and each led downhill"


def test_bad_starts_are_named() -> None:
    for method, f in ((nn.lbfgs, lambda p: ag.log(p[0])), (nn.levenberg_marquardt, lambda p: [ag.log(p[0])])):
        for start in ([], [math.nan], ["1"], 3.0, [True], None):
            with pytest.raises(ValueError, match=f"^{method.__name__}: x0 = .*\ngive it a list of finite numbers"):
                method(f, start)
        for start in ([0.0], [-1.0]):
            with pytest.raises(ValueError, match=f"^{method.__name__}: .* at x0 = .*\nstart where all are finite"):
                method(f, start)
    with pytest.raises(TypeError, match="^levenberg_marquardt: the residuals are .*\nreturn a list"):
        nn.levenberg_marquardt(lambda p: p[0], [1.0])
    for counts in ({"history_size": 0}, {"max_iter": 1.5}):
        with pytest.raises(ValueError, match=f"lbfgs: {next(iter(counts))} = .*\n.*from 1 up"):
            nn.lbfgs(rosenbrock, [1.0, 2.0], **counts)


def test_fewer_residuals_than_parameters_are_solved() -> None:
    found = nn.levenberg_marquardt(lambda p: [p[0] + p[1] - 1], [1.0, 5.0])
    assert found.converged and sum(found.x) == pytest.approx(1.0) and found.value < 1e-28
