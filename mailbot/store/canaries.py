"""Trial mails: marked when they are sent, known again by their mark, once. What is known of them is a keyed hash.

A canary is known in shadow too: it changes nothing of anybody, and whoever waits for it looks here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from mailbot.errors import ConflictError
from mailbot.reading.machine import Machine
from mailbot.reading.message import Message
from mailbot.store.canary_tables import Canary
from mailbot.store.tables import Mail, Reply
from mailbot.store.transaction import Transaction

HEADER = "X-Mailbot-Canary"
KEPT = timedelta(days=30)
_canary: Any = Canary.__table__  # type: ignore[attr-defined]
_mail: Any = Mail.__table__  # type: ignore[attr-defined]
_reply: Any = Reply.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flight:
    """How far a canary came."""

    seen_at: datetime | None  # when a pass knew it again
    received_at: datetime | None  # the mailbox's own time of its arrival
    state: str  # of its ledger row: decided, shadow; "" before it was seen
    files: bool  # whether it belongs in mailbot/Done
    filed_at: datetime | None
    answers: int  # mails of ours that it set off: none, or something is wrong


def begin(unit: Transaction) -> str:
    """Note that a canary is sent and return its mark: 26 random letters a-z2-7."""
    mark = unit.new_id(26)
    unit.connection.execute(sa.delete(_canary).where(_canary.c.sent_at < unit.now - KEPT))
    unit.insert(Canary, key=unit.keys.canary(mark), sent_at=unit.now)
    return mark


def mark_of(message: Message) -> str:
    """Return what a mail bears as its mark, "" where it bears none."""
    return message.first(HEADER.lower()).strip().lower()


def recognise(unit: Transaction, message: Message, machine: Machine | None, mail_id: int) -> bool:
    """Tell whether a mail is a canary of ours that did not come before, and note that it came.

    It bears our own address and a mark that was given out. It may be decided again; another mail with it is none.
    """
    mark = mark_of(message)
    if machine is None or machine.why != "own" or not mark:
        return False
    key = unit.keys.canary(mark)
    mine = sa.and_(_canary.c.key == key, sa.or_(_canary.c.mail_id.is_(None), _canary.c.mail_id == mail_id))
    now = sa.literal(unit.now, _canary.c.seen_at.type)
    seen = {"seen_at": sa.func.coalesce(_canary.c.seen_at, now), "mail_id": mail_id}
    return bool(unit.connection.execute(sa.update(_canary).where(mine).values(**seen)).rowcount)


def flight(unit: Transaction, mark: str) -> Flight:
    """Return how far the canary with that mark came."""
    query = (
        sa.select(_canary.c.seen_at, _mail.c.received_at, _mail.c.state, _mail.c.belongs, _mail.c.filed_at,
                  _mail.c.request_id)
        .select_from(_canary.outerjoin(_mail, _mail.c.id == _canary.c.mail_id))
        .where(_canary.c.key == unit.keys.canary(mark))
    )  # fmt: skip
    row = unit.connection.execute(query).one_or_none()
    if row is None:
        raise ConflictError("the key was rotated while the trial mail was on its way: try again")
    mine = sa.select(sa.func.count()).where(_reply.c.request_id == row.request_id)
    answers = int(unit.connection.execute(mine).scalar_one()) if row.request_id else 0
    return Flight(
        seen_at=row.seen_at, received_at=row.received_at, state=row.state or "", files=row.belongs == "done",
        filed_at=row.filed_at, answers=answers,
    )  # fmt: skip
