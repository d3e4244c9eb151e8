"""Constants make no nodes: a shift has slope 1, a scale its factor; a quotient is a product with the inverse."""


def is_value(x):
    return isinstance(x, Value)


class Value(Value):
    def __add__(self, other):
        return super().__add__(other) if is_value(other) else Value(self.data + other, (self,), lambda g: (g,))

    def __mul__(self, other):
        return super().__mul__(other) if is_value(other) else Value(self.data * other, (self,), lambda g: (g * other,))

    def inverse(self):
        y = 1 / self.data
        return Value(y, (self,), lambda g: (-g * y * y,))

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + -other

    def __truediv__(self, other):
        return self * (other.inverse() if is_value(other) else 1 / other)

    def __rsub__(self, other):
        return -self + other

    def __rtruediv__(self, other):
        return self.inverse() * other

    __radd__, __rmul__ = __add__, __mul__
