"""Reads which requests have a clock that runs, and notes of what the operator and the deputy were reminded."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from mailbot.store.clock_tables import Reminder
from mailbot.store.tables import Request
from mailbot.store.transaction import Transaction

_request: Any = Request.__table__  # type: ignore[attr-defined]
_reminder: Any = Reminder.__table__  # type: ignore[attr-defined]
DEPUTY = 0  # the share that stands for "the deputy was told"
LAST = 100
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)  # a range, so that the index of open requests serves it


def running(connection: sa.Connection, *, without: int) -> list[Any]:
    """Return the open requests with a clock, of whose end now that share was not noted yet, first due first."""
    told = sa.select(_reminder.c.share).where(
        _reminder.c.request_id == _request.c.id, _reminder.c.due_at == _request.c.due_at, _reminder.c.share == without
    )
    query = sa.select(_request).where(
        _request.c.closed_at.is_(None), _request.c.due_at >= _LONG_AGO, sa.not_(told.exists())
    )
    return list(connection.execute(query.order_by(_request.c.due_at, _request.c.id)))


def noted(connection: sa.Connection, row: Any) -> set[int]:
    """Return the shares that were noted of a request's clock as it ends now."""
    mine = sa.and_(_reminder.c.request_id == row.id, _reminder.c.due_at == row.due_at)
    return set(connection.execute(sa.select(_reminder.c.share).where(mine)).scalars())


def note(unit: Transaction, row: Any, share: int) -> None:
    """Note that somebody was reminded; noted twice is noted once."""
    if row.due_at is not None and share not in noted(unit.connection, row):
        unit.insert(Reminder, request_id=row.id, due_at=row.due_at, share=share, at=unit.now)


def tell_again(unit: Transaction, row: Any) -> None:
    """Let the operator be told of a request by the next mail."""
    unit.update(Request, row.id, tell=True, told_at=None)


def forget_told(unit: Transaction, at: datetime) -> None:
    """Forget that the deputy was told by a mail of that moment, which never left."""
    unit.connection.execute(sa.delete(_reminder).where(_reminder.c.share == DEPUTY, _reminder.c.at == at))
