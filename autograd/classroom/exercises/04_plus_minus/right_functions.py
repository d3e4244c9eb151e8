"""A class for each operation, with a forward and a backward, as PyTorch has them."""


class Add:
    @staticmethod
    def forward(a, b):
        return a + b

    @staticmethod
    def backward(gradient):
        return gradient, gradient


class Subtract:
    @staticmethod
    def forward(a, b):
        return a - b

    @staticmethod
    def backward(gradient):
        return gradient, -gradient


class Value:
    def __init__(self, data, function=None, inputs=()):
        self.data, self.grad, self.function, self.inputs = data, None, function, inputs

    def apply(self, function, other):
        return Value(function.forward(self.data, other.data), function, (self, other))

    def __add__(self, other):
        return self.apply(Add, other)

    def __sub__(self, other):
        return self.apply(Subtract, other)


def one_step(output, gradient=1.0):
    output.grad = gradient
    for value, gain in zip(output.inputs, output.function.backward(gradient)):
        value.grad = (value.grad or 0.0) + gain
