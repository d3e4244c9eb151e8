"""23 · Detach, and a straight-through estimator

Rounding has slope 0 wherever it has one: a network that rounds learns nothing. The straight-through estimator lies
about it: forward it rounds, backward it does as if nothing had happened.

        forward     2.7  --round-->  3
        backward    gradient  <------  gradient, unchanged

Write `detach(v)`: a Value with the same number, through which no gradient goes back. And, with its help if you like,
`straight_through(v)`: the rounded Value, with the gradient of v.
"""

from engine import Value


def detach(v):
    raise NotImplementedError


def straight_through(v):
    raise NotImplementedError
