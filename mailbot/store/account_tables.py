"""Who may open the console, and who has it open. Tables alone; of the people on file nothing stands here.

A password stands as its argon2 hash, the token of a session as a keyed hash: whoever reads the store can use neither.
"""

from datetime import datetime

from sqlmodel import Field

from mailbot.store.schema import Table


class OperatorAccount(Table, table=True):
    """One who works at the console, by a login name that the events bear."""

    __tablename__ = "operator_account"
    name: str = Field(primary_key=True, max_length=32)
    role: str = Field(max_length=16)  # operator, reader
    password: str  # argon2id, with its salt and parameters
    totp: str = Field(default="", max_length=64)  # the shared secret of RFC 6238 in base32, "" where none is asked
    totp_step: int = 0  # of the last code that was used: none is used twice
    failures: int = 0  # tries since the last one that was right
    locked_until: datetime | None = None
    created_at: datetime


class ConsoleSession(Table, table=True):
    """One browser that logged in."""

    __tablename__ = "console_session"
    key: str = Field(primary_key=True, max_length=64)
    name: str = Field(index=True, max_length=32)
    opened_at: datetime
    seen_at: datetime
