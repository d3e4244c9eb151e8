"""Misconceptions: engines that are wrong in one way each. One that is wrong where a student's is, and alike, names why.

They run programs, not graphs of nodes: the same chain rule as `Program.truth`, with one thing changed. Next:
students.py.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

from autograd.classroom.programs import Outcome, Program
from autograd.classroom.rules import RULES, Number, Rule, sigmoid

Order = Callable[[Program], Iterator[int]]
Met = Callable[[tuple[int, ...]], Sequence[int]]  # in which order a walk meets a line's operands
Sends = Callable[[Rule, int, Number, Sequence[Number]], Number]


# ---- orders: the lines that pass their gradient on, one after the other ---------------------------------------------


def topological(program: Program) -> Iterator[int]:
    """Each line after all that use it: the right order."""
    return iter(range(output_of(program), program.leaves - 1, -1))


def breadth_first(program: Program, met: Met = tuple) -> Iterator[int]:
    """The output, then what it was computed from, then what that was computed from: each when it is first met."""
    queue = deque([output_of(program)])
    seen = set(queue)
    while queue:
        yield (place := queue.popleft())
        for operand in met(operands_of(program, place)):
            if operand not in seen:
                seen.add(operand)
                queue.append(operand)


def depth_first(program: Program, met: Met = tuple) -> Iterator[int]:
    """A line as soon as it is met, then all below its first operand, then all below its second; each once."""
    seen: set[int] = set()
    stack = [output_of(program)]
    while stack:
        place = stack.pop()
        if place not in seen:
            seen.add(place)
            yield place
            stack += reversed(met(operands_of(program, place)))


def recursion(program: Program, met: Met = tuple) -> Iterator[int]:
    """A line fires and lets each operand fire in turn, with all the gradient it has by then."""
    stack = [output_of(program)]
    while stack:
        yield (place := stack.pop())
        stack += reversed(met(operands_of(program, place)))


def last_only(program: Program) -> Iterator[int]:
    """The output alone; and so it comes out where the first line goes first, when its gradient is still 0."""
    yield output_of(program)


def output_of(program: Program) -> int:
    return program.leaves + len(program.steps) - 1


def operands_of(program: Program, place: int) -> tuple[int, ...]:
    return program.steps[place - program.leaves].operands if place >= program.leaves else ()


# ---- engines ---------------------------------------------------------------------------------------------------------


def chain_rule(rule: Rule, which: int, gradient: Number, operands: Sequence[Number]) -> Number:
    """What a line sends to one of its operands: the gradient that arrived times the local slope."""
    return gradient * rule.slopes(*operands)[which]


class Engine(NamedTuple):
    """A backward pass over programs that may be wrong in one way. `key` names what is to be said about it.

    >>> from autograd.classroom.programs import Step
    >>> from autograd.classroom.rules import by_name
    >>> Engine("accumulate", adds=False).outcome(Program(1, (Step(by_name["+"], (0, 0)),)), [2])
    Outcome(value=4, slopes=(1,))
    """

    key: str
    order: Order = topological
    sends: Sends = chain_rule
    adds: bool = True  # or replaces
    seed: float | None = 1  # of the output; its own value if None
    rule: str = ""  # the operation that is wrong, if it is one
    only: int | None = None  # the operand for which it is; None: for all
    by_edges: bool = False  # each operand is gone into before the next one gets anything

    def outcome(self, program: Program, at: Sequence[Number], arriving: Number = 1) -> Outcome:
        """What this engine makes of a program."""
        numbers = program.values(at)
        slopes: list[Number] = [0] * len(numbers)
        slopes[-1] = arriving * (numbers[-1] if self.seed is None else self.seed)
        places = self.order(program)
        for place in [output_of(program)] if self.by_edges else places:
            self.fire(program, place, numbers, slopes)
        return Outcome(numbers[-1], tuple(slopes[: program.leaves]))

    def fire(self, program: Program, place: int, numbers: Sequence[Number], slopes: list[Number]) -> None:
        """Let a line send its operands what it has, or what this engine takes for it."""
        if place < program.leaves:
            return
        rule, operands = program.steps[place - program.leaves]
        taken = [numbers[k] for k in operands]
        sent = [self.sends(rule, which, slopes[place], taken) for which in range(rule.arity)]
        for which, (operand, share) in enumerate(zip(operands, sent)):
            replaces = not self.adds and self.rule in ("", rule.name) and self.only in (None, which)
            slopes[operand] = share if replaces else slopes[operand] + share
            if self.by_edges:
                self.fire(program, operand, numbers, slopes)


def with_slopes(name: str, slopes: Callable[..., tuple[Number, ...]]) -> Sends:
    """The chain rule, with other local slopes for one operation."""

    def sends(rule: Rule, which: int, gradient: Number, operands: Sequence[Number]) -> Number:
        return gradient * (slopes(*operands)[which] if rule.name == name else rule.slopes(*operands)[which])

    return sends


def slope_alone(name: str) -> Sends:
    """One operation, or all if the name is empty, that sends its local slope and forgets the gradient that arrived."""

    def sends(rule: Rule, which: int, gradient: Number, operands: Sequence[Number]) -> Number:
        slope = rule.slopes(*operands)[which]
        return slope if rule.name == name or not name else gradient * slope

    return sends


def gradient_alone(name: str) -> Sends:
    """One operation that passes on the gradient that arrived, as if its slope were 1."""
    return with_slopes(name, lambda *operands: (1,) * len(operands))


def times(name: str, factor: float) -> Sends:
    """One operation, or all if the name is empty, that sends so many times what it should."""

    def sends(rule: Rule, which: int, gradient: Number, operands: Sequence[Number]) -> Number:
        return (factor if name in ("", rule.name) else 1) * chain_rule(rule, which, gradient, operands)

    return sends


def with_gradient_twice(rule: Rule, which: int, gradient: Number, operands: Sequence[Number]) -> Number:
    """What arrived is multiplied by once more."""
    return gradient * chain_rule(rule, which, gradient, operands)


def in_whole_numbers(rule: Rule, which: int, gradient: Number, operands: Sequence[Number]) -> Number:
    """What is behind the point is lost."""
    return int(chain_rule(rule, which, gradient, operands))


def nothing_to(name: str, left_out: int) -> Sends:
    """One operation that sends nothing to one of its operands."""

    def sends(rule: Rule, which: int, gradient: Number, operands: Sequence[Number]) -> Number:
        return 0 if rule.name == name and which == left_out else chain_rule(rule, which, gradient, operands)

    return sends


def other_sign(name: str, which_one: int) -> Sends:
    """One operation that sends to one of its operands with the wrong sign."""

    def sends(rule: Rule, which: int, gradient: Number, operands: Sequence[Number]) -> Number:
        sent = chain_rule(rule, which, gradient, operands)
        return -sent if rule.name == name and which == which_one else sent

    return sends


# What is often taken for a local slope, by operation, with the key of what is said about it.
WRONG_SLOPES: list[tuple[str, str, Callable[..., tuple[Number, ...]]]] = [
    ("*", "own_data", lambda a, b: (a, b)),
    ("*", "value_as_slope", lambda a, b: (a * b, a * b)),
    ("*", "same_to_both", lambda a, b: (b, b)),
    ("*", "same_to_both", lambda a, b: (a, a)),
    ("+", "own_numbers", lambda a, b: (a, b)),
    ("-", "own_numbers", lambda a, b: (a, -b)),
    ("+", "products_rule", lambda a, b: (b, a)),
    ("-", "products_rule", lambda a, b: (b, a)),
    ("-", "products_rule", lambda a, b: (b, -a)),
    ("/", "not_squared", lambda a, b: (1 / b, -a / b)),
    ("/", "own_data", lambda a, b: (1 / a, -b / (a * a)) if a else (0, 0)),
    ("relu", "no_gate", lambda a: (1,)),
    ("relu", "value_as_slope", lambda a: (max(a, 0),)),
    ("abs", "no_gate", lambda a: (1,)),
    ("abs", "input_as_slope", lambda a: (a,)),
    ("tanh", "not_squared", lambda a: (1 - math.tanh(a),)),
    ("tanh", "sigmoids_rule", lambda a: (math.tanh(a) * (1 - math.tanh(a)),)),
    ("tanh", "square_of_all", lambda a: ((1 - math.tanh(a)) ** 2,)),
    ("tanh", "input_for_output", lambda a: (1 - a * a,)),
    ("tanh", "value_as_slope", lambda a: (math.tanh(a),)),
    ("sigmoid", "half_of_it", lambda a: (sigmoid(a),)),
    ("sigmoid", "tanhs_rule", lambda a: (1 - sigmoid(a) ** 2,)),
    ("sigmoid", "input_for_output", lambda a: (a * (1 - a),)),
    ("exp", "as_a_power", lambda a: (a * math.exp(a - 1),)),
    ("exp", "input_for_output", lambda a: (a,)),
    ("log", "value_as_slope", lambda a: (math.log(a) if a > 0 else 0,)),
    ("log", "input_for_output", lambda a: (1 / math.log(a) if a > 0 and a != 1 else 0,)),
    ("**", "no_factor", lambda a: (a * a,)),
    ("**", "exponent_kept", lambda a: (3 * a**3,)),
    ("**", "factor_alone", lambda a: (3 * a,)),
    ("number **", "as_a_power", lambda a: (a * 3.0 ** (float(a) - 1),)),
    ("number **", "no_logarithm", lambda a: (float(3**a),)),
]


def second_first(operands: tuple[int, ...]) -> Sequence[int]:
    return operands[::-1]


def once_each(operands: tuple[int, ...]) -> Sequence[int]:
    """As a set has them, which many engines keep their parents in."""
    return list(dict.fromkeys(operands))


def once_each_second_first(operands: tuple[int, ...]) -> Sequence[int]:
    return once_each(operands)[::-1]


MEETINGS: tuple[Met, ...] = (tuple, second_first, once_each, once_each_second_first)
ORDERS = [
    Engine("accumulate", adds=False),
    *(Engine("too_early", partial(breadth_first, met=met)) for met in MEETINGS[:2]),
    *(Engine("too_early", partial(depth_first, met=met)) for met in MEETINGS[:2]),
    *(Engine("recursion", partial(recursion, met=met)) for met in MEETINGS),
    Engine("recursion", by_edges=True),
    Engine("one_step", last_only),
    Engine("no_seed", seed=0),
    *(Engine("other_seed", seed=seed) for seed in (None, 2, -1, 0.5)),
    Engine("subtracted", sends=times("", -1)),
    Engine("gradient_twice", sends=with_gradient_twice),
    Engine("whole_numbers", sends=in_whole_numbers),
    Engine("upstream_everywhere", sends=slope_alone("")),
]


def of_rules(rules: Sequence[Rule]) -> Iterator[Engine]:
    """Engines with one wrong operation among these, what is most usual first."""
    names = {rule.name for rule in rules}
    for name, key, slopes in WRONG_SLOPES:
        if name in names:
            yield Engine(key, sends=with_slopes(name, slopes), rule=name)
    for rule in rules:
        yield Engine("upstream", sends=slope_alone(rule.name), rule=rule.name)
        for which in range(rule.arity):
            yield Engine(f"sign_{which}", sends=other_sign(rule.name, which), rule=rule.name)
            yield Engine(f"nothing_{which}", sends=nothing_to(rule.name, which), rule=rule.name)
        if rule.arity > 1:
            yield Engine("sign_both", sends=times(rule.name, -1), rule=rule.name)
            yield from (Engine("accumulate_one", adds=False, rule=rule.name, only=only) for only in (None, 0, 1))
        yield Engine("nothing_at_all", sends=times(rule.name, 0), rule=rule.name)
        yield Engine("doubled_slope", sends=times(rule.name, 2), rule=rule.name)
        yield Engine("halved_slope", sends=times(rule.name, 0.5), rule=rule.name)
        yield Engine("slope_of_one", sends=gradient_alone(rule.name), rule=rule.name)


def catalogue(rules: Sequence[Rule] = RULES) -> list[Engine]:
    """All misconceptions about these operations and about the walk."""
    orders = ORDERS if len(rules) > 1 else [engine for engine in ORDERS if engine.key != "upstream_everywhere"]
    return [*orders, *of_rules(rules)]
