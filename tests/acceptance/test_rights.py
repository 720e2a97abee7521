"""The rights that the policy has no mark for: what `requests release` does for each, and what it says instead."""

from __future__ import annotations

import pytest

from tests.acceptance.world import ALIYA, NO_OBLIGATIONS, OWNER, STRANGER, UPDATE, World

MAILS = {
    "erasure": "Удалите, пожалуйста, мои персональные данные.",
    "restriction": "Прошу ограничить обработку моих персональных данных.",
    "objection": "Возражаю против обработки моих персональных данных.",
    "complaint": "Жалуюсь на обработку моих персональных данных.",
    "question": "Скажите, как вы обрабатываете мои персональные данные?",
}


@pytest.fixture
def world(either: World) -> World:
    """Each test runs on SQLite and on PostgreSQL."""
    return either


def asked(world: World, kind: str, sender: str = ALIYA, proof: str = "authenticated") -> str:
    request = world.request(world.mail(sender, "Мои данные", MAILS[kind], proof=proof))
    assert (request["kind"], request["state"]) == (kind, "left"), request
    return str(request["id"])


def test_an_erasure_is_carried_out_as_a_withdrawal(world: World) -> None:
    world.policy(NO_OBLIGATIONS)
    number = asked(world, "erasure")
    assert "carried out as withdrawal" in world.ok("requests", "release", number).out
    world.poll()
    request = world.show(number)
    assert (request["kind"], request["state"]) == ("withdrawal", "applied") and request["destroy_at"]
    assert world.person(ALIYA)["block"]["why"] == "withdrawal"
    world.later(days=10)
    world.poll()
    world.poll()
    assert world.persons(ALIYA)[0]["id"] is None


def test_an_erasure_asks_for_open_obligations_first(world: World) -> None:
    number = asked(world, "erasure")
    world.ok("requests", "release", number)
    assert world.show(number)["open"] == ["obligations"]
    world.later(days=10)
    world.poll()
    world.poll()
    assert world.person(ALIYA)["state"] == "blocked", "silence destroys nobody"


def test_a_restriction_blocks_and_tells(world: World) -> None:
    number = asked(world, "restriction")
    assert "blocked" in world.ok("requests", "release", number).out
    world.poll()
    assert world.person(ALIYA)["block"] == {"why": "dispute", "until": None}
    assert "заблокированы" in world.sent()[-1].text and world.sent()[-1].to == ALIYA
    assert world.mail(ALIYA, UPDATE["ru"], "Новый телефон: +7 701 999 88 77").decision == "held"
    assert (world.show(number)["state"], world.show(number)["open"]) == ("applied", [])


def test_an_objection_ends_the_news(world: World) -> None:
    number = asked(world, "objection")
    world.ok("requests", "release", number)
    world.poll()
    person = world.person(ALIYA)
    assert (person["news"], person["processing"], person["suppressed"]) == (False, True, ["news"])
    assert world.show(number)["state"] == "applied"


@pytest.mark.parametrize("kind", ["complaint", "question"])
def test_what_only_a_person_can_answer_says_so(world: World, kind: str) -> None:
    number = asked(world, kind)
    ran = world.run("requests", "release", number)
    assert ran.code == 1 and f"is a {kind}" in ran.err and "requests close" in ran.err
    world.ok("requests", "close", number)
    assert world.show(number)["reason"] == "closed"


@pytest.mark.parametrize("kind", ["erasure", "restriction", "objection"])
@pytest.mark.parametrize("sender", [ALIYA, STRANGER])
def test_who_is_not_proven_gets_nothing_done(world: World, kind: str, sender: str) -> None:
    number = asked(world, kind, sender, proof="weak")
    before = world.on_file()
    for options in ((), ("--person", ALIYA)):
        ran = world.run("requests", "release", number, *options)
        assert ran.code == 1 and "not proven" in ran.err and "--checked" in ran.err
        assert world.run("requests", "release", number, "--preview", *options).code == 1
    assert world.on_file() == before
    world.ok("requests", "release", number, "--person", ALIYA, "--checked", "phoned the number on file")
    world.poll()
    told = [sent for sent in world.sent() if sent.to not in (OWNER, sender if sender != ALIYA else "")]
    assert {sent.to for sent in told} == {ALIYA}
    assert not any(STRANGER.rpartition("@")[2] in str(sent.mail) for sent in told), "whoever wrote is not shown"
    assert world.on_file() != before
