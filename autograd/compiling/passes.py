"""Making a tape shorter, without changing any result by a bit.

`fold` and `simplify` look at one entry whose operands have been looked at before, so they work while a tape is written
(Builder.add), which also shares what occurs twice; `drop` then leaves out what nothing depends on. `rebuilt` applies
any of them to a finished tape. Next: expansions.py.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence

from autograd.compiling.expansions import reciprocal, square
from autograd.compiling.tape import (
    CALL,
    CONSTANT,
    DOT,
    INPUT,
    LEAVES,
    SUM,
    WHERE,
    Builder,
    Entry,
    Rewrite,
    Tape,
    halves,
    result,
    taken,
)


def rebuilt(tape: Tape, *rewrites: Rewrite) -> Tape:
    """The tape written anew. With no rewrites: what occurs twice is computed once.

    >>> rebuilt(Tape(((INPUT, 0), ("sin", 0), ("sin", 0), ("*", 1, 2)), (3,))).entries
    (('input', 0), ('sin', 0), ('*', 1, 1))
    """
    builder, moved = Builder(*rewrites), list[int]()
    for slot, entry in enumerate(tape.entries):
        is_constant = entry[0] == CONSTANT
        moved.append(builder.constant(entry[1]) if is_constant else builder.add(*renumbered(entry, moved)))
        if slot in tape.names:
            builder.names.setdefault(moved[slot], tape.names[slot])
    return builder.tape([moved[slot] for slot in tape.outputs])


def renumbered(entry: Entry, moved: Sequence[int]) -> Entry:
    """An entry whose operands have moved to other slots."""
    name = entry[0]
    if len(entry) == 3 and name != CALL:  # an operation on two slots: the usual case, made fast
        return name, moved[entry[1]], moved[entry[2]]
    if name in LEAVES:
        return entry
    kept = 2 if name == CALL else 1
    return (*entry[:kept], *[moved[slot] for slot in entry[kept:]])


def drop(tape: Tape) -> Tape:
    """Leave out what no output depends on; inputs keep their numbers.

    >>> drop(Tape(((INPUT, 0), ("sin", 0), ("cos", 0)), (2,))).entries
    (('input', 0), ('cos', 0))
    """
    needed = bytearray(len(tape.entries))
    for slot in tape.outputs:
        needed[slot] = True
    for slot in range(len(needed) - 1, -1, -1):
        if needed[slot]:
            for each in taken(tape.entries[slot]):
                needed[each] = True
    if all(needed):
        return tape
    moved = list(itertools.accumulate(needed, initial=0))  # how many are kept before each
    entries = [renumbered(entry, moved) for entry, kept in zip(tape.entries, needed) if kept]
    names = {moved[slot]: name for slot, name in tape.names.items() if needed[slot]}
    return Tape(tuple(entries), tuple([moved[slot] for slot in tape.outputs]), names)


def fold(builder: Builder, entry: Entry) -> int | None:
    """Compute now what depends on constants only. A user's own function is left alone: it may do more than compute.

    >>> rebuilt(Tape(((CONSTANT, 2.0), ("sqrt", 0)), (1,)), fold).entries[-1]
    ('constant', 1.4142135623730951)
    """
    constants = builder.constants
    if not constants or entry[0] in (INPUT, CALL):
        return None
    for slot in entry[1:]:
        if slot not in constants:
            return None
    return builder.constant(result(entry, [constants[slot] for slot in entry[1:]]))


def simplify(builder: Builder, entry: Entry) -> int | None:
    """Replace an operation by a cheaper one, where the result is the same for every number, infinite and nan included.

    >>> rebuilt(Tape(((INPUT, 0), (CONSTANT, 1.0), ("**", 0, 1)), (2,)), simplify).outputs
    (0,)
    """
    rule = RULES.get(entry[0])
    return rule(builder, *entry[1:]) if rule else None


# ---- the rules of simplify -------------------------------------------------------------------------


def simpler_product(builder: Builder, x: int, y: int) -> int | None:
    """x*1 is x, x*-1 is -x."""
    constants = builder.constants
    if y in constants:
        factor, other = constants[y], x
    elif x in constants:
        factor, other = constants[x], y
    else:
        return None
    return other if factor == 1.0 else builder.add("neg", other) if factor == -1.0 else None


def simpler_quotient(builder: Builder, x: int, y: int) -> int | None:
    """x/1 is x, and x/2 is x*0.5, as for every power of two."""
    divisor = builder.constants.get(y)
    if divisor is not None and exactly_inverted(divisor):
        return builder.add("*", x, builder.constant(1.0 / divisor))
    return None


def exactly_inverted(x: float) -> bool:
    """Whether multiplying by 1/x is dividing by x: x is a power of two, and 1/x neither overflows nor is subnormal."""
    mantissa, exponent = math.frexp(x)
    return abs(mantissa) == 0.5 and -1000 < exponent < 1000


def simpler_power(builder: Builder, x: int, y: int) -> int | None:
    """x**1 is x, and x**0 is 1. (x**2 is not x*x: the last place differs for one number in a thousand.)"""
    exponent = builder.constants.get(y)
    if exponent == 0.0:
        return builder.constant(1.0)
    return x if exponent == 1.0 else None


def simpler_sum(builder: Builder, x: int, y: int) -> int | None:
    """x + -y is x - y."""
    if builder.entries[y][0] == "neg":
        return builder.add("-", x, builder.entries[y][1])
    if builder.entries[x][0] == "neg":
        return builder.add("-", y, builder.entries[x][1])
    return None


def simpler_difference(builder: Builder, x: int, y: int) -> int | None:
    """x - 0 is x, and x - -y is x + y."""
    subtracted = builder.constants.get(y)
    if subtracted == 0.0 and math.copysign(1.0, subtracted) > 0:
        return x
    return builder.add("+", x, builder.entries[y][1]) if builder.entries[y][0] == "neg" else None


def simpler_negative(builder: Builder, x: int) -> int | None:
    """--x is x."""
    return builder.entries[x][1] if builder.entries[x][0] == "neg" else None


def simpler_choice(builder: Builder, condition: int, x: int, y: int) -> int | None:
    """A settled condition, or no choice."""
    settled = builder.constants.get(condition)
    if settled is not None:
        return x if settled else y
    return x if x == y else None


def simpler_list_sum(builder: Builder, *slots: int) -> int | None:
    """The sum of one is itself, that of two is +."""
    return builder.add("+", *slots) if len(slots) == 2 else slots[0] if len(slots) == 1 else None


def simpler_dot(builder: Builder, *slots: int) -> int | None:
    """One pair is a product; a last pair with a 1 in it, as for a bias, is +."""
    xs, ys = halves(slots)
    if len(xs) == 1:
        return builder.add("*", *slots)
    for last, other in ((ys[-1], xs[-1]), (xs[-1], ys[-1])):
        if builder.constants.get(last) == 1.0:
            return builder.add("+", builder.add(DOT, *xs[:-1], *ys[:-1]), other)
    return None


RULES: dict[str, Callable[..., int | None]] = {
    "*": simpler_product,
    "/": simpler_quotient,
    "**": simpler_power,
    "+": simpler_sum,
    "-": simpler_difference,
    "neg": simpler_negative,
    "square": square,
    "reciprocal": reciprocal,
    WHERE: simpler_choice,
    SUM: simpler_list_sum,
    DOT: simpler_dot,
}
EXACT = (fold, simplify)
