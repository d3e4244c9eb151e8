"""Backward step by step, as a tape would have it."""


def batch_norm(xs, eps=1e-5):
    n = len(xs)
    mean = sum(xs) / n
    centred = [x - mean for x in xs]
    var = sum(c * c for c in centred) / n
    return [c * (var + eps) ** -0.5 for c in centred]


def batch_norm_backward(xs, gradients, eps=1e-5):
    n = len(xs)
    mean = sum(xs) / n
    centred = [x - mean for x in xs]
    var = sum(c * c for c in centred) / n
    scale = (var + eps) ** -0.5
    by_scale = sum(g * c for g, c in zip(gradients, centred))
    by_var = by_scale * -0.5 * scale**3
    by_centred = [g * scale + by_var * 2 * c / n for g, c in zip(gradients, centred)]
    by_mean = -sum(by_centred)
    return [g + by_mean / n for g in by_centred]
