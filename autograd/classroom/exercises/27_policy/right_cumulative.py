"""The action by where a random number falls."""

import math


def chances(logits):
    top = max(logits)
    weights = [math.exp(z - top) for z in logits]
    return [w / math.fsum(weights) for w in weights]


def policy_gradient(logits, action, reward, baseline):
    gradient = [-(reward - baseline) * p for p in chances(logits)]
    gradient[action] += reward - baseline
    return gradient


def drawn(probabilities, number):
    for action, p in enumerate(probabilities):
        number -= p
        if number < 0:
            return action
    return len(probabilities) - 1


def learn(pull, arms, steps, rate, draw):
    logits, mean = [0.0 for _ in range(arms)], 0.0
    for step in range(1, steps + 1):
        action = drawn(chances(logits), draw.random())
        reward = pull(action)
        for k, g in enumerate(policy_gradient(logits, action, reward, mean)):
            logits[k] += rate * g
        mean += (reward - mean) / step
    return logits
