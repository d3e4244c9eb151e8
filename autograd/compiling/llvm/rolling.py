"""Loops found in a tape: alike operations on numbers that lie at regular distances become one operation in a loop.

Every number gets a place in memory: a space (constants, shared inputs, ...) and an index there. Entries of a tape that
do the same are sorted by the places they take; where these advance by constant steps, they are a loop, whose results
are laid down side by side so that what takes them may be a loop again. A network's layer is found as one loop over its
neurons, its weight gradients as two loops, over the neurons and their inputs. What is left is straight code.
Next: laying.py.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from operator import sub
from typing import NamedTuple

from autograd.compiling.tape import CONSTANT, DOT, INPUT, SUM, Tape, halves

# A place is a number: the space in its upper half, the index in its lower.
CONSTANTS, SHARED, INPUTS, SCALARS, LANES, OUT = (space << 32 for space in range(6))
SPACE = 1 << 32
SAME = "same"  # an operation of ours: a number that goes to a second place

SHORT = 4  # a sum or dot of so many terms needs no loop of its own
LOOP_FROM = 8  # operations alike, to be worth a loop

# Where a number lies, and how far on the next one is, for each loop around: the outer loop's step first.
Walk = tuple[int, ...]


class Line(NamedTuple):
    """An operation inside the loops of its Part; that of a long sum or dot has one loop more, over its terms."""

    name: str
    operands: tuple[Walk, ...]
    result: Walk
    terms: int  # of a long sum or dot, else 0


class Part(NamedTuple):
    """Lines with loops around them, outer one first; with none, straight code.

    In a loop, a line takes from another only what was computed in the same round: rounds may go in any order.
    """

    counts: tuple[int, ...]
    lines: list[Line]
    quick: bool = False  # there is much of this: LLVM should not think long about it


@dataclass
class Layout:
    """Where each slot of a tape lies, and how much room each space takes."""

    tape: Tape
    row: int
    inputs: int  # the space of inputs that vary by row
    place: dict[int, int] = field(default_factory=dict)
    size: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    constants: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        for slot, entry in enumerate(self.tape.entries):
            if entry[0] == INPUT:
                number = entry[1]
                self.place[slot] = self.inputs + number if number < self.row else SHARED + number - self.row
            elif entry[0] == CONSTANT:
                self.place[slot] = CONSTANTS + len(self.constants)
                self.constants.append(entry[1])
        self.size[self.inputs] = self.row

    def new(self, space: int) -> int:
        self.size[space] += 1
        return space + self.size[space] - 1


class Job(NamedTuple):
    """An operation to be done: for a slot, or -1 for a copy; on slots; where its result goes, if that is settled."""

    slot: int
    name: str
    takes: tuple[int, ...]
    result: int | None


# ---- which operations are alike --------------------------------------------------------------------


def step(places: Sequence[int]) -> int | None:
    """By how much places of one space advance, if it is always the same.

    >>> step([3, 5, 7]), step([3, 5, 8])
    (2, None)
    """
    first = places[1] - places[0]
    regular = all(after - before == first for before, after in pairwise(places))
    return first if regular and places[0] // SPACE == places[-1] // SPACE else None


def shape(name: str, places: list[int]) -> tuple[tuple[int, ...], list[int]]:
    """What tells apart operations of one name: (terms, their steps) of a long sum or dot. And the places it takes.

    >>> shape("*", [7, 3])
    ((0,), [3, 7])
    >>> shape("dot", [1, 2, 3, 4, 5, 11, 21, 31, 41, 51])
    ((5, 1, 10), [1, 11])
    """
    if name in ("+", "*"):
        return (0,), sorted(places)
    if name not in (SUM, DOT):
        return (0,), places
    lists = [places] if name == SUM else sorted_halves(places)
    if len(lists[0]) > SHORT:
        steps = [step(each) for each in lists]
        if None not in steps:
            return (len(lists[0]), *steps), [each[0] for each in lists]  # type: ignore[arg-type]
    return (0,), [place for each in lists for place in each]


def sorted_halves(places: list[int]) -> list[list[int]]:
    """The two lists of a dot, the lower place of each pair first: products may be turned around."""
    pairs = [sorted(pair) for pair in zip(*halves(places))]
    return [list(each) for each in zip(*pairs)]


def runs(rows: Sequence[tuple[int, ...]], least: int) -> list[tuple[int, int, tuple[int, ...]]]:
    """Cut a list into stretches that advance by constant steps, and single rows: (first, count, step) of each.

    >>> runs([(0, 5), (1, 7), (2, 9), (9, 9)], least=3)
    [(0, 3, (1, 2)), (3, 1, ())]
    """
    found, first = list[tuple[int, int, tuple[int, ...]]](), 0
    steps = [tuple(map(sub, after, before)) for before, after in pairwise(rows)]
    while first < len(rows):
        last = first
        while last < len(steps) and steps[last] == steps[first]:
            last += 1
        count = last - first + 1
        if count < least:
            found.append((first, 1, ()))
            first += 1
        else:
            found.append((first, count, steps[first]))
            first += count
    return found


# ---- from operations to loops ----------------------------------------------------------------------


class Found(NamedTuple):
    """A loop, or straight code, while it is looked for: a Part in the making, and what its lines do."""

    counts: tuple[int, ...]
    lines: list[Line]
    jobs: list[Job]


def straight(layout: Layout, todo: Sequence[Job], space: int) -> Found:
    """Operations in the order in which they come."""
    place, lines = layout.place, []
    for job in todo:
        form: tuple[int, ...] = (0,)
        places = [place[slot] for slot in job.takes]
        if job.name in (SUM, DOT):
            form, places = shape(job.name, places)
        place[job.slot] = result = layout.new(space) if job.result is None else job.result
        walks: Iterator[Walk] = zip(places, form[1:]) if form[0] else zip(places)
        lines.append(Line(job.name, tuple(walks), (result,), form[0]))
    return Found((), lines, list(todo))


def promising(todo: Sequence[Job]) -> bool:
    """Whether many operations take what lies as far on as for the last two of their name: there may be loops, then.

    >>> promising([Job(slot, "sin", (slot - 8,), None) for slot in range(8, 16)])
    True
    """
    last = dict[str, tuple[tuple[int, ...], tuple[int, ...]]]()
    alike = 0
    for job in todo:
        takes, step_before = last.get(job.name, ((), ()))
        steps = tuple(map(sub, job.takes, takes))
        alike += steps == step_before
        last[job.name] = job.takes, steps
    return 10 * alike >= len(todo)


def rolled(layout: Layout, todo: Sequence[Job], space: int) -> list[Found]:
    """Operations level by level, in loops where they can be; a level takes from those before only.

    A loop goes on in the loop that computes what it takes, where the two keep step.
    """
    levels, height = defaultdict[tuple, list[Job]](list), dict[int, int]()
    for job in todo:
        height[job.slot] = level = 1 + max((height.get(slot, 0) for slot in job.takes), default=0)
        levels[level, job.name, len(job.takes), job.result is None].append(job)
    found, maker = list[Found](), dict[int, int]()
    for _, alike in sorted(levels.items(), key=lambda item: item[0][0]):
        for new in loops(layout, alike, space):
            latest = max((maker.get(slot, -1) for job in new.jobs for slot in job.takes), default=-1)
            joined = latest >= 0 and keeps_step(found[latest], new, maker, latest)
            if joined:
                found[latest].lines.extend(new.lines)
                found[latest].jobs.extend(new.jobs)
            else:
                latest = len(found)
                found.append(new)
            maker.update((job.slot, latest) for job in new.jobs)
    return found


def keeps_step(loop: Found, new: Found, maker: Mapping[int, int], place: int) -> bool:
    """Whether a new loop takes from an earlier one, in each round, only what was computed in that round."""
    if not new.counts or new.counts != loop.counts:
        return False
    results = {line.result for line in loop.lines}
    in_step = sum(walk in results for line in new.lines for walk in line.operands)
    takes = sum(maker.get(slot) == place for job in new.jobs for slot in job.takes)
    return takes == in_step * math.prod(new.counts)


def loops(layout: Layout, alike: Sequence[Job], space: int) -> Iterator[Found]:
    """The loops among operations of one name, none of which takes from another; and the rest, one by one."""
    groups = defaultdict[tuple, list[tuple[list[int], Job]]](list)
    for job in alike:
        form, operands = shape(job.name, [layout.place[slot] for slot in job.takes])
        groups[form, tuple(place // SPACE for place in operands)].append((operands, job))
    for (form, _), group in groups.items():
        group.sort(key=lambda pair: pair[0])
        for _, job in group:
            layout.place[job.slot] = layout.new(space) if job.result is None else job.result
        results = [layout.place[job.slot] if job.result is None else job.result for _, job in group]
        rows = [(*operands, result) for (operands, _), result in zip(group, results)]
        for first, counts, steps in nests(rows):
            total = math.prod(counts)
            members = [job for _, job in group[first : first + total]]
            if total * max(1, form[0]) >= LOOP_FROM and total > 1:
                yield Found(counts, [line(members, rows[first], steps, form)], members)
            else:
                for job, row in zip(members, rows[first:]):
                    yield Found((), [line([job], row, (), form)], [job])


def line(members: Sequence[Job], row: Sequence[int], steps: Sequence[Sequence[int]], form: Sequence[int]) -> Line:
    """The line of jobs whose first lies at the places `row`, with steps for each loop around."""
    *operands, result = [(place, *(each[column] for each in steps)) for column, place in enumerate(row)]
    if form[0]:
        operands = [(*walk, last) for walk, last in zip(operands, form[1:])]
    return Line(members[0].name, tuple(operands), result, form[0])


def nests(rows: Sequence[tuple[int, ...]]) -> Iterator[tuple[int, tuple[int, ...], tuple[tuple[int, ...], ...]]]:
    """The loops, and loops of loops, in a sorted list: (first, counts, steps) of each.

    >>> list(nests([(0,), (1,), (2,), (10,), (11,), (12,)]))
    [(0, (2, 3), ((10,), (1,)))]
    """
    single = runs(rows, least=3)
    for (count, inner), group in groupby(single, key=lambda run: run[1:]):
        firsts = [first for first, _, _ in group]
        if count == 1:
            yield from ((first, (), ()) for first in firsts)
            continue
        for place, outer_count, outer in runs([rows[first] for first in firsts], least=2):
            alone = outer_count == 1
            yield firsts[place], (count,) if alone else (outer_count, count), (inner,) if alone else (outer, inner)
