"""By the definition, with a memory."""

import itertools
from functools import lru_cache


def layers(parents):
    @lru_cache(None)
    def layer(name):
        return max((layer(parent) + 1 for parent in parents[name]), default=0)

    return {name: layer(name) for name in parents}


def crossings(lower, upper, edges):
    def cross(one, other):
        left = lower.index(one[0]) - lower.index(other[0])
        right = upper.index(one[1]) - upper.index(other[1])
        return left * right < 0

    return sum(cross(*pair) for pair in itertools.combinations(edges, 2))
