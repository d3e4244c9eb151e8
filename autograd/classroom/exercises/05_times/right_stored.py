"""The local gradients stored as numbers."""


class Value:
    def __init__(self, data, children=(), slopes=()):
        self.data, self.grad, self.children, self.slopes = data, 0.0, children, slopes

    def __mul__(self, other):
        return Value(self.data * other.data, (self, other), (other.data, self.data))


def one_step(output, gradient=1.0):
    for child, slope in zip(output.children, output.slopes):
        child.grad += gradient * slope
