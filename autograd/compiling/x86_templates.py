"""What x86-64 processors are told to do: the instructions of each operation, as bytes and in words.

An instruction is a few bytes, which say what is done and on what. On the left are these bytes, in base 16; then the
same in words, as an assembler reads them: `addsd xmm0, y` adds y to the register xmm0. A word among the bytes is a
hole: what belongs there is known later. Next: x86.py, which fills the holes.
"""

from __future__ import annotations

import re

from autograd.compiling.tape import WHERE

# ---- operations ------------------------------------------------------------------------------------

# A template finds its first operand, x, in xmm0, and leaves its result there; xmm1, xmm2 and xmm3 are free for what it
# has to remember. The other operands, y and z, are in memory, and go to xmm0 only: so a place is the same five bytes
# wherever it occurs.
LOAD = "F2 0F 10 y       movsd xmm0, y"
STORE = "F2 0F 11 y       movsd y, xmm0"
KEEP = "66 0F 28 C8      movapd xmm1, xmm0"
ZERO = "66 0F 57 C0      xorpd xmm0, xmm0"

# A comparison gives ones in all bits where it holds, else zeros. All ones are a nan, and, as a whole number, -1.
ORDER = """
    66 0F 28 D0      movapd xmm2, xmm0
    F2 0F C2 D1 03   cmpunordsd xmm2, xmm1   ones if one of the two is nan
    66 0F 28 D9      movapd xmm3, xmm1
    F2 0F C2 D8 01   cmpltsd xmm3, xmm0      -1 if xmm1 is less
    F2 0F C2 C1 01   cmpltsd xmm0, xmm1      -1 if xmm1 is greater
    66 0F FA D8      psubd xmm3, xmm0        the one minus the other: -1, 0 or 1,
    F3 0F E6 C3      cvtdq2pd xmm0, xmm3     as a float
    66 0F 56 C2      orpd xmm0, xmm2
"""

TEMPLATES = {
    "+": "F2 0F 58 y       addsd xmm0, y",
    "-": "F2 0F 5C y       subsd xmm0, y",
    "*": "F2 0F 59 y       mulsd xmm0, y",
    "/": "F2 0F 5E y       divsd xmm0, y",
    "sqrt": "F2 0F 51 C0      sqrtsd xmm0, xmm0",
    "neg": """
        66 0F 76 C9      pcmpeqd xmm1, xmm1      ones
        66 0F 73 F1 3F   psllq xmm1, 63          only the first of them, which is the sign
        66 0F 57 C1      xorpd xmm0, xmm1
    """,
    "abs": """
        66 0F 76 C9      pcmpeqd xmm1, xmm1      ones
        66 0F 73 D1 01   psrlq xmm1, 1           all but the first
        66 0F 54 C1      andpd xmm0, xmm1
    """,
    "step": """
        66 0F 57 C9      xorpd xmm1, xmm1
        F2 0F C2 C8 01   cmpltsd xmm1, xmm0      ones if 0 < x
        66 0F 73 D1 36   psrlq xmm1, 54          ten of them,
        66 0F 73 F1 34   psllq xmm1, 52          moved to the exponent: 1.0
        F2 0F C2 C0 03   cmpunordsd xmm0, xmm0   ones if x is nan
        66 0F 56 C1      orpd xmm0, xmm1
    """,
    "relu": """
        66 0F 57 C9      xorpd xmm1, xmm1
        F2 0F 5F C8      maxsd xmm1, xmm0        0 if it is greater than x, else x
        66 0F 57 C0      xorpd xmm0, xmm0
        F2 0F 58 C1      addsd xmm0, xmm1        -0 becomes 0
    """,
    "maximum": """
        66 0F 28 C8      movapd xmm1, xmm0
        F2 0F 10 y       movsd xmm0, y
        66 0F 28 D0      movapd xmm2, xmm0
        F2 0F C2 D2 03   cmpunordsd xmm2, xmm2   ones if y is nan
        F2 0F 5F C1      maxsd xmm0, xmm1        y if it is greater than x, else x
        66 0F 56 C2      orpd xmm0, xmm2
    """,
    "minimum": """
        66 0F 28 C8      movapd xmm1, xmm0
        F2 0F 10 y       movsd xmm0, y
        66 0F 28 D0      movapd xmm2, xmm0
        F2 0F C2 D2 03   cmpunordsd xmm2, xmm2   ones if y is nan
        F2 0F 5D C1      minsd xmm0, xmm1        y if it is less than x, else x
        66 0F 56 C2      orpd xmm0, xmm2
    """,
    WHERE: """
        66 0F 57 C9      xorpd xmm1, xmm1
        F2 0F C2 C8 04   cmpneqsd xmm1, xmm0     ones if x is not 0
        F2 0F 10 y       movsd xmm0, y
        66 0F 28 D0      movapd xmm2, xmm0
        F2 0F 10 z       movsd xmm0, z
        66 0F 57 D0      xorpd xmm2, xmm0        the bits in which y and z differ,
        66 0F 54 D1      andpd xmm2, xmm1        or none of them,
        66 0F 57 C2      xorpd xmm0, xmm2        turned in z: that makes it y, or leaves it
    """,
    "sign": f"{KEEP}\n{ZERO}\n{ORDER}",
    "ordering": f"{KEEP}\n{LOAD}\n{ORDER}",
}
# One more product of a DOT, to be added to those before.
PRODUCT = """
    66 0F 28 C8      movapd xmm1, xmm0
    F2 0F 10 y       movsd xmm0, y
    F2 0F 59 z       mulsd xmm0, z
    F2 0F 58 C1      addsd xmm0, xmm1
"""

