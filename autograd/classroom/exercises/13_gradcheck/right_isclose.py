"""math.isclose, with its two tolerances chosen from the function's size."""

import math


def gradcheck(f, gradient, xs):
    slopes = gradient(*xs)
    h = 1e-4

    def measured(k):
        moved = [[x + step * (j == k) for j, x in enumerate(xs)] for step in (h, -h)]
        return (f(*moved[0]) - f(*moved[1])) / (2 * h)

    close = [math.isclose(s, measured(k), rel_tol=1e-4, abs_tol=1e-11 * abs(f(*xs))) for k, s in enumerate(slopes)]
    return len(slopes) == len(xs) and all(close)
