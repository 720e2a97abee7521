"""Who asks what is held about him gets all of it, at an address that is proven, and nothing of anybody else."""

from __future__ import annotations

import re

import pytest
from sqlmodel import SQLModel

from mailbot import sealing
from mailbot.store import engine, holdings, migrate  # noqa: F401 - every table is known then
from tests.acceptance.world import (
    ALICE,
    ALIYA,
    BORIS,
    BORIS_SECOND,
    FAMILY,
    NO_OBLIGATIONS,
    PHONE,
    STRANGER,
    UNSUBSCRIBE,
    UPDATE,
    WITHDRAWAL,
    Sent,
    Taken,
    World,
)  # fmt: skip

ASKS = {
    "kk": "Сәлеметсіз бе! Мен туралы қандай дербес деректер сақталатынын хабарлаңызшы.",
    "ru": "Здравствуйте! Сообщите, пожалуйста, какие мои персональные данные у вас хранятся.",
    "en": "Hello! Please tell me what personal data you hold about me.",
}
HELD = {"kk": "Төменде біз Сіз туралы", "ru": "Ниже всё, что у нас записано о Вас", "en": "Below is all that we hold"}
NOTHING = {"kk": "ештеңе сақталмайды", "ru": "ничего не записано", "en": "Nothing is stored about you"}


@pytest.fixture
def world(either: World) -> World:
    """Each test runs on SQLite and on PostgreSQL."""
    return either


def asked(world: World, sender: str, language: str = "ru", **more: str) -> str:
    """Lay a mail that asks for access; return its request's number."""
    taken: Taken = world.mail(sender, "Data", ASKS[language], **more)
    request = world.request(taken)
    assert request["kind"] == "access", request
    return str(request["id"])


def answered(world: World, number: str, *options: str) -> Sent:
    """Release it and return the mail that went out."""
    before = len(world.sent())
    world.ok("requests", "release", number, *options)
    world.poll()
    (answer,) = [sent for sent in world.sent()[before:] if sent.to != "owner@example.com"]
    return answer


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_a_proven_writer_gets_all_that_is_held(world: World, language: str) -> None:
    answer = answered(world, asked(world, ALIYA, language))
    assert answer.to == ALIYA and HELD[language] in answer.text
    for value in ("Сәрсенова", "Әлия", "Болатқызы", "Алматы қ.", ALIYA, "+77010000001", "1990", "site form"):
        assert value in answer.text and value in answer.page
    for kept in ("mailbot/Done", "30", "90"):
        assert kept in answer.text, "how long mails, details and backups are kept"
    assert not re.search(r"2025[^\n;]*00:00", answer.text), "of a consent whose day alone was written no hour is told"
    request = world.show(answer.number)
    assert (request["state"], request["reason"], request["open"]) == ("applied", "released", [])
    assert world.run("requests", "release", answer.number).code == 1, "it is answered once"


def test_the_journal_is_in_it(world: World) -> None:
    changed = world.request(world.mail(ALIYA, UPDATE["ru"], f"Новый телефон: {PHONE}"))["id"]
    stopped = world.request(world.mail(ALIYA, UNSUBSCRIBE["ru"]))["id"]
    world.ok("people", "obligation", "add", ALIYA, "--until", "2031-12-31")
    text = answered(world, asked(world, ALIYA)).text
    assert f"№ {changed}: изменение данных" in text and f"указано: телефон {PHONE}" in text
    assert f"изменено: телефон +77010000001 → {PHONE}" in text, "nothing is veiled"
    assert "отозвано" in text and f"запрос № {stopped}" in text and "не присылать новости" in text
    assert "Обязательство или требование закона: открыто" in text and "31 декабря 2031 г." in text
    assert re.search(r"Записей о действиях: \d", text) and re.search(r"Писем от Вас в журнале: 3", text)
    assert text.count("отправлено") >= 2


def test_what_a_person_settled_by_hand_is_called_that(world: World) -> None:
    for language, word in (("ru", "решён человеком вручную"), ("en", "settled by a person")):
        first = asked(world, ALIYA, language)
        world.ok("requests", "close", first)
        text = answered(world, asked(world, ALIYA, language)).text
        assert any(first in line and word in line for line in text.splitlines()), language


