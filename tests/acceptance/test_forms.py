"""Row 1: the mails of the site's forms bring people in, with proof of consent, and overwrite nobody."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest

from mailbot.config import packaged
from tests.acceptance.world import (
    ALIYA,
    BORIS,
    BORIS_SECOND,
    FAMILY,
    PHONE,
    QUIET,
    UNSUBSCRIBE,
    UPDATE,
    WITHDRAWAL,
    World,
)  # fmt: skip

FORMS = "forms@example.org"
NEWCOMER = "newcomer@example.com"
POLICY = f"""
[[forms]]
name = "site"
senders = ["{FORMS}"]
subject = ["Заявка с сайта"]
purposes = ["processing", "news"]
consent = "2026-01"
keep_mail = true
[forms.fields]
surname = ["Фамилия"]
given_name = ["Имя"]
email = ["Email"]
phone = ["Телефон"]
birth_place = ["Место рождения"]
"""


@pytest.fixture
def site(world: World) -> World:
    """The installation with one form of the site."""
    world.policy((packaged("config") / "policy.toml").read_text(encoding="utf-8") + POLICY)
    return world


def filled(email: str, **more: str) -> str:
    return "\n".join(["Email: " + email, *(f"{label}: {value}" for label, value in more.items()), ""])


def test_a_form_brings_a_person_in_with_proof(site: World) -> None:
    octets = site.octets(FORMS, "Заявка с сайта", filled(NEWCOMER, Имя="Нина", Фамилия="Новая", Телефон=PHONE))
    at = site.now() - timedelta(days=1)
    taken = site.take(octets, at=at)
    assert (taken.decision, taken.lies, taken.answers, taken.told) == ("applied", "INBOX", [], [])
    person = site.person(NEWCOMER)
    assert (person["surname"], person["given_name"], person["phones"]) == ("Новая", "Нина", [PHONE])
    assert person["processing"] and person["news"]
    rows = site.sql(
        "SELECT purpose, source, policy_version, proof, octets, given_at FROM consent WHERE person_id = ?", person["id"]
    )
    assert [row[:5] for row in rows] == [
        (purpose, "form site", "2026-01", hashlib.sha256(octets).hexdigest(), octets)
        for purpose in ("processing", "news")
    ]
    assert rows[0][5].startswith(at.strftime("%Y-%m-%d %H:%M"))
    request = site.request(taken)
    assert (request["kind"], request["state"], request["reason"], request["address"]) == (
        "form",
        "applied",
        "form",
        NEWCOMER,
    )
    assert site.sql("SELECT fields FROM request WHERE kind = 'form'") == [("{}",)]


def test_the_same_delivery_twice_is_one_person(site: World) -> None:
    octets = site.octets(FORMS, "Заявка с сайта", filled(NEWCOMER))
    assert site.take(octets).decision == "applied"
    assert site.take(octets).decision == "already"
    assert len(site.persons(NEWCOMER)) == 1
    assert len(site.sql("SELECT id FROM consent WHERE person_id = ?", site.person(NEWCOMER)["id"])) == 2


def test_a_mark_of_that_person_is_applied(site: World) -> None:
    site.mail(FORMS, "Заявка с сайта", filled(NEWCOMER, Имя="Нина"))
    assert site.mail(NEWCOMER, UPDATE["ru"], f"Телефон: {PHONE}").decision == "applied"
    assert site.person(NEWCOMER)["phones"] == [PHONE]


@pytest.mark.parametrize("how", [{"proof": "weak"}, {"proof": "fail"}, {"proof": ""}])
def test_an_unproven_form_does_nothing(site: World, how: dict[str, str]) -> None:
    before = site.on_file()
    taken = site.mail(FORMS, "Заявка с сайта", filled(NEWCOMER), **how)
    assert taken.lies == "INBOX" and not taken.answers
    assert site.on_file() == before


@pytest.mark.parametrize(
    ("sender", "subject"), [("forms@example.net", "Заявка с сайта"), (FORMS, "Новости"), (ALIYA, "Заявка с сайта")]
)
def test_a_look_alike_does_nothing(site: World, sender: str, subject: str) -> None:
    before = site.on_file()
    taken = site.mail(sender, subject, filled(NEWCOMER))
    assert (taken.decision, taken.lies, taken.answers) == ("left", "INBOX", [])
    assert site.on_file() == before


def test_what_is_on_file_is_completed_and_not_overwritten(site: World) -> None:
    before = site.person(BORIS)
    site.sql("UPDATE person SET birth_place = '' WHERE id = ?", before["id"])
    form = filled(BORIS, Фамилия="Другой", Телефон=PHONE, **{"Место рождения": "Тараз"})
    taken = site.mail(FORMS, "Заявка с сайта", form)
    assert taken.decision == "applied" and not taken.answers
    person = site.person(BORIS)
    assert person == {**before, "birth_place": "Тараз"}
    request = site.request(taken)
    assert (request["reason"], request["open"], request["address"]) == ("form_differs", ["operator"], BORIS)
    assert sorted(item["field"] for item in request["pending"]) == ["phone", "surname"]
    site.ok("requests", "release", request["id"])
    after = site.person(BORIS)
    assert after["surname"] == "Другой" and after["phones"] == [*before["phones"], PHONE]
    assert after["given_name"] == before["given_name"]
    assert site.sql("SELECT fields FROM request WHERE kind = 'form'") == [("{}",)]
    assert not [sent for sent in site.sent() if sent.to == BORIS]


def test_a_suggestion_that_is_closed_changes_nothing(site: World) -> None:
    before = site.person(BORIS)
    request = site.request(site.mail(FORMS, "Заявка с сайта", filled(BORIS, Фамилия="Другой")))
    count = len(site.sent())
    assert site.run("requests", "refuse", request["id"], "--reason", "not_yours").code == 1
    site.ok("requests", "close", request["id"])
    assert site.person(BORIS) == before
    assert site.sql("SELECT fields, level FROM request WHERE kind = 'form'") == [("{}", "none")]
    site.poll()
    assert not [sent for sent in site.sent()[count:] if sent.to == BORIS]


def test_an_address_of_several_people_waits_for_the_operator(site: World) -> None:
    before = site.on_file()
    taken = site.mail(FORMS, "Заявка с сайта", filled(FAMILY, Имя="Третья", Фамилия="Ким"))
    assert (taken.decision, site.request(taken)["reason"]) == ("held", "shared_address")
    assert site.on_file() == before
    again = site.mail(FORMS, "Заявка с сайта", filled(FAMILY, Имя="Алина", Фамилия="Ким"))
    assert again.decision == "applied"


def test_the_mailbox_s_own_address_is_nobody_s(site: World) -> None:
    before = site.on_file()
    taken = site.mail(FORMS, "Заявка с сайта", filled("INFO@example.kz", Имя="Нина"))
    assert (taken.decision, site.request(taken)["reason"]) == ("held", "form_unreadable")
    assert site.on_file() == before


def test_without_an_address_or_phone_it_waits(site: World) -> None:
    taken = site.mail(FORMS, "Заявка с сайта", "Имя: Нина\n")
    assert (taken.decision, taken.lies, taken.answers) == ("held", "INBOX", [])
    assert site.request(taken)["reason"] == "form_unreadable"


def replaced(site: World, old: str, new: str) -> None:
    site.policy((site.folder / "policy.toml").read_text(encoding="utf-8").replace(old, new))


def test_without_consent_nobody_comes_in(site: World) -> None:
    replaced(site, 'purposes = ["processing", "news"]', 'purposes = ["news"]')
    replaced(site, 'phone = ["Телефон"]', 'phone = ["Телефон"]\nnews = ["Новости"]')
    before = site.on_file()
    taken = site.mail(FORMS, "Заявка с сайта", filled(NEWCOMER, Новости="нет"))
    assert (taken.decision, taken.lies, site.request(taken)["reason"]) == ("ignored", "INBOX", "form_no_consent")
    assert site.on_file() == before
    assert site.mail(FORMS, "Заявка с сайта", filled(NEWCOMER, Новости="да")).decision == "applied"


def test_a_whole_name_is_compared_whole(site: World) -> None:
    replaced(site, 'given_name = ["Имя"]', 'full_name = ["Имя"]')
    before = site.person(BORIS)
    same = site.mail(FORMS, "Заявка с сайта", filled(BORIS, Имя="Борис Петров"))
    assert site.request(same)["reason"] == "form" and site.person(BORIS) == before
    other = site.mail(FORMS, "Заявка с сайта", filled(BORIS, Имя="Борис Иванов"))
    number = site.request(other)["id"]
    assert site.request(other)["reason"] == "form_differs"
    assert site.run("requests", "release", number).code == 1  # which word is what nothing tells
    assert site.person(BORIS) == before
    site.ok("requests", "close", number)


@pytest.mark.parametrize("more", ["слово " * 400_000, "x\n" * 3_000])
def test_a_form_that_was_not_read_whole_is_held(site: World, more: str) -> None:
    before = site.on_file()
    taken = site.mail(FORMS, "Заявка с сайта", filled(NEWCOMER) + more)
    assert (taken.decision, site.request(taken)["reason"]) == ("held", "form_unreadable")
    assert site.on_file() == before


def test_what_cannot_be_released_says_so(site: World) -> None:
    taken = site.mail(FORMS, "Заявка с сайта", filled(NEWCOMER, Телефон="звоните"))
    assert taken.decision == "applied"
    ran = site.run("requests", "release", site.request(taken)["id"])
    assert ran.code == 1 and "by hand" in ran.err


def test_a_held_form_without_one_address_keeps_nothing_of_it(site: World) -> None:
    form = filled(ALIYA, Имя="Секретная", Телефон=PHONE) + f"Email: {BORIS}\n"
    assert site.mail(FORMS, "Заявка с сайта", form).decision == "held"
    assert site.sql("SELECT fields, address FROM request WHERE kind = 'form'") == [("{}", "")]


class TestWhoLeft:
    """Anybody can type a stranger's address into a form."""

    def test_who_left_the_news_is_asked_first(self, site: World) -> None:
        site.mail(ALIYA, UNSUBSCRIBE["ru"])
        site.later(hours=1)
        before = site.on_file()
        taken = site.mail(FORMS, "Заявка с сайта", filled(ALIYA))
        assert (taken.decision, taken.lies) == ("challenged", "INBOX")
        assert (taken.answer.to, site.templates(taken.answer.number)) == (ALIYA, [("form-question", ALIYA)])
        assert site.on_file() == before and not site.person(ALIYA)["news"]
        yes = site.answer(ALIYA, "Да")
        assert (yes.decision, yes.lies, yes.answer.to) == ("applied", "Done", ALIYA)
        assert site.person(ALIYA)["news"] and site.person(ALIYA)["suppressed"] == []

    def test_a_no_and_silence_change_nothing(self, site: World) -> None:
        site.mail(ALIYA, UNSUBSCRIBE["ru"])
        site.later(hours=1)
        before = site.on_file()
        site.mail(FORMS, "Заявка с сайта", filled(ALIYA))
        assert site.answer(ALIYA, "нет").decision == "applied"
        assert site.on_file() == before
        site.mail(FORMS, "Заявка с сайта", filled(ALIYA, Имя="Әлия"))
        count = len(site.sent())
        for _ in range(8):
            site.later(days=1)
            site.poll()
        assert [sent for sent in site.sent()[count:] if sent.to == ALIYA] == []  # not reminded, not refused: asked once
        assert site.on_file() == before
        assert site.sql("SELECT state, fields FROM request WHERE reason = 'not_confirmed'") == [("expired", "{}")]

    def test_who_was_destroyed_is_asked_first(self, site: World) -> None:
        site.ok("people", "destroy", ALIYA, "--yes")
        site.later(hours=1)
        taken = site.mail(FORMS, "Заявка с сайта", filled(ALIYA, Имя="Әлия", Телефон=PHONE))
        assert taken.decision == "challenged"
        assert site.person(ALIYA)["state"] == "suppressed"
        assert site.answer("stranger@example.org", "Да", to=taken.answer).decision == "held"
        assert site.person(ALIYA)["state"] == "suppressed"
        assert site.answer(ALIYA, "Иә", to=taken.answer).decision == "applied"
        person = site.person(ALIYA)
        assert (person["state"], person["given_name"], person["phones"]) == ("active", "Әлия", [PHONE])
        assert person["processing"] and person["suppressed"] == []

    def test_a_form_from_before_is_nothing(self, site: World) -> None:
        early = site.now() - timedelta(days=3)
        site.mail(ALIYA, UNSUBSCRIBE["ru"])
        before = site.on_file()
        taken = site.take(site.octets(FORMS, "Заявка с сайта", filled(ALIYA)), at=early)
        assert (taken.decision, taken.answers) == ("ignored", [])
        assert site.on_file() == before

    def test_who_withdrew_and_is_not_destroyed_yet_waits_for_the_operator(self, site: World) -> None:
        site.mail(ALIYA, WITHDRAWAL["ru"])
        site.later(hours=1)
        taken = site.mail(FORMS, "Заявка с сайта", filled(ALIYA))
        assert (taken.decision, taken.answers) == ("held", [])
        assert site.person(ALIYA)["state"] == "blocked"

    def test_a_withdrawn_consent_keeps_no_mail(self, site: World) -> None:
        site.mail(FORMS, "Заявка с сайта", filled(NEWCOMER))
        site.mail(NEWCOMER, UNSUBSCRIBE["ru"])
        person = site.person(NEWCOMER)
        rows = dict(site.sql("SELECT purpose, octets IS NULL FROM consent WHERE person_id = ?", person["id"]))
        assert rows == {"processing": 0, "news": 1}


