"""Keeps what runs going until SIGTERM, and tells systemd how it is. SIGHUP has it read its settings anew.

Signals are blocked before any thread starts and waited for here.
"""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Callable
from typing import Protocol

from mailbot import logs
from mailbot.systemd import notify

ENDING = {signal.SIGTERM, signal.SIGINT}
SIGNALS = ENDING | {signal.SIGHUP}


class Running(Protocol):
    """What `serve` keeps going."""

    def start(self) -> None:
        """Begin; what takes long goes on beside."""
        ...

    def reload(self) -> bool:
        """Read the settings anew; False: ask again."""
        ...

    def keep_time(self) -> None:
        """Do what is due by a clock that nobody sets; asked each second."""
        ...

    def is_alive(self) -> bool:
        """Tell whether it moves."""
        ...

    def stop(self) -> bool:
        """End in good order; False where something in hand did not end in time."""
        ...


def serve(make: Callable[[], Running]) -> int:
    """Make passes until SIGTERM or SIGINT; return the exit code. Raises what `make` raises."""
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    service = make()
    service.start()
    notify("READY=1")
    reloading = False
    while (found := signal.sigtimedwait(SIGNALS, 0 if reloading else 1.0)) is None or found.si_signo not in ENDING:
        if found is not None and not reloading:
            reloading = True
            notify(f"RELOADING=1\nMONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")
        if reloading and service.reload():
            reloading = False
            notify("READY=1")
        service.keep_time()
        if service.is_alive():
            notify("WATCHDOG=1")
    notify("STOPPING=1")
    if not service.stop():
        says = "stopped in the middle of a pass: what was not done is done by the next start"
        logs.tell("stopped", logging.WARNING, says=says)
        logging.shutdown()
        os._exit(0)  # threads that wait for a server would be waited for
    return 0
