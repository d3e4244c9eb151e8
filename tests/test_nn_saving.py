"""Files of models: exact to the last bit, written whole or not at all, and safe to open whoever wrote them."""

import contextlib
import json
import math
import os
import struct
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from autograd import Value
from nn import files, safetensors
from nn.strict_json import as_text, parsed

ENDINGS = (".json", ".safetensors")
AWKWARD = [-0.0, 5e-324, -2.2250738585072014e-308, 1.7976931348623157e308, 0.1, 1 / 3, 2.0**53 + 2, -1e22]


class Table(nn.Module):
    buffers = ("mean",)

    def __init__(self, numbers=AWKWARD) -> None:
        self.weight, self.scale, self.mean = [[Value(x) for x in numbers]], Value(-0.0), list(reversed(numbers))


def bits(model) -> list[bytes]:
    return [struct.pack("<d", p.data) for p in model.parameters()] + [struct.pack("<d", x) for x in model.mean]


@pytest.mark.parametrize("ending", ENDINGS)
def test_every_float_comes_back_to_the_last_bit(ending, tmp_path) -> None:
    model, twin = Table(), Table([1.0] * len(AWKWARD))
    nn.save(model, tmp_path / f"model{ending}")
    nn.load(twin, str(tmp_path / f"model{ending}"))
    assert bits(twin) == bits(model) and math.copysign(1, twin.scale.data) == -1
    first = (tmp_path / f"model{ending}").read_bytes()
    nn.save(twin, tmp_path / f"model{ending}")
    assert (tmp_path / f"model{ending}").read_bytes() == first
    assert os.listdir(tmp_path) == [f"model{ending}"]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=6))
def test_any_float_survives_both_formats(numbers: list[float]) -> None:
    for back in (parsed(as_text({"x": numbers}).encode()), safetensors.decoded(safetensors.encoded({"x": numbers}))):
        assert struct.pack(f"<{len(numbers)}d", *back["x"]) == struct.pack(f"<{len(numbers)}d", *numbers)


def test_json_reads_well(tmp_path) -> None:
    nn.save(nn.Layer(2, 2, rng=0), tmp_path / "layer.json")
    text = (tmp_path / "layer.json").read_text()
    assert text.count("\n") == 7 and text.endswith('  "bias": [0.0, 0.0]\n}\n')
    assert json.loads(text) == nn.Layer(2, 2, rng=0).state_dict()


def test_safetensors_byte_by_byte(tmp_path) -> None:
    nn.save(nn.Layer(2, 1, rng=0), tmp_path / "layer.safetensors")
    content = (tmp_path / "layer.safetensors").read_bytes()
    [length] = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    assert length % 8 == 0 and len(content) == 8 + length + 24
    assert list(header.items()) == [
        ("__metadata__", {"format": "pt"}),
        ("weight", {"dtype": "F64", "shape": [1, 2], "data_offsets": [0, 16]}),
        ("bias", {"dtype": "F64", "shape": [1], "data_offsets": [16, 24]}),
    ]
    [neuron] = nn.Layer(2, 1, rng=0).neurons
    assert struct.unpack("<3d", content[8 + length :]) == (*(w.data for w in neuron.w), 0.0)


def test_safetensors_agree_with_the_package(tmp_path) -> None:
    package = pytest.importorskip("safetensors.numpy", reason="safetensors, of the extra `bench`, is not installed")
    model = nn.MLP(3, [4, 2], rng=5)
    nn.save(model, tmp_path / "ours.safetensors")
    theirs = package.load_file(tmp_path / "ours.safetensors")
    assert {name: array.tolist() for name, array in theirs.items()} == model.state_dict()
    for kind in (np.float64, np.float32, np.float16):
        arrays = {name: (array + 1).astype(kind) for name, array in theirs.items()}
        package.save_file(arrays, tmp_path / "theirs.safetensors")
        nn.load(model, tmp_path / "theirs.safetensors")
        assert model.state_dict() == {name: array.tolist() for name, array in arrays.items()}


def test_rename_serves_both_ways(tmp_path) -> None:
    model, twin = nn.MLP(2, [3, 3, 1], rng=0), nn.MLP(2, [3, 3, 1], rng=1)
    names = {"layers.0": "0", "layers.1": "2", "layers.2.weight": "last"}
    nn.save(model, tmp_path / "model.json", rename=names)
    saved = json.loads((tmp_path / "model.json").read_text())
    assert list(saved) == ["0.weight", "0.bias", "2.weight", "2.bias", "last", "layers.2.bias"]
    with pytest.raises(ValueError, match=r"it lacks 'layers.0.weight' \(and 4 more\) and has an unknown '0.weight'"):
        nn.load(twin, tmp_path / "model.json")
    nn.load(twin, tmp_path / "model.json", rename=names)
    assert twin.state_dict() == model.state_dict()
    nn.save(model, tmp_path / "model.json", rename={"layers": ""})
    assert next(iter(json.loads((tmp_path / "model.json").read_text()))) == "0.weight"
    for wrong, message in (
        ({"layer": "0"}, "the model has no 'layer'\nits names"),
        ({"layers.0": "layers.1"}, "gives two tensors one name"),
        ({"layers.1": "layers.0"}, "gives two tensors one name"),
    ):
        with pytest.raises(ValueError, match=message):
            nn.load(twin, tmp_path / "model.json", rename=wrong)


