"""What goes wrong in silence is told, by warnings and by the microscope, and nothing else. Nan: test_anomalies.py."""

import math
import warnings

import pytest

import autograd as ag
import nn
from autograd import Value, detect_anomaly, diagnose, exp, maximum, relu, sqrt, tanh
from autograd.microscope import examine, layer_name

# ---- silent mistakes -----------------------------------------------------------------------------


def findings(program) -> list[str]:
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        program()
    assert all(each.filename == __file__ and "\n" not in str(each.message) for each in warned)
    return [str(each.message) for each in warned]


def test_backward_twice_is_told() -> None:
    def program(reset: bool):
        x = Value(2.0)
        with detect_anomaly():
            y = x * x
            y.backward()
            if reset:
                x.zero_grad()
            y.backward()

    [message] = findings(lambda: program(reset=False))
    assert message.startswith("backward() has already run on this graph, and 1 leaf keeps") and "zero_grad" in message
    assert findings(lambda: program(reset=True)) == []


def test_a_kink_is_told() -> None:
    def program():
        x = Value(1.0)
        with detect_anomaly():
            (relu(x - 1.0) + relu(1.0 - x) + maximum(x, x * 1.0)).backward()

    assert sorted(findings(program)) == [
        "maximum(1.0, 1.0) stands on its kink: one slope of many was taken; move the input",
        "relu(0.0) stands on its kink 2 times: one slope of many was taken; move the input",
    ]


def test_saturation_is_told() -> None:
    def program():
        with detect_anomaly():
            tanh(Value(800.0) * Value(2.0)).backward()

    [message] = findings(program)
    assert message.startswith("every gradient is exactly 0: tanh saturated")


def test_parameters_without_gradient_and_dead_units_are_told() -> None:
    model = nn.MLP(2, [4, 1], activation="relu", rng=0)
    model.spare = Value(1.0)
    for neuron in model.layers[0].neurons[:3]:
        neuron.b.data = -100.0

    def program():
        with detect_anomaly(model):
            nn.mse_loss([model([0.1, 0.2]), model([0.3, -0.2])], [1.0, 2.0]).backward()

    unreached, dead = findings(program)
    assert unreached.startswith("no gradient reaches spare: the loss was computed without it")
    assert dead.startswith("layers.0: 3 of 4 relu units are dead") and dead.endswith("or use leaky_relu")


def test_a_unit_is_dead_only_if_it_is_for_every_sample() -> None:
    model = nn.MLP(1, [1, 1], activation="relu", rng=0)
    neuron = model.layers[0].neurons[0]
    neuron.w[0].data = 1.0
    loss = nn.mse_loss([model([-1.0]), model([2.0])], [1.0, 2.0])
    [layer, _] = examine(loss, model).layers
    assert layer.dead == 0 and layer.off == 0.5 and len(layer.units) == 1


# ---- the microscope ------------------------------------------------------------------------------


def test_diagnose_in_words(capsys) -> None:
    model = nn.MLP(2, [6, 6, 1], activation="relu", rng=3)
    loss = nn.mse_loss([model([0.1, 0.2]), model([0.5, -1.0])], [1.0, 2.0])
    diagnose(loss, model, lr=0.05)
    told = capsys.readouterr().out
    assert told.startswith(f"loss {loss.data:.6g}; updates as by SGD at lr = 0.05\n")
    assert "layers.1             42" in told and "6 relu: 1 dead" in told and "layers.2 " in told and "linear" in told
    assert not any(parameter.grad_is_computed for parameter in model.parameters())


def test_the_numbers_are_those_of_a_backward_pass() -> None:
    model = nn.MLP(2, [3, 1], rng=1)
    loss = nn.mse_loss([model([0.1, 0.2])], [1.0])
    report = examine(loss, model, lr=0.1)
    loss.backward()
    parameters = model.layers[0].neurons
    slopes = [p.grad for neuron in parameters for p in (*neuron.w, neuron.b)]
    weights = [p.data for neuron in parameters for p in (*neuron.w, neuron.b)]
    layer = report.layers[0]
    assert layer.gradient == pytest.approx(math.sqrt(sum(g * g for g in slopes) / len(slopes)))
    assert report.update_ratio(layer) == pytest.approx(0.1 * math.hypot(*slopes) / math.hypot(*weights))


