"""The tables of consents: given and withdrawn, under which text, and what is open beside them. No queries here."""

from datetime import date, datetime

from sqlalchemy import Column, LargeBinary
from sqlmodel import Field

from mailbot.store import tables as _tables  # noqa: F401 - person is what they belong to
from mailbot.store.schema import Table


class Consent(Table, table=True):
    """One consent, given and perhaps withdrawn; a person and purpose may have several, the latest counts."""

    id: int | None = Field(default=None, primary_key=True)
    person_id: str = Field(foreign_key="person.id", index=True, max_length=26)
    purpose: str  # processing, news
    given_at: datetime | None = None  # None: unproven
    source: str = Field(default="", index=True)  # import, operator, mail, or as the CSV says
    given_by: str | None = Field(default=None, max_length=8)  # form, import, mail, operator; None: not noted then
    policy_version: str = ""
    withdrawn_at: datetime | None = None
    withdrawn_by: str = Field(default="", index=True)  # the request's number
    proof: str | None = None  # SHA-256 of the form mail or submission that gave it
    octets: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))  # that mail, where kept


class PolicyText(Table, table=True):
    """The text that a version of the published policy had; written once, never changed."""

    __tablename__ = "policy_text"
    version: str = Field(primary_key=True)
    sha256: str = Field(max_length=64)
    noted_at: datetime


class Obligation(Table, table=True):
    """An open course, debt or refund; while it is open, consent can't be withdrawn whole (law, art. 8(2))."""

    id: int | None = Field(default=None, primary_key=True)
    person_id: str = Field(foreign_key="person.id", index=True, max_length=26)
    until: date | None = None
    opened_at: datetime
    closed_at: datetime | None = None
