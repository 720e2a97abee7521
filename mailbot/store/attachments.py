"""Which mails have attachments that must leave the mailbox, and what came of it. No octet of one is ever held here.

A mail of an update is marked as it is decided, any other once the operator recorded a document at its request. What
the ledger says of a mail's attachments: there, then removed, none (there were none after all), missing (the mail was
not found), kept (they could not be taken out; the event says why). Reads and small changes; when is attachments'
sweep in operating/, how is intake's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from mailbot.ports import RawMail
from mailbot.store import journal
from mailbot.store.event_tables import Event
from mailbot.store.keys import sha256
from mailbot.store.tables import FolderCursor, Mail, Request
from mailbot.store.transaction import Transaction

if TYPE_CHECKING:
    from mailbot.reading.message import Message

FIELD = "x-mailbot-attachments-removed"  # stands on top of a copy of ours (intake/strip.py)
LATER = timedelta(hours=1)  # before a mail that failed is tried again
LONGEST = timedelta(days=1)  # how long a mail that fails is tried
TOLD = timedelta(days=30)  # how long `check` names a request whose attachments are kept
TEXTS = ("text/plain", "text/html")
AGAIN = ("removed", "missing")
_mail: Any = Mail.__table__  # type: ignore[attr-defined]
_request: Any = Request.__table__  # type: ignore[attr-defined]
_cursor: Any = FolderCursor.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True, kw_only=True)
class Replaced:
    """A mail that was removed and its copy, both without their bodies: several large ones are at hand at a time."""

    old: RawMail
    old_sha256: str
    copy: RawMail
    copy_sha256: str


# ---- marks, as mails come in -----------------------------------------------------------------------------------


def mark(unit: Any) -> str | None:
    """Return what the ledger says of the attachments of the mail that a unit applies."""
    if not _has_any(unit.message):
        return None
    request = unit.row(Request, unit.request_id)
    return "there" if request.kind == "update" or request.document_at is not None else None


def is_ours(unit: Any) -> bool:
    """Tell whether a mail says that it is a copy of ours: of another one, without its attachments."""
    return bool(unit.message.first(FIELD))


def came_again(unit: Any, first: Any) -> None:
    """Take up a mail whose attachments were removed and that came once more with them."""
    if first.attachments in AGAIN and not unit.message.first(FIELD) and _has_any(unit.message):
        unit.update(Mail, first.id, attachments="there", attachments_at=None, next_try_at=None)


def _has_any(message: Message | None) -> bool:
    """Tell whether a mail has attachments, or may: a large one was not read to its end."""
    if message is None:
        return False
    odd = (p for p in message.parts if p.content_type not in TEXTS or p.disposition == "attachment" or p.filename)
    return not message.complete or next(odd, None) is not None


# ---- what is due -----------------------------------------------------------------------------------------------


def due(connection: sa.Connection, now: datetime, *, every_update: bool, limit: int) -> list[Any]:
    """Return the mails whose attachments have to go now: mail id, place, keys, and of the request what is needed.

    Those that came before the operator recorded a document, at once; with `every_update` those of every update of
    which nothing is open any more.
    """
    ledger = (
        _mail.c.id.label("ledger_id"), _mail.c.folder, _mail.c.uidvalidity, _mail.c.uid, _mail.c.sha256,
        _mail.c.fingerprint, _mail.c.message_key, _mail.c.received_at.label("came_at"), _mail.c.filed_at,
        _mail.c.attachments_at, _mail.c.decided_at.label("taken_at"),
    )  # fmt: skip
    ready = sa.or_(_mail.c.next_try_at.is_(None), _mail.c.next_try_at <= now)
    wanted = _request.c.document_at.is_not(None)
    if every_update:
        wanted = sa.or_(wanted, _request.c.kind == "update")
    query = sa.select(*ledger, _request).join(_request, _request.c.id == _mail.c.request_id)
    rows = connection.execute(query.where(_mail.c.attachments == "there", ready, wanted).order_by(_mail.c.id))
    return [row for row in rows if _may_go(row)][:limit]


def _may_go(row: Any) -> bool:
    """Tell whether a mail was there when the document was recorded, or nothing of its request is open any more."""
    seen = row.document_at is not None and row.taken_at is not None and row.taken_at <= row.document_at
    return seen or not journal.is_undecided(row)


def message_id_of(row: Any) -> str:
    """Return the Message-ID where the request still names that of this very mail."""
    return str(row.message_id) if row.mail_id == row.ledger_id else ""


def is_anothers(connection: sa.Connection, row: Any, digest: str) -> bool:
    """Tell whether these octets are another mail's of the ledger: the same text, better or worse proven."""
    other = sa.and_(_mail.c.sha256 == digest, _mail.c.id != row.ledger_id)
    return connection.execute(sa.select(_mail.c.id).where(other)).first() is not None


