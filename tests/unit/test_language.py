"""Which of the three languages a text is in, and when the answer goes out in two."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.reading.claim import Language
from mailbot.reading.language import language

CASES: list[tuple[str, Language | None]] = [
    ("Сәлеметсіз бе! Деректерімді жаңартуыңызды сұраймын", "kk"),
    ("Салеметсиз бе, номирим озгерди: 87071234567", "kk"),
    ("Salemetsiz be, nomirim ozgerdi", "kk"),
    ("Добрый день! Жаңа нөмірім: +7 (747) 000-11-22.", "kk"),
    ("Тегi: Əбдiрахманова\nАты: Əсел", "kk"),
    ("Иә, растаймын", "kk"),
    ("рахмет", "kk"),
    ("деректерімді өшіріңіз", "kk"),
    ("Добрый день. Прошу изменить фамилию", "ru"),
    ("Прошу заменить почту на new.mail@example.org", "ru"),
    ("Спасибо, письма больше не нужны. А когда следующий вебинар?", "ru"),
    ("спасибо", "ru"),
    ("Hi, please change my e-mail to aliya.k@example.com", "en"),
    ("Unsubscribe", "en"),
    ("", None),
    ("8 701 123 45 67", None),
    ("https://example.kz/a", None),
]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_the_language_of_a_text(text: str, expected: Language | None) -> None:
    assert language(text) == (expected, False)


@pytest.mark.parametrize(
    "text",
    [
        "Здравствуйте, прошу обновить мой телефон.\n\nСәлеметсіз бе, телефон нөмірімді жаңартуыңызды сұраймын.",
        "Сәлеметсіз бе, телефон нөмірімді жаңартуыңызды сұраймын.\n\nЗдравствуйте, прошу обновить мой телефон.",
        "Динара",
        "ок",
    ],
)
def test_what_cant_be_told_is_answered_in_both(text: str) -> None:
    assert language(text)[1]


def test_the_first_words_decide_which_of_two_comes_first() -> None:
    labels = "Фамилия: Ким\nИмя: Асель\nТелефон: 1\nТуған күні: 1990-05-05\nТуған жері: Семей қ."
    assert language(labels) == ("ru", True)


@given(st.text(max_size=200))
def test_it_never_raises(text: str) -> None:
    assert language(text)[0] in ("kk", "ru", "en", None)
