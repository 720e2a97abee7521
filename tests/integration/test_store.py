"""The store on SQLite and on PostgreSQL: its tables, its units of work, its leases, its caps, and what it forgets."""

from __future__ import annotations

import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlmodel import SQLModel

from mailbot.app import App, build, new_id
from mailbot.cli import main
from mailbot.config import load_policy
from mailbot.deciding.decision import Decision, Effect, Owed
from mailbot.errors import ConfigError, StoreUnavailable
from mailbot.operating import destruction, roll
from mailbot.operating.imports import read_csv
from mailbot.pipeline import COUNTS
from mailbot.policy import LimitRules
from mailbot.ports import Cursor, RawMail
from mailbot.reading.classify import classify
from mailbot.reading.lexicon import compile_words
from mailbot.reading.parse import parse
from mailbot.reading.sender import Evidence
from mailbot.store import effects, migrate, outbox, people, tables
from mailbot.store.engine import open_engine
from mailbot.store.gather import suppressed
from mailbot.store.keys import Keys
from mailbot.store.migrate import require_current, revision, upgrade
from mailbot.store.numbers import Numbers
from mailbot.store.process import own_name
from mailbot.store.space import PERSONAL
from mailbot.store.store import Store
from mailbot.store.tables import Request
from mailbot.store.unit import Unit
from tests.support import quick

FOLDER, VALIDITY = "INBOX", 77
START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
ADDRESS = "aigul@example.kz"
LEXICON = compile_words(load_policy(None))


@dataclass(slots=True)
class Time:
    """A clock that the test sets."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **given: float) -> None:
        self.now += timedelta(**given)


@dataclass(slots=True)
class Ids:
    """Ids in order, as unlike as random ones."""

    count: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, letters: int) -> str:
        with self.lock:
            self.count += 1
            number = self.count
        return "".join("abcdefghijklmnopqrstuvwxyz234567"[(number >> 5 * place) & 31] for place in range(letters))


@pytest.fixture
def empty(store_url: str, tmp_path: Path) -> Iterator[sa.Engine]:
    """An engine on a store without tables."""
    engine = open_engine(store_url, tmp_path)
    yield engine
    engine.dispose()


@pytest.fixture
def clock() -> Time:
    return Time()


@pytest.fixture
def store(migrated: sa.Engine, clock: Time) -> Store:
    """A store with its tables, and a cursor on INBOX."""
    made = Store(engine=migrated, keys=Keys(b"k" * 32), clock=clock, new_id=Ids())
    made.start(FOLDER, Cursor(uidvalidity=VALIDITY, last_uid=0, since=START))
    return made


def test_what_is_read_together_sees_what_was_written_between(store: Store) -> None:
    """On SQLite a reading that goes on would see the store as it began."""
    with store.looking():
        assert store.note("x") == "" and store.note("x") == ""
        with store.unit() as unit:
            assert store.note("x") == ""
            unit.set_note("x", "1")
        assert store.note("x") == "1"
        store.set_note("x", "2")
        assert store.note("x") == "2"
    other = replace(store)
    with store.looking():
        assert store.note("x") == "2"
        other.set_note("y", "3")  # nobody waits for who reads
    assert store.note("y") == "3"


def mail(text: str = "x", message_id: str = "1", extra: str = "", writer: str = ADDRESS) -> bytes:
    head = f"From: {writer}\r\nSubject: Updating personal data\r\nMessage-ID: <{message_id}@example.kz>\r\n"
    return f"{head}{extra}Date: Mon, 2 Nov 2026 09:00:00 +0000\r\n\r\n{text}\r\n".encode()


def raw(octets: bytes, uid: int, validity: int = VALIDITY) -> RawMail:
    return RawMail(
        octets=octets, folder=FOLDER, uid=uid, uidvalidity=validity, received_at=START, size_bytes=len(octets)
    )


def receive(unit: Unit, each: RawMail, level: Any = "authenticated") -> str:
    message = parse(each.octets)
    unit.claim = classify(message, LEXICON)
    return unit.receive(each, message, Evidence(level=level, because="test", address=message.writer))


def applied(*given: Effect, person_id: str | None = None, **more: Any) -> Decision:
    values: dict[str, Any] = {"outcome": "apply", "row": "16", "reason": "update_proven", "kind": "update"}
    return Decision(**(values | {"state": "applied", "effects": given, "person_id": person_id} | more))


def person(store: Store, address: str = ADDRESS, **fields: Any) -> str:
    """Put one person on file; returns the id."""
    with store.unit() as unit:
        person_id = unit.new_id(26)
        values = {"surname": "Сәрсенова", "given_name": "Айгүл", "patronymic": None, "birth_place": ""} | fields
        phones = values.pop("phones", ["+77010000001"])
        unit.insert(tables.Person, id=person_id, blocked="", changed_fields=[], created_at=unit.now, **values)
        unit.insert(tables.Address, person_id=person_id, addr=address, key=address, position=0)
        people.set_fields(unit.connection, person_id, {"phones": phones})
        for purpose in ("processing", "news"):
            given = {"purpose": purpose, "given_at": START, "source": "form", "policy_version": "1"}
            people.add_consent(unit.connection, person_id, **given)
    return person_id


def request(store: Store, uid: int, *given: Effect, **more: Any) -> str:
    """Receive a mail and apply a decision on it; returns the request's number."""
    with store.unit() as unit:
        assert receive(unit, raw(mail(f"mail {uid}", f"m{uid}"), uid)) == "new"
        return unit.apply(applied(*given, **more))


