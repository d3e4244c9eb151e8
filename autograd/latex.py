"""Any text for LaTeX: what it would read as commands is escaped, Greek and accents are its own, the rest by number."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

from autograd.naming import printable

SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"$<$",
    ">": r"$>$",
    "|": r"$|$",
    "-": r"$-$",
    "−": r"$-$",
    "*": r"$*$",
    '"': r"\char34{}",
    "`": r"{}\char96{}",
    "'": r"\char39{}",
    "·": r"$\cdot$",
    "×": r"$\times$",
    "…": r"\ldots{}",
    "—": r"---",
    "∂": r"$\partial$",
    "∇": r"$\nabla$",
    "∑": r"$\sum$",
    "∏": r"$\prod$",
    "√": r"$\surd$",
    "∞": r"$\infty$",
    "≈": r"$\approx$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "→": r"$\rightarrow$",
    **{sign: f"\\{sign}" for sign in "{}$&#%_"},
}
OWN_LETTERS = "àáâãäåçèéêëìíîïñòóôõöøùúûüýÿæœßÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝÆŒ"  # which LaTeX always has
CAPITAL_GREEK = {"gamma", "delta", "theta", "lambda", "xi", "pi", "sigma", "upsilon", "phi", "psi", "omega"}
OTHER_GREEK = {"alpha", "beta", "epsilon", "zeta", "eta", "iota", "kappa", "mu", "nu", "rho", "tau", "chi"}


def numbered(character: str) -> str:
    """A sign that pdflatex does not have."""
    return f"{{\\scriptsize U+{ord(character):04X}}}"


def escaped(text: str, other: Callable[[str], str] = numbered) -> str:
    """Text as it is, where TeX would read signs; `other` says what to write for those that it does not have.

    >>> print(escaped("w_1 < α & 5%"))
    w\\_1 $<$ $\\alpha$ \\& 5\\%
    """
    return "".join(sign(character, other) for character in printable(text))


def sign(character: str, other: Callable[[str], str]) -> str:
    if character in SPECIAL:
        return SPECIAL[character]
    if character < "\x7f" or character in OWN_LETTERS:
        return character
    if command := greek(character):
        return f"$\\{command}$"
    form, *plain = unicodedata.decomposition(character).split() or [""]
    if form in ("<sub>", "<super>"):
        inner = escaped("".join(chr(int(number, 16)) for number in plain), other)
        return f"${{}}{'_' if form == '<sub>' else '^'}{{\\mbox{{\\scriptsize {inner}}}}}$"
    return other(character)


def greek(character: str) -> str:
    """The name of LaTeX's command for a Greek letter, or nothing."""
    name = unicodedata.name(character, "").removeprefix("GREEK ").replace("LAMDA", "LAMBDA")
    case, _, letter = name.partition(" LETTER ")
    if case == "SMALL" and letter.lower() in CAPITAL_GREEK | OTHER_GREEK:
        return letter.lower()
    return letter.capitalize() if case == "CAPITAL" and letter.lower() in CAPITAL_GREEK else ""
