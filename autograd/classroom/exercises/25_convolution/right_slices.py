"""Slices of the input, each weighed."""


def convolve(xs, ws):
    width = len(ws)
    windows = [xs[start : start + width] for start in range(len(xs)) if start + width <= len(xs)]
    return [sum(x * w for x, w in zip(window, ws)) for window in windows]
