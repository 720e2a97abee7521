"""The outbox: replies leased, marked as sent, put off or given up; what their caps allow. No mail is sent here."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from mailbot.deciding.decision import WHOLE
from mailbot.policy import LimitRules
from mailbot.reading.address import address_key
from mailbot.store import effects, forgets, turns
from mailbot.store.engine import lock, now_for_all
from mailbot.store.process import is_gone
from mailbot.store.store import Store
from mailbot.store.tables import Person, Reply, Request
from mailbot.store.transaction import Transaction

LEASE = timedelta(seconds=240)  # half of it is left when a text leaves: as long as a server may take for it
LOCK = b"outbox".hex()
BACK_OFF = (1, 5, 15, 60, 240, 720)  # minutes at most before the next try, by how often it was put off
JITTER = 0.2  # so much of that is left to chance: what was put off together does not come back together
IN_ORDER = 3  # tries for which later ones to the same address wait: a text that a server won't have blocks nobody
BATCH = 50  # leased at once
HELP = 20  # answers that wait for a server: so many are worth another host's connection
TRIES = 14  # about five days (RFC 5321 section 4.5.4.1); then it is given up
_reply: Any = Reply.__table__  # type: ignore[attr-defined]
_earlier: Any = _reply.alias("earlier")
_HAD = sa.select(  # how many questions and receipts an address had: in thirty days, in one
    sa.func.count(), sa.func.count(sa.case((_reply.c.created_at > sa.bindparam("day"), 1)))
).where(
    _reply.c.address_key == sa.bindparam("key"), _reply.c.counted.is_(True), _reply.c.proven == sa.bindparam("proven"),
    _reply.c.gave_up_at.is_(None), _reply.c.created_at > sa.bindparam("month"),
)  # fmt: skip
_request: Any = Request.__table__  # type: ignore[attr-defined]
_TAKEN = (  # what the mark of a reply hangs on
    sa.select(
        _reply.c.template, _reply.c.role, _reply.c.token, _reply.c.request_id, _request.c.kind, _request.c.person_id,
        _request.c.address_key,
    )
    .outerjoin_from(_reply, _request, _reply.c.request_id == _request.c.id)
    .where(_reply.c.id == sa.bindparam("number"))
)  # fmt: skip

WindowEnd = Callable[[datetime], datetime]


@dataclass(frozen=True, slots=True)
class Leased:
    """One reply that this process may send until its lease lapses."""

    id: int
    address: str
    octets: bytes
    bounce_key: str
    token: str  # a number may be another reply's once a backup was restored


def lease(
    store: Store, owner: str, limit: int | LimitRules, *, counted: bool, overtakes: bool = False
) -> list[Leased]:  # fmt: skip
    """Lease replies that are due, in order; a lease of a process that is gone on this host counts for nothing.

    `counted`: those that the caps count, or the others. A reply waits for every earlier one to its address, so a
    person hears things in the order in which they happened; where it `overtakes`, for those of its own sort alone.
    `limit`: so many, or a batch within the room of the hour, of which what others have leased meanwhile goes off.
    """
    with store.unit() as unit:
        alone(unit)  # else one might skip the earlier reply that another is about to lease, and overtake it
        now = now_for_all(unit.connection, unit.now)
        free = _free(unit.connection, now)
        if isinstance(limit, LimitRules):
            limit = min(BATCH, _room(unit.connection, limit, unit.now, free, counted=counted))
        waits = _waits(now, free(_earlier.c), counted, overtakes)
        rows = unit.connection.execute(
            sa.select(_reply.c.id, _reply.c.address, _reply.c.octets, _reply.c.bounce_key, _reply.c.token)
            .where(*_due(_reply.c, now), free(_reply.c), _reply.c.counted.is_(counted), sa.not_(waits))
            .order_by(_reply.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        ).all()
        if rows:
            ids = [row.id for row in rows]
            unit.connection.execute(
                sa.update(_reply).where(_reply.c.id.in_(ids)).values(owner=owner, lease_until=now + LEASE)
            )
    return [Leased(row.id, row.address, row.octets, row.bounce_key or "", row.token) for row in rows]


def call_for_help(store: Store, least: int = HELP) -> None:
    """Tell the other hosts that share the mailboxes, if there are any, where so many answers wait for a server."""
    if store.fence is None:
        return
    some = sa.select(_reply.c.id).where(*_unsent(_reply.c), _reply.c.lease_until.is_(None)).limit(least)
    with store.unit() as unit:
        if len(unit.connection.execute(some).all()) == least:
            turns.tell(unit.connection, store.fence.mailbox)


def _waits(now: datetime, free: Any, counted: bool, overtakes: bool) -> Any:
    """Return the condition that an earlier reply to the same address is not sent, and not about to be sent with it."""
    row = _earlier.c
    unsent = (
        row.address_key == _reply.c.address_key, row.id < _reply.c.id, row.tries < IN_ORDER, row.role != "operator",
        *_unsent(row),
    )  # fmt: skip
    sort = row.counted.is_(counted)
    with_it = sa.and_(*_due(row, now), free, sort)
    return sa.exists().where(*unsent, sa.not_(with_it), *((sort,) if overtakes else ()))


def alone(unit: Transaction) -> None:
    """Have no other process lease, drop or rewrite a reply of this store until the transaction ends."""
    lock(unit.connection, LOCK)


def _free(connection: sa.Connection, now: datetime) -> Callable[[Any], Any]:
    """Return what gives the condition, for the columns of the table, that no living process has a lease."""
    leased = sa.and_(_reply.c.lease_until > now, _reply.c.sent_at.is_(None))
    owners = connection.execute(sa.select(_reply.c.owner).where(leased).distinct()).scalars()
    gone = [owner for owner in owners if is_gone(owner)]
    return lambda row: sa.or_(row.lease_until.is_(None), row.lease_until <= now, row.owner.in_(gone))


def _unsent(row: Any) -> tuple[Any, ...]:
    return (row.sent_at.is_(None), row.gave_up_at.is_(None))


def _due(row: Any, now: datetime) -> tuple[Any, ...]:
    return (*_unsent(row), sa.or_(row.next_try_at.is_(None), row.next_try_at <= now))


def extend(store: Store, owner: str, ids: list[int], lasts: timedelta = LEASE) -> set[int]:
    """Renew the lease of replies not sent yet; return those that are still ours."""
    with store.unit() as unit:
        alone(unit)
        until = now_for_all(unit.connection, unit.now) + lasts
        ours = sa.and_(_reply.c.id.in_(ids), _reply.c.owner == owner, _reply.c.sent_at.is_(None))
        unit.connection.execute(sa.update(_reply).where(ours).values(lease_until=until))
        return set(unit.connection.execute(sa.select(_reply.c.id).where(ours)).scalars())


def sent(store: Store, reply_id: int, answer: str, window_end: WindowEnd, *, token: str = "") -> None:
    """Mark a reply as taken by the server; a withdrawal's receipt opens its undo window.

    `token`: nothing is marked where that number is another reply's since, here and below.
    """
    with store.unit() as unit:
        row = unit.connection.execute(_TAKEN, {"number": reply_id}).first()
        if row is None or token not in ("", row.token):
            return
        unit.update(Reply, reply_id, sent_at=unit.now, answer=_plain(answer), owner="", lease_until=None, said=None)
        if row.template == "withdrawal-stopped" and row.role == "receipt":
            schedule_destruction(unit, row.request_id, window_end)
        # A mail that closes a form which brought nobody in: the address that was typed is not kept.
        nobodys = row.kind == "form" and row.person_id is None and not row.address_key
        if row.role in ("final", "operator") or nobodys:
            forgets.forget_reply(unit, reply_id)
        elif row.template == WHOLE:
            forgets.forget_text(unit, reply_id)


def _plain(answer: str) -> str:
    """Return a server's answer without the words that may be addresses."""
    return " ".join(word for word in answer.split() if "@" not in word)[:200]


