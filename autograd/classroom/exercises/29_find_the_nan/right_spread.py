"""What is bad because a parent is, is not born here."""


def first_bad(steps):
    bad = set()
    for name, value, parents in steps:
        if value - value != 0:
            if bad.isdisjoint(parents):
                return name
            bad.add(name)
