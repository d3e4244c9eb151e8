"""The proof that the engine of the step-through page computes in a browser what Python computes: every operation.

Each row of the table of operations is run through the page's tapes, at points of its domain and at the edges of floats.
"""

import itertools
import math

import pytest

from autograd import Value
from autograd.drawing.replay import program
from autograd.graph import nodes
from tests.browser import Stepper, chromium, needs_browser, number
from tests.checks import sample
from tests.ops import ROWS, Row

pytestmark = needs_browser


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    opened = chromium(tmp_path_factory.mktemp("profile"))
    yield opened
    opened.quit()


EDGES = (0.0, -0.0, 1.0, -1.0, 2.0, -2.5, 0.46875, 800.0, -800.0, 1e300, math.inf, -math.inf, math.nan)
FEW = (0.0, 1.0, -2.0, 800.0, -math.inf, math.inf, math.nan)
EXACT = {"+", "-", "*", "/", "square", "reciprocal", "abs", "relu", "maximum", "minimum", "step", "sign", "where"}


def points(row: Row) -> list[tuple[float, ...]]:
    count = len(row.domain)
    edges = itertools.product(EDGES if count == 1 else FEW, repeat=min(count, 3))
    return [*sample(row, 12), *((*edge, *edge[:1])[:count] if count == 4 else edge for edge in edges)]


def case(row: Row, point: tuple[float, ...]) -> tuple[dict, list[tuple[float, float]]]:
    """What JavaScript is given, and what it should find: the value and gradient of each node."""
    inputs = [Value(x) for x in point]
    output = row.ours(*inputs)
    output.backward()
    graph = nodes(output)
    told = program(graph)
    return told, [(node.data, node.grad) for node in graph]


RUN = """
return arguments[0].map((program) => {
  const leaves = program.nodes.filter((node) => !node.parents).map((node) => node.value);
  const results = run(program.lines, leaves), { grads } = backward(program, results, "topological");
  return program.nodes.map((node, i) => [String(results[node.place]), String(grads[i] ?? 0)]);
});
"""


def close(ours: float, truth: float, tolerance: float) -> bool:
    both_nan = math.isnan(ours) and math.isnan(truth)
    return both_nan or ours == truth or math.isclose(ours, truth, rel_tol=tolerance, abs_tol=5e-323)


@pytest.fixture(scope="module")
def any_page(browser, tmp_path_factory) -> Stepper:
    return Stepper(browser, tmp_path_factory.mktemp("any"), Value(1.0) * 2, {})


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_javascript_computes_what_python_computes(row: Row, any_page: Stepper) -> None:
    tried = points(row)
    told, expected = zip(*(case(row, point) for point in tried))
    found = any_page.run(RUN, list(told))
    tolerance = 0.0 if row.operation.name in EXACT else 1e-13
    for point, ours, truths in zip(tried, found, expected):
        pairs = zip(itertools.chain(*ours), itertools.chain(*truths))
        assert all(close(number(text), truth, tolerance) for text, truth in pairs), (point, ours, truths)
