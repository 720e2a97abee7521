"""Judge a place of birth, and find one in a sentence: «родилась 5 мая 1990 г. в г. Тараз», "born in Cork, Ireland".

A place is kept as written, to its end and no further; a declined one («в Шымкенте», «Қарағандыда») is unclear, since
the register holds what the document says. Serves policy section 2 (place of birth).
"""

from __future__ import annotations

import re

from mailbot.reading.labels import words
from mailbot.reading.wording import Word, key_of, words_of

_LONGEST = 200  # characters
_ODD = re.compile(r"[=<>{}\[\]|\\^~$@?!]|https?:|www\.", re.IGNORECASE)
_LETTER = re.compile(r"[^\W\d_]")
_PART = re.compile(r"[.!,;(]\s+")
_NEXT = re.compile(r"(?<=[^\W\d_]{2})[.!;…]+\s+(?=[^\W\d_])")
_DECLINED_RU = re.compile(r"(?:[^\W\d_](?:е|и|ах|ях|ой|ом|ем|ске|цке|ым|ью))$", re.IGNORECASE)
_DECLINED_KK = re.compile(r"(?:да|де|та|те|нда|нде)$")
_STOP = frozenset(
    ("change", "polite", "own", "doubt", "phone", "email", "surname", "given_name", "patronymic", "birth")
)
_HELD = frozenset(
    ("doubt", "old", "wrong", "onfile", "not", "not_behind", "unchanged", "absent", "hypo", "new", "change", "right")
)
_SEE = re.compile(
    r"^(?:see|look|as in|refer|смотри\w*|см|как в|указан\w*|по паспорту|қараңыз\w*|same|то же|тот)\b", re.IGNORECASE
)


def judge_place(value: str) -> tuple[str, str]:
    """Return (place, "") or ("", why); a place is kept as written. Raises: nothing."""
    place = " ".join(value.split()).rstrip(",;")
    if place.endswith(".") and len(place.rsplit(maxsplit=1)[-1]) > 2 and not _ends_short(place[:-1]):
        place = place.rstrip(".")
    if len(place) > _LONGEST:
        return "", "too_long"
    if _ODD.search(place) or not _LETTER.search(place) or "•" in place or _SEE.search(place):
        return "", "not_a_place"
    heard = frozenset().union(*(word.says for word in words_of(place) if word.text[0].islower()))  # «Новый Узень»
    return ("", "not_a_place") if heard & _HELD else (place, "")


def end_of_place(value: str) -> int:
    """Return where a place ends and another sentence or a wish begins: «г. Тараз. Спасибо». Raises: nothing."""
    for mark in _NEXT.finditer(value):
        if not _ends_short(value[: mark.start()]):
            return mark.start()
    for part in _PART.finditer(value):
        count = 1 if part.group()[0] == "." else 3
        following = words_of(value[part.end() : part.end() + 60])[:count]
        courtesy = bool(following) and "courtesy" in following[0].says
        if courtesy or any(word.says & {"change", "polite"} for word in following):
            return part.start() + (part.group()[0] == "." and _ends_short(value[: part.start()]))
    return len(value)


def _ends_short(value: str) -> bool:
    return value.rsplit(maxsplit=1)[-1].casefold().lstrip(",(") in words("place_short")


def place_of_birth(text: str, typed: list[Word]) -> tuple[str, str]:
    """Return the place of birth that a sentence states: (place, "") or ("", why), ("", "") where there is none.

    Raises: nothing.
    """
    birth = next((place for place, word in enumerate(typed) if "birth" in word.says), None)
    if birth is None:
        return "", ""
    for place in range(birth + 1, len(typed) - 1):
        key, following = key_of(typed[place].text), typed[place + 1]
        if key in ("в", "во", "in", "at") and following.text[:1].isalpha() and not _is_time(following):
            return _from(text, typed, place + 1)
        if key in ("city", "village"):
            break
    return _before(typed, birth)


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
        ("облас", "район", "region", "district", "village", "city", "аул", "қала", "ауыл")
    )


def _is_declined(word: Word) -> bool:
    if word.text.casefold() in words("place_short") or not re.search(r"[Ѐ-ӿ]", word.text):
        return False
    return word.text.casefold() in words("place_kinds") or bool(_DECLINED_RU.search(word.text))


def _before(typed: list[Word], birth: int) -> tuple[str, str]:
    """Say that a Kazakh place in the locative is unclear: «Қарағандыда туғанмын»."""
    for word in typed[max(0, birth - 4) : birth]:
        if word.text[:1].isalpha() and word.spot < 0 and not word.says and _DECLINED_KK.search(key_of(word.text)):
            capital = word.text[0].isupper() or key_of(word.text).startswith(("калас", "аул", "ауд", "облис"))
            if capital:
                return "", "declined_place"
    return "", ""
