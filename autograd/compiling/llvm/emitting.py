"""A laid-out tape (laying.py) as LLVM code: each part a function, which finds its numbers through pointers to spaces.

Straight code is a line for each operation; only what other parts take goes through memory. A loop works on several
rounds side by side: that keeps the processor's units busy. Where several rows are computed at a time, what belongs to
rows is vectors, a row in each lane, and shared numbers are spread over all lanes as they are read. Next: vectors.py.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from autograd.compiling.llvm.instructions import Body, literal, operations, splat, type_of
from autograd.compiling.llvm.laying import Program
from autograd.compiling.llvm.rolling import CONSTANTS, LANES, OUT, SAME, SPACE, Line, Part, Walk
from autograd.compiling.tape import DOT, SUM, halves

POINTERS = ["@constants", "%shared", "%inputs", "%scalars", "%lanes", "%out"]  # in the order of the spaces
PARAMETERS = "ptr %shared, ptr %inputs, ptr %scalars, ptr %lanes, ptr %out, i64 %count"
SIDE_BY_SIDE = 4  # rounds of a loop that are worked on at once


class Emitter(Body):
    """The function of a part.

    For the kind "sums", outputs of rows are added up over the lanes and to `out`; those that are the same for all rows
    come there as many times as there are rows.
    """

    def __init__(self, lanes: int, laid: Program, kind: str) -> None:
        super().__init__(lanes)
        self.kept, self.constants = laid.kept, laid.constants
        self.adds_lanes, self.counts_rows = kind == "sums" and lanes > 1, kind == "sums" and lanes == 1
        self.vectors = {LANES, OUT} if kind == "rows" else {LANES}
        self.operations = operations(lanes)
        self.pending: list[tuple[Walk, str]] = []  # vectors still to be added to outputs
        self.all_rounds = 1

    # -- memory

    def address(self, walk: Walk) -> str:
        """A pointer to where a walk is in this round."""
        start, steps = walk[0], walk[1:]
        space = start - start % SPACE
        kind = self.type if space in self.vectors else "double"
        pointer = POINTERS[space // SPACE]
        if any(steps):
            key = (space, steps)
            if key not in self.known:
                self.known[key] = self.write(f"getelementptr {kind}, ptr {pointer}, i64 {self.offset(steps)}")
            pointer = self.known[key]
        return self.write(f"getelementptr {kind}, ptr {pointer}, i64 {start % SPACE}")

    def offset(self, steps: Walk) -> str:
        """How far the loops around have come."""
        terms = [self.write(f"mul i64 {i}, {step}") for i, step in zip(self.indices, steps) if step and i != "0"]
        total = terms[0] if terms else "0"
        for term in terms[1:]:
            total = self.write(f"add i64 {total}, {term}")
        return total

    def read(self, walk: Walk) -> str:
        """The name of the number or vector where a walk is in this round."""
        name = self.known.get(walk)
        if name is None:
            name = self.known[walk] = self.load(walk)
        return name

    def load(self, walk: Walk) -> str:
        space = walk[0] - walk[0] % SPACE
        if space == CONSTANTS and not any(walk[1:]):
            return splat(literal(self.constants[walk[0] - CONSTANTS]), self.lanes)
        if space in self.vectors:
            return self.write(f"load {self.type}, ptr {self.address(walk)}, align {8 * self.lanes}")
        return self.spread(self.write(f"load double, ptr {self.address(walk)}, align 8"))

    def finish(self, walk: Walk, name: str, kept: bool) -> None:
        """A result is known from now on, and goes where it is needed."""
        self.known[walk] = name
        to_output = walk[0] >= OUT
        if to_output and self.adds_lanes:
            self.pending.append((walk, name))
            if len(self.pending) == self.lanes:
                self.add_up()
        elif to_output or kept:
            if to_output and self.counts_rows:
                name = self.write(f"fmul double {name}, %rows")
            self.text.append(f"store {self.type} {name}, ptr {self.address(walk)}, align {8 * self.lanes}")

    def keeps(self, line: Line) -> bool:
        """Whether results of a line must be in memory. They lie side by side, one for each round."""
        start = line.result[0]
        return not self.kept.isdisjoint(range(start, start + self.all_rounds))

    # -- lines

    def line(self, line: Line, operands: Sequence[Sequence[Walk]], results: Sequence[Walk]) -> None:
        """A line, for several rounds at once: for each the walks of its operands, and of its result."""
        if line.terms:
            names = self.long(line, operands)
        else:
            names = [self.operation(line.name, [self.read(walk) for walk in walks]) for walks in operands]
        kept = self.keeps(line)
        for walk, name in zip(results, names):
            self.finish(walk, name, kept)

    def operation(self, name: str, x: list[str]) -> str:
        """The name of the result of an operation on numbers with names."""
        if name == SAME:
            return x[0]
        if name == SUM:
            return self.chain(x)
        if name == DOT:
            return self.chain([self.operation("*", [a, b]) for a, b in zip(*halves(x))])
        self.names += 1
        self.text.append(self.operations[name].format(self.names, *x))
        return f"%{self.names}"

    def chain(self, terms: Sequence[str]) -> str:
        total = terms[0]
        for term in terms[1:]:
            total = self.operation("+", [total, term])
        return total

    def long(self, line: Line, operands: Sequence[Sequence[Walk]]) -> list[str]:
        """Sums or dots in a loop over their terms, added from left to right: -0.0 + x is x, for every x."""
        totals = [(f"%old{number}", f"%new{number}") for number in (self.label() for _ in operands)]
        start = splat(literal(-0.0), self.lanes)
        with self.loop(line.terms) as (index, before, after):
            self.text += [f"{total} = phi {self.type} [{start}, %{before}], [{new}, %{after}]" for total, new in totals]
            self.indices.append(index)
            for (total, new), walks in zip(totals, operands):
                x = [self.read(walk) for walk in walks]
                term = x[0] if line.name == SUM else self.operation("*", x)
                self.text.append(f"{new} = fadd {self.type} {total}, {term}")
            self.indices.pop()
        return [new for _, new in totals]

    # -- sums over the lanes

    def add_up(self) -> None:
        """Add what is pending to the outputs: never more vectors than each has lanes."""
        walks, vectors = [walk for walk, _ in self.pending], [name for _, name in self.pending]
        self.pending.clear()
        if not walks:
            return
        width = 1 << (len(walks) - 1).bit_length()
        sums, neighbours = self.folded(vectors, width), [(walks[0][0] + i, *walks[0][1:]) for i in range(width)]
        if walks == neighbours:
            self.add_to(self.address(walks[0]), f"<{width} x double>", sums)
            return
        for place, walk in enumerate(walks):
            total = self.write(f"extractelement <{width} x double> {sums}, i64 {place}")
            self.add_to(self.address(walk), "double", total)

    def add_to(self, where: str, kind: str, x: str) -> None:
        total = self.write(f"fadd {kind} {self.write(f'load {kind}, ptr {where}, align 8')}, {x}")
        self.text.append(f"store {kind} {total}, ptr {where}, align 8")

    def folded(self, vectors: list[str], width: int) -> str:
        """One vector that holds the sums over the lanes of several, in order.

        Each is folded in the middle until it is as wide as they are many; then two neighbours at a time become one, of
        the same width, that holds sums of two lanes of each.
        """
        masked = [
            self.write(f"select {self.truth} %live, {self.type} {x}, {self.type} zeroinitializer") for x in vectors
        ]
        half = self.lanes
        while half > width:
            half //= 2
            masked = [self.shuffled_sum(2 * half, x, "poison", range(half), range(half, 2 * half)) for x in masked]
        masked += ["zeroinitializer"] * (width - len(masked))
        block = 1
        while block < width:
            starts = [start + own for start in range(0, width, 2 * block) for own in (0, width)]
            low = [start + lane for start in starts for lane in range(block)]
            high = [lane + block for lane in low]
            masked = [self.shuffled_sum(width, a, b, low, high) for a, b in zip(masked[::2], masked[1::2])]
            block *= 2
        return masked[0]

    def shuffled_sum(self, width: int, a: str, b: str, low: Sequence[int], high: Sequence[int]) -> str:
        """The sum of two choices among the lanes of two vectors."""
        kind = f"<{width} x double>"
        chosen = []
        for lanes in (low, high):
            mask = ", ".join(f"i32 {lane}" for lane in lanes)
            chosen.append(self.write(f"shufflevector {kind} {a}, {kind} {b}, <{len(lanes)} x i32> <{mask}>"))
        return self.write(f"fadd <{len(low)} x double> {chosen[0]}, {chosen[1]}")

    # -- the whole part

    def part(self, part: Part, name: str) -> str:
        """The text of the function."""
        self.all_rounds = math.prod(part.counts)
        if self.adds_lanes:
            self.live()
        if self.counts_rows:
            self.text.append("%rows = sitofp i64 %count to double")
        if part.counts:
            self.around(inside_out(part) if self.adds_lanes else part)
        else:
            for line in part.lines:
                self.line(line, [line.operands], [line.result])
            self.add_up()
        attributes = "noinline optnone " if part.quick else ""
        return "\n".join(
            [f"define internal void @{name}({PARAMETERS}) {attributes}{{", *self.text, "ret void", "}", ""]
        )

    def live(self) -> None:
        """Which lanes hold rows: all, but in a last block."""
        numbers = ", ".join(f"i64 {lane}" for lane in range(self.lanes))
        counts = self.spread("%count", "i64")
        self.text.append(f"%live = icmp ult {type_of('i64', self.lanes)} <{numbers}>, {counts}")

    def around(self, part: Part) -> None:
        """The loops of a part: the inner one goes by several rounds at a time, the rest of them follow."""
        if len(part.counts) > 1:
            with self.loop(part.counts[0]) as (index, _, _):
                self.indices.append(index)
                self.innermost(part)
                self.indices.pop()
        else:
            self.innermost(part)

    def innermost(self, part: Part) -> None:
        count, at_once = part.counts[-1], min(part.counts[-1], self.rounds_at_once(part))
        if count >= 2 * at_once:
            with self.loop(count - count % at_once, at_once) as (index, _, _):
                self.indices.append(index)
                self.rounds(part, range(at_once))
                self.indices.pop()
            rest = range(count - count % at_once, count)
        else:
            rest = range(count)
        self.indices.append("0")  # what is left over counts from the start
        for first in range(0, len(rest), at_once):
            outside, self.known = self.known, dict(self.known)
            self.rounds(part, rest[first : first + at_once])
            self.known = outside
        self.indices.pop()

    def rounds_at_once(self, part: Part) -> int:
        """How many rounds to work on at once: as many as can be added up together, if there is anything to add up."""
        return self.lanes if self.adds_lanes and any(line.result[0] >= OUT for line in part.lines) else SIDE_BY_SIDE

    def rounds(self, part: Part, offsets: Sequence[int]) -> None:
        """All lines, for several rounds of the inner loop: those that are so far on from its index."""

        def moved(walk: Walk, by: int) -> Walk:
            return (walk[0] + by * walk[len(part.counts)], *walk[1:])

        for line in part.lines:
            operands = [[moved(walk, by) for walk in line.operands] for by in offsets]
            self.line(line, operands, [moved(line.result, by) for by in offsets])
        self.add_up()


def inside_out(part: Part) -> Part:
    """The same loops, such that outputs that lie side by side are computed in the inner one."""
    outputs = [line.result for line in part.lines if line.result[0] >= OUT]
    if len(part.counts) == 1 or not outputs or outputs[0][2] == 1 or outputs[0][1] != 1:
        return part
    turned = [line._replace(operands=tuple(map(turn, line.operands)), result=turn(line.result)) for line in part.lines]
    return Part(part.counts[::-1], turned)


def turn(walk: Walk) -> Walk:
    return (walk[0], walk[2], walk[1], *walk[3:])
