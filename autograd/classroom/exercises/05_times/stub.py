r"""5 · The local gradient of *

In a * b, moving a by a little moves the product by b times as much: what counts for a parent is the *other* one's data.

        a = 2 <--- gradient * 3 ---\
                                     *  <--- gradient arrives here
        b = 3 <--- gradient * 2 ---/

Write `__mul__`: the data of the product, its parents, and what each of them gains.
"""


class Value(Value):  # the class so far, with one thing more
    def __mul__(self, other):
        raise NotImplementedError