# ---- whole or untouched ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("broken", ["fsync", "replace"])
def test_a_write_that_fails_leaves_the_old_file(ending, broken, tmp_path, monkeypatch) -> None:
    path = tmp_path / f"model{ending}"
    nn.save(nn.Layer(2, 1, rng=0), path)
    before = path.read_bytes()

    def fail(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, broken, fail)
        with pytest.raises(OSError, match="cannot write .*: No space left on device\nchoose a folder") as caught:
            nn.save(nn.Layer(2, 1, rng=1), path)
    assert str(caught.value).count("\n") == 1
    assert path.read_bytes() == before and os.listdir(tmp_path) == [path.name]


def test_the_content_is_on_the_disk_before_it_takes_the_name(tmp_path, monkeypatch) -> None:
    done, fsync, replace = [], os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda which: (done.append("fsync"), fsync(which)))
    monkeypatch.setattr(os, "replace", lambda *names: (done.append("replace"), replace(*names)))
    files.write_whole(tmp_path / "file", b"content")
    assert done[:2] == ["fsync", "replace"] and (tmp_path / "file").read_bytes() == b"content"


def test_ctrl_c_while_writing_leaves_the_old_file(tmp_path, monkeypatch) -> None:
    path = tmp_path / "model.json"
    nn.save(nn.Layer(2, 1, rng=0), path)
    before = path.read_bytes()

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        nn.save(nn.Layer(2, 1, rng=1), path)
    assert path.read_bytes() == before and os.listdir(tmp_path) == [path.name]


def test_nan_and_inf_are_not_saved_over_a_good_file(tmp_path) -> None:
    for ending in ENDINGS:
        path, layer = tmp_path / f"layer{ending}", nn.Layer(2, 1, rng=0)
        nn.save(layer, path)
        before = path.read_bytes()
        for number in (math.nan, math.inf, -math.inf):
            layer.neurons[0].w[1].data = number
            with pytest.raises(ValueError, match="is not written: 'weight' holds nan or inf\nsave a model before"):
                nn.save(layer, path)
        assert path.read_bytes() == before


def test_wrong_paths_are_named(tmp_path) -> None:
    model = nn.Layer(2, 1)
    for use in (nn.save, nn.load):
        with pytest.raises(ValueError, match=r"'model.pt' ends in neither of .json, .safetensors"):
            use(model, "model.pt")
        with pytest.raises(TypeError, match="is not a path\ngive the model, then the path"):
            use("model.json", model)
        with pytest.raises(TypeError, match="is not a Module"):
            use("model", "model.json")
        with pytest.raises(OSError, match=r"cannot (read|write) .*: No such file or directory\n"):
            use(model, tmp_path / "nowhere" / "model.json")
        with pytest.raises((OSError, ValueError), match="null"):
            use(model, "mod\0el.json")
    (tmp_path / "folder.json").mkdir()
    with pytest.raises(OSError, match="cannot write"):
        nn.save(model, tmp_path / "folder.json")
    with pytest.raises(ValueError, match="not an ordinary file"):
        nn.load(model, tmp_path / "folder.json")


def test_a_link_stays_a_link(tmp_path) -> None:
    (tmp_path / "link.json").symlink_to(tmp_path / "real.json")
    nn.save(nn.Layer(2, 1), tmp_path / "link.json")
    assert (tmp_path / "link.json").is_symlink() and (tmp_path / "real.json").is_file()


# ---- hostile files ---------------------------------------------------------------------------------------------------

STATE = nn.Layer(2, 2, rng=7).state_dict()
JSON = as_text(STATE).encode()


def with_header(header, body: bytes = bytes(48)) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + body


def tensors(**changes) -> bytes:
    """A sound file of zeros, but for what is changed in the header's entry of `weight`."""
    weight = {"dtype": "F64", "shape": [2, 2], "data_offsets": [0, 32]}
    return with_header(
        {"weight": {**weight, **changes}, "bias": {"dtype": "F64", "shape": [2], "data_offsets": [32, 48]}}
    )


def json_with(old: str, new: str) -> bytes:
    plain = json.dumps({"weight": [[1.0, 2.0], [3.0, 4.0]], "bias": [5.0, 6.0]})
    assert old in plain
    return plain.replace(old, new, 1).encode()