def test_vanishing_gradients_are_told() -> None:
    deep = nn.MLP(2, [6] * 12 + [1], activation="sigmoid", rng=3)
    report = examine(nn.mse_loss([deep([0.1, 0.2])], [1.0]), deep)
    assert any("the gradient vanishes" in finding and "relu" in finding for finding in report.findings)
    assert "layers.0 hardly moves" in str(report)


def test_units_of_plain_sums_are_found_too() -> None:
    weights = [Value(-1.0, label="a"), Value(-2.0, label="b")]
    loss = relu(weights[0] * 1.0 + weights[1] * 3.0) + 0.0 * weights[0]
    [first, _] = examine(loss, weights).layers
    assert first.dead == 1 and examine(loss).layers == []


def test_names_of_layers() -> None:
    names = {"layers.0.weight.3.1": "layers.0", "encoder.head.bias": "encoder.head", "w.0": "w", "b": "b"}
    assert {path: layer_name(path) for path in names} == names


def test_what_is_no_loss_or_no_model() -> None:
    with pytest.raises(TypeError, match="diagnose: 3.0 is a float, not a Value"):
        diagnose(3.0)
    with pytest.raises(TypeError, match="3 is not a model"):
        detect_anomaly(3)
    with pytest.raises(TypeError, match="lr: 'fast' is a str"):
        diagnose(Value(1.0), lr="fast")
    with pytest.raises(TypeError, match="'model' is not a model"):
        diagnose(Value(1.0), "model")


@pytest.mark.parametrize("lr", [math.nan, -1.0, 0.0, math.inf])
def test_what_is_no_learning_rate(lr: float) -> None:
    with pytest.raises(ValueError, match="the learning rate, is a number above 0"):
        diagnose(Value(1.0), lr=lr)


def test_classes_and_functions_are_no_models() -> None:
    for attempt in (lambda: detect_anomaly(nn.MLP), lambda: diagnose(Value(1.0), nn.MLP)):
        with pytest.raises(TypeError, match="MLP is a class, not a model\ngive it a model made from it"):
            attempt()
    with pytest.raises(TypeError, match=r"as a decorator, write @detect_anomaly\(\)"):

        @detect_anomaly
        def train(): ...

    with pytest.raises(TypeError, match="5 is not a function to decorate"):
        detect_anomaly()(5)


# ---- training loops with a mistake, and without --------------------------------------------------

XS, YS = [[0.1, 0.7], [0.3, -1.0], [-0.5, 0.2]], [1.0, 2.0, 0.0]


def train(model, steps: int, lr: float, forget: bool) -> None:
    optimizer = nn.SGD(model.parameters(), lr=lr)
    for _ in range(steps):
        loss = nn.mse_loss([model(x) for x in XS], YS)
        if not forget:
            optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def test_a_forgotten_zero_grad_is_told_once() -> None:
    def program(forget: bool):
        model = nn.MLP(2, [8, 1], activation="tanh", rng=0)
        with detect_anomaly(model):
            train(model, 5, 0.05, forget)

    [message] = findings(lambda: program(forget=True))
    assert message.startswith(
        "parameters already hold gradients when backward() of another loss runs; call zero_grad()"
    )
    assert message.endswith("unless you mean to add up over batches")
    assert findings(lambda: program(forget=False)) == []


def test_diagnose_after_backward_finds_nothing_wrong_with_that(capsys) -> None:
    model = nn.MLP(2, [8, 1], activation="tanh", rng=0)
    optimizer = nn.SGD(model.parameters(), lr=0.05)
    loss = nn.mse_loss([model(x) for x in XS], YS)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    diagnose(loss, model)
    assert capsys.readouterr().out.endswith("nothing looks wrong\n")


def test_leaves_out_of_reach_are_not_blamed() -> None:
    w = Value(2.0)

    def program():
        with detect_anomaly():
            loss = ag.sum([w * w, 3.0])  # the 3.0 becomes a leaf that nobody can reset
            loss.backward()
            w.zero_grad()
            loss.backward()

    assert findings(program) == []


def test_each_warning_comes_once_a_block() -> None:
    block = detect_anomaly()

    def program():
        with block:
            for k in range(3):
                (relu(Value(0.0) * (k + 1.0)) + Value(1.0)).backward()

    assert len(findings(program)) == 1 and len(findings(program)) == 1


