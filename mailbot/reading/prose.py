"""Read one sentence without a label: a clear wish to change a field, or a plain statement of the writer's own.

What is asked, supposed, doubted or somebody else's is not taken; what is stated and doubtful is unclear. It takes no
rows (rows.py) and judges no words (roles.py). Serves policy section 2 (the seven fields).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailbot.reading.callednames import find_names
from mailbot.reading.contacts import Spot, find_contacts, spelt_address
from mailbot.reading.cues import cues
from mailbot.reading.dates import find_dates
from mailbot.reading.found import NAMES, Found
from mailbot.reading.places import place_of_birth
from mailbot.reading.roles import Said, collapse, is_edge, judge
from mailbot.reading.wording import Word, key_of, words_of

_ABBREVIATIONS = frozenset(
    [
        "тел",
        "моб",
        "сот",
        "раб",
        "дом",
        "доб",
        "вн",
        "обл",
        "ул",
        "пос",
        "гор",
        "р-н",
        "ауд",
        "нөм",
        "эл",
        "фам",
        "отч",
        "мкр",
        "респ",
        "tel",
        "mob",
        "ext",
        "st",
        "ave",
        "dr",
        "mr",
        "mrs",
        "no",
        "nr",
    ]
)
_SENTENCE = re.compile(
    r"(?<=[^\W\d_]{2})[.!?;…]+\s+|(?<=[\d)»\"])[.!?;…]+\s+(?=[^\W\d_a-zа-яәғқңөұүһі])|(?<=[^\w\s])[!?]+\s+"
)
_CYRILLIC = re.compile(r"[Ѐ-ӿ]")
_PARTIAL = re.compile(r"\d{2,3}-\d{2}(?:-\d{2})?(?!\d)")
_HIS = re.compile(r"(?:смен|измен|поменя)\w{0,2}л(?!\w)", re.IGNORECASE)
_HERS = re.compile(r"(?:[оеё]в|[иы]н)а$")
_NEWS = frozenset(("new", "change", "right"))


@dataclass(slots=True)
class _Sentence:
    """A sentence, its words, its values and what is said of them."""

    text: str
    words: list[Word]
    spots: list[Spot]
    said: list[Said]
    heard: frozenset[str]
    nameless: list[Word]  # the words where names are no values

    @property
    def asked(self) -> bool:
        """Whether it asks, and not «could you change …»."""
        asks = "asks" in self.heard or self.text.rstrip().endswith("?")
        return asks and not self.heard >= {"polite", "change"}

    @property
    def unsure(self) -> str:
        """Return why its values can't be taken as they stand, "" where they can."""
        return next((why for why in ("doubt", "hypo", "temp", "forbid") if why in self.heard), "")


def sentences(text: str) -> list[str]:
    """Cut free text into sentences, each with its mark; an abbreviation ends none. Raises: nothing."""
    found: list[str] = []
    start = 0
    for mark in _SENTENCE.finditer(text):
        before = text[start : mark.start()].rsplit(maxsplit=1)
        word = before[-1].casefold() if before else ""
        if word in _ABBREVIATIONS and mark.group().strip() == ".":
            continue
        found.append(text[start : mark.end()].strip())
        start = mark.end()
    return [*found, text[start:].strip()] if text[start:].strip() else found


def read_sentence(text: str, found: Found) -> None:
    """Take what one sentence states. Raises: nothing."""
    typed = words_of(text, latin=found.language == "kk" and not _CYRILLIC.search(text))
    heard = frozenset().union(*(word.says for word in typed))
    spots = find_contacts(text)
    if "birth" in heard:
        dates = find_dates(text, typed, found.language, today=found.today)
        spots = [s for s in spots if not any(s.start < d.end and d.start < s.end for d in dates)] + dates
    nameless = collapse(typed, spots)
    if heard & {*NAMES, "full_name", "new", "right", "old", "as", "change", "took"}:
        spots += find_names(text, typed, spots)
    spots.sort(key=lambda spot: spot.start)
    words = collapse(typed, spots)
    heard = frozenset().union(*(word.says for word in words))
    sentence = _Sentence(text, words, spots, judge(words, spots), heard, nameless)
    for kind in ("phone", "email"):
        _contacts(kind, sentence, found)
    if "birth" in heard and not sentence.asked:
        _birth(sentence, found)
    _names(sentence, found)
    _absent(sentence, found)
    for name in ("phone", "email", *NAMES):
        if name in heard:
            found.last = name