SOUND = safetensors.encoded(STATE)
HOSTILE_JSON = {
    "nothing in it": (b"", "not JSON"),
    "cut off": (JSON[:-5], "not JSON"),
    "something after it": (JSON + b"{}", "not JSON"),
    "another format": (b"\x80\x04\x95pickle", "not UTF-8"),
    "latin-1": (json_with("bias", "bi\xe4s").decode().encode("latin-1"), "not UTF-8"),
    "utf-16": (JSON.decode().encode("utf-16"), "not UTF-8"),
    "a byte order mark": (b"\xef\xbb\xbf" + JSON, "not JSON"),
    "a list": (b"[1.0, 2.0]", "it is a list, not names"),
    "a number": (b"1e400", "it is a float, not names"),
    "nested too deep": (b"[" * 100_000, "nested too deep"),
    "deep where a number should be": (json_with("6.0", "[" * 500 + "]" * 500), "a list where a number"),
    "deep where a tensor should be": (json_with("[5.0, 6.0]", "[" * 500 + "]" * 500), "has the shape"),
    "a name twice": (json_with('"bias"', '"weight"'), "'weight' stands there twice"),
    "a name missing": (json_with(', "bias": [5.0, 6.0]', ""), "lacks 'bias'"),
    "a name too many": (json_with("{", '{"\\ud800\\n": 1, '), "unknown"),
    "numbers as text": (json_with("6.0", '"6.0"'), "a str where a number"),
    "a truth value": (json_with("6.0", "true"), "a bool where a number"),
    "null": (json_with("6.0", "null"), "a NoneType where"),
    "an object": (json_with("6.0", '{"float": "nan"}'), "a dict where"),
    "nan": (json_with("6.0", "NaN"), "NaN is not a number in JSON"),
    "inf": (json_with("6.0", "-Infinity"), "-Infinity is not a number"),
    "too large a float": (json_with("6.0", "1e999"), "'bias' holds inf"),
    "too large a whole number": (json_with("6.0", "1" + "0" * 400), "too large for a float"),
    "a whole number of ten thousand digits": (json_with("6.0", "1" * 10_000), "(digits|too large)"),
    "too many numbers": (json_with("6.0", "6.0, 7.0"), "has the shape"),
    "too few numbers": (json_with("[5.0, 6.0]", "[5.0]"), "has the shape"),
    "ragged rows": (json_with("[3.0, 4.0]", "[3.0]"), "different lengths"),
    "an empty tensor": (json_with("[5.0, 6.0]", "[]"), "has the shape"),
    "a million lists": (b'{"weight": [' + b"[]," * 1_000_000 + b"[]]}", "needs no more than"),
    "two hundred megabytes": (200 * 2**20, "needs no more than"),
}
HOSTILE_SAFETENSORS = {
    "nothing in it": (b"", "ends after 0 bytes"),
    "seven bytes": (SOUND[:7], "ends after 7 bytes"),
    "cut off in the header": (SOUND[:20], "its header claims"),
    "cut off in the numbers": (SOUND[:-1], "its tensors need 48 bytes, and 47 follow"),
    "something after it": (SOUND + b"\0", "its tensors need 48 bytes, and 49 follow"),
    "JSON": (JSON, "its header claims"),
    "a header of a gigabyte": (struct.pack("<Q", 2**30) + SOUND[8:], "its header claims 1073741824 bytes"),
    "a header of all bytes there could be": (b"\xff" * 8 + SOUND[8:], "its header claims 18446744073709551615"),
    "no header": (with_header(b""), "not JSON"),
    "a header that is a list": (with_header([]), "its header is a list"),
    "a header that is not UTF-8": (with_header(b'{"\xff": 1}'), "not UTF-8"),
    "a header nested too deep": (with_header(b'{"a":' * 100_000), "nested too deep"),
    "a name twice": (with_header(b'{"weight": 1, "weight": 2}'), "stands there twice"),
    "metadata of numbers": (with_header({"__metadata__": {"format": 1}}), "its __metadata__ is not"),
    "metadata that is text": (with_header({"__metadata__": "pt"}), "its __metadata__ is not"),
    "an entry that is a list": (with_header({"weight": []}), "has no dtype, shape and data_offsets"),
    "an entry with more": (tensors(run="rm"), "or has more"),
    "an unknown kind": (tensors(dtype="I32"), "'weight' is of the kind 'I32', not of F64"),
    "a kind that is a list": (tensors(dtype=["F64"]), "is of the kind"),
    "the wrong kind": (tensors(dtype="F32"), "'weight' has 32 bytes for numbers of F32"),
    "another shape": (tensors(shape=[4]), r"'weight' has the shape \(4,\), not \(2, 2\)"),
    "a shape of floats": (tensors(shape=[2.0, 2]), "has the shape"),
    "a shape of truth values": (tensors(shape=[True, 4]), "has the shape"),
    "a shape below zero": (tensors(shape=[-2, -2]), "has the shape"),
    "a shape of a billion nothings": (tensors(shape=[10**9, 0], data_offsets=[0, 0]), "whole numbers from 1 up"),
    "a shape as large as it gets": (tensors(shape=[2**62, 2**62]), "has 32 bytes for numbers of F64"),
    "a shape of a thousand ones": (tensors(shape=[1] * 1000 + [4]), "has the shape"),
    "one offset": (tensors(data_offsets=[0]), "not a begin and an end"),
    "offsets as text": (tensors(data_offsets=["0", "32"]), "not a begin and an end"),
    "offsets below zero": (tensors(data_offsets=[-32, 0]), "not a begin and an end"),
    "offsets the wrong way round": (tensors(data_offsets=[32, 0]), "has -32 bytes"),
    "offsets that overlap": (
        with_header(
            {name: {"dtype": "F64", "shape": [2], "data_offsets": [8 * k, 8 * k + 16]} for k, name in enumerate("ab")}
        ),
        "'b' begins at byte 8, and what comes before it ends at 16",
    ),
    "two tensors in one place": (
        with_header({name: {"dtype": "F64", "shape": [6], "data_offsets": [0, 48]} for name in ("weight", "bias")}),
        "begins at byte 0, and what comes before it ends at 48",
    ),
    "offsets with a gap": (
        tensors(data_offsets=[16, 48]),
        "'weight' begins at byte 16, and what comes before it ends at 0",
    ),
    "offsets out of range": (tensors(data_offsets=[48, 80]), "'bias' begins at byte 32"),
    "offsets far out of range": (tensors(data_offsets=[2**62, 2**62 + 32]), "'bias' begins at byte 32"),
    "nan": (safetensors.encoded({**STATE, "bias": [0.0, math.nan]}), "'bias' holds nan"),
    "inf": (safetensors.encoded({**STATE, "bias": [-math.inf, 0.0]}), "'bias' holds -inf"),
    "a name missing": (safetensors.encoded({"weight": STATE["weight"]}), "lacks 'bias'"),
    "a name too many": (safetensors.encoded({**STATE, "scale": 1.0}), "unknown 'scale'"),
    "another model": (safetensors.encoded(nn.Layer(3, 2).state_dict()), r"the shape \(2, 3\), not \(2, 2\)"),
    "two gigabytes": (2**31, "needs no more than"),
}
HOSTILE = [
    pytest.param(ending, content, message, id=f"{ending[1:]}: {what}")
    for ending, table in ((".json", HOSTILE_JSON), (".safetensors", HOSTILE_SAFETENSORS))
    for what, (content, message) in table.items()
]


