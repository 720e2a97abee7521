"""gone.log: who must stay gone, outside the database, so that an older copy of the store brings nobody back.

One act a line: time, what, purpose, keyed hash of an address or a person, until, and a check value by this
installation's key. A unit of work hands its lines over right before its commit (store.py): they are on disk before
anything of the act can be seen, so no crash loses one. Killed in between, the act is done again and leaves a second
line, which changes nothing. No name, no address: keyed hashes and times.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from dataclasses import replace as replace_
from datetime import UTC, datetime
from pathlib import Path

from mailbot.errors import InputError, StoreUnavailable
from mailbot.store.keys import Keys

FILE = "gone.log"
HEAD = "# gone.log 1: who must stay gone (keyed hashes and times); `mailbot restore` needs it, keep it\n"
TORN = " ~"  # ends a line that a crash cut off, once another one follows
OF_PERSONS = ("destroyed", "stopped", "undone", "blocked", "unblocked")
MARK = "mark"  # of nobody: written by each backup and once a day, so that it shows until when a copy reaches
NOBODY = "0" * 64
OF_ADDRESSES = ("suppressed", "lifted", "returned")  # lifted: a new consent; put back: there was no reason to
_LINE = re.compile(
    r"(\S{27}) ([a-z]+) (news|processing|-) ([0-9a-f]{64}) (\S{27}|-)(?: ([0-9a-f]{64}))? ([a-z2-7]{26})", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Line:
    """One act: `key` is the hash of an address (suppressed, lifted) or of a person (the other words).

    `who` is the hash of the person who gave the consent by which an address was lifted.
    """

    at: datetime
    what: str
    key: str
    purpose: str = ""
    until: datetime | None = None
    who: str = ""

    @property
    def subject(self) -> tuple[str, str]:
        """What a later line of the same subject takes the place of."""
        return (self.key, "dispute" if self.what in ("blocked", "unblocked") else self.purpose)

    @property
    def ends(self) -> bool:
        """Whether the address may be used again."""
        return self.what in ("lifted", "returned")

    def parts(self) -> tuple[str, ...]:
        """Return the fields as they are written."""
        until = _time(self.until) if self.until else "-"
        return (_time(self.at), self.what, self.purpose or "-", self.key, until, *([self.who] if self.who else []))


def _time(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _read_time(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


def merge(one: list[Line], other: list[Line]) -> list[Line]:
    """Return the lines of both: the longer one's, and what the other has beside; in the order of time."""
    longer, shorter = (one, other) if len(one) >= len(other) else (other, one)
    known = set(longer)
    return sorted([*longer, *(line for line in shorter if line not in known)], key=lambda line: line.at)


def last(lines: Iterable[Line]) -> dict[tuple[str, str], Line]:
    """Return the line that counts for each address and purpose, and each person: the last one."""
    return {line.subject: line for line in lines}


def kept(lines: list[Line], before: datetime, ended_before: datetime) -> list[Line]:
    """Return the lines that may still be kept: not those from before `before` (the journal's age), and of an address
    that may be used again, or whose suppression lapsed, none once that was so since `ended_before` (the backups' age).
    """
    free = {line.subject: line.until or line.at for line in last(lines).values() if line.until or line.ends}
    ended = {subject for subject, at in free.items() if at < ended_before}
    marked = [line for line in lines if line.what != MARK or line.at >= ended_before]
    return [line for line in marked if line.at >= before and line.subject not in ended]


