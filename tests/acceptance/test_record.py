"""Before and after, field by field: in the answer (veiled), and whole for the operator."""

from __future__ import annotations

import pytest

from tests.acceptance.world import ALIYA, UPDATE, World

NEW = "aliya.new@example.com"


def test_the_answer_shows_before_and_after_veiled_and_the_operator_sees_them_whole(world: World) -> None:
    taken = world.mail(ALIYA, UPDATE["ru"], "Телефон: 8 701 999 88 77\nМесто рождения: г. Семей")
    assert "+7 701 *** ** 01 → +7 701 *** ** 77" in taken.answer.text
    for whole in ("+77019998877", "999 88 77", "Семей", "+77010000001"):
        assert whole not in taken.answer.text
    assert world.request(taken)["changed"] == [
        {"field": "phone", "before": "+77010000001", "after": "+77019998877"},
        {"field": "birth_place", "before": "Алматы қ.", "after": "г. Семей"},
    ]
    said = world.ok("requests", "show", world.request(taken)["id"]).out
    assert "phone: +77010000001 → +77019998877" in said


@pytest.mark.parametrize("evidence", ["weak", "none"])
def test_what_waits_for_a_yes_is_shown_as_what_would_change(world: World, evidence: str) -> None:
    taken = world.mail(ALIYA, UPDATE["ru"], "Телефон: 8 701 999 88 77", proof=evidence)
    request = world.request(taken)
    assert (request["changed"], request["state"]) == ([], "challenged")
    assert request["would_change"] == [{"field": "phone", "before": "+77010000001", "after": "+77019998877"}]
    answered = world.answer(ALIYA, "Да")
    assert "+7 701 *** ** 01 → +7 701 *** ** 77" in answered.answer.text
    assert world.show(request["id"])["would_change"] == []


def test_what_waits_for_the_operator_is_shown_beside_the_record(world: World) -> None:
    world.policy('[fields]\npreset = "documents"\n')
    taken = world.mail(ALIYA, UPDATE["ru"], "Фамилия: Ахметова\nТелефон: 8 701 999 88 77")
    request = world.request(taken)
    assert [each["field"] for each in request["changed"]] == ["phone"]
    [would] = request["would_change"]
    assert (would["field"], would["after"]) == ("surname", "Ахметова") and would["before"]


def test_a_new_address_is_told_at_both_and_shown(world: World) -> None:
    world.mail(ALIYA, UPDATE["ru"], f"Новая почта: {NEW}")
    taken = world.answer(NEW, "Да")
    told = {sent.to: sent.text for sent in taken.answers}
    assert set(told) == {NEW, ALIYA} and "a***@example.com" in told[NEW]
    assert NEW not in told[ALIYA]
    number = world.requests("--all")[0]["id"]
    assert {"field": "email", "before": ALIYA, "after": NEW} in world.show(number)["changed"]


def test_what_is_on_file_already_is_said_and_nothing_else(world: World) -> None:
    taken = world.mail(ALIYA, UPDATE["ru"], "Телефон: +7 701 000 00 01")
    assert taken.decision == "applied" and "→" not in taken.answer.text
    assert "+7 701 *** ** 01" in taken.answer.text and world.request(taken)["changed"] == []


def test_an_iin_is_shown_to_nobody(world: World) -> None:
    taken = world.mail(ALIYA, UPDATE["ru"], "Телефон: 8 701 999 88 77\nИИН: 900505400125\nМесто рождения: 900505400125")
    number = world.request(taken)["id"]
    shown = world.ok("requests", "show", number).out + world.ok("requests", "show", number, "--json").out
    assert "900505400125" not in shown + taken.answer.text
    held = world.request(world.mail(ALIYA, "Вопрос", "Какие мои данные вы храните?"))["id"]
    world.ok("requests", "refuse", held, "--reason", "unclear", "--note", "ИИН 900505400125 не нужен")
    assert "900505400125" not in world.ok("requests", "show", held).out + str(world.show(held))
