"""Formulas as a textbook writes them: text with the brackets it needs, and the little algebra that tidies them up.

An expression is a number, a Text (a name, or a formula that is left as it is), or a tuple: an operator or a function of
one number, followed by what it is applied to. Next: formula.py, which makes expressions of nodes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

SUM, PRODUCT, SIGN, POWER, ATOM = range(1, 6)  # how tightly a formula holds together
INFIX = {"+": (" + ", SUM), "-": (" - ", SUM), "*": ("*", PRODUCT), "/": ("/", PRODUCT), "**": ("**", POWER)}

Expression = Any  # float | Text | tuple[str, Expression, ...]


class Text(str):
    """A formula, and how tightly it holds together: what a name or a call does needs no brackets anywhere."""

    strength: int

    def __new__(cls, text: str, strength: int = ATOM) -> Text:
        made = super().__new__(cls, text)
        made.strength = strength
        return made


def infix(op: str, left: Text, right: Text) -> Text:
    sign, strength = INFIX[op]
    if op == "**":  # binds to the right, and -1 may be an exponent as it stands
        return Text(f"{held(left, ATOM)}**{held(right, SIGN)}", POWER)
    return Text(f"{held(left, strength)}{sign}{held(right, strength + 1)}", strength)


def negated(text: Text) -> Text:
    return Text(f"-({text})" if text.startswith("-") else f"-{held(text, PRODUCT)}", min(text.strength, SIGN))


def held(text: Text, strength: int) -> str:
    """In brackets, unless it holds together as tightly as that."""
    return text if text.strength >= strength else f"({text})"


def number(x: float) -> str:
    """A number as one writes it.

    >>> number(2.0), number(-0.25), number(1 / 3)
    ('2', '-0.25', '0.333333')
    """
    return f"{x:.6g}"


def constant(x: float) -> Text:
    return Text(number(x), SIGN if x < 0 else ATOM)


def as_text(expression: Expression) -> Text:
    """The expression written down.

    >>> as_text(("*", 2.0, ("-", Text("x"), 1.0)))
    '2*(x - 1)'
    """
    if isinstance(expression, Text):
        return expression
    if not isinstance(expression, tuple):
        return constant(expression)
    op, *operands = expression
    texts = [as_text(each) for each in operands]
    if op in INFIX and len(texts) == 2:
        return infix(op, *texts)
    return negated(texts[0]) if op == "-" else Text(f"{op}({texts[0]})")


# ---- rules -----------------------------------------------------------------------------------------


def tidied(op: str, *operands: Expression) -> Expression:
    """An operation on expressions that are tidy, as one would write it by hand. Its value stays what it is, nan aside.

    >>> x = Text("x")
    >>> as_text(tidied("*", 1.0, x)), as_text(tidied("*", 3.0, ("/", 1.0, x))), as_text(tidied("**", x, 1.0))
    ('x', '3/x', 'x')
    >>> as_text(tidied("**", ("sech", x), 2.0)), as_text(tidied("*", ("sigmoid", x), ("sigmoid", ("-", x))))
    ('1 - tanh(x)**2', 'sigmoid(x)*(1 - sigmoid(x))')
    """
    rule = RULES.get((op, len(operands)))
    found = rule(*operands) if rule else None
    return (op, *operands) if found is None else found


def plus(a: Expression, b: Expression) -> Expression:
    if is_number(a) and is_number(b):
        return a + b
    return a if b == 0.0 else None


def minus(a: Expression, b: Expression) -> Expression:
    return a - b if is_number(a) and is_number(b) else None


def negative(a: Expression) -> Expression:
    if is_number(a):
        return -a
    return a[1] if is_negative(a) else None


def times(a: Expression, b: Expression) -> Expression:
    if is_number(a) and is_number(b):
        return a * b
    if a == 1.0 or b == 1.0:
        return b if a == 1.0 else a
    if a == 0.0 or b == 0.0:
        return 0.0
    if a == -1.0 or is_negative(a):
        return tidied("-", b if a == -1.0 else tidied("*", a[1], b))
    if is_quotient(b):  # a * (c/d) = a*c/d, and (c/d) * (e/d) = c*e/d**2
        top, bottom = (a[1], a[2]) if is_quotient(a) else (a, 1.0)
        under = tidied("**", bottom, 2.0) if bottom == b[2] else tidied("*", bottom, b[2])
        return tidied("/", tidied("*", top, b[1]), under)
    if is_quotient(a):
        return tidied("/", tidied("*", a[1], b), a[2])
    if is_call(a, "sigmoid") and b == ("sigmoid", ("-", a[1])):
        return ("*", a, ("-", 1.0, a))
    return None


def over(a: Expression, b: Expression) -> Expression:
    """(p/q)/q = p/q**2."""
    return tidied("/", a[1], tidied("**", b, 2.0)) if is_quotient(a) and a[2] == b else None


def power(a: Expression, b: Expression) -> Expression:
    if b == 1.0:
        return a
    if b == 2.0 and is_call(a, "sech"):
        return ("-", 1.0, ("**", ("tanh", a[1]), 2.0))
    if b == 2.0 and is_quotient(a) and a[1] == 1.0:
        return ("/", 1.0, tidied("**", a[2], 2.0))
    return None


RULES: dict[tuple[str, int], Callable[..., Expression]] = {
    ("+", 2): plus,
    ("-", 2): minus,
    ("-", 1): negative,
    ("*", 2): times,
    ("/", 2): over,
    ("**", 2): power,
}


def is_number(x: Expression) -> bool:
    return isinstance(x, float)


def is_call(x: Expression, name: str) -> bool:
    return isinstance(x, tuple) and len(x) == 2 and x[0] == name


def is_negative(x: Expression) -> bool:
    return is_call(x, "-")


def is_quotient(x: Expression) -> bool:
    return isinstance(x, tuple) and x[0] == "/"
