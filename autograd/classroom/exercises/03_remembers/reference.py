"""Data, parents, sign."""


class Value:
    def __init__(self, data, parents=(), op=""):
        self.data = float(data)
        self.parents = parents
        self.op = op

    def __repr__(self):
        return f"Value({self.data})"

    def __add__(self, other):
        return Value(self.data + other.data, (self, other), "+")

    def __mul__(self, other):
        return Value(self.data * other.data, (self, other), "*")
