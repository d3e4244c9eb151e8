"""All scores at once, with those of the future at minus infinity."""

import math
from collections import defaultdict


def bigram_loss(text):
    follows = defaultdict(list)
    for a, b in zip(text, text[1:]):
        follows[a].append(b)
    size, loss = len(set(text)), 0.0
    for a, b in zip(text, text[1:]):
        loss -= math.log((follows[a].count(b) + 1) / (len(follows[a]) + size))
    return loss / (len(text) - 1)


def mix(scores, values):
    exps = [math.exp(score - max(scores)) for score in scores]
    return [sum(e * v for e, v in zip(exps, column)) / sum(exps) for column in zip(*values)]


def score(query, key):
    return sum(q * k for q, k in zip(query, key)) / len(query) ** 0.5


def attend(query, keys, values):
    return mix([score(query, key) for key in keys], values)


def causal(queries, keys, values):
    table = [[score(q, k) if j <= i else -math.inf for j, k in enumerate(keys)] for i, q in enumerate(queries)]
    return [mix(row, values) for row in table]
