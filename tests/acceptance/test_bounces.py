"""Bounces of our own answers: matched, never answered, filed, shown as evidence; and nobody can forge one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.acceptance.test_rows import BOUNCE, NEW_PHONE, NO_OBLIGATIONS, check, due, received, report, working_day
from tests.acceptance.world import ALIYA, BORIS, BOX, HOST, OWNER, STRANGER, UPDATE, WITHDRAWAL, Sent, World
from tests.support.smtp import SmtpServer

KIND = "delivery-status"


def structured(world: World, sent: Sent) -> bytes:
    return report(world, KIND, f"{BOUNCE}\nDiagnostic-Code: smtp; 550 5.1.1 <{ALIYA}>: aliya unknown", sent.message_id)


def headers_alone(world: World, sent: Sent) -> bytes:
    return structured(world, sent).replace(b"message/rfc822", b"text/rfc822-headers")


def plain(world: World, *lines: str, headers: tuple[str, ...] = (), to: str = BOX) -> bytes:
    """Return a bounce without structure, as qmail and many small servers write it."""
    octets = world.octets("mailer-daemon@example.net", "failure notice", "\n".join(lines), proof="", headers=headers)
    return b"Return-Path: <>\r\n" + octets.replace(f"To: {BOX}".encode(), f"To: {to}".encode())


SAID = ("Hi. This is the mail system.", "", "<aliya@example.com>:", "550 5.1.1 aliya: user unknown")


def quoted(world: World, sent: Sent) -> bytes:
    return plain(world, *SAID, "", "--- Below is a copy of the message.", "", f"Message-ID: {sent.message_id}", "Hi")


def thread(world: World, sent: Sent) -> bytes:
    return plain(world, *SAID, headers=(f"In-Reply-To: {sent.message_id}",))


def references(world: World, sent: Sent) -> bytes:
    return plain(world, *SAID, headers=(f"References: <first@example.net> {sent.message_id}",))


def last_line(world: World, sent: Sent) -> bytes:
    return plain(world, *SAID, "", "--- Below is a copy of the message.", "", *sent.text.splitlines()[-3:])


def bounce_key(world: World, sent: Sent) -> str:
    return str(world.sql("SELECT bounce_key FROM reply WHERE message_id = ?", sent.message_id)[0][0])


def delivered_to(world: World, sent: Sent) -> bytes:
    return plain(world, *SAID, headers=(f"Delivered-To: info+{bounce_key(world, sent)}@example.kz",))


def original_to(world: World, sent: Sent) -> bytes:
    return plain(world, *SAID, headers=(f"X-Original-To: <INFO+{bounce_key(world, sent).upper()}@Example.KZ>",))


def envelope_to(world: World, sent: Sent) -> bytes:
    return plain(world, *SAID, headers=(f"Envelope-To: info+{bounce_key(world, sent)}@example.kz",))


def to(world: World, sent: Sent) -> bytes:
    return plain(world, *SAID, to=f"info+{bounce_key(world, sent)}@example.kz")


FORMS = (
    structured, headers_alone, quoted, thread, references, last_line, delivered_to, original_to, envelope_to, to,
)  # fmt: skip


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_a_bounce_is_matched_filed_and_shown(world: World, form: Callable[[World, Sent], bytes]) -> None:
    first = world.mail(ALIYA, UPDATE["ru"], NEW_PHONE, proof="weak")
    taken = world.take(form(world, first.answer))
    check(taken, "ignored", "Done")
    request = world.request(first)
    assert (request["state"], request["reason"], request["open"]) == ("held", "own_reply_bounced", ["operator"])
    (reply,) = request["replies"]
    assert reply["bounced_at"] and reply["bounced_status"] == "5.1.1"
    assert "550 5.1.1" in reply["bounced_why"] and "unknown" in reply["bounced_why"]
    assert "@" not in reply["bounced_why"] and "aliya" not in reply["bounced_why"]
    words = world.ok("requests", "show", request["id"]).out
    assert "came back" in words and "challenge" in words and "5.1.1" in words
    assert len(taken.told) == 1 and request["id"] in taken.told[0].text
    assert world.request(taken)["id"] not in taken.told[0].text, "told of the request alone"


def with_courier(world: World, server: SmtpServer, verp: bool = True) -> None:
    """Let the answers leave through an SMTP server."""
    path = world.folder / "mailbot.toml"
    lines = path.read_text(encoding="utf-8").replace(f"maildir://{world.root / 'sent'}", server.url)
    path.write_text(lines.replace("[courier]", f"[courier]\nverp = {str(verp).lower()}"), encoding="utf-8")


@pytest.mark.parametrize("own", [BOX, "info+data@example.kz"])
def test_each_answer_leaves_with_a_sender_of_its_own_that_finds_its_request(
    world: World, smtp_server: SmtpServer, own: str
) -> None:
    with_courier(world, smtp_server)
    path = world.folder / "mailbot.toml"
    path.write_text(path.read_text(encoding="utf-8").replace(f'"{BOX}"', f'"{own}"'), encoding="utf-8")
    first = world.mail(ALIYA, UPDATE["ru"], NEW_PHONE, proof="weak")
    (mail,) = smtp_server.taken
    local, _, domain = mail.sender.partition("@")
    assert local.startswith(own.partition("@")[0] + "+") and domain == "example.kz"
    assert b"<" + local.rpartition("+")[2].encode() not in mail.octets, "it is not the Message-ID"
    empty = b"Return-Path: <>\r\n" + world.octets(
        "mailer-daemon@example.net", "Undelivered Mail Returned to Sender", "It could not be delivered.", proof="",
        headers=[f"Delivered-To: {mail.sender}"],
    )  # fmt: skip
    check(world.take(empty), "ignored", "Done")
    assert world.request(first)["reason"] == "own_reply_bounced"


def test_without_the_setting_the_sender_is_plain(world: World, smtp_server: SmtpServer) -> None:
    with_courier(world, smtp_server, verp=False)
    world.mail(ALIYA, UPDATE["ru"], NEW_PHONE, proof="weak")
    assert [mail.sender for mail in smtp_server.taken] == [BOX]


def test_a_relay_that_refuses_the_sender_keeps_nobody_waiting(world: World, smtp_server: SmtpServer) -> None:
    with_courier(world, smtp_server)
    smtp_server.answers["MAIL +"] = "553 5.7.1 sender address rejected"
    world.mail(ALIYA, UPDATE["ru"], NEW_PHONE, proof="weak")
    assert [mail.sender for mail in smtp_server.taken] == [BOX]
    found = [each for each in world.run("check", "--json").objects if each["check"] == "courier"]
    assert [each["level"] for each in found] == ["ok", "note"] and "verp = false" in found[1]["says"]


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded"])
@pytest.mark.parametrize("status", ["4.4.1", "2.0.0", "5.1.1"])
def test_what_did_arrive_or_still_may_changes_nothing(world: World, action: str, status: str) -> None:
    first = world.mail(ALIYA, UPDATE["ru"], NEW_PHONE, proof="weak")
    fields = BOUNCE.replace("failed", action).replace("5.1.1", status)
    check(world.take(report(world, KIND, fields, first.answer.message_id)), "ignored", "INBOX")
    request = world.request(first)
    assert request["state"] == "challenged" and request["replies"][0]["bounced_at"] is None


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Warning: message 1abc delayed 24 hours", "This message was created automatically by mail delivery software."),
        ("Successful Mail Delivery Report", "This is the mail system. Your message was successfully delivered."),
        ("Автоответ: в отпуске", "Я в отпуске до понедельника."),
        ("Out of office", "I am away."),
    ],
)
def test_a_report_without_fields_that_is_no_failure(world: World, subject: str, text: str) -> None:
    first = world.mail(ALIYA, UPDATE["ru"], NEW_PHONE, proof="weak")
    octets = b"Return-Path: <>\r\n" + world.octets(
        ALIYA, subject, text, headers=[f"In-Reply-To: {first.answer.message_id}"], proof=""
    )
    check(world.take(octets), "ignored", "INBOX")
    assert world.request(first)["state"] == "challenged"


def test_a_person_who_answers_is_no_bounce(world: World) -> None:
    """A Return-Path that is empty makes a machine, but nothing says that a mail came back."""
    first = world.mail(ALIYA, UPDATE["ru"], NEW_PHONE, proof="weak")
    taken = world.take(b"Return-Path: <>\r\n" + world.reply(ALIYA, "спасибо"))
    check(taken, "ignored", "INBOX")
    assert world.request(first)["state"] == "challenged"


def test_at_the_bounce_address_nobody_is_ever_answered(world: World) -> None:
    """RFC 3834 section 3.3: what comes there is a machine's, whatever it looks like."""
    first = world.mail(ALIYA, UPDATE["ru"], NEW_PHONE, proof="weak")
    address = f"Delivered-To: info+{bounce_key(world, first.answer)}@example.kz"
    check(world.mail(BORIS, UPDATE["ru"], "Телефон: +77015556677", headers=[address]), "ignored", "INBOX")
    check(world.mail(BORIS, "Я в отпуске", "Вернусь скоро", headers=[address]), "ignored", "INBOX")
    assert world.person(BORIS)["phones"] == ["+77010000002", "+77010000003"]


