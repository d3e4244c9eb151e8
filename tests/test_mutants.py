"""Seeded mistakes: wrong derivatives, wrong accumulation, wrong order. Each must be caught by the ordinary checks."""

import inspect
import textwrap

import pytest

from autograd import Value, value
from tests import structure
from tests.checks import check_row
from tests.ops import ROWS


def distort(gradient, change):
    """The same local gradient, with a change to what each operand gains."""

    def apply(gain):
        if isinstance(gain, tuple):  # a list's: a factor, and the slopes it multiplies
            return 1.0, [change(gain[0] * slope) for slope in gain[1]]
        return None if gain is None else change(gain)

    return lambda *arguments: tuple(apply(gain) for gain in gradient(*arguments))


def swapped(gradient):
    return lambda *arguments: gradient(*arguments)[::-1]


def caught(row) -> bool:
    try:
        check_row(row)
    except AssertionError:
        return True
    return False


FLAT = {"step", "sign", "floor", "ceil", "ordering"}  # slope 0 everywhere: no factor can be wrong


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_a_wrong_derivative_is_caught(row, monkeypatch) -> None:
    right = row.operation.gradient
    assert not caught(row)
    wrong = {"shifted": distort(right, lambda gain: gain + 0.001)}
    if row.name not in FLAT:
        wrong |= {"a thousandth too large": distort(right, lambda gain: gain * 1.001)}
        wrong |= {"wrong sign": distort(right, lambda gain: -gain), "lost": distort(right, lambda gain: gain * 0.0)}
    if row.name in {"subtract", "divide", "power", "atan2", "multiply", "elu", "hypot", "logaddexp", "maximum"}:
        wrong["swapped"] = swapped(right)
    for name, gradient in wrong.items():
        monkeypatch.setattr(row.operation, "gradient", gradient)
        assert caught(row), name


BACKWARD_MISTAKES = {
    "= in place of +=, left": ("left._grad += da", "left._grad = da"),
    "= in place of +=, right": ("right._grad += db", "right._grad = db"),
    "= in place of +=, output": ("self._grad += 1.0", "self._grad = 1.0"),
    "computed nodes not reset": ("node._grad = 0.0", "pass"),
    "not in reverse": ("reversed(order)", "order"),
    "operands exchanged": ("left, right = node._left, node._right", "right, left = node._left, node._right"),
    "data read late": ("node._a, node._b)", "*(getattr(x, '_data', None) for x in (node._left, node._right)))"),
    "second list lost": ("gains[right].append(db)", "pass"),
    "first list lost": ("gains[left].append(da)", "pass"),
    "last of the gains of a list only": ("gains[left].append(da)", "gains[left] = [da]"),
    "lists never distributed": ("distribute(node, gains[node])", "pass"),
}

ORDER_MISTAKES = {
    "breadth first": ("push, pop = stack.append, stack.pop", "push, pop = stack.append, lambda: stack.pop(0)"),
    "no marks": ("seen.add(node)", "pass"),
    "parents first seen, first placed": ("push(node)\n            push(None)", "order.append(node)"),
    "left operand only": ("if right is not None and", "if False and"),
    "lists not followed": ("for each in reversed(node.values)", "for each in ()"),
}


def rewritten(function, old: str, new: str):
    """The function with a mistake written into its source."""
    source = textwrap.dedent(inspect.getsource(function))
    assert source.count(old) >= 1, f"{old!r} is not in the source any more"
    namespace = dict(vars(value))
    exec(source.replace(old, new), namespace)
    return namespace[function.__name__]


def survives(backward) -> bool:
    for check in structure.CHECKS:
        try:
            check(backward)
        except Exception:
            return False
    return True


@pytest.mark.parametrize(("old", "new"), BACKWARD_MISTAKES.values(), ids=BACKWARD_MISTAKES)
def test_a_wrong_backward_pass_is_caught(old: str, new: str) -> None:
    assert not survives(rewritten(Value.backward, old, new))


@pytest.mark.parametrize(("old", "new"), ORDER_MISTAKES.values(), ids=ORDER_MISTAKES)
def test_a_wrong_order_is_caught(old: str, new: str, monkeypatch) -> None:
    monkeypatch.setattr(value, "topological_order", rewritten(value.topological_order, old, new))
    assert not survives(Value.backward)


def test_the_right_engine_survives() -> None:
    assert survives(Value.backward)
    assert survives(rewritten(Value.backward, "order", "order"))
