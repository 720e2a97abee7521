"""Judge a place of birth, and tell where one ends: «г. Тараз. Спасибо», «Семей, ал сіздерде Алматы деп тұр».

A place is kept as written, to its end and no further. It finds none (placeprose.py). Serves policy section 2
(place of birth).
"""

from __future__ import annotations

import re

from mailbot.reading.labels import words
from mailbot.reading.wording import words_of

_LONGEST = 200  # characters
_ODD = re.compile(r"[=<>{}\[\]|\\^~$@?!]|https?:|www\.", re.IGNORECASE)
_LETTER = re.compile(r"[^\W\d_]")
_PART = re.compile(r"[.!,;(]\s+")
_NEXT = re.compile(r"(?<=[^\W\d_]{2})[.!;…]+\s+(?=[^\W\d_])")
_HELD = frozenset(
    (
        "birth",
        "doubt",
        "both",
        "old",
        "wrong",
        "onfile",
        "not",
        "not_behind",
        "unchanged",
        "absent",
        "hypo",
        "new",
        "change",
        "right",
    )
)
_ELSE = frozenset(("polite", "own", "phone", "email", "surname", "given_name", "patronymic", "birth", "owner", "asks"))
_PARTS = 8
_CONTRASTS = (
    re.compile(r"(?:не|not) [^,]{2,60}?,? (?:а|but) ([^,]{2,60})$"),
    re.compile(r"[^,]{2,60} (?:емес|эмес|emes),? ([^,].{1,100})$"),
    re.compile(
        r"(?:қазір|сейчас|now|currently|у вас|сіздерде)\W{1,3}[^,;]{2,60}[,;] ?"
        r"(?:болуы керек|должно быть|should be|дұрысы|надо|нужно|правильно)\W{1,3}(.{2,100})$",
        re.IGNORECASE,
    ),
    re.compile(r"(?:с|со|from|вместо|instead of) [^,]{2,60}?,? (?:на|to|→|->) ([^,].{1,100})$"),
)
_KIND = re.compile(
    r"облас|район|город|село|посел|посёл|аул|ауыл|ауд|қала|облыс|region|district|city|village|ссср|кср", re.IGNORECASE
)
_TURNED = 3  # «с … на …»
_QUOTED = re.compile(r"^(?:[а-яa-zәі]+ ){0,2}[«\"“]([^«»\"“”]{2,100})[»\"”]")
_SEE = re.compile(
    r"^(?:see|look|as in|refer|смотри\w*|см|как в|указан\w*|по паспорту|қараңыз\w*|same|то же|тот)\b", re.IGNORECASE
)

OLD_BEHIND = re.compile(
    r"^\W{0,3}(?:емес|эмес|орнына|дегеннің|дегеннин|дегенді|дегеннен|"
    r"деп (?:қана |ғана )?(?:тұр(?!сын)|тур(?!сын)|жазыл(?!сын)|көрсетіл(?!сін)|корсетил(?!син)|кет|қал|кал|берілген|"
    r"енгізілген|(?:көрсет|жаз|енгіз|қой|тірке)[іыу]?п(?:сіз|ті|сыз|ты| ?ед)|"
    r"жазған ед|жазып (?:жібер|қой)\w{0,3}п(?:пін|сіз|ті))|dep (?:tur(?!syn)|jazyl(?!syn)))",
    re.IGNORECASE,
)
SAID = re.compile(
    r"\s(?:тұру\w{0,2} керек|тұруы тиіс|болуы керек|as in|as per|как в|деп|dep|болып|bolyp|емес|эмес)(?!\w)",
    re.IGNORECASE,
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
        if part.group()[0] == "," and following and following[0].text[0].isupper() and not following[0].says:
            continue  # a further part of the place: «…, Ақсу-Аюлы ауылы көрсетілсін»
        if courtesy or any(word.says & {"change", "polite"} for word in following):
            return part.start() + (part.group()[0] == "." and _ends_short(value[: part.start()]))
    return len(value)


def _ends_short(value: str) -> bool:
    return value.rsplit(maxsplit=1)[-1].casefold().lstrip(",(") in words("place_short")


def contrasted(value: str) -> tuple[str, str] | None:
    """Return the right one of two places that a value contrasts, or why it can't be taken: «с Алматы на Талгар».

    None where it contrasts none. Raises: nothing.
    """
    for number, pattern in enumerate(_CONTRASTS):
        if found := pattern.match(value):
            declined = number == _TURNED and found[1].lower().endswith(("у", "ю", "ую"))
            return trimmed(found[1]).strip(' «»"“”.'), "declined_place" if declined else ""
    return None


def trimmed(value: str) -> str:
    """Return a place without the clause behind it that says something else: «Семей, ал сіздерде Алматы деп тұр».

    One that a word for doubt stands in stays whole. Raises: nothing.
    """
    if quoted := _QUOTED.match(value):
        return quoted[1]  # «Туған жерім – «Шиелі кенті, Қызылорда облысы», Қызылорда қаласы емес»
    said = SAID.search(value)
    if said and not OLD_BEHIND.search(value[said.start() :]):
        value = value[: said.start()]
    parts = value.split(", ", _PARTS)
    if _says(value) & {"doubt", "old", "new"}:
        return value
    for number, part in enumerate(parts[1:], 1):
        first = words_of(part[:_LONGEST], latin=True)[:1]
        if kept := _up_to_held(part):
            return ", ".join([*parts[:number], kept])  # «…, Ақсу-Аюлы ауылы көрсетілсін»
        if _says(part) & (_HELD | _ELSE) or (first and first[0].text[0].islower() and first[0].says & {"but", "and"}):
            return _unbroken(", ".join(parts[:number]))
        small = not any(letter.isupper() for letter in part) and not _KIND.search(part)
        if small and len(part.split()) > 2 and any(letter.isupper() for letter in parts[0]):
            return ", ".join(parts[:number])  # «…, такая запись в свидетельстве»
    return value


def _unbroken(place: str) -> str:
    """Return a place without a bracket that was opened and not closed: «Чимкент (именно так», before «не Шымкент»."""
    return place if place.count("(") == place.count(")") else place[: place.rindex("(")].rstrip()


def _up_to_held(part: str) -> str:
    """Return what of a part of a place stands before a word that speaks of it, "" where nothing of both is there."""
    typed = words_of(part[:_LONGEST], latin=True)
    held = next((word for word in typed if word.text[0].islower() and word.says & {"change", "right"}), None)
    known = bool(typed) and typed[0].text[0].isupper() and held is not None and held.start > 0
    return part[: held.start].strip() if known and held and not _says(part[: held.start]) & (_HELD | _ELSE) else ""


def _says(part: str) -> frozenset[str]:
    return frozenset().union(*(word.says for word in words_of(part[:_LONGEST], latin=True) if word.text[0].islower()))
