"""Local gradients are numbers here, and can be stored as such."""


class Value:
    def __init__(self, data, parents=(), slopes=()):
        self.data, self.grad, self.parents, self.slopes = data, 0.0, parents, slopes

    def __add__(self, other):
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __sub__(self, other):
        return Value(self.data - other.data, (self, other), (1.0, -1.0))


def one_step(output, gradient=1.0):
    output.grad = gradient
    for parent, slope in zip(output.parents, output.slopes):
        parent.grad += slope * gradient
