"""Answers that the law asks for and a pause or the cap of an hour holds back: noted at their requests, and unnoted.

The request stays what it is. That its answer waits is a date of its own, so nothing of what was decided, what is
open and what an undo puts back is touched; journal.py shows it. No rule stands here.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from mailbot.store import journal
from mailbot.store.tables import Reply, Request
from mailbot.store.transaction import Transaction

_reply: Any = Reply.__table__  # type: ignore[attr-defined]
_request: Any = Request.__table__  # type: ignore[attr-defined]


def note(unit: Transaction, due: Callable[[Any], datetime]) -> int:
    """Note at each request whose answer waits until when it is due; the operator is told. Returns how many are new."""
    fresh = sa.and_(_request.c.answer_due_at.is_(None), _request.c.id.in_(_owed()))
    rows = unit.connection.execute(sa.select(_request).where(fresh)).all()
    for row in rows:
        unit.update(Request, row.id, answer_due_at=due(row), tell=True, told_at=None)
    return len(rows)


def unnote(unit: Transaction) -> None:
    """Forget that an answer waited where it went out or never will; what was not told yet need not be told."""
    over = sa.and_(_request.c.answer_due_at.is_not(None), _request.c.id.not_in(_owed()))
    for row in unit.connection.execute(sa.select(_request).where(over)).all():
        moot = row.told_at is None and not journal.is_undecided(row)
        unit.update(Request, row.id, answer_due_at=None, tell=row.tell and not moot)


def _owed() -> Any:
    """Select the requests of which an answer that no cap counts is not sent yet."""
    unsent = sa.and_(_reply.c.sent_at.is_(None), _reply.c.gave_up_at.is_(None), _reply.c.counted.is_(False))
    return sa.select(_reply.c.request_id).where(unsent, _reply.c.role != "operator", _reply.c.request_id.is_not(None))
