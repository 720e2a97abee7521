"""The chain of events on SQLite and on PostgreSQL: sealed, cut, verified; and every way to spoil it is named."""

from __future__ import annotations

import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from mailbot.errors import UsageError
from mailbot.operating import audit
from mailbot.operating.audit import Report
from mailbot.store import chain, migrate
from mailbot.store.chain import Head
from mailbot.store.engine import open_engine
from mailbot.store.event_tables import Event, EventCut
from mailbot.store.keys import Keys
from mailbot.store.store import Store
from mailbot.store.tables import Person
from tests.integration.test_doors import migrated_to
from tests.integration.test_store import ADDRESS, START, Ids, Time, clock, count, empty, person, store, values

__all__ = ["clock", "empty", "store"]  # fixtures
RULES = {"event": ("event_unchanged", "event_kept"), "event_cut": ("event_cut_unchanged", "event_cut_kept")}
DAY = timedelta(days=1)


def happen(store: Store, number: int, **more: Any) -> None:
    """Let so many things happen, in one transaction; nobody reads what."""
    with store.unit() as unit:
        for each in range(number):
            unit.request_id = f"R{each}"
            unit.event("applied", f"reason{each}", **more)


def seal(store: Store) -> int:
    """Seal all there is; return how many."""
    done = 0
    while True:
        with store.unit() as unit:
            sealed = chain.seal(unit)
        done += sealed
        if not sealed:
            return done


@pytest.fixture
def sealed(store: Store) -> Store:
    """A store with six sealed events, of different people."""
    person_id = person(store)
    happen(store, 6, person_id=person_id)
    assert seal(store) == 6
    assert audit.verify(store).sound
    return store


def spoil(store: Store, *statements: str) -> None:
    """Write into the store past its rules, as whoever owns the database can."""
    sqlite = store.engine.dialect.name == "sqlite"
    with store.engine.begin() as connection:
        for table, names in RULES.items():
            for rule in (f"DROP TRIGGER IF EXISTS {name}" for name in names) if sqlite else (
                f"ALTER TABLE {table} DISABLE TRIGGER USER",
            ):  # fmt: skip
                connection.exec_driver_sql(rule)
        for statement in statements:
            connection.exec_driver_sql(statement)


def told(store: Store, then: Head | None = None) -> tuple[str, int | None]:
    """Return how the chain is broken, and where."""
    report = audit.verify(store, then)
    assert report.broken is not None and not report.sound
    return report.broken.how, report.broken.position


def head(store: Store) -> Head:
    with store.reading() as connection:
        return chain.head(connection)


# ---- sealing ---------------------------------------------------------------------------------------------------


def test_a_store_without_any_event_is_sound(store: Store) -> None:
    assert seal(store) == 0
    assert audit.verify(store) == Report(head=Head(), sealed=0, unsealed=0, cut=0)
    assert audit.verify(store).sound


def test_events_are_sealed_in_order_without_gaps_and_only_once(store: Store) -> None:
    happen(store, 3)
    assert values(store, "event", "position", "link") == [(None, None)] * 3
    assert audit.verify(store) == Report(head=Head(), sealed=0, unsealed=3, cut=0)
    assert (seal(store), seal(store)) == (3, 0)
    first = values(store, "event", "id", "position", "link")
    happen(store, 2)
    assert seal(store) == 2
    assert sorted(row[1] for row in values(store, "event", "id", "position")) == [1, 2, 3, 4, 5]
    assert set(first) <= set(values(store, "event", "id", "position", "link"))
    report = audit.verify(store)
    assert (report.sound, report.sealed, report.unsealed, report.head.position) == (True, 5, 0, 5)
    assert len({link for _, _, link in values(store, "event", "id", "position", "link")}) == 5
    assert str(head(store)) == f"5:{head(store).link}" and audit.read_head(f" {head(store)}\n") == head(store)


def test_more_than_one_transaction_holds_are_sealed_too(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain, "BATCH", 4)
    happen(store, 10)
    with store.unit() as unit:
        assert chain.seal(unit) == 4
    assert audit.verify(store).sound
    assert seal(store) == 6 and audit.verify(store).sound


