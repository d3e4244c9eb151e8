"""A list of what happened at each step, read backward."""

import math


def unroll(w, u, xs):
    tape, h = [], 0.0
    for x in xs:
        before, h = h, math.tanh(w * h + u * x)
        tape.append((before, x, h))
    return h, tape


def last_state(w, u, xs):
    return unroll(w, u, xs)[0]


def through_time(w, u, xs):
    total, gradient = [0.0, 0.0], 1.0
    for before, x, h in reversed(unroll(w, u, xs)[1]):
        gradient *= 1 - h * h
        total = [total[0] + gradient * before, total[1] + gradient * x]
        gradient *= w
    return total


def clip(gradients, limit):
    length = sum(g**2 for g in gradients) ** 0.5
    return list(gradients) if length <= limit else [g * limit / length for g in gradients]
