"""The cards of the mails to the operator, and what she ordered by answering them. A table alone; no queries here."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from mailbot.store.schema import Table


class DigestCard(Table, table=True):
    """One question in one mail to one address; its token is known to whoever got that mail alone."""

    __tablename__ = "digest_card"
    __table_args__ = (UniqueConstraint("digest", "number"),)
    token: str = Field(primary_key=True, max_length=26)
    digest: str = Field(max_length=26)  # the token of the mail that bears it
    number: int  # by which an answer names it
    addressee: str = Field(max_length=64)  # keyed hash of the address to which it went
    deputy: bool = False  # it went to the deputy
    request_id: str | None = Field(default=None, index=True, max_length=12)
    ask: str = Field(max_length=16)  # what was asked
    kind: str = Field(default="", max_length=16)  # of the request, when it was asked
    dealt: str = Field(default="", max_length=32)  # how the request stood then
    made_at: datetime
    verb: str = Field(default="", max_length=8)  # what she ordered: yes, no, spam
    note: str = ""  # what she wrote behind it, until it is done
    ordered_at: datetime | None = None
    stamp: str = Field(default="", max_length=32)  # how the request stood when it was begun
    done_at: datetime | None = None
    result: str = Field(default="", max_length=32)  # what was done, or why not
    why: str = ""  # the command's own words where it refused; they name nobody
    told_at: datetime | None = None