def test_a_number_that_is_taken_is_given_to_no_other_request(store: Store) -> None:
    number, drawn = request(store, 1), ["abcdef"]
    drawn.insert(0, number.lower())
    store.new_id = lambda _letters: drawn.pop(0)
    assert request(store, 2) == "ABCDEF"
    assert sorted(values(store, "request", "mail_id")) == [1, 2]


def reply(store: Store, to: str = ADDRESS, request_id: str = "", proven: bool = False, **state: bool) -> int:
    """Put a reply into the outbox, counted against the caps; returns its id."""
    with store.unit() as unit:
        unit.request_id = request_id
        token = unit.new_id(26)
        owed = Owed(template="challenge", role="question", language="ru", to=to, proven=proven)
        given = {"counted": True, "capped": False} | state
        unit.owe(owed, token=token, rendered=(f"<{token}@example.com>", b"x"), **given)
        query = sa.select(sa.func.max(column("reply", "id")))
        return int(unit.connection.execute(query).scalar_one())


def column(table: str, name: str) -> Any:
    return SQLModel.metadata.tables[table].c[name]


def count(store: Store, table: str) -> int:
    with store.reading() as connection:
        return int(
            connection.execute(sa.select(sa.func.count()).select_from(SQLModel.metadata.tables[table])).scalar_one()
        )


def values(store: Store, table: str, *names: str) -> list[Any]:
    """Return these columns of a table, in the order of its primary key."""
    key = next(iter(SQLModel.metadata.tables[table].primary_key.columns))
    with store.reading() as connection:
        rows = connection.execute(sa.select(*(column(table, name) for name in names)).order_by(key))
        return [tuple(row) if len(names) > 1 else row[0] for row in rows]


def mode(store: Store, address: str = ADDRESS) -> tuple[str, ...]:
    with store.unit() as unit:
        return suppressed(unit, address)


def has_news(store: Store, person_id: str) -> bool:
    with store.reading() as connection:
        found = people.facts(connection, person_id)
        assert found is not None
        return found.news


# ---- tables and migrations ------------------------------------------------------------------------------------


def test_migrations_make_every_table_from_nothing(empty: sa.Engine) -> None:
    assert revision(empty) == ""
    with pytest.raises(ConfigError, match="db upgrade"):
        require_current(empty)
    upgrade(empty)
    require_current(empty)
    assert set(sa.inspect(empty).get_table_names()) == {*SQLModel.metadata.tables, "alembic_version"}
    upgrade(empty)  # twice is no harm
    assert revision(empty) == migrate.HEAD


def test_the_migrations_make_what_the_tables_say(empty: sa.Engine) -> None:
    upgrade(empty)
    with empty.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, SQLModel.metadata) == []


CODES = {  # columns of the tables with personal data that hold words of ours, numbers and hashes alone
    "person": {"id", "blocked"}, "address": set(), "phone": set(),
    "consent": {"purpose", "given_by", "policy_version", "withdrawn_by"},
    "mail": {
        "folder", "state", "fingerprint", "message_key", "text_key", "decision", "reason", "kind", "request_id",
        "belongs", "attachments",
    },
    "request": {
        "id", "kind", "state", "outcome", "row", "reason", "rung", "tag", "language", "evidence", "because", "level",
        "writer_key", "policy_version",
    },
    "reply": {
        "request_id", "template", "role", "language", "owner", "gave_up_why", "digest", "fingerprint", "bounce_key",
        "bounced_status", "addressee",
    },
    "question": {"token", "request_id", "waits_for", "outcome"},
    "place_task": {"request_id", "place", "what", "done_by"}, "place_id": {"place"},
    "hook_call": {"event_id", "place", "queue", "request_id", "event", "kind", "answer"},
}  # fmt: skip


def test_the_planner_of_postgresql_samples_no_personal_data(postgres_url: str, tmp_path: Path) -> None:
    """Its samples outlive what they were taken of: texts, octets and dates of birth are left out."""
    engine = open_engine(postgres_url, tmp_path)
    upgrade(engine)
    with engine.connect() as connection:
        sampled = connection.exec_driver_sql(
            "SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid "
            "JOIN pg_type t ON t.oid = a.atttypid WHERE a.attnum > 0 AND coalesce(a.attstattarget, -1) <> 0 "
            "AND t.typname IN ('varchar', 'text', 'bytea', 'date') AND c.relkind = 'r'"
        ).all()
    engine.dispose()
    found = {(table, name) for table, name in sampled if table in PERSONAL and name not in CODES[table]}
    assert ("mail", "reason") in {tuple(row) for row in sampled}
    assert {each for each in found if each[1] != "person_id"} == set()


def test_head_is_the_newest_revision() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
    scripts = ScriptDirectory.from_config(config)
    assert scripts.get_heads() == [migrate.HEAD]
    newest = max(path.stem.partition("_")[0] for path in (Path(scripts.versions)).glob("[0-9]*.py"))
    assert newest == migrate.HEAD


def test_tables_of_another_version_are_refused(empty: sa.Engine) -> None:
    upgrade(empty)
    with empty.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(ConfigError, match="version 9999"):
        require_current(empty)


def test_times_come_back_aware_and_dates_as_dates(store: Store) -> None:
    zone = datetime(2026, 11, 2, 14, 0, tzinfo=UTC).astimezone()
    person_id = person(store, birth_date=date(1990, 5, 5))
    with store.unit() as unit:
        unit.update(tables.Person, person_id, blocked_until=zone)
    with store.reading() as connection:
        found = connection.execute(sa.select(SQLModel.metadata.tables["person"])).one()
    assert found.blocked_until == zone and found.blocked_until.utcoffset() == timedelta(0)
    assert found.birth_date == date(1990, 5, 5)


