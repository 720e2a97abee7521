"""`check --canary`: a marked mail to ourselves, and how far it came: the whole line tried with nobody's data.

It goes straight to the courier, in shadow and in pause too: it is written to this mailbox alone, on the operator's
word.
Everything after that is the ordinary line's, in a pass of its own or of a poller that runs. Row 2 files it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from mailbot.errors import MailbotError, MailboxRefused, MailboxUnavailable
from mailbot.operating import check_sender
from mailbot.operating.check_health import NTP, SLOW
from mailbot.operating.finding import Finding, Level, Parts
from mailbot.ports import FolderName, Sought
from mailbot.reading.address import domain_key
from mailbot.reading.message import Message
from mailbot.reading.parse import parse
from mailbot.reading.results import results_of, server_of
from mailbot.reading.trust import believed
from mailbot.store import canaries
from mailbot.store.canaries import Flight

PAUSE_SECONDS = 2.0  # between two looks
TEXT = (
    "This is a trial mail of mailbot to its own mailbox, sent by `mailbot check --canary`.",
    "mailbot knows it again by its mark, files it into mailbot/Done and answers nobody. You may delete it.",
)
GOOD = {"pass", "none", "neutral", "policy"}  # results that no house counts against a mail
Pass = Callable[[], MailbotError | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """One trial mail on its way."""

    mark: str
    message_id: str
    sent_at: datetime
    octets: bytes


def fly(parts: Parts, make_pass: Pass, wait_seconds: float) -> Iterator[Finding]:
    """Send one and yield how each step went, until it came through, failed, or the time is over.

    `make_pass` makes one pass and returns what ended it. Raises StoreUnavailable.
    """
    canary, began = _written(parts), time.monotonic()
    address = parts.settings.mailbox.addresses[0]
    try:
        parts.courier.send(address, address, canary.octets)
    except MailbotError as exc:
        yield _wrong("sent", str(exc))
        return
    finally:
        parts.courier.close()
    yield _ok("sent", f"the courier took it within {time.monotonic() - began:.1f} s")
    flight, failure = _awaited(parts, make_pass, canary, began + wait_seconds)
    if flight.seen_at is None:
        yield _lost(parts, canary, failure, wait_seconds)
        return
    yield from _came(parts, canary, flight)
    yield from _clock(parts, canary, flight)
    yield _authentication(parts, _found(parts, canary, ("inbox", "done")))


def _ok(what: str, says: str, level: Level = "ok") -> Finding:
    return Finding(what=what, level=level, says=says)


def _wrong(what: str, says: str) -> Finding:
    return Finding(what=what, level="wrong", says=says)


def _written(parts: Parts) -> Canary:
    """Note a new one and write it."""
    with parts.line.store.unit() as unit:
        mark, number, now = canaries.begin(unit), unit.new_id(16), unit.now
    address = parts.settings.mailbox.addresses[0]
    message_id = f"<canary-{number}@{domain_key(address.rpartition('@')[2])}>"
    lines = [
        f"From: {address}", f"To: {address}", "Subject: mailbot: trial mail",
        f"Date: {format_datetime(now.astimezone(UTC))}", f"Message-ID: {message_id}", "Auto-Submitted: auto-generated",
        "X-Auto-Response-Suppress: All", f"{canaries.HEADER}: {mark}", "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8", "", *TEXT, "",
    ]  # fmt: skip
    return Canary(mark=mark, message_id=message_id, sent_at=now, octets="\r\n".join(lines).encode())


def _awaited(parts: Parts, make_pass: Pass, canary: Canary, end: float) -> tuple[Flight, MailbotError | None]:
    """Make passes until it is through, the mailbox refuses us, or the time is over; the last pass ends after that."""
    while True:
        failure = make_pass()
        with parts.line.store.unit() as unit:
            flight = canaries.flight(unit, canary.mark)
        through = flight.seen_at is not None and (flight.filed_at is not None or not flight.files)
        left = end - time.monotonic()
        if through or left <= 0 or isinstance(failure, MailboxRefused):
            return flight, failure
        time.sleep(min(PAUSE_SECONDS, left))


def _lost(parts: Parts, canary: Canary, failure: MailbotError | None, waited: float) -> Finding:
    """Say at which step it was lost."""
    if isinstance(failure, MailboxUnavailable | MailboxRefused):
        return _wrong("arrived", f"can't be told: {failure}")
    if _found(parts, canary, ("junk",)) is not None:
        doubts = "your mail provider doubts your own mail; see the lines `sender` of `mailbot check`"
        return _wrong("arrived", f"it lies in Spam: {doubts}")
    found = _found(parts, canary, ("inbox", "done"))
    if found is None:
        says = f"the courier took it and it did not come within {waited:g} s: give it longer (--wait), then ask your"
        return _wrong("arrived", f"{says} mail provider what became of {canary.message_id}")
    if found.writer is None or not parts.line.is_own(found.writer):
        return _wrong("recognised", "it came under another address: the courier writes another sender into our mail")
    if canaries.mark_of(found) != canary.mark:
        return _wrong("recognised", "it came without its mark: something on its way takes out fields of a mail's head")
    return _wrong("recognised", "it lies in INBOX and no pass took it up: does a pass of `mailbot run` or cron hang?")


def _found(parts: Parts, canary: Canary, where: tuple[FolderName, ...]) -> Message | None:
    """Return the head of the mail where it lies; None where it can't be found."""
    sought = Sought(message_id=canary.message_id, received_at=canary.sent_at, uid=0, uidvalidity=0)
    try:
        heads = [parse(raw.octets, complete=False) for raw in parts.mailbox.sight([sought], where)]
    except (MailboxUnavailable, MailboxRefused):
        return None
    return next((head for head in heads if head.message_id == canary.message_id), None)


