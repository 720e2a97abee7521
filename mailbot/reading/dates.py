"""Read one date of birth as people write it in Kazakh, Russian and English.

Strict: a two-digit year, a doubtful order and a day that never was are refused with a word that says why. It has no
clock: the caller passes `today`. Serves policy section 2 (date of birth); forms are those of the field formats.
"""

from __future__ import annotations

import re
from datetime import date

from mailbot.reading.claim import Language
from mailbot.reading.contacts import Spot
from mailbot.reading.fold import fold, transliterate
from mailbot.reading.labels import months, words
from mailbot.reading.numerals import in_digits, is_number
from mailbot.reading.wording import Word, key_of

_LONGEST = 110  # characters, a date in words
_NUMERIC = re.compile(r"^(\d{1,4}) ?([./-]) ?(\d{1,2}) ?\2 ?(\d{1,4})$")
_IN_TEXT = re.compile(
    r"(?<![\d./-])(?:\d{1,2} ?([./-]) ?(?:\d{1,2}|[IVXХ]{1,4}) ?\1 ?\d{2,4}|\d{4}([./-])\d{1,2}\2\d{1,2})(?![\d/-])"
)
_ROMAN = re.compile(r"(?<!\w)(\d{1,2})([ .])([IVXХ]{1,4})\2(\d{4})(?!\d)")
_ROMANS = ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")
_SPACED = re.compile(r"^(\d\d) (\d\d) (\d{4})$")
_PARTS = re.compile(  # of a date, said to be wrong: «12 емес, 21 наурыз», «16 июля, а не 15»
    r"(?<![\w.])(?:\d{1,2}|\d{4})(?:-\w{1,4})? (?:емес|эмес|emes)(?!\w),?|"
    r"(?:,? ?(?<!\w)(?:а|but|and))? ?(?<!\w)(?:не|not) (?:в |in |the )?(?:\d{1,2}|\d{4})"
    r"(?:-?[^\W\d_]{1,3})?(?![\w./-])(?! ?\d)(?! [^\W\d_]{3,12} \d{4}),?"
)
_TAIL = re.compile(r"(?:[\s,.]*(?:года? рождения|г\. ?р|года?|г|ж|жил\w*|туган\w*|р)\.?)+[\s.,]*$")
_TOKEN = re.compile(r"\d+|[^\W\d_]+")
_YEARS = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_MONTH = re.compile(r"(?<!\w)(?:месяц|айы?|month)(?: of birth)?(?: is)?\W{1,4}(\w+)", re.IGNORECASE)
_DAY = re.compile(r"(?<!\w)(?:число|день|күні?|day)(?: of birth)?(?: is)?\W{1,4}(?:the )?(\w+(?: \w+)?)", re.IGNORECASE)
_SUFFIX = re.compile(r"^(?:и|си|дин|нин|тин|инда|инде|синда|синде|да|де|та|те|дан|ден|инин|синин|га|ге|ка|ке)?$")
_SPAN = 14  # words of a date on one side of its month


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


def without_parts(text: str) -> str:
    """Return a sentence without the part of a date that it says to be wrong: «12 емес, 21 наурыз». Raises: nothing."""
    return _PARTS.sub(", ", text)


def is_turned(text: str) -> bool:
    """Tell whether a part that is said to be wrong leads to the right date: «1978 емес, 1979 жылғы 3 желтоқсан».

    Raises: nothing.
    """
    return any(part.group()[0].isdecimal() for part in _PARTS.finditer(text))


def apart(text: str, language: Language, *, today: date | None = None) -> str:
    """Return the date whose year, month and day stand apart: «Год: 1982. Месяц: август. Число: 19»; "" for none.

    Raises: nothing.
    """
    year, month, day = _YEARS.findall(text), _MONTH.search(text), _DAY.search(text)
    if len(set(year)) != 1 or month is None or day is None:
        return ""
    every = [
        parse_date(f"{part} {month[1]} {year[0]}", language, today=today)[0] for part in (day[1], day[1].split()[0])
    ]
    return next((found for found in every if found), "")


