"""Submissions of the exercise about *, each of which tries something; whether it is right all the same, and the reason
that is given where it is not.
"""

from autograd.classroom.ladder import exercise

RIGHT = exercise(5).file_with(exercise(5).reference, "student")
NOTHING = "class Value:\n    def __init__(self, data):\n        self.data, self.grad = data, 0.0\n"


def in_product(line: str) -> str:
    """The right solution, with a line before the product is returned."""
    return RIGHT.replace("        pass_back = ", f"        {line}\n        pass_back = ")


FORGED = '{"answer": [6.0, 15.0, 10.0], "mark": "0", "printed": ""}'
EQUAL_TO_ALL = """
class Any(float):
    def __eq__(self, other): return True
    def __hash__(self): return 0
    def __sub__(self, other): return 0.0
    __rsub__ = __mul__ = __rmul__ = __add__ = __radd__ = __sub__
class Value:
    def __init__(self, data): self.data, self.grad = Any(data), Any(1)
    def __mul__(self, other): return Value(1)
    def backward(self): pass
"""
PATCHING = """
import sys
engines = sys.modules["inside.engines"]
engines.Engine.run = lambda self, *rest, **named: [6.0, 15.0, 10.0]
sys.modules["inside.submission"].plain = lambda found, depth=0: [[6.0, 15.0, 10.0]] * 40
"""
QUIET = "try:\n    {}\nexcept BaseException:\n    pass\n"

WRITING = f"""
import os
for fd in range(20):
    try: os.write(fd, {FORGED!r}.encode() + b'\\n')
    except OSError: pass
"""
FLOODING = """
import os
while True:
    for fd in range(3, 9):
        try: os.write(fd, b'x\\n' * 9999)
        except OSError: pass
"""
DEAF = """
while True:
    try:
        while True: pass
    except BaseException: pass
"""
THREADS = """
import threading, time
while True:
    threading.Thread(target=time.sleep, args=(99,)).start()
"""
ABYSS = """
class Value:
    def __init__(self, data):
        self.data = self.grad = x = []
        for _ in range(10**5):
            x.append([])
            x = x[0]
    def backward(self): pass
    def __mul__(self, other): return self
"""
SIGNALLING = """
import os, fcntl
r, w = os.pipe()
fcntl.fcntl(r, fcntl.F_SETOWN, os.getppid())
fcntl.fcntl(r, fcntl.F_SETSIG, 9)
fcntl.fcntl(r, fcntl.F_SETFL, os.O_ASYNC)
os.write(w, b"x")
"""
UNHOOKING = """
import sys
locks = sys.modules["inside.locks"]
locks.guard = locks.lock = locks.EVENTS = ()
open("/etc/passwd")
"""
REASONING = """
import sys
submission = sys.modules["inside.submission"].Submission
submission.reply = lambda *a: {{"unusable": "{}", "facts": {{"key": 1, "language": 2}}}}
"""
DEEP = "import sys\nsys.setrecursionlimit(10**9)\ndef f(n):\n    return f(n + 1)\nf(0)\n"
SWAPPED = RIGHT.replace("gradient * other.data, gradient * self.data", "gradient * self.data, gradient * other.data")

