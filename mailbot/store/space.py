"""What deleted rows leave behind: their bytes, scrubbed after each erasure, and their room, given back once a week.

Both dialects, as engine.py. Nothing here changes a row; whatever fails, the store is as it was.
"""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from mailbot.store.engine import BUSY_SECONDS, translated

PERSONAL = (  # the tables that hold personal data
    "person", "address", "phone", "consent", "mail", "request", "reply", "question", "place_task", "place_id",
    "hook_call",
)  # fmt: skip
REWRITTEN_BYTES = 64_000_000  # about a second, in which others wait
LOCK_SECONDS = 2  # a reader may keep the scrubbing waiting; then the next pass does it
SHARE = 4  # a file is rewritten where a fourth of it is free,
WORTH_BYTES = 1_000_000  # and as much as this at least,
MOST_BYTES = 256_000_000  # and no more than this is in use: so much memory it takes, and some seconds


def compact(engine: sa.Engine) -> bool:
    """Give the room of deleted rows back to the disk, where that is worth it; False where it can't be done now.

    SQLite writes the file anew, in memory first, so that no copy of it lies elsewhere; a crash, a full disk or a busy
    store leaves the old one. PostgreSQL does what `scrub` does.
    """
    if engine.dialect.name != "sqlite":
        return scrub(engine)
    try:
        with _sqlite(engine) as cursor:
            pages, free, size = (
                int(cursor.execute(f"PRAGMA {name}").fetchone()[0])
                for name in ("page_count", "freelist_count", "page_size")
            )
            if free * size < WORTH_BYTES or free * SHARE < pages or (pages - free) * size > MOST_BYTES:
                return True
            if shutil.disk_usage(Path(str(engine.url.database)).parent).free < 2 * (pages - free) * size:
                return False  # the write-ahead log takes the new pages before the file does
            cursor.execute("PRAGMA temp_store=MEMORY")
            try:
                cursor.execute("VACUUM")
            finally:
                cursor.execute("PRAGMA temp_store=DEFAULT")
    except (sqlite3.OperationalError, OSError):
        return False
    return scrub(engine)


@contextlib.contextmanager
def _sqlite(engine: sa.Engine) -> Iterator[sqlite3.Cursor]:
    """Yield a cursor outside any transaction, which waits for others two seconds at most."""
    raw = engine.raw_connection()
    cursor: Any = raw.cursor()
    try:
        cursor.execute(f"PRAGMA busy_timeout={LOCK_SECONDS * 1000}")
        yield cursor
    finally:
        cursor.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
        raw.close()


def scrub(engine: sa.Engine) -> bool:
    """Take what was deleted out of the files: SQLite's write-ahead log is emptied, PostgreSQL's tables are rewritten.

    A table of more than 64 MB is vacuumed only, which frees dead rows and does not overwrite them; the write-ahead log
    of PostgreSQL is left to its own recycling. Returns False where somebody at work kept it from being done.
    """
    with translated():
        if engine.dialect.name == "sqlite":
            with _sqlite(engine) as cursor:
                return not cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()[0][0]
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            return _vacuum(connection)


def _vacuum(connection: sa.Connection) -> bool:
    """Rewrite the small tables that hold personal data, vacuum the rest, and checkpoint where that is allowed."""
    small = sa.text(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname = ANY(:names) AND "
        "relnamespace = current_schema()::regnamespace AND pg_total_relation_size(oid) <= :most ORDER BY relname"
    )
    names = list(connection.execute(small, {"names": list(PERSONAL), "most": REWRITTEN_BYTES}).scalars())
    connection.exec_driver_sql(f"SET lock_timeout = '{LOCK_SECONDS}s'")
    try:
        if names:
            connection.exec_driver_sql(f"VACUUM (FULL) {', '.join(names)}")
        connection.exec_driver_sql(f"VACUUM {', '.join(PERSONAL)}")  # not those of other mailboxes in this database
        with contextlib.suppress(sa.exc.ProgrammingError):  # the right to is not given to everybody
            connection.exec_driver_sql("CHECKPOINT")
    except sa.exc.OperationalError:
        return False  # somebody reads: the next pass tries again
    finally:
        connection.exec_driver_sql("RESET lock_timeout")
    return True
