"""Whose turn a mailbox is, on PostgreSQL: numbers that fence, schemas that keep mailboxes apart, one gone.log."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from mailbot.app import new_id
from mailbot.errors import ConfigError, MailbotError, StoreUnavailable, TurnLost
from mailbot.fleet import Fleet
from mailbot.members import members
from mailbot.shares import Host
from mailbot.store import engine as engines
from mailbot.store import everywhere
from mailbot.store.engine import open_engine, share_of
from mailbot.store.gone import FILE, Ledger, Line
from mailbot.store.keys import Keys
from mailbot.store.migrate import require_current, upgrade
from mailbot.store.process import elapsed, is_gone, own_name
from mailbot.store.seat import ALIVE, Seat, hold
from mailbot.store.store import Store
from mailbot.store.turns import Turn, is_read
from tests.support import quick
from tests.support.postgres import Postgres

SEATS: list[Seat] = []
LAPSED = "UPDATE mailbot_fleet.host SET until = clock_timestamp() - interval '1 second' WHERE name = :name"


@pytest.fixture
def url(postgres: Postgres) -> Iterator[str]:
    made = postgres.database()
    yield made
    postgres.drop(made)


@pytest.fixture
def one(url: str, tmp_path: Path) -> Iterator[Store]:
    """The store of one mailbox of two."""
    made = open_engine(f"{url}&schema=one", tmp_path)
    upgrade(made)
    yield Store(engine=made, keys=Keys(b"k" * 32), clock=lambda: datetime.now(UTC), new_id=new_id)
    made.dispose()


@pytest.fixture(autouse=True)
def _leave() -> Iterator[None]:
    yield
    while SEATS:
        SEATS.pop().close()


def seat(store: Store, name: str = "", known: tuple[str, ...] = ("one",), *, fresh: bool = False) -> Seat:
    """Return a host; where it is not `fresh`, it was there for longer than any living host is silent."""
    made = Seat(store.engine, name or own_name(new_id))
    SEATS.append(made)
    made.beat(known)
    if not fresh:
        made._since = elapsed() - 60
    return made


def lapse(store: Store, who: Seat) -> None:
    """Let a host be silent for longer than it counts as alive."""
    with store.engine.begin() as connection:
        connection.execute(sa.text(LAPSED), {"name": who.name})


# ---- turns ------------------------------------------------------------------------------------------------------


def test_a_turn_is_one_hosts_until_it_gives_it_back_or_is_silent(one: Store) -> None:
    first, second = seat(one, "first"), seat(one, "second")
    assert first.take(["one"], 5) == {"one": 1}
    assert second.take(["one"], 5) == {} == first.take(["one"], 5)
    first.give_back(["one"])
    assert second.take(["one"], 5, timedelta(seconds=6)) == {}, "it is not free for that long yet"
    assert second.take(["one"], 5) == {"one": 2}
    lapse(one, second)
    assert first.take(["one"], 5, timedelta(seconds=6)) == {}, "who has its share waits a moment"
    assert first.take(["one"], 5) == {"one": 3}
    assert first.standing().mine == {"one": 3}
    assert first.standing().hosts == {"first": Host(1, 1)}
    second.beat(["one"])
    assert second.standing().mine == {}, "it hears that it lost it"
    second.give_back(["one"])
    assert first.standing().mine == {"one": 3}, "what is not its own it can't give back"
    first.leave()
    assert second.take(["one"], 5) == {"one": 4}


def test_after_an_outage_the_first_host_back_waits_for_the_others(one: Store) -> None:
    first, second = seat(one, "first"), seat(one, "second", fresh=True)
    assert first.take(["one"], 1) == {"one": 1}
    lapse(one, first)
    assert not second.is_settled and second.take(["one"], 1) == {}, "the other may be back in a moment"
    second.beat(["one"])
    assert "first" in hosts(one), "nor does it bury it"
    first.beat(["one"])
    assert first.standing().mine == {"one": 1}
    lapse(one, first)
    second._since = elapsed() - ALIVE.total_seconds() - 1
    assert second.take(["one"], 1) == {"one": 2}
    second._last -= 60  # it was silent itself
    second.beat(["one"])
    assert not second.is_settled
    assert seat(one, "third", fresh=True).take(["one"], 1) == {}
    second.leave()
    assert seat(one, "fourth", fresh=True).take(["one"], 1) == {"one": 3}, "what was given back is free at once"


def test_a_command_does_not_wait_and_counts_for_no_share(one: Store) -> None:
    first = seat(one, "first")
    assert first.take(["one"], 1) == {"one": 1}
    lapse(one, first)
    with hold(one.engine, "command") as turn:
        assert turn == Turn("one", 2)
        second = seat(one, "second")
        standing = second.standing()
        assert standing.hosts["command"] == Host(0, 1) and standing.share == 1
        assert not is_read(one.engine), "nobody keeps reading it"
    assert second.take(["one"], 1) == {"one": 3} and is_read(one.engine)


def test_what_a_host_can_not_read_is_known_to_all(one: Store) -> None:
    first, second = seat(one, "first", ("one", "two")), seat(one, "second", ("one", "two"))
    first.enlist(["one", "two"])
    second.beat(["one", "two"], ["two"])
    standing = first.standing()
    assert standing.hosts == {"first": Host(2, 0), "second": Host(1, 0)}
    assert standing.barred == {("second", "two")} and standing.others("one") and not standing.others("two")
    second.beat(["one", "two"], ["one"])
    assert first.standing().barred == {("second", "one")}
    second.leave()
    assert first.standing().barred == set()


def test_a_mailbox_that_only_some_hosts_know_is_theirs(one: Store) -> None:
    """It counts for no share of the others, nor does one that nobody knows any more."""
    first, second = seat(one, "first", ("one", "two", "three")), seat(one, "second", ("one", "two"))
    first.enlist(["one", "two", "three", "gone"])
    for each, known in ((first, ["one", "two", "three"]), (second, ["one", "two"])):
        each.beat(known)
    assert set(first.take(["one", "two", "three"], 3)) == {"one", "two", "three"}
    standing = second.standing()
    assert standing.hosts == {"first": Host(3, 3), "second": Host(2, 0)} and standing.total == 3
    theirs = first.standing()
    assert not theirs.others("three") and theirs.others("one") and theirs.over(["three", "one", "two"]) == ["one"]


def test_who_was_silent_takes_nothing_though_it_was_there_for_long(one: Store) -> None:
    first, second = seat(one, "first"), seat(one, "second")
    assert first.take(["one"], 1) == {"one": 1}
    lapse(one, first)
    lapse(one, second)
    assert second.is_settled and second.take(["one"], 1) == {}


def test_a_turn_in_use_is_neither_taken_nor_waited_for(one: Store) -> None:
    first, second = seat(one, "first"), seat(one, "second")
    one.fence = Turn("one", first.take(["one"], 1)["one"])
    lapse(one, first)
    with one.unit():
        began = time.monotonic()
        assert second.take(["one"], 1) == {}
        first.give_back(["one"])
        assert time.monotonic() - began < 2
    assert second.take(["one"], 1) == {"one": 2}


def test_a_beat_waits_for_no_pass(one: Store) -> None:
    """All connections of the pool are out, and its row is locked by whoever buries hosts."""
    first = seat(one, "first")
    with contextlib.ExitStack() as stack:
        for _ in range(13):  # of 15: one is the host's, one for who locks it
            stack.enter_context(one.engine.begin())
        with pytest.raises(StoreUnavailable), one.unit() as unit:
            unit.connection.execute(sa.text("SELECT 1 FROM mailbot_fleet.host FOR UPDATE"))
            first.beat(["one"])
        assert not first.is_settled
        first.beat(["one"])


def hosts(store: Store) -> list[str]:
    with store.engine.begin() as connection:
        return list(connection.execute(sa.text("SELECT name FROM mailbot_fleet.host")).scalars())


def test_a_process_of_this_machine_that_is_gone_is_not_waited_for(one: Store) -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait(timeout=20)
    here, _, rest = own_name(new_id).partition(":")
    assert rest.startswith(f"{os.getpid()}:") and not is_gone(f"{here}:{rest}")
    dead = seat(one, f"{here}:{process.pid}:abcdefgh")
    assert dead.take(["one"], 1) == {"one": 1}
    assert is_gone(dead.name) and not is_gone(f"elsewhere:{process.pid}:abcdefgh")
    assert seat(one).take(["one"], 1) == {"one": 2}


def test_who_lost_a_turn_commits_and_reads_nothing(one: Store) -> None:
    first, second = seat(one, "first"), seat(one, "second")
    one.fence = Turn("one", first.take(["one"], 1)["one"])
    one.set_note("under", "the first")
    lapse(one, first)
    with one.unit() as unit:  # a transaction that is under way is waited for: the turn is taken by the next round
        unit.set_note("late", "still ours")
        assert second.take(["one"], 1) == {}
    assert second.take(["one"], 1) == {"one": 2}
    for act in (lambda: one.set_note("late", "stale"), lambda: one.note("late")):
        with pytest.raises(TurnLost, match="another process has the turn"):
            act()
    assert one.free().note("late") == "still ours", "what has leases of its own goes on"
    assert TurnLost.exit_code == 75


def test_the_server_ends_a_transaction_that_stands_still(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A host that was stopped within a mail's transaction holds its turn's row for seconds, not until it wakes up."""
    monkeypatch.setattr(engines, "STANDING_SECONDS", 1)
    with quick.not_now():
        made = open_engine(f"{url}&schema=one", tmp_path)
    upgrade(made)
    store = Store(engine=made, keys=Keys(b"k" * 32), clock=lambda: datetime.now(UTC), new_id=new_id)
    first, second = seat(store, "first"), seat(store, "second")
    store.fence = Turn("one", first.take(["one"], 1)["one"])
    lapse(store, first)
    with pytest.raises(StoreUnavailable), store.unit() as unit:
        unit.set_note("late", "stale")
        time.sleep(2)
        assert second.take(["one"], 1) == {"one": 2}
    assert store.free().note("late") == ""
    made.dispose()


