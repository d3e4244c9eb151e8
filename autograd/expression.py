"""An expression in text, such as 'tanh(a*b + c)', read as a function of its variables. No code in it can run.

Python's own parser makes a syntax tree of the text; `Reader` turns what it knows of that tree into steps for a stack,
and refuses all the rest; an `Expression` goes through the steps. Used by the command line, command.py.
"""

from __future__ import annotations

import ast
import inspect
import keyword
import math
import operator
import re
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

import autograd.activations as activations
import autograd.functions as functions
import autograd.reductions as reductions
import autograd.trigonometry as trigonometry
from autograd.floats import as_float, ieee_result
from autograd.value import DIVIDE, Value

LONGEST = 10_000  # characters
DEEPEST = 50  # brackets inside one another: far below what makes any version of Python's parser give up

# ---- the vocabulary ------------------------------------------------------------------------------


def divide(a: Any, b: Any) -> Any:
    try:
        return a / b
    except ZeroDivisionError as error:  # two plain numbers
        return ieee_result(DIVIDE, error, (a, b))


def log_softmax(values: Iterable[Any]) -> Any:
    """All of them, as a list."""
    return reductions.log_softmax(values)


def element(values: Sequence[Any], index: int) -> Any:
    if index >= len(values):
        raise ValueError(f"[{index}] of a list of {len(values)}: its elements are [0] to [{len(values) - 1}]")
    return values[index]


FUNCTIONS: dict[str, Callable[..., Any]] = {
    name: function
    for file in (functions, trigonometry, activations, reductions)
    for name, function in vars(file).items()
    if hasattr(function, "operation")
}
FUNCTIONS |= {"clip": functions.clip, "power": functions.power, "where": functions.where}
FUNCTIONS |= {name: getattr(reductions, name) for name in ("sum", "mean", "prod", "dot", "norm", "logsumexp")}
FUNCTIONS |= {"softmax": reductions.softmax, "log_softmax": log_softmax}
CONSTANTS = {"pi": math.pi, "e": math.e}
ELSEWHERE = {"ln": "log", "pow": "power", "max": "maximum", "min": "minimum", "sgn": "sign", "swish": "silu"}
ELSEWHERE |= {"arcsin": "asin", "arccos": "acos", "arctan": "atan", "arctan2": "atan2", "logistic": "sigmoid"}

OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: divide,
    ast.Pow: functions.power,
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}

NUMBER, LIST, CONDITION = "a number", "a list", "a comparison"
PARAMETERS = {"values": LIST, "xs": LIST, "ys": LIST, "condition": CONDITION}  # all others are numbers

WRITE = {  # for what is not understood, what to write instead
    "^": "write ** for a power",
    "−": "write - for a minus",
    "×": "write * for a product",
    "·": "write * for a product",
    "÷": "write / for a quotient",
    "²": "write **2 for a square",
    "!": "compare two numbers with <, <=, > or >=",
    "'": "text has no place here; Windows wants double quotes around an expression",
    ast.Attribute: "for x.tanh() write tanh(x)",
    ast.Call: "only a function can be called; for a product write *",
    ast.Tuple: "write 1.5 with a point, and a list as [a, b]",
    ast.IfExp: "write where(condition, x, y)",
    ast.BinOp: "there are + - * / ** and floor(x)",
    ast.BoolOp: "compare two numbers with <, <=, > or >=",
    ast.Compare: "compare two numbers with <, <=, > or >=",
}
KNOWN = "write numbers, variables, + - * / **, functions such as tanh(x), lists as [a, b]"

# ---- an expression, and how it is computed -------------------------------------------------------


@dataclass(frozen=True)
class Call:
    """A step: take so many operands off the stack, and put there what the function makes of them."""

    function: Callable[..., Any]
    takes: int


Step = float | str | Call  # a number and a variable are put on the stack


@dataclass(frozen=True)
class Expression:
    """A function that was read from a text by `parse`. Its arguments are the variables, by name or in their order."""

    text: str
    names: tuple[str, ...]
    program: tuple[Step, ...] = field(repr=False)

    @property
    def __signature__(self) -> inspect.Signature:
        """What `inspect.signature` says of it; so gradcheck knows the variables by their names."""
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        return inspect.Signature([inspect.Parameter(name, kind) for name in self.names])

    def __call__(self, /, *numbers: Any, **by_name: Any) -> Any:
        try:
            given = self.__signature__.bind(*numbers, **by_name).arguments
        except TypeError as error:
            raise TypeError(f"{self.text:.60}: {error}\nits variables: {', '.join(self.names) or 'none'}") from None
        values = {name: x if isinstance(x, Value) else as_float(x, name) for name, x in given.items()}
        stack: list[Any] = []
        for step in self.program:
            if isinstance(step, Call):
                start = len(stack) - step.takes
                stack[start:] = [step.function(*stack[start:])]
            else:
                stack.append(values[step] if isinstance(step, str) else step)
        return stack.pop()


