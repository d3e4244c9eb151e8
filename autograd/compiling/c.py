"""A tape as C99: text that a student can read and put on a microcontroller, and, where there is a compiler, code.

    void compiled(const double *row, const double *shared, double *out) {
        const double a = row[0];
        const double w = shared[0];
        out[0] = tanh(a * w);
    }

The text needs nothing but C's own library (c_library.py). What that lacks (relu, sigmoid, ...) is written by the same
Writer, from the tapes of expansions.py. Code puts a function for many rows below, and has it all compiled.
Next: x86_templates.py.
"""

from __future__ import annotations

import ctypes
import inspect
import itertools
import math
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import weakref
from collections.abc import Sequence
from pathlib import Path

from autograd.compiling.backends import check_can, check_kind
from autograd.compiling.c_library import C_NAMES, HELPERS, NAMED, RESERVED
from autograd.compiling.expansions import EXPANSIONS
from autograd.compiling.source import ADDITION, ATOM, CHOICE, SIGN, Names, Writer, Written, folded, held
from autograd.compiling.tape import INPUT, WHERE, Builder, Entry, Tape, users_operation

# ---- text ----------------------------------------------------------------------------------------


class CWriter(Writer):
    """C text, and `helpers`, the functions that it calls."""

    def __init__(self, tape: Tape, row: int, name: str, helpers: dict[str, str]) -> None:
        super().__init__(tape, Names((*RESERVED, name), plain=True), row)
        self.name, self.helpers = name, helpers
        self.inputs: list[str] = []

    def input(self, slot: int, number: int) -> str:
        element = self.element(number)
        if self.is_long or slot not in self.labels or not self.uses[slot]:
            return element
        self.inputs += self.assignment(self.labels[slot], element)
        return self.labels[slot]

    def element(self, number: int) -> str:
        return f"row[{number}]" if number < self.row else f"shared[{number - self.row}]"

    def constant(self, x: float) -> Written:
        text = "NAN" if math.isnan(x) else repr(x).replace("inf", "INFINITY")
        return text, SIGN if text.startswith("-") else ATOM

    def call(self, entry: Entry, given: list[Written]) -> Written:
        name, *_ = entry
        if name == WHERE:
            condition, x, y = (held(each, ADDITION) for each in given)
            return f"{condition} != 0.0 ? {x} : {y}", CHOICE
        self.need(name)
        arguments = ", ".join(text for text, _ in given)
        return f"{C_NAMES.get(name) or NAMED.get(name, name)}({arguments})", ATOM

    def need(self, name: str) -> None:
        """Have the helper of that name, and those that it needs, if it is one."""
        if name in self.helpers or name in C_NAMES:
            return
        if name in HELPERS:
            self.helpers[name] = HELPERS[name]
        elif name in EXPANSIONS:
            self.helpers[name] = expanded(name, self.helpers)

    def long_sum(self, given: list[tuple[int, ...]]) -> Written:
        name = "added" if len(given) == 1 else "dot"
        self.need(name)
        return f"{name}({', '.join([str(len(given[0])), *map(self.start_and_step, given)])})", ATOM

    def start_and_step(self, slots: tuple[int, ...]) -> str:
        span = self.span(slots)
        if span is None:
            return f"{self.list_of(slots)}, 1"
        array, number = ("row", span.first) if span.first < self.row else ("shared", span.first - self.row)
        return f"{array}{f' + {number}' if number else ''}, {span.step}"

    def assignment(self, target: str, text: str, new: bool = True) -> list[str]:
        return folded(f"{'const double ' * new}{target} = {text};")

    def list_definition(self, name: str, items: str) -> list[str]:
        return folded(f"const double {name}[] = {{{items}}};")

    # -- functions

    def text(self) -> str:
        """The function that is called, below those that it calls."""
        self.write()
        results = [f"out[{k}] = {self.written[slot][0]};" for k, slot in enumerate(self.tape.outputs)]
        if not self.is_long:
            return function(f"void {self.name}", PARAMETERS, [*self.inputs, *self.parts[0], *results])
        names = [f"{self.name}_{number}" for number, _ in enumerate(self.parts, 1)]
        functions = [function(f"static void {name}", INNER, lines) for name, lines in zip(names, self.parts)]
        body = [
            f"double *kept = malloc({len(self.places)} * sizeof *kept);",
            "if (!kept) { /* out of memory */",
            f"    for (int k = 0; k < {len(results)}; k++) out[k] = NAN;",
            "    return;",
            "}",
            *(f"{name}(row, shared, kept);" for name in names),
            *results,
            "free(kept);",
        ]
        return "\n\n".join([*functions, function(f"void {self.name}", PARAMETERS, body)])


PARAMETERS = "const double *row, const double *shared, double *out"
INNER = "const double *row, const double *shared, double *kept"


