"""Networks with a memory: RNNCell, GRUCell and LSTMCell make one step; RNN, GRU and LSTM go through a sequence.

Parameters have PyTorch's names and layout: `weight_ih` [gates * hidden][inputs] for the input, `weight_hh`
[gates * hidden][hidden] for the state, with the rows of the gates in PyTorch's order, and a bias for each. Next:
attention.py.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import Any

from autograd import Operands, Value, dot, sigmoid, tanh
from nn.initialise import as_random, orthogonal
from nn.module import Module
from nn.tensors import Number, Tensor, check_widths, checked, is_whole, parameters, shared

Vector = Sequence[Number]
State = Any  # a Vector; for an LSTM, a pair of them


class Cell(Module):
    """What the cells have in common: parameters, and weighted sums of the input and the state.

    Weights and biases begin uniform in ±1/sqrt(hidden), as in PyTorch; with `is_orthogonal` those of the state begin as
    an orthogonal matrix for each gate, which keeps the length of the state over many steps (`nn.orthogonal`).
    """

    gates = 1  # how many times `hidden` rows there are
    suffix = ""  # of the parameters' names

    def __init__(self, inputs: int, hidden: int, rng: random.Random | int = 0, *, is_orthogonal: bool = False) -> None:
        check_widths(inputs, hidden)
        rng, limit, rows = as_random(rng), 1.0 / math.sqrt(hidden), self.gates * hidden
        self.inputs, self.hidden = inputs, hidden
        shapes = {"weight_ih": (rows, inputs), "weight_hh": (rows, hidden), "bias_ih": (rows,), "bias_hh": (rows,)}
        for name, lengths in shapes.items():  # uniform in ±1/sqrt(hidden), as in PyTorch
            setattr(self, name + self.suffix, parameters(lengths, lambda: rng.uniform(-limit, limit)))
        if is_orthogonal:
            blocks = [row for _ in range(self.gates) for row in orthogonal(hidden, hidden, rng)]
            numbers = iter([x for row in blocks for x in row])
            setattr(self, "weight_hh" + self.suffix, parameters((rows, hidden), lambda: next(numbers)))
        self._rows: list[Operands] = []

    def __call__(self, x: Vector, state: State = None) -> State:
        """The state after an input: [inputs] in, [hidden] out. The state before is zeros, if none is given."""
        return self.step(self.rows(), checked(x, (self.inputs,), repr(self)), self.checked_state(state))

    def step(self, rows: list[Operands], x: Vector, state: State) -> State:
        """The formula of the cell, with the rows of its parameters."""
        raise NotImplementedError

    def rows(self) -> list[Operands]:
        """The rows of the parameters, shared by all steps: what weighs the input, then what weighs the state."""
        self._rows = shared(self._rows, [row + other for row, other in zip(self.part("ih"), self.part("hh"))])
        return self._rows

    def part(self, which: str) -> list[tuple[Value, ...]]:
        """The rows of weight_ih and bias_ih, or of weight_hh and bias_hh."""
        weight, bias = (getattr(self, f"{name}_{which}{self.suffix}") for name in ("weight", "bias"))
        return [(*row, b) for row, b in zip(weight, bias)]

    def checked_state(self, state: State) -> State:
        return [0.0] * self.hidden if state is None else checked(state, (self.hidden,), f"{self!r}, the state")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.inputs} -> {self.hidden})"


class RNNCell(Cell):
    """One step of a simple recurrent network: h' = tanh(W_ih x + b_ih + W_hh h + b_hh).

    >>> cell = RNNCell(3, 2, rng=0)
    >>> h = cell([1.0, 0.0, -1.0])              # the state before is zeros
    >>> h = cell([0.5, 0.5, 0.5], h)
    >>> len(h), h[0].op
    (2, 'tanh')

    [inputs] and [hidden] in, [hidden] out. Raises ValueError for another shape. (Elman 1990)
    """

    def step(self, rows: list[Operands], x: Vector, state: State) -> State:
        return [tanh(total) for total in totals(rows, x, state)]


class GRUCell(Cell):
    """One step of gated recurrent units: the gate r lets parts of the state be forgotten, the gate z lets others stay.

    >>> cell = GRUCell(3, 2, rng=0)
    >>> h = cell([1.0, 0.0, -1.0])              # the state before is zeros
    >>> len(cell([0.5, 0.5, 0.5], h)), len(cell.weight_ih)
    (2, 6)

    r = sigmoid(W_ir x + b_ir + W_hr h + b_hr),  z = sigmoid(W_iz x + b_iz + W_hz h + b_hz),
    n = tanh(W_in x + b_in + r (W_hn h + b_hn)),  h' = (1 - z) n + z h; rows in the order r, z, n.

    [inputs] and [hidden] in, [hidden] out. Raises ValueError for another shape. (Cho et al. 2014, in PyTorch's form)
    """

    gates = 3

    def rows(self) -> list[Operands]:
        """Those of the gates weigh input and state in one; those of n come apart, as r stands between them."""
        of_input, of_state, gates = self.part("ih"), self.part("hh"), 2 * self.hidden
        together = [row + other for row, other in zip(of_input[:gates], of_state)]
        self._rows = shared(self._rows, [*together, *of_input[gates:], *of_state[gates:]])
        return self._rows

    def step(self, rows: list[Operands], x: Vector, state: State) -> State:
        size = self.hidden
        r, z = in_parts([sigmoid(total) for total in totals(rows[: 2 * size], x, state)], size)
        of_input = weighted(rows[2 * size : 3 * size], Operands([*x, 1.0]))
        of_state = weighted(rows[3 * size :], Operands([*state, 1.0]))
        n = [tanh(a + gate * b) for a, gate, b in zip(of_input, r, of_state)]
        return [new + gate * (h - new) for new, gate, h in zip(n, z, state)]  # (1 - z) n + z h


class LSTMCell(Cell):
    """One step of a long short-term memory: a state c that the gates i, f and o write, keep and show.

    >>> cell = LSTMCell(3, 2, rng=0)
    >>> h, c = cell([1.0, 0.0, -1.0])           # the state before is zeros
    >>> h, c = cell([0.5, 0.5, 0.5], (h, c))
    >>> len(h), len(c), len(cell.weight_ih)
    (2, 2, 8)

    i, f, o = sigmoid(W x + b + W' h + b') with rows of their own, g = tanh of the same with others;
    c' = f c + i g,  h' = o tanh(c'); rows in the order i, f, g, o.

    [inputs] and a pair of [hidden] in, a pair of [hidden] out. Raises ValueError for another shape. (Hochreiter and
    Schmidhuber 1997; Gers et al. 2000)
    """

    gates = 4

    def step(self, rows: list[Operands], x: Vector, state: State) -> State:
        h, c = state
        i, f, g, o = in_parts(totals(rows, x, h), self.hidden)
        c = [sigmoid(keep) * old + sigmoid(write) * tanh(new) for keep, old, write, new in zip(f, c, i, g)]
        return [sigmoid(show) * tanh(each) for show, each in zip(o, c)], c

    def checked_state(self, state: State) -> State:
        if state is None:
            return super().checked_state(None), super().checked_state(None)
        if not isinstance(state, (list, tuple)) or len(state) != 2:
            raise ValueError(f"{self!r}: {state!r:.60} is not a state\ngive it the pair (h, c) that it returned")
        return super().checked_state(state[0]), super().checked_state(state[1])


def weighted(rows: list[Operands], signals: Operands) -> list[Number]:
    return [dot(row, signals) for row in rows]


def totals(rows: list[Operands], x: Vector, h: Vector) -> list[Number]:
    """W_ih x + b_ih + W_hh h + b_hh, each sum as one node."""
    return weighted(rows, Operands([*x, 1.0, *h, 1.0]))


def in_parts(items: list[Number], size: int) -> list[list[Number]]:
    """
    >>> in_parts([1, 2, 3, 4], 2)
    [[1, 2], [3, 4]]
    """
    return [items[start : start + size] for start in range(0, len(items), size)]


# ---- sequences -------------------------------------------------------------------------------------


class Unrolled(Cell):
    """A cell that goes through a sequence, step after step: what RNN, GRU and LSTM have in common."""

    suffix = "_l0"  # PyTorch's name for the first layer

    def __init__(
        self,
        inputs: int,
        hidden: int,
        rng: random.Random | int = 0,
        truncate: int | None = None,
        *,
        is_orthogonal: bool = False,
    ) -> None:
        super().__init__(inputs, hidden, rng, is_orthogonal=is_orthogonal)
        if truncate is not None and not is_whole(truncate, 1):
            raise ValueError(f"{type(self).__name__}: truncate = {truncate!r}\ntruncate is a number of steps, or None")
        self.truncate = truncate

    def __call__(self, xs: Sequence[Vector], state: State = None) -> tuple[list[list[Number]], State]:
        """[time][inputs] in; the hidden vectors [time][hidden], and the last state, out."""
        xs, state, rows = checked(xs, ("time", self.inputs), repr(self)), self.checked_state(state), self.rows()
        outputs = []
        for time, x in enumerate(xs):
            if self.truncate and time and time % self.truncate == 0:
                state = detached(state)
            state = self.step(rows, x, state)
            outputs.append(state[0] if isinstance(state, tuple) else state)
        return outputs, state


def detached(state: Tensor) -> Tensor:
    """The same numbers without their history, so that no gradient flows further back."""
    if isinstance(state, (list, tuple)):
        return type(state)(map(detached, state))
    return state.detach() if isinstance(state, Value) else state


class RNN(Unrolled, RNNCell):
    """A simple recurrent network over a sequence: a list of vectors in, one of hidden vectors and the last state out.

    >>> outputs, last = RNN(3, 2, rng=0)([[1.0, 0.0, -1.0], [0.5, 0.5, 0.5]])
    >>> len(outputs), outputs[1] is last
    (2, True)

    [time][inputs] in, ([time][hidden], [hidden]) out; see RNNCell for the formula. The gradient flows back through all
    steps; with `truncate=k`, the state is cut off from its history every k steps, which are then all that a gradient
    sees. Give the last state to the next call to go on. (Elman 1990; Werbos 1990; Williams and Peng 1990)
    """


class GRU(Unrolled, GRUCell):
    """Gated recurrent units over a sequence: a list of vectors in, one of hidden vectors and the last state out.

    >>> outputs, last = GRU(3, 2, rng=0)([[1.0, 0.0, -1.0], [0.5, 0.5, 0.5]])
    >>> len(outputs), outputs[1] is last
    (2, True)

    [time][inputs] in, ([time][hidden], [hidden]) out; for the formulas see GRUCell, for `truncate` RNN.
    """


class LSTM(Unrolled, LSTMCell):
    """A long short-term memory over a sequence: a list of vectors in, one of hidden vectors and the last state out.

    >>> outputs, (h, c) = LSTM(3, 2, rng=0)([[1.0, 0.0, -1.0], [0.5, 0.5, 0.5]])
    >>> len(outputs), outputs[1] is h
    (2, True)

    [time][inputs] in, ([time][hidden], ([hidden], [hidden])) out; for the formulas see LSTMCell, for
    `truncate` RNN.
    """
