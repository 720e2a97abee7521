"""Take the value behind a label: «Фамилия: была Ахметова, стала Серикова», «Телефон: 8 701 … (старый 8 702 …)».

The label says which field; what stands behind it may still be old, unchanged, in doubt or somebody else's. It finds
no labels (rows.py). Serves policy section 2 (the seven fields).
"""

from __future__ import annotations

import re
from dataclasses import replace

from mailbot.reading.callednames import find_names
from mailbot.reading.contacts import Spot, find_contacts, spelt_address
from mailbot.reading.dates import find_dates, parse_date, without_parts
from mailbot.reading.fold import fold
from mailbot.reading.found import NAMES, Found
from mailbot.reading.labels import Label, cue_pattern, cue_words
from mailbot.reading.names import split_name
from mailbot.reading.places import contrasted, end_of_place, judge_place, trimmed
from mailbot.reading.roles import collapse, judge
from mailbot.reading.said import ARROWS, Said
from mailbot.reading.sentence import sentences
from mailbot.reading.stated import take_contact
from mailbot.reading.wording import Word, words_of

_BRACKETS = re.compile(r"\(([^()]{0,100})\)")
_BLANK = " .-–—_…\xa0"
_CUED = frozenset(
    ("old", "new", "right", "wrong", "onfile", "not", "not_behind", "instead", "instead_behind", "delete")
)
_CAPITALS = re.compile(r"^[^\W\d_a-zа-я][\w'’-]*(?: [^\W\d_a-zа-я][\w'’-]*){0,2}$")
_BORN_TOO = re.compile(r"\d[^,]{0,12}, ([^\d]{2,80}(?:туған|туылған|родил|born).{0,80})$", re.IGNORECASE)
_BORN_AT = re.compile(  # behind a date: a comma and a place, or a kind of place in the nominative
    r"\d(?: ?(?:г|ж|года?|жыл\w*)\.?)?(?:, ?|(?: (?:в|in))? (?=г\.|с\.|пос\.))"
    r"(((?:г|с|п|пос|гор|қ|а|город|село|аул|ауыл|посёлок|поселок)\.? ?)?[A-ZА-ЯЁӘҒҚҢӨҰҮҺІ][^\d;:]{2,100})$"
)
_ARROW = re.compile(r"->|→|=>|⇒|–>|—>")


def read_row(label: Label, value: str, found: Found) -> str:
    """Take what a label's value states, and return the text that follows it in the row. Raises: nothing."""
    name = label.field
    first = next(iter(sentences(value)), value)
    unchanged = _is_unchanged(label, first)
    if not name or (not value.strip(_BLANK) and name != "patronymic" and not unchanged):
        return ""
    found.last = name
    if unchanged:
        for part in NAMES if name == "full_name" else (name,):
            found.take(part, None, "unchanged")
        return first.partition(", ")[2] + value[len(first) :]
    value, rest = _cut(name, value)
    if name in found.values:
        _contact(name, value, label, found)
        rest = f"{_behind(name, value)} {rest}".strip()
    elif name == "birth_date":
        _date(value, label, found)
        if born := _BORN_TOO.search(value):
            rest = f"{born[1]} {rest}".strip()  # «Туған күнім 3 қаңтар 1991, Шу қаласында туғанмын»
        place = _BORN_AT.search(value)  # «Дата и место рождения: 04.11.1982, г. Алма-Ата»
        if place and (label.placed or place[2]):
            _place(place[1], replace(label, field="birth_place"), found)
    elif name == "birth_place":
        _place(value, label, found)
    else:
        _name(name, label, value, found)
    return rest


def _cut(name: str, value: str) -> tuple[str, str]:
    """Return a value and the sentences behind it."""
    if name == "birth_place":
        end = end_of_place(value)
        return value[:end], value[end:].lstrip(" .,;!(")
    first, *further = sentences(value) or [value]
    head, comma, behind = first.partition(", ")
    if name in NAMES and comma and _CAPITALS.match(head) and behind[0].islower():
        says = frozenset().union(*(word.says for word in words_of(behind[:60])[:2]))
        every = words_of(behind, latin=True)
        plain = not any(word.says & _CUED or word.text[0].isupper() for word in every) and len(every) > 2
        if plain or says & {"birth", "phone", "email"}:  # «given name Alina, born 12 March 1985»
            return head, " ".join([behind, *further])
    while further and first.endswith(";") and name in ("phone", "email"):
        first = f"{first} {further.pop(0)}"
    return first, " ".join(further)


