"""Depth first, with an iterator over the parents for each node that is open."""


def topological_order(output):
    order, seen = [], {output}
    path = [(output, iter(output.parents))]
    while path:
        node, parents = path[-1]
        fresh = next((parent for parent in parents if parent not in seen), None)
        if fresh is None:
            order.append(node)
            path.pop()
        else:
            seen.add(fresh)
            path.append((fresh, iter(fresh.parents)))
    return tuple(order)
