"""One test for each promise of the published policy, in Kazakh, Russian and English, through the command line."""

from __future__ import annotations

import re

import pytest

from tests.acceptance.world import (
    ALIYA,
    BOX,
    OWNER,
    STRANGER,
    UNSUBSCRIBE,
    UPDATE,
    WITHDRAWAL,
    Sent,
    Taken,
    World,
)

LANGUAGES = ("kk", "ru", "en")
LETTERS = {"kk": "[ӘәҒғҚқҢңӨөҰұҮүҺһІі]", "ru": "[А-Яа-яЁё]", "en": "[A-Za-z]"}
HEAD = {"kk": "Сұраныс №", "ru": "Запрос №", "en": "Request No."}
UNDO = {"kk": "қайтару", "ru": "отменить", "en": "undo"}
HUMAN = {"kk": "«адам қарасын»", "ru": "«пусть посмотрит человек»", "en": '"a person, please"'}
every_language = pytest.mark.parametrize("language", LANGUAGES)


def is_threaded(answer: Sent, taken: Taken) -> bool:
    """Tell whether an answer stands under the mail that it answers."""
    return (
        answer.mail["In-Reply-To"] == taken.letter.message_id and taken.letter.message_id in answer.mail["References"]
    )


def check_answer(answer: Sent, taken: Taken, language: str, state: str) -> None:
    """Check what every answer has: addressee, thread, language, fixed subject, the way to a person, who answers."""
    assert answer.to == taken.letter.sender
    assert BOX in str(answer.mail["From"])
    assert is_threaded(answer, taken)
    assert answer.language == language
    assert answer.subject == f"{HEAD[language]} {answer.number}: {state}"
    ours = "\n".join(line for line in answer.text.split("\n") if "→" not in line)  # else it shows what was on file
    assert re.search(LETTERS[language], ours)
    if language == "en":
        assert not re.search("[А-Яа-яӘәҚқ]", ours)
    if language == "ru":
        assert not re.search(LETTERS["kk"], ours)
    assert HUMAN[language] in answer.text
    assert "Example Courses" in answer.text and "+7 700 000 00 00" in answer.text
    assert answer.mail["Auto-Submitted"] == "auto-replied"
    assert "!" not in answer.text
    assert re.fullmatch(r"\[[a-z2-7]{26}\]", answer.text.rstrip().splitlines()[-1])


@every_language
def test_clause_3_2_news_stop_at_any_time(world: World, language: str) -> None:
    """3(2): he may stop all information mails at any time."""
    taken = world.mail(ALIYA, UNSUBSCRIBE[language])

    person = world.person(ALIYA)
    assert person["news"] is False and person["suppressed"] == ["news"]
    assert person["processing"] is True and person["state"] == "active"
    assert taken.decision == "applied" and taken.lies == "Done"
    state = {"kk": "орындалды", "ru": "выполнено", "en": "done"}[language]
    check_answer(taken.answer, taken, language, state)
    assert UNDO[language].upper() in taken.answer.text

    again = world.answer(ALIYA, UNDO[language])
    assert again.decision == "applied"
    person = world.person(ALIYA)
    assert person["news"] is True and person["suppressed"] == []


@every_language
def test_clause_6_3_data_are_corrected_by_mail(world: World, language: str) -> None:
    """6(3): he may correct inaccurate personal data himself."""
    body = {
        "kk": "Сәлеметсіз бе!\nТелефон: +7 701 999 88 77\nТуған жері: Шымкент қ.",
        "ru": "Добрый день!\nТелефон: +7 701 999 88 77\nМесто рождения: Шымкент",
        "en": "Hello,\nPhone: +7 701 999 88 77\nPlace of birth: Shymkent",
    }[language]
    taken = world.mail(ALIYA, UPDATE[language], body)

    person = world.person(ALIYA)
    assert person["phones"] == ["+77019998877"]
    assert person["birth_place"] == {"kk": "Шымкент қ.", "ru": "Шымкент", "en": "Shymkent"}[language]
    assert person["birth_date"] == "1990-05-05" and person["surname"] == "Сәрсенова"
    assert taken.decision == "applied" and taken.lies == "Done"
    check_answer(taken.answer, taken, language, {"kk": "орындалды", "ru": "выполнено", "en": "done"}[language])
    assert UNDO[language].upper() in taken.answer.text

    back = world.answer(ALIYA, UNDO[language])
    assert back.decision == "applied" and back.lies == "Done"
    person = world.person(ALIYA)
    assert person["phones"] == ["+77010000001"] and person["birth_place"] == "Алматы қ."


