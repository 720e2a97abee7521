"""What must be true, told in another way than the code does: slower, looser, and without its tables of patterns."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from mailbot.config import load_policy
from mailbot.policy import Policy
from mailbot.reading.fold import fold, readings
from mailbot.reading.labels import months
from mailbot.reading.lexicon import compile_words
from mailbot.reading.numerals import is_number

POLICY: Policy = load_policy(None)
LEXICON = compile_words(POLICY)
_TWINS = str.maketrans("aekmopctxyihə", "аекморстхуіһә")  # Latin letters that stand for Cyrillic ones
_NUMBER = re.compile(r"\d+")


# ---- marks ----


def wordings() -> dict[str, str]:
    """Return each configured wording, folded, with its kind."""
    sets = [getattr(one, tongue) for one in (POLICY.tags, POLICY.aliases) for tongue in ("kk", "ru", "en")]
    return {fold(text): kind for one in sets for kind, texts in one.model_dump().items() for text in texts}


WORDINGS = wordings()
_PREFIXES = {
    token
    for texts in (POLICY.words.reply_prefixes, POLICY.words.external_marks, ["тема", "тақырып", "тақырыбы", "subject"])
    for text in texts
    for token in re.findall(r"[^\W\d_]+", fold(text))
}


def may_act(text: str, kind: str | None) -> bool:
    """Tell whether a whole text, but for prefixes of mail programs, is a wording of that kind or a slip of one."""
    if any("QUESTION" in (name := unicodedata.name(letter, "")) or "INTERROBANG" in name for letter in text):
        return False
    return any(_is_wording(reading, kind) for rest in _rests(text) for reading in readings(rest))


def _rests(text: str) -> Iterator[str]:
    """Yield the text, and what is left behind each colon or bracket where only prefixes of a reply stand in front."""
    yield text
    for found in re.finditer("[:：)\\]]", text):
        if _PREFIXES.issuperset(re.findall(r"[^\W\d_]+", fold(text[: found.end()]))):
            yield text[found.end() :]


def _is_wording(reading: str, kind: str | None) -> bool:
    return any(meant == kind and (reading == key or _is_slip(reading, key)) for key, meant in WORDINGS.items())


def _is_slip(typed: str, meant: str) -> bool:
    """Tell whether as many words stand there and two letters at most are wrong, none of them in a short word."""
    one, other = typed.split(), meant.split()
    if len(one) != len(other) or len(one) < 2 or WORDINGS.get(typed, WORDINGS[meant]) != WORDINGS[meant]:
        return False
    wrong = [(word, as_meant) for word, as_meant in zip(one, other, strict=True) if word != as_meant]
    return all(len(word) >= 4 for _, word in wrong) and sum(distance(*pair) for pair in wrong) <= 2


def distance(one: str, other: str) -> int:
    """Return how many letters must be put in, left out or changed."""
    if not one or not other:
        return max(len(one), len(other))
    table = list(range(len(other) + 1))
    for number, letter in enumerate(one, 1):
        corner, table[0] = table[0], number
        for at, meant in enumerate(other, 1):
            corner, table[at] = table[at], min(table[at] + 1, table[at - 1] + 1, corner + (letter != meant))
    return table[-1]


def paragraphs(own_text: str) -> Iterator[str]:
    """Yield whatever could be the first own paragraph: lines in a row, with nothing above but greetings and blanks."""
    greetings = tuple(fold(text) for text in POLICY.words.greetings)
    lines = own_text.split("\n")[:200]
    start = 0
    while start < len(lines):
        for end in range(start + 1, min(len(lines), start + 40) + 1):
            yield " ".join(lines[start:end])
        folded = fold(lines[start])
        if folded and not folded.startswith(greetings):
            return
        start += 1


# ---- values ----


def bare(text: str) -> str:
    """Return the letters and digits of a text alone, in small letters of one script."""
    small = unicodedata.normalize("NFC", text).casefold()
    return "".join(letter for letter in small if letter.isalnum()).translate(_TWINS)


def digits(text: str) -> str:
    """Return the digits of a text alone, those of other scripts among them."""
    return "".join(str(unicodedata.decimal(letter)) for letter in text if letter.isdecimal())


def numbers(text: str) -> set[int]:
    """Return the numbers of a text."""
    return {int(found) for found in _NUMBER.findall(text) if len(found) < 50}


def states_date(text: str, iso: str) -> bool:
    """Tell whether year, month and day of a date stand in a text somehow: as numbers, or there are words for them."""
    year, month, day = (int(part) for part in iso.split("-"))
    found = numbers(text)
    words = [word for reading in readings(text) for word in re.findall(r"[^\W\d_]+", reading)]
    in_words = any(is_number(word) or is_number(fold(word)) for word in words)
    named = {number for name, number in months().items() if any(word.startswith(name) for word in words)}
    roman = {"IVX".find(letter) >= 0 for letter in text.upper().translate(str.maketrans("Х", "X"))}
    return (year in found or in_words) and (day in found or in_words) and (month in found | named or True in roman)


# ---- Authentication-Results ----


def without_comments(value: str) -> str:
    """Return a header value with a blank for each comment (RFC 5322 section 3.2.2), quoted strings kept."""
    out: list[str] = []
    depth, quoted, letters = 0, False, iter(value)
    for letter in letters:
        if letter == "\\" and (quoted or depth):
            follows = next(letters, "")
            out.append("" if depth else letter + follows)
        elif letter == '"' and not depth:
            quoted = not quoted
            out.append(letter)
        elif letter == "(" and not quoted:
            depth += 1
            out.append(" ")
        elif letter == ")" and depth and not quoted:
            depth -= 1
        elif not depth:
            out.append(letter)
    return "".join(out)


def proves(value: str, domain: str) -> bool:
    """Tell whether a value says somewhere that DMARC or DKIM passed, and names that domain."""
    text = "".join(without_comments(value).lower().split())
    passed = re.search(r"(?:dmarc|dkim)(?:/1)?=\"?pass", text)
    return passed is not None and domain in text.replace('"', "").replace("\\", "")
