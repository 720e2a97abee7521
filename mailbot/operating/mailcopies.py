"""Takes the mails of a person out of the mailbox before the store forgets which they were (policy: definitions).

A search only narrows down: a mail goes only where its octets or its keyed fingerprint (From, Message-ID, Date, Subject
and text) are those of the ledger. What lies in mailbot/Done always goes, what lies in the folder that is read only
where the setting says so: that one is the operator's. Copies go first, the store last: killed between, it goes on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from mailbot.pipeline import Line
from mailbot.ports import Mailbox, RawMail, Sought
from mailbot.reading.parse import parse
from mailbot.store import copies
from mailbot.store.keys import sha256

Mails = Literal["erased", "partly", "kept"]
MOST = 50  # mails of one person; more stop and ask
ROUNDS = 100  # of looking again; a mailbox that shows something each time ends here, not never


@dataclass(frozen=True, slots=True, kw_only=True)
class Copies:
    """The mails of a person that lie in the mailbox."""

    going: tuple[RawMail, ...] = ()
    staying: int = 0  # in the folder that is read
    removable: bool = True  # whether the server removes one mail alone
    known: int = 0  # in the ledger: of many that came at one time a sight shows a part

    @property
    def many(self) -> bool:
        """Whether more lie there than a person writes."""
        return self.removable and bool(self.going) and max(len(self.going), self.known) > MOST

    @property
    def told(self) -> Mails:
        """Return what the final mail says of them, once those that go are gone."""
        if self.staying or (self.going and not self.removable):
            return "partly" if self.going and self.removable else "kept"
        return "erased"


def find(line: Line, mailbox: Mailbox, person_id: str, *, inbox: bool) -> Copies:
    """Return the mails of a person that lie there; `inbox`: those in the folder that is read go as well.

    Changes nothing. Raises MailboxUnavailable, MailboxRefused.
    """
    with line.store.reading() as connection:
        rows = copies.of(connection, person_id)
    if not rows:
        return Copies()
    removable = mailbox.state().can_remove
    keyed = {row.message_key for row in rows}
    marks = {row.fingerprint for row in rows if row.fingerprint} | {row.sha256 for row in rows if row.sha256}
    seen = [raw for raw in mailbox.sight([_sought(row) for row in rows]) if _key(line, raw) in keyed]
    mine = [raw for raw in seen if _is_of(line, mailbox, raw, marks)]
    going = tuple(raw for raw in mine if inbox or raw.folder != mailbox.folder)
    return Copies(going=going, staying=len(mine) - len(going), removable=removable, known=len(rows))


def remove(line: Line, mailbox: Mailbox, person_id: str, found: Copies, *, inbox: bool) -> None:
    """Take out what was found to go, until nothing more is found; nothing where the server can't remove one alone.

    Raises MailboxUnavailable, MailboxRefused.
    """
    for _ in range(ROUNDS):
        if not (found.going and found.removable):
            break
        mailbox.remove(found.going)
        found = find(line, mailbox, person_id, inbox=inbox)  # of many that came at one time a sight shows a part


def _sought(row: Any) -> Sought:
    where = (row.uid, row.uidvalidity) if row.filed_at is None else (0, 0)
    return Sought(message_id=row.message_id or "", received_at=row.received_at, uid=where[0], uidvalidity=where[1])


def _key(line: Line, raw: RawMail) -> str:
    message = parse(raw.octets, complete=False)
    return line.store.keys.message_id(message.message_id, message.writer or "")


def _is_of(line: Line, mailbox: Mailbox, raw: RawMail, marks: set[str]) -> bool:
    """Tell whether a sighted mail is one of the ledger: its octets, or its keyed fingerprint."""
    mail = mailbox.whole(raw)
    if mail is None:
        return False
    if sha256(mail.octets) in marks:
        return True
    return line.store.keys.fingerprint(parse(mail.octets, complete=mail.complete)) in marks
