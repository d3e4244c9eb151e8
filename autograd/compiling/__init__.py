"""The compiler: a function on Values, derivatives included, as straight-line code. Start reading at tape.py.

tape.py says what a tape is, expansions.py and passes.py rewrite one; tracing.py, lowering.py and recording.py get one
out of a function. source.py, python.py and c.py write it as text, x86.py and llvm/ as machine code (backends.py says
what they have in common). cache.py keeps code, tables.py lays out rows, choosing.py and kernel.py take what fits;
compiled.py is what the user holds, compiled_rows.py is for training.
"""

from autograd.compiling.choosing import available
from autograd.compiling.compiled import Compiled, compile
from autograd.compiling.compiled_rows import CompiledRows, compile_rows
from autograd.compiling.kernel import Stats
from autograd.compiling.tracing import TracingError

__all__ = ["Compiled", "CompiledRows", "Stats", "TracingError", "available", "compile", "compile_rows"]
