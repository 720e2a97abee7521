"""Caps, pauses and loops: what is not sent, who is told, and that no wave of mail takes an answer from anybody."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from tests.acceptance.test_rows import NEW_PHONE, NO_OBLIGATIONS, check, due, received, working_day
from tests.acceptance.world import (
    ALICE,
    ALIYA,
    BORIS,
    BOX,
    HOST,
    OWNER,
    STRANGER,
    UNSUBSCRIBE,
    UPDATE,
    WITHDRAWAL,
    Ran,
    World,
    command,
)

# ---- caps ----


def spoof(world: World, count: int) -> int:
    """Write that many mails in Әлия's name, none of them proven; return how many mails she got."""
    got = 0
    for number in range(count):
        wish = (UPDATE, WITHDRAWAL, UNSUBSCRIBE)[number % 3]
        taken = world.mail(ALIYA, wish["ru"], f"Телефон: +7 702 111 2{number // 10} 3{number % 10}", proof="none")
        assert {answer.to for answer in taken.answers} <= {ALIYA}
        got += len(taken.answers)
    return got


def test_a_spoofed_sender_gets_three_mails_a_day_and_ten_in_thirty_days(world: World) -> None:
    assert spoof(world, 12) == 3
    for _ in range(6):
        world.later(hours=25)
        world.poll()
        spoof(world, 4)
    mails = [sent for sent in world.sent() if sent.to == ALIYA]
    assert len(mails) == 10, [sent.subject for sent in mails]
    world.later(days=31)
    assert spoof(world, 3) > 0


def test_a_spoofer_uses_up_nothing_of_what_a_proven_mail_is_owed(world: World) -> None:
    spoof(world, 12)
    assert len(world.mail(ALIYA, UPDATE["ru"], NEW_PHONE).answers) == 1, "done"
    assert len(world.mail(ALIYA, "Удалите мои персональные данные").answers) == 1, "received"
    assert len(world.mail(ALIYA, UPDATE["ru"]).answers) == 1, "asked"
    assert len(world.mail(ALIYA, WITHDRAWAL["ru"]).answers) == 1, "stopped"


def test_a_spoofer_does_not_take_the_answer_to_a_no(world: World) -> None:
    first = world.mail(ALIYA, UPDATE["ru"], NEW_PHONE, proof="none")
    spoof(world, 9)
    assert len(world.answer(ALIYA, "Нет", proof="", to=first.answer).answers) == 1
    assert world.request(first)["state"] == "refused"


def test_a_capped_reply_is_recorded_with_its_reason(world: World) -> None:
    world.policy("[limits]\nreplies_per_day = 1\n")
    world.mail(ALIYA, UNSUBSCRIBE["ru"], proof="none")
    taken = world.mail(ALIYA, UPDATE["ru"], NEW_PHONE, proof="none")
    assert taken.answers == []
    request = world.request(taken)
    assert [(r["template"], r["gave_up"], r["sent_at"]) for r in request["replies"]] == [("challenge", "capped", None)]
    words = world.ok("requests", "show", request["id"]).out
    assert "not sent" in words and "capped" in words
    assert "reply_capped" in words


def test_the_refusal_of_an_unproven_challenge_is_capped_apart_and_recorded(world: World) -> None:
    first = world.mail(ALIYA, UPDATE["ru"], NEW_PHONE, proof="none")
    world.later(days=9)
    world.policy("[limits]\nreplies_per_30_days = 1\n")
    world.poll()
    request = world.request(first)
    assert request["state"] == "expired"
    assert [(r["template"], r["gave_up"]) for r in request["replies"]] == [("challenge", ""), ("refused", "capped")]
    assert len(world.mail(ALIYA, UPDATE["ru"], NEW_PHONE).answers) == 1


def test_what_was_done_for_a_proven_mail_is_answered_however_often(world: World) -> None:
    world.policy("[limits]\nreplies_per_day = 1\nreplies_per_30_days = 1\n")
    for number in range(5):
        assert len(world.mail(ALIYA, UPDATE["ru"], f"Телефон: +7 702 111 22 3{number}").answers) == 1
    assert len(world.mail(ALIYA, UNSUBSCRIBE["ru"]).answers) == 1
    asked = world.mail(ALIYA, "Удалите мои персональные данные")
    world.ok("requests", "refuse", world.request(asked)["id"], "--reason", "not_held")
    world.poll()
    assert world.templates(world.request(asked)["id"])[-1] == ("refused", ALIYA)
    assert world.request(asked)["replies"][-1]["sent_at"] is not None
    assert len(world.mail(ALIYA, WITHDRAWAL["ru"]).answers) == 1


def test_the_reminder_of_a_proven_question_is_not_counted_with_unproven_mail(world: World) -> None:
    """A shared address is asked although its mail was proven; a spoofer does not take its reminder."""
    family = "family@example.com"
    world.mail(family, UPDATE["ru"], f"{NEW_PHONE}\n\nАлина Ким")
    for number in range(6):
        world.mail(family, UNSUBSCRIBE["ru"], f"{number}", proof="none")
    world.later(hours=25)
    before = len(world.sent())
    for number in range(6):
        world.put(world.octets(family, UNSUBSCRIBE["ru"], f"x{number}", proof="none"))
    world.poll()
    new = [sent for sent in world.sent()[before:] if sent.to == family]
    assert len(new) == 1 + 3, "its reminder, and the day's share of the unproven"


