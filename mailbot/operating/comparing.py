"""Compares a mail that somebody holds with what was kept of a request: is it the one we received, or the one we sent?

Yes by octets (SHA-256 of a received mail, the keyed hash of one of ours), or by the keyed fingerprint of From,
Message-ID, Date, Subject and text: that one holds although servers put their own lines on top on the way.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from mailbot.pipeline import Line
from mailbot.reading.parse import parse
from mailbot.store import journal, proofs
from mailbot.store.keys import Keys, sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What a mail turned out to be."""

    mail: Literal["received", "sent"] | None  # None: neither
    by: Literal["octets", "fingerprint"] | None = None
    at: datetime | None = None  # when it was received or sent


def compare(line: Line, number: str, octets: bytes) -> Compared:
    """Return which mail of a request these octets are. Raises InputError where there is no such request."""
    with line.store.reading() as connection:
        row = journal.find(connection, number)
        mails = proofs.mails(connection, [row.id])
        replies = [each for each in journal.replies(connection, row.id) if each.role != "operator"]
    keys = line.store.keys
    forms = {octets, _crlf(octets)}  # mail programs save mails with the line ends of their system
    fingerprints = {keys.fingerprint(parse(each)) for each in forms}
    return _received(mails, forms, fingerprints) or _sent(replies, keys, forms, fingerprints) or Compared(mail=None)


def _crlf(octets: bytes) -> bytes:
    return octets.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def _received(mails: list[Any], forms: set[bytes], fingerprints: set[str]) -> Compared | None:
    hashes = {sha256(form) for form in forms}
    for row in mails:
        if row.sha256 in hashes:
            return Compared(mail="received", by="octets", at=row.received_at)
    for row in mails:
        if row.fingerprint in fingerprints:
            return Compared(mail="received", by="fingerprint", at=row.received_at)
    return None


def _sent(replies: list[Any], keys: Keys, forms: set[bytes], fingerprints: set[str]) -> Compared | None:
    hashes = {keys.octets(form) for form in forms}
    for row in replies:
        if (keys.octets(row.octets) if row.octets else row.digest) in hashes:
            return Compared(mail="sent", by="octets", at=row.sent_at)
    for row in replies:
        if (keys.fingerprint(parse(row.octets)) if row.octets else row.fingerprint) in fingerprints:
            return Compared(mail="sent", by="fingerprint", at=row.sent_at)
    return None
