"""The journal of a year's requests: each once, with its times and outcome, naming nobody."""

from __future__ import annotations

import csv
import io

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
    year = world.now().year
    rows = journal(world, year)
    assert [row["number"] for row in rows] == numbers
    assert [row["kind"] for row in rows] == ["update", "unsubscribe", "withdrawal"]
    first = rows[0]
    assert first["state"] == "applied" and first["reason"] == "update_proven" and first["proof"] == "authenticated"
    assert first["received_at"] <= first["decided_at"] <= first["answered_at"] and first["late"] == ""
    assert first["received_at"].endswith("+05:00") and first["why"] != first["reason"]
    out = world.ok("register", "--year", str(year)).out
    assert not [trace for trace in (ALIYA, ALICE, PHONE, "Сәрсенова") if trace in out]
    assert journal(world, year - 1) == []


def test_a_destruction_keeps_its_line(world: World) -> None:
    world.policy(NO_OBLIGATIONS)
    number = world.request(world.mail(ALIYA, WITHDRAWAL["ru"]))["id"]
    year = world.now().year
    world.later(days=10)
    world.poll()
    world.poll()
    (row,) = journal(world, year)
    assert (row["number"], row["reason"], row["state"]) == (number, "destroyed", "applied")
    assert row["destroyed_at"] == row["closed_at"] > row["received_at"]


def test_as_json_and_a_year_that_can_not_be(world: World) -> None:
    world.mail(ALIYA, UPDATE["ru"], f"Телефон: {PHONE}")
    (entry,) = world.ok("register", "--year", str(world.now().year), "--json").objects
    assert entry["kind"] == "update" and entry["closed_at"] == ""
    for year in ("1999", str(world.now().year + 2)):
        assert world.run("register", "--year", year).code == 66
    assert world.run("register").code == 64


def test_what_is_late_says_so(world: World) -> None:
    number = world.request(world.mail("new@example.org", UPDATE["ru"], f"Телефон: {PHONE}"))["id"]
    year = world.now().year
    assert [row["late"] for row in journal(world, year)] == ["no"]
    world.sql("UPDATE request SET due_at = '2001-01-01 00:00:00.000000' WHERE id = ?", number)
    assert [row["late"] for row in journal(world, year)] == ["yes"]
