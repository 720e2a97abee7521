"""Find the place of birth that a sentence states: «место рождения у меня г. Тараз», "born in Cork, Ireland".

A declined one («в Шымкенте», «Қарағандыда») is unclear, since the register holds what the document says. It judges
no place (places.py). Serves policy section 2 (place of birth).
"""

from __future__ import annotations

import re

from mailbot.reading.labels import months, words
from mailbot.reading.places import OLD_BEHIND, SAID, contrasted, end_of_place, judge_place, trimmed
from mailbot.reading.wording import Word, key_of, words_of

_STEM = re.compile(
    r"мест\w{1,2} (?:моего )?рожд\w*|(?:туған|туылған|туган|туылган) (?:жер|мекен|қала|ауыл)\w*|tu[gğ]an (?:zh|j)er\w*|"
    r"родн\w{2,3} город\w{0,2} (?=значит|указан|стоит|записан)|где я родил\w+|where i was born|"
    r"birth[ -]?place|place of (?:my )?birth",
    re.IGNORECASE,
)
_STOP = frozenset(
    ("change", "polite", "own", "doubt", "phone", "email", "surname", "given_name", "patronymic", "birth")
)
_DECLINED_RU = re.compile(r"(?:[^\W\d_](?:е|и|ах|ях|ой|ом|ем|ске|цке|ым|ью))$", re.IGNORECASE)
_DECLINED_KK = re.compile(r"(?:да|де|та|те|нда|нде)$")
_DATE = frozenset(("дата", "дате"))
_UPPER = "A-ZА-ЯЁӘҒҚҢӨҰҮҺІƏ"
_VALUE = rf"(?=[{_UPPER}]|(?:г|с|п|пос|гор|қ|а|ауд|обл|город|село|аул|ауыл|village|city)\.? ?[{_UPPER}])"
_COLON = re.compile(rf"[:=] ?[«\"“]?{_VALUE}|\s[—–-]\s[«\"“]?{_VALUE}")
_LED = re.compile(
    r"(?<!\w)(?i:у меня(?: это)?|это|is|it's|that's|was|should be|should read|must be|правильно|верно|должно быть|"
    r"надо|нужно|дұрысы|в паспорте|по паспорту|в документах|құжатта|паспортта|куәлікте|на|to|является)"
    rf"[ :—–-]{{1,3}}[«\"“]?{_VALUE}"
)
_BARE = re.compile(
    r"^\W{0,3}(?:(?:это|is|ретінде|ол|келсек, ол|as|деген (?:жолда|жерге|жолға|жерде|графада|графаға))\W{1,3})?"
    rf"[«\"“]?{_VALUE}"
)
_QUOTED = re.compile(r"[«\"“]([^«»\"“”]{2,80})[»\"”]")
_OLD_BEFORE = re.compile(
    r"(?<!\w)(?:не|not|вместо|instead of|стоит|указан\w*|записан\w*|says|have|typed|wrote|entered|put|у вас|"
    r"сіздерде|было)\W{0,3}$",
    re.IGNORECASE,
)


def is_of_place(text: str) -> bool:
    """Tell whether a text names the place of birth as a field. Raises: nothing."""
    return bool(_STEM.search(text))


def place_of_birth(text: str, typed: list[Word], *, topic: bool = False) -> tuple[str, str]:
    """Return the place of birth that a sentence states: (place, "") or ("", why), ("", "") where there is none.

    `topic`: the sentence before spoke of it. Raises: nothing.
    """
    stem = _STEM.search(text)
    if stem or topic:
        found = _named(text, stem.end() if stem else 0, stemmed=bool(stem))
        if found != ("", ""):
            return found
    birth = next((place for place, word in enumerate(typed) if "birth" in word.says), None)
    if birth is None:
        return "", ""
    for place in range(birth + 1, len(typed) - 1):
        key, following = key_of(typed[place].text), typed[place + 1]
        if key in ("в", "во", "in", "at") and following.text[:1].isalpha() and not _is_time(following):
            return ("", "") if key_of(following.text) in months() else _from(text, typed, place + 1)
        if key in ("city", "village"):
            break
    return _before(typed, max(place for place, word in enumerate(typed) if "birth" in word.says))


