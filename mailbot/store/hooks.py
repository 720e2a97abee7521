"""The hooks that are owed: enqueued in the transaction that did what they tell, leased one by one. No web call here.

Calls about one person go to one place in the order in which they were owed; a call that is dead holds up no later one.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from mailbot.store.place_tables import HookCall
from mailbot.store.transaction import Transaction

BACK_OFF = (1, 5, 15, 60, 240, 720)  # minutes before the next try, by how often it was tried
LONGEST_WAIT = timedelta(days=1)  # that a receiver may ask for (Retry-After, RFC 9110 section 10.2.3)
DEAD_AFTER, FEWEST_TRIES = timedelta(days=7), 3
_call: Any = HookCall.__table__  # type: ignore[attr-defined]
_waiting = sa.and_(_call.c.delivered_at.is_(None), _call.c.dead_at.is_(None))


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What one place is to be told of one person."""

    event: str  # person.updated, person.unsubscribed, person.stopped, person.destroyed
    place: str
    queue: str  # the person's id, also after the destruction; for nobody on file the keyed hash of the address
    task_id: int
    kind: str  # email, phone, id
    identifier: str
    fields: dict[str, Any] = field(default_factory=dict)  # the changed ones that the hook may send
    event_id: str = ""
    request_id: str = ""
    created_at: datetime | None = None
    id: int = 0
    tries: int = 0


def enqueue(unit: Transaction, call: Call) -> None:
    """Owe a place one call."""
    unit.insert(
        HookCall, event_id=unit.new_id(26), queue=call.queue, place=call.place, event=call.event,
        request_id=unit.request_id, task_id=call.task_id, kind=call.kind, identifier=call.identifier,
        fields=call.fields, created_at=unit.now, tries=0, answer="",
    )  # fmt: skip


def is_owed(connection: sa.Connection) -> bool:
    """Tell whether any call waits."""
    return connection.execute(sa.select(_call.c.id).where(_waiting).limit(1)).first() is not None


def take(unit: Transaction, places: Collection[str], lease: timedelta) -> Call | None:
    """Return the first call that is due at one of these places, put off for as long as this process may need for it.

    Only the oldest of each person and place is due: a later one waits until it is delivered or dead.
    """
    oldest = sa.select(sa.func.min(_call.c.id)).where(_waiting).group_by(_call.c.queue, _call.c.place)
    later = sa.or_(_call.c.next_try_at.is_(None), _call.c.next_try_at <= unit.now)
    query = sa.select(_call).where(_call.c.id.in_(oldest), _call.c.place.in_(list(places)), later, _waiting)
    row = unit.connection.execute(query.order_by(_call.c.id).limit(1).with_for_update(skip_locked=True)).first()
    if row is None:
        return None
    unit.update(HookCall, row.id, next_try_at=unit.now + lease)
    return _as_call(row)


def delivered(unit: Transaction, call: Call, answer: str) -> bool:
    """Mark a call as taken and forget whom it named; tell whether it was still owed."""
    mine = sa.and_(_call.c.id == call.id, _call.c.delivered_at.is_(None))
    values = {"delivered_at": unit.now, "tries": call.tries + 1, "answer": answer, "next_try_at": None}
    forgotten = {"identifier": "", "fields": {}}
    return bool(unit.connection.execute(sa.update(_call).where(mine).values(**values, **forgotten)).rowcount)


def put_off(unit: Transaction, call: Call, answer: str, wait: timedelta | None = None) -> bool:
    """Try a call again later; tell whether it is dead now: a week has gone by, and it was tried thrice at least."""
    tries = call.tries + 1
    pause = timedelta(minutes=BACK_OFF[min(call.tries, len(BACK_OFF) - 1)])
    again = unit.now + min(max(pause, wait or pause), LONGEST_WAIT)
    dead = call.created_at is not None and unit.now - call.created_at >= DEAD_AFTER and tries >= FEWEST_TRIES
    mine = sa.and_(_call.c.id == call.id, _waiting)
    values = {"tries": tries, "answer": answer, "next_try_at": again, "dead_at": unit.now if dead else None}
    return bool(unit.connection.execute(sa.update(_call).where(mine).values(**values)).rowcount) and dead


def give_up(unit: Transaction, call: Call, answer: str) -> None:
    """Try a call no more."""
    mine = sa.and_(_call.c.id == call.id, _waiting)
    unit.connection.execute(sa.update(_call).where(mine).values(dead_at=unit.now, answer=answer, next_try_at=None))


def stranded(unit: Transaction, hooked: Collection[str], ready: Collection[str]) -> list[Call]:
    """Return the calls that nobody can make: of a place without a hook now, or for a week without its secret."""
    unhooked = _call.c.place.not_in(list(hooked))
    late = sa.and_(_call.c.place.not_in(list(ready)), _call.c.created_at <= unit.now - DEAD_AFTER)
    rows = unit.connection.execute(sa.select(_call).where(_waiting, sa.or_(unhooked, late)).order_by(_call.c.id))
    return [_as_call(row) for row in rows]


def _as_call(row: Any) -> Call:
    names = ("event", "place", "queue", "task_id", "kind", "identifier", "fields", "event_id", "request_id")
    return Call(**{name: getattr(row, name) for name in (*names, "created_at", "id", "tries")})


def of_task(connection: sa.Connection, task_id: int) -> list[Any]:
    """Return the calls of a task, oldest first."""
    return list(connection.execute(sa.select(_call).where(_call.c.task_id == task_id).order_by(_call.c.id)))


def owes(connection: sa.Connection, task_id: int) -> bool:
    """Tell whether a call of a task was neither taken nor dropped."""
    return any(
        call.delivered_at is None and (call.identifier or not call.dead_at) for call in of_task(connection, task_id)
    )


def drop(unit: Transaction, task_id: int) -> bool:
    """Owe the calls of a task no longer and forget whom they named; tell whether any may have reached its place."""
    query = sa.select(_call).where(_call.c.task_id == task_id).order_by(_call.c.id)
    calls = unit.connection.execute(query.with_for_update()).all()  # one that is being leased is seen as leased
    for call in calls:
        if call.tries == 0 and call.next_try_at is None and call.delivered_at is None:
            unit.connection.execute(sa.delete(_call).where(_call.c.id == call.id))
        elif call.delivered_at is None:
            unit.update(HookCall, call.id, identifier="", fields={}, dead_at=call.dead_at or unit.now)
    return any(call.tries or call.next_try_at for call in calls)


def counts(connection: sa.Connection) -> dict[str, tuple[int, int]]:
    """Return for each place how many calls wait and how many are dead and not settled yet."""
    waits = sa.func.count().filter(_waiting)
    dead = sa.func.count().filter(sa.and_(_call.c.dead_at.is_not(None), _call.c.identifier != ""))
    query = sa.select(_call.c.place, waits, dead).where(_call.c.delivered_at.is_(None)).group_by(_call.c.place)
    return {row[0]: (row[1], row[2]) for row in connection.execute(query)}
