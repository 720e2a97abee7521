"""What a host does for mailboxes that another one reads: send what waits there, keep gone.log, knock at their servers.

No turn is needed for it: the outbox has leases of its own, what hosts tell gone.log is in the database, and who knocks
says nothing.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import replace

from mailbot import logs
from mailbot.app import App, build
from mailbot.doors import Beside, knock
from mailbot.errors import MailbotError, MailboxUnavailable
from mailbot.members import Member
from mailbot.store.turns import is_read
from mailbot.urls import MailboxUrl

HELPLESS_SECONDS = 300.0  # to the next help for a mailbox whose mail server could not be reached from here either
DAY_SECONDS = 86_400.0
SOON_SECONDS = 3_600.0  # after the start, when all hosts have other things to do

Aside = Callable[..., None]


class Helper:
    """The help of one host; called by one thread, works in others."""

    def __init__(self, beside: Beside, aside: Aside, stopping: threading.Event) -> None:
        """Keep what it works with; `aside` takes the name of the threads, what to do there, and its arguments."""
        self._beside, self._aside, self._stopping = beside, aside, stopping
        self._helped: dict[str, float] = {}  # until when it is not helped again
        self._knocked: set[str] = set()
        self._even_at = time.monotonic() + SOON_SECONDS

    def help(self, called: dict[str, Member]) -> None:
        """Send of what waits in mailboxes that called for it."""
        now = time.monotonic()
        for mailbox, member in called.items():
            if self._helped.get(mailbox, 0.0) <= now:
                self._helped[mailbox] = float("inf")
                self._aside("helping", self._help, mailbox, member)

    def look(self, members: dict[str, Member], not_ours: Callable[[], set[str]]) -> None:
        """Try the mail servers that are away; once a day bring gone.log of what is not ours up to date."""
        for server in self._beside.reach.due() - self._knocked:
            url = next((each.url for each in members.values() if each.url.server == server), None)
            if url is not None:  # a courier's is tried by whoever has something to send
                self._knocked.add(server)
                self._aside("knocking", self._knock, url)
        if time.monotonic() > self._even_at:
            self._even_at = time.monotonic() + DAY_SECONDS
            self._aside("opening", self._even, {box: members[box] for box in not_ours()})

    def opened(self, mailbox: str, member: Member, work: Callable[[App], None] = lambda _: None) -> bool:
        """Open a mailbox without its turn, and work there; False where that failed, which is logged."""
        with logs.about(mailbox):
            try:
                app = build(member.folder, beside=self._beside)
                try:
                    app.line = replace(app.line, stop=self._stopping.is_set)
                    work(app)
                finally:
                    app.close()
            except MailbotError as exc:
                logs.failed(exc)
                return False
        return True

    # ---- in threads of their own ---------------------------------------------------------------------------

    def _help(self, mailbox: str, member: Member) -> None:
        again = HELPLESS_SECONDS
        try:
            if self.opened(mailbox, member, self._drained):
                again = 0.0
        finally:
            self._helped[mailbox] = time.monotonic() + again

    def _drained(self, app: App) -> None:
        if not is_read(app.line.store.engine):  # a command has its turn: a backup may be coming in
            return
        counts, failure = app.drain()
        logs.passed(counts)
        if failure is not None:
            raise failure

    def _even(self, members: dict[str, Member]) -> None:
        for mailbox, member in members.items():
            if self._stopping.is_set():
                return
            self.opened(mailbox, member, App.even)

    def _knock(self, url: MailboxUrl) -> None:
        try:
            with contextlib.suppress(OSError, MailboxUnavailable):
                knock(url, self._beside.reach)
        finally:
            self._knocked.discard(url.server)
