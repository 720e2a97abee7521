"""Know the words that people write beside the seven fields: labels, old and new, unchanged, months.

The words stand in labels.toml and are compared folded, so that spelling, case and keyboard do not matter. It reads no
values. Serves policy section 2 (the seven fields); the words are those of the field formats.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from mailbot.reading.fold import fold, transliterate

Cue = Literal["", "old", "new", "unchanged", "delete", "change", "toward"]
LABEL_LONGEST = 60  # characters
_EDGE = re.compile(r"^(?:[-*•·>\s]|\d{1,2}[.)](?!\d))+|[\s.)*_]+$")
_NO_WORD = re.compile(r"[^\w/'-]+")
_LATIN = re.compile(r"[a-zäöüñğ]")
_BRACKETS = re.compile(r"\(([^()]{1,40})\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What stands before a value: its field ("" for a bare «жаңа:») and whether it names the old or the new one."""

    field: str  # FIELD_NAMES, "full_name", "other" or ""
    cue: Cue = ""
    ordered: bool = False  # spells out surname, given name, patronymic in this order


@cache
def table() -> dict[str, Any]:
    """Return labels.toml. Raises: nothing that a sound package can meet."""
    found: dict[str, Any] = tomllib.loads(files("mailbot.reading").joinpath("labels.toml").read_text("utf-8"))
    return found


@cache
def _fields() -> dict[str, str]:
    return {
        _key(word): field
        for field, languages in reversed(table()["label"].items())
        for words in languages.values()
        for word in words
    }


@cache
def _first_words() -> frozenset[str]:
    return frozenset(key.partition(" ")[0] for key in _fields())


@cache
def _first_cue_words() -> frozenset[str]:
    return frozenset(word.partition(" ")[0] for cue in table()["cue"] for word in cue_words(cue))


@cache
def cue_words(cue: str) -> frozenset[str]:
    """Return the folded words of one cue. Raises: KeyError for a cue that isn't there."""
    return frozenset(_key(word) for word in table()["cue"][cue])


@cache
def cue_pattern(cue: str) -> re.Pattern[str]:
    """Return a pattern that finds the words of one cue in folded text. Raises: KeyError."""
    return re.compile(rf"(?<!\w)(?:{'|'.join(sorted(map(re.escape, cue_words(cue)), key=len, reverse=True))})(?!\w)")


@cache
def stem_pattern(field: str) -> re.Pattern[str]:
    """Return a pattern that finds words of one field in folded text. Raises: KeyError."""
    stems = sorted({re.escape(fold(stem)) for stem in table()["stem"][field]}, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(stems)})")


def _key(text: str) -> str:
    return " ".join(_NO_WORD.sub(" ", fold(text)).split())


@cache
def words(name: str) -> frozenset[str]:
    """Return a list of labels.toml's section `words`; `date_words` folded. Raises: KeyError."""
    listed: list[str] = table()["words"][name].split()
    return frozenset(fold(word) for word in listed) if name == "date_words" else frozenset(listed)


@cache
def months() -> dict[str, int]:
    """Return folded month names and their numbers. Raises: nothing."""
    return {fold(word): int(number) for number, words in table()["month"].items() for word in words}


def label_of(text: str) -> Label | None:
    """Return what a label means, None for text that is none.

    Takes «Тегі», «Новый телефон», «Телефон прежний», «ТЕГІ / ФАМИЛИЯ», «Телефон (жаңа)», «жаңа». Raises: nothing.

    """
    if len(text) > LABEL_LONGEST or not text.strip():
        return None
    text = _EDGE.sub("", _BRACKETS.sub(r" \1 ", text))
    whole = _plain_label(text)
    if whole or "/" not in text:
        return whole
    parts = [label for part in text.split("/") if (label := _plain_label(_EDGE.sub("", part)))]
    if len(parts) != text.count("/") + 1 or len({part.field for part in parts}) != 1:
        return None
    return next((part for part in parts if part.cue), parts[0])


def _plain_label(text: str) -> Label | None:
    key, fields = _key(text), _fields()
    if key in fields:
        return Label(field=fields[key], ordered=key.startswith(("фамилия", "теги ")) and " " in key)
    key = _cyrillic(key)
    typed = key.split()
    for first in range(min(4, len(typed))):
        if typed[first] not in _first_words():
            continue
        for last in range(len(typed), max(first, len(typed) - 4), -1):
            core = " ".join(typed[first:last])
            if core not in fields:
                continue
            head, tail = _cue(typed[:first], before=True), _cue(typed[last:], before=False)
            if head is not None and tail is not None:
                return Label(field=fields[core], cue=tail or head)
    bare = _cue(typed, before=True)
    return Label(field="", cue=bare) if bare else None


def _cue(typed: list[str], *, before: bool) -> Cue | None:
    """Return the cue that these words around a label are, None where one of them is none."""
    rest = [word for word in typed if word not in cue_words("filler")]
    if not rest:
        return ""
    if rest[0] not in _first_cue_words():
        return None
    text = " ".join(rest)
    order: tuple[Cue, ...] = ("old", "new", "unchanged", "delete", "change")
    for cue in order if before else ("unchanged", "old", "new", "delete", "change"):
        if text in cue_words(cue) or all(word in cue_words(cue) for word in rest):
            return cue
    return None


def _cyrillic(key: str) -> str:
    """Return a Latin label as Kazakh Cyrillic where it is no label as it stands."""
    return transliterate(key) if not key.isascii() and _LATIN.search(key) else key
