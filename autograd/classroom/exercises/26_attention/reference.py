"""Counts, and a softmax of products."""

import math
from collections import Counter


def bigram_loss(text):
    letters = set(text)
    pairs = list(zip(text, text[1:]))
    counts, firsts = Counter(pairs), Counter(first for first, _ in pairs)
    chances = [(counts[pair] + 1) / (firsts[pair[0]] + len(letters)) for pair in pairs]
    return -sum(map(math.log, chances)) / len(pairs)


def attend(query, keys, values):
    scores = [sum(q * k for q, k in zip(query, key)) / math.sqrt(len(query)) for key in keys]
    exps = [math.exp(score - max(scores)) for score in scores]
    weights = [each / sum(exps) for each in exps]
    return [sum(w * value[d] for w, value in zip(weights, values)) for d in range(len(values[0]))]


def causal(queries, keys, values):
    return [attend(query, keys[: t + 1], values[: t + 1]) for t, query in enumerate(queries)]
