"""10 · The other side of the operator

a + 2 calls a.__add__(2). And 2 + a? Python asks 2 first, which knows nothing of Values, and then asks a, by another
name: a.__radd__(2). They have changed sides: in __rsub__(self, other), other stands on the left.

        2 - a   -->   (2).__sub__(a)   -->  "I do not know how"   -->   a.__rsub__(2)

A plain number is a Value without parents. Make + - * / and the minus in front work with Values and numbers on either
side. Division is new: a / b moves by 1/b for each step of a, and by -a/b**2 for each step of b.
"""


def as_value(x):
    """Given: a Value as it is, and a number as a Value."""
    return x if isinstance(x, Value) else Value(x)


class Value(Value):  # the class so far, with one thing more
    def __add__(self, other):
        return super().__add__(as_value(other))

    def __sub__(self, other):
        raise NotImplementedError

    def __mul__(self, other):
        raise NotImplementedError

    def __truediv__(self, other):
        raise NotImplementedError

    def __neg__(self):
        raise NotImplementedError

    def __radd__(self, other):  # other + self
        raise NotImplementedError

    def __rsub__(self, other):  # other - self
        raise NotImplementedError

    def __rmul__(self, other):
        raise NotImplementedError

    def __rtruediv__(self, other):
        raise NotImplementedError
