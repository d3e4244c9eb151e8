r"""3 · A number that remembers where it came from

Write c = a * b with plain numbers, and c has forgotten a and b. A Value has not: it keeps its number, the Values it was
computed from (its parents) and the sign that made it. So every expression becomes a graph.

        a = 2 ---\
                  * --> c = 6          c.parents is (a, b), c.op is "*"
        b = 3 ---/

For a * a the parents are (a, a): two edges, although there is one a. You will need both of them.

Write what is missing. `data` should be a float, whatever number comes in.
"""


class Value:
    def __init__(self, data, parents=(), op=""):
        raise NotImplementedError

    def __repr__(self):
        raise NotImplementedError  # such as Value(6.0)

    def __add__(self, other):
        raise NotImplementedError  # a Value

    def __mul__(self, other):
        raise NotImplementedError