@pytest.mark.parametrize(("ending", "content", "message"), HOSTILE)
def test_hostile_files_change_nothing_and_cost_little(ending, content, message, tmp_path) -> None:
    path, layer = tmp_path / f"hostile{ending}", nn.Layer(2, 2, rng=1)
    if isinstance(content, int):  # so many bytes, which are not there
        with open(path, "wb") as file:
            file.truncate(content)
    else:
        path.write_bytes(content)
    before = layer.state_dict()
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=message) as caught:
            nn.load(layer, path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    lines = str(caught.value).split("\n")
    assert len(lines) == 2 and lines[0].startswith(f"{str(path)!r}: ") and len(lines[0]) < len(str(path)) + 160
    assert layer.state_dict() == before and peak < 20 * 2**20


def test_a_pipe_is_not_waited_for(tmp_path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    with pytest.raises(ValueError, match="not an ordinary file"):
        nn.load(nn.Layer(2, 2), tmp_path / "pipe.json")


@given(st.data())
def test_any_byte_may_be_wrong(data) -> None:
    """What a damaged file gives is a ValueError, or numbers: never another exception."""
    sound = data.draw(st.sampled_from([SOUND, JSON]))
    place = data.draw(st.integers(0, len(sound) - 1))
    damaged = sound[:place] + data.draw(st.binary(max_size=4)) + sound[place + 1 :]
    with contextlib.suppress(ValueError):
        nn.Layer(2, 2).load_state_dict(parsed(damaged) if sound is JSON else safetensors.decoded(damaged))


def test_bfloat16_is_the_upper_half_of_a_float32() -> None:
    numbers = [1.5, -0.0, 3.140625, 1e-40, 2.0**127]
    halves = b"".join(struct.pack("<f", x)[2:] for x in numbers)
    [(_, found)] = safetensors.decoded(
        with_header({"x": {"dtype": "BF16", "shape": [5], "data_offsets": [0, 10]}}, halves)
    ).items()
    assert struct.pack("<5f", *found) == b"".join(b"\0\0" + struct.pack("<f", x)[2:] for x in numbers)
