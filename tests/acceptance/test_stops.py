"""Stop, block, destroy on both stores: what holds a destruction, what lets it go on, and that two stops never mix."""

from __future__ import annotations

import zipfile
from datetime import datetime, timedelta

import pytest

from mailbot.app import build
from mailbot.operating import destruction
from mailbot.pipeline import poll
from tests.acceptance.world import (
    ALIYA,
    BORIS,
    BORIS_SECOND,
    NO_OBLIGATIONS,
    OWNER,
    PHONE,
    STRANGER,
    UNDO,
    UPDATE,
    WITHDRAWAL,
    World,
)  # fmt: skip

REGISTER = '[withdrawal]\nobligations = "register"\n'
LONG = {"days": 12}  # past any window, New Year among it


def withdrawn(world: World, rules: str = NO_OBLIGATIONS) -> str:
    """Have ALIYA withdraw; return the request's number."""
    world.policy(rules)
    return str(world.request(world.mail(ALIYA, WITHDRAWAL["ru"]))["id"])


def passes(world: World, count: int = 2) -> None:
    for _ in range(count):
        world.poll()


def gone(world: World, address: str = ALIYA) -> bool:
    return world.persons(address)[0]["id"] is None


def zone_time(world: World, at: str) -> str:
    app = build(world.folder)
    try:
        return f"{datetime.fromisoformat(at).astimezone(app.line.rules.deadlines.zone):%H:%M}"
    finally:
        app.close()


class TestTheWindow:
    def test_it_opens_when_the_receipt_was_taken_and_ends_at_17(self, either: World) -> None:
        either.ok("pause")
        number = withdrawn(either)
        assert either.show(number)["destroy_at"] is None, "the receipt has not left"
        either.later(**LONG)
        passes(either)
        assert not gone(either) and either.show(number)["destroy_at"] is None
        either.ok("resume")
        either.poll()
        end = either.show(number)["destroy_at"]
        assert zone_time(either, end) == "17:00" and end > either.now().isoformat()[:19]
        assert either.person(ALIYA)["block"] == {"why": "withdrawal", "until": end}
        either.later(**LONG)
        passes(either)
        assert gone(either)

    def test_a_pass_that_began_before_its_end_destroys_nobody(self, either: World) -> None:
        withdrawn(either)
        either.later(**LONG)
        app = build(either.folder, clock=either.now)
        try:
            assert destruction.sweep(app.line, app.mailbox) == 0, "no pass has read the mailbox since"
        finally:
            app.close()
        assert not gone(either)
        either.poll()
        assert gone(either), "one complete pass after its end is enough"

    def test_a_bounced_receipt_holds_it_until_the_operator_lets_it_go_on(self, either: World) -> None:
        number = withdrawn(either)
        receipt = either.last(ALIYA)
        bounce = (
            f"The message {receipt.message_id} to {ALIYA} could not be delivered.\n550 5.1.1 no such user\n\n"
            f"Message-ID: {receipt.message_id}\n"
        )
        either.mail("mailer-daemon@example.com", "Undelivered Mail Returned to Sender", bounce, proof="none")
        assert either.show(number)["open"] == ["operator"] and either.show(number)["destroy_at"] is None
        either.later(**LONG)
        passes(either)
        assert not gone(either)
        either.ok("requests", "release", number)
        either.poll()
        assert either.show(number)["destroy_at"] is not None
        either.later(**LONG)
        passes(either)
        assert gone(either)

    def test_an_undo_inside_it_puts_everything_back(self, either: World) -> None:
        before = either.person(ALIYA)
        number = withdrawn(either)
        either.answer(ALIYA, UNDO["ru"])
        assert either.person(ALIYA) == before and either.show(number)["state"] == "undone"
        either.later(**LONG)
        passes(either)
        assert not gone(either)


