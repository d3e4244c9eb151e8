"""Machine code for a tape, through LLVM: its own text is written (blocks.py), LLVM compiles it into memory.

What LLVM makes is an object file, as a C compiler's; Code keeps its bytes, so that a cache can keep them on disk.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Sequence
from typing import Any

from autograd.compiling.expansions import expand
from autograd.compiling.llvm import blocks
from autograd.compiling.llvm.laying import program
from autograd.compiling.passes import EXACT, drop, rebuilt
from autograd.compiling.tape import CALL, Tape

lock = threading.Lock()  # LLVM's lists of targets and passes are shared by all threads


def can(tape: Tape) -> bool:
    """Whether everything on a tape can be machine code: a function that a user wrote in Python cannot.

    >>> from autograd.compiling.tape import INPUT
    >>> can(Tape(((INPUT, 0), ("sin", 0)), (1,)))
    True
    """
    return all(entry[0] != CALL for entry in tape.entries)


class Code:
    """The machine code of a tape: a C function of one of the kinds described in blocks.py, at `address`.

    >>> import array, ctypes
    >>> from autograd.compiling.tape import INPUT, Tape
    >>> code = Code(Tape(((INPUT, 0), ("*", 0, 0)), (1,)), 1, "one")
    >>> call = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 3)(code.address)
    >>> row, out = array.array("d", [3.0]), array.array("d", [0.0])
    >>> call(row.buffer_info()[0], None, out.buffer_info()[0])
    >>> out[0]
    9.0

    The first `row` inputs of the tape vary by row, and come from tables of the widths `tables`; the others are shared.
    With `object_code`, that of an equal Code, nothing is compiled. The code's memory is freed with the Code.
    Raises ValueError for a tape with a user's own function on it, ImportError where llvmlite is missing.
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
        if not can(tape):
            raise ValueError("the tape calls a function written in Python\ncompile with backend='python'")
        self.tape, self.row, self.kind = tape, row, kind
        self.tables = (row,) if tables is None else tuple(tables)
        self.outs = (len(tape.outputs),) if outs is None else tuple(outs)
        binding = llvmlite_binding()
        if object_code is None:
            object_code = compiled(binding, *self.written())
        self.object_code = object_code
        self.memory = loaded(binding, object_code, kind)
        self.address: int = self.memory[kind]
        sections = binding.ObjectFileRef.from_data(object_code).sections()
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
        binding = llvmlite_binding()
        ir, level = self.written()
        with lock:
            return str(machine(binding, level).emit_assembly(module(binding, ir)))


def llvmlite_binding() -> Any:
    try:
        importlib.import_module("llvmlite")
        return importlib.import_module("llvmlite.binding")
    except ImportError:
        message = "the backend 'llvm' needs llvmlite\ninstall it: pip install 'scalar-autograd[jit]'"
        raise ImportError(message) from None


def check_present() -> None:
    """ImportError, with what to install, where llvmlite is missing."""
    llvmlite_binding()


def target() -> str:
    """What code depends on, besides the tape and the system."""
    binding = llvmlite_binding()
    version = importlib.import_module("llvmlite").__version__
    return f"{version} {binding.get_host_cpu_name()} {binding.get_host_cpu_features().flatten()}"


def linked(ir: str, name: str) -> tuple[int, Any]:
    """The address of a function in LLVM's own text, and what keeps its code in memory."""
    binding = llvmlite_binding()
    memory = loaded(binding, compiled(binding, ir, 2), name)
    return memory[name], memory


def lanes(quick: bool) -> int:
    """How many rows to compute side by side: as many as numbers fit a vector of 512 bits, or of twice what there is.

    Code that LLVM should not think long about has vectors that fit: it would have to think about others.
    """
    features = llvmlite_binding().get_host_cpu_features()
    widest = 8 if features.get("avx512f") else 4 if features.get("avx") else 2
    return widest if quick else min(2 * widest, 8)


def machine(binding: Any, level: int) -> Any:
    """LLVM, told what processor this is."""
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    return binding.Target.from_default_triple().create_target_machine(
        cpu=binding.get_host_cpu_name(),
        features=binding.get_host_cpu_features().flatten(),
        opt=level,
        reloc="pic",
        codemodel="small",
    )


def module(binding: Any, ir: str) -> Any:
    """LLVM's text, read. A context of its own lets go of all that LLVM knows about it."""
    return binding.parse_assembly(ir, binding.create_context())


def compiled(binding: Any, ir: str, level: int) -> bytes:
    """The bytes of an object file."""
    with lock:
        return bytes(machine(binding, level).emit_object(module(binding, ir)))


def loaded(binding: Any, object_code: bytes, name: str) -> Any:
    """The code in memory, which it leaves with this object; this[name] is the address of the function."""
    with lock:
        jit = binding.create_lljit_compiler(machine(binding, 2))
        builder = binding.JITLibraryBuilder().add_object_img(object_code).add_current_process().export_symbol(name)
        return builder.link(jit, name)
