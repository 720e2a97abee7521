"""The store's part in bounces, unsubscribes, caps and wrong tokens, on SQLite and on PostgreSQL."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from mailbot.policy import LimitRules
from mailbot.reading.delivery import delivery
from mailbot.reading.machine import Machine
from mailbot.reading.parse import parse
from mailbot.store import bounces, erasure, journal, migrate, newsletter, outbox, tables, waiting, writers
from mailbot.store.keys import Keys
from mailbot.store.store import Store
from tests.integration.test_store import (
    ADDRESS,
    START,
    Time,
    alive,
    clock,
    count,
    empty,
    person,
    reply,
    request,
    store,
    values,
)

__all__ = ["clock", "empty", "store"]  # fixtures
DSN = Machine(why="dsn")
SAID = "550 5.1.1 aigul: no such user"


def migrated_to(engine: sa.Engine, version: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        (command.upgrade if version != "0001-" else command.downgrade)(config, version.rstrip("-"))


def test_a_store_of_the_first_version_is_upgraded_with_what_it_holds(empty: sa.Engine) -> None:
    migrated_to(empty, "0001")
    with empty.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO reply (token, message_id, template, role, language, address, address_key, proven, counted, "
            "octets, created_at, answer, tries, owner, gave_up_why, digest) VALUES ('t', 'm', 'challenge', 'question', "
            "'ru', 'a', 'a', true, true, 'x', '2026-11-02 09:00:00', '', 0, '', '', '')"
        )
    migrate.upgrade(empty)
    migrate.require_current(empty)
    with empty.connect() as connection:
        row = connection.execute(sa.select(tables.Reply.__table__)).one()  # type: ignore[attr-defined]
    assert (row.token, row.bounce_key, row.bounced_at, row.bounced_status) == ("t", None, None, None)
    migrated_to(empty, "0001-")
    assert "wrong_token" not in sa.inspect(empty).get_table_names()


def test_keys_of_envelopes_and_newsletters_are_letters_that_tell_nothing() -> None:
    keys, others = Keys(b"k" * 32), Keys(b"o" * 32)
    token = "a" * 26
    assert re.fullmatch(r"[a-z2-7]{16}", keys.bounce(token)) and keys.bounce(token) != others.bounce(token)
    assert re.fullmatch(r"[a-z2-7]{26}", keys.unsubscribe(ADDRESS))
    assert keys.unsubscribe(ADDRESS) == keys.unsubscribe(ADDRESS.upper()) != others.unsubscribe(ADDRESS)
    assert keys.unsubscribe(ADDRESS) != keys.unsubscribe("x" + ADDRESS)
    assert len({keys.suppression(ADDRESS), keys.unsubscribe(ADDRESS), keys.bounce(ADDRESS)}) == 3


# ---- bounces ----


def bounce(token: str = "", key: str = "", said: str = SAID) -> Any:
    thread = f"In-Reply-To: <{token}@example.com>\n" if token else ""
    to = f"Delivered-To: info+{key}@example.kz\n" if key else ""
    return parse(f"From: mailer-daemon@example.net\nSubject: failure notice\n{thread}{to}\n{said}\n".encode())


def challenge(store: Store) -> tuple[str, str, str]:
    """Return a challenged request of a person on file, the token and the bounce key of its question."""
    person_id = person(store)
    number = request(store, 1, person_id=person_id, state="challenged", outcome="challenge")
    reply(store, request_id=number)
    ((token, key),) = values(store, "reply", "token", "bounce_key")
    return number, token, key


@pytest.mark.parametrize("by", ["token", "key"])
def test_a_bounce_finds_its_reply_and_is_written_down_once(store: Store, clock: Time, by: str) -> None:
    number, token, key = challenge(store)
    message = bounce(token=token) if by == "token" else bounce(key=key)
    with store.unit() as unit:
        envelope = bounces.at_bounce_address(unit.connection, message)
        assert (envelope is not None) == (by == "key")
        found = bounces.bounced(unit, message, DSN, envelope)
        assert found is not None
        assert (found.request_id, found.status, found.why) == (number, "5.1.1", "550 5.1.1 no such user")
        bounces.note_bounce(unit, found.reply_id, found.status, found.why)
    clock.pass_(hours=1)
    with store.unit() as unit:
        again = bounces.bounced(unit, message, DSN, bounces.at_bounce_address(unit.connection, message))
        assert again is not None and again.request_id == "", "of one mail the first bounce counts"
        bounces.note_bounce(unit, again.reply_id, "5.9.9", "other")
    assert values(store, "reply", "bounced_at", "bounced_status") == [(START, "5.1.1")]


def test_the_keys_and_the_tokens_of_others_find_nothing(store: Store) -> None:
    challenge(store)
    for message in (bounce(token="b" * 26), bounce(key="b" * 16), bounce()):
        with store.unit() as unit:
            envelope = bounces.at_bounce_address(unit.connection, message)
            assert envelope is None and bounces.bounced(unit, message, DSN, envelope) is None


@pytest.mark.parametrize("why", ["out_of_office", "list", "bulk", "mdn", "arf", "own"])
def test_another_machine_tells_of_no_bounce(store: Store, why: str) -> None:
    _, token, _ = challenge(store)
    with store.unit() as unit:
        assert bounces.bounced(unit, bounce(token=token), Machine(why=why), None) is None


def test_a_mail_without_person_or_request_holds_nothing(store: Store) -> None:
    reply(store)
    ((token,),) = [(each,) for each in values(store, "reply", "token")]
    with store.unit() as unit:
        found = bounces.bounced(unit, bounce(token=token), DSN, None)
        assert found is not None and found.request_id == ""


def test_what_was_forgotten_with_its_person_keeps_no_word_of_a_late_bounce(store: Store) -> None:
    _, token, key = challenge(store)
    with store.unit() as unit:
        bounces.note_bounce(unit, 1, "5.1.1", "Aigul is unknown")
        erasure.erase(unit, _only(unit))
    assert values(store, "reply", "bounced_why", "bounced_status", "bounce_key") == [(None, "5.1.1", key)]
    with store.unit() as unit:
        found = bounces.bounced(unit, bounce(token=token, said="550 5.1.1 Aigul is gone"), DSN, None)
        assert found is not None and (found.request_id, found.why) == ("", "")
    assert delivery(bounce()).told


def _only(unit: Any) -> str:
    return str(unit.connection.execute(sa.select(tables.Person.__table__.c.id)).scalar_one())  # type: ignore[attr-defined]


# ---- wrong tokens ----


def test_wrong_tokens_are_counted_per_writer_and_per_day(store: Store, clock: Time) -> None:
    def busy() -> int:
        with store.reading() as connection:
            return writers.busy(connection, clock())

    for number in range(writers.MANY + 1):
        assert busy() == 0, number
        with store.unit() as unit:
            writers.count_wrong_token(unit, ADDRESS if number % 2 else ADDRESS.upper())
        clock.pass_(minutes=1)
    assert busy() == 1
    with store.reading() as connection:
        row = writers.wrong_tokens(connection, store.keys, ADDRESS)
        assert (row.count, row.first_at) == (writers.MANY + 1, START)
        assert writers.wrong_tokens(connection, store.keys, "b" + ADDRESS) is None
        assert writers.wrong_tokens(connection, store.keys, "") is None
    clock.pass_(days=2)
    assert busy() == 0, "it was long ago"
    with store.unit() as unit:
        writers.count_wrong_token(unit, ADDRESS)
    assert busy() == 0 and values(store, "wrong_token", "day_count", "count") == [(1, writers.MANY + 2)]
    with store.unit() as unit:
        writers.forget(unit, [store.keys.suppression(ADDRESS)])
    assert count(store, "wrong_token") == 0


# ---- newsletters ----


def test_whose_token_it_is(store: Store) -> None:
    ids = [person(store, f"p{number}@example.kz") for number in range(3)]
    person(store, "shared@example.kz"), person(store, "shared@example.kz")
    token = store.keys.unsubscribe

    def found(of: str, writer: str) -> tuple[str, str | None]:
        with store.unit() as unit:
            each = newsletter.opt_out(unit, token(of), writer)
            assert each is not None
            return each.address, each.person_id

    assert found("p1@example.kz", "relay@example.net") == ("p1@example.kz", ids[1])
    assert found("P1@EXAMPLE.kz", "") == ("p1@example.kz", ids[1])
    assert found("shared@example.kz", "p1@example.kz") == ("shared@example.kz", None)
    assert found("gone@example.kz", "Gone@example.kz") == ("gone@example.kz", None), "the writer's own, on file or not"
    assert found("gone@example.kz", "p1@example.kz") == ("", None)
    with store.unit() as unit:
        assert newsletter.opt_out(unit, "", "p1@example.kz") is None


def test_a_token_is_found_among_many(store: Store) -> None:
    person_id = person(store)
    table = tables.Address.__table__  # type: ignore[attr-defined]
    rows = [
        {"person_id": person_id, "addr": f"n{n}@example.kz", "key": f"n{n}@example.kz", "position": n}
        for n in range(3000)
    ]
    with store.unit() as unit:
        unit.connection.execute(sa.insert(table), rows)
    with store.unit() as unit:
        for number in (0, 1500, 2999):
            each = newsletter.opt_out(unit, store.keys.unsubscribe(f"n{number}@example.kz"), "relay@example.net")
            assert each is not None and each.address == f"n{number}@example.kz"
        unit.event("still usable")


# ---- caps and what waits ----


def test_the_room_of_an_hour_is_apart_for_what_the_law_asks_for(store: Store, clock: Time) -> None:
    limits = LimitRules(replies_per_hour=3)

    def room() -> tuple[int, int]:
        return outbox.room(store, limits, counted=False), outbox.room(store, limits, counted=True)

    assert room() == (3, 3)
    for counted in (True, True, False):
        outbox.sent(store, reply(store, counted=counted), "250 OK", lambda at: at)
    assert room() == (2, 0)
    for _ in range(3):
        outbox.sent(store, reply(store, counted=False), "250 OK", lambda at: at)
    assert room() == (0, 0)
    clock.pass_(minutes=61)
    assert room() == (3, 3)


def test_a_lease_may_ask_for_one_kind_of_replies_alone(store: Store) -> None:
    question, receipt = reply(store), reply(store, "other@example.kz", counted=False)
    owner = alive()
    assert [each.id for each in outbox.lease(store, owner, 10, counted=False)] == [receipt]
    leased = outbox.lease(store, owner, 10, counted=True)
    assert [each.id for each in leased] == [question] and len(leased[0].bounce_key) == 16


def test_an_answer_that_waits_is_noted_and_unnoted(store: Store) -> None:
    number = request(store, 1)
    asked = request(store, 2, state="challenged", outcome="challenge")
    answer = reply(store, request_id=number, counted=False)
    reply(store, request_id=asked)
    due = START + timedelta(days=1)

    def listed() -> list[tuple[str, str, list[str]]]:
        with store.reading() as connection:
            rows = [journal.as_json(row) for row in journal.select(connection)]
        return [(row["id"], row["reason"], row["open"]) for row in rows]

    assert [row[0] for row in listed()] == [asked]
    with store.unit() as unit:
        assert waiting.note(unit, lambda _row: due) == 1
        assert waiting.note(unit, lambda _row: due) == 0
        waiting.unnote(unit)
    assert listed()[0] == (number, "answer_waits", ["operator"])
    with store.unit() as unit:
        assert [row.id for row in journal.untold(unit.connection)] == [number]
    outbox.sent(store, answer, "250 OK", lambda at: at)
    with store.unit() as unit:
        waiting.unnote(unit)
        assert journal.untold(unit.connection) == []
    assert [row[0] for row in listed()] == [asked]
    assert values(store, "request", "id", "reason", "state") == sorted(
        [(number, "update_proven", "applied"), (asked, "update_proven", "challenged")]
    )
