"""Names of Values: labels first, then the nearest way from the variables; the same at each run."""

import subprocess
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

import nn
from autograd import Value, backward_steps, draw
from autograd.naming import names

at_module_level = Value(8.0)


def name_of(node: Value, **namespace: Any) -> str | None:
    return names([node], namespace).get(node)


def test_a_label_goes_before_a_variable() -> None:
    x = Value(1.0, label="height")
    assert name_of(x, x=x) == "height"
    assert name_of(x) == "height"


def test_a_variable_goes_before_what_is_inside_of_others() -> None:
    x = Value(1.0)
    assert name_of(x, several=[x], x=x) == "x"
    assert name_of(x, first=x, second=x) == "first"


@pytest.mark.parametrize(
    ("name", "wrap"),
    [
        ("w[1]", lambda x: [0.0, x]),
        ("w[0][2]", lambda x: ((0, 1, x),)),
        ("w['rate']", lambda x: {"rate": x}),
        ("w[3]", lambda x: {3: x}),
        ("w.part[0]", lambda x: SimpleNamespace(part=[x])),
        ("w['{a}'].part", lambda x: {"{a}": SimpleNamespace(part=x)}),
    ],
)
def test_paths_into_what_variables_hold(name: str, wrap: Callable[[Value], Any]) -> None:
    x = Value(1.0)
    assert name_of(x, w=wrap(x)) == name
    namespace = {"w": wrap(x)}
    assert eval(name, namespace) is x  # a name is what one would type


def test_private_names_are_not_used() -> None:
    x = Value(1.0)
    assert name_of(x, _x=x) is None
    assert name_of(x, part=SimpleNamespace(_x=x)) is None
    assert name_of(x, _1=x, Out={1: x}) == "Out[1]"  # as IPython keeps its answers


def test_parameters_of_a_model() -> None:
    model = nn.MLP(2, [2, 1], rng=0)
    [*first, last] = names(model.parameters(), {"model": model}).values()
    assert first[:3] == [
        "model.layers[0].neurons[0].w[0]",
        "model.layers[0].neurons[0].w[1]",
        "model.layers[0].neurons[0].b",
    ]
    assert last == "model.layers[1].neurons[0].b"


def test_things_that_contain_themselves_or_bite() -> None:
    class Biting:
        def __getattribute__(self, name: str) -> Any:
            if name == "__class__":
                return object.__getattribute__(self, name)
            raise RuntimeError("not to be touched")

    x = Value(1.0)
    ring: list[Any] = []
    ring.append(ring)
    assert name_of(x, ring=ring, biting=Biting(), numbers=range(3), y=[x]) == "y[0]"


def test_large_data_neither_hides_names_nor_takes_long() -> None:
    x = Value(1.0)
    data = [[float(k)] * 10 for k in range(100_000)]
    assert name_of(x, data=data, rows=list(data), model=SimpleNamespace(part=[x])) == "model.part[0]"
    assert name_of(Value(2.0), data=data) is None


def test_drawing_finds_the_variables_of_its_caller() -> None:
    inner = Value(2.0)
    outer = inner * at_module_level
    text = draw(outer).source
    assert all(f'"{name} |' in text for name in ("inner", "at_module_level", "outer"))


def test_local_variables_go_before_global_ones() -> None:
    program = (
        "from autograd import Value, backward_steps, draw\n"
        "x = Value(1.0)\n"
        "def shown(y):\n"
        "    return draw(y).source\n"
        "print(shown(x)); print(draw(x).source)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert [line for line in done.stdout.splitlines() if line.startswith("//")] == ["// y = 1.0", "// x = 1.0"]


def test_names_may_be_given() -> None:
    x = Value(2.0)
    assert '"speed |' in draw(x * x, {"speed": x}).source
    assert "x |" not in draw(x * x, {}).source


def test_our_own_objects_give_no_names() -> None:
    a = Value(1.0)
    y = (a * 2) + 1
    step, picture = next(backward_steps(y)), draw(y)
    assert names([*y.parents, a], {"step": step, "picture": picture, "a": a}) == {a: "a"}