def test_a_command_holds_the_turn_for_its_pass_alone(one: Store) -> None:
    with one.turn() as mine:
        assert mine and one.fence == Turn("one", 1)
        with hold(one.engine, "another") as other:
            assert other is None
        time.sleep(2.5)  # it says that it is alive meanwhile
        assert seat(one, "another").take(["one"], 1) == {}
    assert one.fence is None
    with hold(one.engine, "another") as other:
        assert other == Turn("one", 2)
        with one.turn() as mine:
            assert not mine
    assert seat(one, "third").take(["one"], 1) == {"one": 3}
    assert timedelta(seconds=10) == ALIVE


def test_a_backup_is_put_into_a_mailbox_that_is_new_to_the_database(one: Store, url: str, tmp_path: Path) -> None:
    two = open_engine(f"{url}&schema=two", tmp_path)
    with hold(two, "restore") as turn:
        assert turn == Turn("two", 1)
    two.dispose()


def test_restore_and_rotation_take_the_turn_from_a_host_that_has_it(one: Store) -> None:
    host = seat(one, "host")
    host.take(["one"], 1)
    theirs = one.free()
    theirs.fence = Turn("one", 1)
    with one.turn() as mine:
        assert not mine
    with one.turn(seizing=True) as mine:
        assert mine and one.fence == Turn("one", 2)
        with pytest.raises(TurnLost):
            theirs.set_note("late", "stale")
    assert host.take(["one"], 1) == {"one": 3}, "it comes back"


