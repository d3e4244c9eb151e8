"""A table of counts, and weights as a function of their own."""

import math


def bigram_loss(text):
    letters = sorted(set(text))
    table = {a: {b: 1 for b in letters} for a in letters}
    for a, b in zip(text, text[1:]):
        table[a][b] += 1
    losses = [math.log(sum(table[a].values())) - math.log(table[a][b]) for a, b in zip(text, text[1:])]
    return sum(losses) / len(losses)


def weights_for(query, keys):
    scale = len(query) ** -0.5
    scores = [scale * sum(map(lambda q, k: q * k, query, key)) for key in keys]
    total = math.log(sum(math.exp(s - max(scores)) for s in scores)) + max(scores)
    return [math.exp(s - total) for s in scores]


def attend(query, keys, values):
    mixture = [0.0] * len(values[0])
    for weight, value in zip(weights_for(query, keys), values):
        mixture = [m + weight * v for m, v in zip(mixture, value)]
    return mixture


def causal(queries, keys, values):
    return [attend(queries[t], keys[: t + 1], values[: t + 1]) for t in range(len(queries))]
