"""The journal of a year's requests: each once, with its times and outcome, naming nobody."""

from __future__ import annotations

import csv
import io
import re

from pypdf import PdfReader

from tests.acceptance.world import ALICE, ALIYA, NO_OBLIGATIONS, PHONE, UNSUBSCRIBE, UPDATE, WITHDRAWAL, World


def journal(world: World, year: int) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(world.ok("register", "--year", str(year)).out)))


def test_each_request_stands_there_once_with_its_times_and_nobodys_data(world: World) -> None:
    world.policy(NO_OBLIGATIONS)
    numbers = [
        world.request(world.mail(ALIYA, UPDATE["ru"], f"Телефон: {PHONE}"))["id"],
        world.request(world.mail(ALICE, UNSUBSCRIBE["en"]))["id"],
        world.request(world.mail(ALIYA, WITHDRAWAL["ru"]))["id"],
    ]
    world.mail("stranger@example.org", "Invoice", "Hello")
    year = world.today().year
    rows = journal(world, year)
    assert [row["number"] for row in rows] == numbers
    assert [row["kind"] for row in rows] == ["update", "unsubscribe", "withdrawal"]
    first = rows[0]
    assert first["state"] == "applied" and first["reason"] == "update_proven" and first["proof"] == "authenticated"
    assert first["received_at"] <= first["decided_at"] <= first["answered_at"] and first["late"] == "no"
    assert first["due_at"] > first["received_at"]
    assert first["received_at"].endswith("+05:00") and first["why"] != first["reason"]
    out = world.ok("register", "--year", str(year)).out
    assert not [trace for trace in (ALIYA, ALICE, PHONE, "Сәрсенова") if trace in out]
    assert journal(world, year - 1) == []


def test_a_destruction_keeps_its_line(world: World) -> None:
    world.policy(NO_OBLIGATIONS)
    number = world.request(world.mail(ALIYA, WITHDRAWAL["ru"]))["id"]
    year = world.today().year
    world.later(days=10)
    world.poll()
    world.poll()
    (row,) = journal(world, year)
    assert (row["number"], row["reason"], row["state"]) == (number, "destroyed", "applied")
    assert row["destroyed_at"] == row["closed_at"] > row["received_at"]


def test_as_json_and_a_year_that_can_not_be(world: World) -> None:
    world.mail(ALIYA, UPDATE["ru"], f"Телефон: {PHONE}")
    (entry,) = world.ok("register", "--year", str(world.today().year), "--json").objects
    assert entry["kind"] == "update" and entry["closed_at"] == ""
    for year in ("1999", str(world.today().year + 2)):
        assert world.run("register", "--year", year).code == 66
    assert world.run("register").code == 64


def test_what_is_late_says_so(world: World) -> None:
    number = world.request(world.mail("new@example.org", UPDATE["ru"], f"Телефон: {PHONE}"))["id"]
    year = world.today().year
    assert [row["late"] for row in journal(world, year)] == ["no"]
    world.sql("UPDATE request SET due_at = '2001-01-01 00:00:00.000000' WHERE id = ?", number)
    assert [row["late"] for row in journal(world, year)] == ["yes"]


COMPLAINT = "Подаю жалобу на обработку моих персональных данных"
ACCESS = "Прошу сообщить, какие мои персональные данные вы храните"


def test_what_the_operator_settled_by_hand_is_listed_as_that_and_a_form_or_a_bill_is_not(world: World) -> None:
    numbers = [world.request(world.mail(ALIYA, text))["id"] for text in (COMPLAINT, ACCESS)]
    world.mail("stranger@example.org", "Invoice", "Hello")
    for number in numbers:
        world.ok("requests", "close", number)
    rows = journal(world, world.today().year)
    assert [(row["number"], row["state"], row["reason"], row["late"]) for row in rows] == [
        (number, "settled_by_hand", "closed", "no") for number in numbers
    ]
    assert all(row["due_at"] and row["closed_at"] and not row["answered_at"] for row in rows)
    assert "settled by hand" in world.ok("requests", "show", numbers[0]).out
    assert "closed by hand" in world.ok("requests", "show", numbers[0]).out
    assert world.requests() == []
    assert "решён оператором вручную" in pages(world, "--year", str(world.today().year))[0]