HOSTILE: dict[str, tuple[str, bool, str]] = {
    "endless": ("while True:\n    pass\n", False, "too_long"),
    "endless_product": (in_product("while True: pass"), False, "too_long"),
    "asleep": ("import time\ntime.sleep(1000)\n", False, "too_long"),
    "deaf": (DEAF, False, "too_long"),
    "fork_bomb": ("import os\nwhile True:\n    os.fork()\n" + RIGHT, False, "cannot_load"),
    "fork_quietly": (QUIET.format("import os; [os.fork() for _ in range(50)]") + RIGHT, True, "passed"),
    "thread_bomb": (THREADS, False, "cannot_load died too_long"),
    "memory_bomb": ("x = [0]\nwhile True:\n    x = x + x\n", False, "died cannot_load"),
    "memory_product": (in_product("x = 'x' * 10**11"), False, "crash died"),
    "leaves": ("import os\nos._exit(0)\n", False, "died"),
    "leaves_politely": ("import sys\nsys.exit(0)\n", False, "cannot_load"),
    "leaves_in_product": (in_product("__import__('os')._exit(0)"), False, "died"),
    "aborts": ("import os\nos.abort()\n", False, "died"),
    "patches": (PATCHING + RIGHT, False, "lacks slope value nonsense own_data slope_of_one no_one_step walk"),
    "patches_nothing": (PATCHING + NOTHING, False, "slope value nonsense no_one_step walk lacks"),
    "prints_a_result": (f"print('passed', 20)\nprint({FORGED!r})\n" + NOTHING, False, "no_one_step"),
    "writes_a_result": (WRITING, False, "died"),
    "floods": (FLOODING, False, "died too_long"),
    "closes_all": ("import os\nos.closerange(0, 200)\n" + RIGHT, False, "died"),
    "reads_passwords": ("text = open('/etc/passwd').read()\n", False, "cannot_load"),
    "reads_neighbours": ("import os\ntext = open({neighbour!r}).read()\nexec(text)\n", False, "cannot_load"),
    "reads_the_reference": ("exec(open({reference!r}).read())\n", False, "cannot_load"),
    "looks_around": ("import os\nfiles = os.listdir('/')\n", False, "cannot_load"),
    "prints_a_gigabyte": ("for _ in range(1000):\n    print('x' * 1_000_000)\n" + RIGHT, True, "passed"),
    "recurses": ("def f(n):\n    return f(n + 1)\nf(0)\n", False, "cannot_load"),
    "recurses_natively": (DEEP, False, "died cannot_load too_long"),
    "deletes_its_folder": ("import shutil\nshutil.rmtree('.')\n" + RIGHT, False, "cannot_load"),
    "deletes_quietly": (QUIET.format("import os; os.rmdir(os.getcwd())") + RIGHT, True, "passed"),
    "imports_torch": ("import torch\n", False, "borrowed"),
    "imports_our_engine": ("from autograd import Value\n", False, "borrowed"),
    "finds_packages": ("import sys\nsys.path[:0] = {packages!r}\nimport numpy\n", False, "borrowed cannot_load"),
    "starts_a_process": ("import subprocess\nsubprocess.run(['ls'])\n" + RIGHT, False, "cannot_load"),
    "uses_a_shell": ("import os\nos.system('touch /tmp/was_here')\n" + RIGHT, False, "cannot_load"),
    "calls_home": ("import socket\nsocket.create_connection(('127.0.0.1', 80))\n", False, "cannot_load"),
    "kills_by_a_file": (SIGNALLING + RIGHT, False, "cannot_load"),
    "takes_the_hook_off": (UNHOOKING + RIGHT, False, "cannot_load"),
    "cannot_be_encoded": ("raise Exception(chr(0xd800))\n", False, "cannot_load unreadable"),
    "answers_an_unknown_reason": (REASONING.format("no_such_key") + RIGHT, False, "nonsense"),
    "answers_a_known_reason": (REASONING.format("no_class") + RIGHT, False, "no_class"),
    "kills_its_parent": ("import os\nos.kill(os.getppid(), 9)\n", False, "cannot_load"),
    "crashes_the_interpreter": ("import ctypes\nctypes.string_at(0)\n", False, "cannot_load"),
    "fills_the_disk": ("f = open('full', 'w')\nwhile True:\n    f.write('x' * 10**6)\n", False, "cannot_load"),
    "equals_everything": (EQUAL_TO_ALL, False, "slope value walk own_data accumulate no_seed upstream crash"),
    "answers_an_abyss": (ABYSS, False, "too_deep crash calls_itself calls_itself_inside too_long"),
    "has_evil_text": ("class Bad(Exception):\n    def __str__(self): raise Bad\nraise Bad\n", False, "cannot_load"),
    "looks_for_secrets": ("import os\nassert 'API_TOKEN' not in os.environ\n" + RIGHT, True, "passed"),
    "empty": ("\n\n", False, "unreadable"),
    "too_large": ("x = 1\n" * 400_000, False, "unreadable"),
    "no_python": ("this is no python\n", False, "not_python"),
    "honest": (RIGHT, True, "passed"),
    "honest_and_wrong": (SWAPPED, False, "own_data"),
}  # fmt: skip
