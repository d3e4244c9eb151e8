"""Where a NaN was born, and what else goes wrong in silence: detect_anomaly, diagnose.

Outside `detect_anomaly()` none of this runs. Inside, every node remembers the line of the user's program that made it,
and is looked at. What is measured and warned of: microscope.py.
"""

from __future__ import annotations

import ast
import inspect
import linecache
import math
import os
import re
import sys
import warnings
from collections.abc import Iterable, Sequence
from types import FrameType
from typing import Any

from autograd.floats import silent_code
from autograd.graph import leaves
from autograd.microscope import examine, named_parameters
from autograd.modes import Watch
from autograd.naming import names, variables
from autograd.operands import Operands, values_of
from autograd.structures import a_kind_of
from autograd.symptoms import came_in, run_twice
from autograd.value import LEAF, Value, topological_order

HERE = os.path.dirname(os.path.abspath(__file__)) + os.sep
OURS = (HERE, os.path.join(os.path.dirname(HERE[:-1]), "nn") + os.sep)  # whose lines are not the user's own
Line = tuple[str, int]
NUMBER = re.compile(r"(?<![\w.])[-+]?\d[\d.]*(e[-+]?\d+)?")


class Watched(Value):
    """A node that remembers the line of the program that made it."""

    __slots__ = ("line",)
    line: Line


Watched.__name__ = Watched.__qualname__ = "Value"  # its repr is that of any other


class detect_anomaly(Watch):  # noqa: N801 - used like a function
    """Raise an error where the first nan or inf is computed from finite operands, forward or backward.

    >>> from autograd import Value, detect_anomaly, log
    >>> x = Value(0.0, label="x")
    >>> with detect_anomaly():
    ...     y = log(x)
    Traceback (most recent call last):
    FloatingPointError: log(0.0 [x]) is -inf
    made at <doctest ...detect_anomaly[2]>, line 2: y = log(x)

    The error, a FloatingPointError, names the operation, its operands (by label or variable), and the line of your
    program that made the node; for a nan that appears on the way back it comes before any gradient is touched.
    `backward()` inside the block also warns, a line each and once a block, of what goes wrong in silence: a forgotten
    zero_grad(), nan that came in with the data, values on a kink, gradients that are 0 because all is saturated; with a
    `model`, of its parameters that no gradient reaches and its dead units. Also a decorator, `@detect_anomaly()`.
    Inside, everything takes some ten times as long; outside, nothing does.
    """

    def __init__(self, model: Any = None) -> None:
        super().__init__()
        if inspect.isroutine(model):
            raise TypeError(f"detect_anomaly: {model!r:.60} is not a model\nas a decorator, write @detect_anomaly()")
        named_parameters(model)  # an error now, not in the first backward pass
        self.model, self.told = model, set[str]()

    def opened(self) -> None:
        """Let each warning come once more."""
        self.told = set()

    def made(self, node: Value) -> Value:
        """Remember who made the node; FloatingPointError if it is nan or inf and its operands are not."""
        watched: Watched = Watched.__new__(Watched)
        for slot in Value.__slots__:
            setattr(watched, slot, getattr(node, slot))
        frame, sweeping = users_frame()
        watched.line = frame.f_code.co_filename, frame.f_lineno
        if not sweeping and not math.isfinite(node._data):
            whole = node if node._operation is not LEAF else as_computed(sys._getframe(2))
            if finite(operand_data(whole)):
                raise FloatingPointError(f"{called(whole, frame)} is {node._data!r}\n{made_at(watched)}")
        return watched

    def before_backward(self, output: Value) -> None:
        """Rehearse: the sweep reports to `differentiated`, which raises before any gradient was touched. Then warn."""
        frame, behind = users_frame()[0], leaves(output)
        odd = [leaf for leaf in behind if math.isnan(leaf._data)]
        constants = captured_constants(topological_order(output))
        findings = list(came_in(names(odd, variables(frame)) if odd else {}, odd, constants))
        if not findings:
            findings = examine(output, self.model, watched=True).findings
        for finding in (*run_twice(output, behind, named_parameters(self.model)), *findings):
            if (text := NUMBER.sub("", finding)) not in self.told:
                self.told.add(text)
                warnings.warn_explicit(finding, RuntimeWarning, frame.f_code.co_filename, frame.f_lineno)

    def added(self, value: Value, terms: Any, total: Any) -> None:
        """Raise FloatingPointError where finite gains add up to inf."""
        numbers = [as_number(term) for term in terms]
        if finite([numbers]) and not math.isfinite(as_number(total)):
            frame = users_frame()[0]
            name = names([value], variables(frame)).get(value, value.op or "a leaf")
            raise FloatingPointError(
                f"backward: what {name} gains adds up to {as_number(total)!r}: {' + '.join(map(repr, numbers[:4]))}\n"
                f"{made_at(value) if value.op else 'scale the output down, or the numbers that multiply it'}"
            )

    def differentiated(self, node: Value, gradient: Any, gains: tuple[Any, Any]) -> None:
        """Raise FloatingPointError if an operand gains nan or inf where all that goes into it is finite."""
        numbers = [number for data in operand_data(node) for number in data]
        if not finite([[as_number(gradient)], numbers]):
            return
        for operand, gain in zip((node._left, node._right), gains):
            for value, gained in zip(values_of(operand), contributions(operand, gain)):
                if not math.isfinite(gained):
                    frame, _ = users_frame()
                    name = names([value], variables(frame)).get(value, "its operand")
                    raise FloatingPointError(
                        f"backward through {called(node, frame)}: "
                        f"{name} gains {gained!r} from the gradient {as_number(gradient)!r}\n"
                        f"{made_at(node)}"
                    )


