"""`people add --from ID`: what somebody unknown wrote becomes his own data once the operator accepts it."""

from __future__ import annotations

import hashlib

from tests.acceptance.world import ALIYA, PHONE, STRANGER, UPDATE, WITHDRAWAL, World


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


def test_a_forged_mail_is_no_consent_and_changes_nobody(world: World) -> None:
    number = world.request(world.mail(STRANGER, UPDATE["ru"], "Фамилия: Ким", proof="fail"))["id"]
    ran = world.run("people", "add", "--from", number)
    assert ran.code == 1 and "not proven who wrote" in ran.err
    world.ok("people", "add", "--from", number, "--consent-at", "2025-03-01", "--consent-source", "paper form")
    rows = world.sql("SELECT source, proof FROM consent WHERE person_id = ?", world.person(STRANGER)["id"])
    assert rows == [("paper form", None)]


def test_a_refusal_is_no_consent(world: World) -> None:
    number = world.request(world.mail(STRANGER, WITHDRAWAL["ru"], "Фамилия: Ким"))["id"]
    assert world.run("people", "add", "--from", number).code == 1
    assert world.persons(STRANGER) == [] or world.person(STRANGER)["id"] is None


def test_a_former_address_is_somebody_on_file(world: World) -> None:
    new = "aliya.new@example.com"
    world.mail(ALIYA, UPDATE["ru"], f"Новый e-mail: {new}")
    world.answer(new, "Да")
    before = world.person(new)
    mail = world.mail(ALIYA, UPDATE["ru"], f"Фамилия: Сәрсенова\nИмя: Әлия\nТелефон: {PHONE}", proof="fail")
    options = ("--consent-at", "2025-03-01", "--consent-source", "x")
    assert world.run("people", "add", "--from", world.request(mail)["id"], *options).code == 1
    assert world.person(new) == before
