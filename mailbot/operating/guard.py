"""A mailing list in, the same list without everyone who must not be mailed out. Reads the store alone.

What stays is copied byte for byte. A record with several addresses is left out where one of them must not be mailed;
one without any can't be mailed and is left out too, as is one whose
cell or number of cells another program might read otherwise. An address of which nothing is held stays, and is counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice
from typing import IO

from mailbot.errors import InputError
from mailbot.operating.records import SAMPLE, Layout, addresses, cells, layout_of, records, with_cell
from mailbot.pipeline import Line
from mailbot.reading.address import address_key
from mailbot.store.mailable import UNKNOWN, why_not
from mailbot.store.newsletter import header

BATCH = 200  # records that are looked up at once
MOST = 500  # addresses in one question to the store


def guard(
    line: Line, file: IO[bytes], column: str, unsubscribe: tuple[str, str], counts: dict[str, int]
) -> Iterator[bytes]:
    """Yield the octets that stay, and fill the counts: kept, unknown, and each reason why records were left out.

    `unsubscribe` is the name of a further column for List-Unsubscribe ("" for none) and the mailbox's address. Raises
    InputError where the list can't be read or its column can't be told.
    """
    name, mailbox = unsubscribe
    found = records(file)
    sample = list(islice(found, SAMPLE))
    layout = layout_of(sample, column)
    rest = chain(sample, found)
    if layout.header:
        first = next(rest)
        if name and name in (cells(first, layout.delimiter, layout.encoding) or ()):
            raise InputError("--unsubscribe-column: the list has a column of that name already")
        yield with_cell(first, name, layout) if name else first
    while batch := list(islice(rest, BATCH)):
        told = [(record, _addresses(record, layout)) for record in batch]
        for record, found_, why in _judged(line, told):
            if why in ("", UNKNOWN):
                counts["kept"] = counts.get("kept", 0) + 1
                value = ";".join(header(line.store.keys, mailbox, addr) for addr in found_)
                yield with_cell(record, value, layout) if name else record
            if why:
                counts[why] = counts.get(why, 0) + 1


def _addresses(record: bytes, layout: Layout) -> list[str] | None:
    """Return the addresses of a record, None where they can't be told for sure."""
    if not record.strip():
        return []
    row = cells(record, layout.delimiter, layout.encoding)
    return addresses(row[layout.column]) if row is not None and len(row) == layout.width else None


def _judged(line: Line, told: list[tuple[bytes, list[str] | None]]) -> Iterator[tuple[bytes, list[str], str]]:
    """Yield each record with its addresses and why it is left out."""
    every = list(dict.fromkeys(addr for _, found in told for addr in found or ()))
    why: dict[str, str] = {}
    with line.store.unit() as unit:
        for start in range(0, len(every), MOST):
            some = every[start : start + MOST]
            said = why_not(unit, some)
            why |= {addr: said[address_key(addr)] for addr in some}
    for record, found in told:
        reasons = [why[addr] for addr in found or ()]
        bad = next((reason for reason in reasons if reason not in ("", UNKNOWN)), "")
        without = "unreadable" if found is None else "" if found else "without_address"
        yield record, found or [], without or bad or (UNKNOWN if UNKNOWN in reasons else "")
