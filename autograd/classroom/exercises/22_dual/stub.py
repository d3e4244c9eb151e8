"""22 · Dual numbers: the other direction

A dual number carries its slope along: (value, slope). Start with slope 1 at the input, compute as usual, and read the
slope off the result. No graph, no backward pass.

        (a, da) + (b, db) = (a + b, da + db)          (a, da) * (b, db) = (a * b, a * db + b * da)

Write the class for + - * / with numbers on either side, its method exp(), and `derivative(f, x)`.
"""


class Dual:
    def __init__(self, value, slope=0.0):
        self.value, self.slope = value, slope


def derivative(f, x):
    raise NotImplementedError
