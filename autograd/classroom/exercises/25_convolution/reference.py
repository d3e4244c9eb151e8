"""A sum of products at each place."""


def convolve(xs, ws):
    places = range(len(xs) - len(ws) + 1)
    return [sum(w * xs[place + k] for k, w in enumerate(ws)) for place in places]
