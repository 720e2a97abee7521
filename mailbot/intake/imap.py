"""The IMAP mailbox: reads one folder by UID and moves what is done (RFC 9051, UID MOVE of RFC 6851).

It sets no flag and expunges only what it is told to, by UID (RFC 4315); it decides nothing about a mail. Passwords go
over TLS (RFC 8314) or to loopback. Each failure of the library leaves here as MailboxUnavailable or MailboxRefused.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from imaplib import IMAP4
from pathlib import Path
from typing import Any

from mailbot.errors import MailboxRefused, MailboxUnavailable
from mailbot.intake import copies, filing, gmail, login, orders, standing
from mailbot.intake.batches import groups, slices
from mailbot.intake.filing import CHUNK
from mailbot.intake.folders import special, wanted
from mailbot.intake.imap_errors import is_refusal, translate
from mailbot.intake.uids import Client, done_folder, entries, mails, move, search, spans
from mailbot.oauth.credentials import Credential
from mailbot.ports import Cursor, FolderName, Logins, MailboxState, RawMail, Reaching, Sought
from mailbot.urls import MailboxUrl


class ImapMailbox:
    """A folder on an IMAP server; connects when first used, and anew after an error. Not thread-safe."""

    def __init__(
        self, url: MailboxUrl, *, password: Credential, ca_file: Path | None = None, timeout_seconds: float = 60,
        max_bytes: int = 10_000_000,
    ) -> None:  # fmt: skip
        """Keep the settings; nothing is connected. Raises nothing."""
        self.folder = url.folder
        self.logins: Logins | None = None  # who remembers refusals
        self.reach: Reaching = contextlib.nullcontext
        self._url, self._password, self._ca_file = url, password, ca_file
        self._timeout, self._max_bytes = timeout_seconds, max_bytes
        self._client: Client | None = None
        self._selected: dict[bytes, Any] = {}
        self._fresh = False  # SELECT's answer was not used yet, so it need not be asked again
        self._done: str | None = None
        self._elsewhere = standing.Elsewhere()
        self._at, self._validity = "", 0  # the folder that is selected, and its UIDVALIDITY
        self._asked = 0  # how many commands were sent when nothing had changed in it

    def state(self) -> MailboxState:
        """Open the folder and tell where it stands. Raises MailboxUnavailable, MailboxRefused."""
        with self._door():
            client = self._quiet() or self._select()
            gone = not gmail.is_it(client) or {"all", "trash"} <= special(client.list_folders()).keys()  # now
            return standing.state(client, (self.folder, self._url.host), self._selected, removes=gone)

    def fetch(self, cursor: Cursor, again: Sequence[int]) -> Iterator[list[RawMail]]:
        """Yield those of `again` that exist, then the new mails, UIDs ascending, at most 50 or 8 MB at a time.

        A mail over max_bytes comes with its header alone. Raises MailboxUnavailable, MailboxRefused.
        Source: RFC 9051 section 2.3.1.1 (UIDVALIDITY), RFC 3501 section 6.4.8 (`n:*` always gives the last mail).
        """
        self._ready()
        if self._selected[b"UIDVALIDITY"] == cursor.uidvalidity:
            yield from self._batches(sorted(set(again)), None, self._max_bytes)
            yield from self._batches(self._found(cursor.last_uid + 1, None), None, self._max_bytes)
        else:
            yield from self._batches(self._found(1, cursor.since), cursor.since, self._max_bytes)

    def headers(self, since: datetime | None) -> Iterator[list[RawMail]]:
        """Yield the headers alone of all mails received at or after `since`. Raises as fetch does."""
        self._ready()
        yield from self._batches(self._found(1, since), since, -1)

    def pick(self, uids: Sequence[int]) -> Iterator[list[RawMail]]:
        """Yield those UIDs that still exist, ascending, at most 50 or 8 MB at a time. Raises as fetch does."""
        self._ready()
        yield from self._batches(sorted(set(uids)), None, self._max_bytes)

    def filed(self, since: datetime) -> Iterator[list[RawMail]]:
        """Yield what lies in mailbot/Done since then, at most 50 or 8 MB at a time. Raises as fetch does."""
        with self._door():
            client = self._client or self._select()
            self._done = self._done or done_folder(client)
            uids = search(client, "1:*", since) if self._visit(self._done) else []
        yield from self._batches(uids, since, self._max_bytes)

    def file(self, uids: Sequence[int]) -> bool:
        """Move them to mailbot/Done, 500 in a command; False where the server can't or will not.

        Missing UIDs are no error. Raises MailboxUnavailable, MailboxRefused. Source: RFC 6851 section 3, RFC 4315.
        """
        if not uids:
            return True
        with self._door():
            client = self._client if self._client is not None and self._at == self.folder else self._select()
            self._done = self._done or done_folder(client)
            visit = partial(self._visit, validity=self._validity)
            return filing.file(client, visit, (self.folder, self._done), uids)

    def sight(self, sought: Sequence[Sought], where: Sequence[FolderName] = ("inbox", "done")) -> list[RawMail]:
        """Return the headers of what may be one of these, in those folders. Raises as fetch does."""
        with self._door():
            places = self._visited(where if sought else ())
            return [raw for place in places for raw in copies.sight(self._live(), place, sought)]

    def naming(self, address: str, where: FolderName) -> list[RawMail]:
        """Return the headers of what may bear that address there, of the latest 500. Raises as fetch does."""
        with self._door():
            return [raw for place in self._visited((where,)) for raw in copies.naming(self._live(), place, address)]

    def standing(self, uids: Sequence[int]) -> dict[int, bool]:
        """Return which of those UIDs still lie there, and which bear \\Answered. Raises as fetch does."""
        with self._door():
            return standing.of(self._live(), uids) if uids and self._visit(self.folder) else {}

    def mark(self, where: FolderName) -> Cursor | None:
        """Return how far that folder goes, within a minute; None where there is none. Raises as fetch does."""
        with self._door():
            names = partial(self._folders, (where,))
            return self._elsewhere.mark(where, lambda: next((standing.mark(self._live(), n) for n in names()), None))

    def later(self, where: FolderName, cursor: Cursor) -> list[RawMail]:
        """Return the headers of what came there after that mark, of the latest 500. Raises as fetch does."""
        with self._door():
            for place in self._visited((where,)):
                if place[1] == cursor.uidvalidity:
                    return standing.later(self._live(), place, cursor.last_uid)
        return []

    def ordered(self, names: Sequence[str]) -> dict[str, list[RawMail]]:
        """Return what lies in each mailbot/Do/NAME, whole; missing folders are made. Raises as fetch does."""
        found: dict[str, list[RawMail]] = {}
        with self._door():
            folders = orders.filled(self._client or self._select(), names)
        for name, folder in folders.items():
            with self._door():
                uids = search(self._live(), "1:*", None) if self._visit(folder) else []
            found[name] = [raw for batch in self._batches(uids, None, self._max_bytes) for raw in batch]
        return found

    def carry(self, seen: RawMail, where: FolderName) -> None:
        """Move one mail on into another folder. Raises as fetch does."""
        with self._door():
            for folder in self._folders((where,)):
                if self._visit(seen.folder) and self._validity == seen.uidvalidity:
                    move(self._live(), [seen.uid], folder)

    def put(self, octets: bytes, at: datetime) -> None:
        """APPEND a mail to the folder, unread. Raises as fetch does. Source: RFC 9051 section 6.3.12."""
        with self._door():
            (self._client or self._select()).append(self.folder, octets, (), at)
            self._fresh = False

    def whole(self, seen: RawMail) -> RawMail | None:
        """Return a mail that was sighted, whole where it is within max_bytes. Raises as fetch does."""
        with self._door():
            there = self._visit(seen.folder) and self._validity == seen.uidvalidity
            return copies.whole(self._live(), seen, self._max_bytes) if there else None

    def lay(self, beside: RawMail, octets: bytes) -> RawMail | None:
        """APPEND a mail beside another, read it back, return it; None where the server doesn't say where it lies.

        Raises as fetch does. Source: RFC 4315 section 3 (APPENDUID).
        """
        with self._door():
            there = self._visit(beside.folder) and self._validity == beside.uidvalidity
            return copies.lay(self._live(), beside, octets) if there else None

    def remove(self, seen: Sequence[RawMail]) -> None:
        """Expunge these mails and no others. Raises as fetch does. Source: RFC 4315 section 2.1 (UID EXPUNGE)."""
        for folder in dict.fromkeys(each.folder for each in seen):
            with self._door():
                if self._visit(folder):
                    place = (folder, self._validity)
                    uids = sorted({each.uid for each in seen if (each.folder, each.uidvalidity) == place})
                    if gmail.is_it(self._live()):
                        gmail.remove(self._live(), self._visit, self._named(), uids)
                    else:
                        copies.remove(self._live(), uids)

    def close(self) -> None:
        """Log out and forget the connection; may be called twice. Raises nothing."""
        client, self._client = self._client, None
        if client is not None:
            for each in (client.logout, client.shutdown):
                with contextlib.suppress(IMAP4.error, OSError, ValueError):
                    each()

    @contextlib.contextmanager
    def _door(self) -> Iterator[None]:
        try:
            yield
        except (MailboxUnavailable, MailboxRefused):
            self._drop()
            raise
        except (IMAP4.error, OSError, EOFError, ValueError, LookupError) as exc:
            self._drop()
            raise translate(exc, self._url.host) from exc

    def _drop(self) -> None:
        # Without LOGOUT: after an error its answer might keep us waiting for a whole timeout.
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(IMAP4.error, OSError, ValueError):
                client.shutdown()

    def _connect(self) -> Client:
        with self.logins.attempt(is_refusal) if self.logins else contextlib.nullcontext(), self.reach():
            self._client = login.opened(self._url, self._password, self._ca_file, self._timeout)
        return self._client

    def _quiet(self) -> Client | None:
        """Return the client where nothing changed since the folder was selected, a minute ago at most."""
        if self._client is None or self._at != self.folder or not self._elsewhere.is_fresh():
            return None
        self._asked = standing.quiet(self._client, self._asked)
        self._fresh = self._asked > 0
        return self._client if self._fresh else None

    def _select(self) -> Client:
        reused = self._client is not None
        client = self._client or self._connect()
        try:
            self._selected = standing.select(client, self.folder, self._url.host)
        except (IMAP4.abort, OSError):
            if not reused:
                raise
            self._drop()  # closed while nobody used it: nothing was asked on it yet
            return self._select()
        self._fresh, self._asked = True, standing.asked(client)
        self._at, self._validity = self.folder, self._selected[b"UIDVALIDITY"]
        return client

    def _folders(self, where: Sequence[FolderName]) -> list[str]:
        """Return the names of those folders, each once and under the first of its names; unknown ones are left out."""
        client = self._client or self._select()
        self._done = self._done or done_folder(client)
        own: dict[str, str] = {"inbox": self.folder, "done": self._done}
        more = self._named() if gmail.is_it(client) or not own.keys() >= set(where) else {}
        return wanted(where, own, more, trash=gmail.is_it(client))

    def _visited(self, where: Sequence[FolderName]) -> Iterator[tuple[str, int]]:
        """Yield name and UIDVALIDITY of those folders that can be opened, each while it is selected."""
        yield from ((folder, self._validity) for folder in self._folders(where) if self._visit(folder))

    def _named(self) -> dict[str, str]:
        return self._elsewhere.special(lambda: special(self._live().list_folders()))

    def _visit(self, folder: str, validity: int = 0) -> bool:
        """Select a folder where it is not; False where it can't be opened, or is the one read and numbered anew."""
        if self._client is None or self._at != folder:
            client, self._at = self._client or self._connect(), ""
            if folder == self.folder:
                self._select()
                return validity in (0, self._validity)
            try:
                self._validity = client.select_folder(folder).get(b"UIDVALIDITY", 0)
            except IMAP4.abort:
                raise
            except IMAP4.error:
                return False
            self._at = folder
        return True

    def _ready(self) -> None:
        # SELECT again on an open connection instead of NOOP: it shows new mail too, and UIDVALIDITY is compared.
        with self._door():
            if self._client is None or not self._fresh or self._at != self.folder:
                self._select()
            self._fresh = False

    def _live(self) -> Client:
        if self._client is None:
            raise MailboxUnavailable("the connection was closed while the mailbox was being read")
        return self._client

    def _still_at(self, place: tuple[str, int]) -> Client:
        """Return the client with that folder selected: between two batches others were looked into."""
        client = self._live()
        if not self._visit(place[0]) or self._validity != place[1]:
            raise MailboxUnavailable("the folder was numbered anew while it was being read")
        return client

    def _found(self, first: int, since: datetime | None) -> Iterator[int]:
        for span in spans(self._selected, first):
            with self._door():
                uids = search(self._live(), span, since)
            yield from (uid for uid in uids if uid >= first)

    def _batches(self, uids: Iterable[int], since: datetime | None, max_bytes: int) -> Iterator[list[RawMail]]:
        place = (self._at, self._validity)
        for chunk in slices(uids, CHUNK):
            with self._door():
                listed = entries(self._still_at(place), chunk)
            for group in groups((entry for entry in listed if entry.at_or_after(since)), max_bytes):
                with self._door():
                    batch = mails(self._still_at(place), place, group, max_bytes)
                if batch:
                    yield batch
