"""The step-through page and the animated picture, without a browser: tapes, what a file holds, its size."""

import html.parser
import json
import math
import random
import re
import shutil
import warnings
from xml.etree import ElementTree

import pytest

import nn
from autograd import Value, checkpoint, custom, detect_anomaly, dot, draw, no_grad, tanh
from autograd.drawing import Drawing
from autograd.drawing.page import page
from autograd.drawing.picture import Picture
from autograd.drawing.render import engine_of_the_wheel
from autograd.drawing.replay import KEYS, Tape, program, rule
from autograd.floats import ieee_result
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


def mlp(inputs: int = 2, widths: tuple[int, ...] = (3, 1)) -> Value:
    model = nn.MLP(inputs, [*widths], activation="tanh", rng=1)
    loss = (model([Value(0.5 + k, label=f"x{k}") for k in range(inputs)]) - 1.0) ** 2
    for name, parameter in model.named_parameters():
        parameter.label = f"model.{name}"
    return loss


ENGINES = ["own", *(["graphviz-pure"] if engine_of_the_wheel() else []), *(["dot"] if shutil.which("dot") else [])]
each_engine = pytest.mark.parametrize("engine", ENGINES)


@each_engine
def test_every_step_finds_its_shape_and_every_edge_its_ends(engine: str) -> None:
    reader = Reader(draw(mlp(), engine=engine).page.html)
    entries, ids = reader.program()["nodes"], reader.ids()
    assert len(ids) == len(set(ids))
    shapes = {f"value_{k}" for k in range(len(entries))}
    shapes |= {f"op_{k}" for k, node in enumerate(entries) if "rule" in node}
    assert shapes <= set(ids) and len(shapes) == 24 + 9
    edges = [attributes for _, attributes in reader.elements if "data-ends" in attributes]
    assert len(edges) == len(draw(mlp()).picture.edges)
    assert {end for edge in edges for end in edge["data-ends"].split()} <= set(ids)


@each_engine
def test_a_page_and_an_animation_of_60_values_are_below_100_kb(engine: str) -> None:
    for output in (mlp(3, (5, 3, 1)), scalar_formula()):
        drawing = draw(output, engine=engine)
        assert len(drawing.view.graph) >= 60
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
    assert reader.program()["nodes"][0]["title"] == label
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


def test_numbers_that_json_does_not_know() -> None:
    a, b = Value(math.inf), Value(math.nan)
    found = Reader(draw(a * b - -0.0, engine="own").page.html).program()
    assert [node["value"] for node in found["nodes"]] == ["Infinity", "NaN", "NaN", "NaN"]
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
    spans = [re.search(r"s(\d+)_(\d+)", each.get("class")).groups() for each in texts]
    assert spans[0][0] == "0" and [end for _, end in spans[:-1]] == [start for start, _ in spans[1:]]


@each_engine
def test_every_class_has_its_rule_and_every_node_is_lit(engine: str) -> None:
    root, style = film(mlp(), engine)
    named = {name for each in root.iter() for name in each.get("class", "").split()}
    assert named == set(re.findall(r"@keyframes (\w+)", style))
    lit = [each.get("id") for each in root.iter("g") if re.search(r"\bn\d", each.get("class", ""))]
    assert {"value_23", "op_23"} <= set(lit) and sum(each.startswith("op") for each in lit) == 9
    assert sum(each.startswith("edge") for each in lit) == len(draw(mlp()).picture.edges)
    assert "prefers-reduced-motion" in style and not list(root.iter("script"))


def test_one_node_is_lit_at_a_time_forward_and_then_backward() -> None:
    a = Value(3.0, label="a")
    b = a + a
    b.label = "b"
    root, style = film(b.tanh(), "own")  # steps: 1 +, 2 tanh, 3 the output has a gradient, 4 tanh, 5 +, then a pause
    lit = {
        name: [round(float(at) * 9 / 100) for at in re.findall(r"([\d.]+)%{opacity:1;stroke:#", frames)]
        for name, frames in re.findall(r"@keyframes (n\w+)(.*)", style)
    }
    assert lit == {"n1": [1, 5], "n2": [2, 4]}
    assert said(root) == [
        "the leaves hold their numbers",
        "forward: b = a + a = 6",
        "forward: tanh(b) = 1",
        "backward: tanh(b) has gradient 1",
        "backward: tanh(b) passes its gradient on",
        *["backward: b passes its gradient on"] * 4,
    ]


def said(root: ElementTree.Element) -> list[str]:
    return [text.text for text in root.find("svg").iter("text")]


def test_words_above_the_animation_keep_to_its_width() -> None:
    root, _ = film(tanh(Value(1.0, label="a rather long name" * 20)), "own")
    width = float(root.get("viewBox").split()[2])
    assert all(len(text) <= max(20, width / 6) for text in said(root))
    assert any(text.endswith("…") for text in said(root))
