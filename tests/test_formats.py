"""Mermaid and TikZ: the structure of the texts, and that no label can break out of its place."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd.drawing.mermaid import mermaid
from autograd.drawing.picture import FILLS, Picture, Shape, printable
from autograd.drawing.tikz import in_tex, tikz
from tests import pictures

NODE = re.compile(r'  (\w+)(\[|\(\(|\[\[)"([^"]*)"(\]|\)\)|\]\]):::(\w+)')
ARROW = re.compile(r'  (\w+) -->(?:\|"([^"]*)"\|)? (\w+)')


def read(text: str) -> str:
    """A Mermaid label as it is shown."""
    return re.sub(r"#(\d+);", lambda found: chr(int(found[1])), text)


def body(text: str) -> tuple[list[re.Match], list[re.Match]]:
    """The nodes and the arrows of a flowchart, in which there is nothing else but titles and classes."""
    lines = text.split("flowchart LR\n")[1].splitlines()
    assert lines[0].startswith("  accTitle: ") and lines[1].startswith("  accDescr: ")
    rest = [line for line in lines[2:] if not line.startswith("  classDef ")]
    nodes = [found for line in rest if (found := NODE.fullmatch(line))]
    arrows = [found for line in rest if (found := ARROW.fullmatch(line))]
    assert len(nodes) + len(arrows) == len(rest)
    return nodes, arrows


def test_mermaid_has_every_shape_and_every_edge() -> None:
    picture = pictures.square()
    text = mermaid(picture)
    nodes, arrows = body(text)
    assert [(node[1], node[5]) for node in nodes] == [(shape.id, shape.kind) for shape in picture.shapes]
    assert [(arrow[1], arrow[3]) for arrow in arrows] == [(edge.tail, edge.head) for edge in picture.edges]
    assert [read(arrow[2] or "") for arrow in arrows] == ["3", "3", "", "first", "second, -1", ""]
    assert read(nodes[0][3]) == "x<br/>data 3<br/>grad ·" and nodes[1][2] == "(("
    for kind in {shape.kind for shape in picture.shapes}:
        assert f"classDef {kind} fill:{FILLS[kind]}," in text


def test_mermaid_shows_the_caption_above() -> None:
    assert mermaid(pictures.loop()).startswith('---\ntitle: "2 layers were folded"\n---\nflowchart LR\n')
    assert mermaid(pictures.square()).startswith("flowchart LR\n")


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=30))
def test_no_label_breaks_out_of_mermaid(label: str) -> None:
    text = mermaid(pictures.hostile(label, "other"))
    nodes, arrows = body(text)
    assert read(nodes[0][3]) == f"{printable(label)}<br/>data 1" and len(nodes) == 3 and len(arrows) == 2
    assert not re.search(r"[<>{}|`*]|#(?!\d+;)", nodes[0][3].removesuffix("<br/>data 1"))
    assert "%%{" not in text and text.count("\n---\n") <= 1


def groups(text: str) -> bool:
    """Whether TeX's braces are in pairs, and its mathematics ends."""
    bare = re.sub(r"\\[^a-zA-Z]", "", text)
    depth = 0
    for sign in bare:
        depth += (sign == "{") - (sign == "}")
        if depth < 0:
            return False
    return depth == 0 and bare.count("$") % 2 == 0


def test_tikz_has_every_shape_and_every_edge() -> None:
    picture = pictures.square()
    text = tikz(picture)
    assert text.startswith(r"\documentclass[border=4pt]{standalone}") and text.endswith("\\end{document}\n")
    assert re.findall(r"^% (\w+)$", text, re.MULTILINE) == [shape.id for shape in picture.shapes]
    assert text.count("-latex]") == len(picture.edges) and text.count("ellipse") == 2
    for kind, fill in FILLS.items():
        assert f"\\definecolor{{{kind}}}{{HTML}}{{{fill[1:].upper()}}}" in text


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a_1 & b%", r"a\_1 \& b\%"),
        ("\\x{y}", r"\textbackslash{}x\{y\}"),
        ("-1e-05", "$-$1e$-$05"),
        ("∂σ/∂λ Ω", r"$\partial$$\sigma$/$\partial$$\lambda$ $\Omega$"),
        ("x₁²", r"x${}_{\mbox{\scriptsize 1}}$${}^{\mbox{\scriptsize 2}}$"),
        ("é 漢", r"é \sign{漢}{6F22}"),
        ("a\nb", "a b"),
    ],
)
def test_signs_in_tex(text: str, written: str) -> None:
    assert in_tex(text) == written


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=30))
def test_no_label_breaks_out_of_tikz(label: str) -> None:
    text = in_tex(label)
    assert groups(text) and "\n" not in text
    for command in ("end", "input", "write", "def", "csname"):
        assert f"\\{command}" not in re.sub(r"\\textbackslash\{\}", "", text)
    assert not re.search(r"(?<!\\)[#%&~^]|(?<!\\)_(?!\{)", re.sub(r"\$\{\}\^", "", text))


def test_coordinates_stay_within_what_tex_can_count() -> None:
    text = tikz(pictures.chain(300))
    assert max(map(float, re.findall(r"[( ](-?[\d.]+(?:e\+\d+)?),", text))) < 16_383


HAS_TEX = (
    shutil.which("pdflatex")
    and shutil.which("kpsewhich")
    and not subprocess.run(["kpsewhich", "standalone.cls", "tikz.sty"], capture_output=True).returncode
)


@pytest.mark.skipif(not HAS_TEX, reason="no LaTeX with standalone and TikZ")
def test_latex_prints_it(tmp_path: Path) -> None:
    (tmp_path / "graph.tex").write_text(tikz(pictures.hostile(*pictures.HOSTILE)), encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "graph.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stdout[-1500:]
    assert (tmp_path / "graph.pdf").read_bytes().startswith(b"%PDF")


def test_an_empty_picture_is_a_picture_too() -> None:
    empty, blank = Picture("", "", "", [], []), Picture("", "", "", [Shape("value_0", "input", ())], [])
    assert body(mermaid(empty)) == ([], []) and body(mermaid(blank))[0][0][1] == "value_0"
    assert "tikzpicture" in tikz(empty) and "% value_0" in tikz(blank)
