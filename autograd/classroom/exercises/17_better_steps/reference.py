"""As the formulas stand."""

import math


def momentum_step(w, g, memory, rate=0.1, beta=0.9):
    v = beta * memory + g
    return w - rate * v, v


def adam_step(w, g, memory, rate=0.1, beta1=0.9, beta2=0.999, eps=1e-8):
    t, m, v = memory or (0, 0.0, 0.0)
    t += 1
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g * g
    mean, square = m / (1 - beta1**t), v / (1 - beta2**t)
    return w - rate * mean / (math.sqrt(square) + eps), (t, m, v)