def test_what_commits_late_is_sealed_later_and_nothing_is_skipped(store: Store) -> None:
    """Its number is lower, its place is further on; on SQLite, where one writes at a time, the number is given."""
    late: sa.Connection | None = None
    values_: dict[str, Any] = {"at": START, "who": "mailbot", "what": "late", "reason": ""}
    insert = sa.insert(Event.__table__)  # type: ignore[attr-defined]
    if store.engine.dialect.name == "postgresql":
        late = store.engine.connect()
        late.execute(insert.values(**values_))
        happen(store, 2)
    else:
        happen(store, 3)
        spoil(store, "DELETE FROM event WHERE id = 1")
    assert seal(store) == 2
    if late is not None:
        late.commit()
        late.close()
    else:
        with store.unit() as unit:
            unit.connection.execute(insert.values(id=1, **values_))
    happen(store, 1)
    assert seal(store) == 2
    rows = sorted(values(store, "event", "position", "id", "what"))
    assert [row[0] for row in rows] == [1, 2, 3, 4]
    assert rows[2][2] == "late" and rows[2][1] < rows[0][1]
    assert audit.verify(store).sound


def test_sealers_at_once_make_one_chain(store: Store) -> None:
    def work(number: int) -> None:
        for _ in range(10):
            happen(store, 3)
            if number % 2:
                with store.unit() as unit:
                    chain.seal(unit)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, range(4)))
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: seal(store), range(4)))
    assert sorted(place for (place, _) in values(store, "event", "position", "id")) == list(range(1, 121))
    assert audit.verify(store).sound


KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from mailbot.store import chain
from mailbot.store.engine import open_engine
from mailbot.store.keys import Keys
from mailbot.store.store import Store

engine, now = open_engine(sys.argv[1], Path()), lambda: datetime.now(UTC)
store = Store(engine=engine, keys=Keys(b"k" * 32), clock=now, new_id=str)
with store.unit() as unit:
    chain.seal(unit) if sys.argv[2] == "seal" else chain.cut(unit, datetime(2100, 1, 1, tzinfo=UTC))
    if sys.argv[3] == "before":
        os.kill(os.getpid(), signal.SIGKILL)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("what", ["seal", "cut"])
def test_a_kill_before_or_after_the_commit_leaves_a_sound_chain(
    sealed: Store, store_url: str, what: str, when: str
) -> None:
    happen(sealed, 3)
    command = [sys.executable, "-c", KILLED, store_url, what, when]
    assert subprocess.run(command, check=False, cwd=Path(__file__).parents[2]).returncode == -signal.SIGKILL
    done = when == "after"
    expected = {("seal", True): (9, 0), ("cut", True): (0, 4)}.get((what, done), (6, 3))  # the cut is an event itself
    report = audit.verify(sealed)
    assert (report.sound, report.sealed, report.unsealed) == (True, *expected)
    assert seal(sealed) == expected[1]
    assert audit.verify(sealed).sound


MANY = """
import resource, sys
from datetime import UTC, datetime
from pathlib import Path
import sqlalchemy as sa
from mailbot.operating import audit
from mailbot.store import chain
from mailbot.store.engine import open_engine
from mailbot.store.event_tables import Event
from mailbot.store.keys import Keys
from mailbot.store.store import Store

engine, now = open_engine(sys.argv[1], Path()), lambda: datetime.now(UTC)
store = Store(engine=engine, keys=Keys(b"k" * 32), clock=now, new_id=str)
row = {"at": now(), "who": "mailbot", "what": "applied", "reason": "update_proven", "request_id": "K7Q2AB"}
def grow(number):
    for _ in range(number // 1000):
        with store.unit() as unit:
            unit.connection.execute(sa.insert(Event.__table__), [row] * 1000)
    sealed = 1
    while sealed:
        with store.unit() as unit:
            sealed = chain.seal(unit)
    report = audit.verify(store)
    print(report.sound, report.head.position, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
grow(3000)
grow(27000)
"""


@pytest.mark.slow
def test_thirty_thousand_events_need_no_more_memory_than_a_few(store: Store, store_url: str) -> None:
    command = [sys.executable, "-c", MANY, store_url]
    ran = subprocess.run(command, check=True, cwd=Path(__file__).parents[2], capture_output=True, text=True)
    few, many = (line.split() for line in ran.stdout.splitlines())
    assert (few[:2], many[:2]) == (["True", "3000"], ["True", "30000"])
    unit = 1 if sys.platform == "darwin" else 1024
    assert (int(many[2]) - int(few[2])) * unit < 16_000_000


