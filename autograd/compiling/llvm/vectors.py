"""exp, expm1, log, log1p, tanh, sin and cos of many numbers at once, as LLVM code.

The C library computes them one number at a time; a processor can compute four or eight in the same time, if all take
the same steps. So there are no tables here, and one branch only: a range reduction, a polynomial, and a choice at the
end for the arguments that are special. `definition`, at the foot, writes the code; a Vector is an operand that writes
down what is done to it, so that each function reads as its formula.

The recipes are those of Cody and Waite, Software Manual for the Elementary Functions (1980), and Muller, Elementary
Functions (3rd edition, 2016). Coefficients come from Chebyshev interpolation. tests/test_vectors.py computes them, and
finds every result within 2 units in the last place, whether or not the processor fuses multiply and add.
Next: blocks.py.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Sequence

from autograd.compiling.llvm.instructions import Body, literal, splat, symbol_for, type_of

# ---- writing code ----------------------------------------------------------------------------------

SYMBOLS = {
    "double": {"+": "fadd", "-": "fsub", "*": "fmul", "/": "fdiv", "<": "fcmp olt", ">": "fcmp ogt"},
    "i64": {"+": "add", "-": "sub", "<<": "shl", ">>": "lshr", "&": "and", "^": "xor", "<": "icmp slt"},
}


class Lines(Body):
    """The lines of a function in the making, in which names are of numbers ("double"), integers ("i64") or truths."""

    def made(self, kind: str, operation: str) -> Vector:
        """What an operation makes, with a name."""
        return Vector(self, kind, self.write(operation))

    def operand(self, kind: str, x: Vector | float) -> Vector:
        """A Vector as it is; a Python number in every lane."""
        if isinstance(x, Vector):
            return x
        return Vector(self, kind, splat(literal(x) if kind == "double" else str(x), self.lanes, kind))


def infix(symbol: str) -> Callable[[Vector, Vector | float], Vector]:
    """The method of Vector for an operator."""

    def method(self: Vector, other: Vector | float) -> Vector:
        kind = "i1" if symbol in "<>" else self.kind
        return self.lines.made(kind, f"{SYMBOLS[self.kind][symbol]} {self}, {self.alike(other).name}")

    return method


class Vector:
    """An operand, all lanes of it. An operator writes a line and gives what that line makes."""

    def __init__(self, lines: Lines, kind: str, name: str) -> None:
        self.lines, self.kind, self.name = lines, kind, name

    def __str__(self) -> str:
        """The operand with its type, as LLVM wants it."""
        return f"{type_of(self.kind, self.lines.lanes)} {self.name}"

    def alike(self, other: Vector | float) -> Vector:
        return self.lines.operand(self.kind, other)

    __add__, __sub__, __mul__, __truediv__ = infix("+"), infix("-"), infix("*"), infix("/")
    __lshift__, __rshift__, __and__, __xor__ = infix("<<"), infix(">>"), infix("&"), infix("^")
    __lt__, __gt__ = infix("<"), infix(">")

    def __rsub__(self, other: float) -> Vector:
        return self.alike(other) - self

    def __neg__(self) -> Vector:
        return self.lines.made("double", f"fneg {self}")


def called(name: str, x: Vector, *others: Vector | float) -> Vector:
    """An intrinsic of LLVM on numbers."""
    operands = ", ".join(map(str, [x, *map(x.alike, others)]))
    return x.lines.made("double", f"call {x.lines.type} @llvm.{name}.v{x.lines.lanes}f64({operands})")


def fused(a: Vector, b: Vector | float, c: Vector | float) -> Vector:
    """a*b + c, rounded once where the processor can do that, else twice."""
    return called("fmuladd", a, b, c)


def where(condition: Vector, a: Vector | float, b: Vector | float) -> Vector:
    """The numbers `a` in the lanes where the condition holds, `b` in the others."""
    lines = condition.lines
    return lines.made("double", f"select {condition}, {lines.operand('double', a)}, {lines.operand('double', b)}")


def bits(x: Vector) -> Vector:
    """The 64 bits of a number, as an integer: sign, exponent + 1023 in 11 bits, fraction in 52."""
    return x.lines.made("i64", f"bitcast {x} to {type_of('i64', x.lines.lanes)}")


def number(integer: Vector) -> Vector:
    """The number that has these bits."""
    return integer.lines.made("double", f"bitcast {integer} to {integer.lines.type}")


# ---- what the functions share ----------------------------------------------------------------------


def bits_of(x: float) -> int:
    """As bits(), of a number in Python."""
    return struct.unpack(">q", struct.pack(">d", x))[0]


SIGN = -1 << 63
FRACTION = (1 << 52) - 1
INTEGERS = 3.0 * 2.0**51  # here numbers are 1 apart: adding INTEGERS rounds to an integer, kept in the lowest bits


def polynomial(x: Vector, coefficients: Sequence[float]) -> Vector:
    """c0 + c1 x + c2 x² + ..., by Horner's rule."""
    total = x.alike(coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        total = fused(total, x, coefficient)
    return total


def nearest(x: Vector, factor: float) -> tuple[Vector, Vector]:
    """The integer next to x*factor: as a number, and as the lowest 51 bits of an integer."""
    shifted = fused(x, factor, INTEGERS)
    return shifted - INTEGERS, bits(shifted)


def as_number(integer: Vector) -> Vector:
    return number(integer + bits_of(INTEGERS)) - INTEGERS


def power_of_two(exponent: Vector) -> Vector:
    """2^exponent, from -1022 to 1023; only the lowest 12 bits of the exponent count."""
    return number((exponent << 52) + bits_of(1.0))


def difference(a: Vector | float, b: Vector) -> tuple[Vector, Vector]:
    """a - b rounded, and what rounding lost, where |a| > |b| or a - b has 54 bits at most (Dekker 1971)."""
    rounded = a - b
    return rounded, (a - rounded) - b


# ---- exponentials ----------------------------------------------------------------------------------

# x = n ln 2 + r with |r| <= ln 2 / 2, and exp x = 2^n exp r. The high part of ln 2 has 42 bits and n at most 11, so
# that their product is exact, and so is x minus it.
LN2_HIGH, LN2_LOW = float.fromhex("0x1.62e42fefa38p-1"), float.fromhex("0x1.ef35793c7673p-45")
EXPONENTIAL = (  # (exp r - 1 - r) / r²
    0.5,
    0.1666666666666667,
    0.04166666666666667,
    0.008333333333325551,
    0.0013888888888883243,
    0.00019841269876843482,
    2.4801587327224614e-05,
    2.755725285947829e-06,
    2.7557271584919624e-07,
    2.51062641382231e-08,
    2.0915523196654128e-09,
)


def reduced(x: Vector) -> tuple[Vector, Vector, Vector]:
    """n as an integer, and exp r - 1 as a sum of two, the first x - n LN2_HIGH without an error."""
    n, integer = nearest(x, 1.0 / math.log(2.0))
    exact, correction = fused(n, -LN2_HIGH, x), n * LN2_LOW
    r = exact - correction
    return integer, exact, fused(r * r, polynomial(r, EXPONENTIAL), -correction)


def exp(x: Vector) -> Vector:
    """2^n exp r. In two steps of n/2, since 2^n may be too large or too small for a number where exp x is not."""
    bounded = where(x > 710.0, 710.0, x)  # nan stays nan
    n, exact, rest = reduced(where(bounded < -746.0, -746.0, bounded))
    half = n >> 1
    return (exact + rest + 1.0) * power_of_two(half) * power_of_two(n - half)


def expm1(x: Vector) -> Vector:
    """2^n (exp r - 1) + (2^n - 1), halved on the way, since 2^n may be too large. Tiny x are their own results."""
    bounded = where(x > 710.0, 710.0, x)
    n, exact, rest = reduced(where(bounded < -40.0, -40.0, bounded))
    half = power_of_two(n - 1)
    result = fused(half, rest, fused(half, exact, half - 0.5)) * 2.0
    return where(called("fabs", x) < 2.0**-54, x, result)


# Lambert's continued fraction (1768), y / (1 + y²/(3 + y²/(5 + ... y²/15))), is y - y³ ABOVE(y²) / BELOW(y²); up to
# 0.55 it differs from tanh y by less than a hundredth of the last place.
LAMBERT_ABOVE = (675675.0, 45045.0, 594.0, 1.0)
LAMBERT_BELOW = (2027025.0, 945945.0, 51975.0, 630.0, 1.0)


def tanh(x: Vector) -> Vector:
    """1 - 2 / (exp 2y + 1) for y = |x|, and near zero, where that loses digits, Lambert's fraction: one division."""
    y = called("fabs", x)
    square = y * y
    n, exact, rest = reduced(where(y > 22.0, 22.0, y) * 2.0)
    power = power_of_two(n)
    near = y < 0.55
    above = where(near, -(y * square * polynomial(square, LAMBERT_ABOVE)), -2.0)
    below = where(near, polynomial(square, LAMBERT_BELOW), fused(power, exact + rest, power + 1.0))
    return called("copysign", where(near, y, 1.0) + above / below, x)


# ---- logarithms ------------------------------------------------------------------------------------

ROOT_HALF = bits_of(math.sqrt(0.5))
LOGARITHM = (  # (2 artanh s - 2 s) / s³, by powers of s²
    0.666666666666667,
    0.3999999999989819,
    0.28571428626570206,
    0.2222221103781659,
    0.18182896183483085,
    0.15331487235865734,
    0.14619343453512615,
)


def split(x: Vector) -> tuple[Vector, Vector]:
    """n, as an integer, and f, where x = 2^n (1 + f) and 1 + f is between the roots of 1/2 and 2."""
    scaled = bits(x) + ((1024 << 52) - ROOT_HALF)
    return (scaled >> 52) - 1024, number((scaled & FRACTION) + ROOT_HALF) - 1.0


def logarithm(n: Vector, f: Vector) -> Vector:
    """n ln 2 + log(1 + f), where log(1 + f) = 2 artanh s for s = f / (2 + f), and 2 s = f - (f²/2 - s f²/2)."""
    s = f / (f + 2.0)
    square, half = s * s, f * f * 0.5
    rest = fused(s, fused(square, polynomial(square, LOGARITHM), half), n * LN2_LOW)
    return fused(n, LN2_HIGH, f - (half - rest))


def extended(x: Vector, pole: float, result: Vector) -> Vector:
    """A logarithm where x > pole, -inf there and nan below; inf and nan are their own logarithms."""
    return where(x < math.inf, where(x > pole, result, where(x < pole, math.nan, -math.inf)), x)


def log(x: Vector) -> Vector:
    """Subnormal x have no exponent to read off: they are multiplied by 2^54 first."""
    subnormal = x < 2.0**-1022
    n, f = split(where(subnormal, x * 2.0**54, x))
    return extended(x, 0.0, logarithm(as_number(n) - where(subnormal, 54.0, 0.0), f))


def log1p(x: Vector) -> Vector:
    """log of 1 + x, with what rounding the sum lost added to f, so that tiny x pass unchanged."""
    y = x + 1.0
    added = y - x
    lost = (x - (y - added)) + (1.0 - added)  # Knuth 1969
    n, f = split(y)
    f = f + where(x < 2.0**60, lost * power_of_two(0 - n), 0.0)  # beyond, 1 is less than the last place of x
    return called("copysign", extended(x, -1.0, logarithm(as_number(n), f)), x)


# ---- sine and cosine -------------------------------------------------------------------------------

# x = n π/2 + r with |r| <= π/4. The first two parts of π/2 have 37 bits, exact when multiplied by n < 2^16.
HALF_PI = tuple(map(float.fromhex, ("0x1.921fb5444p+0", "0x1.68c234c4cp-39", "0x1.98a2e03707345p-77")))
FARTHEST = 1e5
SINE = (  # (sin r - r) / r³, by powers of r²
    -0.16666666666666666,
    0.008333333333333331,
    -0.0001984126984126506,
    2.755731921933466e-06,
    -2.505210623088241e-08,
    1.6058531370931902e-10,
    -7.586682497157786e-13,
)
COSINE = (  # (cos r - 1 + r²/2) / r⁴
    0.041666666666666664,
    -0.0013888888888887395,
    2.480158729876295e-05,
    -2.755731727031051e-07,
    2.087614597263508e-09,
    -1.1382611119025631e-11,
)


def turned(x: Vector, quarters: int) -> Vector:
    """sin(x + quarters π/2) for 0 <= x <= FARTHEST.

    The reduced argument is r + lost; its sine is sin r + lost cos r, and its cosine cos r - lost sin r.
    """
    n, integer = nearest(x, 2.0 / math.pi)
    r, lost = difference(fused(n, -HALF_PI[0], x), n * HALF_PI[1])
    lost = fused(n, -HALF_PI[2], lost)
    square = r * r
    half = square * 0.5
    near, less = difference(1.0, half)
    sine = r + fused(r * square, polynomial(square, SINE), lost * near)
    cosine = near + (less + fused(square * square, polynomial(square, COSINE), -(r * lost)))
    quadrant = integer + quarters
    chosen = where((quadrant << 63) < 0, cosine, sine)
    return number(bits(chosen) ^ ((quadrant << 62) & SIGN))


def sin(x: Vector) -> Vector:
    """sin(-x) = -sin x, of zeros too."""
    sine = turned(called("fabs", x), 0)
    return far("sin", x, number(bits(sine) ^ (bits(x) & SIGN)))


def cos(x: Vector) -> Vector:
    """cos x = sin(|x| + π/2)."""
    return far("cos", x, turned(called("fabs", x), 1))


def far(name: str, x: Vector, near: Vector) -> Vector:
    """`near`, but what the C library gives in lanes beyond FARTHEST; other lanes are not affected by them."""
    lines = x.lines
    beyond = called("fabs", x) > FARTHEST
    lines.text += [
        f"%any = call i1 @llvm.vector.reduce.or.v{lines.lanes}i1({beyond})",
        "br i1 %any, label %far, label %end",
        "far:",
    ]
    merged = where(beyond, called(name, x), near)
    lines.text += ["br label %end", "end:"]
    return lines.made("double", f"phi {lines.type} [{near.name}, %0], [{merged.name}, %far]")


# ---- the functions ---------------------------------------------------------------------------------

FORMULAS: dict[str, Callable[[Vector], Vector]] = {
    formula.__name__: formula for formula in (exp, expm1, log, log1p, tanh, sin, cos)
}
NAMES = frozenset(FORMULAS)


def definition(name: str, lanes: int) -> str:
    """The function @v_name of a vector of `lanes` numbers, one of NAMES, as code for LLVM 20 or later.

    >>> print(definition("exp", 4).splitlines()[0])
    define internal <4 x double> @v_exp(<4 x double> %x) {

    No declarations go with it: the names of intrinsics declare themselves. Special arguments give what C prescribes.
    sin and cos beyond 100000, for which a range reduction is long, are left to the C library.
    """
    lines = Lines(lanes)
    result = FORMULAS[name](Vector(lines, "double", "%x"))
    head = f"define internal {lines.type} @{symbol_for(name, lanes)}({lines.type} %x) {{"
    return "\n".join([head, *lines.text, f"ret {result}", "}", ""])
