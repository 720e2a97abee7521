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
from mailbot.reading.dates import apart
from mailbot.reading.fold import fold
from mailbot.reading.found import NAMES, Found
from mailbot.reading.labelled import read_row
from mailbot.reading.labels import Label
from mailbot.reading.listing import take_listing
from mailbot.reading.nameframes import about
from mailbot.reading.names import shape_of, split_name
from mailbot.reading.phones import mask
from mailbot.reading.prose import read_sentence
from mailbot.reading.rows import Parsed, Row, is_label_line, rows
from mailbot.reading.sections import owned
from mailbot.reading.sentence import sentences
from mailbot.reading.stated import settle

__all__ = ["Parsed", "extract", "is_label_line"]

_CALLED = re.compile(r"(?:^|[.!?]\s)\s*(?:Мен|Я|I|Men|Ya),? ([^,\n]{3,100}),", re.IGNORECASE)
_ODD = re.compile("[\xa0\u202f\u2007\u2009]|([\u2010\u2011])|([\u200b\u200e\u200f\ufeff\u2060\xad\u202a\u202c])")
_PICTURES = re.compile(r"(?:([📞☎📱📲])|[📧✉📩📨💌])[\ufe0f\s:–—-]{0,4}(?=[\w+(<])")
_MAILED = re.compile(r"(?:адрес|мекенжай\w{0,4}|address)\W{0,3}$", re.IGNORECASE)  # «Мой адрес: anna@example.kz»
_SIGNED_OFF = re.compile(  # on the last line, behind a sentence: «…. Құрметпен, Серік Аманов, тел. 8 727 …»
    r"(?<=[.!?] )(?:С уважением|Құрметпен|Ізгі ниетпен|(?:Best|Kind|Warm) regards|Regards|Cheers|Sincerely|Yours)"
    r"[,!.]? [^\W\d_a-zа-яәғқңөұүһі][^\n]{0,160}$"
)
_LINES = re.compile(r"(?<!_)_{2,}(?=[^\s_])|(?<=[^\s_])_{2,}")  # «Тегі ____Жақсылықова____»
_BIRTH = re.compile(r"рожд|родил|туған|туыл|born|birth", re.IGNORECASE)
_SHORT = re.compile(r"(?<!\w)д\. ?р\.? ?(?=[:\d—–-])", re.IGNORECASE)
_LIMIT = 20_000  # characters of a text


def extract(text: str, language: Language, *, today: date | None = None, parsed: Parsed | None = None) -> Extract:
    """Return the seven fields as a person's own text states them.

    `language` orders numeric dates; `today` refuses a birth date that has not come yet; `parsed`: what is known of
    lines of the same mail. Raises: nothing. Source: policy section 2, the field formats.
    """
    clean, masked = _cleaned(text)
    found = Found(language=language, today=today, about=about(clean))
    seen = dict.fromkeys(masked)
    listed = list(rows(clean, parsed))
    found.apart = any(row.label is not None and row.label.field == "surname" for row in listed)
    for one in owned(listed):
        row, label = one.row, one.row.label
        if label is None:
            _unlabelled(row.value, one.headed, found)
        elif label.field not in ("other", ""):
            _labelled(row, label, one.others, found)
        elif not label.field or (not label.others and "@" in row.value and _MAILED.search(row.name)):
            _bare(row, label, found)
        elif sum(letter.isdecimal() for letter in row.value) >= 6 and fold(row.name) in ("иин", "жсн", "iin"):
            seen["iin"] = None
    settle(None, found)
    if "birth_date" not in found.fields and _BIRTH.search(clean) and (born := apart(clean, language, today=today)):
        found.take("birth_date", born)
        found.unclear.pop(("birth_date", "not_a_date"), None)
    return found.result(tuple(seen))


def _cleaned(text: str) -> tuple[str, tuple[str, ...]]:
    """Return a text without odd signs, with IINs and cards masked, and what was masked."""
    plain = _ODD.sub(lambda odd: "-" if odd[1] else "" if odd[2] else " ", text[:_LIMIT])
    plain = _SHORT.sub("др ", _SIGNED_OFF.sub("", _LINES.sub(" ", plain)))
    return mask(_PICTURES.sub(lambda seen: "тел: " if seen[1] else "e-mail: ", plain))


def _unlabelled(text: str, headed: bool, found: Found) -> None:
    """Read a line without a label; below «Мои данные:» a full name alone is one."""
    whole = split_name(text)[0] if headed and text.count(" ") == 2 else {}
    for name, value in whole.items():
        found.take(name, value)
    if not whole:
        _free(text, found)


def _labelled(row: Row, label: Label, others: bool, found: Found) -> None:
    """Read a row with the label of a field; one of somebody else is stated and not taken."""
    if others or label.others:
        if row.value.strip(" .-–—_…"):
            found.doubt("surname" if label.field == "full_name" else label.field, row.value, "unsure")
    elif label.field == "patronymic" and _is_father(row.value):
        _free(f"{row.name} – {row.value}", found)
    elif rest := read_row(label, row.value, found):
        _free(rest, found)


def _bare(row: Row, label: Label, found: Found) -> None:
    """Read «жаңа: …», «Контакты: …», «Мой адрес: anna@example.kz»."""
    if not label.field and take_listing(row.value, found):
        return
    told = _told(label, row.name, row.value, found)
    rest = "" if told else f"{row.name}: {row.value}"
    for each in told:
        rest = read_row(each, row.value, found)
    if rest:
        _free(rest, found)


def _is_father(value: str) -> bool:
    """Tell «Әкемнің есімі – Жақсылық, сондықтан …», which names the father and says more."""
    head, comma, _ = value.partition(", ")
    return bool(comma) and len(value) > len(head) + 12 and head.isalpha() and not shape_of(head)


def _told(label: Label, name: str, value: str, found: Found) -> list[Label]:
    """Give a bare «жаңа:» or «Контакты:» its fields: what its values are, else the field spoken of last."""
    kinds = dict.fromkeys(spot.kind for spot in find_contacts(value) if spot.value)
    if not kinds and len(value.split()) > 1 and not split_name(value)[1]:
        kinds = {"full_name": None}  # «После: Иван Сергеевич Полторацкий»
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
