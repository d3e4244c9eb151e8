r"""8 · Why order matters

A node may pass its gradient on only when all of it has arrived. Take c = a + a; d = a + c; e = c + d:

        a ==> c ----> e        e sends to c and to d. If c goes next, it goes too
         \     \    /          early: d is still to send it something. First d, then c.
          \-----> d

Read backward, a topological order does it: a list in which every node stands after all its parents. Write
`topological_order(output)`: all nodes that the output was computed from, each once, parents first, the output last.
A node knows `node.parents`, and nothing else is needed. Graphs can be 100,000 nodes deep, deeper than Python can call
itself; and they can have more paths than there are atoms, so go through each node once. A way that works: keep a list
of what is still to do. A node that is taken from it for the first time goes back on it, marked, and its parents on top
of it; one that is taken with its mark has all its parents behind it.
"""


def topological_order(output):
    raise NotImplementedError


if __name__ == "__main__":  # when it is written, press run to try it

    class Node:
        def __init__(self, name, *parents):
            self.name, self.parents = name, parents

        def __repr__(self):
            return self.name

    a = Node("a")
    c = Node("c", a, a)
    d = Node("d", a, c)
    e = Node("e", c, d)
    print(topological_order(e))  # [a, c, d, e]