# ---- what the store itself refuses ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE event SET reason = 'other' WHERE position = 2",
        "UPDATE event SET position = 99 WHERE position = 2",
        "UPDATE event SET position = NULL, link = NULL WHERE position = 2",
        "UPDATE event SET reason = 'other' WHERE position IS NULL",
        "UPDATE event SET position = 99, link = 'x', what = 'other' WHERE position IS NULL",
        "DELETE FROM event WHERE position = 2",
        "DELETE FROM event WHERE position IS NULL",
        "DELETE FROM event_cut",
        "UPDATE event_cut SET removed = 7",
    ],
)
def test_the_store_refuses_to_change_events_and_to_take_them_away(sealed: Store, statement: str) -> None:
    happen(sealed, 1)
    with sealed.engine.begin() as connection:
        made = {"position": 1, "link": "x", "removed": 1, "at": START, "seal": "x"}
        if "event_cut" in statement:
            connection.execute(sa.insert(EventCut.__table__).values(**made))  # type: ignore[attr-defined]
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), sealed.engine.begin() as connection:
        connection.exec_driver_sql(statement)


def test_postgresql_refuses_to_empty_the_journal(sealed: Store) -> None:
    if sealed.engine.dialect.name == "sqlite":
        return  # it has no TRUNCATE
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), sealed.engine.begin() as connection:
        connection.exec_driver_sql("TRUNCATE event")


# ---- what is told ----------------------------------------------------------------------------------------------

COLUMNS = {
    "at": "'2026-11-02 08:59:59+00:00'", "who": "'operator'", "what": "'released'", "reason": "'other'",
    "request_id": "'R9'", "person_id": "NULL", "id": "999", "link": "'x'",
}  # fmt: skip


@pytest.mark.parametrize("place", [1, 3, 6])
@pytest.mark.parametrize("column", COLUMNS)
def test_a_row_that_was_changed_is_named(sealed: Store, column: str, place: int) -> None:
    spoil(sealed, f"UPDATE event SET {column} = {COLUMNS[column]} WHERE position = {place}")
    report = audit.verify(sealed)
    assert report.broken is not None
    assert (report.broken.how, report.broken.position) == ("changed", place)
    now = next(row for row in values(sealed, "event", "position", "id", "what") if row[0] == place)
    assert (report.broken.id, report.broken.what) == now[1:]
    assert report.broken.at == f"2026-11-02T0{'8:59:59' if column == 'at' else '9:00:00'}.000000+00:00"
    assert report.as_json()["broken"]["how"] == "changed" and report.as_json()["sound"] is False


def test_null_and_the_empty_text_are_not_the_same(store: Store) -> None:
    happen(store, 2)
    seal(store)
    spoil(store, "UPDATE event SET person_id = '' WHERE position = 2")
    assert told(store) == ("changed", 2)


@pytest.mark.parametrize(
    "value", ["at = 'soon'", "at = x'00ff'", "what = x'00ff'", "who = CAST(x'ff' AS TEXT)", "reason = 5.5"]
)
def test_what_is_no_time_and_no_text_is_told_too(sealed: Store, value: str) -> None:
    """SQLite lets anything stand in any column."""
    if sealed.engine.dialect.name == "postgresql":
        value = "at = 'infinity'"
    spoil(sealed, f"UPDATE event SET {value} WHERE position = 3")
    assert told(sealed) == ("changed", 3)
    assert seal(sealed) == 0


@pytest.mark.parametrize(("condition", "place", "gone"), [("= 1", 1, 1), ("IN (3, 4)", 3, 2), ("= 6", 6, 1)])
def test_rows_that_were_removed_are_counted(sealed: Store, condition: str, place: int, gone: int) -> None:
    spoil(sealed, f"DELETE FROM event WHERE position {condition}")
    report = audit.verify(sealed)
    assert report.broken is not None and report.broken.id is None
    assert (report.broken.how, report.broken.position, report.broken.removed) == ("removed", place, gone)


