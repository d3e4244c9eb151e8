"""A uniform distribution of the same variance: from -r to r it is r**2 / 3."""


def he_weight(fan_in, fan_out, draw):
    r = (6 / fan_in) ** 0.5
    return draw.uniform(-r, r)


def dead_units(activations):
    alive = set()
    for sample in activations:
        alive |= {k for k, a in enumerate(sample) if a > 0}
    return len(activations[0]) - len(alive)
