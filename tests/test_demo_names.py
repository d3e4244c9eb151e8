"""The demo of names, in a short form; its counts against counts by hand."""

import math
import random
import sys

import pytest

import nn
from autograd import Value, log_softmax
from demos import names as demo

pytest.importorskip("names", reason="the extra `demos` is not installed")


def test_the_names_are_the_census_and_in_one_part_each() -> None:
    parts = demo.load(seed=3)
    everything = [name for part in parts for name in part]
    assert len(everything) == len(set(everything)) == 5157
    assert {"mary", "james", "patricia", "kim"} <= set(everything) and max(map(len, everything)) == 10
    assert all(set(name) <= set(demo.LETTERS[1:]) for name in everything)
    assert len(parts.held_out) == len(parts.validation) == 515 and parts == demo.load(3) != demo.load(4)


def test_counts_are_those_by_hand() -> None:
    bigram = demo.Counts(["ada", "al"], 1, 0.5)
    assert bigram.probability("a", "d") == (1 + 0.5) / (3 + 0.5 * 27)
    assert bigram.probability(".", "a") == (2 + 0.5) / (2 + 0.5 * 27)
    assert bigram.probability("z", "z") == 1 / 27, "of what was never seen, anything may follow"
    trigram = demo.Counts(["ada", "al"], 2, 1.0)
    assert trigram.probability(".a", "l") == (1 + 1) / (2 + 27)
    expected = -(math.log(2.5 / 15.5) + math.log(1.5 / 16.5) + math.log(1.5 / 14.5)) / 3
    assert bigram.surprise(["al"]) == pytest.approx(expected)
    for context in ("a", ".", "z"):
        assert sum(bigram.probability(context, letter) for letter in demo.LETTERS) == pytest.approx(1)


def test_what_is_padded_costs_nothing() -> None:
    rng = random.Random(0)
    scores = [[Value(rng.gauss(0, 1)) for _ in demo.LETTERS] for _ in range(demo.LONGEST + 1)]
    [letters] = demo.encoded(["ada"])[1]
    loss = demo.name_loss([scores], [letters])
    expected = -sum(log_softmax([z.data for z in row], index=which) for row, which in zip(scores, [1, 4, 1, 0]))
    assert loss.data == pytest.approx(expected)
    loss.backward()
    assert all(z.grad == 0.0 for row in scores[4:] for z in row) and any(z.grad for z in scores[3])
    traced = demo.name_loss([scores], [[Value(float(which)) for which in letters]])
    assert traced.data == pytest.approx(expected), "and so it is where letters are Values"


@pytest.mark.parametrize("model_of", [demo.Recurrent, demo.Attentive])
def test_no_letter_sees_what_comes_after_it(model_of) -> None:
    model = model_of(rng=0)
    one, other = (model(demo.encoded([name])[0][0]) for name in ("marian", "maribel"))
    for time in range(demo.LONGEST + 1):
        same = [z.data for z in one[time]] == [z.data for z in other[time]]
        assert same == (time < 5), time


def test_where_a_head_looks_adds_up_to_one() -> None:
    rows = demo.Attentive(rng=1).weights([0, 1, 4, 1], head=2)
    assert [len(row) for row in rows] == [1, 2, 3, 4] and all(sum(row) == pytest.approx(1) for row in rows)


def test_networks_learn_and_invent(tmp_path, capsys, monkeypatch) -> None:
    """On names of at most three letters."""
    monkeypatch.setattr(demo, "LONGEST", 3)
    found = demo.main(tmp_path, epochs=20, count=100, hidden=4, width=4)
    told = capsys.readouterr().out
    assert set(found) == {"bigram", "trigram", "recurrent", "attention"}
    assert max(found["recurrent"], found["attention"]) < 2.8 < math.log(27), "of 100 names"
    assert "100 to learn from, " in told and "first steps on Values agree" in told
    assert (tmp_path / "names.png").read_bytes().startswith(b"\x89PNG")


def test_the_measured_surprise_is_the_validation_loss() -> None:
    parts = demo.Names(["ann", "anna", "bob", "eve"] * 3, ["hanna", "ava"], [])
    model = demo.Recurrent(hidden=4, rng=0)
    history = demo.learn(model, parts, 2)
    assert min(history.validation_loss) == pytest.approx(demo.surprise(model, parts.validation), rel=1e-9)


def test_a_training_that_differs_is_an_error(monkeypatch) -> None:
    learn = demo.learn

    def off(*arguments, compile=True, **settings):
        history = learn(*arguments, compile=False, **settings)
        history.loss[-1] += 1e-6 * compile
        return history

    monkeypatch.setattr(demo, "learn", off)
    with pytest.raises(ArithmeticError, match="should not happen"):
        demo.check_first_steps(demo.Recurrent, demo.load(), count=2)


def test_without_the_package_it_says_what_to_install(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "names", None)
    with pytest.raises(SystemExit, match="the package names, which is not installed\npip install"):
        demo.load()
    assert nn is not None
