"""Raise nodes until nothing has to be raised; crossings as inversions."""


def layers(parents):
    level = dict.fromkeys(parents, 0)
    changed = True
    while changed:
        changed = False
        for name in parents:
            for parent in parents[name]:
                if level[name] <= level[parent]:
                    level[name], changed = level[parent] + 1, True
    return level


def crossings(lower, upper, edges):
    count = 0
    ordered = sorted((lower.index(a), upper.index(b)) for a, b in edges)
    for k, (a, b) in enumerate(ordered):
        count += sum(1 for c, d in ordered[:k] if d > b and c < a)
    return count