def test_a_wave_of_questions_leaves_room_for_what_the_law_asks_for(world: World) -> None:
    world.policy("[limits]\nreplies_per_hour = 2\n")
    for sender in (ALIYA, BORIS, ALICE):
        world.mail(sender, UPDATE["ru"], NEW_PHONE, proof="none")
    assert len(world.sent()) == 2, "the third question waits for the next hour"
    assert len(world.mail(ALIYA, UPDATE["ru"], "Телефон: +7 702 111 22 33").answers) == 1
    assert world.requests("--state", "applied") and world.poll()["owed"] == 1
    assert [r["reason"] for r in world.requests() if r["state"] == "applied"] == []


# ---- the one answer waits ----


def test_an_answer_that_a_pause_holds_back_is_a_held_request_with_its_clock(world: World) -> None:
    world.ok("pause")
    taken = world.mail(ALIYA, UPDATE["ru"], NEW_PHONE)
    check(taken, "applied", "Done")
    (request,) = world.requests()
    assert (request["state"], request["reason"], request["open"]) == ("applied", "answer_waits", ["operator"])
    assert due(request) == working_day(received(request), 1, 18)
    assert "ответ ещё не отправлен" in world.ok("requests").out and "paused" in world.ok("requests").out
    shown = world.show(request["id"])
    assert (shown["reason"], shown["open"], shown["due_at"]) == ("answer_waits", ["operator"], request["due_at"])
    for verb in (("release",), ("refuse", "--reason", "unclear"), ("close",)):
        ran = world.run("requests", verb[0], request["id"], *verb[1:])
        assert ran.code == 1 and "goes out by itself" in ran.err
    world.poll()
    world.ok("resume")
    world.poll()
    assert [sent.to for sent in world.sent()] == [ALIYA], "in a pause the operator can't be told, and then it is over"
    assert world.requests() == []
    after = world.show(request["id"])
    assert (after["state"], after["reason"], after["open"], after["due_at"]) == ("applied", "update_proven", [], None)


def test_an_answer_that_left_before_the_operator_was_told_is_not_told(world: World) -> None:
    world.ok("pause")
    world.mail(ALIYA, UPDATE["ru"], NEW_PHONE)
    world.ok("resume")
    world.poll()
    world.poll()
    assert [sent.to for sent in world.sent()] == [ALIYA] and world.requests() == []


def test_an_answer_that_the_cap_of_an_hour_holds_back(world: World) -> None:
    world.policy("[limits]\nreplies_per_hour = 1\n")
    world.mail(ALIYA, UPDATE["ru"], NEW_PHONE)
    world.mail(BORIS, UNSUBSCRIBE["ru"])
    (request,) = world.requests()
    assert (request["kind"], request["reason"]) == ("unsubscribe", "answer_waits")
    assert due(request) == working_day(received(request), 3, 18)
    for _ in range(3):
        world.later(minutes=61)
        world.poll()
    assert world.requests() == [] and world.last(BORIS)
    assert world.show(request["id"])["reason"] == "unsubscribe_on_file"


def test_a_question_that_a_pause_held_back_is_reminded_a_day_after_it_left(world: World) -> None:
    world.ok("pause")
    world.mail(ALIYA, UPDATE["ru"], NEW_PHONE, proof="none")
    world.later(days=2)
    world.ok("resume")
    world.poll()
    world.poll()
    assert [sent.to for sent in world.sent()] == [ALIYA]
    world.later(hours=25)
    world.poll()
    assert [sent.to for sent in world.sent() if sent.to == ALIYA] == [ALIYA, ALIYA]


def test_a_question_that_waits_is_no_answer_that_waits(world: World) -> None:
    world.ok("pause")
    world.mail(ALIYA, UPDATE["ru"], NEW_PHONE, proof="none")
    assert [r["reason"] for r in world.requests()] == ["sender_unproven"]


def test_a_withdrawal_whose_receipt_waits_goes_on_as_ever(world: World) -> None:
    world.policy(NO_OBLIGATIONS)
    world.ok("pause")
    number = world.request(world.mail(ALIYA, WITHDRAWAL["ru"]))["id"]
    assert world.show(number)["reason"] == "answer_waits"
    world.later(days=4)
    world.poll()
    assert world.person(ALIYA)["state"] == "blocked"
    world.ok("resume")
    world.poll()
    assert world.show(number)["reason"] == "withdrawal_proven" and world.requests() == []
    world.later(days=5)
    world.poll()
    assert world.persons(ALIYA)[0]["id"] is None


