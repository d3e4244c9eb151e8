"""The graph in the terminal: every node once, nothing too wide, nothing too long."""

import random

import pytest

import nn
from autograd import Value, tree
from autograd.graph import nodes


def test_a_tree_of_names_formulas_and_data() -> None:
    a, b = Value(2.0), Value(-3.0)
    c = a * b
    y = c / a - 1
    y.backward()
    assert str(tree(y)).splitlines() == [
        "y = c/a - 1 = -4, grad 1",
        "├── c/a = -3, grad 1",
        "│   ├── c = a*b = -6, grad 0.5",
        "│   │   ├── a = 2, grad 0",
        "│   │   └── b = -3, grad 1",
        "│   └── a ↑",
        "└── 1",
    ]
    assert repr(tree(y)) == str(tree(y)) and isinstance(tree(y), str)


def test_every_node_is_described_once() -> None:
    rng = random.Random(0)
    values = [Value(float(k), label=f"n{k}") for k in range(3)]
    for k in range(3, 40):
        made = rng.choice(values) * rng.choice(values[-3:])
        made.label = f"n{k}"
        values.append(made)
    text = str(tree(values[-1], width=500))
    for node in nodes(values[-1]):
        described = [line for line in text.splitlines() if line.split("── ")[-1].startswith(f"{node.label} = ")]
        assert len(described) == 1


@pytest.mark.parametrize("width", [1, 10, 20, 40, 80])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    model = nn.MLP(2, [3, 1], rng=0)
    y = model([Value(1.0, label="a long label, with\na break"), 2.0])
    for _ in range(60):
        y = y * 2
    lines = str(tree(y, width=width)).splitlines()
    assert max(map(len, lines)) <= max(width, 8) and len(lines) > 60


def test_a_large_graph_is_cut_and_counted() -> None:
    x = Value(1.0)
    for _ in range(100_000):
        x = x + 1
    lines = str(tree(x)).splitlines()
    assert len(lines) == 201 and lines[-1].startswith("… 100,001 Values in all")


def test_a_leaf_is_a_tree_too() -> None:
    assert tree(Value(3.0), {}) == "v1 = 3"


@pytest.mark.parametrize("nonsense", [3.0, None, "x", [Value(1.0)]])
def test_nonsense_is_named(nonsense) -> None:
    with pytest.raises(TypeError, match="tree: .* not a Value\ngive it the Value to show"):
        tree(nonsense)