def users_frame() -> tuple[FrameType, bool]:
    """The innermost frame that is not the package's own, and whether a sweep over a graph stands between."""
    frame = sys._getframe(1)
    sweeping = False
    while frame.f_back and frame.f_code.co_filename.startswith(OURS):
        sweeping = sweeping or frame.f_code in silent_code
        frame = frame.f_back
    return frame, sweeping


def made_at(node: Value) -> str:
    if not isinstance(node, Watched):
        return "made outside detect_anomaly(): open the block before the forward pass to see the line"
    file, number = node.line
    text = statement(file, number)
    return f"made at {file}, line {number}{f': {text}' if text else ''}"


def statement(file: str, number: int) -> str:
    """The statement that a line of a program belongs to, in one line; no more than its head, if others are inside."""
    lines = linecache.getlines(file)
    try:
        found = [each for each in ast.walk(ast.parse("".join(lines))) if isinstance(each, ast.stmt)]
    except (SyntaxError, ValueError):
        found = []
    around = [each for each in found if each.lineno <= number <= (each.end_lineno or each.lineno)]
    if around:
        inner = max(around, key=lambda each: each.lineno)
        if not hasattr(inner, "body") and inner.end_lineno:
            return " ".join(line.strip() for line in lines[inner.lineno - 1 : inner.end_lineno])[:200]
    return linecache.getline(file, number).strip()


def as_computed(recording: FrameType) -> Value:
    """A node with the operation and operands that no_grad() took away: `record`, which made it, still knows them."""
    node, known = Value(0.0), recording.f_locals
    node._operation, node._left, node._right = known["operation"], known["left"], known["right"]
    node._a, node._b = known["a"], known["b"]
    return node


def captured_constants(order: Iterable[Any]) -> list[float]:
    """The numbers among operands that are not Values."""
    found: list[Any] = []
    for node in order:
        if isinstance(node, Value):
            for operand, data in ((node._left, node._a), (node._right, node._b)):
                if is_data(data):
                    found += (list(data) if isinstance(data, (list, tuple)) else [data])[len(values_of(operand)) :]
    return found


def operand_data(node: Value) -> list[list[float]]:
    """The numbers that the operation was given, one list for each operand."""
    both: list[Any] = [data for data in (node._a, node._b) if is_data(data)]
    return [list(data) if isinstance(data, (list, tuple)) else [data] for data in both]


def is_data(data: Any) -> bool:
    return isinstance(data, float) or (
        isinstance(data, (list, tuple)) and all(isinstance(each, float) for each in data)
    )


def finite(lists: Iterable[Iterable[float]]) -> bool:
    return all(math.isfinite(number) for numbers in lists for number in numbers)


def called(node: Value, frame: FrameType) -> str:
    """The operation with its operands, as 'log(0.0 [x])' or '1.0 / 0.0 [y]'; of a long list, the beginning."""
    found = names(node.parents, variables(frame))
    sides = []
    operands: list[Any] = [(node._left, node._a), (node._right, node._b)]
    for operand, data in operands:
        if is_data(data):
            labels = [found.get(value, "") for value in values_of(operand)]
            sides.append(written(labels, data if isinstance(data, (list, tuple)) else [data]))
    if len(sides) == 2 and not node.op.isidentifier():
        return f"{sides[0]} {node.op} {sides[1]}"
    return f"{node.op}({', '.join(sides)})"


def written(labels: list[str], numbers: Sequence[float]) -> str:
    labels = labels + [""] * (len(numbers) - len(labels))
    parts = [f"{number!r} [{label}]" if label else repr(number) for label, number in zip(labels, numbers)]
    return ", ".join(parts[:4] + ["..."] * (len(parts) > 4))


def contributions(operand: Any, gain: Any) -> list[float]:
    """What each Value of an operand gains, as numbers."""
    if not isinstance(operand, Operands):
        return [] if operand is None else [as_number(gain)]
    if operand.recompute is not None:  # its own sweep looks at every node inside
        return []
    return [as_number(gain[0]) * as_number(slope) for slope in gain[1]]


def as_number(x: Any) -> Any:
    return x._data if isinstance(x, Value) else x


def diagnose(loss: Value, model: Any = None, lr: float = 0.01) -> None:
    """Print what a training step looks like: for each layer the sizes of gradient and weights, how much a step of SGD
    would change it, its dead and saturated units; then everything that looks wrong.

    >>> import nn
    >>> from autograd import diagnose
    >>> model = nn.MLP(2, [3, 1], activation="tanh", rng=0)
    >>> diagnose(nn.mse_loss([model([0.5, -1.0])], [1.0]), model, lr=0.001)
    loss 1.79903; updates as by SGD at lr = 0.001
    <BLANKLINE>
    layer        parameters   gradient    weights  update/weight  units
    layers.0              9    1.0e+00    3.7e-01 ...  3 tanh: 0 dead, saturated 0% of the time
    layers.1              4    1.5e+00    4.2e-01 ...  linear
    <BLANKLINE>
    layers.0 moves at a healthy pace: a step changes its weights by ... of their size.
    layers.1 moves at a healthy pace: a step changes its weights by ... of their size.
    nothing looks wrong

    Before or after `backward()`: nobody's `.grad` is looked at or touched. For programs,
    `autograd.microscope.examine` returns the same as a Report. Raises TypeError for what is not a Value or a model,
    ValueError for a learning rate that is not above 0.
    """
    if not isinstance(loss, Value):
        raise TypeError(f"diagnose: {loss!r:.60} is {a_kind_of(loss)}, not a Value\ngive it the loss itself")
    print(examine(loss, model, lr))
