"""Rise over run; on a parabola the run may be as long as one likes, if it is the same on both sides."""

from fractions import Fraction


def f(x):
    return A * x**2 + B * x + C


def g(p, q, r):
    return p * q + r


def rise(x):
    return Fraction(f(x + 1) - f(x - 1), 2)


slope_at_x1, slope_at_x2, slope_at_x3 = rise(X1), rise(X2), rise(X3)
by_p = g(P + 1, Q, R) - g(P, Q, R)
by_q = g(P, Q + 1, R) - g(P, Q, R)
by_r = g(P, Q, R + 1) - g(P, Q, R)