def _of(kind: str, sentence: _Sentence) -> list[tuple[Spot, Said]]:
    return [(spot, said) for spot, said in zip(sentence.spots, sentence.said, strict=True) if spot.kind == kind]


def _is_others(said: Said, sentence: _Sentence) -> bool:
    """Tell whether a value is somebody else's; one that the writer wants changed is held by the third person cue."""
    if said.mine != "other":
        return False
    return not ("change" in sentence.heard and "third_person" in cues(sentence.text))


def _contacts(kind: str, sentence: _Sentence, found: Found) -> None:
    items = _of(kind, sentence)
    if not items:
        _unseen(kind, sentence, found)
        return
    spoken = kind in sentence.heard or (kind == "email" and bool(sentence.heard & {"own", "change"}))
    stated: list[tuple[Spot, Said]] = []
    for spot, said in items:
        if said.thing or (_is_others(said, sentence) and "delete" not in sentence.heard):
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


def _is_stated(said: Said, sentence: _Sentence, *, spoken: bool) -> bool:
    """Tell whether a value is given as the writer's: by a word for new, by a wish to change, or as «мой номер …»."""
    heard = sentence.heard
    if said.told:
        return spoken or said.mine == "mine"
    if said.mention or not spoken or "forbid" in heard:
        return False
    if said.mine == "mine" and heard & _NEWS:
        return True
    return "change" in heard or ("own" in heard and said.mine == "mine" and "spam" not in heard)


def _take_contacts(kind: str, stated: list[tuple[Spot, Said]], sentence: _Sentence, found: Found) -> None:
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


def _is_swap(sentence: _Sentence, spot: Spot, said: Said) -> bool:
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


def _unseen(kind: str, sentence: _Sentence, found: Found) -> None:
    """Doubt an address whose sign is a word, and a number of which only the end is told."""
    if kind not in sentence.heard or sentence.asked:
        return
    own = bool(sentence.heard & (_NEWS | {"own"}))
    if kind == "email" and own and (spelt := spelt_address(sentence.text)):
        found.doubt(kind, spelt, "not_an_address")
    elif kind == "phone" and "new" in sentence.heard and _PARTIAL.search(sentence.text):
        found.doubt(kind, sentence.text, "not_a_phone")


def _birth(sentence: _Sentence, found: Found) -> None:
    dates = [(spot, said) for spot, said in _of("date", sentence) if not _is_others(said, sentence)]
    if any(said.mine == "other" for _, said in _of("date", sentence)) and not dates:
        return
    for spot, said in dates:
        if said.role == "old" and spot.value:
            found.take("birth_date", spot.value, "old")
    told = [item for item in dates if item[1].role == "new"]
    plain = [item for item in dates if item[1].role == "plain"]
    near = [item for item in plain if _is_near(item[0], sentence)]
    stated = told or near or plain
    whole = dict.fromkeys(spot.value for spot, _ in stated if spot.value)
    if sentence.unsure in ("doubt", "hypo") and stated:
        found.unsure("birth_date", sentence.text, "unsure")
    elif len(whole) == 1 and not any(said.clash for _, said in stated):
        found.take("birth_date", next(iter(whole)))
    elif whole:
        found.doubt("birth_date", sentence.text, "several_values")
    elif stated:
        found.doubt("birth_date", stated[0][0].text, stated[0][0].why)
    elif not dates and (year := _year(sentence)):
        found.doubt("birth_date", year, "not_a_date")
    _birth_place(sentence, found)


