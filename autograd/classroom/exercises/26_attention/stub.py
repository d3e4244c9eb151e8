"""26 · From bigrams to attention

The simplest model of text looks at one letter to guess the next: count pairs. Attention looks at all letters before,
and decides by itself at which.

        query . key_j / sqrt(d)  -->  softmax over j  -->  weights  -->  sum of weights_j * value_j

Write, on floats:
 * `bigram_loss(text)`: the mean of -log p(next | letter) over all pairs of the text, where p is from its own counts,
   with 1 added to the count of every pair that could be made of its letters, also of those that are not there;
 * `attend(query, keys, values)`: the mixture of values, as a list;
 * `causal(queries, keys, values)`: one mixture for each position, of the positions up to it and none after.
"""


def bigram_loss(text):
    raise NotImplementedError


def attend(query, keys, values):
    raise NotImplementedError


def causal(queries, keys, values):
    raise NotImplementedError
