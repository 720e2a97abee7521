"""Read a line that lists a person's data without labels: «Ким Алина Олеговна, 12.04.1991, 8 705 …».

Only what cannot be taken for anything else: a full name that a patronymic anchors, and whole values beside it. It
reads no sentence (prose.py) and no label (rows.py). Serves policy section 2 (names, date of birth).
"""

from __future__ import annotations

import re

from mailbot.reading.contacts import find_contacts
from mailbot.reading.dates import parse_date
from mailbot.reading.found import Found
from mailbot.reading.names import shape_of, split_name
from mailbot.reading.wording import words_of

_LONGEST = 200  # characters
_PROMPT = re.compile(r"^[^:]{0,80}: ?")
_SPLIT = re.compile(r"[,;] ?")
_BORN = re.compile(
    r"^(?:born(?: on)?|родил(?:ся|ась)|д\.? ?р\.?|дата рождения|туған күні|т\.?к\.?)[ :]{0,2}", re.IGNORECASE
)
_PARTS = range(2, 9)


def take_listing(text: str, found: Found) -> bool:
    """Take the name, date and contacts of a line that lists data, and tell whether it is one. Raises: nothing."""
    if len(text) > _LONGEST or "wish" not in found.about or "," not in text or "?" in text:
        return False
    prompt = _PROMPT.match(text)
    said = frozenset().union(*(word.says for word in words_of(prompt.group(), latin=True))) if prompt else frozenset()
    parts = _joined(
        [part.strip(" .") for part in _SPLIT.split(text[prompt.end() if prompt else 0 :]) if part.strip(" .")]
    )
    if said & {"owner", "hypo", "doubt", "forbid", "old", "delete"} or len(parts) not in _PARTS:
        return False
    name, why = split_name(parts[0])
    dates = [
        read for part in parts[1:] if (read := parse_date(_BORN.sub("", part), found.language, today=found.today)[0])
    ]
    contacts = [spot for part in parts[1:] for spot in find_contacts(part) if spot.value]
    values = len(dates) + len(contacts)
    if why or "surname" not in name or len(dates) > 1 or values < max(1, len(parts) - 2):
        return False
    for field, value in name.items():
        found.take(field, value)
    for read in dates:
        found.take("birth_date", read)
    for spot in contacts:
        found.take(spot.kind, spot.value)
    return True


def _joined(parts: list[str]) -> list[str]:
    """Give a name whose parts stand between commas as one: «Ким, Алина, Олеговна»."""
    if len(parts) > 3 and shape_of(parts[2]) == "patronymic" and not any(" " in part for part in parts[:3]):
        return [" ".join(parts[:3]), *parts[3:]]
    return parts