def schedule_destruction(unit: Transaction, request_id: str, window_end: WindowEnd) -> None:
    """Set when a withdrawal is carried out to its end; an open question of the operator holds it back."""
    request = unit.row(Request, request_id)
    if request is None or request.state != "applied" or "obligations" in request.open or request.destroy_at:
        return
    receipts = sa.select(sa.func.max(_reply.c.sent_at)).where(
        _reply.c.request_id == request_id, _reply.c.template == "withdrawal-stopped", _reply.c.role == "receipt"
    )
    first = unit.connection.execute(receipts).scalar()
    if first is not None:
        end = window_end(max(first, unit.now))  # an open question held the window back until now
        unit.update(Request, request_id, destroy_at=end, undo_until=end)
        unit.update(Person, request.person_id, blocked_until=end)


def put_off(store: Store, reply_id: int, answer: str, *, token: str = "") -> bool:
    """Try a reply again later, the server said 4xx; False where it was tried often enough: then it is not put off."""
    with store.unit() as unit:
        row = unit.row(Reply, reply_id)
        if row is None or token not in ("", row.token):
            return True
        if row.tries + 1 >= TRIES:
            return False
        minutes = BACK_OFF[min(row.tries, len(BACK_OFF) - 1)] * (1 - JITTER * random.random())
        unit.update(
            Reply, reply_id, tries=row.tries + 1, next_try_at=unit.now + timedelta(minutes=minutes), owner="",
            lease_until=None, answer=_plain(answer),
        )  # fmt: skip
    return True


