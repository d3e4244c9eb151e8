"""Two values only, of the right size."""


def he_weight(fan_in, fan_out, draw):
    size = (2 / fan_in) ** 0.5
    return size if draw.random() < 0.5 else -size


def dead_units(activations):
    highest = [max(sample[k] for sample in activations) for k in range(len(activations[0]))]
    return highest.count(0.0)
