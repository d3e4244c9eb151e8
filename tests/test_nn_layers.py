"""Layers against formulas written out on plain floats, and against differences. (PyTorch: test_torch_layers.py)"""

import copy
import math
import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd as ag
import nn
from autograd import Value, gradcheck
from autograd.graph import operations
from nn.tensors import flat, shape
from tests.layers import RNG, numbers, random_numbers, random_values, slopes, weighted


@pytest.fixture(autouse=True)
def same_numbers_in_any_order_of_tests(request) -> None:
    RNG.seed(request.node.name)


def sigmoid(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x))


# ---- derivatives, by differences -----------------------------------------------------------------

LAYERS = {
    "Conv1d": (nn.Conv1d(2, 2, 2, stride=2, padding=1), (2, 3)),
    "Conv2d": (nn.Conv2d(1, 2, (2, 1), stride=(1, 2), padding=(0, 1)), (1, 3, 2)),
    "AvgPool2d": (nn.AvgPool2d(2, 1, 1), (1, 2, 2)),
    "MaxPool1d": (nn.MaxPool1d(2), (2, 4)),
    "BatchNorm": (nn.BatchNorm(2).eval(), (2, 2)),
    "LayerNorm": (nn.LayerNorm(3), (3,)),
    "RNN": (nn.RNN(2, 2), (2, 2)),
    "GRU": (nn.GRU(2, 1), (2, 2)),
    "LSTM": (nn.LSTM(2, 1), (2, 2)),
    "MultiHeadAttention": (nn.MultiHeadAttention(2, 2, causal=True), (2, 2)),
}


@pytest.mark.parametrize("name", LAYERS)
def test_derivatives_agree_with_differences(name: str) -> None:
    """Of all outputs, weighted, by every input and every parameter."""
    layer, lengths = copy.deepcopy(LAYERS[name][0]), LAYERS[name][1]
    names = [name for name, part in vars(layer).items() if isinstance(part, list) and part and name[0] != "_"]
    names = [name for name in names if isinstance(flat(getattr(layer, name))[0], Value)]

    def function(x, *tensors):
        for each, part in zip(names, tensors):
            setattr(layer, each, part)
        output = layer(x)
        outputs = flat(output[0] if isinstance(output, tuple) else output)
        return ag.dot(outputs, [math.cos(k) for k in range(len(outputs))])

    gradcheck(function, (random_numbers(*lengths), *(random_numbers(*shape(getattr(layer, each))) for each in names)))


def test_derivatives_through_the_statistics_of_a_batch() -> None:
    norm = nn.BatchNorm(2)

    def function(xs, weight, bias):
        norm.weight, norm.bias = weight, bias
        return ag.dot(flat(norm.batch(xs)), [math.cos(k) for k in range(6)])

    gradcheck(function, (random_numbers(3, 2), [1.5, -0.5], [0.2, 0.7]), order=1)


# ---- windows ---------------------------------------------------------------------------------------


@given(st.data())
def test_conv2d_is_what_its_formula_says(data) -> None:
    channels, features, height, width, down, across = (data.draw(st.integers(1, 2)) for _ in range(6))
    above, beside, rows, columns = (data.draw(st.integers(low, low + 2)) for low in (0, 0, 2, 2))
    RNG.seed(data.draw(st.integers(0, 99)))
    conv = nn.Conv2d(channels, features, (height, width), (down, across), (above, beside), rng=RNG)
    x, kernels = random_numbers(channels, rows, columns), numbers(conv.weight)

    def pixel(channel: int, i: int, j: int) -> float:
        return x[channel][i][j] if 0 <= i < rows and 0 <= j < columns else 0.0

    expected = [
        [
            [
                sum(
                    kernel[channel][i][j] * pixel(channel, top - above + i, left - beside + j)
                    for channel in range(channels)
                    for i in range(height)
                    for j in range(width)
                )
                for left in range(0, columns + 2 * beside - width + 1, across)
            ]
            for top in range(0, rows + 2 * above - height + 1, down)
        ]
        for kernel in kernels
    ]
    found = conv(x)
    assert shape(found) == shape(expected) and flat(numbers(found)) == pytest.approx(flat(expected), abs=1e-12)


