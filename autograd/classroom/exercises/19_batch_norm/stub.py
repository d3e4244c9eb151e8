r"""19 · Batch normalisation, backward

Forward: subtract the mean of the batch, divide by its standard deviation.

        mean = sum(x) / n       var = sum((x - mean)**2) / n       y = (x - mean) / sqrt(var + eps)

              x1 ---\---------> y1        every x moves the mean and the variance,
                     mean, var             and so every y: n * n paths
              x2 ---/---------> y2

Backward by hand, on paper: given the gradients g of all y, those of all x. With d = sqrt(var + eps),

        dx_k = ( g_k  -  mean of g  -  y_k * mean of (g * y) ) / d

The second term comes through the mean, the third through the variance. Derive it, then write both, on lists of floats.
"""


def batch_norm(xs, eps=1e-5):
    raise NotImplementedError


def batch_norm_backward(xs, gradients, eps=1e-5):
    raise NotImplementedError
