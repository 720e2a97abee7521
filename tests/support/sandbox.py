"""Runs a command under what a unit of systemd forbids, as far as that needs no systemd.

`python -m tests.support.sandbox UNIT COMMAND…`: no capability, no new privileges; a system call that SystemCallFilter=
leaves out kills the process (SIGSYS, where the unit's own would fail with EPERM), and so does memory that is both
written and run (MemoryDenyWriteExecute=); a socket of another family than RestrictAddressFamilies= names fails as it
would there. As root, where the kernel lets it, nothing can be written but below STATE_DIRECTORY (ProtectSystem=strict).
The lists come from `systemd-analyze syscall-filter`, the filter is libseccomp's, as systemd's own.
"""

from __future__ import annotations

import ctypes
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

ALLOW, KILL, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
EQUAL, MASKED = 4, 7
PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT = 24, 38, 47
WRITE, EXEC = 2, 4  # PROT_…
EAFNOSUPPORT = 97
CLONE_NEWNS, MS_BIND, MS_REC, MS_PRIVATE = 0x20000, 0x1000, 0x4000, 1 << 18
MOUNT_SETATTR, AT_FDCWD, AT_RECURSIVE, RDONLY = 442, -100, 0x8000, 1
AS_ROOT = {
    "fchown",
    "fchown32",
}  # SQLite, run by root, gives its new files the owner of the others


class Compared(ctypes.Structure):
    """One condition on an argument (seccomp_rule_add(3))."""

    _fields_ = (("arg", ctypes.c_uint), ("op", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64))


def settings(unit: Path) -> dict[str, list[str]]:
    """Return the settings of a unit file, each with its values in order."""
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r"(?m)^([A-Za-z]+)=(.*)$", unit.read_text(encoding="utf-8")):
        found.setdefault(name, []).append(value.strip())
    return found


def calls(name: str) -> set[str]:
    """Return the system calls of a set (@…), or the one of that name."""
    if not name.startswith("@"):
        return {name}
    said = subprocess.run(
        ["systemd-analyze", "--no-pager", "syscall-filter", name], check=True, capture_output=True, text=True
    ).stdout
    words = [line.strip() for line in said.splitlines()[1:] if line.startswith("    ")]
    found: set[str] = set()
    for word in words:
        if not word.startswith("#"):
            found |= calls(word)
    return found


def allowed(unit: Path) -> set[str]:
    """Return the system calls that a unit allows."""
    found: set[str] = set()
    for value in settings(unit)["SystemCallFilter"]:
        names = value.lstrip("~").split()
        every = set().union(*(calls(name) for name in names))
        found = found - every if value.startswith("~") else found | every
    return found


class Attributes(ctypes.Structure):
    """What mount_setattr(2) sets and clears."""

    _fields_ = tuple((name, ctypes.c_uint64) for name in ("set", "clear", "propagation", "namespace"))


def shut(state: Path) -> bool:
    """Let this process write below that folder alone (ProtectSystem=strict); False where only root could say so."""
    libc = ctypes.CDLL(None, use_errno=True)
    if os.geteuid() != 0 or libc.unshare(CLONE_NEWNS):
        return False
    place = str(state.resolve()).encode()
    libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None)
    libc.mount(place, place, None, MS_BIND, None)
    for path, flags, change in ((b"/", AT_RECURSIVE, Attributes(RDONLY)), (place, 0, Attributes(0, RDONLY))):
        if libc.syscall(MOUNT_SETATTR, AT_FDCWD, path, flags, ctypes.byref(change), ctypes.sizeof(change)):
            return False
    return True


def confine(unit: Path) -> None:
    """Put this process, and whatever it becomes, under the unit's rules. Raises OSError, RuntimeError."""
    libc, seccomp = ctypes.CDLL(None, use_errno=True), ctypes.CDLL("libseccomp.so.2")
    seccomp.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(seccomp.seccomp_init(ctypes.c_uint32(ALLOW)))

    def rule(action: int, name: str, *conditions: Compared) -> None:
        number = seccomp.seccomp_syscall_resolve_name(name.encode())
        if number < 0:  # not of this machine
            return
        every = (Compared * len(conditions))(*conditions)
        if seccomp.seccomp_rule_add_array(context, ctypes.c_uint32(action), number, len(conditions), every):
            raise RuntimeError(f"no rule for {name}")

    said = settings(unit)
    may = allowed(unit) | {"execve"}  # that the command begins
    if os.geteuid() == 0:
        may |= AS_ROOT
    for name in calls("@known") - may:
        rule(KILL, name)
    if said["MemoryDenyWriteExecute"] == ["yes"]:
        both = Compared(2, MASKED, WRITE | EXEC, WRITE | EXEC)
        rule(KILL, "mmap", both)
        for name in ("mprotect", "pkey_mprotect"):
            rule(KILL, name, Compared(2, MASKED, EXEC, EXEC))
    families = {int(getattr(socket, name)) for name in said["RestrictAddressFamilies"][0].split()}
    for family in range(46):
        if family not in families:
            rule(ERRNO | EAFNOSUPPORT, "socket", Compared(0, EQUAL, family, 0))
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if said["CapabilityBoundingSet"] == [""]:
        libc.prctl(PR_CAP_AMBIENT, 4, 0, 0, 0)  # clear all
        for capability in range(64):
            libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
    if seccomp.seccomp_load(context):
        raise RuntimeError("the filter could not be loaded")


if __name__ == "__main__":
    if "STATE_DIRECTORY" in os.environ:  # as systemd sets it for StateDirectory=
        print(
            f"all but the state is read-only: {shut(Path(os.environ['STATE_DIRECTORY']))}", file=sys.stderr, flush=True
        )
    confine(Path(sys.argv[1]))
    os.execv(sys.argv[2], sys.argv[2:])
