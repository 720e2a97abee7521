"""The courier is down for days: what an answer says is true when it leaves; what is not true any more is not sent."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from mailbot.app import build
from mailbot.config import load_policy
from mailbot.deciding.deadlines import Deadlines
from mailbot.errors import CourierRefused
from mailbot.store import unsent
from tests.acceptance.world import ALICE, ALIYA, ALMATY, BORIS, NO_OBLIGATIONS, UPDATE, WITHDRAWAL, Sent, World

PHONE = "+77019998877"
PLACES = '[[places]]\nname = "table"\ntitle = "Table"\npreset = "table"\n'
MONTHS = [
    "января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября", "ноября",
    "декабря",
]  # fmt: skip
TEXT = f"Новый телефон: {PHONE}"


@contextlib.contextmanager
def courier_down(world: World) -> Iterator[None]:
    """Let the courier refuse everything for a while."""
    sent, aside = world.root / "sent", world.root / "aside"
    if sent.is_dir():
        sent.rename(aside)
    sent.write_text("", encoding="utf-8")
    yield
    sent.unlink()
    if aside.is_dir():
        aside.rename(sent)


def refused(world: World) -> None:
    """Make a pass whose answers nobody takes."""
    app = build(world.folder, clock=world.now, dns=lambda: None)
    try:
        _, failure = app.poll()
        assert isinstance(failure, CourierRefused)
    finally:
        app.close()


def late(world: World, subject: str, body: str = "", days: float = 4, **how: object) -> str:
    """Have a mail decided while nothing can be sent, and let days pass; return the number of its request."""
    with courier_down(world):
        world.put(world.octets(ALIYA, subject, body, **how))  # type: ignore[arg-type]
        refused(world)
        world.later(days=days)
    (number,) = (each["id"] for each in world.requests("--all"))
    return str(number)


def named(at: datetime) -> str:
    """Return a moment as a Russian mail names it."""
    there = at.astimezone(ALMATY)
    return f"{there:%H:%M} {there.day} {MONTHS[there.month - 1]} {there.year} г."


def test_each_of_many_is_looked_at_some_at_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unsent, "BATCH", 2)
    with courier_down(world):
        for who in (ALIYA, BORIS, ALICE):
            world.put(world.octets(who, UPDATE["ru"], TEXT))
        refused(world)
        world.later(days=4)
    world.poll()
    events = [what for (what,) in world.sql("SELECT what FROM event")]
    assert events.count("reply_renewed") == 3


def to_her(world: World) -> list[Sent]:
    return [each for each in world.sent() if each.to == ALIYA]


def test_an_undo_window_that_is_over_before_the_receipt_leaves_is_opened_anew(world: World) -> None:
    number = late(world, UPDATE["ru"], TEXT)
    over = datetime.fromisoformat(world.show(number)["undo_until"])
    assert over < world.now()
    world.poll()
    (receipt,) = to_her(world)
    until = datetime.fromisoformat(world.show(number)["undo_until"])
    assert until > world.now() + timedelta(hours=71)
    assert named(until) in receipt.text and named(over) not in receipt.text
    assert world.sql("SELECT count(*) FROM reply WHERE said IS NOT NULL") == [(0,)]
    assert "reply_renewed" in [what for (what,) in world.sql("SELECT what FROM event")]
    assert world.answer(ALIYA, "отменить").decision == "applied"
    assert world.person(ALIYA)["phones"] == ["+77010000001"]


def test_an_answer_in_time_is_sent_as_it_was_written(world: World) -> None:
    number = late(world, UPDATE["ru"], TEXT, days=1)
    before = world.sql("SELECT octets FROM reply WHERE role != 'operator'")
    world.poll()
    (receipt,) = to_her(world)
    assert world.raw(receipt).replace(b"\r\n", b"\n") == before[0][0].replace(b"\r\n", b"\n")
    assert "reply_renewed" not in world.show(number)["events"]


def test_a_question_whose_day_is_over_asks_until_another_and_can_be_answered(world: World) -> None:
    late(world, UPDATE["ru"], TEXT, days=8, proof="weak")
    world.poll()
    (question,) = to_her(world)
    (until,) = (
        datetime.fromisoformat(at).replace(tzinfo=UTC) for (at,) in world.sql("SELECT expires_at FROM question")
    )
    assert until > world.now() and named(until) in question.text
    assert world.answer(ALIYA, "Да", proof="weak").decision == "applied"
    assert world.person(ALIYA)["phones"] == [PHONE]


def test_a_question_that_is_settled_before_it_leaves_is_not_asked(world: World) -> None:
    with courier_down(world):
        world.put(world.octets(ALIYA, UPDATE["ru"], TEXT, proof="weak"))
        refused(world)
    (number,) = (each["id"] for each in world.requests("--all"))
    world.ok("requests", "close", number)
    world.poll()
    assert to_her(world) == []
    assert world.sql("SELECT gave_up_why, octets FROM reply WHERE role = 'question'") == [("outdated", b"")]
    assert world.sql("SELECT reason FROM event WHERE what = 'reply_dropped'") == [("challenge",)]


def test_the_receipt_of_what_was_decided_meanwhile_gives_way_to_the_decision(world: World) -> None:
    """She was to hear that a person decides until a day; he did, before she heard."""
    with courier_down(world):
        world.put(
            world.octets(ALIYA, UPDATE["ru"], TEXT, date=world.now() - timedelta(days=20)),
            at=world.now() - timedelta(days=20),
        )
        refused(world)
    (request,) = world.requests()
    assert request["state"] == "held"
    world.ok("requests", "release", request["id"], "--checked", "called")
    world.poll()
    assert [template for template, to in world.templates(request["id"]) if to == ALIYA] == [
        "received",
        "update-applied",
    ]
    (receipt,) = to_her(world)
    assert PHONE[-2:] in receipt.text


def test_the_end_of_the_window_is_told_as_it_is_when_the_receipt_leaves(world: World) -> None:
    world.policy(NO_OBLIGATIONS)
    number = late(world, WITHDRAWAL["ru"], days=3)
    world.poll()
    (receipt,) = to_her(world)
    destroy_at = datetime.fromisoformat(world.show(number)["destroy_at"])
    assert destroy_at > world.now() and named(destroy_at) in receipt.text
    assert world.person(ALIYA)["state"] == "blocked"


def test_a_receipt_of_what_was_taken_back_meanwhile_promises_nothing_any_more(world: World) -> None:
    world.policy(NO_OBLIGATIONS)
    with courier_down(world):
        world.put(world.octets(ALIYA, WITHDRAWAL["ru"]))
        refused(world)
        (number,) = (each["id"] for each in world.requests("--all"))
        world.later(days=3)
        world.ok("requests", "undo", number)
    world.poll()
    assert not any("17:00" in each.text for each in to_her(world))
    assert ("outdated",) in world.sql("SELECT gave_up_why FROM reply WHERE template = 'withdrawal-stopped'")


def test_one_mail_that_can_not_be_written_anew_stops_no_other(world: World) -> None:
    late(world, UPDATE["ru"], TEXT)
    world.sql(
        'UPDATE reply SET said = \'{"values": {"undo_until": {"$at": "2026-01-01T00:00:00+00:00"}}, "threads": true}\''
    )
    world.put(world.octets(BORIS, UPDATE["ru"], "Новый адрес"))
    world.poll()
    assert [each.to for each in world.sent() if each.to == BORIS] == [BORIS]
    assert len(to_her(world)) == 1, "as it was written"


def test_other_places_are_told_for_the_day_after_the_register(world: World) -> None:
    world.policy(NO_OBLIGATIONS + PLACES)
    number = late(world, WITHDRAWAL["ru"], days=3)
    world.poll()
    (receipt,) = to_her(world)
    destroy_at = datetime.fromisoformat(world.show(number)["destroy_at"])
    (policy,) = [load_policy(world.folder)]
    wanted = Deadlines(policy).due_at(destroy_at, policy.clocks.proven)
    assert named(destroy_at) in receipt.text and named(wanted) in receipt.text