def test_a_convolution_is_one_dot_for_each_number_that_comes_out() -> None:
    conv = nn.Conv2d(2, 3, 2)
    output = flat(conv(random_values(2, 3, 3)))
    assert operations(ag.sum(output)) == {"dot": 3 * 2 * 2, "sum": 1}
    assert conv.kernel_size == (2, 2) and len(conv.parameters()) == 3 * 2 * 4 + 3
    assert {id(each._left) for each in output} == {id(kernel) for kernel in conv._kernels}


def test_pooling_by_hand() -> None:
    image = [[[1.0, -2.0, 3.0], [4.0, 5.0, -6.0], [7.0, 8.0, 9.0]]]
    assert nn.MaxPool2d(2)(image) == [[[5.0]]]
    assert nn.MaxPool2d(2, stride=1)(image) == [[[5.0, 5.0], [8.0, 9.0]]]
    assert nn.MaxPool2d(2, padding=1)([[[-1.0, -2.0], [-3.0, -4.0]]]) == [[[-1.0, -2.0], [-3.0, -4.0]]]
    assert nn.AvgPool2d(2, stride=1)(image) == [[[2.0, 0.0], [6.0, 4.0]]]
    assert nn.AvgPool1d(2, padding=1)([[4.0, 2.0]]) == [[2.0, 1.0]]
    assert nn.MaxPool1d(3, stride=2)([[1.0, 2.0, 3.0, 4.0, 5.0]]) == [[3.0, 5.0]]


def test_the_largest_share_the_gradient() -> None:
    x = [Value(1.0), Value(1.0)]
    nn.MaxPool1d(2)([x])[0][0].backward()
    assert [each.grad for each in x] == [0.5, 0.5]


# ---- normalisation ---------------------------------------------------------------------------------


def test_batch_norm_by_hand() -> None:
    norm = nn.BatchNorm(2, momentum=0.25, eps=0.5)
    xs = [[1.0, 10.0], [3.0, 10.0], [8.0, 40.0]]
    for factor, shift, value in zip(norm.weight, norm.bias, (2.0, -3.0)):
        factor.data, shift.data = value, value / 2
    found, columns = numbers(norm.batch(xs)), list(zip(*xs))
    for k, (column, value) in enumerate(zip(columns, (2.0, -3.0))):
        middle, deviation = statistics.fmean(column), math.sqrt(statistics.pvariance(column) + 0.5)
        assert [row[k] for row in found] == pytest.approx(
            [value * (x - middle) / deviation + value / 2 for x in column]
        )
    assert norm.running_mean == pytest.approx([0.25 * statistics.fmean(column) for column in columns])
    assert norm.running_var == pytest.approx([0.75 + 0.25 * statistics.variance(column) for column in columns])
    norm.eval()
    before = list(norm.running_mean)
    [output] = norm.batch([[4.0, 2.0]])
    assert numbers(output) == numbers(norm([4.0, 2.0])) and norm.running_mean == before
    for k, value in enumerate((2.0, -3.0)):
        y = value * ([4.0, 2.0][k] - norm.running_mean[k]) / math.sqrt(norm.running_var[k] + 0.5) + value / 2
        assert output[k].data == pytest.approx(y)


def test_batch_norm_of_images_counts_all_positions() -> None:
    norm = nn.BatchNorm(1)
    [[[first]], [[second]]] = norm.batch([[[[0.0, 2.0]]], [[[4.0, 6.0]]]])
    assert numbers([*first, *second]) == pytest.approx([k / math.sqrt(5 + 1e-5) for k in (-3, -1, 1, 3)])
    assert norm.running_mean == pytest.approx([0.3]) and norm.running_var == pytest.approx([0.9 + 0.1 * 20 / 3])


def test_a_failed_batch_leaves_the_statistics_as_they_were() -> None:
    norm = nn.BatchNorm(2)
    with pytest.raises(TypeError, match="'a' is a str"):
        norm.batch([[1.0, 2.0], [3.0, "a"]])
    assert norm.running_mean == [0.0, 0.0] and norm.running_var == [1.0, 1.0]


