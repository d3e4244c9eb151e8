"""Pictures of graphs: their structure, never their coordinates; with every engine that is installed, and with none."""

import math
import os
import shutil
import struct
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import pytest

import nn
from autograd import Value, dot, draw
from autograd.drawing import render
from autograd.naming import names

ENGINES = {"dot": shutil.which("dot"), "graphviz-pure": render.engine_of_the_wheel()}
INSTALLED = [name for name, path in ENGINES.items() if path]
needs_engine = pytest.mark.skipif(not INSTALLED, reason="the extra `draw` is not installed, nor Graphviz")


@pytest.fixture(params=INSTALLED)
def engine(request, monkeypatch) -> str:
    monkeypatch.setattr(render, "find_engine", lambda: ENGINES[request.param])
    return request.param


def shapes(svg: str) -> dict[str, list[str]]:
    """The node and edge titles of an SVG picture, and its texts."""
    space = "{http://www.w3.org/2000/svg}"
    root = ElementTree.fromstring(svg)
    groups = {kind: [g for g in root.iter(f"{space}g") if g.get("class") == kind] for kind in ("node", "edge")}
    found = {kind: [g.find(f"{space}title").text for g in groups[kind]] for kind in groups}
    return {**found, "text": [text.text for text in root.iter(f"{space}text")]}


def test_every_use_is_an_edge_and_every_name_is_there(engine) -> None:
    x = Value(3.0)
    y = 2 - x * x
    found = shapes(draw(y).svg)
    assert sorted(found["node"]) == ["constant_2a0", "op_1", "op_2", "value_0", "value_1", "value_2"]
    assert sorted(found["edge"]) == [
        "constant_2a0->op_2:nw",
        "op_1->value_1",
        "op_2->value_2",
        "value_0->op_1",
        "value_0->op_1",
        "value_1->op_2:sw",
    ]
    assert {"x", "y", "data 3", "data 9", "data -7", "*", "-", "2"} <= set(found["text"])


def test_a_gradient_that_was_not_computed_is_not_zero(engine) -> None:
    a, b = Value(2.0), Value(5.0)
    c = a * 0 + b
    assert shapes(draw(c).svg)["text"].count("grad ·") == 4
    c.backward()
    text = shapes(draw(c).svg)["text"]
    assert text.count("grad 0") == 1 and text.count("grad 1") == 3 and "grad ·" not in text


def test_operands_keep_their_order_where_it_matters() -> None:
    a, b = Value(2.0), Value(5.0)
    source = draw(a / b).source
    assert "value_0 -> op_2:nw" in source and "value_1 -> op_2:sw" in source
    assert ":nw" not in draw(a * b).source


def test_lists_and_constants_are_summed_up() -> None:
    w = [Value(float(k)) for k in range(6)]
    source = draw(dot(w, [1, 2, 3, 4, 5, 6.5])).source
    assert "[1, 2, …] 6 numbers" in source and source.count("-> op_6") == 7


HOSTILE = [
    'quote " quote',
    "a|b{c}d<e>f",
    "back\\slash \\n",
    "line\nbreak\ttab",
    "ünïcødé ∂σ",
    "<b>bold</b>",
    "x" * 500,
    "&amp; &",
]


@pytest.mark.parametrize("label", HOSTILE)
def test_hostile_labels(label: str, engine) -> None:
    y = Value(1.0, label=label) * 2
    found = shapes(draw(y).svg)
    assert sorted(found["node"]) == ["constant_1b0", "op_1", "value_0", "value_1"]
    shown = " ".join(label.split())[:39].replace("\t", " ")
    assert shown in " ".join(" ".join(found["text"]).split())


@needs_engine
@pytest.mark.parametrize("data", [math.nan, math.inf, -math.inf, 5e-324, 1e308])
def test_any_data_can_be_drawn(data: float) -> None:
    assert f"data {data:.4g}" in shapes(draw(Value(data)).svg)["text"]


def test_pictures_are_deterministic() -> None:
    def source() -> str:
        model = nn.MLP(2, [2, 1], rng=0)
        return draw(model([1.0, 2.0]), {"model": model}).source

    assert source() == source() and "model.layers[0].neurons[1].w[0]" in source()


def png_size(content: bytes) -> tuple[int, int]:
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    return struct.unpack(">II", content[16:24])