def release(store: Store, owner: str, ids: list[int]) -> None:
    """Give leases back for replies that were not tried; one that another process took meanwhile stays its own."""
    if ids:
        with store.unit() as unit:
            ours = sa.and_(_reply.c.id.in_(ids), _reply.c.owner == owner, _reply.c.sent_at.is_(None))
            unit.connection.execute(sa.update(_reply).where(ours).values(owner="", lease_until=None))


def give_up(store: Store, reply_id: int, answer: str, due_at: datetime | None = None, *, token: str = "") -> None:
    """Give a reply up for good (5xx to its recipient or text) and hold its request for the operator until then."""
    with store.unit() as unit:
        row = unit.row(Reply, reply_id)
        if row is None or token not in ("", row.token):
            return
        unit.update(
            Reply,
            reply_id,
            gave_up_at=unit.now,
            gave_up_why="refused",
            answer=_plain(answer),
            owner="",
            lease_until=None,
            said=None,
        )
        unit.request_id = row.request_id or ""
        if row.role in ("final", "operator"):
            forgets.forget_reply(unit, reply_id)
            if row.role == "operator" and row.tries + 1 >= TRIES:  # put off, not refused: it may be told again
                forgets.tell_anew(unit, row.created_at)
        elif row.request_id:
            effects.hold_request(unit, row.request_id, "reply_refused", due_at)
        if row.template == WHOLE:
            forgets.forget_text(unit, reply_id)
        unit.event("reply_given_up", row.template)


def owed(store: Store) -> int:
    """Return how many replies wait to be sent."""
    with store.reading() as connection:
        query = sa.select(sa.func.count()).where(_reply.c.sent_at.is_(None), _reply.c.gave_up_at.is_(None))
        return int(connection.execute(query).scalar_one())


def is_capped(unit: Transaction, address: str, proven: bool, limits: LimitRules) -> bool:
    """Tell whether an address had its share of questions and receipts; proven and unproven are counted apart."""
    day, month = unit.now - timedelta(days=1), unit.now - timedelta(days=30)
    values = {"key": address_key(address), "proven": proven, "day": day, "month": month}
    in_month, in_day = unit.connection.execute(_HAD, values).one()
    return in_day >= limits.replies_per_day or in_month >= limits.replies_per_30_days


def room(store: Store, limits: LimitRules, *, counted: bool) -> int:
    """Return how many replies may still go out in this hour: of those that the caps count, or of the others.

    What is counted has the room that all mail left; an answer that the law asks for has the room that other such
    answers left, so no wave of questions, which anybody can set off, takes it away.
    """
    with store.reading() as connection:
        now = store.clock()
        free = _free(connection, now_for_all(connection, now))
        return _room(connection, limits, now, free, counted=counted)


def _room(connection: sa.Connection, limits: LimitRules, now: datetime, free: Any, *, counted: bool) -> int:
    under_way = sa.and_(*_unsent(_reply.c), sa.not_(free(_reply.c)))
    mine = sa.or_(_reply.c.sent_at > now - timedelta(hours=1), under_way)
    mine = mine if counted else sa.and_(mine, _reply.c.counted.is_(False))
    sent = connection.execute(sa.select(sa.func.count()).where(mine)).scalar_one()
    return max(0, limits.replies_per_hour - int(sent))
