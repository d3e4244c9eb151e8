"""One pass keeps every so many; then segment by segment, from the last."""


def gradient(stages, x, every):
    kept = []
    for k, (forward, _) in enumerate(stages):
        if k % every == 0:
            kept.append(x)
        x = forward(x)
    result = 1.0
    for start in reversed(range(0, len(stages), every)):
        segment = stages[start : start + every]
        inputs = [kept.pop()]
        for forward, _ in segment[:-1]:
            inputs.append(forward(inputs[-1]))
        for _, slope in reversed(segment):
            result *= slope(inputs.pop())
    return result
