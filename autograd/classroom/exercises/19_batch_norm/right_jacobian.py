"""The whole matrix of slopes dy_i/dx_k, and a product with it."""


def batch_norm(xs, eps=1e-5):
    mean = sum(xs) / len(xs)
    spread = (sum(x * x for x in xs) / len(xs) - mean * mean + eps) ** 0.5
    return [(x - mean) / spread for x in xs]


def batch_norm_backward(xs, gradients, eps=1e-5):
    n, ys = len(xs), batch_norm(xs, eps)
    mean = sum(xs) / n
    spread = (sum((x - mean) ** 2 for x in xs) / n + eps) ** 0.5

    def slope(i, k):
        return ((i == k) - 1 / n - ys[i] * ys[k] / n) / spread

    return [sum(gradients[i] * slope(i, k) for i in range(n)) for k in range(n)]
