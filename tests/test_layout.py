"""Our own layout: everything has its place, nothing lies on anything else, edges lead from side to side."""

import itertools
import time
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import Value
from autograd.drawing.layering import Grid, crossings, exchange_neighbours, sort_layers, walked
from autograd.drawing.layout import SMALL_TEXT, Box, Layout, Route, arranged, label_place, place_apart, text_width
from autograd.drawing.picture import Edge, Picture, Shape, printable
from autograd.drawing.svg import drawn
from autograd.drawing.view import View
from autograd.graph import nodes
from tests import pictures

PICTURES = {
    "square": pictures.square(),
    "hostile": pictures.hostile(*pictures.HOSTILE),
    "loop": pictures.loop(),
    "chain": pictures.chain(12),
    "network": pictures.network(6),
    "alone": Picture("x", "", "", [Shape("value_0", "input", ())], []),
    "empty": Picture("nothing", "", "", [], []),
}
each_picture = pytest.mark.parametrize("picture", PICTURES.values(), ids=PICTURES)


def overlap(a: Box, b: Box, room: float = 10.0) -> bool:
    """Whether two shapes lie on each other, or nearly."""
    return abs(a.x - b.x) < (a.width + b.width) / 2 + room and abs(a.y - b.y) < (a.height + b.height) / 2 + room


def by_id(layout: Layout) -> dict[str, Box]:
    return {box.shape.id: box for box in layout.boxes}


@each_picture
def test_shapes_do_not_overlap_and_lie_in_the_frame(picture: Picture) -> None:
    layout = arranged(picture)
    assert [box.shape for box in layout.boxes] == list(picture.shapes)
    assert not [pair for pair in itertools.combinations(layout.boxes, 2) if overlap(*pair)]
    for box in layout.boxes:
        assert box.x - box.width / 2 >= -0.01 and box.x + box.width / 2 <= layout.width + 0.01
        assert box.y - box.height / 2 >= -0.01 and box.y + box.height / 2 <= layout.height + 0.01


@each_picture
def test_edges_lead_from_side_to_side(picture: Picture) -> None:
    layout = arranged(picture)
    boxes = by_id(layout)
    assert [route.edge for route in layout.routes] == list(picture.edges)
    for route in layout.routes:
        for (x, y), name in ((route.points[0], route.edge.tail), (route.points[-1], route.edge.head)):
            box = boxes[name]
            assert abs(y - box.y) <= box.height / 2 and abs(x - box.x) <= box.width / 2 + 0.01
        assert len(route.points) % 2 == 0


def test_time_runs_from_left_to_right() -> None:
    layout = arranged(PICTURES["square"])
    boxes = by_id(layout)
    assert all(boxes[edge.tail].x < boxes[edge.head].x for edge in PICTURES["square"].edges)
    assert boxes["constant_2a0"].x > boxes["op_1"].x  # it stands by the operator that uses it


def test_both_edges_of_a_square_are_seen() -> None:
    first, second, *_ = arranged(PICTURES["square"]).routes
    assert all(upper[1] < lower[1] - 4 for upper, lower in zip(first.points, second.points))
    shapes = [Shape(name, "computed", ("data 1",)) for name in "abc"]
    edges = [Edge("a", "c"), Edge("a", "c"), Edge("a", "b"), Edge("b", "c")]
    first, second, *_ = arranged(Picture("", "", "", shapes, edges)).routes  # past b
    assert not set(first.points) & set(second.points)


def test_the_first_operand_enters_above_the_second() -> None:
    shapes = [Shape("a", "input", ("a",)), Shape("b", "input", ("b",)), Shape("op", "operator", ("-",))]
    for places in (("first", "second"), ("second", "first")):
        edges = [Edge(tail, "op", "", place) for tail, place in zip("ab", places)]
        a, b = (route.points[-1][1] for route in arranged(Picture("", "", "", shapes, edges)).routes)
        assert (a < b) is (places[0] == "first")


def test_long_edges_pass_shapes_by() -> None:
    """A level stretch of an edge crosses no box but those it joins."""
    layout = arranged(PICTURES["chain"])
    for route in layout.routes:
        for (left, y), (right, _) in zip(route.points[2:-2:2], route.points[3:-2:2]):
            for box in layout.boxes:
                apart = abs(y - box.y) > box.height / 2 or right < box.x - box.width / 2 or left > box.x + box.width / 2
                assert apart, (route.edge, box.shape.id)


def test_long_labels_lie_on_nothing() -> None:
    x, z = Value(2.0), Value(0.5, label="z")
    z = z * x
    y = z.sigmoid() * z.tanh() + (z - x).softplus()
    layout = arranged(View(nodes(y), [y], {x: "x", z: "z"}, slopes=True).picture())
    labels = [label_frame(route) for route in layout.routes if route.edge.label]
    boxes = [
        (box.x - box.width / 2, box.x + box.width / 2, box.y - box.height / 2, box.y + box.height / 2)
        for box in layout.boxes
    ]
    assert len(labels) == 11 and max(right - left for left, right, *_ in labels) > 100
    for first, second in [*itertools.combinations(labels, 2), *itertools.product(labels, boxes)]:
        across = min(first[1], second[1]) - max(first[0], second[0])
        down = min(first[3], second[3]) - max(first[2], second[2])
        assert across <= 0 or down <= 0, (first, second)


