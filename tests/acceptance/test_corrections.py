"""What the operator sets right before she decides: another kind, a corrected field, an answer in her own words."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from mailbot.app import build
from mailbot.console.words import catalogue
from mailbot.errors import ChangedMeanwhile, MailbotError
from mailbot.operating import places, refusals, review
from mailbot.operating.shown import stamp
from tests.acceptance.world import ALIYA, BORIS, NEW_PHONE, STRANGER, UNSUBSCRIBE, UPDATE, WITHDRAWAL, World
from tests.support.consoles import Site, opened, text

COMPLAINT = "Жалоба на обработку персональных данных"
LETTER = "Здравствуйте!\n\nМы проверили: звонков больше не будет."


@pytest.fixture
def site(world: World) -> Iterator[Site]:
    with opened(world) as found:
        yield found


def waiting(world: World, sender: str = ALIYA, subject: str = COMPLAINT, body: str = "", **how: object) -> str:
    """Let a mail come that waits; return its number."""
    return str(world.request(world.mail(sender, subject, body, **how))["id"])  # type: ignore[arg-type]


def held_update(world: World, body: str) -> str:
    """Let an update come that waits for the operator, with what it states."""
    return waiting(world, STRANGER, UPDATE["ru"], body, proof="none")


def events(world: World, number: str) -> list[tuple[str, str, str]]:
    return [(each["who"], each["what"], each["reason"]) for each in world.show(number)["events"]]


def written(world: World, number: str) -> list[str]:
    """Return to whom an answer in the operator's own words is owed."""
    return [address for template, address in world.templates(number) if template == "operator-answer"]


# ---- another kind ----------------------------------------------------------------------------------------------


def test_a_complaint_that_is_a_withdrawal_is_carried_out_as_one(either: World) -> None:
    number = waiting(either)
    before = either.show(number)
    assert "held as withdrawal" in either.ok("requests", "kind", number, "withdrawal").out
    held = either.show(number)
    assert (held["kind"], held["state"], held["reason"], held["open"]) == (
        "withdrawal", "held", "kind_by_operator", ["operator"],
    )  # fmt: skip
    assert datetime.fromisoformat(held["due_at"]) > datetime.fromisoformat(before["received_at"])
    assert ("operator", "kind_changed", "complaint_withdrawal") in events(either, number)
    assert either.person(ALIYA)["state"] == "active", "nothing is carried out by it"
    either.ok("requests", "release", number)
    assert either.show(number)["state"] == "applied" and either.person(ALIYA)["state"] == "blocked"


def test_a_mail_left_alone_becomes_a_request_with_a_clock(world: World) -> None:
    taken = world.mail(ALIYA, "Вопрос", "Когда начинается курс?")
    number = world.request(taken)["id"]
    world.ok("requests", "kind", number, "unsubscribe")
    assert world.show(number)["due_at"] and number in [each["id"] for each in world.requests()]
    world.ok("requests", "release", number)
    assert world.person(ALIYA)["news"] is False


def test_what_an_update_states_is_read_from_the_mail_again(either: World) -> None:
    number = waiting(either, ALIYA, COMPLAINT, "У вас неверный номер.\nНовый телефон: +7 701 999 88 77")
    either.ok("requests", "kind", number, "update")
    assert either.show(number)["fields"] == {"phone": "+77019998877"}
    either.ok("requests", "release", number)
    assert either.person(ALIYA)["phones"] == ["+77019998877"]


def test_an_update_that_becomes_a_question_states_nothing_any_more(world: World) -> None:
    number = held_update(world, NEW_PHONE["ru"])
    world.ok("requests", "kind", number, "question")
    assert world.show(number)["fields"] == {}
    assert world.run("requests", "release", number).code == 1, "a question is answered by a person"


