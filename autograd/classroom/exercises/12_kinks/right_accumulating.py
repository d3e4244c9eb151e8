"""Slopes chosen in the closure; at the kink of relu the mean of both sides."""

import math


class Value(Value):
    def __pow__(self, other):
        other = other if isinstance(other, Value) else Value(other)

        def pass_back(gradient):
            a, b = self.data, other.data
            yield gradient * b * a ** (b - 1)
            yield gradient * a**b * math.log(a) if a > 0 else 0.0

        return Value(self.data**other.data, (self, other), pass_back)

    def __rpow__(self, other):
        return Value(other) ** self

    def relu(self):
        def pass_back(gradient):
            return (gradient * (0.5 if self.data == 0 else self.data > 0),)

        return Value(max(0.0, self.data), (self,), pass_back)

    def __abs__(self):
        sign = (self.data > 0) - (self.data < 0)
        return Value(abs(self.data), (self,), lambda gradient: (gradient * sign,))
