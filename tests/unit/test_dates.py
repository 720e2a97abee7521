"""Dates of birth in kk, ru and en: what is read, and what is refused with which word."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.reading.claim import Language
from mailbot.reading.dates import parse_date

FIFTH_OF_MAY = """05.05.1990
5.5.1990
05/05/1990
1990-05-05
1990.05.05
05 . 05 . 1990
05.05.1990 г.
05.05.1990 г.р.
05.05.1990 года рождения
05.05.1990 ж.
05.05.1990 ж. туған
5 мая 1990
5 мая 1990 г.
5 мая 1990 года
1990 жылғы 5 мамыр
1990 ж. 5 мамыр
5 мамыр 1990 жыл
1990 жылдың 5 мамыры
5-ші мамыр 1990
1990 жылгы 5 мамыр
1990 жыл, 5 мамыр
1990 zhylgy 5 mamyr
May 5, 1990
5 May 1990
5th of May 1990
05.05.1990 (по паспорту)
05.05.1990, г. Алматы""".splitlines()


@pytest.mark.parametrize("text", FIFTH_OF_MAY)
@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_the_same_day_in_every_form(text: str, language: Language) -> None:
    assert parse_date(text, language) == ("1990-05-05", "")


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("05/06/1991", "kk", ("1991-06-05", "")),
        ("05/06/1991", "ru", ("1991-06-05", "")),
        ("05/06/1991", "en", ("", "ambiguous_date")),
        ("25/06/1991", "en", ("1991-06-25", "")),
        ("06/25/1991", "en", ("1991-06-25", "")),
        ("06/25/1991", "ru", ("", "not_a_date")),
        ("05.06.1991", "en", ("1991-06-05", "")),
        ("07.08.93", "kk", ("", "two_digit_year")),
        ("5 мая 90 г.", "ru", ("", "two_digit_year")),
        ("31.02.1990", "ru", ("", "not_a_date")),
        ("29.02.2000", "ru", ("2000-02-29", "")),
        ("01.01.1899", "ru", ("", "out_of_range")),
        ("02.01.2030", "ru", ("", "future_date")),
        ("весной", "ru", ("", "not_a_date")),
        ("", "ru", ("", "not_a_date")),
        ("1990", "ru", ("", "not_a_date")),
        ("01.02.1990 05.05.1991", "ru", ("", "not_a_date")),
        ("қазан қаласы", "kk", ("", "not_a_date")),
        ("3 қазан 1985", "kk", ("1985-10-03", "")),
        ("12 қыркүйек 1985 ж.", "kk", ("1985-09-12", "")),
        ("12 киркуиек 1985", "kk", ("1985-09-12", "")),
    ],
)
def test_order_years_and_refusals(text: str, language: Language, expected: tuple[str, str]) -> None:
    assert parse_date(text, language, today=date(2026, 1, 1)) == expected


@given(st.dates(date(1900, 1, 1), date(2020, 12, 31)))
def test_every_day_in_dots_comes_back(day: date) -> None:
    assert parse_date(f"{day.day:02}.{day.month:02}.{day.year}", "kk") == (day.isoformat(), "")


@given(st.text(max_size=80))
def test_it_never_raises(text: str) -> None:
    value, why = parse_date(text, "en")
    assert bool(value) != bool(why)
