"""The tape: what its entries mean, and passes that make it shorter without changing a bit of any result."""

from __future__ import annotations

import itertools
import math
import random

import pytest

from autograd.compiling.expansions import EXPANSIONS, expand
from autograd.compiling.passes import EXACT, drop, fold, rebuilt, simplify
from autograd.compiling.tape import CALL, CONSTANT, DOT, INPUT, SUM, WHERE, Builder, Entry, Tape, run
from tests.tapes import EDGES, arity, bits, own, points, random_numbers, random_tape, ulps

X, Y = (INPUT, 0), (INPUT, 1)
PASSES = {
    "sharing": rebuilt,
    "fold": lambda tape: rebuilt(tape, fold),
    "simplify": lambda tape: rebuilt(tape, simplify),
    "drop": drop,
    "all": lambda tape: drop(rebuilt(tape, *EXACT)),
    "expand": lambda tape: drop(rebuilt(tape, expand, *EXACT)),
}
quietly = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of the operation of our own, where it overflows


def after(name: str, *entries: Entry) -> Tape:
    """A tape of these entries, the last of which comes out, after a pass."""
    return PASSES[name](Tape(entries, (len(entries) - 1,)))


# ---- what entries mean -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "entry, result",
    [
        (("-", 0, 1), -3.0),
        ((WHERE, 0, 1, 2), 5.0),
        ((SUM, 0, 1, 2, 2), -13.0),
        ((DOT, 0, 1, 1, 2), -40.0),
        ((CALL, own, 0, 1), -1.0),
        (("/", 0, 3), math.inf),
        (("sqrt", 2), math.nan),
    ],
)
def test_entries(entry, result) -> None:
    tape = Tape((*((INPUT, k) for k in range(4)), entry), (4,))
    assert bits(run(tape, [2.0, 5.0, -10.0, 0.0])) == bits([result])


def test_lists_are_added_up_from_left_to_right() -> None:
    numbers = [1e16, 1.0, 1.0, -1e16]
    slots = tuple((INPUT, k) for k in range(4))
    assert run(Tape((*slots, (SUM, 0, 1, 2, 3), (DOT, 0, 1, 2, 3, 1, 1, 1, 1)), (4, 5)), numbers) == [0.0, 0.0]


def test_every_constant_is_itself() -> None:
    builder = Builder()
    slots = [builder.constant(x) for x in (*EDGES, *EDGES)]
    assert bits(run(builder.tape(slots), [])) == bits([*EDGES, *EDGES])
    assert len(set(slots)) == len(EDGES)


# ---- passes keep every bit ---------------------------------------------------------------------------


@quietly
@pytest.mark.parametrize("name", PASSES)
@pytest.mark.parametrize("seed", range(30))
def test_passes_keep_results(name, seed) -> None:
    rng = random.Random(seed)
    inputs = rng.randint(1, 20)
    tape = random_tape(rng, inputs, rng.randint(1, 150), calls=True)
    shorter = PASSES[name](tape)
    for _ in range(10):
        numbers = random_numbers(rng, inputs)
        found, expected = run(shorter, numbers), run(tape, numbers)
        if name == "expand":
            assert all(ulps(a, b) <= 4 for a, b in zip(found, expected))
        else:
            assert bits(found) == bits(expected)


CONSTANTS = (0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 0.25, 3.0, 2.0**1000, 2.0**-1000, 5e-324, math.inf, math.nan)


@pytest.mark.parametrize("name", ["+", "-", "*", "/", "**"])
def test_constants_on_either_side(name) -> None:
    for constant, entry in itertools.product(CONSTANTS, [(name, 0, 1), (name, 1, 0)]):
        entries = X, (CONSTANT, constant), entry
        shorter = after("all", *entries)
        for x in EDGES:
            assert bits(run(shorter, [x])) == bits(run(Tape(entries, (2,)), [x])), (constant, entry, x)


