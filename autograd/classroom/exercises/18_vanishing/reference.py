"""The standard deviation is the root of the variance; a unit is a column."""

import math


def he_weight(fan_in, fan_out, draw):
    return draw.gauss(0.0, math.sqrt(2 / fan_in))


def dead_units(activations):
    return sum(all(a == 0 for a in unit) for unit in zip(*activations))
