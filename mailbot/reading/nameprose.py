"""Take the names that a sentence states as new or right: «теперь Серикова», "it should be Dana, not Dina".

A name that only says who writes is not taken. It finds no names (callednames.py) and judges no spelling (names.py).
Serves policy section 2 (surname, given name, patronymic).
"""

from __future__ import annotations

import re

from mailbot.reading.contacts import Spot
from mailbot.reading.found import NAMES, Found
from mailbot.reading.sentence import Sentence, is_others, spots_of
from mailbot.reading.wording import key_of

_HIS = re.compile(r"(?:смен|измен|поменя)\w{0,2}л(?!\w)", re.IGNORECASE)
_HERS = re.compile(r"(?:[оеё]в|[иы]н)а$")
_NEWS = frozenset(("new", "change", "right"))


def take_names(sentence: Sentence, found: Found) -> None:
    """Take the names of a sentence, or doubt them. Raises: nothing."""
    before = (dict(found.fields), len(found.unclear))
    _take_names(sentence, found)
    stems = [name for name in NAMES if name in sentence.heard]
    turned = any(said.role == "old" for _, said in spots_of("name", sentence))
    if stems and turned and before == (found.fields, len(found.unclear)) and "delete" not in sentence.heard:
        found.doubt(stems[-1], sentence.text, "former")  # a former name, or one of two, and none that is taken


def _take_names(sentence: Sentence, found: Found) -> None:
    for spot, said in spots_of("name", sentence):
        if is_others(said, sentence) or said.mention or sentence.asked:
            continue
        name = _field_of(spot, sentence, found)
        told = said.role == "new" or (said.role == "plain" and _is_given(spot, sentence))
        if not name or not (told or said.role == "old"):
            continue
        if said.role == "new" and not sentence.heard & (_NEWS | {"error", "took", "not", "not_behind"}):
            continue
        if told and (said.clash or sentence.unsure):
            found.unsure("surname" if name == "full_name" else name, sentence.text, "unsure")
        elif name == "surname" and told and _HIS.search(sentence.text) and _HERS.search(spot.text):
            found.doubt(name, spot.text, "declined_name")  # «сменил фамилию на Серикова» may be Сериков
        elif name == "full_name":
            _whole_name(spot, told, sentence, found)
        else:
            found.name(name, spot.text, "new" if told else "old")


def _whole_name(spot: Spot, told: bool, sentence: Sentence, found: Found) -> None:
    if len(spot.text.split()) > 1:
        found.full_name(spot.text, "new" if told else "old")
    elif told and sentence.heard & {"took", "change", "new"}:
        found.doubt("surname", spot.text, "ambiguous_name")


def _is_given(spot: Spot, sentence: Sentence) -> bool:
    """Tell whether a name without a word for new is wished: «на Серикова», «как Тимур Аслан», «… деп жазыңыз»."""
    if "change" not in sentence.heard:
        return False
    place = next(n for n, word in enumerate(sentence.words) if word.spot >= 0 and word.start == spot.start)
    before = sentence.words[max(0, place - 4) : place]
    after = sentence.words[place + 1 : place + 2]
    if any("as" in word.says for word in after):
        return True
    for word in reversed(before):
        if word.says & {"toward", "as", "change"} | word.says & set(NAMES):
            return True
        if word.text not in '«"“:—–-' and not word.says & {"filler", "own", "onfile"}:
            return key_of(word.text) in ("базу", "список", "базага")
    return False


def _field_of(spot: Spot, sentence: Sentence, found: Found) -> str:
    """Return the field that a name stands for: the nearest word for one before it, else after it, else before."""
    if len(spot.text.split()) > 1 and not _single(spot.text):
        return "full_name"
    stems = [(word.start, name) for word in sentence.words for name in (*NAMES, "full_name") if name in word.says]
    before = [name for start, name in stems if start < spot.start]
    after = [name for start, name in stems if start > spot.start]
    name = before[-1] if before else after[0] if after else ""
    if name == "given_name" and before and "patronymic" in before[-2:]:
        name = "patronymic"
    if not name and found.last in NAMES:
        name = found.last
    return name or ("full_name" if sentence.heard & {"took", "new", "old"} and "own" in sentence.heard else "")


def _single(text: str) -> bool:
    return sum(word[0].isupper() for word in text.split()) == 1


def take_absent(sentence: Sentence, found: Found) -> None:
    """Take «отчества у меня нет» for there being none."""
    heard = sentence.heard
    if not heard >= {"patronymic", "absent"} or sentence.asked or sentence.unsure or heard & {"owner"}:
        return
    if heard & {"onfile", "wrong", "error"} or any(said.role == "new" for _, said in spots_of("name", sentence)):
        found.doubt("patronymic", sentence.text, "unsure")
        return
    words = sentence.words
    stem = next(n for n, word in enumerate(words) if "patronymic" in word.says)
    absent = [n for n, word in enumerate(words) if "absent" in word.says]
    if any(not any(w.says & {"phone", "email", "surname", "birth"} for w in words[min(stem, n) : n]) for n in absent):
        found.take("patronymic", None)
