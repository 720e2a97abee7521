"""Data that are asked back: how the answer may be written, and how often a person is asked."""

from __future__ import annotations

import pytest

from tests.acceptance.world import ALIYA, UPDATE, Sent, World

PHONE = "+77019998877"


def quoted(sent: Sent, filled: dict[str, str]) -> str:
    """Return our mail as a phone quotes it, with values typed behind the labels of its form."""
    lines = []
    for line in sent.text.splitlines():
        label = next((label for label in filled if line.strip() == label), None)
        lines.append(f"> {line}{' ' + filled[label] if label else ''}")
    return "\n".join(lines)


def answered(world: World, sent: Sent, body: str) -> dict[str, object]:
    """Answer with that body alone; return what was decided."""
    thread = (f"In-Reply-To: {sent.message_id}",)
    taken = world.take(world.octets(ALIYA, f"Re: {sent.subject}", body, headers=thread))
    return {"decision": taken.decision, "number": sent.number, "answers": taken.answers}


def test_a_form_filled_in_inside_the_quote_is_read(world: World) -> None:
    asked = world.mail(ALIYA, UPDATE["ru"], "Прошу обновить мои данные.").answer
    done = answered(world, asked, quoted(asked, {"Телефон:": "8 701 999 88 77"}))
    assert done["decision"] == "applied" and world.person(ALIYA)["phones"] == [PHONE]
    assert world.show(asked.number)["reason"] == "ask_answered"


@pytest.mark.parametrize(
    ("first", "answer", "field", "value"),
    [
        ("Туған күні: 05.06.91", "5 маусым 1991", "birth_date", "1991-06-05"),
        ("Туған күні: 05.06.91", "05.06.1991 ж.", "birth_date", "1991-06-05"),
        ("Деректерімді жаңартыңыз", "8 701 999 88 77", "phones", [PHONE]),
        ("Фамилия: на Серикову", "Серикова", "surname", "Серикова"),
    ],
)
def test_a_bare_value_answers_what_was_asked(world: World, first: str, answer: str, field: str, value: object) -> None:
    asked = world.mail(ALIYA, UPDATE["kk"], first).answer
    taken = world.answer(ALIYA, answer, to=asked)
    assert taken.decision == "applied", world.show(asked.number)
    assert world.person(ALIYA)[field] == value


@pytest.mark.parametrize(
    "answer", ["Здравствуйте, а что именно?", "Позвоните 8 701 999 88 77 завтра после обеда", "1990"]
)
def test_what_is_no_value_is_none(world: World, answer: str) -> None:
    asked = world.mail(ALIYA, UPDATE["ru"], "Прошу обновить мои данные.").answer
    before = world.person(ALIYA)
    taken = world.answer(ALIYA, answer, to=asked)
    assert taken.decision == "asked" and world.person(ALIYA) == before


def test_asked_twice_at_most_then_held(world: World) -> None:
    asked = world.mail(ALIYA, UPDATE["ru"], "Дата рождения: 05.06.91").answer
    again = world.answer(ALIYA, "Дата рождения: 05.06.91", to=asked).answer
    taken = world.answer(ALIYA, "Дата рождения: июнь 91", to=again)
    assert (taken.decision, taken.lies) == ("held", "INBOX")
    request = world.show(asked.number)
    assert (request["state"], request["reason"], request["open"]) == ("held", "answer_unclear", ["operator"])
    assert request["due_at"] and len(taken.told) == 1
    assert [template for template, _ in world.templates(asked.number)] == ["ask", "ask", "received"]


def test_what_is_clear_is_done_and_the_rest_is_a_persons(world: World) -> None:
    """The third unclear try is not asked back: what is clear is applied, and the answer says who sees to the rest."""
    asked = world.mail(ALIYA, UPDATE["ru"], "Дата рождения: 05.06.91").answer
    again = world.answer(ALIYA, "Дата рождения: 05.06.91", to=asked).answer
    taken = world.answer(ALIYA, "Дата рождения: 05.06.91\nТелефон: 8 701 999 88 77", to=again)
    assert taken.decision == "applied" and world.person(ALIYA)["phones"] == [PHONE]
    request = world.show(asked.number)
    assert request["open"] == ["operator"] and request["due_at"] and len(taken.told) == 1
    assert "человек" in taken.answer.text and "Ответ пишите над этой строкой" not in taken.answer.text
