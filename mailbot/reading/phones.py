"""Find and normalise telephone numbers; recognise what only looks like one (IIN, bank card).

A valid number proves nothing about who holds it. It takes no decision about old and new (extract.py). Serves policy
section 2 (telephone); E.164 as written by libphonenumber, region KZ; IIN: 12 digits YYMMDD, century and sex, serial.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_RUN = re.compile(r"(?<![\w@/.+-])\(?\+?\(?\d[\d \t\xa0().‑–-]{5,60}\d(?![\w@])")
_EXTENSION = re.compile(
    r"^[\s,;(]{0,3}(?:доб(?:авочный)?|ішкі|ишки|ішкi|вн(?:утр)?|ext(?:ension)?|x|#)[.:]?\s{0,2}(?:нөмірі\s)?([0-9]{1,6})(?!\d)",
    re.IGNORECASE,
)
_DATE = re.compile(r"^\d{1,4}[.-]\d{1,2}[.-]\d{1,4}$")
_IIN = re.compile(r"(?<![\d+])(\d{6})[ -]?(\d{6})(?!\d)")
_CARD = re.compile(r"(?<![\d+])\d(?:[ -]?\d){12,18}(?!\d)")
_CARD_LENGTHS = range(13, 20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """One number found in a text."""

    number: str  # E.164, "" where it can't be taken
    why: str  # "" or why not: plus_eight, country_code, not_a_phone
    extension: str | None
    start: int
    end: int


def find_phones(text: str) -> tuple[Phone, ...]:
    """Return every telephone number of a line, in order; a refused one has an empty number and a reason.

    Dates, IINs and cards are not numbers: mask the text first (`mask`). Raises: nothing. Source: ITU-T E.164.
    """
    found: list[Phone] = []
    for run in _RUN.finditer(text):
        if _DATE.match(run.group().strip()):
            continue
        for start, end in _pieces(run.group()):
            piece = run.group()[start:end]
            number, why = normalise(piece)
            if not number and not why:
                continue
            place = run.start() + end
            extension = _EXTENSION.match(text[place : place + 40])
            found.append(
                Phone(
                    number=number,
                    why=why,
                    extension=extension.group(1) if extension else None,
                    start=run.start() + start,
                    end=place + (extension.end() if extension else 0),
                )
            )
    return tuple(found)


def _pieces(run: str) -> list[tuple[int, int]]:
    """Cut a run of digits and blanks where a second number starts."""
    pieces: list[tuple[int, int]] = []
    start, digits, end = 0, 0, 0
    for token in re.finditer(r"\S+", run):
        count = sum(letter.isdecimal() for letter in token.group())
        fresh = token.group().startswith(("+", "(+"))
        numbered = digits in (1, 2) and run[start:end].endswith((")", ".")) and not run.startswith("(")  # «1) 8 701 …»
        behind = digits >= 10 and token.group().startswith("(")
        if digits and (fresh or numbered or behind or digits >= 11 or (digits == 10 and count >= 3)):
            pieces.append((start, end))
            start, digits = token.start(), 0
        elif not digits:
            start = token.start()
        digits += count
        end = token.end()
    pieces.append((start, end))
    return pieces


def normalise(text: str) -> tuple[str, str]:
    """Return (E.164, ""), ("", why) for what looks like a number and can't be taken, ("", "") for anything else.

    National forms are Kazakhstan's: 8 701 …, 701 …, 7 701 …. Raises: nothing.
    """
    import phonenumbers  # late: its tables cost every short command some 50 ms

    digits = "".join(letter for letter in text if letter.isdecimal())
    if not digits.isascii():  # «8701٣2345678» is no number with a digit less
        return "", "not_a_phone"
    plus = "+" in text
    if plus and digits.startswith("8") and len(digits) == 11 and digits[1] in "67":
        return "", "plus_eight"
    if plus and digits.startswith("997"):
        return "", "country_code"
    if not plus and len(digits) == 11 and digits[0] in "78":
        digits = "7" + digits[1:]
    elif not plus and len(digits) == 10 and digits[0] == "7":
        digits = "7" + digits
    elif not plus:
        return "", "not_a_phone" if len(digits) in range(9, 16) else ""
    try:
        number = phonenumbers.parse("+" + digits, "KZ")
    except phonenumbers.NumberParseException:
        return "", "not_a_phone"
    certain = phonenumbers.is_valid_number if number.country_code == 7 else phonenumbers.is_possible_number
    if not certain(number):
        return "", "not_a_phone"
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)), ""


def mask(text: str) -> tuple[str, tuple[str, ...]]:
    """Return the text with IINs and card numbers as bullets of the same length, and which were seen ("iin", "card").

    An IIN counts by its date, whatever its check digit; a card by its Luhn sum. Raises: nothing.
    """
    seen: dict[str, None] = {}

    def iin(found: re.Match[str]) -> str:
        if not _is_iin(found.group(1) + found.group(2)):
            return found.group()
        seen["iin"] = None
        return "•" * len(found.group())

    def card(found: re.Match[str]) -> str:
        digits = re.sub(r"\D", "", found.group())
        if len(digits) not in _CARD_LENGTHS or not _luhn(digits):
            return found.group()
        seen["card"] = None
        return "•" * len(found.group())

    masked = _IIN.sub(iin, _CARD.sub(card, text))
    return masked, tuple(name for name in ("iin", "card") if name in seen)


def _is_iin(digits: str) -> bool:
    return 1 <= int(digits[2:4]) <= 12 and 1 <= int(digits[4:6]) <= 31 and digits[6] in "0123456"


def _luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0 and len(set(digits)) > 1
