"""Machine code from templates: bytes and words agree, results are the interpreter's, memory is given back."""

import ctypes
import gc
import itertools
import platform
import random
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from autograd.compiling import x86
from autograd.compiling import x86_templates as templates
from autograd.compiling.tape import CALL, CONSTANT, DOT, ELEMENTARY, INPUT, SUM, WHERE, Builder, Tape, run
from tests.backends import needs_x86
from tests.tapes import EDGES, EXACT, alone, arity, bits, one, own, points, random_numbers, random_tape, ulps

NOTHING = Tape((), ())
on_stack_or_not = pytest.mark.parametrize("limit", [x86.BYTES_ON_STACK, 0])
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="reads Linux's /proc")


def gradient(rng: random.Random, size: int, inputs: int = 8) -> Tape:
    """A tape like that of a gradient, of about `size` entries: a forward part of + - * relu on some of the last 1,000
    results, and a backward part, in reverse order, of what each passes on to its operands."""
    builder = Builder()
    given = [builder.add(INPUT, number) for number in range(inputs)]
    forward = list(given)
    while len(forward) < 0.47 * size:
        name, recent = rng.choice(("+", "-", "*", "*", "relu")), forward[-1000:]
        x = rng.choice(recent)
        y = rng.choice(given if name == "*" else recent)  # factors below 1 keep the numbers small
        forward.append(builder.add(name, x) if name == "relu" else builder.add(name, x, y))
    gradients = dict.fromkeys(forward[-1000:], builder.constant(1.0))

    def gains(slot: int, amount: int) -> None:
        gradients[slot] = builder.add("+", gradients[slot], amount) if slot in gradients else amount

    for slot in sorted(set(forward) - set(given), reverse=True):
        if slot in gradients:
            backward(builder, builder.entries[slot], gradients.pop(slot), gains)
    return builder.tape([forward[-1], *(gradients.get(slot, slot) for slot in given)])


def backward(builder, entry, g, gains) -> None:
    name, x, *rest = entry
    if name == "relu":
        gains(x, builder.add("*", g, builder.add("step", x)))
    elif name == "*":
        gains(x, builder.add("*", g, rest[0]))
        gains(rest[0], builder.add("*", g, x))
    else:
        gains(x, g)
        gains(rest[0], g if name == "+" else builder.add("neg", g))


def numbers_below_one(rng: random.Random, count: int) -> list[float]:
    return [rng.uniform(-0.9, 0.9) for _ in range(count)]


def compiled(tape: Tape, row: int):
    """The code of a tape as a function of all its inputs."""
    code = x86.Code(tape, row, "one")
    function = one(code, row, len(tape.outputs))
    return lambda numbers, code=code: function(numbers)  # the code lives as long as its function


# ---- results ---------------------------------------------------------------------------------------


@needs_x86
@pytest.mark.parametrize("name", ELEMENTARY)
def test_operations_give_what_the_interpreter_gives(name) -> None:
    tape, count = alone(name), arity(name)
    function = compiled(tape, count)
    for point in points(count):
        [found], [expected] = function(point), run(tape, point)
        assert ulps(found, expected) <= (0 if name in EXACT else 4), point
        assert found or bits([found]) == bits([expected]), point  # the sign of a zero


@needs_x86
def test_choices_give_what_the_interpreter_gives() -> None:
    tape = Tape(((INPUT, 0), (INPUT, 1), (INPUT, 2), (WHERE, 0, 1, 2)), (3,))
    function = compiled(tape, 3)
    for condition, (x, y) in itertools.product(EDGES, itertools.permutations(EDGES[::5], 2)):
        assert bits(function([condition, x, y])) == bits(run(tape, [condition, x, y]))


@needs_x86
@on_stack_or_not
@pytest.mark.parametrize("seed", range(40))
def test_random_tapes(seed, limit, monkeypatch) -> None:
    monkeypatch.setattr(x86, "BYTES_ON_STACK", limit)
    rng = random.Random(seed)
    inputs = rng.randint(1, 30)
    tape = random_tape(rng, inputs, rng.randint(1, 150), EXACT)
    function = compiled(tape, rng.randint(0, inputs))
    for _ in range(10):
        numbers = random_numbers(rng, inputs)
        assert bits(function(numbers)) == bits(run(tape, numbers))


@needs_x86
@on_stack_or_not
@pytest.mark.parametrize("seed", range(10))
def test_random_tapes_with_functions_between(seed, limit, monkeypatch) -> None:
    """A function of C's library takes registers away: what was computed before it has to be there after it."""
    monkeypatch.setattr(x86, "BYTES_ON_STACK", limit)
    rng = random.Random(seed)
    called = ["exp", "sin", "tanh", "floor", "atan2", "**", "+", "*", "maximum"]
    tape = random_tape(rng, 6, 200, called)
    function = compiled(tape, 3)
    for _ in range(10):
        numbers = numbers_below_one(rng, 6)
        for found, expected in zip(function(numbers), run(tape, numbers)):
            assert found == pytest.approx(expected, rel=1e-9, nan_ok=True)


