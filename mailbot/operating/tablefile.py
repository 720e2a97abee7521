"""Reads a table's file as Excel saves it: which encoding, which separator; certain or refused. No meaning of a cell."""

from __future__ import annotations

import re
from pathlib import Path

from mailbot.errors import InputError

LOST = "the letter was lost when the file was saved; save as CSV UTF-8"
_LOST = re.compile(r"\w\?|\?\w")  # windows-1251 has no Kazakh letters: Excel writes "?" for them


def read_text(path: Path) -> tuple[str, str]:
    """Return a file's text and its encoding: utf-8, utf-16 or windows-1251. Raises InputError."""
    try:
        octets = path.read_bytes()
    except OSError as exc:
        raise InputError(f"{path}: can't be read ({exc.strerror})") from exc
    try:
        return decoded(octets)
    except UnicodeDecodeError as exc:
        raise InputError(f"{path}: is neither UTF-8 nor windows-1251: save it as CSV UTF-8") from exc


def decoded(octets: bytes) -> tuple[str, str]:
    """Return text and encoding: UTF-16 by its mark, else strict UTF-8, else windows-1251. Raises UnicodeDecodeError."""
    if octets.startswith((b"\xff\xfe", b"\xfe\xff")):
        return octets.decode("utf-16"), "utf-16"
    try:
        return octets.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError:
        return octets.decode("cp1251"), "windows-1251"


def separator(text: str) -> str:
    """Return what parts the cells of the first line: ";", a tab or ","."""
    first = text.partition("\n")[0]
    return max((",", ";", "\t"), key=first.count)


def is_lost(cell: str) -> bool:
    """Tell whether a letter of a word became "?"."""
    return _LOST.search(cell) is not None
