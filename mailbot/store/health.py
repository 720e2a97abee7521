"""How the installation fares, counted by the database itself; what the last pass was. Nobody's data."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from mailbot.store import forgets, queue
from mailbot.store.tables import Mail, Note, Reply, Request
from mailbot.store.transaction import Transaction

TEMPLATE = "operator-health"
PASS = "pass"  # a note: when the last pass ended, how long it took, when the last one that succeeded did
SILENT = "silent"  # a note: that the operator was told that no pass succeeds, since when and why
DECISIONS = ("apply", "challenge", "ask", "hold", "leave", "ignore")
STATES = ("applied", "challenged", "asked", "held", "refused", "expired", "undone", "ignored", "left")
LATEST = 20  # mails whose times are compared
RECENT = timedelta(days=2)
_mail: Any = Mail.__table__  # type: ignore[attr-defined]
_reply: Any = Reply.__table__  # type: ignore[attr-defined]
_request: Any = Request.__table__  # type: ignore[attr-defined]
_note: Any = Note.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """What is known of the passes; None before the first."""

    ended_at: datetime | None = None
    seconds: float = 0.0  # that the last one took
    ok_at: datetime | None = None  # when the last one that succeeded ended
    failing_since: datetime | None = None  # when the first one after it failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What is counted."""

    mails: dict[str, int]  # by decision
    requests: dict[str, int]  # by state
    open: int
    overdue: int
    owed: int
    gave_up: int


def last_pass(connection: sa.Connection) -> Pass:
    """Return what the last pass was."""
    said = connection.execute(sa.select(_note.c.value).where(_note.c.name == PASS)).scalar()
    found = json.loads(said) if said else {}
    ended_at, ok_at = _time(found.get("ended_at")), _time(found.get("ok_at"))
    since = _time(found.get("failing_since"))
    return Pass(ended_at=ended_at, seconds=found.get("seconds", 0.0), ok_at=ok_at, failing_since=since)


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def note_pass(unit: Transaction, *, succeeded: bool, seconds: float) -> None:
    """Note that a pass ended now."""
    before = last_pass(unit.connection)
    ok_at = unit.now if succeeded else before.ok_at
    since = None if succeeded else before.failing_since or unit.now
    said = {
        "ended_at": unit.now.isoformat(), "seconds": round(seconds, 3), "ok_at": ok_at and ok_at.isoformat(),
        "failing_since": since and since.isoformat(),
    }  # fmt: skip
    unit.set_note(PASS, json.dumps(said))


def take_back(unit: Transaction) -> None:
    """End the mails that tell that nothing works, as long as none left: they are not true when they can."""
    unsent = sa.and_(_reply.c.template == TEMPLATE, _reply.c.sent_at.is_(None), _reply.c.gave_up_at.is_(None))
    for reply_id in unit.connection.execute(sa.select(_reply.c.id).where(unsent)).scalars().all():
        forgets.forget_reply(unit, reply_id)
        unit.update(Reply, reply_id, gave_up_at=unit.now, gave_up_why="outdated")


def figures(connection: sa.Connection, now: datetime) -> Figures:
    """Count mails, requests and answers. A mail in shadow counts under the decision that it would have had."""
    count = sa.func.count()
    mails, states = _by(connection, _mail.c.decision), _by(connection, _request.c.state)
    unsent = sa.select(count).where(_reply.c.sent_at.is_(None))
    refused = sa.and_(_reply.c.gave_up_at.is_not(None), _reply.c.gave_up_why == "refused")
    total, overdue = queue.overdue(connection, now)
    return Figures(
        mails={name: mails.get(name, 0) for name in DECISIONS},
        requests={name: states.get(name, 0) for name in STATES}, open=total, overdue=overdue,
        owed=int(connection.execute(unsent.where(_reply.c.gave_up_at.is_(None))).scalar_one()),
        gave_up=int(connection.execute(unsent.where(refused)).scalar_one()),
    )  # fmt: skip


def _by(connection: sa.Connection, column: Any) -> dict[str, int]:
    """Return how many rows have each value of a column that has an index: the rows themselves are not read."""
    return {row[0]: int(row[1]) for row in connection.execute(sa.select(column, sa.func.count()).group_by(column))}


def ahead(connection: sa.Connection, now: datetime) -> timedelta | None:
    """Return by how much the mailbox's server was ahead of our clock at most, by the latest mails; None without any.

    A mail can't be decided before it came: where it was, our clock is slow at least by that much.
    """
    latest = sa.select(_mail.c.received_at, _mail.c.decided_at).where(_mail.c.decided_at > now - RECENT)
    rows = connection.execute(latest.order_by(_mail.c.id.desc()).limit(LATEST)).all()
    return max((row.received_at - row.decided_at for row in rows), default=None)
