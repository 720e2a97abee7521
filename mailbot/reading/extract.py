"""Take the seven fields (policy section 2) from what a person wrote: labelled rows and plain sentences.

Only what is certain becomes a field; what is stated but doubtful becomes `unclear` with a word that says why, and
nothing is guessed. IINs and card numbers are masked before anything is read. It reads the own text alone: signature
and quoted history are cut off before (quote.py). Serves policy section 2; forms are those of the field formats.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date

from mailbot.reading.claim import Extract, Language, Unclear
from mailbot.reading.contacts import Status, Value, contacts
from mailbot.reading.dates import parse_date
from mailbot.reading.fold import fold
from mailbot.reading.labels import Cue, Label, cue_pattern, cue_words, stem_pattern
from mailbot.reading.names import parse_name, split_name
from mailbot.reading.phones import mask
from mailbot.reading.rows import is_label_line, rows

__all__ = ["extract", "is_label_line"]

_NAMES = ("surname", "given_name", "patronymic")
_SENTENCE = re.compile(r"(?<=[^\W\d_]{3})[.!?;]+\s+|(?<=[\d)])[.!?;]+\s+(?=[^\W\d_a-zа-я])")
_BRACKETS = re.compile(r"\(([^()]{0,100})\)")
_ARROW = re.compile(r"\s{0,2}(?:->|→|=>|⇒|–>|—>)\s{0,2}")
_OWN = re.compile(r"(?<!\w)(?:мой|моя|мое|мои|менин|my|номирим|телефоним|поштам|имейлим|номерим)(?!\w)")
_CALLED = re.compile(r"(?:^|[.!?]\s)\s*(?:Мен|Я|I|Men|Ya),? ([^,\n]{3,100}),", re.IGNORECASE)
_SO_CALLED = re.compile(r"(?:^|\s)(\S{1,60}) (?:деп|болып)(?!\w)", re.IGNORECASE)
_PLACE = re.compile(r"[=<>{}\[\]|\\^~$@]|https?:|www\.", re.IGNORECASE)
_ODD = re.compile("[\xa0\u202f\u2007\u2009]|([\u2010\u2011])|([\u200b\u200e\u200f\ufeff\u2060\xad\u202a\u202c])")
_PLACE_LONGEST = 200  # characters
_LIMIT = 20_000  # characters of a text
_TEXT_LONGEST = 80  # characters of Unclear.text
_NEWS: tuple[Cue, ...] = ("new", "change", "old", "delete")


@dataclass(slots=True, kw_only=True)
class _Found:
    """What has been taken so far."""

    language: Language
    today: date | None
    fields: dict[str, str | None] = field(default_factory=dict)
    values: dict[str, list[str]] = field(default_factory=lambda: {"email": [], "phone": []})
    extension: str | None = None
    old: dict[str, list[str]] = field(default_factory=dict)
    unchanged: dict[str, None] = field(default_factory=dict)
    unclear: dict[tuple[str, str], Unclear] = field(default_factory=dict)
    named: dict[str, str] = field(default_factory=dict)
    last: str = ""  # the field that was spoken of last

    def take(self, name: str, value: str | None, status: Status = "new") -> None:
        if status == "old":
            if value and value not in self.old.setdefault(name, []):
                self.old[name].append(value)
        elif status == "unchanged":
            self.unchanged[name] = None
        elif name in self.values:
            if value and value not in self.values[name]:
                self.values[name].append(value)
        elif self.fields.get(name, value) != value:
            self.doubt(name, f"{self.fields.pop(name) or '-'}, {value or '-'}", "several_values")
        elif not any(key == (name, "several_values") for key in self.unclear):
            self.fields[name] = value

    def doubt(self, name: str, text: str, why: str) -> None:
        self.unclear[(name, why)] = Unclear(field=name, text=" ".join(text.split())[:_TEXT_LONGEST], why=why)


def extract(text: str, language: Language, *, today: date | None = None) -> Extract:
    """Return the seven fields as a person's own text states them.

    `language` orders numeric dates; `today` refuses a birth date that has not come yet. Raises: nothing. Source:
    policy section 2, the field formats.
    """
    clean, masked = mask(_ODD.sub(lambda odd: "-" if odd[1] else "" if odd[2] else " ", text[:_LIMIT]))
    found = _Found(language=language, today=today)
    seen = dict.fromkeys(masked)
    for row in rows(clean):
        if row.label is None:
            _free(row.value, found)
        elif row.label.field != "other":
            _labelled(row.label, row.value, found)
        elif _digits(row.value) >= 6 and fold(row.name) in ("иин", "жсн", "iin"):
            seen["iin"] = None
    return _result(found, tuple(seen))


def _digits(text: str) -> int:
    return sum(letter.isdecimal() for letter in text)


def _result(found: _Found, masked: tuple[str, ...]) -> Extract:
    fields = dict(found.fields)
    for name, values in found.values.items():
        values[:] = [value for value in values if value not in found.old.get(name, ())]
        if values:
            fields[name] = values[0]
    return Extract(
        fields=fields,
        emails=tuple(found.values["email"]),
        phones=tuple(found.values["phone"]),
        phone_ext=found.extension if found.values["phone"] else None,
        old={name: tuple(values) for name, values in found.old.items()},
        unchanged=tuple(name for name in found.unchanged if name not in fields),
        unclear=tuple(found.unclear.values()),
        masked=masked,
        named=found.named,
    )


def _labelled(label: Label, value: str, found: _Found) -> None:
    name = label.field or _kind_of(value, found)
    unchanged = _is_unchanged(label, value)
    if not name or (not value.strip(" .-–—") and name != "patronymic" and not unchanged):
        return
    found.last = name
    if unchanged:
        for part in _NAMES if name == "full_name" else (name,):
            found.take(part, None, "unchanged")
    elif name in found.values:
        _contact(name, value, found, default=label.cue)
    elif name == "birth_date":
        _keep(name, parse_date(value, found.language, today=found.today), value, label, found)
    elif name == "birth_place":
        _keep(name, _place(value), value, label, found)
    else:
        _name(name, label, value, found)


def _kind_of(value: str, found: _Found) -> str:
    """Return the field of a bare «жаңа:»: what its value is, else the name spoken of last."""
    for name in ("email", "phone"):
        if any(item.value for item in contacts(name, value)):
            return name
    return found.last if found.last in _NAMES else ""


def _is_unchanged(label: Label, value: str) -> bool:
    text = fold(value)
    if label.cue == "unchanged" or text in cue_words("unchanged"):
        return True
    said = cue_pattern("unchanged").search(text)
    return bool(said and not cue_pattern("new").search(text) and not cue_pattern("old").search(text))


def _keep(name: str, read: tuple[str, str], text: str, label: Label, found: _Found) -> None:
    """Take what was read of a text, (value, "") or ("", why)."""
    value, why = read
    if why:
        found.doubt(name, text, why)
    else:
        found.take(name, value, "old" if label.cue == "old" else "new")


def _place(value: str) -> tuple[str, str]:
    """Return (place, "") or ("", why); a place is kept as written."""
    place = " ".join(value.split())
    if len(place) > _PLACE_LONGEST:
        return "", "too_long"
    if _PLACE.search(place) or not re.search(r"[^\W\d_]", place) or "•" in place:
        return "", "not_a_place"
    return place, ""


def _contact(name: str, text: str, found: _Found, *, default: Cue = "", free: bool = False) -> None:
    values = contacts(name, text, default=default)
    if not values and not free and (_digits(text) or "@" in text):
        found.doubt(name, text, "not_a_phone" if name == "phone" else "not_an_address")
    unsaid = [item for item in values if item.value and not item.told]
    if free and len(unsaid) > 1:
        found.doubt(name, text, "several_values")
        values = tuple(item for item in values if item.told)
    for item in values:
        _take_contact(name, item, found)


def _take_contact(name: str, item: Value, found: _Found) -> None:
    if not item.value:
        found.doubt(name, item.text, item.why)
        return
    found.take(name, item.value, item.status)
    if item.extension and item.status == "new" and found.values["phone"][0] == item.value:
        found.extension = item.extension


def _name(name: str, label: Label, value: str, found: _Found) -> None:
    status: Status = "old" if label.cue == "old" else "new"
    for inside in _BRACKETS.findall(value):
        if cue_pattern("old").search(fold(inside)) and name != "full_name":
            for text in _by_cues(inside).get("old", ()):
                _one_name(name, text, "old", found)
    bare = _BRACKETS.sub(" ", value).strip()
    if fold(bare) in cue_words("absent") or not bare.strip("-–—. "):
        if name == "patronymic" and status == "new":
            found.take(name, None)
        return
    said = _by_cues(bare)
    if name != "full_name" and ("old" in said or "new" in said):
        for kind in ("old", "new"):
            for text in said.get(kind, ()):
                _one_name(name, text, "old" if kind == "old" else "new", found)
    elif name == "full_name" or (name == "given_name" and len(bare.split()) > 1):
        _full_name(bare, status, found, ordered=label.ordered)
    else:
        _one_name(name, bare, status, found, written=value)


def _one_name(name: str, text: str, status: Status, found: _Found, written: str = "") -> None:
    value, why = parse_name(text)
    if not why:
        found.take(name, value, status)
    elif status != "old":  # a former name that can't be read changes nothing
        found.doubt(name, written or text, why)


def _full_name(text: str, status: Status, found: _Found, *, ordered: bool) -> None:
    parts, why = split_name(text, ordered=ordered)
    if why:
        found.doubt("surname", text, why)
    for name, value in parts.items():
        found.take(name, value, status)


def _by_cues(text: str, *, start: str = "") -> dict[str, list[str]]:
    """Return what stands behind the words for old and new: {"old": ["Ахметова"], "new": ["Серикова"]}."""
    halves = _ARROW.split(text)
    if len(halves) == 2 and all(half.strip() for half in halves):
        return {"old": [halves[0]], "new": [halves[1]]}
    said: dict[str, list[str]] = {}
    state, bucket = start, list[str]()
    for word in [*text.split(), "."]:
        key = fold(word)
        turn = _turn(key)
        if turn or word == ".":
            if state and bucket:
                said.setdefault(state, []).append(" ".join(bucket))
            state, bucket = turn, []
        elif state and key and key not in cue_words("filler"):
            bucket.append(word)
            if word[-1] in ",.;:":
                said.setdefault(state, []).append(" ".join(bucket).rstrip(",.;:"))
                state, bucket = "", []
    return said


def _turn(key: str) -> str:
    """Return which name a folded word leads to: "old" («была», «с»), "new" («стала», «на») or ""."""
    if key in cue_words("old") or key in ("с", "from"):
        return "old"
    return "new" if key in cue_words("new") or key in cue_words("toward") else ""


def _free(text: str, found: _Found) -> None:
    """Read sentences without a label: a name the writer calls himself by, and clear wishes to change something."""
    called = _CALLED.search(text)
    if called and not found.named:
        found.named, _ = split_name(called.group(1))
    for sentence in _SENTENCE.split(text):
        folded = fold(sentence)
        told = any(cue_pattern(cue).search(folded) for cue in _NEWS)
        for name in found.values:
            spoken = bool(stem_pattern(name).search(folded))
            if (spoken and (told or _OWN.search(folded))) or (not spoken and _former(folded)):
                _contact(name, sentence, found, free=True)
        if told:
            _free_names(sentence, tuple(name for name in _NAMES if stem_pattern(name).search(folded)), found)


def _former(folded: str) -> bool:
    return bool(cue_pattern("old").search(folded) or cue_pattern("delete").search(folded))


def _free_names(sentence: str, names: tuple[str, ...], found: _Found) -> None:
    typed = sentence.split() if names else []
    for number in range(len(typed)):
        pair = fold(" ".join(typed[number : number + 2]))
        for name in names:
            if not stem_pattern(name).match(pair):
                continue
            found.last = name
            before = fold(" ".join(typed[max(0, number - 2) : number]))
            start = "new" if cue_pattern("new").search(before) else ""
            length = 1 if stem_pattern(name).match(fold(typed[number])) else 2  # «last name»
            rest = _BRACKETS.sub(" ", " ".join(typed[number + length :]).lstrip(" :–—-"))
            called = _SO_CALLED.search(rest)
            said = {"new": [called.group(1)]} if called else _by_cues(rest, start=start)
            for kind, texts in said.items():
                for text in (text for text in texts[:1] if text[0].isupper()):  # «фамилия теперь другая» names none
                    _one_name(name, text.strip(" .!"), "old" if kind == "old" else "new", found)
            return
