"""What the overview counts, cut down by the database itself: what was done, which kinds came, which places wait."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from mailbot.store.place_tables import PlaceTask
from mailbot.store.register import NO_KINDS
from mailbot.store.tables import FolderCursor, Request

_request: Any = Request.__table__  # type: ignore[attr-defined]
_task: Any = PlaceTask.__table__  # type: ignore[attr-defined]
_cursor: Any = FolderCursor.__table__  # type: ignore[attr-defined]
DONE = ("applied", "refused", "undone")


def last_pass(connection: sa.Connection) -> datetime | None:
    """Return when the last pass that reached its end began; None before the first."""
    at: datetime | None = connection.execute(sa.select(sa.func.max(_cursor.c.complete_since))).scalar()
    return at


def done_since(connection: sa.Connection, since: datetime) -> list[datetime]:
    """Return when each request was carried out, refused, taken back or settled by hand, from then on."""
    settled = sa.and_(_request.c.state == "ignored", _request.c.reason.in_(("closed", "answered_by_hand")))
    asked = sa.and_(_request.c.kind.is_not(None), _request.c.kind.not_in(NO_KINDS))
    at = sa.func.coalesce(_request.c.closed_at, _request.c.decided_at)
    query = sa.select(at).where(asked, sa.or_(_request.c.state.in_(DONE), settled), at >= since)
    return list(connection.execute(query).scalars())


def kinds(connection: sa.Connection, since: datetime) -> list[tuple[str, int]]:
    """Return how many requests of each kind came from then on, the most first."""
    asked = sa.and_(_request.c.kind.is_not(None), _request.c.kind.not_in(NO_KINDS), _request.c.state != "ignored")
    count = sa.func.count()
    query = sa.select(_request.c.kind, count).where(asked, _request.c.received_at >= since).group_by(_request.c.kind)
    return [(row[0], int(row[1])) for row in connection.execute(query.order_by(count.desc(), _request.c.kind))]


def tasks(connection: sa.Connection, most: int) -> tuple[list[Any], int]:
    """Return what other places must still do by the operator's hand, first due first, and how many there are.

    Not what waits for a destruction here, which may still be taken back.
    """
    early = sa.and_(_task.c.what == "withdrawal", _task.c.due_at.is_(None))
    mine = sa.and_(_task.c.done_at.is_(None), _task.c.by_hook.is_(False), sa.not_(early))
    total = connection.execute(sa.select(sa.func.count()).select_from(_task).where(mine)).scalar_one()
    query = sa.select(_task).where(mine).order_by(_task.c.due_at, _task.c.id).limit(most)
    return list(connection.execute(query)), int(total)