def _role(label: Label) -> str:
    return "old" if label.cue in ("old", "delete") else "new"


def _is_unchanged(label: Label, value: str) -> bool:
    text = fold(value)
    if label.cue == "unchanged" or text in cue_words("unchanged"):
        return True
    said = cue_pattern("unchanged").search(text)
    rest = text.replace(said.group(), "") if said and " " in said.group() else text  # «өзгерген жоқ», not «прежняя»
    return bool(said and not cue_pattern("new").search(rest) and not cue_pattern("old").search(rest))


def _heard(words: list[Word], value: str) -> str:
    """Return why a value that is stated isn't certain, "" where nothing says so."""
    says = frozenset().union(*(word.says for word in words))
    return "unsure" if says & {"doubt", "temp", "forbid"} or "?" in value else ""


def _read(value: str, spots: list[Spot]) -> tuple[list[Word], list[Said]]:
    words = collapse(words_of(value, latin=True), spots)
    return words, judge(words, spots, changing=True)


def _contact(name: str, value: str, label: Label, found: Found) -> None:
    spots = [spot for spot in find_contacts(value) if spot.kind == name]
    if not spots:
        if any(letter.isdecimal() for letter in value) or "@" in value.strip("@")[1:] or spelt_address(value):
            found.doubt(name, value, "not_a_phone" if name == "phone" else "not_an_address")
        return
    words, said = _read(value, spots)
    unsure = _heard(words, value)
    for spot, one in zip(spots, said, strict=True):
        role = one.role if one.told else _role(label)
        if role in ("old", "unchanged"):
            if spot.value:
                found.take(name, spot.value, role)
        elif unsure and len(spots) > 1 - (unsure == "unsure"):
            found.unsure(name, value, unsure)
        elif one.mine == "other" or one.clash or one.thing:
            found.doubt(name, value, "unsure")
        else:
            take_contact(name, spot, found)


def _behind(name: str, value: str) -> str:
    """Return what follows the last number of a value that goes on with an address: «8 701 … и почту a@example.kz»."""
    spots = find_contacts(value)
    own = [place for place, spot in enumerate(spots) if spot.kind == name]
    return value[spots[own[-1]].end :] if own and own[-1] + 1 < len(spots) else ""


def _date(value: str, label: Label, found: Found) -> None:
    value = without_parts(value)
    read, why = parse_date(value, found.language, today=found.today)
    typed = words_of(value, latin=True)
    spots = find_dates(value, typed, found.language, today=found.today)
    if _heard(typed, value):
        found.unsure("birth_date", value, "unsure")
    elif len(spots) == 1 and label.cue != "new" and _read(value, spots)[1][0].role == "old":
        found.take("birth_date", spots[0].value, "old")
        found.doubt("birth_date", value, "former")
    elif len(spots) < 2:
        read, why = (read, why) if read or not spots else (spots[0].value, spots[0].why)
        if why:
            found.doubt("birth_date", value, why)
        else:
            found.take("birth_date", read, _role(label))
    else:
        _, said = _read(value, spots)
        news = {spot.value for spot, one in zip(spots, said, strict=True) if one.role == "new" and not one.clash}
        plain = {spot.value for spot, one in zip(spots, said, strict=True) if one.role == "plain"}
        for spot, one in zip(spots, said, strict=True):
            if one.role == "old" and spot.value:
                found.take("birth_date", spot.value, "old")
        chosen = news or plain
        if len(chosen) == 1 and (only := next(iter(chosen))):
            found.take("birth_date", only, _role(label))
        else:
            found.doubt("birth_date", value, "several_values")


def _place(value: str, label: Label, found: Found) -> None:
    halves = _ARROW.split(value)
    if len(halves) == 2 and all(half.strip() for half in halves):
        value = halves[1].strip()
    contrast = contrasted(value)
    if contrast and contrast[1]:
        found.doubt("birth_place", value, contrast[1])
        return
    place, why = judge_place(contrast[0] if contrast else trimmed(value))
    if why and "(" in value and not _says_inside(value) & {"new", "old"}:
        place, why = judge_place(trimmed(" ".join(_BRACKETS.sub(" ", value).split())))  # «Чимкент (не Шымкент)»
    if why:
        found.doubt("birth_place", value, why)
    else:
        found.take("birth_place", place, _role(label))


