"""29 · Find the nan

A training run says nan, and somewhere in the graph the first one was born: a node that is not a finite number although
all its parents are. From there it has spread to all that use it.

        a = 0 --> log --> -inf --> * --> nan --> + --> nan
                  born here        b = 0

`first_bad(steps)` gets the recorded steps in the order in which they were computed, each (name, value, names of
parents), and returns the name of the first node that is inf, -inf or nan while its parents are all finite; None if
there is none.
A leaf that came in as nan was born there too.
"""


def first_bad(steps):
    raise NotImplementedError
