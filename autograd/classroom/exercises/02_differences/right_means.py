"""The central difference is the mean of the one forward and the one backward."""


def forward_difference(f, x, h):
    return (f(x + h) - f(x)) / h


def central_difference(f, x, h):
    return (forward_difference(f, x, h) + forward_difference(f, x, -h)) / 2
