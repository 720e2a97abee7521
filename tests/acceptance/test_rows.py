"""Every row of the published table of decisions, through the command line: what changed, who was told."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import holidays
import pytest

from tests.acceptance.world import (
    ALICE,
    ALIYA,
    ALMATY,
    BORIS,
    BORIS_SECOND,
    BOX,
    FAMILY,
    HOST,
    OWNER,
    QUIET,
    STRANGER,
    UNSUBSCRIBE,
    UPDATE,
    WITHDRAWAL,
    Taken,
    World,
)

PHONE = "+77019998877"
CHILD = "arman@example.com"
NEW_PHONE = f"Телефон: {PHONE}"
NEW = "aliya.new@example.com"
NO_OBLIGATIONS = '[withdrawal]\nobligations = "none"\n'
REGISTER = '[withdrawal]\nobligations = "register"\n'


def check(taken: Taken, decision: str, lies: str, *answered: str) -> None:
    """Check what was decided, where the mail lies and who was answered."""
    assert (taken.decision, taken.lies) == (decision, lies)
    assert sorted(answer.to for answer in taken.answers) == sorted(answered)


def working_day(start: datetime, days: int, hour: int) -> datetime:
    """Return that hour of the n-th working day after a moment, in Almaty."""
    day, off = start.astimezone(ALMATY).date(), holidays.country_holidays("KZ")
    while days:
        day += timedelta(days=1)
        days -= off.is_working_day(day)
    return datetime(day.year, day.month, day.day, hour, tzinfo=ALMATY)


def due(request: dict[str, object]) -> datetime:
    """Return the due date of a request."""
    return datetime.fromisoformat(str(request["due_at"]))


def received(request: dict[str, object]) -> datetime:
    """Return when a request came in."""
    return datetime.fromisoformat(str(request["received_at"]))


# ---- row 2: machines ----


@pytest.mark.parametrize(
    "header",
    ["Auto-Submitted: auto-replied", "Precedence: bulk", "List-Id: <news.example.org>", "Return-Path: <>"],
)
def test_row_2_a_machine_is_ignored(world: World, header: str) -> None:
    taken = world.mail(ALIYA, WITHDRAWAL["ru"], "Прошу.", headers=[header])
    check(taken, "ignored", "INBOX")
    assert world.requests() == [] and world.person(ALIYA)["state"] == "active"
    assert world.request(taken)["reason"] == "machine" and not taken.told


@pytest.mark.parametrize("sender", ["mailer-daemon@example.org", "noreply@example.org", "news-request@example.org"])
def test_row_2_a_robot_by_its_address_is_ignored(world: World, sender: str) -> None:
    check(world.mail(sender, UNSUBSCRIBE["ru"]), "ignored", "INBOX")


@pytest.mark.parametrize("local", ["info", "office", "sales", "admin", "support"])
def test_section_7_a_role_address_is_a_person(world: World, local: str) -> None:
    taken = world.mail(f"{local}@example.org", UNSUBSCRIBE["ru"])
    check(taken, "applied", "Done", f"{local}@example.org")


def test_row_2_our_own_mail_is_ignored(world: World) -> None:
    check(world.mail(BOX, UNSUBSCRIBE["ru"]), "ignored", "INBOX")


def test_row_2_a_button_unsubscribes_and_is_not_answered(world: World) -> None:
    taken = world.mail(ALIYA, "Unsubscribe", headers=["Auto-Submitted: auto-replied"])
    check(taken, "applied", "Done")
    assert world.request(taken)["reason"] == "unsubscribe_button"
    assert world.person(ALIYA)["news"] is False and world.person(ALIYA)["suppressed"] == ["news"]


@pytest.mark.parametrize(
    ("subject", "body", "header"),
    [
        ("Re: Unsubscribe", "", "X-Empty: 1"),
        ("Unsubscribe", "I am away until Monday.", "X-Empty: 1"),
        ("Unsubscribe", "", "In-Reply-To: <news-1@example.kz>"),
        ("Please unsubscribe", "", "X-Empty: 1"),
        ("Unsubscribbe", "", "X-Empty: 1"),
    ],
)
def test_row_2_what_is_no_button_is_ignored(world: World, subject: str, body: str, header: str) -> None:
    taken = world.mail(ALIYA, subject, body, headers=["Auto-Submitted: auto-replied", header])
    check(taken, "ignored", "INBOX")
    assert world.person(ALIYA)["news"] is True


def report(world: World, kind: str, fields: str, original: str) -> bytes:
    """Return a multipart/report about one of our mails."""
    world.count += 1
    lines = [
        "Return-Path: <>",
        f"Received: from mail.example.net by {HOST}; Mon, 1 Sep 2025 10:00:00 +0500",
        "From: Mail Delivery System <mailer-daemon@example.net>",
        f"To: {BOX}",
        "Subject: Undelivered Mail Returned to Sender",
        f"Message-ID: <report-{world.count}@example.net>",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/report; report-type={kind}; boundary="b"',
        "",
        "--b",
        "Content-Type: text/plain",
        "",
        "This is a report of the mail system.",
        "--b",
        f"Content-Type: message/{kind}",
        "",
        *fields.split("\n"),
        "",
        "--b",
        "Content-Type: message/rfc822",
        "",
        f"From: {BOX}",
        f"Message-ID: {original}",
        "Subject: returned",
        "",
        "text",
        "--b--",
        "",
    ]
    return "\r\n".join(lines).encode()


def test_row_2_a_feedback_report_unsubscribes_the_recipient_of_our_mail(world: World) -> None:
    world.mail(ALIYA, UPDATE["ru"], NEW_PHONE)
    octets = report(
        world, "feedback-report", "Feedback-Type: abuse\nUser-Agent: test/1\nVersion: 1", world.last(ALIYA).message_id
    )
    taken = world.take(octets)
    check(taken, "applied", "Done")
    assert world.person(ALIYA)["news"] is False
    assert world.request(taken)["reason"] == "feedback_report"


def test_row_2_a_feedback_report_about_another_mail_does_nothing(world: World) -> None:
    octets = report(world, "feedback-report", "Feedback-Type: abuse\nVersion: 1", "<other@example.kz>")
    check(world.take(octets), "ignored", "INBOX")
    assert world.person(ALIYA)["news"] is True


BOUNCE = (
    "Reporting-MTA: dns; mail.example.net\n\nFinal-Recipient: rfc822; aliya@example.com\nAction: failed\nStatus: 5.1.1"
)


def test_row_2_a_bounce_of_our_reply_holds_its_request(world: World) -> None:
    first = world.mail(ALIYA, WITHDRAWAL["ru"], proof="weak")
    taken = world.take(report(world, "delivery-status", BOUNCE, world.last(ALIYA).message_id))
    check(taken, "ignored", "Done")
    request = world.request(first)
    assert (request["state"], request["reason"]) == ("held", "own_reply_bounced")
    assert request["open"] == ["operator"] and len(taken.told) == 1
    assert request["id"] in [r["id"] for r in world.requests()]


def test_row_2_a_bounce_of_somebody_elses_mail_is_ignored(world: World) -> None:
    check(world.take(report(world, "delivery-status", BOUNCE, "<other@example.kz>")), "ignored", "INBOX")


def test_row_2_a_bounced_receipt_holds_the_destruction_until_the_operator_decides(world: World) -> None:
    """Section 6: a receipt that bounced holds the undo window; the operator's release opens it again."""
    world.policy(NO_OBLIGATIONS)
    first = world.mail(ALIYA, WITHDRAWAL["ru"])
    number = world.request(first)["id"]
    world.take(report(world, "delivery-status", BOUNCE, world.last(ALIYA).message_id))
    assert world.show(number)["open"] == ["operator"]
    world.later(days=10)
    world.poll()
    assert world.person(ALIYA)["state"] == "blocked", "nobody is destroyed while it is held"
    world.ok("requests", "release", number, "--checked", "called")
    world.poll()
    world.later(days=10)
    world.poll()
    assert world.persons(ALIYA)[0]["id"] is None


# ---- rows 3 to 6: answers to a question ----


def test_row_3_a_yes_after_a_weak_update(world: World) -> None:
    first = world.mail(ALIYA, UPDATE["ru"], NEW_PHONE, proof="weak")
    assert world.person(ALIYA)["phones"] == ["+77010000001"]
    taken = world.answer(ALIYA, "Да", proof="")
    check(taken, "applied", "Done", ALIYA)
    request = world.request(first)
    assert (request["state"], request["reason"], request["open"]) == ("applied", "confirmed", [])
    assert world.person(ALIYA)["phones"] == [PHONE]
    assert taken.answer.mail["In-Reply-To"] == taken.letter.message_id
    assert world.requests() == []


def test_row_3_a_yes_after_a_weak_withdrawal(world: World) -> None:
    world.policy(NO_OBLIGATIONS)
    first = world.mail(ALIYA, WITHDRAWAL["kk"], proof="none")
    person = world.person(ALIYA)
    assert person["state"] == "active" and person["processing"] is True and person["news"] is False
    taken = world.answer(ALIYA, "ИӘ", proof="none")
    check(taken, "applied", "Done", ALIYA)
    assert world.person(ALIYA)["block"]["why"] == "withdrawal"
    assert world.request(first)["destroy_at"] is not None


def test_row_3_is_decided_anew_on_the_facts_of_this_moment(world: World) -> None:
    """The person was blocked by a dispute after the question: the yes is held, nothing changes."""
    first = world.mail(ALIYA, UPDATE["ru"], NEW_PHONE, proof="weak")
    world.ok("people", "block", ALIYA)
    taken = world.answer(ALIYA, "да")
    assert (taken.decision, taken.lies) == ("held", "INBOX")
    assert world.person(ALIYA)["phones"] == ["+77010000001"]
    assert world.request(first)["state"] == "held"


def test_row_3_a_yes_from_the_new_address(world: World) -> None:
    first = world.mail(ALIYA, UPDATE["ru"], f"Новая почта: {NEW}")
    check(first, "challenged", "Done", ALIYA, NEW)
    assert world.person(ALIYA)["emails"] == [ALIYA] and world.request(first)["open"] == ["new_address"]
    assert world.request(first)["pending"] == [{"field": "email", "waits_for": "new_address"}]
    question = world.last(NEW)
    assert question.mail["In-Reply-To"] is None and question.mail["Auto-Submitted"] == "auto-generated"
    taken = world.answer(NEW, "Да, подтверждаю.")
    check(taken, "applied", "Done", NEW, ALIYA)
    assert world.person(NEW)["emails"] == [NEW] and world.persons(ALIYA) == []
    assert ("address-changed", ALIYA) in world.templates(world.request(first)["id"])

    back = world.answer(ALIYA, "отменить")
    assert (back.decision, back.lies) == ("applied", "Done")
    assert world.person(ALIYA)["emails"] == [ALIYA] and world.persons(NEW) == []


@pytest.mark.parametrize(
    "text",
    ["Да", "ДА!", "да.", "Да, подтверждаю.", "«Да»", "Здравствуйте!\n\nДа", "Добрый день, Борис\nда", "иә",
     "Растаймын.", "Сәлеметсіз бе!\nИӘ", "Yes", "yes.", "Hello,\n\nconfirm",
     "да\n\nС уважением, Алия\n+7 701 111 22 33"],
)  # fmt: skip
def test_section_2_a_yes_line_consists_of_such_words_only(world: World, text: str) -> None:
    world.mail(ALIYA, UPDATE["ru"], NEW_PHONE, proof="weak")
    assert world.answer(ALIYA, text).decision == "applied"
    assert world.person(ALIYA)["phones"] == [PHONE]


@pytest.mark.parametrize("text", ["Да?", "да нет", "ну да", "да, но телефон другой", "yes and no", "иә емес", "не да"])
def test_section_2_more_than_a_yes_is_no_yes(world: World, text: str) -> None:
    world.mail(ALIYA, UPDATE["ru"], NEW_PHONE, proof="weak")
    taken = world.answer(ALIYA, text)
    assert taken.decision in ("asked", "held")
    assert world.person(ALIYA)["phones"] == ["+77010000001"]


