"""Whose turn a mailbox is, where many hosts share many mailboxes in one PostgreSQL. Nothing is read or decided here.

Each mailbox has a schema of its own. The schema `mailbot_fleet` holds a row a host, until when it counts as alive, and
a row a mailbox: which host has its turn, under which number. A turn is as good as its host, so nothing is renewed a
mailbox. Whoever takes a turn raises its number, and every transaction of a pass holds the row with its own number
(`require`): who stood still meanwhile, or was cut off, commits nothing any more. The database's clock is the only one.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from mailbot.errors import ConfigError, StoreUnavailable, TurnLost
from mailbot.store.engine import FLEET, schema_of, translated
from mailbot.store.process import is_gone

ALIVE = timedelta(seconds=10)  # a host that did not say for so long that it is there is replaced
BEAT_SECONDS = 2.0
SEIZE_TRIES = 25
_meta = sa.MetaData(schema=FLEET)
_time = sa.DateTime(timezone=True)
_host = sa.Table("host", _meta, sa.Column("name", sa.Text, primary_key=True), sa.Column("until", _time, nullable=False))
_turn = sa.Table(
    "turn", _meta,
    sa.Column("mailbox", sa.Text, primary_key=True),
    sa.Column("number", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("holder", sa.Text, nullable=False, server_default=""),
    sa.Column("since", _time, nullable=False, server_default=sa.func.clock_timestamp()),
)  # fmt: skip
GONE = sa.Table(  # what any host's gone.log was told (everywhere.py)
    "gone", _meta,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("mailbox", sa.Text, nullable=False, index=True),
    sa.Column("line", sa.Text, nullable=False),
)  # fmt: skip
_NOW = sa.func.clock_timestamp()
_ENLIST = sa.text(
    f"INSERT INTO {FLEET}.turn (mailbox) SELECT unnest(CAST(:mailboxes AS text[])) ON CONFLICT (mailbox) DO NOTHING"
)
_BEAT = sa.text(
    f"INSERT INTO {FLEET}.host (name, until) VALUES (:name, clock_timestamp() + :alive) "
    "ON CONFLICT (name) DO UPDATE SET until = excluded.until"
)
_TAKE = sa.text(
    f"UPDATE {FLEET}.turn SET number = number + 1, holder = :name, since = clock_timestamp() WHERE mailbox IN ("
    f"SELECT t.mailbox FROM {FLEET}.turn t LEFT JOIN {FLEET}.host h ON h.name = t.holder "
    "WHERE t.mailbox = ANY(:mailboxes) AND (:seized OR h.until IS NULL OR h.until < clock_timestamp()) "
    "AND (t.holder <> '' OR t.since <= clock_timestamp() - :idle) "
    "ORDER BY t.since LIMIT :most FOR UPDATE OF t SKIP LOCKED) RETURNING mailbox, number"
)
_MINE = (_turn.c.mailbox == sa.bindparam("box"), _turn.c.number == sa.bindparam("fence"))
_HOLDS = sa.select(_turn.c.number).where(*_MINE)
_HELD = _HOLDS.with_for_update(read=True)


@dataclass(frozen=True, slots=True)
class Turn:
    """The turn of one mailbox, as it was taken."""

    mailbox: str
    number: int


@dataclass(frozen=True, slots=True)
class Standing:
    """How the mailboxes are spread: which are ours, under which number, and how many each living host has."""

    mine: dict[str, int]
    hosts: dict[str, int]


def found(connection: sa.Connection) -> None:
    """Make the schema of a mailbox that is one of many, and what the hosts share, where they are missing."""
    name = str(connection.get_execution_options().get("schema", ""))
    if not name:
        return
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({0x666C656574})")  # two at once would both make it
    connection.exec_driver_sql(f'CREATE SCHEMA IF NOT EXISTS "{name}"')
    connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {FLEET}")
    _meta.create_all(connection)
    connection.execute(_ENLIST, {"mailboxes": [name]})


def is_founded(connection: sa.Connection) -> bool:
    """Tell whether what the hosts share is there."""
    return connection.scalar(sa.select(sa.func.to_regclass(f"{FLEET}.gone"))) is not None


@dataclass(frozen=True, slots=True)
class Seen:
    """How a mailbox is shared: by how many hosts, with how many others, and whose turn it is since when."""

    hosts: int
    mailboxes: int
    holder: str  # "" where nobody living has the turn
    since: datetime


def look(engine: sa.Engine) -> Seen | None:
    """Return how the mailbox of a store is shared; None where it is one mailbox's alone."""
    name = schema_of(engine)
    if not name:
        return None
    lives = sa.and_(_host.c.name == _turn.c.holder, _host.c.until >= _NOW)
    own = sa.select(_host.c.name, _turn.c.since).outerjoin_from(_turn, _host, lives).where(_turn.c.mailbox == name)
    living = sa.select(sa.func.count()).where(_host.c.until >= _NOW)
    with translated(), engine.begin() as connection:
        row = connection.execute(own).one()
        boxes = connection.execute(sa.select(sa.func.count()).select_from(_turn)).scalar_one()
        hosts = connection.execute(living).scalar_one()
    return Seen(hosts, boxes, (row.name or "").partition("/")[0], row.since)


