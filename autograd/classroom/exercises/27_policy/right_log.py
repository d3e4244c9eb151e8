"""From the logarithm of the chance, by its two terms."""

import math


def log_total(logits):
    return max(logits) + math.log(sum(math.exp(z - max(logits)) for z in logits))


def policy_gradient(logits, action, reward, baseline):
    advantage = reward - baseline
    by_total = [math.exp(z - log_total(logits)) for z in logits]
    return [advantage * (1.0 if k == action else 0.0) - advantage * s for k, s in enumerate(by_total)]


def learn(pull, arms, steps, rate, draw):
    logits, rewards = [0.0] * arms, []
    while len(rewards) < steps:
        weights = [math.exp(z - log_total(logits)) for z in logits]
        [action] = draw.choices(list(range(arms)), weights=weights)
        baseline = sum(rewards) / len(rewards) if rewards else 0.0
        rewards.append(pull(action))
        step = policy_gradient(logits, action, rewards[-1], baseline)
        logits = [z + rate * s for z, s in zip(logits, step)]
    return logits
