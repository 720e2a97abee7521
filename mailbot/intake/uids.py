"""What is asked of an open IMAP folder: find, list, read and move by UID (RFC 9051 sections 6.4.9 and 2.3.1.1).

Connects to nothing and translates no error: both is the business of the door, intake/imap. Only PEEK, so that
nothing is marked as read; nothing is removed (that is copies.py's), never a sequence number.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from imaplib import IMAP4
from socket import socket
from typing import Any, Protocol

from mailbot.intake.batches import HEADER_BYTES, Entry, ranges
from mailbot.ports import RawMail

SEARCH_SPAN = 50_000  # UIDs in one answer to SEARCH: imaplib refuses a line over 1,000,000 octets
DONE = ("mailbot", "Done")


class Client(Protocol):
    """What is used of imapclient, which is untyped and imported at the door alone."""

    _imap: Any

    def select_folder(self, folder: str) -> dict[bytes, Any]: ...
    def search(self, criteria: Sequence[str | date], charset: str | None = None) -> list[int]: ...
    def list_folders(self) -> list[tuple[Sequence[bytes], bytes | None, str]]: ...
    def fetch(self, messages: Sequence[int], data: list[str]) -> dict[int, dict[bytes, Any]]: ...
    def move(self, messages: str, folder: str) -> object: ...
    def copy(self, messages: str, folder: str) -> object: ...
    def append(self, folder: str, msg: bytes, flags: Sequence[str], msg_time: datetime) -> bytes: ...
    def add_flags(self, messages: Sequence[int], flags: Sequence[str], silent: bool) -> object: ...
    def uid_expunge(self, messages: Sequence[int]) -> object: ...
    def noop(self) -> tuple[bytes, list[Any]]: ...
    def folder_status(self, folder: str, what: list[str]) -> dict[bytes, int]: ...
    def enable(self, *capabilities: str) -> object: ...
    def login(self, username: str, password: str) -> object: ...
    def plain_login(self, identity: str, password: str) -> object: ...
    def sasl_login(self, mech_name: str, mech_callable: Callable[[bytes], str]) -> object: ...
    def has_capability(self, capability: str) -> bool: ...
    def namespace(self) -> tuple[Sequence[tuple[str, str | None]] | None, object, object]: ...
    def folder_exists(self, folder: str) -> bool: ...
    def create_folder(self, folder: str) -> object: ...
    def subscribe_folder(self, folder: str) -> object: ...
    def socket(self) -> socket: ...
    def logout(self) -> object: ...
    def shutdown(self) -> None: ...


def spans(selected: dict[bytes, Any], first: int) -> list[str]:
    """Return the UID ranges from `first` on, each with an answer of bounded length.

    `selected` is SELECT's answer: none where it says that nothing came since. A small folder takes one range, open at
    its end. Raises nothing.
    """
    if selected.get(b"UIDNEXT") == first:
        return []
    if selected.get(b"EXISTS", 0) <= SEARCH_SPAN:
        return [f"{first}:*"]
    last = selected.get(b"UIDNEXT", 1) - 1
    return [f"{low}:{min(low + SEARCH_SPAN - 1, last)}" for low in range(first, last + 1, SEARCH_SPAN)]


def search(client: Client, span: str, since: datetime | None) -> list[int]:
    """Return the UIDs of that range ascending; `n:*` also gives the last mail where it is below n.

    `since` leaves out older days only: SEARCH knows no hours and takes the server's zone, so a day more is given.
    Raises what imaplib raises. Source: RFC 3501 sections 6.4.4 and 6.4.8.
    """
    criteria: list[str | date] = ["UID", span]
    if since is not None:
        criteria += ["SINCE", since.astimezone(UTC).date() - timedelta(days=1)]
    return sorted(client.search(criteria))


def entries(client: Client, uids: Sequence[int]) -> list[Entry]:
    """Return size and INTERNALDATE of those that exist, in the order given. Raises what imaplib raises."""
    answers = client.fetch(uids, ["RFC822.SIZE", "INTERNALDATE"])
    found = []
    for uid in uids:
        if uid in answers:
            at: datetime = answers[uid][b"INTERNALDATE"]
            aware = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
            found.append(Entry(uid=uid, size=answers[uid][b"RFC822.SIZE"], received_at=aware))
    return found


def mails(client: Client, place: tuple[str, int], group: list[Entry], max_bytes: int) -> list[RawMail]:
    """Read the mails of a group, of those over `max_bytes` the header alone; vanished ones are left out.

    `place` is (folder, UIDVALIDITY). Raises what imaplib raises. Source: RFC 9051 section 6.4.5 (BODY.PEEK).
    """
    small = [entry.uid for entry in group if entry.size <= max_bytes]
    large = [entry.uid for entry in group if entry.size > max_bytes]
    answers = _pull(client, small, "BODY.PEEK[]") | _pull(client, large, f"BODY.PEEK[HEADER]<0.{HEADER_BYTES}>")
    return [_mail(entry, answers[entry.uid], place, max_bytes) for entry in group if entry.uid in answers]


def move(client: Client, uids: Sequence[int], folder: str) -> None:
    """Move them in one command; the folder is made and subscribed when it is missing.

    Raises what imaplib raises. Source: RFC 6851 section 3.3.
    """
    for last in (False, False, True):
        try:
            client.move(ranges(uids), folder)
            return
        except IMAP4.abort:
            raise
        except IMAP4.error:
            if last:
                raise
        if client.folder_exists(folder):
            client.noop()  # a mail that vanished unnoticed makes the server refuse all; now it may notice
        else:
            make(client, folder)


def make(client: Client, folder: str) -> None:
    """Make and subscribe a folder; one that is there is no error. Raises what imaplib raises."""
    try:
        client.create_folder(folder)
    except IMAP4.abort:
        raise
    except IMAP4.error:
        if not client.folder_exists(folder):  # else another pass made it in this moment
            raise
    client.subscribe_folder(folder)


def own_folders(client: Client, *paths: tuple[str, ...]) -> list[str]:
    """Return the full names of folders of ours there, with the server's prefix and delimiter (RFC 2342).

    Raises what imaplib raises.
    """
    personal = client.namespace()[0] if client.has_capability("NAMESPACE") else None
    prefix, delimiter = personal[0] if personal else ("", "/")
    return [prefix + (delimiter or "-").join(path) for path in paths]


def done_folder(client: Client) -> str:
    """Return the full name of mailbot/Done there. Raises what imaplib raises."""
    return own_folders(client, DONE)[0]


def _mail(entry: Entry, answer: dict[bytes, Any], place: tuple[str, int], max_bytes: int) -> RawMail:
    octets = _octets(answer)
    return RawMail(
        octets=octets,
        folder=place[0],
        uid=entry.uid,
        uidvalidity=place[1],
        received_at=entry.received_at,
        size_bytes=entry.size,
        complete=entry.size <= max_bytes and (bool(octets) or entry.size == 0),
    )


def _octets(answer: dict[bytes, Any]) -> bytes:
    return next((value for key, value in answer.items() if key.startswith(b"BODY[")), None) or b""


def _pull(client: Client, uids: list[int], item: str) -> dict[int, dict[bytes, Any]]:
    # NO to all of them, or NIL for one, is how servers tell that a mail vanished or is damaged (RFC 5530).
    if not uids:
        return {}
    answers = _ask(client, uids, item)
    odd = uids if answers is None else [uid for uid in uids if uid in answers and not _octets(answers[uid])]
    good = answers or {}
    if odd:
        client.noop()  # the server may now notice what is gone
    for uid in odd:
        good.pop(uid, None)
        alone = _ask(client, [uid], item)
        if alone and _octets(alone.get(uid, {})):
            good |= alone
        elif client.search(["UID", str(uid)]):  # there, but not to be read: told as a mail without octets
            good[uid] = {}
    return good


def _ask(client: Client, uids: list[int], item: str) -> dict[int, dict[bytes, Any]] | None:
    try:
        return client.fetch(uids, [item])
    except IMAP4.abort:
        raise
    except IMAP4.error:
        return None
