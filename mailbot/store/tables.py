"""What we hold: the tables, one class each (SQLModel). No queries here (unit.py and its neighbours).

Personal data stand in person, address, phone, consent, request (fields, address), reply (octets, address)
and question (address); everything else holds ids, times, keyed hashes and reasons.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, Index, LargeBinary, UniqueConstraint
from sqlmodel import Field

from mailbot.store.schema import Table, json_column, partial_index

# Conditions of indexes, which a query has to name word by word: what the operator sees, and what looks like no request.
OPEN = (
    "answer_due_at IS NOT NULL OR places_open > 0 OR CAST(open AS TEXT) <> '[]' OR (closed_at IS NULL AND "
    "(state IN ('held', 'challenged', 'asked') OR (state = 'left' AND kind IS NOT NULL)))"
)
UNMATCHED = "state = 'left' AND kind IS NULL AND closed_at IS NULL"


class Person(Table, table=True):
    """A data subject; surname to birth_place are the policy's section 2."""

    id: str = Field(primary_key=True, max_length=26)
    surname: str = ""
    given_name: str = ""
    patronymic: str | None = None  # None: not told; "" : there is none
    birth_date: date | None = None
    birth_place: str = ""
    blocked: str = ""  # "", withdrawal, obligation
    disputed: bool = False  # the law's blocking: nothing is used, changed or destroyed until it is released
    blocked_until: datetime | None = None
    address_changed_at: datetime | None = None
    changed_fields: list[str] = json_column()  # fields that a request changed: an import keeps them
    created_at: datetime


class Address(Table, table=True):
    """One e-mail address of a person; `key` is what is looked up."""

    __table_args__ = (UniqueConstraint("person_id", "key"),)
    id: int | None = Field(default=None, primary_key=True)
    person_id: str = Field(foreign_key="person.id", index=True, max_length=26)
    addr: str
    key: str = Field(index=True)
    position: int = 0


class FormerAddress(Table, table=True):
    """The keyed hash of an address that a person had before: an old list does not bring it back."""

    __tablename__ = "former_address"
    __table_args__ = (UniqueConstraint("person_id", "key"),)
    id: int | None = Field(default=None, primary_key=True)
    person_id: str = Field(foreign_key="person.id", index=True, max_length=26)
    key: str = Field(index=True, max_length=64)


class Phone(Table, table=True):
    """One phone number of a person, E.164."""

    __table_args__ = (UniqueConstraint("person_id", "number"),)
    id: int | None = Field(default=None, primary_key=True)
    person_id: str = Field(foreign_key="person.id", index=True, max_length=26)
    number: str = Field(index=True)
    position: int = 0


class Mail(Table, table=True):
    """The ledger: one row for each mail ever seen, at one place in the mailbox."""

    __table_args__ = (
        UniqueConstraint("folder", "uidvalidity", "uid"),
        UniqueConstraint("fingerprint", "proof"),
        Index("ix_mail_unfiled", "belongs", "filed_at"),
        Index("ix_mail_state_next", "state", "next_try_at"),
        Index("ix_mail_decision", "decision"),
        partial_index("ix_mail_attachments", "attachments", where="attachments IS NOT NULL"),
        partial_index("ix_mail_uncleared", "received_at", where="cleared_at IS NULL AND belongs = 'done'"),
    )
    id: int | None = Field(default=None, primary_key=True)
    folder: str
    uidvalidity: int = Field(sa_column=Column(BigInteger, nullable=False))
    uid: int = Field(sa_column=Column(BigInteger, nullable=False))
    state: str  # decided, waiting, shadow, gone
    sha256: str | None = Field(default=None, unique=True, max_length=64)  # None: a copy
    fingerprint: str | None = Field(default=None, max_length=64)  # keyed; None: a copy
    proof: int = 0  # 0 none, 1 weak, 2 authenticated
    copy_of: int | None = None
    message_key: str = Field(default="", index=True, max_length=64)  # keyed hash of Message-ID and From address
    text_key: str = Field(default="", max_length=64)  # keyed hash of the decoded text
    decision: str = ""
    reason: str = ""
    kind: str | None = None
    request_id: str | None = Field(default=None, index=True, max_length=12)
    belongs: str = ""  # "" INBOX, or "done"
    filed_at: datetime | None = None
    received_at: datetime
    decided_at: datetime | None = None
    tries: int = 0
    next_try_at: datetime | None = None
    summary: dict[str, Any] = json_column()  # shadow: what would have been done
    attachments: str | None = Field(default=None, max_length=16)  # there, removed, none, missing, kept (attachments.py)
    attachments_at: datetime | None = None  # when taking them out of the mailbox began
    cleared_at: datetime | None = None  # when it left mailbot/Done, by age


