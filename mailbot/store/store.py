"""The store: opens units of work, keeps cursors and the installation's few values. Two dialects, one code."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from mailbot import logs
from mailbot.errors import KeyRotated, MailbotError
from mailbot.ports import Clock, Cursor, NewId, RawMail
from mailbot.store import everywhere, rotation, seat, space, turns
from mailbot.store.engine import alone, begin_reading, schema_of, translated
from mailbot.store.engine import snapshot as engine_snapshot
from mailbot.store.engine import turn as engine_turn
from mailbot.store.gone import Ledger
from mailbot.store.keys import Keys, sha256
from mailbot.store.looking import Looking
from mailbot.store.process import own_name
from mailbot.store.tables import FolderCursor, Mail, Note
from mailbot.store.transaction import among
from mailbot.store.unit import Unit

_mail: Any = Mail.__table__  # type: ignore[attr-defined]
_cursor: Any = FolderCursor.__table__  # type: ignore[attr-defined]
_note: Any = Note.__table__  # type: ignore[attr-defined]
_NOTE = sa.select(_note.c.value).where(_note.c.name == sa.bindparam("name"))
_SWITCHES = sa.select(_note.c.name, _note.c.value).where(among(_note.c.name, "mode", "paused"))


@dataclass(slots=True)
class Store:
    """One installation's store. Raises StoreUnavailable where it can't be reached."""

    engine: sa.Engine
    keys: Keys
    clock: Clock
    new_id: NewId
    gone: Ledger | None = None  # gone.log of the installation
    operator: str = "operator"  # under which name the operator's acts are noted
    ring: Callable[[], Keys] | None = None  # reads all keys that are there anew, be one of them used or not yet
    seen: str = ""  # how the request stood that the operator acts on, "" where that is not known
    lent: bool = False  # the connections are another store's
    fence: turns.Turn | None = None  # once it is set, every transaction needs that this turn was not taken since
    _looking: Looking = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        self._looking = Looking(self._begin_reading)

    @contextlib.contextmanager
    def unit(self) -> Iterator[Unit]:
        """Open one transaction; it is committed at the end, and rolled back by any exception."""
        with self._looking.apart(), translated(), self.engine.begin() as connection:
            mode = self._admit(connection, writing=True)
            unit = Unit(
                connection=connection, keys=self.keys, new_id=self.new_id, now=self.clock(), operator=self.operator,
                seen=self.seen, mode=mode,
            )  # fmt: skip
            yield unit
            if self.gone is not None and unit.gone:
                lines = self.gone.append(unit.gone)  # on disk before the commit: what can be seen never lacks there
                everywhere.tell(connection, lines)
        for what, reason, number in unit.said:
            logs.tell(what, reason=reason or None, request=number or None)

    @contextlib.contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Open a connection for reading."""
        with translated(), self._looking.reading() as connection:
            yield connection

    def looking(self) -> AbstractContextManager[None]:
        """Have what is read meanwhile share a transaction until something is written; wait for no server in it."""
        return self._looking.sharing()

    @contextlib.contextmanager
    def _begin_reading(self) -> Iterator[sa.Connection]:
        with translated(), self.engine.connect() as connection:
            begin_reading(connection)
            self._admit(connection)
            yield connection

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[sa.Connection]:
        """Open a connection for reading all of whose statements see the same state."""
        with engine_snapshot(self.engine) as connection:
            self._admit(connection)
            yield connection

    def close(self) -> None:
        """Close its connections; may be called twice."""
        if not self.lent:
            self.engine.dispose()

    # ---- the key of the hashes -----------------------------------------------------------------------------

    def _admit(self, connection: sa.Connection, *, writing: bool = False) -> str:
        """Refuse to work under a turn that was lost, or a key that was rotated since: the next transaction has the new.

        Returns the mode, which stands beside the key. Raises TurnLost, KeyRotated, ConfigError.
        """
        if self.fence is not None:
            turns.require(connection, self.fence, writing=writing)
        name, mode = rotation.noted(connection)
        if name == (self.keys.name if self.keys.former else ""):
            return mode
        self._take(rotation.named(self.ring() if self.ring is not None else self.keys, name))
        raise KeyRotated("the store's key was rotated a moment ago: nothing was done, try again")

    def follow_key(self) -> None:
        """Take the key that a rotation brought since, for who has hashed nothing yet. Raises StoreUnavailable."""
        with contextlib.suppress(KeyRotated), self.reading():
            pass

    def find_key(self, ring: Keys) -> None:
        """Take, of all keys that are there, those by which the hashes are made: the newest may not be used yet.

        Raises ConfigError, StoreUnavailable; the engine is closed then.
        """
        if not ring.former:
            return
        try:
            with translated(), self.engine.connect() as connection:
                self._take(rotation.of_store(connection, ring))
        except MailbotError:
            self.close()
            raise

    def rotate(self, ring: Keys) -> int:
        """Have every hash made by the newest of these keys, in one transaction; return how many those were.

        Raises StoreUnavailable where somebody uses the store for long, ConfigError.
        """
        with self.unit() as unit:
            alone(unit.connection, "note")  # whoever hashed with the former key is done, and learns of it next
            count = rotation.bring(unit, ring)
        self._take(ring)
        return count

    def _take(self, keys: Keys) -> None:
        self.keys = keys
        if self.gone is not None:
            self.gone.keys = keys

    # ---- whose turn it is ----------------------------------------------------------------------------------

    @contextlib.contextmanager
    def turn(self, *, seizing: bool = False) -> Iterator[bool]:
        """Take the one poller's turn, or learn that another process has it.

        `seizing`: where hosts share the mailbox, also from the one that has it for longer than a pass.
        """
        if self.fence is not None:  # taken for longer than a pass
            yield True
        elif schema_of(self.engine):
            with seat.hold(self.engine, own_name(self.new_id), seizing=seizing) as self.fence:
                try:
                    yield self.fence is not None
                finally:
                    self.fence = None
        else:
            with engine_turn(self.engine) as mine:
                yield mine

    def free(self) -> Store:
        """Return the same store for what any host may do, whoever has the turn: what has leases of its own."""
        return replace(self, fence=None)

    # ---- cursors and the ledger ----------------------------------------------------------------------------

    def cursor(self, folder: str) -> Cursor:
        """Return how far that folder was read."""
        with self.reading() as connection:
            row = connection.execute(sa.select(_cursor).where(_cursor.c.folder == folder)).first()
        if row is None:
            return Cursor(uidvalidity=None, last_uid=0, since=None)
        return Cursor(uidvalidity=row.uidvalidity, last_uid=row.last_uid, since=row.since)

    def cutoff(self, folder: str) -> Callable[[RawMail], bool]:
        """Return what tells a mail from before `init`: by UID, else by time (whole seconds, equal is new)."""
        with self.reading() as connection:
            row = connection.execute(sa.select(_cursor).where(_cursor.c.folder == folder)).first()

        def is_older(raw: RawMail) -> bool:
            if row is None:
                return False
            if row.cutoff_uidvalidity == raw.uidvalidity:
                return bool(raw.uid <= row.cutoff_uid)
            return row.since is not None and raw.received_at.replace(microsecond=0) < row.since.replace(microsecond=0)

        return is_older

    def start(self, folder: str, cursor: Cursor) -> None:
        """Write the cut-off of `init`, once: what is there already is never acted on."""
        with self.unit() as unit:
            if unit.row(FolderCursor, folder) is None:
                values = {"uidvalidity": cursor.uidvalidity, "last_uid": cursor.last_uid, "since": cursor.since}
                if cursor.uidvalidity is not None:
                    values |= {"cutoff_uid": cursor.last_uid, "cutoff_uidvalidity": cursor.uidvalidity}
                unit.connection.execute(sa.insert(_cursor).values(folder=folder, **values))

    def pass_by(self, raw: RawMail) -> None:
        """Move the cursor past a mail that is none of ours."""
        with self.unit() as unit:
            unit.raw = raw
            unit.pass_cursor(raw)

    def completed(self, folder: str, uidvalidity: int, began_at: datetime) -> None:
        """Note that a whole pass over the folder, begun then, reached its end; what waits elsewhere is gone."""
        with self.unit() as unit:
            lost = sa.and_(_mail.c.folder == folder, _mail.c.state == "waiting", _mail.c.uidvalidity != uidvalidity)
            unit.connection.execute(sa.update(_mail).where(lost).values(state="gone"))
            unit.update(FolderCursor, folder, complete_since=began_at)

    def waiting(self, folder: str, uidvalidity: int | None) -> dict[int, int]:
        """Return the UIDs of mails whose next try is due, and how often each failed."""
        query = sa.select(_mail.c.uid, _mail.c.tries).where(
            _mail.c.folder == folder, _mail.c.uidvalidity == uidvalidity, _mail.c.state == "waiting",
            _mail.c.next_try_at <= self.clock(),
        ).order_by(_mail.c.uid)  # fmt: skip
        with self.reading() as connection:
            return {row.uid: row.tries for row in connection.execute(query)}

    def vanished(self, folder: str, uidvalidity: int | None, uids: Sequence[int]) -> None:
        """Note that waiting mails are no longer there: somebody moved them."""
        if uids:
            with self.unit() as unit:
                unit.connection.execute(
                    sa.update(_mail)
                    .where(_mail.c.folder == folder, _mail.c.uidvalidity == uidvalidity, _mail.c.uid.in_(uids))
                    .values(state="gone")
                )

    def holds_another(self, raw: RawMail) -> bool:
        """Tell whether something else stands in the ledger at that place, as far as it is still known."""
        place = sa.and_(_mail.c.folder == raw.folder, _mail.c.uid == raw.uid, _mail.c.uidvalidity == raw.uidvalidity)
        query = sa.select(_mail.c.sha256).where(place, _mail.c.copy_of.is_(None))
        with self.reading() as connection:
            found = connection.execute(query).scalar()
        return found is not None and found != sha256(raw.octets)

    def unfiled(self, folder: str, uidvalidity: int) -> list[int]:
        """Return the UIDs of mails that belong in mailbot/Done and were not moved yet."""
        query = sa.select(_mail.c.uid).where(
            _mail.c.belongs == "done", _mail.c.filed_at.is_(None), _mail.c.folder == folder,
            _mail.c.uidvalidity == uidvalidity,
        )  # fmt: skip
        with self.reading() as connection:
            return list(connection.execute(query.order_by(_mail.c.uid)).scalars())

    def filed(self, folder: str, uidvalidity: int, uids: Sequence[int]) -> None:
        """Note that these mails were moved."""
        with self.unit() as unit:
            unit.connection.execute(
                sa.update(_mail)
                .where(_mail.c.folder == folder, _mail.c.uidvalidity == uidvalidity, _mail.c.uid.in_(uids))
                .values(filed_at=unit.now)
            )

    # ---- the installation's values -------------------------------------------------------------------------

    def note(self, name: str) -> str:
        """Return a value of the installation ("" where it was never set)."""
        with self.reading() as connection:
            return str(connection.execute(_NOTE, {"name": name}).scalar() or "")

    def set_note(self, name: str, value: str) -> None:
        """Set a value of the installation."""
        with self.unit() as unit:
            unit.set_note(name, value)

    def scrub(self) -> None:
        """Take the bytes of whoever was forgotten out of the files, where that is owed; a busy file stays owed."""
        owed = self.note("scrub")
        if owed and space.scrub(self.engine):
            with self.unit() as unit:
                same = sa.and_(_note.c.name == "scrub", _note.c.value == owed)
                unit.connection.execute(sa.update(_note).where(same).values(value=""))

    @property
    def shadow(self) -> bool:
        """Whether the installation only shows what it would do."""
        return self.note("mode") != "live"

    @property
    def paused(self) -> bool:
        """Whether the kill switch is on: nothing is sent, nothing destroyed."""
        return self.note("paused") == "yes"

    @property
    def acts(self) -> bool:
        """Whether anything may be sent, destroyed or swept: it is live, and not paused."""
        with self.reading() as connection:
            said = {row.name: row.value for row in connection.execute(_SWITCHES)}
        return said.get("mode") == "live" and said.get("paused") != "yes"
