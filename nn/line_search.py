"""A line search: how far to go in a direction that leads downhill. Next: second_order.py, whose L-BFGS asks for it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from nn.matrices import dot


class Place(NamedTuple):
    """A place on the line: how far along it, and there the point, the value, the gradient and the slope of the line."""

    distance: float
    x: list[float]
    value: float
    gradient: list[float]
    slope: float

    @property
    def is_finite(self) -> bool:
        return math.isfinite(self.value) and math.isfinite(self.slope)


class Line:
    """A function of many variables along a line, and what a good step on it is.

    >>> def f(x):                                             # x**2, its gradient beside it
    ...     return x[0] ** 2, [2 * x[0]]
    >>> Line(f, [3.0], *f([3.0]), direction=[-1.0]).search(1.0).x
    [2.0]
    >>> Line(f, [3.0], *f([3.0]), direction=[-1.0], c2=0.1).search(1.0).x
    [0.0]

    A good step satisfies the strong Wolfe conditions: the value falls by at least the share `c1` of what the slope
    promises, and the slope that is left is at most the share `c2` of what it was. (Nocedal and Wright 2006, chapter 3)
    Close to a minimum, rounding hides whether the value falls: there the slopes alone decide. `endless` says whether
    the line still fell as far as a search went.
    """

    def __init__(
        self,
        value_and_gradient: Callable[[list[float]], tuple[float, list[float]]],
        x: Sequence[float],
        value: float,
        gradient: Sequence[float],
        direction: Sequence[float],
        c1: float = 1e-4,
        c2: float = 0.9,
    ) -> None:
        self.function, self.direction, self.c1, self.c2 = value_and_gradient, direction, c1, c2
        self.start = Place(0.0, list(x), value, list(gradient), dot(gradient, direction))
        self.rounding = 1e-15 * abs(value)
        self.endless = False

    def at(self, distance: float) -> Place:
        x = [p + distance * d for p, d in zip(self.start.x, self.direction)]
        value, gradient = self.function(x)
        return Place(distance, x, value, gradient, dot(gradient, self.direction))

    def too_high(self, place: Place) -> bool:
        """Whether the value has not fallen enough, or is not a number."""
        bar = self.start.value + self.c1 * place.distance * self.start.slope + self.rounding
        return not place.is_finite or place.value > bar

    def no_lower(self, place: Place, other: Place) -> bool:
        return place.value > other.value + self.rounding

    def flat_enough(self, place: Place) -> bool:
        return abs(place.slope) <= -self.c2 * self.start.slope

    def search(self, distance: float, most: int = 60) -> Place | None:
        """A good step, trying `distance` first and then its doubles; None if none is found. (Algorithm 3.5)"""
        before = self.start
        for _ in range(most):
            place = self.at(distance)
            if self.too_high(place) or (before is not self.start and self.no_lower(place, before)):
                return self.zoom(before, place)
            if self.flat_enough(place):
                return place
            if place.slope >= 0:
                return self.zoom(place, before)
            before, distance = place, 2.0 * distance
        self.endless = True
        return before

    def zoom(self, low: Place, high: Place, most: int = 60) -> Place | None:
        """A good step between two places, the lower of which has fallen enough. (Algorithm 3.6)"""
        for _ in range(most):
            place = self.at(lowest_between(low, high))
            if place.distance in (low.distance, high.distance):
                break
            if self.too_high(place) or self.no_lower(place, low):
                high = place
                continue
            if self.flat_enough(place):
                return place
            if place.slope * (high.distance - low.distance) >= 0:
                high = low
            low = place
        return low if low is not self.start else None  # as good as rounding allows


def lowest_between(a: Place, b: Place) -> float:
    """Where the cubic with these values and slopes is lowest; halfway, if that is not well inside. (Equation 3.59)"""
    middle, reach = (a.distance + b.distance) / 2.0, abs(b.distance - a.distance)
    d1 = a.slope + b.slope - 3.0 * (a.value - b.value) / (a.distance - b.distance)
    square = d1 * d1 - a.slope * b.slope
    if not 0 <= square < math.inf:  # nor where a value is infinite
        return middle
    d2 = math.copysign(math.sqrt(square), b.distance - a.distance)
    rise = b.slope - a.slope + 2.0 * d2
    lowest = b.distance - (b.distance - a.distance) * (b.slope + d2 - d1) / rise if rise else middle
    return lowest if abs(lowest - middle) < 0.49 * reach else middle
