"""enclosed.py: a picture or a document with next to no text may be a request; a bill, homework or a logo is none."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.reading.enclosed import brings_request
from mailbot.reading.message import Message, Part, blank_message

PHOTO = Part(content_type="image/jpeg", disposition="attachment", filename="IMG_2041.jpg", size_bytes=900_000)
SCAN = Part(content_type="application/pdf", disposition="attachment", filename="scan0001.pdf", size_bytes=300_000)
LOGO = Part(content_type="image/png", disposition="inline", filename="image001.png", size_bytes=4_000)
TEXT = Part(content_type="text/plain", disposition="", filename="", size_bytes=100)


def mail(subject: str = "", *parts: Part) -> Message:
    return blank_message(subject=subject, parts=(TEXT, *parts))


REQUESTS = [
    "",
    "\n \n",
    "[image: IMG_2041.jpg]",
    "[cid:image001.jpg@01D9]",
    "<IMG_2041.jpg>",
    "IMG_2041.jpg",
    "Мінеки",
    "Өтінішім қосымшада",
    "Сәлеметсіз бе!\nӨтінішті суретке түсіріп, тіркеп жібердім.",
    "Сәлеметсіз бе!\n[image: photo.jpg]\nҚұрметпен,\nОспанова Әлия Маратқызы, тел. көрсетілген",
    "iPhone-нан жіберілді",
    "Заявление во вложении",
    "Здравствуйте!\nПрилагаю заявление, прошу рассмотреть.",
    "Добрый день. Скан в приложении",
    "Здравствуйте!\n\nС уважением,\nОспанова Алия Маратовна, город Алматы",
    "Отправлено с iPhone",
    "см. фото",
    "See photo.\n[image: passport.jpg]",
    "Please find my signed letter attached.",
    "Hello,\nKind regards,\nAliya Ospanova, Almaty, Kazakhstan",
    "Sent from my Galaxy",
]
EVERYDAY = [
    "Чек",
    "Оплатила, чек во вложении",
    "Квитанция об оплате",
    "Домашка",
    "Домашнее задание во вложении",
    "Договор подписан, скан прилагаю",
    "Счёт во вложении",
    "Мое резюме",
    "Вот скриншот ошибки",
    "Спасибо!",
    "Түбіртек",
    "Төледім, чекті тіркеп жібердім",
    "Үй тапсырмасы",
    "Шот қосымшада",
    "Бүгінгі сабақтың суреті",
    "Мерекеңізбен!",
    "Invoice attached",
    "My homework",
    "Receipt",
    "Signed contract attached",
    "Thanks!",
    "Во вложении фото, подскажите, как открыть этот файл на телефоне?",
    "Здравствуйте! Хочу прийти к вам на семинар в субботу вместе с подругой, посмотрите афишу во вложении и скажите, "
    "есть ли ещё места для нас двоих.",
]


@pytest.mark.parametrize("part", [PHOTO, SCAN])
@pytest.mark.parametrize("own", REQUESTS)
def test_next_to_no_text_beside_a_document_may_be_a_request(own: str, part: Part) -> None:
    assert brings_request(mail("", part), own)


@pytest.mark.parametrize("own", EVERYDAY)
def test_what_a_coach_is_sent_every_day_is_none(own: str) -> None:
    assert not brings_request(mail("", PHOTO), own)


@pytest.mark.parametrize(
    "subject", ["Счёт № 5", "Домашнее задание", "Төлем", "Үй тапсырмасы", "Invoice 12", "Homework"]
)
def test_a_subject_of_every_day_says_what_the_file_is(subject: str) -> None:
    assert not brings_request(mail(subject, SCAN), "")


@pytest.mark.parametrize("name", ["Счет-145.pdf", "чек.pdf", "түбіртек.pdf", "invoice_12.pdf", "homework 3.pdf"])
def test_so_does_the_name_of_the_file(name: str) -> None:
    named = Part(content_type="application/pdf", disposition="attachment", filename=name, size_bytes=1000)
    assert not brings_request(mail("", named), "")


def test_without_a_document_nothing_is_enclosed() -> None:
    assert not brings_request(mail(), "")
    calendar = Part(content_type="text/calendar", disposition="attachment", filename="a.ics", size_bytes=100)
    assert not brings_request(mail("", calendar), "")


def test_the_logo_of_a_signature_is_no_document() -> None:
    assert not brings_request(mail("", LOGO), "Спасибо, до встречи!")
    assert not brings_request(mail("", LOGO), "Заявление о переносе встречи отправлю завтра утром")
    assert brings_request(mail("", LOGO, PHOTO), "Заявление")


@given(st.text(max_size=300), st.text(max_size=60))
def test_it_never_raises(own: str, subject: str) -> None:
    assert brings_request(mail(subject, PHOTO), own) in (True, False)


def test_a_hostile_text_is_cheap() -> None:
    started = time.process_time()
    for unit in ("[", "<", "a", "a.", ".jpg", "с уважением\n", "[a] "):
        brings_request(mail(unit * 1000, PHOTO), unit * 300_000)
    assert time.process_time() - started < 1
