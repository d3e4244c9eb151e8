"""The benchmarks' works are what they claim to be: checked on our engine and on plain floats, without any timing."""

import json
import math
import subprocess
import sys

import pytest

from autograd import Value
from autograd.graph import nodes
from tests.benchmarks import derivatives, table, works
from tests.benchmarks.__main__ import LAYOUT, PEERS
from tests.benchmarks.engines import DIGITS, MOONS, Ours
from tests.benchmarks.measuring import Target, Work, largest_difference, sampled_numbers, weights


class Plain(float):
    """A float with a relu: arithmetic without differentiation."""

    def relu(self) -> "Plain":
        return Plain(max(self, 0.0))

    def __add__(self, other):
        return Plain(float(self) + other)

    def __sub__(self, other):
        return Plain(float(self) - other)

    def __mul__(self, other):
        return Plain(float(self) * other)

    __radd__, __rmul__ = __add__, __mul__

    def __neg__(self):
        return Plain(-float(self))


def test_the_expression_is_micrograds() -> None:
    output, (a, b) = works.expression(Value)
    output.backward()
    assert f"{output.data:.4f} {a.grad:.4f} {b.grad:.4f}" == "24.7041 138.8338 645.5773"


def test_the_random_graph_is_shared_bounded_and_reached() -> None:
    start, program = works.random_program(3000)
    output, leaves = works.run_program(Value, start, program)
    assert output.data == works.run_program(Plain, start, program)[0]
    reached = nodes(output)
    assert len(reached) > len(program) and all(abs(node.data) <= 4.0 for node in reached)
    assert {name for name, _, _ in program} == {"+", "-", "*", "relu"} and len(leaves) == 100


def test_our_networks_compute_what_the_scalar_ones_do() -> None:
    ours = Ours()
    for widths, loss, data in (
        (MOONS, "moons_loss", works.samples(3, 2, (-1, 1))),
        (DIGITS, "digits_loss", works.samples(2, 64, range(10))),
    ):
        plain = works.ScalarMLP(Plain, weights(widths), widths)
        rows = [plain(x) for x in data[0]]
        if loss == "moons_loss":
            expected = works.hinge_with_penalty([row[0] for row in rows], data[1], plain.parameters())
        else:
            expected = works.scalar_cross_entropy(
                rows, data[1], lambda z: Plain(math.exp(z)), lambda z: Plain(math.log(z))
            )
        model = ours.model(widths, weights(widths))
        assert getattr(ours, loss)(model, *data).data == pytest.approx(float(expected), rel=1e-12)


def test_a_verdict_tells_what_was_reached() -> None:
    goals = [Target(4, "micrograd"), Target(3)]
    work = Work("work", "us", 1e6, lambda engine: 0.0, 1, goals, Target(6, "micrograd"))
    assert work.verdict({"ours": 2.0, "micrograd": 10.0}) == "yes"
    assert work.verdict({"ours": 2.0, "micrograd": 12.0}) == "stretch"
    assert work.verdict({"ours": 4.0, "micrograd": 90.0}) == "no"
    assert work.verdict({"ours": 2.0, "micrograd": "RecursionError"}) == "-"
    missing = table.line(work, {"ours": 2.0}, PEERS, LAYOUT)
    assert missing.count("not installed") == 2 and missing.endswith("-")
    slow = {"ours": 4.0, "micrograd": 8.0}
    assert work.missed_by(slow) == 2.0
    assert "no, 2 times too much" in table.line(work, slow, PEERS, LAYOUT)
    assert table.report(work, slow)["goal"] == ["4x micrograd", "3 us"]


def test_figures_are_written_only_where_they_are_asked_for(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    work = Work("work", "us", 1.0, lambda engine: 2.0, 1, [Target(3)], Target(1))
    for argv, files in ([], []), (["--json", "figures.json"], ["figures.json"]):
        monkeypatch.setattr(sys, "argv", ["benchmarks", *argv])
        table.run([work], [Ours()], table.parsed("A benchmark."), PEERS, LAYOUT)
        assert "work" in capsys.readouterr().out
        assert [path.name for path in tmp_path.iterdir()] == files


def test_rounds_are_interleaved_and_failures_are_told() -> None:
    turns = []

    class Deep(Ours):
        name = "deep"

    def timing(engine) -> float:
        turns.append(engine.name)
        if engine.name == "deep":
            raise RecursionError
        return float(len(turns))

    work = Work("work", "s", 1, timing, 3, [Target(1)], Target(1), {"rare": 2})
    rare = type("Rare", (Ours,), {"name": "rare"})
    medians = work.measure([Ours(), rare(), Deep()])
    assert turns == ["ours", "rare", "deep", "ours", "rare", "ours"]
    assert medians == {"ours": 4.0, "rare": 3.5, "deep": "RecursionError"}


def test_a_difference_is_seen() -> None:
    numbers = sampled_numbers(Ours())
    assert largest_difference(numbers, numbers) == 0.0
    assert largest_difference([*numbers[:-1], numbers[-1] + 1e-6], numbers) == pytest.approx(1e-6, rel=1e-3)
    assert largest_difference(numbers[:-1], numbers) == math.inf


@pytest.mark.parametrize("place", range(3))
@pytest.mark.parametrize("x", [math.nan, math.inf])
def test_what_is_not_finite_differs_wherever_it_comes(x, place) -> None:
    numbers = [1.0, 2.0, 3.0]
    other = [*numbers[:place], x, *numbers[place + 1 :]]
    assert largest_difference(other, numbers) == largest_difference(numbers, other) == math.inf
    assert largest_difference(other, other) == math.inf


def test_the_command_runs_without_peers(tmp_path) -> None:
    path = tmp_path / "figures.json"
    program = (
        "import runpy, sys; sys.modules['micrograd'] = sys.modules['torch'] = None; "
        "runpy.run_module('tests.benchmarks', run_name='__main__')"
    )
    command = [sys.executable, "-c", program, "--quick", "--only", "expression", "--json", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "torch is not installed: .venv/bin/pip install -e '.[bench]'" in done.stdout
    assert "met?" in done.stdout and done.stdout.count("not installed") == 4
    [work] = json.loads(path.read_text())["works"]
    assert work["medians"]["ours"] > 0 and work["met"] == "-"


def test_the_works_on_derivatives_are_what_they_claim() -> None:
    for n, m in ((1, 300), (30, 30), (300, 1)):
        x = [Value(0.1) for _ in range(n)]
        outputs = derivatives.chained(x, m)
        assert len(outputs) == m and len(nodes(outputs[-1])) == 3000 + n
    assert len(nodes(derivatives.mixed([Value(1.0) for _ in range(10)]))) == 60 + 10
    assert derivatives.steps(1.0, 3) == derivatives.chain_of(derivatives.steps, 1.0, 3, 1)
    taken = derivatives.interleaved({"a": lambda: None, "b": lambda: sum(range(20_000))}, rounds=3)
    assert 0 < taken["a"] < taken["b"]
