"""Both operands of a sum move it one for one; the second of a difference moves it the other way."""


class Value:
    def __init__(self, data, parents=(), pass_back=lambda gradient: ()):
        self.data = data
        self.grad = 0.0
        self.parents = parents
        self.pass_back = pass_back

    def __repr__(self):
        return f"Value(data={self.data}, grad={self.grad})"

    def __add__(self, other):
        return Value(self.data + other.data, (self, other), lambda gradient: (gradient, gradient))

    def __sub__(self, other):
        return Value(self.data - other.data, (self, other), lambda gradient: (gradient, -gradient))


def one_step(output, gradient=1.0):
    """One step back, from a Value at which this gradient arrives to its parents."""
    output.grad = gradient
    for parent, gain in zip(output.parents, output.pass_back(gradient)):
        parent.grad += gain
