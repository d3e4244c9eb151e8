"""Small dense linear algebra on lists of floats: what Newton's kind of methods need. Next: second_order.py."""

from __future__ import annotations

import math
from collections.abc import Sequence

Vector = list[float]
Matrix = list[list[float]]


def dot(xs: Sequence[float], ys: Sequence[float]) -> float:
    return sum(x * y for x, y in zip(xs, ys))


def transposed(matrix: Sequence[Sequence[float]]) -> Matrix:
    return [list(column) for column in zip(*matrix)]


def times(matrix: Sequence[Sequence[float]], vector: Sequence[float]) -> Vector:
    return [dot(row, vector) for row in matrix]


def solve(matrix: Sequence[Sequence[float]], right: Sequence[float]) -> Vector:
    """The x with matrix x = right, by Gaussian elimination with row pivoting.

    >>> solve([[2.0, 1.0], [1.0, 3.0]], [3.0, 5.0])
    [0.8, 1.4]

    Raises ZeroDivisionError if the matrix is singular.
    """
    rows = [[*row, b] for row, b in zip(matrix, right)]
    size = len(rows)
    for column in range(size):
        pivot = max(range(column, size), key=lambda place: abs(rows[place][column]))
        rows[column], rows[pivot] = rows[pivot], rows[column]
        for row in rows[column + 1 :]:
            factor = row[column] / rows[column][column]
            for place in range(column, size + 1):
                row[place] -= factor * rows[column][place]
    x = [0.0] * size
    for place in reversed(range(size)):
        x[place] = (rows[place][-1] - dot(rows[place][place + 1 : size], x[place + 1 :])) / rows[place][place]
    return x


def least_squares(matrix: Sequence[Sequence[float]], right: Sequence[float]) -> Vector:
    """The x that makes |matrix x - right| smallest, by Householder reflections (Golub 1965).

    >>> least_squares([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]], [1.0, 3.0, 5.0])
    [1.0, 2.0]

    Works on the matrix itself: the normal equations would lose twice the digits. Raises ZeroDivisionError if more than
    one x is best.
    """
    rows = [[*row, b] for row, b in zip(matrix, right)]
    size = len(matrix[0])
    for column in range(size):
        below = rows[column:]
        mirror = [row[column] for row in below]
        mirror[0] += math.copysign(math.hypot(*mirror), mirror[0])
        length = math.hypot(*mirror) or 1.0
        mirror = [component / length for component in mirror]
        for place in range(column, size + 1):
            share = 2.0 * dot(mirror, [row[place] for row in below])
            for row, component in zip(below, mirror):
                row[place] -= share * component
    return solve([row[:size] for row in rows[:size]], [row[-1] for row in rows[:size]])
