"""Questions to predict: a program, and what each of several engines would answer; one of them is right. Next:
judging.py."""

from __future__ import annotations

import ast
import random
import re
import string
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from autograd.classroom.misconceptions import ORDERS, Engine, breadth_first, depth_first, with_slopes
from autograd.classroom.programs import Program, Step, everything_is_used
from autograd.classroom.rules import by_name
from autograd.classroom.verdict import output_name

if TYPE_CHECKING:
    from autograd.classroom.ladder import Exercise

ENGINES = [*ORDERS[:9], Engine("own_data", sends=with_slopes("*", lambda a, b: (a, b)), rule="*")]


@dataclass(frozen=True)
class Prediction:
    """A question with a letter for each answer. `meaning` names the misconception that leads to a wrong one."""

    question: str
    options: dict[str, str]
    right: str
    meaning: dict[str, str]

    def __str__(self) -> str:
        return "\n".join([self.question, *(f"  {letter}  {text}" for letter, text in self.options.items())])

    __repr__ = __str__  # at the prompt too, it does not give the answer away

    def comment(self) -> str:
        """The question as a comment of a Python file."""
        return "\n".join(f"# {line}".rstrip() for line in str(self).splitlines())

    def is_right(self, answer: object) -> bool:
        return str(answer).strip().upper() == self.right


def prediction(question: str, answers: Sequence[tuple[str, str]], draw: random.Random) -> Prediction:
    """A question whose first answer is right, with the answers in some order; each with what it means."""
    mixed = draw.sample(list(answers), len(answers))
    letters = dict(zip(string.ascii_uppercase, mixed))
    right = next(letter for letter, answer in letters.items() if answer == answers[0])
    options = {letter: text for letter, (text, _) in letters.items()}
    return Prediction(question, options, right, {letter: key for letter, (_, key) in letters.items() if key})


def question_for(exercise: Exercise, student: str) -> Prediction:
    """The question of an exercise, as a student has it."""
    from autograd.classroom.ladder import draw_for

    text, draw = exercise.sections["Predict"][0], draw_for(student, -exercise.number)
    if text.startswith("generated: "):
        return GENERATED[text.removeprefix("generated: ").strip()](draw)
    question, *answers = re.split(r"^- ", filled(text, draw), flags=re.M)
    return prediction(question.strip(), [(each.strip(), "") for each in answers], draw)


def filled(text: str, draw: random.Random) -> str:
    """A question with its numbers, where it begins with what they are drawn from.

    >>> filled("draws: n in 3, 3; m in 7, 7\\n{n} times {m}? Is it {n * m}?", random.Random())
    '3 times 7? Is it 21?'
    """
    if not text.startswith("draws: "):
        return text
    head, _, template = text.partition("\n")
    choices = (each.partition(" in ") for each in re.split(r"; (?=\w+ in )", head.removeprefix("draws: ")))
    numbers = {name: draw.choice(ast.literal_eval(f"[{values}]")) for name, _, values in choices}
    return str(eval(f'f"""{template}"""', {}, numbers))  # of the package's own notes


def predict(kind: str = "gradient", seed: int | str = 0) -> Prediction:
    """A question about a small random graph, always the same one for a seed.

    >>> question = predict("gradient", seed=3)
    >>> print(question)
    c = b + a
    d = c * c
    e = d * a
    with a = 2, b = 2: what is de/db?
      A  32
      B  128
      C  8
      D  16
    >>> question.is_right("D"), question.meaning["C"]
    (True, 'accumulate')

    `kind` is "gradient" (what is the gradient of a leaf?) or "order" (which node is ready next?). Wrong answers are
    what engines with a misconception compute; `meaning` names it. Raises ValueError for another kind.
    """
    if kind not in GENERATED:
        raise ValueError(f"predict({kind!r:.40})\nchoose one of {', '.join(GENERATED)}")
    return GENERATED[kind](random.Random(str(seed)))


# ---- from small random graphs ----------------------------------------------------------------------------------------


def of_gradient(draw: random.Random) -> Prediction:
    """What is the gradient of a? Wrong answers are what engines with a misconception compute."""
    while True:
        program, at = random_program(draw), (draw.randint(2, 5), draw.randint(2, 5))
        place = draw.randrange(program.leaves)
        answers = [(f"{program.truth(at).slopes[place]}", "")]
        for engine in draw.sample(ENGINES, len(ENGINES)):
            wrong = f"{engine.outcome(program, at).slopes[place]}"
            if wrong not in [text for text, _ in answers]:
                answers.append((wrong, engine.key))
        if len(answers) >= 4:
            where = ", ".join(f"{program.name(k)} = {at[k]}" for k in range(program.leaves))
            asked = f"with {where}: what is d{output_name(program)}/d{program.name(place)}?"
            return prediction("\n".join([*program.lines(), asked]), answers[:4], draw)


def of_order(draw: random.Random) -> Prediction:
    """Which node is ready next? Wrong answers are nodes that other walks would take."""
    while True:
        program = random_program(draw, lines=4)
        output = program.leaves + len(program.steps) - 1
        done = [output]
        while len(done) < draw.randint(1, 2):
            done += list(ready(program, done))[:1]
        able = list(ready(program, done))
        tempting = [
            next((place for place in walk(program) if place not in done), None) for walk in (breadth_first, depth_first)
        ]
        waiting = [k for k in range(output) if k not in done and not all(user in done for user in program.users(k))]
        others = [k for k in waiting if k not in able]
        if len(able) == 1 and len(others) >= 3 and any(place in others for place in tempting):
            passed = " and ".join(program.name(place) for place in done)
            verb = "have" if len(done) > 1 else "has"
            asked = f"Going back, {passed} {verb} passed the gradient on. Which node is ready to do so next?"
            answers = [(program.name(able[0]), ""), *((program.name(k), "too_early") for k in others[-3:])]
            return prediction("\n".join([*program.lines(), asked]), answers, draw)


def ready(program: Program, done: Sequence[int]) -> Iterator[int]:
    """The lines that have not passed their gradient on, while all that use them have."""
    for place in range(program.leaves + len(program.steps) - 1, program.leaves - 1, -1):
        if place not in done and all(user in done for user in program.users(place)):
            yield place


def random_program(draw: random.Random, lines: int = 3) -> Program:
    """A program of two leaves that adds and multiplies, in which everything is used."""
    while True:
        program = Program(2, ())
        for k in range(lines):
            operands = (draw.randrange(2 + k), draw.randrange(2 + k))
            program = program._replace(steps=(*program.steps, Step(by_name[draw.choice("+*")], operands)))
        if everything_is_used(program):
            return program


GENERATED = {"gradient": of_gradient, "order": of_order}
