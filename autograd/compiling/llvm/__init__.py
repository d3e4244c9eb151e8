"""Machine code through LLVM: a tape is laid out, written in LLVM's own language, compiled, and called from Python.

From a tape to code: rolling.py finds loops in it, laying.py decides where each number lives and what is computed once,
emitting.py writes it down (instructions.py), with functions on vectors (vectors.py); blocks.py runs it over many rows,
code.py compiles it. entry.py lets Python call it without lists on the way. Next: rolling.py.
"""

from autograd.compiling.llvm.code import Code, can, check_present, is_present, linked, target

__all__ = ["Code", "can", "check_present", "is_present", "linked", "target"]
