"""Read one sentence without a label: a clear wish to change a field, or a plain statement of the writer's own.

What is asked, supposed, doubted or somebody else's is not taken; what is stated and doubtful is unclear. It takes no
rows (rows.py) and judges no words (roles.py). Serves policy section 2 (the seven fields).
"""

from __future__ import annotations

import re

from mailbot.reading.births import take_birth
from mailbot.reading.callednames import find_names
from mailbot.reading.contacts import Spot, find_contacts, spelt_address
from mailbot.reading.dates import find_dates, without_parts
from mailbot.reading.found import NAMES, Found
from mailbot.reading.nameprose import take_absent, take_names
from mailbot.reading.placeprose import is_of_place
from mailbot.reading.roles import Said, collapse, judge
from mailbot.reading.sentence import Sentence, is_others, spots_of
from mailbot.reading.wording import words_of

_CYRILLIC = re.compile(r"[Ѐ-ӿ]")
_READ = frozenset(("phone", "email", *NAMES, "birth", "took"))  # without a value, something may still be doubted
_PARTIAL = re.compile(r"\d{2,3}-\d{2}(?:-\d{2})?(?!\d)")
_NAMED = frozenset(
    (*NAMES, "full_name", "new", "right", "old", "as", "change", "took", "not", "not_behind", "instead", "but", "wrong")
)
_NEWS = frozenset(("new", "change", "right"))


def read_sentence(text: str, found: Found) -> None:
    """Take what one sentence states. Raises: nothing."""
    typed = words_of(text, latin=found.language == "kk" and not _CYRILLIC.search(text))
    heard = frozenset().union(*(word.says for word in typed))
    birth = "birth" in heard or found.last in ("birth_date", "birth_place") or is_of_place(text)
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
    if not spots and not heard & _READ and not birth:
        return
    spots.sort(key=lambda spot: spot.start)
    words = collapse(typed, spots)
    heard = frozenset().union(*(word.says for word in words))
    sentence = Sentence(text, words, spots, judge(words, spots), heard, nameless)
    for kind in ("phone", "email"):
        _contacts(kind, sentence, found)
    if birth and not sentence.asked:
        take_birth(sentence, found)
    take_names(sentence, found)
    take_absent(sentence, found)
    found.last = _topic(sentence) or found.last


def _topic(sentence: Sentence) -> str:
    """Return the field that a sentence speaks of last, "" for none."""
    if is_of_place(sentence.text):
        return "birth_place"
    heard = sentence.heard
    stems = [name for word in sentence.words for name in ("phone", "email", *NAMES, "birth") if name in word.says]
    if stems:
        return "birth_date" if stems[-1] == "birth" else stems[-1]
    return "surname" if "took" in heard else ""


def _contacts(kind: str, sentence: Sentence, found: Found) -> None:
    items = spots_of(kind, sentence)
    if not items:
        _unseen(kind, sentence, found)
        return
    spoken = kind in sentence.heard or (kind == "email" and bool(sentence.heard & {"own", "change"}))
    stated: list[tuple[Spot, Said]] = []
    for spot, said in items:
        if said.thing or (is_others(said, sentence) and "delete" not in sentence.heard):
            continue
        if said.role in ("old", "unchanged"):
            if spot.value and (spoken or said.role == "old"):
                found.take(kind, spot.value, said.role)
        elif _is_stated(said, sentence, spoken=spoken or found.last == kind):
            stated.append((spot, said))
    dropped = any(said.role == "old" for _, said in items)
    if (
        dropped
        and not stated
        and any(said.mention and said.role == "plain" and said.mine != "other" for _, said in items)
    ):
        found.doubt(kind, sentence.text, "unsure")  # «старая не работает, пишите на …»
    _take_contacts(kind, stated, sentence, found)


def _is_stated(said: Said, sentence: Sentence, *, spoken: bool) -> bool:
    """Tell whether a value is given as the writer's: by a word for new, by a wish to change, or as «мой номер …»."""
    heard = sentence.heard
    if said.told:
        return spoken or said.mine == "mine"
    if said.mention or not spoken or "forbid" in heard:
        return False
    if said.mine == "mine" and heard & _NEWS:
        return True
    return "change" in heard or ("own" in heard and said.mine == "mine" and "spam" not in heard)


def _take_contacts(kind: str, stated: list[tuple[Spot, Said]], sentence: Sentence, found: Found) -> None:
    if not stated:
        return
    if "doubt" in sentence.heard and not sentence.heard & {"both"}:
        found.unsure(kind, sentence.text, "unsure")
        return
    if sentence.asked:
        return
    plain = [spot for spot, said in stated if not said.told]
    if len(plain) > (len(plain) == len(stated)) and "both" not in sentence.heard:
        found.doubt(kind, sentence.text, "several_values")
        stated = [(spot, said) for spot, said in stated if said.told]
    for spot, said in stated:
        if said.clash or sentence.unsure or (said.mention and said.told) or _is_swap(sentence, spot, said):
            found.doubt(kind, spot.value or sentence.text, "unsure")
        else:
            take_contact(kind, spot, found)


def _is_swap(sentence: Sentence, spot: Spot, said: Said) -> bool:
    """Tell «поменяйте номер 8 701 …», which may be the old one, from «… на 8 701 …» and «… номер: 8 701 …»."""
    if said.told or not sentence.heard >= {"swap"} or "new" in sentence.heard:
        return False
    before = sentence.text[: spot.start].rstrip()
    place = next(n for n, word in enumerate(sentence.words) if word.spot >= 0 and word.start == spot.start)
    follows = sentence.words[place + 1].says if place + 1 < len(sentence.words) else frozenset[str]()
    return not before.endswith((":", "-", "–", "—", "=")) and not follows & {"as"}


def take_contact(kind: str, spot: Spot, found: Found, role: str = "new") -> None:
    """Take one telephone number or address, or doubt it. Raises: nothing."""
    if not spot.value:
        found.doubt(kind, spot.text, spot.why)
        return
    found.take(kind, spot.value, role)
    if spot.extension and role == "new" and found.values["phone"][:1] == [spot.value]:
        found.extension = spot.extension


def _unseen(kind: str, sentence: Sentence, found: Found) -> None:
    """Doubt an address whose sign is a word, and a number of which only the end is told."""
    if kind not in sentence.heard or sentence.asked:
        return
    own = bool(sentence.heard & (_NEWS | {"own"}))
    if kind == "email" and own and (spelt := spelt_address(sentence.text)):
        found.doubt(kind, spelt, "not_an_address")
    elif kind == "phone" and "new" in sentence.heard and _PARTIAL.search(sentence.text):
        found.doubt(kind, sentence.text, "not_a_phone")
