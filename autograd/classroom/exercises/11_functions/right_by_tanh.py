"""sigmoid is tanh in disguise: sigmoid(x) = (1 + tanh(x/2)) / 2."""

import math


class Value(Value):
    def exp(self):
        out = Value(math.exp(self.data), (self,), lambda gradient: [gradient * out.data])
        return out

    def log(self):
        return Value(math.log(self.data), (self,), lambda gradient: [gradient / self.data])

    def tanh(self):
        out = Value(math.tanh(self.data), (self,), lambda gradient: [gradient * (1 - out.data**2)])
        return out

    def sigmoid(self):
        return ((self * 0.5).tanh() + 1) * 0.5
