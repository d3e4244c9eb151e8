"""The backends that tests run on: where one is missing its tests are skipped, and the reason says what to install."""

import importlib.util

import pytest

from autograd.compiling import c, x86

HAS_LLVM = importlib.util.find_spec("llvmlite") is not None
HAS_C = c.compiler() is not None
HAS_X86 = x86.is_present()

needs_llvm = pytest.mark.skipif(not HAS_LLVM, reason="the extra `jit` is not installed")
needs_c = pytest.mark.skipif(not HAS_C, reason="there is no C compiler on this machine")
needs_x86 = pytest.mark.skipif(not HAS_X86, reason="this machine does not run x86-64 code")

C = pytest.param("c", marks=needs_c)
LLVM = pytest.param("llvm", marks=needs_llvm)
X86 = pytest.param("x86", marks=needs_x86)
everywhere = pytest.mark.parametrize("backend", ["python", C, LLVM, X86])
natively = pytest.mark.parametrize("backend", [C, LLVM, X86])
for_batches = pytest.mark.parametrize("backend", ["python", C, LLVM])  # code that runs over many rows by itself
on_disk = pytest.mark.parametrize("backend", [C, LLVM])  # code that a folder can keep
