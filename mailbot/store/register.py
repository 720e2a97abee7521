"""The requests of a time, for the journal that an inspector asks for: numbers, times and outcomes, nobody's data."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from mailbot.deciding.outcomes import NO_RIGHTS
from mailbot.store.tables import Reply, Request

_request: Any = Request.__table__  # type: ignore[attr-defined]
_reply: Any = Reply.__table__  # type: ignore[attr-defined]
NO_KINDS = [kind for kind in NO_RIGHTS if kind]
COLUMNS = (
    "id", "kind", "language", "received_at", "evidence", "level", "rung", "state", "row", "reason", "decided_at",
    "due_at", "answer_due_at", "place_due_at", "extended_at", "destroy_at", "closed_at", "places_open", "open",
    "fields",
)  # fmt: skip


def between(connection: sa.Connection, first: datetime, last: datetime) -> Iterator[Any]:
    """Yield every request of some kind that was received from `first` until before `last`, oldest first.

    `answered_at` is when the first mail left that told its writer a result: no question, no word that it was received.
    What was no request is left out; what the operator settled by hand is not.
    """
    query = _requests().where(_request.c.received_at >= first, _request.c.received_at < last)
    yield from connection.execution_options(yield_per=500).execute(
        query.order_by(_request.c.received_at, _request.c.mail_id)
    )


def latest(connection: sa.Connection, since: datetime, most: int) -> list[Any]:
    """Return the same of what was received since then, the latest alone where there are more."""
    query = _requests().where(_request.c.received_at >= since).order_by(_request.c.received_at.desc())
    return list(connection.execute(query.limit(most)))


def _requests() -> Any:
    final = sa.and_(_reply.c.role == "final", _reply.c.template != "mails-left")  # which goes to the operator
    result = sa.and_(_reply.c.request_id == _request.c.id, sa.or_(_reply.c.role == "receipt", final))
    answered = sa.select(sa.func.min(_reply.c.sent_at)).where(result).scalar_subquery().label("answered_at")
    by_hand = sa.and_(_request.c.reason == "closed", _request.c.kind.not_in(NO_KINDS))
    return sa.select(*(_request.c[name] for name in COLUMNS), answered).where(
        _request.c.kind.is_not(None), sa.or_(_request.c.state != "ignored", by_hand)
    )
