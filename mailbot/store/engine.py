"""Opens the store: SQLite or PostgreSQL, and everything in which the two differ. No tables, no rules.

SQLite runs in WAL mode with synchronous=FULL (a commit survives a power cut), BEGIN IMMEDIATE (a read that
turns into a write never fails half-way) and secure_delete (destroyed rows leave no bytes in free pages).
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import zlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from mailbot.errors import ConfigError, MachineShort, StoreFault, StoreUnavailable, is_short
from mailbot.section import is_loopback

BUSY_SECONDS = 30
LINE = {  # a host that is gone is noticed within a minute, where TCP alone takes hours
    "connect_timeout": 10, "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}  # fmt: skip
ALONE_SECONDS = 10
TURN = 0x6D61696C  # the advisory lock of the one poller, on PostgreSQL
FLEET = "mailbot_fleet"  # the schema of what the hosts of many mailboxes share (turns.py)
_SCHEMA = re.compile(r"(?!pg_|public$|mailbot_fleet$)[a-z][a-z0-9_]{0,47}", re.ASCII)
STANDING_SECONDS = 20  # an open transaction of a host that stands still is ended by the server, and its turn is free


def open_engine(url: str, folder: Path, password: str | None = None, *, beside: sa.Engine | None = None) -> sa.Engine:
    """Return an engine for a store URL; a relative SQLite path lies in `folder`. Raises ConfigError.

    `sqlite:///PATH` or `postgresql://USER@HOST/DB`, or with `?schema=NAME` for one of many mailboxes in one database.
    `beside`: the engine of another of them, whose connections are used. Connects at first use.
    """
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError as exc:
        raise ConfigError("store.url: expected sqlite:///PATH or postgresql://USER@HOST/DB") from exc
    if parsed.drivername == "sqlite" and parsed.database:
        path = folder / parsed.database
        if not path.parent.is_dir():
            raise ConfigError(f"store.url: there is no folder {path.parent}")
        if not path.exists():
            path.touch(mode=0o600)  # before SQLite does: its own default is wider
        return _sqlite(path)
    if parsed.drivername in ("postgresql", "postgresql+psycopg"):
        if parsed.password and not is_loopback(parsed.host or "localhost"):
            raise ConfigError("store.url: a password may stand in a URL to 127.0.0.1 only: use secrets/store_password")
        return _one_of_many(parsed, password, beside) if "schema" in parsed.query else _postgres(parsed, password)
    raise ConfigError("store.url: expected sqlite:///PATH or postgresql://USER@HOST/DB")


def _sqlite(path: Path) -> sa.Engine:
    engine = sa.create_engine(
        sa.URL.create("sqlite", database=str(path)), connect_args={"timeout": BUSY_SECONDS}, hide_parameters=True
    )

    @sa.event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
            connection.execute(f"PRAGMA {pragma}")

    engine.dialect.do_begin = _begin  # type: ignore[assignment, method-assign]  # an event would cost each statement
    return engine


def _begin(connection: Any) -> None:
    if not connection.in_transaction:  # who only reads has begun
        connection.execute("BEGIN IMMEDIATE")


def begin_reading(connection: sa.Connection) -> None:
    """Begin a transaction in which nothing is written, before its first statement."""
    if connection.dialect.name == "sqlite":
        connection.connection.execute("BEGIN")


def _postgres(url: sa.URL, password: str | None) -> sa.Engine:
    try:
        import psycopg  # noqa: F401 - the extra may be missing
    except ImportError as exc:
        raise ConfigError("store.url: PostgreSQL needs the extra: pip install 'mailbot[postgres]'") from exc
    if password is not None:
        url = url.set(password=password)
    url = url.set(drivername="postgresql+psycopg")
    return sa.create_engine(url, pool_pre_ping=True, hide_parameters=True, connect_args=LINE)


def _one_of_many(url: sa.URL, password: str | None, beside: sa.Engine | None) -> sa.Engine:
    """Return an engine whose statements mean the tables of one schema; its connections serve any of them."""
    name = url.query["schema"]
    if not isinstance(name, str) or not _SCHEMA.fullmatch(name):
        raise ConfigError("store.url: schema=NAME: a small letter, then small letters, digits and _, 48 at most")
    bare = url.difference_update_query(["schema"])
    if beside is not None:
        if _place(bare) != _place(beside.url):
            raise ConfigError(
                "store.url: all mailboxes of one folder lie in one database, each in a schema of its own, and are "
                "reached by one user in one way"
            )
        return beside.execution_options(schema=name)
    given = bare.query.get("options", ())
    standing = f"-cidle_in_transaction_session_timeout={STANDING_SECONDS}s"
    options = [*([given] if isinstance(given, str) else given), standing]
    engine = _postgres(bare.update_query_dict({"options": " ".join(options)}), password)
    sa.event.listen(engine, "begin", _into_schema)
    return engine.execution_options(schema=name)


def unshared(engine: sa.Engine) -> sa.Engine:
    """Return an engine to the same place that waits for no connection of others."""
    made = sa.create_engine(engine.url, poolclass=sa.pool.NullPool, hide_parameters=True, connect_args=LINE)
    sa.event.listen(made, "begin", _into_schema)
    return made.execution_options(schema=schema_of(engine))


def _into_schema(connection: sa.Connection) -> None:
    """Say, at the begin of each transaction, whose tables are meant: the last user of that connection was another."""
    connection.exec_driver_sql(f'SET search_path TO "{connection.get_execution_options()["schema"]}"')


def _place(url: sa.URL) -> tuple[object, ...]:
    """Return what two mailboxes must have in common to use the same connections."""
    host = "127.0.0.1" if url.host and is_loopback(url.host) else url.host
    query = {name: value for name, value in url.query.items() if name not in ("schema", "options")}
    return url.username, host, url.port or 5432, url.database or url.username, tuple(sorted(query.items()))


def share_of(url: str) -> tuple[str, tuple[object, ...]]:
    """Return the schema that a store URL names, and which database that is in; "" where it is no such store."""
    with contextlib.suppress(sa.exc.ArgumentError):
        parsed = sa.make_url(url)
        if parsed.get_backend_name() == "postgresql":
            return str(parsed.query.get("schema", "")), _place(parsed)
    return "", ()


def schema_of(engine: sa.Engine | sa.Connection) -> str:
    """Return the schema of one of many mailboxes, "" where the store is one mailbox's alone."""
    return str(engine.get_execution_options().get("schema", ""))


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Turn a driver's "can't be reached", "locked" or "full" into StoreUnavailable.

    Any other failure of a statement is a StoreFault without the driver's words: they quote what people wrote.
    """
    try:
        yield
    except sa.exc.OperationalError as exc:
        raise StoreUnavailable(f"the store can't be used now ({type(exc.orig).__name__})") from exc
    except sa.exc.TimeoutError as exc:  # a pool's, not a statement's
        raise StoreUnavailable("every connection to the store is in use") from exc
    except sa.exc.DBAPIError as exc:
        if "file is not a database" in str(exc.orig):
            raise ConfigError("store.url: that file is no database") from exc
        if exc.connection_invalidated:
            raise StoreUnavailable("the connection to the store broke") from exc
        raise StoreFault(type(exc.orig).__name__) from None
    except OSError as exc:  # psycopg waits for its connection with one handle more
        if is_short(exc):
            raise MachineShort(exc) from exc
        raise


@contextlib.contextmanager
def turn(engine: sa.Engine) -> Iterator[bool]:
    """Hold the one poller's turn; yields False where another process has it. A dead holder frees it at once.

    A file lock beside the SQLite file, an advisory lock on PostgreSQL. No request, change or answer
    rests on it; two passes at once could only leave a second copy of a mail in mailbot/Done.
    """
    if engine.dialect.name == "sqlite":
        with _file_lock(Path(f"{engine.url.database}.turn")) as held:
            yield held
        return
    with translated(), engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        held = bool(connection.scalar(sa.select(sa.func.pg_try_advisory_lock(TURN))))
        try:
            yield held
        finally:
            if held:
                connection.execute(sa.select(sa.func.pg_advisory_unlock(TURN)))


@contextlib.contextmanager
def _file_lock(path: Path) -> Iterator[bool]:
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as exc:
        raise StoreUnavailable(f"{path}: can't be opened ({exc.strerror})") from exc
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(handle)


def lock(connection: sa.Connection, key: str) -> None:
    """Let no other transaction of the store decide about that key (hex) until this one ends; SQLite has one writer."""
    if connection.dialect.name == "postgresql":
        apart = zlib.crc32(schema_of(connection).encode()) << 28  # one of many mailboxes waits for no other
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(int(key[:15], 16) ^ apart)))


def now_for_all(connection: sa.Connection, own: datetime) -> datetime:
    """Return what the time is for whoever shares the store: the database's clock where those may be many hosts."""
    if not schema_of(connection):
        return own
    now: datetime = connection.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
    return now


