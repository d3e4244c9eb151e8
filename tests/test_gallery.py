"""The gallery's pictures are what the code draws now; the demo of wrong orders says what is true."""

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from demos import draw_gallery, orders

SPACE = "{http://www.w3.org/2000/svg}"


def structure(path: Path) -> tuple[list, list]:
    """The ids of a picture's shapes and edges, and its texts: not where they stand, which engines differ in."""
    root = ElementTree.parse(path).getroot()
    ids = sorted(group.get("id") for group in root.iter(f"{SPACE}g") if group.get("id"))
    return ids, sorted(text.text or "" for text in root.iter(f"{SPACE}text"))


def test_the_gallery_is_up_to_date(tmp_path) -> None:
    drawn = draw_gallery.main(tmp_path)
    assert {path.name for path in drawn} == {path.name for path in draw_gallery.GALLERY.glob("*.svg")}
    for path in drawn:
        assert structure(path) == structure(draw_gallery.GALLERY / path.name), path.name
    listed = (draw_gallery.GALLERY.parent / "README.md").read_text(encoding="utf-8")
    assert all(f"gallery/{path.name}" in listed for path in drawn)


def test_two_programs_tell_the_orders_apart(tmp_path, capsys) -> None:
    written = orders.main(tmp_path)
    told = capsys.readouterr().out
    assert told.count("WRONG") == 3 and "a.grad = 3, should be 5" in told and "a.grad = 8, should be 4" in told
    assert sorted(path.suffix for path in written) == [".html", ".html", ".svg", ".svg"]
    for name, program in orders.PROGRAMS.items():
        *_, output = orders.run(program).values()
        assert output.data == {"breadth_first": 5.0, "recursion": 4.0}[name]


@pytest.mark.parametrize("name", ["expression.svg", "layers.svg"])
def test_the_gallery_shows_what_the_readme_says(name: str) -> None:
    ids, texts = structure(draw_gallery.GALLERY / name)
    if name == "expression.svg":
        assert "1 - tanh(d/4)**2 = 0.42" in [text.strip() for text in texts] and "y" in texts
    else:
        assert "Layer(16 -> 16, tanh)" in texts and "group_0" in ids
