"""Names of processes among those that share a store, and which of them are known to be gone. No table here."""

from __future__ import annotations

import os
import socket
import time
from functools import cache
from pathlib import Path

from mailbot.ports import NewId

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_NUMBERS = Path("/proc/self/ns/pid")


@cache
def _here() -> str:
    """Return where a process number means one process: host, its start, and the container's numbering of processes.

    Containers may bear one host's name, and a host that was started anew gives the old numbers to others.
    """
    boot = _BOOT.read_text(encoding="ascii")[:8] if _BOOT.exists() else ""
    return f"{socket.gethostname()}/{boot}/{_NUMBERS.stat().st_ino if _NUMBERS.exists() else ''}"


def elapsed() -> float:
    """Return seconds that nobody sets, and that pass while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


def own_name(new_id: NewId) -> str:
    """Return a name for this process, another one each time: where it runs, its number, random letters."""
    return f"{_here()}:{os.getpid()}:{new_id(8)}"


def is_gone(name: str) -> bool:
    """Tell whether that was a process of this place that no longer runs: it can't do anything any more."""
    here, _, rest = name.partition(":")
    pid = rest.partition(":")[0]
    if here != _here() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