def _arabic(found: re.Match[str]) -> str:
    month = found[3].replace("Х", "X")
    return f"{found[1]}.{_ROMANS.index(month):02}.{found[4]}" if month in _ROMANS else found[0]


def _parse(text: str, language: Language) -> tuple[date | None, str]:
    folded = fold(_ROMAN.sub(_arabic, text[: 2 * _LONGEST]))
    if len(folded) > _LONGEST:
        return None, "not_a_date"
    bare = _TAIL.sub("", folded).strip(" .,")
    numeric = _NUMERIC.match(_SPACED.sub(r"\1.\2.\3", bare))
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
    for token in in_digits([_cyrillic_number(token) for token in _TOKEN.findall(folded)]):
        if token.isdecimal():
            numbers.append(token)
        elif month := _month(token) or _month(transliterate(token)):
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


def _cyrillic_number(token: str) -> str:
    """Return a number word of Latin Kazakh in Cyrillic, anything else as it is."""
    if not token.isascii() or token.isdecimal() or is_number(token) or token in words("date_words"):
        return token
    return cyrillic if is_number(cyrillic := transliterate(token)) else token


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


def find_dates(text: str, typed: list[Word], language: Language, *, today: date | None) -> list[Spot]:
    """Return the dates of a sentence whose words are `typed`, whole and partial ones; a partial one has no value.

    Raises: nothing.
    """
    found = [_spot(text, place.start(), place.end(), language, today) for place in list(_IN_TEXT.finditer(text))[:10]]
    kinds = [_part(key_of(word.text)) or ("comma" if word.text in ",." else "") for word in typed]
    for number in [place for place, kind in enumerate(kinds) if kind == "month"][:10]:
        first, last = _reach(kinds, number, -1), _reach(kinds, number, 1)
        spot = _worded(text, typed, (first, number, last), (language, today))
        if spot and not any(other.start < spot.end and spot.start < other.end for other in found):
            found.append(spot)
    return sorted(found, key=lambda spot: spot.start)


def _worded(
    text: str, typed: list[Word], places: tuple[int, int, int], how: tuple[Language, date | None]
) -> Spot | None:
    """Return the date around a month's name: the longest stretch that is one, else the partial one."""
    first, month, last = places
    if first == last:
        return None
    spots = [
        _spot(text, typed[start].start, typed[end].end, *how)
        for start, end in dict.fromkeys(((first, last), (first, month), (month, last)))
        if start != end
    ]
    return next((spot for spot in spots if spot.value), spots[0])


def _spot(text: str, start: int, end: int, language: Language, today: date | None) -> Spot:
    value, why = parse_date(text[start:end], language, today=today)
    return Spot(kind="date", value=value, why=why, start=start, end=end, text=text[start:end])


def _part(key: str) -> str:
    """Return what part of a date a folded word may be: number, month, word or ""."""
    if not key:
        return ""
    if key[0].isdecimal():
        digits = len(key) - len(key.lstrip("0123456789"))
        tail = key[digits:].lstrip("-")
        return "number" if digits <= 4 and (not tail or tail in words("date_words")) else ""
    if _month(key) or _month(transliterate(key)):
        return "month"
    if all(is_number(part) or is_number(_cyrillic_number(part)) for part in key.split("-")):
        return "number"
    return "word" if key in words("date_words") or transliterate(key) in words("date_words") else ""


def _reach(kinds: list[str], place: int, step: int) -> int:
    """Return how far a date goes from its month in one direction; its end is a number or the month itself."""
    end = place
    for number in range(1, _SPAN):
        at = place + step * number
        if not 0 <= at < len(kinds) or kinds[at] in ("", "month"):
            break
        if kinds[at] == "number":
            end = at
    return end
