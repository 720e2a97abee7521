"""Room that deleted rows leave goes back to the disk: when, and what happens where it can't."""

from __future__ import annotations

import resource
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from mailbot.app import build
from mailbot.operating.compacting import NOTE
from mailbot.store import space
from mailbot.store.tables import Note
from tests.acceptance.world import ALIYA, UPDATE, World

MANY, LONG = 3_000, "x" * 1_000
NOTES = Note.__table__  # type: ignore[attr-defined]
OURS = NOTES.c.name.like("room %")


def fill(engine: sa.Engine) -> None:
    """Write three megabytes, and delete all but every tenth row of them."""
    with engine.begin() as connection:
        connection.execute(sa.delete(NOTES).where(OURS))
        connection.execute(sa.insert(NOTES), [{"name": f"room {n}", "value": LONG} for n in range(MANY)])
    with engine.begin() as connection:
        connection.execute(sa.delete(NOTES).where(OURS, NOTES.c.name.not_like("%0")))


def size(engine: sa.Engine) -> int:
    if engine.dialect.name == "sqlite":
        return sum(Path(f"{engine.url.database}{end}").stat().st_size for end in ("", "-wal"))
    with engine.connect() as connection:
        return int(connection.scalar(sa.text("SELECT pg_total_relation_size('note')")))


def left(engine: sa.Engine) -> list[str]:
    with engine.connect() as connection:
        return list(
            connection.scalars(sa.select(NOTES.c.name).where(NOTES.c.name.like("room %")).order_by(NOTES.c.name))
        )


@contextmanager
def full(limit: int) -> Iterator[None]:
    """Let no file of this process grow beyond that, as a full disk would."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)


def test_the_room_of_deleted_rows_goes_back(migrated: sa.Engine) -> None:
    fill(migrated)
    assert space.scrub(migrated)
    before, rows = size(migrated), left(migrated)
    assert space.compact(migrated)
    assert left(migrated) == rows and len(rows) == MANY // 10
    if migrated.dialect.name == "sqlite":  # of PostgreSQL's tables it is those with personal data that are rewritten
        assert size(migrated) < before // 2
    again = size(migrated)
    assert space.compact(migrated) and size(migrated) == again


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_a_full_disk_or_a_busy_store_leaves_it_as_it_was(migrated: sa.Engine) -> None:
    fill(migrated)
    assert space.scrub(migrated)
    before, rows = size(migrated), left(migrated)
    with full(100_000):
        assert not space.compact(migrated)
    assert left(migrated) == rows
    with closing(sqlite3.connect(str(migrated.url.database), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert not space.compact(migrated)
    assert left(migrated) == rows and size(migrated) >= before
    assert space.compact(migrated) and left(migrated) == rows and size(migrated) < before // 2


def at(world: World, text: str) -> str:
    """Make a pass at that time; return when the store says that it was done last."""
    world.ahead = datetime.fromisoformat(f"{text}+05:00") - datetime.now(UTC)
    world.poll()
    ((found,),) = world.sql(f"SELECT coalesce(max(value), '') FROM note WHERE name = '{NOTE}'")
    return str(found)[:10]


def test_it_is_done_once_a_week_at_night_and_not_while_mail_waits(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.sql("UPDATE note SET value = '2030-01-06T10:00:00+00:00' WHERE name = 'installed_at'")
    app = build(world.folder)
    fill(app.line.store.engine)
    app.close()
    before = (world.folder / "mailbot.sqlite").stat().st_size
    assert at(world, "2030-01-12 03:00") == ""  # not a week yet
    assert at(world, "2030-01-14 12:00") == ""  # by day
    world.put(world.octets(ALIYA, UPDATE["ru"], "Телефон: +77015554433"))
    assert at(world, "2030-01-15 02:30") == ""  # mail came
    world.sql("UPDATE mail SET state = 'waiting', next_try_at = '2040-01-01 00:00:00.000000'")
    assert at(world, "2030-01-15 03:00") == ""  # and waits
    world.sql("UPDATE mail SET state = 'decided'")
    assert (world.folder / "mailbot.sqlite").stat().st_size >= before
    assert at(world, "2030-01-15 03:30") == "2030-01-14"  # in UTC
    assert (world.folder / "mailbot.sqlite").stat().st_size < before // 2
    assert at(world, "2030-01-16 03:00") == "2030-01-14"
    assert at(world, "2030-01-22 04:59") == "2030-01-21"
    assert at(world, "2030-03-01 12:00") == "2030-03-01"  # whoever never runs at night
    app = build(world.folder)
    fill(app.line.store.engine)
    app.close()
    with closing(sqlite3.connect(world.folder / "mailbot.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN")
        other.execute("SELECT * FROM note").fetchone()  # a reader keeps the write-ahead log from being emptied
        assert at(world, "2030-03-09 03:00") == "2030-03-02", "tried again a day later"
    assert at(world, "2030-03-09 04:00") == "2030-03-02"
    assert at(world, "2030-03-10 03:30") == "2030-03-09"
