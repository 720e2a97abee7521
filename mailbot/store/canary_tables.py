"""The trial mails of `check --canary`. A table alone; no queries here."""

from datetime import datetime

from sqlmodel import Field

from mailbot.store.schema import Table


class Canary(Table, table=True):
    """One mail to ourselves that is on its way, or came."""

    key: str = Field(primary_key=True, max_length=64)  # keyed hash of its mark
    sent_at: datetime
    seen_at: datetime | None = None  # when a pass took it up
    mail_id: int | None = None  # its row in the ledger