def parse(text: str) -> Expression:
    """Read an expression of numbers, variables, + - * / **, the functions of `autograd`, pi and e.

    >>> from autograd import Value
    >>> from autograd.expression import parse
    >>> expression = parse("tanh(a*b + c)")
    >>> expression.names
    ('a', 'b', 'c')
    >>> a = Value(2.0)
    >>> expression(a=a, b=-3.0, c=6.0)
    Value(data=0.0, op='tanh')
    >>> parse("tahn(a)")
    Traceback (most recent call last):
    ValueError: column 1: unknown function 'tahn', did you mean 'tanh'?

    Lists are written [a, b], for `dot`, `sum`, `softmax(...)[0]` and their like; comparisons stand in `where`. Numbers
    are floats, whatever they look like: 9**9**9**9 is inf, at once. Raises ValueError, of one line, for all else.
    """
    if not isinstance(text, str):
        raise TypeError(f"parse: {text!r:.60} is a {type(text).__name__}, not text\nput the expression in quotes")
    tree = syntax_tree(screened(text))
    program = Reader(f"({text})").program(tree)
    variables = {step for step in program if isinstance(step, str)}
    places = {node.col_offset: node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    names = dict.fromkeys(name for _, name in sorted(places.items()) if name in variables)
    return Expression(text, tuple(names), program)


# ---- what is refused before Python's parser sees it ----------------------------------------------


def screened(text: str) -> str:
    """The text on one line, if it is of modest size, without strange characters, and its brackets match."""
    if len(text) > LONGEST:
        raise ValueError(f"an expression of {len(text)} characters is too long: at most {LONGEST}")
    if not text.strip():
        raise ValueError("the expression is empty: write one, such as tanh(a*b + c)")
    if strange := re.search(r"[^\w\s.,+\-*/()\[\]<>=]|²", text):
        raise mistake(strange.start() + 1, f"{strange[0]!r} is not understood", WRITE.get(strange[0], KNOWN))
    if named := re.match(r"\s*\w+\s*=(?!=)", text):
        raise mistake(named.end(), "'=' is not understood", "write what stands on its right side only")
    check_brackets(text)
    return re.sub(r"\s", " ", text)


def check_brackets(text: str) -> None:
    """Raise ValueError for a bracket without its partner, or for too many inside one another."""
    opened: list[re.Match[str]] = []
    for bracket in re.finditer(r"[()\[\]]", text):
        if bracket[0] in "([":
            opened.append(bracket)
        elif not opened or opened.pop()[0] + bracket[0] not in ("()", "[]"):
            raise mistake(bracket.start() + 1, f"{bracket[0]!r} closes nothing")
        if len(opened) > DEEPEST:
            raise mistake(bracket.start() + 1, f"more than {DEEPEST} brackets inside one another")
    if opened:
        raise mistake(opened[-1].start() + 1, f"{opened[-1][0]!r} is never closed")


def syntax_tree(text: str) -> ast.expr:
    """What Python's parser makes of the text in brackets: so it may begin with a space, and columns count from 1."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what is odd, as 1if: it is refused anyway
            return ast.parse(f"({text})", mode="eval").body
    except SyntaxError as error:
        column = max(1, min((error.offset or 1) - 1, len(text)))
        words = [word for word in re.findall(r"\w+", text) if keyword.iskeyword(word)]
        remedy = f"{words[0]} is a word of Python's, not a name" if words else "write every * and every operand"
        raise mistake(column, "no expression can be read here", remedy) from None
    except (MemoryError, RecursionError, ValueError):  # which one depends on the version of Python
        raise ValueError("the expression is nested too deeply: write a long sum as sum([a, b, ...])") from None


def mistake(column: int, what: str, remedy: str = "") -> ValueError:
    return ValueError(f"column {column}: {what}" + (f"; {remedy}" if remedy else ""))


# ---- from the syntax tree to steps ---------------------------------------------------------------

Wanted = tuple[ast.expr, str]  # a part of the tree, and what is to come of it: a number, a list or a comparison


class Reader:
    """Turns the syntax tree of a text into steps, each operand before its operator."""

    def __init__(self, text: str) -> None:
        self.source = text.encode("utf-8")  # where the tree's columns are counted

    def program(self, root: ast.expr) -> tuple[Step, ...]:
        """All the steps, under no recursion limit: what is still to be done waits on a stack."""
        done: list[Step] = []
        waiting: list[Wanted | Step] = [(root, NUMBER)]
        while waiting:
            part = waiting.pop()
            if isinstance(part, tuple):
                step, operands = self.read(*part)
                waiting += [step, *reversed(operands)]
            else:
                done.append(part)
        return tuple(done)

    def read(self, node: ast.expr, wanted: str) -> tuple[Step, list[Wanted]]:
        """The step that a node stands for, and the operands to be computed before it."""
        given = kind(node)
        if given != wanted and (given, wanted) != (NUMBER, CONDITION):
            raise self.mistake(node, f"{given} stands where {wanted} is expected", REMEDIES[given])
        match node:
            case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
                return as_float(number, "number"), []
            case ast.Name(id=name):
                return self.name(node, name), []
            case ast.UnaryOp(op=sign, operand=operand) if type(sign) in OPERATORS:
                return Call(OPERATORS[type(sign)], 1), [(operand, NUMBER)]
            case ast.BinOp(left=a, op=infix, right=b) | ast.Compare(left=a, ops=[infix], comparators=[b]) if (
                type(infix) in OPERATORS
            ):
                return Call(OPERATORS[type(infix)], 2), [(a, NUMBER), (b, NUMBER)]
            case ast.List(elts=elements):
                return Call(lambda *each: list(each), len(elements)), [(each, NUMBER) for each in elements]
            case ast.Subscript(value=several, slice=ast.Constant(value=int() as index)) if not isinstance(index, bool):
                return Call(lambda values: element(values, index), 1), [(several, LIST)]
            case ast.Call(func=ast.Name(id=name)):
                return self.call(node, name)
        key = type(node.func if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else node)
        raise self.mistake(node, f"{self.quoted(node)} is not understood", WRITE.get(key, KNOWN))

    def name(self, node: ast.expr, name: str) -> Step:
        if name in FUNCTIONS:
            raise self.mistake(node, f"{name} is a function", f"write {usage(name)}")
        return CONSTANTS.get(name, name)

    def call(self, node: ast.Call, name: str) -> tuple[Step, list[Wanted]]:
        """The step that calls a function, by name where the call does so, and the arguments in their order."""
        if name not in FUNCTIONS:
            raise self.mistake(node, f"unknown function {name!r}{nearest(name)}")
        by_name = {str(each.arg): each.value for each in node.keywords}
        try:
            if len(by_name) < len(node.keywords):
                raise TypeError("an argument is given twice")
            bound = inspect.signature(FUNCTIONS[name]).bind(*node.args, **by_name)
        except TypeError as error:
            raise self.mistake(node, f"{name}: {error}", f"write {usage(name)}") from None
        places, words = len(bound.args), tuple(bound.kwargs)

        def function(*operands: Any) -> Any:
            return FUNCTIONS[name](*operands[:places], **dict(zip(words, operands[places:])))

        arguments = [(part, PARAMETERS.get(each, NUMBER)) for each, part in bound.arguments.items()]
        return Call(function, len(arguments)), arguments

    def quoted(self, node: ast.expr) -> str:
        inside = self.source[:-1]  # of the brackets around it, which a tuple takes for its own
        text = inside[max(node.col_offset, 1) : node.end_col_offset].decode("utf-8")
        return repr(text if len(text) <= 30 else text[:27] + "...")

    def mistake(self, node: ast.expr, what: str, remedy: str = "") -> ValueError:
        return mistake(max(len(self.source[: node.col_offset].decode("utf-8")), 1), what, remedy)


REMEDIES = {  # for what stands where something else is expected
    NUMBER: "write a list as [a, b]",
    LIST: "take one of its elements, as in softmax([a, b])[0]",
    CONDITION: "write where(condition, x, y)",
}


def kind(node: ast.expr) -> str:
    """What comes of a node."""
    match node:
        case ast.List() | ast.Call(func=ast.Name(id="softmax" | "log_softmax")):
            return LIST
        case ast.Compare():
            return CONDITION
    return NUMBER


def usage(name: str) -> str:
    """How a function is called: 'elu(x, alpha=1.0)'."""
    parameters = inspect.signature(FUNCTIONS[name]).parameters.values()
    return f"{name}({', '.join(str(each.replace(annotation=each.empty)) for each in parameters)})"


def nearest(name: str) -> str:
    """', did you mean ...?', if some function is meant."""
    meant = ELSEWHERE.get(name.lower()) or near_miss(name, FUNCTIONS)
    return f", did you mean {meant!r}?" if meant else "; a product needs its *, and autograd --help lists all functions"


def near_miss(name: str, choices: Iterable[str]) -> str:
    """The one of the choices that was meant, most likely: the same letters in another order, or nearly the same."""
    choices = list(choices)
    swapped = [each for each in choices if sorted(each) == sorted(name.lower())]
    return next(iter(swapped + get_close_matches(name.lower(), choices, n=1)), "")
