"""28 · Draw a graph

To draw a computation graph, put each node into a layer, so that every edge goes from a lower layer to a higher one, and
order the nodes within layers so that few edges cross.

        layer 2          e            a node stands one above the
        layer 1        c   d          highest of its parents; leaves
        layer 0       a     b         stand at 0

`layers(parents)` gets a dict from each name to the list of its parents' names, in any order, and returns a dict of
layers. `crossings(lower, upper, edges)` gets the names of two neighbouring layers from left to right and the edges
(low, high) between them, and counts the pairs that cross. Edges that share an end do not cross.
"""


def layers(parents):
    raise NotImplementedError


def crossings(lower, upper, edges):
    raise NotImplementedError
