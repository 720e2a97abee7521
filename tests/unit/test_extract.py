"""The seven fields: the fourteen mails of the field reference, many other phrasings, and what must not be taken."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.reading.claim import FIELD_NAMES, Language
from mailbot.reading.extract import extract, is_label_line
from mailbot.reading.quote import split


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    fields: dict[str, str | None] = field(default_factory=dict)
    old: dict[str, tuple[str, ...]] = field(default_factory=dict)
    unchanged: tuple[str, ...] = ()
    unclear: dict[str, str] = field(default_factory=dict)
    masked: tuple[str, ...] = ()
    ext: str | None = None
    named: dict[str, str] = field(default_factory=dict)


def _check(text: str, language: Language, expected: Expected) -> None:
    found = extract(split(text).own, language)
    assert found.fields == expected.fields
    assert found.old == expected.old
    assert found.unchanged == expected.unchanged
    assert {item.field: item.why for item in found.unclear} == expected.unclear
    assert found.masked == expected.masked
    assert found.phone_ext == expected.ext
    assert found.named == expected.named


FULL = {"surname": "Сәрсенова", "given_name": "Айгүл", "patronymic": "Болатқызы"}
MAILS: list[tuple[str, Language, str, Expected]] = [
    (
        "M01",
        "kk",
        "Сәлеметсіз бе!\nДеректерімді жаңартуыңызды сұраймын:\nТегі: Сәрсенова\nАты: Айгүл\nӘкесінің аты: Болатқызы\n"
        "Телефон: +7 701 234 56 78\nТуған күні: 1990 жылғы 5 мамыр\n"
        "Туған жері: Түркістан облысы, Сайрам ауданы, Қарабұлақ ауылы\n\nРахмет, Айгүл",
        Expected(
            fields={
                **FULL,
                "phone": "+77012345678",
                "birth_date": "1990-05-05",
                "birth_place": "Түркістан облысы, Сайрам ауданы, Қарабұлақ ауылы",
            }
        ),
    ),
    (
        "M02",
        "ru",
        "Добрый день.\nПрошу изменить фамилию: была Ахметова, стала Серикова (свидетельство о браке во вложении).\n"
        "Телефон прежний: 8 (777) 123-45-67.\n\nДинара",
        Expected(fields={"surname": "Серикова"}, old={"surname": ("Ахметова",)}, unchanged=("phone",)),
    ),
    (
        "M03",
        "kk",
        "Салеметсиз бе, номирим озгерди: 87071234567\nЕскиси 87017654321 оширип тастаныздаршы.",
        Expected(fields={"phone": "+77071234567"}, old={"phone": ("+77017654321",)}),
    ),
    (
        "M04",
        "en",
        "Hi,\nplease change my e-mail to aliya.k@example.com (old one aliya@example.org).\n"
        "DOB: 05/06/1991\nThanks, Aliya",
        Expected(
            fields={"email": "aliya.k@example.com"},
            old={"email": ("aliya@example.org",)},
            unclear={"birth_date": "ambiguous_date"},
        ),
    ),
    (
        "M05",
        "kk",
        "Добрый день! Жаңа нөмірім: +7 (747) 000-11-22.\n\n-- \nС уважением,\nЕрлан Касымов\n"
        "ТОО «Пример», тел. +7 727 250 00 00\n\nпн, 3 нояб. 2025 г. в 10:15, Site <info@site.example>:\n"
        "> Сіздің телефон: +7 701 111 22 33\n> Туған күні: 01.01.1980",
        Expected(fields={"phone": "+77470001122"}),
    ),
    (
        "M06",
        "kk",
        "Дербес деректерді өзектендіру\n\nАты-жөнім: Жұмабеков Дәурен Серікұлы\n"
        "Тел.\xa08\xa0705\xa0555\xa066\xa077\n\niPhone-нан жіберілді",
        Expected(
            fields={"surname": "Жұмабеков", "given_name": "Дәурен", "patronymic": "Серікұлы", "phone": "+77055556677"}
        ),
    ),
    (
        "M07",
        "ru",
        "Фамилия\tКим\nИмя\tАлина\nОтчество\tнет\nДата рождения\t12.03.1985 г.\nМесто рождения\tг. Алма-Ата",
        Expected(
            fields={
                "surname": "Ким",
                "given_name": "Алина",
                "patronymic": None,
                "birth_date": "1985-03-12",
                "birth_place": "г. Алма-Ата",
            }
        ),
    ),
    (
        "M08",
        "ru",
        "Прошу заменить почту на new.mail@example.org\n\nОт: Site <info@site.example>\n"
        "Отправлено: 3 ноября 2025 г. 10:15\nКому: Динара <dinara@example.com>\nТема: Ваши данные\n\n"
        "E-mail: dinara@example.com\nТелефон: +7 702 000 00 01",
        Expected(fields={"email": "new.mail@example.org"}),
    ),
    (
        "M09",
        "kk",
        "Мен, Оспанов Марат Қайратұлы, дербес деректерімді өңдеуге берген келісімімді кері қайтарып аламын.\n"
        "Деректерімді жойып, жауап беруіңізді сұраймын.",
        Expected(named={"surname": "Оспанов", "given_name": "Марат", "patronymic": "Қайратұлы"}),
    ),
    (
        "M10",
        "ru",
        "Здравствуйте. Согласие отзываю, удалите все мои данные и больше не пишите.\nМарина",
        Expected(),
    ),
    (
        "M11",
        "ru",
        "Прошу обновить телефон моей мамы, Ивановой Марии Петровны: 8-702-333-44-55, она согласна.",
        Expected(),
    ),
    (
        "M12",
        "ru",
        "Фамилия: {{7*7}}<script>alert(1)</script>\nИмя: Асель\nИИН: 900505400125\n"
        "Телефон: +7 775 777 88 99 доб. 5\nТуған күні: 1990-05-05\nТуған жері: Семей қ.",
        Expected(
            fields={
                "given_name": "Асель",
                "phone": "+77757778899",
                "birth_date": "1990-05-05",
                "birth_place": "Семей қ.",
            },
            unclear={"surname": "not_a_name"},
            masked=("iin",),
            ext="5",
        ),
    ),
    ("M13", "ru", "Спасибо, письма больше не нужны. А когда следующий вебинар?", Expected()),
    (
        "M14",
        "kk",
        "Тегi: Əбдiрахманова\nАты: Əсел\nТуған күні: 07.08.93\nЭлектрондық поштам: asel@example.org.",
        Expected(
            fields={"surname": "Әбдірахманова", "given_name": "Әсел", "email": "asel@example.org"},
            unclear={"birth_date": "two_digit_year"},
        ),
    ),
]


@pytest.mark.parametrize(("name", "language", "text", "expected"), MAILS, ids=[mail[0] for mail in MAILS])
def test_the_fourteen_mails(name: str, language: Language, text: str, expected: Expected) -> None:
    _check(text, language, expected)


NEW, OLD = "+77012345678", "+77027654321"
PHRASES: list[tuple[Language, str, dict[str, Any]]] = [
    ("kk", "Жаңа нөмірім 8 701 234 56 78", {"phone": NEW}),
    ("kk", "Менің телефон нөмірім өзгерді: 8-701-234-56-78", {"phone": NEW}),
    ("kk", "Телефонымды 87012345678 деп өзгертіңіз", {"phone": NEW}),
    ("kk", "ЖАҢА НӨМІРІМ – 87012345678", {"phone": NEW}),
    ("kk", "Ұялы телефон = 7012345678", {"phone": NEW}),
    ("kk", "Zhana nomirim: 87012345678", {"phone": NEW}),
    ("kk", "Ватсап: +7(701)2345678", {"phone": NEW}),
    ("kk", "ТЕГІ / ФАМИЛИЯ: Сәрсенова\nАТЫ / ИМЯ: Айгүл\nӘКЕСІНІҢ АТЫ / ОТЧЕСТВО: Болатқызы", FULL),
    ("kk", "Тегім\nСәрсенова\nАтым\nАйгүл\nӘкемнің аты\nБолатқызы", FULL),
    ("kk", "ТАӘ: Сәрсенова Айгүл Болатқызы", FULL),
    ("kk", "1. Тегі - Сәрсенова\n2. Аты - Айгүл\n3. Әкесінің аты - Болатқызы", FULL),
    ("kk", "теги: сәрсенова", {"surname": "сәрсенова"}),
    ("kk", "Тегі: Сәрсенова, Аты: Айгүл, Әкесінің аты: Болатқызы", FULL),
    ("kk", "Аты-жөні: Нұрлан Ержан Серік ұлы", {"surname": "Нұрлан", "given_name": "Ержан", "patronymic": "Серік ұлы"}),
    ("kk", "Әкесінің аты: жоқ", {"patronymic": None}),
    ("kk", "Электрондық мекенжайым: jana@example.kz", {"email": "jana@example.kz"}),
    ("kk", "Поштамды jana@example.kz деп ауыстырыңыз", {"email": "jana@example.kz"}),
    ("kk", "Туған жылы: 1990 ж. 5 мамыр", {"birth_date": "1990-05-05"}),
    ("kk", "Туған жері — ҚР, Шымкент қ.", {"birth_place": "ҚР, Шымкент қ."}),
    ("ru", "Мой новый номер 8 701 234 56 78", {"phone": NEW}),
    ("ru", "Прошу заменить телефон на 8 701 234 56 78", {"phone": NEW}),
    ("ru", "Номер изменился, теперь +7 701 234-56-78", {"phone": NEW}),
    ("ru", "Тел.: 87012345678", {"phone": NEW}),
    ("ru", "Телефон - 8(701)2345678", {"phone": NEW}),
    ("ru", "Мой телефон 87012345678", {"phone": NEW}),
    ("ru", "Ф.И.О.: Иванова Мария Петровна", {"surname": "Иванова", "given_name": "Мария", "patronymic": "Петровна"}),
    ("ru", "Фамилия, имя: Ким Алина", {"surname": "Ким", "given_name": "Алина"}),
    ("ru", "Фамилия Ким\nИмя Алина", {"surname": "Ким", "given_name": "Алина"}),
    ("ru", "ФИО: Мария Петровна Иванова", {"given_name": "Мария", "patronymic": "Петровна", "surname": "Иванова"}),
    ("ru", "Фамилия: Иванова-Сарсенова", {"surname": "Иванова-Сарсенова"}),
    ("ru", "Отчество: -", {"patronymic": None}),
    ("ru", "Д.р.: 5 мая 1990 г.р.", {"birth_date": "1990-05-05"}),
    ("ru", "Родилась 05.05.1990", {"birth_date": "1990-05-05"}),
    ("ru", "Родился 5 мая 1990 года в Алматы", {"birth_date": "1990-05-05", "birth_place": "Алматы"}),
    ("ru", "Фамилия: Ким Отчество: нет Имя: Алина", {"surname": "Ким", "given_name": "Алина", "patronymic": None}),
    ("kk", "Тегімді Серікова деп өзгертіңіз", {"surname": "Серікова"}),
    ("kk", "Фамилиям Серікова болып өзгерді", {"surname": "Серікова"}),
    ("ru", "Прошу актуализировать: тел +7 701 234 56 78 (Айгүл)", {"phone": NEW}),
    ("ru", "У меня новая фамилия — Серикова.", {"surname": "Серикова"}),
    ("ru", "E-mail: <novaya@example.kz>", {"email": "novaya@example.kz"}),
    ("ru", "Адрес: г. Алматы, ул. Абая 1\nМесто рождения: с. Карабулак", {"birth_place": "с. Карабулак"}),
    ("en", "My new phone number is +7 701 234 56 78.", {"phone": NEW}),
    ("en", "Please update my phone to 8 701 234 56 78", {"phone": NEW}),
    ("en", "Surname: Akhmetova\nFirst name: Dana", {"surname": "Akhmetova", "given_name": "Dana"}),
    ("en", "My surname is now Akhmetova", {"surname": "Akhmetova"}),
    ("en", "Date of birth: May 5, 1990\nPlace of birth: Almaty", {"birth_date": "1990-05-05", "birth_place": "Almaty"}),
]


@pytest.mark.parametrize(("language", "text", "fields"), PHRASES, ids=[phrase[1][:40] for phrase in PHRASES])
def test_a_phrase_gives_these_fields_alone(language: Language, text: str, fields: dict[str, Any]) -> None:
    _check(text, language, Expected(fields=fields))


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("ru", "Прошу заменить старый номер 8 702 765 43 21 на новый 8 701 234 56 78"),
        ("ru", "Поменяйте телефон 87027654321 на 87012345678"),
        ("ru", "Старый телефон: 87027654321\nНовый телефон: 87012345678"),
        ("ru", "Телефон: 87012345678 (старый 87027654321)"),
        ("ru", "Телефон: был 87027654321, стал 87012345678"),
        ("ru", "Телефон: 87027654321 -> 87012345678"),
        ("ru", "Прежний номер 87027654321, новый номер 87012345678"),
        ("ru", "Телефоны: 87027654321 (старый), 87012345678 (новый)"),
        ("ru", "Телефон\nбыл: 87027654321\nстал: 87012345678"),
        ("kk", "Ескі нөмірім: 87027654321, жаңа нөмірім: 87012345678"),
        ("kk", "Бұрынғы нөмірім 87027654321 еді, енді 87012345678"),
        ("kk", "Жаңа нөмірім: 87012345678\nЕскі нөмірді 87027654321 өшіріңіз"),
        ("en", "Please change my phone from 87027654321 to 87012345678"),
        ("en", "Old phone: 87027654321\nNew phone: 87012345678"),
    ],
)
def test_old_and_new_are_told_apart(language: Language, text: str) -> None:
    _check(text, language, Expected(fields={"phone": NEW}, old={"phone": (OLD,)}))


@pytest.mark.parametrize(
    ("text", "unclear"),
    [
        ("Телефон: +8 701 234 56 78", {"phone": "plus_eight"}),
        ("Телефон: 8701٣2345678", {"phone": "not_a_phone"}),  # twelve digits, one of them in another script
        ("Телефон: +7 701 ٣ 234 56 78", {"phone": "not_a_phone"}),
        ("Телефон: +997 701 234 56 78", {"phone": "country_code"}),
        ("Телефон: 12345", {"phone": "not_a_phone"}),
        ("ФИО: Ким Алина", {"surname": "ambiguous_name"}),
        ("ФИО: Ивановой Марии Петровны", {"surname": "declined_name"}),
        ("Прошу изменить фамилию на Серикову", {"surname": "declined_name"}),
        ("Фамилия: Sериkова", {"surname": "mixed_scripts"}),
        ("Фамилия: https://example.com", {"surname": "not_a_name"}),
        ("Имя: Robert2", {"given_name": "not_a_name"}),
        ("Имя: " + "А" * 61, {"given_name": "too_long"}),
        ("Фамилия: Серикова\nФамилия: Ахметова", {"surname": "several_values"}),
        ("Место рождения: <b>Алматы</b>", {"birth_place": "not_a_place"}),
        ("Место рождения: " + "а" * 201, {"birth_place": "too_long"}),
        ("Почта: имя@example", {"email": "not_an_address"}),
        ("Почта: а.b@example.kz", {"email": "not_an_address"}),
        ("Дата рождения: 31.02.1990", {"birth_date": "not_a_date"}),
        ("Дата рождения: 01.01.2099", {"birth_date": "future_date"}),
    ],
)
def test_what_is_doubtful_is_unclear_and_nothing_else(text: str, unclear: dict[str, str]) -> None:
    found = extract(text, "ru", today=date(2026, 1, 1))
    assert {item.field: item.why for item in found.unclear} == unclear
    assert found.fields == {}
    assert all(len(item.text) <= 80 for item in found.unclear)


@pytest.mark.parametrize(
    "text",
    [
        "Позвоните мне на номер 8 701 234 56 78",
        "Мой заказ 77012345678",
        "Адрес: г. Алматы, ул. Абая 1",
        "Девичья фамилия матери: Ким",
        "ИИН: 900505400125",
        "Карта: 4111 1111 1111 1111",
        "Напишите на example@example.kz",
        "Қазан қаласынан жазып отырмын",
        "Рахмет, Айгүл",
        "У меня изменилась фамилия и телефон",
        "Моя фамилия теперь другая",
        "Актуализация персональных данных",
    ],
)
def test_what_is_not_asked_for_is_not_taken(text: str) -> None:
    found = extract(text, "ru")
    assert found.fields == {}
    assert found.unclear == ()


def test_iin_and_card_are_masked_everywhere() -> None:
    found = extract("Телефон: 900505400125\nФамилия: Ким 4111111111111111", "ru")
    assert found.masked == ("iin", "card")
    assert found.fields == {}
    assert not any(digits in item.text for item in found.unclear for digits in ("900505", "4111"))


def test_an_unchanged_field_beside_a_new_one() -> None:
    found = extract("Фамилия: Серикова, телефон без изменений", "ru")
    assert (found.fields, found.unchanged) == ({"surname": "Серикова"}, ("phone",))
    found = extract("Почта та же, телефон новый: 8 701 234 56 78", "ru")
    assert (found.fields, found.unchanged) == ({"phone": NEW}, ("email",))


def test_a_changed_name_in_an_english_sentence() -> None:
    found = extract("I changed my last name from Akhmetova to Serikova.", "en")
    assert (found.fields, found.old) == ({"surname": "Serikova"}, {"surname": ("Akhmetova",)})


def test_several_numbers_and_addresses() -> None:
    found = extract("Телефоны: 8 701 234 56 78, 8 702 765 43 21\nПочта: a@example.kz; b@example.kz", "ru")
    assert found.phones == (NEW, OLD)
    assert found.emails == ("a@example.kz", "b@example.kz")
    assert found.fields == {"phone": NEW, "email": "a@example.kz"}


@pytest.mark.parametrize(
    "text", ["Телефон: тот же", "Телефон прежний", "Телефон не менялся", "Нөмірім өзгерген жоқ", "Phone: unchanged"]
)
def test_unchanged(text: str) -> None:
    found = extract(text, "ru")
    assert found.unchanged == ("phone",)
    assert found.fields == {}


@pytest.mark.parametrize(
    "line", ["Тегі: Сәрсенова", "Телефон", "Фамилия\tКим", "Аты-жөнім - Ким", "E-mail: a@example.kz"]
)
def test_a_label_line(line: str) -> None:
    assert is_label_line(line)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "Актуализация персональных данных",
        "Дербес деректерді өзектендіру",
        "Updating personal data",
        "Здравствуйте!",
    ],
)
def test_no_label_line(line: str) -> None:
    assert not is_label_line(line)


_words = st.sampled_from(
    [
        "Тегі:",
        "Телефон",
        "Дата рождения:",
        "была",
        "стала",
        "новый",
        "8 701 234 56 78",
        "a@b.kz",
        "(",
        ")",
        "\t",
        "\n",
        "→",
    ]
)


@given(st.lists(_words | st.text(max_size=12), max_size=25), st.sampled_from(["kk", "ru", "en"]))
def test_it_never_raises_and_fills_only_the_seven(pieces: list[str], language: Language) -> None:
    found = extract(" ".join(pieces), language)
    assert set(found.fields) <= set(FIELD_NAMES)


@pytest.mark.parametrize(
    "text",
    [
        "1" * 10**6,
        "1 " * 500_000,
        "@" * 10**6,
        "a" * 10**6,
        "Имя:" * 250_000,
        "Имя:\n" * 200_000,
        "- " * 500_000,
        "новый телефон 8 701 " * 50_000,
        "(" * 10**6,
        "a@a." * 250_000,
        "с " * 500_000,
        "\t" * 10**6,
    ],
)
def test_a_hostile_text_is_cheap(text: str) -> None:
    started = time.process_time()
    extract(text, "ru")
    assert time.process_time() - started < 2