class Request(Table, table=True):
    """One thing asked by one message."""

    __table_args__ = (  # each pass asks for the few rows of the last three: every mail ever seen has a request
        Index("ix_request_state_due", "state", "due_at"),
        partial_index("ix_request_due", "due_at", where="due_at IS NOT NULL"),
        partial_index("ix_request_open", "id", where=OPEN),
        partial_index("ix_request_unmatched", "state", where=UNMATCHED),
        partial_index("ix_request_place_due", "place_due_at", where="place_due_at IS NOT NULL"),
        partial_index("ix_request_destroy", "destroy_at", where="destroy_at IS NOT NULL AND closed_at IS NULL"),
        Index("ix_request_tell", "tell", "told_at"),
        partial_index("ix_request_due_open", "due_at", where="closed_at IS NULL"),
        partial_index("ix_request_answer_due", "answer_due_at", where="answer_due_at IS NOT NULL"),
        Index("ix_request_received", "received_at"),
        partial_index("ix_request_unpurged", "decided_at", where="purged_at IS NULL"),
        partial_index("ix_request_writer", "writer_key", where="writer_key IS NOT NULL"),
    )
    id: str = Field(primary_key=True, max_length=12)  # the public number
    mail_id: int | None = Field(default=None, index=True)
    person_id: str | None = Field(default=None, index=True, max_length=26)
    kind: str | None = None
    state: str
    outcome: str
    row: str
    reason: str
    rung: str
    tag: str | None = None
    language: str
    evidence: str
    because: str
    level: str = "none"  # the proof it counts as, after the rules on Reply-To and strangers' threads
    received_at: datetime
    due_at: datetime | None = None
    address: str = ""
    address_key: str = Field(default="", index=True)
    message_id: str = ""
    references: list[str] = json_column()
    open: list[str] = json_column()
    pending: list[Any] = json_column()
    fields: dict[str, Any] = json_column()  # the claim's extract
    before: dict[str, Any] = json_column()  # what an undo puts back
    undo_until: datetime | None = None
    destroy_at: datetime | None = None
    decided_at: datetime
    closed_at: datetime | None = None
    told_at: datetime | None = None  # when the operator was told
    tell: bool = False
    answer_due_at: datetime | None = None  # a pause or the cap of an hour holds its answer back: until when it is due
    checked: str = ""  # how the operator made sure
    document_kind: str | None = Field(default=None, max_length=32)  # the document she saw, and how; codes alone
    document_seen: str | None = Field(default=None, max_length=32)
    document_date: date | None = None
    document_at: datetime | None = None
    places_open: int | None = None  # other places that did not follow yet (store/places.py), and when the first is due
    place_due_at: datetime | None = None
    extended_at: datetime | None = None  # when the person heard that the answer comes later
    writer_key: str | None = Field(default=None, max_length=64)  # keyed hash of the address, once that is blanked
    purged_at: datetime | None = None  # when its details were blanked, by age
    policy_version: str | None = None  # of policy.toml, as it was decided first; None: not noted then