def function(head: str, parameters: str, lines: list[str]) -> str:
    """A function of several arrays; those of which it makes no use are mentioned, so that compilers do not warn."""
    text = "\n".join(lines)
    unused = [f"(void){name};" for name in re.findall(r"\w+(?=,|$)", parameters) if not re.search(rf"\b{name}\b", text)]
    return "\n".join([f"{head}({parameters}) {{", *(f"    {line}" for line in [*unused, *lines]), "}"])


def expanded(name: str, helpers: dict[str, str]) -> str:
    """A function that expansions.py takes apart, and, among the helpers, those that it needs in turn."""
    parameters = list(inspect.signature(EXPANSIONS[name]).parameters)[1:]
    builder = Builder()
    slots = [builder.add(INPUT, number) for number, _ in enumerate(parameters)]
    builder.names = dict(zip(slots, parameters))
    writer = CWriter(builder.tape([EXPANSIONS[name](builder, *slots)]), len(slots), name, helpers)
    writer.write()
    lines = [*writer.parts[0], f"return {writer.written[writer.tape.outputs[0]][0]};"]
    head = f"static double {name}({', '.join(f'double {each}' for each in parameters)}) {{"
    return "\n".join([head, *(f"    {line}" for line in lines), "}"])


def source(tape: Tape, row: int, name: str = "compiled") -> str:
    """The tape as a C file. The first `row` inputs come with each row of numbers; the others are shared by all rows.

    >>> line = Tape(((INPUT, 0), (INPUT, 1), ("*", 0, 1), ("relu", 2)), (3,), {0: "a", 1: "w"})
    >>> print(source(line, 1))
    /* compiled(row, shared, out): a row of 1 number and 1 shared number in, 1 result out.
       Written by scalar-autograd in C99: cc -std=c99 -O2 -ffp-contract=off -c compiled.c; link with -lm. */
    #include <math.h>
    <BLANKLINE>
    static double step(double x) {
        return x > 0.0 ? 1.0 : x <= 0.0 ? 0.0 : x;
    }
    <BLANKLINE>
    static double relu(double x) {
        return step(x) != 0.0 ? x : 0.0;
    }
    <BLANKLINE>
    void compiled(const double *row, const double *shared, double *out) {
        const double a = row[0];
        const double w = shared[0];
        out[0] = relu(a * w);
    }

    Raises ValueError if there is an operation of the user's own on the tape.
    """
    check_can(tape)
    writer = CWriter(tape, row, name, {})
    functions = writer.text()
    shared = counted(max(writer.input_count - row, 0), "shared number")
    comment = (
        f"/* {name}(row, shared, out): a row of {counted(row, 'number')} and {shared} in, "
        f"{counted(len(tape.outputs), 'result')} out.\n"
        f"   Written by scalar-autograd in C99: cc -std=c99 -O2 -ffp-contract=off -c {name}.c; link with -lm. */"
    )
    includes = "#include <math.h>" + "\n#include <stdlib.h>" * writer.is_long
    return "\n\n".join([f"{comment}\n{includes}", *writer.helpers.values(), functions]) + "\n"


def counted(count: int, thing: str) -> str:
    return f"{count} {thing}{'s' * (count != 1)}"


# ---- many rows -----------------------------------------------------------------------------------


def many(kind: str, tables: Sequence[int], outs: Sequence[int]) -> str:
    """The function for many rows, each read from tables before its results are written to others, or added up."""
    reads = [
        f"memcpy(row + {at}, tables[{k}] + {width} * r, {width} * sizeof *row);" for k, at, width in columns(tables)
    ]
    writes = [f"memcpy(outs[{k}] + {width} * i, out + {at}, {width} * sizeof *out);" for k, at, width in columns(outs)]
    each = f"for (int k = 0; k < {sum(outs)}; k++)"
    return MANY.format(
        kind=kind,
        target="double *const *outs" if kind == "rows" else "double *sums",
        row=max(sum(tables), 1),
        results=max(sum(outs), 1),
        before="" if kind == "rows" else f"    {each} sums[k] = 0.0;\n",
        read="\n        ".join(reads),
        after="\n        ".join(writes) if kind == "rows" else f"{each} sums[k] += out[k];",
    )


def columns(widths: Sequence[int]) -> list[tuple[int, int, int]]:
    """For each table that has any columns: its number, its place in a row, and its width."""
    starts = itertools.accumulate(widths, initial=0)
    return [(number, start, width) for number, (start, width) in enumerate(zip(starts, widths)) if width]


