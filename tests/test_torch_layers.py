"""Every layer against PyTorch's in float64, given its weights: values, and gradients of inputs and parameters.

Needs the extra `bench`.
"""

import random

import pytest

import autograd as ag
import nn
from autograd import Value
from nn.state import Buffer, places_in
from nn.tensors import elementwise, flat
from tests.layers import RNG, numbers, random_values, slopes, uniform

torch = pytest.importorskip("torch", reason="the extra `bench` is not installed")
functional = torch.nn.functional


@pytest.fixture(autouse=True)
def same_numbers_in_any_order_of_tests(request) -> None:
    RNG.seed(request.node.name)


def tensor(x, grad: bool = True):
    return torch.tensor(numbers(x), dtype=torch.float64, requires_grad=grad)


def tensors_of(module: nn.Module) -> dict:
    """The parameters of a layer of ours in nested lists, by name."""
    return {name: place for name, place in places_in(module).items() if not isinstance(place, Buffer)}


def given_weights(ours: nn.Module, theirs):
    """Random weights for both."""
    theirs = theirs.double()
    assert list(ours.state_dict()) == [name for name in theirs.state_dict() if name != "num_batches_tracked"]
    with torch.no_grad():
        for name, part in tensors_of(ours).items():
            for each in flat(part):
                each.data = uniform()
            theirs.get_parameter(name)[...] = tensor(part)
    return theirs


def same(ours, theirs) -> None:
    """Equal to 1e-9, and of the same shape."""
    expected = theirs.detach()
    found = torch.tensor(numbers(ours), dtype=torch.float64)
    assert found.shape == expected.shape
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-9)


def run_backward(ours, theirs) -> None:
    """Backward from the same random combination of all outputs."""
    factors = [uniform() for _ in flat(ours)]
    ag.dot(flat(ours), factors).backward()
    (theirs.flatten() * torch.tensor(factors, dtype=torch.float64)).sum().backward()


def compare(ours, theirs, output, expected, *inputs) -> None:
    """Outputs, and the gradients of inputs (pairs of ours and theirs) and of all parameters."""
    same(output, expected)
    run_backward(output, expected)
    for x, t in inputs:
        same(slopes(x), t.grad)
    for name, part in tensors_of(ours).items():
        same(slopes(part), theirs.get_parameter(name).grad)


def compare_on(ours, theirs, *lengths: int) -> None:
    x = random_values(*lengths)
    t = tensor(x)
    compare(ours, theirs, ours(x), theirs(t), (x, t))


# ---- windows -------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(25))
def test_conv1d(seed: int) -> None:
    rng = random.Random(seed)
    channels, features, size, stride, padding = (rng.randint(1, k) for k in (3, 3, 4, 3, 3))
    bias = rng.random() < 0.7
    ours = nn.Conv1d(channels, features, size, stride, padding, bias)
    theirs = given_weights(ours, torch.nn.Conv1d(channels, features, size, stride, padding, bias=bias))
    compare_on(ours, theirs, channels, size + rng.randint(0, 6))


