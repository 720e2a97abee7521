"""classify.py: subject and body made into one claim, and what speaks against acting."""

from __future__ import annotations

import time
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.config import load_policy
from mailbot.reading.claim import TAG_KINDS, Claim, Kind, Word
from mailbot.reading.classify import classify
from mailbot.reading.fold import fold
from mailbot.reading.message import Message
from mailbot.reading.tags import compile_words

POLICY = load_policy(None)
LEXICON = compile_words(POLICY)
CORPUS = tomllib.loads((Path(__file__).parent.parent / "corpus" / "tags.toml").read_text("utf-8"))
POSITIVES = [(kind, text) for kind in TAG_KINDS for text in CORPUS[kind]]
UPD = "Актуализация персональных данных"
WDR = "Отзыв согласия на обработку персональных данных"
UNS = "Отказ от рассылки"
KK_UPD = "Дербес деректерді өзектендіру"
KK_WDR = "Дербес деректерді өңдеуге келісімді кері қайтарып алу"


def mail(subject: str = "", own_text: str = "", **more: object) -> Message:
    known: dict[str, object] = {
        "headers": (),
        "from_fields": 1,
        "from_": (),
        "sender": (),
        "reply_to": (),
        "to": (),
        "cc": (),
        "subject": subject,
        "date": None,
        "message_id": "<one@example.com>",
        "in_reply_to": (),
        "references": (),
        "hop_at": None,
        "text": own_text,
        "own_text": own_text,
        "signature": "",
        "quoted": "",
        "content_type": "text/plain",
        "report_type": "",
        "parts": (),
        "returned_ids": (),
        "repeated": (),
        "defects": (),
        "size_bytes": len(own_text),
    }
    return Message(**{**known, **more})  # type: ignore[arg-type]


def claim(subject: str = "", own_text: str = "", **more: object) -> Claim:
    return classify(mail(subject, own_text, **more), LEXICON)


@pytest.mark.parametrize(("kind", "text"), POSITIVES)
def test_a_mark_as_subject_acts(kind: Kind, text: str) -> None:
    found = claim(text)
    assert (found.kind, found.acts, found.where, found.conflicts) == (kind, True, "subject", ())
    assert found.empty


@pytest.mark.parametrize("text", CORPUS["near_misses"])
def test_a_near_miss_acts_neither_as_subject_nor_as_body(text: str) -> None:
    assert not claim(text).acts
    for subject in ("", "(без темы)", "Хат", "Fwd:"):
        for body in (text, f"Сәлеметсіз бе!\n{text}", f"{text}\n\nАсель", f"{text}\nС уважением,\nАсель"):
            found = claim(subject, body)
            assert not found.acts and not found.paragraph.acts, found.paragraph


@pytest.mark.parametrize("subject", ["", "(без темы)", "(no subject)", "(тақырыпсыз)", "Хат", "Сәлем", "Fwd:", "."])
@pytest.mark.parametrize("tag", [UPD, WDR, UNS, KK_UPD, KK_WDR, "Unsubscribe"])
@pytest.mark.parametrize(
    "body",
    [
        "{}",
        "\n\n«{}».\n",
        "Сәлеметсіз бе!\n{}",
        "Здравствуйте, Роза!\n\n{}\n\nМеня зовут Асель.",
        "Hello,\n{}\nBest regards, Asel",
        "Добрый день\nҚұрметті Роза Серікқызы!\n{}\nРахмет, Айгүл",
        "{}\nС уважением, Иванова Мария",
        "{}\niPhone-нан жіберілді",
    ],
)
def test_the_first_own_paragraph_bears_the_mark(subject: str, tag: str, body: str) -> None:
    found = claim(subject, body.format(tag))
    assert (found.acts, found.where, found.paragraph.acts) == (True, "body", True)


def test_a_mark_wrapped_over_lines_is_one_paragraph() -> None:
    assert claim("", KK_WDR.replace(" ", "\n", 3)).acts


@pytest.mark.parametrize(
    "body",
    [
        f"{WDR}\nне требуется",
        f"{WDR}\nмне не нужен",
        f"{KK_WDR}\nкерек емес",
        f"Здравствуйте, вот образец:\n{WDR}",
        f"Здравствуйте, образец\n{WDR}",
        f"Здравствуйте. Как оформить\n{WDR}",
        f"Прошу вас:\n{WDR}",
        f"{WDR}\nСпасибо, не нужно",
        f"{WDR}\n{UPD}",
        f"Текст письма\n\n{WDR}",
        f"Прошу считать это письмо отзывом согласия\n{WDR}",
        f"{WDR} {WDR}",
        f"> {WDR}",
        f"{WDR}?",
    ],
)
def test_a_paragraph_that_holds_more_never_acts(body: str) -> None:
    assert not claim("", body).acts


