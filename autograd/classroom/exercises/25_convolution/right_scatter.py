"""The other way round: each weight adds its share everywhere."""


def convolve(xs, ws):
    outputs = [0.0] * (len(xs) - len(ws) + 1)
    for k, w in enumerate(ws):
        for place in range(len(outputs)):
            outputs[place] = outputs[place] + w * xs[place + k]
    return outputs