def test_the_bounce_key_is_no_token(world: World) -> None:
    """What stands in an envelope, and so in the logs of relays, answers no question."""
    first = world.mail(ALIYA, UPDATE["ru"], NEW_PHONE, proof="weak")
    key = bounce_key(world, first.answer)
    assert len(key) == 16 and key not in first.answer.message_id and key.encode() not in first.answer.mail.as_bytes()
    headers = [f"In-Reply-To: <{key}@example.kz>"]
    check(world.mail(ALIYA, "Re: x", f"да\n\n> [{key}]", headers=headers, proof=""), "left", "INBOX")
    assert world.request(first)["state"] == "challenged" and world.person(ALIYA)["phones"] == ["+77010000001"]


def test_a_forged_bounce_holds_nobody_elses_request(world: World) -> None:
    first = world.mail(ALIYA, UPDATE["ru"], NEW_PHONE, proof="weak")
    own = world.mail(STRANGER, UPDATE["ru"], NEW_PHONE).answer  # a token of the stranger's own mail
    for message_id in ("<" + "a" * 26 + "@example.kz>", own.message_id):
        assert world.take(report(world, KIND, BOUNCE, message_id)).decision == "ignored"
    headers = [f"Delivered-To: info+{'a' * 16}@example.kz"]
    assert world.take(plain(world, *SAID, headers=tuple(headers))).decision == "ignored"
    assert world.request(first)["state"] == "challenged"


