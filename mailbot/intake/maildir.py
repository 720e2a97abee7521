"""The Maildir mailbox: reads PATH/new and PATH/cur and moves what is done to PATH/.mailbot.Done (Maildir++).

A mail is known by its base name, the part before ":"; the number that stands for it is given at first sight
and kept by whoever is injected as `Numbers`. What is left alone stays where it lies, unrenamed and unflagged.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from mailbot.errors import MailboxRefused
from mailbot.intake import files
from mailbot.intake.batches import Entry, groups, newer
from mailbot.intake.copies import NAMING, nearest
from mailbot.intake.folders import special
from mailbot.intake.maildir_errors import door
from mailbot.ports import Cursor, FolderName, MailboxState, Numbers, RawMail, Sought

FOLDER = "INBOX"
DONE = ".mailbot.Done"
FILED = "mailbot/Done"  # the same, as a folder's name
DO = "mailbot.Do."  # before the names of the folders in which the operator orders something
TRIES = 3
T = TypeVar("T")


class MaildirMailbox:
    """A Maildir on this machine. Not thread-safe."""

    folder = FOLDER

    def __init__(self, path: Path, numbers: Numbers, *, max_bytes: int = 10_000_000) -> None:
        """Keep the settings; nothing is opened. Raises nothing."""
        self._path, self._numbers, self._max_bytes = path, numbers, max_bytes
        self._places: dict[int, Path] = {}  # where the last listing saw a mail; it may have moved since
        self._seen: dict[str, dict[int, Path]] = {}  # the same in other folders, by the file's own number (inode)

    def state(self) -> MailboxState:
        """Number what lies there and tell where the folder stands. Raises MailboxUnavailable, MailboxRefused."""
        self._list()
        validity, uidnext = self._numbers.validity(), self._numbers.next()
        return MailboxState(folder=FOLDER, uidvalidity=validity, uidnext=uidnext, can_move=True)

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
        with door(self._path):
            self._check()
            done = files.make(self._path / DONE) / "cur"
            self._each(list(uids), lambda place: place.rename(files.free(done, place.name)))
            for folder in (done, self._path / "cur", self._path / "new"):  # a rename is on disk when both ends are
                files.sync(folder)
        self._numbers.forget(uids)
        for uid in uids:
            self._places.pop(uid, None)
        return True

    def filed(self, since: datetime) -> Iterator[list[RawMail]]:
        """Yield what lies in mailbot/Done since then, at most 50 or 8 MB at a time. Raises as fetch does."""
        entries = newer(self._list_in(FILED), Cursor(uidvalidity=None, last_uid=0, since=since))
        yield from filter(None, (self._wholes(FILED, group) for group in groups(entries, self._max_bytes)))

    def ordered(self, names: Sequence[str]) -> dict[str, list[RawMail]]:
        """Return what lies in each mailbot/Do/NAME, whole; missing folders are made. Raises as fetch does."""
        with door(self._path):
            self._check()
            for name in names:
                files.make(self._path / files.folder(f"{DO}{name}"))
        found = {name: self._wholes(DO + name, self._list_in(DO + name)) for name in names}
        return {name: mails for name, mails in found.items() if mails}

    def _wholes(self, folder: str, entries: Sequence[Entry]) -> list[RawMail]:
        seen = [_mail(e, b"", self._numbers.validity(), -1, folder) for e in entries]
        return [mail for mail in map(self.whole, seen) if mail is not None]

    def carry(self, seen: RawMail, where: FolderName) -> None:
        """Rename one file into another folder. Raises as fetch does."""
        home = self._path if where == "inbox" else files.make(self._path / DONE)
        self._look_at(seen.folder, [seen.uid], lambda place: place.rename(files.free(home / "cur", place.name)))
        with door(self._path):
            files.sync(home / "cur")

    def sight(self, sought: Sequence[Sought], where: Sequence[FolderName] = ("inbox", "done")) -> list[RawMail]:
        """Return the headers of what came in about when these did, in those folders. Raises as fetch does."""
        found: list[RawMail] = []
        for folder in self._folders(where if sought else ()):
            entries = self._list_in(folder)
            near = {entry.uid: entry for one in sought for entry in nearest(entries, one.received_at)}
            found += self._headers(folder, near)
        return found

    def naming(self, address: str, where: FolderName) -> list[RawMail]:
        """Return the headers of all that lies there, of the latest 500. Raises as fetch does."""
        found: list[RawMail] = []
        for folder in self._folders((where,) if address else ()):
            latest = sorted(self._list_in(folder), key=lambda entry: entry.received_at)[-NAMING:]
            found += self._headers(folder, {entry.uid: entry for entry in latest})
        return found

    def _headers(self, folder: str, near: dict[int, Entry]) -> list[RawMail]:
        octets, validity = self._look_at(folder, list(near), files.header), self._numbers.validity()
        return [_mail(near[uid], octets[uid], validity, -1, folder) for uid in near if uid in octets]

    def standing(self, uids: Sequence[int]) -> dict[int, bool]:
        """Return which of those numbers still lie there, and which bear the flag R. Raises as fetch does."""
        self._list()
        return {uid: files.is_answered(self._places[uid].name) for uid in uids if uid in self._places}

    def mark(self, where: FolderName) -> Cursor | None:
        """Return the time of the latest mail there, and how many are of that second. Raises as fetch does."""
        for folder in self._folders((where,)):
            times = [entry.received_at for entry in self._list_in(folder)] or [files.EPOCH]
            return Cursor(uidvalidity=None, last_uid=times.count(max(times)), since=max(times))
        return None

    def later(self, where: FolderName, cursor: Cursor) -> list[RawMail]:
        """Return the headers of what came there after that time, of the latest 500. Raises as fetch does."""
        found: list[RawMail] = []
        for folder in self._folders((where,)):
            new = newer(self._list_in(folder), cursor)[-NAMING:]
            found += self._headers(folder, {entry.uid: entry for entry in new})
        return found

    def put(self, octets: bytes, at: datetime) -> None:
        """Write a mail into the folder's new, unread. Raises as fetch does."""
        with door(self._path):
            files.deliver(self._path, octets, at)

    def whole(self, seen: RawMail) -> RawMail | None:
        """Return a mail that was sighted, whole where it is within max_bytes. Raises as fetch does."""
        large = seen.size_bytes > self._max_bytes
        read = self._look_at(seen.folder, [seen.uid], files.header if large else Path.read_bytes)
        octets = read.get(seen.uid)
        if octets is None:
            return None
        return replace(seen, octets=octets, size_bytes=seen.size_bytes if large else len(octets), complete=not large)

    def lay(self, beside: RawMail, octets: bytes) -> RawMail | None:
        """Write a mail beside another, its flags and time too; None where that one is gone. Raises as fetch does."""
        at = beside.received_at
        laid = self._look_at(beside.folder, [beside.uid], lambda place: files.lay(place, octets, at)).get(beside.uid)
        if laid is None:
            return None
        with door(self._path):
            uid, read = laid.stat().st_ino, laid.read_bytes()
        if beside.folder == FOLDER:
            name = files.key(laid.name)
            uid = self._numbers.number(FOLDER, [name])[name]
        self._known(beside.folder)[uid] = laid
        return replace(beside, octets=read, uid=uid, size_bytes=len(read), complete=True)

    def remove(self, seen: Sequence[RawMail]) -> None:
        """Take these files away, and no others; missing ones are no error. Raises as fetch does."""
        for folder in dict.fromkeys(each.folder for each in seen):
            uids = [each.uid for each in seen if each.folder == folder]
            self._look_at(folder, uids, lambda place: place.unlink())
            with door(self._path):
                for part in {self._known(folder)[uid].parent for uid in uids if uid in self._known(folder)}:
                    files.sync(part)
            if folder == FOLDER:
                self._numbers.forget(uids)
            for uid in uids:
                self._known(folder).pop(uid, None)

    def close(self) -> None:
        """Forget the last listing; may be called twice. Raises nothing."""
        self._places, self._seen = {}, {}

    def _check(self) -> None:
        if not all((self._path / part).is_dir() for part in ("cur", "new", "tmp")):
            raise MailboxRefused(f"{self._path} is no Maildir (it must hold cur, new and tmp): check the mailbox's URL")

    def _list(self) -> list[Entry]:
        with door(self._path):
            self._check()
            for _ in range(TRIES):
                found = files.scan(self._path)
                looks = {name: files.look(path) for name, path in found.items()}
                if None not in looks.values():  # else one was renamed meanwhile, and may not be passed over
                    break
        seen = {name: look for name, look in looks.items() if look is not None}
        order = sorted(seen, key=lambda name: (seen[name][1], name))
        numbered = self._numbers.number(FOLDER, order)
        self._places = {numbered[name]: found[name] for name in order}
        listed = [Entry(uid=numbered[name], size=seen[name][0], received_at=seen[name][1]) for name in order]
        return sorted(listed, key=lambda entry: entry.uid)

    def _folders(self, where: Sequence[FolderName]) -> list[str]:
        """Return the names of those folders as far as they are there."""
        known: dict[str, str] = {"inbox": FOLDER}
        if where and tuple(where) != ("inbox",):
            with door(self._path):
                self._check()
                listed = files.folders(self._path)
            known |= {"done": FILED, **special(listed)}
        return [known[name] for name in where if name in known]

    def _known(self, folder: str) -> dict[int, Path]:
        return self._places if folder == FOLDER else self._seen.setdefault(folder, {})

    def _list_in(self, folder: str) -> list[Entry]:
        if folder == FOLDER:
            return self._list()
        self._seen[folder], listed = {}, []
        with door(self._path):
            home = self._path / DONE if folder == FILED else files.place(self._path, folder)
            there = files.scan(home) if home is not None and (home / "cur").is_dir() else {}
            for path in there.values():
                with contextlib.suppress(FileNotFoundError):  # renamed or removed since; the next pass sees it
                    uid, look = path.stat().st_ino, files.look(path)
                    if look is not None:
                        self._seen[folder][uid] = path
                        listed.append(Entry(uid=uid, size=look[0], received_at=look[1]))
        return listed

    def _look_at(self, folder: str, uids: Sequence[int], act: Callable[[Path], T]) -> dict[int, T]:
        """Do that to these files of one folder; those that are gone are left out."""
        with door(self._path):
            if folder == FOLDER:
                return self._each(uids, act)
            results: dict[int, T] = {}
            for uid in uids:
                with contextlib.suppress(FileNotFoundError, KeyError):
                    results[uid] = act(self._known(folder)[uid])
            return results

    def _locate(self, uids: Sequence[int]) -> dict[int, Path]:
        places = {uid: self._places[uid] for uid in uids if uid in self._places}
        lost = [uid for uid in uids if uid not in places]
        found = files.scan(self._path) if lost else {}
        again = {uid: found[name] for uid in lost if (name := self._numbers.name(uid)) in found}
        self._places |= again
        return places | again

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
            with door(self._path):
                octets = self._each([e.uid for e in group if e.size <= max_bytes], Path.read_bytes)
                octets |= self._each([e.uid for e in group if e.size > max_bytes], files.header)
            batch = [_mail(e, octets[e.uid], validity, max_bytes) for e in group if e.uid in octets]
            if batch:
                yield batch


def _mail(entry: Entry, octets: bytes, validity: int, max_bytes: int, folder: str = FOLDER) -> RawMail:
    complete = entry.size <= max_bytes
    return RawMail(
        octets=octets, folder=folder, uid=entry.uid, uidvalidity=validity, received_at=entry.received_at,
        size_bytes=len(octets) if complete else entry.size, complete=complete,
    )  # fmt: skip