def test_section_2_a_yes_below_the_quoted_mail_alone_does_nothing(world: World) -> None:
    """A yes-line counts in the own text; our own quoted text holds the word too."""
    world.mail(ALIYA, UPDATE["ru"], NEW_PHONE, proof="weak")
    taken = world.answer(ALIYA, "")
    assert taken.decision != "applied" and world.person(ALIYA)["phones"] == ["+77010000001"]


def test_section_2_a_token_counts_in_the_quoted_part_alone(world: World) -> None:
    """A phone that keeps no In-Reply-To: the quoted last line brings the token back."""
    world.mail(ALIYA, UPDATE["ru"], NEW_PHONE, proof="weak")
    quoted = "\n".join(f"> {row}" for row in world.last(ALIYA).text.splitlines())
    taken = world.mail(ALIYA, "Re: запрос", f"Да\n\n{quoted}")
    check(taken, "applied", "Done", ALIYA)
    assert world.person(ALIYA)["phones"] == [PHONE]


@pytest.mark.parametrize("word", ["нет", "Это не я.", "жоқ", "no", "Not me"])
def test_row_4_a_no_refuses_and_puts_the_news_back(world: World, word: str) -> None:
    first = world.mail(ALIYA, WITHDRAWAL["ru"], proof="weak")
    assert world.person(ALIYA)["news"] is False
    taken = world.answer(ALIYA, word, proof="weak")
    check(taken, "applied", "Done", ALIYA)
    request = world.request(first)
    assert (request["state"], request["reason"]) == ("refused", "denied")
    person = world.person(ALIYA)
    assert person["news"] is True and person["suppressed"] == [] and person["state"] == "active"
    assert len(taken.told) == 1 and request["id"] in taken.told[0].text


def test_row_4_news_that_were_off_before_stay_off(world: World) -> None:
    world.mail(ALIYA, UNSUBSCRIBE["ru"])
    world.mail(ALIYA, WITHDRAWAL["ru"], proof="weak")
    world.answer(ALIYA, "нет")
    person = world.person(ALIYA)
    assert person["news"] is False and person["suppressed"] == ["news"]


def test_row_4_a_no_from_the_new_address(world: World) -> None:
    first = world.mail(ALIYA, UPDATE["ru"], f"Новая почта: {NEW}\n{NEW_PHONE}")
    assert first.decision == "applied", "the phone is applied at once"
    taken = world.answer(NEW, "нет")
    assert (taken.decision, taken.lies) == ("applied", "Done")
    assert world.person(ALIYA)["emails"] == [ALIYA] and world.person(ALIYA)["phones"] == [PHONE]
    assert world.request(first)["open"] == []
    assert len(taken.told) == 1


def test_row_5_fields_answer_an_ask(world: World) -> None:
    first = world.mail(ALIYA, UPDATE["ru"], "Прошу обновить мои данные.")
    check(first, "asked", "Done", ALIYA)
    assert world.request(first)["reason"] == "fields_missing" and world.request(first)["state"] == "asked"
    taken = world.answer(ALIYA, NEW_PHONE)
    check(taken, "applied", "Done", ALIYA)
    request = world.request(first)
    assert (request["state"], request["reason"]) == ("applied", "ask_answered")
    assert world.person(ALIYA)["phones"] == [PHONE]
    assert taken.answer.number == request["id"]


def test_row_5_unproven_fields_are_challenged(world: World) -> None:
    first = world.mail(ALIYA, UPDATE["ru"], "Прошу обновить мои данные.")
    taken = world.answer(ALIYA, NEW_PHONE, proof="weak")
    check(taken, "challenged", "Done", ALIYA)
    assert world.person(ALIYA)["phones"] == ["+77010000001"]
    assert world.request(first)["state"] == "challenged"
    assert world.answer(ALIYA, "да", proof="weak").decision == "applied"
    assert world.person(ALIYA)["phones"] == [PHONE]


def test_row_6_an_unclear_answer_is_asked_again_then_held(world: World) -> None:
    first = world.mail(ALIYA, UPDATE["ru"], NEW_PHONE, proof="weak")
    again = world.answer(ALIYA, "А что это такое?", proof="weak")
    check(again, "asked", "Done", ALIYA)
    assert world.request(first)["reason"] == "answer_unclear"
    assert world.person(ALIYA)["phones"] == ["+77010000001"]
    held = world.answer(ALIYA, "Всё равно не понимаю", proof="weak")
    assert (held.decision, held.lies) == ("held", "INBOX")
    assert world.request(first)["state"] == "held" and world.request(first)["open"] == ["operator"]
    assert len(held.told) == 1


def test_row_6_the_question_asked_again_can_still_be_answered(world: World) -> None:
    world.mail(ALIYA, UPDATE["ru"], NEW_PHONE, proof="weak")
    world.answer(ALIYA, "А что это такое?", proof="weak")
    assert world.answer(ALIYA, "да", proof="weak").decision == "applied"
    assert world.person(ALIYA)["phones"] == [PHONE]


def test_row_6_nothing_at_all_is_asked_again(world: World) -> None:
    first = world.mail(ALIYA, UPDATE["ru"], "Прошу обновить мои данные.")
    again = world.answer(ALIYA, "")
    check(again, "asked", "Done", ALIYA)
    assert world.request(first)["state"] == "asked"
    assert world.answer(ALIYA, "").decision == "held"


# ---- row 7: undo, only news, a person ----


def test_row_7_undo_of_an_update_from_any_evidence(world: World) -> None:
    first = world.mail(ALIYA, UPDATE["ru"], NEW_PHONE)
    taken = world.answer(ALIYA, "Отменить.", proof="")
    check(taken, "applied", "Done", ALIYA)
    assert world.person(ALIYA)["phones"] == ["+77010000001"]
    assert world.request(first)["state"] == "undone" and world.request(first)["reason"] == "undone"
    late = world.answer(ALIYA, "Отменить.", to=first.answer)
    assert late.decision == "held", "a used token does nothing (row 7b)"


def test_row_7_an_undo_is_told_to_each_other_address(world: World) -> None:
    world.mail(BORIS, UPDATE["ru"], "Место рождения: Караганда")
    taken = world.answer(BORIS, "отменить")
    check(taken, "applied", "Done", BORIS, BORIS_SECOND)
    assert world.person(BORIS)["birth_place"] == "Астана"


def test_row_7_undo_of_an_update_is_over_after_72_hours(world: World) -> None:
    first = world.mail(ALIYA, UPDATE["ru"], NEW_PHONE)
    world.later(hours=73)
    taken = world.answer(ALIYA, "отменить")
    assert (taken.decision, taken.lies) == ("held", "INBOX")
    assert world.person(ALIYA)["phones"] == [PHONE]
    assert world.request(first)["state"] == "applied"
    assert world.request(taken)["reason"] == "token_unusable"


def test_row_7_undo_in_time_counts_however_late_the_pass_is(world: World) -> None:
    world.policy(NO_OBLIGATIONS)
    world.mail(ALIYA, WITHDRAWAL["ru"])
    octets, at = world.reply(ALIYA, "отменить"), world.now()
    world.later(days=10)
    taken = world.take(octets, at=at)
    assert taken.decision == "applied"
    assert world.person(ALIYA)["state"] == "active"


def test_row_7_undo_only_where_nothing_changed_since(world: World) -> None:
    first = world.mail(ALIYA, UPDATE["ru"], NEW_PHONE)
    world.mail(ALIYA, UPDATE["ru"], "Телефон: +7 702 111 22 33")
    taken = world.answer(ALIYA, "отменить", to=first.answer)
    assert (taken.decision, taken.lies) == ("held", "INBOX")
    assert world.person(ALIYA)["phones"] == ["+77021112233"]
    request = world.request(first)
    assert request["reason"] == "undo_conflict" and "operator" in request["open"]
    check(taken, "held", "INBOX", ALIYA)


def test_row_7_undo_puts_back_the_fields_of_that_request_alone(world: World) -> None:
    first = world.mail(ALIYA, UPDATE["ru"], NEW_PHONE)
    world.mail(ALIYA, UPDATE["ru"], "Место рождения: Караганда")
    assert world.answer(ALIYA, "отменить", to=first.answer).decision == "applied"
    person = world.person(ALIYA)
    assert person["phones"] == ["+77010000001"] and person["birth_place"] == "Караганда"


def test_row_7_undo_of_a_withdrawal_from_another_address_on_file(world: World) -> None:
    """The notice to the other address brings an undo too."""
    first = world.mail(BORIS, WITHDRAWAL["ru"])
    check(first, "applied", "Done", BORIS, BORIS_SECOND)
    before = world.person(BORIS)
    assert before["state"] == "blocked"
    taken = world.answer(BORIS_SECOND, "отменить", proof="")
    check(taken, "applied", "Done", BORIS, BORIS_SECOND)
    person = world.person(BORIS)
    assert (person["state"], person["processing"], person["news"]) == ("active", True, True)
    assert world.request(first)["state"] == "undone" and world.requests() == []


def test_row_7_only_news_turns_a_withdrawal_into_an_unsubscribe(world: World) -> None:
    first = world.mail(ALIYA, WITHDRAWAL["kk"])
    taken = world.answer(ALIYA, "Тек хат")
    check(taken, "applied", "Done", ALIYA)
    person = world.person(ALIYA)
    assert (person["state"], person["processing"], person["news"]) == ("active", True, False)
    assert person["suppressed"] == ["news"]
    assert world.request(first)["state"] == "undone" and world.request(first)["reason"] == "only_news"
    back = world.answer(ALIYA, "қайтару")
    assert back.decision == "applied" and world.person(ALIYA)["news"] is True


@pytest.mark.parametrize("words", ["адам қарасын", "Пусть посмотрит человек.", "A person, please!"])
def test_row_7_a_person_please(world: World, words: str) -> None:
    first = world.mail(ALIYA, UPDATE["ru"], NEW_PHONE)
    taken = world.answer(ALIYA, words)
    check(taken, "held", "INBOX", ALIYA)
    request = world.request(first)
    assert request["reason"] == "human_asked" and request["open"] == ["operator"] and request["due_at"]
    assert world.person(ALIYA)["phones"] == [PHONE], "what was done stays done"
    assert len(taken.told) == 1
    assert ("received", ALIYA) in world.templates(request["id"])


def test_row_7_an_undo_from_another_address_does_nothing(world: World) -> None:
    first = world.mail(ALIYA, UPDATE["ru"], NEW_PHONE)
    taken = world.answer(BORIS, "отменить", to=first.answer)
    assert (taken.decision, taken.lies) == ("held", "INBOX")
    assert world.person(ALIYA)["phones"] == [PHONE]
    assert world.request(taken)["reason"] == "token_unusable"


# ---- row 7a and 7b ----


def test_row_7a_undo_of_an_unsubscribe_at_any_time(world: World) -> None:
    first = world.mail(ALIYA, UNSUBSCRIBE["ru"])
    world.later(days=400)
    taken = world.answer(ALIYA, "Отменить", to=first.answer, proof="")
    check(taken, "applied", "Done", ALIYA)
    assert world.person(ALIYA)["news"] is True and world.person(ALIYA)["suppressed"] == []
    assert world.request(taken)["kind"] == "resubscribe" and world.request(taken)["reason"] == "resubscribed"


@pytest.mark.parametrize("word", ["Қайта жазыламын", "Подпишите меня снова", "Resubscribe"])
def test_row_7a_a_resubscribe_word_as_the_subject(world: World, word: str) -> None:
    world.mail(ALIYA, UNSUBSCRIBE["ru"])
    taken = world.mail(ALIYA, word)
    check(taken, "applied", "Done", ALIYA)
    assert world.person(ALIYA)["news"] is True and world.person(ALIYA)["suppressed"] == []
    source = world.sql("SELECT source FROM consent WHERE purpose = 'news' AND withdrawn_at IS NULL")
    assert any(world.request(taken)["id"] in row[0] for row in source), "this mail is its proof"