def test_a_store_out_of_reach_is_told_as_such(tmp_path: Path) -> None:
    for url in (f"sqlite:///{tmp_path}", f"postgresql://mailbot@/t1?host={tmp_path}"):
        engine = open_engine(url, tmp_path)
        with pytest.raises(StoreUnavailable), Store(engine=engine, keys=Keys(b"k"), clock=Time(), new_id=Ids()).unit():
            pass
        engine.dispose()


# ---- the unit of work -----------------------------------------------------------------------------------------

EVERYTHING = ("mail", "request", "reply", "question", "event", "suppression")


def test_an_exception_rolls_the_whole_unit_back(store: Store) -> None:
    person_id = person(store)

    def whole(unit: Unit) -> None:
        assert receive(unit, raw(mail(), 5)) == "new"
        stop = Effect(verb="stop_person", args={"person_id": person_id, "why": "withdrawal", "until": START})
        unit.apply(applied(stop, person_id=person_id))
        owed = Owed(template="challenge", role="question", to=ADDRESS, language="ru", waits_for="confirm")
        unit.owe(owed, token="t" * 26, rendered=("<t@example.com>", b"x"), counted=True, capped=False)

    with pytest.raises(RuntimeError, match="poison"), store.unit() as unit:
        whole(unit)
        raise RuntimeError("poison")
    assert {table: count(store, table) for table in EVERYTHING} == dict.fromkeys(EVERYTHING, 0)
    assert store.cursor(FOLDER).last_uid == 0
    assert has_news(store, person_id)

    with store.unit() as unit:
        whole(unit)
    assert {table: count(store, table) for table in EVERYTHING} == dict.fromkeys(EVERYTHING, 1)
    assert store.cursor(FOLDER).last_uid == 5
    assert not has_news(store, person_id)


def test_the_same_place_twice_is_already(store: Store) -> None:
    request(store, 5)
    with store.unit() as unit:
        assert receive(unit, raw(mail("mail 5", "m5"), 5)) == "already"
    assert (count(store, "mail"), count(store, "request")) == (1, 1)


def test_the_same_octets_at_another_place_are_already_and_filed_like_the_first(store: Store) -> None:
    request(store, 5)
    with store.unit() as unit:
        assert receive(unit, raw(mail("mail 5", "m5"), 6)) == "already"
    assert store.unfiled(FOLDER, VALIDITY) == [5, 6]
    assert values(store, "mail", "uid", "reason") == [(5, "update_proven"), (6, "repeated")]


def test_the_same_fingerprint_in_other_octets_is_already(store: Store) -> None:
    request(store, 5)
    for uid, octets in (
        (6, mail("mail 5", "m5", extra="X-Way: 2\r\n")),
        (7, mail("mail 5", "m5", extra="X-Way: 3\r\n")),
    ):
        with store.unit() as unit:
            assert receive(unit, raw(octets, uid)) == "already"
    assert count(store, "request") == 1


@pytest.mark.parametrize(("first", "then"), [("none", "weak"), ("none", "authenticated"), ("weak", "authenticated")])
def test_the_same_fingerprint_with_better_proof_is_decided(store: Store, first: str, then: str) -> None:
    with store.unit() as unit:
        assert receive(unit, raw(mail(), 1), first) == "new"
        unit.apply(applied())
    with store.unit() as unit:
        assert receive(unit, raw(mail(extra="X-Way: 2\r\n"), 2), then) == "new"
        unit.apply(applied())
    for uid, level in ((3, first), (4, then)):
        with store.unit() as unit:
            assert receive(unit, raw(mail(extra=f"X-Way: {uid}\r\n"), uid), level) == "already"


@pytest.mark.parametrize(
    "other",
    [
        mail("another text"),
        mail(message_id="2"),
        mail(writer="marat@example.com"),
        mail().replace(b"Updating", b"Update of"),
        mail().replace(b"09:00:00", b"09:00:01"),
    ],
    ids=["text", "message-id", "from", "subject", "date"],
)
def test_another_fingerprint_is_a_new_mail(store: Store, other: bytes) -> None:
    for uid, octets in ((1, mail()), (2, other)):
        with store.unit() as unit:
            assert receive(unit, raw(octets, uid)) == "new"
            unit.apply(applied())


def test_what_was_filed_and_lies_there_again_gets_a_second_look(store: Store) -> None:
    number = request(store, 5)
    store.filed(FOLDER, VALIDITY, [5])
    with store.unit() as unit:
        assert receive(unit, raw(mail("mail 5", "m5"), 6)) == "second_look"
    assert store.unfiled(FOLDER, VALIDITY) == []
    assert values(store, "request", "id", "reason", "open") == [(number, "second_look", ["operator"])]


def test_two_that_receive_the_same_mail_at_once_decide_it_once(store: Store) -> None:
    """Unique constraints say so, not a check before an insert."""
    together = threading.Barrier(4)

    def take(place: int) -> str:
        each = raw(mail(), place)
        together.wait(timeout=20)
        try:
            with store.unit() as unit:
                found = receive(unit, each)
                if found == "new":
                    unit.apply(applied())
                return found
        except sa.exc.IntegrityError:
            return "refused"

    with ThreadPoolExecutor(4) as threads:
        found = sorted(threads.map(take, range(1, 5)))
    assert found.count("new") == 1, found
    assert count(store, "request") == 1


# ---- cursor, ledger, numbers ----------------------------------------------------------------------------------


