"""Limits on what the process may use and do, set before the student's code is loaded. None of them can be taken back.

Three layers. Limits of the system on time, memory and files. On Linux, the kernel's own locks: Landlock, so that only
the standard library can be read and nothing written, and a seccomp filter, so that no process can be started, no socket
opened, and no signal sent to another process. And an audit hook, which says in words what was tried; by itself it
would keep out only those who do not mean harm (PEP 578).
"""

from __future__ import annotations

import errno
import os
import platform
import struct
import sys
from collections.abc import Callable, Mapping
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
        sys.addaudithook(guard(tuple(os.path.join(place, "") for place in places)))


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


def guard(places: tuple[str, ...]) -> Callable[[str, tuple[Any, ...]], None]:
    """An audit hook that refuses, with an error that says what. Nothing outside of it leads to it."""
    events, real, name_of = EVENTS, os.path.realpath, os.fsdecode

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and not isinstance(arguments[0], int):
            where = real(name_of(arguments[0]))
            if set(arguments[1] or "") & set("wxa+") or "-packages" in where or not where.startswith(places):
                raise PermissionError(errno.EACCES, f"a submission may not open {where[-60:]!r}")
        if event == "import" and arguments[0] in ("ctypes", "_ctypes"):
            raise PermissionError(errno.EACCES, "a submission may not call into the machine")
        for beginning, tried in events:
            if event.startswith(beginning):
                if event in ("os.listdir", "os.scandir") and str(arguments[0] or ".").startswith(places):
                    return
                raise PermissionError(errno.EACCES, f"a submission may not {tried}")

    return hook


# ---- in the kernel ---------------------------------------------------------------------------------------------------

READ_FILE, READ_FOLDER, EXECUTE = 4, 8, 1  # rights of Landlock
RIGHTS = {1: 13, 2: 14, 3: 15, 5: 16}  # how many rights on files its versions know
NO_NEW_PRIVILEGES, SECCOMP, FILTER = 38, 22, 2  # of prctl
# A machine's number for seccomp, its clone, clone3 and fcntl, and the calls that are refused.
SYSTEM_CALLS = {
    "x86_64": (0xC000003E, 56, 435, 72, """
        41 socket, 53 socketpair, 57 fork, 58 vfork, 59 execve, 322 execveat, 101 ptrace, 310 process_vm_readv,
        311 process_vm_writev, 321 bpf, 248 add_key, 272 unshare, 165 mount, 425 io_uring_setup,
        62 kill, 200 tkill, 234 tgkill, 129 rt_sigqueueinfo, 297 rt_tgsigqueueinfo, 424 pidfd_send_signal,
        434 pidfd_open, 438 pidfd_getfd, 302 prlimit64, 160 setrlimit, 141 setpriority, 142 sched_setparam,
        144 sched_setscheduler, 203 sched_setaffinity, 314 sched_setattr, 251 ioprio_set,
        76 truncate, 90 chmod, 91 fchmod, 268 fchmodat, 452 fchmodat2, 92 chown, 93 fchown, 94 lchown, 260 fchownat,
        132 utime, 235 utimes, 261 futimesat, 280 utimensat, 188 setxattr, 189 lsetxattr, 190 fsetxattr,
        197 removexattr, 198 lremovexattr, 199 fremovexattr"""),
    "aarch64": (0xC00000B7, 220, 435, 25, """
        198 socket, 199 socketpair, 221 execve, 281 execveat, 117 ptrace, 270 process_vm_readv,
        271 process_vm_writev, 280 bpf, 217 add_key, 97 unshare, 40 mount, 425 io_uring_setup,
        129 kill, 130 tkill, 131 tgkill, 138 rt_sigqueueinfo, 240 rt_tgsigqueueinfo, 424 pidfd_send_signal,
        434 pidfd_open, 438 pidfd_getfd, 261 prlimit64, 164 setrlimit, 140 setpriority, 118 sched_setparam,
        119 sched_setscheduler, 122 sched_setaffinity, 274 sched_setattr, 30 ioprio_set,
        45 truncate, 52 fchmod, 53 fchmodat, 452 fchmodat2, 55 fchown, 54 fchownat, 88 utimensat,
        5 setxattr, 6 lsetxattr, 7 fsetxattr, 14 removexattr, 15 lremovexattr, 16 fremovexattr"""),
}  # fmt: skip
SIGNALS_OF_FILES = (8, 10, 15)  # commands of fcntl that have a file send a signal to somebody


def lock_kernel(places: list[str]) -> None:
    """Landlock and seccomp, as far as this kernel has them."""
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    # What is to be locked: files; from version 4 on connections, from 6 on signals and sockets without a name.
    version = libc.syscall(444, None, ctypes.c_size_t(0), 1)
    known = max((count for since, count in RIGHTS.items() if since <= version), default=0)
    handled = struct.pack("QQQ", (1 << known) - 1, 3 if version >= 4 else 0, 3 if version >= 6 else 0)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset = libc.syscall(444, ctypes.create_string_buffer(handled), ctypes.c_size_t(size), 0) if known else -1
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
    machine, clone, clone3, fcntl, names = SYSTEM_CALLS[platform.machine()]
    load, equal, bits, give = 0x20, 0x15, 0x45, 0x06
    allow, refuse, unknown = 0x7FFF0000, 0x00050000 | errno.EPERM, 0x00050000 | errno.ENOSYS
    lines = [(load, 0, 0, 4), (equal, 1, 0, machine), (give, 0, 0, refuse), (load, 0, 0, 0)]
    for call in (int(each.split()[0]) for each in names.split(",")):
        lines += [(equal, 0, 1, call), (give, 0, 0, refuse)]
    lines += [(equal, 0, 1, clone3), (give, 0, 0, unknown)]  # then the older one is called
    lines += [(equal, 0, 4, clone), (load, 0, 0, 16), (bits, 1, 0, 0x10000), (give, 0, 0, refuse), (give, 0, 0, allow)]
    lines += [(equal, 0, 2 * len(SIGNALS_OF_FILES) + 1, fcntl), (load, 0, 0, 24)]
    for command in SIGNALS_OF_FILES:
        lines += [(equal, 0, 1, command), (give, 0, 0, refuse)]
    lines.append((give, 0, 0, allow))
    return b"".join(struct.pack("HBBI", *line) for line in lines)
