"""Tell a label that no mark parts from its value: «Тел. 8 701 …», «Фамилия Ким», «Телефон прежний, 8 701 …».

What stands behind it must be a value of its field and nothing else; a sentence stays text. Serves policy section 2.
"""

from __future__ import annotations

import re

from mailbot.reading.contacts import find_contacts
from mailbot.reading.fold import fold
from mailbot.reading.labels import Label, cue_words, label_of, may_open_label
from mailbot.reading.tables import Row
from mailbot.reading.wording import words_of

DISTURBING = frozenset(("owner", "yours", "hypo", "asks", "thing", "spam", "doubt"))  # a value may be no value beside
CONTACT = re.compile(r"^(?:[+(\d]|<?[\w.+-]{1,64}@|(?:https?://)?wa\.me/)")
_UPPER = "A-ZА-ЯЁӘҒҚҢӨҰҮҺІƏ"
_CAPITALS = re.compile(
    rf"^[{_UPPER}][\w'’-]*(?: (?:[{_UPPER}][\w'’-]*|ұлы|қызы|улы|кызы|оглы|uly|kyzy|qyzy)){{0,3}}[.!]?$"
)
_PLACE = re.compile(rf"^(?:[{_UPPER}]|(?:г|с|п|пос|гор|город|село|аул|ауыл)\.? ?[{_UPPER}])")
_NAMES = ("surname", "given_name", "patronymic", "full_name")
_SHORT = 60  # characters
_INSIDE = re.compile(r"\([^()]{0,60}\)")
_VERB = re.compile(r"(?<!\w)(?:родил|born(?!\w)|туд)", re.IGNORECASE)


def unmarked(line: str) -> Row:
    """Take «Тел. 8 701 …» and «Фамилия Ким» for labelled; any other line is free text. Raises: nothing."""
    typed = line.split(maxsplit=8)
    if not any(may_open_label(word) for word in typed[:3]):
        return Row(label=None, value=line)
    for count in range(min(6, len(typed) - 1), 0, -1):
        rest = line.split(maxsplit=count)[count]
        if not _may_fit(rest):
            continue
        label = label_of(" ".join(typed[:count]))
        broken = typed[count - 1][-1] in ",;" and label is not None and label.cue != "unchanged"
        if label and label.field and not broken and _fits(label, rest, " ".join(typed[:count])):
            return Row(label=label, value=rest, name=" ".join(typed[:count]))
    return Row(label=None, value=line)


def _may_fit(rest: str) -> bool:
    """Tell, as cheaply as may be, text that can be no value of any field."""
    if rest[0].isupper() or not rest[0].isalpha() or "@" in rest[:65]:
        return True
    if len(rest) >= _SHORT:
        return bool(_PLACE.match(rest))
    known = _PLACE.match(rest) or any(letter.isdecimal() for letter in rest[:20])
    return bool(known) or fold(rest) in cue_words("absent") | cue_words("unchanged")


def _fits(label: Label, rest: str, name: str) -> bool:
    """Tell whether what follows a label without a mark is a value of its field and nothing else."""
    if fold(rest) in cue_words("absent"):
        return label.field == "patronymic"
    if fold(rest) in cue_words("unchanged"):
        return True
    says = frozenset().union(*(word.says for word in words_of(name)))
    if "birth" in says and _VERB.search(name):
        return False  # a sentence: «Родилась 5 мая 1990 года в Алматы»
    if label.field in _NAMES:
        bare = _INSIDE.sub("", rest).strip()
        return bool(_CAPITALS.match(bare)) and not (says & {"own"} and label.field != "full_name")
    if label.field == "birth_place":
        return bool(_PLACE.match(rest))
    if label.field == "birth_date":
        return (
            rest[0].isalnum() and len(rest) < 60 and any(letter.isdecimal() for letter in rest) and not says & {"asks"}
        )
    return bool(CONTACT.match(rest)) and label.field in ("phone", "email", "other") and _is_bare(rest)


def _is_bare(rest: str) -> bool:
    """Tell whether a number or an address stands with nothing but words that say something of it."""
    for spot in reversed(find_contacts(rest)):
        rest = rest[: spot.start] + " " + rest[spot.end :]
    typed = words_of(re.sub(r"\([^()]{0,60}\)", " ", rest))
    return all(word.says and not word.says & DISTURBING for word in typed if word.text[0].isalpha())
