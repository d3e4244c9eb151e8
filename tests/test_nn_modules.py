"""Modules and dense layers: parameters found by walking, widths checked, initialisation as published, copies."""

import copy
import math
import pickle
import random
import statistics
import subprocess
import sys

import pytest

import nn
from autograd import Operands, Value, dot, tanh
from autograd.graph import operations


def test_parameters_are_found_in_a_stable_order_and_once() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            self.first = nn.Layer(2, 2, rng=0)
            self.table = {"a": Value(1.0), "b": (Value(2.0), [Value(3.0)])}
            self.shared = self.first.neurons[0].b
            self._private = Value(9.0)
            self.name = "net"

    names = [name for name, _ in Net().named_parameters()]
    assert names == [
        *(f"first.neurons.{i}.{p}" for i in range(2) for p in ("w.0", "w.1", "b")),
        *("table.a", "table.b.0", "table.b.1.0"),
    ]
    assert len(nn.MLP(2, [16, 16, 1]).parameters()) == 337
    assert repr(Net()) == "Net(9 parameters)"


def test_a_neuron_is_one_dot_and_one_activation() -> None:
    neuron = nn.Neuron(3, activation="relu", rng=1)
    x = [Value(1.0), Value(2.0), Value(3.0)]
    output = neuron(x)
    assert operations(output) == {"dot": 1, "relu": 1}
    assert output.parents[0].parents == (*neuron.w, neuron.b, *x)
    total = sum(w.data * v.data for w, v in zip(neuron.w, x)) + neuron.b.data
    assert output.data == pytest.approx(max(0.0, total), rel=1e-14)


def test_an_mlp_computes_what_its_formula_says() -> None:
    model = nn.MLP(2, [3, 1, 2], activation="tanh", rng=3)
    x = [0.5, -1.5]
    for index, layer in enumerate(model.layers):
        sums = [sum(w.data * v for w, v in zip(n.w, x)) + n.b.data for n in layer.neurons]
        x = [math.tanh(s) for s in sums] if index < 2 else sums
    assert [v.data for v in model([0.5, -1.5])] == pytest.approx(x, rel=1e-14)


def test_shapes_of_outputs() -> None:
    assert isinstance(nn.MLP(2, [1])([1.0, 2.0]), Value)
    assert len(nn.MLP(2, [1, 3])([1.0, 2.0])) == 3
    assert isinstance(nn.Layer(2, 1)([1.0, 2.0]), list)
    assert nn.MLP(2, [4, 1])((Value(1.0), 2.0)).parents


@pytest.mark.parametrize("part", [nn.Neuron(3), nn.Layer(3, 2), nn.MLP(3, [2, 1])], ids=lambda p: type(p).__name__)
@pytest.mark.parametrize("wrong", [[1.0, 2.0], [1.0] * 4, []])
def test_a_wrong_width_names_both(part, wrong) -> None:
    with pytest.raises(ValueError, match=rf"{len(wrong)} numbers .* 3 weights"):
        part(wrong)


def test_bad_arguments_are_named() -> None:
    for attempt, message in (
        (lambda: nn.MLP(2, []), r"nouts = \[\]"),
        (lambda: nn.MLP(2, 3), "nouts = 3\ngive the width of each layer"),
        (lambda: nn.Neuron(2, "Relu"), "did you mean 'relu'"),
        (lambda: nn.MLP(0, [1]), "a width of 0"),
        (lambda: nn.Layer(2, 1.5), "a width of 1.5"),
        (lambda: nn.MLP(2, [1], activation="rellu"), "did you mean 'relu'"),
        (lambda: nn.MLP(2, [2, 1], activation="quux"), "choose one of tanh"),
    ):
        with pytest.raises(ValueError, match=message) as caught:
            attempt()
        assert str(caught.value).count("\n") == 1
    with pytest.raises(TypeError, match="not a number"):
        nn.MLP(2, [1])(["1", 2.0])


def test_any_function_may_be_the_activation() -> None:
    model = nn.MLP(1, [2, 1], activation=lambda v: tanh(v) * 2, rng=0)
    assert "lambda" in repr(model) and operations(model([1.0]))["tanh"] == 2


