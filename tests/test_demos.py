"""The demos, run for real: what they reach, and that the pictures they write can be opened."""

import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import pytest

import nn
from autograd.drawing import render
from demos import moons, penguins, tour


def pictures_can_be_made() -> bool:
    try:
        import matplotlib  # noqa: F401

        return bool(render.find_engine())
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
