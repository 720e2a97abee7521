"""Whose turn a mailbox is, where many hosts share many mailboxes in one PostgreSQL. Nothing is read or decided here.

Each mailbox has a schema of its own. The schema `mailbot_fleet` holds a row a host, until when it counts as alive, and
a row a mailbox: which host has its turn, under which number. A turn is as good as its host, so nothing is renewed a
mailbox. Whoever takes a turn raises its number, and every transaction of a Store that has a fence (store.py) needs the
number under which it was taken: who stood still meanwhile, or was cut off, commits nothing any more. What has leases of
its own (the outbox) needs no turn. The database's clock is the only one. A host here is one process.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from mailbot.errors import TurnLost
from mailbot.store.engine import FLEET, schema_of, translated

_meta = sa.MetaData(schema=FLEET)
_time = sa.DateTime(timezone=True)
HOST = sa.Table(
    "host", _meta,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("until", _time, nullable=False),
    sa.Column("able", sa.Integer, nullable=False),  # how many mailboxes it would read; 0 of a command
)  # fmt: skip
TURN = sa.Table(
    "turn", _meta,
    sa.Column("mailbox", sa.Text, primary_key=True),
    sa.Column("number", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("holder", sa.Text, nullable=False, server_default=""),
    sa.Column("since", _time, nullable=False, server_default=sa.func.clock_timestamp()),
)  # fmt: skip
BARRED = sa.Table(  # which host can't read which mailbox now
    "barred", _meta,
    sa.Column("host", sa.Text, sa.ForeignKey(HOST.c.name, ondelete="CASCADE"), primary_key=True),
    sa.Column("mailbox", sa.Text, primary_key=True),
)  # fmt: skip
GONE = sa.Table(  # what any host's gone.log was told (everywhere.py)
    "gone", _meta,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("mailbox", sa.Text, nullable=False, index=True),
    sa.Column("line", sa.Text, nullable=False),
)  # fmt: skip
NOW = sa.func.clock_timestamp()
ENLIST = sa.text(
    f"INSERT INTO {FLEET}.turn (mailbox) SELECT unnest(CAST(:mailboxes AS text[])) ON CONFLICT (mailbox) DO NOTHING"
)
_MINE = (TURN.c.mailbox == sa.bindparam("box"), TURN.c.number == sa.bindparam("fence"))
_HOLDS = sa.select(TURN.c.number).where(*_MINE)
_HELD = _HOLDS.with_for_update(read=True)
_READ_BY = (  # the living host that keeps reading a mailbox
    sa.select(HOST.c.name)
    .join(TURN, TURN.c.holder == HOST.c.name)
    .where(TURN.c.mailbox == sa.bindparam("box"), HOST.c.until >= NOW, HOST.c.able > 0)
)


@dataclass(frozen=True, slots=True)
class Turn:
    """The turn of one mailbox, as it was taken."""

    mailbox: str
    number: int


def found(connection: sa.Connection) -> None:
    """Make the schema of a mailbox that is one of many, and what the hosts share, where they are missing."""
    name = str(connection.get_execution_options().get("schema", ""))
    if not name:
        return
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({0x666C656574})")  # two at once would both make it
    for schema in (name, FLEET):  # asked first: who may not make one may use one
        if connection.scalar(sa.select(sa.func.to_regnamespace(schema))) is None:
            connection.exec_driver_sql(f'CREATE SCHEMA "{schema}"')
    if not is_founded(connection):
        _meta.create_all(connection)
        connection.exec_driver_sql(f"ALTER TABLE {FLEET}.host ADD COLUMN IF NOT EXISTS able integer NOT NULL DEFAULT 0")
    connection.execute(ENLIST, {"mailboxes": [name]})


def is_founded(connection: sa.Connection) -> bool:
    """Tell whether what the hosts share is there."""
    return connection.scalar(sa.select(sa.func.to_regclass(f"{FLEET}.barred"))) is not None


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
    lives = sa.and_(HOST.c.name == TURN.c.holder, HOST.c.until >= NOW)
    own = sa.select(HOST.c.name, TURN.c.since).outerjoin_from(TURN, HOST, lives).where(TURN.c.mailbox == name)
    living = sa.select(sa.func.count()).where(HOST.c.until >= NOW, HOST.c.able > 0)
    there = sa.select(sa.func.count()).where(sa.func.to_regnamespace(TURN.c.mailbox).is_not(None))
    with translated(), engine.begin() as connection:
        if not is_founded(connection) or (row := connection.execute(own).one_or_none()) is None:
            return None
        boxes, hosts = connection.execute(there).scalar_one(), connection.execute(living).scalar_one()
    return Seen(hosts, boxes, (row.name or "").partition("/")[0], row.since)


def require(connection: sa.Connection, turn: Turn, *, writing: bool) -> None:
    """Make sure that nobody took the turn since; where it is for `writing`, nobody does until the transaction ends.

    Raises TurnLost.
    """
    held = connection.execute(_HELD if writing else _HOLDS, {"box": turn.mailbox, "fence": turn.number}).first()
    if held is None:
        raise TurnLost("another process has the turn of this mailbox since: nothing was done")


def is_read(engine: sa.Engine) -> bool:
    """Tell whether a living host keeps reading the mailbox of a store: no command has taken its turn for itself."""
    with translated(), engine.begin() as connection:
        return connection.execute(_READ_BY, {"box": schema_of(engine)}).first() is not None


def tell(connection: sa.Connection, mailbox: str = "") -> None:
    """Wake every host once the transaction is committed: turns are free, or a mailbox calls for help."""
    connection.execute(sa.select(sa.func.pg_notify(FLEET, mailbox)))
