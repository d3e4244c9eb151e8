"""The Python call as machine code: arguments are taken apart and results put together where the numbers are computed.

A built-in function is a C function that gets its arguments as an array of pointers to objects. `ir` writes one, named
@entry, in LLVM's language, for arguments of one known structure: it looks at each object's type, copies the floats into
a row, calls the computation, and makes new objects of what comes out. `callable_from` makes a Python function of it.

A structure is None for a float, (list, s1, s2, ...), (tuple, s1, ...) or (dict, (key, s), ...), with keys that are str.
What does not have exactly the structure, a subclass or an int say, is not an error: entry then returns NotImplemented,
and the caller takes the general path. Keys are compared by identity, in order: nobody's __eq__ runs meanwhile.
Next: ../cache.py.
"""

from __future__ import annotations

import ctypes
import functools
import itertools
import struct
import sys
from array import array
from collections.abc import Callable, Sequence
from typing import Any

Structure = Any  # None | tuple[type, Structure...], and (dict, (key, Structure)...)
Put = Callable[[str], None]  # writes code that puts an object, given its name in the code, where it belongs

TYPE, NUMBER = 8, 16  # where an object of CPython has its type, and a float its number, in bytes from the start
API_NAMES: dict[type, str] = {list: "PyList", tuple: "PyTuple", dict: "PyDict"}
NUMBERS_ON_STACK = 256  # more get memory of their own
METH_FASTCALL, METH_KEYWORDS = 0x80, 0x02


def can(arguments: Sequence[Structure], results: Structure) -> bool:
    """Whether this Python's objects are laid out as they are expected to be, and the structures are of the known kinds.

    >>> can(((list, None, None),), (tuple, None, (dict, ("w", None))))
    True
    >>> can(((frozenset, None),), None)
    False
    """
    return ordinary_build() and all(map(known, (*arguments, results)))


def known(structure: Structure) -> bool:
    if structure is None:
        return True
    kind, *members = structure
    if kind is dict:
        return all(type(key) is str and known(member) for key, member in members)
    return kind in (list, tuple) and all(map(known, members))


@functools.cache
def ordinary_build() -> bool:
    """A 64-bit CPython, not for debugging, in which a float has its type and its number where they are read."""
    if sys.implementation.name != "cpython" or sys.maxsize < 2**32 or hasattr(sys, "gettotalrefcount"):
        return False
    if object.__basicsize__ != 16:  # it is more where there is no global lock
        return False
    x = -2.5
    type_of_x, number = ctypes.c_size_t.from_address(id(x) + TYPE), ctypes.c_double.from_address(id(x) + NUMBER)
    return type_of_x.value == id(float) and number.value == x


def ir(arguments: Sequence[Structure], results: Structure, inputs: int, shared: int, outputs: int, address: int) -> str:
    """The text of @entry for the code at an address, a C function of the kind "one" of backends.py.

    >>> print(ir((None, None), None, 2, 8192, 1, 4096))
    define ptr @entry(ptr %self, ptr %arguments, i64 %count, ptr %keywords) noinline optnone {
    ...
      call void %code(ptr %inputs, ptr %shared, ptr %outputs)
    ...
    }

    `inputs` numbers are taken from the positional arguments, `outputs` are given in the results, in order; `shared` is
    the address of numbers that the computation reads besides. The text holds addresses: it is for this process only,
    and what they point to has to live as long as the code, the keys in the structures too (see `callable_from`).
    """
    if (found := (sum(map(numbers, arguments)), numbers(results))) != (inputs, outputs):
        raise ValueError(f"the structures have {found} numbers, not {(inputs, outputs)}\ngive as many as they have")
    code = EntryWriter()
    code.constant("shared", shared)
    code.reserve("ptr", "result")
    code.write("store ptr null, ptr %result")
    release = row_of_numbers(code, inputs, outputs)
    take_arguments(code, arguments)
    code.write(f"call void {code.constant('code', address)}(ptr %inputs, ptr %shared, ptr %outputs)")
    give(code, results, "%outputs", lambda made: code.write(f"store ptr {made}, ptr %result"))
    code.write(release, f"ret ptr {code.let('finished', 'load ptr, ptr %result')}")
    code.begin("otherwise")
    code.call("void", "Py_IncRef", f"ptr {code.constant('not_implemented', id(NotImplemented))}")
    code.write(release, "ret ptr %not_implemented")
    code.begin("failed")  # what was made is in the result, and goes with it; the exception is set
    code.call("void", "Py_DecRef", f"ptr {code.let('unfinished', 'load ptr, ptr %result')}")
    code.write(release, "ret ptr null")
    # Time goes into the interpreter's functions, and LLVM's into hundreds of small loops: it is not to optimise these.
    return code.function("ptr @entry(ptr %self, ptr %arguments, i64 %count, ptr %keywords) noinline optnone")