def test_layer_norm_by_hand() -> None:
    norm = nn.LayerNorm(3, eps=0.1)
    x = [1.0, -2.0, 4.0]
    middle, deviation = statistics.fmean(x), math.sqrt(statistics.pvariance(x) + 0.1)
    assert numbers(norm(x)) == pytest.approx([(each - middle) / deviation for each in x])
    assert numbers(norm([x, x[::-1]])[1]) == pytest.approx([(each - middle) / deviation for each in x[::-1]])


# ---- memory ----------------------------------------------------------------------------------------


def test_cells_are_what_their_formulas_say() -> None:
    x, h, c = random_numbers(3), random_numbers(2), random_numbers(2)
    rnn, gru, lstm = nn.RNNCell(3, 2, rng=1), nn.GRUCell(3, 2, rng=2), nn.LSTMCell(3, 2, rng=3)

    def sums(cell) -> tuple[list[float], list[float]]:
        return weighted(cell.weight_ih, x, cell.bias_ih), weighted(cell.weight_hh, h, cell.bias_hh)

    assert numbers(rnn(x, h)) == pytest.approx([math.tanh(a + b) for a, b in zip(*sums(rnn))])
    a, b = sums(gru)
    r, z = ([sigmoid(p + q) for p, q in zip(a[k : k + 2], b[k : k + 2])] for k in (0, 2))
    n = [math.tanh(p + gate * q) for p, gate, q in zip(a[4:], r, b[4:])]
    assert numbers(gru(x, h)) == pytest.approx([(1 - gate) * new + gate * old for gate, new, old in zip(z, n, h)])
    total = [p + q for p, q in zip(*sums(lstm))]
    i, f, o = ([sigmoid(p) for p in total[k : k + 2]] for k in (0, 2, 6))
    after = [keep * old + write * math.tanh(new) for keep, old, write, new in zip(f, c, i, total[4:6])]
    hidden, cell = lstm(x, (h, c))
    assert numbers(cell) == pytest.approx(after)
    assert numbers(hidden) == pytest.approx([gate * math.tanh(each) for gate, each in zip(o, after)])


@pytest.mark.parametrize("name", ["RNN", "GRU", "LSTM"])
def test_a_sequence_is_its_cell_step_by_step_and_may_go_on(name: str) -> None:
    xs, layer, cell = random_numbers(5, 3), getattr(nn, name)(3, 2, rng=4), getattr(nn, f"{name}Cell")(3, 2, rng=4)
    outputs, last = layer(xs)
    state, hidden = None, []
    for x in xs:
        state = cell(x, state)
        hidden.append(numbers(state[0] if name == "LSTM" else state))
    assert numbers(outputs) == hidden and numbers(last) == numbers(state)
    first, middle = layer(xs[:2])
    second, end = layer(xs[2:], middle)
    assert numbers([*first, *second]) == hidden and numbers(end) == numbers(last)


def test_truncation_cuts_the_gradient_and_nothing_else() -> None:
    xs = random_values(5, 1)
    whole, cut = nn.RNN(1, 1, rng=0), nn.RNN(1, 1, rng=0, truncate=2)
    assert numbers(whole(xs)) == numbers(cut(xs))
    whole(xs)[0][3][0].backward()
    assert all(x.grad != 0 for [x] in xs[:4])
    ag.sum(x.zero_grad() or 0.0 for [x] in xs)
    cut(xs)[0][3][0].backward()
    assert [x.grad != 0 for [x] in xs] == [False, False, True, True, False]


def test_one_node_for_each_weighted_sum() -> None:
    h = nn.RNNCell(3, 2)(random_values(3), random_values(2))
    assert operations(ag.sum(h)) == {"dot": 2, "tanh": 2, "sum": 1}
    h, c = nn.LSTMCell(3, 2)(random_values(3), random_values(2, 2))
    assert operations(ag.sum([*h, *c]))["dot"] == 8


# ---- what stands between layers ----------------------------------------------------------------------


def test_dropout_drops_in_training_only() -> None:
    dropout, x = nn.Dropout(0.25, rng=1), [[Value(2.0) for _ in range(40)] for _ in range(50)]
    outputs = dropout(x)
    kept = [y for y in flat(outputs) if y.data]
    assert {round(y.data, 12) for y in kept} == {round(2 / 0.75, 12)} and 1400 < len(kept) < 1600
    ag.sum(flat(outputs)).backward()
    assert flat(slopes(x)) == [y.data / 2 for y in flat(outputs)]
    assert numbers(dropout(x)) != numbers(outputs)
    assert dropout.eval()(x) == x and nn.Dropout(0.0)(x) == x
    assert nn.Dropout(1.0)([1.0, 2.0]) == [0.0, 0.0]


