"""The exercise about better steps: momentum and Adam, right and wrong in known ways."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from autograd.classroom.checks.registry import Given, asks, gives
from autograd.classroom.examining import Question

GRADIENTS = [
    *(1.0, -0.5, 2.0, 0.25, 0.0, -3.0, 1.5, 0.5, 0.5, -0.25),
    *(1.0, 0.125, -2.0, 0.75, 1.0, 4.0, -0.5, 0.25, 0.5, 1.0),
]


@gives(17)
def some_gradients(draw: random.Random) -> dict[str, Any]:
    return {"GRADIENTS": [draw.randint(1, 16) / 4 * draw.choice((-1, 1)) for _ in range(5)]}


def momentum(
    gradients: Sequence[float],
    damped: bool = False,
    nesterov: bool = False,
    sign: float = -1.0,
    keeps: bool = True,
    rate: float = 0.1,
    beta: float = 0.9,
) -> list[float]:
    w, v, path = 1.0, 0.0, []
    for g in gradients:
        v = beta * (v if keeps else 0.0) + (1 - beta if damped else 1.0) * g
        w += sign * rate * (g + beta * v if nesterov else v)
        path.append(w)
    return path


class Adam(NamedTuple):
    """Adam (Kingma and Ba 2015), right or wrong in one way."""

    corrected: bool = True
    squared: bool = True
    root: bool = True
    eps: float = 1e-8
    inside: bool = False
    sign: float = -1.0
    betas: tuple[float, float] = (0.9, 0.999)
    rate: float = 0.1
    time: int = 0  # if it stands still
    second: bool = True  # whether the second mean is corrected too
    whole: bool = False  # whether the gradient counts whole in the first mean
    keeps_corrected: bool = False

    def path(self, gradients: Sequence[float]) -> list[float]:
        """Where it goes from 1."""
        w, m, v, path = 1.0, 0.0, 0.0, []
        b1, b2 = self.betas
        for t, g in enumerate(gradients, 1):
            m, v = b1 * m + (1.0 if self.whole else 1 - b1) * g, b2 * v + (1 - b2) * (g * g if self.squared else abs(g))
            n = self.time or t
            mean = m / (1 - b1**n) if self.corrected else m
            square = v / (1 - b2**n) if self.corrected and self.second else v
            outside = (math.sqrt(square) if self.root else square) + self.eps
            if self.keeps_corrected:
                m, v = mean, square
            w += self.sign * self.rate * mean / (math.sqrt(square + self.eps) if self.inside else outside)
            path.append(w)
        return path


ADAMS = {
    "no_correction": Adam(corrected=False),
    "first_corrected_only": Adam(second=False),
    "time_stands_still": Adam(time=1),
    "no_one_minus": Adam(whole=True),
    "kept_corrected": Adam(keeps_corrected=True),
    "not_squared_moment": Adam(squared=False),
    "no_root": Adam(root=False),
    "betas_swapped": Adam(betas=(0.999, 0.9)),
    "eps_inside": Adam(inside=True),
    "no_eps": Adam(eps=0.0),
    "uphill": Adam(sign=1.0),
}


def walked(name: str, first: str, gradients: Sequence[float], settings: str = "") -> str:
    """A question: the path from 1 under one of the two."""
    begin, loop = f"w, memory, path = 1.0, {first}, []", f"for g in {list(gradients)}:"
    return f"{begin}\n{loop}\n    w, memory = {name}(w, g, memory{settings})\n    path.append(w)\npath"


def other_settings(gradients: Sequence[float]) -> Iterator[Question]:
    """Whether rate, betas and eps are used as they are given."""
    for name, first, settings, truth in (
        ("momentum_step", "0.0", ", rate=0.5, beta=0.5", momentum(gradients, rate=0.5, beta=0.5)),
        ("adam_step", "None", ", rate=0.5, beta1=0.5", Adam(rate=0.5, betas=(0.5, 0.999)).path(gradients)),
        ("adam_step", "None", ", beta2=0.75, eps=1.0", Adam(betas=(0.9, 0.75), eps=1.0).path(gradients)),
    ):
        call, shown = (
            walked(name, first, gradients, settings),
            f"w = 1; for g in {gradients}: w, memory = {name}(w, g, memory{settings})",
        )
        yield Question(call, truth, shown=shown, otherwise="settings_unused", tolerance=1e-10)


UNPACKED = {"cannot unpack non-iterable NoneType": "gives_none"}


@asks(17)
def better_steps(given: Given) -> Iterator[Question]:
    """Five steps of each and twenty, against the formulas."""
    for gradients in (given["GRADIENTS"], GRADIENTS):
        wrong: dict[str, Any] = {
            "damped": momentum(gradients, damped=True),
            "nesterov": momentum(gradients, nesterov=True),
            "uphill": momentum(gradients, sign=1.0),
            "forgets": momentum(gradients, keeps=False),
        }
        path = f"w = 1; for g in {str(gradients)[:60]}{'...' * (len(gradients) > 9)}: w, memory = "
        yield Question(
            walked("momentum_step", "0.0", gradients),
            momentum(gradients),
            wrong,
            shown=f"{path}momentum_step(w, g, memory)",
            errors=UNPACKED,
            facts={"call": "momentum_step(w, g, memory)"},
        )
        wrong = {key: adam.path(gradients) for key, adam in ADAMS.items()}
        shown = f"{path}adam_step(w, g, memory)"
        truth = Adam().path(gradients)
        call, stops = walked("adam_step", "None", gradients), {**UNPACKED, "ZeroDivisionError": "time_from_zero"}
        facts = {"call": "adam_step(w, g, memory)"}
        yield Question(call, truth, wrong, shown=shown, errors=stops, facts=facts, tolerance=1e-10)
    yield from other_settings(GRADIENTS[:3])
    yield Question(
        walked("adam_step", "None", [0.0, 0.0]),
        [1.0, 1.0],
        shown="adam_step(1.0, 0.0, None)",
        errors={"ZeroDivisionError": "no_eps"},
    )