# ---- functions -------------------------------------------------------------------------------------

# A function of C's library takes its numbers from xmm0 and xmm1, and leaves its result in xmm0, as our templates do. It
# may change all other registers that we use, except rbx: what they hold waits on the stack until the function is done.
SAVE = """
    57               push rdi
    56               push rsi
    52               push rdx
    51               push rcx
"""
RESTORE = """
    59               pop rcx
    5A               pop rdx
    5E               pop rsi
    5F               pop rdi
"""
CALL = """
    48 B8 address    movabs rax, address
    FF D0            call rax
"""
UNARY = f"{SAVE}\n{CALL}\n{RESTORE}"
BINARY = f"""
    66 0F 28 D0      movapd xmm2, xmm0
    F2 0F 10 y       movsd xmm0, y
    66 0F 28 C8      movapd xmm1, xmm0
    66 0F 28 C2      movapd xmm0, xmm2
    {UNARY}
"""
WHOLE = f"""
    {UNARY}
    66 0F 57 C9      xorpd xmm1, xmm1
    F2 0F 58 C1      addsd xmm0, xmm1        -0 becomes 0, the only one that whole numbers have in Python
"""

# ---- beginning and end -----------------------------------------------------------------------------

# The frame is in memory at rbx, which whoever calls us wants back as it was; the constants are at rcx, behind the code.
# The stack is at a multiple of 16 again after an odd number of pushes, as it has to be for a call.
CONSTANTS = "48 8D 0D behind   lea rcx, [rip+behind]"
SHORT = f"""
    53               push rbx
    48 81 EC size    sub rsp, size
    48 89 E3         mov rbx, rsp
    {CONSTANTS}
"""
SHORT_END = """
    48 81 C4 size    add rsp, size
    5B               pop rbx
    C3               ret
"""
LONG = f"""
    53               push rbx
    {SAVE}
    BF size          mov edi, size
    {CALL}
    {RESTORE}
    48 89 C3         mov rbx, rax            what malloc gives
    48 85 C0         test rax, rax
    75 11            jne .+19                behind the ret
    48 89 D7         mov rdi, rdx            there is no memory: all results are nan
    B9 results       mov ecx, results
    48 83 C8 FF      or rax, -1
    F3 48 AB         rep stos qword ptr es:[rdi], rax
    5B               pop rbx
    C3               ret
    {CONSTANTS}
"""
LONG_END = f"""
    48 89 DF         mov rdi, rbx            what free takes
    {CALL}
    5B               pop rbx
    C3               ret
"""

# ---- from text to bytes ----------------------------------------------------------------------------


def encoded(text: str, **known: bytes) -> bytes:
    """The bytes of a template; what is not known yet is left as a hole, for the operator %.

    >>> encoded("F2 0F 58 y   addsd xmm0, y") % b"[place]"
    b'\\xf2\\x0fX[place]'
    """
    code = b""
    for line in text.splitlines():
        left, *_ = re.split(r"\s\s+", line.strip())
        for part in left.split():
            found = known.get(part) if part.islower() else bytes.fromhex(part)
            code += b"%b" if found is None else found.replace(b"%", b"%%")
    return code
