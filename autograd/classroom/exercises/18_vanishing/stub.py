"""18 · Vanishing and dead

A gradient that goes back through ten layers is multiplied ten times. By a little less than 1 each time, and it
vanishes; by a little more, and it explodes. The start decides. For units of relu, weights that are normal with mean 0
and variance 2 / fan_in keep its size (He and others 2015); fan_in is how many inputs a unit has, fan_out how many
units there are.

        layer    1        2        3   ...   10
        size   ......  <- ...  <- ...    <- ######        a small start: nothing arrives at layer 1

And a relu that is 0 for every sample gets no gradient at all, and never will again: it is dead.

Write `he_weight(fan_in, fan_out, draw)`: one weight, from draw.gauss(mean, standard deviation). And
`dead_units(activations)`: one list of activations for each sample; how many units are 0 in all of them?
"""


def he_weight(fan_in, fan_out, draw):
    raise NotImplementedError


def dead_units(activations):
    raise NotImplementedError