def label_frame(route: Route) -> tuple[float, float, float, float]:
    """Left, right, top and bottom of the label of an edge."""
    x, y, anchor = label_place(route)
    width = text_width(route.edge.label, SMALL_TEXT)
    left = x - width / 2 if anchor == "middle" else x
    return left, left + width, y - 0.8 * SMALL_TEXT, y


def test_a_tree_has_no_crossings_and_a_twist_is_undone() -> None:
    shapes = [Shape(f"v{index}", "computed", ()) for index in range(15)]
    tree = [Edge(f"v{index}", f"v{14 - (13 - index) // 2}") for index in range(14)]
    for step in (1, 3, 5, 9):  # the edges in different orders
        assert crossings(Grid(shapes, [tree[index * step % 14] for index in range(14)])) == 0
    twisted = [Edge("v0", "v5"), Edge("v1", "v4"), Edge("v2", "v3")]
    assert crossings(Grid(shapes[:6], twisted)) == 0


def test_crossings_become_fewer() -> None:
    shapes = [Shape(f"v{index}", "computed", ()) for index in range(12)]
    pairs = [(0, 6), (0, 7), (1, 8), (1, 9), (2, 6), (2, 10), (3, 7), (3, 11), (4, 8), (5, 9), (5, 10)]
    grid = Grid(shapes, [Edge(f"v{tail}", f"v{head}") for tail, head in pairs])
    fewest = crossings(grid)
    grid.order = walked(grid, grid.before)
    assert fewest == 0 < crossings(grid)


@pytest.mark.parametrize("mend", [exchange_neighbours, lambda grid: sort_layers(grid, back=False)])
def test_a_bad_order_is_mended(mend) -> None:
    shapes = [Shape(f"v{index}", "computed", ()) for index in range(6)]
    grid = Grid(shapes, [Edge("v0", "v3"), Edge("v1", "v4"), Edge("v2", "v5")])
    grid.order = [[0, 1, 2], [5, 3, 4]]
    assert crossings(grid) == 2
    mend(grid)
    assert crossings(grid) == 0 and [sorted(layer) for layer in grid.order] == [[0, 1, 2], [3, 4, 5]]


def test_the_search_for_an_order_finds_more_than_it_starts_with() -> None:
    shapes = [Shape(f"v{index}", "computed", ()) for index in range(20)]
    pairs = [(tail, 10 + (tail * tail + step) % 10) for tail in range(10) for step in (1, 4)]
    grid = Grid(shapes, [Edge(f"v{tail}", f"v{head}") for tail, head in pairs])
    best = crossings(grid)
    neighbours = {node: grid.before[node] + grid.after[node] for node in range(20)}
    for beside in (grid.before, neighbours):
        grid.order = walked(grid, beside)
        assert best < crossings(grid)


def test_an_edge_to_its_own_shape_moves_nothing() -> None:
    shapes = [Shape(name, "computed", ()) for name in "ab"]
    assert Grid(shapes, [Edge("a", "a"), Edge("a", "b"), Edge("b", "b")]).layer == [0, 1]


def test_crossings_are_counted() -> None:
    shapes = [Shape(f"v{index}", "computed", ()) for index in range(4)]
    both = [Edge("v0", "v2"), Edge("v0", "v3"), Edge("v1", "v2"), Edge("v1", "v3")]
    assert crossings(Grid(shapes, both)) == 1  # K(2, 2) cannot be drawn with less


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.floats(-100, 100), st.floats(0.1, 10)), min_size=1, max_size=12), st.floats(0, 30))
def test_places_are_apart_and_as_wanted_where_they_can_be(wishes: list[tuple[float, float]], distance: float) -> None:
    wanted, weights = [wish for wish, _ in wishes], [weight for _, weight in wishes]
    level = [0.0] * len(wishes)
    place_apart(list(range(len(wishes))), wanted, weights, [distance] * (len(wishes) - 1), level)
    assert all(b - a >= distance - 1e-6 for a, b in itertools.pairwise(level))
    pull = sum(weight * (wish - y) for wish, weight, y in zip(wanted, weights, level))
    assert abs(pull) < 1e-6 * len(wishes) * 1000  # the whole stands at the mean of what is wanted
    if all(b - a >= distance for a, b in itertools.pairwise(wanted)):
        assert level == pytest.approx(wanted)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=20))
def test_any_edges_can_be_laid_out(pairs: list[tuple[int, int]]) -> None:
    shapes = [Shape(f"v{index}", "computed", ("data 1",)) for index in range(9)]
    layout = arranged(Picture("", "", "", shapes, [Edge(f"v{a}", f"v{b}") for a, b in pairs]))
    assert len(layout.routes) == len(pairs)
    assert not [pair for pair in itertools.combinations(layout.boxes, 2) if overlap(*pair)]


@pytest.mark.parametrize("picture", [pictures.chain(200), pictures.network(16)], ids=["chain", "network"])
def test_large_pictures_are_laid_out_soon(picture: Picture) -> None:
    start = time.process_time()
    drawn(picture)
    assert time.process_time() - start < 4  # 0.3 s where this was written


@each_picture
def test_pictures_are_deterministic(picture: Picture) -> None:
    assert drawn(picture) == drawn(picture)


def texts(svg: str) -> set[str]:
    return {text.text or "" for text in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")}


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=30))
def test_any_text_is_drawn_as_it_is(text: str) -> None:
    """As an XML parser reads it, with a space for each sign that cannot be shown."""
    picture = pictures.hostile(text, "other")
    svg = drawn(picture)
    assert printable(text) in texts(svg) and "<script" not in svg
    assert svg.count('class="edge"') == 2
