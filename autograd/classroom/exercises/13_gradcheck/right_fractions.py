"""Two steps, and a tolerance from how much they disagree."""


def slope(f, xs, k, h):
    left, right = list(xs), list(xs)
    left[k] -= h
    right[k] += h
    return (f(*right) - f(*left)) / (right[k] - left[k])


def gradcheck(f, gradient, xs):
    claims = gradient(*xs)

    def agrees(k, claim):
        coarse, fine = slope(f, xs, k, 2e-4), slope(f, xs, k, 1e-4)
        best = (4 * fine - coarse) / 3  # Richardson: the h**2 in both errors cancels
        room = abs(fine - coarse) + 1e-6 * abs(best) + 1e-10 * abs(f(*xs))
        return abs(claim - best) < room or claim == best

    return len(claims) == len(xs) and all(map(agrees, range(len(xs)), claims))