# ---- a schema each ----------------------------------------------------------------------------------------------


def test_mailboxes_in_one_database_see_nothing_of_each_other(one: Store, url: str, tmp_path: Path) -> None:
    two = Store(
        engine=open_engine(f"{url}&schema=two", tmp_path, beside=one.engine), keys=one.keys, clock=one.clock,
        new_id=new_id, lent=True,
    )  # fmt: skip
    with pytest.raises(ConfigError, match="tables are missing"):
        require_current(two.engine)
    upgrade(two.engine)
    require_current(two.engine)
    assert two.engine.pool is one.engine.pool, "they share their connections"
    one.set_note("who", "one")
    with pytest.raises(ZeroDivisionError), two.unit() as unit:
        unit.set_note("who", "nobody")
        raise ZeroDivisionError
    assert (one.note("who"), two.note("who")) == ("one", "")
    two.set_note("who", "two")
    assert (one.note("who"), two.note("who")) == ("one", "two")
    two.scrub()
    two.close()
    assert one.note("who") == "one"


@pytest.mark.parametrize("name", ["Public", "public", "pg_x", "mailbot_fleet", "1a", "a-b", 'a"b', "a" * 49])
def test_a_schema_has_a_plain_name(name: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="schema=NAME"):
        open_engine(f"postgresql://mailbot@/db?schema={name}", tmp_path)


def test_mailboxes_that_share_connections_lie_in_one_database(one: Store, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="all mailboxes of one folder lie in one database"):
        open_engine("postgresql://mailbot@127.0.0.1/elsewhere?schema=two", tmp_path, beside=one.engine)


# ---- gone.log ---------------------------------------------------------------------------------------------------


