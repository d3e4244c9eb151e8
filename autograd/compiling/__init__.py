"""The compiler: a function on Values, derivatives included, as straight-line code. Start reading at tape.py.

A graph (lowering.py) becomes a tape of operations on numbered slots (tape.py), made shorter while it is written
(passes.py), and then code: Python (python.py), C (c.py), machine code through LLVM (llvm.py).
"""

from autograd.compiling.batch import compile_rows
from autograd.compiling.compiled import compile
from autograd.compiling.tracing import TracingError

__all__ = ["TracingError", "compile", "compile_rows"]
