"""Machine code for a tape, through LLVM: its own text is written (blocks.py), LLVM compiles it into memory.

What LLVM makes is an object file, as a C compiler's; Code keeps its bytes, so that a cache can keep them on disk.
Next: entry.py.
"""

from __future__ import annotations

import functools
import importlib.util
import threading
from collections.abc import Sequence
from typing import Any

from autograd.compiling.backends import check_can, check_kind
from autograd.compiling.expansions import expand
from autograd.compiling.llvm import blocks
from autograd.compiling.llvm.laying import program
from autograd.compiling.passes import EXACT, drop, rebuilt
from autograd.compiling.tape import Tape, users_operation

lock = threading.Lock()  # LLVM's lists of targets and passes are shared by all threads


def can(tape: Tape) -> bool:
    """Whether all of a tape can be machine code: not if there is an operation of the user's own on it.

    >>> from autograd.compiling.tape import INPUT
    >>> can(Tape(((INPUT, 0), ("sin", 0)), (1,)))
    True
    """
    return users_operation(tape) is None


class Code:
    """A tape as machine code, of a kind and with arguments as backends.py says.

    >>> from autograd.compiling.tape import INPUT, Tape
    >>> code = Code(Tape(((INPUT, 0), ("*", 0, 0)), (1,)), 1, "one") if is_present() else None
    >>> code is None or code.size > 0 and len(code.object_code) > code.size
    True

    Its `object_code` is the bytes of an object file. Raises ValueError for a tape with an operation of the user's own
    on it, and ImportError where llvmlite is missing.
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
        check_can(tape)
        check_present()
        self.tape, self.row, self.kind = tape, row, kind
        self.tables = (row,) if tables is None else tuple(tables)
        self.outs = (len(tape.outputs),) if outs is None else tuple(outs)
        self.object_code = compiled(*self.written()) if object_code is None else object_code
        self.memory = loaded(self.object_code, kind)
        self.address: int = self.memory[kind]
        sections = binding().ObjectFileRef.from_data(self.object_code).sections()
        self.size: int = sum(section.size() for section in sections if section.is_text())

    def written(self) -> tuple[str, int]:
        """LLVM's text, and how much LLVM should do to make the code fast."""
        laid = program(drop(rebuilt(self.tape, expand, *EXACT)), self.row, self.kind)
        quick = [part.quick for part in laid.each]
        text = blocks.ir(laid, self.kind, self.tables, self.outs, lanes(any(quick)))
        return text, 0 if self.kind == "one" and all(quick) else 2

    @property
    def ir(self) -> str:
        """LLVM's text, written anew: that of a long tape is long."""
        return self.written()[0]

    def assembly(self) -> str:
        """The machine code as text, for this computer's processor."""
        ir, level = self.written()
        with lock:
            return str(machine(level).emit_assembly(module(ir)))


def is_present() -> bool:
    """Whether llvmlite is installed."""
    return importlib.util.find_spec("llvmlite") is not None


def check_present() -> None:
    """ImportError, with what to install, where llvmlite is missing."""
    if not is_present():
        raise ImportError("the backend 'llvm' needs llvmlite\ninstall it: pip install 'scalar-autograd[jit]'")


@functools.cache
def binding() -> Any:
    """LLVM, as llvmlite hands it to Python."""
    check_present()
    import llvmlite.binding

    return llvmlite.binding


def target() -> str:
    """What code depends on, besides the tape and the system."""
    llvm = binding()
    import llvmlite

    return f"{llvmlite.__version__} {llvm.get_host_cpu_name()} {llvm.get_host_cpu_features().flatten()}"


def linked(ir: str, name: str) -> tuple[int, Any]:
    """The address of a function in LLVM's own text, and what keeps its code in memory."""
    memory = loaded(compiled(ir, 2), name)
    return memory[name], memory


def lanes(quick: bool) -> int:
    """How many rows to compute side by side: as many as fill two of the processor's vectors, but at most 8.

    Where LLVM should not think long, they fill one: two at a time would give it more to think about.
    """
    features = binding().get_host_cpu_features()
    widest = 8 if features.get("avx512f") else 4 if features.get("avx") else 2
    return widest if quick else min(2 * widest, 8)


def machine(level: int) -> Any:
    """LLVM, told what processor this is."""
    llvm = binding()
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(),
        features=llvm.get_host_cpu_features().flatten(),
        opt=level,
        reloc="pic",
        codemodel="small",
    )


def module(ir: str) -> Any:
    """LLVM's text, read. A context of its own lets go of all that LLVM knows about it."""
    return binding().parse_assembly(ir, binding().create_context())


def compiled(ir: str, level: int) -> bytes:
    """The bytes of an object file."""
    with lock:
        return bytes(machine(level).emit_object(module(ir)))


def loaded(object_code: bytes, name: str) -> Any:
    """The code in memory, which it leaves with this object; this[name] is the address of the function."""
    with lock:
        jit = binding().create_lljit_compiler(machine(2))
        builder = binding().JITLibraryBuilder().add_object_img(object_code).add_current_process().export_symbol(name)
        return builder.link(jit, name)
