"""One method for all signs, by the two partial slopes of each."""

import math

RULES = {
    "add": lambda a, b: (a + b, 1, 1),
    "sub": lambda a, b: (a - b, 1, -1),
    "mul": lambda a, b: (a * b, b, a),
    "truediv": lambda a, b: (a / b, 1 / b, -a / b**2),
}


class Dual:
    def __init__(self, value, slope=0.0):
        self.value, self.slope = value, slope

    def exp(self):
        y = math.exp(self.value)
        return Dual(y, y * self.slope)


def operation(rule, swapped):
    def method(self, other):
        other = other if isinstance(other, Dual) else Dual(other)
        left, right = (other, self) if swapped else (self, other)
        value, by_left, by_right = rule(left.value, right.value)
        return Dual(value, by_left * left.slope + by_right * right.slope)

    return method


for name, rule in RULES.items():
    setattr(Dual, f"__{name}__", operation(rule, False))
    setattr(Dual, f"__r{name}__", operation(rule, True))


def derivative(f, x):
    return getattr(f(Dual(x, 1.0)), "slope", 0.0)
