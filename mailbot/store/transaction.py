"""One open transaction of the store, and the few moves that everything in it makes. No table's meaning here."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from mailbot.ports import NewId, RawMail
from mailbot.store import gone
from mailbot.store.event_tables import Event
from mailbot.store.keys import Keys, sha256
from mailbot.store.tables import Note

_SET_NOTE = sa.text(
    "INSERT INTO note (name, value) VALUES (:name, :value) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
)


@dataclass(slots=True)
class Transaction:
    """Reads and writes inside one transaction; `request_id` is the request that is being handled, "" for none."""

    connection: sa.Connection
    keys: Keys
    new_id: NewId
    now: datetime
    request_id: str = ""
    raw: RawMail | None = None  # the mail that is being handled
    gone: list[gone.Line] = field(default_factory=list)  # what gone.log is told before the commit
    said: list[tuple[str, str, str]] = field(default_factory=list)  # events: what, reason, request; logged after it
    operator: str = "operator"  # under which name the operator's acts are noted: the console sets the login name
    seen: str = ""  # how the request stood that the operator looked at (journal.stamp), "" where that is not known
    opened: Any = None  # what is known of the request that this transaction opened (requests.Opened)
    mode: str | None = None  # live, or shadow, as the transaction began; None: not asked yet

    @property
    def mail_hash(self) -> str | None:
        """Return the SHA-256 of the mail that is being handled; None where none is."""
        return sha256(self.raw.octets) if self.raw is not None else None

    def take_back(self) -> None:
        """Forget what a part of the transaction that was rolled back would have told."""
        self.gone.clear()
        self.said.clear()

    def in_shadow(self) -> bool:
        """Tell whether the installation only shows what it would do, as this transaction sees it."""
        return (self.note("mode") if self.mode is None else self.mode) != "live"

    def owe_scrub(self) -> None:
        """Remember that bytes of a person must leave the files; done after the commit, and again until it succeeds."""
        self.set_note("scrub", self.new_id(8))  # another one each time: what is owed meanwhile stays owed

    def note(self, name: str) -> str:
        """Return a value of the installation, "" where it was never set."""
        row = self.row(Note, name)
        return str(row.value) if row is not None else ""

    def set_note(self, name: str, value: str) -> None:
        """Set a value of the installation; of two that set it at once the later stays."""
        self.connection.execute(_SET_NOTE, {"name": name, "value": value})

    def note_gone(self, what: str, key: str, purpose: str = "", until: datetime | None = None) -> None:
        """Have gone.log told of an act before this transaction is committed (gone.py: which words, which keys)."""
        self.gone.append(gone.Line(self.now, what, key, purpose, until))

    def note_lifted(self, key: str, purpose: str, person_id: str) -> None:
        """Do the same for an address that may be used again since that person ("": a new one) consented."""
        self.gone.append(gone.Line(self.now, "lifted", key, purpose, who=self.keys.person(person_id)))

    def note_person_gone(self, what: str, person_id: str) -> None:
        """Do the same for an act about a person."""
        self.note_gone(what, self.keys.person(person_id))

    def event(self, what: str, reason: str = "", *, who: str = "mailbot", person_id: str | None = None) -> None:
        """Append one audit row: ids, times and reasons alone. `who` operator: by the name of whoever acts."""
        self.said.append((what, "" if what.startswith("account_") else reason, self.request_id))  # a name is no reason
        self.insert(
            Event,
            at=self.now,
            who=self.operator if who == "operator" else who,
            what=what,
            reason=reason,
            request_id=self.request_id or None,
            person_id=person_id,
        )

    def row(self, table: Any, key: str | int) -> Any:
        """Return one row by its primary key, or None."""
        return self.connection.execute(_select(table), {"row_key": key}).first()

    def update(self, table: Any, key: str | int, **values: Any) -> None:
        """Change one row by its primary key."""
        self.connection.execute(_update(table), {"row_key": key, **values})

    def insert_new(self, table: Any, **values: Any) -> bool:
        """Insert one row unless another has its key, or what else must be unique; tell whether it was inserted."""
        dialect = postgresql if self.connection.dialect.name == "postgresql" else sqlite
        return self.connection.execute(_insert_new(table, dialect), values).first() is not None

    def insert(self, table: Any, **values: Any) -> int:
        """Insert one row; return its number, 0 where its key is no number."""
        result = self.connection.execute(_insert(table), values)
        key = result.inserted_primary_key
        return key[0] if key and isinstance(key[0], int) else 0


def beside(column: Any) -> Any:
    """Return a text column for a condition that most rows meet: one by which no index is chosen.

    SQLite would take any index for an equality before one for a range. Statistics, which would tell it better, are
    samples of what the columns hold, and nothing forgets them.
    """
    return sa.func.coalesce(column, "")


def among(column: Any, *words: str) -> Any:
    """Return the condition that a column holds one of these words of ours, which stand in the statement itself.

    Of a parameter SQLite asks whether it meets the condition of a partial index, so with each new one it plans anew.
    """
    return column.in_([sa.literal_column(f"'{word}'") for word in words])


# A statement that is built once is compiled once: building takes four times as long as running it.


@cache
def _select(table: Any) -> sa.Select[Any]:
    return sa.select(table.__table__).where(_is_it(table))


@cache
def _update(table: Any) -> sa.Update:
    return sa.update(table.__table__).where(_is_it(table))


@cache
def _insert_new(table: Any, dialect: Any) -> Any:
    made = dialect.insert(table.__table__).on_conflict_do_nothing()  # PostgreSQL's driver counts no inserted rows
    return made.returning(*table.__table__.primary_key)


@cache
def _insert(table: Any) -> sa.Insert:
    return sa.insert(table.__table__)


def _is_it(table: Any) -> Any:
    return next(iter(table.__table__.primary_key.columns)) == sa.bindparam("row_key")
