"""Of which clock the operator was reminded, and of what the deputy was told. Tables alone; no personal data."""

from datetime import datetime

from sqlmodel import Field

from mailbot.store.schema import Table


class Reminder(Table, table=True):
    """One reminder: of a request's clock that ends at `due_at`, at that share of its time; told once."""

    request_id: str = Field(primary_key=True, max_length=12)
    due_at: datetime = Field(primary_key=True)
    share: int = Field(primary_key=True)  # per cent; 0: the deputy was told of the request
    at: datetime