@pytest.mark.parametrize(
    "entries",
    [
        [("neg", 0), ("+", 1, 2)],
        [("neg", 0), ("+", 2, 1)],
        [("neg", 0), ("-", 1, 2)],
        [("neg", 0), ("neg", 2), ("*", 3, 1)],
        [("square", 0)],
        [("reciprocal", 0)],
        [(WHERE, 0, 1, 1)],
        [(SUM, 0)],
        [(SUM, 0, 1)],
        [(DOT, 0, 1)],
        [(CONSTANT, 1.0), (DOT, 0, 1, 1, 2)],
        [(CONSTANT, 1.0), (DOT, 0, 2, 1, 1)],
    ],
)
def test_rules_hold_for_all_numbers(entries) -> None:
    whole = X, Y, *entries
    shorter = after("all", *whole)
    assert shorter.entries != whole
    for point in points(2):
        assert bits(run(shorter, point)) == bits(run(Tape(whole, (len(whole) - 1,)), point)), point


@pytest.mark.parametrize("name", EXPANSIONS)
def test_what_is_written_out_gives_the_same(name) -> None:
    count = arity(name)
    tape = Tape((*((INPUT, k) for k in range(count)), (name, *range(count))), (count,))
    written_out = rebuilt(tape, expand)
    assert not {entry[0] for entry in written_out.entries} & set(EXPANSIONS)
    for point in points(count):
        assert ulps(run(written_out, point)[0], run(tape, point)[0]) <= 4, point


def test_passes_leave_alone_what_is_almost_a_rule() -> None:
    for entries in (
        [X, (CONSTANT, 0.0), ("+", 0, 1)],  # -0.0 + 0.0 is 0.0
        [X, (CONSTANT, -0.0), ("-", 0, 1)],
        [X, (CONSTANT, 0.0), ("*", 0, 1)],  # inf * 0 is nan
        [X, (CONSTANT, 2.0), ("**", 0, 1)],
        [X, (CONSTANT, 3.0), ("/", 0, 1)],
        [X, ("-", 0, 0)],
        [X, ("/", 0, 0)],
        [X, ("neg", 0), ("-", 1, 0)],
        [(CONSTANT, 1.0), (CALL, own, 0, 0)],  # it may do more than compute
    ):
        assert after("all", *entries).entries == tuple(entries)


# ---- and make it shorter -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name, entries, left",
    [
        ("sharing", [X, ("sin", 0), ("sin", 0), ("*", 1, 2)], 2),
        ("fold", [(CONSTANT, 2.0), ("sqrt", 0), ("exp", 1)], 0),
        ("fold", [X, (CONSTANT, 2.0), (SUM, 1, 1, 1), (DOT, 1, 2), (WHERE, 3, 2, 1), ("+", 0, 4)], 1),
        ("simplify", [X, (CONSTANT, 1.0), ("*", 0, 1), ("**", 2, 1), ("/", 3, 1), ("neg", 4), ("neg", 5)], 0),
        ("all", [X, (CONSTANT, 3.0), ("sqrt", 1), ("*", 0, 2), ("*", 0, 2), ("tanh", 0), ("-", 3, 4)], 2),
    ],
)
def test_passes_shorten(name, entries, left) -> None:
    shorter = drop(after(name, *entries))
    assert len(shorter) == left < len(drop(Tape(tuple(entries), (len(entries) - 1,))))


def test_what_two_functions_have_in_common_is_computed_once() -> None:
    both = after("expand", X, ("sigmoid", 0), ("softplus", 0), ("+", 1, 2))
    assert [entry[0] for entry in both.entries].count("exp") == 1 and len(both) == 11


def test_drop_keeps_the_numbers_of_inputs_and_the_users_names() -> None:
    tape = Tape((X, Y, ("sin", 0), ("cos", 1)), (3,), {1: "y", 2: "s", 3: "c"})
    dropped = drop(tape)
    assert dropped.entries == (Y, ("cos", 0)) and dropped.names == {0: "y", 1: "c"}
    assert len(tape) == 2 and len(dropped) == 1
    assert drop(dropped) is dropped
    assert run(dropped, [5.0, 0.0]) == [1.0]


def test_sharing_keeps_the_first_name() -> None:
    tape = Tape((X, ("sin", 0), ("sin", 0)), (1, 2), {1: "first", 2: "second"})
    assert rebuilt(tape).outputs == (1, 1) and rebuilt(tape).names == {1: "first"}