def test_the_cursor_never_moves_back(store: Store) -> None:
    for uid in (5, 3, 9, 7):
        request(store, uid)
    assert (store.cursor(FOLDER).uidvalidity, store.cursor(FOLDER).last_uid) == (VALIDITY, 9)
    store.start(FOLDER, Cursor(uidvalidity=VALIDITY, last_uid=1, since=START))
    assert store.cursor(FOLDER).last_uid == 9
    with store.unit() as unit:
        unit.wait(raw(mail("waits", "w"), 2), minutes=1)
    assert store.cursor(FOLDER).last_uid == 9
    with store.unit() as unit:
        receive(unit, raw(mail("new", "n"), 1, VALIDITY + 1))
    assert (store.cursor(FOLDER).uidvalidity, store.cursor(FOLDER).last_uid) == (VALIDITY + 1, 1)
    assert store.cursor(FOLDER).since == START


def test_uids_and_uidvalidities_of_32_bits_fit(store: Store) -> None:
    most = 2**32 - 1
    with store.unit() as unit:
        receive(unit, raw(mail(), most, most))
        unit.apply(applied())
    assert (store.cursor(FOLDER).uidvalidity, store.cursor(FOLDER).last_uid) == (most, most)
    assert store.unfiled(FOLDER, most) == [most]


def test_a_mail_that_was_gone_and_fails_when_it_is_back_waits_again(store: Store, clock: Time) -> None:
    with store.unit() as unit:
        assert unit.wait(raw(mail(), 5), minutes=1) == 1
    store.vanished(FOLDER, VALIDITY, [5])
    assert store.waiting(FOLDER, VALIDITY) == {}
    with store.unit() as unit:
        assert unit.wait(raw(mail(), 8), minutes=1) == 2
    clock.pass_(minutes=1)
    assert store.waiting(FOLDER, VALIDITY) == {8: 2}


def test_a_mail_that_waits_for_dns_has_not_failed_and_waits_a_day_at_most(store: Store, clock: Time) -> None:
    def postponed() -> bool:
        with store.unit() as unit:
            return unit.postpone(raw(mail(), 5), minutes=5, limit=timedelta(days=1))

    assert postponed()
    assert values(store, "mail", "state", "reason", "tries") == [("waiting", "dns", 0)]
    clock.pass_(hours=23)
    assert postponed()
    clock.pass_(hours=1)
    assert not postponed()
    with store.unit() as unit:
        assert unit.wait(raw(mail(), 5), minutes=1) == 1
    assert values(store, "mail", "state", "reason", "tries") == [("waiting", "failed", 1)]


def test_a_mail_that_waits_comes_back_when_its_time_has_come_and_is_then_decided(store: Store, clock: Time) -> None:
    with store.unit() as unit:
        assert unit.wait(raw(mail(), 5), minutes=1) == 1
    assert store.waiting(FOLDER, VALIDITY) == {}
    clock.pass_(minutes=1)
    assert store.waiting(FOLDER, VALIDITY) == {5: 1}
    assert store.waiting(FOLDER, VALIDITY + 1) == {}
    with store.unit() as unit:
        assert unit.wait(raw(mail(), 5), minutes=1) == 2
    with store.unit() as unit:
        assert receive(unit, raw(mail(), 5)) == "new"
        unit.apply(applied())
    clock.pass_(days=1)
    assert store.waiting(FOLDER, VALIDITY) == {}
    assert count(store, "mail") == 1


def test_a_mail_that_vanished_waits_no_more(store: Store, clock: Time) -> None:
    with store.unit() as unit:
        unit.wait(raw(mail(), 5), minutes=1)
    clock.pass_(minutes=1)
    store.vanished(FOLDER, VALIDITY, [5])
    assert store.waiting(FOLDER, VALIDITY) == {}
    with store.unit() as unit:
        assert receive(unit, raw(mail(), 6)) == "new"  # it came back


def test_numbers_are_never_used_again(store: Store) -> None:
    numbers = Numbers(store)
    first = numbers.number("box", ["a", "b", "c"])
    assert list(first.values()) == sorted(first.values())
    assert numbers.number("box", ["c", "a"]) == {"c": first["c"], "a": first["a"]}
    assert numbers.name(first["b"]) == "b"
    numbers.forget(list(first.values()))
    again = numbers.number("box", ["c", "d"])
    assert min(again.values()) > max(first.values())
    assert numbers.next() > max(again.values())
    assert numbers.name(first["b"]) is None
    assert numbers.validity() == numbers.validity()


# ---- the outbox -----------------------------------------------------------------------------------------------


def alive() -> str:
    """The name of a leaseholder whose process runs: this one."""
    return own_name(new_id)