def alone(connection: sa.Connection, table: str) -> None:
    """Wait until no other transaction uses a table, and keep them all out; SQLite has one writer anyway.

    On PostgreSQL whoever only read it is waited for as well, ALONE_SECONDS at most: then StoreUnavailable.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{ALONE_SECONDS}s'")
        connection.exec_driver_sql(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")


@contextlib.contextmanager
def snapshot(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Open a connection for reading all of whose statements see the same state of the store, whoever writes.

    Text that is no UTF-8 (SQLite takes any) is read as well.
    """
    options = {"isolation_level": "REPEATABLE READ"} if engine.dialect.name == "postgresql" else {}
    with translated(), engine.connect().execution_options(**options) as connection:
        begin_reading(connection)
        raw: Any = connection.connection.driver_connection
        if engine.dialect.name == "postgresql":
            yield connection
            return
        raw.text_factory = lambda octets: octets.decode("utf-8", "surrogateescape")
        try:
            yield connection
        finally:
            raw.text_factory = str


def utc_text(connection: sa.Connection, column: Any) -> Any:
    """Return what selects a time as the text that stands there: it never fails to be read, whoever wrote it."""
    if connection.dialect.name == "postgresql":
        return sa.func.to_char(sa.func.timezone("UTC", column), 'YYYY-MM-DD"T"HH24:MI:SS.US')
    return sa.type_coerce(column, sa.String)