def test_a_gap_is_never_filled_up_again(sealed: Store) -> None:
    spoil(sealed, "DELETE FROM event WHERE position = 6")
    happen(sealed, 2)
    assert seal(sealed) == 2  # behind the head that is kept, not in the place of what is gone
    assert told(sealed) == ("removed", 6)


NEW = (
    "INSERT INTO event (id, at, who, what, reason, position, link) "
    "VALUES (77, '2026-11-02 09:00:00+00:00', 'operator', 'released', '', {}, '{}')"
)


def test_a_row_put_between_others_is_named(sealed: Store) -> None:
    move = "UPDATE event SET position = -(position + 1) WHERE position >= 3"
    spoil(sealed, move, "UPDATE event SET position = -position WHERE position < 0", NEW.format(3, "a" * 52))
    report = audit.verify(sealed)
    assert report.broken is not None
    assert (report.broken.how, report.broken.position, report.broken.id) == ("inserted", 3, 77)


@pytest.mark.parametrize("place", [7, 9])
def test_a_row_put_at_the_end_is_named_and_nothing_is_sealed_behind_it(sealed: Store, place: int) -> None:
    spoil(sealed, NEW.format(place, "a" * 52))
    happen(sealed, 1)
    assert seal(sealed) == 0
    assert told(sealed) == ("inserted", place)


def exchange(first: int, second: int, columns: str = "position") -> list[str]:
    """Return what exchanges two rows."""
    swap = [f"UPDATE event SET position = -1 WHERE position = {first}"]
    swap += [f"UPDATE event SET position = {first} WHERE position = {second}"]
    swap += [f"UPDATE event SET position = {second} WHERE position = -1"]
    if columns != "position":
        keep = "UPDATE event SET link = (SELECT link FROM held WHERE held.position = event.position)"
        swap = ["CREATE TABLE held AS SELECT position, link FROM event", *swap, keep, "DROP TABLE held"]
    return swap


@pytest.mark.parametrize("columns", ["position", "position and link"])
@pytest.mark.parametrize(("first", "second"), [(1, 2), (2, 3), (2, 5), (5, 6), (1, 6)])
def test_two_rows_that_were_exchanged_are_told(sealed: Store, first: int, second: int, columns: str) -> None:
    spoil(sealed, *exchange(first, second, columns))
    assert told(sealed) == ("reordered", first)


@pytest.mark.parametrize("to", ["99", "-5", "NULL"])
def test_a_row_that_was_moved_away_is_told(sealed: Store, to: str) -> None:
    spoil(sealed, f"UPDATE event SET position = {to} WHERE position = 3")
    how, _ = told(sealed)
    assert how == ("inserted" if to == "-5" else "reordered")


def test_a_head_that_is_not_ours_is_told_and_nothing_is_sealed_on_it(sealed: Store) -> None:
    kept = str(head(sealed))
    for value in (f"4:{'a' * 52}:{'a' * 52}", f"{kept}:{'a' * 52}", "nonsense", ""):
        spoil(sealed, f"UPDATE note SET value = '{value}' WHERE name = 'event_head'")
        happen(sealed, 1)
        assert seal(sealed) == 0
        assert told(sealed) == ("head", 6)
    spoil(sealed, "DELETE FROM note WHERE name = 'event_head'")
    assert told(sealed) == ("head", 6)


def test_another_key_is_told_as_such(sealed: Store) -> None:
    other = replace(sealed, keys=Keys(b"o" * 32))
    assert told(other) == ("key", 1)
    assert seal(other) == 0
    assert audit.verify(sealed).sound


def test_the_key_of_the_chain_hashes_nothing_else(store: Store) -> None:
    keys = Keys(b"k" * 32)
    made = {keys.chain("address", ADDRESS), keys.suppression(ADDRESS), keys.unsubscribe(ADDRESS), keys.bounce(ADDRESS)}
    assert len(made) == 4
    assert keys.chain("a", 1) != keys.chain("a", "1") != keys.chain("a1") and keys.chain(None) != keys.chain("")


# ---- heads that were kept outside --------------------------------------------------------------------------------