def dead() -> str:
    """The name of a leaseholder on this host whose process is gone."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait(timeout=20)
    return f"{own_name(new_id).partition(':')[0]}:{process.pid}:abcdefgh"


def test_two_owners_never_get_the_same_reply(store: Store) -> None:
    for number in range(30):
        reply(store, f"person{number}@example.kz")
    together = threading.Barrier(3)

    def take(owner: str) -> list[int]:
        together.wait(timeout=20)
        mine: list[int] = []
        for _ in range(6):
            mine += [each.id for each in outbox.lease(store, owner, 5, counted=True)]
        return mine

    with ThreadPoolExecutor(3) as threads:
        taken = [each for found in threads.map(take, [alive() for _ in range(3)]) for each in found]
    assert len(taken) == len(set(taken)) > 0
    rest = [each.id for each in outbox.lease(store, alive(), 30, counted=True)]
    assert sorted(taken + rest) == values(store, "reply", "id")


def test_replies_behind_those_of_another_process_are_not_held_up(store: Store) -> None:
    numbers = [reply(store, f"person{number}@example.kz") for number in range(4)]
    assert [each.id for each in outbox.lease(store, alive(), 2, counted=True)] == numbers[:2]
    assert [each.id for each in outbox.lease(store, alive(), 2, counted=True)] == numbers[2:]


def leased(store: Store, counted: bool, **how: bool) -> list[int]:
    return [each.id for each in outbox.lease(store, alive(), 10, counted=counted, **how)]


def test_a_reply_waits_for_every_earlier_one_to_its_address(store: Store, clock: Time) -> None:
    first, other = reply(store), reply(store, "other@example.kz")
    second = reply(store, counted=False)
    third = reply(store)
    assert outbox.put_off(store, first, "451 4.3.0 later")
    assert leased(store, False) == [] and leased(store, True) == [other]
    clock.pass_(seconds=240)
    outbox.sent(store, other, "250 ok", lambda at: at)
    assert leased(store, False) == [], "what the law asks for waits for the question before it"
    assert leased(store, True) == [first], "and a question behind it for both"
    outbox.sent(store, first, "250 ok", lambda at: at)
    assert leased(store, True) == [] and leased(store, False) == [second]
    outbox.give_up(store, second, "550 no")
    assert leased(store, True) == [third]


def test_a_reply_that_another_process_sends_now_is_waited_for(store: Store) -> None:
    first = reply(store)
    assert leased(store, True) == [first]
    reply(store)
    assert leased(store, True) == []


def test_where_questions_have_no_room_an_answer_does_not_wait_for_them(store: Store) -> None:
    reply(store)
    answer = reply(store, counted=False)
    assert leased(store, False) == []
    assert leased(store, False, overtakes=True) == [answer]


def test_a_text_that_a_server_will_not_have_blocks_the_later_ones_for_minutes_alone(store: Store, clock: Time) -> None:
    first, second = reply(store), reply(store)
    for tries in (1, 2, 3):
        clock.pass_(seconds=1_200)
        assert outbox.put_off(store, first, "451 4.7.1 not this text")
        assert leased(store, True) == ([] if tries < 3 else [second])


def test_a_reply_is_put_off_for_about_five_days_and_not_longer(store: Store, clock: Time) -> None:
    number = reply(store)
    began = clock()
    while outbox.put_off(store, number, "450 4.2.1 greylisted"):
        (at,) = values(store, "reply", "next_try_at")
        waits = at - clock()
        assert timedelta(seconds=40) < waits <= timedelta(minutes=720)
        clock.pass_(seconds=waits.total_seconds())
    assert timedelta(days=3) < clock() - began < timedelta(days=5)


def test_a_lease_lapses_after_four_minutes(store: Store, clock: Time) -> None:
    number = reply(store)
    assert [each.id for each in outbox.lease(store, alive(), 10, counted=True)] == [number]
    clock.pass_(seconds=239)
    assert outbox.lease(store, alive(), 10, counted=True) == []
    clock.pass_(seconds=1)
    assert [each.id for each in outbox.lease(store, alive(), 10, counted=True)] == [number]


def test_the_lease_of_a_dead_process_is_taken_at_once(store: Store) -> None:
    number = reply(store)
    assert len(outbox.lease(store, dead(), 10, counted=True)) == 1
    assert [each.id for each in outbox.lease(store, alive(), 10, counted=True)] == [number]


def test_the_lease_of_a_process_on_another_host_is_waited_for(store: Store, clock: Time) -> None:
    reply(store)
    assert len(outbox.lease(store, f"elsewhere.example.com:{2**22 - 1}:abcdefgh", 10, counted=True)) == 1
    assert outbox.lease(store, alive(), 10, counted=True) == []
    clock.pass_(seconds=outbox.LEASE.total_seconds())
    assert len(outbox.lease(store, alive(), 10, counted=True)) == 1


def test_a_lease_is_renewed_by_its_owner_alone(store: Store, clock: Time) -> None:
    number, mine, other = reply(store), alive(), alive()
    outbox.lease(store, mine, 10, counted=True)
    clock.pass_(seconds=40)
    assert outbox.extend(store, other, [number]) == set()
    assert outbox.extend(store, mine, [number]) == {number}
    clock.pass_(seconds=40)
    assert outbox.lease(store, other, 10, counted=True) == []


def test_what_was_sent_given_up_or_put_off_is_not_leased(store: Store, clock: Time) -> None:
    sent, gone, later = (reply(store) for _ in range(3))
    outbox.sent(store, sent, "250 OK", lambda at: at)
    outbox.give_up(store, gone, "550 no")
    outbox.put_off(store, later, "451 later")
    assert outbox.lease(store, alive(), 10, counted=True) == []
    assert outbox.owed(store) == 1
    waits = []
    for _ in range(8):
        ((at, tries),) = [row[1:] for row in values(store, "reply", "id", "next_try_at", "tries") if row[0] == later]
        waits.append((at - clock()) / timedelta(minutes=1))
        clock.now = at
        assert [each.id for each in outbox.lease(store, alive(), 10, counted=True)] == [later]
        outbox.put_off(store, later, "451 later")
    assert tries == 8
    whole = [1, 5, 15, 60, 240, 720, 720, 720]
    assert all(0.8 * most < each <= most for each, most in zip(waits, whole, strict=True)), waits
    assert len({each / most for each, most in zip(waits, whole, strict=True)}) > 1, "left to chance"


def test_a_reply_given_up_holds_its_request(store: Store) -> None:
    number = request(store, 1, state="challenged", outcome="challenge")
    outbox.give_up(store, reply(store, request_id=number), "550 no such user")
    assert values(store, "request", "state", "reason", "open") == [("held", "reply_refused", ["operator"])]


LIMITS = LimitRules(replies_per_day=3, replies_per_30_days=5)


def capped(store: Store, proven: bool = False, address: str = ADDRESS) -> bool:
    with store.unit() as unit:
        return outbox.is_capped(unit, address, proven, LIMITS)


def test_the_caps_of_a_day_and_of_thirty_days(store: Store, clock: Time) -> None:
    for _ in range(3):
        assert not capped(store)
        reply(store)
    assert capped(store)
    assert capped(store, address=ADDRESS.upper())
    assert not capped(store, address="marat@example.com")
    clock.pass_(days=1)
    for _ in range(2):
        assert not capped(store)
        reply(store)
    clock.pass_(days=2)
    assert capped(store)  # five in thirty days
    clock.pass_(days=27, seconds=1)
    assert not capped(store)


def test_what_is_proven_is_not_counted_with_what_is_not(store: Store) -> None:
    for _ in range(3):
        reply(store)
    assert capped(store, proven=False)
    assert not capped(store, proven=True)


def test_receipts_of_what_was_done_and_what_was_not_sent_are_not_counted(store: Store) -> None:
    for _ in range(3):
        reply(store, counted=False)
        reply(store, capped=True)
    assert not capped(store)


# ---- suppression, consent, undo -------------------------------------------------------------------------------


def suppress(store: Store, until: datetime | None = None, purpose: str = "news") -> None:
    with store.unit() as unit:
        effects.suppress(unit, ADDRESS, purpose, until)


def test_a_suppression_is_never_shortened(store: Store, clock: Time) -> None:
    week, month = START + timedelta(days=7), START + timedelta(days=30)
    suppress(store, month)
    suppress(store, week)
    assert values(store, "suppression", "until") == [month]
    suppress(store, month + timedelta(days=1))
    assert values(store, "suppression", "until") == [month + timedelta(days=1)]
    suppress(store)
    for until in (week, month, START + timedelta(days=9999)):
        suppress(store, until)
    assert values(store, "suppression", "until") == [None]
    clock.pass_(days=9999)
    assert mode(store) == ("news",)
    suppress(store, purpose="processing")
    assert mode(store, ADDRESS.upper()) == ("news", "processing")


def test_a_suppression_that_ended_counts_no_more(store: Store, clock: Time) -> None:
    suppress(store, START + timedelta(days=90))
    clock.pass_(days=89)
    assert mode(store) == ("news",)
    clock.pass_(days=1)
    assert mode(store) == ()


def test_no_address_is_readable_in_a_suppression(store: Store) -> None:
    suppress(store)
    assert not any("aigul" in str(row) for row in values(store, "suppression", "key", "purpose", "request_id"))


def test_the_latest_unsubscribe_is_what_a_news_consent_must_be_later_than(store: Store, clock: Time) -> None:
    stop_news(store, 1)
    clock.pass_(days=60)
    stop_news(store, 2)
    assert values(store, "suppression", "since") == [clock()]


def stop_news(store: Store, uid: int, *, forged: bool = False) -> str:
    """Stop the news as a weak withdrawal does (to be put back on a no), or as the person's own unsubscribe."""
    return request(store, uid, Effect(verb="stop_news", args={"address": ADDRESS, "restorable": forged}))


