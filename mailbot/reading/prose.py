"""Read one sentence without a label: a clear wish to change a field, or a plain statement of the writer's own.

What is asked, supposed, doubted or somebody else's is not taken; what is stated and doubtful is unclear. It takes no
rows (rows.py) and judges no words (roles.py). Serves policy section 2 (the seven fields).
"""

from __future__ import annotations

import re

from mailbot.reading.absence import take_absent
from mailbot.reading.births import doubt_birth, take_birth
from mailbot.reading.callednames import find_names
from mailbot.reading.contacts import find_contacts
from mailbot.reading.dates import find_dates, is_turned, without_parts
from mailbot.reading.found import NAMES, Found
from mailbot.reading.nameprose import take_names
from mailbot.reading.placeprose import is_of_place
from mailbot.reading.roles import collapse, judge
from mailbot.reading.sentence import Sentence
from mailbot.reading.stated import settle, take_contacts
from mailbot.reading.wording import Word, words_of

_CYRILLIC = re.compile(r"[Ѐ-ӿ]")
_READ = frozenset(("phone", "email", *NAMES, "birth", "took"))  # without a value, something may still be doubted
_NAMED = frozenset(
    (*NAMES, "full_name", "new", "right", "old", "as", "change", "took", "not", "not_behind", "instead", "but", "wrong")
)
_CONTACTS = ("phone", "email")
_FIELDS = frozenset((*NAMES, "full_name", "phone", "email"))
_OWN_SENTENCE = frozenset(("spam", "owner", "thing", "yours"))
_SIGNED = frozenset(("courtesy",))
_EMPTY = frozenset(("filler", "both", "and", "polite", "courtesy"))


def read_sentence(text: str, found: Found) -> None:
    """Take what one sentence states. Raises: nothing."""
    typed = words_of(text, latin=found.language == "kk" and not _CYRILLIC.search(text))
    heard = frozenset().union(*(word.says for word in typed))
    birth = "birth" in heard or found.last in ("birth_date", "birth_place") or is_of_place(text)
    turned = birth and is_turned(text)
    if birth and (whole := without_parts(text)) != text:
        text, typed = whole, words_of(whole, latin=found.language == "kk" and not _CYRILLIC.search(text))
    spots = find_contacts(text)
    if birth:
        dates = find_dates(text, typed, found.language, today=found.today)
        spots = [s for s in spots if not any(s.start < d.end and d.start < s.end for d in dates)] + dates
    nameless = collapse(typed, spots)
    topic = found.last in NAMES and found.about & {"amiss", "marriage"}
    if topic or heard & _NAMED:
        spots += find_names(text, typed, spots)
    if not spots and not heard & _READ and not found.waiting and not birth:
        found.before = _SIGNED if found.before and _is_signed(typed) else heard or found.before
        return
    spots.sort(key=lambda spot: spot.start)
    words = collapse(typed, spots)
    heard = frozenset().union(*(word.says for word in words))
    listed = "change" in found.before and _is_item(text, typed, heard)
    heard = heard | {"change"} if listed else heard
    sentence = Sentence(text, words, spots, judge(words, spots, changing=listed), heard, nameless, turned)
    if not spots or heard - _EMPTY:
        settle(sentence, found)
    for kind in _CONTACTS:
        take_contacts(kind, sentence, found)
    if birth and not sentence.asked:
        take_birth(sentence, found)
    if birth and (sentence.asked or "doubt" in heard):
        doubt_birth(sentence, found)
    take_names(sentence, found)
    take_absent(sentence, found)
    found.last = _topic(sentence) or found.last
    if heard - _EMPTY:
        found.before = heard


def _is_item(text: str, typed: list[Word], heard: frozenset[str]) -> bool:
    """Tell «— отчество с … на …», «Фамилию на … и номер на …» behind «Прошу изменить:»: no sentence of its own."""
    named = bool(typed) and bool(typed[0].says & _FIELDS) and "toward" in heard
    return (text[0] in "-—–•*" or named) and not heard & _OWN_SENTENCE


def _topic(sentence: Sentence) -> str:
    """Return the field that a sentence speaks of last, "" for none."""
    if is_of_place(sentence.text):
        return "birth_place"
    heard = sentence.heard
    stems = [name for word in sentence.words for name in ("phone", "email", *NAMES, "birth") if name in word.says]
    if stems:
        return "birth_date" if stems[-1] == "birth" else stems[-1]
    return "surname" if "took" in heard else ""


def _is_signed(typed: list[Word]) -> bool:
    """Tell a line that is a name and nothing else: what stands below it is a signature."""
    names = [word.text for word in typed if word.text[0].isalpha()]
    return 0 < len(names) < 5 and all(name[0].isupper() for name in names) and len(typed) - len(names) < 3
