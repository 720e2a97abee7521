"""How results are printed: JSON, one object a line, on stdout; words for people; progress on a terminal."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any

from mailbot.errors import ConflictError, InputError, UsageError
from mailbot.reading.phones import mask


def print_json(value: dict[str, Any]) -> None:
    """Print one object on one line: UTF-8, times in RFC 3339 with an offset, no raw line separators."""
    text = json.dumps(value, ensure_ascii=False, default=_plain)
    print("".join(c if c.isprintable() or c == " " else _escaped(c) for c in text))


def _escaped(letter: str) -> str:
    """Return a letter that a terminal might obey as JSON escapes it."""
    return json.dumps(letter)[1:-1] if ord(letter) > 126 else letter


def _plain(value: object) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def tell(text: str) -> None:
    """Print a message for people."""
    print(text, file=sys.stderr)


def clean(text: object) -> str:
    """Return text of others fit for a terminal: no control characters, no IIN, no number of a bank card."""
    masked, _ = mask(str(text))
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in masked)


def clean_lines(text: str) -> str:
    """Return a text of several lines fit for a terminal."""
    return "\n".join(clean(line) for line in text.split("\n"))


def progress(total: int) -> Callable[[int], None]:
    """Return a function that shows how far a long work is, on a terminal alone."""
    if not sys.stderr.isatty():
        return lambda _count: None

    def show(count: int) -> None:
        end = "\n" if count >= total else ""
        print(f"\r{count} of {total}", end=end, file=sys.stderr, flush=True)

    return show


def confirmed(question: str, yes: bool) -> bool:
    """Ask before what can't be undone; elsewhere than on a terminal `--yes` must say so. Raises UsageError."""
    if yes:
        return True
    if not sys.stdin.isatty():
        raise UsageError("this can't be undone: add --yes to do it without being asked")
    return input(f"{question} Type yes: ").strip().casefold() in ("yes", "иә", "да")


def write_whole(path: Path, octets: Iterable[bytes], home: Path) -> None:
    """Write beside its place what moves there once it is whole; its owner alone can read it.

    Raises InputError; ConflictError over a file of the installation, whose folder `home` is.
    """
    if path.exists() and home.resolve() in path.resolve().parents:
        raise ConflictError(f"{path}: a file of that name is in the installation's folder: name another one")
    try:
        handle, name = tempfile.mkstemp(prefix=".mailbot-", dir=path.parent)  # 0600, and nobody else's file
        part = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.writelines(octets)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as exc:
        raise InputError(f"{path}: can't be written ({exc.strerror})") from exc