def test_what_a_request_stopped_is_put_back_and_nothing_else(store: Store) -> None:
    person_id = person(store)
    first = stop_news(store, 1, forged=True)
    assert (has_news(store, person_id), mode(store)) == (False, ("news",))
    with store.unit() as unit:
        effects.restore_news(unit, first)
    assert (has_news(store, person_id), mode(store)) == (True, ())


def test_an_unsubscribe_of_before_stays_when_a_later_stop_is_put_back(store: Store) -> None:
    person_id = person(store)
    stop_news(store, 1)
    later = stop_news(store, 2, forged=True)
    with store.unit() as unit:
        effects.restore_news(unit, later)
    assert (has_news(store, person_id), mode(store)) == (False, ("news",))


def test_an_unsubscribe_of_after_stays_when_an_earlier_stop_is_put_back(store: Store) -> None:
    """A forged withdrawal stops the news; the person unsubscribes; then says no to the forged withdrawal."""
    person_id = person(store)
    forged = stop_news(store, 1, forged=True)
    stop_news(store, 2)
    with store.unit() as unit:
        effects.restore_news(unit, forged)
    assert (has_news(store, person_id), mode(store)) == (False, ("news",))


def fields(store: Store, person_id: str) -> dict[str, Any]:
    with store.reading() as connection:
        return people.fields_of(connection, person_id)


def change(person_id: str, **given: Any) -> Effect:
    until = START + timedelta(hours=72)
    return Effect(verb="change_fields", args={"person_id": person_id, "values": given, "until": until})


def take_back(store: Store, number: str) -> bool:
    """Undo a request; tells whether its fields were still as it left them."""
    with store.unit() as unit:
        clean = effects.is_clean(unit.connection, unit.row(Request, number))
        effects.undo(unit, number)
    return clean


NEW = {
    "surname": "Қасымова", "given_name": "Сәуле", "patronymic": "", "birth_date": "1991-06-05",
    "birth_place": "Шымкент қ.", "phones": ["+77012345678", "+77020000002"],
}  # fmt: skip


