"""A dataclass; equality stays identity, for nodes are told apart by who they are."""

from dataclasses import dataclass


@dataclass(eq=False)
class Value:
    data: float
    parents: tuple = ()
    op: str = ""

    def __post_init__(self):
        self.data = float(self.data)

    def __add__(self, other):
        return Value(self.data + other.data, (self, other), "+")

    def __mul__(self, other):
        return Value(self.data * other.data, (self, other), "*")
