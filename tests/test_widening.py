"""Longer programs than the small ones: what they find, with hypothesis and without."""

import sys

from autograd import Value
from autograd.classroom import check
from tests.students import order_of


class ShortOfBreath:
    """Right on all small programs: it forgets nodes where there are more than five."""

    def __init__(self, data, parents=(), slopes=()):
        self.data, self.grad, self.parents, self.slopes = data, 0.0, parents, slopes

    def __add__(self, other):
        return ShortOfBreath(self.data + other.data, (self, other), (1, 1))

    def __mul__(self, other):
        return ShortOfBreath(self.data * other.data, (self, other), (other.data, self.data))

    def backward(self):
        self.grad = 1.0
        for node in order_of(self, lambda node: node.parents)[::-1][:5]:
            for parent, slope in zip(node.parents, node.slopes):
                parent.grad += slope * node.grad


def test_longer_programs_are_tried_where_hypothesis_is(monkeypatch) -> None:
    verdict = check(ShortOfBreath)
    assert not verdict.passed and verdict.program.count("=") == 6, verdict
    assert check(ShortOfBreath).program == verdict.program, "always the same one"
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    assert "number of paths" not in str(check(ShortOfBreath).notes)
    assert check(ShortOfBreath).passed and check(Value).passed


class NowAndThen(ShortOfBreath):
    """Right on small graphs; on large ones, wrong every third time."""

    times = 0

    def __add__(self, other):
        return NowAndThen(self.data + other.data, (self, other), (1, 1))

    def __mul__(self, other):
        return NowAndThen(self.data * other.data, (self, other), (other.data, self.data))

    def backward(self):
        order = order_of(self, lambda node: node.parents)[::-1]
        NowAndThen.times += len(order) > 5
        self.grad = 2.0 if len(order) > 5 and NowAndThen.times % 3 == 0 else 1.0
        for node in order:
            for parent, slope in zip(node.parents, node.slopes):
                parent.grad += slope * node.grad


def test_an_engine_that_is_wrong_now_and_then_is_wrong() -> None:
    verdict = check(NowAndThen)
    assert not verdict.passed and verdict.program.count("=") > 3, verdict
