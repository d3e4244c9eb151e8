"""A power of two Values is exp(b * log(a)), a constant power has one parent, and abs is made of two relus."""


class Value(Value):
    def __pow__(self, other):
        if isinstance(other, Value):
            return (other * self.log()).exp() if self.data > 0 else self**other.data
        slope = other * self.data ** (other - 1) if other else 0.0
        return Value(self.data**other, (self,), lambda gradient: (gradient * slope,))

    def __rpow__(self, other):
        return Value(float(other)) ** self

    def relu(self):
        return self * (self.data > 0)

    def __abs__(self):
        return self.relu() + (-self).relu()
