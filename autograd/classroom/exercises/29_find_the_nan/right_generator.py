"""The first in a stream of births."""

from math import inf


def first_bad(steps):
    fine = {name for name, value, _ in steps if -inf < value < inf}
    births = (name for name, _, parents in steps if name not in fine and set(parents) <= fine)
    return next(births, None)