def test_what_one_host_destroyed_stands_in_every_hosts_gone_log(one: Store, tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    one.gone = Ledger(here / FILE, one.keys)
    with one.unit() as unit:
        unit.note_person_gone("destroyed", "one")
    other = Ledger(there / FILE, one.keys)
    with pytest.raises(ZeroDivisionError), one.unit() as unit:
        unit.note_person_gone("stopped", "two")
        raise ZeroDivisionError
    everywhere.even(one.engine, other)
    assert [line.what for line in other.read()] == ["destroyed"] and (here / FILE).read_text() == other.path.read_text()
    other.append([Line(one.clock(), "stopped", one.keys.person("three"))])  # as before the mailbox was one of many
    everywhere.even(one.engine, other)
    everywhere.even(one.engine, one.gone)
    assert [line.what for line in one.gone.read()] == ["destroyed", "stopped"]
    old = datetime.now(UTC) + timedelta(days=1)
    everywhere.prune(one.engine, one.gone, (old, old))
    everywhere.prune(one.engine, other, (old, old))
    everywhere.even(one.engine, one.gone)
    assert one.gone.read() == [] == other.read()


def test_a_rotated_key_goes_into_what_the_hosts_share(one: Store, tmp_path: Path) -> None:
    one.gone = Ledger(tmp_path / FILE, one.keys)
    with one.unit() as unit:
        unit.note_person_gone("destroyed", "one")
    newer = Keys(b"n" * 32, (b"k" * 32,))
    one.gone.keys = newer
    one.gone.renew()
    everywhere.even(one.engine, one.gone)
    with one.engine.begin() as connection:
        shared = list(connection.execute(sa.text("SELECT line FROM mailbot_fleet.gone")).scalars())
    assert "".join(shared) == (tmp_path / FILE).read_text().partition("\n")[2]
    assert newer.person("one") in shared[0]


# ---- run --all --------------------------------------------------------------------------------------------------


def installed(folder: Path, store: str) -> None:
    """Write an installation's settings."""
    folder.mkdir(parents=True)
    doors = (
        '[mailbox]\nurl = "maildir:///tmp/x"\naddresses = ["info@example.com"]\n[courier]\nurl = "maildir:///tmp/y"\n'
    )
    text = f'{doors}[store]\nurl = "{store}"\n'
    (folder / "mailbot.toml").write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("stores", "says"),
    [
        ([], "there is no folder in it that `mailbot init` wrote"),
        (["sqlite:///mailbot.sqlite"], "each mailbox has a schema of its own"),
        (["postgresql://mailbot@/db"], "each mailbox has a schema of its own"),
    ],
)
def test_what_can_not_be_shared_is_refused_with_what_to_do(stores: list[str], says: str, tmp_path: Path) -> None:
    for number, store in enumerate(stores):
        installed(tmp_path / "all" / str(number), store)
    with pytest.raises(ConfigError, match=says):
        members(tmp_path / "all")


def test_a_mailbox_that_is_wrong_keeps_no_other_waiting(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    installed(tmp_path / "a", "postgresql://mailbot@/db?schema=a")
    installed(tmp_path / "b", "postgresql://mailbot@/db?schema=a")
    installed(tmp_path / "c", "postgresql://mailbot@/db?schema=c")
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "mailbot.toml").write_text("[mailbox", encoding="utf-8")
    installed(tmp_path / "e", "postgresql://mailbot@elsewhere.example.com/db?schema=e")
    found = members(tmp_path)
    assert {name: member.folder for name, member in found.items()} == {"a": tmp_path / "a", "c": tmp_path / "c"}
    assert [record.message for record in caplog.records] == ["mailbox_left_out"] * 3


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("postgresql://m@localhost/db?schema=a", "postgresql://m@127.0.0.1:5432/db?schema=b", True),
        ("postgresql+psycopg://m@db.example.com/db?schema=a", "postgresql://m@db.example.com/db?schema=b", True),
        ("postgresql://m@db.example.com/db?schema=a", "postgresql://n@db.example.com/db?schema=b", False),
        (
            "postgresql://m@db.example.com/db?schema=a",
            "postgresql://m@db.example.com/db?schema=b&sslmode=require",
            False,
        ),
        ("postgresql://m@db.example.com/db?schema=a", "postgresql://m@db.example.com:6432/db?schema=b", False),
    ],
)
def test_what_is_one_database(one: str, other: str, same: bool) -> None:
    assert (share_of(one)[1] == share_of(other)[1]) is same
    assert share_of("sqlite:///mailbot.sqlite") == ("", ()) == share_of("no url")


def test_a_database_that_is_away_is_said_at_once(tmp_path: Path) -> None:
    installed(tmp_path / "all" / "a", f"postgresql://mailbot@/db?host={tmp_path}&schema=a")
    (tmp_path / "all" / "a" / "secrets").mkdir()
    (tmp_path / "all" / "a" / "secrets" / "store_key").write_text("ab" * 32, encoding="ascii")
    with pytest.raises(MailbotError):
        Fleet(tmp_path / "all")


def test_a_database_without_tables_is_said_with_what_to_do(url: str, tmp_path: Path) -> None:
    installed(tmp_path / "all" / "a", f"{url}&schema=a")
    installed(tmp_path / "all" / "b", f"{url}&schema=b")
    (tmp_path / "all" / "b" / "secrets").mkdir()
    (tmp_path / "all" / "b" / "secrets" / "store_key").write_text("ab" * 32, encoding="ascii")
    with pytest.raises(ConfigError, match="db upgrade"):  # the key of the first is missing: the second is asked
        Fleet(tmp_path / "all")
