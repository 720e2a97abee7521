"""One outbox that many hosts send from, on PostgreSQL: each answer once, in order, within one cap, by one clock."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from mailbot.app import new_id
from mailbot.deciding.decision import Owed
from mailbot.policy import LimitRules
from mailbot.store import outbox
from mailbot.store.engine import open_engine
from mailbot.store.keys import Keys
from mailbot.store.migrate import upgrade
from mailbot.store.process import own_name
from mailbot.store.store import Store
from tests.support.postgres import Postgres

HERE, THERE = "here.example.com/1:1:aaaaaaaa", "there.example.com/1:1:bbbbbbbb"


@pytest.fixture
def store(postgres: Postgres, tmp_path: Path) -> Iterator[Store]:
    url = postgres.database()
    engine = open_engine(f"{url}&schema=one", tmp_path)
    upgrade(engine)
    yield Store(engine=engine, keys=Keys(b"k" * 32), clock=lambda: datetime.now(UTC), new_id=new_id)
    engine.dispose()
    postgres.drop(url)


def owe(store: Store, to: str, *, counted: bool = True) -> int:
    """Put an answer into the outbox; return its number."""
    with store.unit() as unit:
        token = unit.new_id(26)
        owed = Owed(template="challenge", role="question", language="ru", to=to, proven=False)
        rendered = (f"<{token}@example.com>", b"x")
        unit.owe(owed, token=token, rendered=rendered, counted=counted, capped=False)
        return int(unit.connection.execute(sa.text("SELECT max(id) FROM reply")).scalar_one())


def leased(store: Store, owner: str, limit: int | LimitRules = 10) -> list[int]:
    return [each.id for each in outbox.lease(store, owner, limit, counted=True)]


def test_who_comes_second_waits_and_overtakes_nothing(store: Store) -> None:
    """A transaction that has the earlier answer's row is waited for: to skip it would send the later one first."""
    first, second = owe(store, "aru@example.kz"), owe(store, "aru@example.kz")
    found: list[list[int]] = []
    other = threading.Thread(target=lambda: found.append(leased(store, THERE)))
    with store.unit() as unit:
        outbox.alone(unit)
        unit.connection.execute(sa.text("SELECT 1 FROM reply WHERE id = :id FOR UPDATE"), {"id": first})
        other.start()
        other.join(0.5)
        assert found == []
    other.join(10)
    assert found == [[first, second]]
    assert leased(store, HERE) == []


def test_two_senders_keep_within_the_cap_of_an_hour(store: Store) -> None:
    for number in range(5):
        owe(store, f"a{number}@example.kz")
    limits = LimitRules(replies_per_hour=3)
    mine = leased(store, HERE, limits)
    assert len(mine) == 3 and leased(store, THERE, limits) == []
    assert outbox.room(store, limits, counted=True) == 0
    outbox.release(store, HERE, mine[:1])
    assert leased(store, THERE, limits) == mine[:1]
    outbox.sent(store, mine[1], "250 ok", lambda at: at)
    assert leased(store, THERE, limits) == []


@pytest.mark.parametrize("hours", [-3, 3])
def test_a_lease_lapses_by_the_databases_clock_whatever_the_hosts_say(store: Store, hours: int) -> None:
    number = owe(store, "aru@example.kz")
    other = Store(
        engine=store.engine, keys=store.keys, clock=lambda: datetime.now(UTC) + timedelta(hours=hours), new_id=new_id
    )
    with store.unit() as unit:  # due for either
        unit.connection.execute(sa.text("UPDATE reply SET next_try_at = NULL"))
    assert leased(store, HERE) == [number] and leased(other, THERE) == []
    assert outbox.extend(other, THERE, [number]) == set()
    assert outbox.extend(store, HERE, [number]) == {number} and leased(other, THERE) == []
    outbox.release(store, HERE, [number])
    assert leased(other, THERE) == [number] and leased(store, HERE) == []


def test_what_came_of_an_answer_is_marked_on_that_answer_alone(store: Store) -> None:
    """A backup that was restored since gives its number to another one, or knows none of that number."""
    number = owe(store, "aru@example.kz")
    (mine,) = outbox.lease(store, own_name(new_id), 1, counted=True)
    assert mine.token
    for reply_id, token in ((number, "another"), (number + 7, mine.token)):
        outbox.sent(store, reply_id, "250 ok", lambda at: at, token=token)
        assert outbox.put_off(store, reply_id, "451 later", token=token)
        outbox.give_up(store, reply_id, "550 no", token=token)
    with store.reading() as connection:
        row = connection.execute(sa.text("SELECT sent_at, tries, gave_up_at FROM reply")).one()
    assert tuple(row) == (None, 0, None)
    outbox.sent(store, number, "250 ok", lambda at: at, token=mine.token)
    assert outbox.owed(store) == 0
