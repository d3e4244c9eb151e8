"""exp, log, sin and their like on vectors: where their constants come from, how near they are, what special cases give.

Exactness is judged by mpmath; each function runs as compiled for this computer's processor, and for the plainest of its
family, which on x86 cannot fuse multiply and add.
"""

import ctypes
import functools
import math
import random
from collections.abc import Callable, Sequence
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf

from autograd.compiling.llvm import vectors
from tests.backends import needs_llvm
from tests.tapes import EDGES, bits

pytestmark = needs_llvm
HOST, PLAIN = "host", "plain"
# Errors in units of the last place: a little more than the largest that millions of random numbers showed.
WITHIN = {"exp": 0.9, "expm1": 1.3, "log": 0.9, "log1p": 1.5, "tanh": 1.4, "sin": 0.85, "cos": 0.85}
every = pytest.mark.parametrize("name", sorted(vectors.NAMES))
every_processor = pytest.mark.parametrize("processor", [HOST, PLAIN])


# ---- running them ----------------------------------------------------------------------------------

LOOP = """
define void @each_{name}(ptr %in, ptr %out, i64 %count) {{
start:
  br label %loop
loop:
  %i = phi i64 [ 0, %start ], [ %next, %loop ]
  %from = getelementptr <{lanes} x double>, ptr %in, i64 %i
  %to = getelementptr <{lanes} x double>, ptr %out, i64 %i
  %x = load <{lanes} x double>, ptr %from, align 8
  %y = call <{lanes} x double> @v_{name}(<{lanes} x double> %x)
  store <{lanes} x double> %y, ptr %to, align 8
  %next = add i64 %i, 1
  %more = icmp slt i64 %next, %count
  br i1 %more, label %loop, label %end
end:
  ret void
}}
"""


@functools.cache
def engine(processor: str, lanes: int) -> object:
    """All functions, in one module."""
    from llvmlite import binding

    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    text = [vectors.definition(name, lanes) + LOOP.format(name=name, lanes=lanes) for name in sorted(vectors.NAMES)]
    module = binding.parse_assembly("\n".join(text))
    module.verify()
    kind = {"cpu": "", "features": ""}
    if processor == HOST:
        kind = {"cpu": binding.get_host_cpu_name(), "features": binding.get_host_cpu_features().flatten()}
    return binding.create_mcjit_compiler(module, binding.Target.from_default_triple().create_target_machine(**kind))


def computed(name: str, xs: Sequence[float], processor: str = HOST, lanes: int = 8) -> list[float]:
    count = -(-len(xs) // lanes)
    room = ctypes.c_double * (count * lanes)
    given, made = room(*xs), room()
    address = engine(processor, lanes).get_function_address(f"each_{name}")
    ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64)(address)(given, made, count)
    return list(made)[: len(xs)]


# ---- what they should give -------------------------------------------------------------------------

BEYOND = {"exp": 800, "expm1": 800, "tanh": 400}  # nothing changes any more


def exact(name: str, x: float) -> mpf:
    limit = BEYOND.get(name, math.inf)
    return getattr(mp, name)(mpf(min(max(x, -limit), limit)))


def distance(y: float, truth: mpf) -> float:
    """In units of the last place that the truth has as a float; the largest float is followed by infinity."""
    if abs(truth) >= mpf(2) ** 1024:
        truth = mp.sign(truth) * mpf(2) ** 1024
    y_exact = mpf(y) if math.isfinite(y) else math.copysign(1, y) * mpf(2) ** 1024
    exponent = max(mp.frexp(truth)[1] - 53, -1074) if truth else -1074
    return float(abs(y_exact - truth) / mpf(2) ** min(exponent, 1024 - 53))


def farthest(name: str, xs: Sequence[float], processor: str) -> tuple[float, float]:
    """The largest error, and where."""
    with mp.workprec(120):
        return max((distance(y, exact(name, x)), x) for x, y in zip(xs, computed(name, xs, processor), strict=True))


def in_c(name: str, x: float) -> float:
    try:
        return getattr(math, name)(x)
    except OverflowError:
        return math.inf
    except ValueError:
        return -math.inf if (name, x) in {("log", 0.0), ("log1p", -1.0)} else math.nan


# ---- where to look ---------------------------------------------------------------------------------

DOMAINS = {
    "exp": [(-746.0, 710.0), (-1.0, 1.0), (-745.2, -708.0)],
    "expm1": [(-40.0, 710.0), (-1.0, 1.0), (0.3, 1.1)],
    "log": [(0.0, 10.0), (0.7, 1.42), (0.0, 2.0**-1022)],
    "log1p": [(-1.0, 1.0), (-0.3, 0.42), (1.0, 100.0)],
    "tanh": [(-25.0, 25.0), (-1.0, 1.0), (0.5, 0.7)],
    "sin": [(-4.0, 4.0), (-1e3, 1e3), (-1e5, 1e5)],
    "cos": [(-4.0, 4.0), (-1e3, 1e3), (-1e5, 1e5)],
}


