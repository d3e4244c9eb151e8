"""The benchmarks' works are what they claim to be: checked on our engine and on plain floats, without any timing."""

import json
import math
import subprocess
import sys

import pytest

from autograd import Value
from autograd.graph import nodes
from tests.benchmarks import works
from tests.benchmarks.__main__ import verdict, weights
from tests.benchmarks.engines import DIGITS, MOONS, Ours


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
    medians = {"ours": 2.0, "micrograd": 10.0, "torch": "left out"}
    assert (
        verdict([("micrograd", 4), ("torch", 3), ("at most", 1)], medians)
        == "4 x micrograd: 5.0 x, met; at most 1: missed"
    )


def test_the_command_runs(tmp_path) -> None:
    path = tmp_path / "figures.json"
    command = [sys.executable, "-m", "tests.benchmarks", "--quick", "--only", "expression", "--json", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "expression" in done.stdout
    [work] = json.loads(path.read_text())["works"]
    assert work["medians"]["ours"] > 0