def test_an_answer_is_what_told_a_result(world: World) -> None:
    world.policy(NO_OBLIGATIONS)
    taken = world.mail(ALICE, WITHDRAWAL["en"], proof="weak")
    number = world.request(taken)["id"]
    assert [row["answered_at"] for row in journal(world, world.today().year)] == [""], "it was asked, not answered"
    world.later(days=12)
    world.poll()
    (row,) = journal(world, world.today().year)
    assert row["state"] == "expired" and row["answered_at"] >= row["closed_at"] and row["late"] == "yes"
    assert row["due_at"] and world.templates(number)[-1][0] == "refused"


def test_what_a_destruction_ended_was_not_answered(world: World) -> None:
    """Neither a question that waited nor the part of a change that waited for the operator."""
    world.policy('[fields]\nsurname = "operator"\n')
    numbers = [world.request(world.mail(ALIYA, text))["id"] for text in (ACCESS, COMPLAINT)]
    done = world.request(world.mail(ALIYA, UPDATE["ru"], f"Телефон: {PHONE}"))["id"]
    part = world.request(world.mail(ALIYA, UPDATE["ru"], "Фамилия: Ахметова\nТелефон: +77019990000"))["id"]
    world.ok("people", "destroy", ALIYA, "--yes")
    found = {row["number"]: row for row in journal(world, world.today().year)}
    for number in (*numbers, part):
        assert (found[number]["state"], found[number]["late"]) == ("ended_by_destruction", ""), number
        out = world.ok("requests", "show", number).out
        assert "ended by destruction, not answered" in out and ": met" not in out
        assert {each["ended_by"] for each in world.show(number)["clocks"]} == {"destruction"}
    assert [found[number]["answered_at"] for number in numbers] == ["", ""]
    assert (found[done]["state"], found[done]["late"]) == ("applied", "no")


def pages(world: World, *options: str) -> list[str]:
    """Return the text of each page of the PDF, whose pages all lie on their side."""
    path = world.root / "register.pdf"
    world.ok("register", "--pdf", path, *options)
    assert path.stat().st_mode & 0o077 == 0
    found = PdfReader(path).pages
    assert all(page.mediabox.width > page.mediabox.height for page in found)
    return [" ".join(page.extract_text().split()) for page in found]


def test_as_pdf_in_kazakh_and_russian(world: World) -> None:
    year = str(world.today().year)
    number = world.request(world.mail(ALIYA, UPDATE["kk"], f"Телефон: {PHONE}"))["id"]
    head = world.ok("audit", "verify", "--json").objects[0]["head"]
    for language, words in {
        "ru": ("Журнал запросов субъектов персональных данных", "изменение данных", "Оператор данных", "стр. 1 / 1"),
        "kk": ("Дербес деректер субъектілері сұраныстарының журналы", "деректерді өзгерту", "бет 1 / 1", "Кешіккен"),
    }.items():
        (page,) = pages(world, "--year", year, "--lang", language)
        for word in (*words, year, number, head, "Example Courses", f"01.01.{year} – "):
            assert word in page, (language, word)
        assert not [trace for trace in (ALIYA, PHONE, "Сәрсенова") if trace in page]
    assert "Журнал запросов" in pages(world, "--year", year)[0], "in the operator's language"


def test_a_pdf_of_many_pages_repeats_its_head_and_counts_them(world: World) -> None:
    world.mail(ALIYA, UPDATE["ru"], f"Телефон: {PHONE}")
    columns = [f'"{row[1]}"' for row in world.sql("PRAGMA table_info(request)") if row[1] != "id"]
    copy = f"INSERT INTO request (id, {', '.join(columns)}) SELECT ?, {', '.join(columns)} FROM request LIMIT 1"
    for n in range(80):
        world.sql(copy, f"N{n:05}")
    found = pages(world, "--year", str(world.today().year))
    assert len(found) > 1
    for at, page in enumerate(found, 1):
        assert f"стр. {at} / {len(found)}" in page
    assert all("Отправитель" in page for page in found[:-1])
    assert len(set(re.findall(r"N\d{5}", " ".join(found)))) == 80


def test_a_pdf_of_a_year_without_requests(world: World) -> None:
    (page,) = pages(world, "--year", str(world.today().year - 1))
    assert "За этот период запросов не было." in page and f"31.12.{world.today().year - 1}" in page
    assert world.run("register", "--year", "1999", "--pdf", world.root / "x.pdf").code == 66
    assert world.run("register", "--year", "2026", "--pdf", world.root / "x.pdf", "--json").code == 64
    assert world.run("register", "--year", "2026", "--pdf", world.root / "no" / "x.pdf").code == 66