@pytest.mark.parametrize(
    ("word", "sender", "proof"),
    [
        ("Resubscribe", ALIYA, "weak"),
        ("Resubscribe", STRANGER, "authenticated"),
        ("Resubscribe please", ALIYA, "authenticated"),
        ("Re: Resubscribe", ALIYA, "authenticated"),
        ("Resubscrlbe", ALIYA, "authenticated"),
    ],
)
def test_row_7a_is_exact_and_authenticated_and_on_file(world: World, word: str, sender: str, proof: str) -> None:
    world.mail(ALIYA, UNSUBSCRIBE["ru"])
    taken = world.mail(sender, word, proof=proof)
    assert (taken.decision, taken.lies) == ("left", "INBOX")
    assert world.person(ALIYA)["news"] is False


def test_row_7b_a_yes_from_another_address(world: World) -> None:
    first = world.mail(ALIYA, UPDATE["ru"], NEW_PHONE, proof="weak")
    taken = world.answer(BORIS, "да", to=world.last(ALIYA))
    assert (taken.decision, taken.lies) == ("held", "INBOX")
    assert world.request(taken)["reason"] == "token_unusable"
    assert world.person(ALIYA)["phones"] == ["+77010000001"]
    assert world.request(first)["state"] == "challenged", "it does not use up the challenge"
    assert world.answer(ALIYA, "да").decision == "applied"


def test_row_7b_a_stranger_with_a_token_is_not_answered(world: World) -> None:
    world.mail(ALIYA, UPDATE["ru"], NEW_PHONE, proof="weak")
    check(world.answer(STRANGER, "да", to=world.last(ALIYA)), "held", "INBOX")


def test_row_7b_a_wrong_token(world: World) -> None:
    taken = world.mail(ALIYA, "Re:", "Да", headers=[f"In-Reply-To: <{'a' * 26}@example.kz>"])
    assert (taken.decision, taken.lies) == ("held", "INBOX")
    assert world.request(taken)["reason"] == "token_unusable"


def test_row_7b_a_used_token(world: World) -> None:
    world.mail(ALIYA, UPDATE["ru"], NEW_PHONE, proof="weak")
    challenge = world.last(ALIYA)
    world.answer(ALIYA, "да", to=challenge)
    world.mail(ALIYA, UPDATE["ru"], "Телефон: +7 702 111 22 33")
    taken = world.answer(ALIYA, "да", to=challenge)
    assert (taken.decision, taken.lies) == ("held", "INBOX")
    assert world.person(ALIYA)["phones"] == ["+77021112233"]


def test_row_7b_an_expired_question(world: World) -> None:
    world.mail(ALIYA, UPDATE["ru"], NEW_PHONE, proof="weak")
    challenge = world.last(ALIYA)
    world.later(days=13)
    taken = world.answer(ALIYA, "да", to=challenge)
    assert (taken.decision, taken.lies) == ("held", "INBOX")
    assert world.request(taken)["reason"] == "token_unusable"
    assert world.person(ALIYA)["phones"] == ["+77010000001"]


# ---- rows 8, 9 and 9a ----


@pytest.mark.parametrize("text", ["Спасибо!", "рахмет", "Thanks", "ок", "👍", ""])
def test_row_8_courtesy_is_ignored(world: World, text: str) -> None:
    world.mail(ALIYA, UPDATE["ru"], NEW_PHONE)
    taken = world.answer(ALIYA, text)
    check(taken, "ignored", "INBOX")
    assert not taken.told and world.requests() == []


def test_row_8_needs_a_message_id_of_our_outbox(world: World) -> None:
    """Nothing else makes a mail a reply to ours: a quoted last line alone does not."""
    world.mail(ALIYA, UPDATE["ru"], NEW_PHONE)
    quoted = "\n".join(f"> {row}" for row in world.last(ALIYA).text.splitlines())
    assert world.mail(ALIYA, "Re:", f"Спасибо\n\n{quoted}").decision == "left"


def test_row_9_a_free_reply_is_held(world: World) -> None:
    world.mail(ALIYA, UPDATE["ru"], NEW_PHONE)
    taken = world.answer(ALIYA, "А почему так долго?")
    check(taken, "held", "INBOX", ALIYA)
    assert world.request(taken)["reason"] == "reply_to_ours" and len(taken.told) == 1


def test_row_9_a_tag_as_its_own_paragraph_is_a_new_request(world: World) -> None:
    first = world.mail(ALIYA, UPDATE["ru"], NEW_PHONE)
    taken = world.answer(ALIYA, UNSUBSCRIBE["ru"])
    check(taken, "applied", "Done", ALIYA)
    assert world.request(taken)["id"] != world.request(first)["id"]
    assert world.person(ALIYA)["news"] is False and world.person(ALIYA)["phones"] == [PHONE]


def test_row_9a_two_from_fields(world: World) -> None:
    taken = world.mail(ALIYA, UNSUBSCRIBE["ru"], headers=["From: other@example.org"])
    check(taken, "held", "INBOX")
    assert world.person(ALIYA)["news"] is True


@pytest.mark.parametrize("header", ["Subject: other", "Date: Mon, 1 Sep 2025 10:00:00 +0500", "To: x@example.org"])
def test_row_9a_a_once_only_header_twice(world: World, header: str) -> None:
    taken = world.mail(ALIYA, WITHDRAWAL["ru"], headers=[header])
    check(taken, "held", "INBOX")
    assert world.request(taken)["reason"] == "header_twice"
    assert world.person(ALIYA)["state"] == "active" and world.person(ALIYA)["news"] is True


@pytest.mark.parametrize("line", [f"From: {ALIYA}, {BORIS}", "From: nobody", "X-No-From: 1"])
def test_row_9a_not_one_mailbox_in_from(world: World, line: str) -> None:
    taken = world.mail(ALIYA, UNSUBSCRIBE["ru"], from_line=line)
    check(taken, "held", "INBOX")
    assert world.request(taken)["reason"] == "sender_unclear" and world.person(ALIYA)["news"] is True


def test_row_9a_the_same_message_id_with_another_text(world: World) -> None:
    world.mail(ALIYA, UPDATE["ru"], NEW_PHONE, message_id="<same@example.com>")
    taken = world.mail(ALIYA, UPDATE["ru"], "Телефон: +7 702 111 22 33", message_id="<same@example.com>")
    check(taken, "held", "INBOX", ALIYA)
    assert world.person(ALIYA)["phones"] == [PHONE]


# ---- rows 10 and 11 ----


def test_row_10_two_tags_the_unsubscribe_is_applied(world: World) -> None:
    taken = world.mail(ALIYA, UNSUBSCRIBE["ru"], f"{UPDATE['ru']}\n\n{NEW_PHONE}")
    check(taken, "applied", "Done", ALIYA)
    request = world.request(taken)
    assert (request["reason"], request["state"], request["open"]) == ("two_tags", "applied", ["operator"])
    assert world.person(ALIYA)["news"] is False and world.person(ALIYA)["phones"] == ["+77010000001"]
    assert "смотр" in taken.answer.text, "the receipt names the other one too"
    assert len(taken.told) == 1
    world.ok("requests", "release", request["id"])
    assert world.person(ALIYA)["phones"] == [PHONE]
    assert world.show(request["id"])["open"] == []


def test_row_10_a_withdrawal_held_beside_an_unsubscribe_can_be_released_to_its_end(world: World) -> None:
    world.policy(NO_OBLIGATIONS)
    taken = world.mail(ALIYA, WITHDRAWAL["ru"], UNSUBSCRIBE["ru"])
    check(taken, "applied", "Done", ALIYA)
    assert world.person(ALIYA)["state"] == "active" and world.person(ALIYA)["news"] is False
    world.ok("requests", "release", world.request(taken)["id"])
    assert world.person(ALIYA)["state"] == "blocked"
    world.poll()
    world.later(days=10)
    world.poll()
    assert world.persons(ALIYA)[0]["id"] is None


def test_row_10_two_tags_in_one_line_are_a_suggestion(world: World) -> None:
    taken = world.mail(ALIYA, f"{UNSUBSCRIBE['ru']}, {UPDATE['ru']}")
    assert (taken.decision, taken.lies) == ("left", "INBOX")
    assert world.person(ALIYA)["news"] is True


@pytest.mark.parametrize(
    ("subject", "body", "reason"),
    [
        (UPDATE["ru"], f"{WITHDRAWAL['ru']}", "several_kinds"),
        (UPDATE["ru"], f"{NEW_PHONE}\nИ отзываю согласие на обработку персональных данных.", "subject_body_disagree"),
        (
            WITHDRAWAL["ru"],
            "Прошу удалить данные моей мамы, её телефон +7 701 555 66 77.",
            "somebody_else",
        ),
        (WITHDRAWAL["ru"], "Я адвокат, действую по доверенности от имени клиента.", "representative"),
        (WITHDRAWAL["ru"], "Прошу удалить данные моего несовершеннолетнего ребёнка.", "minor"),
        (
            WITHDRAWAL["ru"],
            "---------- Forwarded message ----------\nFrom: Борис <boris@example.com>\nSubject: Отзыв\n\nПрошу.",
            "tag_over_forward",
        ),
    ],
)
def test_row_11_is_held_with_its_clock_and_reason(world: World, subject: str, body: str, reason: str) -> None:
    taken = world.mail(ALIYA, subject, body)
    check(taken, "held", "INBOX", ALIYA)
    request = world.request(taken)
    assert (request["state"], request["reason"], request["open"]) == ("held", reason, ["operator"])
    assert request["due_at"] and len(taken.told) == 1
    person = world.person(ALIYA)
    assert person["state"] == "active" and person["news"] is True and person["phones"] == ["+77010000001"]


@pytest.mark.parametrize(
    ("subject", "body"),
    [
        (UPDATE["en"], "My sister died last month."),
        (WITHDRAWAL["ru"], "Моя мама умерла в марте, прошу удалить её данные."),
        ("Хабарлама", "Сәлеметсіз бе, әкем қайтыс болды, хат жазбаңыздар."),
    ],
)
def test_row_11_a_death_gets_no_standard_answer(world: World, subject: str, body: str) -> None:
    taken = world.mail(ALIYA, subject, body)
    check(taken, "held" if subject in (UPDATE["en"], WITHDRAWAL["ru"]) else "left", "INBOX")
    request = world.request(taken)
    assert (request["reason"], request["open"]) == ("deceased", ["operator"]) and request["due_at"]
    assert len(taken.told) == 1 and world.person(ALIYA)["news"] is True


def test_row_11_an_unsubscribe_over_a_death_is_applied_without_an_answer(world: World) -> None:
    taken = world.mail(ALIYA, UNSUBSCRIBE["ru"], "Мой муж умер, это был его адрес.")
    check(taken, "applied", "Done")
    assert world.request(taken)["reason"] == "deceased" and world.request(taken)["open"] == ["operator"]
    assert world.person(ALIYA)["news"] is False


@pytest.mark.parametrize("asked", ["ask", "challenge", "receipt"])
def test_row_11_a_death_in_an_answer_to_us_ends_what_we_asked(world: World, asked: str) -> None:
    """No question is asked again, nothing is reminded, and whoever wrote is not told that it was "received"."""
    first = {
        "ask": lambda: world.mail(ALIYA, UPDATE["ru"], "Прошу обновить."),
        "challenge": lambda: world.mail(ALIYA, WITHDRAWAL["ru"], proof="none"),
        "receipt": lambda: world.mail(ALIYA, UPDATE["ru"], NEW_PHONE),
    }[asked]()
    taken = world.answer(ALIYA, "Это пишет её дочь. Мама умерла в пятницу, не пишите больше.", to=first.answer)
    check(taken, "held" if asked != "receipt" else "left", "INBOX")
    assert len(taken.told) == 1
    before = len([sent for sent in world.sent() if sent.to == ALIYA])
    for _ in range(2):
        world.later(days=3)
        world.poll()
    assert len([sent for sent in world.sent() if sent.to == ALIYA]) == before


