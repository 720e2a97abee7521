"""The operator's view of requests: listed, found by number, counted. Reads, and the small marks of a listing."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from mailbot.errors import ChangedMeanwhile, InputError
from mailbot.store.event_tables import Event
from mailbot.store.tables import Mail, Question, Reply, Request
from mailbot.store.transaction import Transaction

_request: Any = Request.__table__  # type: ignore[attr-defined]
_reply: Any = Reply.__table__  # type: ignore[attr-defined]
_event: Any = Event.__table__  # type: ignore[attr-defined]
_question: Any = Question.__table__  # type: ignore[attr-defined]
_mail: Any = Mail.__table__  # type: ignore[attr-defined]

_answer_due, _place_due = _request.c.answer_due_at, _request.c.place_due_at

ANSWER_WAITS = "answer_waits"
WAITING = ("held", "challenged", "asked")


def find(connection: sa.Connection, number: str, *, to_change: bool = False) -> Any:
    """Return a request row by its number, upper or lower case. Raises InputError where there is none.

    `to_change` holds it until the transaction ends: of two operators, the second sees what the first did.
    """
    query = sa.select(_request).where(_request.c.id == number.strip().upper())
    row = connection.execute(query.with_for_update() if to_change else query).first()
    if row is None:
        raise InputError(f"there is no request {number.upper()}")
    return row


def stamp(connection: sa.Connection, row: Any) -> str:
    """Return how a request stands: every act and every further mail of it changes that."""
    count = sa.select(sa.func.count()).select_from(_event).where(_event.c.request_id == row.id)
    return f"{row.state}-{connection.execute(count).scalar_one()}-{len(row.open)}"


def claim(unit: Transaction, number: str) -> Any:
    """Return a request that nobody else changes until the transaction ends, as the operator saw it.

    Raises InputError, ChangedMeanwhile.
    """
    row = find(unit.connection, number, to_change=True)
    if unit.seen and stamp(unit.connection, row) != unit.seen:
        raise ChangedMeanwhile(f"request {row.id} changed meanwhile")
    return row


def select(
    connection: sa.Connection, *, state: str | None = None, kind: str | None = None, everything: bool = False
) -> list[Any]:
    """Return requests, those that wait for the operator first, then by due date.

    By default what is open: held, challenged, asked, `left` with a kind, and whatever waits for something.
    """
    query = sa.select(_request)
    if state:
        query = query.where(_request.c.state == state)
    if kind:
        query = query.where(_request.c.kind == kind)
    rows = list(connection.execute(query.order_by(_request.c.received_at, _request.c.id)))
    if not everything and not state:
        rows = [row for row in rows if is_open(row)]
    return sorted(rows, key=_order)


def _order(row: Any) -> tuple[bool, bool, datetime]:
    due = due_at(row)
    return not is_for_operator(row), due is None, due or row.received_at


def due_at(row: Any) -> datetime | None:
    """Return when a request's clock ends; that of an answer which waits comes first where it ends first."""
    ends = [at for at in (row.due_at, row.answer_due_at, row.place_due_at) if at is not None]
    return min(ends) if ends else None


def is_open(row: Any) -> bool:
    """Tell whether something of a request is still waiting, be it its answer or another place alone."""
    return row.answer_due_at is not None or bool(row.places_open) or is_undecided(row)


def is_undecided(row: Any) -> bool:
    """Tell whether something of a request still waits for a decision or an answer."""
    if row.closed_at is not None and not row.open:
        return False
    return row.state in WAITING or (row.state == "left" and row.kind is not None) or bool(row.open)


def is_for_operator(row: Any) -> bool:
    """Tell whether a request waits for the operator, and not for the person alone."""
    return not {"operator", "obligations"}.isdisjoint(row.open) or row.answer_due_at is not None


def reason(row: Any) -> str:
    """Return why a request is as it is; an answer that waits is told first."""
    return row.reason if row.answer_due_at is None else ANSWER_WAITS


def opens(row: Any) -> list[str]:
    """Return for what a request waits."""
    mine = (["operator"] if row.answer_due_at is not None else []) + (["place"] if row.places_open else [])
    return list(dict.fromkeys([*row.open, *mine]))


def as_json(row: Any) -> dict[str, Any]:
    """Return one request as `requests list --json` prints it."""
    return {
        "id": row.id, "kind": row.kind, "state": row.state, "reason": reason(row), "language": row.language,
        "received_at": row.received_at, "due_at": due_at(row), "address": row.address, "message_id": row.message_id,
        "open": opens(row),
    }  # fmt: skip


def shadows(connection: sa.Connection) -> list[Any]:
    """Return the ledger rows of mails that were only looked at in shadow mode."""
    query = sa.select(_mail).where(_mail.c.state == "shadow").order_by(_mail.c.id)
    return list(connection.execute(query))


def replies(connection: sa.Connection, number: str) -> list[Any]:
    """Return the mails that we owe or sent for a request."""
    return list(connection.execute(sa.select(_reply).where(_reply.c.request_id == number).order_by(_reply.c.id)))


def last_reply(connection: sa.Connection, address: str, template: str) -> Any:
    """Return the last mail of that template that we owe or sent to an address."""
    mine = sa.select(_reply).where(_reply.c.address == address, _reply.c.template == template)
    return connection.execute(mine.order_by(_reply.c.id.desc()).limit(1)).one()


