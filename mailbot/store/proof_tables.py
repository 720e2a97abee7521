"""The table of proofs: the zip that was built before a person was erased; its hash, and where kept, its octets.

No personal data but inside `sealed`, which only the operator's key opens. No queries here.
"""

from datetime import datetime

from sqlalchemy import Column, LargeBinary
from sqlmodel import Field

from mailbot.store.schema import Table


class Proof(Table, table=True):
    """One for each person: built before the erasure, once."""

    person_id: str = Field(primary_key=True, max_length=26)
    sha256: str = Field(max_length=64)  # of the zip, before it was sealed
    built_at: datetime
    destroyed_at: datetime | None = None  # None: the erasure did not happen yet
    sealed: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))  # age, for the operator
    until: datetime | None = None  # how long it is kept
    removed_at: datetime | None = None  # when it was let go of