def test_nan_that_came_in_with_the_data_is_told() -> None:
    def leaf():
        x = Value(math.nan)
        with detect_anomaly():
            (x * 2.0 + 1.0).backward()

    def constants():
        w = Value(2.0)
        with detect_anomaly():
            (ag.dot([w, w], [math.nan, 1.0]) + w * math.nan).backward()

    assert findings(leaf) == ["x is nan: nan came in with the data; clean them first"]
    assert findings(constants) == ["2 constants are nan: nan came in with the data; clean them first"]


def test_what_is_not_finite_is_not_healthy() -> None:
    w = Value(3.0, label="w")
    assert examine(w * math.nan, [w]).findings == [
        "the loss is nan: compute it inside detect_anomaly() to see where",
    ]
    x = Value(0.0, label="x")
    assert examine(sqrt(x), [x]).findings == [
        "gradients of x are inf: run backward() inside detect_anomaly() to see where"
    ]
    assert examine(sqrt(x)).findings == ["gradients are inf: run backward() inside detect_anomaly() to see where"]
    assert "healthy" not in str(examine(w * math.nan, [w]))


def flat(value: float, activation: str):
    model = nn.MLP(2, [8, 8, 1], activation=activation, rng=0)
    for parameter in model.parameters():
        parameter.data = value
    return examine(nn.mse_loss([model(x) for x in XS], YS), model).findings


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_units_that_stay_alike_are_told(activation: str) -> None:
    assert flat(0.0, activation) == [f"all weights of layers.{k} are 0: initialise them at random" for k in (0, 1)]
    assert flat(0.1, activation) == [
        f"all units of layers.{k} have equal weights and will stay alike; initialise them at random" for k in (0, 1)
    ]


def test_a_last_layer_of_zeros_is_no_mistake() -> None:
    model = nn.MLP(2, [8, 1], activation="tanh", rng=0)
    for parameter in model.layers[1].parameters():
        parameter.data = 0.0
    assert examine(nn.mse_loss([model(x) for x in XS], YS), model).findings == []


def test_a_jump_is_a_finding() -> None:
    model = nn.MLP(2, [8, 1], activation="tanh", rng=0)
    loss = nn.mse_loss([model(x) for x in XS], YS)
    report = examine(loss, model, lr=100.0)
    assert any(finding.startswith("layers.1 jumps: a step changes its weights by") for finding in report.findings)
    assert "times their size; lower the learning rate" in str(report) and "nothing looks wrong" not in str(report)
    bias = Value(0.0, label="b")
    assert examine((bias - 1.0) ** 2, [bias]).findings == []
    with detect_anomaly(model):
        nn.mse_loss([model(x) for x in XS], [1000.0, 1000.0, 1000.0]).backward()  # no learning rate, no warning


@pytest.mark.parametrize("bias", [-1000.0, 30.0])
def test_a_saturated_layer_is_a_finding(bias: float) -> None:
    model = nn.MLP(2, [4, 1], activation="tanh", rng=0)
    for neuron in model.layers[0].neurons:
        neuron.b.data = bias
    [finding] = examine(nn.mse_loss([model(x) for x in XS], YS), model).findings
    assert finding.startswith("layers.0: its tanh units are saturated 100% of the time")


@pytest.mark.parametrize("activation", ["leaky_relu", "softplus", "silu"])
def test_activations_are_known(activation: str) -> None:
    model = nn.MLP(2, [4, 1], activation=activation, rng=0)
    assert f"4 {activation}: 0 dead" in str(examine(nn.mse_loss([model(x) for x in XS], YS), model))


def test_a_layer_that_is_passed_by_is_not_used() -> None:
    model = nn.MLP(2, [4, 1], activation="tanh", rng=0)
    hidden = [each.data for each in model.layers[0](XS[0])]
    report = examine(nn.mse_loss([model.layers[1](hidden)[0]], [1.0]), model)
    assert "not used" in str(report) and "no gradient reaches layers.0.neurons.0.w.0" in report.findings[0]


@pytest.mark.parametrize(
    "f",
    [
        ag.erf, ag.erfc, lambda x: ag.softmax([x, 3000.0])[0], lambda x: ag.clip(x, -1.0, 1.0),
        lambda x: ag.softplus(-x), lambda x: exp(-x), ag.logsigmoid,
    ],
)  # fmt: skip
def test_all_that_saturates_is_told(f) -> None:
    [finding] = examine(f(Value(1000.0))).findings
    assert finding.startswith("every gradient is exactly 0: ")
