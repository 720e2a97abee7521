"""What a restored store knows of mails that may have been decided after the backup. No rule stands here."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from mailbot.ports import RawMail
from mailbot.store.digest import cards
from mailbot.store.keys import Keys, sha256
from mailbot.store.replay import REASON, doubt
from mailbot.store.tables import FolderCursor, Mail, Note, Reply, Request, Suppression
from mailbot.store.transaction import Transaction

if TYPE_CHECKING:
    from mailbot.reading.message import Message

_mail: Any = Mail.__table__  # type: ignore[attr-defined]
_cursor: Any = FolderCursor.__table__  # type: ignore[attr-defined]
_request: Any = Request.__table__  # type: ignore[attr-defined]
_reply: Any = Reply.__table__  # type: ignore[attr-defined]
_suppression: Any = Suppression.__table__  # type: ignore[attr-defined]
NOTE = "restored"  # the note that the next pass finds: from when the backup is, when it was restored
UNDECIDED = ("waiting", "gone", "shadow")


def undecided_since(connection: sa.Connection, folder: str, backup_at: datetime) -> datetime:
    """Return from when on a mail may have been decided after the backup: not before the last complete pass then."""
    waiting = sa.select(sa.func.min(_mail.c.received_at)).where(_mail.c.state.in_(UNDECIDED))
    read = sa.select(sa.func.coalesce(_cursor.c.complete_since, _cursor.c.since)).where(_cursor.c.folder == folder)
    times = [backup_at, connection.execute(waiting).scalar(), connection.execute(read).scalar()]
    return min(at for at in times if at is not None)


def read_until(unit: Transaction, folder: str) -> datetime | None:
    """Return until when all mail was read and decided; None where it never was, or not yet after a restore."""
    note, cursor = unit.row(Note, NOTE), unit.row(FolderCursor, folder)
    if cursor is None or cursor.complete_since is None or (note is not None and note.value):
        return None
    waiting = sa.select(sa.func.min(_mail.c.received_at)).where(_mail.c.state == "waiting")
    oldest: datetime | None = unit.connection.execute(waiting).scalar()
    complete: datetime = cursor.complete_since
    return min(complete, oldest or complete)


def is_decided(connection: sa.Connection, keys: Keys, raw: RawMail, message: Message) -> bool:
    """Tell whether a mail was decided before the backup: by its octets or, where these are forgotten, its text."""
    same = sa.or_(_mail.c.sha256 == sha256(raw.octets), _mail.c.fingerprint == keys.fingerprint(message))
    query = sa.select(_mail.c.id).where(same, _mail.c.state.not_in(UNDECIDED)).limit(1)
    return connection.execute(query).first() is not None


def is_gone(unit: Transaction, address: str, received_at: datetime) -> bool:
    """Tell whether whoever had that address was destroyed after a mail came: the mail was answered by that."""
    mine = sa.and_(_suppression.c.key == unit.keys.suppression(address), _suppression.c.purpose == "processing")
    since = unit.connection.execute(sa.select(_suppression.c.since).where(mine)).scalar() if address else None
    return since is not None and since >= received_at


def forget_writer(unit: Transaction) -> None:
    """Keep nothing of who wrote the mail that is handled."""
    blank: dict[str, Any] = {"address": "", "address_key": "", "message_id": "", "references": [], "fields": {}}
    unit.update(Request, unit.request_id, **blank)
    unit.connection.execute(sa.update(_mail).where(_mail.c.request_id == unit.request_id).values(sha256=None))


def doubt_orders(unit: Transaction, *, digest: str, orders: list[dict[str, Any]], **_told: Any) -> None:
    """Ask the operator anew about what she ordered by a mail that was read before: nothing is done twice."""
    named = {number for each in orders for number in each["numbers"]}
    for card in cards(unit.connection, digest):
        if not named or card.number in named:
            doubt(unit, card.request_id)


def untold(connection: sa.Connection, since: datetime, told: set[str]) -> int:
    """Return how many suppressions have begun since then of which gone.log, whose keyed hashes are given, is silent."""
    query = sa.select(_suppression.c.key).where(_suppression.c.since >= since)
    return len(set(connection.execute(query).scalars()) - told)


def unsent(connection: sa.Connection) -> list[str]:
    """Return the requests whose answers were owed at the backup, and that still wait for the operator."""
    mine = sa.and_(_reply.c.request_id == _request.c.id, _reply.c.gave_up_why == REASON)
    waits = sa.and_(_request.c.reason == REASON, _request.c.closed_at.is_(None))
    query = sa.select(_request.c.id).join(_reply, mine).where(waits).distinct().order_by(_request.c.id)
    return list(connection.execute(query).scalars())
