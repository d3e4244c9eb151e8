r"""4 · The local gradient of + and -

Each operation needs to know one thing only: by how much its result moves when an operand moves. That is its local
gradient. When a gradient arrives at the result, each parent gets that gradient times the local one.

        a <--- gradient * 1 ---\
                                 +  <--- gradient arrives here
        b <--- gradient * 1 ---/

Here a Value keeps a function for it, `pass_back`: given the gradient that arrived, it returns what each parent gains,
in the order of the parents. Write it for + and for -. (Or change the class to a style that you like better; the
exercises after it are then checked on yours with: autograd class check --own)
"""


class Value:
    def __init__(self, data, parents=(), pass_back=lambda gradient: ()):
        self.data = data
        self.grad = 0.0
        self.parents = parents
        self.pass_back = pass_back

    def __repr__(self):
        return f"Value(data={self.data}, grad={self.grad})"

    def __add__(self, other):
        raise NotImplementedError  # return Value(..., (self, other), lambda gradient: (..., ...))

    def __sub__(self, other):
        raise NotImplementedError


def one_step(output, gradient=1.0):
    """Given: one step back, from a Value at which this gradient arrives to its parents."""
    output.grad = gradient
    for parent, gain in zip(output.parents, output.pass_back(gradient)):
        parent.grad += gain
