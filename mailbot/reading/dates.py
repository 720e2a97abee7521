"""Read one date of birth as people write it in Kazakh, Russian and English.

Strict: a two-digit year, a doubtful order and a day that never was are refused with a word that says why. It has no
clock: the caller passes `today`. Serves policy section 2 (date of birth); forms are those of the field formats.
"""

from __future__ import annotations

import re
from datetime import date

from mailbot.reading.claim import Language
from mailbot.reading.fold import fold, transliterate
from mailbot.reading.labels import months, words

_LONGEST = 60  # characters
_NUMERIC = re.compile(r"^(\d{1,4}) ?([./-]) ?(\d{1,2}) ?\2 ?(\d{1,4})$")
_TAIL = re.compile(r"(?:[\s,.]*(?:года? рождения|г\. ?р|года?|г|ж|жил\w*|туган\w*|р)\.?)+[\s.,]*$")
_TOKEN = re.compile(r"\d+|[^\W\d_]+")
_SUFFIX = re.compile(r"^(?:и|дин|нин|тин|инда|инде|да|де|та|те|дан|иншi|инин|га|ге)?$")


def parse_date(text: str, language: Language, *, today: date | None = None) -> tuple[str, str]:
    """Return (ISO date, "") or ("", why).

    `why` is two_digit_year, ambiguous_date, out_of_range, future_date or not_a_date. Numbers with dots are day first;
    with slashes or hyphens day first in kk and ru, and in en only where the order can't be doubted. Raises: nothing.

    """
    found, why = None, "not_a_date"
    for part in dict.fromkeys((text, re.split(r"[,(;]|\s(?:в|in)\s", text, maxsplit=1)[0])):
        found, why = _parse(part, language)
        if found or why != "not_a_date":
            break
    if found is None:
        return "", why
    if found.year < 1900:
        return "", "out_of_range"
    if today is not None and found > today:
        return "", "future_date"
    return found.isoformat(), ""


def _parse(text: str, language: Language) -> tuple[date | None, str]:
    folded = fold(text[: 2 * _LONGEST])
    if len(folded) > _LONGEST:
        return None, "not_a_date"
    bare = _TAIL.sub("", folded).strip(" .,")
    numeric = _NUMERIC.match(bare)
    return _numeric(numeric, language) if numeric else _words(folded)


def _numeric(found: re.Match[str], language: Language) -> tuple[date | None, str]:
    first, mark, second, third = found.groups()
    if len(first) == 4 and len(third) <= 2:
        return _date(int(first), int(second), int(third))
    if len(first) > 2 or len(third) not in (2, 4):
        return None, "not_a_date"
    if len(third) == 2:
        return None, "two_digit_year"
    day, month = int(first), int(second)
    if language == "en" and mark != "." and day != month:
        if day <= 12 and month <= 12:
            return None, "ambiguous_date"
        if month > 12:
            day, month = month, day
    return _date(int(third), month, day)


def _words(folded: str) -> tuple[date | None, str]:
    numbers: list[str] = []
    named: list[int] = []
    for token in _TOKEN.findall(folded):
        if token.isdecimal():
            numbers.append(token)
        elif month := _month(token):
            named.append(month)
        elif token not in words("date_words") and transliterate(token) not in words("date_words"):
            return None, "not_a_date"
    if len(numbers) != 2 or len(named) != 1 or any(len(number) > 4 for number in numbers):
        return None, "not_a_date"
    years = [number for number in numbers if len(number) == 4]
    days = [number for number in numbers if len(number) <= 2]
    if len(days) == 2:
        return None, "two_digit_year"
    if len(years) != 1 or len(days) != 1:
        return None, "not_a_date"
    return _date(int(years[0]), named[0], int(days[0]))


def _month(word: str) -> int | None:
    """Return the month of a folded word, Kazakh case endings included («мамырдың»)."""
    if word in months():
        return months()[word]
    return next(
        (
            number
            for name, number in months().items()
            if len(name) > 4 and word.startswith(name) and _ending(word, name)
        ),
        None,
    )


def _ending(word: str, name: str) -> bool:
    return bool(_SUFFIX.match(word[len(name) :]))


def _date(year: int, month: int, day: int) -> tuple[date | None, str]:
    try:
        return date(year, month, day), ""
    except ValueError:
        return None, "not_a_date"
