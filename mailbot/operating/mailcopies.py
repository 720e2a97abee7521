"""Takes the mails of a person out of the mailbox before the store forgets which they were (policy: definitions).

A search only narrows down: a mail goes only where its octets or its keyed fingerprint (From, Message-ID, Date, Subject
and text) are those of the ledger, or where it is a mail of our outbox. What lies in mailbot/Done always goes, what lies
in other folders only where the setting says so: those are the operator's. Whatever else names the person's address
there is counted and told, never touched. Copies go first, the store last: killed between, it goes on.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

from mailbot.pipeline import Line
from mailbot.ports import FolderName, Mailbox, RawMail, Sought
from mailbot.reading.address import address_key
from mailbot.reading.late import parse
from mailbot.store import copies, owned, people
from mailbot.store.keys import sha256

if TYPE_CHECKING:
    from mailbot.reading.message import Message

Mails = Literal["erased", "partly", "kept"]
FOLDERS: tuple[FolderName, ...] = get_args(FolderName)
MOST = 50  # mails of one person; more stop and ask
_BETWEEN = re.compile(r"[\s<>(),;:\"«»\[\]]+")  # what can't stand in an address
ROUNDS = 100  # of looking again; a mailbox that shows something each time ends here, not never


@dataclass(frozen=True, slots=True, kw_only=True)
class Copies:
    """The mails of a person that lie in the mailbox."""

    going: tuple[RawMail, ...] = ()
    staying: Counter[FolderName] = field(default_factory=Counter)  # theirs, and others that name the address
    removable: bool = True  # whether the server removes one mail alone
    known: int = 0  # in the ledger: of many that came at one time a sight shows a part
    about: int = 0  # how many of those going are mails of ours to the operator, about several people

    @property
    def many(self) -> bool:
        """Whether more lie there than a person writes."""
        return self.removable and bool(self.going) and max(len(self.going) - self.about, self.known) > MOST

    @property
    def left(self) -> dict[FolderName, int]:
        """Return how many stay in which folder, once those that go are gone."""
        staying = self.staying.copy()
        if not self.removable:
            staying["done"] += len(self.going)
        return {name: count for name, count in staying.items() if count}

    @property
    def told(self) -> Mails:
        """Return what the final mail says of them, once those that go are gone."""
        if self.left:
            return "partly" if self.going and self.removable else "kept"
        return "erased"


@dataclass(frozen=True, slots=True)
class Known:
    """By what mails are known as those of the ledger or the outbox."""

    line: Line
    mails: list[Any]  # of the ledger
    replies: list[Any]  # of the outbox
    named: frozenset[str] | None = None  # mails to the operator are meant only where they name one of these, folded

    @property
    def sought(self) -> list[Sought]:
        """What is looked for."""
        return [sought(row) for row in self.mails] + [
            Sought(message_id=row.message_id, received_at=row.sent_at, uid=0, uidvalidity=0) for row in self.replies
        ]

    def among(self, mailbox: Mailbox, where: FolderName) -> list[RawMail]:
        """Return those of the mails there that are one of these, each compared whole. Raises as `sight` does."""
        keyed, prints = {row.message_key for row in self.mails}, {row.fingerprint for row in self.mails}
        prints |= {row.sha256 for row in self.mails}
        ours = {row.message_id: row for row in self.replies}
        found = []
        for raw in mailbox.sight(self.sought, (where,)):
            head = parse(raw.octets, complete=False)
            hers = self.line.store.keys.message_id(head.message_id, head.writer or "") in keyed
            reply = ours.get(head.message_id)
            if reply is not None and not _is_to(reply, head):
                reply = None
            mail = mailbox.whole(raw) if hers or reply is not None else None
            if mail is not None and self._is_one(mail, prints if hers else set(), reply):
                found.append(raw)
        return found

    def _is_one(self, mail: RawMail, prints: set[str | None], reply: Any) -> bool:
        """Tell whether a mail is one of these, by octets or keyed fingerprint; one to the operator must name her."""
        message = parse(mail.octets, complete=mail.complete)
        print_ = self.line.store.keys.fingerprint(message)
        if not prints.isdisjoint({sha256(mail.octets), print_}):
            return True
        if reply is None or print_ != self._print_of(reply):
            return False
        if self.named is None or reply.role != "operator":
            return True
        return not self.named.isdisjoint(_addresses(message.text))

    def message_id(self, raw: RawMail) -> str:
        """Return the Message-ID of a mail that was sighted."""
        return parse(raw.octets, complete=False).message_id

    def _print_of(self, reply: Any) -> str:
        return self.line.store.keys.fingerprint(parse(reply.octets)) if reply.octets else reply.fingerprint or ""


def _addresses(text: str) -> Iterator[str]:
    """Yield the addresses that stand whole in a mail of ours, folded."""
    for word in _BETWEEN.split(text):
        if "@" in word:
            yield address_key(word.strip(".'!?"))


def _is_to(reply: Any, head: Message) -> bool:
    """Tell whether a mail went to the address of that one of ours, as far as it is still known."""
    return not reply.address_key or reply.address_key in {address_key(each.addr) for each in head.to}


def find(line: Line, mailbox: Mailbox, person_id: str, *, erase: Collection[FolderName] = ()) -> Copies:
    """Return the mails of a person that lie there; `erase`: the folders they leave beside mailbot/Done.

    Changes nothing. Raises MailboxUnavailable, MailboxRefused.
    """
    with line.store.reading() as connection:
        own = owned.of(connection, line.store.keys, person_id)
        rows, replies = copies.of(connection, own), copies.ours(connection, own)
        named = frozenset([*map(address_key, people.addresses(connection, person_id)), *own.keys])
    known, going, staying = Known(line, rows, replies, named), [], Counter[FolderName]()
    removable = mailbox.state().can_remove
    for where in FOLDERS:
        mine = known.among(mailbox, where)
        if where == "done" or where in erase:
            going += mine
        else:
            staying[where] += len(mine)
        if where != "done":
            staying[where] += _naming(mailbox, where, own.named, {raw.uid for raw in mine})
    summaries = {row.message_id for row in replies if row.role == "operator"}
    about = sum(parse(raw.octets, complete=False).message_id in summaries for raw in going)
    return Copies(going=tuple(going), staying=staying, removable=removable, known=len(rows), about=about)


def together(found: Iterable[Copies]) -> Copies:
    """Return the mails of several people as one."""
    every = list(found)
    return Copies(
        going=tuple(raw for each in every for raw in each.going),
        staying=sum((each.staying for each in every), Counter()),
        removable=all(each.removable for each in every),
    )


def _naming(mailbox: Mailbox, where: FolderName, addresses: Iterable[str], mine: set[int]) -> int:
    """Count the other mails there whose From, To or Cc is one of these addresses, whole."""
    found: set[int] = set()
    for address in addresses:
        for raw in mailbox.naming(address, where):
            head = parse(raw.octets, complete=False)
            keys = {address_key(each.addr) for each in (*head.from_, *head.to, *head.cc)}
            found |= {raw.uid} if address_key(address) in keys else set()
    return len(found - mine)


def remove(line: Line, mailbox: Mailbox, person_id: str, found: Copies, *, erase: Collection[FolderName] = ()) -> None:
    """Take out what was found to go, until nothing more is found; nothing where the server can't remove one alone.

    Raises MailboxUnavailable, MailboxRefused.
    """
    for _ in range(ROUNDS):
        if not (found.going and found.removable):
            break
        mailbox.remove(found.going)
        found = find(line, mailbox, person_id, erase=erase)  # of many that came at one time a sight shows a part


def sought(row: Any) -> Sought:
    """Return what a row of the ledger is looked for by."""
    where = (row.uid, row.uidvalidity) if row.filed_at is None else (0, 0)
    return Sought(message_id=row.message_id or "", received_at=row.received_at, uid=where[0], uidvalidity=where[1])
