"""11 · exp, log, tanh, sigmoid, and all of them stable

Four functions of one number, each with its slope. Three of the slopes are cheapest from the function's own value:

        exp'(x) = exp(x)              tanh'(x)    = 1 - tanh(x)**2
        log'(x) = 1 / x               sigmoid'(x) = s * (1 - s),  s = sigmoid(x) = 1 / (1 + exp(-x))

Each has one parent, and what it passes back is a tuple of one, with its comma: (gradient * slope,)

Stable means: right for large numbers too. sigmoid(-1000) is just 0, and tanh(1000) just 1; but math.exp(1000) is an
OverflowError, for the number does not fit, and whoever is not careful asks for it on the way.
"""

import math


class Value(Value):  # the class so far, with one thing more
    def exp(self):
        raise NotImplementedError

    def log(self):
        raise NotImplementedError

    def tanh(self):
        raise NotImplementedError

    def sigmoid(self):
        raise NotImplementedError
