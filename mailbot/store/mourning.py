"""End all mail that still waits to go to one person: questions, reminders, answers not sent yet. Queries alone."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from mailbot.reading.address import address_key
from mailbot.store import people
from mailbot.store.tables import Question, Reply
from mailbot.store.transaction import Transaction

_question: Any = Question.__table__  # type: ignore[attr-defined]
_reply: Any = Reply.__table__  # type: ignore[attr-defined]


def end_mail(unit: Transaction, person_id: str) -> None:
    """Close every question to that person and give up what was owed to an address that is this person's alone."""
    on_file = people.addresses(unit.connection, person_id)
    alone = [address_key(each) for each in on_file if people.ids_at(unit.connection, each) == [person_id]]
    asked = sa.or_(_question.c.person_id == person_id, _question.c.address_key.in_(alone))
    unit.connection.execute(
        sa.update(_question).where(asked, _question.c.closed_at.is_(None)).values(closed_at=unit.now, outcome="closed")
    )
    unsent = sa.and_(_reply.c.sent_at.is_(None), _reply.c.gave_up_at.is_(None), _reply.c.role != "operator")
    unit.connection.execute(
        sa.update(_reply)
        .where(_reply.c.address_key.in_(alone), unsent)
        .values(gave_up_at=unit.now, gave_up_why="deceased", owner="", lease_until=None)
    )