def test_activations_may_be_names_functions_or_layers() -> None:
    x = [[-1.0, 2.0]]
    for layer in ("relu", ag.relu, nn.Activation("relu"), nn.Activation(ag.relu)):
        assert nn.Sequential(layer)(x) == [[0.0, 2.0]]
    assert nn.Sequential(ag.softmax)([1.0, 1.0]) == [0.5, 0.5]  # takes the whole list
    assert nn.Activation(lambda v: v * 2)(x) == [[-2.0, 4.0]]


def test_reprs_show_sizes() -> None:
    for layer, text in (
        (nn.Conv1d(1, 2, 3), "Conv1d(1 -> 2, kernel 3, stride 1)"),
        (nn.Conv2d(3, 8, (3, 5), stride=2, padding=1), "Conv2d(3 -> 8, kernel 3x5, stride 2x2, padding 1x1)"),
        (nn.MaxPool2d(2), "MaxPool2d(kernel 2x2, stride 2x2)"),
        (nn.AvgPool1d(3, 1, 1), "AvgPool1d(kernel 3, stride 1, padding 1)"),
        (nn.BatchNorm(4), "BatchNorm(4)"),
        (nn.LSTM(3, 5), "LSTM(3 -> 5)"),
        (nn.Embedding(10, 3), "Embedding(10, 3)"),
        (nn.MultiHeadAttention(4, 2, causal=True), "MultiHeadAttention(4, 2 heads, causal)"),
        (nn.Sequential(nn.Flatten(), ag.softmax), "Sequential(Flatten(), softmax)"),
    ):
        assert repr(layer) == text


def test_replaced_parameters_are_the_ones_that_count() -> None:
    conv, x = nn.Conv1d(1, 1, 1, rng=0), [[2.0]]
    conv(x)
    conv.weight = [[[Value(5.0)]]]
    conv.bias[0] = Value(1.0)
    output = conv(x)[0][0]
    output.backward()
    assert output.data == 11.0 and conv.weight[0][0][0].grad == 2.0 and conv.bias[0].grad == 1.0
    rnn = nn.RNN(1, 1, rng=0)
    rnn([[1.0]])
    rnn.weight_ih_l0, rnn.bias_ih_l0, rnn.bias_hh_l0 = [[Value(0.5)]], [Value(0.0)], [Value(0.0)]
    assert rnn([[1.0]])[0][0][0].data == math.tanh(0.5)


def test_arrays_may_be_the_input() -> None:
    image = np.array([[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]])
    conv = nn.Conv2d(1, 1, 2, rng=0)
    assert numbers(conv(image)) == numbers(conv(image.tolist()))
    norm = nn.BatchNorm(2)
    assert flat(numbers(norm.batch(np.array([[1.0, 2.0], [3.0, 4.0]])))) == pytest.approx([-1, -1, 1, 1], rel=1e-4)
    assert numbers(nn.GRU(2, 1, rng=0)(np.ones((3, 2)))) == numbers(nn.GRU(2, 1, rng=0)([[1.0, 1.0]] * 3))


# ---- errors ------------------------------------------------------------------------------------------

