"""Machine code without a compiler, for long tapes: each entry becomes the few instructions of its template.

Where a compiler thinks about every operation, this file copies and fills in ("copy and patch": Xu and Kjolstad 2021).
A number is loaded from memory into the register xmm0, the template of the operation (x86_templates.py) works on it
there, and the result is stored. For x86-64 processors, and functions called as on Linux and macOS (System V).
Next: llvm/rolling.py.
"""

from __future__ import annotations

import ctypes
import functools
import mmap
import platform
import sys
from array import array
from collections.abc import Sequence

from autograd.compiling import x86_templates as templates
from autograd.compiling.backends import check_can
from autograd.compiling.c_library import C_NAMES
from autograd.compiling.expansions import EXPANSIONS, expand
from autograd.compiling.passes import rebuilt
from autograd.compiling.tape import CONSTANT, DOT, INPUT, LEAVES, SUM, Entry, Tape, halves, users_operation
from autograd.compiling.x86_templates import TEMPLATES, encoded

# ---- bytes -----------------------------------------------------------------------------------------

READY = {name: encoded(text) for name, text in TEMPLATES.items()}
LOAD, STORE = (encoded(text) % b"" for text in (templates.LOAD, templates.STORE))  # a place follows


@functools.cache
def template(name: str, operands: int) -> bytes:
    """The template of what is not in TEMPLATES: a list of so many operands, or a function of C's library."""
    if name == SUM:
        return READY["+"] * (operands - 1)
    if name == DOT:
        return READY["*"] + encoded(templates.PRODUCT) * (operands // 2 - 1)
    whole = name in ("floor", "ceil")
    text = templates.BINARY if operands == 2 else templates.WHOLE if whole else templates.UNARY
    return encoded(text, address=address_of(C_NAMES.get(name, name)))


def address_of(symbol: str) -> bytes:
    """Where a function of C's library is, in this process."""
    function = getattr(ctypes.CDLL(None), symbol)
    return integer(ctypes.cast(function, ctypes.c_void_p).value or 0, 8)


def integer(x: int, size: int = 4) -> bytes:
    """A whole number as these processors read it, the last byte first.

    >>> integer(258)
    b'\\x02\\x01\\x00\\x00'
    """
    return x.to_bytes(size, "little", signed=True)


# The memory in which numbers are, by the register that points to it, as instructions name that.
INPUTS, SHARED, OUT = b"\x87", b"\x86", b"\x82"  # rdi, rsi, rdx: the arguments of the function, as they come
CONSTANTS, FRAME = b"\x81", b"\x83"  # rcx, rbx
REGISTER = b""  # the place of what only the next entry takes: that finds it in xmm0


def place(memory: bytes, number: int) -> bytes:
    """What an instruction says about a float in memory, [rbx+16] for number 2 of the frame."""
    return memory + integer(8 * number)


# ---- from entries to instructions ------------------------------------------------------------------


class Assembler:
    """The `code` for the entries of a tape, the `constants` that it reads, and how many floats its `frame` has.

    The tape is read from its end. Then the first time that a slot is met is the last time that it is taken: it is given
    a place in the frame there, which is free again where it is computed. If it has no place when that is reached,
    nothing takes it, and the entry is left out.
    """

    def __init__(self, tape: Tape, row: int) -> None:
        self.entries = tape.entries
        self.places: list[bytes | None] = [None] * len(tape.entries)
        self.constants = array("d")
        self.frame = 0
        self.free: list[bytes] = []
        self.pieces: list[bytes] = []  # of code, the last one first
        self.given(row)
        self.results(tape.outputs)
        self.operations()
        self.code = b"".join(reversed(self.pieces))

    def given(self, row: int) -> None:
        """Inputs and constants have their places already."""
        for slot, entry in enumerate(self.entries):
            if entry[0] == INPUT:
                number = entry[1]
                self.places[slot] = place(INPUTS, number) if number < row else place(SHARED, number - row)
            elif entry[0] == CONSTANT:
                self.places[slot] = place(CONSTANTS, len(self.constants))
                self.constants.append(entry[1])

    def results(self, outputs: Sequence[int]) -> None:
        """What comes out is stored there when it is computed. What comes out twice is copied, as are inputs."""
        for number, slot in enumerate(outputs):
            known = self.places[slot]
            if known is None:
                self.places[slot] = place(OUT, number)
            else:
                self.pieces += (STORE + place(OUT, number), LOAD + known)

    def operations(self) -> None:
        """For each entry: load its first operand, unless it is in xmm0 already, do what the template does, store."""
        entries, places, pieces = self.entries, self.places, self.pieces
        for slot in range(len(entries) - 1, -1, -1):
            entry, result = entries[slot], places[slot]
            if result is None or entry[0] in LEAVES:
                continue
            if result.startswith(FRAME):
                self.free.append(result)
            if result != REGISTER:
                pieces.append(STORE + result)
            name, first, *others = in_turn(entry, slot - 1)
            known = READY.get(name) or template(name, 1 + len(others))
            pieces.append(known % tuple([places[other] or self.in_frame(other) for other in others]))
            if first != slot - 1 or entries[first][0] in LEAVES:
                pieces.append(LOAD + (places[first] or self.in_frame(first)))
            elif places[first] is None:
                places[first] = REGISTER

    def in_frame(self, slot: int) -> bytes:
        """A place in the frame for a slot, one that was used before if there is any: it is in the cache."""
        if self.free:
            found = self.free.pop()
        else:
            found = place(FRAME, self.frame)
            self.frame += 1
        self.places[slot] = found
        return found


def in_turn(entry: Entry, before: int) -> Entry:
    """An entry with its operands in the order in which the template takes them; where it does not matter, the slot
    before comes first.

    >>> in_turn(("+", 3, 8), 8), in_turn(("dot", 1, 2, 5, 6), 6)
    (('+', 8, 3), ('dot', 1, 5, 2, 6))
    """
    name = entry[0]
    if (name == "+" or name == "*") and entry[2] == before:
        return name, before, entry[1]
    if name == DOT:
        return name, *[slot for pair in zip(*halves(entry[1:])) for slot in pair]
    return entry


# ---- the function ----------------------------------------------------------------------------------

BYTES_ON_STACK = 1 << 16  # a longer frame is allocated at each call
WRITTEN_OUT = EXPANSIONS.keys() - TEMPLATES.keys() - C_NAMES.keys()


def function(tape: Tape, row: int) -> bytes:
    """The machine code of a tape, and the constants behind it."""
    body = Assembler(simple(tape), row)
    size = -(-8 * body.frame // 16) * 16
    if size <= BYTES_ON_STACK:
        begin, end = encoded(templates.SHORT, size=integer(size)), encoded(templates.SHORT_END, size=integer(size)) % ()
    else:
        results = integer(len(tape.outputs))
        begin = encoded(templates.LONG, size=integer(size), address=address_of("malloc"), results=results)
        end = encoded(templates.LONG_END, address=address_of("free")) % ()
    return b"".join([begin % integer(len(body.code + end)), body.code, end, body.constants.tobytes()])


def simple(tape: Tape) -> Tape:
    """The tape with functions that have no template, and are not in C's library, written in those that do and are."""
    if all(entry[0] not in WRITTEN_OUT for entry in tape.entries):
        return tape
    return rebuilt(tape, lambda builder, entry: expand(builder, entry) if entry[0] in WRITTEN_OUT else None)


# ---- in memory -------------------------------------------------------------------------------------


def can(tape: Tape) -> bool:
    """Whether all of a tape can be such code: not if there is an operation of the user's own on it.

    >>> can(Tape(((INPUT, 0), ("sin", 0)), (1,)))
    True
    """
    return users_operation(tape) is None


def is_present() -> bool:
    """Whether this computer runs such code, and lets us make it."""
    return is_x86() and may_run_code()


def check_present() -> None:
    """RuntimeError where such code cannot run."""
    if not is_present():
        raise RuntimeError(
            f"the backend 'x86' needs x86-64 under Linux or macOS, not {platform.machine()} under {sys.platform}\n"
            "use backend='auto'"
        )


def target() -> str:
    """What object code depends on: there is none."""
    return ""


def is_x86() -> bool:
    """Whether processor, system and Python are of the kind that this file writes for."""
    if platform.machine() not in ("x86_64", "AMD64") or sys.platform not in ("linux", "darwin"):
        return False
    return sys.maxsize > 2**32 and sys.implementation.name == "cpython"


@functools.cache
def may_run_code() -> bool:
    """Whether the system lets a program run what it has written: some do not."""
    try:
        executable(encoded("C3   ret"))
    except OSError:
        return False
    return True


def executable(code: bytes) -> mmap.mmap:
    """Memory that holds this code, to be run and no longer to be written to. It is given back when it is garbage."""
    memory = mmap.mmap(-1, len(code), mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    memory.write(code)
    start, size = ctypes.c_void_p(address(memory)), ctypes.c_size_t(len(code))
    if ctypes.CDLL(None, use_errno=True).mprotect(start, size, mmap.PROT_READ | mmap.PROT_EXEC):
        raise OSError(ctypes.get_errno(), "the system does not let new machine code run")
    return memory


def address(memory: mmap.mmap) -> int:
    return ctypes.addressof(ctypes.c_char.from_buffer(memory))


class Code:
    """A tape as machine code, of the kind "one" of backends.py.

    >>> code = Code(Tape(((INPUT, 0), ("*", 0, 0)), (1,)), 1, "one") if is_present() else None
    >>> code is None or code.size > 0
    True

    Results go to memory that holds no inputs. The addresses in the code are this process's: there is no object code of
    it to be kept, nor any use for one. Raises ValueError for other kinds, and for a tape that `can` refuses, and
    RuntimeError where such code cannot run.
    """

    object_code = None

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
        if kind != "one":
            raise ValueError(f"kind {kind!r:.60}: x86 code is for one row at a time\nuse kind 'one', or backend='llvm'")
        check_can(tape)
        check_present()
        code = function(tape, row)
        self.size = len(code)
        self.memory = executable(code)
        self.address = address(self.memory)
