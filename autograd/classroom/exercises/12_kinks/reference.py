"""The slope by the exponent only where there is one."""

import math


class Value(Value):  # the class so far, with one thing more
    def __pow__(self, other):  # a ** b, where b is a number or a Value
        exponent = as_value(other)
        a, b = self.data, exponent.data
        by_base = b * a ** (b - 1) if b != 0 else 0.0
        by_exponent = a**b * math.log(a) if a > 0 else 0.0
        return Value(a**b, (self, exponent), lambda gradient: (gradient * by_base, gradient * by_exponent))

    def __rpow__(self, other):  # other ** self
        return as_value(other) ** self

    def relu(self):
        slope = 1.0 if self.data > 0 else 0.0
        return Value(self.data * slope, (self,), lambda gradient: (gradient * slope,))

    def __abs__(self):
        slope = math.copysign(1.0, self.data)
        return Value(abs(self.data), (self,), lambda gradient: (gradient * slope,))
