"""Learns from recent mail who writes Authentication-Results into this mailbox, and where: what `[trust]` should say.

It only proposes. What most mail of different senders bears on top is the host's: a stranger's forged field stands
below the border, and in his own mail alone. A place below is proposed only for houses known to remove forged fields.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from mailbot.ports import Mailbox
from mailbot.reading.address import address_key, domain_key
from mailbot.reading.message import Message
from mailbot.reading.parse import parse
from mailbot.reading.results import server_of
from mailbot.reading.trust import Trust, believed, written

RECENT = timedelta(days=14)
MOST_MAILS = 500
FEWEST_MAILS = 3
FEWEST_SENDERS = 2  # domains
SHARE = 0.6
CLEAN_HOUSES = (".google.com", ".mail.ru")  # they take forged fields of their own name out of what comes in


@dataclass(slots=True)
class Learned:
    """What the headers of recent mail show."""

    mails: int = 0
    believed: int = 0  # that bear a result which `[trust]` believes already
    nameless: int = 0  # whose results name no host (as Microsoft's)
    places: Counter[str] = field(default_factory=Counter)  # entry for `[trust] authserv` -> mails
    senders: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def proposal(self) -> tuple[str, int] | None:
        """Return the entry that most mails speak for, and how many; above its Received before below."""
        enough = [
            (entry, count)
            for entry, count in self.places.most_common()
            if count >= max(FEWEST_MAILS, SHARE * self.mails) and len(self.senders[entry]) >= FEWEST_SENDERS
        ]
        return min(
            enough, key=lambda found: (found[0].endswith(":below"), found[0].startswith("*"), -found[1]), default=None
        )


def learn(mailbox: Mailbox, now: datetime, trust: Trust, own: tuple[str, ...]) -> Learned:
    """Read the headers of the last two weeks and return what they show. Raises MailboxUnavailable, MailboxRefused."""
    learned = Learned()
    ours = {address_key(address) for address in own}
    for message in _recent(mailbox, now):
        if message.writer is None or address_key(message.writer) in ours:
            continue
        learned.mails += 1
        learned.believed += any(True for _ in believed(message, trust))
        results = message.first("authentication-results")
        learned.nameless += bool(results) and not server_of(results)
        for entry in {entry for server, below in written(message) for entry in _entries(server, below)}:
            learned.places[entry] += 1
            learned.senders[entry].add(domain_key(message.writer.rpartition("@")[2]))
    return learned


def _recent(mailbox: Mailbox, now: datetime) -> Iterator[Message]:
    count = 0
    for batch in mailbox.headers(now - RECENT):
        for raw in batch:
            yield parse(raw.octets, complete=False)
            count += 1
        if count >= MOST_MAILS:
            return


def _entries(server: str, below: bool) -> tuple[str, ...]:
    """The settings that would believe this host: by its name, and by its family where names change."""
    if below and not server.endswith(CLEAN_HOUSES):
        return ()
    place = ":below" if below else ""
    family = server.partition(".")[2]
    return (f"{server}{place}", f"*.{family}{place}") if "." in family else (f"{server}{place}",)
