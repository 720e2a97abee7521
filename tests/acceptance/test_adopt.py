"""`people add --from ID`: what somebody unknown wrote becomes his own data once the operator accepts it."""

from __future__ import annotations

import hashlib

from tests.acceptance.world import ALIYA, PHONE, STRANGER, UPDATE, World


def test_an_unknown_writer_is_taken_in_and_the_request_carried_out(world: World) -> None:
    taken = world.mail(STRANGER, UPDATE["ru"], f"Фамилия: Ким\nИмя: Нина\nТелефон: {PHONE}\n")
    number = world.request(taken)["id"]
    assert taken.decision == "held" and world.persons(STRANGER) == []
    world.ok("people", "add", "--from", number, "--birth-place", "Тараз")
    person = world.person(STRANGER)
    assert (person["surname"], person["given_name"], person["phones"]) == ("Ким", "Нина", [PHONE])
    assert person["birth_place"] == "Тараз" and person["processing"] and not person["news"]
    rows = world.sql("SELECT source, proof FROM consent WHERE person_id = ?", person["id"])
    assert rows == [(f"mail {number}", hashlib.sha256(taken.letter.octets).hexdigest())]
    assert world.show(number)["state"] == "held"
    world.ok("requests", "release", number, "--person", STRANGER)
    assert world.show(number)["state"] == "applied"


def test_who_withdrew_comes_back_by_the_operator_s_word_alone(world: World) -> None:
    world.ok("people", "destroy", ALIYA, "--yes")
    world.later(minutes=5)
    number = world.request(world.mail(ALIYA, UPDATE["ru"], "Имя: Әлия"))["id"]
    assert world.run("people", "add", "--from", number).code == 64
    assert world.person(ALIYA)["state"] == "suppressed"
    world.ok("people", "add", "--from", number, "--yes")
    person = world.person(ALIYA)
    assert (person["state"], person["processing"], person["news"]) == ("active", True, False)


def test_what_is_nobody_s_own_is_refused(world: World) -> None:
    number = world.request(world.mail(ALIYA, UPDATE["ru"], "Телефон: 12"))["id"]
    assert world.run("people", "add", "--from", number).code == 1  # on file already
    assert world.run("people", "add", "--from", "NOSUCH").code == 66
