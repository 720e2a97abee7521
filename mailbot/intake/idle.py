"""Waits for new mail on a connection of its own (IDLE, RFC 2177) and tells that something came. Reads no mail.

Whoever is told looks by himself: an answer may be lost in a buffer or with a connection, so the pass on its interval
stays what can be relied on. The folder is opened for reading only.
"""

from __future__ import annotations

import contextlib
import logging
import random
import select
import threading
import time
from collections.abc import Callable
from imaplib import IMAP4
from pathlib import Path
from typing import Any

from mailbot import logs
from mailbot.errors import MailbotError, StoreFault
from mailbot.intake import login
from mailbot.intake.imap_errors import is_refusal
from mailbot.oauth.credentials import Credential
from mailbot.ports import Logins
from mailbot.urls import MailboxUrl

SLICE = 1.0  # seconds between two looks at `stop`
RENEWED = 25.0  # seconds, after which IDLE is begun anew: an answer that came with its "+" shows then, a dead line too
ANSWERS = 20.0  # seconds that one answer may take
LASTED = 60.0  # seconds that a connection must have held for its loss to be no failure
PAUSES = (1.0, 300.0)  # seconds before the next try: the first, the longest


class Watch:
    """A second connection to the mailbox."""

    def __init__(self, url: MailboxUrl, password: Credential, ca_file: Path | None, logins: Logins) -> None:
        """Keep the settings; nothing is connected. Raises nothing."""
        self._url, self._password, self._ca_file, self._logins = url, password, ca_file, logins

    def run(self, news: Callable[[], None], stop: threading.Event) -> None:
        """Call `news` each time something came, until `stop` is set.

        A lost connection is opened again, less and less often. Ends at once where the server has no IDLE. Raises
        nothing that a mailbox raises.
        """
        pause = PAUSES[0]
        while not stop.is_set():
            began = time.monotonic()
            try:
                if not self._watch(news, stop):
                    return
            except (IMAP4.error, OSError, EOFError, ValueError, LookupError, MailbotError, StoreFault) as exc:
                logs.tell("watch_broke", logging.DEBUG, error=type(exc).__name__)
            pause = PAUSES[0] if time.monotonic() - began > LASTED else min(pause * 2, PAUSES[1])
            stop.wait(pause * (1 + 0.2 * random.random()))

    def _watch(self, news: Callable[[], None], stop: threading.Event) -> bool:
        """Watch on one connection until it breaks; False where there is no IDLE."""
        with self._logins.attempt(is_refusal):
            client: Any = login.opened(self._url, self._password, self._ca_file, ANSWERS)
        try:
            if not client.has_capability("IDLE"):
                says = f"{self._url.host} has no IDLE: new mail is found at the next pass"
                logs.tell("no_idle", says=says)
                return False
            client.select_folder(self._url.folder, readonly=True)
            news()  # what came while nobody watched
            while not stop.is_set():
                _idle(client, news, stop)
        finally:
            with contextlib.suppress(IMAP4.error, OSError, ValueError):
                client.shutdown()
        return True


def _idle(client: Any, news: Callable[[], None], stop: threading.Event) -> None:
    """Wait until something comes, or one stretch; raises what imaplib raises, and OSError where the line is dead.

    What came is read after DONE, up to the answer to it: so a line that comes in pieces is waited for, and whole.
    """
    client.idle()
    waiting = select.poll()  # also where there are a thousand connections
    waiting.register(client.socket(), select.POLLIN)
    began = time.monotonic()
    while not stop.is_set() and time.monotonic() - began < RENEWED:
        if waiting.poll(SLICE * 1000):
            break
    if not stop.is_set() and _is_news(client.idle_done()[1]):
        news()


def _is_news(told: list[tuple[Any, ...]]) -> bool:
    return any(len(each) > 1 and each[1] == b"EXISTS" for each in told)
