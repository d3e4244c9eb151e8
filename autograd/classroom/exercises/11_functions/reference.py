"""Each function beside its slope; sigmoid exponentiates nothing but negative numbers."""

import math


class Value(Value):  # the class so far, with one thing more
    def exp(self):
        y = math.exp(self.data)
        return Value(y, (self,), lambda gradient: (gradient * y,))

    def log(self):
        x = self.data
        return Value(math.log(x), (self,), lambda gradient: (gradient / x,))

    def tanh(self):
        y = math.tanh(self.data)
        return Value(y, (self,), lambda gradient: (gradient * (1 - y * y),))

    def sigmoid(self):
        small = math.exp(-abs(self.data))
        y = 1 / (1 + small) if self.data > 0 else small / (1 + small)
        return Value(y, (self,), lambda gradient: (gradient * y * (1 - y),))
