"""The demo of handwritten digits, in a short form."""

import sys

import pytest

import nn
from demos import digits

pytest.importorskip("sklearn", reason="the extra `demos` is not installed")


def test_the_data_are_the_uci_digits() -> None:
    data = digits.load(seed=3)
    assert len(data.images) == 1438 and len(data.held_images) == 359
    counts = [(data.digits + data.held_digits).count(digit) for digit in range(10)]
    assert counts == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]  # as UCI publishes them
    pixels = [x for [image] in data.images + data.held_images for row in image for x in row]
    assert len(pixels) == 1797 * 64 and min(pixels) == 0.0 and max(pixels) == 1.0
    assert all(16 * x == int(16 * x) for x in pixels)
    held = {repr(image) for image in data.held_images}
    assert not held & {repr(image) for image in data.images}, "what is held out is not learnt from"
    assert digits.load(3) == data != digits.load(4)


def test_the_network_shares_its_weights() -> None:
    model = digits.network(0)
    assert len(model.layers[0].parameters()) == 8 * (9 + 1) and len(model.parameters()) == 80 + 10 * (128 + 1)
    image = [[[0.0] * 8 for _ in range(8)]]
    image[0][3][3] = 1.0
    moved = [[[0.0] * 8 for _ in range(8)]]
    moved[0][4][5] = 1.0
    for channel, shifted in zip(model.layers[0](image), model.layers[0](moved)):
        for row in range(1, 6):
            assert [z.data for z in channel[row][1:5]] == [z.data for z in shifted[row + 1][3:7]]


def test_it_learns_to_read_and_draws_what_it_learnt(tmp_path, capsys) -> None:
    accuracies = digits.main(tmp_path, epochs=8, seeds=1, count=600)
    told = capsys.readouterr().out
    assert len(accuracies) == 1 and accuracies[0] >= 0.92, "the full form reaches 97 to 99 %"
    assert "the same to 1e-9" in told and "1370 parameters" in told
    assert (tmp_path / "digits.png").read_bytes().startswith(b"\x89PNG")


def test_a_training_that_differs_is_an_error(monkeypatch) -> None:
    data = digits.load()
    fit = nn.fit

    def off(*arguments, compile, **settings):
        history = fit(*arguments, compile=False, **settings)
        history.loss[-1] += 1e-6 * compile
        return history

    monkeypatch.setattr(nn, "fit", off)
    with pytest.raises(ArithmeticError, match="should not happen"):
        digits.check_first_steps(data, count=10)


def test_without_scikit_learn_it_says_what_to_install(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(SystemExit, match="scikit-learn, which is not installed\npip install -e '.\\[demos\\]'"):
        digits.load()
