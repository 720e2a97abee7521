"""What other places have to follow: one task a place, and the hooks that are owed. Tables alone, no queries here.

Personal data: `identifier`, `fields` and `value`. The first two are kept until the task is ticked or the hook is
delivered, and no longer; the last as long as the person.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, UniqueConstraint
from sqlmodel import Field

from mailbot.store.schema import Table


class PlaceTask(Table, table=True):
    """What one place must still do for one request."""

    __tablename__ = "place_task"
    __table_args__ = (UniqueConstraint("request_id", "place", "what"),)
    id: int | None = Field(default=None, primary_key=True)
    request_id: str = Field(index=True, max_length=12)
    person_id: str | None = Field(default=None, index=True, max_length=26)  # None once destroyed, and for nobody
    place: str
    what: str  # update, unsubscribe, withdrawal, back
    identifier: str = ""  # by what the place finds the person, several parted by "; "; "" once it is done
    by_hook: bool = False
    opened_at: datetime
    due_at: datetime | None = None  # None: a withdrawal that was not destroyed here yet
    done_at: datetime | None = None
    done_by: str = ""  # operator, hook, law, undone, superseded


class PlaceId(Table, table=True):
    """The id under which a place knows a person."""

    __tablename__ = "place_id"
    __table_args__ = (UniqueConstraint("person_id", "place"),)
    id: int | None = Field(default=None, primary_key=True)
    person_id: str = Field(index=True, max_length=26)
    place: str
    value: str


class HookCall(Table, table=True):
    """A signed web call that we owe a place; in order for each person, at least once."""

    __tablename__ = "hook_call"
    __table_args__ = (Index("ix_hook_call_due", "delivered_at", "dead_at", "next_try_at"),)
    id: int | None = Field(default=None, primary_key=True)  # the order in which calls were owed
    event_id: str = Field(unique=True, max_length=26)  # what the receiver knows repeats by
    queue: str = Field(index=True, max_length=64)  # whose: a later call waits for an earlier one of the same place
    place: str
    event: str  # person.updated, person.unsubscribed, person.stopped, person.destroyed
    request_id: str = Field(index=True, max_length=12)
    task_id: int = Field(index=True)
    kind: str  # email, phone, id
    identifier: str = ""
    fields: dict[str, Any] = Field(default={}, sa_column=Column(JSON, nullable=False))
    created_at: datetime
    tries: int = 0
    next_try_at: datetime | None = None
    delivered_at: datetime | None = None
    dead_at: datetime | None = None
    answer: str = ""  # the receiver's status, or what kept it from answering; never its words
