"""Mails of ours that did not leave yet: what each was rendered from, its end or its new text. No rule stands here."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from mailbot.errors import MailbotError
from mailbot.store import forgets
from mailbot.store.outbox import alone
from mailbot.store.tables import Question, Reply, Request
from mailbot.store.transaction import Transaction

DROPPED = "outdated"
BATCH = 500  # at once: a courier that is down for days leaves many behind
_reply: Any = Reply.__table__  # type: ignore[attr-defined]
_request: Any = Request.__table__  # type: ignore[attr-defined]
_question: Any = Question.__table__  # type: ignore[attr-defined]
_REQUESTS = sa.select(_request).where(_request.c.id.in_(sa.bindparam("numbers", expanding=True)))
_QUESTIONS = sa.select(_question).where(_question.c.token.in_(sa.bindparam("tokens", expanding=True)))


def next_ones(unit: Transaction, after: int) -> list[Any]:
    """Return the next of those that may have become untrue: questions, receipts, what names times; due or not yet.

    `after`: the number of the last one looked at, 0 to begin with.
    """
    speaks = sa.or_(_reply.c.role.in_(("question", "received")), _reply.c.said.is_not(None))
    mine = (_reply.c.sent_at.is_(None), _reply.c.gave_up_at.is_(None), speaks)
    alone(unit)
    named = ("id", "token", "role", "template", "request_id", "address", "language", "said", "created_at")
    query = sa.select(*(_reply.c[name] for name in named)).where(*mine, _reply.c.id > after)
    query = query.order_by(_reply.c.id).limit(BATCH)
    return list(unit.connection.execute(query.with_for_update(skip_locked=True)).all())


@dataclass(frozen=True, slots=True)
class Behind:
    """What mails of ours hang on: requests by number, questions by token."""

    requests: dict[str, Any]
    questions: dict[str, Any]


def behind(unit: Transaction, rows: list[Any]) -> Behind:
    """Return what these mails hang on, in two statements."""
    numbers = {row.request_id for row in rows if row.request_id}
    requests = unit.connection.execute(_REQUESTS, {"numbers": list(numbers)})
    tokens = [row.token for row in rows if row.role == "question"]
    questions = unit.connection.execute(_QUESTIONS, {"tokens": tokens}) if tokens else ()
    return Behind({row.id: row for row in requests}, {row.token: row for row in questions})


@contextlib.contextmanager
def apart(unit: Transaction, failed: Callable[[str], None]) -> Iterator[Callable[[], None]]:
    """Work on one mail so that its failure undoes its own part alone; `failed` hears the error's class.

    Yields what is to be called before anything is written. Raises what the store raises.
    """
    points: list[sa.NestedTransaction] = []
    try:
        yield lambda: points.append(unit.connection.begin_nested())
    except (MailbotError, sa.exc.SQLAlchemyError):
        raise
    except Exception as exc:  # noqa: BLE001 - a template that changed must not keep every other mail back
        for point in points:
            point.rollback()
        failed(type(exc).__name__)
    else:
        for point in points:
            point.commit()


def question(unit: Transaction, row: Any) -> Any:
    """Return the question that a mail asks, None where it asks none."""
    return unit.row(Question, row.token)


def drop(unit: Transaction, row: Any) -> None:
    """End a mail that is not true any more; what it said is forgotten."""
    unit.request_id = row.request_id or ""
    forgets.forget_text(unit, row.id)
    unit.update(Reply, row.id, gave_up_at=unit.now, gave_up_why=DROPPED, owner="", lease_until=None)
    unit.event("reply_dropped", row.template)


def rewrite(unit: Transaction, row: Any, octets: bytes, said: dict[str, Any] | None) -> None:
    """Put a new text into a mail that was not sent: same token, same Message-ID."""
    unit.request_id = row.request_id or ""
    unit.update(Reply, row.id, octets=octets, said=said)
    unit.event("reply_renewed", row.template)


def promise(unit: Transaction, row: Any, values: dict[str, Any]) -> None:
    """Have the store keep what the new text promises: until when an answer, or an undo, is taken."""
    request = unit.row(Request, row.request_id) if row.request_id else None
    asked = question(unit, row)
    if asked is not None and values.get("due_at"):
        unit.update(Question, row.token, expires_at=values["due_at"])
    until = values.get("undo_until")
    if request is not None and until and request.undo_until and request.undo_until < until:
        unit.update(Request, row.request_id, undo_until=until)
