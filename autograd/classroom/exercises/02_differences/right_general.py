"""Both are a rise between two places over the run between them."""


def steepness(f, left, right):
    rise, run = f(right) - f(left), right - left
    return rise / run


forward_difference = lambda f, x, h: steepness(f, x, x + h)
central_difference = lambda f, x, h: steepness(f, x - h, x + h)
