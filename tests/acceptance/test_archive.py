"""Leaving mailbot: everything that is held goes into a file, and comes back as it was, but for who left."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.world import (
    ALICE,
    ALIYA,
    BORIS,
    FAMILY,
    NO_OBLIGATIONS,
    PHONE,
    QUIET,
    UNSUBSCRIBE,
    UPDATE,
    WITHDRAWAL,
    World,
)  # fmt: skip

HELD = {
    "person": "surname, given_name, patronymic, birth_date, birth_place, blocked, disputed, changed_fields, created_at",
    "address": "addr, key, position", "phone": "number, position", "former_address": "key",
    "consent": "purpose, given_at, source, given_by, policy_version, withdrawn_at, proof, octets",
    "obligation": "until, opened_at, closed_at", "suppression": "key, purpose, since, until",
    "place_id": "place, value",
}  # fmt: skip


def held(world: World) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row that says something of a person, without the numbers of rows and people."""
    return {table: sorted(world.sql(f"SELECT {names} FROM {table}"), key=repr) for table, names in HELD.items()}


def everything(world: World) -> Path:
    path = world.root / "everything.jsonl"
    world.ok("people", "export", path, "--everything")
    assert path.stat().st_mode & 0o777 == 0o600
    return path


def same_key(world: World, other: World) -> None:
    shutil.copy(world.folder / "secrets" / "store_key", other.folder / "secrets" / "store_key")


@pytest.fixture
def lived(world: World) -> World:
    """An installation in which much happened."""
    world.policy(NO_OBLIGATIONS + '[[places]]\nname = "school"\nidentifier = "id"\n')
    world.bring(
        "surname,given_name,email,news,consent_at,consent_source,obligation_until\n"
        "Должник,Пётр,petr@example.com,yes,2025-01-10,site form,2031-12-31\nБез,Времени,none@example.com,no,,,\n"
    )
    world.mail(ALIYA, UPDATE["ru"], f"Телефон: {PHONE}")
    world.mail(ALIYA, UPDATE["ru"], "Новый e-mail: aliya.new@example.com")
    world.answer("aliya.new@example.com", "Да")
    world.mail(BORIS, UNSUBSCRIBE["ru"])
    world.mail("nobody@example.com", UNSUBSCRIBE["ru"])
    world.ok("people", "block", FAMILY)
    world.ok("people", "place", QUIET, "school", "42")
    world.ok("people", "destroy", ALICE, "--yes")
    return world


def test_everything_comes_back_as_it_was(lived: World, empty: World) -> None:
    same_key(lived, empty)
    report = empty.ok("people", "import", everything(lived), "--json").objects[0]
    people = lived.sql("SELECT count(*) FROM person")[0][0]
    assert (report["people"], report["added"], report["errors"]) == (people, people, 0)
    assert held(empty) == held(lived)
    again = empty.ok("people", "import", everything(lived), "--json").objects[0]
    assert (again["added"], again["there"]) == (0, people)
    assert held(empty) == held(lived)


def test_who_withdrew_is_not_in_it_and_stays_out(lived: World, empty: World) -> None:
    lived.mail(QUIET, WITHDRAWAL["ru"])
    path = everything(lived)
    text = path.read_text(encoding="utf-8")
    assert QUIET not in text and "Тихая" not in text and ALICE not in text
    same_key(lived, empty)
    empty.ok("people", "import", path)
    assert empty.persons(QUIET) == [] or empty.person(QUIET)["id"] is None
    report = empty.bring(f"surname,email,news,consent_at,consent_source\nSmith,{ALICE},yes,2025-01-01,site\n")
    assert report["stopped"] == 1


def test_who_left_here_since_does_not_come_back(lived: World) -> None:
    path = everything(lived)
    lived.ok("people", "destroy", QUIET, "--yes")
    report = lived.ok("people", "import", path, "--json").objects[0]
    assert (report["added"], report["stopped"]) == (0, 1)
    assert lived.person(QUIET)["id"] is None


def test_an_open_obligation_goes_on_where_it_came_in(world: World, empty: World) -> None:
    world.policy('[withdrawal]\nobligations = "register"\n')
    world.bring(
        "surname,email,consent_at,consent_source,obligation_until\nДолжник,petr@example.com,2025-01-10,site,2031-12-31\n"
    )
    world.mail("petr@example.com", WITHDRAWAL["ru"])
    assert world.person("petr@example.com")["block"]["why"] == "obligation"
    same_key(world, empty)
    empty.ok("people", "import", everything(world))
    assert empty.person("petr@example.com")["block"]["why"] == "obligation"
    request = empty.requests()[0]
    assert (request["kind"], request["reason"], request["open"]) == ("withdrawal", "obligation_open", ["obligations"])
    empty.ok("requests", "release", request["id"])
    for _ in range(7):  # a fortnight: it must be undone by 17:00 of a working day, and some holidays are long
        empty.later(days=2)
        empty.poll()
    assert empty.person("petr@example.com")["id"] is None


def test_hashes_of_another_key_are_refused_and_nothing_is_brought_in(lived: World, empty: World) -> None:
    ran = empty.run("people", "import", everything(lived))
    assert ran.code == 1 and "store_key" in ran.err and "nothing was imported" in ran.err
    assert empty.sql("SELECT count(*) FROM person") == [(0,)]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("surname", "<b>"), ("emails", ["no address"]), ("consents", [{"purpose": "news"}]), ("phones", None),
        ("created_at", "yesterday"), ("birth_date", "2099-01-01"), ("obligations", 5), ("created_at", "2026-01-01"),
    ],
)  # fmt: skip
def test_a_wrong_line_is_named_and_nothing_is_brought_in(lived: World, empty: World, name: str, value: Any) -> None:
    same_key(lived, empty)
    path = everything(lived)
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[2] = json.dumps({**json.loads(lines[2]), name: value})
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    ran = empty.run("people", "import", path)
    assert ran.code == 1 and "line 3" in ran.err and "no address" not in ran.err
    assert (empty.sql("SELECT count(*) FROM person"), empty.sql("SELECT count(*) FROM suppression")) == ([(0,)], [(0,)])


def test_a_dry_run_changes_nothing(lived: World, empty: World) -> None:
    same_key(lived, empty)
    ran = empty.ok("people", "import", everything(lived), "--dry-run")
    assert ran.out.startswith("would be added")
    assert empty.sql("SELECT count(*) FROM person") == [(0,)]
    assert empty.run("people", "import", everything(lived), "--overwrite").code == 64
    assert lived.run("people", "export", lived.root / "x", "--everything", "--unsubscribe").code == 64