@needs_x86
@pytest.mark.parametrize("terms", [1, 2, 3, 1000, 20_000])
def test_long_sums_are_added_from_left_to_right(terms) -> None:
    entries = [(INPUT, number) for number in range(2 * terms)]
    entries += [(SUM, *range(2 * terms)), (DOT, *range(2 * terms))]
    tape = Tape(tuple(entries), (2 * terms, 2 * terms + 1))
    numbers = [random.Random(terms).gauss(0.0, 1.0) for _ in range(2 * terms)]
    assert bits(compiled(tape, terms)(numbers)) == bits(run(tape, numbers))


@needs_x86
@pytest.mark.parametrize("size", [1_000, 10_000, 50_000])
def test_gradients(size) -> None:
    tape, numbers = gradient(random.Random(size), size), numbers_below_one(random.Random(1), 8)
    assert bits(compiled(tape, 8)(numbers)) == bits(run(tape, numbers))


@needs_x86
def test_outputs_may_be_inputs_and_constants_and_come_twice() -> None:
    tape = Tape(((INPUT, 1), (CONSTANT, -0.0), ("exp", 1), ("+", 0, 2), (INPUT, 0)), (0, 3, 1, 3, 2, 4, 0))
    assert bits(compiled(tape, 1)([7.0, 2.0])) == bits([2.0, 3.0, -0.0, 3.0, 1.0, 7.0, 2.0])
    assert compiled(NOTHING, 0)([]) == []


# ---- what is left out ------------------------------------------------------------------------------


@needs_x86
def test_what_no_output_depends_on_is_left_out() -> None:
    used = ((INPUT, 0), ("*", 0, 0))
    unused = (("exp", 1), (SUM, 0, 1, 2), (CONSTANT, 1.0), ("+", 3, 2))
    assert x86.Assembler(Tape((*used, *unused), (1,)), 1).code == x86.Assembler(Tape(used, (1,)), 1).code


@needs_x86
def test_places_of_the_frame_are_used_again() -> None:
    """A chain of numbers that each wait for the next but one."""
    entries = [(INPUT, 0), ("neg", 0), *(("-", slot - 1, slot - 2) for slot in range(2, 10_000))]
    assert x86.Assembler(Tape(tuple(entries), (9_999,)), 1).frame <= 2


@needs_x86
def test_a_result_that_the_next_entry_takes_stays_in_its_register() -> None:
    entries = ((INPUT, 0), (INPUT, 1), ("*", 0, 1), ("+", 0, 2), ("neg", 3))
    assembler = x86.Assembler(Tape(entries, (4,)), 2)
    assert assembler.frame == 0
    assert assembler.code.count(x86.LOAD) == assembler.code.count(x86.STORE) == 1


def test_only_functions_without_a_template_are_written_out() -> None:
    plain = Tape(((INPUT, 0), ("relu", 0), ("exp2", 1), ("tanh", 2)), (3,))
    assert x86.simple(plain) is plain
    names = [entry[0] for entry in x86.simple(Tape((*plain.entries, ("softplus", 1)), (4,))).entries]
    assert "softplus" not in names and "relu" in names


# ---- bytes and words -------------------------------------------------------------------------------

TEXTS = {name: text for name, text in vars(templates).items() if name.isupper() and "  " in text}
# What is filled into holes, and how objdump says it.
HOLES = {"y": b"\x83\x10\0\0\0", "z": b"\x83\x20\0\0\0", "address": bytes(8)}
HOLES |= {name: bytes(4) for name in ("size", "results", "behind")}
SPOKEN = {"y": "qword ptr [rbx+0x10]", "z": "qword ptr [rbx+0x20]", "-1": "0xffffffffffffffff"}


def spoken(text: str) -> list[str]:
    """What the lines of a template say, in objdump's spelling."""
    said = []
    for line in filter(None, map(str.strip, text.splitlines())):
        words = re.split(r"\s\s+", line)[1].replace(", ", ",")
        words = re.sub(r"(?<=,)(y|z|-1)$|(?<= )y(?=,)", lambda found: SPOKEN[found[0]], words)
        words = re.sub(r"(?<=[,+])(size|address|results|behind)", "0x0", words)
        said.append(re.sub(r"(?<=,)\d+$", lambda found: hex(int(found[0])), words))
    return said


def disassembled(code: bytes, folder: Path) -> list[str]:
    """What objdump says about the bytes; about a jump, how far it goes."""
    file = folder / "code"
    file.write_bytes(code)
    command = ["objdump", "-D", "-b", "binary", "-m", "i386:x86-64", "-M", "intel", "--no-show-raw-insn", str(file)]
    listing = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    said = []
    for start, words in re.findall(r"^ *([0-9a-f]+):\s+([^#\n]+)", listing, re.MULTILINE):
        jump = re.sub(r"(?<=jne)\s+0x(\w+)", lambda to, start=start: f" .+{int(to[1], 16) - int(start, 16)}", words)
        said.append(" ".join(jump.lower().split()))
    return said


