"""One way to make a function of one number from its value and slope; slopes from the input."""

import math


def of_one(function, slope):
    def method(self):
        x = self.data
        return Value(function(x), (self,), lambda gradient: (gradient * slope(x),))

    return method


def stable_sigmoid(x):
    return 1 / (1 + math.exp(-x)) if x >= 0 else 1 - 1 / (1 + math.exp(x))


Value.exp = of_one(math.exp, math.exp)
Value.log = of_one(math.log, lambda x: 1 / x)
Value.tanh = of_one(math.tanh, lambda x: 0.0 if abs(x) > 300 else 1 / math.cosh(x) ** 2)
Value.sigmoid = of_one(stable_sigmoid, lambda x: stable_sigmoid(x) * stable_sigmoid(-x))
