"""Obligations hold a destruction back: opened, moved, closed. Core queries alone; no rule stands here."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from mailbot.store.consent_tables import Obligation

_obligation: Any = Obligation.__table__  # type: ignore[attr-defined]


def open_until(connection: sa.Connection, person_id: str, until: date | None, at: datetime) -> bool:
    """Open an obligation until that day (None: until it is closed), or move the open one's day; tell of a change."""
    mine = sa.and_(_obligation.c.person_id == person_id, _obligation.c.closed_at.is_(None))
    days = connection.execute(sa.select(_obligation.c.until).where(mine)).scalars().all()
    if until in days:
        return False
    if days:
        connection.execute(sa.update(_obligation).where(mine).values(until=until))
    else:
        connection.execute(sa.insert(_obligation).values(person_id=person_id, until=until, opened_at=at))
    return True


def close(connection: sa.Connection, person_id: str, at: datetime) -> None:
    """Close every open obligation of a person."""
    mine = sa.and_(_obligation.c.person_id == person_id, _obligation.c.closed_at.is_(None))
    connection.execute(sa.update(_obligation).where(mine).values(closed_at=at))


def close_lapsed(connection: sa.Connection, today: date, at: datetime) -> list[str]:
    """Close the obligations whose last day is over; return the ids of their people."""
    lapsed = sa.and_(_obligation.c.until < today, _obligation.c.closed_at.is_(None))
    ids = list(connection.execute(sa.select(_obligation.c.person_id).where(lapsed)).scalars())
    connection.execute(sa.update(_obligation).where(lapsed).values(closed_at=at))
    return ids
