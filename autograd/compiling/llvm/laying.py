"""A tape laid out for a machine: what is computed once and what for each row, in which order, in how many pieces.

Results go where they are needed: to other parts through memory, to outputs, or into sums over all rows. What loops
there are is found in rolling.py. Next: instructions.py.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from autograd.compiling.llvm.rolling import (
    INPUTS,
    LANES,
    OUT,
    SAME,
    SCALARS,
    Found,
    Job,
    Layout,
    Part,
    promising,
    rolled,
    straight,
)
from autograd.compiling.tape import INPUT, LEAVES, Tape, taken

# So many operations for one row are faster as straight code; more than that, and loops must be likely to be sought.
STRAIGHT_UP_TO = 2_000
WHOLE = 250  # lines of straight code to be thought about as a whole: LLVM's time grows faster than their number
PIECE = 100  # lines in a piece of longer code
LARGE_PIECE = 1_000  # the same if nothing is to be thought about at all


@dataclass
class Program:
    """What to compute once, from shared inputs only; what to compute for each row; and what must be kept in memory."""

    before: list[Part]
    each: list[Part]
    kept: set[int]  # the places of results that other parts take
    size: dict[int, int]  # how many numbers in each space
    constants: list[float]


def jobs(tape: Tape, slots: Iterable[int], outputs: Mapping[int, Sequence[int]], used: Container[int]) -> list[Job]:
    """The operations for some slots. `outputs`: the places where results should go; `used`: the slots taken by others.

    What is only an output goes straight to its place; what is needed elsewhere too, or twice, is copied there.
    """
    found = []
    for slot in slots:
        entry, places = tape.entries[slot], outputs.get(slot, ())
        computed = entry[0] not in LEAVES
        direct = computed and len(places) == 1 and slot not in used
        if computed:
            found.append(Job(slot, entry[0], taken(entry), places[0] if direct else None))
        if not direct:
            found += [Job(-1, SAME, (slot,), place) for place in places]
    return found


def parts(found: Sequence[Found], piece: int) -> tuple[list[Part], list[list[Job]]]:
    """Loops and pieces of straight code, in an order that makes few pieces; and the jobs of each.

    If there is much straight code, its pieces are of `piece` lines.
    """
    quick = sum(len(each.lines) for each in found if not each.counts) > WHOLE
    made, work = list[Part](), list[list[Job]]()
    for counts, group in groupby(in_order(found), key=lambda each: each.counts or None):
        if counts:
            for each in group:
                made.append(Part(counts, each.lines))
                work.append(each.jobs)
            continue
        pieces = list(group)
        lines, members = [x for each in pieces for x in each.lines], [x for each in pieces for x in each.jobs]
        for first in range(0, len(lines), piece if quick else WHOLE):
            some = slice(first, first + (piece if quick else WHOLE))
            made.append(Part((), lines[some], quick))
            work.append(members[some])
    return made, work


def in_order(found: Sequence[Found]) -> list[Found]:
    """Stage by stage, in each the loops first, then the straight code that needs them."""
    if len(found) == 1:
        return list(found)
    maker = {job.slot: number for number, each in enumerate(found) for job in each.jobs}
    stages = list[int]()
    for number, each in enumerate(found):
        makers = {maker.get(slot, number) for job in each.jobs for slot in job.takes} - {number}
        stages.append(max((stages[m] + bool(each.counts and not found[m].counts) for m in makers), default=0))
    return [found[n] for n in sorted(range(len(found)), key=lambda n: (stages[n], not found[n].counts))]


def program(tape: Tape, row: int, kind: str) -> Program:
    """Lay out a tape, whose first `row` inputs vary by row and whose others are shared, for the code of a kind.

    >>> from autograd.compiling.tape import Tape
    >>> sums = tuple(("+", i, i + 8) for i in range(8))
    >>> laid = program(Tape((*((INPUT, i) for i in range(16)), *sums), tuple(range(16, 24))), 16, "rows")
    >>> [(part.counts, len(part.lines)) for part in laid.each]
    [((8,), 1)]
    """
    each_space = SCALARS if kind == "one" else LANES
    layout = Layout(tape, row, INPUTS if kind == "one" else LANES)
    varies = [True] * len(tape.entries) if kind == "one" else varying(tape, row)
    outputs = separated(tape, varies) if kind == "sums" else destinations(tape)
    needed = reached(tape, outputs)
    used = {slot for user in needed for slot in taken(tape.entries[user])}
    shared = {slot: places for slot, places in outputs.items() if not varies[slot]}
    if kind == "rows":  # a result that is the same for all rows is still one for each
        repeated, shared = [Job(-1, SAME, (slot,), place) for slot in shared for place in shared[slot]], {}
    else:
        repeated = []
    once = jobs(tape, [slot for slot in needed if not varies[slot]], shared, used)
    todo = jobs(tape, [slot for slot in needed if varies[slot]], outputs, used) + repeated
    roll = kind != "one" or len(todo) >= STRAIGHT_UP_TO
    before, before_work = parts(arranged(layout, once, SCALARS, roll), PIECE)
    found = arranged(layout, todo, each_space, roll)
    each, work = parts(found, PIECE if kind != "one" or any(loop.counts for loop in found) else LARGE_PIECE)
    needed_places = kept(layout, before + each, before_work + work)
    return Program(before, each, needed_places, layout.size, layout.constants)


def arranged(layout: Layout, todo: Sequence[Job], space: int, roll: bool) -> list[Found]:
    """Rolled up, if that is asked for and finds something; else in order, which keeps near what belongs together."""
    if roll and (len(todo) < STRAIGHT_UP_TO or promising(todo)):
        size = layout.size.copy()
        found = rolled(layout, todo, space)
        if 10 * sum(len(each.jobs) for each in found if each.counts) >= len(todo):
            return found
        layout.size = size
    return [straight(layout, todo, space)]


def varying(tape: Tape, row: int) -> list[bool]:
    """Which slots depend on the inputs of a row."""
    varies = list[bool]()
    for entry in tape.entries:
        varies.append(entry[1] < row if entry[0] == INPUT else any(varies[slot] for slot in taken(entry)))
    return varies


def destinations(tape: Tape) -> dict[int, list[int]]:
    """The places where the results of slots should go."""
    outputs = defaultdict[int, list[int]](list)
    for number, slot in enumerate(tape.outputs):
        outputs[slot].append(OUT + number)
    return outputs


def separated(tape: Tape, varies: Sequence[bool]) -> dict[int, list[int]]:
    """The same for sums over rows, where an output x + c, with c the same for all rows, goes there in two parts."""
    outputs = defaultdict[int, list[int]](list)
    for number, slot in enumerate(tape.outputs):
        entry = tape.entries[slot]
        apart = entry[0] == "+" and varies[entry[1]] != varies[entry[2]]
        for summand in entry[1:] if apart else (slot,):
            outputs[summand].append(OUT + number)
    return outputs


def reached(tape: Tape, outputs: Iterable[int]) -> list[int]:
    """The slots on which others depend, in order."""
    needed = set(outputs)
    for slot in range(len(tape.entries) - 1, -1, -1):
        if slot in needed:
            needed.update(taken(tape.entries[slot]))
    return sorted(needed)


def kept(layout: Layout, made: Sequence[Part], work: Sequence[Sequence[Job]]) -> set[int]:
    """The places of results that are taken by another part than the one that makes them, or by a long sum or dot."""
    maker = {job.slot: part for part, members in enumerate(work) for job in members}
    slots = set[int]()
    for number, (part, members) in enumerate(zip(made, work)):
        for job in members:
            slots.update([slot for slot in job.takes if maker.get(slot, number) != number])
        if not part.counts:
            for line, job in zip(part.lines, members):
                slots.update(job.takes if line.terms else ())
    return {layout.place[slot] for slot in slots}
