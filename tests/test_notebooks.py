"""The notebooks of demos/notebooks, run for real, in Jupyter's kernel and by marimo; and what a cell shows of what."""

import ast
import asyncio
import importlib.util
import json
import math
import os
import re
import shutil
import subprocess
import sys
import warnings
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from demos.notebooks import __main__ as notebooks

SVG = "image/svg+xml"


def missing(*packages: str) -> bool:
    return not all(importlib.util.find_spec(package) for package in packages)


needs_jupyter = pytest.mark.skipif(
    missing("jupytext", "nbclient", "ipykernel", "matplotlib"), reason="the extra `notebook` is not installed"
)
needs_marimo = pytest.mark.skipif(missing("marimo"), reason="the extra `marimo` is not installed")


# ---- a kernel, and what its cells show ---------------------------------------------------------------------------


class Run:
    """A notebook after its run: what its cells show, what they print, and how many messages of each kind came."""

    def __init__(self) -> None:
        self.cells: list[tuple[str, dict[str, str]]] = []  # the last line of each, and what it shows by media type
        self.printed = ""
        self.messages: Counter[str] = Counter()

    def shown(self, last_line: str, which: int = 0) -> dict[str, str]:
        """What the cell with this last line shows; `which` of them, if there are several."""
        return [shown for line, shown in self.cells if line == last_line][which]

    def number(self, last_line: str) -> Any:
        """The same as a number or a tuple of numbers."""
        return ast.literal_eval(self.shown(last_line)["text/plain"])


@pytest.fixture(scope="module")
def kernels(tmp_path_factory) -> Path:
    """A folder with one kernel: this very Python, with settings of its own."""
    folder = tmp_path_factory.mktemp("kernels")
    description = {
        "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "this Python",
        "language": "python",
        "env": {"IPYTHONDIR": str(folder / "settings"), "MPLBACKEND": "", "AUTOGRAD_ENGINE": ""},
    }
    (folder / "this").mkdir()
    (folder / "this" / "kernel.json").write_text(json.dumps(description), encoding="utf-8")
    return folder


