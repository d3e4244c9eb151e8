"""11 · exp, log, tanh, sigmoid, and all of them stable

Four functions of one number, each with its slope. Three of the slopes are cheapest from the function's own value:

        exp'(x) = exp(x)              tanh'(x)    = 1 - tanh(x)**2
        log'(x) = 1 / x               sigmoid'(x) = s * (1 - s),  s = sigmoid(x) = 1 / (1 + exp(-x))

Stable means: right for large numbers too. math.exp(1000) is an OverflowError, and sigmoid(-1000) asks for it if one is
not careful, although its value is just 0.
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
