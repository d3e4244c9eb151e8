"""20 · Through time

A recurrent network uses the same weights at each step: h = tanh(w * h + u * x), from h = 0. Unrolled, it is a deep
network whose layers share w and u; their gradients are sums over all steps.

        x1      x2      x3
        |       |       |
    0 ->h1 -w-> h2 -w-> h3 -->        dh3/dw: what each step sends to w, all added up

Write, on floats: `last_state(w, u, xs)`; `through_time(w, u, xs)`, the last state's gradients [by w, by u], going back
from the last step to the first (200 steps, no recursion); and `clip(gradients, limit)`, which scales a list of
gradients down if its length (the root of the sum of squares) is more than the limit, and else leaves it alone.
"""


def last_state(w, u, xs):
    raise NotImplementedError


def through_time(w, u, xs):
    raise NotImplementedError


def clip(gradients, limit):
    raise NotImplementedError