def test_shadow_writes_nobody(shadow: World) -> None:
    shadow.policy((packaged("config") / "policy.toml").read_text(encoding="utf-8") + POLICY)
    before = shadow.on_file()
    assert shadow.mail(FORMS, "Заявка с сайта", filled(NEWCOMER)).decision == "applied"
    assert shadow.on_file() == before
    shadow.ok("live")
    shadow.poll()
    assert len(shadow.persons(NEWCOMER)) == 1


def test_explain_and_check_speak_of_forms(site: World) -> None:
    octets = site.octets(FORMS, "Заявка с сайта", filled(NEWCOMER, Имя="Нина"))
    (said,) = site.explained(octets)
    assert (said["decision"], said["reason"], said["kind"], said["reply"]) == ("apply", "form", "form", None)
    assert said["fields"] == {"email": NEWCOMER, "given_name": "Нина"}
    levels = {one["level"] for one in site.run("check", "--json").objects if one["check"] == "forms"}
    assert levels == {"ok"}
    at = "noreply@"
    site.policy((site.folder / "policy.toml").read_text(encoding="utf-8").replace(FORMS, at + "tilda.cc"))
    assert "wrong" in {one["level"] for one in site.run("check", "--json").objects if one["check"] == "forms"}


def guarded(world: World, *addresses: str) -> str:
    path = world.root / "list.csv"
    path.write_text("\n".join(("email", *addresses, "")), encoding="utf-8")
    world.ok("guard", path, "--output", world.root / "clean.csv")
    return (world.root / "clean.csv").read_text(encoding="utf-8")