def _name(name: str, label: Label, value: str, found: Found) -> None:
    bare = " ".join(_BRACKETS.sub(" ", value).split()).replace(" .", ".")
    bare = bare.replace(" / ", " ") if label.ordered else bare
    role = _role(label)
    if not bare and fold(value.strip("() ")) in cue_words("absent"):
        bare = value.strip("() ")
    if all(fold(part) in cue_words("absent") for part in bare.split(", ", 3)) or not bare.strip(_BLANK):
        if name == "patronymic" and role == "new" and bare.strip(" _…."):
            found.take(name, None)
        return
    typed = words_of(value, latin=True)
    if _heard(typed, value):
        found.unsure("surname" if name == "full_name" else name, value, "unsure")
        return
    for inside in _BRACKETS.findall(value):
        _former(name, inside, found)
        if name in ("surname", "full_name") and _is_second(inside):
            found.doubt("surname", value, "several_values")  # «Садыкова (Рахимова)»: which of them holds?
            _rest_of_name(bare, label, found)
            return
    said = frozenset().union(*(word.says for word in words_of(bare, latin=True)))
    if (said & _CUED and not _CAPITALS.match(bare)) or any(arrow in bare for arrow in ARROWS):
        _told_names(name, bare, label, found)
    elif name == "full_name" and label.bare and found.apart and len(bare.split()) == 1:
        found.name("given_name", bare, role)  # "Name: Anna" above "Surname: Kim"
    elif name == "full_name" or (name == "given_name" and len(bare.split()) > 1):
        if name == "given_name" and found.apart and split_name(bare)[1]:
            found.name(name, bare, role)  # "Given names: Thi Mai"
        else:
            found.full_name(bare, role, ordered=label.ordered)
    else:
        found.name(name, bare, role)


def _rest_of_name(bare: str, label: Label, found: Found) -> None:
    """Take the given name and patronymic of a full name whose surname is in doubt."""
    parts, _ = split_name(bare, ordered=label.ordered) if label.field == "full_name" else ({}, "")
    for name in [name for name in parts if name != "surname"]:
        found.take(name, parts[name], _role(label))


def _says_inside(value: str) -> frozenset[str]:
    """Return what the words in brackets say."""
    inside = " ".join(_BRACKETS.findall(value))
    return frozenset().union(*(word.says for word in words_of(inside, latin=True)))


def _is_second(inside: str) -> bool:
    """Tell whether brackets hold another name, of which nothing is said: «(Рахимова)»."""
    says = frozenset().union(*(word.says for word in words_of(inside, latin=True)))
    return not says and inside[:1].isupper() and inside[1:].islower() and inside.isalpha()


def _former(name: str, inside: str, found: Found) -> None:
    """Take «(бұрын Ахметова)», «(не Аим)» behind a name for the former one."""
    said = frozenset().union(*(word.says for word in words_of(inside, latin=True)))
    if not said & {"old", "not", "wrong", "onfile", "not_behind", "instead"}:
        return
    text = f"x {inside}"
    for spot in find_names(text, words_of(text, latin=True), []):
        found.name("surname" if name == "full_name" else name, spot.text, "old")


def _told_names(name: str, text: str, label: Label, found: Found) -> None:
    """Take the names of «была Ахметова, стала Серикова», «Ахметова → Серикова», «Гульмира, а не Гульнара»."""
    padded = f"- {text}"
    spots = find_names(padded, words_of(padded, latin=True), [])
    if not spots:
        found.doubt("surname" if name == "full_name" else name, text, "not_a_name")
        return
    _, said = _read(padded, spots)
    plain = [number for number, one in enumerate(said) if one.role == "plain"]
    told = any(one.role == "new" for one in said)
    for number, (spot, one) in enumerate(zip(spots, said, strict=True)):
        role = one.role if one.told else _role(label)
        if one.role == "plain" and (told or len(plain) > 1 or number > 0):
            found.doubt("surname" if name == "full_name" else name, text, "not_a_name")
        elif one.clash:
            found.doubt(name, text, "unsure")
        elif name == "full_name" and len(spot.text.split()) > 1:
            found.full_name(spot.text, role, ordered=label.ordered)
        else:
            found.name("surname" if name == "full_name" else name, spot.text, role)