@pytest.mark.parametrize("kind", [UPDATE["kk"], WITHDRAWAL["kk"], UNSUBSCRIBE["kk"]])
def test_row_11_who_is_under_age_by_the_record(world: World, kind: str) -> None:
    world.bring(f"email,birth_date,news,consent_at,consent_source\n{CHILD},2012-05-05,yes,2024-01-01,form\n")
    taken = world.mail(CHILD, kind, "Телефон: +7 701 234 56 78")
    request = world.request(taken)
    assert (request["reason"], request["open"]) == ("minor", ["operator"])
    assert world.person(CHILD)["phones"] == [] and world.person(CHILD)["news"] is (kind != UNSUBSCRIBE["kk"])


def test_row_11_who_states_to_be_under_age(world: World) -> None:
    taken = world.mail(ALIYA, UPDATE["ru"], "Дата рождения: 01.02.2013")
    assert world.request(taken)["reason"] == "minor" and world.person(ALIYA)["birth_date"] == "1990-05-05"
    number = world.request(taken)["id"]
    world.ok("requests", "release", number, "--checked", "видела свидетельство")
    assert world.person(ALIYA)["birth_date"] == "2013-02-01"


def test_row_11_a_withdrawal_that_asks_for_erasure_is_one_wish(world: World) -> None:
    taken = world.mail(ALIYA, WITHDRAWAL["ru"], "Прошу удалить все мои персональные данные.")
    assert taken.decision == "applied" and world.person(ALIYA)["state"] == "blocked"


def test_row_11_an_unsubscribe_with_a_question_is_one_wish(world: World) -> None:
    taken = world.mail(ALIYA, UNSUBSCRIBE["ru"], "Откуда у вас мой адрес?")
    assert taken.decision == "applied" and world.person(ALIYA)["news"] is False


@pytest.mark.parametrize(
    "body",
    [
        "Прошу не присылать рассылку моей маме, её почта mama@example.org.",
        "Я действую по доверенности от имени клиента.",
        "---------- Forwarded message ----------\nFrom: Борис <boris@example.com>\nSubject: Отзыв\n\nПрошу.",
    ],
)
def test_row_11_an_unsubscribe_of_that_address_is_applied_all_the_same(world: World, body: str) -> None:
    taken = world.mail(ALIYA, UNSUBSCRIBE["ru"], body)
    assert taken.decision == "applied"
    request = world.request(taken)
    assert request["open"] == ["operator"] and request["due_at"]
    assert world.person(ALIYA)["news"] is False


def test_row_11_fwd_is_a_suggestion(world: World) -> None:
    taken = world.mail(ALIYA, f"Fwd: {WITHDRAWAL['ru']}")
    assert (taken.decision, taken.lies) == ("left", "INBOX")
    assert world.request(taken)["reason"] == "suggestion"


def test_row_11_a_death_without_a_tag_is_a_suggestion(world: World) -> None:
    taken = world.mail(ALIYA, "Моя сестра умерла", "Прошу больше не присылать ей письма, она умерла в августе.")
    assert (taken.decision, taken.lies) == ("left", "INBOX")
    request = world.request(taken)
    assert (request["kind"], request["reason"]) == ("question", "deceased") and request["due_at"]


@pytest.mark.parametrize("wish", [UPDATE["ru"], WITHDRAWAL["ru"]])
def test_row_11a_too_old(world: World, wish: str) -> None:
    at = world.now() - timedelta(days=15)
    taken = world.mail(ALIYA, wish, NEW_PHONE, at=at, date=at)
    check(taken, "held", "INBOX", ALIYA)
    assert world.request(taken)["reason"] == "too_old" and world.request(taken)["due_at"]
    assert world.person(ALIYA)["phones"] == ["+77010000001"]


def test_row_11a_thirteen_days_are_not_too_old(world: World) -> None:
    at = world.now() - timedelta(days=13)
    assert world.mail(ALIYA, UPDATE["ru"], NEW_PHONE, at=at, date=at).decision == "applied"


def test_row_11a_an_old_unsubscribe_is_applied_all_the_same(world: World) -> None:
    at = world.now() - timedelta(days=15)
    taken = world.mail(ALIYA, UNSUBSCRIBE["ru"], at=at, date=at)
    assert taken.decision == "applied" and world.person(ALIYA)["news"] is False
    assert world.request(taken)["open"] == ["operator"]


def test_row_11b_the_breaker_of_withdrawals(world: World) -> None:
    world.policy("[limits]\nwithdrawals_per_hour = 1\n")
    assert world.mail(ALIYA, WITHDRAWAL["ru"]).decision == "applied"
    taken = world.mail(ALICE, WITHDRAWAL["en"])
    check(taken, "held", "INBOX", ALICE)
    assert world.request(taken)["reason"] == "breaker" and world.person(ALICE)["state"] == "active"
    world.later(hours=2)
    assert world.mail(BORIS, WITHDRAWAL["ru"]).decision == "applied"


def test_row_11b_the_breaker_of_unproven_unsubscribes(world: World) -> None:
    world.policy("[limits]\nunproven_unsubscribes_per_hour = 2\n")
    for number in range(2):
        assert world.mail(f"guest{number}@example.org", UNSUBSCRIBE["ru"], proof="weak").decision == "applied"
    check(world.mail("guest9@example.org", UNSUBSCRIBE["ru"], proof="weak"), "held", "INBOX")
    assert world.mail(ALIYA, UNSUBSCRIBE["ru"]).decision == "applied", "a proven one is not counted"


def test_row_11b_a_second_change_of_an_address_within_a_day(world: World) -> None:
    world.mail(ALIYA, UPDATE["ru"], f"Новая почта: {NEW}")
    world.answer(NEW, "да")
    taken = world.mail(NEW, UPDATE["ru"], "Новая почта: aliya.third@example.com")
    check(taken, "held", "INBOX", NEW)
    assert world.request(taken)["reason"] == "second_change" and world.person(NEW)["emails"] == [NEW]
    world.later(hours=25)
    assert world.mail(NEW, UPDATE["ru"], "Новая почта: aliya.fourth@example.com").decision == "challenged"


def test_row_11b_older_than_the_consent(world: World) -> None:
    consent = (world.now() - timedelta(days=1)).isoformat()
    world.bring(f"surname,email,news,consent_at,consent_source\nНовая,fresh@example.com,yes,{consent},site form\n")
    taken = world.mail("fresh@example.com", WITHDRAWAL["ru"], date=world.now() - timedelta(days=2))
    check(taken, "held", "INBOX", "fresh@example.com")
    assert world.request(taken)["reason"] == "older_than_consent"
    assert world.person("fresh@example.com")["state"] == "active"


# ---- rows 12 to 14: unsubscribe ----


@pytest.mark.parametrize("proof", ["authenticated", "weak", "none", "fail"])
def test_row_12_an_unsubscribe_of_an_address_on_file(world: World, proof: str) -> None:
    taken = world.mail(ALIYA, UNSUBSCRIBE["kk"], proof=proof)
    check(taken, "applied", "Done", ALIYA)
    request = world.request(taken)
    assert (request["state"], request["reason"], request["due_at"]) == ("applied", "unsubscribe_on_file", None)
    assert world.person(ALIYA)["news"] is False and world.person(ALIYA)["suppressed"] == ["news"]
    assert world.requests() == [] and not taken.told


def test_row_12_a_shared_address_is_unsubscribed_for_everybody(world: World) -> None:
    taken = world.mail(FAMILY, UNSUBSCRIBE["ru"])
    check(taken, "applied", "Done", FAMILY)
    assert [person["news"] for person in world.persons(FAMILY)] == [False, False]
    back = world.answer(FAMILY, "отменить")
    assert back.decision == "applied"
    assert [person["news"] for person in world.persons(FAMILY)] == [True, True]


def test_row_13_a_proven_unsubscribe_of_an_unknown_address(world: World) -> None:
    taken = world.mail(STRANGER, UNSUBSCRIBE["ru"])
    check(taken, "applied", "Done", STRANGER)
    assert world.request(taken)["reason"] == "unsubscribe_not_listed"
    assert world.persons(STRANGER) == [{"id": None, "state": "suppressed", "suppressed": ["news"]}]
    assert world.sql("SELECT until FROM suppression") == [(None,)]


@pytest.mark.parametrize("proof", ["weak", "none"])
def test_row_14_an_unproven_unsubscribe_of_an_unknown_address(world: World, proof: str) -> None:
    taken = world.mail(STRANGER, UNSUBSCRIBE["ru"], proof=proof)
    check(taken, "applied", "Done")
    assert world.request(taken)["reason"] == "unsubscribe_unproven"
    assert world.persons(STRANGER) == [{"id": None, "state": "suppressed", "suppressed": ["news"]}]
    until = datetime.fromisoformat(world.sql("SELECT until FROM suppression")[0][0] + "+00:00")
    assert timedelta(days=89) < until - world.now() < timedelta(days=91)


# ---- row 15: shared addresses ----


@pytest.mark.parametrize("wish", [UPDATE["ru"], WITHDRAWAL["ru"]])
def test_row_15_a_shared_address_without_a_name_is_held(world: World, wish: str) -> None:
    taken = world.mail(FAMILY, wish, NEW_PHONE)
    check(taken, "held", "INBOX", FAMILY)
    assert world.request(taken)["reason"] == "shared_address"
    assert [p["phones"] for p in world.persons(FAMILY)] == [["+77010000005"], ["+77010000006"]]
    assert [p["state"] for p in world.persons(FAMILY)] == ["active", "active"]


def test_row_15_the_text_names_one_of_them(world: World) -> None:
    first = world.mail(FAMILY, UPDATE["ru"], f"{NEW_PHONE}\n\nАлина Ким")
    check(first, "challenged", "Done", FAMILY)
    assert world.request(first)["reason"] == "shared_named"
    assert world.answer(FAMILY, "да").decision == "applied"
    assert [p["phones"] for p in world.persons(FAMILY)] == [[PHONE], ["+77010000006"]]


def test_row_15_the_text_names_both(world: World) -> None:
    taken = world.mail(FAMILY, UPDATE["ru"], f"{NEW_PHONE}\n\nАлина Ким и Виктор Ким")
    assert taken.decision == "held"


def test_row_15_a_withdrawal_of_one_leaves_the_other(world: World) -> None:
    world.policy(NO_OBLIGATIONS)
    world.mail(FAMILY, WITHDRAWAL["ru"], "Ким Виктор")
    assert world.answer(FAMILY, "да").decision == "applied"
    assert [p["state"] for p in world.persons(FAMILY)] == ["active", "blocked"]
    world.later(days=10)
    world.poll()
    assert [p["given_name"] for p in world.persons(FAMILY)] == ["Алина"]


# ---- row 16: updates ----


def test_row_16_what_is_stated_is_applied(world: World) -> None:
    body = "Фамилия: Ахметова\nДата рождения: 06.06.1991\nТелефон: 8 (701) 999-88-77"
    taken = world.mail(ALIYA, UPDATE["ru"], body)
    check(taken, "applied", "Done", ALIYA)
    request = world.request(taken)
    assert (request["kind"], request["state"], request["reason"]) == ("update", "applied", "update_proven")
    assert request["undo_until"]
    person = world.person(ALIYA)
    assert (person["surname"], person["birth_date"], person["phones"]) == ("Ахметова", "1991-06-06", [PHONE])
    assert person["given_name"] == "Әлия" and person["emails"] == [ALIYA]


def test_row_16_what_is_unclear_is_asked_back_in_the_same_answer(world: World) -> None:
    first = world.mail(ALIYA, UPDATE["ru"], f"{NEW_PHONE}\nДата рождения: 05.06.91")
    check(first, "applied", "Done", ALIYA)
    person = world.person(ALIYA)
    assert person["phones"] == [PHONE] and person["birth_date"] == "1990-05-05"
    assert "дата рождения" in first.answer.text
    taken = world.answer(ALIYA, "Дата рождения: 05.06.1991")
    check(taken, "applied", "Done", ALIYA)
    assert world.person(ALIYA)["birth_date"] == "1991-06-05" and world.person(ALIYA)["phones"] == [PHONE]