def numbers(structure: Structure) -> int:
    """How many numbers a structure has."""
    if structure is None:
        return 1
    kind, *members = structure
    return sum(numbers(member[1] if kind is dict else member) for member in members)


def row_of_numbers(code: EntryWriter, inputs: int, outputs: int) -> str:
    """Write code that makes room for all the numbers, and return the code that gives it back."""
    release = ""
    if inputs + outputs <= NUMBERS_ON_STACK:
        code.write(f"%inputs = alloca double, i64 {inputs + outputs}")
    else:
        code.write(f"%inputs = call ptr {code.api('PyMem_Malloc')}(i64 {8 * (inputs + outputs)})")
        release = f"call void {code.api('PyMem_Free')}(ptr %inputs)"
        code.need(code.let("enough", "icmp ne ptr %inputs, null"), "otherwise")
    code.write(f"%outputs = getelementptr double, ptr %inputs, i64 {inputs}")
    return release


# ---- taking arguments apart, and putting results together ------------------------------------------
# `row` is where the first number of a thing is in the row of all numbers; those of its members follow each other.


def take(code: EntryWriter, structure: Structure, thing: str, row: str) -> None:
    """Write code that copies the numbers of an object into the row, or goes to 'otherwise'."""
    kind, *members = structure or (float,)
    expected = code.constant(f"{kind.__name__}_type", id(kind))
    code.need(code.let("same", f"icmp eq ptr {code.field(thing, TYPE)}, {expected}"), "otherwise")
    if kind is float:
        code.write(f"store double {code.field(thing, NUMBER, 'double')}, ptr {row}")
        return
    length = code.call("i64", f"{API_NAMES[kind]}_Size", f"ptr {thing}")
    code.need(code.let("same", f"icmp eq i64 {length}, {len(members)}"), "otherwise")
    if kind is dict:
        take_items(code, members, thing, row)
        return

    def step(structure: Structure, index: str, row: str) -> None:
        take(code, structure, code.call("ptr", f"{API_NAMES[kind]}_GetItem", f"ptr {thing}, i64 {index}"), row)

    code.each(members, row, step)


def take_arguments(code: EntryWriter, arguments: Sequence[Structure]) -> None:
    code.need(code.let("no_keywords", "icmp eq ptr %keywords, null"), "otherwise")
    code.need(code.let("same", f"icmp eq i64 %count, {len(arguments)}"), "otherwise")

    def step(structure: Structure, index: str, row: str) -> None:
        place = code.let("place", f"getelementptr ptr, ptr %arguments, i64 {index}")
        take(code, structure, code.let("argument", f"load ptr, ptr {place}"), row)

    code.each(arguments, "%inputs", step)


def take_items(code: EntryWriter, members: Sequence[tuple[str, Structure]], thing: str, row: str) -> None:
    position, key, item = code.reserve("i64"), code.reserve("ptr"), code.reserve("ptr")
    code.write(f"store i64 0, ptr {position}")
    for expected, structure in members:
        code.call("i32", "PyDict_Next", f"ptr {thing}, ptr {position}, ptr {key}, ptr {item}")
        found = code.let("key", f"load ptr, ptr {key}")
        code.need(code.let("same", f"icmp eq ptr {found}, {code.constant_key(expected)}"), "otherwise")
        take(code, structure, code.let("item", f"load ptr, ptr {item}"), row)
        row = code.shifted(row, numbers(structure))


