"""15 · Softmax and cross-entropy, stable

Scores (logits) become probabilities by softmax, and the loss is how surprised one is at the right class:

        p_k = exp(z_k) / (exp(z_1) + ... + exp(z_n))          loss = -log(p_target)

        logits  1.0  2.0  0.5   -->   p  0.23  0.63  0.14   -->   target 0: loss 1.46

Adding the same number to all logits changes nothing, so subtract the largest: then no exponential is of more than 0.
And log(exp(z)) is z: write the loss as log(sum of exponentials) - z_target, so that no p is 0 in a logarithm.

`logits` is a list of Values; the probabilities are a list, and the loss is a Value.
"""

from engine import Value


def softmax(logits):
    raise NotImplementedError


def cross_entropy(logits, target):
    raise NotImplementedError
