"""Whatever fit does beside the steps, it goes on from a checkpoint bit for bit."""

import functools

import pytest

import nn
from tests.test_nn_fit import STEPPED, WAYS, errors, numbers, train

EVERYTHING = {
    "stepped": {"schedule": STEPPED["one cycle"], "schedule_each": "step", "clip_norm": 0.1, "metrics": [errors]},
    "plateau": {"schedule": functools.partial(nn.ReduceLROnPlateau, patience=1, threshold=0.05), "clip_value": 0.02},
    "stopped early": {"early_stopping": 2, "optimizer": lambda params: nn.Adam(params, lr=0.3)},
}


@WAYS
@pytest.mark.parametrize("what", EVERYTHING)
def test_all_of_it_goes_on_from_a_checkpoint_bit_for_bit(what, compile, tmp_path) -> None:
    def ends(epochs, path):
        if isinstance(EVERYTHING[what].get("early_stopping"), int):
            EVERYTHING[what]["early_stopping"] = 2
        model, history = train(compile, epochs, checkpoint=path, resume=path is not None, **EVERYTHING[what])
        return repr([numbers(model), vars(history)])

    whole = ends(20, None)
    assert ("stopped_early': True" in whole) == (what == "stopped early")
    for stop in (4, 11) if compile else range(1, 21, 2):  # without the extra `jit` each is compiled by the C compiler
        path = tmp_path / f"{stop}.json"
        ends(stop, path)
        assert ends(20, path) == whole == ends(20, path), "and there is nothing left to do"


def test_other_settings_are_another_training(tmp_path) -> None:
    path = tmp_path / "run.json"
    train(False, 2, checkpoint=path, early_stopping=3)
    for settings, message in (
        ({}, r"early stopping = EarlyStopping\(watch=validation_loss, patience=3, .*\), not none"),
        ({"early_stopping": 4}, "patience=3, .*, not .*patience=4"),
        ({"early_stopping": 3, "clip_norm": 1.0}, r"clipping = .*, not Clipping\(norm=1.0"),
        ({"early_stopping": 3, "schedule": STEPPED["one cycle"]}, "schedule|optimizer"),
        ({"early_stopping": 3, "metrics": [errors]}, "its history is of"),
    ):
        with pytest.raises(ValueError, match=message):
            train(False, 3, checkpoint=path, resume=True, **settings)


def test_a_broken_state_of_stopping_changes_nothing(tmp_path) -> None:
    path = tmp_path / "run.json"
    train(False, 3, checkpoint=path, early_stopping=9)
    text = path.read_text()
    for old, new in (
        ('"bad_epochs": ', '"bad_epochs": -5'),
        ('"over": false', '"over": 1'),
        ('"best_epoch": ', '"best_epoch": 0.5e'),
        ('"best_state": {', '"best_state": {"more": [1.0], '),
    ):
        path.write_text(text.replace(old, new))
        model = nn.MLP(2, [4, 2], rng=1)
        before = numbers(model)
        with pytest.raises(ValueError, match="^'.*run.json': .*\n.*$"):
            train(False, 9, model=model, checkpoint=path, resume=True, early_stopping=9)
        assert numbers(model) == before