@dataclass(slots=True)
class Ledger:
    """The file of one installation. Raises StoreUnavailable where it can't be read or written."""

    path: Path
    keys: Keys
    told: bool = False  # whether anything was written to it

    def append(self, lines: Iterable[Line]) -> list[str]:
        """Write the lines at the end, on disk before this returns; a line that a crash cut off is closed first.

        Returns them as they stand there.
        """
        texts = [self._text(line) for line in lines]
        if texts:
            with self._alone():
                self._append("".join(texts))
            self.told = True
        return texts

    def _append(self, text: str) -> None:
        new = not self.path.exists()
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(handle, "r+b", buffering=0) as file:
            size = file.seek(0, os.SEEK_END)
            whole = not size or os.pread(file.fileno(), 1, size - 1) == b"\n"
            octets = f"{'' if size else HEAD}{'' if whole else TORN + chr(10)}{text}".encode()
            while octets:
                octets = octets[file.write(octets) :]
            os.fsync(file.fileno())
        if new:
            sync(self.path.parent)

    def mark(self, at: datetime) -> None:
        """Write that the file reaches until then; a line about nobody."""
        self.append([Line(at, MARK, NOBODY)])

    def begin(self) -> None:
        """Make the file where there is none: a ledger in which nothing stands yet."""
        if not self.path.exists():
            self.write([])

    def read(self) -> list[Line]:
        """Return what stands there, [] where there is no file. Raises InputError for a line that is not ours."""
        try:
            octets = self.path.read_bytes() if self.path.exists() else b""
        except OSError as exc:
            raise _unavailable(self.path, exc) from exc
        return self.parse(octets)

    def parse(self, octets: bytes) -> list[Line]:
        """Return the lines of a file; one that a crash cut off was no act and is passed over. Raises InputError."""
        texts = octets.decode("utf-8", "replace").split("\n")
        cut_off = texts.pop()  # what stands behind the last line's end
        del cut_off
        lines = []
        for number, text in enumerate(texts, 1):
            if text.startswith("#") or text.endswith(TORN):
                continue
            line = self._line(text)
            if line is None:
                raise InputError(
                    f"{FILE}, line {number}: altered, of another installation, or made with a newer key: put the "
                    "store_key-….age of the backups' folder beside the backup, or your copy of store_key into secrets/"
                )
            lines.append(line)
        return lines

    def write(self, lines: list[Line]) -> None:
        """Put these lines in the place of the file: the old one or the new one is there, never half of one."""
        with self._alone():
            replace(self.path, self.text(lines))

    def renew(self) -> None:
        """Write every line with the present key, which hashes and proves all of them. Raises InputError."""
        with self._alone():
            if self.path.exists():
                replace(self.path, self.text(self.read()))

    def even(self, others: Iterable[str], terms: tuple[datetime, datetime] | None) -> list[str]:
        """Take in what other hosts' files were told, let go of what is over (`kept`); return all lines as they stand.

        Raises InputError.
        """
        with self._alone():
            ours = self.read()
            lines = merge(ours, self.parse("".join(others).encode()))
            lines = kept(lines, *terms) if terms else lines
            if lines != ours:
                replace(self.path, self.text(lines))
            return [self._text(line) for line in lines]

    def prune(self, before: datetime, ended_before: datetime) -> None:
        """Let go of what may be kept no longer (`kept`)."""
        with self._alone():
            lines = self.read()
            left = kept(lines, before, ended_before)
            if len(left) < len(lines):
                replace(self.path, self.text(left))

    def text(self, lines: list[Line]) -> bytes:
        """Return the file that holds these lines."""
        return (HEAD + "".join(self._text(line) for line in lines)).encode()

    def check(self, line: Line) -> str:
        """Return the check value of a line."""
        return self.keys.gone(*line.parts())

    def marks(self, line: Line, value: str) -> bool:
        """Tell whether that is the check value of a mark, made by whichever of our keys."""
        return line.what == MARK and any(keys.gone(*line.parts()) == value for keys in self.keys.ever)

    def _text(self, line: Line) -> str:
        return f"{' '.join(line.parts())} {self.check(line)}\n"

    def _line(self, text: str) -> Line | None:
        found = _LINE.fullmatch(text)
        if found is None or found[2] not in (*OF_PERSONS, *OF_ADDRESSES, MARK):
            return None
        try:
            until = None if found[5] == "-" else _read_time(found[5])
            purpose = "" if found[3] == "-" else found[3]
            line = Line(_read_time(found[1]), found[2], found[4], purpose, until, found[6] or "")
        except ValueError:
            return None
        return self._proven(line, found[7])

    def _proven(self, line: Line, check: str) -> Line | None:
        """Return a line with the hashes that the present keys make, None where none of our keys proves it."""
        by = next((keys for keys in reversed(self.keys.ever) if keys.gone(*line.parts()) == check), None)
        if by is None or by == self.keys or line.what == MARK:
            return line if by is not None else None
        who = self.keys.lifted(line.who, by) if line.who else ""
        return replace_(line, key=self.keys.lifted(line.key, by), who=who)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the lock of the folder: one writer at a time, whichever file then has the name."""
        try:
            handle = os.open(self.path.parent, os.O_RDONLY)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX)
                yield
            finally:
                os.close(handle)
        except OSError as exc:
            raise _unavailable(self.path, exc) from exc


def _unavailable(path: Path, exc: OSError) -> StoreUnavailable:
    return StoreUnavailable(f"{path}: can't be read or written ({exc.strerror}); without it nothing is decided")


def replace(path: Path, octets: bytes, mode: int = 0o600) -> None:
    """Put octets in the place of a file: whole, on disk, readable by its owner alone, who stays it. Raises OSError."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    part = Path(name)
    try:
        if os.geteuid() == 0:  # a command of root's must not lock out the user whose installation it is
            owner = (path if path.exists() else path.parent).stat()
            os.fchown(handle, owner.st_uid, owner.st_gid)
        with os.fdopen(handle, "wb") as file:
            file.write(octets)
            file.flush()
            os.fsync(file.fileno())
        part.chmod(mode)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    sync(path.parent)


def sync(folder: Path) -> None:
    """Have the names in a folder on disk. Raises OSError."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
