"""A table of signs, one method that records, parents in a list."""

import operator

SIGNS = {"+": operator.add, "*": operator.mul}


class Value:
    __slots__ = ("data", "op", "parents")

    def __init__(self, data, parents=None, op=""):
        self.data, self.parents, self.op = float(data), list(parents or []), op

    def __repr__(self):
        return f"<{self.op or 'leaf'} {self.data:g}>"

    def recorded(self, sign, other):
        return Value(SIGNS[sign](self.data, other.data), [self, other], sign)

    def __add__(self, other):
        return self.recorded("+", other)

    def __mul__(self, other):
        return self.recorded("*", other)
