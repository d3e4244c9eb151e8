"""The benchmarks of compiled code compute what they claim to, engines that disagree are caught: without any timing."""

import json
import math
import shutil
import subprocess
import sys

import pytest

import autograd
import nn
from autograd.graph import computed
from tests.benchmarks import engines, table
from tests.benchmarks.compiled.__main__ import LAYOUT, PEERS
from tests.benchmarks.compiled.engines import BY_HAND, ENGINES, ROWS, ByHand, places
from tests.benchmarks.compiled.measuring import Limit, Repeated, check_agreement, compare, fresh_process
from tests.benchmarks.compiled.works import (
    MOONS,
    TASKS,
    as_layers,
    as_numbers,
    coupled,
    mixed_program,
    random_graph,
    run_mixed,
)
from tests.benchmarks.measuring import Work, largest_difference

by_task = pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
needs_gcc = pytest.mark.skipif(not shutil.which("gcc"), reason="C by hand needs gcc")
compiles = pytest.mark.skipif(
    not hasattr(autograd, "compile") or not hasattr(nn, "compile_step"), reason="this version does not compile"
)


@by_task
def test_parameters_survive_a_change_of_layout(task) -> None:
    numbers = task.start()
    layers = as_layers(task.widths, numbers)
    assert [(len(w), len(w[0]), len(b)) for w, b in layers] == [(m, n, n) for m, n in zip(task.widths, task.widths[1:])]
    assert as_numbers(layers) == numbers
    kept = list(places(task.widths, ROWS[task.name]))
    assert len(kept) == len(set(kept)) == len(numbers)


def test_the_function_of_200_operations_is_one() -> None:
    start, program = mixed_program()
    assert len(program) == 200 and len(start) == 10
    value, slopes = autograd.value_and_grad(lambda x: run_mixed(autograd, x, program))(start)
    assert value == pytest.approx(run_mixed(math, start, program), rel=1e-15)
    assert all(1e-3 < abs(slope) < 1e3 for slope in slopes)
    assert len(computed(run_mixed(autograd, [autograd.Value(x) for x in start], program))) == 200


def test_the_coupled_function_has_36_operations_an_input() -> None:
    for n in (10, 100):
        assert len(computed(coupled(autograd, [autograd.Value(0.5) for _ in range(n)]))) == 36 * n


def test_a_random_graph_is_a_function_of_its_leaves() -> None:
    f, start = random_graph(10_000)
    value, slopes = autograd.value_and_grad(lambda x: f(autograd, x))(start)
    assert math.isfinite(value) and len(slopes) == 100 and any(slopes)


@by_task
@pytest.mark.parametrize("name", [pytest.param("C", marks=needs_gcc), "jax", "torch"])
def test_a_peer_takes_the_step_that_values_take(name, task) -> None:
    if name != "C":
        pytest.importorskip(name, reason="the extra `bench` is not installed")
    peer = ENGINES[name]().trainer(task)
    ours = engines.Ours()
    model = ours.model(task.widths, task.start())
    loss = getattr(ours, f"{task.name}_loss")(model, task.inputs, task.targets)
    loss.backward()
    nn.SGD(model.parameters(), lr=task.lr).step()
    assert float(peer.compile()()) == pytest.approx(loss.data, rel=1e-12)
    assert largest_difference(peer.parameters(), [p.data for p in model.parameters()]) < 1e-12


@needs_gcc
def test_c_is_written_without_a_warning() -> None:
    flags = ["-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-march=native"]
    subprocess.run(["gcc", *flags, str(BY_HAND)], check=True)


@needs_gcc
def test_c_leaves_the_arithmetic_of_the_process_alone() -> None:
    ByHand().library  # noqa: B018 - loads it
    assert sys.float_info.min / 2 > 0


@needs_gcc
def test_a_fresh_process_trains_as_this_one_does() -> None:
    assert fresh_process("whole", "C", "moons", "5") == ByHand().train(MOONS, 5)
    assert fresh_process("first", "C", "digits") > 0


@compiles
def test_all_engines_agree() -> None:
    check_agreement(engines.installed(tuple(ENGINES.values()))[0])


def test_engines_that_disagree_are_named() -> None:
    compare("a step", "jax", [1.0, 2.0], "ours", [1.0, 2.0 + 1e-12], 1e-9)
    for numbers in ([1.0, 2.1], [1.0], [1.0, math.nan]):
        with pytest.raises(SystemExit, match="a step: jax and ours differ by"):
            compare("a step", "jax", numbers, "ours", [1.0, 2.0], 1e-9)


def test_a_verdict_tells_by_how_much_a_goal_is_missed() -> None:
    goals = [Limit(1 / 3, "jax"), Limit(1.8, "C")]
    work = Work("step", "us", 1e6, lambda engine: 0.0, 1, goals, Limit(1.25, "C"))
    assert work.verdict({"ours": 9.0, "jax": 30.0, "C": 7.0}) == "yes"
    assert work.verdict({"ours": 8.0, "jax": 30.0, "C": 7.0}) == "stretch"
    missing = {"ours": 9.0, "jax": 30.0}
    assert work.verdict(missing) == "-" and "not installed" in table.line(work, missing, PEERS, LAYOUT)
    medians = {"ours": 12.0, "jax": 30.0, "C": 5.0}
    assert work.missed_by(medians) == pytest.approx(12 / 9)
    assert "no, 1.33 times too much" in table.line(work, medians, PEERS, LAYOUT)
    assert table.report(work, medians)["goal"] == ["3x faster than jax", "1.8x C"]
    assert Limit(1, "jax torch").allowed({"jax": 3.0, "torch": 2.0}) == 2.0
    assert Limit(1, "jax torch").allowed({"jax": 3.0, "torch": "left out"}) is None


def test_what_is_called_often_is_prepared_once() -> None:
    prepared = []

    def prepare(engine):
        prepared.append(engine.name)
        return lambda: sum(range(1000))

    timing = Repeated(prepare)
    assert all(timing(ENGINES[name]) > 0 for name in ("C", "jax", "C"))
    assert prepared == ["C", "jax"]


@compiles
def test_the_command_runs_without_peers(tmp_path) -> None:
    path = tmp_path / "figures.json"
    program = (
        "import runpy, sys; sys.modules['jax'] = sys.modules['torch'] = None; "
        "runpy.run_module('tests.benchmarks.compiled', run_name='__main__')"
    )
    command = [sys.executable, "-c", program, "--quick", "--only", 'backend="python"', "--json", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "jax is not installed" in done.stdout and "agree to 1e-9: ours" in done.stdout
    [work] = json.loads(path.read_text())["works"]
    assert work["medians"]["ours"] > 0 and work["times_the_goal"] > 0
