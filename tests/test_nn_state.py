"""state_dict and load_state_dict: names and shapes as PyTorch's, any module, buffers, all or nothing."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from autograd import Value, dot
from nn.state import flattened, nested, shape_of


class Cell(nn.Module):
    """A layer as anybody would write it: a matrix, a vector, a number, a buffer, and what is none of these."""

    buffers = ("running_mean", "seen")

    def __init__(self, start: float = 0.0) -> None:
        self.weight_ih = [[Value(start + 2 * i + j) for j in range(2)] for i in range(3)]
        self.bias = [Value(start + 10 + i) for i in range(3)]
        self.scale = Value(start + 20)
        self.running_mean = [[start + 0.5, start - 0.5]]
        self.seen = start
        self.name, self.width, self._private = "cell", 3, Value(99.0)

    def __call__(self, x):
        return [self.scale * dot(row, x) + b for row, b in zip(self.weight_ih, self.bias)]


class Net(nn.Module):
    def __init__(self, start: float = 0.0) -> None:
        self.cells = [Cell(start), Cell(start + 100)]
        self.table = {"a": Value(start), "ragged": [[Value(start)], [Value(start), Value(start + 1)]]}
        self.head = nn.Layer(3, 2, rng=int(start))
        self.mixed = [Value(start + 7), 3.0]
        self.empty = []


def shapes(model) -> dict[str, tuple[int, ...]]:
    return {name: shape_of(numbers) for name, numbers in model.state_dict().items()}


def test_names_and_shapes_of_the_dense_networks_are_those_of_pytorch() -> None:
    assert shapes(nn.MLP(2, [3, 1])) == {
        "layers.0.weight": (3, 2), "layers.0.bias": (3,), "layers.1.weight": (1, 3), "layers.1.bias": (1,),
    }  # fmt: skip
    model = nn.MLP(2, [3, 1], rng=4)
    state = model.state_dict()
    for index, layer in enumerate(model.layers):
        assert state[f"layers.{index}.weight"] == [[w.data for w in neuron.w] for neuron in layer.neurons]
        assert state[f"layers.{index}.bias"] == [neuron.b.data for neuron in layer.neurons]
    assert shapes(nn.Neuron(3)) == {"w": (3,), "b": ()}


def test_any_module_is_found_by_walking() -> None:
    cell = {"weight_ih": (3, 2), "bias": (3,), "scale": (), "running_mean": (1, 2), "seen": ()}
    assert shapes(Net()) == {
        **{f"cells.{k}.{name}": shape for k in range(2) for name, shape in cell.items()},
        **{"table.a": (), "table.ragged.0": (1,), "table.ragged.1": (2,)},
        **{"head.weight": (2, 3), "head.bias": (2,), "mixed.0": ()},
    }
    assert Net(5.0).state_dict()["cells.1.running_mean"] == [[105.5, 104.5]]


def test_loading_makes_two_models_the_same_and_keeps_the_values() -> None:
    model, twin = Net(1.0), Net(2.0)
    before = twin.parameters()
    assert twin.state_dict() != model.state_dict()
    twin.load_state_dict(model.state_dict())
    assert twin.state_dict() == model.state_dict() and twin.parameters() == before  # Values are compared by identity
    assert twin.cells[1].seen == 101.0 and twin.cells[0]([1.0, 2.0])[2].data == model.cells[0]([1.0, 2.0])[2].data


def test_a_state_is_a_copy() -> None:
    model = Net()
    state = model.state_dict()
    state["cells.0.running_mean"][0][0] = state["cells.0.weight_ih"][0][0] = 77.0
    assert model.cells[0].running_mean[0][0] == 0.5 and model.cells[0].weight_ih[0][0].data == 0.0
    other = Net(1.0)
    model.load_state_dict(held := other.state_dict())
    held["cells.0.running_mean"][0][0] = 77.0
    assert model.cells[0].running_mean[0][0] == 1.5


def test_a_compiled_or_shared_operand_sees_loaded_numbers() -> None:
    model, twin = nn.MLP(2, [3, 1], rng=0), nn.MLP(2, [3, 1], rng=1)
    assert twin([1.0, 2.0]).data != model([1.0, 2.0]).data
    nn.load_state_dict(twin, nn.state_dict(model))
    assert twin([1.0, 2.0]).data == model([1.0, 2.0]).data


def test_arrays_and_whole_numbers_may_be_given() -> None:
    layer = nn.Layer(2, 2)
    layer.load_state_dict({"weight": np.array([[1.0, 2.0], [3.0, 4.0]], dtype=np.float32), "bias": [1, np.float64(2)]})
    assert layer.state_dict() == {"weight": [[1.0, 2.0], [3.0, 4.0]], "bias": [1.0, 2.0]}
    assert all(type(parameter.data) is float for parameter in layer.parameters())


def test_tied_parameters_have_two_names_and_one_number() -> None:
    class Tied(nn.Module):
        def __init__(self) -> None:
            self.there = [Value(1.0), Value(2.0)]
            self.back = [self.there[1], Value(3.0)]

    model = Tied()
    assert model.state_dict() == {"there": [1.0, 2.0], "back": [2.0, 3.0]}
    model.load_state_dict({"there": [4.0, math.nan], "back": [math.nan, 6.0]})
    assert model.back[1].data == 6.0
    for other in (5.5, math.nan):
        with pytest.raises(ValueError, match=r"'there' and 'back' share a parameter, given as 5.0 and "):
            model.load_state_dict({"there": [4.0, 5.0], "back": [other, 7.0]})
    assert model.there[0].data == 4.0 and model.back[1].data == 6.0


GOOD = {"weight": [[1.0, 2.0], [3.0, 4.0]], "bias": [5.0, 6.0]}
WRONG = {
    "it is a list, not names with numbers": [1.0, 2.0],
    "it lacks 'bias'\n": {"weight": GOOD["weight"]},
    r"it lacks 'weight' \(and 1 more\) and has an unknown 'w'": {"w": 1.0},
    "has an unknown 'scale'": {**GOOD, "scale": 1.0},
    r"'weight' has the shape \(2, 3\), not \(2, 2\)": {**GOOD, "weight": [[1.0, 2.0, 3.0]] * 2},
    r"'weight' has the shape \(\), not \(2, 2\)": {**GOOD, "weight": 1.0},
    r"'bias' has the shape \(2, 1\), not \(2,\)": {**GOOD, "bias": [[5.0], [6.0]]},
    r"'bias' has the shape \(0,\), not": {**GOOD, "bias": []},
    "'weight' has lists of different lengths": {**GOOD, "weight": [[1.0, 2.0], [3.0]]},
    "'weight' has lists of different": {**GOOD, "weight": [[1.0, 2.0], 3.0]},
    "'bias' holds '6.0', a str where a number": {**GOOD, "bias": [5.0, "6.0"]},
    "'bias' holds True, a bool where": {**GOOD, "bias": [5.0, True]},
    "'bias' holds None, a NoneType": {**GOOD, "bias": [5.0, None]},
    r"'bias' holds \[6.0\], a list": {**GOOD, "bias": [5.0, [6.0]]},
    "'bias' holds 1j, a complex": {**GOOD, "bias": [5.0, 1j]},
    "'bias' holds a whole number that is too large": {**GOOD, "bias": [5.0, 10**400]},
}


@pytest.mark.parametrize("message", WRONG)
def test_all_or_nothing(message: str) -> None:
    layer = nn.Layer(2, 2, rng=3)
    before = layer.state_dict()
    with pytest.raises(ValueError, match=f"^load_state_dict: .*{message}") as caught:
        layer.load_state_dict(WRONG[message])
    assert str(caught.value).count("\n") == 1 and layer.state_dict() == before
    layer.load_state_dict(GOOD)
    assert layer.state_dict() == GOOD


def test_a_module_that_hides_a_parameter_is_told() -> None:
    class Scaled(nn.Layer):
        def __init__(self) -> None:
            super().__init__(2, 2)
            self.scale = Value(2.0)

    assert shapes(Scaled()) == {"weight": (2, 2), "bias": (2,), "scale": ()}

    class Forgetful(Scaled):
        def members(self):
            return {"weight": [neuron.w for neuron in self.neurons]}

    with pytest.raises(ValueError, match="the parameter 'neurons.0.b' is left out\nlet the members"):
        Forgetful().state_dict()
    with pytest.raises(TypeError, match="'model' is not a Module\ngive a model"):
        nn.state_dict("model")


@given(st.lists(st.integers(1, 4), max_size=4))
def test_nested_lists_and_back(shape: list[int]) -> None:
    numbers = [float(k) for k in range(math.prod(shape))]
    lists = nested(numbers, tuple(shape))
    assert shape_of(lists) == tuple(shape) and flattened(lists, tuple(shape)) == numbers