def test_files(tmp_path, engine) -> None:
    y = Value(2.0, label="a") * 3
    picture = draw(y)
    svg, png, dot_file = (picture.save(tmp_path / f"y.{suffix}") for suffix in ("svg", "png", "dot"))
    assert shapes(svg.read_text(encoding="utf-8"))["node"] and dot_file.read_text(encoding="utf-8") == picture.source
    width, height = png_size(png.read_bytes())
    assert 300 < width < 3000 and 50 < height < 1000
    assert sorted(os.listdir(tmp_path)) == ["y.dot", "y.png", "y.svg"]


def test_bitmaps_are_kept_to_a_size_that_memory_can_hold(tmp_path, engine, monkeypatch) -> None:
    monkeypatch.setattr(render, "MOST_PIXELS", 50_000)
    y = Value(1.0)
    for _ in range(20):
        y = y * 2
    width, height = png_size(draw(y).save(tmp_path / "y.png").read_bytes())
    assert width * height < 70_000
    assert render.resolution('<svg width="100000pt" height="10000pt"/>') < 15


def test_a_file_is_complete_or_untouched(tmp_path, monkeypatch) -> None:
    picture = draw(Value(1.0) * 2)
    path = tmp_path / "y.dot"
    path.write_text("old")

    def fail(*_) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="No space left"):
        picture.save(path)
    assert path.read_text() == "old" and os.listdir(tmp_path) == ["y.dot"]


def test_bad_input_is_named(tmp_path) -> None:
    picture = draw(Value(1.0) * 2)
    for attempt, kind, message in (
        (lambda: picture.save("y.jpeg"), ValueError, "'.jpeg'\nuse one of .svg, .png, .dot"),
        (lambda: picture.save("y"), ValueError, "unknown suffix ''"),
        (lambda: picture.save(tmp_path / "none" / "y.dot"), OSError, "No such file"),
        (lambda: draw(3.0), TypeError, "3.0 is a float, not a Value"),
        (lambda: draw([Value(1.0)]), TypeError, "is a list, not a Value"),
    ):
        with pytest.raises(kind, match=message) as caught:
            attempt()
        assert str(caught.value).count("\n") == 1


def test_a_graph_too_large_to_read_is_refused_at_once() -> None:
    y = Value(1.0)
    for _ in range(100_000):
        y = y + 1
    with pytest.raises(ValueError, match="100001 Values is too large"):
        draw(y)


def test_without_an_engine_both_remedies_are_named(monkeypatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(render, "engine_of_the_wheel", lambda: None)
    picture = draw(Value(1.0) * 2)
    with pytest.raises(RuntimeError, match="pip install .*apt install graphviz"):
        picture.svg  # noqa: B018
    assert picture._repr_svg_() is None and "digraph" in picture.source


def test_without_the_python_package_its_name_is_given() -> None:
    program = """
import sys
sys.modules["graphviz"] = None
import autograd
try:
    autograd.draw(autograd.Value(1.0))
except ImportError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "draw needs the Python package graphviz\ninstall it: pip install graphviz\n"


def test_an_engine_that_hangs_or_fails_is_reported(monkeypatch) -> None:
    monkeypatch.setattr(render, "SECONDS", 0.2)
    with pytest.raises(RuntimeError, match="not ready after 0.2 s"):
        render.run([sys.executable, "-c", "import time; time.sleep(60)"], "")
    with pytest.raises(RuntimeError, match="could not draw it: broken"):
        render.run([sys.executable, "-c", "import sys; sys.exit('broken')"], "")


# ---- names ------------------------------------------------------------------------------------------------------


def test_names_are_labels_first_then_the_shortest_way() -> None:
    a, b, c = Value(1.0), Value(2.0, label="bias"), Value(3.0)
    model = nn.Neuron(2)
    namespace = {"model": model, "deep": {"k": [a]}, "a": a, "b": b, "_hidden": c, "again": a}
    found = names([a, b, c, model.w[1], model.b], namespace)
    assert list(found.values()) == ["a", "bias", "model.w[1]", "model.b"]
    assert names([a], {"deep": {"k": (0, [a])}}) == {a: "deep['k'][1][0]"}


def test_the_search_for_names_ends() -> None:
    loop: list = []
    loop.append(loop)
    a = Value(1.0)
    assert names([a], {"loop": loop, "many": list(range(100_000)), "late": [a]}) in ({}, {a: "late[0]"})


def test_variables_of_the_caller_are_found() -> None:
    inner = Value(2.0)

    def outer() -> str:
        local = inner * 3
        return draw(local).source

    assert "local | data 6" in outer() and "inner | data 2" in outer()
