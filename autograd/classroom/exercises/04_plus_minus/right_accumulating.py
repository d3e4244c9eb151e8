"""Closures that add to the parents themselves, as micrograd's do."""


class Value:
    def __init__(self, data, parents=()):
        self.data, self.grad, self.parents = data, 0.0, parents
        self.backward_step = lambda: None

    def __add__(self, other):
        out = Value(self.data + other.data, (self, other))

        def backward_step():
            self.grad += out.grad
            other.grad += out.grad

        out.backward_step = backward_step
        return out

    def __sub__(self, other):
        out = Value(self.data - other.data, (self, other))

        def backward_step():
            self.grad += out.grad
            other.grad -= out.grad

        out.backward_step = backward_step
        return out


def one_step(output, gradient=1.0):
    output.grad = gradient
    output.backward_step()
