"""The consents of a person, and the obligations that hold the end of processing back (law 94-V, article 8(2))."""

from __future__ import annotations

import hashlib

import pytest

from tests.acceptance.world import ALIYA, FAMILY, NO_OBLIGATIONS, PHONE, UNSUBSCRIBE, UPDATE, WITHDRAWAL, World

PETR = "petr@example.com"
REGISTER = '[withdrawal]\nobligations = "register"\n'
ROWS = (
    "surname,given_name,email,news,consent_at,consent_source\nДолжник,Пётр,petr@example.com,yes,2025-01-10,site form\n"
)
TEXT = hashlib.sha256("Құпиялылық саясаты".encode()).hexdigest()


def ledger(world: World, address: str) -> list[tuple[str, str, str, str | None]]:
    """Return purpose, by what given, by what withdrawn and by which request, of each consent."""
    return [(c["purpose"], c["by"], c["withdrawn_by"], c["request"]) for c in world.consents(address)]


def test_an_import_and_a_stop_of_the_news_stand_in_the_ledger(world: World) -> None:
    world.bring(ROWS)
    number = world.request(world.mail(PETR, UNSUBSCRIBE["ru"]))["id"]
    assert ledger(world, PETR) == [("processing", "import", "", None), ("news", "import", "mail", number)]
    news = world.consents(PETR)[1]
    assert news["given_at"] == "2025-01-09T19:00:00+00:00" and news["source"] == "site form"
    assert news["withdrawn_at"] is not None and news["policy_version"] == "1"
    told = world.ok("people", "show", PETR).out
    assert f"by mail, request {number}" in told and "given 10.01.2025 00:00 by import (site form), policy 1" in told


def test_who_was_added_by_hand_or_from_his_mail(world: World, empty: World) -> None:
    empty.ok("people", "add", "--surname", "A", "--email", "a@example.com", "--consent-at", "2026-01-31", "--news")
    assert ledger(empty, "a@example.com") == [("processing", "operator", "", None), ("news", "operator", "", None)]
    taken = world.mail("new@example.org", UPDATE["ru"], f"Фамилия: Новиков\nТелефон: {PHONE}")
    world.ok("people", "add", "--from", world.request(taken)["id"])
    (consent,) = world.consents("new@example.org")
    assert (consent["by"], consent["purpose"]) == ("mail", "processing") and len(consent["proof"]) == 64


def test_an_old_list_revives_no_consent_that_was_withdrawn(world: World) -> None:
    world.policy(NO_OBLIGATIONS)
    world.bring(ROWS)
    number = world.request(world.mail(PETR, WITHDRAWAL["ru"]))["id"]
    before = ledger(world, PETR)
    assert before == [("processing", "import", "mail", number), ("news", "import", "mail", number)]
    assert world.bring(ROWS)["stopped"] == 1
    assert ledger(world, PETR) == before


def test_a_version_keeps_the_hash_of_the_text_it_had(world: World) -> None:
    world.policy(f'text_sha256 = "{TEXT}"\n')
    world.bring(ROWS)
    world.poll()
    assert [c["policy_sha256"] for c in world.consents(PETR)] == [TEXT, TEXT]
    assert f"text {TEXT[:12]}" in world.ok("people", "show", PETR).out
    world.policy(f'text_sha256 = "{"0" * 64}"\n')
    world.poll()
    assert world.consents(PETR)[0]["policy_sha256"] == TEXT, "what was consented to does not change"
    ran = world.run("check")
    assert ran.code == 1 and "give the new text a new version" in ran.out
    world.policy(f'version = "2"\ntext_sha256 = "{"0" * 64}"\n')
    assert "give the new text a new version" not in world.run("check").out


def test_without_a_hash_check_says_what_is_missing(world: World) -> None:
    assert "text_sha256 is empty" in world.run("check").out


@pytest.mark.parametrize("text", ["abc", "Z" * 64, "0" * 63])
def test_what_is_no_hash_is_refused(world: World, text: str) -> None:
    world.policy(f'text_sha256 = "{text}"\n')
    ran = world.run("check")
    assert ran.code == 78 and "text_sha256" in ran.err


def test_an_obligation_is_opened_moved_and_closed(world: World) -> None:
    world.bring(ROWS)
    assert world.ok("people", "obligation", "add", PETR).out == "noted\n"
    assert world.ok("people", "obligation", "add", PETR).out == "was noted already\n"
    world.ok("people", "obligation", "add", PETR, "--until", "2031-12-31")
    person = world.person(PETR)
    assert (person["obligations"], person["obliged_until"]) == (1, "2031-12-31")
    assert world.ok("people", "obligation", "close", PETR).out == "closed 1\n"
    assert world.person(PETR)["obligations"] == 0
    assert world.run("people", "obligation", "close", PETR).code == 1


def test_the_last_obligation_closed_lets_a_withdrawal_go_on_to_the_end(world: World) -> None:
    world.policy(REGISTER)
    world.bring(ROWS)
    world.ok("people", "obligation", "add", PETR, "--until", "2031-12-31")
    number = world.request(world.mail(PETR, WITHDRAWAL["ru"]))["id"]
    assert world.person(PETR)["block"]["why"] == "obligation"
    world.later(days=20)
    world.poll()
    assert world.person(PETR)["state"] == "blocked", "what is owed holds the data"
    assert f"request {number} goes on" in world.ok("people", "obligation", "close", PETR).out
    world.poll()
    assert world.person(PETR)["block"]["why"] == "withdrawal"
    world.later(days=10)
    world.poll()
    world.poll()
    assert world.persons(PETR)[0]["id"] is None
    finals = [sent for sent in world.sent() if sent.to == PETR]
    assert len(finals) == 3, "in part, stopped, destroyed"


def test_who_is_to_be_destroyed_gets_no_obligation(world: World) -> None:
    world.policy(NO_OBLIGATIONS)
    world.mail(ALIYA, WITHDRAWAL["ru"])
    ran = world.run("people", "obligation", "add", ALIYA)
    assert ran.code == 1 and "refuse" in ran.err
    assert world.person(ALIYA)["obligations"] == 0


def test_an_address_that_several_share_asks_for_the_id(world: World) -> None:
    ran = world.run("people", "obligation", "add", FAMILY)
    assert ran.code == 1 and "people show" in ran.err
    one, other = world.persons(FAMILY)
    world.ok("people", "obligation", "add", one["id"])
    assert [p["obligations"] for p in world.persons(FAMILY)] == [1, 0]
    assert other["obligations"] == 0


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(("nobody@example.com",), 66), ((ALIYA, "--until", "2020-01-01"), 66), ((ALIYA, "--until", "soon"), 64)],
)
def test_what_can_be_no_obligation(world: World, arguments: tuple[str, ...], code: int) -> None:
    assert world.run("people", "obligation", "add", *arguments).code == code
    assert world.person(ALIYA)["obligations"] == 0