def expect(unit: Transaction, number: str) -> None:
    """Mark the mails of a request as ones that may have attachments: the operator saw a document in one of them."""
    mine = sa.and_(_mail.c.request_id == number, _mail.c.copy_of.is_(None), _mail.c.attachments.is_(None))
    unit.connection.execute(sa.update(_mail).where(mine, _mail.c.state == "decided").values(attachments="there"))


# ---- what was done ---------------------------------------------------------------------------------------------


def begin(unit: Transaction, rows: Sequence[Any]) -> None:
    """Write when it began, which the copy will say: a pass that is killed makes the same copy again."""
    fresh = [row.ledger_id for row in rows if row.attachments_at is None]
    unit.connection.execute(sa.update(_mail).where(_mail.c.id.in_(fresh)).values(attachments_at=unit.now))


def settle(unit: Transaction, row: Any, state: str, why: str = "") -> None:
    """Write what came of a mail's attachments, once."""
    unit.update(Mail, row.ledger_id, attachments=state, next_try_at=None)
    if state != "none":
        what = {"missing": "attachments_not_found"}.get(state, f"attachments_{state}")
        unit.insert(Event, at=unit.now, who="mailbot", what=what, reason=why, request_id=row.id, person_id=None)


def failed(unit: Transaction, row: Any) -> None:
    """Try a mail again later; after a day its attachments are kept."""
    begun = row.attachments_at or unit.now
    if unit.now - begun >= LONGEST:
        settle(unit, row, "kept", "refused")
    else:
        unit.update(Mail, row.ledger_id, next_try_at=unit.now + LATER)


def follow(unit: Transaction, replaced: Replaced) -> None:
    """Have the ledger know the copy as the mail that it replaces: its place, its octets; the cursor passes it."""
    old = replaced.old
    there = sa.and_(_mail.c.folder == old.folder, _mail.c.uidvalidity == old.uidvalidity, _mail.c.uid == old.uid)
    found = unit.connection.execute(sa.select(_mail.c.id).where(there)).scalar()
    if found is not None:
        _place(unit, found, replaced.copy)
    same = sa.select(_mail.c.id).where(_mail.c.sha256 == replaced.old_sha256)
    _digest(unit, unit.connection.execute(same).scalar(), replaced.copy_sha256)


def follow_alone(unit: Transaction, row: Any, copy: RawMail) -> None:
    """Do the same where the mail is gone already: the pass that removed it was killed before it wrote so."""
    if row.filed_at is None and row.folder == copy.folder and row.uidvalidity == copy.uidvalidity:
        _place(unit, row.ledger_id, copy)
    _digest(unit, row.ledger_id if row.sha256 is not None else None, sha256(copy.octets))


def _digest(unit: Transaction, mail_id: int | None, digest: str) -> None:
    """Write the hash of the octets that a mail now has; unless another row has it, which was read meanwhile."""
    known = unit.connection.execute(sa.select(_mail.c.id).where(_mail.c.sha256 == digest)).first()
    if mail_id is not None and known is None:
        unit.update(Mail, mail_id, sha256=digest)


def _place(unit: Transaction, mail_id: int, copy: RawMail) -> None:
    there = sa.and_(_mail.c.folder == copy.folder, _mail.c.uidvalidity == copy.uidvalidity, _mail.c.uid == copy.uid)
    read = sa.and_(there, _mail.c.copy_of.is_not(None), _mail.c.id != mail_id)  # a pass took it for a second delivery
    unit.connection.execute(sa.delete(_mail).where(read))
    unit.update(Mail, mail_id, uid=copy.uid)
    passed = sa.and_(
        _cursor.c.folder == copy.folder, _cursor.c.uidvalidity == copy.uidvalidity, _cursor.c.last_uid == copy.uid - 1
    )
    unit.connection.execute(sa.update(_cursor).where(passed).values(last_uid=copy.uid))


def kept(connection: sa.Connection, now: datetime) -> list[str]:
    """Return the requests of whose mails the attachments could not be taken out lately."""
    lately = sa.and_(_mail.c.attachments == "kept", _mail.c.attachments_at >= now - TOLD)
    return list(connection.execute(sa.select(_mail.c.request_id).where(lately).order_by(_mail.c.id)).scalars())
