"""`people import` reads what Excel writes, many rows at once, all or nothing; who left stays out, unless he returns."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime, timedelta

import pytest

from tests.acceptance.world import ALIYA, UNSUBSCRIBE, UPDATE, Ran, World
from tests.support.workbook import workbook

SOON = (datetime.now(UTC) + timedelta(hours=12)).isoformat(timespec="minutes")  # later than what happens here
HEAD = "surname{d}given_name{d}email{d}phone{d}news{d}consent_at{d}consent_source\n"
ROW = "Петров{d}Пётр{d}petr@example.com{d}8 701 000 00 09{d}yes{d}2025-02-03{d}site form\n"


def run(world: World, octets: bytes, *options: str) -> Ran:
    path = world.root / "from-excel.csv"
    path.write_bytes(octets)
    return world.run("people", "import", path, "--json", *options)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "windows-1251"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_what_excel_writes(empty: World, encoding: str, delimiter: str) -> None:
    ran = run(empty, (HEAD + ROW).format(d=delimiter).encode(encoding))
    assert ran.code == 0, ran
    assert empty.person("petr@example.com")["given_name"] == "Пётр"
    assert ("read as" in ran.err) == (encoding in ("utf-16", "windows-1251"))


def test_letters_that_were_lost_are_named(empty: World) -> None:
    octets = (HEAD + ROW).format(d=";").encode("windows-1251").replace("Пётр".encode("windows-1251"), b"?lia")
    ran = run(empty, octets)
    assert ran.code == 1 and "line 2, column given_name" in ran.err and "lost" in ran.err
    assert empty.persons("petr@example.com") == []


def test_no_text_is_refused(empty: World) -> None:
    assert run(empty, b"PK\x03\x04\x00\x00\xff\xfe\x80").code == 66


def test_many_rows_see_each_other(empty: World) -> None:
    rows = [ROW.format(d=","), ROW.format(d=",").replace("Пётр", "Павел"), ROW.format(d=",")]
    ran = run(empty, (HEAD.format(d=",") + "".join(rows)).encode())
    report = ran.objects[0]
    assert (report["added"], report["unchanged"], report["shared"]) == (2, 1, 1)
    assert len(empty.persons("petr@example.com")) == 2


def test_the_returning_customer_gets_in_and_who_left_stays_out(world: World) -> None:
    world.mail(ALIYA, UNSUBSCRIBE["ru"])
    world.bring(
        "surname,given_name,email,news,consent_at,consent_source\nНовая,Нина,gone@example.com,no,2025-01-01,x\n"
    )
    world.ok("people", "destroy", "gone@example.com", "--yes")
    row = "Новая,Нина,gone@example.com,,yes,{at},{source}\n"
    for at, source in (("2025-01-01", "site form"), (SOON, "")):
        report = run(world, (HEAD.format(d=",") + row.format(at=at, source=source)).encode()).objects[0]
        assert (report["stopped"], world.person("gone@example.com")["state"]) == (1, "suppressed")
    run(world, (HEAD.format(d=",") + row.format(at=SOON, source="site form")).encode())
    back = world.person("gone@example.com")
    assert (back["state"], back["processing"], back["news"]) == (
        "active",
        True,
        False,
    )  # news needs a consent of its own
    world.bring(f"surname,given_name,email,news,consent_at,consent_source\nСәрсенова,Әлия,{ALIYA},yes,{SOON},x\n")
    assert not world.person(ALIYA)["news"]
    head = "surname,given_name,email,news,consent_at,consent_source,news_consent_at\n"
    world.bring(f"{head}Сәрсенова,Әлия,{ALIYA},yes,2025-01-10,x,{SOON}\n")
    assert world.person(ALIYA)["news"]


@pytest.mark.slow
def test_an_error_on_the_last_of_many_lines_leaves_nothing_behind(empty: World) -> None:
    rows = [f"Петров,Пётр,p{n}@example.com,,yes,2025-02-03,site form\n" for n in range(5_000)]
    ran = run(empty, (HEAD.format(d=",") + "".join(rows) + "Петров,Пётр,no address,,yes,,\n").encode())
    assert ran.code == 1 and "line 5002, column email" in ran.err
    assert empty.sql("SELECT count(*) FROM person") == [(0,)]
    assert run(empty, (HEAD.format(d=",") + "".join(rows)).encode()).objects[0]["added"] == 5_000
    assert empty.sql("SELECT count(*) FROM consent") == [(10_000,)]


SHEET_HEAD = (
    "surname", "given_name", "email", "phone", "birth_date", "news", "consent_at", "consent_source",
    "obligation_until",
)  # fmt: skip


def test_a_workbook_is_read_like_a_csv(empty: World) -> None:
    path = empty.root / "people.xlsx"
    row = (
        "Қуанышева", "Әсел", "asel@example.com", 77012345678, date(1990, 5, 5), True, datetime(2025, 9, 1, 14, 30),  # noqa: DTZ001
        "paper form", date(2031, 12, 31),
    )  # fmt: skip
    path.write_bytes(workbook([SHEET_HEAD, row, ()], []))
    report = empty.ok("people", "import", path, "--json").objects[0]
    assert (report["added"], report["errors"], report["unproven"]) == (1, 0, 0)
    person = empty.person("asel@example.com")
    assert (person["surname"], person["phones"], person["birth_date"]) == ("Қуанышева", ["+77012345678"], "1990-05-05")
    assert (person["news"], person["obligations"]) == (True, 1)
    assert empty.sql("SELECT given_at FROM consent WHERE purpose = 'processing'")[0][0].startswith("2025-09-01 09:30")


def test_a_workbook_that_is_not_certain_is_refused(empty: World) -> None:
    path = empty.root / "people.xlsx"
    for octets, says in (
        (workbook([SHEET_HEAD], [SHEET_HEAD]), "2 of its sheets are filled"),
        (workbook([]), "0 of its sheets are filled"),
        (b"PK\x03\x04 no workbook", "can't be read as a workbook"),
        (workbook([("surname", "email"), ("Имя", "no address")]), "line 2, column email"),
    ):  # fmt: skip
        path.write_bytes(octets)
        ran = empty.run("people", "import", path)
        assert ran.code in (1, 66) and says in ran.err, ran
    assert empty.sql("SELECT count(*) FROM person") == [(0,)]


def test_a_workbook_without_its_library_is_told_so(empty: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    path = empty.root / "people.xlsx"
    path.write_bytes(workbook([SHEET_HEAD]))
    ran = empty.run("people", "import", path)
    assert ran.code == 78 and "mailbot[xlsx]" in ran.err


def test_a_consent_of_the_future_is_none(empty: World) -> None:
    head = "surname,email,news,consent_at,consent_source,news_consent_at\n"
    for at, news in (("2099-01-01", ""), ("9999-12-31T23:59:59-10:00", ""), ("0001-01-01", ""), ("", "2099-01-01")):
        ran = run(empty, f"{head}Новая,n@example.com,yes,{at},x,{news}\n".encode())
        assert ran.code == 1 and "consent_at" in ran.err, ran
    assert empty.sql("SELECT count(*) FROM person") == [(0,)]


def test_an_older_consent_does_not_bring_the_news_back_at_another_address(empty: World) -> None:
    head = "surname,email,news,consent_at,consent_source\n"
    run(empty, f"{head}Два,one@example.com;two@example.com,no,2025-01-01,x\n".encode())
    empty.mail("one@example.com", UNSUBSCRIBE["ru"])
    report = run(empty, f"{head}Два,two@example.com,yes,2025-01-01,x\n".encode()).objects[0]
    assert report["without_news"] == 1 and not empty.person("two@example.com")["news"]


def test_somebody_else_at_the_address_of_a_renamed_person_is_somebody_else(world: World) -> None:
    world.mail(ALIYA, UPDATE["ru"], "Фамилия: Омарова")
    run(world, f"surname,given_name,email,consent_at\nСәрсенов,Болат,{ALIYA},2025-01-01\n".encode())
    assert sorted((p["surname"], p["given_name"]) for p in world.persons(ALIYA)) == [
        ("Омарова", "Әлия"), ("Сәрсенов", "Болат"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "octets",
    [
        "surname,email\nИмя,A@example.com;a@example.com\n".encode(),
        ("surname,email\n" + "Имя," + "a" * 300 + "@example.com\n").encode(),
        ("surname,email,consent_source\nИмя,a@example.com," + "x" * 300 + "\n").encode(),
        b'"' + b"x" * 140_000,
        "surname,email\nҚуаныш,a@example.com\n".encode() + "Ә".encode()[:1] + b"\n",
    ],
)
def test_odd_files_end_in_a_sentence(empty: World, octets: bytes) -> None:
    ran = run(empty, octets)
    assert (ran.code == 0 and empty.person("a@example.com")["emails"] == ["A@example.com"]) or (
        ran.code in (1, 66) and "Traceback" not in ran.err and "line" in ran.err
    ), ran


def test_people_add_asks_again_for_what_it_can_not_read(empty: World, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(
        ["Новая", "Анна", "", "not an address", "", "12", "", "anna@example.com", "5 мая", "1990-05-05", "", "soon",
         "2025-03-01", "maybe", "yes", "paper form"]
    )  # fmt: skip
    asked: list[str] = []
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda what: (asked.append(what), next(answers))[1])
    ran = empty.ok("people", "add")
    assert list(answers) == [] and "no other way to reach the person" in ran.err and "is not a date" in ran.err
    person = empty.person("anna@example.com")
    assert (person["surname"], person["birth_date"], person["news"]) == ("Новая", "1990-05-05", True)
    assert asked.count("date of birth (1990-05-05): ") == 2