def test_a_second_bounce_of_the_same_mail_holds_nothing_again(world: World) -> None:
    first = world.mail(ALIYA, UPDATE["ru"], NEW_PHONE, proof="weak")
    world.take(structured(world, first.answer))
    number = world.request(first)["id"]
    world.ok("requests", "close", number)
    check(world.take(structured(world, first.answer)), "ignored", "Done")
    assert world.show(number)["open"] == [] and world.requests() == []


def test_a_bounced_reminder_of_an_answered_question_holds_nothing(world: World) -> None:
    first = world.mail(ALIYA, UPDATE["ru"], NEW_PHONE, proof="weak")
    world.later(hours=25)
    world.poll()
    reminder = world.last(ALIYA)
    assert reminder.message_id != first.answer.message_id
    world.answer(ALIYA, "Да", proof="", to=first.answer)
    assert world.request(first)["state"] == "applied"
    check(world.take(structured(world, reminder)), "ignored", "Done")
    assert world.request(first)["open"] == [] and world.requests() == []


def test_a_bounce_of_a_mail_to_the_operator_holds_nothing_and_is_told_by_check(world: World) -> None:
    world.mail(STRANGER, UPDATE["ru"], NEW_PHONE, proof="")
    before = world.requests()
    check(world.take(structured(world, world.last(OWNER))), "ignored", "Done")
    assert world.requests() == before
    assert any("came back" in each["says"] for each in world.run("check", "--json").objects)


@pytest.mark.parametrize("form", [structured, delivered_to], ids=lambda form: form.__name__)
def test_a_bounce_of_the_final_mail_opens_nothing(world: World, form: Callable[[World, Sent], bytes]) -> None:
    world.policy(NO_OBLIGATIONS)
    update = world.mail(ALIYA, UPDATE["ru"], NEW_PHONE)
    first = world.mail(ALIYA, WITHDRAWAL["ru"])
    number, earlier = world.request(first)["id"], world.request(update)["id"]
    world.later(days=10)
    world.poll()
    world.poll()
    assert world.persons(ALIYA)[0]["id"] is None
    for sent in (world.last(ALIYA), update.answer):  # the final mail, and one that was forgotten with the person
        check(world.take(form(world, sent)), "ignored", "Done")
    assert world.show(number)["reason"] == "destroyed" and world.requests() == []
    assert world.show(earlier)["open"] == []
    assert all("aliya" not in str(row) for row in world.sql("SELECT bounced_why, address FROM reply"))


def test_what_came_back_is_forgotten_with_the_person(world: World) -> None:
    first = world.mail(ALIYA, UPDATE["ru"], NEW_PHONE, proof="weak")
    octets = structured(world, first.answer).replace(b"aliya unknown", b"Sarsenova unknown")
    world.take(octets)
    assert "Sarsenova" in world.request(first)["replies"][0]["bounced_why"]
    world.ok("people", "destroy", ALIYA, "--yes")
    assert world.sql("SELECT bounced_why FROM reply WHERE bounced_at IS NOT NULL") == [(None,)]


