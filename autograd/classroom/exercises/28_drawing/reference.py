"""The longest path to each node; pairs whose ends are in opposite order."""


def layers(parents):
    found = {}
    while len(found) < len(parents):
        for name, above in parents.items():
            if name not in found and all(parent in found for parent in above):
                found[name] = 1 + max((found[parent] for parent in above), default=-1)
    return found


def crossings(lower, upper, edges):
    places = [(lower.index(low), upper.index(high)) for low, high in edges]
    return sum(a < c and b > d for a, b in places for c, d in places)
