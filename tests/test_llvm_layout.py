"""Loops found in tapes are the tapes' own work: tapes with a pattern through LLVM, and the layout taken at its word."""

import itertools
import math
import random
from collections.abc import Sequence

import pytest

from autograd.compiling.llvm import code as making
from autograd.compiling.llvm import laying, rolling
from autograd.compiling.llvm.laying import Program, program
from autograd.compiling.llvm.rolling import CONSTANTS, INPUTS, LANES, OUT, SAME, SHARED, Line, Walk
from autograd.compiling.tape import result, run
from tests import tapes
from tests.backends import needs_llvm
from tests.llvm_kinds import check

pytestmark = needs_llvm


@pytest.fixture(params=["as it is", "small pieces"])
def thresholds(request, monkeypatch) -> None:
    """Loops and pieces as they would be used, and such that there are as many of them as can be."""
    if request.param == "small pieces":
        for module, name, x in (
            (laying, "STRAIGHT_UP_TO", 0),
            (laying, "promising", lambda todo: True),
            (laying, "WHOLE", 3),
            (laying, "PIECE", 3),
            (rolling, "LOOP_FROM", 2),
            (rolling, "SHORT", 1),
        ):
            monkeypatch.setattr(module, name, x)


@pytest.mark.parametrize("seed", range(30))
def test_regular_tape(seed: int, thresholds) -> None:
    rng = random.Random(seed)
    row, shared = rng.randint(1, 12), rng.randint(0, 30)
    tape = tapes.regular_tape(rng, row + shared, rng.randint(2, 14))
    numbers = [tapes.random_numbers(rng, row) for _ in range(rng.choice([1, 7, 8, 9, 40]))]
    check(tape, numbers, tapes.random_numbers(rng, shared), ulps=0)


@pytest.mark.parametrize("lanes", [2, 4, 16])
@pytest.mark.parametrize("seed", range(5))
def test_other_widths_of_vectors(seed: int, lanes: int, monkeypatch) -> None:
    monkeypatch.setattr(making, "lanes", lambda quick: lanes)
    test_regular_tape(seed, None)


# ---- the layout, by the simplest machine that could run it -------------------------------------------


def places(walk: Walk, counts: Sequence[int]) -> list[int]:
    """All places of a walk, round by round."""
    rounds = itertools.product(*map(range, counts))
    return [walk[0] + sum(i * step for i, step in zip(each, walk[1:])) for each in rounds]


def interpreted(laid: Program, inputs: Sequence[float], row: int, start: int, outputs: int) -> list[float]:
    """What a program computes for one row, by the simplest machine that could."""
    memory = dict(enumerate(laid.constants, CONSTANTS)) | dict(enumerate(inputs[row:], SHARED))
    memory |= dict(enumerate(inputs[:row], start))
    out = dict.fromkeys(range(OUT, OUT + outputs), 0.0)
    for part in (*laid.before, *laid.each):
        for round_ in range(math.prod(part.counts)):
            for line in part.lines:
                x = [memory[place] for walk in line.operands for place in taken(line, walk, part.counts, round_)]
                number = x[0] if line.name == SAME else result((line.name,), x)
                place = places(line.result, part.counts)[round_]
                if place in out:
                    out[place] += number
                else:
                    memory[place] = number
    return list(out.values())


def taken(line: Line, walk: Walk, counts: Sequence[int], round_: int) -> list[int]:
    """The places that an operand stands for in one round: several in a long sum or dot."""
    terms = line.terms or 1
    loops = (*counts, terms) if line.terms else counts
    return places(walk, loops)[terms * round_ : terms * (round_ + 1)]


@pytest.mark.parametrize("kind", ["one", "rows", "sums"])
@pytest.mark.parametrize("seed", range(20))
def test_a_laid_out_tape_means_the_same(seed: int, kind: str, thresholds) -> None:
    rng = random.Random(seed)
    row, shared = rng.randint(0, 12), rng.randint(1, 30)
    tape = tapes.regular_tape(rng, row + shared, rng.randint(2, 14))
    numbers = [rng.gauss(0.0, 1.0) for _ in range(row + shared)]
    laid = program(tape, row, kind)
    found = interpreted(laid, numbers, row, INPUTS if kind == "one" else LANES, len(tape.outputs))
    assert [x + 0.0 for x in found] == pytest.approx([x + 0.0 for x in run(tape, numbers)], nan_ok=True, rel=1e-15)


def test_a_layer_is_a_loop_and_its_gradients_are_two() -> None:
    tape, row = tapes.network((8, 12, 3))
    each = program(tape, row, "sums").each
    shapes = [(part.counts, [(line.name, line.terms) for line in part.lines]) for part in each if part.counts]
    assert ((12,), [("dot", 8), ("+", 0), ("step", 0), ("where", 0)]) in shapes
    assert ((8, 12), [("*", 0)]) in shapes
    assert sum(len(part.lines) for part in each) < len(tape) / 4


def test_what_is_irregular_stays_in_order() -> None:
    rng = random.Random(0)
    tape = tapes.random_tape(rng, 10, 3000)
    assert all(not part.counts for part in program(tape, 10, "one").each)