MANY = """
#include <stdint.h>
#include <string.h>

/* The rows begin, ..., end - 1 of tables, or, where there is `which`, those whose numbers stand there. */
void compiled_{kind}(const double *const *tables, const double *shared, {target},
                     const int64_t *which, int64_t begin, int64_t end) {{
    double row[{row}], out[{results}];
{before}\
    for (int64_t i = begin; i < end; i++) {{
        const int64_t r = which ? which[i] : i;
        (void)r;
        {read}
        compiled(row, shared, out);
        {after}
    }}
}}
"""


# ---- code ----------------------------------------------------------------------------------------

OPTIONS = ("-std=c99", "-fPIC", "-shared", "-ffp-contract=off", "-fno-math-errno", "-fno-semantic-interposition")


def effort(operations: int) -> list[str]:
    """How hard the compiler may try: the time grows with the length of the tape, and should not grow faster."""
    return ["-O2"] if operations < 5_000 else ["-O1", "-fno-inline"] if operations < 20_000 else ["-O0"]


def can(tape: Tape) -> bool:
    """Whether all of a tape can be said in C: not if there is an operation of the user's own on it."""
    return users_operation(tape) is None


def command() -> list[str]:
    """How the C compiler is called: as the environment variable CC says, else by the first name that is there."""
    wanted = [shlex.split(os.environ["CC"])] if os.environ.get("CC") else [["cc"], ["gcc"], ["clang"]]
    return next(([path, *rest] for name, *rest in wanted if (path := shutil.which(name))), [])


def compiler() -> str | None:
    """The path of the C compiler, if there is one."""
    return next(iter(command()), None)


def is_present() -> bool:
    """Whether there is a C compiler."""
    return bool(command())


def check_present() -> None:
    """RuntimeError, with what to install, where there is no compiler."""
    if not is_present():
        wanted = os.environ.get("CC") or "cc, gcc or clang"
        raise RuntimeError(
            f"the backend 'c' needs a C compiler: there is no {wanted}\ninstall one, or use backend='python'"
        )


def target() -> str:
    """What code depends on, besides the tape and the system."""
    return " ".join([*command(), *OPTIONS])


class Code:
    """A tape as machine code, of a kind and with arguments as backends.py says.

    >>> line = Tape(((INPUT, 0), (INPUT, 1), ("*", 0, 1)), (2,))
    >>> code = Code(line, 1, "rows") if is_present() else None
    >>> code is None or code.size == len(code.object_code) > 0
    True

    Its `object_code` is the bytes of a library. Sums are added up in order. Raises ValueError for a tape that C cannot
    say, and RuntimeError where there is no compiler, or it fails, or loading does.
    """

    def __init__(
        self,
        tape: Tape,
        row: int,
        kind: str,
        tables: Sequence[int] | None = None,
        outs: Sequence[int] | None = None,
        *,
        object_code: bytes | None = None,
    ) -> None:
        check_kind(kind)
        if object_code is None:
            text = source(tape, row)
            if kind != "one":
                results = len(tape.outputs)
                text += many(kind, (row,) if tables is None else tables, (results,) if outs is None else outs)
            object_code = built(text, effort(len(tape)))
        self.object_code, self.size = object_code, len(object_code)
        library = loaded(object_code)
        function = library["compiled" if kind == "one" else f"compiled_{kind}"]
        self.address: int = ctypes.cast(function, ctypes.c_void_p).value or 0
        weakref.finalize(self, unload, library._handle).atexit = False  # threads may still be in it then


def built(text: str, options: Sequence[str]) -> bytes:
    """A library made of C text."""
    check_present()
    called = command()
    with tempfile.TemporaryDirectory(prefix="autograd-") as folder:
        file, library = Path(folder, "compiled.c"), Path(folder, "compiled.so")
        file.write_text(text, encoding="ascii")
        arguments = [*called, *OPTIONS, *options, str(file), "-o", str(library), "-lm"]
        done = subprocess.run(arguments, capture_output=True, text=True, errors="replace", check=False)
        if done.returncode or not library.exists():
            complaint = " ".join(done.stderr.split())
            raise RuntimeError(f"{called[0]} failed: {complaint:.150}\nuse backend='python'")
        return library.read_bytes()


def loaded(object_code: bytes) -> ctypes.CDLL:
    """The library in this process. Its file is gone as soon as it is loaded, where the system allows that."""
    with tempfile.TemporaryDirectory(prefix="autograd-", ignore_cleanup_errors=True) as folder:
        file = Path(folder, "compiled.so")
        file.write_bytes(object_code)
        try:
            return ctypes.CDLL(str(file))
        except OSError as error:
            raise RuntimeError(
                f"backend 'c' cannot load a library: {error!s:.150}\n"
                "set TMPDIR to a folder whose files may be run, or use backend='python'"
            ) from None


def unload(handle: int) -> None:
    import _ctypes

    if sys.platform == "win32":
        _ctypes.FreeLibrary(handle)
    else:
        _ctypes.dlclose(handle)
