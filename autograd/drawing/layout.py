"""Where things stand in a picture: our own layered layout, for machines without Graphviz. It needs nothing installed.

The method of Sugiyama, Tagawa and Toda (1981). layering.py sorts shapes into columns, and each column so that few
edges cross; here shapes get their sizes, move up and down until edges are as level as that order allows, and are joined
by curves. Next: svg.py, which draws the result.
"""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import pairwise

from autograd.drawing.layering import Grid
from autograd.drawing.picture import CONSTANT, FIRST, GROUP, OPERATOR, SECOND, Edge, Picture, Shape, printable

TEXT, SMALL_TEXT = 11.0, 9.0  # sizes of letters, in points, as all lengths here
LINE_HEIGHT = 1.6  # of a line of text, in sizes of its letters
BESIDE, BETWEEN = 12.0, 30.0  # room between shapes of a column, and between columns
STEP = 2.0  # a rise that nobody sees
ARROW = 6.0  # the length of an arrow's head, before which its edge is level
PARALLEL = 9.0  # how far apart two edges between the same shapes start
STRAIGHT = 40.0  # how much more the bends of a long edge, or the Values of a long chain, want to be level than others

NARROW, BROAD = set(" !'()*,-./:;I[\\]`fijlrt{|}·"), set("@%MWmw—…∞")


@dataclass
class Box:
    """A shape in its place: the centre and the size of the rectangle or the ellipse."""

    shape: Shape
    width: float
    height: float
    x: float = 0.0
    y: float = 0.0


@dataclass
class Route:
    """The way of an edge: a level line from the first point to the second, a curve to the third, and so on in turn."""

    edge: Edge
    points: list[tuple[float, float]]


@dataclass
class Layout:
    """Boxes in the order of the picture's shapes, routes in the order of its edges, in a frame from (0, 0)."""

    boxes: list[Box]
    routes: list[Route]
    width: float
    height: float


def arranged(picture: Picture) -> Layout:
    """The layout of a picture.

    >>> from autograd.drawing.picture import Edge, Picture, Shape
    >>> a, b = Shape("a", "input", ("a",)), Shape("b", "output", ("b", "data 2"))
    >>> layout = arranged(Picture("b", "", "", [a, b], [Edge("a", "b")]))
    >>> left, right = layout.boxes
    >>> left.x < right.x and left.y == right.y and left.height < right.height
    True
    """
    uses = Counter(edge.head for edge in picture.edges)
    boxes = [Box(shape, *size(shape, uses[shape.id])) for shape in picture.shapes]
    grid = Grid(picture.shapes, picture.edges)
    level = levels(grid, boxes)
    stations = columns(grid, boxes, level)
    for node, box in enumerate(boxes):
        left, right = stations[grid.layer[node]]
        box.x = (left + right) / 2 if grid.before[node] else right - box.width / 2  # leaves stand where they lead
        box.y = level[node]
    return framed(boxes, routes(grid, boxes, level, stations))


# ---- sizes -------------------------------------------------------------------------------------------------------


def size(shape: Shape, entering: int) -> tuple[float, float]:
    """The width and the height of a shape that its lines of text fit in, and the edges that enter it."""
    letters = letters_of(shape)
    wide = max((text_width(line, letters) for line in shape.lines), default=0.0)
    high = LINE_HEIGHT * letters * max(1, len(shape.lines))
    if shape.kind == CONSTANT:
        return wide + 8, high
    if shape.kind != OPERATOR:
        return max(wide + 16, 40.0), high
    high += 6
    if entering > 3:
        return 1.2 * wide + 10, min(80.0, max(high, 5.5 * entering))
    return (high if wide <= high - 8 else 1.2 * wide + 10), high


def letters_of(shape: Shape) -> float:
    return SMALL_TEXT if shape.kind == CONSTANT else TEXT


def text_width(text: str, letters: float) -> float:
    """About how wide a text is in Helvetica and its like."""
    return letters * sum(map(sign_width, printable(text)))


def sign_width(sign: str) -> float:
    if sign in NARROW:
        return 0.33
    if sign in BROAD or unicodedata.east_asian_width(sign) in "WF":
        return 1.0
    return 0.72 if sign.isupper() else 0.58 if not unicodedata.combining(sign) else 0.0


# ---- coordinates -------------------------------------------------------------------------------------------------