def old_copy(store: Store, kept: str, above: int) -> None:
    """Put the store back to how it was when that was its head."""
    spoil(
        store,
        f"DELETE FROM event WHERE position > {above} OR position IS NULL",
        f"UPDATE note SET value = '{kept}' WHERE name = 'event_head'",
    )


def test_an_old_copy_of_the_store_is_seen_beside_a_head_kept_outside(sealed: Store) -> None:
    early, kept = head(sealed), sealed.note("event_head")
    happen(sealed, 3)
    seal(sealed)
    outside = head(sealed)
    assert audit.verify(sealed, outside).compared == audit.verify(sealed, early).compared == "same"
    old_copy(sealed, kept, 6)
    assert audit.verify(sealed).sound  # nothing inside tells
    report = audit.verify(sealed, outside)
    assert (report.broken, report.compared, report.sound) == (None, "shorter", False)
    assert audit.verify(sealed, early).sound and audit.verify(sealed, audit.read_head("0:")).compared == "same"
    happen(sealed, 4, who="operator")
    seal(sealed)
    report = audit.verify(sealed, outside)
    assert (report.broken, report.compared, report.sound) == (None, "rewritten", False)


@pytest.mark.parametrize(
    "text", ["", "7", "7:", ":", "7:abc", f"0:{'a' * 52}", f"-1:{'a' * 52}", f"x:{'a' * 52}", f"7:{'a' * 51}1"]
)
def test_what_is_no_head_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--head"):
        audit.read_head(text)


# ---- what is kept no longer --------------------------------------------------------------------------------------


def cut(store: Store, **age: float) -> int:
    with store.unit() as unit:
        return chain.cut(unit, unit.now - timedelta(**age))


@pytest.fixture
def aged(sealed: Store, clock: Time) -> Store:
    """Six events of day 0, four of day 10, two of day 20; it is day 20."""
    for number in (4, 2):
        clock.pass_(days=10)
        happen(sealed, number)
        seal(sealed)
    return sealed


def test_a_cut_leaves_an_anchor_and_the_chain_goes_on(aged: Store, clock: Time) -> None:
    heads = {row[0]: Head(*row) for row in values(aged, "event", "position", "link")}
    assert cut(aged, days=30) == 0
    assert (cut(aged, days=15), cut(aged, days=15)) == (6, 0)
    report = audit.verify(aged)
    assert (report.sound, report.sealed, report.unsealed, report.cut) == (True, 6, 1, 6)
    assert values(aged, "event_cut", "position", "link", "removed") == [(6, heads[6].link, 6)]
    assert ("journal_cut", "6") in values(aged, "event", "what", "reason")
    compared = {place: audit.verify(aged, then).compared for place, then in heads.items() if place in (3, 6, 9, 12)}
    assert compared == {3: "cut", 6: "same", 9: "same", 12: "same"}
    assert audit.verify(aged, heads[3]).sound
    assert audit.verify(aged, Head(6, "a" * 52)).compared == "rewritten"
    seal(aged)
    clock.pass_(days=30)
    assert cut(aged, days=5) == 7
    assert [row[0] for row in values(aged, "event_cut", "position", "link")] == [6, 13]
    assert audit.verify(aged).sound
    assert seal(aged) == 1
    assert audit.verify(aged).sound and head(aged).position == 14


def test_more_than_one_cut_holds_leave_with_the_next(aged: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain, "CUT", 4)
    assert [cut(aged, days=15) for _ in range(3)] == [4, 2, 0]
    assert audit.verify(aged).sound


def test_whatever_concerns_disputed_data_stays_and_what_is_behind_it(aged: Store) -> None:
    person_id = person(aged, "marat@example.com")
    with aged.unit() as unit:
        unit.update(Person, person_id, disputed=True)
        unit.event("blocked", "dispute", who="operator", person_id=person_id)
    happen(aged, 1)
    assert seal(aged) == 2
    assert cut(aged, days=-1) == 12
    assert cut(aged, days=-1) == 0
    with aged.unit() as unit:
        unit.update(Person, person_id, disputed=False)
    assert cut(aged, days=-1) == 2
    assert audit.verify(aged).sound