def give(code: EntryWriter, structure: Structure, row: str, put: Put) -> None:
    """Write code that makes an object of the numbers in the row, or goes to 'failed'.

    It is put where it belongs before it is filled: should memory run out, all that was made is freed with the result.
    """
    kind, *members = structure or (float,)
    if kind is float:
        number = code.let("number", f"load double, ptr {row}")
        made = code.call("ptr", "PyFloat_FromDouble", f"double {number}")
    else:
        made = code.call("ptr", f"{API_NAMES[kind]}_New", "" if kind is dict else f"i64 {len(members)}")
    code.need(code.let("enough", f"icmp ne ptr {made}, null"), "failed")
    put(made)
    if kind is dict:
        for key, member in members:
            give(code, member, row, functools.partial(put_at_key, code, made, key))
            row = code.shifted(row, numbers(member))
        return

    def step(structure: Structure, index: str, row: str) -> None:
        give(code, structure, row, functools.partial(put_at_index, code, kind, made, index))

    code.each(members, row, step)


def put_at_key(code: EntryWriter, owner: str, key: str, made: str) -> None:
    failure = code.call("i32", "PyDict_SetItem", f"ptr {owner}, ptr {code.constant_key(key)}, ptr {made}")
    code.call("void", "Py_DecRef", f"ptr {made}")  # the dict holds it now
    code.need(code.let("well", f"icmp eq i32 {failure}, 0"), "failed")


def put_at_index(code: EntryWriter, kind: type, owner: str, index: str, made: str) -> None:
    code.call("i32", f"{API_NAMES[kind]}_SetItem", f"ptr {owner}, i64 {index}, ptr {made}")


# ---- writing LLVM's language -----------------------------------------------------------------------

Step = Callable[[Structure, str, str], None]  # writes code, given a member's structure, its index, and its row


class EntryWriter:
    """A function being written: constants first, then instructions in blocks, each value under a name of its own."""

    def __init__(self) -> None:
        self.head: dict[str, str] = {}
        self.body: list[str] = []
        self.block = "start"
        self.serial = itertools.count(1)

    def write(self, *lines: str) -> None:
        self.body += [f"  {line}" for line in lines if line]

    def let(self, word: str, instruction: str) -> str:
        """Give the value of an instruction a name."""
        name = f"%{word}_{next(self.serial)}"
        self.write(f"{name} = {instruction}")
        return name

    def begin(self, block: str) -> None:
        self.body.append(f"{block}:")
        self.block = block

    def need(self, condition: str, elsewhere: str) -> None:
        """Go on if a condition holds, else elsewhere."""
        onward = f"on_{next(self.serial)}"
        self.write(f"br i1 {condition}, label %{onward}, label %{elsewhere}")
        self.begin(onward)

    def constant(self, word: str, address: int) -> str:
        self.head[word] = f"  %{word} = inttoptr i64 {address} to ptr"
        return f"%{word}"

    def constant_key(self, key: str) -> str:
        return self.constant(f"key_{id(key)}", id(key))

    def api(self, name: str) -> str:
        """A function of the interpreter that runs this."""
        function = ctypes.cast(getattr(ctypes.pythonapi, name), ctypes.c_void_p)
        return self.constant(name, function.value or 0)

    def reserve(self, kind: str, word: str = "") -> str:
        """Room for a variable, made once for the whole call."""
        word = word or f"room_{next(self.serial)}"
        self.head[word] = f"  %{word} = alloca {kind}"
        return f"%{word}"

    def call(self, kind: str, name: str, arguments: str) -> str:
        call = f"call {kind} {self.api(name)}({arguments})"
        if kind == "void":
            self.write(call)
            return ""
        return self.let("got", call)

    def field(self, thing: str, offset: int, kind: str = "ptr") -> str:
        place = self.let("place", f"getelementptr i8, ptr {thing}, i64 {offset}")
        return self.let("field", f"load {kind}, ptr {place}")

    def shifted(self, row: str, count: int | str) -> str:
        return self.let("row", f"getelementptr double, ptr {row}, i64 {count}")

    def each(self, members: Sequence[Structure], row: str, step: Step) -> None:
        """Write a step for each member. Neighbours of the same structure share one, in a loop: a long list is short."""
        start = 0
        for structure, same in itertools.groupby(members):
            end, size = start + len(list(same)), numbers(structure)
            if end == start + 1:
                step(structure, str(start), row)
            else:
                self.loop(structure, range(start, end), self.shifted(row, -start * size), step)
            row = self.shifted(row, (end - start) * size)
            start = end

    def loop(self, structure: Structure, places: range, row: str, step: Step) -> None:
        """Write a step to be done for each place; `row` is where number 0 would be."""
        before, top, after = self.block, f"loop_{next(self.serial)}", f"after_{next(self.serial)}"
        self.write(f"br label %{top}")
        self.begin(top)
        here, index = len(self.body), f"%index_{next(self.serial)}"
        step(structure, index, self.shifted(row, self.let("size", f"mul i64 {index}, {numbers(structure)}")))
        following = self.let("index", f"add i64 {index}, 1")
        turns = f"[ {places.start}, %{before} ], [ {following}, %{self.block} ]"
        self.body.insert(here, f"  {index} = phi i64 {turns}")  # the first instruction, known when the last block is
        more = self.let("more", f"icmp ult i64 {following}, {places.stop}")
        self.write(f"br i1 {more}, label %{top}, label %{after}")
        self.begin(after)

    def function(self, signature: str) -> str:
        return "\n".join([f"define {signature} {{", "start:", *self.head.values(), *self.body, "}", ""])