def levels(grid: Grid, boxes: list[Box]) -> list[float]:
    """The height of every node: nearest to its neighbours that the order and the sizes in its layer allow."""
    level = [0.0] * len(grid.layer)
    beside = BESIDE + 1.5 * SMALL_TEXT * any(edge.label for edge in grid.edges)  # labels need room too
    gaps = [[apart(boxes, beside, *pair) for pair in pairwise(layer)] for layer in grid.order]
    both = {node: grid.before[node] + grid.after[node] for node in range(len(level))}
    for layer, distances in zip(grid.order, gaps):
        place_apart(layer, [0.0] * len(layer), [1.0] * len(layer), distances, level)
    for sweep, neighbours in enumerate([grid.before, grid.after] * 3 + [both] * 6):
        for layer, distances in list(zip(grid.order, gaps))[:: 1 if sweep % 2 == 0 else -1]:
            wanted, weights = [], []
            for node in layer:
                pulls = [(pull(grid, node, other), level[other]) for other in neighbours[node]]
                weight = sum(each for each, _ in pulls)
                wanted.append(sum(each * y for each, y in pulls) / weight if weight else level[node])
                weights.append(weight or 0.1)
            place_apart(layer, wanted, weights, distances, level)
    return level


def apart(boxes: list[Box], beside: float, upper: int, lower: int) -> float:
    """The least distance of the centres of two neighbours in a layer."""
    heights = [boxes[node].height for node in (upper, lower) if node < len(boxes)]
    return sum(heights) / 2 + (beside if heights else PARALLEL)


def pull(grid: Grid, node: int, other: int) -> float:
    """How much two neighbours want to be level. What is alone in being computed leads on straight."""
    left, right = sorted((node, other), key=grid.layer.__getitem__)
    if grid.is_bend(left) or grid.is_bend(right):
        return STRAIGHT if grid.is_bend(left) and grid.is_bend(right) else 2.0
    computed = [each for each in grid.before[right] if grid.before[each] and not grid.is_bend(each)]
    if len(grid.before[right]) == 1:
        return 4 * STRAIGHT  # an operator and its result
    return STRAIGHT if computed == [left] else 1.0


def place_apart(
    layer: list[int], wanted: list[float], weights: list[float], distances: list[float], level: list[float]
) -> None:
    """Set the levels of a layer as near to the wanted ones (least squares) as the distances between neighbours allow.

    Nodes that would come too close form a block, which stands at the mean of what its nodes want.
    """
    blocks: list[tuple[float, float, int]] = []  # the first node's level, the weight, the number of nodes
    offsets = [0.0]
    for distance in distances:
        offsets.append(offsets[-1] + distance)
    for want, weight, offset in zip(wanted, weights, offsets):
        block = (want - offset, weight, 1)
        while blocks and blocks[-1][0] >= block[0]:
            y, heavy, many = blocks.pop()
            total = heavy + block[1]
            block = ((y * heavy + block[0] * block[1]) / total, total, many + block[2])
        blocks.append(block)
    starts = [y for y, _, many in blocks for _ in range(many)]
    for node, start, offset in zip(layer, starts, offsets):
        level[node] = start + offset


def columns(grid: Grid, boxes: list[Box], level: list[float]) -> list[tuple[float, float]]:
    """The left and the right end of each column. Steep edges and labels get more room between columns."""
    stations: list[tuple[float, float]] = []
    room, left = rooms(grid, level), 0.0
    for layer, nodes in enumerate(grid.order):
        left += room[layer] if layer else 0.0
        right = left + max((boxes[node].width for node in nodes if not grid.is_bend(node)), default=0.0)
        stations.append((left, right))
        left = right
    return stations


def rooms(grid: Grid, level: list[float]) -> defaultdict[int, float]:
    """The room before each column."""
    room: defaultdict[int, float] = defaultdict(lambda: BETWEEN)
    for edge, chain in zip(grid.edges, grid.chains):
        for left, right in pairwise(chain):
            steep = min(90.0, 0.15 * abs(level[left] - level[right]))
            label = label_room(edge, steep) if right == chain[-1] else 0.0
            room[grid.layer[right]] = max(room[grid.layer[right]], BETWEEN + steep, label)
    return room


def label_room(edge: Edge, steep: float) -> float:
    """The room that a label takes: above a level edge, or all of it right of the middle of a steep one."""
    wide = text_width(edge.label, SMALL_TEXT) if edge.label else 0.0
    return BETWEEN + 1.3 * wide if steep < 0.2 else BETWEEN + 2 * wide


# ---- edges -------------------------------------------------------------------------------------------------------


