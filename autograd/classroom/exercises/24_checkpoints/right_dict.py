"""Kept numbers in a dict, by their place."""


def gradient(stages, x, every):
    kept = {}
    for k in range(len(stages)):
        if k % every == 0:
            kept[k] = x
        x = stages[k][0](x)
    total, last = 1.0, len(stages)
    while last > 0:
        first = (last - 1) // every * every
        again = [kept.pop(first)]
        for k in range(first, last - 1):
            again.append(stages[k][0](again[-1]))
        for k in range(last - 1, first - 1, -1):
            total = total * stages[k][1](again.pop())
        last = first
    return total
