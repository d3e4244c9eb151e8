"""Limits on what the process may use and do, set before the student's code is loaded. None of them can be taken back.

Three layers. Limits of the system on time, memory and files. On Linux, the kernel's own locks: Landlock, so that only
the standard library can be read and nothing written, and a seccomp filter, so that no process can be started, no socket
opened and no other process touched. And an audit hook, which says in words what was tried; by itself it would keep out
only those who do not mean harm (PEP 578).
"""

from __future__ import annotations

import errno
import os
import platform
import struct
import sys
from collections.abc import Mapping
from typing import Any


def lock(limits: Mapping[str, Any]) -> None:
    """Set the limits: seconds of processor time, bytes of memory and of a file; with "locked", all the rest too."""
    limit_resources(limits)
    if limits.get("locked"):
        places = readable_places()
        if sys.platform == "linux":
            lock_kernel(places)
        for name in [name for name in sys.modules if name.partition(".")[0] in ("ctypes", "_ctypes")]:
            del sys.modules[name]
        sys.addaudithook(Guard(places))


def limit_resources(limits: Mapping[str, Any]) -> None:
    try:
        import resource
    except ImportError:  # Windows: the process is ended from outside when its time is up
        return
    for name, kind in (
        ("cpu", "RLIMIT_CPU"),
        ("memory", "RLIMIT_AS"),
        ("file", "RLIMIT_FSIZE"),
        ("core", "RLIMIT_CORE"),
    ):
        if name in limits:
            try:
                resource.setrlimit(getattr(resource, kind), (limits[name], limits[name]))
            except (ValueError, OSError):  # macOS refuses some
                continue


def readable_places() -> list[str]:
    """The folders of the standard library, and those of the shared libraries that are loaded now."""
    library = os.path.dirname(os.__file__)
    places = {library, os.path.join(library, "lib-dynload")}
    try:
        with open("/proc/self/maps", encoding="utf-8") as maps:
            files = {line.split(maxsplit=5)[5].strip() for line in maps if ".so" in line}
        places |= {os.path.dirname(file) for file in files}
    except OSError:
        pass
    return sorted(os.path.realpath(place) for place in places if os.path.isdir(place) and place not in ("/", "/tmp"))


# ---- in words --------------------------------------------------------------------------------------------------------

# events (their beginnings) -> what was tried
REFUSED = {
    "start a process": "subprocess. os.system os.exec os.posix_spawn os.spawn os.fork pty.spawn",
    "use the network": "socket.",
    "call into the machine": "ctypes.",
    "end a process": "os.kill signal.pthread_kill",
    "change files": "os.remove os.rename os.chmod os.chown os.link os.symlink os.truncate shutil. mmap.",
    "change folders": "os.rmdir os.mkdir os.chdir",
    "look into folders": "os.listdir os.scandir",
    "look through the memory": "gc.get_",
    "change a limit": "resource.setrlimit",
}
EVENTS = tuple((beginning, tried) for tried, events in REFUSED.items() for beginning in events.split())


class Guard:
    """An audit hook that refuses, with an error that says what."""

    __slots__ = ("places",)

    def __init__(self, places: list[str]) -> None:
        self.places = tuple(os.path.join(place, "") for place in places)

    def __call__(
        self, event: str, arguments: tuple[Any, ...], refused: tuple[tuple[str, str], ...] = EVENTS,
        real: Any = os.path.realpath, name_of: Any = os.fsdecode,
    ) -> None:  # fmt: skip
        if event == "open":
            path, mode = arguments[0], arguments[1]
            if isinstance(path, int):
                return
            where = real(name_of(path))
            if (mode and set(mode) & set("wxa+")) or "-packages" in where or not where.startswith(self.places):
                raise PermissionError(errno.EACCES, f"a submission may not open {where[-60:]!r}")
        if event == "import" and arguments[0] in ("ctypes", "_ctypes"):
            raise PermissionError(errno.EACCES, "a submission may not call into the machine")
        for beginning, tried in refused:
            if event.startswith(beginning):
                if event in ("os.listdir", "os.scandir") and str(arguments[0] or ".").startswith(self.places):
                    return
                raise PermissionError(errno.EACCES, f"a submission may not {tried}")


# ---- in the kernel ---------------------------------------------------------------------------------------------------

READ_FILE, READ_FOLDER, EXECUTE = 4, 8, 1  # rights of Landlock
ALL_RIGHTS = (1 << 13) - 1  # those of its first version; newer kernels know more
NO_NEW_PRIVILEGES, SECCOMP, FILTER = 38, 22, 2  # of prctl
SYSTEM_CALLS = {  # machine -> its number for seccomp, clone, and what is refused
    "x86_64": (
        0xC000003E,
        56,
        435,
        (41, 53, 57, 58, 59, 62, 101, 200, 248, 272, 302, 310, 311, 321, 322, 424, 434, 438),
    ),
    "aarch64": (0xC00000B7, 220, 435, (198, 199, 221, 129, 117, 130, 217, 97, 261, 270, 271, 280, 281, 424, 434, 438)),
}
# x86_64: socket socketpair fork vfork execve kill ptrace tkill add_key unshare prlimit64 process_vm_readv and _writev
# bpf execveat pidfd_send_signal pidfd_open pidfd_getfd


def lock_kernel(places: list[str]) -> None:
    """Landlock and seccomp, as far as this kernel has them."""
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    handled = ctypes.create_string_buffer(struct.pack("Q", ALL_RIGHTS))
    ruleset = libc.syscall(444, handled, ctypes.c_size_t(8), 0)
    if ruleset >= 0:
        for place in [*places, os.devnull]:
            descriptor = os.open(place, os.O_PATH | os.O_CLOEXEC)
            rights = READ_FILE | READ_FOLDER | EXECUTE if os.path.isdir(place) else READ_FILE
            rule = ctypes.create_string_buffer(struct.pack("=Qi", rights, descriptor))
            libc.syscall(445, ruleset, 1, rule, 0)
            os.close(descriptor)
        libc.syscall(446, ruleset, 0)
        os.close(ruleset)
    program = filter_of_calls()
    if program:
        code = ctypes.create_string_buffer(program)
        pointer = struct.pack("HxxxxxxQ", len(program) // 8, ctypes.addressof(code))
        libc.prctl(SECCOMP, FILTER, ctypes.create_string_buffer(pointer), 0, 0)


def filter_of_calls() -> bytes:
    """A program of the kernel's packet filter: calls that are refused fail with "not permitted", all others pass."""
    if platform.machine() not in SYSTEM_CALLS:
        return b""
    machine, clone, clone3, refused = SYSTEM_CALLS[platform.machine()]
    load, equal, bits, give = 0x20, 0x15, 0x45, 0x06
    allow, refuse, unknown = 0x7FFF0000, 0x00050000 | errno.EPERM, 0x00050000 | errno.ENOSYS
    lines = [(load, 0, 0, 4), (equal, 1, 0, machine), (give, 0, 0, refuse), (load, 0, 0, 0)]
    for call in refused:
        lines += [(equal, 0, 1, call), (give, 0, 0, refuse)]
    lines += [(equal, 0, 1, clone3), (give, 0, 0, unknown)]  # then the older one is called
    lines += [(equal, 0, 3, clone), (load, 0, 0, 16), (bits, 1, 0, 0x10000), (give, 0, 0, refuse)]  # threads may be
    lines.append((give, 0, 0, allow))
    return b"".join(struct.pack("HBBI", *line) for line in lines)
