"""Reads a mailing list of any layout record by record, and keeps each record's octets. Pure; knows no people.

Octets are read as Latin-1, so that what stays is what came, byte for byte; cells are decoded apart. Quotes are read
strictly (RFC 4180 section 2): where another program might see other records or cells, the list is refused.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import IO

from mailbot.errors import InputError

SAMPLE = 200  # records by which the layout is told
LONGEST = 1_000_000  # octets of a record: more is a quote that was never closed
SHARE = 0.8  # of the cells of the column of addresses hold such; of the records have the same width
DELIMITERS = ",;\t|"
_BOM = "\xef\xbb\xbf"  # of UTF-8, as Latin-1 reads it
_NAMED = re.compile(r"[^<>@]{0,200}<([^<>\s]{3,320})>")
_LOCAL = re.compile(r"\w(?:[\w.!#$%&'*+=?^`{}~-]{0,62}[\w!#$%&*+=?^`{}~-])?")
_DOMAIN = re.compile(r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,8}[^\W\d_](?:[\w-]{0,61}[^\W_])?")
_HEADERS = (
    "email", "e-mail", "mail", "email address", "e-mail address", "address", "subscriber", "почта", "эл. почта",
    "эл почта", "электронная почта", "адрес электронной почты", "емейл", "имейл", "пошта", "электрондық пошта",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How a list is written."""

    delimiter: str  # "" where it has one column
    width: int  # cells of a record
    column: int  # of the addresses, from 0
    header: bool
    encoding: str  # utf-8 or windows-1251


def records(file: IO[bytes]) -> Iterator[bytes]:
    """Yield each record with its line end. Raises InputError for an open quote, NUL or UTF-16."""
    held: list[bytes] = []
    size = quotes = number = 0
    while line := file.readline(LONGEST + 1):
        number += 1
        if b"\0" in line or (number == 1 and line.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))):
            raise InputError(f"line {number}: this is UTF-16 or no text: save the list as CSV UTF-8")
        held.append(line)
        size, quotes = size + len(line), quotes + line.count(b'"')
        if size > LONGEST:
            raise InputError(f"line {number}: a record without an end: look for a quote that is not closed")
        if quotes % 2 == 0:
            yield b"".join(held)
            held, size, quotes = [], 0, 0
    if held:
        raise InputError(f"line {number}: a quote is not closed")


@cache
def _cell(delimiter: str) -> re.Pattern[str]:
    mark = re.escape(delimiter) if delimiter else r"(?!)"
    return re.compile(rf'(?:"((?:[^"]|"")*+)"|([^"\r\n{re.escape(delimiter)}]*+))({mark}|\r?\n\Z|\Z)')


def cells(record: bytes, delimiter: str, encoding: str) -> list[str] | None:
    """Return the cells of a record, decoded; None where its quotes can be read in more than one way. Raises nothing."""
    text = record.decode("latin-1").removeprefix(_BOM)
    found, at, pattern = [], 0, _cell(delimiter)
    while (cell := pattern.match(text, at)) is not None:
        value = cell[2] if cell[1] is None else cell[1].replace('""', '"')
        found.append(value.encode("latin-1").decode(encoding, "replace"))
        at = cell.end()
        if not delimiter or cell[3] != delimiter:
            return found if at == len(text) else None
    return None


def addresses(cell: str) -> list[str] | None:
    """Return the addr-specs of a cell: bare, several, or in angle brackets; None where not all of it is such.

    What a mail program might read as another address than we do is none: a stray letter would hide who left.
    """
    if "@" not in cell:
        return []
    found = []
    for item in re.split(r"[;,]", cell):
        text = item.strip(" \t\r\n")
        named = _NAMED.fullmatch(text)
        local, _, domain = (named[1] if named else text).rpartition("@")
        if text and not (_LOCAL.fullmatch(local) and ".." not in local and _DOMAIN.fullmatch(domain)):
            return None
        if text and unicodedata.normalize("NFKC", local + domain) != unicodedata.normalize("NFC", local + domain):
            return None
        found += [f"{local}@{domain}"] if text else []
    return found


def layout_of(sample: list[bytes], named: str = "") -> Layout:
    """Tell the layout by the first records; `named` is the column's name or number from 1. Raises InputError."""
    if not sample:
        raise InputError("the list is empty")
    encoding = "utf-8" if _is_utf8(b"".join(sample)) else "windows-1251"
    fitting, problem = [], "its quotes or columns can't be told: save the list as CSV UTF-8"
    for delimiter in ("", *DELIMITERS):
        rows = [cells(record, delimiter, encoding) for record in sample]
        table = [row for row in rows if row is not None]
        if len(table) < len(rows):
            continue
        width, count = Counter(map(len, table)).most_common(1)[0]
        if count < SHARE * len(table) or len(table[0]) != width or (width == 1) == bool(delimiter):
            continue
        header = not any(addresses(cell) != [] for cell in table[0])
        try:
            column = _column([row for row in table if len(row) == width], named, header=header)
        except InputError as exc:
            problem = str(exc)
        else:
            fitting.append(Layout(delimiter=delimiter, width=width, column=column, header=header, encoding=encoding))
    if len(fitting) != 1:
        raise InputError(problem if not fitting else "what parts its columns can't be told: save the list as CSV UTF-8")
    return fitting[0]


def _is_utf8(octets: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(octets)  # the sample may end inside a letter
    except UnicodeDecodeError:
        return False
    return True


def _column(rows: list[list[str]], named: str, *, header: bool) -> int:
    """Return the column of the addresses: the one named, else the one that is called so or holds them."""
    names = [cell.strip().casefold() for cell in rows[0]] if header else []
    body, wanted = rows[1:] if header else rows, named.strip().casefold()
    most = [i for i in range(len(rows[0])) if body and sum(bool(addresses(r[i])) for r in body) >= SHARE * len(body)]
    if wanted:
        found = [i for i, name in enumerate(names) if name == wanted]
        if not found and wanted.isdecimal() and 1 <= int(wanted) <= len(rows[0]):
            found = [int(wanted) - 1]
        if len(found) == 1 and (not body or any(addresses(row[found[0]]) for row in body)):
            return found[0]
        raise InputError("--column: the list has no such column of addresses, or two of that name")
    called = [i for i, name in enumerate(names) if name in _HEADERS]
    if len(called) == 1 and most in ([], called) and (not body or any(addresses(row[called[0]]) for row in body)):
        return called[0]
    if len(most) != 1 or called not in ([], most):
        raise InputError("which column holds the addresses can't be told: name it with --column")
    return most[0]


def with_cell(record: bytes, cell: str, layout: Layout) -> bytes:
    """Return the record with one more cell at its end, everything before as it was. Raises InputError."""
    body, delimiter = record.rstrip(b"\r\n"), layout.delimiter or ","
    if not layout.delimiter and delimiter.encode() in body and not body.startswith(b'"'):
        raise InputError(
            "--unsubscribe-column: the list has one column, with commas in it: put quotes around the cells"
        )
    quoted = '"' + cell.replace('"', '""') + '"' if any(c in cell for c in f'{delimiter}"\r\n') else cell
    try:
        return body + (delimiter + quoted).encode(layout.encoding) + record[len(body) :]
    except UnicodeEncodeError as exc:
        raise InputError(f"--unsubscribe-column: {layout.encoding} has not all letters of that name") from exc
