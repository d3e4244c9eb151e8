"""17 · Better steps: momentum and Adam

Plain descent zigzags in narrow valleys. Momentum keeps going where it went; Adam, besides, gives each parameter a step
that does not depend on how large its gradients are. From the papers, for one parameter w with gradient g:

        momentum         v = beta * v + g                          w = w - rate * v
        Adam             m = beta1 * m + (1 - beta1) * g           a mean of gradients
                         v = beta2 * v + (1 - beta2) * g**2        and of their squares
                         m' = m / (1 - beta1**t),  v' = v / (1 - beta2**t)     for they began at 0; t = 1, 2, ...
                         w = w - rate * m' / (sqrt(v') + eps)

Both functions take w, g and a memory and return the new w and the new memory. The memory of momentum is 0.0 at first;
that of Adam is None, and then what you like.
"""


def momentum_step(w, g, memory, rate=0.1, beta=0.9):
    raise NotImplementedError


def adam_step(w, g, memory, rate=0.1, beta1=0.9, beta2=0.999, eps=1e-8):
    raise NotImplementedError