def test_the_news_do_not_come_back_by_a_second_address(site: World) -> None:
    site.mail(BORIS, UNSUBSCRIBE["ru"])
    site.later(hours=1)
    assert site.mail(FORMS, "Заявка с сайта", filled(BORIS_SECOND)).decision == "challenged"
    assert BORIS_SECOND not in guarded(site, BORIS_SECOND)
    assert site.last(BORIS_SECOND).language == "kk, ru"
    site.answer(BORIS_SECOND, "Да")
    assert site.person(BORIS)["news"] and BORIS in guarded(site, BORIS)


def test_the_news_do_not_come_back_by_phone_and_name(site: World) -> None:
    site.mail(ALIYA, UNSUBSCRIBE["ru"])
    site.later(hours=1)
    form = "Фамилия: Сәрсенова\nИмя: Әлия\nТелефон: +77010000001\n"
    taken = site.mail(FORMS, "Заявка с сайта", form)
    assert (taken.decision, [sent.to for sent in taken.answers]) == ("challenged", [ALIYA])
    assert not site.person(ALIYA)["news"]


def test_a_former_address_is_still_that_persons(site: World) -> None:
    new = "aliya.new@example.com"
    site.mail(ALIYA, UPDATE["ru"], f"Новый e-mail: {new}")
    site.answer(new, "Да")
    site.mail(new, UNSUBSCRIBE["ru"])
    site.later(hours=1)
    taken = site.mail(FORMS, "Заявка с сайта", filled(ALIYA))
    assert (taken.decision, [sent.to for sent in taken.answers]) == ("challenged", [new])
    assert site.persons(ALIYA) == []