def test_a_subject_that_is_a_suggestion_outranks_the_body() -> None:
    found = claim("Вопрос: отзыв согласия на обработку персональных данных", WDR)
    assert (found.rung, found.where, found.paragraph.acts) == ("suggestion", "subject", True)


@pytest.mark.parametrize("subject", ["Новый номер телефона", "Мой телефон изменился", "My new phone number"])
def test_a_subject_that_says_the_same_in_plain_words_is_a_heading(subject: str) -> None:
    found = claim(subject, f"{UPD}\n\nТелефон: +7 701 234 56 78")
    assert (found.kind, found.where, found.acts) == ("update", "body", True)
    asked = claim(f"{subject}?", f"{UPD}\n\nТелефон: +7 701 234 56 78")
    assert asked.where == "subject" or asked.subject.rung == "none", "a question is a suggestion"


def test_two_marks_keep_the_second() -> None:
    found = claim(UNS, UPD)
    assert found.second is not None and found.second.kind == "update"
    assert (found.kind, found.conflicts) == ("unsubscribe", ())
    found = claim(WDR, f"Здравствуйте!\n{UNS}")
    assert found.second is not None and found.second.kind == "unsubscribe" and found.conflicts == ()
    found = claim(WDR, UPD)
    assert found.second is not None and found.conflicts == ("several_kinds",)
    assert claim(WDR, WDR).second is None
    assert claim(WDR, WDR).conflicts == ()


@pytest.mark.parametrize(
    ("subject", "body", "conflict"),
    [
        (UPD, "Здравствуйте. Согласие отзываю, удалите все мои данные и больше не пишите.\nМарина", "disagree"),
        (UPD, "Прошу отписать меня от вашей рассылки", "disagree"),
        (KK_UPD, "Келісімімді кері қайтарып аламын", "disagree"),
        (WDR, "Не хочу больше получать вашу рассылку", "disagree"),
        (WDR, "Не отзываю согласие на обработку персональных данных", "disagree"),
        (WDR, "не требуется", "disagree"),
        (WDR, "Передумала", "disagree"),
        (KK_WDR, "Келісімді кері қайтарып алмаймын", "disagree"),
        (KK_WDR, "керек емес", "disagree"),
        ("Withdrawal of consent to personal data processing", "I do NOT want to withdraw my consent.", "disagree"),
        (WDR, "Отзываю согласие. И ещё обновите мои данные, телефон сменился.", "several_kinds"),
        (UNS, "Отпишите меня от рассылки. И обновите мои данные.", "several_kinds"),
    ],
)
def test_a_body_that_says_otherwise_is_a_conflict(subject: str, body: str, conflict: str) -> None:
    assert conflict in claim(subject, body).conflicts


@pytest.mark.parametrize(
    ("subject", "body", "also"),
    [
        (KK_WDR, "Мен келісімімді кері қайтарып аламын.\nДеректерімді жойып, жауап беруіңізді сұраймын.", "erasure"),
        (WDR, "Прошу удалить все мои данные.", "erasure"),
        (WDR, "Отзываю согласие, больше не присылайте мне писем.", "unsubscribe"),
        (UNS, "Спасибо, письма больше не нужны. А когда следующий вебинар?", "question"),
        (UNS, "Какие мои данные вы храните?", "access"),
    ],
)
def test_a_further_wish_disturbs_nothing(subject: str, body: str, also: Kind) -> None:
    found = claim(subject, body)
    assert found.acts and found.conflicts == ()
    assert also in found.also


@pytest.mark.parametrize(
    ("subject", "body"),
    [
        (UPD, "Фамилия: Ахметова\nТелефон: +7 701 234 56 78\nПочта: asel@example.com"),
        (UPD, "Прошу изменить фамилию: была Ахметова, стала Серикова.\nТелефон прежний."),
        (WDR, "Прошу отозвать моё согласие.\nС уважением, Марина"),
        (UNS, "Пожалуйста, не присылайте больше писем."),
        (UNS, "Не нужны мне ваши письма"),
        (UNS, "не надо писать"),
        (KK_UPD, "Сәлеметсіз бе!\nДеректерімді жаңартуыңызды сұраймын:\nТегі: Сәрсенова"),
    ],
)
def test_a_body_that_agrees_is_none(subject: str, body: str) -> None:
    assert claim(subject, body).conflicts == ()


def test_a_mark_over_nothing_but_a_forwarded_mail_is_forwarded() -> None:
    assert claim(WDR, quoted="---- Пересылаемое сообщение ----\nтекст").conflicts == ("forwarded",)
    assert claim(WDR, "прошу", quoted="текст").conflicts == ()
    assert claim(f"Re: {WDR}", quoted="> текст").conflicts == ()
    assert claim(WDR, quoted="> текст", in_reply_to=("<a@example.kz>",)).conflicts == ()
    assert claim(f"Fwd: {WDR}").reason == "forwarded"