@pytest.mark.parametrize("seed", range(40))
def test_conv2d(seed: int) -> None:
    rng = random.Random(seed)
    channels, features = rng.randint(1, 3), rng.randint(1, 3)
    size, stride, padding = ([rng.randint(low, high) for _ in range(2)] for low, high in ((1, 3), (1, 3), (0, 2)))
    bias = rng.random() < 0.7
    if seed % 4 == 0:  # one number for both
        size, stride, padding = size[0], stride[0], padding[0]
    ours = nn.Conv2d(channels, features, size, stride, padding, bias)
    theirs = given_weights(ours, torch.nn.Conv2d(channels, features, size, stride, padding, bias=bias))
    height, width = size if isinstance(size, list) else (size, size)
    compare_on(ours, theirs, channels, height + rng.randint(0, 4), width + rng.randint(0, 4))


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("name", ["MaxPool1d", "MaxPool2d", "AvgPool1d", "AvgPool2d"])
def test_pooling(name: str, seed: int) -> None:
    rng = random.Random(seed)
    dimensions = 2 if "2d" in name else 1
    size = [rng.randint(1, 3) for _ in range(dimensions)]
    stride = [rng.randint(1, 3) for _ in range(dimensions)] if seed % 2 else None
    padding = [rng.randint(0, each // 2) for each in size]
    arguments = [size, stride, padding] if dimensions == 2 else [size[0], stride and stride[0], padding[0]]
    ours, theirs = getattr(nn, name)(*arguments), getattr(torch.nn, name)(*arguments)
    compare_on(ours, theirs, rng.randint(1, 3), *(each + rng.randint(0, 5) for each in size))


# ---- normalisation ---------------------------------------------------------------------------------


@pytest.mark.parametrize("momentum", [0.1, 0.7])
@pytest.mark.parametrize("lengths", [(), (4,), (2, 3)], ids=["vectors", "signals", "images"])
def test_batch_norm_over_several_batches_and_in_evaluation(lengths, momentum: float) -> None:
    theirs = (torch.nn.BatchNorm2d if len(lengths) == 2 else torch.nn.BatchNorm1d)(3, momentum=momentum)
    ours = nn.BatchNorm(3, momentum)
    theirs = given_weights(ours, theirs)
    for size in (5, 2, 7):
        ours.zero_grad()
        theirs.zero_grad()
        x = elementwise(lambda each: Value(3.0 * each.data + 1.0), random_values(size, 3, *lengths))
        t = tensor(x)
        compare(ours, theirs, ours.batch(x), theirs(t), (x, t))
        assert ours.running_mean == pytest.approx(theirs.running_mean.tolist(), rel=1e-9)
        assert ours.running_var == pytest.approx(theirs.running_var.tolist(), rel=1e-9)
    ours.eval()
    theirs.eval()
    for several in (True, False):
        ours.zero_grad()
        theirs.zero_grad()
        x = random_values(4, 3, *lengths)
        t = tensor(x)
        compare(ours, theirs, ours.batch(x) if several else [ours(each) for each in x], theirs(t), (x, t))
    assert ours.running_mean == pytest.approx(theirs.running_mean.tolist(), rel=1e-9)


def test_batch_norm_of_numbers_that_are_far_from_zero() -> None:
    ours = nn.BatchNorm(1)
    theirs = given_weights(ours, torch.nn.BatchNorm1d(1))
    x = [[Value(1e4 + k)] for k in (0.1, 0.5, 0.2, 0.9)]
    t = tensor(x)
    compare(ours, theirs, ours.batch(x), theirs(t), (x, t))


@pytest.mark.parametrize("lengths", [(5,), (3, 5), (2, 3, 5), (1,)])
def test_layer_norm(lengths) -> None:
    ours = nn.LayerNorm(lengths[-1])
    compare_on(ours, given_weights(ours, torch.nn.LayerNorm(lengths[-1])), *lengths)


# ---- memory ----------------------------------------------------------------------------------------


def pairs_of(state) -> list:
    """A state and its tensor; two of each for an LSTM."""
    return [(part, tensor(part)) for part in state]


@pytest.mark.parametrize(("inputs", "hidden"), [(1, 1), (3, 2), (2, 4)])
@pytest.mark.parametrize("name", ["RNNCell", "GRUCell", "LSTMCell"])
@pytest.mark.parametrize("from_zeros", [True, False])
def test_cells(name: str, inputs: int, hidden: int, from_zeros: bool) -> None:
    ours = getattr(nn, name)(inputs, hidden)
    theirs = given_weights(ours, getattr(torch.nn, name)(inputs, hidden))
    x = random_values(inputs)
    t = tensor(x)
    if from_zeros:
        output, expected, state = ours(x), theirs(t), []
    else:
        state = pairs_of(random_values(2 if name == "LSTMCell" else 1, hidden))
        ours_before, theirs_before = zip(*state)
        if name == "LSTMCell":
            output, expected = ours(x, ours_before), theirs(t, theirs_before)
        else:
            output, expected = ours(x, ours_before[0]), theirs(t, theirs_before[0])
    if name == "LSTMCell":
        output, expected = list(output), torch.stack(expected)
    compare(ours, theirs, output, expected, (x, t), *state)


@pytest.mark.parametrize("length", [1, 2, 6])
@pytest.mark.parametrize("name", ["RNN", "GRU", "LSTM"])
@pytest.mark.parametrize("from_zeros", [True, False])
def test_sequences(name: str, length: int, from_zeros: bool) -> None:
    ours = getattr(nn, name)(3, 2)
    theirs = given_weights(ours, getattr(torch.nn, name)(3, 2))
    x = random_values(length, 3)
    t = tensor(x)
    state = [] if from_zeros else pairs_of(random_values(2 if name == "LSTM" else 1, 2))
    if from_zeros:
        outputs, last = ours(x)
        expected, expected_last = theirs(t)
    elif name == "LSTM":
        outputs, last = ours(x, [part for part, _ in state])
        expected, expected_last = theirs(t, tuple(part[None] for _, part in state))
    else:
        outputs, last = ours(x, state[0][0])
        expected, expected_last = theirs(t, state[0][1][None])
    last, expected_last = (list(last), torch.cat(expected_last)) if name == "LSTM" else ([last], expected_last)
    compare(ours, theirs, [*outputs, *last], torch.cat([expected, expected_last]), (x, t), *state)


@pytest.mark.parametrize("name", ["RNN", "GRU", "LSTM"])
def test_truncated_sequences(name: str) -> None:
    """PyTorch's, run over pieces, with the state detached in between."""
    ours = getattr(nn, name)(3, 2, truncate=2)
    theirs = given_weights(ours, getattr(torch.nn, name)(3, 2))
    x = random_values(5, 3)
    t = tensor(x)
    outputs, _ = ours(x)
    found, state = [], None
    for piece in (t[:2], t[2:4], t[4:]):
        if state is not None:
            state = tuple(part.detach() for part in state) if name == "LSTM" else state.detach()
        output, state = theirs(piece, state)
        found.append(output)
    compare(ours, theirs, outputs, torch.cat(found), (x, t))


# ---- attention -------------------------------------------------------------------------------------


def test_embedding() -> None:
    ours = nn.Embedding(5, 3)
    theirs = given_weights(ours, torch.nn.Embedding(5, 3))
    which = [[4, 0], [2, 2]]
    compare(ours, theirs, ours(which), theirs(torch.tensor(which)))


@pytest.mark.parametrize(("queries", "keys", "width", "features"), [(3, 3, 4, 2), (2, 5, 1, 3), (4, 2, 3, 1)])
@pytest.mark.parametrize("causal", [False, True])
def test_attention(queries: int, keys: int, width: int, features: int, causal: bool) -> None:
    q, k, v = random_values(queries, width), random_values(keys, width), random_values(keys, features)
    tensors = [tensor(each) for each in (q, k, v)]
    expected = functional.scaled_dot_product_attention(*(each[None] for each in tensors), is_causal=causal)[0]
    compare(nn.Flatten(), None, nn.attention(q, k, v, causal), expected, *zip((q, k, v), tensors))


@pytest.mark.parametrize(("width", "heads"), [(4, 2), (3, 1), (6, 3)])
@pytest.mark.parametrize("causal", [False, True])
def test_multi_head_attention_of_a_sequence_to_itself(width: int, heads: int, causal: bool) -> None:
    ours = nn.MultiHeadAttention(width, heads, causal=causal)
    theirs = given_weights(ours, torch.nn.MultiheadAttention(width, heads))
    x = random_values(4, width)
    t = tensor(x)
    mask = torch.ones(4, 4, dtype=torch.bool).triu(1) if causal else None
    compare(ours, theirs, ours(x), theirs(t, t, t, attn_mask=mask)[0], (x, t))


def test_multi_head_attention_to_other_sequences() -> None:
    ours = nn.MultiHeadAttention(4, 2)
    theirs = given_weights(ours, torch.nn.MultiheadAttention(4, 2))
    inputs = [random_values(length, 4) for length in (2, 5, 5)]
    tensors = [tensor(each) for each in inputs]
    compare(ours, theirs, ours(*inputs), theirs(*tensors)[0], *zip(inputs, tensors))


# ---- together --------------------------------------------------------------------------------------


def test_dropout_scales_as_pytorch_does() -> None:
    """The masks are other ones, but the same numbers come out of those that are kept."""
    dropout, x = nn.Dropout(0.3, rng=0), [Value(1.5) for _ in range(200)]
    outputs = numbers(dropout(x))
    expected = set(torch.nn.Dropout(0.3)(torch.full((200,), 1.5, dtype=torch.float64)).tolist())
    assert sorted(set(outputs)) == pytest.approx(sorted(expected), rel=1e-9)


def test_a_convolutional_network_trains_as_pytorchs_does() -> None:
    """Ten steps of SGD from the same weights: the same losses in training mode, the same outputs in evaluation."""
    ours = nn.Sequential(
        nn.Conv2d(1, 2, 3, padding=1), nn.BatchNorm(2), "relu", nn.MaxPool2d(2), nn.Flatten(), nn.Layer(8, 2)
    )  # fmt: skip
    theirs = torch.nn.Sequential(
        *(torch.nn.Conv2d(1, 2, 3, padding=1), torch.nn.BatchNorm2d(2), torch.nn.ReLU(), torch.nn.MaxPool2d(2)),
        *(torch.nn.Flatten(), torch.nn.Linear(8, 2)),
    ).double()
    given_weights(ours.layers[0], theirs[0])
    given_weights(ours.layers[1], theirs[1])
    with torch.no_grad():
        theirs[5].weight[...] = tensor([neuron.w for neuron in ours.layers[5].neurons])
        theirs[5].bias[...] = tensor([neuron.b for neuron in ours.layers[5].neurons])
    images, classes = numbers(random_values(6, 1, 4, 4)), [0, 1, 0, 1, 1, 0]
    history = nn.fit(ours, images, classes, loss=nn.cross_entropy, lr=0.1, momentum=0.9, epochs=10, progress=False)
    optimizer, losses = torch.optim.SGD(theirs.parameters(), lr=0.1, momentum=0.9), []
    for _ in range(10):
        loss = functional.cross_entropy(theirs(tensor(images, False)), torch.tensor(classes))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert history.loss == pytest.approx(losses, rel=1e-9)
    ours.eval()
    same([ours(image) for image in images], theirs.eval()(tensor(images, False)))
