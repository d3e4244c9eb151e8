"""A student's code, loaded: it can be asked questions, each a few lines of Python, and answers in plain numbers."""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Callable, Mapping
from functools import partial
from types import ModuleType
from typing import Any

from . import tools
from .engines import BACKWARD, METHODS, Engine, Unusable
from .plain import STOPS, TooLong, plain, told

FILE = "<your code>"
CLASSES = ("Value", "Scalar", "Variable", "Var", "Number", "Node", "Tensor")  # of a student's numbers
Reply = dict[str, Any]  # {"answer": ...}, or what went wrong: see plain.told


class Submission:
    """A namespace with what a student wrote.

    >>> mine = Submission({"double": lambda x: x + x})
    >>> mine.reply("double(y) + 1", {"y": 3})
    {'answer': 7.0}
    >>> mine.reply("half(3)", {})["error"]
    "NameError: name 'half' is not defined"
    """

    def __init__(self, names: Mapping[str, Any]) -> None:
        self.names = dict(names)
        self.engine: Engine | None = None

    def use_engine(self, arriving: float | None = None) -> None:
        """Let the student's class of numbers be known as `engine`.

        Its backward pass may be a function beside it; `one_step(output, gradient)`, where it is there, takes only one
        step back, with the gradient that is `arriving`.
        """
        if self.engine is not None and arriving is None:
            return
        make = next((self.names[name] for name in CLASSES if name in self.names), None)
        if make is None:
            raise Unusable("no_class")
        one_step, backward = self.names.get("one_step"), self.names.get("backward")
        if arriving is not None and one_step is not None:
            backward = partial(stepping, one_step, arriving)
        beside = {name: self.names[name] for name in METHODS if name in self.names and not hasattr(make, name)}
        self.engine = Engine(make, backward, beside)

    def lacks_a_pass(self) -> bool:
        """Whether there is a class and nothing that goes back from it: no method, no function beside it."""
        classes = [self.names[name] for name in CLASSES if name in self.names]
        beside = ("one_step", *BACKWARD)
        has_one = any(name in self.names for name in beside) or any(hasattr(c, b) for c in classes for b in BACKWARD)
        return bool(classes) and not has_one

    def reply(self, question: str, given: Mapping[str, Any]) -> Reply:
        """Run a question's lines where all the student wrote can be seen; the last one is an expression."""
        try:
            own = {**tools.TOOLS, "engine": self.engine, "submission": self}  # which nothing of the student's hides
            return {"answer": plain(evaluate(question, {**self.names, **own, **given}))}
        except Unusable as reason:
            return {"unusable": reason.key, "facts": reason.facts}
        except RecursionError as error:
            return told(error.with_traceback(None), FILE)
        except (*STOPS, TooLong, MemoryError) as error:
            return told(error, FILE)


def stepping(one_step: Callable[..., Any], arriving: float, output: Any) -> None:
    """One step back; and from the parents too that are results themselves, as in a - b that is a + (-b)."""
    one_step(output, arriving)
    for parent in getattr(output, "parents", ()):
        if getattr(parent, "parents", ()):
            stepping(one_step, parent.grad, parent)


def evaluate(question: str, names: dict[str, Any]) -> Any:
    """The value of the last line, after the ones before it have run."""
    *before, last = ast.parse(question).body
    exec(compile(ast.Module(before, []), "<question>", "exec"), names)
    assert isinstance(last, ast.Expr)
    return eval(compile(ast.Expression(last.value), "<question>", "eval"), names)


def run(pieces: Mapping[str, str], module: ModuleType) -> None:
    """Run texts in a module, by the names of their files."""
    for name, text in pieces.items():
        exec(compile(text, name, "exec", dont_inherit=True), module.__dict__)


def load(
    source: str, modules: Mapping[str, Mapping[str, str]], before: Mapping[str, str] | None = None
) -> tuple[Submission | None, Reply]:
    """Run a student's file, with these modules to import from, after these files; what it defines can then be asked.

    A module is made of pieces, as one's own engine is of exercises, by the names of their files. Questions see a
    module's class `Value` too, where the file does not define or import one.
    """
    found: dict[str, Any] = {}
    main = ModuleType("submitted")
    main.__dict__["__builtins__"] = builtins
    try:
        for name, pieces in modules.items():
            sys.modules[name] = module = ModuleType(name)
            run(pieces, module)
            found |= {each: vars(module)[each] for each in ("Value",) if each in vars(module)}
        sys.modules["submitted"] = main
        run({**(before or {}), FILE: source}, main)
    except (*STOPS, TooLong, MemoryError) as error:
        return None, told(error, FILE)
    return Submission({**found, **main.__dict__}), {
        "answer": sorted(name for name in main.__dict__ if not name.startswith("__"))
    }
