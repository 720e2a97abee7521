"""The Maildir mailbox: reads PATH/new and PATH/cur and moves what is done to PATH/.mailbot.Done (Maildir++).

A mail is known by its base name, the part before ":"; the number that stands for it is given at first sight
and kept by whoever is injected as `Numbers`. What is left alone stays where it lies, unrenamed and unflagged;
tmp/ is never read. Serves the maildir(5) conventions with the UIDs of RFC 9051 section 2.3.1.1.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, TypeVar

from mailbot.errors import MailboxRefused, MailboxUnavailable
from mailbot.intake.batches import HEADER_BYTES, Entry, groups
from mailbot.ports import Cursor, MailboxState, RawMail

FOLDER = "INBOX"
DONE = ".mailbot.Done"
TRIES = 3
_EARLIEST = 946_684_800  # 2000-01-01: a smaller number in front of a name is no time
_LEADING = re.compile(r"(\d{9,11})\.")
_END = re.compile(rb"\r?\n\r?\n")
T = TypeVar("T")


class Numbers(Protocol):
    """Keeps which number stands for which name; no number is given twice while `validity` stays.

    Names are text without surrogates, so any store can keep them.
    """

    def number(self, folder: str, names: Sequence[str]) -> dict[str, int]:
        """Return the number of each name; new names get ascending ones in the order given, in one commit."""
        ...

    def validity(self) -> int:
        """Return what UIDVALIDITY is to IMAP: another value once numbers may have been given twice."""
        ...

    def name(self, uid: int) -> str | None:
        """Return the name that has this number."""
        ...

    def next(self) -> int:
        """Return the number that the next new name gets."""
        ...

    def forget(self, uids: Sequence[int]) -> None:
        """Drop these numbers; the same name seen again is a new mail."""
        ...


class MaildirMailbox:
    """A Maildir on this machine. Not thread-safe."""

    folder = FOLDER

    def __init__(self, path: Path, numbers: Numbers, *, max_bytes: int = 10_000_000) -> None:
        """Keep the settings; nothing is opened. Raises nothing."""
        self._path, self._numbers, self._max_bytes = path, numbers, max_bytes
        self._places: dict[int, Path] = {}  # where the last listing saw a mail; it may have moved since

    def state(self) -> MailboxState:
        """Number what lies there and tell where the folder stands. Raises MailboxUnavailable, MailboxRefused."""
        self._list()
        return MailboxState(
            folder=FOLDER, uidvalidity=self._numbers.validity(), uidnext=self._numbers.next(), can_move=True
        )

    def fetch(self, cursor: Cursor, again: Sequence[int]) -> Iterator[list[RawMail]]:
        """Yield those of `again` that exist, then the new mails, numbers ascending, at most 50 or 8 MB at a time.

        A mail over max_bytes comes with its header alone. Raises MailboxUnavailable, MailboxRefused.
        """
        entries = self._list()
        validity = self._numbers.validity()
        if validity == cursor.uidvalidity:
            wanted = set(again)
            yield from self._batches((e for e in entries if e.uid in wanted), self._max_bytes)
            yield from self._batches((e for e in entries if e.uid > cursor.last_uid), self._max_bytes)
        else:
            yield from self._batches((e for e in entries if e.at_or_after(cursor.since)), self._max_bytes)

    def headers(self, since: datetime | None) -> Iterator[list[RawMail]]:
        """Yield the headers alone of all mails received at or after `since`. Raises as fetch does."""
        yield from self._batches((e for e in self._list() if e.at_or_after(since)), -1)

    def pick(self, uids: Sequence[int]) -> Iterator[list[RawMail]]:
        """Yield those numbers that still exist, ascending, at most 50 or 8 MB at a time. Raises as fetch does."""
        wanted = set(uids)
        yield from self._batches((e for e in self._list() if e.uid in wanted), self._max_bytes)

    def file(self, uids: Sequence[int]) -> bool:
        """Rename them into mailbot/Done, names and flags kept, and forget their numbers; always True.

        Missing ones are no error. Raises MailboxUnavailable, MailboxRefused.
        """
        if not uids:
            return True
        with _door(self._path):
            self._check()
            done = self._done()
            self._each(list(uids), lambda place: place.rename(_free(done, place.name)))
            for folder in (done, self._path / "cur", self._path / "new"):  # a rename is on disk when both ends are
                _sync(folder)
        self._numbers.forget(uids)
        for uid in uids:
            self._places.pop(uid, None)
        return True

    def close(self) -> None:
        """Forget the last listing; may be called twice. Raises nothing."""
        self._places = {}

    def _check(self) -> None:
        if not all((self._path / part).is_dir() for part in ("cur", "new", "tmp")):
            raise MailboxRefused(f"{self._path} is no Maildir (it must hold cur, new and tmp): check the mailbox's URL")

    def _list(self) -> list[Entry]:
        with _door(self._path):
            self._check()
            for _ in range(TRIES):
                found = self._scan()
                looks = {name: _look(path) for name, path in found.items()}
                if None not in looks.values():  # else one was renamed meanwhile, and may not be passed over
                    break
        seen = {name: look for name, look in looks.items() if look is not None}
        order = sorted(seen, key=lambda name: (seen[name][1], name))
        numbered = self._numbers.number(FOLDER, order)
        self._places = {numbered[name]: found[name] for name in order}
        listed = [Entry(uid=numbered[name], size=seen[name][0], received_at=seen[name][1]) for name in order]
        return sorted(listed, key=lambda entry: entry.uid)

    def _scan(self) -> dict[str, Path]:
        # cur after new: a mail that is moved from new to cur while we look is then seen at least once.
        found: dict[str, Path] = {}
        for part in ("new", "cur"):
            with os.scandir(self._path / part) as entries:
                for entry in entries:
                    if not entry.name.startswith(".") and entry.is_file(follow_symlinks=False):
                        found[_key(entry.name)] = Path(entry.path)
        return found

    def _locate(self, uids: Sequence[int]) -> dict[int, Path]:
        places = {uid: self._places[uid] for uid in uids if uid in self._places}
        lost = [uid for uid in uids if uid not in places]
        found = self._scan() if lost else {}
        for uid in lost:
            name = self._numbers.name(uid)
            if name is not None and name in found:
                places[uid] = self._places[uid] = found[name]
        return places

    def _each(self, uids: Sequence[int], act: Callable[[Path], T]) -> dict[int, T]:
        # A mail may move from new to cur, or change its flags, at any moment: then it is looked for again.
        results: dict[int, T] = {}
        left: Sequence[int] = uids
        for _ in range(TRIES):
            places = self._locate(left)
            left = []
            for uid, place in places.items():
                try:
                    results[uid] = act(place)
                except FileNotFoundError:
                    self._places.pop(uid, None)
                    left.append(uid)
            if not left:
                break
        return results

    def _batches(self, entries: Iterable[Entry], max_bytes: int) -> Iterator[list[RawMail]]:
        validity = self._numbers.validity()
        for group in groups(entries, max_bytes):
            with _door(self._path):
                small = self._each([e.uid for e in group if e.size <= max_bytes], Path.read_bytes)
                large = self._each([e.uid for e in group if e.size > max_bytes], _header)
            octets = small | large
            batch = [_mail(e, octets[e.uid], validity, max_bytes) for e in group if e.uid in octets]
            if batch:
                yield batch

    def _done(self) -> Path:
        folder = self._path / DONE
        for part in ("cur", "new", "tmp"):
            (folder / part).mkdir(mode=0o700, parents=True, exist_ok=True)
        (folder / "maildirfolder").touch()
        return folder / "cur"


def _door_errors(path: Path, exc: OSError) -> MailboxUnavailable | MailboxRefused:
    if isinstance(exc, PermissionError):
        return MailboxRefused(f"{path} or a mail in it can't be read and moved by this user: change owner or mode")
    return MailboxUnavailable(f"{path} can't be read or written now ({os.strerror(exc.errno or 0)})")


@contextlib.contextmanager
def _door(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        raise _door_errors(path, exc) from exc


def _key(name: str) -> str:
    # A name is octets; a store keeps text. Doubling the backslash makes the escape of odd octets unambiguous.
    base = name.partition(":")[0]
    return os.fsencode(base).replace(b"\\", b"\\\\").decode("utf-8", "backslashreplace")


def _look(path: Path) -> tuple[int, datetime] | None:
    try:
        stat = path.stat()
    except FileNotFoundError:  # renamed or removed since the listing; the next pass sees it
        return None
    seconds = int(stat.st_mtime)
    leading = _LEADING.match(path.name)
    if leading and _EARLIEST < int(leading[1]) < seconds:  # a copied mail has a new mtime and its old name
        seconds = int(leading[1])
    return stat.st_size, datetime.fromtimestamp(seconds, UTC)


def _header(path: Path) -> bytes:
    with path.open("rb") as file:
        octets = file.read(HEADER_BYTES)
    end = _END.search(octets)
    return octets[: end.end()] if end else octets


def _mail(entry: Entry, octets: bytes, validity: int, max_bytes: int) -> RawMail:
    complete = entry.size <= max_bytes
    return RawMail(
        octets=octets,
        folder=FOLDER,
        uid=entry.uid,
        uidvalidity=validity,
        received_at=entry.received_at,
        size_bytes=len(octets) if complete else entry.size,
        complete=complete,
    )


def _free(done: Path, name: str) -> Path:
    # Flags stay as they are; in cur a name ends in ":2,". Another mail of that name there is never overwritten.
    base, _, flags = name.partition(":")
    target = done / f"{base}:{flags or '2,'}"
    count = 0
    while target.exists():
        count += 1
        target = done / f"{base}.{count}:{flags or '2,'}"
    return target


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