def test_the_seed_decides_the_weights() -> None:
    def weights(rng) -> list[float]:
        return [p.data for p in nn.MLP(3, [4, 2], rng=rng).parameters()]

    assert weights(5) == weights(5) == weights(random.Random(5)) != weights(6)


@pytest.mark.parametrize(("activation", "variance"), [("tanh", 2 / (60 + 40)), ("relu", 2 / 60), (None, 2 / 100)])
def test_initial_weights_have_the_published_spread(activation, variance) -> None:
    layer = nn.Layer(60, 40, activation, rng=0)
    drawn = [w.data for neuron in layer.neurons for w in neuron.w]
    assert abs(statistics.fmean(drawn)) < 4 * math.sqrt(variance / len(drawn))
    assert statistics.pvariance(drawn) == pytest.approx(variance, rel=0.06)
    assert all(neuron.b.data == 0.0 for neuron in layer.neurons)


def test_weights_may_be_changed_or_replaced_between_calls() -> None:
    neuron = nn.Neuron(2, rng=0)
    before = neuron([1.0, 1.0]).data
    neuron.w[0].data += 1.0
    assert neuron([1.0, 1.0]).data == pytest.approx(before + 1.0)
    neuron.w[1] = Value(100.0)
    neuron.b = Value(7.0)
    assert neuron([0.0, 1.0]).data == 107.0
    output = neuron([0.0, 1.0])
    output.backward()
    assert neuron.w[1].grad == neuron.b.grad == 1.0


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_models_can_be_copied(duplicate) -> None:
    model = nn.MLP(2, [3, 1], rng=0)
    model([1.0, 2.0])
    twin = duplicate(model)
    assert twin([1.0, 2.0]).data == model([1.0, 2.0]).data
    for parameter in twin.parameters():
        parameter.data = 0.0
    assert twin([1.0, 2.0]).data == 0.0 != model([1.0, 2.0]).data


def test_gradients_through_shared_operands_equal_those_of_plain_sums() -> None:
    model, xs = nn.MLP(2, [3, 2, 1], rng=2), [[0.5, -1.0], [2.0, 0.25], [-0.75, 1.5]]
    fused = nn.mse_loss([model(x) for x in xs], [1.0, -1.0, 0.5])
    fused.backward()
    expected = [p.grad for p in model.parameters()]
    model.zero_grad()

    def plain(x):
        for index, layer in enumerate(model.layers):
            x = [sum((w * v for w, v in zip(n.w, x)), n.b) for n in layer.neurons]
            x = [tanh(v) for v in x] if index < 2 else x
        return x[0]

    loss = sum((plain(x) - t) ** 2 for x, t in zip(xs, [1.0, -1.0, 0.5])) / 3
    loss.backward()
    assert fused.data == pytest.approx(loss.data, rel=1e-14)
    assert expected == pytest.approx([p.grad for p in model.parameters()], rel=1e-12)


def test_operands_are_read_again_when_data_change() -> None:
    weights = Operands([Value(1.0), Value(2.0)])
    assert dot(weights, [1.0, 1.0]).data == 3.0
    weights.values[0].data = 5.0
    assert dot(weights, [1.0, 1.0]).data == 7.0 and len(weights) == 2 and list(weights) == list(weights.values)


def test_another_package_named_autograd_is_one_clear_sentence(tmp_path) -> None:
    for name, text in (("hips", "grad = lambda f: f\n"), ("empty", None)):
        fake = tmp_path / name / "autograd"
        fake.mkdir(parents=True)
        if text is not None:
            (fake / "__init__.py").write_text(text)
        program = f"import sys; sys.path[:0] = [{str(tmp_path / name)!r}]; import autograd, nn"
        root = nn.__path__[0].rsplit("/", 1)[0] if "/" in nn.__path__[0] else "."
        program = program.replace("import autograd", f"sys.path.insert(1, {root!r}); import types, autograd")
        if text is None:  # uninstalling the other package leaves a folder without __init__.py
            program = f"import sys, types; sys.modules['autograd'] = types.ModuleType('autograd'); {program}"
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
        error = done.stderr.strip().splitlines()
        assert "ImportError: the package 'autograd' found here is not scalar-autograd's" in error[-2]
        assert "pip install --force-reinstall --no-deps scalar-autograd" in error[-1]
