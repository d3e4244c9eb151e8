"""Kahn's way (1962): count for each node how many uses are still to come; those with none left are next."""

from collections import Counter, deque


def topological_order(output):
    parents = {output: tuple(output.parents)}
    found = [output]
    for node in found:
        for parent in parents[node]:
            if parent not in parents:
                parents[parent] = tuple(parent.parents)
                found.append(parent)
    waiting = Counter(parent for above in parents.values() for parent in above)
    ready, backwards = deque([output]), []
    while ready:
        node = ready.popleft()
        backwards.append(node)
        for parent in parents[node]:
            waiting[parent] -= 1
            if waiting[parent] == 0:
                ready.append(parent)
    return backwards[::-1]
