"""Gradients as sums over all paths; leaves may stand in the order too, at its end."""

formulas = dict(line.split(" = ") for line in PROGRAM.split("; "))
order = [*list(formulas)[::-1], "b", "a"]


def dual(name, by):
    """A number and its slope, forward."""
    if name in AT:
        return AT[name], int(name == by)
    left, sign, right = formulas[name].split()
    (x, dx), (y, dy) = dual(left, by), dual(right, by)
    return (x + y, dx + dy) if sign == "+" else (x * y, dx * y + x * dy)


grad_a = dual(order[0], "a")[1]
grad_b = dual(order[0], "b")[1]
