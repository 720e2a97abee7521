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
from mailbot.reading.wording import STEMS, Word, key_of, words_of

Cue = Literal["", "old", "new", "unchanged", "delete", "change", "toward"]
LABEL_LONGEST = 60  # characters
_EDGE = re.compile(r"^(?:[^\w]|\d{1,2}[.)](?!\d)|_)+|[\s.)*_]+$")
_NO_WORD = re.compile(r"[^\w/'-]+|_")
_LATIN = re.compile(r"[a-zäöüñğ]")
_STEMS = frozenset(STEMS)
_ELSE = frozenset(("owner", "thing"))
_KNOWN = frozenset(
    (
        "filler",
        "own",
        "yours",
        "polite",
        "new",
        "right",
        "old",
        "instead",
        "unchanged",
        "delete",
        "change",
        "both",
        "phone",
        "email",
        "and",
        "onfile",
    )
)
_BRACKETS = re.compile(r"\(([^()]{1,40})\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What stands before a value: its field ("" for a bare «жаңа:») and whether it names the old or the new one."""

    field: str  # FIELD_NAMES, "full_name", "other" or ""
    cue: Cue = ""
    others: bool = False  # names somebody else: «ФИО матери»
    ordered: bool = False  # spells out surname, given name, patronymic in this order
    placed: bool = False  # the date of birth and its place: «Дата и место рождения»
    bare: bool = False  # "name", which says of one word that it is the given name


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
def cue_words(cue: str) -> frozenset[str]:
    """Return the folded words of one cue. Raises: KeyError for a cue that isn't there."""
    return frozenset(_key(word) for word in table()["cue"][cue])


@cache
def _bare() -> dict[str, Cue]:
    """Return the labels that name no field, with the cue that each is."""
    return {_key(word): cue for cue in ("old", "new") for word in table()["bare"][cue]}


@cache
def cue_pattern(cue: str) -> re.Pattern[str]:
    """Return a pattern that finds the words of one cue in folded text. Raises: KeyError."""
    return re.compile(rf"(?<!\w)(?:{'|'.join(sorted(map(re.escape, cue_words(cue)), key=len, reverse=True))})(?!\w)")


def _key(text: str) -> str:
    folded = fold(text)
    return folded if folded.isalnum() else " ".join(_NO_WORD.sub(" ", folded).split())


@cache
def words(name: str) -> frozenset[str]:
    """Return a list of labels.toml's section `words`; `date_words` and `no_names` folded. Raises: KeyError."""
    listed: list[str] = table()["words"][name].split()
    return frozenset(fold(word) for word in listed) if name in ("date_words", "no_names") else frozenset(listed)


@cache
def months() -> dict[str, int]:
    """Return folded month names and their numbers. Raises: nothing."""
    return {fold(word): int(number) for number, words in table()["month"].items() for word in words}


def label_of(text: str) -> Label | None:
    """Return what a label means, None for text that is none.

    Takes «Тегі», «Новый телефон», «Телефон прежний», «ТЕГІ / ФАМИЛИЯ», «Телефон (жаңа)», «жаңа». Raises: nothing.

    """
    if len(text) > LABEL_LONGEST or not text.strip() or "@" in text:
        return None
    typed = text.split()
    if len(typed) > 4 and not any(may_open_label(word) for word in typed):
        return None
    inner = _BRACKETS.search(text)
    if inner and _is_former(inner[1]):
        inner, text = None, _BRACKETS.sub(" ", text)  # «Фамилия (была Петренко):»
    text = _EDGE.sub("", _BRACKETS.sub(r" \1 ", text))
    whole = _plain_label(text)
    if inner and (whole is None or not whole.field):  # «Графа 1 (фамилия)»
        whole = _plain_label(_EDGE.sub("", inner[1])) or whole
    if whole or "/" not in text:
        return whole
    parts = [label for part in text.split("/") if (label := _plain_label(_EDGE.sub("", part)))]
    fields = {part.field for part in parts}
    if len(parts) != text.count("/") + 1:
        return None
    if fields == {"given_name", "full_name"}:  # «Имя / Name»
        return next(part for part in parts if part.field == "given_name")
    return next((part for part in parts if part.cue), parts[0]) if len(fields) == 1 else None


def _is_former(inside: str) -> bool:
    """Tell whether brackets of a label hold a former value and more than the word for one."""
    typed = words_of(inside, latin=True)
    return len(typed) > 1 and "old" in typed[0].says and typed[-1].text[0].isupper() and not typed[-1].says


def may_open_label(word: str) -> bool:
    """Tell whether a label may start with a word. Raises: nothing."""
    key = _key(word).replace("/", " ").partition(" ")[0]
    return key in _first_words() or (key.isascii() and transliterate(key) in _first_words())


def _plain_label(text: str) -> Label | None:
    key, fields = _key(text), _fields()
    variants = list(dict.fromkeys((key, _cyrillic(key))))
    for variant in variants:
        if variant in fields:
            ordered = variant.startswith(("фамили", "теги ")) and re.search("[ /]", variant) is not None
            name = fields[variant]
            return (
                Label(field="", cue="new")
                if name == "any"
                else Label(field=name, ordered=ordered, bare=variant == "name", placed=_is_placed(name, variant))
            )
        if variant in _bare():
            return Label(field="", cue=_bare()[variant])
    starts = [
        (each, place)
        for each in (variant.split() for variant in variants)
        for place, word in enumerate(each[:8])
        if len(word) > 1 and word in _first_words()  # «И» stands alone, and joins other words
    ]
    for length in range(5, 0, -1):
        for each, place in starts:
            name = (
                _fields().get(" ".join(each[place : place + length]), "any") if place + length <= len(each) else "any"
            )
            if name != "any":
                return _around(name, each[:place], each[place + length :])
    bare = _cue(words_of(key, latin=True), before=True) if key.count(" ") < 3 else ""
    return Label(field="", cue=bare) if bare else None


def _is_placed(name: str, label: str) -> bool:
    return name == "birth_date" and any(word in label for word in ("мест", "жер", "place"))


def _around(name: str, before: list[str], after: list[str]) -> Label | None:
    """Return the label of a field with the words around its name, None where one of them is none."""
    said = [words_of(" ".join(typed), latin=True) if typed else [] for typed in (before, after)]
    says = frozenset().union(*(word.says for words in said for word in words))
    if says & _STEMS - {name, "birth" if name.startswith("birth") else name}:
        return None  # «телефон прежний, почта новая» are two
    if says & _ELSE and "took" not in says and len(before) + len(after) < 5:
        return Label(field="other", others="owner" in says)
    head, tail = _cue(said[0], before=True), _cue(said[1], before=False)
    return None if head is None or tail is None else Label(field=name, cue=tail or head)


def _cue(said: list[Word], *, before: bool) -> Cue | None:
    """Return the cue that these words around a label are, None where one of them is none."""
    if not all(word.says & _KNOWN for word in said):
        return None
    heard = frozenset().union(*(word.says for word in said))
    if said and not before and key_of(said[0].text).startswith("прежн"):
        return "unchanged"
    heard = heard - {"onfile"} if "change" in heard else heard  # «в базе исправьте: …»
    order: tuple[Cue, ...] = ("unchanged", "old", "delete", "new", "change")
    for cue in order:
        if cue in heard or (cue == "new" and "right" in heard) or (cue == "old" and heard & {"instead", "onfile"}):
            return cue
    return ""


def _cyrillic(key: str) -> str:
    """Return a Latin label as Kazakh Cyrillic, to compare where it is no label as it stands."""
    return transliterate(key) if _LATIN.search(key) else key