@pytest.mark.parametrize("born", [None, date(1990, 5, 5)])
@pytest.mark.parametrize("patronymic", [None, "", "Болатқызы"])
def test_a_change_of_every_field_is_taken_back(store: Store, born: date | None, patronymic: str | None) -> None:
    person_id = person(store, birth_date=born, patronymic=patronymic, phones=["+77010000001", "+77010000009"])
    before = fields(store, person_id)
    number = request(store, 1, change(person_id, **NEW), person_id=person_id)
    assert fields(store, person_id) == NEW
    assert values(store, "person", "changed_fields") == [
        ["surname", "given_name", "patronymic", "birth_date", "birth_place", "phone"]
    ]
    assert take_back(store, number)
    assert fields(store, person_id) == before


def test_an_undo_puts_back_the_fields_of_its_request_alone(store: Store) -> None:
    person_id = person(store)
    first = request(store, 1, change(person_id, phones=["+77012345678"]), person_id=person_id)
    second = request(store, 2, change(person_id, surname="Қасымова"), person_id=person_id)
    assert take_back(store, first)
    assert (fields(store, person_id)["phones"], fields(store, person_id)["surname"]) == (["+77010000001"], "Қасымова")
    assert take_back(store, second)
    assert fields(store, person_id)["surname"] == "Сәрсенова"


def test_fields_changed_since_are_seen(store: Store) -> None:
    person_id = person(store)
    first = request(store, 1, change(person_id, phones=["+77012345678"]), person_id=person_id)
    request(store, 2, change(person_id, phones=["+77012345679"]), person_id=person_id)
    with store.unit() as unit:
        assert not effects.is_clean(unit.connection, unit.row(Request, first))


def test_a_request_applied_in_two_steps_is_taken_back_whole(store: Store) -> None:
    """Some fields at once, the unclear one after we asked: one request, so one undo."""
    person_id = person(store, birth_date=date(1990, 5, 5))
    before = fields(store, person_id)
    number = request(store, 1, change(person_id, phones=["+77012345678"]), person_id=person_id)
    with store.unit() as unit:
        unit.request_id = number
        later = START + timedelta(hours=80)
        effects.change_fields(unit, person_id, {"birth_date": "1991-06-05"}, later)
    assert take_back(store, number)
    assert fields(store, person_id) == before


def test_a_changed_address_is_taken_back(store: Store) -> None:
    person_id, new = person(store), "aigul.new@example.kz"
    effect = Effect(verb="change_address", args={"person_id": person_id, "old": ADDRESS, "new": new, "until": START})
    number = request(store, 1, effect, person_id=person_id)
    with store.reading() as connection:
        assert people.addresses(connection, person_id) == [new]
    assert take_back(store, number)
    with store.reading() as connection:
        assert people.addresses(connection, person_id) == [ADDRESS]


def test_a_stop_is_taken_back(store: Store) -> None:
    person_id = person(store)
    stop = Effect(verb="stop_person", args={"person_id": person_id, "why": "withdrawal", "until": START})
    number = request(store, 1, stop, person_id=person_id, kind="withdrawal")
    with store.reading() as connection:
        shown = people.show(connection, person_id)
    assert (shown["state"], shown["processing"], shown["news"]) == ("blocked", False, False)
    assert take_back(store, number)
    with store.reading() as connection:
        shown = people.show(connection, person_id)
    assert (shown["state"], shown["processing"], shown["news"], shown["block"]) == ("active", True, True, None)
    assert mode(store) == ()


# ---- what is destroyed leaves no byte -------------------------------------------------------------------------

HOST, BOX = "mx.example.com", "info@example.com"
CSV = """surname,given_name,patronymic,email,phone,birth_date,birth_place,news,consent_at,consent_source
Құнанбаева,Күнсұлу,Ерболқызы,kunsulu@example.kz;kunsulu.second@example.com,+77015550001,1990-05-05,Қызылорда,yes,2025-01-10,form
Оспанов,Марат,,marat@example.com,+77015550009,,,yes,2025-01-10,form
"""
SECRETS = (
    "Құнанбаева", "Күнсұлу", "Ерболқызы", "kunsulu", "77015550001", "77015550002", "Қызылорда", "үйлендім",
    "my-own-id",
)  # fmt: skip


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    """A live installation on SQLite and Maildirs, open as in `mailbot run`."""
    made = installed(tmp_path, "--live")
    yield made
    made.close()


def installed(tmp_path: Path, live: str) -> App:
    box = tmp_path / "box"
    for part in ("new", "cur", "tmp"):
        (box / part).mkdir(parents=True)
    folder = tmp_path / "site"
    command = ["init", str(folder), "--mailbox", f"maildir://{box}", "--courier", f"maildir://{tmp_path / 'sent'}"]
    command += ["--address", BOX, "--authserv", HOST, "--operator-mail", "owner@example.com", live]
    assert main(command) == 0
    opened = build(folder)
    rows, wrong = read_csv(CSV, opened.line.rules.deadlines.zone)
    assert not wrong
    roll.import_rows(opened.line, rows, overwrite=False, dry_run=False, progress=lambda _count: None)
    return opened


def put(app: App, name: str, subject: str, body: str = "", proven: bool = True) -> None:
    result = f"Authentication-Results: {HOST}; dmarc=pass header.from=example.kz\r\n" if proven else ""
    now = datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S +0000")
    text = (
        f"{result}Received: from mail.example.kz by {HOST}; {now}\r\nFrom: Күнсұлу <kunsulu@example.kz>\r\n"
        f"To: {BOX}\r\nSubject: {subject}\r\nDate: {now}\r\nMessage-ID: <my-own-id-{name}@example.kz>\r\n"
        f"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{body}\r\n"
    )
    box = app.folder.parent / "box"
    (box / "new" / f"{int(datetime.now(UTC).timestamp())}.{name}").write_bytes(text.encode())