def _came(parts: Parts, canary: Canary, flight: Flight) -> Iterator[Finding]:
    assert flight.seen_at is not None
    if flight.received_at is not None:
        yield _ok("arrived", f"in the mailbox {_after(canary, flight.received_at)}, by its server's clock")
    yield _ok("recognised", f"a pass knew it again {_after(canary, flight.seen_at)}")
    if flight.state == "shadow":
        yield _ok("filed", "it stays in INBOX: shadow moves nothing", "note")
    elif flight.filed_at is not None:
        yield _ok("filed", f"into mailbot/Done {_after(canary, flight.filed_at)}")
    else:
        yield _wrong("filed", "it was not moved into mailbot/Done: see the line `mailbox` of `mailbot check`")
    if flight.answers:
        yield _wrong("unanswered", f"mails of ours that it set off: {flight.answers}; there should be none")
    else:
        paused = parts.line.store.paused
        yield _ok("unanswered", "nobody was answered" + ("; it is paused, so nobody else is either" if paused else ""))


def _after(canary: Canary, at: datetime) -> str:
    return f"{max(0.0, (at - canary.sent_at).total_seconds()):.1f} s after it was sent"


def _clock(parts: Parts, canary: Canary, flight: Flight) -> Iterator[Finding]:
    """Compare two clocks: what was received between our sending and our seeing it was, or one of them is wrong."""
    if flight.received_at is None or flight.seen_at is None or not parts.line.host:
        return
    ahead, behind = canary.sent_at - flight.received_at, flight.received_at - flight.seen_at
    off = max(ahead, behind, timedelta(0))
    if off > SLOW:
        which = "ahead of" if ahead > behind else "behind"
        says = f"this machine is at least {off.total_seconds():.0f} s {which} the mailbox's server"
        yield _wrong("clock", f"{says}: {NTP}")
    else:
        yield _ok("clock", "this machine and the mailbox's server agree")


def _authentication(parts: Parts, head: Message | None) -> Finding:
    """Say what our own provider found of our own mail, and keep by what it was signed."""
    if head is None:
        return _ok("authentication", "can't be told: the mail is not found again", "note")
    check_sender.remember(parts.line.store, head)
    signers = ", ".join(f"{signer} ({name})" for signer, name in sorted(check_sender.signed(head)))
    signed = f"signed by {signers}" if signers else "without a signature (DKIM)"
    values = list(believed(head, parts.line.rules.trust))
    results = [(server_of(value), each.method, each.result) for value in values for each in results_of(value)]
    said = ", ".join(f"{method}={result}" for _, method, result in results)
    if not results:
        return _ok("authentication", f"no result that [trust] authserv believes; {signed}", "note")
    bad = [method for _, method, result in results if str(result).lower() not in GOOD]
    if bad:
        doubts = f"your own provider doubts your own mail ({', '.join(bad)}): see the lines `sender` of `mailbot check`"
        return _ok("authentication", f"{results[0][0]} says {said}; {signed}; {doubts}", "note")
    return _ok("authentication", f"{results[0][0]} says {said}; {signed}")
