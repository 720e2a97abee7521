"""What unsubscribes without a word of the person: our List-Unsubscribe, a mail client's button, a feedback report."""

from __future__ import annotations

import csv
import io
import re

import pytest

from tests.acceptance.test_rows import NEW, NEW_PHONE, check, report
from tests.acceptance.world import (
    ALIYA,
    BORIS,
    BORIS_SECOND,
    BOX,
    FAMILY,
    HOST,
    OWNER,
    STRANGER,
    UPDATE,
    World,
)

MACHINE = "Auto-Submitted: auto-replied"


def exported(world: World) -> dict[str, str]:
    """Return List-Unsubscribe of every address, as the export tells it."""
    path = world.root / "news.csv"
    world.ok("people", "export", path, "--unsubscribe")
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
    pairs = [zip(row["email"].split(";"), row["list_unsubscribe"].split(";"), strict=True) for row in rows]
    return {addr: value for pair in pairs for addr, value in pair}


def subject(world: World, address: str) -> str:
    """Return the subject that the button of a newsletter to that address writes."""
    found = re.fullmatch(r"<mailto:info@example\.kz\?subject=(unsubscribe-[a-z2-7]{26})>", exported(world)[address])
    assert found
    return found[1]


@pytest.mark.parametrize("body", ["", "This is an unsubscribe request."])
@pytest.mark.parametrize("headers", [(), (MACHINE,), ("Return-Path: <>",), ("Precedence: bulk",)])
@pytest.mark.parametrize("proof", ["", "authenticated"])
@pytest.mark.parametrize("sender", [ALIYA, STRANGER, "noreply@example.net", BOX])
def test_a_token_unsubscribes_whoever_sends_it(
    world: World, sender: str, proof: str, headers: tuple[str, ...], body: str
) -> None:
    taken = world.mail(sender, subject(world, ALIYA), body, proof=proof, headers=headers)
    check(taken, "applied", "Done")
    request = world.request(taken)
    assert (request["reason"], request["kind"], request["open"]) == ("unsubscribe_token", "unsubscribe", [])
    assert world.person(ALIYA)["news"] is False and world.person(ALIYA)["suppressed"] == ["news"]
    assert world.person(BORIS)["news"] is True and not taken.told
    if sender == STRANGER:
        assert world.persons(STRANGER) == [], "nothing is stored of who sent it"


def test_a_token_is_of_one_address(world: World) -> None:
    world.mail(BORIS, subject(world, BORIS_SECOND), proof="")
    assert world.sql("SELECT COUNT(*) FROM suppression") == [(1,)]
    assert world.person(BORIS_SECOND)["suppressed"] == ["news"] and world.person(BORIS)["suppressed"] == []


def test_a_token_of_a_shared_address_stops_the_news_there(world: World) -> None:
    world.mail(FAMILY, subject(world, FAMILY), headers=[MACHINE])
    assert [person["news"] for person in world.persons(FAMILY)] == [False, False]


def test_a_token_of_an_address_that_is_no_longer_on_file_counts_from_that_address(world: World) -> None:
    world.bring(f"surname,email,news,consent_at\nСтарая,{NEW},yes,2025-01-10\n")
    token = subject(world, NEW)
    world.ok("people", "destroy", NEW, "--yes")
    world.sql("DELETE FROM suppression")
    assert world.mail(STRANGER, token, headers=[MACHINE]).decision == "ignored"
    check(world.mail(NEW, f"  {token} ", headers=[MACHINE]), "applied", "Done")
    assert world.persons(NEW)[0]["suppressed"] == ["news"]


def test_a_token_of_nobody(world: World) -> None:
    wrong = "unsubscribe-" + "a" * 26
    check(world.mail(ALIYA, wrong, headers=[MACHINE]), "ignored", "INBOX")
    for proof in ("", "authenticated"):
        taken = world.mail(ALIYA, wrong, "x", proof=proof)
        check(taken, "held", "INBOX")
        request = world.request(taken)
        assert (request["reason"], request["due_at"] is not None) == ("token_unusable", True)
    assert world.person(ALIYA)["news"] is True and world.request(taken)["wrong_tokens"] == 2


@pytest.mark.parametrize("form", ["Re: {}", "{} please", "[{}]", "Fwd: {}", "{}a"])
def test_only_exactly_the_subject_counts(world: World, form: str) -> None:
    taken = world.mail(ALIYA, form.format(subject(world, ALIYA)), headers=[MACHINE])
    check(taken, "ignored", "INBOX")
    assert world.person(ALIYA)["news"] is True


