"""A function beside the class, that keeps gradients in a dict and writes them down at the end."""


def backward(output):
    order = topological_order(output)
    gradients = dict.fromkeys(order, 0.0)
    gradients[output] = 1.0
    for node in reversed(order):
        for parent, gain in zip(node.parents, node.pass_back(gradients[node])):
            gradients[parent] += gain
    for node, gradient in gradients.items():
        node.grad = gradient if node.parents else node.grad + gradient


Value.backward = backward
