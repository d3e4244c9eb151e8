"""The demos, run for real: what they reach, and that the pictures they write can be opened."""

import math
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import pytest

import nn
from autograd.drawing import render
from demos import compiled, fit_curve, moons, newton, pendulum, penguins, tour


def pictures_can_be_made() -> bool:
    try:
        import matplotlib  # noqa: F401

        return bool(render.engine_for("png"))
    except (ImportError, RuntimeError):
        return False


needs_pictures = pytest.mark.skipif(not pictures_can_be_made(), reason="the extra `demos` is not installed")


@needs_pictures
def test_the_tour(tmp_path, capsys) -> None:
    assert tour.main(tmp_path) >= 0.95
    told = capsys.readouterr().out
    assert ">>> a.grad, b.grad, c.grad\n(0.131632" in told and "held-out accuracy" in told and "wrote" in told
    ElementTree.parse(tmp_path / "expression.svg")
    for name in ("expression.png", "penguins.png"):
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")
    assert "y" in (tmp_path / "expression.svg").read_text(encoding="utf-8")


def test_the_split_is_honest() -> None:
    data = penguins.load(seed=3)
    birds = [tuple(bird) for bird in data.inputs + data.held_out_inputs]
    assert len(birds) == 342 and data.missing == 2
    assert [data.held_out_species.count(kind) for kind in range(3)] == [37, 17, 30]
    for column in zip(*data.inputs):  # standardised by the training samples alone
        assert abs(sum(column)) < 1e-9
    assert any(abs(sum(column)) > 0.1 for column in zip(*data.held_out_inputs))
    assert penguins.load(3) == data != penguins.load(4)


@pytest.mark.parametrize("seed", [0, 1])
def test_other_seeds_learn_as_well(seed: int) -> None:
    data = penguins.load(seed)
    model = nn.MLP(4, [8, 3], rng=seed)
    settings = {"lr": 0.05, "momentum": 0.9, "epochs": 15, "batch_size": 16, "rng": seed}
    nn.fit(model, data.inputs, data.species, loss=nn.cross_entropy, **settings)
    assert nn.accuracy([model(x) for x in data.held_out_inputs], data.held_out_species) >= 0.95


@needs_pictures
def test_moons(tmp_path) -> None:
    assert moons.main(tmp_path) == 1.0
    assert (tmp_path / "moons.png").read_bytes().startswith(b"\x89PNG")


def test_moons_are_as_asked_for() -> None:
    points, sides = moons.make_moons(100, rng=0)
    assert len(points) == 100 and sides.count(1) == sides.count(-1) == 50
    assert moons.make_moons(7, rng=5) == moons.make_moons(7, rng=5) != moons.make_moons(7, rng=6)


def test_the_tour_without_anything_installed(tmp_path) -> None:
    done = subprocess.run(
        [sys.executable, "-S", "-m", "demos.tour", str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert "install it: pip install graphviz" in done.stdout and "held-out accuracy" in done.stdout


@needs_pictures
def test_the_certified_fit_is_reached_from_both_starts(tmp_path, capsys) -> None:
    assert fit_curve.main(tmp_path) >= 8.0
    assert capsys.readouterr().out.count("digits right") == 2
    assert (tmp_path / "fit_curve.png").read_bytes().startswith(b"\x89PNG")


def test_the_data_are_nists() -> None:
    problem = fit_curve.THURBER
    assert len(problem.data) == 37 and problem.data[0] == (-3.067, 80.574) and problem.data[-1] == (2.2, 1457.628)
    squares = sum(each**2 for each in problem.residuals(problem.certified))
    assert math.isclose(squares, problem.residual_sum_of_squares, rel_tol=1e-10)
    assert fit_curve.digits(problem.starts[0], problem.certified) < 1.0


@needs_pictures
def test_newton_needs_few_steps(tmp_path) -> None:
    paths = newton.main(tmp_path)
    lengths = {name: len(path) - 1 for name, path in paths.items()}
    assert lengths["Gauss-Newton"] <= 3 and lengths["Newton"] <= 10 and lengths["gradient descent"] == 10_000
    for name in ("Newton", "Gauss-Newton"):
        assert paths[name][-1] == pytest.approx([1.0, 1.0], abs=1e-9)
    assert newton.rosenbrock(paths["gradient descent"][-1]) < 1e-3
    assert (tmp_path / "newton.png").read_bytes().startswith(b"\x89PNG")


@needs_pictures
def test_the_pendulum_stands(tmp_path) -> None:
    assert pendulum.main(tmp_path) < 1e-9
    torques, misses = pendulum.swing_up()
    assert misses[0] > 1.0 and pendulum.end(torques) == pytest.approx([math.pi, 0.0], abs=1e-9)
    assert (tmp_path / "pendulum.png").read_bytes().startswith(b"\x89PNG")


@needs_pictures
def test_every_way_to_take_a_step_has_the_same_losses(tmp_path, capsys) -> None:
    rows = compiled.main(tmp_path, seconds=0.01)
    told = capsys.readouterr().out
    assert rows.keys() == compiled.ways().keys() >= {"on Values", "compiled: Python"}
    assert all(name in told for name in rows) and "the same losses, all of them: 0.754255, 0.549012" in told
    assert all(first > 0 < later for first, later in rows.values())
    assert (tmp_path / "compiled.png").read_bytes().startswith(b"\x89PNG")
