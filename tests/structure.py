"""Graphs whose gradients are easy to get wrong, as checks of a backward pass given as a function `backward(output)`.

test_value.py runs them on the engine; test_mutants.py on engines with a mistake, and expects one of them to fail.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction

from autograd import Operands, Value, dot

Backward = Callable[[Value], None]


def same_leaf_twice(backward: Backward) -> None:
    x = Value(3.0)
    backward(x * x)
    assert x.grad == 6.0


def node_shared_by_two_branches(backward: Backward) -> None:
    a = Value(2.0)
    b = a * a
    backward(b * b + b)  # a^4 + a^2
    assert a.grad == 4 * 8 + 2 * 2


def early_and_late_use(backward: Backward) -> None:
    """The smallest programs that tell a topological order from a breadth-first or a naive recursive walk."""
    a = Value(1.0)
    c = a + a
    d = a + c
    backward(c + d)
    assert a.grad == 5.0
    a = Value(1.0)
    c = a + a
    d = c + c
    backward(d)
    assert a.grad == 4.0
    a = Value(2.0)
    b = a * 3
    c = b * b
    backward(c * b + a)  # b^3 + a, where b is reached first by its short way
    assert a.grad == 3 * 36 * 3 + 1


def operand_order(backward: Backward) -> None:
    a, b = Value(6.0), Value(2.0)
    backward(a / b - b)
    assert (a.grad, b.grad) == (0.5, -2.5)


def constants_on_either_side(backward: Backward) -> None:
    x = Value(2.0)
    backward(3 - x * 4 + 8 / x + 2**x / x)
    assert abs(x.grad - (-4 - 2 + (4 * 0.6931471805599453 * 2 - 4) / 4)) < 1e-15


def repeated_backward_doubles_leaves_only(backward: Backward) -> None:
    x = Value(3.0)
    y = x * x
    z = y + y
    backward(z)
    backward(z)
    assert (x.grad, y.grad, z.grad) == (24.0, 2.0, 1.0)


def two_outputs_accumulate(backward: Backward) -> None:
    x, y = Value(2.0), Value(5.0)
    shared = x * y
    backward(shared + x)
    backward(shared * shared)
    assert (x.grad, y.grad) == (5 + 1 + 2 * 10 * 5, 2 + 2 * 10 * 2)
    assert shared.grad == 20.0


def leaf_that_is_its_own_output(backward: Backward) -> None:
    x = Value(2.0)
    backward(x)
    assert x.grad == 1.0
    backward(x)
    assert x.grad == 2.0


def data_changed_after_the_forward_pass(backward: Backward) -> None:
    x = Value(3.0)
    y = x * x
    z = y * 2 + y / x
    x.data, y.data = 100.0, -7.0
    backward(z)
    assert x.grad == 13.0  # d(2 x^2 + x)/dx at the 3 that it was computed from


def equal_data_in_distinct_nodes(backward: Backward) -> None:
    a, b = Value(1.0), Value(1.0)
    backward(a * 2 + b * 3)
    assert (a.grad, b.grad) == (2.0, 3.0)


def nan_nodes(backward: Backward) -> None:
    a, b = Value(float("nan")), Value(2.0)
    backward(a + b * 3 + (a * 0 + b))
    assert (a.grad, b.grad) == (1.0, 4.0)


def many_operands(backward: Backward) -> None:
    w, x = [Value(1.0), Value(2.0)], [Value(3.0), Value(5.0)]
    for shared in (x, Operands(x)):
        y = dot(w, shared, start=w[0]) + dot(w, shared) * w[1]
        backward(y)
        assert [v.grad for v in w] == [3 + 1 + 2 * 3, 5 + 2 * 5 + 13]
        assert [v.grad for v in x] == [1 + 2, 2 + 4]
        for v in w + x:
            v.zero_grad()


def operands_of_computed_nodes(backward: Backward) -> None:
    """A layer on a layer: lists of computed nodes, each taken by several nodes, and one taken again further on."""
    w, x = Operands([Value(2.0), Value(-1.0)]), Value(3.0)
    inner = Operands([x * x, x + 1])
    y, z = dot(w, inner), dot(inner, w, start=x)
    backward(dot([y, z], inner) + y)
    # y = 2 x^2 - x - 1, z = y + x; output = y x^2 + z (x + 1) + y
    y, dy, z, dz = 14.0, 11.0, 17.0, 12.0
    assert x.grad == dy * 9 + y * 6 + dz * 4 + z + dy
    assert [v.grad for v in w.values] == [9 * 9 + 9 * 4 + 9, 4 * 9 + 4 * 4 + 4]


def data_changed_between_uses_of_operands(backward: Backward) -> None:
    w = Value(2.0)
    weights = Operands([w])
    first = dot(weights, [Value(5.0)])
    w.data = 3.0
    x = Value(7.0)
    second = dot(weights, [x])
    backward(first * second)
    assert (first.data, second.data) == (10.0, 21.0)
    assert w.grad == 5 * 21 + 7 * 10 and x.grad == 3 * 10


def random_graphs(backward: Backward) -> None:
    """Sums, differences and products of whole numbers, with sharing, against exact forward-mode arithmetic."""
    for seed in range(30):
        rng = random.Random(seed)
        numbers = [rng.randint(-3, 3) for _ in range(4)]
        leaves = [Value(n) for n in numbers]
        values = list(leaves)
        # a dual number for each node: its value, and its slope along each leaf
        duals = [(Fraction(n), [Fraction(i == j) for j in range(4)]) for i, n in enumerate(numbers)]
        for _ in range(14):
            i, j, op = rng.randrange(len(values)), rng.randrange(len(values)), rng.choice("+-*")
            (a, da), (b, db) = duals[i], duals[j]
            if op == "*" and abs(a * b) > 10**6:
                op = "-"
            values.append({"+": values[i].__add__, "-": values[i].__sub__, "*": values[i].__mul__}[op](values[j]))
            slopes = [x + y if op == "+" else x - y if op == "-" else x * b + a * y for x, y in zip(da, db)]
            duals.append(({"+": a + b, "-": a - b, "*": a * b}[op], slopes))
        backward(values[-1])
        assert values[-1].data == duals[-1][0]
        assert [leaf.grad for leaf in leaves] == duals[-1][1], f"seed {seed}"


CHECKS = [
    same_leaf_twice,
    node_shared_by_two_branches,
    early_and_late_use,
    operand_order,
    constants_on_either_side,
    repeated_backward_doubles_leaves_only,
    two_outputs_accumulate,
    leaf_that_is_its_own_output,
    data_changed_after_the_forward_pass,
    equal_data_in_distinct_nodes,
    nan_nodes,
    many_operands,
    operands_of_computed_nodes,
    data_changed_between_uses_of_operands,
    random_graphs,
]
