"""Which mailboxes this host can't read now: their server is away, their settings are wrong here, a pass was caught.

It only remembers; what a host does with a mailbox that it can't read is fleet.py's.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

from mailbot.daemon import Service
from mailbot.errors import MailboxUnavailable, TemporaryError
from mailbot.members import Member
from mailbot.reach import Reach

SECONDS = 600.0  # for which a mailbox that could not be read from here is left to hosts that can
TWICE = 2  # passes in a row that fail before it is: a mail server that is started anew moves nothing
UNABLE_SECONDS = (60.0, 3_600.0)  # to the next try at one that could not be opened, its settings are wrong: first, last
BUSY_SECONDS = 5.0  # to the next try where this moment was wrong


class Bars:
    """The mailboxes that are barred; for one thread, but for `opened`."""

    def __init__(self, reach: Reach) -> None:
        """Know of none."""
        self._reach = reach
        self._until: dict[str, float] = {}
        self.unable: dict[str, tuple[float, float]] = {}  # when it is tried again, without a turn, and the wait after

    def now(self, members: Mapping[str, Member]) -> set[str]:
        """Return all of them."""
        now = time.monotonic()
        known = {*list(self.unable), *(mailbox for mailbox, until in self._until.items() if until > now)}
        return known | {mailbox for mailbox, member in members.items() if self._reach.is_away(member.url.server)}

    def is_cut_off(self, mailbox: str, service: Service) -> bool:
        """Tell whether this host can't reach a mailbox that it reads, and not only for a moment."""
        if not service.passes:
            return False
        if not isinstance(service.failure, MailboxUnavailable):
            self._until.pop(mailbox, None)
            return False
        return service.failures >= TWICE or self._reach.is_away(service.servers[0])

    def bar(self, mailbox: str) -> None:
        """Leave it to other hosts for a while."""
        self._until[mailbox] = time.monotonic() + SECONDS

    def rest(self, mailbox: str, failed: type[Exception]) -> None:
        """Leave a mailbox alone that could not be opened: for a moment, or until it can be."""
        now = time.monotonic()
        if issubclass(failed, TemporaryError):
            self._until[mailbox] = now + BUSY_SECONDS
        else:
            self.unable[mailbox] = now + UNABLE_SECONDS[0], UNABLE_SECONDS[0]

    def due(self) -> list[str]:
        """Return those of wrong settings that are to be tried again; each time less often."""
        now = time.monotonic()
        found = [mailbox for mailbox, (at, _) in list(self.unable.items()) if at <= now]
        for mailbox in found:
            wait = min(2 * self.unable[mailbox][1], UNABLE_SECONDS[1])
            self.unable[mailbox] = now + wait, wait
        return found

    def opened(self, mailbox: str) -> None:
        """Note that it could be opened, or is none of ours any more."""
        self.unable.pop(mailbox, None)

    def forget(self) -> None:
        """Try all that could not be opened: settings are read anew."""
        self.unable.clear()
