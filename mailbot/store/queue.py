"""The operator's queue, page by page: what journal.select lists by default, counted and cut by the database itself."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from mailbot.store.tables import OPEN, UNMATCHED, Request

_request: Any = Request.__table__  # type: ignore[attr-defined]
_opens: Any = sa.cast(_request.c.open, sa.Text)  # a JSON array of words, as text in either dialect
_IS_OPEN = sa.text(f"({OPEN})")  # journal.is_open in SQL
_FAR = datetime(9999, 1, 1, tzinfo=UTC)


def _is_hers() -> Any:
    """Return journal.is_for_operator in SQL."""
    words = (_opens.like(f'%"{word}"%') for word in ("operator", "obligations"))
    return sa.or_(*words, _request.c.answer_due_at.is_not(None))


def _due() -> Any:
    """Return journal.due_at in SQL, far away where no clock runs."""
    one, two, three = (sa.func.coalesce(_request.c[name], _FAR) for name in ("due_at", "answer_due_at", "place_due_at"))
    first = sa.case((one <= two, one), else_=two)
    return sa.case((first <= three, first), else_=three)


def count(connection: sa.Connection) -> tuple[int, int]:
    """Return how many requests are open, and how many of them wait for the operator."""
    mine = sa.func.coalesce(sa.func.sum(sa.case((_is_hers(), 1), else_=0)), 0)
    total, hers = connection.execute(sa.select(sa.func.count(), mine).select_from(_request).where(_IS_OPEN)).one()
    return int(total), int(hers)


def overdue(connection: sa.Connection, now: datetime) -> tuple[int, int]:
    """Return how many requests are open, and of how many of them a clock is over."""
    late = sa.func.coalesce(sa.func.sum(sa.case((_due() < now, 1), else_=0)), 0)
    total, over = connection.execute(sa.select(sa.func.count(), late).select_from(_request).where(_IS_OPEN)).one()
    return int(total), int(over)


def page(connection: sa.Connection, *, first: int, most: int) -> list[Any]:
    """Return that part of the open requests: those that wait for the operator first, then by due date."""
    order = (sa.case((_is_hers(), 0), else_=1), _due(), _request.c.received_at, _request.c.id)
    return list(connection.execute(sa.select(_request).where(_IS_OPEN).order_by(*order).limit(most).offset(first)))


def soonest(connection: sa.Connection, most: int) -> list[Any]:
    """Return the open requests whose clocks end first, those that are over before all others."""
    query = sa.select(_request).where(_IS_OPEN, _due() < _FAR).order_by(_due(), _request.c.received_at, _request.c.id)
    return list(connection.execute(query.limit(most)))


def unmatched(connection: sa.Connection) -> int:
    """Return how many mails were left alone that look like no request, and lie there still as far as is known."""
    query = sa.select(sa.func.count()).select_from(_request).where(sa.text(UNMATCHED))
    return int(connection.execute(query).scalar_one())
