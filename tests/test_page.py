"""The step-through page and the animated picture, without a browser: tapes, what a file holds, its size."""

import html.parser
import json
import math
import random
import re
import warnings
from xml.etree import ElementTree

import pytest

import autograd as ag
import nn
from autograd import Value, checkpoint, custom, detect_anomaly, dot, draw, no_grad, tanh
from autograd.drawing import Drawing, render
from autograd.drawing.animation import animated_svg, width_of
from autograd.drawing.dot import source as dot_source
from autograd.drawing.layout import TEXT, text_width
from autograd.drawing.page import WIDEST, page, roomy, shorter
from autograd.drawing.picture import Picture, printable
from autograd.drawing.replay import KEYS, Tape, program, rule
from autograd.drawing.view import View
from autograd.floats import ieee_result
from autograd.formula import titles
from autograd.graph import nodes
from tests.checks import sample
from tests.ops import ROWS

by_name = pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])


# ---- tapes -----------------------------------------------------------------------------------------------------------


OPERATIONS = {key: operation for operation, key in KEYS.items()}


def run(lines: list, inputs: list) -> list:
    """What engine.js does with a tape, in Python."""
    results = [*inputs]
    for first, *places in lines:
        operands = [results[place] for place in places]
        if first == "list":
            results.append(operands)
        elif not places:
            results.append(float(first) if isinstance(first, str) else first)
        else:
            results.append(forward(OPERATIONS[first], operands))
    return results


def forward(operation, operands: list) -> float:
    try:
        return operation.forward(*operands)
    except (ArithmeticError, ValueError) as error:
        return ieee_result(operation, error, tuple(operands))


def flat(operands: list) -> list[float]:
    return [number for each in operands for number in (each if isinstance(each, list) else [each])]


def replayed(graph: list[Value], leaves: list[float]) -> tuple[list[float], list[float]]:
    """The values and gradients of a graph, from its tapes alone."""
    told = program(graph)
    results = run(told["lines"], leaves)
    entries, grads = told["nodes"], [0.0] * len(graph)
    grads[-1] = 1.0
    for entry, g in reversed(list(zip(entries, range(len(graph))))):
        if "rule" in entry:
            rule, line = told["rules"][entry["rule"]], told["lines"][entry["place"] - told["inputs"]]
            found = run(rule["lines"], [grads[g], *flat([results[place] for place in line[1:]])])
            for parent, place in zip(entry["parents"], rule["outputs"]):
                grads[parent] += found[place]
    return [results[entry["place"]] for entry in entries], grads


@by_name
def test_a_tape_computes_what_the_engine_computes(row) -> None:
    first, *others = sample(row, 5)
    graph = nodes(row.ours(*map(Value, first)))
    order = [graph.index(leaf) for leaf in graph if not leaf.op]
    for point in (first, *others):
        inputs = [Value(x) for x in point]
        again = row.ours(*inputs)
        again.backward()
        recorded = nodes(again)
        values, grads = replayed(graph, [recorded[index].data for index in order])
        assert values == [node.data for node in recorded]
        assert grads == pytest.approx([node.grad for node in recorded], rel=1e-14, abs=1e-300)


def test_one_rule_serves_all_nodes_of_a_kind() -> None:
    w, x = [Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]
    y = dot(w, x) ** 2 + dot(x, w) ** 3 + dot(w, [5.0, 6.0])
    told = program(nodes(y))
    assert sum("rule" in node for node in told["nodes"]) == 7
    assert len(told["rules"]) == 4  # of dot, of dot with numbers, of a power and of a sum of two


def test_numbers_survive_the_way_through_json() -> None:
    for number in (math.inf, -math.inf, math.nan, -0.0, 5e-324, 0.1):
        tape = Tape([])
        tape.number(number)
        [[text]] = json.loads(json.dumps(tape.lines, allow_nan=False))
        assert repr(float(text)) == repr(number)


def test_rules_are_recorded_whatever_blocks_are_open() -> None:
    y = Value(0.0).sqrt()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        expected = rule(y)
        with no_grad(), detect_anomaly():
            assert rule(y) == expected
    assert expected["lines"]


# ---- the page --------------------------------------------------------------------------------------------------------