def events(connection: sa.Connection, number: str) -> list[Any]:
    """Return the audit rows of a request, oldest first."""
    return list(connection.execute(sa.select(_event).where(_event.c.request_id == number).order_by(_event.c.id)))


def untold(connection: sa.Connection) -> list[Any]:
    """Return the requests of which the operator has to be told and was not, locked against another pass."""
    query = sa.select(_request).where(_request.c.tell.is_(True), _request.c.told_at.is_(None))
    return list(connection.execute(query.order_by(_request.c.due_at, _request.c.id).with_for_update(skip_locked=True)))


def waiting_for_obligation(connection: sa.Connection, person_id: str) -> Any | None:
    """Return the withdrawal of a person that an open obligation holds back."""
    query = sa.select(_request).where(_request.c.person_id == person_id, _request.c.reason == "obligation_open")
    return connection.execute(query.order_by(_request.c.decided_at.desc()).limit(1)).first()


def mails_untold(connection: sa.Connection) -> list[str]:
    """Return the destroyed requests whose mails stayed in the mailbox and nobody was told, oldest first."""
    query = sa.select(_request.c.id, _request.c.fields).where(_request.c.reason == "destroyed")
    rows = connection.execute(query.order_by(_request.c.closed_at, _request.c.id))
    return [row.id for row in rows if row.fields.get("mails_left") and not row.fields.get("mails_told")]


def is_owed(connection: sa.Connection, number: str, templates: tuple[str, ...]) -> bool:
    """Tell whether one of those mails about a request was owed to anybody."""
    mine = sa.and_(_reply.c.request_id == number, _reply.c.template.in_(templates))
    return connection.execute(sa.select(_reply.c.id).where(mine).limit(1)).first() is not None


def was_sent(connection: sa.Connection, token: str) -> bool:
    """Tell whether a mail of ours left, or never will."""
    row = connection.execute(sa.select(_reply.c.sent_at, _reply.c.gave_up_at).where(_reply.c.token == token)).first()
    return row is None or row.sent_at is not None or row.gave_up_at is not None


def unread(connection: sa.Connection) -> tuple[int, datetime | None]:
    """Return how many mails wait to be looked at again (DNS, a failure), and when the oldest came."""
    query = sa.select(sa.func.count(), sa.func.min(_mail.c.received_at)).where(_mail.c.state == "waiting")
    count, oldest = connection.execute(query).one()
    return int(count), oldest


def asked_by_proven(connection: sa.Connection, token: str) -> bool:
    """Tell whether a question of ours was set off by a proven mail."""
    return bool(connection.execute(sa.select(_reply.c.proven).where(_reply.c.token == token)).scalar())


def asks_for_data(connection: sa.Connection, number: str, now: datetime) -> bool:
    """Tell whether data that were asked for about a request may still come."""
    mine = sa.and_(_question.c.request_id == number, _question.c.waits_for == "ask", _question.c.closed_at.is_(None))
    query = sa.select(_question.c.token).where(mine, _question.c.expires_at > now).limit(1)
    return connection.execute(query).first() is not None


def questions_over(connection: sa.Connection, now: datetime) -> list[Any]:
    """Return the open questions whose time is over."""
    query = sa.select(_question).where(_question.c.closed_at.is_(None), _question.c.expires_at < now)
    return list(connection.execute(query.with_for_update(skip_locked=True)))


def questions_unreminded(connection: sa.Connection, before: datetime) -> list[Any]:
    """Return the open questions that left before that time and were not reminded of."""
    waiting = sa.and_(_question.c.closed_at.is_(None), _question.c.reminded.is_(False))
    over = sa.or_(_reply.c.sent_at <= before, _reply.c.gave_up_at <= before)
    left = sa.select(_reply.c.id).where(_reply.c.token == _question.c.token, over)
    query = sa.select(_question).where(waiting, left.exists())
    return list(connection.execute(query.with_for_update(skip_locked=True)))


def remind_operator(connection: sa.Connection, now: datetime, day: timedelta) -> None:
    """Mark what is overdue to be told to the operator again, once a day; a day before, too, what she need not decide.

    That is a question whose answer is due, an answer that waits, another place (reminders.py: what she must decide).
    """
    asked = sa.and_(_request.c.state.in_(("challenged", "asked")), _request.c.due_at <= now + day)
    due = sa.or_(_request.c.due_at <= now, asked, *(at <= now + day for at in (_answer_due, _place_due)))
    told = sa.or_(_request.c.told_at.is_(None), _request.c.told_at <= now - day)
    for row in connection.execute(sa.select(_request).where(due, told)).all():
        if is_open(row):
            still = sa.and_(_request.c.id == row.id, told)  # another pass may have told of it meanwhile
            connection.execute(sa.update(_request).where(still).values(tell=True, told_at=None))


def latest(connection: sa.Connection) -> Any:
    """Return the ledger row of the mail that came in last."""
    return connection.execute(sa.select(_mail).order_by(_mail.c.id.desc()).limit(1)).one()


def counts(connection: sa.Connection) -> dict[str, int]:
    """Return how many requests are in each state."""
    query = sa.select(_request.c.state, sa.func.count()).group_by(_request.c.state)
    return {row[0]: row[1] for row in connection.execute(query)}
