"""A death: one verb ends all mail to that person, and the letter to whoever wrote waits for the operator."""

from __future__ import annotations

from tests.acceptance.world import ALIYA, BORIS, STRANGER, UPDATE, WITHDRAWAL, World

NEWS = "Моя подруга Алия умерла в августе, не пишите ей больше, пожалуйста."


def test_one_verb_stops_the_mail_and_shows_the_letter(world: World) -> None:
    number = world.request(world.mail(BORIS, "Алия", NEWS))["id"]
    said = world.ok("requests", "deceased", number, "--person", ALIYA).out
    assert "соболезнования" in said and "not sent" in said
    person = world.person(ALIYA)
    assert (person["news"], person["state"], person["block"]["why"]) == (False, "blocked", "dispute")
    assert person["suppressed"] == ["news"] and world.person(BORIS)["state"] == "active"
    world.poll()
    assert [sent for sent in world.sent() if sent.to in (ALIYA, BORIS)] == []
    assert world.show(number)["open"] == ["operator"]


def test_the_letter_is_sent_on_the_second_word_and_once(world: World) -> None:
    number = world.request(world.mail(BORIS, "Алия", NEWS))["id"]
    world.ok("requests", "deceased", number, "--person", ALIYA)
    assert "sent" in world.ok("requests", "deceased", number, "--person", ALIYA, "--send").out
    world.poll()
    [letter] = [sent for sent in world.sent() if sent.to == BORIS]
    assert "соболезнования" in letter.text and "Алия" not in letter.text and ALIYA not in letter.text
    assert "пусть посмотрит человек" not in letter.text and "программа" not in letter.text
    request = world.show(number)
    assert (request["state"], request["reason"], request["open"]) == ("applied", "deceased", [])
    assert world.run("requests", "deceased", number, "--person", ALIYA, "--send").code == 1
    assert [each["what"] for each in request["events"]].count("blocked") == 1


def test_who_is_not_proven_is_sent_nothing(world: World) -> None:
    number = world.request(world.mail(STRANGER, "Алия", NEWS, proof="none"))["id"]
    world.ok("requests", "deceased", number, "--person", ALIYA)
    refused = world.run("requests", "deceased", number, "--person", ALIYA, "--send")
    assert refused.code == 1 and "not proven" in refused.err
    world.poll()
    assert [sent for sent in world.sent() if sent.to in (STRANGER, ALIYA)] == []


def test_whoever_writes_from_the_dead_persons_own_address_may_be_answered(world: World) -> None:
    number = world.request(world.mail(ALIYA, WITHDRAWAL["ru"], "Алия умерла, пишет её сестра.", proof="weak"))["id"]
    world.ok("requests", "deceased", number, "--person", ALIYA, "--send")
    world.poll()
    assert [sent.to for sent in world.sent() if sent.to == ALIYA] == [ALIYA]


def test_nothing_that_was_asked_or_owed_goes_out_any_more(world: World) -> None:
    challenged = world.mail(ALIYA, UPDATE["ru"], "Телефон: +7 701 999 88 77", proof="none")
    number = world.request(world.mail(BORIS, "Алия", NEWS))["id"]
    world.ok("requests", "deceased", number, "--person", ALIYA)
    before = len(world.sent())
    for _ in range(3):
        world.later(days=2)
        world.poll()
    assert [sent for sent in world.sent()[before:] if sent.to == ALIYA] == []
    answered = world.answer(ALIYA, "Да", to=challenged.answer)
    assert answered.decision == "held" and world.person(ALIYA)["phones"] != ["+77019998877"]


def test_other_places_are_told_to_stop_the_news(world: World) -> None:
    world.policy('[[places]]\nname = "list"\npreset = "newsletter"\n')
    number = world.request(world.mail(BORIS, "Алия", NEWS))["id"]
    world.ok("requests", "deceased", number, "--person", ALIYA)
    [place] = world.show(number)["places"]
    assert (place["place"], place["what"], place["identifier"]) == ("list", "unsubscribe", ALIYA)


def test_who_has_died_must_be_named(world: World) -> None:
    number = world.request(world.mail(BORIS, "Алия", NEWS))["id"]
    assert world.run("requests", "deceased", number).code == 64
    assert world.run("requests", "deceased", number, "--person", STRANGER).code == 66