def test_a_done_request_whose_receipt_came_back_has_a_clock_and_is_told_again(world: World) -> None:
    """Else a withdrawal whose receipt bounced would wait in silence, and nothing be destroyed for ever."""
    world.policy(NO_OBLIGATIONS)
    first = world.mail(ALIYA, WITHDRAWAL["ru"])
    assert world.person(ALIYA)["block"]["until"] == world.request(first)["destroy_at"]
    told = world.take(structured(world, first.answer)).told
    request = world.request(first)
    assert (request["state"], request["open"], request["destroy_at"]) == ("applied", ["operator"], None)
    assert due(request) == working_day(received(request), 1, 18)
    assert len(told) == 1 and world.person(ALIYA)["block"] == {"why": "withdrawal", "until": None}
    assert ("hold", "own_reply_bounced") in [(each["what"], each["reason"]) for each in request["events"]]
    shown = world.ok("requests", "show", request["id"]).out
    assert "there is no such address (5.1.1 " in shown and "destroy after -" in shown
    world.later(days=5)
    world.poll()
    assert len([sent for sent in world.sent() if sent.to == OWNER]) == 2, "and again once it is due"
    world.ok("requests", "release", request["id"])
    world.poll()
    assert world.person(ALIYA)["block"]["until"] == world.request(first)["destroy_at"] is not None
    assert "until" in world.ok("people", "show", ALIYA).out and "datetime" not in world.ok("people", "show", ALIYA).out


# ---- wrong tokens ----


WRONG = "a" * 26


def wrong_headers(token: str = WRONG) -> list[str]:
    return [f"In-Reply-To: <{token}@example.kz>"]


def test_wrong_tokens_are_counted_per_writer_and_use_up_no_challenge(world: World) -> None:
    first = world.mail(ALIYA, UPDATE["ru"], NEW_PHONE, proof="weak")
    number = world.request(first)["id"]
    assert world.show(number)["wrong_tokens"] == 0
    for count in range(1, 4):
        world.mail(ALIYA, "Re: x", f"да\n\n> [{WRONG}]", headers=wrong_headers(), proof="")
        assert world.show(number)["wrong_tokens"] == count
    assert "wrong tokens" in world.ok("requests", "show", number).out
    assert world.answer(ALIYA, "Да", proof="", to=first.answer).decision == "applied"
    assert world.show(number)["wrong_tokens"] == 3, "a right one is not counted"


@pytest.mark.parametrize(
    ("subject", "body"), [(UPDATE["ru"], NEW_PHONE), ("Вопрос о курсе", "Здравствуйте"), ("Re: x", "Спасибо")]
)
def test_wrong_tokens_are_counted_whatever_the_decision_is(world: World, subject: str, body: str) -> None:
    taken = world.mail(BORIS, subject, body, headers=wrong_headers())
    assert world.request(taken)["wrong_tokens"] == 1


def test_a_token_that_was_sent_to_somebody_else_is_counted(world: World) -> None:
    first = world.mail(ALIYA, UPDATE["ru"], NEW_PHONE, proof="weak")
    taken = world.answer(BORIS, "Да", to=first.answer)
    assert world.request(taken)["wrong_tokens"] == 1 and world.request(first)["wrong_tokens"] == 0
    assert world.request(first)["state"] == "challenged"


def test_a_machines_mail_is_no_guess(world: World) -> None:
    headers = ["Auto-Submitted: auto-replied", *wrong_headers()]
    assert world.request(world.mail(BORIS, "Re: x", "да", headers=headers))["wrong_tokens"] == 0


def test_check_notes_a_writer_who_guesses(world: World) -> None:
    def notes() -> list[str]:
        return [each["level"] for each in world.run("check", "--json").objects if each["check"] == "tokens"]

    for count in range(11):
        assert notes() == ["ok"], count
        world.mail(STRANGER, "Re: x", f"да {count}", headers=wrong_headers(), proof="")
    assert notes() == ["note"]


def test_the_count_of_wrong_tokens_names_nobody_and_leaves_with_the_person(world: World) -> None:
    world.mail(ALIYA, "Re: x", "да", headers=wrong_headers())
    world.mail(BORIS, "Re: x", "да", headers=wrong_headers())
    rows = world.sql("SELECT * FROM wrong_token")
    assert len(rows) == 2 and "@" not in str(rows)
    world.ok("people", "destroy", ALIYA, "--yes")
    assert len(world.sql("SELECT * FROM wrong_token")) == 1
    assert HOST not in str(rows)


def test_the_count_of_a_writer_who_brings_no_more_is_forgotten(world: World) -> None:
    world.mail(STRANGER, "Re: x", "да", headers=wrong_headers(), proof="")
    world.later(days=29)
    world.poll()
    assert len(world.sql("SELECT * FROM wrong_token")) == 1
    world.later(days=2)
    world.poll()
    assert world.sql("SELECT * FROM wrong_token") == []
