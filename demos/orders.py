"""Why a topological sort? The two smallest programs on which other orders of the backward pass go wrong.

    python -m demos.orders [folder]

Prints what each order computes and where it first goes wrong, and writes a picture of each graph, with the right
gradients, and a page on which both can be stepped through in any order.
"""

from __future__ import annotations

import sys
from pathlib import Path

from autograd import Value, draw, why_order

PROGRAMS = {
    "breadth_first": "c = a + a; d = a + c; e = c + d",
    "recursion": "c = a + a; d = c + c",
}
REMARKS = {
    "breadth_first": (
        "Breadth-first, c is met before d, since e uses it. So c passes on what e gave it, and what d gives\n"
        "it later goes no further. A node must wait for all that use it: that is a topological order."
    ),
    "recursion": (
        "A method that passes its gradient on and then calls its parents' methods calls c once for each\n"
        "use. The second call passes on again what the first had passed on. A node must fire only once."
    ),
}


def run(program: str) -> dict[str, Value]:
    """The variables of a program, from a = 1."""
    variables = {"a": Value(1.0)}
    exec(program, {}, variables)
    return variables


def main(folder: str | Path = "orders") -> list[Path]:
    """Print what goes wrong, and return the paths of the pictures."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, program in PROGRAMS.items():
        variables = run(program)
        output = list(variables.values())[-1]
        print(f"{program}\n\n{why_order(output, variables)}\n\n{REMARKS[name]}\n")
        output.backward()
        picture = draw(output, variables)
        written += [picture.save(folder / f"{name}.svg"), picture.save(folder / f"{name}.html")]
    print("Open what was drawn:", *written, sep="\n    ")
    return written


if __name__ == "__main__":
    main(*sys.argv[1:2])
