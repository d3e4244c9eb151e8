"""Pictures of graphs: `draw` (drawing.py) and, in the terminal, `tree` (text.py).

From a graph to a picture: folding.py decides what is drawn as one box, view.py makes shapes and edges of the rest
(picture.py), and dot.py, mermaid.py, tikz.py and svg.py write these down; render.py runs Graphviz. page.py makes the
page that steps through a graph.
"""

from autograd.drawing.drawing import Drawing, Page, draw
from autograd.drawing.text import tree

__all__ = ["Drawing", "Page", "draw", "tree"]