@pytest.mark.parametrize(
    ("statement", "how"),
    [
        ("UPDATE event_cut SET link = 'x'", "cut"),
        ("UPDATE event_cut SET removed = 5", "cut"),
        ("UPDATE event_cut SET at = '2026-11-02 09:00:00'", "cut"),
        ("UPDATE event_cut SET position = 7, removed = 7", "cut"),
        ("UPDATE event_cut SET seal = 'x'", "cut"),
        ("DELETE FROM event_cut", "removed"),
        ("DELETE FROM event WHERE position = 7", "removed"),
        (NEW.format(6, "a" * 52), "inserted"),
    ],
)
def test_an_anchor_is_verified_like_a_row(aged: Store, statement: str, how: str) -> None:
    cut(aged, days=15)
    spoil(aged, statement)
    assert told(aged)[0] == how


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE event SET reason = 'other' WHERE position = 3",
        "UPDATE event SET at = '2020-01-01 00:00:00' WHERE position = 8",
        "DELETE FROM event WHERE position = 3",
        "DELETE FROM event WHERE position = 12",
    ],
)
def test_a_break_does_not_leave_with_a_cut(aged: Store, statement: str) -> None:
    spoil(aged, statement)
    before = told(aged)
    gone = [cut(aged, days=5) for _ in range(2)]
    assert told(aged) == before
    assert sum(gone) == (10 if "12" in statement else 0)


@pytest.mark.parametrize("statement", ["position = 'x'", "removed = 'x'", "position = 5.5", "at = x'00'"])
def test_an_anchor_without_numbers_is_told_and_stops_nothing(aged: Store, statement: str) -> None:
    if aged.engine.dialect.name == "postgresql":
        statement = "removed = -5"
    cut(aged, days=15)
    spoil(aged, f"UPDATE event_cut SET {statement}")
    assert told(aged)[0] == "cut"
    assert audit.verify(aged, Head(3, "a" * 52)).compared in ("cut", "shorter")
    assert cut(aged, days=5) in (0, 4)
    seal(aged)
    assert told(aged)[0] == "cut"


def test_nothing_is_cut_from_an_empty_journal(store: Store) -> None:
    assert cut(store, days=0) == 0
    happen(store, 2)
    assert cut(store, days=-1) == 0  # not sealed yet
    assert count(store, "event_cut") == 0


def test_the_day_from_which_on_events_are_kept_is_one_for_a_whole_day() -> None:
    assert {audit.oldest(START + timedelta(hours=hours), 3).isoformat() for hours in (0, 5, 14)} == {
        "2023-11-02T00:00:00+00:00"
    }
    leap = START.replace(year=2028, month=2, day=29)
    assert audit.oldest(leap, 3).isoformat() == "2025-02-28T00:00:00+00:00"


# ---- stores of before --------------------------------------------------------------------------------------------


def test_events_of_an_older_store_are_sealed_after_the_upgrade(empty: sa.Engine) -> None:
    migrated_to(empty, "0005")
    rows = ("('2026-11-02 09:00:00', 'mailbot', 'applied', 'x')", "('2026-11-02 09:00:01.5', 'operator', 'closed', '')")
    with empty.begin() as connection:
        connection.exec_driver_sql(f"INSERT INTO event (at, who, what, reason) VALUES {', '.join(rows)}")
    migrate.upgrade(empty)
    upgraded = Store(engine=empty, keys=Keys(b"k" * 32), clock=Time(), new_id=Ids())
    assert audit.verify(upgraded) == Report(head=Head(), sealed=0, unsealed=2, cut=0)
    assert seal(upgraded) == 2
    assert audit.verify(upgraded).sound
    migrated_to(empty, "0001-")
    assert "event_cut" not in sa.inspect(empty).get_table_names()
    assert count(upgraded, "event") == 2


def test_a_chain_is_verified_while_others_write(sealed: Store, store_url: str, tmp_path: Path) -> None:
    """All that verifying reads is of one moment: what is sealed meanwhile is no break."""
    second = replace(sealed, engine=open_engine(store_url, tmp_path))
    try:
        with sealed.snapshot() as connection:
            before = chain.counts(connection)
            happen(second, 2)
            seal(second)
            assert chain.counts(connection) == before
            assert chain.kept(connection, sealed.keys) == Head(6, chain.link_at(connection, 6) or "")
    finally:
        second.engine.dispose()
    assert audit.verify(sealed).sealed == 8