def test_an_unknown_address_hears_that_nothing_is_stored_and_what_the_journal_knows(world: World) -> None:
    number = world.request(world.mail(STRANGER, UNSUBSCRIBE["ru"]))["id"]
    answer = answered(world, asked(world, STRANGER))
    assert answer.to == STRANGER and NOTHING["ru"] in answer.text and f"№ {number}" in answer.text
    assert "не присылать новости" in answer.text and "ДАННЫЕ" not in answer.text


@pytest.mark.parametrize("proof", ["weak", "none", "fail"])
@pytest.mark.parametrize("sender", [ALIYA, STRANGER])
def test_who_is_not_proven_is_sent_nothing(world: World, sender: str, proof: str) -> None:
    number = asked(world, sender, proof=proof)
    before = len(world.sent())
    ran = world.run("requests", "release", number)
    assert ran.code == 1 and "not proven" in ran.err and "--checked" in ran.err
    world.poll()
    assert len(world.sent()) == before and world.show(number)["state"] == "left"


def test_the_person_whom_the_operator_made_sure_of_is_answered_on_file_alone(world: World) -> None:
    number = asked(world, STRANGER, proof="none")
    assert world.run("requests", "release", number, "--person", ALIYA).code == 64, "how was she made sure of?"
    answer = answered(world, number, "--person", ALIYA, "--checked", "phoned the number on file")
    assert answer.to == ALIYA and "Сәрсенова" in answer.text
    assert STRANGER not in str(answer.mail) + answer.text, "whoever wrote is not told of"
    assert answer.mail["In-Reply-To"] is None
    assert "phoned" not in answer.text and "есть отметка оператора" in answer.text


def test_of_several_at_one_address_only_the_one_who_is_meant(world: World) -> None:
    number = asked(world, FAMILY)
    ran = world.run("requests", "release", number)
    assert ran.code == 1 and "2 people" in ran.err
    assert world.run("requests", "release", number, "--person", FAMILY, "--checked", "phoned").code == 66
    alina = next(each for each in world.persons(FAMILY) if each["given_name"] == "Алина")
    text = answered(world, number, "--person", alina["id"], "--checked", "phoned").text
    assert "Алина" in text and "+77010000005" in text
    assert "Виктор" not in text and "+77010000006" not in text


def test_an_address_of_his_own_comes_before_one_that_somebody_else_reads(world: World) -> None:
    world.bring(f"surname,given_name,email\nКим,Олег,{FAMILY};oleg@example.com\n")
    oleg = next(each for each in world.persons(FAMILY) if each["given_name"] == "Олег")
    number = asked(world, FAMILY)
    assert answered(world, number, "--person", oleg["id"], "--checked", "phoned").to == "oleg@example.com"


def test_nobody_elses_address_number_or_value_is_in_it(world: World) -> None:
    """Others wrote about her, at a shared address, and from addresses of their own."""
    named = world.mail(STRANGER, UPDATE["ru"], f"Мой адрес у вас {ALIYA}.\n\nНовый телефон: {PHONE}")
    forged = world.request(world.mail(ALIYA, UPDATE["ru"], "Новый телефон: +7 701 555 44 33", proof="none"))["id"]
    theirs = world.request(world.mail(FAMILY, UNSUBSCRIBE["ru"]))["id"]
    borises = world.request(world.mail(BORIS, UPDATE["ru"], f"Новая почта: {ALIYA}"))["id"]
    text = answered(world, asked(world, ALIYA)).text
    for foreign in (STRANGER, BORIS, BORIS_SECOND, "Борис", PHONE, "+77015554433", theirs, borises):
        assert foreign not in text, foreign
    assert f"№ {forged}" in text and f"№ {forged}, отправитель: не подтверждён" in text
    assert world.request(named)["id"] not in text
    numbers = [each["id"] for each in world.persons(FAMILY)]
    text = answered(world, asked(world, FAMILY), "--person", numbers[0], "--checked", "phoned").text
    assert theirs not in text, "of what several share nobody is told whose it was"


def test_a_preview_shows_the_answer_and_changes_nothing(world: World) -> None:
    number = asked(world, ALIYA)
    before, files = world.show(number), len(world.sent())
    seen = world.ok("requests", "release", number, "--preview")
    assert f"to {ALIYA}: Запрос № {number}" in seen.out and "Сәрсенова" in seen.out
    assert "nothing was changed" in seen.out
    world.poll()
    assert world.show(number) == before and len(world.sent()) == files
    assert answered(world, number).text.count("Сәрсенова") == 1