class TestTwoStopsNeverMix:
    def test_lifting_the_dispute_leaves_the_stop_and_the_destruction(self, either: World) -> None:
        number = withdrawn(either)
        either.ok("people", "block", ALIYA)
        assert either.person(ALIYA)["block"] == {"why": "dispute", "until": None}
        either.later(**LONG)
        passes(either)
        assert not gone(either), "who is in dispute is not destroyed"
        either.ok("people", "unblock", ALIYA)
        person = either.person(ALIYA)
        assert person["block"]["why"] == "withdrawal" and not person["processing"], "the stop is there still"
        assert either.run("people", "unblock", ALIYA).code == 1
        passes(either)
        assert gone(either) and either.show(number)["reason"] == "destroyed"

    def test_an_undo_lifts_the_stop_alone(self, either: World) -> None:
        number = withdrawn(either)
        either.ok("people", "block", ALIYA)
        assert either.answer(ALIYA, UNDO["ru"]).decision == "held", "in dispute nothing is changed"
        either.ok("requests", "undo", number)
        assert either.person(ALIYA)["block"] == {"why": "dispute", "until": None}
        either.ok("people", "unblock", ALIYA)
        assert either.person(ALIYA)["state"] == "active" and either.person(ALIYA)["processing"]

    def test_a_dispute_outlasts_the_end_of_an_obligation(self, either: World) -> None:
        either.ok("people", "obligation", "add", ALIYA)
        number = withdrawn(either, REGISTER)
        either.ok("people", "block", ALIYA)
        either.ok("people", "obligation", "close", ALIYA)
        either.later(**LONG)
        passes(either, 3)
        assert not gone(either) and either.person(ALIYA)["block"]["why"] == "dispute"
        either.ok("people", "unblock", ALIYA)
        either.later(**LONG)
        passes(either, 3)
        assert gone(either) and either.show(number)["reason"] == "destroyed"

    def test_in_dispute_nothing_is_used_changed_or_destroyed(self, either: World) -> None:
        either.ok("people", "block", BORIS)
        before = either.person(BORIS)
        held = either.mail(BORIS, UPDATE["ru"], f"Новый телефон: {PHONE}")
        assert held.decision == "held" and either.person(BORIS) == before
        assert either.run("requests", "release", either.request(held)["id"]).code == 1
        out = either.root / "out.csv"
        assert "1 blocked left out" in either.ok("people", "export", out).out and BORIS not in out.read_text("utf-8")
        either.root.joinpath("list.csv").write_text(f"email\n{BORIS}\n{ALIYA}\n", encoding="utf-8")
        either.ok("guard", either.root / "list.csv", "--output", out)
        assert BORIS not in out.read_text("utf-8") and ALIYA in out.read_text("utf-8")
        assert either.bring(f"surname,given_name,email,phone\nПетров,Борис,{BORIS},{PHONE}\n")["stopped"] == 1
        assert either.run("people", "destroy", BORIS, "--yes").code == 1
        assert either.person(BORIS) == before


class TestObligations:
    @pytest.mark.parametrize("answer", ["none", "open"])
    def test_ask_waits_for_the_operators_word(self, either: World, answer: str) -> None:
        number = withdrawn(either, "")
        assert either.show(number)["open"] == ["obligations"]
        either.later(**LONG)
        passes(either)
        assert not gone(either), "silence never destroys"
        assert either.show(number)["destroy_at"] is None
        if answer == "none":
            either.ok("requests", "release", number, "--checked", "looked")
        else:
            either.ok("requests", "refuse", number, "--reason", "obligation")
            either.later(**LONG)
            passes(either)
            assert either.person(ALIYA)["block"]["why"] == "obligation" and not either.person(ALIYA)["news"]
            either.ok("people", "obligation", "close", ALIYA)
        either.poll()
        either.later(**LONG)
        passes(either)
        assert gone(either)

    def test_register_destroys_by_itself_once_the_last_one_lapsed(self, either: World) -> None:
        day = (either.now() + timedelta(days=20)).date()
        either.ok("people", "obligation", "add", ALIYA, "--until", str(day))
        number = withdrawn(either, REGISTER)
        partial = either.last(ALIYA).text
        assert str(day.year) in partial and "жалов" in partial, "until when, and where to complain"
        either.later(**LONG)
        passes(either)
        assert either.show(number)["open"] == ["obligations"] and not gone(either)
        either.later(days=10)
        passes(either)
        assert either.person(ALIYA)["block"]["why"] == "withdrawal", "its day is over: it goes on"
        assert "уничтож" in either.last(ALIYA).text, "and the person is told by when"
        either.later(**LONG)
        passes(either)
        assert gone(either)

    def test_register_without_an_open_one_and_none_go_on_at_once(self, either: World) -> None:
        number = withdrawn(either, REGISTER)
        assert either.show(number)["open"] == [] and either.show(number)["destroy_at"]


class TestTheFinalMail:
    def test_it_is_the_last_thing_and_its_address_is_forgotten(self, either: World) -> None:
        number = withdrawn(either)
        either.later(**LONG)
        either.poll()
        final = either.last(ALIYA)
        assert "уничтожены" in final.text and number in final.subject
        [reply] = [each for each in either.show(number)["replies"] if each["template"] == "destroyed"]
        assert reply["to"] == "" and reply["sent_at"]

    def test_a_pause_keeps_its_address_a_day_at_most(self, either: World) -> None:
        number = withdrawn(either)
        either.later(**LONG)
        app = build(either.folder, clock=either.now)
        try:  # the pass that destroys dies before it sends: what is owed waits in the outbox
            counts = dict.fromkeys(("fetched", "held", "left", "applied", "already", "ignored"), 0)
            poll(app.mailbox, app.line, counts)
            assert destruction.sweep(app.line, app.mailbox) == 1
        finally:
            app.close()
        assert gone(either)
        either.ok("pause")
        assert [each["to"] for each in either.show(number)["replies"] if each["template"] == "destroyed"] == [ALIYA]
        either.later(hours=25)
        either.poll()
        assert [each["to"] for each in either.show(number)["replies"] if each["template"] == "destroyed"] == [""]

    def test_every_address_is_told_of_the_stop_and_one_of_the_end(self, either: World) -> None:
        either.policy(NO_OBLIGATIONS)
        either.mail(BORIS_SECOND, WITHDRAWAL["ru"])
        told = [sent.to for sent in either.sent() if sent.to != OWNER]
        assert sorted(told) == sorted([BORIS, BORIS_SECOND])
        either.later(**LONG)
        passes(either)
        assert either.sent()[-1].to in (BORIS_SECOND, OWNER) and gone(either, BORIS) and gone(either, BORIS_SECOND)


