"""What a person reads and what is done when the operator refuses a withdrawal: never more than is so (law, 8(2))."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.acceptance.world import ALIYA, BORIS, BORIS_SECOND, NO_OBLIGATIONS, STRANGER, WITHDRAWAL, World

KEEPS = {
    "kk": {"obligation": "Міндеттеме (төленген курс", "kept_by_law": "Заң бізді бұл деректерді сақтауға міндеттейді"},
    "ru": {"obligation": "неисполненное обязательство", "kept_by_law": "Закон обязывает нас хранить эти данные"},
    "en": {"obligation": "an obligation is open", "kept_by_law": "The law obliges us to keep this data"},
}
COURSE = {"kk": "курс", "ru": "курс", "en": "course"}
NAMES = {"kk": "тегі, аты", "ru": "фамилия, имя", "en": "surname, first name"}
NOTE = "tax papers, 5 years"
ERASE = "Удалите, пожалуйста, мои персональные данные."
REGISTER = '[withdrawal]\nobligations = "register"\n'


@pytest.fixture
def world(either: World) -> World:
    """Each test runs on SQLite and on PostgreSQL."""
    return either


def late(world: World, sender: str = BORIS) -> str:
    """Have a withdrawal held that is proven and too old; return its number."""
    at = world.now() - timedelta(days=20)
    taken = world.mail(sender, WITHDRAWAL["ru"], date=at, at=at)
    assert taken.decision == "held"
    return str(world.request(taken)["id"])


def destroyed_after_the_word(world: World, address: str) -> None:
    """Nothing ends the keeping but the operator's word, which ends it by itself."""
    world.later(days=30)
    world.poll()
    assert world.person(address)["block"]["why"] == "obligation"
    world.ok("people", "obligation", "close", address)
    world.poll()
    world.later(days=10)
    world.poll()
    world.poll()
    assert world.persons(address)[0]["id"] is None


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
@pytest.mark.parametrize("code", ["obligation", "kept_by_law"])
def test_a_stopped_withdrawal_says_what_keeps_the_data(world: World, code: str, language: str) -> None:
    number = world.request(world.mail(ALIYA, WITHDRAWAL[language]))["id"]
    world.ok("requests", "refuse", number, "--reason", code, "--note", NOTE)
    world.poll()
    text = world.last(ALIYA).text
    other = next(each for each in KEEPS[language] if each != code)
    assert KEEPS[language][code] in text and KEEPS[language][other] not in text
    assert NOTE in text and NAMES[language] in text
    assert (COURSE[language] in text) is (code == "obligation"), "no course is invented"
    assert world.person(ALIYA)["block"]["why"] == "obligation"


@pytest.mark.parametrize("policy", ["", NO_OBLIGATIONS, REGISTER])
@pytest.mark.parametrize("code", ["obligation", "kept_by_law"])
def test_a_held_withdrawal_is_carried_out_in_part(world: World, code: str, policy: str) -> None:
    if policy:
        world.policy(policy)
    number = late(world)
    world.ok("requests", "refuse", number, "--reason", code, "--note", NOTE)
    world.poll()
    shown, person = world.show(number), world.person(BORIS)
    assert (shown["state"], shown["reason"], shown["open"]) == ("applied", "obligation_open", ["obligations"])
    assert (person["processing"], person["news"], person["obligations"]) == (False, False, 1)
    assert person["block"] == {"why": "obligation", "until": None} and person["suppressed"] == ["news"]
    text = world.last(BORIS).text
    assert KEEPS["ru"][code] in text and NOTE in text and "напишите нам снова" not in text
    assert world.templates(number)[-2:] == [("withdrawal-partial", BORIS), ("withdrawal-notice", BORIS_SECOND)]
    destroyed_after_the_word(world, BORIS)


@pytest.mark.parametrize("code", ["obligation", "kept_by_law"])
def test_an_erasure_is_carried_out_in_part(world: World, code: str) -> None:
    number = world.request(world.mail(ALIYA, "Мои данные", ERASE))["id"]
    world.ok("requests", "refuse", number, "--reason", code)
    world.poll()
    assert KEEPS["ru"][code] in world.last(ALIYA).text and world.person(ALIYA)["news"] is False
    destroyed_after_the_word(world, ALIYA)


def test_an_erasure_carried_out_while_an_obligation_is_open_ends_with_it(world: World) -> None:
    world.ok("people", "obligation", "add", ALIYA)
    number = world.request(world.mail(ALIYA, "Мои данные", ERASE))["id"]
    world.ok("requests", "release", number)
    assert world.show(number)["reason"] == "obligation_open"
    destroyed_after_the_word(world, ALIYA)


@pytest.mark.parametrize(("sender", "proof"), [(STRANGER, "authenticated"), (ALIYA, "weak")])
def test_nothing_is_kept_of_who_is_unknown_or_not_proven(world: World, sender: str, proof: str) -> None:
    number = world.request(world.mail(sender, "Мои данные", ERASE, proof=proof))["id"]
    before, sent = world.on_file(), len(world.sent())
    ran = world.run("requests", "refuse", number, "--reason", "kept_by_law")
    assert ran.code == (1 if proof == "weak" else 66) and number in ran.err
    world.poll()
    assert world.on_file() == before and len(world.sent()) == sent


def test_an_obligation_that_is_on_file_keeps_its_day(world: World) -> None:
    world.policy(REGISTER)
    number = late(world, ALIYA)
    until = (world.now() + timedelta(days=400)).date()
    world.ok("people", "obligation", "add", ALIYA, "--until", until.isoformat())
    world.ok("requests", "refuse", number, "--reason", "obligation")
    world.poll()
    person = world.person(ALIYA)
    assert (person["obligations"], person["obliged_until"]) == (1, until.isoformat())
    assert f"{until.year} г. мы храним такие данные" in world.last(ALIYA).text


def test_a_repeat_is_told_the_same(world: World) -> None:
    number = world.request(world.mail(ALIYA, WITHDRAWAL["ru"]))["id"]
    world.ok("requests", "refuse", number, "--reason", "kept_by_law", "--note", NOTE)
    world.poll()
    world.later(days=2)
    text = world.mail(ALIYA, WITHDRAWAL["ru"]).answer.text
    assert KEEPS["ru"]["kept_by_law"] in text and NOTE in text and NAMES["ru"] in text


def test_the_use_stops_when_the_obligation_ends_and_not_before(world: World) -> None:
    world.policy(REGISTER)
    until = (world.now() + timedelta(days=30)).date()
    world.ok("people", "obligation", "add", ALIYA, "--until", until.isoformat())
    first = world.mail(ALIYA, WITHDRAWAL["en"])
    assert NAMES["en"] in first.answer.text
    world.later(days=33)
    world.poll()
    stopped = f"We stopped using your data ({world.today().day} "
    assert world.last(ALIYA).text.startswith(stopped)
    assert world.mail(ALIYA, WITHDRAWAL["en"]).answer.text.startswith(stopped), "and a repeat is told the same"
