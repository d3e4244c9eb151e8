"""Wrong settings of fit: each is named in two lines, before anything is trained."""

import pytest

import nn
from tests.test_nn_fit import CLASSES, INPUTS, errors, train

MISTAKES = {
    "metrics": (TypeError, {"metrics": 3}, "metrics = 3"),
    "one name": (ValueError, {"metrics": [errors, errors]}, "two metrics of one name among errors"),
    "loss of nothing": (TypeError, {"loss": lambda z, t: None}, "the loss gave None, not a Value"),
    "metric": (TypeError, {"metrics": ["accuracy"]}, "'accuracy'\\ngive a function|is 'accuracy'"),
    "nameless": (ValueError, {"metrics": [lambda outputs, targets: 1.0]}, "name '<lambda>'\nname it anew"),
    "taken": (ValueError, {"metrics": {"loss": errors}}, "name 'loss'"),
    "metric gives": (TypeError, {"metrics": {"m": lambda outputs, targets: outputs}}, "the metric 'm' gave "),
    "schedule": (TypeError, {"schedule": lambda optimizer: "cosine"}, "schedule = 'cosine'"),
    "each": (ValueError, {"schedule_each": "batch"}, "schedule_each = 'batch'"),
    "each of none": (ValueError, {"schedule_each": "step"}, "without a schedule"),
    "plateau": (ValueError, {"schedule": nn.ReduceLROnPlateau, "schedule_each": "step"}, "with ReduceLROnPlateau"),
    "other": (ValueError, {"schedule": lambda _: nn.StepLR(nn.SGD([nn.Neuron(1).b]), 1)}, "of another optimizer"),
    "norm": (ValueError, {"clip_norm": -1}, "fit: clip_norm = -1"),
    "value": (ValueError, {"clip_value": "little"}, "fit: clip_value = 'little'"),
    "both": (ValueError, {"clip_value": 1.0, "clip_norm": 1.0}, "clip_norm = 1.0 beside clip_value = 1.0"),
    "patience": (ValueError, {"early_stopping": -1}, "patience = -1"),
    "stopping": (TypeError, {"early_stopping": "soon"}, "early_stopping = 'soon'"),
    "flag": (TypeError, {"early_stopping": True}, "early_stopping = True"),
    "watch": (ValueError, {"early_stopping": nn.EarlyStopping(watch="f1")}, "watch = 'f1'\nwatch one of loss, "),
    "mode": (
        ValueError, {"early_stopping": nn.EarlyStopping(watch="errors"), "metrics": [errors]}, "say mode='max'",
    ),
    "held out": (
        ValueError, {"early_stopping": nn.EarlyStopping(watch="validation_loss"), "validation": None}, "held out",
    ),
    "no accuracy": (
        ValueError,
        {"early_stopping": nn.EarlyStopping(watch="accuracy"), "loss": lambda z, t: nn.cross_entropy(z, t)},
        "'accuracy', which this loss has not",
    ),
    "half a validation": (ValueError, {"validation": INPUTS}, "validation = .*\ngive a pair of inputs and targets"),
    "validation of none": (TypeError, {"validation": (None, CLASSES)}, "validation inputs = None is not a list"),
    "generator": (TypeError, {"validation": (iter(INPUTS), CLASSES)}, "validation inputs = .* is not a list"),
    "empty validation": (ValueError, {"validation": ([], [])}, "fit: no validation samples"),
    "callbacks": (TypeError, {"callbacks": print}, "callbacks = <built-in function print>"),
    "callback": (TypeError, {"callbacks": ["print"]}, "callback 'print' is no function"),
}  # fmt: skip


def test_wrong_optimizers_are_named() -> None:
    model, other = nn.MLP(2, [4, 2], rng=1), nn.MLP(2, [4, 2], rng=1)
    settings = {"loss": nn.cross_entropy, "epochs": 1, "progress": False}
    with pytest.raises(TypeError, match="'nn.adaptive.Adam'> is not an optimizer\ngive it one, such as nn.Adam"):
        nn.fit(model, INPUTS, CLASSES, optimizer=nn.Adam, **settings)
    with pytest.raises(TypeError, match="what is 'learning_rate'.\nbeside fit's own settings, SGD has lr, momentum"):
        nn.fit(model, INPUTS, CLASSES, learning_rate=0.1, **settings)
    with pytest.warns(RuntimeWarning, match="none of the model's parameters\nmake it with model.parameters"):
        nn.fit(model, INPUTS, CLASSES, optimizer=nn.Adam(other.parameters()), **settings)


@pytest.mark.parametrize("what", MISTAKES)
def test_mistakes_are_named(what) -> None:
    kind, settings, message = MISTAKES[what]
    with pytest.raises(kind, match=message) as caught:
        train(False, 2, **settings)
    assert str(caught.value).count("\n") == 1