class Reply(Table, table=True):
    """The outbox: a mail that we owe, rendered in the transaction that decided it."""

    __table_args__ = (
        Index("ix_reply_due", "sent_at", "gave_up_at", "next_try_at"),
        partial_index("ix_reply_uncleared", "created_at", where="cleared_at IS NULL"),
    )
    id: int | None = Field(default=None, primary_key=True)
    token: str = Field(unique=True, max_length=26)
    message_id: str
    request_id: str | None = Field(default=None, index=True, max_length=12)
    template: str
    role: str
    language: str
    address: str
    address_key: str = Field(index=True)
    proven: bool = True
    counted: bool = False  # against the caps of one address
    octets: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    created_at: datetime
    sent_at: datetime | None = None
    answer: str = ""  # the server's
    tries: int = 0
    next_try_at: datetime | None = None
    owner: str = ""
    lease_until: datetime | None = None
    gave_up_at: datetime | None = None
    gave_up_why: str = ""
    digest: str = ""  # keyed hash of the octets, once they are forgotten
    fingerprint: str | None = Field(default=None, max_length=64)  # keyed, the same: known again after its way
    bounce_key: str | None = Field(default=None, index=True, max_length=16)  # its own part of the envelope sender
    bounced_at: datetime | None = None
    bounced_status: str | None = None  # RFC 3463; "" where the report names none
    bounced_why: str | None = None  # the other server's words, without any address
    addressee: str | None = Field(
        default=None, index=True, max_length=64
    )  # keyed hash of the address, once that is blanked by age
    cleared_at: datetime | None = None  # when its copy left the folder of sent mail
    # What it was rendered from, where it names times that may be over before it leaves; nothing once it left.
    said: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))


class Question(Table, table=True):
    """A challenge or an ask: what the answer to one reply's token does."""

    __table_args__ = (partial_index("ix_question_open", "reminded", where="closed_at IS NULL"),)
    token: str = Field(primary_key=True, max_length=26)
    request_id: str = Field(index=True, max_length=12)
    waits_for: str  # confirm, new_address, ask
    address: str
    address_key: str
    person_id: str | None = None
    asked_at: datetime
    expires_at: datetime | None = None
    asked_again: bool = False
    reminded: bool = False
    closed_at: datetime | None = None
    outcome: str = ""  # yes, no, fields, superseded, expired


class Suppression(Table, table=True):
    """The keyed hash of an address that must not be mailed or imported again."""

    __table_args__ = (UniqueConstraint("key", "purpose"),)
    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(max_length=64)
    purpose: str  # news, processing
    since: datetime
    until: datetime | None = None
    request_id: str | None = Field(default=None, index=True)


class WrongToken(Table, table=True):
    """How many mails of one writer brought a token that was not sent to him; no address, and it leaves with him."""

    __tablename__ = "wrong_token"
    key: str = Field(primary_key=True, max_length=64)  # keyed hash of the address, the one that suppressions bear
    count: int
    first_at: datetime
    last_at: datetime
    day_at: datetime  # when the day began that `day_count` counts
    day_count: int


class FolderCursor(Table, table=True):
    """How far a folder was read, and when it was last read whole."""

    __tablename__ = "folder_cursor"
    folder: str = Field(primary_key=True)
    uidvalidity: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    last_uid: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    since: datetime | None = None  # when `init` drew the line
    cutoff_uid: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))  # the last UID before it
    cutoff_uidvalidity: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    complete_since: datetime | None = None  # when the last complete pass began


class MaildirName(Table, table=True):
    """The number of a Maildir file: its place in the order of first sight."""

    __tablename__ = "maildir_name"
    __table_args__ = (UniqueConstraint("folder", "name"), {"sqlite_autoincrement": True})
    uid: int | None = Field(default=None, primary_key=True)
    folder: str
    name: str


class Note(Table, table=True):
    """A few values of the installation: the HMAC key, since when it runs, shadow, pause."""

    name: str = Field(primary_key=True)
    value: str
