"""As derived."""

import math


def statistics(xs, eps):
    mean = sum(xs) / len(xs)
    var = sum((x - mean) ** 2 for x in xs) / len(xs)
    return mean, math.sqrt(var + eps)


def batch_norm(xs, eps=1e-5):
    mean, deviation = statistics(xs, eps)
    return [(x - mean) / deviation for x in xs]


def batch_norm_backward(xs, gradients, eps=1e-5):
    _, deviation = statistics(xs, eps)
    ys = batch_norm(xs, eps)
    through_mean = sum(gradients) / len(xs)
    through_var = sum(g * y for g, y in zip(gradients, ys)) / len(xs)
    return [(g - through_mean - y * through_var) / deviation for g, y in zip(gradients, ys)]
