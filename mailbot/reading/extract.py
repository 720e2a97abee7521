"""Take the seven fields (policy section 2) from what a person wrote: labelled rows and plain sentences.

Only what is certain becomes a field; what is stated but doubtful becomes `unclear` with a word that says why, and
nothing is guessed. IINs and card numbers are masked before anything is read. It reads the own text alone: signature
and quoted history are cut off before (quote.py). Serves policy section 2; forms are those of the field formats.
"""

from __future__ import annotations

import re
from datetime import date

from mailbot.reading.claim import Extract, Language
from mailbot.reading.contacts import find_contacts
from mailbot.reading.fold import fold
from mailbot.reading.found import NAMES, Found
from mailbot.reading.labelled import read_row
from mailbot.reading.labels import Label
from mailbot.reading.listing import take_listing
from mailbot.reading.nameframes import about
from mailbot.reading.names import split_name
from mailbot.reading.phones import mask
from mailbot.reading.prose import read_sentence
from mailbot.reading.rows import is_label_line, rows
from mailbot.reading.sentence import sentences
from mailbot.reading.stated import settle
from mailbot.reading.wording import words_of

__all__ = ["extract", "is_label_line"]

_CALLED = re.compile(r"(?:^|[.!?]\s)\s*(?:Мен|Я|I|Men|Ya),? ([^,\n]{3,100}),", re.IGNORECASE)
_ODD = re.compile("[\xa0\u202f\u2007\u2009]|([\u2010\u2011])|([\u200b\u200e\u200f\ufeff\u2060\xad\u202a\u202c])")
_PICTURES = re.compile(r"(?:([📞☎📱📲])|[📧✉📩📨💌])[\ufe0f\s:–—-]{0,4}(?=[\w+(<])")
_MAILED = re.compile(r"(?:адрес|мекенжай\w{0,4}|address)\W{0,3}$", re.IGNORECASE)  # «Мой адрес: anna@example.kz»
_LIMIT = 20_000  # characters of a text


def extract(text: str, language: Language, *, today: date | None = None) -> Extract:
    """Return the seven fields as a person's own text states them.

    `language` orders numeric dates; `today` refuses a birth date that has not come yet. Raises: nothing. Source:
    policy section 2, the field formats.
    """
    plain = _ODD.sub(lambda odd: "-" if odd[1] else "" if odd[2] else " ", text[:_LIMIT])
    clean, masked = mask(_PICTURES.sub(lambda seen: "тел: " if seen[1] else "e-mail: ", plain))
    found = Found(language=language, today=today, about=about(clean))
    seen = dict.fromkeys(masked)
    others = False  # the rows are somebody else's: «Менеджер: …», «ФИО матери: …»
    for row in rows(clean):
        others = others or (row.label.others if row.label else _is_others(row.value))
        if row.label is None:
            _free(row.value, found)
        elif others and row.label.field not in ("other", ""):
            if row.value.strip(" .-–—_…"):
                found.doubt("surname" if row.label.field == "full_name" else row.label.field, row.value, "unsure")
        elif not row.label.field and take_listing(row.value, found):
            continue
        elif row.label.field != "other" or (not row.label.others and "@" in row.value and _MAILED.search(row.name)):
            told = _told(row.label, row.name, row.value, found)
            rest = "" if told else f"{row.name}: {row.value}"
            for label in told:
                rest = read_row(label, row.value, found)
            if rest:
                _free(rest, found)
        elif sum(letter.isdecimal() for letter in row.value) >= 6 and fold(row.name) in ("иин", "жсн", "iin"):
            seen["iin"] = None
    settle(None, found)
    return found.result(tuple(seen))


def _is_others(line: str) -> bool:
    """Tell whether a line opens with somebody else as a label: «Менеджер: Иванова Ольга»."""
    head, colon, _ = line[:60].partition(":")
    return bool(colon) and len(head.split()) < 4 and any("owner" in word.says for word in words_of(head))


def _told(label: Label, name: str, value: str, found: Found) -> list[Label]:
    """Give a bare «жаңа:» or «Контакты:» its fields: what its values are, else what was spoken of last."""
    if label.field and label.field != "other":
        return [label]
    kinds = dict.fromkeys(spot.kind for spot in find_contacts(value) if spot.value)
    if not kinds and found.last in (*NAMES, "birth_date", "birth_place"):
        kinds = {found.last: None}
    again = label.cue == "old" and "back" in found.about and fold(name).startswith(("девич", "maiden", "киз теги"))
    return [Label(field=kind, cue="new" if again else label.cue) for kind in kinds]


def _free(text: str, found: Found) -> None:
    """Read sentences without a label: a name the writer calls himself by, and clear wishes to change something."""
    if take_listing(text, found):
        return
    called = _CALLED.search(text)
    if called and not found.named:
        found.named, _ = split_name(called.group(1))
    for sentence in sentences(text):
        read_sentence(sentence, found)
