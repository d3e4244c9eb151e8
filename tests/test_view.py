"""What a picture shows of a graph: shapes, edges, names, and what is folded. Never where it stands."""

import math
import weakref
from collections import Counter
from unittest import mock

import pytest

import autograd as ag
import nn
from autograd import Value, dot, draw
from autograd.drawing.folding import READABLE, READABLE_EDGES
from autograd.drawing.picture import CONSTANT, FIRST, GROUP, INPUT, OPERATOR, OUTPUT, PARAMETER, SECOND, Picture
from autograd.graph import nodes


def kinds(picture: Picture) -> Counter:
    return Counter(shape.kind for shape in picture.shapes)


def arrows(picture: Picture) -> list[tuple[str, str]]:
    return sorted((edge.tail, edge.head) for edge in picture.edges)


def lines(picture: Picture, kind: str) -> list[tuple[str, ...]]:
    return [shape.lines for shape in picture.shapes if shape.kind == kind]


def test_every_use_is_an_edge_and_every_name_is_there() -> None:
    x = Value(3.0)
    y = 2 - x * x
    picture = draw(y).picture
    assert arrows(picture) == [
        ("constant_2a0", "op_2"),
        ("op_1", "value_1"),
        ("op_2", "value_2"),
        ("value_0", "op_1"),
        ("value_0", "op_1"),
        ("value_1", "op_2"),
    ]
    assert [shape.lines for shape in picture.shapes] == [
        ("x", "data 3", "grad ·"),
        ("data 9", "grad ·"),
        ("*",),
        ("y", "data -7", "grad ·"),
        ("-",),
        ("2",),
    ]
    assert picture.title == "y = -7.0" and not picture.caption


def test_a_gradient_that_was_not_computed_is_not_zero() -> None:
    a, b = Value(2.0), Value(5.0)
    c = a * 0 + b
    assert [shape.lines[-1] for shape in draw(c).picture.shapes if shape.id.startswith("value")] == ["grad ·"] * 4
    c.backward()
    shown = [shape.lines[-1] for shape in draw(c).picture.shapes if shape.id.startswith("value")]
    assert sorted(shown) == ["grad 0", "grad 1", "grad 1", "grad 1"]


def test_operands_keep_their_order_where_it_matters() -> None:
    a, b = Value(2.0), Value(5.0)
    places = {edge.tail: edge.place for edge in draw(a / b).picture.edges}
    assert (places["value_0"], places["value_1"]) == (FIRST, SECOND)
    assert not any(edge.place for edge in draw(a * b).picture.edges)


def test_parameters_and_inputs_are_told_apart() -> None:
    neuron = nn.Neuron(2, activation="tanh")
    x = Value(0.5)
    picture = draw(neuron([x, 1.0])).picture
    assert [shape[0] for shape in lines(picture, PARAMETER)] == ["neuron.w[0]", "neuron.w[1]", "neuron.b"]
    assert next(iter(lines(picture, INPUT)))[0] == "x"
    assert kinds(picture)[OUTPUT] == 1


def test_constants_are_written_as_they_are() -> None:
    x = Value(2.0)
    assert lines(draw(x * 1.00001 - 0.5).picture, CONSTANT) == [("1.00001",), ("0.5",)]
    w = [Value(float(k)) for k in range(6)]
    picture = draw(dot(w, [1, 2, 3, 4, 5, 6.5])).picture
    assert lines(picture, CONSTANT) == [("[1, 2, …] 6 numbers",)]
    assert sum(edge.head == "op_6" for edge in picture.edges) == 7
    assert lines(draw(ag.softmax([x, x * 2])[1]).picture, OPERATOR)[-1] == ("softmax[1]",)


def test_local_derivatives_stand_on_the_edges_on_request() -> None:
    a, b = Value(2.0), Value(-3.0)
    y = a * b + a**2
    assert not any(edge.label for edge in draw(y).picture.edges)
    labels = Counter(edge.label for edge in draw(y, slopes=True).picture.edges if edge.label)
    assert labels == {"b = -3": 1, "a = 2": 1, "2*a = 4": 1, "1": 2}


def test_several_values_are_one_picture() -> None:
    a = Value(2.0)
    b, c = a * 3, a + 1
    picture = draw([b, c]).picture
    assert picture.title == "b = 6.0, c = 3.0" and kinds(picture)[OUTPUT] == 2
    assert sum(edge.tail == "value_0" for edge in picture.edges) == 2
    assert kinds(draw([a, a]).picture) == {INPUT: 1}


def test_it_is_described_for_those_who_cannot_see_it() -> None:
    a, b = Value(2.0), Value(-3.0)
    c = a * b
    c.backward()
    described = draw(c).picture.description
    assert described == ("A computation graph: a = 2, gradient -3; b = -3, gradient 2; c = a*b = -6, gradient 1.")


