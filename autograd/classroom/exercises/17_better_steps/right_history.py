"""The memory is all gradients so far, and the means are sums with weights."""


def momentum_step(w, g, memory, rate=0.1, beta=0.9):
    return w - rate * (g + beta * memory), g + beta * memory


def adam_step(w, g, memory, rate=0.1, beta1=0.9, beta2=0.999, eps=1e-8):
    history = [*(memory or []), g]

    def mean(beta, power):
        weights = [beta**age for age in range(len(history))]
        return sum(weight * each**power for weight, each in zip(weights, reversed(history))) / sum(weights)

    return w - rate * mean(beta1, 1) / (mean(beta2, 2) ** 0.5 + eps), history
