"""A number has no gradient either."""

from engine import Value


def detach(v):
    return Value(0.0) + v.data


def straight_through(v):
    return v + (round(v.data) - v.data)