def test_a_death_without_a_mark_is_a_question() -> None:
    found = claim("Папа", "Здравствуйте, мой отец умер в марте, это был его адрес.")
    assert (found.kind, found.rung, found.reason, found.acts) == ("question", "suggestion", "deceased", False)
    found = claim(UPD, "Мой отец умер, прошу обновить его данные.")
    assert found.acts and "deceased" in found.conflicts


def test_somebody_elses_data_is_a_conflict() -> None:
    found = claim(UPD, "Прошу обновить телефон моей мамы, Ивановой Марии Петровны: 8-702-333-44-55, она согласна.")
    assert found.conflicts


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("Здравствуйте!\n\nЯ училась у вас в мае.\n\nПрошу удалить мои данные.", "erasure"),
        ("Сәлеметсіз бе!\nМенің қандай деректерім бар?", "access"),
        ("Hi! What data do you hold about me?", "access"),
    ],
)
def test_a_plain_wish_in_the_body_is_a_suggestion(body: str, kind: Kind) -> None:
    found = claim("Привет", body)
    assert (found.kind, found.rung, found.where, found.tag) == (kind, "suggestion", "body", None)


def test_ordinary_mail_has_no_claim() -> None:
    for subject, body in (
        ("Счёт № 5", "Во вложении счёт."),
        ("Курс", "Пришлите, пожалуйста, данные для оплаты"),
        ("", ""),
    ):
        found = claim(subject, body)
        assert (found.kind, found.rung, found.tag, found.where, found.also) == (None, "none", None, None, ())


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ("Да, подтверждаю.\n\nАсель", "yes"),
        ("\n \nЖОҚ", "no"),
        ("Рахмет!", "courtesy"),
        ("тек хат\nАсель", "only_news"),
        ("Да, но фамилия другая", None),
        ("Асель\nда", None),
        ("", None),
    ],
)
def test_the_first_own_line_may_be_an_answer(body: str, word: Word | None) -> None:
    assert claim("Re: Сұраныс № K7Q2", body).word == word


def test_a_resubscribe_word_as_subject() -> None:
    assert claim("Қайта жазыламын").resubscribe
    assert not claim("Хабарламаларға қайта жазылу").resubscribe
    assert not claim("", "resubscribe").resubscribe


def test_only_the_subject_of_an_incomplete_mail_counts() -> None:
    found = claim(WDR, "не требуется", complete=False)
    assert (found.acts, found.conflicts, found.empty, found.word) == (True, (), False, None)
    assert not claim("", WDR, complete=False).acts


def test_empty_is_nothing_but_blanks() -> None:
    assert claim(UPD, " \n\u200b\u00a0\n").empty
    assert not claim(UPD, ".").empty


@pytest.mark.parametrize(
    ("subject", "body", "language"),
    [
        (KK_WDR, "", "kk"),
        (WDR, "", "ru"),
        ("Unsubscribe", "", "en"),
        (WDR, "Сәлеметсіз бе! Деректерімді жойыңыз, өтінемін.", "kk"),
        ("Сұрақ", "", "kk"),
        ("Вопрос", "", "ru"),
    ],
)
def test_the_language_is_the_persons(subject: str, body: str, language: str) -> None:
    assert claim(subject, body).language == language


def test_fields_are_looked_for_where_they_may_count() -> None:
    form = "Фамилия: Ахметова\nТелефон: +7 701 234 56 78"
    assert claim(UPD, form).extract.fields["surname"] == "Ахметова"
    long = form + "\n\n" + "Текст письма. " * 400
    assert claim("Курс", long).extract.fields == {}
    assert claim(UPD, long).extract.fields["phone"] == "+77012345678"
    assert claim("Re: Сұраныс № K7Q2", long).extract.fields != {}


@given(st.text(max_size=60), st.text(max_size=300), st.text(max_size=60))
def test_classifying_never_raises_and_only_a_whole_mark_acts(subject: str, body: str, quoted: str) -> None:
    parts = [fold(part) for part in (subject, *body.split("\n\n"))]
    drawn = any(part.endswith(mark) for part in parts for mark in LEXICON.whole)  # hypothesis draws words of the code
    assert drawn or not claim(subject, body, quoted=quoted).acts


def test_an_ordinary_mail_is_read_in_a_few_milliseconds_at_most() -> None:
    message = mail("Когда начнётся курс?", "Здравствуйте!\n\nКогда начнётся курс и сколько он стоит?\n\nАсель")
    classify(message, LEXICON)
    start = time.process_time()
    for _ in range(200):
        classify(message, LEXICON)
    assert (time.process_time() - start) / 200 < 0.005


def test_a_huge_body_takes_no_time() -> None:
    start = time.process_time()
    for filler in ("не ", "Здравствуйте!\n", "a\u0336 ", "\n", "отзыв согласия. "):
        claim("Курс", filler * 30_000)
    assert time.process_time() - start < 10
