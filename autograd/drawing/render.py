"""From DOT text to a picture: finds a Graphviz engine, runs it, and keeps bitmaps to a size that memory can hold.

The engine is the system's `dot` if there is one, else the one that the wheel `graphviz-pure` brings.
"""

from __future__ import annotations

import importlib.metadata
import math
import shutil
import subprocess
from xml.etree import ElementTree

SECONDS = 60  # what an engine is given
DPI = 144  # of a bitmap, unless it would be larger than
MOST_PIXELS = 40e6  # an engine asked for more may take all memory there is

INSTALL = "pip install 'scalar-autograd[draw]' (in a checkout: pip install -e '.[draw]'), or apt install graphviz"


def rendered(source: str, form: str, svg: str = "") -> bytes:
    """The picture of DOT text, as "svg", or as "png", for which the SVG tells the size."""
    options = [f"-T{form}"]
    if form == "png":
        options.append(f"-Gdpi={resolution(svg)}")
    return run([find_engine(), *options], source)


def resolution(svg: str) -> int:
    """Dots per inch at which a bitmap of this SVG, measured in points of 1/72 inch, has at most MOST_PIXELS."""
    root = ElementTree.fromstring(svg.encode("utf-8"))
    width, height = (float(root.get(side, "").removesuffix("pt")) for side in ("width", "height"))
    return max(1, min(DPI, int(72 * math.sqrt(MOST_PIXELS / (width * height)))))


def find_engine() -> str:
    """The path of a Graphviz engine; RuntimeError with both remedies if there is none."""
    engine = shutil.which("dot") or engine_of_the_wheel()
    if engine is None:
        raise RuntimeError(
            "no Graphviz engine to draw with: there is no `dot` on the PATH, nor the wheel graphviz-pure\n"
            f"install one: {INSTALL}"
        )
    return engine


def engine_of_the_wheel() -> str | None:
    """The program inside the wheel graphviz-pure, which need not be on the PATH."""
    try:
        files = importlib.metadata.files("graphviz-pure") or []
    except importlib.metadata.PackageNotFoundError:
        return None
    return next((str(file.locate()) for file in files if file.stem == "graphviz-pure"), None)


def run(command: list[str], source: str) -> bytes:
    """What an engine makes of the text. Its warnings, about the widths of signs, are of no use to anybody."""
    try:
        done = subprocess.run(command, input=source.encode("utf-8"), capture_output=True, timeout=SECONDS, check=True)
    except subprocess.TimeoutExpired:
        raise RuntimeError(f"the picture was not ready after {SECONDS} s\ndraw a smaller part of the graph") from None
    except subprocess.CalledProcessError as error:
        reason = error.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or ["no reason given"]
        raise RuntimeError(
            f"Graphviz could not draw it: {reason[0]:.150}\ntry another engine, or save the .dot text"
        ) from None
    except OSError as error:  # not a program for this machine, or no processes at all, as in a browser
        raise RuntimeError(f"{command[0]} does not run: {error.strerror}\ninstall another: {INSTALL}") from None
    return done.stdout