@pytest.mark.parametrize("data", [math.nan, math.inf, -math.inf, 5e-324, 1e308])
def test_any_data_can_be_drawn(data: float) -> None:
    assert f"data {data:.4g}" in draw(Value(data)).picture.shapes[0].lines


def test_pictures_are_deterministic() -> None:
    def picture() -> Picture:
        model = nn.MLP(2, [2, 1], rng=0)
        return draw(model([1.0, 2.0]), {"model": model}).picture

    assert picture() == picture()
    assert "model.layers[0].neurons[1].w[0]" in {shape.lines[0] for shape in picture().shapes}


# ---- folding -----------------------------------------------------------------------------------------------------


def test_a_model_is_drawn_in_layers_and_opened_by_depth() -> None:
    model = nn.MLP(3, [16, 8, 2], rng=0)
    x = [Value(float(k), label=f"x{k}") for k in range(3)]
    output = model(x)
    picture = draw(output).picture
    assert [shape[0] for shape in lines(picture, GROUP)] == [f"model.layers[{k}]" for k in range(3)]
    assert lines(picture, GROUP)[0][1:] == ("Layer(3 -> 16, tanh)", "64 parameters, 32 values")
    assert kinds(picture) == {INPUT: 3, GROUP: 3, OUTPUT: 2}
    assert ("group_0", "group_1") in arrows(picture)
    size = len(nodes(*output))
    assert f"{size - 5} of {size} Values are folded into 3 boxes; depth= opens modules" == picture.caption
    whole = draw(output, depth=0).picture
    assert [shape[0] for shape in lines(whole, GROUP)] == ["model"]
    assert {edge.label for edge in whole.edges} == {"", "×16"}


def test_a_small_model_is_folded_on_request_only() -> None:
    model = nn.MLP(2, [2, 1], rng=0)
    output = model([1.0, Value(2.0)])
    assert GROUP not in kinds(draw(output).picture)
    assert len(lines(draw(output, depth=2).picture, GROUP)) == 3
    assert [shape[0] for shape in lines(draw(output, depth=1).picture, GROUP)] == ["model.layers[0]", "model.layers[1]"]
    assert GROUP not in kinds(draw(output, depth=3).picture)
    assert draw(output, depth=3).picture == draw(output).picture


def test_a_batch_is_folded_by_what_is_alike() -> None:
    model = nn.MLP(2, [16, 1], rng=0)
    loss = nn.mse_loss([model([0.1 * k, Value(1.0)]) for k in range(100)], [1.0] * 100)
    picture = draw(loss).picture
    titles = [shape[0] for shape in lines(picture, GROUP)]
    assert titles[-2:] == ["100 × (-)", "100 × square"] and "model.layers[0]" in titles
    assert kinds(picture)[OUTPUT] == 1 and len(picture.shapes) < 12


def test_fan_ins_are_summed_up() -> None:
    xs = [Value(float(k)) for k in range(500)]
    total = ag.sum(xs) * 2
    picture = draw(total).picture
    assert lines(picture, GROUP) == [("500 of xs",)]
    assert ("group_0", "op_500") in arrows(picture)
    [label] = [edge.label for edge in picture.edges if edge.tail == "group_0"]
    assert label == "×500"


def large_graphs() -> dict[str, Value]:
    x, a = Value(1.0), Value(0.5)
    chain = x
    for k in range(50_000):
        chain = chain * 0.9999 + (a if k % 3 else 0.5)
    wide = ag.sum([ag.tanh(x * k) + a for k in range(10_000)])
    values = [x, a]
    for k in range(20_000):
        values.append(values[-1 - k % 7 % len(values)] * values[-1 - k % 5 % len(values)] + 0.1)
    tangle = values[-1]
    return {"chain": chain, "wide": wide, "tangle": tangle}


@pytest.mark.parametrize("kind", ["chain", "wide", "tangle"])
def test_a_large_graph_is_summed_up_in_seconds(kind: str) -> None:
    output = large_graphs()[kind]
    picture = draw(output).picture
    boxes = [shape for shape in picture.shapes if shape.kind not in (OPERATOR, CONSTANT)]
    assert len(boxes) <= READABLE and len(picture.edges) <= 2 * READABLE_EDGES
    assert picture.shapes[-1].id.startswith(("value", "op", "constant")) and kinds(picture)[OUTPUT] == 1
    assert "are folded into" in picture.caption
    known = {shape.id for shape in picture.shapes}
    assert all(edge.tail in known and edge.head in known for edge in picture.edges)


def test_folding_keeps_the_uses() -> None:
    """Edges from outside into a box carry the number of uses that they stand for."""
    model = nn.MLP(2, [16, 16, 1], rng=0)
    x = Value(1.0, label="x")
    picture = draw(model([x, 2.0])).picture
    labels = {(edge.tail, edge.head): edge.label for edge in picture.edges}
    names = {shape.lines[0]: shape.id for shape in picture.shapes}
    assert labels[names["x"], names["model.layers[0]"]] == "×16"
    assert labels[names["model.layers[0]"], names["model.layers[1]"]] == "×256"


