"""The next line is any that no waiting line uses; gradients by measuring, exact enough for whole numbers."""

formulas = dict(line.split(" = ") for line in PROGRAM.split("; "))


def value(name, at):
    if name in at:
        return at[name]
    left, sign, right = formulas[name].split()
    one, other = value(left, at), value(right, at)
    return one + other if sign == "+" else one * other


order = []
while len(order) < len(formulas):
    waiting = [name for name in formulas if name not in order]
    order += [name for name in waiting if not any(name in formulas[user].split() for user in waiting)]


def slope(name):
    up, down = ({**AT, name: AT[name] + h} for h in (1e-6, -1e-6))
    return round((value(order[0], up) - value(order[0], down)) / 2e-6)


grad_a, grad_b = slope("a"), slope("b")