@pytest.mark.parametrize("kind", ["update", "withdrawal", "unsubscribe", "access"])
def test_what_was_decided_is_no_other_kind_any_more(world: World, kind: str) -> None:
    number = waiting(world, ALIYA, UPDATE["ru"], NEW_PHONE["ru"])
    before = world.show(number)
    assert world.run("requests", "kind", number, kind).code == 1
    assert world.show(number) == before
    closed = waiting(world, BORIS)
    world.ok("requests", "close", closed)
    assert world.run("requests", "kind", closed, kind).code == 1
    assert world.run("requests", "kind", "AAAAAA", kind).code == 66


def test_the_same_kind_or_none_of_ours_changes_nothing(world: World) -> None:
    number = waiting(world)
    assert world.run("requests", "kind", number, "complaint").code == 1
    assert world.run("requests", "kind", number, "form").code == 64
    assert world.show(number)["state"] == "left"


# ---- a corrected field -----------------------------------------------------------------------------------------


def test_a_field_is_corrected_before_it_is_released(either: World) -> None:
    number = held_update(either, "Фамилия: Ахметова\nДата рождения: 05.06.91\nТелефон: +7 701 999 88 77")
    either.ok("requests", "edit", number, "--birth-date", "05.06.1991", "--phone", "8 701 999 88 66", "--surname", "")
    assert either.show(number)["fields"] == {"birth_date": "1991-06-05", "phone": "+77019998866"}
    assert [(what, reason) for _, what, reason in events(either, number) if what == "field_edited"] == [
        ("field_edited", "birth_date"), ("field_edited", "phone"), ("field_edited", "surname"),
    ]  # fmt: skip
    either.ok("requests", "release", number, "--person", ALIYA, "--checked", "called her")
    person = either.person(ALIYA)
    assert (person["birth_date"], person["phones"], person["surname"]) == ("1991-06-05", ["+77019998866"], "Сәрсенова")


def test_a_new_address_is_asked_as_ever(world: World) -> None:
    number = held_update(world, "Новая почта: oops@example")
    world.ok("requests", "edit", number, "--email", "aliya.new@example.com")
    world.ok("requests", "release", number, "--person", ALIYA, "--checked", "called her")
    world.poll()
    assert world.person(ALIYA)["emails"] == [ALIYA]
    assert ("new-address", "aliya.new@example.com") in world.templates(number)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--phone", "12"), ("--birth-date", "05.06.91"), ("--email", "a@"), ("--surname", "{{7*7}}"),
        ("--birth-place", "<b>"), ("--birth-date", "2999-01-01"),
    ],
)  # fmt: skip
def test_what_can_t_be_taken_changes_nothing(world: World, option: str, value: str) -> None:
    number = held_update(world, NEW_PHONE["ru"])
    before = world.show(number)
    ran = world.run("requests", "edit", number, option, value)
    assert ran.code == 66 and (value not in ran.err or value == "12")
    assert world.show(number) == before


def test_only_what_waits_is_corrected(world: World) -> None:
    done = waiting(world, ALIYA, UPDATE["ru"], NEW_PHONE["ru"])
    assert world.run("requests", "edit", done, "--phone", "+77019998866").code == 1
    asked = waiting(world, BORIS, WITHDRAWAL["ru"])
    assert world.run("requests", "edit", asked, "--phone", "+77019998866").code == 1
    assert world.run("requests", "edit", done).code == 66


# ---- an answer in her own words ---------------------------------------------------------------------------------


def letter(world: World, said: str = LETTER) -> Path:
    path = world.root / "letter.txt"
    path.write_text(said, encoding="utf-8")
    return path


def test_her_own_words_go_to_the_person_and_close_it(either: World) -> None:
    number = waiting(either)
    shown = either.ok("requests", "answer", number, "--text", letter(either), "--preview")
    assert "звонков больше не будет" in shown.out and "nothing was sent" in shown.out
    assert either.show(number)["state"] == "left" and written(either, number) == []
    either.ok("requests", "answer", number, "--text", letter(either), "--settles")
    either.poll()
    answer = either.last(ALIYA)
    assert answer.text.startswith("Здравствуйте!\n\nМы проверили: звонков больше не будет.\n")
    assert "Это письмо написал человек." in answer.text and number in answer.subject
    ended = either.show(number)
    assert (ended["state"], ended["reason"], ended["outcome"]) == ("ignored", "closed", "settled_by_hand")
    assert ("operator", "answered", "settled") in events(either, number)
    (entry,) = either.ok("register", "--year", str(either.now().year), "--json").objects
    assert entry["answered_at"]


