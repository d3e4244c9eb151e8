"""Each inner node's gradient is taken away when it has been passed on."""


class Value(Value):
    def backward(self):
        self.grad = 1.0
        for node in reversed(topological_order(self)):
            gradient = node.grad
            if node.parents:
                node.grad = 0.0
            for parent, gain in zip(node.parents, node.pass_back(gradient)):
                parent.grad += gain