class TestItStaysGone:
    ROW = "surname,given_name,email,news,consent_at,consent_source\nСәрсенова,Әлия,{},yes,{},{}\n"

    @pytest.mark.parametrize("destroyed", [False, True])
    def test_only_newer_evidence_brings_a_person_in_again(self, either: World, destroyed: bool) -> None:
        withdrawn(either)
        if destroyed:
            either.later(**LONG)
            passes(either)
        before = either.persons(ALIYA)
        for at, source in (("2025-01-10", "site form"), ("", ""), (str(either.now().date() + timedelta(days=1)), "")):
            assert either.run("people", "import", self.written(either, at, source), "--json").code in (0, 1)
            assert either.persons(ALIYA) == before, (at, source)
        assert either.mail(ALIYA, "Привет", "Как дела с курсом?").decision == "left"
        assert either.persons(ALIYA) == before, "his next mail makes nobody anew"

    def written(self, world: World, at: str, source: str) -> str:
        path = world.root / "again.csv"
        path.write_text(self.ROW.format(ALIYA, at, source), encoding="utf-8")
        return str(path)

    def test_a_stranger_is_told_nothing_of_it(self, either: World) -> None:
        withdrawn(either)
        assert either.mail(STRANGER, WITHDRAWAL["ru"], f"Мой адрес {ALIYA}", proof="none").answers == []


HELD = "Ниже всё, что у нас записано о Вас"
ACCESS = "Прошу сообщить, какие мои персональные данные вы храните"


class TestAnOpenRight:
    def test_it_is_answered_before_the_data_go(self, either: World) -> None:
        either.policy(NO_OBLIGATIONS)
        asked = str(either.request(either.mail(ALIYA, "Запрос", ACCESS))["id"])
        number = str(either.request(either.mail(ALIYA, WITHDRAWAL["ru"]))["id"])
        either.later(**LONG)
        passes(either)
        shown = either.show(number)
        assert not gone(either) and shown["reason"] == "right_open" and either.show(asked)["state"] == "left"
        told = [mail for mail in either.sent() if mail.to == OWNER and number in mail.text]
        assert "ответ уйдёт сам" not in told[-1].text and "другой запрос этого человека" in told[-1].text
        passes(either)
        assert len([mail for mail in either.sent() if mail.to == OWNER and number in mail.text]) == len(told)
        either.ok("requests", "release", asked)
        either.poll()
        assert not gone(either) and HELD in either.last(ALIYA).text, "the answer leaves first"
        either.poll()
        assert gone(either) and either.show(number)["reason"] == "destroyed"

    def test_whoever_is_not_proven_holds_nothing(self, either: World) -> None:
        either.policy(NO_OBLIGATIONS)
        either.mail(ALIYA, "Запрос", ACCESS, proof="none")
        either.mail(ALIYA, WITHDRAWAL["ru"])
        either.later(**LONG)
        passes(either)
        assert gone(either)


def test_a_consents_source_that_may_name_somebody_does_not_survive(either: World) -> None:
    told = "Анкета Петровой Веры +77010000077"
    rows = [f"Слушатель,p{n}@example.com,no,2025-01-10,newsletter form\n" for n in range(5)]
    head = "surname,email,news,consent_at,consent_source\n"
    either.bring(head + "".join(rows) + f"Петрова,vera@example.com,no,2025-01-10,{told}\n")
    assert either.consents("vera@example.com")[0]["source"] == told
    seen: set[str] = set()
    for address, kept in (("vera@example.com", "import"), ("p1@example.com", "newsletter form")):
        either.ok("people", "destroy", address, "--yes")
        (number,) = {str(row["id"]) for row in either.requests("--all", "--kind", "erasure")} - seen
        seen.add(number)
        file = either.root / f"{number}.zip"
        either.ok("evidence", number, "--output", file)
        with zipfile.ZipFile(file) as evidence:
            said = evidence.read("evidence.json").decode()
        assert f'"source": "{kept}"' in said and told not in said