def test_row_16_an_answer_with_an_open_question_still_takes_an_undo(world: World) -> None:
    world.mail(ALIYA, UPDATE["ru"], f"{NEW_PHONE}\nДата рождения: 05.06.91")
    assert world.answer(ALIYA, "отменить").decision == "applied"
    assert world.person(ALIYA)["phones"] == ["+77010000001"]


def test_row_16_only_unclear_is_an_ask(world: World) -> None:
    taken = world.mail(ALIYA, UPDATE["ru"], "Дата рождения: 05.06.91")
    check(taken, "asked", "Done", ALIYA)
    assert world.request(taken)["reason"] == "fields_unclear" and world.person(ALIYA)["birth_date"] == "1990-05-05"


def test_row_16_what_is_on_file_already_is_not_called_changed(world: World) -> None:
    taken = world.mail(ALIYA, UPDATE["ru"], "Телефон: +7 701 000 00 01")
    check(taken, "applied", "Done", ALIYA)
    assert "изменили" not in taken.answer.text and "ОТМЕНИТЬ" not in taken.answer.text


def test_row_16_nothing_found_is_an_ask(world: World) -> None:
    taken = world.mail(ALIYA, UPDATE["en"], "Please update my data.")
    check(taken, "asked", "Done", ALIYA)
    request = world.request(taken)
    assert (request["state"], request["reason"]) == ("asked", "fields_missing") and request["due_at"]
    assert due(request) == working_day(received(request), 3, 18)


def test_row_16_a_new_address_is_not_on_file_before_its_yes(world: World) -> None:
    taken = world.mail(ALIYA, UPDATE["ru"], f"Новая почта: {NEW}\n{NEW_PHONE}")
    check(taken, "applied", "Done", ALIYA, NEW)
    person = world.person(ALIYA)
    assert person["phones"] == [PHONE] and person["emails"] == [ALIYA]
    assert world.request(taken)["open"] == ["new_address"]
    assert [r["id"] for r in world.requests()] == [world.request(taken)["id"]], "listed until nothing of it is open"
    check(world.mail(NEW, UPDATE["ru"], "Телефон: +7 702 111 22 33"), "held", "INBOX", NEW)


def test_row_16_an_undo_closes_the_question_to_the_new_address(world: World) -> None:
    first = world.mail(ALIYA, UPDATE["ru"], f"Новая почта: {NEW}\n{NEW_PHONE}")
    assert world.answer(ALIYA, "отменить").decision == "applied"
    assert world.person(ALIYA)["phones"] == ["+77010000001"] and world.request(first)["open"] == []
    late = world.answer(NEW, "да")
    assert (late.decision, late.lies) == ("held", "INBOX")
    assert world.person(ALIYA)["emails"] == [ALIYA] and world.persons(NEW) == []


def test_row_16_a_changed_address_can_be_undone_for_72_hours(world: World) -> None:
    world.mail(ALIYA, UPDATE["ru"], f"Новая почта: {NEW}")
    world.answer(NEW, "да")
    world.later(hours=73)
    assert world.answer(ALIYA, "отменить").decision == "held"
    assert world.person(NEW)["emails"] == [NEW]


def test_row_16_a_new_address_of_somebody_else_on_file_is_asked_all_the_same(world: World) -> None:
    """The writer learns nothing of who else is on file; only the owner of that address can say yes."""
    check(world.mail(ALIYA, UPDATE["ru"], f"Новая почта: {ALICE}"), "challenged", "Done", ALIYA, ALICE)
    assert world.person(ALIYA)["emails"] == [ALIYA]


def test_row_16_with_two_addresses_the_writing_one_is_replaced(world: World) -> None:
    new = "boris.new@example.com"
    world.mail(BORIS_SECOND, UPDATE["ru"], f"Новая почта: {new}")
    taken = world.answer(new, "да")
    assert sorted(answer.to for answer in taken.answers) == sorted([new, BORIS, BORIS_SECOND])
    assert sorted(world.person(BORIS)["emails"]) == sorted([BORIS, new])


def test_row_16_with_two_phones_it_asks_which(world: World) -> None:
    taken = world.mail(BORIS, UPDATE["ru"], NEW_PHONE)
    check(taken, "asked", "Done", BORIS)
    assert world.person(BORIS)["phones"] == ["+77010000002", "+77010000003"]


def test_row_16_documents_wait_for_the_operator(world: World) -> None:
    world.policy('[fields]\npreset = "documents"\n')
    first = world.mail(ALIYA, UPDATE["ru"], f"Фамилия: Ахметова\n{NEW_PHONE}")
    check(first, "applied", "Done", ALIYA)
    request = world.request(first)
    assert request["pending"] == [{"field": "surname", "waits_for": "operator"}] and request["open"] == ["operator"]
    person = world.person(ALIYA)
    assert person["phones"] == [PHONE] and person["surname"] == "Сәрсенова"
    assert "фамилия" in first.answer.text.casefold() and len(first.told) == 1
    assert due(request) == working_day(received(request), 1, 18)
    world.ok("requests", "release", request["id"], "--checked", "saw the card")
    assert world.person(ALIYA)["surname"] == "Ахметова"
    assert world.show(request["id"])["open"] == []


def test_row_16_documents_alone_are_held(world: World) -> None:
    world.policy('[fields]\npreset = "documents"\n')
    taken = world.mail(ALIYA, UPDATE["ru"], "Фамилия: Ахметова")
    check(taken, "held", "INBOX", ALIYA)
    assert world.request(taken)["reason"] == "fields_for_operator"
    world.ok("requests", "refuse", world.request(taken)["id"], "--reason", "no_document")
    world.poll()
    assert world.person(ALIYA)["surname"] == "Сәрсенова"
    assert world.templates(world.request(taken)["id"])[-1] == ("refused", ALIYA)


# ---- row 17: unproven, on file ----


@pytest.mark.parametrize(
    ("proof", "reason"), [("weak", "sender_weak"), ("none", "sender_unproven"), ("fail", "sender_unproven")]
)
def test_row_17_an_unproven_update_changes_nothing(world: World, proof: str, reason: str) -> None:
    before = world.person(ALIYA)
    taken = world.mail(ALIYA, UPDATE["kk"], f"Жаңа нөмірім: {PHONE}", proof=proof)
    check(taken, "challenged", "Done", ALIYA)
    request = world.request(taken)
    assert (request["state"], request["reason"]) == ("challenged", reason)
    assert due(request) == working_day(received(request), 3, 18)
    assert world.person(ALIYA) == before
    first_lines = taken.answer.text.split("\n\n")[1].splitlines()[:3]
    assert any("ИӘ" in line for line in first_lines)


@pytest.mark.parametrize("proof", ["weak", "none"])
def test_row_17_an_unproven_withdrawal_stops_the_news_alone(world: World, proof: str) -> None:
    taken = world.mail(ALIYA, WITHDRAWAL["en"], proof=proof)
    check(taken, "challenged", "Done", ALIYA)
    person = world.person(ALIYA)
    assert (person["state"], person["processing"], person["news"]) == ("active", True, False)
    assert person["suppressed"] == ["news"]
    assert "stopped sending you news" in taken.answer.text


def test_row_17_no_second_challenge_while_one_is_open(world: World) -> None:
    first = world.mail(ALIYA, UPDATE["ru"], NEW_PHONE, proof="weak")
    again = world.mail(ALIYA, UPDATE["ru"], NEW_PHONE, proof="weak")
    check(again, "challenged", "Done")
    assert len([r for r in world.requests() if r["kind"] == "update"]) == 1
    other = world.mail(ALIYA, UPDATE["ru"], "Телефон: +7 702 111 22 33", proof="weak")
    assert not other.answers and world.request(first)["state"] == "challenged"
    assert world.answer(ALIYA, "да").decision == "applied"
    assert world.person(ALIYA)["phones"] == [PHONE]


def test_row_17_a_reply_to_elsewhere_makes_it_weak(world: World) -> None:
    taken = world.mail(ALIYA, UPDATE["ru"], NEW_PHONE, headers=["Reply-To: attacker@example.org"])
    check(taken, "challenged", "Done", ALIYA)
    assert world.request(taken)["reason"] == "sender_weak" and world.person(ALIYA)["phones"] == ["+77010000001"]


@pytest.mark.parametrize("wish", [UPDATE["ru"], WITHDRAWAL["ru"]])
@pytest.mark.parametrize("header", ["In-Reply-To", "References"])
def test_a_mail_that_answers_a_strangers_mail_is_weak(world: World, wish: str, header: str) -> None:
    taken = world.mail(ALIYA, wish, NEW_PHONE, headers=[f"{header}: <bait@attacker.example.org>"])
    check(taken, "challenged", "Done", ALIYA)
    assert world.person(ALIYA)["phones"] == ["+77010000001"] and world.person(ALIYA)["state"] == "active"


def test_a_mail_that_answers_his_own_earlier_mail_is_proven(world: World) -> None:
    first = world.mail(ALIYA, "Вопрос о курсе", "Когда начало?")
    taken = world.mail(ALIYA, UPDATE["ru"], NEW_PHONE, headers=[f"In-Reply-To: {first.letter.message_id}"])
    check(taken, "applied", "Done", ALIYA)


def test_a_mail_that_answers_somebody_elses_mail_in_our_ledger_is_weak(world: World) -> None:
    first = world.mail(STRANGER, "Вопрос о курсе", "Когда начало?")
    taken = world.mail(ALIYA, UPDATE["ru"], NEW_PHONE, headers=[f"In-Reply-To: {first.letter.message_id}"])
    check(taken, "challenged", "Done", ALIYA)


def test_a_quoted_last_line_does_not_make_a_strangers_thread_ours(world: World) -> None:
    world.mail(ALIYA, UNSUBSCRIBE["ru"])
    token = world.last(ALIYA).text.rstrip().splitlines()[-1]
    body = f"{NEW_PHONE}\n\nOn Monday, Bait wrote:\n> {token}"
    taken = world.mail(ALIYA, UPDATE["ru"], body, headers=["In-Reply-To: <bait@attacker.example.org>"])
    assert taken.decision == "challenged" and world.person(ALIYA)["phones"] == ["+77010000001"]


# ---- rows 18 to 20: withdrawals ----


@pytest.mark.parametrize("policy", [NO_OBLIGATIONS, REGISTER])
def test_row_18_no_obligation_can_be_open(world: World, policy: str) -> None:
    world.policy(policy)
    taken = world.mail(ALIYA, WITHDRAWAL["ru"])
    check(taken, "applied", "Done", ALIYA)
    request = world.request(taken)
    assert (request["state"], request["reason"], request["open"]) == ("applied", "withdrawal_proven", [])
    destroy_at = datetime.fromisoformat(request["destroy_at"])
    assert destroy_at == working_day(world.now(), 1, 17)
    assert world.person(ALIYA)["block"] == {"why": "withdrawal", "until": request["destroy_at"]}
    assert world.requests() == [] and not taken.told
    world.later(days=10)
    world.poll()
    assert world.persons(ALIYA)[0]["id"] is None
    world.poll()
    assert len([s for s in world.sent() if s.to == ALIYA]) == 2, "one receipt, one final mail"


def test_row_19_the_operator_is_asked_and_says_no(world: World) -> None:
    taken = world.mail(ALIYA, WITHDRAWAL["ru"])
    check(taken, "applied", "Done", ALIYA)
    request = world.request(taken)
    assert (request["reason"], request["open"]) == ("obligations_asked", ["obligations"])
    assert due(request) == working_day(received(request), 1, 18) and request["destroy_at"] is None
    assert world.person(ALIYA)["state"] == "blocked", "the stop does not wait"
    assert len(taken.told) == 1 and f"№ {request['id']}" in taken.told[0].text
    assert "«1 да» – есть, данные пока сохранить; «1 нет» – нет, уничтожить в срок." in taken.told[0].text

    world.later(days=10)
    world.poll()
    assert world.person(ALIYA)["state"] == "blocked", "silence never destroys"
    world.later(days=-10)

    world.ok("requests", "release", request["id"], "--checked", "looked into the list of courses")
    released = world.show(request["id"])
    assert released["open"] == [] and released["destroy_at"] and released["checked"]
    world.poll()
    assert world.person(ALIYA)["state"] == "blocked"
    world.later(days=10)
    world.poll()
    assert world.persons(ALIYA)[0]["id"] is None
    assert world.show(request["id"])["reason"] == "destroyed"