def routes(grid: Grid, boxes: list[Box], level: list[float], stations: list[tuple[float, float]]) -> list[Route]:
    leaving, entering = ports(grid, boxes, level)
    found = []
    for index, (edge, chain) in enumerate(zip(grid.edges, grid.chains)):
        if chain[0] == chain[-1]:
            found.append(loop(edge, boxes[chain[0]]))
            continue
        low, high = boxes[chain[0]], boxes[chain[-1]]
        y, end, back = low.y + leaving[index], high.y + entering[index], edge.head == low.shape.id
        left, right = stations[grid.layer[chain[0]]][1], stations[grid.layer[chain[-1]]][0]
        points = [(low.x + half_width(low, leaving[index]), y), (left + ARROW if back else left, y)]
        for bend in chain[1:-1]:
            points += [(x, level[bend]) for x in stations[grid.layer[bend]]]
        points += [(right if back else right - ARROW, end), (high.x - half_width(high, entering[index]), end)]
        points = without_steps(points)
        found.append(Route(edge, points[::-1] if back else points))
    return found


def without_steps(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """The same way, but where it hardly rises from one bend to the next it goes straight on."""
    kept = points[:2]
    for start, end in zip(points[2::2], points[3::2]):
        if abs(end[1] - kept[-2][1]) < STEP:
            kept[-1] = end
        else:
            kept += [start, end]
    return kept if len(kept) > 2 else [*kept[:1], *points[1:3], *kept[1:]]


def ports(grid: Grid, boxes: list[Box], level: list[float]) -> tuple[list[float], list[float]]:
    """How far from the centre of its left end each edge leaves, and of its right end each edge enters.

    A first operand enters above a second; otherwise edges enter in the order in which they come, so as not to cross.
    """
    copies = Counter((chain[0], chain[-1]) for chain in grid.chains)
    seen: Counter[tuple[int, int]] = Counter()
    leaving, entering = [], [0.0] * len(grid.chains)
    arriving = defaultdict(list)
    for index, (edge, chain) in enumerate(zip(grid.edges, grid.chains)):
        ends = chain[0], chain[-1]
        step = min(PARALLEL, 0.8 * boxes[chain[0]].height / copies[ends])
        leaving.append(step * (seen[ends] - (copies[ends] - 1) / 2))
        seen[ends] += 1
        rank = {FIRST: 0, SECOND: 2}.get(edge.place, 1)
        arriving[chain[-1]].append((rank, level[chain[-2]] + leaving[-1], index))
    for head, arrivals in arriving.items():
        reach = 0.31 * boxes[head].height
        for place, (_, _, index) in enumerate(sorted(arrivals)):
            entering[index] = reach * (2 * place / (len(arrivals) - 1) - 1) if len(arrivals) > 1 else 0.0
    return leaving, entering


def half_width(box: Box, y: float) -> float:
    """From the centre of a shape to its side, at the height y above or below."""
    if box.shape.kind != OPERATOR:
        return box.width / 2
    share = min(1.0, abs(2 * y / box.height))
    return box.width / 2 * (1 - share * share) ** 0.5


def loop(edge: Edge, box: Box) -> Route:
    """An edge from a shape to itself, on its right side."""
    near, far, up, down = box.x + box.width / 2, box.x + box.width / 2 + 12, box.y - 6, box.y + 6
    return Route(edge, [(near, up), (far, up), (far, down), (near, down)])


def framed(boxes: list[Box], routes: list[Route]) -> Layout:
    """The layout moved to begin at (0, 0)."""
    heights = [box.y + side * box.height / 2 for box in boxes for side in (-1, 1)]
    heights += [y for route in routes for _, y in route.points]
    widths = [box.x + box.width / 2 for box in boxes] + [x for route in routes for x, _ in route.points]
    top = min(heights, default=0.0)
    for box in boxes:
        box.y -= top
    for route in routes:
        route.points = [(x, y - top) for x, y in route.points]
    return Layout(boxes, routes, max(widths, default=0.0), max(heights, default=0.0) - top)


# ---- for those who draw it ---------------------------------------------------------------------------------------


def fields(box: Box, scale: float = 1.0) -> list[tuple[str, float, float | None]]:
    """The lines of a shape, each with the height of its foot and that of the border above it, if there is one."""
    lines, letters = box.shape.lines, letters_of(box.shape) * scale
    high = LINE_HEIGHT * letters
    top = box.y - high * len(lines) / 2
    bordered = box.shape.kind not in (CONSTANT, OPERATOR, GROUP)
    return [
        (line, top + high * (index + 0.5) + 0.35 * letters, top + high * index if index and bordered else None)
        for index, line in enumerate(lines)
    ]


def label_place(route: Route) -> tuple[float, float, str]:
    """Where the label of an edge stands, and its anchor: beside the middle of the last curve, on the free side."""
    (x, y), (end_x, end_y) = route.points[-3:-1]
    x, y, fall = (x + end_x) / 2, (y + end_y) / 2, end_y - y
    if abs(fall) < SMALL_TEXT:
        return x, y - 3 if fall <= 0 else y + SMALL_TEXT, "middle"
    return x + 4, y - 2 if fall > 0 else y + SMALL_TEXT - 2, "start"
