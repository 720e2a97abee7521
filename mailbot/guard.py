"""Ends a process in which nothing moves: a database that says nothing would be waited for for ever, with the turn held.

No server's silence is endless elsewhere: the doors have their own limits. What is cut off goes on with the next pass.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

STUCK = 900.0  # seconds without a mail handled, an answer sent or a pass ended
EXIT = 75  # try again later


class Guard:
    """Watches from a thread of its own while it is used as a context."""

    def __init__(self, seconds: float = STUCK) -> None:
        """Set how long nothing may move."""
        self._seconds, self._moved_at = seconds, time.monotonic()
        self._over = threading.Event()

    def moved(self) -> bool:
        """Note that something moved; return False, so that it can be asked whether it is time to stop."""
        self._moved_at = time.monotonic()
        return False

    def __enter__(self) -> Guard:
        """Begin to watch."""
        self.moved()
        mine = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())  # signals are the other thread's
        try:
            threading.Thread(target=self._watch, name="guard", daemon=True).start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mine)
        return self

    def __exit__(self, *_: object) -> None:
        """Watch no more."""
        self._over.set()

    def _watch(self) -> None:
        while not self._over.wait(min(1.0, self._seconds / 4)):
            if time.monotonic() - self._moved_at > self._seconds:
                sys.stderr.write("nothing moved for too long, a server says nothing: the next pass goes on\n")
                sys.stderr.flush()
                os._exit(EXIT)
