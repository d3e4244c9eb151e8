"""One function for the slope, used three times."""


def slope(x):
    return 2 * A * x + B


slope_at_x1, slope_at_x2, slope_at_x3 = map(slope, (X1, X2, X3))
by_p, by_q, by_r = Q, P, 1.0
