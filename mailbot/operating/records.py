"""Reads a mailing list of any layout record by record, and keeps each record's octets. Pure; knows no people.

Octets are read as Latin-1, so that what stays is what came, byte for byte; cells are decoded apart. A record ends at a
line end outside quotes (RFC 4180 section 2).
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from mailbot.errors import InputError

SAMPLE = 200  # records by which the layout is told
LONGEST = 1_000_000  # octets of a record: more is a quote that was never closed
_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"]{1,64}@[^\s<>()\[\],;:\"@]{1,255}\.[^\s<>()\[\],;:\"@.]{1,63}")
_HEADERS = (
    "email", "e-mail", "mail", "email address", "e-mail address", "address", "subscriber", "почта", "эл. почта",
    "эл почта", "электронная почта", "адрес электронной почты", "емейл", "имейл", "пошта", "электрондық пошта",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How a list is written."""

    delimiter: str
    column: int  # of the addresses, from 0
    header: bool
    encoding: str  # utf-8 or windows-1251


def records(file: IO[bytes]) -> Iterator[bytes]:
    """Yield each record with its line end. Raises InputError for a quote that is never closed, or UTF-16."""
    held, number = b"", 0
    for number, line in enumerate(file, 1):
        if number == 1 and line.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise InputError("the list is UTF-16: save it as CSV UTF-8")
        if b"\r" in line.rstrip(b"\r\n"):
            raise InputError(f"line {number}: its lines end in a bare CR: save it as CSV UTF-8")
        held += line
        if len(held) > LONGEST:
            raise InputError(f"line {number}: a record without an end: look for a quote that is not closed")
        if held.count(b'"') % 2 == 0:
            yield held
            held = b""
    if held:
        raise InputError(f"line {number}: a quote is not closed")


def cells(record: bytes, layout: Layout) -> list[str]:
    """Return the cells of a record, decoded; what is not of the encoding is replaced. Raises nothing."""
    text = record.decode("latin-1").rstrip("\r\n")
    try:
        found = next(csv.reader(io.StringIO(text, newline=""), delimiter=layout.delimiter), [])
    except csv.Error:
        return []
    return [cell.encode("latin-1").decode(layout.encoding, "replace") for cell in found]


def addresses(cell: str) -> list[str]:
    """Return the addr-specs of a cell: bare, several, or in angle brackets."""
    return _ADDRESS.findall(cell)


def layout_of(sample: list[bytes], named: str = "") -> Layout:
    """Tell the layout by the first records; `named` is the column's name or number from 1. Raises InputError."""
    if not sample:
        raise InputError("the list is empty")
    encoding = "utf-8" if _is_utf8(b"".join(sample)) else "windows-1251"
    first = sample[0].decode("latin-1").removeprefix("\xef\xbb\xbf")
    delimiter = max(",;\t|", key=lambda mark: (first.count(mark), -",;\t|".index(mark)))
    plain = Layout(delimiter=delimiter, column=0, header=False, encoding=encoding)
    rows = [cells(record, plain) for record in sample]
    rows[0][:1] = [rows[0][0].removeprefix("\ufeff")] if rows[0] else []
    header = not any(addresses(cell) for cell in rows[0])
    column = _named(named, rows[0], header=header) if named else _found(rows, header=header)
    return Layout(delimiter=delimiter, column=column, header=header, encoding=encoding)


def _is_utf8(octets: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(octets)  # the sample may end inside a letter
    except UnicodeDecodeError:
        return False
    return True


def _named(named: str, first: list[str], *, header: bool) -> int:
    names = [cell.strip().casefold() for cell in first] if header else []
    if named.strip().casefold() in names:
        return names.index(named.strip().casefold())
    if named.isdecimal() and 1 <= int(named) <= len(first):
        return int(named) - 1
    raise InputError("--column: the list has no such column")


def _found(rows: list[list[str]], *, header: bool) -> int:
    """Return the one column that is called so, else the one in which most cells are addresses."""
    called = [i for i, cell in enumerate(rows[0]) if cell.strip().casefold() in _HEADERS] if header else []
    body = rows[1:] if header else rows
    width = max(map(len, rows))
    counts = [sum(bool(addresses(row[i])) for row in body if i < len(row)) for i in range(width)]
    if len(called) == 1 and (not body or counts[called[0]]):
        return called[0]
    most = [i for i, count in enumerate(counts) if body and count >= 0.8 * len(body)]
    if len(most) != 1:
        raise InputError("which column holds the addresses can't be told: name it with --column")
    return most[0]


def with_cell(record: bytes, cell: str, layout: Layout) -> bytes:
    """Return the record with one more cell at its end, everything before as it was."""
    body = record.rstrip(b"\r\n")
    quoted = '"' + cell.replace('"', '""') + '"' if any(c in cell for c in f'{layout.delimiter}"\r\n') else cell
    return body + (layout.delimiter + quoted).encode(layout.encoding) + record[len(body) :]
