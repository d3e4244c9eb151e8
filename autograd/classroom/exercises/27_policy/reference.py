"""REINFORCE with a baseline (Williams 1992)."""

import math


def softmax(logits):
    exps = [math.exp(z - max(logits)) for z in logits]
    return [each / sum(exps) for each in exps]


def policy_gradient(logits, action, reward, baseline):
    return [(reward - baseline) * ((k == action) - p) for k, p in enumerate(softmax(logits))]


def learn(pull, arms, steps, rate, draw):
    logits, total = [0.0] * arms, 0.0
    for step in range(steps):
        action = draw.choices(range(arms), softmax(logits))[0]
        reward = pull(action)
        gradient = policy_gradient(logits, action, reward, total / step if step else 0.0)
        logits = [z + rate * g for z, g in zip(logits, gradient)]
        total += reward
    return logits
