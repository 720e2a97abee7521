"""Which mail servers this process could not reach a moment ago: one mailbox at a time tries those, the others wait not.

A server that is away takes as long as its timeout for each connection: without this, some mailboxes at one such server
would keep every thread, and all other mailboxes unread.
"""

from __future__ import annotations

import contextlib
import errno
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

from mailbot.errors import MailbotError, is_short

PAUSES = (10.0, 300.0)  # seconds before a server is tried again: the first, the longest
SLOW = 5.0  # seconds, after which a connection that broke is the server's, however it broke
FEW = 2  # passes at once of mailboxes at a server of which the last pass failed
_AWAY = {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN}


@dataclass(slots=True)
class _Away:
    until: float
    tries: int = 1
    tried: bool = False  # somebody tries it now


class Reach:
    """The servers, by "host:port", that are away; for any number of threads."""

    def __init__(self) -> None:
        """Know of none."""
        self._away: dict[str, _Away] = {}
        self._back: set[str] = set()
        self._passing: dict[str, int] = {}
        self._failed: set[str] = set()
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def to(self, server: str, unavailable: type[MailbotError]) -> Iterator[None]:
        """Connect inside. Raises `unavailable` at once where the server is away and it is not time to try it."""
        if not self._may_try(server):
            raise unavailable(f"{server} could not be reached a moment ago: it is tried again in a few minutes")
        began = time.monotonic()
        try:
            yield
        except Exception as exc:
            self._ended(server, away=_is_away(exc, slow=time.monotonic() - began > SLOW))
            raise
        except BaseException:
            self._ended(server, away=False)
            raise
        self._ended(server, away=False)

    @contextlib.contextmanager
    def passing(self, server: str) -> Iterator[bool]:
        """Make a pass inside; False where enough wait for that server already, whose last one failed."""
        with self._lock:
            many = self._passing.get(server, 0)
            may = server not in self._failed or many < FEW
            self._passing[server] = many + may
        try:
            yield may
        finally:
            with self._lock:
                self._passing[server] -= may

    def passed(self, server: str, *, failed: bool) -> None:
        """Note what came of a pass there: a server may let us in and then say nothing any more."""
        with self._lock:
            if failed and server:  # a Maildir has none that others wait for
                self._failed.add(server)
            else:
                self._failed.discard(server)

    def is_away(self, server: str) -> bool:
        """Tell whether a server is away for longer than it takes to start it anew: somebody tried it again."""
        away = self._away.get(server)
        return away is not None and away.tries > 1

    def due(self) -> set[str]:
        """Return the servers that are away and may be tried again."""
        now = time.monotonic()
        with self._lock:
            return {server for server, away in self._away.items() if not away.tried and now >= away.until}

    def returned(self) -> set[str]:
        """Return the servers that came back since this was asked last."""
        with self._lock:
            back, self._back = self._back, set()
        return back

    def _may_try(self, server: str) -> bool:
        with self._lock:
            away = self._away.get(server)
            if away is None:
                return True
            if away.tried or time.monotonic() < away.until:
                return False
            away.tried = True
            return True

    def _ended(self, server: str, *, away: bool) -> None:
        with self._lock:
            known = self._away.get(server)
            if not away:
                if known is not None:
                    del self._away[server]
                    self._back.add(server)
            elif known is None:
                self._away[server] = _Away(time.monotonic() + PAUSES[0])
            elif known.tried:  # others that were under way when it went away say nothing new
                wait = min(PAUSES[0] * 2.0 ** min(known.tries, 20), PAUSES[1])
                self._away[server] = _Away(time.monotonic() + wait, known.tries + 1)


def _is_away(exc: Exception, *, slow: bool) -> bool:
    """Tell what nobody answered from what a server said, however late: a refusal is no absence."""
    if not isinstance(exc, OSError) or is_short(exc) or hasattr(exc, "smtp_code"):
        return False
    import socket  # late: whoever asks has it

    return slow or isinstance(exc, ConnectionError | TimeoutError | socket.gaierror) or exc.errno in _AWAY