def test_a_module_used_again_and_again_is_one_box() -> None:
    neuron = nn.Neuron(1, activation="tanh")
    h = Value(0.1, label="h")
    for _ in range(40):
        h = neuron([h])
    picture = draw(h).picture
    assert [shape[0] for shape in lines(picture, GROUP)] == ["neuron"]
    assert not any(edge.tail == edge.head for edge in picture.edges)


@pytest.mark.parametrize("depth", [-1, 1.5, "two", True])
def test_a_wrong_depth_is_named(depth) -> None:
    with pytest.raises(ValueError, match=r"draw: depth = .*\ndepth is the number of levels"):
        draw(Value(1.0), depth=depth)


def test_depth_opens_what_it_says() -> None:
    model = nn.MLP(2, [16, 16, 1], rng=0)
    y = model([1.0, 1.0])
    neurons = [shape[0] for shape in lines(draw(y, depth=2).picture, GROUP)]
    assert len(neurons) == 33 and "model.layers[1].neurons[15]" in neurons
    deep = nn.MLP(4, [4] * 70 + [1], rng=0)
    layers = [shape[0] for shape in lines(draw(deep([1.0] * 4), depth=1).picture, GROUP)]
    assert [name for name in layers if "layers" in name] == [f"deep.layers[{k}]" for k in range(71)]


def test_modules_stay_where_all_the_rest_is_folded() -> None:
    model = nn.MLP(2, [16, 1], rng=0)
    y = model([1.0, 1.0])
    for k in range(500):
        y = y * 1.01 + k
    titles = [shape[0] for shape in lines(draw(y).picture, GROUP)]
    assert "model.layers[0]" in titles and any("×" in title for title in titles)


class TorchLike:
    def named_parameters(self):
        yield "w", 1


class NeedsMore:
    def named_parameters(self, prefix):
        raise AssertionError


class Raises:
    def __getattr__(self, name):
        raise RuntimeError(name)

    def __repr__(self):
        raise RuntimeError("no repr")


class Vain:
    __class__ = property(lambda self: 1 / 0)


class StrangeList(list):
    def __iter__(self):
        raise RuntimeError


class StrangeDict(dict):
    def items(self):
        raise RuntimeError


def dead_proxy():
    return weakref.proxy(Own())


@pytest.mark.parametrize(
    "kind", [TorchLike, NeedsMore, Raises, Vain, StrangeList, StrangeDict, dead_proxy, mock.Mock, mock.MagicMock]
)
def test_objects_of_others_do_no_harm(kind) -> None:
    y = Value(2.0, label="x") * 3
    assert draw(y, {"thing": kind(), "y": y}).picture.title == "y = 6.0"
    assert len(draw(y, {"thing": kind()}, depth=0).picture.shapes) == 4


class Own:
    def __init__(self) -> None:
        self.w = Value(1.0)
        self.data = [[0.0] * 100 for _ in range(20_000)]

    def named_parameters(self) -> list[tuple[str, Value]]:
        return [("w", self.w)]


def test_a_module_without_words_of_its_own_is_called_by_its_type_and_its_data_are_not_searched() -> None:
    own = Own()
    [shape] = lines(draw(own.w * 2.0, depth=0).picture, GROUP)
    assert shape[:2] == ("own", "Own")


def test_many_outputs_are_summed_up() -> None:
    xs = [Value(float(k)) for k in range(10)]
    ys = [xs[k % 10] * float(k) for k in range(6000)]
    picture = draw(ys).picture
    assert "of 6,010 Values are folded into" in picture.caption


def test_numbers_among_values_are_constants() -> None:
    u = Value(2.0)
    assert kinds(draw(ag.sum([u, 1.0])).picture)[CONSTANT] == 1
    assert kinds(draw(ag.where(u, u, 2.0)).picture)[CONSTANT] == 1
    assert str(ag.tree(ag.sum([u, 1.0]))).splitlines()[0] == "sum([u, 1]) = 3"


def test_values_in_slots_and_on_classes_have_names() -> None:
    class Slotted:
        __slots__ = ("w",)
        shared = Value(5.0)

    part = Slotted()
    part.w = Value(2.0)
    y = part.w * part.shared
    assert {shape[0] for shape in lines(draw(y).picture, INPUT)} == {"part.w", "part.shared"}


def test_a_depth_that_is_too_deep_to_draw_is_cut() -> None:
    model = nn.MLP(2, [16, 16, 1], rng=0)
    y = model([1.0, 1.0])
    assert draw(y, depth=9).picture == draw(y, depth=2).picture
    small = nn.MLP(2, [4, 1], rng=0)
    assert GROUP not in kinds(draw(small([1.0, 1.0]), depth=9).picture)
