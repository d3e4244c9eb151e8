"""Models that go to PyTorch and back, as safetensors and as state_dicts. Needs the extra `bench`."""

import json
import math
import struct

import pytest

import nn
from autograd import Value

torch = pytest.importorskip("torch", reason="the extra `bench` is not installed")

WIDTHS = 3, [5, 4, 2]
NAMES = {"layers.0": "0", "layers.1": "2", "layers.2": "4"}
INPUTS = [[math.sin(3 * i + j) for j in range(3)] for i in range(10)]
KINDS = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}


def sequential(seed: int = 0):
    torch.manual_seed(seed)
    linear, tanh = torch.nn.Linear, torch.nn.Tanh
    return torch.nn.Sequential(linear(3, 5), tanh(), linear(5, 4), tanh(), linear(4, 2)).double()


def read(path):
    """A file of safetensors as PyTorch's tensors, in the few lines that it takes."""
    content = bytearray(path.read_bytes())
    [length] = struct.unpack("<Q", content[:8])
    header, body = json.loads(content[8 : 8 + length]), content[8 + length :]
    header.pop("__metadata__")
    return {
        name: torch.frombuffer(body[slice(*entry["data_offsets"])], dtype=KINDS[entry["dtype"]]).reshape(entry["shape"])
        for name, entry in header.items()
    }


def write(path, tensors) -> None:
    """Tensors of PyTorch as a file, as the package orders them: by name."""
    header, body, kinds = {}, b"", {kind: name for name, kind in KINDS.items()}
    for name in sorted(tensors):
        data = bytes(tensors[name].detach().contiguous().flatten().view(torch.uint8).tolist())
        offsets = [len(body), len(body) + len(data)]
        header[name] = {
            "dtype": kinds[tensors[name].dtype],
            "shape": list(tensors[name].shape),
            "data_offsets": offsets,
        }
        body += data
    text = json.dumps({"__metadata__": {"format": "pt"}, **header}).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + body)


def outputs(theirs) -> list[list[float]]:
    return theirs(torch.tensor(INPUTS, dtype=torch.float64)).tolist()


def agree(ours, theirs, tolerance: float = 1e-12) -> None:
    for x, expected in zip(INPUTS, outputs(theirs)):
        assert [y.data for y in ours(x)] == pytest.approx(expected, rel=tolerance, abs=tolerance)


def test_ours_in_pytorch(tmp_path) -> None:
    ours, theirs = nn.MLP(*WIDTHS, rng=3), sequential()
    nn.save(ours, tmp_path / "model.safetensors", rename=NAMES)
    theirs.load_state_dict(read(tmp_path / "model.safetensors"), strict=True)
    agree(ours, theirs)
    assert {name: tensor.tolist() for name, tensor in theirs.state_dict().items()} == {
        f"{NAMES[name[:8]]}{name[8:]}": numbers for name, numbers in ours.state_dict().items()
    }


@pytest.mark.parametrize("kind", KINDS)
def test_pytorchs_in_ours_of_every_kind_of_number(kind, tmp_path) -> None:
    ours, theirs = nn.MLP(*WIDTHS, rng=3), sequential(1)
    rounded = {name: tensor.to(KINDS[kind]) for name, tensor in theirs.state_dict().items()}
    write(tmp_path / "model.safetensors", rounded)
    nn.load(ours, tmp_path / "model.safetensors", rename=NAMES)
    theirs.load_state_dict(rounded)
    agree(ours, theirs)


def test_with_the_package(tmp_path) -> None:
    package = pytest.importorskip("safetensors.torch", reason="safetensors, of the extra `bench`, is not installed")
    ours, theirs, path = nn.MLP(*WIDTHS, rng=3), sequential(2), tmp_path / "model.safetensors"
    nn.save(ours, path, rename=NAMES)
    theirs.load_state_dict(package.load_file(path))
    agree(ours, theirs)
    theirs = sequential(4)
    for kind in KINDS.values():
        rounded = {name: tensor.to(kind) for name, tensor in theirs.state_dict().items()}
        package.save_file(rounded, path)
        nn.load(ours, path, rename=NAMES)
        theirs.load_state_dict(rounded)
        agree(ours, theirs)


def test_tensors_may_be_loaded_without_a_file() -> None:
    ours, theirs = nn.MLP(*WIDTHS, rng=3), sequential(5)
    state = theirs.state_dict()
    ours.load_state_dict({f"layers.{int(name[0]) // 2}{name[1:]}": tensor for name, tensor in state.items()})
    agree(ours, theirs)


def test_names_and_shapes_are_pytorchs() -> None:
    """A module that keeps what PyTorch's GRUCell keeps, under the same attributes, has the same state_dict."""

    class Cell(nn.Module):
        def __init__(self, nin: int, hidden: int) -> None:
            self.weight_ih = [[Value(0.0) for _ in range(nin)] for _ in range(3 * hidden)]
            self.weight_hh = [[Value(0.0) for _ in range(hidden)] for _ in range(3 * hidden)]
            self.bias_ih, self.bias_hh = ([Value(0.0) for _ in range(3 * hidden)] for _ in range(2))

    class Running(nn.Module):
        buffers = ("running_mean", "running_var")

        def __init__(self, count: int) -> None:
            self.weight, self.bias = [Value(1.0) for _ in range(count)], [Value(0.0) for _ in range(count)]
            self.running_mean, self.running_var = [0.0] * count, [1.0] * count

    theirs = torch.nn.ModuleList([torch.nn.GRUCell(2, 3), torch.nn.BatchNorm1d(4), torch.nn.Linear(2, 3)]).double()

    class Net(nn.Module):
        def __init__(self) -> None:
            self.parts = [Cell(2, 3), Running(4), nn.Layer(2, 3)]

    ours, state = Net(), theirs.state_dict()
    ours.load_state_dict({f"parts.{name}": tensor for name, tensor in state.items()})
    state.pop("1.num_batches_tracked")  # a count that PyTorch keeps beside the statistics
    assert list(ours.state_dict().values()) == [tensor.tolist() for tensor in state.values()]


def test_a_batch_norm_comes_from_a_file_of_theirs(tmp_path) -> None:
    theirs = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3)).double()
    theirs(torch.randn(5, 2, dtype=torch.float64))
    path = tmp_path / "theirs.safetensors"
    pytest.importorskip("safetensors.torch", reason="the extra `bench` is not installed").save_file(
        theirs.state_dict(), path
    )
    ours = nn.Sequential(nn.Layer(2, 3), nn.BatchNorm(3))
    nn.load(ours, path, rename={"layers": ""})
    assert ours.layers[1].running_mean == theirs[1].running_mean.tolist() != [0.0] * 3
    with pytest.raises(ValueError, match="has an unknown 'num_batches_tracked"):
        nn.Layer(2, 3).load_state_dict({**nn.Layer(2, 3).state_dict(), "num_batches_tracked": 1})