def _named(text: str, start: int, *, stemmed: bool) -> tuple[str, str]:
    """Return the place that stands behind a colon, in quotes, behind «у меня это» or right behind the field's name."""
    rest = text[start:]
    quoted = list(_QUOTED.finditer(text))
    right = [
        one
        for one in quoted
        if not _OLD_BEFORE.search(text[: one.start()]) and not OLD_BEHIND.search(text[one.end() :])
    ]
    right = [one for one in right if not _STEM.search(one.group(1))]
    if len(right) == 1 and _BARE.match(right[0].group(1)) and _is_place(right[0].group(1)):
        return judge_place(right[0].group(1))
    after = re.split(r"[:—–] ?", rest)[-1].strip(" .!")
    if (contrast := contrasted(after)) and contrast[0][:1].isupper():
        return ("", contrast[1]) if contrast[1] else judge_place(contrast[0])
    marks = [*_COLON.finditer(rest), *_LED.finditer(rest)]
    led = next((mark for mark in reversed(marks) if not _is_old(rest, mark.end())), None)
    led = led or (_BARE.search(rest) if stemmed else None)
    if led is None or _is_old(rest, led.end()) or _is_else(rest[: led.start()]):
        return "", ""
    value = rest[led.end() :].lstrip(' «"“')
    value = value[: end_of_place(value)]
    value = trimmed(value.split("»")[0].split(";")[0].split("(")[0].rstrip(' ,"”'))
    return judge_place(value) if _is_place(value) else ("", "")


def _is_old(rest: str, start: int) -> bool:
    """Tell whether what starts here is said to be wrong: «Астана деп тұр», «не Астана»."""
    said = SAID.search(rest, start)
    behind = rest[said.start() :] if said and not re.search("[,.;]", rest[start : said.start()]) else ""
    return bool(_OLD_BEFORE.search(rest[:start]) or OLD_BEHIND.search(behind))


def _is_else(between: str) -> bool:
    """Tell whether the words between the field's name and a value name another field."""
    said = frozenset().union(*(word.says for word in words_of(between)))
    return bool(said & {"surname", "given_name", "patronymic", "phone", "email"})


def _is_place(value: str) -> bool:
    """Tell whether a value may be a place: short, and no sentence."""
    heard = frozenset().union(*(word.says for word in words_of(value) if word.text[0].islower()))
    return len(value) <= 120 and not heard & {"asks", "owner", "doubt", "old", "delete", "hypo", "birth"}


def _is_time(word: Word) -> bool:
    told = word.says & {"onfile", "right"} and word.text[0].islower()
    return word.spot >= 0 or key_of(word.text)[:1].isdecimal() or bool(told)


def _from(text: str, typed: list[Word], first: int) -> tuple[str, str]:
    last = first
    for place in range(first, len(typed)):
        word = typed[place]
        if word.text in ".,-":
            continue
        if word.text in ";()" or (word.says & (_STOP | {"and", "but"}) and place > first) or word.spot >= 0:
            break
        opened = (
            word.text[0].isupper()
            or key_of(word.text) in words("place_kinds")
            or word.text.casefold() in words("place_short")
        )
        if word.text[0].islower() and not opened and not _is_kind(word.text):
            break
        last = place
    if typed[first].spot >= 0 or last < first:
        return "", ""
    end = typed[last].end + (typed[last].text.casefold() in words("place_short") and text[typed[last].end :][:1] == ".")
    value = text[typed[first].start : end]
    if not any(letter.isupper() for letter in value):
        return "", ""
    return ("", "declined_place") if _is_declined(typed[first]) else judge_place(value)


def _is_kind(word: str) -> bool:
    return word.casefold().startswith(
        (
            "облас",
            "облыс",
            "район",
            "region",
            "district",
            "village",
            "city",
            "аул",
            "қала",
            "ауыл",
            "аудан",
            "кент",
            "қалас",
            "кала",
            "станса",
            "qala",
            "auyl",
            "aul",
            "kala",
            "obly",
            "audan",
        )
    )


def _is_declined(word: Word) -> bool:
    if word.text.casefold() in words("place_short") or not re.search(r"[Ѐ-ӿ]", word.text):
        return False
    return word.text.casefold() in words("place_kinds") or bool(_DECLINED_RU.search(word.text))


def _before(typed: list[Word], birth: int) -> tuple[str, str]:
    """Say that a Kazakh place in the locative is unclear: «Қарағандыда туғанмын»."""
    for word in typed[max(0, birth - 4) : birth]:
        if (
            word.text[:1].isalpha()
            and word.spot < 0
            and not word.says
            and _DECLINED_KK.search(key_of(word.text))
            and key_of(word.text) not in _DATE
        ):
            capital = word.text[0].isupper() or key_of(word.text).startswith(("калас", "аул", "ауд", "облис"))
            if capital:
                return "", "declined_place"
    return "", ""
