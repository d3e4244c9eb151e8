"""What C has and what it lacks: functions that are written for it, and the names that are taken. Next: c.py."""

from __future__ import annotations

from autograd.compiling.expansions import EXPANSIONS

# The functions of C's library that are ours, by the names that they have on a tape.
OF_SAME_NAME = """
    sqrt exp exp2 expm1 log log2 log10 log1p sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh erf erfc
"""
OF_TWO = {"**": "pow", "atan2": "atan2", "hypot": "hypot"}
C_NAMES = {name: name for name in OF_SAME_NAME.split()} | {"abs": "fabs"} | OF_TWO

# What neither C's library nor expansions.py has, in the same form as on floats in functions.py.
HELPERS = {
    "step": """\
static double step(double x) {
    return x > 0.0 ? 1.0 : x <= 0.0 ? 0.0 : x;
}""",
    "sign": """\
static double sign(double x) {
    return x > 0.0 ? 1.0 : x < 0.0 ? -1.0 : x == 0.0 ? 0.0 : x;
}""",
    "ordering": """\
static double ordering(double a, double b) {
    return a > b ? 1.0 : a < b ? -1.0 : a == b ? 0.0 : NAN;
}""",
    "maximum": """\
static double maximum(double a, double b) {
    return a >= b || a != a ? a : b;
}""",
    "minimum": """\
static double minimum(double a, double b) {
    return a <= b || a != a ? a : b;
}""",
    "floor": """\
static double whole_below(double x) {
    return floor(x) + 0.0; /* -0.0 becomes 0.0 */
}""",
    "ceil": """\
static double whole_above(double x) {
    return ceil(x) + 0.0; /* -0.0 becomes 0.0 */
}""",
    "added": """\
/* x[0] + x[step] + x[2 * step] + ..., so many terms, from left to right. */
static double added(int terms, const double *x, int step) {
    double total = x[0];
    for (int i = 1; i < terms; i++) total += x[i * step];
    return total;
}""",
    "dot": """\
/* x[0] * y[0] + x[x_step] * y[y_step] + ..., so many terms, from left to right. */
static double dot(int terms, const double *x, int x_step, const double *y, int y_step) {
    double total = x[0] * y[0];
    for (int i = 1; i < terms; i++) total += x[i * x_step] * y[i * y_step];
    return total;
}""",
}
NAMED = {"floor": "whole_below", "ceil": "whole_above"}  # helpers whose own name C's library has taken

# Names that a variable in C should not have.
KEYWORDS = """
    alignas alignof asm auto bool break case char const constexpr continue default do double else enum extern
    false float for goto if inline int long nullptr register restrict return short signed sizeof static
    static_assert struct switch thread_local true typedef typeof typeof_unqual union unsigned void volatile while
"""
MACROS = """
    NULL NAN INFINITY HUGE_VAL HUGE_VALF HUGE_VALL HUGE MAXFLOAT FP_NAN FP_INFINITE FP_ZERO FP_SUBNORMAL FP_NORMAL
    FP_ILOGB0 FP_ILOGBNAN FP_FAST_FMA FP_FAST_FMAF FP_FAST_FMAL MATH_ERRNO MATH_ERREXCEPT math_errhandling M_E
    M_LOG2E M_LOG10E M_LN2 M_LN10 M_PI M_PI_2 M_PI_4 M_1_PI M_2_PI M_2_SQRTPI M_SQRT2 M_SQRT1_2 RAND_MAX
    EXIT_SUCCESS EXIT_FAILURE MB_CUR_MAX DOMAIN SING OVERFLOW UNDERFLOW PLOSS TLOSS X_TLOSS linux unix i386
"""
FUNCTIONS = (*C_NAMES.values(), "floor", "ceil", "malloc", "free", "memcpy")
OWN = ("row", "shared", "out", "kept", "k", *HELPERS, *NAMED.values(), *EXPANSIONS)
RESERVED = (*KEYWORDS.split(), *MACROS.split(), *FUNCTIONS, *OWN)
