"""The passes of a Service among others: one after the other, each wake answered, none lost, and an end that is seen."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from apscheduler.schedulers.background import BackgroundScheduler

from mailbot import daemon
from mailbot.daemon import Service, Shared, new_scheduler
from mailbot.doors import Beside
from mailbot.errors import MailboxUnavailable
from mailbot.reach import Reach
from mailbot.store.turns import Turn


@dataclass
class Line:
    """What a Service puts its own `stop` into."""

    stop: Callable[[], bool] = lambda: False
    store: None = None


@dataclass
class App:
    """Counts its passes; each waits for `go`."""

    settings: Any
    line: Line = field(default_factory=Line)
    passes: int = 0
    closed: int = 0
    failure: MailboxUnavailable | None = None
    go: threading.Event = field(default_factory=threading.Event)
    begun: threading.Event = field(default_factory=threading.Event)

    def take_over(self, turn: Turn) -> None:
        assert turn.number

    def close(self) -> None:
        self.closed += 1


class House:
    """Services that share a scheduler of two threads, with Apps that only count."""

    def __init__(self) -> None:
        self.apps: dict[str, list[App]] = {}
        self.reach = Reach()
        self.scheduler: BackgroundScheduler = new_scheduler(default=2, closing=1)

    def build(self, folder: Path, beside: object = None) -> App:
        doors = SimpleNamespace(url="imaps://a@imap.example.kz"), SimpleNamespace(url="smtps://a@smtp.example.kz")
        schedule = SimpleNamespace(poll_seconds=600)
        app = App(SimpleNamespace(schedule=schedule, mailbox=doors[0], courier=doors[1]))
        app.go.set()
        self.apps.setdefault(folder.name, []).append(app)
        return app

    def service(self, name: str, number: int = 1) -> Service:
        return Service(Path(name), self.scheduler, Shared(Turn(name, number), Beside(None, self.reach)))  # type: ignore[arg-type]


def one_pass(app: App) -> MailboxUnavailable | None:
    app.begun.set()
    assert app.go.wait(10)
    app.passes += 1
    return app.failure


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    made = House()
    monkeypatch.setattr(daemon, "build", made.build)
    monkeypatch.setattr(daemon, "open_watch", lambda *_: None)
    monkeypatch.setattr(daemon, "one_pass", one_pass)
    made.scheduler.start()
    yield made
    made.scheduler.shutdown(wait=False)


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_the_first_pass_is_made_however_long_the_watch_takes_to_begin(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daemon, "open_watch", lambda *_: time.sleep(0.3))
    house.service("one").start()
    until(lambda: house.apps["one"][0].passes == 1)


def test_a_mailbox_that_is_busy_takes_one_thread_however_often_it_is_woken(house: House) -> None:
    busy, other = house.service("busy"), house.service("other")
    app = house.apps["busy"][0]
    app.go.clear()
    busy.start()
    assert app.begun.wait(10)
    for _ in range(30):
        busy._wake()
        busy._soon()  # as a server that comes back has it
    time.sleep(0.1)
    other.start()
    until(lambda: house.apps["other"][0].passes == 1)
    app.go.set()
    until(lambda: app.passes >= 2 and busy._scheduler.get_job(busy._job) is not None)
    time.sleep(0.2)
    assert app.passes <= 3, "what came meanwhile is seen by one pass more"


def test_many_wakes_before_a_thread_is_free_make_one_pass(house: House) -> None:
    for name in ("a", "b"):
        house.service(name)
        house.apps[name][0].go.clear()
    blockers = [house.service(name) for name in ("a", "b")]
    for name, each in zip(("a", "b"), blockers, strict=True):
        house.apps[name][1].go.clear()
        each.start()
    until(lambda: all(house.apps[name][1].begun.is_set() for name in ("a", "b")))
    waits = house.service("waits")
    waits.start()
    for _ in range(30):
        waits._wake()
    for name in ("a", "b"):
        house.apps[name][1].go.set()
    until(lambda: house.apps["waits"][0].passes >= 1)
    time.sleep(0.2)
    assert house.apps["waits"][0].passes <= 2


def test_a_mail_server_that_is_away_keeps_no_thread_from_others(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each connection to it takes a while to fail; thirty mailboxes are there, and two threads."""
    reach, slow = house.reach, []

    def reads(app: App) -> MailboxUnavailable | None:
        app.passes += 1
        try:
            with reach.to("imap.example.kz:993", MailboxUnavailable):
                slow.append(app)
                time.sleep(0.2)
                raise TimeoutError
        except MailboxUnavailable as exc:
            return exc
        except TimeoutError:
            return MailboxUnavailable("it does not answer")

    monkeypatch.setattr(daemon, "one_pass", lambda app: reads(app) if app.failure else one_pass(app))
    for number in range(30):
        service = house.service(f"away{number}")
        house.apps[f"away{number}"][0].failure = MailboxUnavailable("")
        service.start()
    began = time.monotonic()
    house.service("other").start()
    until(lambda: house.apps["other"][0].passes == 1)
    assert len(slow) <= 2, "as many as there were threads as it went away"
    assert time.monotonic() - began < 2
    until(lambda: all(apps[0].passes for apps in house.apps.values()))