@pytest.mark.skipif(shutil.which("objdump") is None, reason="no objdump here (binutils)")
@pytest.mark.parametrize("name", [*TEXTS, *templates.TEMPLATES])
def test_words_say_what_the_bytes_do(name, tmp_path) -> None:
    text = templates.TEMPLATES.get(name) or TEXTS[name]
    assert disassembled(templates.encoded(text, **HOLES) % (), tmp_path) == spoken(text)


def test_bytes_may_look_like_holes() -> None:
    assert templates.encoded("25 62 address y   an address of any bytes", address=b"%b%") % b"!" == b"%b%b%!"


# ---- the function ----------------------------------------------------------------------------------


@needs_x86
@on_stack_or_not
def test_threads_may_call_at_once(limit, monkeypatch) -> None:
    monkeypatch.setattr(x86, "BYTES_ON_STACK", limit)
    tape = gradient(random.Random(0), 5_000)
    function, wrong = compiled(tape, 8), []

    def call(seed: int) -> None:
        numbers = numbers_below_one(random.Random(seed), 8)
        expected = run(tape, numbers)
        wrong.extend(seed for _ in range(100) if function(numbers) != expected)

    threads = [threading.Thread(target=call, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@needs_x86
@on_stack_or_not
def test_functions_find_the_stack_where_they_need_it(limit, monkeypatch) -> None:
    """At a multiple of 16 before the call, which puts 8 bytes there to return to."""
    stack = "48 89 E0  83 E0 0F  F2 0F 2A C0  C3"  # mov rax, rsp; and eax, 15; cvtsi2sd xmm0, eax; ret
    told, known = x86.executable(bytes.fromhex(stack)), x86.address_of
    monkeypatch.setattr(x86, "BYTES_ON_STACK", limit)
    monkeypatch.setattr(
        x86, "address_of", lambda name: x86.integer(x86.address(told), 8) if name == "exp" else known(name)
    )
    tape = Tape(((INPUT, 0), ("neg", 0), ("exp", 0), ("+", 1, 2)), (2, 3))
    assert x86.Assembler(tape, 1).frame > 0
    x86.template.cache_clear()
    try:
        assert compiled(tape, 1)([0.0]) == [8.0, 8.0]
    finally:
        x86.template.cache_clear()


@needs_x86
def test_results_are_nan_where_there_is_no_memory(monkeypatch) -> None:
    none = x86.executable(bytes.fromhex("31 C0 C3"))  # xor eax, eax; ret: a malloc that has nothing to give
    monkeypatch.setattr(x86, "BYTES_ON_STACK", 0)
    monkeypatch.setattr(x86, "address_of", lambda symbol: x86.integer(x86.address(none), 8))
    tape = Tape(((INPUT, 0), ("neg", 0), ("+", 1, 1), ("*", 1, 2)), (3, 3))
    assert x86.Assembler(tape, 1).frame > 0
    assert bits(compiled(tape, 1)([1.0])) == bits([float("nan")] * 2)


@needs_x86
@on_linux
def test_code_can_be_run_or_written_to_and_never_both() -> None:
    code = x86.Code(alone("sin"), 1, "one")
    maps = re.findall(r"^(\w+)-(\w+) (\S+)", Path("/proc/self/maps").read_text(), re.MULTILINE)
    assert [rights for start, end, rights in maps if int(start, 16) <= code.address < int(end, 16)] == ["r-xp"]


@needs_x86
@on_linux
def test_memory_is_given_back() -> None:
    def resident() -> int:
        gc.collect()
        return int(Path("/proc/self/statm").read_text().split()[1])

    tape, sizes = gradient(random.Random(0), 2_000), []
    for _ in range(3):
        for _ in range(300):
            x86.Code(tape, 8, "one")
        sizes.append(resident())
    assert sizes[2] - sizes[1] < 256  # pages; the code of 300 has ten times as many


# ---- where it cannot be ----------------------------------------------------------------------------


@pytest.mark.parametrize("machine", ["arm64", "aarch64", "i686", "riscv64"])
def test_other_processors_cannot(machine, monkeypatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: machine)
    assert not x86.is_present()
    with pytest.raises(RuntimeError, match=f"needs x86-64 .* not {machine} under .*\nuse backend='auto'"):
        x86.Code(NOTHING, 0, "one")


def test_windows_cannot(monkeypatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    assert not x86.is_present()


@needs_x86
def test_a_system_that_lets_no_code_run_cannot(monkeypatch) -> None:
    class Library:
        def __init__(self, *args, **kwargs) -> None:
            self.mprotect = lambda *args: -1

    monkeypatch.setattr(ctypes, "CDLL", Library)
    x86.may_run_code.cache_clear()
    try:
        assert not x86.is_present()
    finally:
        x86.may_run_code.cache_clear()


def test_functions_of_ones_own_cannot() -> None:
    tape = Tape(((INPUT, 0), (CALL, own, 0, 0)), (1,))
    assert not x86.can(tape)
    with pytest.raises(ValueError, match="own is an .* only Python can call\nuse backend='python'"):
        x86.Code(tape, 1, "one")


def test_other_kinds_are_refused() -> None:
    with pytest.raises(ValueError, match="kind 'rows': x86 code is for one row at a time\nuse kind 'one'"):
        x86.Code(alone("+"), 2, "rows", tables=(2,), outs=(1,))