def test_another_name_is_another_person_and_the_operator_decides(site: World) -> None:
    site.sql("UPDATE person SET birth_place = ''")
    form = filled(QUIET, Фамилия="Чужой", Имя="Некто", **{"Место рождения": "Тараз"})
    taken = site.mail(FORMS, "Заявка с сайта", form)
    assert taken.decision == "held"
    person = site.person(QUIET)
    assert (person["news"], person["birth_place"]) == (False, "")
    number = site.request(taken)["id"]
    assert site.ok("requests", "release", number).out == f"{number}: taken into the register\n"
    person = site.person(QUIET)
    assert (person["surname"], person["news"], person["birth_place"]) == ("Чужой", True, "Тараз")
    assert len(site.sql("SELECT proof FROM consent WHERE person_id = ? AND purpose = 'news'", person["id"])[0][0]) == 64


def test_a_form_for_a_shared_address_is_released_for_one_of_them(site: World) -> None:
    number = site.request(site.mail(FORMS, "Заявка с сайта", filled(FAMILY, Телефон=PHONE)))["id"]
    several = site.run("requests", "release", number)
    assert several.code == 66 and "--person ID" in several.err
    one = site.persons(FAMILY)[0]
    site.ok("requests", "release", number, "--person", one["id"])
    assert PHONE in next(p for p in site.persons(FAMILY) if p["id"] == one["id"])["phones"]


