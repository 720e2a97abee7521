"""The chain of events: a sealed event has a place without gaps, and a link that rests on the link before it.

Events are inserted unsealed, without a lock (transaction.py). The sweep seals what is committed, in the order in which
it finds it: what another writer commits late, under a lower number, is sealed later and stands further on. One sealer
works at a time; where the lock fails, the unique index on the place says so. Nothing that is sealed is changed.

A link is an HMAC with a key of this purpose alone (keys.py), so whoever can write into the store and has no key makes
none. The head (place and link of the last sealed event) stands in the store under a seal of its own, so that a tail
which is cut off is seen; and outside, in the operator's mails, for whoever puts an old copy of the store in place.
After a rotation of the key what was sealed before stays as it is; the head is sealed anew, and along the chain no link
is taken by a key that is older than the one of the link before it: who learned a former key can't go on with it, nor
change what the later links rest on. The event of a rotation names the last cut of then: no later one is the former's.
Where the head does not fit what stands there, nothing more is sealed: new links would hide it. What is wrong, and
where, is told by operating/audit.py.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from mailbot.store.engine import lock, utc_text
from mailbot.store.event_tables import Event, EventCut
from mailbot.store.keys import Keys
from mailbot.store.tables import Note, Person, Request
from mailbot.store.transaction import Transaction

BATCH = 1_000  # events sealed in one transaction
CUT = 10_000  # events taken away at once; the rest follows in the next pass
LOCK = b"events".hex()
HEAD = "event_head"  # the note that keeps the head: position:link:seal
_HEAD = re.compile(r"(\d{1,18}):([a-z2-7]{52}):([a-z2-7]{52})", re.ASCII)
_event: Any = Event.__table__  # type: ignore[attr-defined]
_cut: Any = EventCut.__table__  # type: ignore[attr-defined]
_note: Any = Note.__table__  # type: ignore[attr-defined]
_person: Any = Person.__table__  # type: ignore[attr-defined]
_request: Any = Request.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Head:
    """How far the chain reaches: the place of an event (0: none) and its link; printed as POSITION:LINK."""

    position: int = 0
    link: str = ""

    def __str__(self) -> str:
        return f"{self.position}:{self.link}"


def head(connection: sa.Connection) -> Head:
    """Return the head as it is kept, for whoever keeps it outside; `trusted` tells whether it may be believed."""
    return _split(_kept(connection))[0]


def kept(connection: sa.Connection, keys: Keys) -> Head | None:
    """Return the head that is kept, place 0 before anything was sealed; None where its seal is not ours."""
    found, seal = _split(_kept(connection))
    return found if found == Head() or seal == keys.chain("head", found.position, found.link) else None


def trusted(connection: sa.Connection, keys: Keys) -> Head | None:
    """Return the head that new links may rest on; None where something stands beyond it, or its seal is not ours."""
    found = kept(connection, keys)
    tops = [connection.execute(sa.select(sa.func.max(t.c.position))).scalar() for t in (_event, _cut)]
    if found is None or any(top is not None and (not isinstance(top, int) or top > found.position) for top in tops):
        return None
    return found


def _kept(connection: sa.Connection) -> str:
    return str(connection.execute(sa.select(_note.c.value).where(_note.c.name == HEAD)).scalar() or "")


def _split(value: str) -> tuple[Head, str]:
    found = _HEAD.fullmatch(value)
    return (Head(int(found[1]), found[2]), found[3]) if found else (Head(), "")


def link(keys: Keys, previous: str, position: int, row: Any) -> str:
    """Return the link of an event at a place, by what stands in its row now."""
    said = (row.who, row.what, row.reason, row.request_id, row.person_id)
    return keys.chain("event", previous, position, row.id, utc(row.at), *said)


def sealers(ever: Sequence[Keys], previous: Head, row: Any) -> Sequence[Keys]:
    """Return the keys from the one on that sealed a row right behind that place, oldest first; () where none did."""
    place = previous.position + 1
    made = (n for n, keys in enumerate(ever) if row.link == link(keys, previous.link, place, row))
    return ever[n:] if (n := next(made, None)) is not None else ()


def cut_by(ever: Sequence[Keys], cut_: Any) -> Sequence[Keys]:
    """Do the same for a cut."""
    made = (n for n, keys in enumerate(ever) if cut_.seal == seal_of(keys, cut_))
    return ever[n:] if (n := next(made, None)) is not None else ()


def seal_of(keys: Keys, cut_: Any) -> str:
    """Return the seal of a cut, by what stands in its row now."""
    return keys.chain("cut", cut_.position, cut_.link, cut_.removed, utc(cut_.at))


def utc(text: Any) -> str:
    """Return a time of the store as every dialect's is hashed: RFC 3339, UTC, microseconds; else marked with "?"."""
    try:
        at = datetime.fromisoformat(text)
        aware = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return f"?{text}"
    return aware.isoformat(timespec="microseconds")


def _columns(connection: sa.Connection, table: Any) -> Any:
    return sa.select(*(utc_text(connection, c).label("at") if c.name == "at" else c for c in table.c))


def rows(connection: sa.Connection, *, unsealed: bool = False) -> Generator[Any, None, None]:
    """Yield the sealed events by place, a thousand in memory at a time; with `unsealed` every event."""
    query = _columns(connection, _event).order_by(_event.c.position)
    if not unsealed:
        query = query.where(_event.c.position.is_not(None))
    with closing(connection.execute(query.execution_options(yield_per=BATCH))) as found:
        yield from found


