"""9 · backward(), and again

All the parts are there: local gradients (`pass_back`), an order. Now the loop:

        1.  the output's own gradient is 1
        2.  from the output to the leaves: every node hands its parents what they gain

Calling it a second time must double the gradients of the leaves (a, b, the numbers you made) exactly: they add up,
until you set them to 0. The gradients of the nodes in between belong to one pass, and start at 0 in each.
"""


class Value(Value):  # the class so far, with one thing more
    def backward(self):
        raise NotImplementedError