def grid(low: float, high: float, count: int) -> list[float]:
    return [low + (high - low) * (i + 0.5) / count for i in range(count)]


def extreme(rng: random.Random, count: int) -> list[float]:
    """Numbers of all the magnitudes that there are."""
    exponents = (rng.randint(-1074, 1023) for _ in range(count))
    return [math.ldexp(rng.uniform(1.0, 2.0) * rng.choice((-1.0, 1.0)), exponent) for exponent in exponents]


def moderate(rng: random.Random, count: int) -> list[float]:
    """Numbers between 1e-18 and 1000, as many in each decade."""
    return [rng.choice((-1.0, 1.0)) * 10.0 ** rng.uniform(-18.0, 3.0) for _ in range(count)]


def points(name: str) -> list[float]:
    rng = random.Random(name)
    found = [x for low, high in DOMAINS[name] for x in grid(low, high, 500)]
    found += [rng.uniform(low, high) for low, high in DOMAINS[name] for _ in range(500)]
    found += moderate(rng, 500) + extreme(rng, 500)
    if name in ("sin", "cos"):
        return [x for x in found if abs(x) <= vectors.FARTHEST]
    return [x for x in found if x > {"log": 0.0, "log1p": -1.0}.get(name, -math.inf)]


# Difficult numbers, those at which a function changes its way, and the neighbours of both.
MARKS = {abs(x) for x in EDGES if x == x} | {
    2.0**-1022,
    2.0**-54,
    2.0**-53,
    2.0**-27,
    2.0**53,
    2.0**60,
    0.55,
    22.0,
    40.0,
}
MARKS |= {746.0, 709.782712893384, 745.1332191019412}
BORDERS = [x for mark in sorted(MARKS) for x in (mark, math.nextafter(mark, -math.inf), math.nextafter(mark, math.inf))]
BORDERS = [sign * x for x in BORDERS for sign in (1.0, -1.0)] + [math.nan]


# ---- the constants ---------------------------------------------------------------------------------


def fitted(f: Callable[[mpf], mpf], low: float, high: float, count: int) -> tuple[float, ...]:
    """The polynomial of `count` coefficients that agrees with f at the Chebyshev points of an interval."""
    with mp.workprec(200):
        centre, radius = (mpf(high) + low) / 2, (mpf(high) - low) / 2
        xs = [centre + radius * mp.cos(mp.pi * (k + 0.5) / count) for k in range(count)]
        powers = mp.matrix([[x**k for k in range(count)] for x in xs])
        return tuple(map(float, mp.lu_solve(powers, mp.matrix([f(x) for x in xs]))))


def exponential(r: mpf) -> mpf:
    return (mp.expm1(r) - r) / r**2


def logarithm(z: mpf) -> mpf:
    s = mp.sqrt(z)
    return (2 * mp.atanh(s) - 2 * s) / s**3


def sine(z: mpf) -> mpf:
    r = mp.sqrt(z)
    return (mp.sin(r) - r) / r**3


def cosine(z: mpf) -> mpf:
    return (mp.cos(mp.sqrt(z)) - 1 + z / 2) / z**2


@pytest.mark.parametrize(
    ("f", "low", "high", "coefficients"),
    [
        (exponential, -0.35, 0.35001, vectors.EXPONENTIAL),  # ln 2 / 2 = 0.3466, and 0 is not among the points
        (logarithm, 0.0, 0.0295, vectors.LOGARITHM),  # the square of (sqrt 2 - 1) / (sqrt 2 + 1) = 0.1716
        (sine, 0.0, 0.617, vectors.SINE),  # the square of π/4 = 0.7854
        (cosine, 0.0, 0.617, vectors.COSINE),
    ],
)
def test_coefficients_are_fitted_at_chebyshev_points(
    f: Callable[[mpf], mpf], low: float, high: float, coefficients: tuple[float, ...]
) -> None:
    assert fitted(f, low, high, len(coefficients)) == coefficients


def test_the_fraction_is_lamberts() -> None:
    for square in (Fraction(0), Fraction(1, 7), Fraction(3)):
        continued = Fraction(15)
        for odd in (13, 11, 9, 7, 5, 3, 1):
            continued = odd + square / continued
        above, below = (
            sum(Fraction(c) * square**k for k, c in enumerate(coefficients))
            for coefficients in (vectors.LAMBERT_ABOVE, vectors.LAMBERT_BELOW)
        )
        assert 1 / continued == 1 - square * above / below


