"""Operations return what each operand gains, and one place adds it up."""


class Value:
    def __init__(self, data, parents=(), gains=lambda gradient: ()):
        self.data, self.grad, self.parents, self.gains = data, 0.0, parents, gains

    def __add__(self, other):
        return Value(self.data + other.data, (self, other), lambda gradient: (gradient, gradient))

    def __mul__(self, other):
        a, b = self.data, other.data
        return Value(a * b, (self, other), lambda gradient: (gradient * b, gradient * a))

    def backward(self):
        order, stack = [], [(self, iter(self.parents))]
        seen = {self}
        while stack:
            node, parents = stack[-1]
            for parent in parents:
                if parent not in seen:
                    seen.add(parent)
                    stack.append((parent, iter(parent.parents)))
                    break
            else:
                order.append(stack.pop()[0])
        self.grad = 1.0
        for node in reversed(order):
            for parent, gain in zip(node.parents, node.gains(node.grad)):
                parent.grad += gain