def passes(app: App) -> dict[str, int]:
    made = app.poll()
    counts, failure = made if isinstance(made, tuple) else (made, None)
    assert failure is None and set(counts) == set(COUNTS)
    return counts


def found_in_files(app: App) -> dict[str, list[str]]:
    """Return which of the secrets stand in a file of the store, as UTF-8 or as JSON writes them."""
    found: dict[str, list[str]] = {}
    for path in sorted(app.folder.glob("mailbot.sqlite*")):
        octets = path.read_bytes().lower()
        for secret in SECRETS:
            forms = (secret.lower().encode(), secret.encode(), secret.encode("ascii", "backslashreplace"))
            if any(form in octets for form in forms):
                found.setdefault(path.name, []).append(secret)
    return found


def found_in_replies(app: App) -> list[tuple[str, str]]:
    """Return which of the secrets stand in a mail of the outbox, decoded."""
    found = []
    for template, octets in values(app.line.store, "reply", "template", "octets"):
        message = message_from_bytes(octets, policy=policy.default)
        parts = [part for part in message.walk() if part.get_content_maintype() == "text"]
        text = str(message) + "".join(part.get_content() for part in parts if octets)
        found += [(template, secret) for secret in SECRETS if secret in text]
    return found


def live_through(app: App) -> None:
    """Let the person ask for this and that, and be answered."""
    put(app, "1", "Дербес деректерді өзектендіру", "Мен үйлендім.\nТелефон: +7 701 555 00 02\nТегі: Құнанбаева\n")
    put(app, "2", "Дербес деректерді өңдеуге келісімді кері қайтарып алу", "үйлендім", proven=False)
    put(app, "3", "Какие мои данные вы храните?", "Құнанбаева Күнсұлу\n")
    counts = passes(app)
    assert (counts["applied"], counts["challenged"], counts["left"]) == (1, 1, 1)
    assert counts["sent"] >= 3
    assert {"kunsulu", "Құнанбаева", "77015550002"} <= {s for each in found_in_files(app).values() for s in each}


def destroy(app: App) -> None:
    assert destruction.destroy_now(app.line, app.mailbox, "kunsulu@example.kz") == 1


def test_no_byte_of_the_destroyed_is_left_in_any_file_of_the_store(app: App) -> None:
    live_through(app)
    destroy(app)
    assert found_in_files(app) == {}
    shown = roll.show(app.line.store, "kunsulu@example.kz")
    assert shown == [{"id": None, "state": "suppressed", "suppressed": ["news", "processing"]}]
    assert roll.show(app.line.store, "marat@example.com")[0]["surname"] == "Оспанов"
    assert passes(app) == dict.fromkeys(COUNTS, 0)
    assert found_in_files(app) == {}


def test_no_mail_of_the_outbox_names_the_destroyed(app: App) -> None:
    live_through(app)
    assert found_in_replies(app)
    destroy(app)
    assert found_in_replies(app) == []


def test_what_the_server_said_of_the_destroyed_is_forgotten(app: App) -> None:
    live_through(app)
    store = app.line.store
    with store.unit() as unit:
        unit.connection.execute(sa.update(SQLModel.metadata.tables["reply"]).values(sent_at=None))
    for number in values(store, "reply", "id"):
        outbox.sent(store, number, "250 2.1.5 kunsulu@example.kz accepted", app.line.rules.deadlines.window_end)
    destroy(app)
    assert found_in_files(app) == {}


def test_no_byte_is_left_of_what_was_seen_in_shadow(tmp_path: Path) -> None:
    app = installed(tmp_path, "--shadow")
    try:
        put(app, "1", "Дербес деректерді өзектендіру", "Телефон: +7 701 555 00 02\n")
        assert passes(app)["applied"] == 1
        destroy(app)
        assert found_in_files(app) == {}
    finally:
        app.close()


def test_no_byte_is_left_after_the_final_mail_of_a_withdrawal(app: App) -> None:
    store = app.line.store
    put(app, "1", "Дербес деректерді өңдеуге келісімді кері қайтарып алу", "үйлендім\n")
    assert passes(app)["applied"] == 1
    ended = START - timedelta(days=300)
    with store.unit() as unit:
        unit.connection.execute(
            sa.update(SQLModel.metadata.tables["request"]).values(open=[], due_at=None, destroy_at=ended)
        )
    counts = passes(app)
    assert counts["sent"] == 1
    assert roll.show(store, "kunsulu@example.kz")[0]["id"] is None
    assert found_in_files(app) == {}
    assert found_in_replies(app) == []


def test_the_files_of_the_store_are_their_owners_alone(app: App) -> None:
    live_through(app)
    files = sorted(app.folder.glob("mailbot.sqlite*"))
    assert {"mailbot.sqlite", "mailbot.sqlite-wal", "mailbot.sqlite-shm"} <= {path.name for path in files}
    assert {oct(stat.S_IMODE(path.stat().st_mode)) for path in files} == {"0o600"}
    secrets = app.folder / "secrets"
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o700
    assert {oct(stat.S_IMODE(path.stat().st_mode)) for path in secrets.iterdir()} == {"0o600"}


def test_sqlite_is_set_up_to_survive_a_power_cut_and_to_overwrite_what_is_deleted(tmp_path: Path) -> None:
    asked = ("journal_mode", "synchronous", "secure_delete", "foreign_keys")
    with quick.not_now():
        opened = open_engine("sqlite:///mailbot.sqlite", tmp_path)
    with opened.connect() as connection:
        said = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in asked]
    opened.dispose()
    assert said == ["wal", 2, 1, 1]