def significant(x: float) -> int:
    """The bits of a float from its first 1 to its last: its denominator is a power of 2, its numerator odd."""
    return x.as_integer_ratio()[0].bit_length()


def test_constants_in_parts_add_up_and_multiply_exactly() -> None:
    with mp.workprec(200):
        assert abs(mp.ln2 - vectors.LN2_HIGH - vectors.LN2_LOW) < mpf(2) ** -97
        assert abs(mp.pi / 2 - mp.fsum(vectors.HALF_PI)) < mpf(2) ** -129
    assert significant(vectors.LN2_HIGH) + (1075).bit_length() <= 53
    assert all(significant(part) + 16 <= 53 for part in vectors.HALF_PI[:2])
    assert vectors.FARTHEST * 2.0 / math.pi < 2**16


# ---- the functions ---------------------------------------------------------------------------------


@every_processor
@every
def test_results_are_near(name: str, processor: str) -> None:
    error, x = farthest(name, points(name), processor)
    assert error < WITHIN[name], f"{name}({x!r}) is off by {error} units in the last place"


@every_processor
@pytest.mark.parametrize("name", ["sin", "cos"])
def test_multiples_of_quarter_turns_lose_no_digits(name: str, processor: str) -> None:
    """Where the argument minus n π/2 is all but zero, and what π/2 lacks would show."""
    with mp.workprec(120):
        xs = [float(n * mp.pi / 2) for n in [29, *range(1, 63661, 23)]]
    error, x = farthest(name, xs, processor)
    assert error < WITHIN[name], f"{name}({x!r}) is off by {error} units in the last place"


@every_processor
@every
def test_edges_are_as_in_c(name: str, processor: str) -> None:
    """The same infinities, zeros with their signs and nans; other numbers within the errors of both."""
    for x, y in zip(BORDERS, computed(name, BORDERS, processor), strict=True):
        expected = in_c(name, x)
        plain = math.isfinite(expected) and expected != 0.0 and math.isfinite(y)
        assert abs(y - expected) <= 2.0 * math.ulp(expected) if plain else bits([y]) == bits([expected]), (
            name,
            x,
            y,
            expected,
        )


@every_processor
@pytest.mark.parametrize("name", ["expm1", "log1p", "tanh", "sin"])
def test_tiny_numbers_pass_unchanged(name: str, processor: str) -> None:
    exponents = (-1074, -1060, -1022, -900, -55)
    tiny = [sign * math.ldexp(1.0 + i / 64, exponent) for sign in (1, -1) for i in range(64) for exponent in exponents]
    assert bits(computed(name, tiny, processor)) == bits(tiny)


@every_processor
def test_powers_of_two_and_zeros_give_the_nearest_float(processor: str) -> None:
    powers = [math.ldexp(1.0, exponent) for exponent in range(-1074, 1024)]
    with mp.workprec(120):
        assert computed("log", powers, processor) == [float(mp.log(power)) for power in powers]
    assert computed("exp", [0.0, -0.0], processor) == computed("cos", [0.0, -0.0], processor) == [1.0, 1.0]
    assert bits(computed("log", [1.0], processor)) == bits([0.0])


@every
def test_the_number_of_lanes_makes_no_difference(name: str) -> None:
    xs = BORDERS + points(name)[::10]
    expected = bits(computed(name, xs, HOST, 8))
    for lanes in (2, 4, 16, 32):
        assert bits(computed(name, xs, HOST, lanes)) == expected


@pytest.mark.parametrize("name", ["sin", "cos"])
def test_far_lanes_are_the_c_librarys_and_leave_the_others_alone(name: str) -> None:
    far = [n * math.pi / 2 for n in (63663, -65537, 100001, 5000001)] + [1e22, -math.inf]
    near = [0.1, -2.0, 3e4, -99999.0, 5e-324, -0.0]
    mixed = computed(name, [x for pair in zip(far, near) for x in pair])
    assert bits(mixed[::2]) == bits([in_c(name, x) for x in far])
    assert bits(mixed[1::2]) == bits(computed(name, near))


@settings(deadline=None)
@given(st.lists(st.floats(), min_size=1, max_size=24))
def test_any_numbers(xs: list[float]) -> None:
    """As far from the C library's as the errors of both allow."""
    for name in vectors.NAMES:
        for x, y in zip(xs, computed(name, xs), strict=True):
            expected = in_c(name, x)
            close = math.isfinite(y) and abs(y - expected) <= 2.0 * math.ulp(expected)
            assert close or bits([y]) == bits([expected]), (name, x, y, expected)
