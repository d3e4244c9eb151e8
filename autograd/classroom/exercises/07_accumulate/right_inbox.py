"""Every node collects what arrives in a list; its gradient is the sum."""


class Value:
    def __init__(self, data, parents=(), slopes=()):
        self.data, self.parents, self.slopes, self.inbox = data, parents, slopes, []

    @property
    def grad(self):
        return sum(self.inbox)

    def __add__(self, other):
        return Value(self.data + other.data, (self, other), (1, 1))

    def __mul__(self, other):
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    def backward(self):
        self.inbox = [1]
        for node in reversed(nodes_below(self)):
            for parent, slope in zip(node.parents, node.slopes):
                parent.inbox.append(slope * node.grad)


def nodes_below(node, seen=None):
    """Parents first, each node once."""
    seen = set() if seen is None else seen
    if node in seen:
        return []
    seen.add(node)
    return [each for parent in node.parents for each in nodes_below(parent, seen)] + [node]
