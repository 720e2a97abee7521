"""The requests of a time, for the journal that an inspector asks for: numbers, times and outcomes, nobody's data."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from mailbot.store.tables import Reply, Request

_request: Any = Request.__table__  # type: ignore[attr-defined]
_reply: Any = Reply.__table__  # type: ignore[attr-defined]
COLUMNS = (
    "id", "kind", "language", "received_at", "evidence", "rung", "state", "row", "reason", "decided_at", "due_at",
    "destroy_at", "closed_at", "places_open", "open",
)  # fmt: skip


def between(connection: sa.Connection, first: datetime, last: datetime) -> Iterator[Any]:
    """Yield every request of some kind that was received from `first` until before `last`, oldest first.

    `answered_at` is when the first answer to it left. What was no request (ignored) is left out.
    """
    to_people = sa.and_(_reply.c.request_id == _request.c.id, _reply.c.role != "operator")
    answered = sa.select(sa.func.min(_reply.c.sent_at)).where(to_people).scalar_subquery().label("answered_at")
    query = sa.select(*(_request.c[name] for name in COLUMNS), answered).where(
        _request.c.received_at >= first, _request.c.received_at < last, _request.c.kind.is_not(None),
        _request.c.state != "ignored",
    )  # fmt: skip
    yield from connection.execution_options(yield_per=500).execute(
        query.order_by(_request.c.received_at, _request.c.mail_id)
    )