def test_nothing_of_a_blocked_person_is_released(site: World) -> None:
    number = site.request(site.mail(FORMS, "Заявка с сайта", filled(BORIS, Фамилия="Другой")))["id"]
    site.ok("people", "block", BORIS)
    ran = site.run("requests", "release", number)
    assert ran.code == 1 and site.person(BORIS)["surname"] == "Петров"


@pytest.mark.parametrize("answer", ["нет", ""])
def test_a_typed_address_of_somebody_who_left_is_not_kept(site: World, answer: str) -> None:
    site.ok("people", "destroy", ALIYA, "--yes")
    site.later(hours=1)
    site.mail(FORMS, "Заявка с сайта", filled(ALIYA))
    if answer:
        site.answer(ALIYA, answer)
    for _ in range(12):
        site.later(days=1)
        site.poll()
    for table in ("request", "question", "reply"):
        assert site.sql(f"SELECT count(*) FROM {table} WHERE address LIKE 'aliya%'") == [(0,)], table
    assert all(b"aliya" not in row[0] for row in site.sql("SELECT octets FROM reply"))
    old = site.octets(FORMS, "Заявка с сайта", filled(ALIYA))
    site.take(old, at=site.now() - timedelta(days=30))
    assert site.sql("SELECT count(*) FROM request WHERE address LIKE 'aliya%'") == [(0,)]
