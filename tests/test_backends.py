"""The native backends have one interface: the same questions, the same arguments, the same errors."""

import inspect

import pytest

from autograd.compiling import c, llvm, x86
from autograd.compiling.tape import CALL, INPUT, Tape, users_operation
from tests.tapes import alone, own

each = pytest.mark.parametrize("backend", [c, llvm, x86], ids=["c", "llvm", "x86"])
OWN = Tape(((INPUT, 0), (INPUT, 1), (CALL, own, 0, 1)), (2,))


@each
def test_code_takes_the_same_arguments_everywhere(backend) -> None:
    assert inspect.signature(backend.Code) == inspect.signature(c.Code)


@each
def test_only_the_tape_decides_what_can_be_done(backend, monkeypatch) -> None:
    monkeypatch.setattr(x86, "is_x86", lambda: False)
    monkeypatch.setattr(c, "command", lambda: [])
    assert backend.can(alone("sin")) and not backend.can(OWN)


@each
def test_an_operation_of_ones_own_is_named(backend) -> None:
    assert users_operation(OWN) is own and users_operation(alone("sin")) is None
    with pytest.raises(ValueError, match="^own is an operation of your own, .*\nuse backend='python'$"):
        backend.Code(OWN, 2, "one")


@each
def test_another_kind_is_named(backend) -> None:
    with pytest.raises(ValueError, match="kind 'columns'.*\n.*'one'"):
        backend.Code(alone("sin"), 1, "columns")


@each
def test_what_is_there_passes_its_own_check(backend) -> None:
    if backend.is_present():
        backend.check_present()
        code = backend.Code(alone("+"), 2, "one")
        assert code.size > 0 and code.address and isinstance(backend.target(), str)
        assert (code.object_code is None) == (backend is x86)
    else:
        with pytest.raises((RuntimeError, ImportError), match="needs .*\n"):
            backend.check_present()
