"""What may be injected: the two doors, and the callables for time, ids and DNS.

`Mailbox` and `Courier` are Protocols because each has two real implementations (IMAP and Maildir, SMTP
and Maildir). Nothing here does anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from mailbot.errors import ReplyDeferred, ReplyRefused

Clock = Callable[[], datetime]  # an aware UTC datetime
NewId = Callable[[int], str]  # n letters of the base32 alphabet (a-z2-7), 5 random bits each
FolderName = Literal["inbox", "done", "sent", "drafts", "junk"]  # "inbox": the folder that is read, whatever its name
Reaching = Callable[[], AbstractContextManager[None]]  # connect inside; raises where the server is known to be away
Resolver = Callable[[str], list[str]]  # name -> TXT records; [] is NXDOMAIN; raises TemporaryError


@dataclass(frozen=True, slots=True, kw_only=True)
class RawMail:
    """One mail as the mailbox holds it: octets and address (RFC 9051 section 2.3.1)."""

    octets: bytes  # the whole mail, or the header alone where `complete` is False
    folder: str
    uid: int
    uidvalidity: int
    received_at: datetime  # INTERNALDATE, aware UTC
    size_bytes: int  # of the whole mail, also where only the header was fetched
    complete: bool = True
    posted: bytes = b""  # what came by web and was no mail: the evidence is its hash


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """How far a folder was read: every mail up to `last_uid` has a ledger row or is older than `since`."""

    uidvalidity: int | None  # None: never read
    last_uid: int
    since: datetime | None  # cut-off of `init`, used where UIDVALIDITY is not that of the cursor


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxState:
    """What SELECT tells about the folder that is read."""

    folder: str
    uidvalidity: int
    uidnext: int
    can_move: bool
    can_remove: bool = True  # one mail alone, as `remove` does
    notes: tuple[str, ...] = ()  # what the operator should know, one sentence each
    peer: str = ""  # the IP number that was connected to
    certificate_until: datetime | None = None  # None: without TLS
    change: str = ""  # another one whenever a mail came, went or was flagged; "" where the server can't tell


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """What is known of a mail that is looked for: it may have been filed, or moved by somebody."""

    message_id: str  # "" where it is not known: then what came in nearest that time is looked at
    received_at: datetime
    uid: int  # where it lay in the folder that is read
    uidvalidity: int


class Mailbox(Protocol):
    """The door in. Raises MailboxUnavailable or MailboxRefused, nothing else."""

    folder: str

    def state(self) -> MailboxState:
        """Open the folder if need be and tell where it stands."""
        ...

    def fetch(self, cursor: Cursor, again: Sequence[int]) -> Iterator[list[RawMail]]:
        """Yield new mails in batches, UIDs ascending, after those of `again` that still exist.

        Batches of at most 50 mails or 8 MB; a mail over the size limit comes with its header alone.
        `again` are UIDs of the cursor's UIDVALIDITY; where the folder has another one they are skipped,
        the whole folder is read, and mails received before `cursor.since` (whole seconds) are left out.
        """
        ...

    def pick(self, uids: Sequence[int]) -> Iterator[list[RawMail]]:
        """Yield those UIDs of the current UIDVALIDITY that still exist, ascending, in batches as `fetch` does."""
        ...

    def file(self, uids: Sequence[int]) -> bool:
        """Move those UIDs of the current UIDVALIDITY to mailbot/Done in one round trip; missing ones are no error.

        Returns False where the server can't or will not (no MOVE and no UIDPLUS; a full quota): they may all lie where
        they lay, and the next pass asks again.
        """
        ...

    def headers(self, since: datetime | None) -> Iterator[list[RawMail]]:
        """Yield the headers alone (`complete` False) of all mails received at or after `since`."""
        ...

    def filed(self, since: datetime) -> Iterator[list[RawMail]]:
        """Yield what lies in mailbot/Done and was received at or after `since`, in batches as `fetch` does."""
        ...

    def sight(self, sought: Sequence[Sought], where: Sequence[FolderName] = ("inbox", "done")) -> list[RawMail]:
        """Return the headers (`complete` False) of what may be one of these, in those folders as far as they exist.

        That a mail is returned says nothing of which it is: the caller compares. Of those without a Message-ID the
        50 nearest in time.
        """
        ...

    def naming(self, address: str, where: FolderName) -> list[RawMail]:
        """Return the headers of what may bear that address as its From, To or Cc; the caller compares. None of "".

        The latest 500 at most.
        """
        ...

    def standing(self, uids: Sequence[int]) -> dict[int, bool]:
        """Return which of those UIDs of the current UIDVALIDITY still lie there, and whether somebody answered them."""
        ...

    def mark(self, where: FolderName) -> Cursor | None:
        """Return how far that folder goes now; None where there is none."""
        ...

    def later(self, where: FolderName, cursor: Cursor) -> list[RawMail]:
        """Return the headers of what came into that folder after that mark of it, the latest 500 at most.

        Nothing where its UIDVALIDITY is another one.
        """
        ...

    def ordered(self, names: Sequence[str]) -> dict[str, list[RawMail]]:
        """Return what lies in each of the folders mailbot/Do/NAME, whole; those that are missing are made.

        Nothing where the server can't move.
        """
        ...

    def carry(self, seen: RawMail, where: FolderName) -> None:
        """Move one mail from where it was seen into another folder; a missing one is no error."""
        ...

    def put(self, octets: bytes, at: datetime) -> None:
        """Lay a mail of ours, unread and as received at that time, into the folder that is read."""
        ...

    def whole(self, seen: RawMail) -> RawMail | None:
        """Return a sighted mail whole, its header alone over the size limit; None where it is gone."""
        ...

    def lay(self, beside: RawMail, octets: bytes) -> RawMail | None:
        """Lay a mail beside another (same folder, flags, INTERNALDATE) and return it as it lies there, read back.

        None where it can't be told where it lies.
        """
        ...

    def remove(self, seen: Sequence[RawMail]) -> None:
        """Take these mails out of their folders for good, and no others; missing ones are no error."""
        ...

    def close(self) -> None:
        """Log out and forget the connection; may be called twice."""
        ...


class Tokens(Protocol):
    """What stands in the place of a password: access tokens of one login. Raises LoginUnavailable or LoginRefused."""

    def token(self) -> str:
        """Return one that has not expired."""
        ...

    def renew(self, refused: str) -> str | None:
        """Return another one than that, which a server refused; None where that was so new that it is not its age."""
        ...


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


class Logins(Protocol):
    """Remembers which logins a server refused."""

    def attempt(self, is_refusal: Callable[[Exception], bool]) -> AbstractContextManager[None]:
        """Log in inside. Raises the door's own refusal where the last one is too near."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One mail on its way out; `number` is its sender's, so that it is known again."""

    number: int
    sender: str  # of the envelope
    recipient: str
    octets: bytes
    goes: Callable[[], bool] = lambda: True  # asked before its text leaves: is it still this process's to send?


Said = str | ReplyDeferred | ReplyRefused  # the server's last word on a letter: "250 …", or why it was not taken
Take = Callable[[], Letter | None]  # gives the next letter; None: there is none now


class Courier(Protocol):
    """The door out. Raises CourierUnavailable, CourierRefused, ReplyDeferred or ReplyRefused."""

    def send(self, sender: str, recipient: str, octets: bytes) -> str:
        """Hand one mail to the server on the open connection; return the server's final answer ("250 …")."""
        ...

    def send_all(self, take: Take) -> Iterator[tuple[Letter, Said]]:
        """Hand over what `take` gives, until it gives no more; yield each letter at once with what became of it.

        `take` is asked again after every letter. A few letters may be under way at once.
        """
        ...

    def check(self) -> None:
        """Connect and log in, send nothing."""
        ...

    def takes(self, sender: str) -> bool:
        """Tell whether the server takes that envelope sender; nothing is sent."""
        ...

    def certificate_until(self) -> datetime | None:
        """Tell until when the server's certificate is valid, of the open connection; None without one, or TLS."""
        ...

    def close(self) -> None:
        """Say QUIT and forget the connection; may be called twice."""
        ...
