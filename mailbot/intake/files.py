"""The files of a Maildir: what lies there, by which name it is known, and a file laid beside another (maildir(5)).

Raises OSError; the door, intake/maildir, translates it.
"""

from __future__ import annotations

import os
import re
import secrets
from datetime import UTC, datetime
from pathlib import Path

from mailbot.intake.batches import HEADER_BYTES

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST = 946_684_800  # 2000-01-01: a smaller number in front of a name is no time
_LEADING = re.compile(r"(\d{9,11})\.")
_UTF7 = re.compile(r"&([A-Za-z0-9+,]*)-")
_END = re.compile(rb"\r?\n\r?\n")


def scan(path: Path) -> dict[str, Path]:
    """Return what lies in the new and cur of a Maildir, by base name."""
    # cur after new: a mail that is moved from new to cur while we look is then seen at least once.
    found: dict[str, Path] = {}
    for part in ("new", "cur"):
        with os.scandir(path / part) as entries:
            for entry in entries:
                if not entry.name.startswith(".") and entry.is_file(follow_symlinks=False):
                    found[key(entry.name)] = Path(entry.path)
    return found


def folders(path: Path) -> list[tuple[tuple[()], bytes, str]]:
    """Return the folders of a Maildir++ as IMAP's LIST would: no flags, the delimiter, the name."""
    with os.scandir(path) as entries:
        names = [entry.name[1:] for entry in entries if re.match(r"\.[^.]", entry.name) and entry.is_dir()]
    return [((), b".", _UTF7.sub(_decoded, name)) for name in sorted(names)]


def place(path: Path, folder: str) -> Path | None:
    """Return where the folder of that name lies, None where it is gone."""
    with os.scandir(path) as entries:
        found = (entry for entry in entries if _UTF7.sub(_decoded, entry.name) == f".{folder}")
        return next((Path(entry.path) for entry in found), None)


def folder(name: str) -> str:
    """Return the name of the folder's directory, as `folders` reads it (Maildir++, modified UTF-7)."""
    from imapclient.imap_utf7 import encode  # late: without such folders a Maildir needs no IMAP library

    return f".{encode(name).decode('ascii')}"


def make(home: Path) -> Path:
    """Make a folder of a Maildir++ where it is not there yet, and return it."""
    for part in ("cur", "new", "tmp"):
        (home / part).mkdir(mode=0o700, parents=True, exist_ok=True)
    (home / "maildirfolder").touch()
    return home


def _decoded(found: re.Match[str]) -> str:
    """Return what stands in a folder's name as modified UTF-7 (RFC 3501 section 5.1.3); as it is where it is none."""
    try:
        return f"+{found[1].replace(',', '/')}-".encode("ascii").decode("utf-7") if found[1] else "&"
    except UnicodeError:
        return found[0]


def is_answered(name: str) -> bool:
    """Tell whether a file's name bears the flag R: somebody replied to the mail (maildir(5))."""
    return "R" in name.partition(":2,")[2]


def key(name: str) -> str:
    """Return the base name, the part before ":", as text that any store can keep."""
    # A name is octets; a store keeps text. Doubling the backslash makes the escape of odd octets unambiguous.
    base = name.partition(":")[0]
    return os.fsencode(base).replace(b"\\", b"\\\\").decode("utf-8", "backslashreplace")


def look(path: Path) -> tuple[int, datetime] | None:
    """Return size and time of receipt; None where the file is gone."""
    try:
        stat = path.stat()
    except FileNotFoundError:  # renamed or removed since the listing; the next pass sees it
        return None
    seconds = int(stat.st_mtime)
    leading = _LEADING.match(path.name)
    if leading and _EARLIEST < int(leading[1]) < seconds:  # a copied mail has a new mtime and its old name
        seconds = int(leading[1])
    return stat.st_size, datetime.fromtimestamp(seconds, UTC)


def header(path: Path) -> bytes:
    """Return the header block of a mail."""
    with path.open("rb") as file:
        octets = file.read(HEADER_BYTES)
    end = _END.search(octets)
    return octets[: end.end()] if end else octets


def free(done: Path, name: str) -> Path:
    """Return the path that a file of that name gets there."""
    # Flags stay as they are; in cur a name ends in ":2,". Another mail of that name there is never overwritten.
    base, _, flags = name.partition(":")
    target = done / f"{base}:{flags or '2,'}"
    count = 0
    while target.exists():
        count += 1
        target = done / f"{base}.{count}:{flags or '2,'}"
    return target


def sync(folder: Path) -> None:
    """Have the names of a folder written to disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def lay(beside: Path, octets: bytes, at: datetime) -> Path:
    """Write a file beside another, with its flags and as received at that time; the same again overwrites it.

    The name must be another: whoever else reads a Maildir takes a name for what it holds. What follows a comma tells
    the size of the old file.
    """
    base, colon, flags = beside.name.partition(":")
    name = f"{base.partition(',')[0]}.r{colon}{flags}"
    written = beside.parent.parent / "tmp" / name
    with written.open("wb") as file:
        file.write(octets)
        file.flush()
        os.fsync(file.fileno())
    os.utime(written, (at.timestamp(), at.timestamp()))
    laid = written.rename(beside.parent / name)
    sync(beside.parent)
    return laid


def deliver(path: Path, octets: bytes, at: datetime) -> None:
    """Write a new file into a Maildir's new, as received at that time."""
    name = f"{int(at.timestamp())}.{secrets.token_hex(8)}.mailbot"
    written = path / "tmp" / name
    with written.open("xb") as file:
        file.write(octets)
        file.flush()
        os.fsync(file.fileno())
    os.utime(written, (at.timestamp(), at.timestamp()))
    written.rename(path / "new" / name)
    sync(path / "new")