def test_after_each_pass_there_is_a_next_one(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Woken, retried and reloaded from other threads all the while, and failing now and then."""
    service = house.service("one")
    service.start()
    over = threading.Event()

    def disturb(act: Callable[[], object]) -> None:
        while not over.wait(0.001):
            act()

    acts = (service._wake, service.retry, service.reload)
    threads = [threading.Thread(target=disturb, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for number in range(60):
        house.apps["one"][-1].failure = MailboxUnavailable("away") if number % 3 else None
        time.sleep(0.01)
    over.set()
    for thread in threads:
        thread.join()
    until(lambda: not service._passing.locked() and service._scheduler.get_job(service._job) is not None)
    before = sum(app.passes for app in house.apps["one"])
    house.apps["one"][-1].failure = None
    service.failures = 0
    service._wake()
    until(lambda: sum(app.passes for app in house.apps["one"]) > before)
    assert all(app.closed == 1 for app in house.apps["one"][:-1])


@pytest.mark.parametrize("number", range(20))
def test_who_is_to_go_goes_whenever_it_is_said(house: House, number: int) -> None:
    """At any moment of a pass, also between its end and the next one."""
    service = house.service("one")
    service.start()
    stop = threading.Event()
    waker = threading.Thread(target=lambda: [service._wake() for _ in iter(lambda: stop.wait(0.0005), True)])
    waker.start()
    time.sleep(0.002 * number)
    service.retire()
    until(lambda: service.is_retired)
    assert service.reload(), "there is nothing to reload any more"
    stop.set()
    waker.join()
    assert [app.closed for app in house.apps["one"]] == [1]
    until(lambda: service._scheduler.get_job(service._job) is None)


def test_a_mailbox_that_is_ours_again_is_read_under_its_new_turn(house: House) -> None:
    """The former one's end takes nothing of the new one's away."""
    first = house.service("one", 1)
    house.apps["one"][0].go.clear()
    first.start()
    assert house.apps["one"][0].begun.wait(10)
    first.retire()
    assert not first.is_retired
    second = house.service("one", 2)
    second.start()
    until(lambda: house.apps["one"][1].passes == 1)
    house.apps["one"][0].go.set()
    until(lambda: first.is_retired)
    assert second.is_alive() and second._scheduler.get_job(second._job) is not None
    assert house.apps["one"][0].closed == 1 and house.apps["one"][1].closed == 0


def test_a_pass_that_ends_as_nobody_thought_of_is_made_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_app: App) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(daemon, "one_pass", broken)
    service = house.service("one")
    service.start()
    until(lambda: service._scheduler.get_job(service._job) is not None and service.failures == 1)
    assert service.is_alive()


def test_a_pass_is_made_in_its_time_though_the_clock_was_set_back(house: House) -> None:
    service = house.service("one")
    app = house.apps["one"][0]
    service.start()
    until(lambda: app.passes == 1 and service._scheduler.get_job(service._job) is not None)
    service.keep_time()
    time.sleep(0.1)
    assert app.passes == 1, "it is not due for ten minutes"
    service._due -= 606  # those passed, and the job's own time is as far away as it was
    service.keep_time()
    until(lambda: app.passes == 2)


def test_a_pass_that_waits_for_a_thread_is_not_late(house: House) -> None:
    for name in ("a", "b"):
        house.service(name).start()
        until(lambda name=name: house.apps[name][0].passes == 1)  # type: ignore[misc]
    blockers = [house.service(name, 2) for name in ("a", "b")]
    for name, each in zip(("a", "b"), blockers, strict=True):
        house.apps[name][1].go.clear()
        each.start()
        assert house.apps[name][1].begun.wait(10)
    waits = house.service("waits")
    waits.start()
    until(lambda: waits._scheduler.get_job(waits._job) is None)
    for _ in range(10):
        waits._due -= 60
        waits.keep_time()
    for name in ("a", "b"):
        house.apps[name][1].go.set()
    until(lambda: house.apps["waits"][0].passes == 1)
    time.sleep(0.2)
    assert house.apps["waits"][0].passes == 1
