"""Each parent gains the gradient times the other's data."""


class Value(Value):  # the class so far, with one thing more
    def __mul__(self, other):
        pass_back = lambda gradient: (gradient * other.data, gradient * self.data)
        return Value(self.data * other.data, (self, other), pass_back)