def test_the_breaker_of_unproven_unsubscribes_neither_counts_nor_stops_a_token(world: World) -> None:
    world.policy("[limits]\nunproven_unsubscribes_per_hour = 1\n")
    for _ in range(3):
        assert world.mail(STRANGER, subject(world, ALIYA), proof="").decision == "applied"
    assert world.mail(STRANGER, "Unsubscribe", proof="").decision == "applied", "tokens were not counted"
    assert world.mail("other@example.org", "Unsubscribe", proof="").decision == "held"
    assert world.mail(STRANGER, subject(world, BORIS), proof="").decision == "applied"


def test_the_operator_can_take_it_back(world: World) -> None:
    taken = world.mail(STRANGER, subject(world, ALIYA), proof="")
    world.ok("requests", "undo", world.request(taken)["id"])
    assert world.person(ALIYA)["news"] is True


def test_an_export_with_the_header_can_be_imported_again(world: World) -> None:
    exported(world)
    report = world.ok("people", "import", world.root / "news.csv", "--json").objects[0]
    assert report["errors"] == 0 and report["unchanged"] == report["rows"] > 0


def test_an_export_without_the_option_is_as_it_was(world: World) -> None:
    path = world.root / "people.csv"
    world.ok("people", "export", path)
    assert "list_unsubscribe" not in path.read_text(encoding="utf-8")


def test_a_plus_and_a_percent_of_the_mailbox_are_written_as_a_uri_wants(world: World) -> None:
    path = world.folder / "mailbot.toml"
    path.write_text(path.read_text(encoding="utf-8").replace(f'"{BOX}"', '"in%fo+x@example.kz"'), encoding="utf-8")
    assert exported(world)[ALIYA].startswith("<mailto:in%25fo+x@example.kz?subject=unsubscribe-")


# ---- a feedback report ----


def test_a_feedback_report_without_structure_unsubscribes_too(world: World) -> None:
    """As Hotmail sends it: no report type, the returned mail alone."""
    world.mail(ALIYA, UPDATE["ru"], NEW_PHONE)
    octets = "\r\n".join(
        [
            f"Received: from mail.example.net by {HOST}; Mon, 1 Sep 2025 10:00:00 +0500",
            "From: staff@hotmail.example",
            f"To: {BOX}",
            "Subject: complaint about message from 192.0.2.1",
            "Message-ID: <complaint@hotmail.example>",
            "MIME-Version: 1.0",
            'Content-Type: multipart/mixed; boundary="b"',
            "",
            "--b",
            "Content-Type: message/rfc822",
            "",
            f"From: {BOX}",
            f"Message-ID: {world.last(ALIYA).message_id}",
            "Subject: x",
            "",
            "x",
            "--b--",
            "",
        ]
    ).encode()
    taken = world.take(octets)
    check(taken, "applied", "Done")
    assert world.request(taken)["reason"] == "feedback_report" and world.person(ALIYA)["news"] is False


def test_a_feedback_report_about_a_mail_to_the_operator_does_nothing(world: World) -> None:
    world.mail(STRANGER, UPDATE["ru"], NEW_PHONE, proof="")
    octets = report(world, "feedback-report", "Feedback-Type: abuse\nVersion: 1", world.last(OWNER).message_id)
    check(world.take(octets), "ignored", "INBOX")
    assert world.persons(OWNER) == []


# ---- a button ----


@pytest.mark.parametrize(("proof", "until"), [("authenticated", False), ("", True)])
def test_a_button_of_an_unknown_address(world: World, proof: str, until: bool) -> None:
    taken = world.mail(STRANGER, "Unsubscribe", proof=proof, headers=[MACHINE])
    check(taken, "applied", "Done")
    assert world.persons(STRANGER)[0]["suppressed"] == ["news"]
    assert [row[0] is not None for row in world.sql("SELECT until FROM suppression")] == [until]
    if until:
        world.later(days=91)
        assert world.sql("SELECT COUNT(*) FROM suppression WHERE until < ?", world.now().isoformat(" ")) == [(1,)]


def test_an_unproven_button_falls_under_the_breaker(world: World) -> None:
    world.policy("[limits]\nunproven_unsubscribes_per_hour = 2\n")
    for number in range(2):
        check(world.mail(f"x{number}@example.org", "Unsubscribe", proof="", headers=[MACHINE]), "applied", "Done")
    taken = world.mail(ALIYA, "Unsubscribe", proof="", headers=[MACHINE])
    check(taken, "held", "INBOX")
    assert world.request(taken)["reason"] == "breaker" and world.person(ALIYA)["news"] is True
    check(world.mail(BORIS, "Unsubscribe", headers=[MACHINE]), "applied", "Done")