def test_without_settling_its_clock_goes_on(world: World) -> None:
    number = waiting(world)
    before = world.show(number)["due_at"]
    world.ok("requests", "answer", number, "--text", letter(world))
    after = world.show(number)
    assert (after["state"], after["due_at"]) == ("left", before)
    assert world.ok("register", "--year", str(world.now().year), "--json").objects[0]["answered_at"] == ""


@pytest.mark.parametrize("proof", ["none", "weak", "fail"])
def test_nobody_unproven_is_answered(world: World, proof: str) -> None:
    number = waiting(world, STRANGER, COMPLAINT, "Почему вы мне звоните?", proof=proof)
    ran = world.run("requests", "answer", number, "--text", letter(world), "--settles")
    assert ran.code == 1 and written(world, number) == [] and world.show(number)["state"] == "left"


def test_an_unproven_mail_in_somebody_s_name_is_answered_to_the_address_on_file_alone(world: World) -> None:
    taken = world.mail(ALIYA, COMPLAINT, proof="none", headers=["Reply-To: mallory@example.net"])
    number = str(world.request(taken)["id"])
    world.ok("requests", "answer", number, "--text", letter(world))
    world.poll()
    assert written(world, number) == [ALIYA]


@pytest.mark.parametrize("said", ["", " \n\n", "а" * 5_001, "а\n" * 101])
def test_no_words_and_too_many_are_refused(world: World, said: str) -> None:
    number = waiting(world)
    assert world.run("requests", "answer", number, "--text", letter(world, said)).code == 66
    assert written(world, number) == []


def test_her_words_are_text_and_no_template(world: World) -> None:
    number = waiting(world)
    world.ok("requests", "answer", number, "--text", letter(world, "{{ 7*7 }} <b>жирно</b>\nBcc: x@example.com"))
    world.poll()
    sent = world.last(ALIYA)
    assert "{{ 7*7 }} <b>жирно</b>" in sent.text and sent.mail["Bcc"] is None and "<b>жирно" not in sent.page


# ---- on the pages ----------------------------------------------------------------------------------------------


def test_the_page_changes_the_kind(site: Site) -> None:
    world, browser = site.world, site.browser("aigerim")
    number = waiting(world)
    page = browser.post(browser.get(f"/requests/{number}"), f"/requests/{number}/rekind", kind="withdrawal")
    assert catalogue()["done.rekind"][1] in text(page) and world.show(number)["kind"] == "withdrawal"
    assert ("aigerim", "kind_changed", "complaint_withdrawal") in events(world, number)
    assert browser.post(browser.get(f"/requests/{number}"), f"/requests/{number}/rekind", kind="x").status_code == 422


def test_the_page_corrects_a_field_and_shows_what_would_change(site: Site) -> None:
    world, browser = site.world, site.browser("aigerim")
    number = held_update(world, "Дата рождения: 05.06.91\nТелефон: +7 701 999 88 77")
    form = browser.get(f"/requests/{number}/edit")
    assert 'value="+77019998877"' in form.text
    wrong = browser.post(form, f"/requests/{number}/edit", birth_date="05.06.91")
    assert wrong.status_code == 422 and 'value="05.06.91"' in wrong.text and "aria-invalid" in wrong.text
    page = browser.post(wrong, f"/requests/{number}/edit", birth_date="05.06.1991")
    assert catalogue()["done.edit"][1] in text(page) and "1991-06-05" in page.text
    assert ("aigerim", "field_edited", "birth_date") in events(world, number)