def run(kernels: Path, text: str) -> Run:
    """Run a notebook from the folder of notebooks. What goes wrong in a cell, or is warned of there, fails here."""
    import nbformat
    import psutil

    notebook = nbformat.reads(text, as_version=4)
    found, before = Run(), psutil.Process().children(recursive=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Jupyter's own
        asyncio.run(execute(kernels, notebook, found.messages))
    assert [each for each in psutil.Process().children(recursive=True) if each not in before] == []
    for cell in (cell for cell in notebook.cells if cell.cell_type == "code"):
        shown: dict[str, str] = {}
        for output in cell.outputs:
            assert output.output_type != "error" and output.get("name") != "stderr", output
            found.printed += output.get("text", "")
            shown |= output.get("data", {})
        found.cells.append((cell.source.splitlines()[-1], shown))
    return found


async def execute(kernels: Path, notebook: Any, messages: Counter[str]) -> None:
    from jupyter_client import AsyncKernelManager
    from jupyter_client.kernelspec import KernelSpecManager
    from nbclient import NotebookClient

    class Client(NotebookClient):
        def process_message(self, msg: Any, *cell: Any) -> Any:
            messages[msg["msg_type"]] += 1
            return super().process_message(msg, *cell)

    specifications = KernelSpecManager(kernel_dirs=[str(kernels)], ensure_native_kernel=False)
    manager = AsyncKernelManager(kernel_name="this", kernel_spec_manager=specifications)
    place = {"metadata": {"path": str(notebooks.FOLDER)}}
    await Client(notebook, km=manager, timeout=120, resources=place).async_execute(cleanup_kc=True)


def texts(svg: str) -> list[str]:
    """The texts in a picture, after a look at whether it is one."""
    root = ElementTree.fromstring(svg)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    return [(each.text or "").strip() for each in root.iter("{http://www.w3.org/2000/svg}text")]


def framed(html: str) -> str:
    """The page in the one frame of a piece of HTML."""
    found: list[tuple[str, dict[str, str]]] = []
    reader = HTMLParser()
    reader.handle_starttag = lambda tag, attributes: found.append((tag, dict(attributes)))  # type: ignore
    reader.feed(html)
    [(tag, attributes)] = found
    assert tag == "iframe"
    return attributes["srcdoc"]


# ---- the Jupyter notebooks ---------------------------------------------------------------------------------------


def file_of(name: str) -> str:
    return (notebooks.FOLDER / f"{name}.ipynb").read_text(encoding="utf-8")


def test_there_are_no_others() -> None:
    assert sorted(notebooks.NAMES) == sorted(path.stem for path in notebooks.FOLDER.glob("*.ipynb"))


@needs_jupyter
@pytest.mark.parametrize("name", notebooks.NAMES)
def test_a_notebook_is_made_from_its_source(name: str) -> None:
    import nbformat

    assert file_of(name) == notebooks.notebook(name), "write it anew: python -m demos.notebooks"
    notebook = nbformat.reads(file_of(name), as_version=4)
    nbformat.validate(notebook)
    assert all(not cell.outputs for cell in notebook.cells if cell.cell_type == "code")


def test_without_jupytext_the_message_says_what_to_install(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "jupytext", None)
    with pytest.raises(ImportError, match=r"made by jupytext\ninstall it: pip install") as caught:
        notebooks.notebook("tour")
    assert str(caught.value).count("\n") == 1


@needs_jupyter
def test_the_tour(kernels: Path) -> None:
    tour = run(kernels, file_of("tour"))
    t = math.tanh(-1.0)
    slope = 1 - t * t
    assert tour.number("y.data") == pytest.approx(t + 1.5)
    assert tour.number("a.grad, b.grad, c.grad") == pytest.approx((-2 * slope + 3, 0.5 * slope, 0.5))
    assert tour.number("(y_changed - y.data) / 0.001") == pytest.approx(0.5 * slope, abs=1e-3)
    before, after = (texts(tour.shown("y", which)[SVG]) for which in (0, 1))
    assert {"a", "b", "c", "d", "t", "y"} <= set(before) and before.count("grad ·") == 7
    assert "grad 2.16" in after and "grad ·" not in after
    assert f"1 - tanh(d)**2 = {slope:.4g}" in texts(tour.shown("draw(y, slopes=True)")[SVG])
    assert "dt/dd = 1 - tanh(d)**2 = 0.419974" in tour.printed
    assert tour.shown("tree(y)")["text/plain"].startswith("y = t + a*c = 0.7384, grad 1\n├── t")
    twice, once = re.findall(r"(?:second pass|once more): (\S+)", tour.printed)
    assert float(twice) == pytest.approx(2 * float(once)) == pytest.approx(2 * (3 - 2 * slope))
    assert {"slope", "data 12"} <= set(texts(tour.shown("slope")[SVG]))
    assert tour.number("slope.data, curvature.data, third.data") == (12.0, 12.0, 6.0)


@needs_jupyter
def test_the_steps(kernels: Path) -> None:
    steps = run(kernels, file_of("steps"))
    assert steps.printed.splitlines()[-1] == "loss = d**2 = (-4)**2 = 16.0"
    fired = [steps.shown("next(steps)", which)["text/plain"] for which in range(3)]
    assert fired[0] == "loss.grad 1.0 -> d.grad += 1.0 * (2*d) = -8.0" and fired[2].endswith("= -16.0")
    half_way = texts(steps.shown("loss")[SVG])
    assert half_way.count("grad -8") == 3 and half_way.count("grad ·") == 1
    assert steps.number("a.grad, b.grad") == (16.0, -16.0)
    for output in ("loss", "d"):
        page = framed(steps.shown(f"draw({output}).page")["text/html"])
        assert page.lower().startswith("<!doctype html>") and f"<title>{output}" in page
    breadth, recursion = (steps.shown(f"why_order({output})")["text/plain"] for output in ("e", "d"))
    assert "a.grad = 3, should be 5" in breadth and "a.grad = 8, should be 4" in recursion
    assert "data 5" in texts(steps.shown("e")[SVG]) and "data 4" in texts(steps.shown("d")[SVG])


@needs_jupyter
def test_the_training(kernels: Path) -> None:
    training = run(kernels, file_of("training"))
    assert training.messages["update_display_data"] == 10
    assert "image/png" in training.shown("plt.close(figure)")
    seen, new = map(float, re.findall(r"([\d.]+)%", training.printed))
    assert seen == 100.0 and new >= 98.0
    layers, neurons = (texts(training.shown(f"draw(model(points[0]), depth={depth})")[SVG]) for depth in (1, 2))
    assert "model.layers[1]" in layers and "model.layers[0].neurons[7]" in neurons
    assert {"loss", "model.layers[0]"} <= set(texts(training.shown("draw(loss)")[SVG]))


# ---- what a cell shows -------------------------------------------------------------------------------------------

CELLS = """
import os, sys; from autograd import Value, draw, explain; a, b = Value(2.0), Value(-3.0); c = a * b
c
[a, c]
sixty = sum(Value(1.0) for _ in range(30)); sixty
more = sixty + 1; more
draw(more)
draw(c).page
explain(c, a)
chain = a; [chain := chain + 1 for _ in range(100_000)]; chain
os.environ["AUTOGRAD_ENGINE"] = "nonsense"; c
draw(c)
os.environ["AUTOGRAD_ENGINE"] = sys.executable; c
"""


@pytest.fixture(scope="module")
def shown(kernels: Path) -> Run:
    import nbformat

    cells = [nbformat.v4.new_code_cell(line) for line in CELLS.strip().splitlines()]
    return run(kernels, nbformat.writes(nbformat.v4.new_notebook(cells=cells)))


@needs_jupyter
def test_what_shows_a_picture(shown: Run) -> None:
    text, picture = shown.shown("c")["text/plain"], shown.shown("c")[SVG]
    assert text == "Value(data=-6.0, op='*')" and {"a", "b", "c"} <= set(texts(picture))
    for ending in ("; sixty", "draw(more)"):
        [data] = [data for line, data in shown.cells if line.endswith(ending)]
        assert set(data) == {"text/plain", SVG} and texts(data[SVG])


@needs_jupyter
@pytest.mark.parametrize("ending", ["[a, c]", "; more", "; chain", '"nonsense"; c', "draw(c)", "executable; c"])
def test_what_shows_text_only(shown: Run, ending: str) -> None:
    """Lists; graphs of more than 60 Values, however large; what an engine fails to draw, without a traceback."""
    [data] = [data for line, data in shown.cells if line.endswith(ending)]
    assert list(data) == ["text/plain"] and re.match(r"\[?Value\(|<Drawing of", data["text/plain"])


@needs_jupyter
def test_what_shows_html(shown: Run) -> None:
    assert framed(shown.shown("draw(c).page")["text/html"]).count("<svg") == 1
    assert "dc/da = b = -3" in shown.shown("explain(c, a)")["text/html"]


# ---- marimo ------------------------------------------------------------------------------------------------------


@pytest.fixture
def sliders(tmp_path: Path) -> Path:
    """A copy of the marimo notebook: marimo writes folders beside what it runs."""
    return Path(shutil.copy(notebooks.FOLDER / "sliders.py", tmp_path))


def python(folder: Path, *arguments: str) -> str:
    """What a Python program prints, which is to keep its settings in a folder, and may not fail."""
    home = {
        name: str(folder) for name in ("HOME", "USERPROFILE", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME")
    }
    command = [sys.executable, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, env={**os.environ, **home}, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


@needs_marimo
def test_the_sliders_run_as_a_program(sliders: Path) -> None:
    assert python(sliders.parent, str(sliders)) == ""


@needs_marimo
def test_the_sliders_are_exported_with_their_picture(sliders: Path) -> None:
    made = sliders.with_suffix(".html")
    python(sliders.parent, "-m", "marimo", "export", "html", str(sliders), "-o", str(made))
    text = made.read_text(encoding="utf-8")
    assert SVG in text and text.count("value_4") >= 1 and "grad -0.4576" in text and "0.2913" in text


@needs_marimo
@pytest.mark.parametrize("place", [{"a": 2.0, "b": 0.0, "c": 1.0}, {"a": -3.0, "b": 0.4, "c": 2.9}])
def test_moving_a_slider(place: dict[str, float]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of marimo's own
        import marimo as mo

        from demos.notebooks import sliders

        _, start = sliders.app.run()
        assert start["y"].data == pytest.approx(math.tanh(0.3)) and set(start["sliders"].value) == set("abc")
        moved = mo.ui.dictionary({name: mo.ui.slider(-3.0, 3.0, step=0.1, value=at) for name, at in place.items()})
        outputs, names = sliders.app.run(defs={"sliders": moved})
    y = math.tanh(place["a"] * place["b"] + place["c"])
    slope = 1 - y * y
    assert names["y"].data == pytest.approx(y)
    gradients = [slope * place["b"], slope * place["a"], slope]
    assert [leaf.grad for leaf in names["leaves"]] == pytest.approx(gradients)
    assert names["y"] in outputs and f"data {y:.4g}" in texts(names["y"]._repr_svg_())
    table = next(output.text for output in outputs if "foretold" in getattr(output, "text", ""))
    assert all(f"{gradient:.4f}" in table for gradient in gradients)
