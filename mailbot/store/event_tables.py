"""The journal: events, and the places at which retention cut their chain. Tables alone; chain.py says what holds.

No personal data: ids, times, reasons. Triggers (migration 0006) refuse to change an event or a cut, to take a cut away,
and to take an event away that no cut covers. A migration that copies the table anew has to make them anew.
"""

from datetime import datetime

from sqlalchemy import BigInteger, Column, Index
from sqlmodel import Field

from mailbot.store.schema import Table


class Event(Table, table=True):
    """An append-only audit row; never personal data."""

    __table_args__ = (Index("ix_event_position", "position", unique=True),)
    id: int | None = Field(default=None, primary_key=True)
    at: datetime
    who: str  # mailbot, operator, or the login name of an operator at the console
    what: str
    reason: str = ""
    request_id: str | None = Field(default=None, index=True, max_length=12)
    person_id: str | None = Field(default=None, index=True, max_length=26)
    position: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))  # from 1; None: unsealed
    link: str | None = Field(default=None, max_length=64)


class EventCut(Table, table=True):
    """An anchor: the last event that retention took away, and how many it took with it."""

    __tablename__ = "event_cut"
    position: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    link: str = Field(max_length=64)
    removed: int = Field(sa_column=Column(BigInteger, nullable=False))
    at: datetime
    seal: str = Field(max_length=64)