def require(connection: sa.Connection, turn: Turn, *, writing: bool) -> None:
    """Make sure that nobody took the turn since; where it is for `writing`, nobody does until the transaction ends.

    Raises TurnLost.
    """
    held = connection.execute(_HELD if writing else _HOLDS, {"box": turn.mailbox, "fence": turn.number}).first()
    if held is None:
        raise TurnLost("another host has the turn of this mailbox since: nothing was done")


@dataclass(slots=True)
class Seat:
    """One process among those that share the mailboxes. Every method raises StoreUnavailable."""

    engine: sa.Engine
    name: str
    _line: sa.Connection | None = field(default=None, repr=False)

    def enlist(self, mailboxes: Sequence[str]) -> None:
        """Make a row for each mailbox that has none. Raises ConfigError where no mailbox of the database has tables."""
        with translated(), self.engine.begin() as connection:
            if not is_founded(connection):
                raise ConfigError(
                    "store: no mailbox of this database has its tables: run `mailbot db upgrade` for each"
                )
            connection.execute(_ENLIST, {"mailboxes": list(mailboxes)})

    def beat(self) -> None:
        """Say that we are alive, and bury the processes of this machine that are gone: nobody waits for them."""
        with translated(), self.engine.begin() as connection:
            connection.execute(_BEAT, {"name": self.name, "alive": ALIVE})
            names = connection.execute(sa.select(_host.c.name)).scalars().all()
            lapsed = sa.and_(_host.c.until < _NOW - ALIVE, _host.c.name != self.name)
            buried = sa.or_(_host.c.name.in_([name for name in names if is_gone(name)]), lapsed)
            connection.execute(sa.delete(_host).where(buried))

    def standing(self, mailboxes: Collection[str]) -> Standing:
        """Return how those mailboxes are spread; ourselves are among the hosts."""
        count = sa.func.count(_turn.c.mailbox)
        known = sa.and_(_turn.c.holder == _host.c.name, _turn.c.mailbox.in_(list(mailboxes)))
        spread = sa.select(_host.c.name, count).outerjoin_from(_host, _turn, known)
        mine = sa.select(_turn.c.mailbox, _turn.c.number).where(_turn.c.holder == self.name)
        with translated(), self.engine.begin() as connection:
            hosts = connection.execute(spread.where(_host.c.until >= _NOW).group_by(_host.c.name))
            counts = {name: int(many) for name, many in hosts}
            return Standing({row.mailbox: row.number for row in connection.execute(mine)}, counts)

    def take(self, mailboxes: Collection[str], most: int, idle: timedelta = timedelta()) -> dict[str, int]:
        """Take the turns of at most so many that nobody living has, and that were given back so long ago.

        Returns them with their numbers. One whose last holder still has a transaction open is left for later.
        """
        if most <= 0 or not mailboxes:
            return {}
        return self._take(mailboxes, most, idle=idle)

    def seize(self, mailbox: str) -> int | None:
        """Take a turn from whoever has it, who hears of it and commits nothing more; None while it is in use."""
        return self._take([mailbox], 1, seized=True).get(mailbox)

    def _take(
        self, mailboxes: Collection[str], most: int, *, idle: timedelta = timedelta(), seized: bool = False
    ) -> dict[str, int]:
        values = {"mailboxes": list(mailboxes), "name": self.name, "most": most, "idle": idle, "seized": seized}
        with translated(), self.engine.begin() as connection:
            return {row.mailbox: row.number for row in connection.execute(_TAKE, values)}

    def give_back(self, mailboxes: Collection[str]) -> None:
        """Let others have these turns; they hear of it at once."""
        if not mailboxes:
            return
        ours = sa.and_(_turn.c.mailbox.in_(list(mailboxes)), _turn.c.holder == self.name)
        with translated(), self.engine.begin() as connection:
            connection.execute(sa.update(_turn).where(ours).values(holder="", since=_NOW))
            _notify(connection, "")

    def leave(self) -> None:
        """Give every turn back and be no host any more."""
        with translated(), self.engine.begin() as connection:
            connection.execute(sa.update(_turn).where(_turn.c.holder == self.name).values(holder="", since=_NOW))
            connection.execute(sa.delete(_host).where(_host.c.name == self.name))
            _notify(connection, "")

    def hear(self, seconds: float) -> list[str]:
        """Wait so long, or until something is told; return the mailboxes that call for help ("": turns are free)."""
        try:
            with translated():
                if self._line is None:
                    self._line = self.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
                    self._line.exec_driver_sql(f"LISTEN {FLEET}")
                raw: Any = self._line.connection.driver_connection
                with _broken():
                    return [told.payload for told in raw.notifies(timeout=seconds, stop_after=1)]
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Hear nothing any more; may be called twice."""
        line, self._line = self._line, None
        if line is not None:
            line.invalidate()  # it listens: nobody else may have it
            line.close()


def _notify(connection: sa.Connection, mailbox: str) -> None:
    connection.execute(sa.select(sa.func.pg_notify(FLEET, mailbox)))


@contextlib.contextmanager
def _broken() -> Iterator[None]:
    """Tell a connection that breaks while it listens as SQLAlchemy would."""
    import psycopg

    try:
        yield
    except psycopg.Error as exc:
        raise StoreUnavailable("the connection to the store broke") from exc


def call_for_help(connection: sa.Connection, turn: Turn) -> None:
    """Tell the other hosts, once the transaction is committed, that more answers wait than one host sends at once."""
    _notify(connection, turn.mailbox)


@contextlib.contextmanager
def hold(engine: sa.Engine, name: str, *, seizing: bool = False) -> Iterator[Turn | None]:
    """Take the turn of one mailbox for one command; None where another host has it.

    `seizing`: also from a host that has it, between two of its mails. It comes back to it when the command is done.
    """
    seat, mailbox, ended = Seat(engine, name), schema_of(engine), threading.Event()
    with translated(), engine.begin() as connection:
        if not is_founded(connection):  # a backup is put into a new database
            found(connection)
    seat.enlist([mailbox])
    seat.beat()
    try:
        number = _seized(seat, mailbox) if seizing else seat.take([mailbox], 1).get(mailbox)
        if number is None:
            yield None
            return
        beats = threading.Thread(target=_beat, args=(seat, ended), name="beat", daemon=True)
        beats.start()
        try:
            yield Turn(mailbox, number)
        finally:
            ended.set()
            beats.join()
    finally:
        with contextlib.suppress(StoreUnavailable):  # then it lapses
            seat.leave()


def _seized(seat: Seat, mailbox: str) -> int | None:
    for _ in range(SEIZE_TRIES):
        if (number := seat.seize(mailbox)) is not None:
            return number
        time.sleep(0.2)  # a transaction of its holder is under way
    return None


def _beat(seat: Seat, ended: threading.Event) -> None:
    while not ended.wait(BEAT_SECONDS):
        with contextlib.suppress(StoreUnavailable):  # the pass itself will say it
            seat.beat()
