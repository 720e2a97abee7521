"""Forgets what mails of ours said and to whom they went; keyed hashes of each stay. No rule stands here."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from mailbot.reading.late import parse
from mailbot.store import digest, reminders
from mailbot.store.tables import Reply, Request
from mailbot.store.transaction import Transaction

_reply: Any = Reply.__table__  # type: ignore[attr-defined]
_request: Any = Request.__table__  # type: ignore[attr-defined]


def forget_operator_mails(unit: Transaction) -> None:
    """Give up mails to the operator that did not leave: they name people. What they told is told anew."""
    kept = sa.and_(_reply.c.role == "operator", _reply.c.sent_at.is_(None), _reply.c.address != "")
    for row in unit.connection.execute(sa.select(_reply.c.id, _reply.c.created_at).where(kept)).all():
        forget_reply(unit, row.id)
        unit.update(Reply, row.id, gave_up_at=unit.now)
        tell_anew(unit, row.created_at)
    if unit.note(digest.LAID):
        unit.set_note(digest.STALE, "yes")
    laying = unit.note(digest.TO_LAY)
    if laying:
        unit.set_note(digest.TO_LAY, "")
        unit.owe_scrub()
        tell_anew(unit, datetime.fromisoformat(json.loads(laying)[1]))


def tell_anew(unit: Transaction, at: datetime) -> None:
    """Have told again what the mail of that moment told."""
    again = sa.or_(_request.c.closed_at.is_(None), _request.c.places_open > 0)
    told = sa.and_(_request.c.told_at == at, again)
    unit.connection.execute(sa.update(_request).where(told).values(told_at=None))
    reminders.forget_told(unit, at)
    digest.forget_told(unit, at)


def forget_reply(unit: Transaction, reply_id: int) -> None:
    """Forget to whom a mail went and what it said; keyed hashes of it stay, and its bytes leave the files."""
    unit.owe_scrub()
    row = unit.row(Reply, reply_id)
    blank_octets(unit, row)
    unit.update(Reply, reply_id, address="", address_key="", addressee=None, answer="", bounced_why=None)


def blank_octets(unit: Transaction, row: Any) -> None:
    """Forget what a mail said; the keyed hashes by which it and its copies are known stay."""
    if row.octets:
        known = {"digest": unit.keys.octets(row.octets), "fingerprint": unit.keys.fingerprint(parse(row.octets))}
        unit.update(Reply, row.id, octets=b"", said=None, **known)


def forget_text(unit: Transaction, reply_id: int) -> None:
    """Forget what a mail said, and not to whom it went: it may still come back, or be answered."""
    unit.owe_scrub()
    blank_octets(unit, unit.row(Reply, reply_id))