@every_language
def test_clause_6_4_withdrawal_stops_waits_and_destroys(world: World, language: str) -> None:
    """6(4): he may withdraw his consent at any time: stop at once, undo window, destruction, a final mail."""
    world.policy('[withdrawal]\nobligations = "none"\n')
    taken = world.mail(ALIYA, WITHDRAWAL[language])

    person = world.person(ALIYA)
    assert person["state"] == "blocked" and person["block"]["why"] == "withdrawal"
    assert person["processing"] is False and person["news"] is False
    assert taken.decision == "applied" and taken.lies == "Done"
    stopped = {"kk": "өңдеу тоқтатылды", "ru": "обработка прекращена", "en": "use of data stopped"}[language]
    check_answer(taken.answer, taken, language, stopped)
    assert UNDO[language].upper() in taken.answer.text
    only_news = {"kk": "ТЕК ХАТ", "ru": "ТОЛЬКО ПИСЬМА", "en": "ONLY NEWS"}[language]
    assert only_news in taken.answer.text
    assert world.request(taken)["destroy_at"] == person["block"]["until"]

    world.poll()
    assert world.person(ALIYA)["state"] == "blocked", "inside the window nobody is destroyed"

    world.later(days=10)
    counts = world.poll()
    assert counts["sent"] == 1
    final = world.last(ALIYA)
    check_answer(
        final, taken, language, {"kk": "деректер жойылды", "ru": "данные уничтожены", "en": "data destroyed"}[language]
    )
    assert world.persons(ALIYA) == [{"id": None, "state": "suppressed", "suppressed": ["news", "processing"]}]
    for table in ("person", "address", "phone", "consent"):
        rows = world.sql(
            f"SELECT count(*) FROM {table} WHERE {'id' if table == 'person' else 'person_id'} = ?", person["id"]
        )
        assert rows == [(0,)]
    raw = (world.folder / "mailbot.sqlite").read_bytes()
    for value in ("aliya@example.com", "+77010000001", "Сәрсенова"):
        assert value.encode() not in raw, "no byte of the person is left in the store"


@every_language
def test_clause_6_4_withdrawal_is_taken_back_in_its_window(world: World, language: str) -> None:
    """6(4) and its undo window: one word, and everything stands as before."""
    world.policy('[withdrawal]\nobligations = "none"\n')
    before = world.person(ALIYA)
    world.mail(ALIYA, WITHDRAWAL[language])
    taken = world.answer(ALIYA, UNDO[language])

    assert taken.decision == "applied"
    assert world.person(ALIYA) == before
    check_answer(taken.answer, taken, language, {"kk": "орындалды", "ru": "выполнено", "en": "done"}[language])
    world.later(days=10)
    world.poll()
    assert world.person(ALIYA) == before


@every_language
def test_clause_8_1_a_question_is_acknowledged_and_left_for_the_operator(world: World, language: str) -> None:
    """8(1): he may get any explanation about the processing of his data: a person answers, he knows by when."""
    subject = {
        "kk": "Қандай деректерім сақталады?",
        "ru": "Какие мои персональные данные вы храните?",
        "en": "What personal data of mine do you hold?",
    }[language]
    before = world.person(ALIYA)
    taken = world.mail(ALIYA, subject, subject)

    assert taken.decision == "left" and taken.lies == "INBOX"
    request = world.request(taken)
    assert request["state"] == "left" and request["reason"] == "other_right"
    assert request["kind"] in ("access", "question") and request["due_at"]
    assert world.requests()[0]["id"] == request["id"], "it is listed first"
    check_answer(taken.answer, taken, language, {"kk": "алынды", "ru": "получено", "en": "received"}[language])
    assert len(taken.told) == 1 and request["id"] in taken.told[0].text and taken.told[0].to == OWNER
    assert world.person(ALIYA) == before


@every_language
def test_other_peoples_mail_is_left_untouched(world: World, language: str) -> None:
    """A customer's ordinary mail: not moved, not marked, not answered."""
    subject = {"kk": "Курс туралы", "ru": "Вопрос о курсе", "en": "About your course"}[language]
    body = {
        "kk": "Сәлеметсіз бе, курс қашан басталады?",
        "ru": "Здравствуйте, когда начинается курс?",
        "en": "Hello, when does the course begin?",
    }[language]
    taken = world.mail(STRANGER, subject, body)

    assert taken.decision == "left" and taken.lies == "INBOX"
    assert not taken.answers and not taken.told
    assert world.requests() == []
    assert world.poll()["fetched"] == 0, "it is not read twice"


@pytest.mark.parametrize(("wishes", "promise"), [(UNSUBSCRIBE, "3(2)"), (UPDATE, "6(3)"), (WITHDRAWAL, "6(4)")])
@every_language
def test_the_mark_counts_in_the_text_too(world: World, wishes: dict[str, str], promise: str, language: str) -> None:
    """The policy says "a letter bearing the mark": the first paragraph of the text is as good as the subject."""
    greeting = {"kk": "Сәлеметсіз бе!", "ru": "Здравствуйте!", "en": "Hello,"}[language]
    label = {"kk": "Телефон", "ru": "Телефон", "en": "Phone"}[language]
    taken = world.mail(ALIYA, "", f"{greeting}\n\n{wishes[language]}\n\n{label}: +7 701 999 88 77")

    assert taken.decision == "applied", promise
    person = world.person(ALIYA)
    if wishes is UPDATE:
        assert person["phones"] == ["+77019998877"]
    else:
        assert person["news"] is False and (person["state"] == "blocked") == (wishes is WITHDRAWAL)