WRONG = {
    "Conv1d(1 -> 2, kernel 3, stride 1): an input of shape [5], where [1][length]": lambda: nn.Conv1d(1, 2, 3)(
        [1.0] * 5
    ),
    "of shape [2][4][4], where [1][height][width] is wanted": lambda: nn.Conv2d(1, 2, 3)(random_numbers(2, 4, 4)),
    "of shape [1][2][1 or 2], where": lambda: nn.Conv2d(1, 2, 1)([[[1.0], [1.0, 2.0]]]),
    "a window of 3x3 over 2x5, padding included": lambda: nn.Conv2d(1, 2, 3)(random_numbers(1, 2, 5)),
    "a window of 4 over 3": lambda: nn.MaxPool1d(4)([[1.0] * 3]),
    "Conv2d: stride = 0": lambda: nn.Conv2d(1, 1, 2, stride=0),
    "Conv2d: kernel_size = (1, 2, 3)": lambda: nn.Conv2d(1, 1, (1, 2, 3)),
    "Conv1d: kernel_size = (2, 2)": lambda: nn.Conv1d(1, 1, (2, 2)),
    "Conv2d: padding = True": lambda: nn.Conv2d(1, 1, 2, padding=True),
    "MaxPool2d: padding = 2 for kernel_size = 2": lambda: nn.MaxPool2d(2, padding=2),
    "a width of 0": lambda: nn.Conv2d(0, 1, 2),
    "BatchNorm(3): an input of shape [2], where [3]": lambda: nn.BatchNorm(3).batch([[1.0, 2.0]] * 2),
    "BatchNorm(2): an input of shape [3][2], where [2][length]": lambda: nn.BatchNorm(2).batch([[[1.0, 2.0]] * 3] * 2),
    "BatchNorm(1): an input of shape [2][1][1], where [1][height][width]": lambda: nn.BatchNorm(1).eval()(
        [[[1]], [[2]]]
    ),
    "BatchNorm(1): an input of shape a number": lambda: nn.BatchNorm(1).eval()(1.0),
    "BatchNorm(1) in training mode needs a batch": lambda: nn.BatchNorm(1)([1.0]),
    "BatchNorm(1): a variance of 1 number": lambda: nn.BatchNorm(1).batch([[1.0]]),
    "BatchNorm(1): samples of different shapes": lambda: nn.BatchNorm(1).batch([[[1.0, 2.0]], [[3.0]]]),
    "BatchNorm: momentum = 2": lambda: nn.BatchNorm(1, momentum=2),
    "LayerNorm: eps = -1": lambda: nn.LayerNorm(1, eps=-1),
    "LayerNorm(2): an input of shape [3], where [2]": lambda: nn.LayerNorm(2)([[1.0] * 3]),
    "RNNCell(3 -> 2): an input of shape [2], where [3]": lambda: nn.RNNCell(3, 2)([1.0, 2.0]),
    "GRUCell(3 -> 2), the state: an input of shape [1], where [2]": lambda: nn.GRUCell(3, 2)([1.0] * 3, [1.0]),
    "is not a state": lambda: nn.LSTMCell(1, 2)([1.0], [1.0] * 3),
    "RNN(2 -> 1): an input of shape [3], where [time][2]": lambda: nn.RNN(2, 1)([1.0] * 3),
    "of shape [0], where [time][2]": lambda: nn.RNN(2, 1)([]),
    "RNN: truncate = 0": lambda: nn.RNN(2, 1, truncate=0),
    "Embedding(3, 2): index 3\nindices are whole numbers from 0 to 2": lambda: nn.Embedding(3, 2)(3),
    "index 1.0": lambda: nn.Embedding(3, 2)([0, 1.0]),
    "index -1": lambda: nn.Embedding(3, 2)(-1),
    "attention, the queries: an input of shape [1][2], where [time][3]": lambda: nn.attention(
        [[1, 2]], [[1, 2, 3]], [[1]]
    ),
    "attention, the values: an input of shape [2][1], where [1][features]": lambda: nn.attention(
        [[1]], [[1]], [[1], [2]]
    ),
    "a width of 4 for 3 heads": lambda: nn.MultiHeadAttention(4, 3),
    "MultiHeadAttention(2, 1 heads): an input of shape [1][3], where [time][2]": lambda: nn.MultiHeadAttention(2, 1)(
        [[1.0] * 3]
    ),
    "Dropout: p = 1.5": lambda: nn.Dropout(1.5),
    "did you mean 'relu'": lambda: nn.Sequential("rleu"),
}


@pytest.mark.parametrize("message", WRONG)
def test_what_is_wrong_is_named(message: str) -> None:
    with pytest.raises(ValueError) as caught:
        WRONG[message]()
    assert message in str(caught.value) and str(caught.value).count("\n") == 1


def test_what_is_not_a_layer_is_named() -> None:
    with pytest.raises(TypeError, match="Sequential: 3 is not a layer"):
        nn.Sequential(nn.Flatten(), 3)
    with pytest.raises(TypeError, match=r"Flatten'> is not a layer"):
        nn.Sequential(nn.Flatten)
