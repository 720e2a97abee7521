"""The trial mails of `check --canary`. A table alone; no queries here."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel


class Canary(SQLModel, table=True):
    """One mail to ourselves that is on its way, or came."""

    key: str = Field(primary_key=True, max_length=64)  # keyed hash of its mark
    sent_at: datetime
    seen_at: datetime | None = None  # when a pass took it up
    mail_id: int | None = None  # its row in the ledger
