"""Own text, signature, quoted history: mail programs in kk, ru, en, and what must never get lost."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.reading.quote import split

CORPORA = Path(__file__).parents[3] / "shared" / "corpora"
OLD = "> Сіздің телефон: +7 701 111 22 33\n> Туған күні: 01.01.1980"

HEADINGS = [
    "On Mon, Nov 3, 2025 at 10:15 AM Site <info@example.kz> wrote:",
    "On Mon, Nov 3, 2025 at 10:15 AM Site <\ninfo@example.kz> wrote:",
    "On Mon, Nov 3, 2025 at 10:15 AM Site <info@example.kz>\nwrote:",
    "пн, 3 нояб. 2025 г. в 10:15, Site <info@example.kz>:",
    "пн, 3 нояб. 2025\xa0г. в 10:15, Site\u200b <info@example.kz>:",
    "понедельник, 6 октября 2014 г. пользователь Айгүл Үлгі написал:",
    "20 окт. 2016 г. 19:37 пользователь Айгүл Үлгі <\naigul@example.kz> написал:",
    "30 серп. 2016 р. Айгүл Үлгі <aigul@example.kz> пише:",
    "2025 ж. 3 қар., дс, сағат 10:15 уақытында, Айгүл Үлгі <aigul@example.kz> жазған:",
    "Айгүл Үлгі жазған:",
    "2025 ж. 3 қараша, Айгүл <aigul@example.kz> жазды:",
    "Айгүл пишет:",
    "Айгүл Үлгі писал(а) 2025-11-03 10:15:",
    '03.11.2025, 10:15, "Site" <info@example.kz>:',
    "Понедельник, 3 ноября 2025, 10:15 +05:00 от Site <info@example.kz>:",
    "Am 03.11.2025 um 10:15 schrieb Site <info@example.kz>:",
    "Le lun. 3 nov. 2025 à 10:15, Site <info@example.kz>\na écrit :",
    "El lun, 3 nov 2025 a las 10:15, Site (<info@example.kz>) escribió:",
    "Site <info@example.kz>, 3 Kas 2025 Pzt, 10:15 tarihinde şunu yazdı:",
]
BLOCKS = [
    "-----Original Message-----\nFrom: Site <info@example.kz>\nSent: Monday\nSubject: Data",
    "-----Исходное сообщение-----\nОт: Site\nТема: Данные",
    "-------- Түпнұсқа хабарламасы --------\nТақырыбы: Деректер\nКүні: 3.11.2025\nКімнен: Site\nКімге: Айгүл",
    "-------- Пересылаемое сообщение --------\n03.11.2025, 10:15, Site",
    "---------- Forwarded message ---------\nFrom: Site <info@example.kz>\nDate: Mon",
    "---------- Переслане повідомлення ---------\nВід: Site",
    "От: Site <info@example.kz>\nОтправлено: 3 ноября 2025 г. 10:15\nКому: Динара\nТема: Ваши данные",
    "Кімнен: Site\nЖіберілді: 3.11.2025\nКімге: Динара\nТақырып: Деректер",
    "*From:* Site\n*Sent:* Monday\n*To:* Dinara\n*Subject:* Data",
    "________________________________\nFrom: Site <info@example.kz>\nSent: Monday\nTo: Dinara",
    "От: Site\n<info@example.kz>\nОтправлено: понедельник\nКому: Динара",
    "Von: Site\nGesendet: Montag\nAn: Dinara\nBetreff: Daten",
    "De : Site\nEnvoyé : lundi\nÀ : Dinara\nObjet : Données",
]
PROGRAMS = [
    "Отправлено с iPhone",
    "iPhone-нан жіберілді",
    "Менің iPhone құрылғымнан жіберілді",
    "Sent from my iPhone",
    "Sent from Outlook for Android<https://example.org/a?b=1>",
    "Отправлено из Почты Mail",
    "Отправлено из мобильной Яндекс.Почты",
    "Отправлено с устройства Samsung Galaxy",
    "Отправлено из Outlook для Android",
    "Надіслано з iPhone",
    "Von meinem iPhone gesendet",
]
SIGN_OFFS = ["Құрметпен,", "Ізгі ниетпен", "С уважением,", "Kind regards,", "С наилучшими пожеланиями", "Best regards"]


@pytest.mark.parametrize("heading", HEADINGS)
def test_a_heading_above_marked_lines_goes_with_them(heading: str) -> None:
    found = split(f"Жаңа нөмірім: +7 747 000 11 22\n\n{heading}\n\n{OLD}")
    assert found.own == "Жаңа нөмірім: +7 747 000 11 22"
    assert "1980" in found.quoted


@pytest.mark.parametrize("heading", HEADINGS)
def test_a_heading_cuts_a_quote_without_marks(heading: str) -> None:
    found = split(f"Мой новый номер ниже\n{heading}\n\nТелефон: +7 702 000 00 01\n\nС уважением")
    assert found.own == "Мой новый номер ниже"
    assert "+7 702" in found.quoted


@pytest.mark.parametrize("block", BLOCKS)
def test_a_header_block_cuts_everything_below(block: str) -> None:
    found = split(f"Прошу заменить почту\n\n{block}\n\nТелефон: +7 702 000 00 01")
    assert found.own == "Прошу заменить почту"
    assert found.signature == ""


@pytest.mark.parametrize("line", PROGRAMS)
def test_a_mail_programs_own_line_is_signature(line: str) -> None:
    found = split(f"Аты: Айгүл\n\n{line}")
    assert (found.own, found.signature) == ("Аты: Айгүл", line)


@pytest.mark.parametrize("line", SIGN_OFFS)
def test_a_sign_off_and_what_follows_is_signature(line: str) -> None:
    found = split(f"Аты: Айгүл\n\n{line}\nЕрлан Үлгі\nТОО «Пример»\nтел. +7 727 250 00 00")
    assert found.own == "Аты: Айгүл"
    assert "+7 727" in found.signature


@pytest.mark.parametrize("delimiter", ["-- ", "--", "--\xa0"])
def test_the_delimiter_of_rfc_3676(delimiter: str) -> None:
    found = split(f"Аты: Айгүл\n\n{delimiter}\nЕрлан\n+7 727 250 00 00")
    assert found.own == "Аты: Айгүл"


@pytest.mark.parametrize(
    "text",
    [
        "Рахмет, Айгүл",
        "Спасибо. Прошу изменить телефон: 8 701 234 56 78\n\nАйгүл",
        "Спасибо\nТелефон: 8 701 234 56 78",
        "Sent from my desk, is much easier than my mobile phone.",
        "Дата рождения: 5 мая 1990 г.\nТелефон: 8 701 234 56 78",
        "С уважением отношусь к вашей работе, но прошу изменить мой телефон на 8 701 234 56 78, так как прежний утерян",
        "Тема: мои данные\nАты: Айгүл",
        "Аты: Айгүл\n\n\nТелефон: 8 701 234 56 78",
        "Я родился в 1990 году. Мой адрес:\naigul@example.kz",
        "Отправлено сегодня, прошу ответить",
    ],
)
def test_own_text_stays_whole(text: str) -> None:
    assert split(text).own == text


def test_answers_between_the_quoted_lines_are_kept() -> None:
    found = split("Айгүл пишет:\n> Телефон?\n\n8 701 234 56 78\n\n> Аты?\n\nДинара\n")
    assert [line for line in found.own.split("\n") if line] == ["8 701 234 56 78", "Динара"]


def test_a_postscript_below_the_sign_off_is_own() -> None:
    found = split("Аты: Айгүл\n\nС уважением,\nАйгүл\n\nP.S. Телефон: 8 701 234 56 78")
    assert "P.S." in found.own
    assert "С уважением" not in found.own


def test_a_wrapped_quoted_line_goes_with_its_quote() -> None:
    found = split(f"Иә\n\n> {'сөз ' * 20}\nтағы сөз\n> соңы")
    assert found.own == "Иә"


def test_the_mail_with_signature_and_history() -> None:
    found = split(
        "Добрый день! Жаңа нөмірім: +7 (747) 000-11-22.\n\n-- \nС уважением,\nЕрлан Касымов\n"
        "ТОО «Пример», тел. +7 727 250 00 00\n\nпн, 3 нояб. 2025 г. в 10:15, Site <info@site.example>:\n"
        f"{OLD}"
    )
    assert found.own == "Добрый день! Жаңа нөмірім: +7 (747) 000-11-22."
    assert "727" in found.signature
    assert found.quoted.startswith("пн, 3 нояб.")


def _lines(text: str) -> list[str]:
    return sorted(line.strip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n") if line.strip())


_piece = st.sampled_from(
    [
        "",
        "> a",
        ">> b",
        "-- ",
        "С уважением,",
        "Аты: Айгүл",
        "От: a",
        "Кому: b",
        "Тема: c",
        "x пишет:",
        "----",
        "P.S. a",
        *HEADINGS,
        *PROGRAMS,
    ]
)


@given(st.lists(_piece | st.text(max_size=30), max_size=20))
def test_nothing_is_lost_and_nothing_doubled(pieces: list[str]) -> None:
    text = "\n".join(pieces)
    found = split(text)
    assert _lines("\n".join((found.own, found.signature, found.quoted))) == _lines(text)


@pytest.mark.parametrize("text", ["а" * 10**6, "- " * 500_000, "От:" * 330_000, "x@1:2 " * 160_000 + ":", ">" * 10**6])
def test_a_hostile_line_is_cheap(text: str) -> None:
    started = time.process_time()
    split(text)
    assert time.process_time() - started < 1


def _cases() -> list[Path]:
    return sorted(path for path in CORPORA.glob("replies-*/*.txt") if not path.name.endswith(".expected.txt"))


@pytest.mark.skipif(not _cases(), reason="shared/corpora: no reply fixtures here")
def test_the_public_reply_fixtures() -> None:
    exact = leaks = 0
    for path in _cases():
        own = _norm(split(path.read_text("utf-8")).own)
        expected = _norm(path.with_name(f"{path.stem}.expected.txt").read_text("utf-8"))
        exact += own == expected
        leaks += any(line not in expected for line in own)
    assert exact >= 0.95 * len(_cases())
    assert leaks <= 1


def _norm(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]
