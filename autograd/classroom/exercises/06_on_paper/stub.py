r"""6 · One step back on a paper graph

Draw the graph of your PROGRAM below: a circle for every line, an edge to each operand. Write the numbers of the forward
pass into the circles. Then go back: the last line has gradient 1, and each line, when its turn comes, sends every
operand its gradient times the local one. What arrives at the same circle is added up.

     a --->(c)--->(e)          e first; then c can go only when all the
      \----------/             lines that use c have gone

When may a line take its turn? Write an order of the lines (several may be good), and the gradients at the end.
"""

order = []  # of all lines, by name: ["d", "c"] if there were two
grad_a = None
grad_b = None
