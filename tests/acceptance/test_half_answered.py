"""What waits for a person's second word: a new address that says no or nothing, data that were asked for in part."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.acceptance.world import (
    ALIYA,
    BORIS,
    NO_OBLIGATIONS,
    PHONE,
    UNSUBSCRIBE,
    UPDATE,
    WITHDRAWAL,
    Taken,
    World,
)  # fmt: skip

NEW, NEW_PHONE = "new@example.com", f"Новый телефон: {PHONE}"
OLD_PHONES = ["+77010000001"]
SHORT_DATE = "Дата рождения: 05.06.91"  # a year of two digits is asked about


def smaller(world: World) -> None:
    """Have the headers alone read of a mail that is larger than 20 KB."""
    settings = world.folder / "mailbot.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("[mailbox]", "[mailbox]\nmax_bytes = 20000"), encoding="utf-8")


def until_over(world: World, taken: Taken) -> dict[str, Any]:
    """Let an hour pass beyond the clock of a request, make a pass, and return the request."""
    end = datetime.fromisoformat(world.request(taken)["due_at"])
    world.ahead = end - datetime.now(end.tzinfo) + timedelta(hours=1)
    world.poll()
    return world.request(taken)


def kept(world: World) -> list[str]:
    """Return the texts that told Aliya that her address stays as it is."""
    return [each.text for each in world.sent() if each.to == ALIYA and "не заменён" in each.subject]


@pytest.mark.parametrize(("more", "rest"), [("", ""), (f"\n{NEW_PHONE}", "Остальное из этой просьбы мы сделали")])
def test_who_asked_for_a_new_address_is_told_that_it_said_no(world: World, more: str, rest: str) -> None:
    first = world.mail(ALIYA, UPDATE["ru"], f"Новая почта: {NEW}{more}")
    world.answer(NEW, "нет")
    (text,) = kept(world)
    assert "не ответили ДА" in text and world.request(first)["id"] in text and NEW not in text
    assert ("Остальное" in text) is bool(rest) and rest in text
    assert world.person(ALIYA)["emails"] == [ALIYA]


@pytest.mark.parametrize("more", ["", f"\n{NEW_PHONE}"])
def test_who_asked_for_a_new_address_is_told_that_it_said_nothing(world: World, more: str) -> None:
    first = world.mail(ALIYA, UPDATE["ru"], f"Новая почта: {NEW}{more}")
    world.later(hours=25)
    world.poll()  # it is reminded
    request = until_over(world, first)
    assert request["state"] == ("applied" if more else "expired") and request["open"] == []
    assert len(kept(world)) == 1 and ("Остальное" in kept(world)[0]) is bool(more)
    assert ("refused", ALIYA) not in world.templates(request["id"]), "nobody doubted that it was she"
    world.poll()
    assert len(kept(world)) == 1


def test_what_was_asked_beside_a_change_has_a_clock_and_an_end(world: World) -> None:
    first = world.mail(ALIYA, UPDATE["ru"], f"{NEW_PHONE}\n{SHORT_DATE}")
    request = world.request(first)
    assert (request["state"], request["open"]) == ("applied", []) and request["due_at"]
    assert until_over(world, first)["due_at"] is None
    assert world.sql("SELECT outcome FROM question") == [("expired",)]
    assert world.answer(ALIYA, "Дата рождения: 05.06.1991", to=first.answer).decision == "held", "it is late"


def test_data_without_proof_are_asked_about_and_take_nothing_back(world: World) -> None:
    first = world.mail(ALIYA, UPDATE["ru"], f"{NEW_PHONE}\n{SHORT_DATE}")
    before = world.person(ALIYA)["birth_date"]
    taken = world.answer(ALIYA, "Дата рождения: 05.06.1991", proof="none")
    assert taken.decision == "challenged" and world.request(first)["state"] == "applied"
    until_over(world, taken)
    request = world.request(first)
    assert (request["state"], request["due_at"]) == ("applied", None)
    assert world.person(ALIYA)["phones"] == [PHONE] and world.person(ALIYA)["birth_date"] == before
    other = world.request(taken)
    assert (other["state"], other["reason"]) == ("expired", "not_confirmed") and other["id"] != request["id"]
    assert not kept(world) and ("refused", ALIYA) in world.templates(other["id"])


def test_a_change_is_taken_back_while_other_data_wait_for_a_yes(world: World) -> None:
    first = world.mail(ALIYA, UPDATE["ru"], f"{NEW_PHONE}\n{SHORT_DATE}")
    world.answer(ALIYA, "Дата рождения: 05.06.1991", proof="none")
    assert world.answer(ALIYA, "отменить", to=first.answer).decision == "applied"
    assert world.person(ALIYA)["phones"] == OLD_PHONES


def test_proven_data_take_the_place_of_the_same_without_proof(world: World) -> None:
    first = world.mail(ALIYA, UPDATE["ru"], "Прошу обновить мои данные.")
    assert world.answer(ALIYA, NEW_PHONE, proof="none").decision == "challenged"
    assert world.person(ALIYA)["phones"] == OLD_PHONES
    again = world.mail(ALIYA, UPDATE["ru"], NEW_PHONE)
    assert again.decision == "applied" and world.person(ALIYA)["phones"] == [PHONE]
    assert (world.request(first)["state"], world.request(first)["reason"]) == ("expired", "superseded")


def test_a_forged_no_to_a_question_for_data_refuses_nothing(world: World) -> None:
    first = world.mail(ALIYA, UPDATE["ru"], "Прошу обновить мои данные.")
    taken = world.answer(ALIYA, "нет", proof="none")
    assert (taken.decision, world.request(first)["state"]) == ("asked", "asked")
    assert world.answer(ALIYA, NEW_PHONE).decision == "applied"


def test_forged_withdrawals_do_not_empty_the_list(world: World) -> None:
    world.policy("[limits]\nunproven_unsubscribes_per_hour = 1\n")
    assert world.mail(ALIYA, WITHDRAWAL["ru"], proof="none").decision == "challenged"
    taken = world.mail(BORIS, WITHDRAWAL["ru"], proof="none")
    assert taken.decision == "challenged" and world.person(BORIS)["news"] is True, "he is asked, and that is all"
    assert "Пока мы ничего не сделали" in taken.answer.text
    assert world.mail(BORIS, WITHDRAWAL["ru"]).decision == "applied", "a proven one is counted with nobody's"


@pytest.mark.parametrize(("subject", "body"), [("", "x\n" * 20_000), ("", "Моя мама умерла.")])
def test_no_other_row_passes_the_breaker(world: World, subject: str, body: str) -> None:
    world.policy("[limits]\nunproven_unsubscribes_per_hour = 1\n")
    smaller(world)
    world.mail(ALIYA, UNSUBSCRIBE["ru"], proof="none")
    assert world.mail(BORIS, UNSUBSCRIBE["ru"], body, proof="none").decision == "held"
    assert world.person(BORIS)["news"] is True


def test_two_marks_do_not_pass_the_breaker(world: World) -> None:
    world.policy("[limits]\nunproven_unsubscribes_per_hour = 1\n")
    world.mail(ALIYA, UNSUBSCRIBE["ru"], proof="none")
    taken = world.mail(BORIS, UNSUBSCRIBE["ru"], UPDATE["ru"], proof="none")
    assert (world.request(taken)["reason"], world.person(BORIS)["news"]) == ("breaker", True)


def test_a_mail_that_is_too_large_is_answered_for_what_its_subject_says(world: World) -> None:
    smaller(world)
    large = "x\n" * 20_000
    taken = world.mail(ALIYA, UNSUBSCRIBE["ru"], large)
    assert world.person(ALIYA)["news"] is False and world.request(taken)["open"] == ["operator"]
    held = world.mail(BORIS, UPDATE["ru"], large)
    assert held.decision == "held" and "слишком большое" in held.answer.text
    asked = world.mail(ALIYA, UPDATE["ru"], "Прошу обновить мои данные.")
    assert world.answer(ALIYA, large).decision == "asked" and world.request(asked)["state"] == "asked"


def test_a_word_that_comes_late_is_read_before_anything_is_destroyed(world: World) -> None:
    world.policy(NO_OBLIGATIONS)
    number = world.request(world.mail(ALIYA, WITHDRAWAL["ru"]))["id"]
    end = datetime.fromisoformat(world.show(number)["destroy_at"])
    world.ahead = end - datetime.now(end.tzinfo) + timedelta(minutes=1)
    late = world.answer(ALIYA, "отменить")
    world.poll()
    assert late.decision == "held" and world.person(ALIYA)["state"] == "blocked"
    assert world.show(number)["reason"] == "right_open"
    world.ok("requests", "close", world.request(late)["id"])
    world.poll()
    assert world.persons(ALIYA) in ([], [{"id": None}]) or world.persons(ALIYA)[0]["id"] is None


def test_who_left_and_wants_the_news_again_is_told_that_a_person_looks(world: World) -> None:
    world.mail(ALIYA, WITHDRAWAL["ru"])
    taken = world.mail(ALIYA, "подпишите меня снова")
    assert (taken.decision, world.request(taken)["reason"]) == ("held", "resubscribe_stopped")
    assert "о новостях решает человек" in taken.answer.text and world.person(ALIYA)["news"] is False


@pytest.mark.parametrize("subject", ["Не хочу отписываться от новостей", "Как отписаться от рассылки?"])
def test_a_large_mail_whose_subject_is_like_a_mark_stops_nothing(world: World, subject: str) -> None:
    smaller(world)
    taken = world.mail(ALIYA, subject, "x\n" * 20_000)
    assert world.person(ALIYA)["news"] is True and taken.decision in ("held", "left")
    assert all("отказ" not in each.text for each in taken.answers)


PLACE, DATE = "Место рождения: Тараз", "Дата рождения: 05.06.1991"
FOR_OPERATOR = '[fields]\nbirth_place = "operator"\n'


def test_what_waits_for_the_operator_outlives_a_new_address_that_says_nothing(world: World) -> None:
    world.policy(FOR_OPERATOR)
    first = world.mail(ALIYA, UPDATE["ru"], f"{PLACE}\nНовая почта: {NEW}")
    end = datetime.fromisoformat(world.sql("SELECT expires_at FROM question")[0][0]).replace(tzinfo=UTC)
    world.ahead = end - datetime.now(UTC) + timedelta(hours=2)
    world.poll()
    request = world.request(first)
    assert (request["state"], request["open"]) == ("held", ["operator"])
    assert "ещё проверит человек" in kept(world)[0]
    world.ok("requests", "release", request["id"])
    assert world.person(ALIYA)["birth_place"] == "Тараз"


def test_data_without_proof_take_the_place_of_none_that_wait_for_the_operator(world: World) -> None:
    world.policy(FOR_OPERATOR)
    first = world.mail(ALIYA, UPDATE["ru"], f"{PLACE}\n{SHORT_DATE}")
    assert world.answer(ALIYA, f"Место рождения: Астана\n{DATE}", proof="none").decision == "challenged"
    world.ok("requests", "release", world.request(first)["id"])
    assert world.person(ALIYA)["birth_place"] == "Тараз"


def test_an_answer_adds_to_what_waits_for_the_operator(world: World) -> None:
    world.policy(FOR_OPERATOR)
    first = world.mail(ALIYA, UPDATE["ru"], f"{PLACE}\n{SHORT_DATE}")
    assert world.answer(ALIYA, f"{DATE}\nНовая почта: {NEW}").decision == "applied"
    world.answer(NEW, "нет")
    assert "ещё проверит человек" in kept(world)[0] and world.request(first)["open"] == ["operator"]
    world.ok("requests", "release", world.request(first)["id"])
    person = world.person(ALIYA)
    assert (person["birth_place"], person["birth_date"]) == ("Тараз", "1991-06-05")


def test_a_yes_to_data_without_proof_asks_for_nothing_again(world: World) -> None:
    world.mail(ALIYA, UPDATE["ru"], SHORT_DATE)
    assert world.answer(ALIYA, DATE, proof="none").decision == "challenged"
    done = world.answer(ALIYA, "да", proof="none")
    assert done.decision == "applied" and world.person(ALIYA)["birth_date"] == "1991-06-05"
    assert "не поняли" not in done.answer.text


def test_the_operators_part_leaves_the_question_to_a_new_address(world: World) -> None:
    world.policy(FOR_OPERATOR)
    first = world.mail(ALIYA, UPDATE["ru"], f"{PLACE}\nНовая почта: {NEW}")
    number = world.request(first)["id"]
    world.ok("requests", "release", number)
    assert world.show(number)["open"] == ["new_address"] and world.person(ALIYA)["birth_place"] == "Тараз"
    assert world.answer(NEW, "да").decision == "applied" and world.person(NEW)["emails"] == [NEW]


def test_an_address_that_is_named_again_may_say_yes(world: World) -> None:
    first = world.mail(ALIYA, UPDATE["ru"], f"Новая почта: {NEW}\n{SHORT_DATE}")
    world.answer(ALIYA, "Новая почта: other@example.com", to=first.answers[0])
    assert world.answer("other@example.com", "да").decision == "applied"
    assert world.person("other@example.com")["emails"] == ["other@example.com"]


def test_what_was_asked_beside_a_new_address_is_taken_after_its_no(world: World) -> None:
    first = world.mail(ALIYA, UPDATE["ru"], f"Новая почта: {NEW}\n{SHORT_DATE}")
    question = next(each for each in first.answers if each.to == ALIYA)
    world.answer(NEW, "нет")
    assert world.request(first)["state"] == "asked"
    assert world.answer(ALIYA, DATE, to=question).decision == "applied"


def test_who_asked_for_a_new_address_learns_nothing_of_its_mail(world: World) -> None:
    world.mail(ALIYA, UPDATE["ru"], f"Новая почта: {NEW}")
    world.answer(NEW, "нет")
    mail = next(each for each in world.sent() if each.to == ALIYA and "не заменён" in each.subject)
    token = next(each.token for each in world.sent() if each.to == NEW)
    raw = world.raw(mail).decode()
    assert token not in raw and mail.mail["In-Reply-To"] in (None, world.sent()[0].mail["In-Reply-To"])


def test_free_words_of_who_left_are_read_before_anything_is_destroyed(world: World) -> None:
    world.policy(NO_OBLIGATIONS)
    number = world.request(world.mail(ALIYA, WITHDRAWAL["en"]))["id"]
    held = world.answer(ALIYA, "I changed my mind, please keep everything.", subject="Re: my letter")
    assert held.decision == "held" and world.request(held)["reason"] == "reply_to_ours"
    world.later(days=4)
    world.poll()
    assert world.person(ALIYA)["state"] == "blocked" and world.show(number)["reason"] == "right_open"


@pytest.mark.parametrize("words", ["не я", "x\n" * 20_000])
def test_who_left_is_not_destroyed_over_an_answer_that_nobody_read(world: World, words: str) -> None:
    world.policy(NO_OBLIGATIONS)
    smaller(world)
    world.mail(ALIYA, WITHDRAWAL["ru"])
    held = world.answer(ALIYA, words, subject="Re: x")
    assert held.decision == "held"
    world.later(days=4)
    world.poll()
    assert world.person(ALIYA)["state"] == "blocked"


def test_an_answer_that_is_asked_about_again_keeps_its_clock(world: World) -> None:
    first = world.mail(ALIYA, UPDATE["ru"], f"{NEW_PHONE}\n{SHORT_DATE}")
    world.answer(ALIYA, f"{PLACE}\nДата рождения: 06.05.91")
    assert world.request(first)["due_at"]


def test_what_is_released_leaves_the_clock_of_the_question(world: World) -> None:
    world.policy(FOR_OPERATOR)
    first = world.mail(ALIYA, UPDATE["ru"], f"{PLACE}\nНовая почта: {NEW}")
    world.ok("requests", "release", world.request(first)["id"])
    (until,) = world.sql("SELECT expires_at FROM question WHERE closed_at IS NULL")[0]
    assert str(world.request(first)["due_at"])[:16].replace("T", " ") == until[:16].replace("T", " ")


def test_data_without_proof_are_not_mixed_with_a_new_address_that_was_asked(world: World) -> None:
    first = world.mail(ALIYA, UPDATE["ru"], f"Новая почта: {NEW}\n{SHORT_DATE}")
    question = next(each for each in first.answers if each.to == ALIYA)
    forged = world.answer(ALIYA, f"{DATE}\nФамилия: Злая", to=question, proof="none")
    assert forged.decision == "challenged" and world.request(forged)["id"] != world.request(first)["id"]
    assert world.answer(ALIYA, "нет").decision == "applied"
    assert world.answer(NEW, "да").decision == "applied" and world.person(NEW)["surname"] == "Сәрсенова"


def test_what_goes_on_in_a_request_of_its_own_is_asked_for_no_more(world: World) -> None:
    first = world.mail(ALIYA, UPDATE["ru"], f"Новая почта: {NEW}\n{SHORT_DATE}")
    question = next(each for each in first.answers if each.to == ALIYA)
    challenge = world.answer(ALIYA, DATE, to=question, proof="none").answer
    world.answer(NEW, "нет")
    assert (world.request(first)["state"], world.request(first)["due_at"]) == ("refused", None)
    assert world.answer(ALIYA, "да", to=challenge).decision == "applied"
    assert world.person(ALIYA)["birth_date"] == "1991-06-05"