def cuts(connection: sa.Connection) -> list[Any]:
    """Return the cuts, first the oldest: one a day at most."""
    return list(connection.execute(_columns(connection, _cut).order_by(_cut.c.position)))


def last_cut(connection: sa.Connection) -> int:
    """Return the place of the last event that retention took away, 0 for none."""
    return int(connection.execute(sa.select(sa.func.max(_cut.c.position))).scalar() or 0)


def counts(connection: sa.Connection) -> tuple[int, int]:
    """Return how many events are sealed, and how many are not yet."""
    sealed, every = connection.execute(sa.select(sa.func.count(_event.c.position), sa.func.count())).one()
    return int(sealed), int(every - sealed)


def link_at(connection: sa.Connection, position: int) -> str | None:
    """Return the link that stands at a place, be it an event's or a cut's; None where there is neither."""
    for table in (_event, _cut):
        found = connection.execute(sa.select(table.c.link).where(table.c.position == position)).scalar()
        if found is not None:
            return str(found)
    return None


def is_waiting(connection: sa.Connection) -> bool:
    """Tell whether an event is not sealed yet."""
    query = sa.select(_event.c.id).where(_event.c.position.is_(None)).limit(1)
    return connection.execute(query).first() is not None


def seal(unit: Transaction) -> int:
    """Seal the oldest events that are committed and not sealed, BATCH at most; return how many."""
    connection = unit.connection
    lock(connection, LOCK)
    unsealed = _columns(connection, _event).where(_event.c.position.is_(None)).order_by(_event.c.id).limit(BATCH)
    last, sealed = trusted(connection, unit.keys), []
    if last is None:
        return 0
    for row in connection.execute(unsealed).all():
        place = last.position + 1
        last = Head(place, link(unit.keys, last.link, place, row))
        sealed.append({"event": row.id, "place": place, "made": last.link})
    if sealed:
        mine = sa.and_(_event.c.id == sa.bindparam("event"), _event.c.position.is_(None))
        update = sa.update(_event).where(mine).values(position=sa.bindparam("place"), link=sa.bindparam("made"))
        connection.execute(update, sealed)
        _keep(unit, last)
    return len(sealed)


def reseal(unit: Transaction, was: Keys) -> None:
    """Seal the head with the present key where the seal that an earlier one made is right; else the fault stays."""
    found = kept(unit.connection, was)
    if found is not None and found != Head():
        _keep(unit, found)


def _keep(unit: Transaction, last: Head) -> None:
    value = f"{last}:{unit.keys.chain('head', last.position, last.link)}"
    if unit.row(Note, HEAD) is None:
        unit.connection.execute(sa.insert(_note).values(name=HEAD, value=value))
    else:
        unit.update(Note, HEAD, value=value)


def is_old(connection: sa.Connection, before: datetime) -> bool:
    """Tell whether the first sealed event is from before that time."""
    query = _columns(connection, _event).where(_event.c.position.is_not(None)).order_by(_event.c.position).limit(1)
    row = connection.execute(query).first()
    return row is not None and utc(row.at) < utc(before.isoformat())


def cut(unit: Transaction, before: datetime) -> int:
    """Take the first events away that are all from before that time, CUT at most; return how many.

    Their last place and link stay. What concerns somebody whose data are in dispute stays, and what comes after it.
    Nothing is taken from a chain that does not hold: the break would leave with it.
    """
    connection = unit.connection
    lock(connection, LOCK)
    if trusted(connection, unit.keys) is None:
        return 0
    earlier = cuts(connection)
    start = Head(earlier[-1].position, earlier[-1].link) if earlier else Head()
    last = _last_of(unit, start, utc(before.isoformat()))
    count = last.position - start.position if last is not None else 0
    if last is None or not count:
        return 0
    stamped = unit.keys.chain("cut", last.position, last.link, count, utc(unit.now.isoformat()))
    unit.insert(EventCut, position=last.position, link=last.link, removed=count, at=unit.now, seal=stamped)
    connection.execute(sa.delete(_event).where(_event.c.position <= last.position))
    unit.event("journal_cut", str(count))
    return count


def _last_of(unit: Transaction, start: Head, before: str) -> Head | None:
    """Return the last event that may leave, `start` where none may; None where the chain does not hold until there."""
    people, requests = _disputed(unit.connection)
    with closing(rows(unit.connection)) as found:
        last = start
        ever: Sequence[Keys] = unit.keys.ever
        for row in found:
            over = last.position - start.position >= CUT or utc(row.at) >= before
            if over or row.person_id in people or row.request_id in requests:
                break
            ever = sealers(ever, last, row)
            if row.position != last.position + 1 or not ever:
                return None
            last = Head(row.position, row.link)
    return last


def _disputed(connection: sa.Connection) -> tuple[set[str], set[str]]:
    """Return the people whose data are in dispute, and the numbers of their requests."""
    people = set(connection.execute(sa.select(_person.c.id).where(_person.c.disputed.is_(True))).scalars())
    theirs = sa.select(_request.c.id).where(_request.c.person_id.in_(people))
    return people, set(connection.execute(theirs).scalars()) if people else set()
