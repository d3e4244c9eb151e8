"""The LLVM code for one row, for many, and for sums over many: the functions of backends.py, from parts of a tape.

Many rows are computed block by block: the inputs of as many rows as there are lanes are gathered from their tables,
a row in each lane; the parts compute; results are scattered to theirs. A last block that is not full computes its
last row several times over, and leaves the repetitions out of sums and tables. Next: code.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from autograd.compiling.c_library import OF_TWO
from autograd.compiling.llvm import vectors
from autograd.compiling.llvm.emitting import Emitter
from autograd.compiling.llvm.instructions import LIBRARY, Body, literal, symbol_for
from autograd.compiling.llvm.laying import Program
from autograd.compiling.llvm.rolling import LANES, SCALARS, Part

BYTES_ON_STACK = 1 << 17  # more memory is allocated at each call
AT_ONCE = 8  # columns of a table that are copied in one round of a loop
LINE = 64  # bytes in a line of a processor's cache, and in its widest vector


def ir(laid: Program, kind: str, tables: Sequence[int], outs: Sequence[int], lanes: int) -> str:
    """The text of the function named after its kind, and of all that it calls.

    >>> from autograd.compiling.llvm.laying import program
    >>> from autograd.compiling.tape import INPUT, Tape
    >>> laid = program(Tape(((INPUT, 0), ("*", 0, 0)), (1,)), 1, "one")
    >>> print(ir(laid, "one", (1,), (1,), 8).splitlines()[3])
    %3 = fmul double %2, %2
    """
    lanes = 1 if kind == "one" else lanes
    before = [Emitter(1, laid, kind).part(part, f"before{number}") for number, part in enumerate(laid.before)]
    each = [Emitter(lanes, laid, kind).part(part, f"each{number}") for number, part in enumerate(laid.each)]
    main = one(laid) if kind == "one" else many(laid, kind, tables, outs, lanes)
    text = [*before, *each, main, *constants(laid.constants)]
    return "\n".join([*text, *library(laid, lanes)])


def constants(numbers: Sequence[float]) -> list[str]:
    if not numbers:
        return []
    listed = ", ".join(f"double {literal(x)}" for x in numbers)
    return [f"@constants = internal constant [{len(numbers)} x double] [{listed}]"]


def library(laid: Program, lanes: int) -> list[str]:
    """Declarations of C's functions, and their counterparts on vectors, as far as they are called."""
    once, each = ({line.name for part in parts for line in part.lines} for parts in (laid.before, laid.each))
    text = []
    for name in sorted((once | each) & set(LIBRARY)):
        symbol, operands = LIBRARY[name], 2 if name in OF_TWO else 1
        text.append(f"declare double @{symbol}({', '.join(['double'] * operands)})")
        if lanes > 1 and name in each:
            vector = vectors.definition(name, lanes) if name in vectors.NAMES else lane_by_lane(symbol, operands, lanes)
            text.append(vector)
    return text


def lane_by_lane(symbol: str, operands: int, lanes: int) -> str:
    """A function of the library on vectors: a call for each lane."""
    body = Body(lanes)
    given = [f"%x{place}" for place in range(operands)]
    with body.loop(lanes) as (index, before, after):
        body.text.append(f"%result = phi {body.type} [poison, %{before}], [%new, %{after}]")
        numbers = [body.write(f"extractelement {body.type} {x}, i64 {index}") for x in given]
        called = body.write(f"call double @{symbol}({', '.join(f'double {x}' for x in numbers)})")
        body.text.append(f"%new = insertelement {body.type} %result, double {called}, i64 {index}")
    parameters = ", ".join(f"{body.type} {x}" for x in given)
    head = f"define internal {body.type} @{symbol_for(symbol, lanes)}({parameters}) {{"
    return "\n".join([head, *body.text, f"ret {body.type} %new", "}", ""])


# ---- memory ----------------------------------------------------------------------------------------