def test_row_19_the_operator_says_yes_it_is_refused_in_part(world: World) -> None:
    number = world.request(world.mail(ALIYA, WITHDRAWAL["ru"]))["id"]
    world.ok("requests", "refuse", number, "--reason", "obligation")
    assert world.poll()["sent"] == 1
    assert world.templates(number)[-1] == ("withdrawal-partial", ALIYA)
    person = world.person(ALIYA)
    assert person["block"]["why"] == "obligation" and person["news"] is False and person["obligations"] == 1
    assert "суд" in world.last(ALIYA).text, "a refusal says where to complain"
    world.later(days=30)
    world.poll()
    assert world.person(ALIYA)["state"] == "blocked"
    world.ok("requests", "release", number)
    world.poll()
    world.later(days=10)
    world.poll()
    assert world.persons(ALIYA)[0]["id"] is None, "destroyed once the obligation is closed"
    assert world.last(ALIYA).subject.endswith("данные уничтожены")


def test_row_19_silence_reminds_the_operator(world: World) -> None:
    taken = world.mail(ALIYA, WITHDRAWAL["ru"])
    number = world.request(taken)["id"]
    told = len([s for s in world.sent() if s.to == OWNER])
    world.later(days=6)
    world.poll()
    reminders = [s for s in world.sent() if s.to == OWNER][told:]
    assert any(number in mail.text for mail in reminders)


OBLIGED = """\
surname,given_name,email,phone,news,consent_at,consent_source,obligation_until
Должник,Пётр,petr@example.com,+77010000009,yes,2025-01-10,site form,2031-12-31
"""


@pytest.mark.parametrize("policy", [REGISTER, ""])
def test_row_20_an_open_obligation_is_refused_in_part(world: World, policy: str) -> None:
    if policy:
        world.policy(policy)
    world.bring(OBLIGED)
    taken = world.mail("petr@example.com", WITHDRAWAL["ru"])
    check(taken, "applied", "Done", "petr@example.com")
    request = world.request(taken)
    assert (request["reason"], request["open"]) == ("obligation_open", ["obligations"])
    person = world.person("petr@example.com")
    assert person["block"]["why"] == "obligation" and person["news"] is False and person["obligations"] == 1
    world.later(days=30)
    world.poll()
    assert world.person("petr@example.com")["id"] == person["id"]
    world.ok("requests", "release", request["id"])
    world.poll()
    world.later(days=10)
    world.poll()
    assert world.persons("petr@example.com")[0]["id"] is None


def test_row_20_says_until_when_it_is_kept(world: World) -> None:
    world.policy(REGISTER)
    world.bring(OBLIGED)
    taken = world.mail("petr@example.com", WITHDRAWAL["ru"])
    assert "31 декабря 2031" in taken.answer.text


# ---- rows 21 and 22: unknown writers ----


def test_row_21_an_update_of_a_proven_unknown_writer(world: World) -> None:
    taken = world.mail(STRANGER, UPDATE["ru"], NEW_PHONE)
    check(taken, "held", "INBOX", STRANGER)
    request = world.request(taken)
    assert (request["state"], request["reason"]) == ("held", "person_unknown")
    assert due(request) == working_day(received(request), 1, 18)
    assert world.persons(STRANGER) == []


def test_row_21_a_withdrawal_suppresses_the_writing_address_for_news(world: World) -> None:
    taken = world.mail(STRANGER, WITHDRAWAL["ru"])
    check(taken, "held", "INBOX", STRANGER)
    assert world.persons(STRANGER) == [{"id": None, "state": "suppressed", "suppressed": ["news"]}]


def test_row_21_another_address_that_is_named_gets_the_challenge(world: World) -> None:
    world.policy(NO_OBLIGATIONS)
    known = world.mail(STRANGER, WITHDRAWAL["ru"], f"Моя почта: {ALIYA}")
    check(known, "held", "INBOX", STRANGER, ALIYA)
    unknown = world.mail("other@example.org", WITHDRAWAL["ru"], "Моя почта: nobody@example.com")
    check(unknown, "held", "INBOX", "other@example.org")

    def words(taken: Taken, to: str) -> str:
        answer = next(a for a in taken.answers if a.to == to)
        text = answer.text.replace(answer.number, "N")
        return re.sub(r"\[[a-z2-7]{26}\]|\d\d:\d\d", "", text)

    assert words(known, STRANGER) == words(unknown, "other@example.org"), "the writer reads the same words either way"
    assert world.person(ALIYA)["state"] == "active" and world.person(ALIYA)["news"] is True
    assert world.answer(ALIYA, "да").decision == "applied"
    assert world.person(ALIYA)["state"] == "blocked"


@pytest.mark.parametrize("words", ["Мой адрес был {}", "Прежний адрес: {}", "Я писал вам с {}", "Менің поштам {}"])
def test_row_21_however_it_is_named(world: World, words: str) -> None:
    taken = world.mail(STRANGER, WITHDRAWAL["ru"], words.format(ALIYA))
    check(taken, "held", "INBOX", STRANGER, ALIYA)


def test_row_21_an_answer_with_another_address_is_not_lost(world: World) -> None:
    """The answer asks for another address; whoever writes it in reply reaches the operator."""
    world.mail(STRANGER, UPDATE["ru"], NEW_PHONE)
    taken = world.answer(STRANGER, f"Мой адрес у вас: {ALIYA}")
    assert taken.decision in ("held", "challenged") and world.person(ALIYA)["phones"] == ["+77010000001"]


@pytest.mark.parametrize("proof", ["weak", "none"])
@pytest.mark.parametrize("wish", [UPDATE["ru"], WITHDRAWAL["ru"]])
def test_row_22_an_unproven_unknown_writer_is_not_answered(world: World, wish: str, proof: str) -> None:
    taken = world.mail(STRANGER, wish, f"{NEW_PHONE}\nпрежний адрес: {ALIYA}", proof=proof)
    check(taken, "held", "INBOX")
    request = world.request(taken)
    assert request["reason"] == "person_unknown_unproven" and request["due_at"]
    assert world.persons(STRANGER) == []


# ---- rows 23 to 25 ----


RIGHTS = [
    ("access", "Какие мои персональные данные вы храните?"),
    ("erasure", "Удалите мои персональные данные"),
    ("restriction", "Прошу ограничить обработку моих персональных данных"),
    ("objection", "Я против обработки моих персональных данных"),
    ("complaint", "Жалоба на обработку персональных данных"),
    ("question", "Как вы обрабатываете персональные данные?"),
]


@pytest.mark.parametrize(("kind", "text"), RIGHTS)
def test_row_23_other_rights_are_left_for_the_operator(world: World, kind: str, text: str) -> None:
    before = world.person(ALIYA)
    taken = world.mail(ALIYA, text)
    check(taken, "left", "INBOX", ALIYA)
    request = world.request(taken)
    assert (request["kind"], request["state"], request["reason"]) == (kind, "left", "other_right")
    days = 1 if kind in ("erasure", "restriction", "complaint") else 3  # unlawful processing is blocked within a day
    assert due(request) == working_day(received(request), days, 18)
    assert [r["id"] for r in world.requests()] == [request["id"]] and len(taken.told) == 1
    assert world.person(ALIYA) == before


@pytest.mark.parametrize(("sender", "proof"), [(ALIYA, "weak"), (STRANGER, "authenticated")])
def test_row_23_only_the_proven_on_file_get_a_receipt(world: World, sender: str, proof: str) -> None:
    check(world.mail(sender, "Удалите мои персональные данные", proof=proof), "left", "INBOX")


@pytest.mark.parametrize(
    "subject",
    ["Не отзываю согласие на обработку персональных данных", "Вопрос про отзыв согласия на обработку данных",
     "Отзыв согласия на обработку персональных данных?", f"Хочу: {WITHDRAWAL['ru']} срочно"],
)  # fmt: skip
def test_row_24_a_suggestion_never_acts(world: World, subject: str) -> None:
    taken = world.mail(ALIYA, subject)
    assert (taken.decision, taken.lies) == ("left", "INBOX")
    person = world.person(ALIYA)
    assert person["state"] == "active" and person["news"] is True
    assert world.request(taken)["due_at"] and len(taken.answers) == 1


def test_row_24_an_unproven_suggestion_is_not_answered(world: World) -> None:
    taken = world.mail(ALIYA, "Хочу отозвать согласие", proof="weak")
    check(taken, "left", "INBOX")
    assert world.request(taken)["reason"] == "suggestion"


def test_row_25_ordinary_mail_is_left(world: World) -> None:
    taken = world.mail(ALIYA, "Счёт за курс", "Пришлите, пожалуйста, счёт.")
    check(taken, "left", "INBOX")
    request = world.request(taken)
    assert (request["kind"], request["due_at"], request["reason"]) == (None, None, "no_tag")
    assert world.requests() == [] and request["id"] in [r["id"] for r in world.requests("--all")] and not taken.told


# ---- section 3: what proves ----


def test_section_3_an_unproven_sender_observes_nothing(world: World) -> None:
    """The same mail in the name of an address on file and of an unknown one: nothing goes to the real writer."""
    for wish in (UPDATE["ru"], WITHDRAWAL["ru"], UNSUBSCRIBE["ru"], "Какие данные вы храните?", "Resubscribe"):
        for address in (QUIET, STRANGER):
            headers = ["Reply-To: attacker@example.net"]
            taken = world.mail(address, wish, f"{NEW_PHONE}\nattacker@example.net", proof="weak", headers=headers)
            assert all(answer.to == QUIET for answer in taken.answers), (wish, address)
    assert not [s for s in world.sent() if s.to in ("attacker@example.net", STRANGER)]


@pytest.mark.parametrize(
    ("result", "decision"),
    [
        ("dmarc=pass header.from=example.com", "applied"),
        ("dkim=pass header.d=example.com", "applied"),
        ("dkim=pass header.i=@example.com", "applied"),
        ("dkim=pass header.d=evil.example header.i=aliya@example.com", "challenged"),
        ("dkim=pass header.d=example.com; dmarc=fail header.from=example.com", "challenged"),
        ("dmarc=pass header.from=example.org", "challenged"),
        ("spf=pass smtp.mailfrom=example.com", "challenged"),
        ("dkim=fail header.d=example.com", "challenged"),
    ],
)
def test_section_3_what_authenticates(world: World, result: str, decision: str) -> None:
    octets = world.octets(ALIYA, UPDATE["ru"], NEW_PHONE, proof="")
    assert world.take(f"Authentication-Results: {HOST}; {result}\r\n".encode() + octets).decision == decision


def test_section_3_a_forged_result_below_the_border_counts_for_nothing(world: World) -> None:
    forged = [f"Authentication-Results: {HOST}; dmarc=pass header.from=example.com"]
    taken = world.mail(ALIYA, UPDATE["ru"], NEW_PHONE, proof="", headers=forged)
    assert taken.decision == "challenged"


def test_section_3_a_result_of_an_unknown_host_counts_for_nothing(world: World) -> None:
    octets = world.octets(ALIYA, UPDATE["ru"], NEW_PHONE, proof="")
    top = b"Authentication-Results: mx.attacker.example.org; dmarc=pass header.from=example.com\r\n"
    assert world.take(top + octets).decision == "challenged"


# ---- section 4: nobody who is proven waits in silence ----


def test_section_4_a_hold_owes_a_receipt_with_a_date(world: World) -> None:
    taken = world.mail(ALIYA, UPDATE["ru"], "Прошу изменить данные моей мамы, её телефон +7 701 555 66 77.")
    request = world.request(taken)
    day = due(request).astimezone(ALMATY)
    assert request["id"] in taken.answer.text and f"{day.day} " in taken.answer.text and "18:00" in taken.answer.text


def test_section_4_the_receipt_can_be_switched_off(world: World) -> None:
    world.policy("[answers]\nreceived = false\n")
    check(world.mail(ALIYA, "Удалите мои персональные данные"), "left", "INBOX")