def test_the_page_shows_the_answer_before_it_leaves(site: Site) -> None:
    world, browser = site.world, site.browser("aigerim")
    number = waiting(world)
    form = browser.get(f"/requests/{number}/answer?ready=complaint")
    assert "Мы рассмотрели Вашу жалобу." in form.text
    draft = browser.post(form, f"/requests/{number}/draft", text=LETTER, settles="yes")
    assert "звонков больше не будет" in draft.text and ALIYA in draft.text and written(world, number) == []
    again = browser.post(draft, f"/requests/{number}/rewrite")
    assert "звонков больше не будет" in again.text and written(world, number) == []
    page = browser.post(draft, f"/requests/{number}/send")
    assert catalogue()["done.send"][1] in text(page)
    assert written(world, number) == [ALIYA]
    assert world.show(number)["state"] == "ignored" and ("aigerim", "answered", "settled") in events(world, number)


def test_of_two_operators_the_second_keeps_what_she_wrote(site: Site) -> None:
    world = site.world
    number = waiting(world)
    first, second = site.browser("aigerim"), site.browser("dana")
    one, two = first.get(f"/requests/{number}"), second.get(f"/requests/{number}/answer")
    first.post(one, f"/requests/{number}/rekind", kind="question")
    page = second.post(two, f"/requests/{number}/draft", text=LETTER)
    assert page.status_code == 409 and "звонков больше не будет" in page.text and written(world, number) == []


@pytest.mark.parametrize("verb", ["rekind", "edit", "draft", "rewrite", "send"])
def test_a_reader_corrects_nothing(site: Site, verb: str) -> None:
    number, browser = waiting(site.world), site.browser("serik")
    token = re.search(r'name="token" value="(\w+)"', browser.get("/queue").text)
    assert token
    given = {"token": token[1], "kind": "withdrawal", "text": LETTER, "seen": stamp(site.app.line, number)}
    assert browser.client.post(f"/requests/{number}/{verb}", data=given).status_code == 403
    assert site.browser("aigerim").client.post(f"/requests/{number}/{verb}", data={"text": LETTER}).status_code == 403
    assert browser.get(f"/requests/{number}/edit").status_code == 403 and site.world.show(number)["state"] == "left"


# ---- two at the same moment ------------------------------------------------------------------------------------


def test_of_two_acts_at_the_same_moment_one_is_done(either: World) -> None:
    """Both saw the request as it was; whichever comes second finds it changed, whatever it wanted to do."""
    number = waiting(either)
    app = build(either.folder, clock=either.now, dns=lambda: None)
    try:
        seen = stamp(app.line, number)
        changed = replace(app.line, store=replace(app.line.store, seen=seen))
        results: list[str] = []
        start = threading.Barrier(2)

        def act(verb: str) -> None:
            start.wait()
            try:
                if verb == "refuse":
                    refusals.refuse(changed, number, "unclear")
                elif verb == "close":
                    review.close(changed, number)
                results.append(verb)
            except ChangedMeanwhile:
                results.append("changed")
            except MailbotError as exc:
                results.append(type(exc).__name__)

        threads = [threading.Thread(target=act, args=(verb,)) for verb in ("refuse", "close")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        app.close()
    assert sorted(results) in (["changed", "close"], ["changed", "refuse"])
    assert [what for _, what, _ in events(either, number) if what in ("refused", "closed")] in (["refused"], ["closed"])


def test_a_place_is_ticked_once_by_two(either: World) -> None:
    either.policy('[[places]]\nname = "list"\npreset = "newsletter"\n')
    number = waiting(either, ALIYA, UNSUBSCRIBE["ru"])
    app = build(either.folder, clock=either.now, dns=lambda: None)
    try:
        codes: list[str] = []
        start = threading.Barrier(2)

        def tick() -> None:
            start.wait()
            try:
                places.tick(app.line, number, "list")
                codes.append("done")
            except MailbotError as exc:
                codes.append(type(exc).__name__)

        threads = [threading.Thread(target=tick) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        app.close()
    assert sorted(codes) == ["ConflictError", "done"]
