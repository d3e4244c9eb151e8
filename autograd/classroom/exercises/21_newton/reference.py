"""The ordinary backward pass, with Values for gradients."""


class Value:
    def __init__(self, data, parents=(), pass_back=lambda gradient: ()):
        self.data, self.parents, self.pass_back = data, parents, pass_back

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other), lambda gradient: (gradient, gradient))

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other), lambda gradient: (gradient * other, gradient * self))

    __radd__, __rmul__ = __add__, __mul__


def order_below(output):
    order, seen, stack = [], set(), [(output, False)]
    while stack:
        node, done = stack.pop()
        if done:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack.extend((parent, False) for parent in node.parents)
    return order


def gradient(output, leaf):
    gradients = {output: Value(1.0)}
    for node in reversed(order_below(output)):
        for parent, gain in zip(node.parents, node.pass_back(gradients[node])):
            gradients[parent] = gradients[parent] + gain if parent in gradients else gain
    return gradients.get(leaf, Value(0.0))


def newton_step(f, x):
    leaf = Value(x)
    slope = gradient(f(leaf), leaf)
    curvature = gradient(slope, leaf)
    return x - slope.data / curvature.data