def test_the_store_forgets_the_text_once_it_is_sent(world: World) -> None:
    number = asked(world, ALIYA)
    world.ok("requests", "release", number)
    query = "SELECT length(octets), digest, address FROM reply WHERE template = 'access'"
    assert world.sql(query)[0][0] > 1000
    world.poll()
    [(length, digest, address)] = world.sql(query)
    assert (length, len(digest), address) == (0, 64, ALIYA)
    [sent] = [each for each in world.sent() if "ДАННЫЕ" in each.text]
    human = world.answer(ALIYA, "Пусть посмотрит человек", to=sent)
    assert human.decision == "held", "an answer to it still finds its request"


def test_a_destroyed_person_takes_the_answer_along(world: World) -> None:
    world.ok("requests", "release", asked(world, ALIYA))
    world.ok("people", "destroy", ALIYA, "--yes")
    assert world.sql("SELECT length(octets), address FROM reply WHERE template = 'access'") == [(0, "")]
    world.poll()
    assert [each for each in world.sent() if "ДАННЫЕ" in each.text] == []


def test_who_is_stopped_or_in_dispute_may_still_know(world: World) -> None:
    world.policy(NO_OBLIGATIONS)
    world.mail(ALIYA, WITHDRAWAL["ru"])
    assert "Состояние: обработка прекращена, уничтожим после" in answered(world, asked(world, ALIYA)).text
    world.ok("people", "block", BORIS)
    text = answered(world, asked(world, BORIS)).text
    assert "Состояние: заблокированы" in text and world.person(BORIS)["state"] == "blocked"


def test_who_is_gone_hears_of_the_mark_alone(world: World) -> None:
    world.ok("people", "destroy", ALICE, "--yes")
    text = answered(world, asked(world, ALICE, "en")).text
    assert NOTHING["en"] in text and "not to be recorded again" in text and "Smith" not in text


def test_the_settings_say_what_the_program_cannot_know(world: World) -> None:
    world.policy(
        '[processing]\nabroad.ru = "копии лежат в Исландии"\nterm = { ru = "пять лет" }\n'
        '[[places]]\nname = "books"\npreset = "accounting"\nkept_by_law = "Налоговый кодекс"\nkept_for = "5 лет"\n'
    )
    text = answered(world, asked(world, ALIYA)).text
    assert "Копии за границей: копии лежат в Исландии" in text and "Сколько храним: пять лет" in text
    assert "бухгалтерия (Налоговый кодекс; 5 лет)" in text and "Зачем: " in text
    world.policy('[processing]\npurposes = { ru = "", kk = "x", en = "x" }\n')
    assert "processing.purposes says nothing in ru" in world.run("check").out


def test_no_column_of_any_table_is_forgotten() -> None:
    """A new table or column has to be told, or a reason be given why the answer leaves it out."""
    missing, unknown = [], set(holdings.WITHHELD)
    for table in SQLModel.metadata.tables.values():
        told = {*holdings.SHOWN.get(table.name, ()), *holdings.COUNTED.get(table.name, ())}
        unknown.discard(table.name)
        for column in table.columns:
            why = holdings.WITHHELD.get(f"{table.name}.{column.name}") or holdings.WITHHELD.get(table.name)
            unknown.discard(f"{table.name}.{column.name}")
            if (column.name in told) == bool(why):
                missing.append(f"{table.name}.{column.name}")
            told.discard(column.name)
        assert not told, f"{table.name} has no {told}"
    assert missing == [] and unknown == set()


def test_whoever_was_destroyed_hears_that_a_sealed_copy_is_kept(world: World) -> None:
    public, _ = sealing.new_pair()
    toml = world.folder / "mailbot.toml"
    text = toml.read_text(encoding="utf-8").replace("[operator]\n", f'[operator]\nage_key = "{public}"\n')
    toml.write_text(text, encoding="utf-8")
    world.policy('[evidence]\nkeep = "sealed"\n')
    world.ok("people", "destroy", ALIYA, "--yes")
    number = str(world.request(world.mail(ALIYA, "Запрос", ASKS["ru"]))["id"])
    shown = world.ok("requests", "release", number, "--preview").out
    assert "Запечатанная копия дела" in shown and "не вносить в реестр снова" in shown
    other = str(world.request(world.mail(STRANGER, "Запрос", ASKS["ru"]))["id"])
    assert "Запечатанная" not in world.ok("requests", "release", other, "--preview").out
