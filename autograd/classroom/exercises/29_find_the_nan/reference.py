"""The first that is not finite and has only finite parents."""

import math


def first_bad(steps):
    values = {name: value for name, value, _ in steps}
    for name, value, parents in steps:
        if not math.isfinite(value) and all(math.isfinite(values[parent]) for parent in parents):
            return name
    return None
