"""Mails that wait where the operator looks, and what her own mail app shows of them. No rule here."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from mailbot.ports import Cursor
from mailbot.store.tables import Mail, Reply, Request
from mailbot.store.transaction import Transaction

MOST = 2_000  # of what waits: older mail that nobody took up is looked at no more
ORDER = "ordered"  # in a request's fields: into which of mailbot/Do she moved its mail
BY_HAND = "by_hand"  # in a request's fields: what she did with its mail, where its clock goes on
NOT_SETTLED = "not_settled"  # that it settled nothing, as she answered: she is not asked again
_mail: Any = Mail.__table__  # type: ignore[attr-defined]
_request: Any = Request.__table__  # type: ignore[attr-defined]
_reply: Any = Reply.__table__  # type: ignore[attr-defined]


def waiting(connection: sa.Connection, folder: str, uidvalidity: int) -> list[Any]:
    """Return the requests, with the `uid` of a mail, that were left or held there and are not closed.

    One row a mail, of the latest MOST; not those of which she was asked already.
    """
    there = sa.and_(_mail.c.folder == folder, _mail.c.uidvalidity == uidvalidity, _mail.c.belongs == "")
    new = sa.and_(_request.c.state.in_(("left", "held")), _request.c.closed_at.is_(None))
    waits = sa.or_(new, _mail.c.decision == "hold")  # one put back for a second look, whatever was done with it before
    query = sa.select(_request, _mail.c.uid).join(_mail, _mail.c.request_id == _request.c.id)
    query = query.where(there, _mail.c.state == "decided", waits).order_by(_mail.c.uid.desc()).limit(MOST)
    return [row for row in connection.execute(query) if BY_HAND not in row.fields and _waits(row)]


def _waits(row: Any) -> bool:
    return row.closed_at is None or bool(row.open)


def is_ours(connection: sa.Connection, message_ids: Collection[str]) -> set[str]:
    """Return which of those Message-IDs are of mails that mailbot wrote."""
    query = sa.select(_reply.c.message_id).where(_reply.c.message_id.in_(list(message_ids)))
    return set(connection.execute(query).scalars()) if message_ids else set()


def named(connection: sa.Connection, digest: str, fingerprint: str) -> Any:
    """Return the ledger's id of a mail and its request's number, by octets or fingerprint; None where it is unread."""
    same = sa.or_(_mail.c.sha256 == digest, _mail.c.fingerprint == fingerprint)
    query = sa.select(_mail.c.id, _mail.c.request_id).where(same, _mail.c.request_id.is_not(None))
    return connection.execute(query.order_by(_mail.c.id.desc()).limit(1)).first()


def order(unit: Transaction, number: str, verb: str) -> Any:
    """Note what she ordered with a mail, "" to take that back; return its request as it was before."""
    row = unit.row(Request, number)
    if row.fields.get(ORDER) != verb:
        unit.request_id = number
        unit.update(Request, number, fields={**row.fields, ORDER: verb})
        if verb:
            unit.event("ordered", verb, who="operator", person_id=row.person_id)
    return row


def filed(unit: Transaction, mail_id: int) -> None:
    """Note that a mail goes to mailbot/Done from where she put it."""
    unit.update(Mail, mail_id, belongs="done", filed_at=unit.now)


def close(unit: Transaction, row: Any, how: str) -> None:
    """Record that she settled what runs against no clock."""
    unit.request_id = row.id
    unit.update(Request, row.id, state="ignored", open=[], due_at=None, closed_at=unit.now, reason=how)
    unit.event("closed", how, who="operator", person_id=row.person_id)


def ask(unit: Transaction, row: Any, how: str) -> None:
    """Record what she did with a mail whose clock runs, and have her asked whether that settled it."""
    unit.request_id = row.id
    unit.update(Request, row.id, fields={**row.fields, BY_HAND: how}, tell=True, told_at=None)
    unit.event("seen", how, who="operator", person_id=row.person_id)


def keep_open(unit: Transaction, row: Any) -> None:
    """Record that what she did with a mail did not settle its request: its clock goes on."""
    unit.request_id = row.id
    unit.update(Request, row.id, fields={**row.fields, BY_HAND: NOT_SETTLED})
    unit.event("seen", NOT_SETTLED, who="operator", person_id=row.person_id)


def still(unit: Transaction, row: Any) -> bool:
    """Tell whether a request that was read earlier waits as it did, locked against another pass."""
    same = sa.and_(_request.c.id == row.id, _request.c.state == row.state)
    found = unit.connection.execute(sa.select(_request).where(same).with_for_update()).first()
    return found is not None and BY_HAND not in found.fields and _waits(found)


def mark_of(text: str) -> Cursor | None:
    """Return the mark of a folder that a note holds; None where it was never looked at."""
    if not text:
        return None
    uidvalidity, last_uid, since = json.loads(text)
    return Cursor(uidvalidity=uidvalidity, last_uid=last_uid, since=datetime.fromisoformat(since) if since else None)


def note_of(mark: Cursor) -> str:
    """Return the mark of a folder as a note holds it."""
    return json.dumps([mark.uidvalidity, mark.last_uid, mark.since.isoformat() if mark.since else None])
