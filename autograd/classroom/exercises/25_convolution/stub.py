"""25 · Convolution is shared weights

The same few weights, moved along the input: every output uses all of them, so every weight collects gradients from
every place.

        x0 x1 x2 x3 x4
        w0 w1                 y0 = w0*x0 + w1*x1
           w0 w1              y1 = w0*x1 + w1*x2      ...

Write `convolve(xs, ws)` on lists of Values or numbers: as many outputs as there are places where all the weights fit,
and the weights as they stand (as in neural networks; mathematicians turn them round).
"""


def convolve(xs, ws):
    raise NotImplementedError
