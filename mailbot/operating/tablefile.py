"""Reads a table's file as Excel saves it: which encoding, which separator; certain or refused. No meaning of a cell."""

from __future__ import annotations

import csv
import io
import re
from datetime import date, datetime
from pathlib import Path
from typing import Any

from mailbot.errors import ConfigError, InputError

WORKBOOK = b"PK\x03\x04"  # what every .xlsx begins with: a ZIP archive
LOST = "the letter was lost when the file was saved; save as CSV UTF-8"
_UTF8 = re.compile(rb"[\xd0-\xd3][\x80-\xbf]")  # a Cyrillic letter in UTF-8; hardly anything in windows-1251
MANY = 5
_LOST = re.compile(r"\w\?|\?\w")  # windows-1251 has no Kazakh letters: Excel writes "?" for them


def read_text(path: Path) -> tuple[str, str]:
    """Return a file's text and its encoding: utf-8 (of a workbook too), utf-16 or windows-1251.

    Raises InputError, and ConfigError for a workbook where the extra `xlsx` is not installed.
    """
    try:
        octets = path.read_bytes()
    except OSError as exc:
        raise InputError(f"{path}: can't be read ({exc.strerror})") from exc
    if octets.startswith(WORKBOOK):
        return _workbook(octets, path), "utf-8"
    try:
        return decoded(octets)
    except UnicodeDecodeError as exc:
        raise InputError(f"{path}: is neither UTF-8 nor windows-1251: save it as CSV UTF-8") from exc


def _workbook(octets: bytes, path: Path) -> str:
    """Return the first sheet of an .xlsx that is not empty as CSV."""
    try:
        from python_calamine import CalamineError, CalamineWorkbook  # late: only workbooks need it
    except ImportError as exc:
        raise ConfigError(f"{path}: to read a workbook install mailbot[xlsx], or save it as CSV UTF-8") from exc
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(octets))
        sheets = [book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names]
    except CalamineError as exc:
        raise InputError(f"{path}: can't be read as a workbook: save it as CSV UTF-8") from exc
    filled = [rows for rows in sheets if any(any(cell != "" for cell in row) for row in rows)]
    if len(filled) != 1:
        raise InputError(f"{path}: {len(filled)} of its sheets are filled: leave the one with the people")
    out = io.StringIO()
    csv.writer(out).writerows([_cell(value) for value in row] for row in filled[0])
    return out.getvalue()


def _cell(value: Any) -> str:
    """Return a cell as a CSV has it: whole numbers (phones) without a point, days without an hour."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        midnight = (value.hour, value.minute, value.second) == (0, 0, 0)
        return value.date().isoformat() if midnight else value.isoformat(timespec="seconds")
    return value.isoformat() if isinstance(value, date) else str(value)


def decoded(octets: bytes) -> tuple[str, str]:
    """Return text and encoding: UTF-16 by its mark, else strict UTF-8, else windows-1251. Raises UnicodeDecodeError."""
    if octets.startswith((b"\xff\xfe", b"\xfe\xff")):
        return octets.decode("utf-16"), "utf-16"
    try:
        return octets.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError as exc:
        if len(_UTF8.findall(octets)) >= MANY:
            line = octets.count(b"\n", 0, exc.start) + 1
            raise InputError(f"line {line}: the file is UTF-8 but for a letter there: save it as CSV UTF-8") from exc
        return octets.decode("cp1251"), "windows-1251"


def separator(text: str) -> str:
    """Return what parts the cells of the first line: ";", a tab or ","."""
    first = text.partition("\n")[0]
    return max((",", ";", "\t"), key=first.count)


def is_lost(cell: str) -> bool:
    """Tell whether a letter of a word became "?"."""
    return _LOST.search(cell) is not None
