"""Which reply goes next, where a courier has several under way at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from mailbot.answering import outbox as sending
from mailbot.answering.outbox import Outbox
from mailbot.errors import CourierUnavailable, ReplyDeferred, ReplyRefused
from mailbot.policy import LimitRules
from mailbot.ports import Letter, Said, Take
from mailbot.store.outbox import LEASE, Leased

BATCH = ("a@example.kz", "a@example.kz", "B@example.kz", "c@example.kz", "b@example.kz", "a@example.kz", "d@example.kz")
COUNTS = {"sent": 0, "gave_up": 0}


class Courier:
    """Has three letters under way at once and answers the latest first."""

    def __init__(self, answers: dict[int, Said], breaks_at: int = -1) -> None:
        self.answers, self.breaks_at = answers, breaks_at
        self.order: list[int] = []

    def send_all(self, take: Take) -> Iterator[tuple[Letter, Said]]:
        under_way: list[Letter] = []
        while True:
            while len(under_way) < 3 and (letter := take()) is not None:
                under_way.append(letter)
                self.order.append(letter.number)
            assert len({each.recipient.lower() for each in under_way}) == len(under_way), "two to one address at once"
            if not under_way:
                return
            last = under_way.pop()
            if last.number == self.breaks_at:
                raise CourierUnavailable("it broke")
            yield last, self.answers.get(last.number, "250 ok")


class Store:
    """Notes what is done with replies."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, tzinfo=UTC)
        self.done: list[tuple[str, int]] = []
        self.released: set[int] = set()
        self.lost: set[int] = set()  # replies that another process has by now
        self.extended: list[set[int]] = []

    def clock(self) -> datetime:
        return self.now

    def books(self) -> Any:
        def note(what: str) -> Any:
            return lambda _store, number, *_, **__: self.done.append((what, number)) or True

        def extend(_store: Store, _owner: str, ids: list[int], lasts: timedelta) -> set[int]:
            self.extended.append(set(ids))
            self.lasts = lasts
            return set(ids) - self.lost

        return SimpleNamespace(
            sent=note("sent"), put_off=note("put off"), give_up=note("gave up"), extend=extend, LEASE=LEASE,
            release=lambda _store, _owner, ids: self.released.update(ids),
        )  # fmt: skip


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Store:
    made = Store()
    monkeypatch.setattr(sending, "outbox", made.books())
    monkeypatch.setattr(sending, "elapsed", lambda: made.now.timestamp())
    return made


def send(store: Store, courier: Courier, **how: Any) -> dict[str, int]:
    counts = dict(COUNTS)
    made = Outbox(
        store=store, courier=courier, sender="info@example.kz", limits=LimitRules(), window_end=lambda at: at, **how
    )  # type: ignore[arg-type]
    made._send_batch([Leased(number, address, b"x", "", "") for number, address in enumerate(BATCH)], "me", counts)
    return counts


def test_replies_to_one_address_go_one_after_the_other(store: Store) -> None:
    courier = Courier({})
    assert send(store, courier) == {"sent": 7, "gave_up": 0}
    assert sorted(courier.order) == list(range(7)) and not store.released
    places = {number: place for place, number in enumerate(courier.order)}
    assert places[0] < places[1] < places[5] and places[2] < places[4]


def test_after_one_that_was_put_off_no_later_one_to_its_address_goes(store: Store) -> None:
    courier = Courier({0: ReplyDeferred("later"), 2: ReplyRefused("never")})
    assert send(store, courier) == {"sent": 3, "gave_up": 1}
    assert store.released == {1, 5} and set(courier.order) == {0, 2, 3, 4, 6}
    assert ("put off", 0) in store.done and ("gave up", 2) in store.done


def test_where_the_courier_breaks_all_that_is_not_settled_is_given_back(store: Store) -> None:
    courier = Courier({}, breaks_at=3)
    with pytest.raises(CourierUnavailable):
        send(store, courier)
    settled = {number for _, number in store.done}
    assert store.released == set(range(7)) - settled and 3 in store.released


def test_where_it_is_time_to_go_nothing_more_is_taken(store: Store) -> None:
    courier = Courier({})
    asked = iter([False, False, *[True] * 20])
    assert send(store, courier, stop=lambda: next(asked)) == {"sent": 2, "gave_up": 0}
    assert courier.order == [0, 2] and store.released == {1, 3, 4, 5, 6}


def test_a_slow_server_is_given_no_reply_that_another_process_has_by_now(store: Store) -> None:
    class Slow(Courier):
        def send_all(self, take: Take) -> Iterator[tuple[Letter, Said]]:
            for each in super().send_all(take):
                store.now += LEASE / 2 + timedelta(seconds=1)
                yield each

    courier = Slow({})
    store.lost = {3, 6}
    assert send(store, courier)["sent"] == 6 and 6 not in courier.order
    assert 3 in courier.order, "it was under way when the lease was half over"
    assert store.extended[0] == {0, 1, 2, 4, 5, 6}, "what is under way is extended too"
    assert not store.released & {3, 6}


def test_where_a_server_may_take_minutes_a_lease_is_made_longer_before_anything_is_sent(store: Store) -> None:
    class Slow(Courier):
        def send_all(self, take: Take) -> Iterator[tuple[Letter, Said]]:
            for each in super().send_all(take):
                store.now += timedelta(seconds=800)
                yield each

    assert send(store, Slow({}), timeout_seconds=600)["sent"] == 7
    assert store.extended[0] == set(range(7)) and store.lasts == timedelta(minutes=40)
    assert len(store.extended) > 1, "before half of it is over"