def last_number(connection: sa.Connection, key: Any) -> int:
    """Return the last number that a table gave to a row, also where that row is gone since."""
    highest = int(connection.execute(sa.select(sa.func.coalesce(sa.func.max(key), 0))).scalar_one())
    given: Any = 0
    if connection.dialect.name == "postgresql":
        sequence = connection.scalar(sa.select(sa.func.pg_get_serial_sequence(key.table.name, key.name)))
        given = connection.scalar(sa.text(f"SELECT last_value FROM {sequence}")) if sequence else 0
    elif sa.inspect(connection).has_table("sqlite_sequence"):
        query = sa.text("SELECT seq FROM sqlite_sequence WHERE name = :name")
        given = connection.scalar(query, {"name": key.table.name})
    return max(highest, int(given or 0))


def go_on_from(connection: sa.Connection, name: str, key: str, last: int) -> None:
    """Have a table give the numbers after that one: none is given twice."""
    if not last:
        return
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.setval(sa.func.pg_get_serial_sequence(name, key), last)))
    elif sa.inspect(connection).has_table("sqlite_sequence"):
        connection.execute(sa.text("DELETE FROM sqlite_sequence WHERE name = :name"), {"name": name})
        values = {"name": name, "last": last}
        connection.execute(sa.text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :last)"), values)


def drop(connection: sa.Connection, names: Iterable[str]) -> None:
    """Take tables away in that order, and the functions of their triggers, inside the transaction."""
    postgres = connection.dialect.name == "postgresql"
    for name in names:
        connection.execute(sa.text(f"DROP TABLE IF EXISTS {name}{' CASCADE' if postgres else ''}"))
    if postgres:
        ours = sa.text(
            "SELECT proname FROM pg_proc WHERE prorettype = 'trigger'::regtype AND proname LIKE 'event\\_%' "
            "AND pronamespace = current_schema()::regnamespace"
        )
        for name in connection.scalars(ours).all():
            connection.execute(sa.text(f"DROP FUNCTION {name}()"))