# ---- a call with nothing but a range of rows ----------------------------------------------------------


def range_ir(address: int, pointers: Sequence[int], rows: int, message: int) -> str:
    """The text of @entry for a function of two ints, begin and end: code at an address, called with pointers and these.

    >>> print(range_ir(4096, [8192], 100, 12288))
    define ptr @entry(ptr %self, ptr %arguments, i64 %count, ptr %keywords) noinline optnone {
    ...
      call void %code(ptr %pointer0, i64 ..., i64 ...)
    ...
    }

    A ValueError with the text at the address `message`, unless 0 <= begin <= end <= rows. Other threads run meanwhile.
    """
    code = EntryWriter()
    code.need(code.let("two", "icmp eq i64 %count, 2"), "otherwise")
    begin, end = (as_int(code, code.let("place", f"getelementptr ptr, ptr %arguments, i64 {k}")) for k in range(2))
    for condition in (f"sge i64 {begin}, 0", f"sle i64 {begin}, {end}", f"sle i64 {end}, {rows}"):
        code.need(code.let("fits", f"icmp {condition}"), "otherwise")
    given = [f"ptr {code.constant(f'pointer{place}', pointer)}" for place, pointer in enumerate(pointers)]
    thread = code.call("ptr", "PyEval_SaveThread", "")
    code.write(f"call void {code.constant('code', address)}({', '.join(given)}, i64 {begin}, i64 {end})")
    code.call("void", "PyEval_RestoreThread", f"ptr {thread}")
    code.call("void", "Py_IncRef", f"ptr {code.constant('nothing', id(None))}")
    code.write("ret ptr %nothing")
    code.begin("otherwise")
    error, text = code.constant("error", id(ValueError)), code.constant("message", message)
    code.call("void", "PyErr_SetString", f"ptr {error}, ptr {text}")
    code.write("ret ptr null")
    return code.function("ptr @entry(ptr %self, ptr %arguments, i64 %count, ptr %keywords) noinline optnone")


def as_int(code: EntryWriter, place: str) -> str:
    """The int of an argument; -1, with an exception set, if it is none."""
    return code.call("i64", "PyLong_AsLongLong", f"ptr {code.let('argument', f'load ptr, ptr {place}')}")


# ---- a Python function of an address ---------------------------------------------------------------


def callable_from(address: int, keep_alive: Any) -> Callable[..., Any]:
    """The built-in function whose code, a C function like @entry, is at an address; it holds on to `keep_alive`.

    >>> from ctypes import PYFUNCTYPE, c_ssize_t, c_void_p, cast, py_object
    >>> code = PYFUNCTYPE(py_object, c_void_p, c_void_p, c_ssize_t, c_void_p)(lambda own, args, count, names: count)
    >>> callable_from(cast(code, c_void_p).value, code)("a", "b")
    2

    What it needs is in its `__self__`: the definition that Python reads, and `keep_alive`, both freed after it.
    """
    name = array("b", b"compiled\0")
    flags = METH_FASTCALL | METH_KEYWORDS
    # A PyMethodDef. Memory without references to anything: it stays whole while the garbage collector frees a cycle.
    definition = array("b", struct.pack("@PPiP", name.buffer_info()[0], address, flags, 0))
    new = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p, ctypes.py_object, ctypes.py_object)
    make = new(("PyCFunction_NewEx", ctypes.pythonapi))
    function: Callable[..., Any] = make(definition.buffer_info()[0], (definition, name, keep_alive), None)
    return function