def _birth_place(sentence: _Sentence, found: Found) -> None:
    value, why = place_of_birth(sentence.text, sentence.nameless)
    whose = [said.mine for said in sentence.said] or ["other" if "owner" in sentence.heard else ""]
    if "other" in whose or not (value or why):
        return
    if why or sentence.unsure:
        found.doubt("birth_place", value or sentence.text, why or "unsure")
    else:
        found.take("birth_place", value)


def _is_near(spot: Spot, sentence: _Sentence) -> bool:
    """Tell whether a word for birth stands in the clause of a date."""
    clause: list[Word] = []
    for word in [*sentence.words, Word(",", -1, -1)]:
        if not is_edge(word):
            clause.append(word)
            continue
        if any(one.start == spot.start for one in clause if one.spot >= 0):
            return any("birth" in one.says for one in clause)
        clause = []
    return False


def _year(sentence: _Sentence) -> str:
    found = re.search(
        r"(?<![\d.-])(?:19|20)\d\d(?![\d.-])|(?<!\d)\d\d[- ]?(?:го )?(?:г|год|ж|жыл)(?!\d)", sentence.text
    )
    return found.group() if found else ""


def _names(sentence: _Sentence, found: Found) -> None:
    before = (dict(found.fields), len(found.unclear))
    _take_names(sentence, found)
    stems = [name for name in NAMES if name in sentence.heard]
    turned = any(said.role == "old" for _, said in _of("name", sentence))
    if stems and turned and before == (found.fields, len(found.unclear)) and "delete" not in sentence.heard:
        found.doubt(stems[-1], sentence.text, "unsure")  # a former name, or one of two, and none that is taken


def _take_names(sentence: _Sentence, found: Found) -> None:
    for spot, said in _of("name", sentence):
        if _is_others(said, sentence) or said.mention or sentence.asked:
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


def _whole_name(spot: Spot, told: bool, sentence: _Sentence, found: Found) -> None:
    if len(spot.text.split()) > 1:
        found.full_name(spot.text, "new" if told else "old")
    elif told and sentence.heard & {"took", "change", "new"}:
        found.doubt("surname", spot.text, "ambiguous_name")


def _is_given(spot: Spot, sentence: _Sentence) -> bool:
    """Tell whether a name without a word for new is wished: «на Серикова», «как Тимур Аслан», «… деп жазыңыз»."""
    if "change" not in sentence.heard:
        return False
    place = next(n for n, word in enumerate(sentence.words) if word.spot >= 0 and word.start == spot.start)
    before = [word for word in sentence.words[max(0, place - 4) : place]]
    after = sentence.words[place + 1 : place + 2]
    if any("as" in word.says for word in after):
        return True
    for word in reversed(before):
        if word.says & {"toward", "as", "change"} | word.says & set(NAMES):
            return True
        if word.text not in '«"“:—–-' and not word.says & {"filler", "own", "onfile"}:
            return key_of(word.text) in ("базу", "список", "базага")
    return False


def _field_of(spot: Spot, sentence: _Sentence, found: Found) -> str:
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


def _absent(sentence: _Sentence, found: Found) -> None:
    """Take «отчества у меня нет» for there being none."""
    heard = sentence.heard
    if not heard >= {"patronymic", "absent"} or sentence.asked or sentence.unsure or heard & {"owner"}:
        return
    if heard & {"onfile", "wrong", "error"} or any(said.role == "new" for _, said in _of("name", sentence)):
        found.doubt("patronymic", sentence.text, "unsure")
        return
    words = sentence.words
    stem = next(n for n, word in enumerate(words) if "patronymic" in word.says)
    absent = [n for n, word in enumerate(words) if "absent" in word.says]
    if any(not any(w.says & {"phone", "email", "surname", "birth"} for w in words[min(stem, n) : n]) for n in absent):
        found.take("patronymic", None)