def test_section_4_a_challenge_is_reminded_once(world: World) -> None:
    first = world.mail(ALIYA, UPDATE["ru"], NEW_PHONE, proof="weak")
    due_at = due(world.request(first))
    assert due_at - world.now() > timedelta(hours=25)
    world.later(hours=25)
    assert world.poll()["sent"] == 1
    assert world.poll()["sent"] == 0
    assert world.answer(ALIYA, "да").decision == "applied", "the reminder's token is as good"
    assert world.person(ALIYA)["phones"] == [PHONE]


def test_section_4_an_unanswered_challenge_is_refused_and_expires(world: World) -> None:
    first = world.mail(ALIYA, WITHDRAWAL["ru"], proof="weak")
    due_at = due(world.request(first))
    world.ahead = due_at - datetime.now(due_at.tzinfo) + timedelta(hours=1)
    world.poll()
    request = world.request(first)
    assert (request["state"], request["reason"]) == ("expired", "not_confirmed")
    assert ("refused", ALIYA) in world.templates(request["id"])
    assert world.person(ALIYA)["state"] == "active" and world.person(ALIYA)["news"] is False


def test_section_4_a_repeated_proven_withdrawal_is_answered_with_the_state_once_a_day(world: World) -> None:
    first = world.mail(ALIYA, WITHDRAWAL["ru"])
    number = world.request(first)["id"]
    again = world.mail(ALIYA, WITHDRAWAL["ru"])
    check(again, "applied", "Done", ALIYA)
    assert again.answer.number == number
    check(world.mail(ALIYA, WITHDRAWAL["ru"]), "applied", "Done")
    assert [r["id"] for r in world.requests()] == [number], "still one request"


def test_section_4_a_repeated_proven_update_is_answered_with_the_state(world: World) -> None:
    first = world.mail(ALIYA, UPDATE["ru"], NEW_PHONE)
    again = world.mail(ALIYA, UPDATE["ru"], NEW_PHONE)
    check(again, "applied", "Done", ALIYA)
    assert world.person(ALIYA)["phones"] == [PHONE]
    assert world.answer(ALIYA, "отменить", to=first.answer).decision == "applied"
    assert world.person(ALIYA)["phones"] == ["+77010000001"], "a repeat does not use up the undo"


def test_section_4_a_repeated_update_is_one_request_answered_once_a_day(world: World) -> None:
    first = world.mail(ALIYA, UPDATE["ru"], NEW_PHONE)
    check(world.mail(ALIYA, UPDATE["ru"], NEW_PHONE), "applied", "Done", ALIYA)
    check(world.mail(ALIYA, UPDATE["ru"], NEW_PHONE), "applied", "Done")
    assert [r["id"] for r in world.requests("--all")] == [world.request(first)["id"]]


def test_section_4_a_repeated_ask_is_answered_with_the_state(world: World) -> None:
    world.mail(ALIYA, UPDATE["ru"], "Прошу обновить мои данные.")
    again = world.mail(ALIYA, UPDATE["ru"], "Прошу обновить мои данные.")
    check(again, "asked", "Done", ALIYA)


def test_section_4_a_better_proven_mail_supersedes_a_weaker_one(world: World) -> None:
    weak = world.mail(ALIYA, WITHDRAWAL["ru"], proof="weak")
    challenge = world.last(ALIYA)
    assert world.mail(ALIYA, WITHDRAWAL["ru"]).decision == "applied"
    request = world.request(weak)
    assert (request["state"], request["reason"]) == ("expired", "superseded")
    assert world.answer(ALIYA, "нет", to=challenge).decision == "held", "its question is closed"
    assert world.person(ALIYA)["state"] == "blocked"


def test_section_4_an_unproven_mail_never_closes_a_proven_one(world: World) -> None:
    asked = world.mail(ALIYA, UPDATE["ru"], "Прошу обновить мои данные.")
    question = world.last(ALIYA)
    fake = world.mail(ALIYA, UPDATE["ru"], "Телефон: +7 702 111 22 33", proof="none")
    assert fake.decision in ("challenged", "held") and world.request(asked)["state"] == "asked"
    assert world.answer(ALIYA, NEW_PHONE, to=question).decision == "applied"
    assert world.person(ALIYA)["phones"] == [PHONE]


def test_section_4_an_unproven_mail_does_not_delay_a_proven_one(world: World) -> None:
    """Held by documents (proven); the same unproven does not take its place."""
    world.policy('[fields]\npreset = "documents"\n')
    held = world.mail(ALIYA, UPDATE["ru"], "Фамилия: Ахметова")
    fake = world.mail(ALIYA, UPDATE["ru"], "Фамилия: Ахметова", proof="none")
    assert fake.decision in ("held", "challenged") and world.person(ALIYA)["surname"] == "Сәрсенова"
    before = world.request(held)
    assert (before["state"], before["reason"], before["open"]) == ("held", "fields_for_operator", ["operator"])


def test_section_4_caps_of_one_address(world: World) -> None:
    texts = [f"Удалите мои персональные данные, {number}" for number in range(5)]
    answered = [len(world.mail(ALIYA, text).answers) for text in texts]
    assert answered == [1, 1, 1, 0, 0], "replies_per_day is 3"
    world.later(hours=25)
    assert len(world.mail(ALIYA, "Удалите мои персональные данные, снова").answers) == 1


def test_section_4_unproven_mail_does_not_use_up_the_share_of_proven_mail(world: World) -> None:
    world.policy("[limits]\nreplies_per_day = 1\n")
    assert len(world.mail(ALIYA, UPDATE["ru"], NEW_PHONE, proof="weak").answers) == 1
    assert len(world.mail(ALIYA, "Удалите мои персональные данные").answers) == 1


def test_section_4_a_receipt_of_what_was_done_is_never_capped(world: World) -> None:
    world.policy("[limits]\nreplies_per_day = 1\n")
    for number in range(3):
        assert len(world.mail(ALIYA, UPDATE["ru"], f"Телефон: +7 702 111 22 3{number}").answers) == 1


# ---- section 5: what an answer says ----


@pytest.mark.parametrize(
    ("subject", "body", "language"),
    [
        (UPDATE["kk"], "Жаңа нөмірім: +7 701 999 88 77", "kk"),
        (UPDATE["kk"], "Телефон: +7 701 999 88 77", "kk"),
        (UPDATE["ru"], "Телефон: +7 701 999 88 77", "ru"),
        (UPDATE["ru"], "Жаңа нөмірім: +7 701 999 88 77", "kk"),
        (UPDATE["kk"], "Мой новый номер: +7 701 999 88 77", "ru"),
        (UPDATE["en"], "", "en"),
        (WITHDRAWAL["ru"], "", "ru"),
        (WITHDRAWAL["kk"], "", "kk"),
    ],
)
def test_section_5_the_language_of_an_answer(world: World, subject: str, body: str, language: str) -> None:
    assert world.mail(ALIYA, subject, body).answer.language == language


@pytest.mark.parametrize(
    ("word", "language"), [("қайтару", "kk"), ("отменить", "ru"), ("отмена", "ru"), ("undo", "en")]
)
def test_section_5_the_language_of_one_word(world: World, word: str, language: str) -> None:
    world.mail(ALIYA, UPDATE["ru"], NEW_PHONE)
    assert world.answer(ALIYA, word).answer.language == language


def test_section_5_no_subject_and_no_line_of_ours_is_a_tag(world: World) -> None:
    for wish in (UNSUBSCRIBE, UPDATE, WITHDRAWAL):
        for language in ("kk", "ru", "en"):
            world.mail(BORIS, wish[language], "", proof="weak")
    tags = {tag.casefold() for wish in (UNSUBSCRIBE, UPDATE, WITHDRAWAL) for tag in wish.values()} | {"unsubscribe"}
    for sent in world.sent():
        lines = [sent.subject, *sent.text.splitlines()]
        assert not {line.strip(" .:«»").casefold() for line in lines} & tags
        assert sent.number in sent.subject


def test_section_5_at_most_eight_lines_before_the_signature(world: World) -> None:
    world.policy('[fields]\npreset = "documents"\n')
    for body in (f"Новая почта: {NEW}\n{NEW_PHONE}\nФамилия: Ахметова\nДата рождения: 05.06.91", "", NEW_PHONE):
        world.mail(ALIYA, UPDATE["ru"], body)
    for wish in (UNSUBSCRIBE, WITHDRAWAL):
        world.mail(BORIS, wish["ru"], proof="weak")
        world.mail(BORIS, wish["ru"])
    world.ok("requests", "refuse", world.requests("--kind", "withdrawal")[0]["id"], "--reason", "obligation")
    world.poll()
    for sent in (sent for sent in world.sent() if sent.to != OWNER):
        text = sent.text.removeprefix("Ответ пишите над этой строкой")
        lines = [line for line in text.partition("рограмма")[0].splitlines() if line.strip()]
        of_a_field = r"(Фамилия|Имя|Отчество|Телефон|(Дата|Место) рождения|Электронная почта)(:.*)?|Не поняли: .*"
        rest = [line for line in lines if not re.fullmatch(of_a_field, line)]  # those of single fields come on top
        assert len(rest) - 1 <= 8, sent.text


# ---- section 6: stop, block, suppress ----


def test_section_6_a_stopped_person_is_not_exported_and_not_changed(world: World) -> None:
    world.mail(ALIYA, WITHDRAWAL["ru"])
    path = world.root / "export.csv"
    world.ok("people", "export", path)
    assert ALIYA not in path.read_text(encoding="utf-8") and BORIS in path.read_text(encoding="utf-8")
    taken = world.mail(ALIYA, UPDATE["ru"], NEW_PHONE)
    check(taken, "held", "INBOX", ALIYA)
    assert world.request(taken)["reason"] == "person_stopped" and world.person(ALIYA)["phones"] == ["+77010000001"]


def test_section_6_a_dispute_blocks_the_destruction_too(world: World) -> None:
    world.policy(NO_OBLIGATIONS)
    world.ok("people", "block", ALIYA)
    assert world.person(ALIYA)["block"]["why"] == "dispute"
    taken = world.mail(ALIYA, WITHDRAWAL["ru"])
    check(taken, "held", "INBOX", ALIYA)
    assert world.request(taken)["reason"] == "person_blocked"
    world.later(days=10)
    world.poll()
    assert world.person(ALIYA)["state"] == "blocked"
    world.ok("people", "unblock", ALIYA)
    assert world.person(ALIYA)["state"] == "active"


def test_section_6_a_dispute_stops_a_pending_destruction(world: World) -> None:
    """`people block` on somebody who is stopped: nothing is destroyed until it is released."""
    world.policy(NO_OBLIGATIONS)
    world.mail(ALIYA, WITHDRAWAL["ru"])
    world.run("people", "block", ALIYA)
    assert world.person(ALIYA)["block"]["why"] == "dispute"
    world.later(days=10)
    world.poll()
    assert world.person(ALIYA)["state"] == "blocked"
    world.ok("people", "unblock", ALIYA)
    assert world.person(ALIYA)["block"]["why"] == "withdrawal", "the stop goes on"
    world.poll()
    assert world.persons(ALIYA)[0]["id"] is None


def test_section_6_a_mailbox_that_cannot_be_read_destroys_nobody(world: World) -> None:
    world.policy(NO_OBLIGATIONS)
    world.mail(ALIYA, WITHDRAWAL["ru"])
    world.box.rename(world.root / "away")
    world.later(days=10)
    with pytest.raises(AssertionError):
        world.poll()
    assert world.person(ALIYA)["state"] == "blocked"
    (world.root / "away").rename(world.box)
    world.poll()
    assert world.persons(ALIYA)[0]["id"] is None


def test_section_6_a_pause_holds_the_window(world: World) -> None:
    world.policy(NO_OBLIGATIONS)
    world.ok("pause")
    world.mail(ALIYA, WITHDRAWAL["ru"])
    assert world.sent() == []
    world.later(days=10)
    world.poll()
    assert world.person(ALIYA)["state"] == "blocked" and world.sent() == []
    world.ok("resume")
    world.poll()
    assert world.last(ALIYA).subject.endswith("обработка прекращена"), "the window opens with the receipt"
    assert world.person(ALIYA)["state"] == "blocked"
    world.later(days=10)
    world.poll()
    assert world.persons(ALIYA)[0]["id"] is None


