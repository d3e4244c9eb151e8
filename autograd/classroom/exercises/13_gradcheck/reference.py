"""Relative to the size of the slopes; the step relative to the size of x; all that is not surely right is wrong."""


def gradcheck(f, gradient, xs):
    claimed = gradient(*xs)
    if len(claimed) != len(xs):
        return False
    for k, x in enumerate(xs):
        h = 1e-5 * max(1.0, abs(x))
        up, down = list(xs), list(xs)
        up[k], down[k] = x + h, x - h
        measured = (f(*up) - f(*down)) / (2 * h)
        rounding = 1e-15 * abs(f(*xs)) / h
        if not abs(measured - claimed[k]) <= 1e-5 * max(abs(measured), abs(claimed[k])) + 4 * rounding:
            return False
    return True
