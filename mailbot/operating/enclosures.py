"""The mails of a request as they lie in the mailbox, each compared whole with what the ledger says of it.

A mail counts where its octets are those of the ledger (SHA-256), or its keyed fingerprint is (From, Message-ID, Date,
Subject and text): then lines above it or a second delivery differ. Changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from mailbot.operating.mailcopies import sought
from mailbot.pipeline import Line
from mailbot.ports import Mailbox, RawMail
from mailbot.reading.parse import parse
from mailbot.store.keys import sha256

MOST_BYTES = 50_000_000  # of mails in one zip; the others are named by their hashes alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosure:
    """One mail of the ledger that was looked for; `octets` are None where it was not found, or is too large."""

    octets: bytes | None = None
    state: Literal["enclosed", "not_found", "too_large", "not_looked_for"]
    compared: Literal["sha256", "fingerprint"] | None = None
    complete: bool = True  # False: of a mail over the size limit the header alone


def enclosures(line: Line, mailbox: Mailbox | None, rows: Sequence[Any]) -> dict[int, Enclosure]:
    """Return what lies in the mailbox of each ledger row, by its id; without a mailbox nothing is looked for.

    Nor is a mail whose writer was destroyed: of such a one the ledger keeps no plain hash.
    Raises MailboxUnavailable, MailboxRefused.
    """
    if mailbox is None or not rows:
        return {row.id: Enclosure(state="not_looked_for") for row in rows}
    found = {row.id: Enclosure(state="not_looked_for") for row in rows if row.sha256 is None and row.copy_of is None}
    size = 0
    for row, raw, how in _matches(line, mailbox, [row for row in rows if row.id not in found]):
        if row.id in found and (found[row.id].compared == "sha256" or how != "sha256"):
            continue
        size += len(raw.octets)
        found[row.id] = (
            Enclosure(octets=raw.octets, state="enclosed", compared=how, complete=raw.complete)
            if size <= MOST_BYTES
            else Enclosure(state="too_large", compared=how, complete=raw.complete)
        )
    return {row.id: found.get(row.id, Enclosure(state="not_found")) for row in rows}


def _matches(
    line: Line, mailbox: Mailbox, rows: Sequence[Any]
) -> Iterator[tuple[Any, RawMail, Literal["sha256", "fingerprint"]]]:
    """Yield each row with a mail that is it. A search only narrows down: each hit is fetched and compared whole."""
    keyed = {row.message_key for row in rows}
    for seen in mailbox.sight([sought(row) for row in rows]):
        head = parse(seen.octets, complete=False)
        if line.store.keys.message_id(head.message_id, head.writer or "") not in keyed:
            continue
        raw = mailbox.whole(seen)
        if raw is None:
            continue
        digest = sha256(raw.octets)
        fingerprint = line.store.keys.fingerprint(parse(raw.octets, complete=raw.complete))
        for row in rows:
            if row.sha256 == digest:
                yield row, raw, "sha256"
            elif row.fingerprint == fingerprint:
                yield row, raw, "fingerprint"