def test_section_6_a_pause_after_the_receipt_destroys_nobody(world: World) -> None:
    world.policy(NO_OBLIGATIONS)
    world.mail(ALIYA, WITHDRAWAL["ru"])
    world.ok("pause")
    world.later(days=10)
    world.poll()
    assert world.person(ALIYA)["state"] == "blocked"


def test_section_6_the_person_asked_holds_the_window_open(world: World) -> None:
    """`a person, please` in answer to the receipt: an open question holds the destruction."""
    world.policy(NO_OBLIGATIONS)
    world.mail(ALIYA, WITHDRAWAL["ru"])
    assert world.answer(ALIYA, "пусть посмотрит человек").decision == "held"
    world.later(days=10)
    world.poll()
    assert world.person(ALIYA)["state"] == "blocked"


@pytest.mark.parametrize(("proof", "word"), [("authenticated", "отменить"), ("weak", "нет")])
def test_section_6_an_unsubscribe_in_between_stays(world: World, proof: str, word: str) -> None:
    """What is put back is what that request stopped, and only where nothing changed since."""
    first = world.mail(ALIYA, WITHDRAWAL["ru"], proof=proof)
    world.mail(ALIYA, UNSUBSCRIBE["ru"])
    assert world.answer(ALIYA, word, to=first.answer).decision == "applied"
    person = world.person(ALIYA)
    assert (person["state"], person["news"], person["suppressed"]) == ("active", False, ["news"])


def test_section_6_an_undo_after_a_yes_puts_everything_back(world: World) -> None:
    before = world.person(ALIYA)
    world.mail(ALIYA, WITHDRAWAL["ru"], proof="weak")
    world.answer(ALIYA, "да")
    assert world.answer(ALIYA, "отменить").decision == "applied"
    assert world.person(ALIYA) == before


def test_section_6_every_address_of_a_destroyed_person_is_suppressed(world: World) -> None:
    world.policy(NO_OBLIGATIONS)
    world.mail(BORIS_SECOND, WITHDRAWAL["ru"])
    world.later(days=10)
    world.poll()
    for address in (BORIS, BORIS_SECOND):
        assert world.persons(address) == [{"id": None, "state": "suppressed", "suppressed": ["news", "processing"]}]
    assert world.last(BORIS_SECOND).subject.endswith("данные уничтожены")
    assert not world.last(BORIS).subject.endswith("данные уничтожены"), "the final mail goes to the address that wrote"


def destroyed(world: World) -> None:
    """Withdraw and destroy one person."""
    world.policy(NO_OBLIGATIONS)
    world.mail(ALIYA, WITHDRAWAL["ru"])
    world.later(days=10)
    world.poll()
    assert world.persons(ALIYA)[0]["id"] is None


def row(at: str, news_at: str = "", source: str = "site form") -> str:
    """Return a CSV that brings the destroyed person back."""
    head = "surname,given_name,email,news,consent_at,consent_source,news_consent_at"
    return f"{head}\nСәрсенова,Әлия,{ALIYA},yes,{at},{source},{news_at}\n"


def test_section_6_suppression_by_purpose_on_import(world: World) -> None:
    destroyed(world)
    today = datetime.now(UTC)  # an import knows no consent of a day that has not come yet
    world.sql("UPDATE suppression SET since = ?", f"{today:%Y-%m-%d %H:%M:%S.%f}")
    later = (today + timedelta(hours=12)).isoformat()
    assert world.bring(row("2025-01-10"))["stopped"] == 1, "the same list again"
    assert world.bring(row(""))["stopped"] == 1
    assert world.bring(row(later, source=""))["stopped"] == 1, "without a source"
    assert world.persons(ALIYA)[0]["id"] is None
    report = world.bring(row(later))
    assert report["added"] == 1 and report["without_news"] == 1
    person = world.person(ALIYA)
    assert (person["processing"], person["news"], person["suppressed"]) == (True, False, ["news"])
    assert world.sql("SELECT count(*) FROM event WHERE what = 'suppression_ended'") == [(1,)]
    world.bring(row(later, news_at=later))
    person = world.person(ALIYA)
    assert person["news"] is True and person["suppressed"] == []


def test_section_6_a_general_consent_never_brings_the_news_back(world: World) -> None:
    world.mail(ALIYA, UNSUBSCRIBE["ru"])
    later = (world.now() + timedelta(days=1)).isoformat()
    world.bring(row(later))
    assert world.person(ALIYA)["news"] is False
    world.bring(row("2025-01-10", news_at="2025-02-01"))
    assert world.person(ALIYA)["news"] is False, "an older news consent neither"
    world.bring(row("2025-01-10", news_at=later))
    assert world.person(ALIYA)["news"] is True and world.person(ALIYA)["suppressed"] == []


def test_section_6_what_survives_a_destruction_names_nobody(world: World) -> None:
    world.policy(NO_OBLIGATIONS)
    number = world.request(world.mail(ALIYA, WITHDRAWAL["ru"], "Прошу, тел. +7 701 222 33 44"))["id"]
    world.later(days=10)
    world.poll()
    shown = world.show(number)
    assert (shown["kind"], shown["tag"], shown["evidence"]) == ("withdrawal", WITHDRAWAL["ru"], "authenticated")
    assert shown["address"] == "" and shown["fields"] == {} and shown["message_id"] == ""
    assert {e["what"] for e in shown["events"]} >= {"apply", "destroyed"}
    assert all(reply["to"] == "" for reply in shown["replies"])


# ---- shadow, pause, two passes, copies, second look ----


def test_shadow_shows_and_does_nothing(shadow: World) -> None:
    before = shadow.person(ALIYA)
    update = shadow.mail(ALIYA, UPDATE["ru"], NEW_PHONE)
    check(update, "applied", "INBOX")
    check(shadow.mail(ALIYA, WITHDRAWAL["ru"], proof="weak"), "challenged", "INBOX")
    check(shadow.mail(STRANGER, "Вопрос о курсе"), "left", "INBOX")
    assert shadow.person(ALIYA) == before and shadow.sent() == []
    assert shadow.poll()["fetched"] == 0
    listed = shadow.requests()
    assert {r["kind"] for r in listed} == {"update", "withdrawal"}
    assert shadow.sql("SELECT count(*) FROM reply") == [(0,)] and shadow.sql("SELECT count(*) FROM request") == [(0,)]


def test_live_decides_anew_what_waited_in_shadow(shadow: World) -> None:
    update = shadow.mail(ALIYA, UPDATE["ru"], NEW_PHONE)
    shadow.ok("people", "block", BORIS)
    shadow.ok("live")
    counts = shadow.poll()
    assert counts["fetched"] == 1 and counts["applied"] == 1 and counts["sent"] == 1
    assert shadow.person(ALIYA)["phones"] == [PHONE] and shadow.lies(update.letter) == "Done"
    assert shadow.request(update)["state"] == "applied"
    assert shadow.poll()["fetched"] == 0


def test_live_holds_what_is_past_its_clock(shadow: World) -> None:
    update = shadow.mail(ALIYA, UPDATE["ru"], NEW_PHONE)
    news = shadow.mail(ALICE, UNSUBSCRIBE["en"])
    shadow.later(days=12)
    shadow.ok("live")
    shadow.poll()
    assert shadow.request(update)["reason"] == "past_clock" and shadow.request(update)["state"] == "held"
    assert shadow.person(ALIYA)["phones"] == ["+77010000001"]
    assert shadow.person(ALICE)["news"] is False and shadow.lies(news.letter) == "Done"


def test_pause_decides_and_sends_nothing(world: World) -> None:
    world.ok("pause")
    taken = world.mail(ALIYA, UPDATE["ru"], NEW_PHONE)
    check(taken, "applied", "Done")
    assert taken.counts["owed"] == 1 and world.person(ALIYA)["phones"] == [PHONE]
    world.ok("resume")
    assert world.poll()["sent"] == 1


def test_two_passes_do_nothing_twice(world: World) -> None:
    world.mail(ALIYA, UPDATE["ru"], NEW_PHONE)
    world.mail(BORIS, WITHDRAWAL["ru"], proof="weak")
    sent, requests = len(world.sent()), world.requests("--all")
    for _ in range(2):
        counts = world.poll()
        assert not any(counts.values()), counts
    assert len(world.sent()) == sent and world.requests("--all") == requests


def test_a_second_delivery_in_other_octets_is_already_done(world: World) -> None:
    octets = world.octets(ALIYA, UPDATE["ru"], NEW_PHONE)
    world.take(octets)
    copy = b"X-Delivered-Twice: yes\r\n" + octets
    again = world.take(copy)
    check(again, "already", "Done")
    assert len(world.requests("--all")) == 1


def test_a_copy_of_an_ordinary_mail_stays_in_inbox(world: World) -> None:
    octets = world.octets(STRANGER, "Вопрос о курсе", "Когда начало?")
    world.take(octets)
    check(world.take(b"X-Delivered-Twice: yes\r\n" + octets), "already", "INBOX")


def test_a_better_proven_copy_is_decided(world: World) -> None:
    plain = world.octets(ALIYA, UPDATE["ru"], NEW_PHONE, proof="")
    assert world.take(plain).decision == "challenged"
    top = f"Authentication-Results: {HOST}; dmarc=pass header.from=example.com\r\n".encode()
    assert world.take(top + plain).decision == "applied"
    assert world.person(ALIYA)["phones"] == [PHONE]


def test_a_worse_proven_copy_is_already_done(world: World) -> None:
    octets = world.octets(ALIYA, UPDATE["ru"], NEW_PHONE)
    world.take(octets)
    assert world.take(octets.partition(b"\r\n")[2]).decision == "already"


def test_what_the_operator_puts_back_gets_a_second_look(world: World) -> None:
    taken = world.mail(ALIYA, UPDATE["ru"], NEW_PHONE)
    world.back_to_inbox(taken.letter)
    counts = world.poll()
    assert counts["fetched"] == 1 and counts["held"] == 1
    assert world.lies(taken.letter) == "INBOX"
    request = world.request(taken)
    assert request["reason"] == "second_look" and request["open"] == ["operator"]
    assert world.person(ALIYA)["phones"] == [PHONE]
    assert world.poll()["fetched"] == 0 and world.lies(taken.letter) == "INBOX"


# ---- the operator's mail ----


def test_the_operator_gets_one_mail_a_pass(world: World) -> None:
    for number in range(3):
        world.put(world.octets(ALIYA, f"Удалите мои персональные данные, {number}"))
    world.poll()
    told = [sent for sent in world.sent() if sent.to == OWNER]
    assert len(told) == 1
    assert all(request["id"] in told[0].text for request in world.requests())
    world.poll()
    assert len([sent for sent in world.sent() if sent.to == OWNER]) == 1


def test_the_operator_is_never_told_at_the_mailbox_itself(world: World) -> None:
    path = world.folder / "mailbot.toml"
    path.write_text(path.read_text(encoding="utf-8").replace(OWNER, BOX.upper()), encoding="utf-8")
    world.mail(ALIYA, WITHDRAWAL["ru"])
    assert {sent.to for sent in world.sent()} == {ALIYA}
    assert world.run("check").code == 1


def test_an_answer_of_the_operator_that_decides_nothing_does_nothing_and_says_so(world: World) -> None:
    request = world.request(world.mail(ALIYA, WITHDRAWAL["ru"]))
    taken = world.answer(OWNER, "Хорошо, посмотрю завтра")
    assert (taken.decision, taken.answers) == ("applied", []) and world.show(request["id"])["open"] == ["obligations"]
    assert taken.told == [], "a machine may have written it: it is told by the next list that goes anyway"
    told = world.mail(BORIS, WITHDRAWAL["ru"]).told[0].text
    assert "ничего не выполнено" in told and "> Хорошо, посмотрю завтра" in told
