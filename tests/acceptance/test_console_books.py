"""The console's other pages: people and what is done with them, the register and its export, templates, health."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from html import unescape

import pytest

from mailbot.console.words import LANGUAGES, catalogue
from mailbot.deciding.decision import TEMPLATES
from tests.acceptance.world import ALIYA, BORIS, FAMILY, NEW_PHONE, UPDATE, WITHDRAWAL, World
from tests.support.consoles import Browser, Response, Site, forms, opened, text


@pytest.fixture
def site(world: World) -> Iterator[Site]:
    with opened(world) as found:
        yield found


def find(browser: Browser, address: str) -> Response:
    return browser.post(browser.get("/people"), "/people", address=address)


def whose(world: World, what: str) -> list[str]:
    return [row[0] for row in world.sql("SELECT who FROM event WHERE what = ?", what)]


def test_what_is_held_about_an_address(site: Site) -> None:
    browser = site.browser("serik")
    page = find(browser, f" {ALIYA.upper()} ")
    assert "Сәрсенова Әлия" in text(page) and "+77010000001" in text(page) and "Алматы қ." in text(page)
    assert ALIYA not in str(page.url) and set(forms(page)) == {"/logout", "/people"}, "a reader is offered no act"
    assert text(find(browser, FAMILY)).count("Ким") == 2
    assert catalogue()["people.missing"][1] in text(find(browser, "nobody@example.com"))


def test_block_and_unblock(site: Site) -> None:
    browser = site.browser("aigerim")
    page = browser.post(find(browser, ALIYA), "/people/block")
    assert site.world.person(ALIYA)["block"]["why"] == "dispute" and whose(site.world, "blocked") == ["aigerim"]
    assert browser.post(page, "/people/unblock").status_code == 200
    assert site.world.person(ALIYA)["state"] == "active" and whose(site.world, "unblocked") == ["aigerim"]
    assert browser.post(page, "/people/unblock").status_code == 409


def test_obligations(site: Site) -> None:
    browser = site.browser("aigerim")
    assert browser.post(find(browser, BORIS), "/people/oblige", until="31.12").status_code == 422
    page = browser.post(find(browser, BORIS), "/people/oblige", until="2099-12-31")
    assert site.world.person(BORIS)["obligations"] == 1
    browser.post(page, "/people/settle")
    assert site.world.person(BORIS)["obligations"] == 0 and whose(site.world, "obligation_closed") == ["aigerim"]


def test_destruction_takes_two_steps(site: Site) -> None:
    browser, world = site.browser("aigerim"), site.world
    sure = browser.post(find(browser, BORIS), "/people/doom")
    assert sure.status_code == 200 and world.person(BORIS)["state"] == "active"
    assert browser.post(sure, "/people/destroy", again=ALIYA).status_code == 422
    assert browser.post(sure, "/people/destroy", again="").status_code == 422
    assert world.person(BORIS)["state"] == "active" and world.person(ALIYA)["state"] == "active"
    assert browser.post(sure, "/people/destroy", again=BORIS).status_code == 200
    assert [one["id"] for one in world.persons(BORIS)] == [None] and world.person(ALIYA)["state"] == "active"


def test_whose_data_are_in_dispute_is_not_destroyed(site: Site) -> None:
    browser = site.browser("aigerim")
    sure = browser.post(find(browser, BORIS), "/people/doom")
    site.world.ok("people", "block", BORIS)
    assert browser.post(sure, "/people/destroy", again=BORIS).status_code == 409
    assert site.world.person(BORIS)["state"] == "blocked"


@pytest.mark.parametrize("act", ["block", "unblock", "oblige", "settle", "doom", "destroy"])
def test_a_reader_does_nothing_to_anybody(site: Site, act: str) -> None:
    browser, before = site.browser("serik"), site.world.on_file()
    given = {"token": forms(browser.get("/people"))["/people"]["token"], "address": ALIYA, "again": ALIYA}
    assert browser.client.post(f"/people/{act}", data=given).status_code == 403
    del given["token"]
    assert site.browser("aigerim").client.post(f"/people/{act}", data=given).status_code == 403
    assert site.world.on_file() == before


def test_the_register_is_filtered_and_exported(site: Site) -> None:
    world = site.world
    update = world.request(world.mail(ALIYA, UPDATE["ru"], NEW_PHONE["ru"]))["id"]
    withdrawal = world.request(world.mail(BORIS, WITHDRAWAL["kk"]))["id"]
    browser = site.browser("serik")
    year = world.today().year
    both, one = browser.get("/register"), browser.get("/register?kind=withdrawal")
    assert update in both.text and withdrawal in both.text and withdrawal in one.text and update not in one.text
    answer = browser.get(f"/register.csv?year={year}&kind=update&state=applied&late=")
    assert answer.headers["content-disposition"] == f'attachment; filename="register-{year}.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row["number"] for row in rows] == [update]
    every = list(csv.reader(io.StringIO(browser.get("/register.csv").content.decode("utf-8-sig"))))
    assert every == list(csv.reader(io.StringIO(world.ok("register", "--year", str(year)).out)))
    assert catalogue()["register.empty"][1] in text(browser.get("/register?kind=complaint"))
    assert browser.get("/register?year=1").status_code == browser.get("/register?year=1999").status_code == 404


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_templates_and_their_previews(site: Site, language: str) -> None:
    browser = site.browser("serik")
    listed = browser.get(f"/language/{language}?back=/templates")
    for name in TEMPLATES:
        assert f'"/templates/{name}/{language}"' in listed.text
    page = browser.get(f"/templates/refused/{language}")
    assert page.status_code == 200 and "K7Q2" in page.text
    assert browser.get("/templates/nothing/ru").status_code == browser.get("/templates/refused/de").status_code == 404


def test_health_is_what_check_says(site: Site) -> None:
    page = text(site.browser("serik").get("/health"))
    for each in site.world.run("check", "--json").objects:
        assert catalogue()[f"check.{each['check']}"][1] in page and " ".join(each["says"].split()) in unescape(page)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_page_in_each_language(site: Site, language: str) -> None:
    browser = site.browser("aigerim")
    browser.get(f"/language/{language}")
    for page in ("people", "register", "templates", "health"):
        assert catalogue()[f"page.{page}"][LANGUAGES.index(language)] in text(browser.get(f"/{page}"))
    sure = browser.post(find(browser, ALIYA), "/people/doom")
    assert catalogue()["people.sure_help"][LANGUAGES.index(language)] in text(sure)


# ---- found by phone, added ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("written", ["+7 701 000 00 01", "8 (701) 000-00-01", "87010000001", "7010000001"])
def test_a_phone_finds_its_people_however_it_is_written(site: Site, written: str) -> None:
    page = find(site.browser("serik"), written)
    assert ALIYA in page.text and BORIS not in page.text


@pytest.mark.parametrize("written", ["0000001", "+7701", "701 000", "aliya", "%", ""])
def test_no_part_of_a_number_or_name_finds_anybody(site: Site, written: str) -> None:
    page = find(site.browser("serik"), written)
    assert ALIYA not in page.text and "example.com" not in page.text


def test_a_number_of_several_people_shows_all_of_them(site: Site) -> None:
    site.world.ok("people", "add", "--surname", "Соседова", "--phone", "+77010000001")
    page = find(site.browser("aigerim"), "+77010000001")
    assert ALIYA in page.text and "Соседова" in page.text


def test_somebody_without_an_address_is_destroyed_by_the_number(site: Site) -> None:
    site.world.ok("people", "add", "--surname", "Соседова", "--phone", "+77019990099")
    browser = site.browser("aigerim")
    sure = browser.post(find(browser, "8 701 999 00 99"), "/people/doom")
    assert browser.post(sure, "/people/destroy", again="+77019990098").status_code == 422
    assert browser.post(sure, "/people/destroy", again="+7 701 999 00 99").status_code == 200
    assert "Соседова" not in find(browser, "+77019990099").text and ALIYA in find(browser, ALIYA).text


def test_a_person_is_added_as_the_command_adds_her(site: Site) -> None:
    browser = site.browser("aigerim")
    given = {
        "surname": "Жаңа", "given_name": "Гүлнәр", "email": "gulnar@example.com", "phone": "8 701 555 44 33",
        "birth_date": "05.05.1990", "news": "yes", "consent_at": "2026-01-31 14:30", "consent_source": "paper form",
    }  # fmt: skip
    page = browser.post(browser.get("/people/add"), "/people/add", **given)
    assert page.status_code == 200 and catalogue()["people.did_add"][1] in text(page)
    person = site.world.person("gulnar@example.com")
    assert (person["surname"], person["phones"], person["birth_date"], person["news"]) == (
        "Жаңа", ["+77015554433"], "1990-05-05", True,
    )  # fmt: skip
    assert site.world.consents("gulnar@example.com")[0]["source"] == "paper form"
    assert whose(site.world, "people_imported")[-1:] == ["aigerim"]
    again = browser.post(browser.get("/people/add"), "/people/add", **given)
    assert catalogue()["people.did_known"][1] in text(again)


def test_what_can_t_be_taken_is_named_and_stays_typed(site: Site) -> None:
    browser, before = site.browser("aigerim"), site.world.on_file()
    page = browser.post(browser.get("/people/add"), "/people/add", surname="Ким", email="kim@", birth_date="05.06.91")
    assert page.status_code == 422 and 'value="kim@"' in page.text and page.text.count("aria-invalid") == 2
    page = browser.post(browser.get("/people/add"), "/people/add", surname="Ким")
    assert page.status_code == 422 and catalogue()["add.no_way"][1] in text(page)
    assert site.world.on_file() == before


def test_who_withdrew_is_not_added_without_a_newer_consent(site: Site) -> None:
    site.world.ok("people", "destroy", BORIS, "--yes")
    browser = site.browser("aigerim")
    page = browser.post(browser.get("/people/add"), "/people/add", email=BORIS)
    assert page.status_code == 409 and catalogue()["add.stopped"][1] in text(page) and BORIS in page.text
    assert [one["id"] for one in site.world.persons(BORIS)] == [None]
    assert site.browser("serik").client.post("/people/add", data={"email": BORIS}).status_code == 403