class Reader(html.parser.HTMLParser):
    """The elements of a page: tags with attributes, and the texts of its scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict]] = []
        self.scripts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list) -> None:
        self.elements.append((tag, dict(attributes)))
        if tag == "script":
            self.scripts.append("")

    def handle_data(self, data: str) -> None:
        if self.cdata_elem == "script":
            self.scripts[-1] += data

    def ids(self) -> list[str]:
        return [attributes["id"] for _, attributes in self.elements if "id" in attributes]

    def program(self) -> dict:
        return json.loads(self.scripts[0])


def scalar_formula() -> Value:
    """A formula of 60 scalar Values, most of them used more than once."""
    rng = random.Random(1)
    leaves = [Value(rng.uniform(-1, 1), label=f"x{k}") for k in range(12)]
    steps = (Value.__mul__, Value.__add__, lambda a, b: (a - b).tanh(), lambda a, b: a / (b * b + 1))
    pool = [*leaves]
    while len(nodes(sum(pool))) < 60:
        taken = pool.pop(rng.randrange(len(pool)))
        other = rng.choice(pool + leaves[:3])
        pool.append(rng.choice(steps)(taken, other))
    return sum(pool)


def recurrent() -> Value:
    u, v, b, y = (Value(0.1 * k, label=name) for k, name in enumerate(("u", "v", "b", "y0"), start=1))
    for _ in range(11):
        y = tanh(u * y + v * 1.0 + b)
    return y


def one_leaf_for_all() -> Value:
    y = x = Value(0.9, label="x")
    for _ in range(19):
        y = ag.sin(y * x + 0.5)
    return y


def entropy() -> Value:
    probabilities = ag.softmax([Value(0.3 * k - 1, label=f"z{k}") for k in range(10)])
    return -ag.sum([p * p.log() for p in probabilities])


def layer() -> Value:
    return nn.MLP(5, [8, 1], activation="tanh", rng=1)([Value(0.1 * k) for k in range(5)])


def mlp(inputs: int = 2, widths: tuple[int, ...] = (3, 1)) -> Value:
    model = nn.MLP(inputs, [*widths], activation="tanh", rng=1)
    loss = (model([Value(0.5 + k, label=f"x{k}") for k in range(inputs)]) - 1.0) ** 2
    for name, parameter in model.named_parameters():
        parameter.label = f"model.{name}"
    return loss


ENGINES = [name for name in ("own", "graphviz-pure", "dot") if render.is_there(name)]
each_engine = pytest.mark.parametrize("engine", ENGINES)


@each_engine
def test_every_step_finds_its_shape_and_every_edge_its_ends(engine: str) -> None:
    reader = Reader(draw(mlp(), engine=engine).page.html)
    entries, ids = reader.program()["nodes"], reader.ids()
    assert len(ids) == len(set(ids))
    shapes = {f"value_{k}" for k in range(len(entries))}
    shapes |= {f"op_{k}" for k, node in enumerate(entries) if "rule" in node}
    assert shapes <= set(ids) and len(shapes) == 24 + 9
    operators = [attributes["data-op"] for _, attributes in reader.elements if "data-op" in attributes]
    assert sorted(operators) == sorted(str(k) for k, node in enumerate(entries) if "rule" in node)
    tips = [attributes["d"] for _, attributes in reader.elements if attributes.get("class") == "tips"]
    assert sum(several.count("z") for several in tips) == len(draw(mlp()).picture.edges)


@each_engine
def test_a_page_and_an_animation_of_60_values_are_below_100_kb(engine: str) -> None:
    for make in (lambda: mlp(3, (5, 3, 1)), scalar_formula, recurrent, one_leaf_for_all, entropy, layer):
        drawing = draw(make(), engine=engine)
        assert 40 <= len(drawing.view.graph) <= 80
        assert len(drawing.page.html.encode()) < 100_000
        assert len(drawing.animated_svg.encode()) < 100_000


HOSTILE = [
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "<img src=x onerror=alert(1)>",
    "{{script}}",
    "\u2028 ' \" \\ &lt; ]]>",
    "__proto__",
    "\x00\ud800\n\x1b[0m",
]


@pytest.mark.parametrize("label", HOSTILE)
def test_names_are_only_ever_text(label: str) -> None:
    def drawn(label: str) -> Drawing:
        y = tanh(Value(1.0, label=label)) * 2
        y.label = label
        return draw(y, engine="own")

    drawing = drawn(label)
    harmless, reader = Reader(drawn("a").page.html), Reader(drawing.page.html)
    assert reader.program()["nodes"][0]["title"] == printable(label)
    assert [tag for tag, _ in reader.elements] == [tag for tag, _ in harmless.elements]
    assert reader.scripts[1:] == harmless.scripts[1:]
    assert "<" not in reader.scripts[0]
    assert drawing.page.html.encode() and ElementTree.fromstring(drawing.animated_svg.encode()).get("viewBox")


def test_the_page_asks_for_nothing() -> None:
    reader = Reader(draw(mlp(), engine="own").page.html)
    for _, attributes in reader.elements:
        assert not {"src", "href", "srcset", "action"} & attributes.keys()
    policy = next(attributes["content"] for tag, attributes in reader.elements if "http-equiv" in attributes)
    assert policy.startswith("default-src 'none'")
    assert not re.search(r"fetch|XMLHttp|import\(|innerHTML|insertAdjacentHTML|eval", "".join(reader.scripts[1:]))


def test_the_title_tells_no_number_that_may_change() -> None:
    text = draw(tanh(Value(4.0) * 1.5), names={}, engine="own").page.html
    assert "<title>tanh(v1*1.5), step by step</title>" in text and "<h1>tanh(v1*1.5), step by step</h1>" in text


def test_long_formulas_of_slopes_are_left_to_their_numbers() -> None:
    nodes = Reader(draw(entropy(), names={}, engine="own").page.html).program()["nodes"]
    slopes = [slope for node in nodes for slope in node.get("slopes", [])]
    assert "" in slopes and ["log(v1)"] not in slopes and "log(v1)" in slopes and max(map(len, slopes)) <= 50
    x, z = Value(2.0, label="x"), Value(0.5, label="z")
    square, product = (
        Reader(draw(output, names={}, engine="own").page.html).program()["nodes"][-1]
        for output in (x**2, x**2 * z.sigmoid())
    )
    assert square["slopes"] == [["2*x"]] and product["slopes"] == ["sigmoid(z)", "x**2"]  # in a list: in brackets


def test_paths_keep_their_ends_in_fewer_signs() -> None:
    assert shorter(["M0.04 10C1.26 10 1.3 0 5 0.5", "M7 7L8 7.0L9.5 7L9.5 7"]) == "m0 10c1.3 0 1.3-10 5-9.5m2 6.5h2.5"


def test_numbers_that_json_does_not_know() -> None:
    a, b = Value(math.inf), Value(math.nan)
    found = Reader(draw(a * b - -0.0, engine="own").page.html).program()
    assert [node.get("value") for node in found["nodes"]] == ["Infinity", "NaN", None, None]  # the page computes them
    assert [str(line[0]) for line in found["lines"] if len(line) == 1] == ["-0.0"]


def test_what_only_python_can_compute_keeps_its_numbers() -> None:
    area = custom(lambda x, y: x * y, lambda x, y: (y, x), name="area")
    a, b = Value(2.0), Value(5.0)
    for function, name in ((area, "area"), (checkpoint(lambda x, y: x * y), "checkpoint")):
        graph = nodes(function(a, b) ** 2)
        found = program(graph)
        assert found["onlyPython"] == name
        assert [node["value"] for node in found["nodes"]] == [2.0, 5.0, 10.0, 100.0]
        rule = found["rules"][found["nodes"][2]["rule"]]
        results = run(rule["lines"], [20.0] * rule["inputs"])
        assert [results[place] for place in rule["outputs"]] == [100.0, 40.0]


def test_an_operation_of_a_user_is_not_taken_for_one_of_ours() -> None:
    exp = custom(lambda x: x + 1, lambda x: 1.0, name="exp")
    assert program(nodes(exp(Value(1.0))))["onlyPython"] == "exp"


def test_a_graph_with_too_many_steps_is_refused_in_two_lines() -> None:
    y = Value(1.0)
    for _ in range(200):
        y = y + 1
    with pytest.raises(
        ValueError, match="201 Values has too many steps to follow .at most 200.\nstep through"
    ) as caught:
        page(nodes(y), {}, Picture("y", "", "", [], []), "<svg/>")
    assert str(caught.value).count("\n") == 1


# ---- the animated picture --------------------------------------------------------------------------------------------


def film(output: Value, engine: str) -> tuple[ElementTree.Element, str]:
    root = ElementTree.fromstring(draw(output, names={}, engine=engine).animated_svg)
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root, root.find("style").text


@each_engine
def test_gradients_come_into_the_boxes_one_after_the_other(engine: str) -> None:
    a = Value(3.0, label="a")
    c = a + a
    root, _ = film(c * a, engine)  # a gets 6 from the product, then 3 and 3 from the sum
    texts = [each for each in root.find(".//g[@id='value_0']").iter("text") if each.text.startswith("grad")]
    assert [each.text for each in texts] == ["grad ·", "grad 6", "grad 12"]
    assert [each.get("style").removeprefix("animation-name:") for each in texts] == [
        "u0_4",
        "u4_5",
        "s5",
    ]  # seen until a step, or from it on
    texts = [each for each in root.find(".//g[@id='value_1']").iter("text") if each.text.startswith("data")]
    assert [each.get("style") for each in texts] == ["animation-name:u0_1", "animation-name:s1"]
    assert [each.text for each in texts] == ["data ·", "data 6"]
    assert root.findall(".//g[@id='value_0']/text")[1].text == "data 3"  # a leaf's, from the start


@each_engine
def test_boxes_have_room_for_the_gradients_to_come(engine: str) -> None:
    y = tanh(Value(0.3, label="x")) * -0.123
    graph = nodes(y)
    titled = titles(graph, {})
    picture = roomy(View(graph, [y], titled).picture())
    svg = render.svg(lambda: dot_source(picture), picture, engine)
    root = ElementTree.fromstring(animated_svg(graph, {}, picture, svg))
    boxes = [each for each in root.iter("{http://www.w3.org/2000/svg}g") if each.get("id", "").startswith("value")]
    for box in boxes:
        for each in box:
            each.tag = each.tag.rpartition("}")[2]
        assert width_of(box) > text_width(WIDEST, TEXT)
    assert len(boxes) == 3 and "textLength" not in ElementTree.tostring(root, encoding="unicode")
    text = page(graph, {}, picture, svg)
    assert WIDEST not in text and text.count("grad ·<") == 3


@each_engine
def test_every_class_has_its_rule_and_every_node_is_lit(engine: str) -> None:
    root, style = film(mlp(), engine)
    named = {name for each in root.iter() for name in each.get("class", "").split()}
    named |= {each.get("style").partition(":")[2] for each in root.iter("text") if each.get("style")}
    assert named - {"tips"} == set(re.findall(r"@keyframes (\w+)", style))
    assert set(re.findall(r"\.(n\d+)\{animation-name:\1\}", style)) == {name for name in named if name[0] == "n"}
    lit = [each.get("id", "") for each in root.iter("g") if re.search(r"\bn\d", each.get("class", ""))]
    assert {"value_23", "op_23"} <= set(lit) and sum(each.startswith("op") for each in lit) == 9
    wires = [each for each in root.iter("g") if each.get("data-op")]
    assert len(wires) == 9 and all(each.get("class", "").startswith("n") for each in wires)
    assert "prefers-reduced-motion" in style and not list(root.iter("script"))


def test_one_node_is_lit_at_a_time_forward_and_then_backward() -> None:
    a = Value(0.5, label="a")
    b = a + a
    b.label = "b"
    root, style = film(b.tanh(), "own")  # steps: 1 +, 2 tanh, 3 the output has a gradient, 4 tanh, 5 +, then a pause
    lit = {
        name: [round(float(at) * 9 / 100) for at in re.findall(r"([\d.]+)%{(?:opacity:1;)?stroke:#", frames)]
        for name, frames in re.findall(r"@keyframes (n\w+)(.*)", style)
    }
    assert lit == {"n1": [1, 5], "n2": [2, 4]}
    assert said(root) == [
        "the leaves hold their numbers",
        "forward: b = a + a = 1",
        "forward: tanh(b) = 0.7616",
        "backward: tanh(b) has gradient 1",
        "backward: tanh(b) fires with 1; b.grad += 0.42",
        *["backward: b fires with 0.42; a.grad += 0.42; a.grad += 0.42"] * 4,
    ]


def said(root: ElementTree.Element) -> list[str]:
    return [text.text for text in root.find("svg").iter("text")]


def test_words_above_the_animation_keep_to_its_width() -> None:
    root, _ = film(tanh(Value(1.0, label="a rather long name" * 20)), "own")
    width = float(root.get("viewBox").split()[2])
    assert all(len(text) <= max(20, width / 6) for text in said(root))
    assert any(text.endswith("…") for text in said(root))
