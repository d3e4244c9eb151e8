"""How a Value behaves towards Python: repr, completion, comparison, refusal to become a number, copies."""

import copy
import math
import pickle
import pydoc

import pytest

import autograd as ag
from autograd import Value


def test_repr_is_one_short_line() -> None:
    x = Value(2.0, label="x")
    y = x * 3
    assert repr(x) == "Value(data=2.0, label='x')" and repr(y) == "Value(data=6.0, op='*')"
    y.backward()
    assert repr(x) == "Value(data=2.0, grad=3.0, label='x')"


def test_formats_show_data() -> None:
    loss = Value(1.23456, label="loss") * 2
    assert f"{loss:.2f} {loss}" == "2.47 Value(data=2.46912, op='*')"


def test_completion_is_short_and_clean() -> None:
    names = dir(Value(1.0))
    assert {"data", "grad", "backward", "parents", "op", "label", "tanh", "relu"} <= set(names)
    assert not [name for name in names if name.startswith(("_", "arc"))] and len(names) < 60


def test_help_reads_like_a_lesson() -> None:
    text = pydoc.render_doc(Value, renderer=pydoc.plaintext)
    assert "remembers how it was computed" in text and ">>> c.backward()" in text and "tanh(x" in text


def test_every_public_object_opens_with_an_example() -> None:
    for name in ag.__all__:
        assert ">>> " in (getattr(ag, name).__doc__ or ""), name
    for name in ("backward", "local_gradients"):
        assert ">>> " in getattr(Value, name).__doc__


def test_comparisons_look_at_data_and_equality_at_identity() -> None:
    a, b, c = Value(1.0), Value(2.0), Value(1.0)
    assert a < b and a <= c and b > a and b >= 2 and 0 < a < 1.5 and not a > math.nan
    assert a != c and a == a and len({a, b, c}) == 3 and a in [b, a] and c not in [a, b]
    with pytest.raises(TypeError, match="^<: 'x' is a str"):
        a < "x"  # noqa: B015


@pytest.mark.parametrize("convert", [bool, float, int, math.sin, complex, lambda v: 1 if v else 0])
def test_what_would_cut_the_graph_is_refused(convert) -> None:
    with pytest.raises(TypeError) as caught:
        convert(Value(1.0, label="w"))
    message = str(caught.value)
    assert "label='w'" in message and message.count("\n") == 1 and "v.data" in message


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda v: pickle.loads(pickle.dumps(v))])
def test_leaves_can_be_copied(duplicate) -> None:
    x = Value(2.5, label="x")
    (x * 3).backward()
    twin = duplicate(x)
    assert twin is not x and (twin.data, twin.grad, twin.label, twin.parents) == (2.5, 3.0, "x", ())
    assert not duplicate(Value(1.0)).grad_is_computed
    model = {"w": [x, Value(1.0)], "again": x}
    again = duplicate(model)
    assert again["w"][0] is again["again"] and again["w"][0].data == 2.5


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickle.dumps])
@pytest.mark.parametrize("size", [1, 20_000])
def test_a_graph_is_refused_whole(duplicate, size: int) -> None:
    y = Value(1.0)
    for _ in range(size):
        y = y + 1
    with pytest.raises(TypeError, match="computed node.*\n.*detach"):
        duplicate(y)
    with pytest.raises(TypeError):
        duplicate([y]) if duplicate is not copy.copy else duplicate(y)
