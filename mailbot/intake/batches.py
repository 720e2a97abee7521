"""How mails are taken in portions that keep memory flat: 50 mails or 8 MB at a time.

Both mailboxes use it. Arithmetic only: reads nothing, knows neither IMAP nor files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TypeVar

from mailbot.ports import Cursor

BATCH_MAILS = 50
BATCH_BYTES = 8_000_000
HEADER_BYTES = 256 * 1024  # a longer header is an attack, not a letter
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is known of a mail before it is read; `size` in octets, `received_at` aware UTC."""

    uid: int
    size: int
    received_at: datetime

    def at_or_after(self, since: datetime | None) -> bool:
        """Compare by whole seconds, because INTERNALDATE has no more (RFC 9051 section 2.3.3)."""
        return since is None or self.received_at >= since.replace(microsecond=0)


def slices(items: Iterable[T], count: int) -> Iterator[list[T]]:
    """Yield the items in lists of at most `count`."""
    left = iter(items)
    while part := list(islice(left, count)):
        yield part


def groups(entries: Iterable[Entry], max_bytes: int) -> Iterator[list[Entry]]:
    """Yield the entries in batches; one over `max_bytes` weighs its header alone."""
    batch: list[Entry] = []
    weight = 0
    for entry in entries:
        own = entry.size if entry.size <= max_bytes else min(entry.size, HEADER_BYTES)
        if batch and (len(batch) == BATCH_MAILS or weight + own > BATCH_BYTES):
            yield batch
            batch, weight = [], 0
        batch.append(entry)
        weight += own
    if batch:
        yield batch


def ranges(numbers: Iterable[int]) -> str:
    """Write ascending numbers as a sequence set, "3:5,9" (RFC 9051 section 9, sequence-set)."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ",".join(str(first) if first == last else f"{first}:{last}" for first, last in runs)


def newer(listed: Iterable[Entry], cursor: Cursor) -> list[Entry]:
    """Return what came after the time of a mark, by time; `last_uid` of that second were there before."""
    entries = sorted((e for e in listed if e.at_or_after(cursor.since)), key=lambda e: (e.received_at, e.uid))
    same = sum(entry.received_at == cursor.since for entry in entries)
    return entries[min(same, cursor.last_uid) :]
