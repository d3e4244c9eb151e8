"""12 · Powers and kinks

a ** b moves with the base, by b * a**(b-1), and with the exponent, by a**b * log(a). For the second, a has to be
positive; for the first it need not: (-2) ** 3 is -8, with slope 12.

relu(a), which is a where that is positive and else 0, and abs(a) have a kink at 0:

              |   /
              |  /       left of the kink the slope of relu is 0, right of it 1;
        ______|_/        at it, any slope from 0 to 1 will do
              0

Write both, and ** with numbers on either side.
"""

import math


class Value(Value):  # the class so far, with one thing more
    def __pow__(self, other):  # a ** b, where b is a number or a Value
        raise NotImplementedError

    def __rpow__(self, other):  # other ** self
        raise NotImplementedError

    def relu(self):
        raise NotImplementedError

    def __abs__(self):
        raise NotImplementedError