class Memory:
    """One piece of memory for several arrays, from the stack if it is small."""

    def __init__(self, body: Body, **sizes: int) -> None:
        self.body = body
        starts, total = {}, 0
        for name, size in sizes.items():
            starts[name] = total
            total += -(-size // LINE) * LINE
        self.heap = total > BYTES_ON_STACK
        if self.heap:
            body.text.append(f"%heap = call ptr @malloc(i64 {total + LINE})")
            body.text.append(f"%behind = getelementptr i8, ptr %heap, i64 {LINE - 1}")
            body.text.append(f"%memory = call ptr @llvm.ptrmask.p0.i64(ptr %behind, i64 {-LINE})")
        else:
            body.text.append(f"%memory = alloca i8, i64 {max(total, 1)}, align {LINE}")
        body.text += [f"%{name} = getelementptr i8, ptr %memory, i64 {start}" for name, start in starts.items()]

    def free(self) -> None:
        if self.heap:
            self.body.text.append("call void @free(ptr %heap)")


ALLOCATION = ["declare ptr @malloc(i64)", "declare void @free(ptr)"]


# ---- the kinds -------------------------------------------------------------------------------------


def calls(name: str, parts: Sequence[Part], count: str, **given: str) -> list[str]:
    """A call of each part, with pointers to the spaces that there are."""
    pointers = [f"ptr {given.get(space, 'null')}" for space in ("shared", "inputs", "scalars", "lanes", "out")]
    return [f"call void @{name}{number}({', '.join(pointers)}, i64 {count})" for number in range(len(parts))]


def one(laid: Program) -> str:
    """The kind "one": scalar code."""
    body = Body(1)
    memory = Memory(body, scalars=8 * laid.size[SCALARS])
    body.text += calls("each", laid.each, "1", shared="%shared", inputs="%inputs", scalars="%scalars", out="%out")
    memory.free()
    head = "define void @one(ptr %inputs, ptr %shared, ptr %out) {"
    return "\n".join([head, *body.text, "ret void", "}", *ALLOCATION])


def many(laid: Program, kind: str, tables: Sequence[int], outs: Sequence[int], lanes: int) -> str:
    """The kinds "rows" and "sums": block by block."""
    body, vector, rows = Body(lanes), 8 * lanes, kind == "rows"
    sizes = {"scalars": 8 * laid.size[SCALARS], "lanes": vector * laid.size[LANES]}
    memory = Memory(body, **sizes, results=vector * sum(outs) if rows else 0)
    spaces = {"shared": "%shared", "scalars": "%scalars", "lanes": "%lanes", "out": "%results" if rows else "%out"}
    if not rows:
        body.text.append(f"call void @llvm.memset.p0.i64(ptr %out, i8 0, i64 {8 * sum(outs)}, i1 false)")
    body.text += ["%all = sub i64 %end, %begin", "%some = icmp sgt i64 %all, 0"]
    body.text += ["br i1 %some, label %work, label %end_of_work", "work:"]
    body.text += calls("before", laid.before, "%all", **spaces)
    with body.loop("%all", lanes) as (index, _, _):
        start = body.write(f"add i64 %begin, {index}")
        left = body.write(f"sub i64 %all, {index}")
        count = body.write(f"call i64 @llvm.umin.i64(i64 {left}, i64 {lanes})")
        block = f"i64 {start}, i64 {count}"
        body.text.append(f"call void @gather(ptr %tables, ptr %which, ptr %lanes, {block})")
        body.text += calls("each", laid.each, count, **spaces)
        if rows:
            body.text.append(f"call void @scatter(ptr %outs, ptr null, ptr %results, {block})")
    body.text += ["br label %end_of_work", "end_of_work:"]
    memory.free()
    out = "%outs" if rows else "%out"
    head = f"define void @{kind}(ptr %tables, ptr %shared, ptr {out}, ptr %which, i64 %begin, i64 %end) {{"
    text = [head, *body.text, "ret void", "}", transfer(tables, lanes, gathers=True), *ALLOCATION]
    return "\n".join(text + ([transfer(outs, lanes, gathers=False)] if rows else []))


def transfer(tables: Sequence[int], lanes: int, gathers: bool) -> str:
    """The function @gather, from tables, a row after the other, to vectors, a row in each lane; or @scatter, back.

    A table of one column is copied lane beside lane, if the block is full and its rows are not listed.
    """
    body = Body(lanes)
    body.text += ["%last = sub i64 %count, 1", "%unlisted = icmp eq ptr %which, null"]
    body.text += [f"%full = icmp eq i64 %count, {lanes}", "%plain = and i1 %full, %unlisted"]
    body.text += ["br i1 %plain, label %side_by_side, label %one_by_one", "side_by_side:"]
    columns = [sum(tables[:table]) for table in range(len(tables))]
    narrow = [(table, column) for table, column in enumerate(columns) if tables[table] == 1]
    wide = [(table, column) for table, column in enumerate(columns) if tables[table] > 1]
    for table, column in narrow:
        here = element(body, table, 1, "%start")
        there = body.write(f"getelementptr {body.type}, ptr %lanes, i64 {column}")
        copy(body, body.type, here, there, gathers)
    if wide:
        with body.loop(lanes) as (lane, _, _):
            number = body.write(f"add i64 %start, {lane}")
            for table, column in wide:
                copy_row(body, (table, tables[table]), column, number, lane, gathers)
    body.text += ["br label %end", "one_by_one:"]
    with body.loop(lanes if gathers else "%count") as (lane, _, _):
        number = row_number(body, lane) if gathers else body.write(f"add i64 %start, {lane}")
        for table, column in sorted(narrow + wide):
            copy_row(body, (table, tables[table]), column, number, lane, gathers)
    parameters = "ptr %tables, ptr %which, ptr %lanes, i64 %start, i64 %count"
    head = f"define internal void @{'gather' if gathers else 'scatter'}({parameters}) {{"
    return "\n".join([head, *body.text, "br label %end", "end:", "ret void", "}", ""])


def row_number(body: Body, lane: str) -> str:
    """The number of the row for a lane: as it comes, or as it is listed; in lanes too many, that of the last."""
    inside = body.write(f"call i64 @llvm.umin.i64(i64 {lane}, i64 %last)")
    place = body.write(f"add i64 %start, {inside}")
    listed = body.write(f"getelementptr i64, ptr %which, i64 {place}")
    body.text += ["br i1 %unlisted, label %counted, label %listed", "listed:"]
    found = body.write(f"load i64, ptr {listed}, align 8")
    body.text += ["br label %known", "counted:", "br label %known", "known:"]
    return body.write(f"phi i64 [{found}, %listed], [{place}, %counted]")


def element(body: Body, table: int, width: int, number: str) -> str:
    """A pointer to a row of a table."""
    start = body.write(f"load ptr, ptr {body.write(f'getelementptr ptr, ptr %tables, i64 {table}')}, align 8")
    return body.write(f"getelementptr double, ptr {start}, i64 {body.write(f'mul i64 {number}, {width}')}")


def copy_row(body: Body, table: tuple[int, int], column: int, number: str, lane: str, gathers: bool) -> None:
    """Copy a row between a table and one lane of the vectors from `column` on."""
    row = element(body, *table, number)
    first = body.write(f"getelementptr {body.type}, ptr %lanes, i64 {column}")
    numbers = body.write(f"getelementptr double, ptr {first}, i64 {lane}")
    whole = table[1] - table[1] % AT_ONCE

    def copy_from(first: str, offsets: Iterable[int]) -> None:
        here = body.write(f"getelementptr double, ptr {row}, i64 {first}")
        there = body.write(f"getelementptr {body.type}, ptr {numbers}, i64 {first}")
        for offset in offsets:
            source = body.write(f"getelementptr double, ptr {here}, i64 {offset}")
            copy(body, "double", source, body.write(f"getelementptr {body.type}, ptr {there}, i64 {offset}"), gathers)

    if whole:
        with body.loop(whole, AT_ONCE) as (index, _, _):
            copy_from(index, range(AT_ONCE))
    copy_from("0", range(whole, table[1]))


def copy(body: Body, kind: str, here: str, there: str, gathers: bool) -> None:
    """Copy a number or vector from a table, or back to one."""
    source, target = (here, there) if gathers else (there, here)
    body.text.append(f"store {kind} {body.write(f'load {kind}, ptr {source}, align 8')}, ptr {target}, align 8")