def test_an_open_obligation_and_a_waiting_answer_are_two_things(world: World) -> None:
    world.ok("pause")
    number = world.request(world.mail(ALIYA, WITHDRAWAL["ru"]))["id"]
    shown = world.show(number)
    assert (shown["reason"], shown["open"]) == ("answer_waits", ["obligations", "operator"])
    world.ok("requests", "release", number)
    assert world.show(number)["open"] == ["operator"]
    world.ok("resume")
    world.poll()
    shown = world.show(number)
    assert (shown["reason"], shown["open"]) == ("withdrawal_proven", []) and shown["destroy_at"]


def test_a_person_who_takes_it_back_in_the_pause_leaves_nothing_behind(world: World) -> None:
    first = world.mail(ALIYA, UPDATE["ru"], NEW_PHONE)
    world.ok("pause")
    world.answer(ALIYA, "отменить")
    assert [r["reason"] for r in world.requests()] == ["answer_waits"]
    world.ok("resume")
    world.poll()
    assert world.requests() == [] and world.request(first)["state"] == "undone"


def test_in_shadow_no_answer_waits(shadow: World) -> None:
    shadow.mail(ALIYA, UPDATE["ru"], NEW_PHONE)
    assert [r["reason"] for r in shadow.requests()] == ["update_proven"]


# ---- loops ----


@pytest.mark.parametrize("setup", ["", NO_OBLIGATIONS])
def test_every_mail_of_ours_says_that_a_program_wrote_it(world: World, setup: str) -> None:
    world.policy(setup)
    world.mail(ALIYA, UPDATE["ru"], f"{NEW_PHONE}\nНовая почта: aliya.new@example.com")
    world.mail(BORIS, WITHDRAWAL["ru"])
    world.mail(ALICE, WITHDRAWAL["en"], proof="weak")
    world.mail(STRANGER, UPDATE["ru"], NEW_PHONE)
    world.later(hours=25)
    world.poll()
    world.later(days=10)
    world.poll()
    world.poll()
    sent = world.sent()
    assert len(sent) > 8 and OWNER in {each.to for each in sent}
    for each in sent:
        assert str(each.mail["Auto-Submitted"]) in ("auto-replied", "auto-generated"), each.subject
        assert each.mail["X-Auto-Response-Suppress"] == "All"


class Twin(World):
    """An installation at another address."""

    def init(self) -> Ran:
        return command(
            "init", self.folder, "--mailbox", f"maildir://{self.box}", "--courier", f"maildir://{self.root / 'sent'}",
            "--address", TWIN, "--operator", "Twin", "--contact", "+7 700", "--operator-mail", OWNER, "--authserv",
            HOST, "--live",
        )  # fmt: skip


TWIN = "data@twin.example"


def deliver(source: World, target: World, address: str, seen: set[str], *, stripped: bool) -> int:
    """Lay what one installation sent to the other's address into that one's mailbox, proven; return how many."""
    count = 0
    for sent in source.sent():
        if sent.to != address or sent.name in seen:
            continue
        seen.add(sent.name)
        count += 1
        octets = (source.root / "sent" / "new" / sent.name).read_bytes()
        domain = str(sent.mail["From"]).rpartition("@")[2].rstrip(">")
        if stripped:  # a gateway that takes away what tells a program
            lines = octets.split(b"\r\n")
            octets = b"\r\n".join(line for line in lines if not line.startswith((b"Auto-Submitted", b"X-Auto-Resp")))
        when = datetime.now().astimezone().strftime("%a, %d %b %Y %H:%M:%S %z")
        top = f"Authentication-Results: {HOST}; dmarc=pass header.from={domain}\r\n"
        target.put(f"{top}Received: from mail.{domain} by {HOST}; {when}\r\n".encode() + octets)
    return count


@pytest.mark.parametrize("stripped", [False, True])
def test_two_mailbots_that_answer_each_other_soon_fall_silent(tmp_path: Path, stripped: bool) -> None:
    """Each has the other's address on file; twenty rounds, each mail delivered, as proven as can be."""
    header = "surname,given_name,email,news,consent_at\n"
    one = World(tmp_path / "one", people=f"{header}Бот,Екі,{TWIN},yes,2025-01-10\n")
    two = Twin(tmp_path / "two", people=f"{header}Бот,Бір,{BOX},yes,2025-01-10\n")
    for sender, target in ((TWIN, one), (BOX, two)):  # what a spoofer can set off, and what a person would
        for proof in ("none", "authenticated"):
            target.put(target.octets(sender, UPDATE["ru"], NEW_PHONE, proof=proof))
            target.put(target.octets(sender, WITHDRAWAL["ru"], proof=proof))
            target.put(target.octets(sender, "Удалите мои персональные данные", proof=proof))
    seen: set[str] = set()
    rounds = []
    for _ in range(20):
        one.poll()
        two.poll()
        count = deliver(one, two, TWIN, seen, stripped=stripped) + deliver(two, one, BOX, seen, stripped=stripped)
        rounds.append(count)
    assert rounds[0] > 0 and rounds[-5:] == [0] * 5, rounds
    assert sum(rounds[1:]) <= (6 if stripped else 0), rounds
